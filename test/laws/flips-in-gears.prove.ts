// A bit flips in every word of the controller's memory, of an array in its first two, in ten modes of therapy; then the pump leaps
// for a minute, and executes every tick of the same minute.

import { expect, test } from "vitest";
import { fieldOf, modes, MODES, words } from "../firmware/bit-flip";
import { MINUTE } from "../pump";

const WATCHED_TICKS = MINUTE + 100;
const MOMENT_TICKS = 1_234;

/** Fields of which a flipped bit leaves the gears apart in this mode. */
function apart(mode: string): string[] {
  const pump = MODES[mode]().wait(MOMENT_TICKS);
  const { machine } = pump;
  machine.listener = null;
  const before = machine.snapshot();
  const found = new Set<string>();
  for (const [i, word] of words(pump).entries()) {
    if (/\[(?:[2-9]|\d\d+)\]$/.test(word)) continue;
    const ends = (["leap", "run"] as const).map((gear) => {
      machine.restore(before);
      machine.inject("ram_flip", i % 32, word);
      machine[gear](WATCHED_TICKS);
      return machine.fingerprint() + machine.controllerFingerprint();
    });
    if (ends[0] !== ends[1]) found.add(fieldOf(word));
  }
  return [...found];
}

test("EMU-1, RAM-1: a bit flip in any word is found in the same tick in both gears", () => {
  expect([...new Set(modes.flatMap(apart))]).toEqual([]);
});
