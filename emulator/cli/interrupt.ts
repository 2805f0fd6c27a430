// Handles the interrupts of a running command. At the first one the command ends in order and keeps what it has recorded. A
// second one ends the program at once.

import { EXIT } from "./exit";

export interface Interrupts {
  /** True after the first interrupt. */
  readonly heard: boolean;
  /** Ends the handling: from now on a signal has its default effect. */
  stop(): void;
}

/** Listens for Ctrl-C, or for `signals`. `onFirst` is called at the first one. */
export function watchInterrupts(
  onFirst: () => void = () => undefined,
  signals: readonly NodeJS.Signals[] = ["SIGINT"],
): Interrupts {
  let heard = false;
  const onSignal = () => {
    if (heard) process.exit(EXIT.interrupted);
    heard = true;
    onFirst();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    get heard() {
      return heard;
    },
    stop: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
