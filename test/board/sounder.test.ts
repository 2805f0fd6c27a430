// The sounder: holds its pattern and counts the ticks that it sounded, against a plain sum of spans.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../../hal/sounder";
import { VirtualSounder } from "../../emulator/board/sounder";
import { BoardTime } from "../../emulator/board/time";

const span = fc.record({ tone: fc.constantFrom(TONE_OFF, TONE_SINGLE, TONE_DUAL), ticks: fc.nat(5000) });

test("PWR-1: the sounder counts the ticks for which a tone was set, whether the tone is set anew or not", () => {
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const time = new BoardTime();
      const sounder = new VirtualSounder(time);
      let sounded = 0;
      for (const { tone, ticks } of spans) {
        sounder.setTone(tone);
        time.tick += ticks;
        sounded += tone === TONE_OFF ? 0 : ticks;
        expect([sounder.tone, sounder.toneTicks()]).toEqual([tone, sounded]);
      }
    }),
  );
});

test("SLF-1: a healthy transducer answers, and a broken one does not", () => {
  const sounder = new VirtualSounder(new BoardTime());
  expect(sounder.responds()).toBe(true);
  sounder.healthy = false;
  expect(sounder.responds()).toBe(false);
});
