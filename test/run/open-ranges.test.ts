// The signals that expectations watch: those whose time has come are found without a look at the others.

import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenRanges } from "../../emulator/run/expect";

const span = fc.tuple(fc.nat(60), fc.nat(30)).map(([from, length]) => {
  return { signal: "motor.pulses", from, to: from + length, min: null, max: null };
});

test("EMU-6: at each tick the open signals are those whose time includes it, also when a run goes back", () => {
  fc.assert(
    fc.property(fc.array(span), fc.array(fc.nat(100)), (watched, ticks) => {
      const all = watched.map((_, i) => i);
      const open = new OpenRanges(watched, all);
      for (const tick of [...ticks.toSorted((a, b) => a - b), ...ticks]) {
        const expected = all.filter((i) => watched[i].from <= tick && tick <= watched[i].to);
        expect([...open.at(tick)].sort((a, b) => a - b)).toEqual(expected);
      }
    }),
  );
});

test("EMU-6: a watched signal is looked at only while its time lasts", () => {
  let reads = 0;
  const watched = Array.from({ length: 1000 }, (_, i) => ({
    signal: "motor.pulses",
    get from() {
      reads++;
      return i;
    },
    to: i,
    min: null,
    max: null,
  }));
  const open = new OpenRanges(
    watched,
    watched.map((_, i) => i),
  );
  reads = 0;
  for (let tick = 0; tick < 1000; tick++) expect(open.at(tick)).toEqual([tick]);
  expect(reads).toBeLessThan(5000);
});
