// The error about a line, a name or a place that a person gave.

/** A line that cannot be carried out; nothing has changed. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandError";
  }
}
