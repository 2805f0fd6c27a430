// Handles the signals that end a running command: Ctrl-C (SIGINT), SIGTERM and SIGHUP. At the first one the command ends in
// order and keeps what it has recorded; its exit code is 128 plus the signal's number, as shells expect. A second one ends the
// program at once. Node forgets that `nohup` ignores SIGHUP, so a program under nohup ignores it here again.

import { fstatSync, readSync, statSync } from "node:fs";
import { constants } from "node:os";

export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type EndingSignal = (typeof ENDING_SIGNALS)[number];

export interface Interrupts {
  /** True after the first signal. */
  readonly heard: boolean;
  /** Acts as if `signal` had come. */
  raise(signal: EndingSignal): void;
  /** Ends the handling: from now on a signal has its default effect. */
  stop(): void;
}

let firstHeard: EndingSignal | null = null;

/** Listens for the signals. `onFirst` is called at the first one. */
export function watchInterrupts(onFirst: () => void = () => undefined): Interrupts {
  let heard = false;
  const onSignal = (signal: EndingSignal) => {
    if (signal === "SIGHUP" && isUnderNohup()) return;
    if (heard) process.exit(exitCodeOfSignal());
    heard = true;
    firstHeard ??= signal;
    onFirst();
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, onSignal);
  return {
    get heard() {
      return heard;
    },
    raise: onSignal,
    stop: () => {
      for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** The exit code of a command that a signal has ended. */
export function exitCodeOfSignal(): number {
  return 128 + constants.signals[firstHeard ?? "SIGINT"];
}

/**
 * True when the standard input is what `nohup` makes of a terminal: /dev/null, opened for writing alone. A program that was
 * started with another input is not recognised.
 */
function isUnderNohup(): boolean {
  try {
    if (fstatSync(0).rdev !== statSync("/dev/null").rdev) return false;
    readSync(0, Buffer.alloc(1));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EBADF";
  }
}
