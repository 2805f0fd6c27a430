// Interrupts of a running command. The first one lets it end in order, with what was recorded so far; a second one, while that
// takes long, ends the program at once.

import { EXIT } from "./exit";

export interface Interrupts {
  readonly heard: boolean;
  /** From now on a signal does what it does by default. */
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
