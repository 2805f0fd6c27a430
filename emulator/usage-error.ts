// What a user asked for cannot be done as it was written: a name, a value or a combination of them.

/** The command line prints the message and exits with code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;

  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
