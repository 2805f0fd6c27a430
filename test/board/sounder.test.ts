// The sounder: holds its pattern and counts the ticks that it sounded, against a plain sum of spans.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../../hal/sounder";
import { VirtualSounder } from "../../emulator/board/sounder";
import { BoardTime } from "../../emulator/board/time";
import { FAULT_SOUNDER_DEAD, FaultLedger } from "../../emulator/fault-ledger";

const span = fc.record({ tone: fc.constantFrom(TONE_OFF, TONE_SINGLE, TONE_DUAL), ticks: fc.nat(5000) });

test("PWR-1: the sounder counts the ticks for which a tone was set, whether the tone is set anew or not", () => {
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const time = new BoardTime();
      const sounder = new VirtualSounder(time, new FaultLedger());
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
  const sounder = new VirtualSounder(new BoardTime(), new FaultLedger());
  expect(sounder.responds()).toBe(true);
  sounder.healthy = false;
  expect(sounder.responds()).toBe(false);
});

test("EMU-4, SLF-1: a dead sounder is not heard and does not answer; each tone and each question is an act", () => {
  const faults = new FaultLedger();
  const sounder = new VirtualSounder(new BoardTime(), faults);
  faults.start(FAULT_SOUNDER_DEAD, 0);
  sounder.setTone(TONE_OFF);
  expect(faults.acts[FAULT_SOUNDER_DEAD]).toBe(0);
  sounder.setTone(TONE_DUAL);
  expect([sounder.tone, sounder.heard(), faults.acts[FAULT_SOUNDER_DEAD]]).toEqual([TONE_DUAL, TONE_OFF, 1]);
  expect([sounder.responds(), faults.acts[FAULT_SOUNDER_DEAD]]).toEqual([false, 2]);
  faults.end(FAULT_SOUNDER_DEAD);
  expect([sounder.heard(), sounder.responds()]).toEqual([TONE_DUAL, true]);
});
