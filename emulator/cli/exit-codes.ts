// The exit codes of all commands.

export const EXIT = {
  /** Everything held, or the command was carried out. */
  pass: 0,
  /** Something did not hold, or the pump refused the command. */
  fail: 1,
  /** Bad usage or bad input. Nothing was done. */
  usage: 2,
  /** A port or a file failed. */
  port: 3,
  /** The run proves nothing. */
  invalid: 4,
  /** Ended by Ctrl-C. For SIGTERM the program exits with 143, for SIGHUP with 129. */
  interrupted: 130,
} as const;
