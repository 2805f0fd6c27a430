// The error for a request that cannot be carried out as it was written: a wrong name, value or combination of them.

export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
