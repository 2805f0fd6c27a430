// What a user asked for cannot be done as it was written: a name, a value or a combination of them.

export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
