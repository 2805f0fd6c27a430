// The bolus on its own: when each pulse falls due, what a cancellation says, and that leaping is counting.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Changes } from "../../firmware/changes";
import { Bolus } from "../../firmware/bolus";
import { Log } from "../../firmware/log";
import { MemoryLatch } from "../../firmware/twin";
import type { Hal } from "../../hal/hal";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
} from "../../hal/trace";
import { runs } from "../effort";

function bench(pulses: number, ticks: number, cause = CAUSE_CLINICIAN_BOLUS) {
  const said: number[][] = [];
  const memory = new MemoryLatch();
  const log = new Log({ trace: { event: (...words: number[]) => said.push(words) } } as unknown as Hal, memory);
  log.mute.setFlag(true);
  const bolus = new Bolus(log, memory, new Changes());
  bolus.start(cause, pulses, ticks);
  return { bolus, said };
}

const sizes = fc
  .record({ pulses: fc.integer({ min: 1, max: 400 }), pace: fc.integer({ min: 90, max: 900 }) })
  .map(({ pulses, pace }) => ({ pulses, ticks: Math.ceil((pulses * pace) / 100) * 100 }));

describe("THR-5: a bolus is spread evenly", () => {
  test("pulse k of n falls due at the first tick of k x duration / n", () => {
    fc.assert(
      fc.property(sizes, ({ pulses, ticks }) => {
        const { bolus } = bench(pulses, ticks);
        const due: number[] = [];
        for (let tick = 1; tick <= ticks + 10; tick++) if (bolus.accrue()) due.push(tick);
        expect(due).toEqual(Array.from({ length: pulses }, (_, k) => Math.ceil(((k + 1) * ticks) / pulses)));
      }),
      { numRuns: runs(40) },
    );
  });

  test("EMU-1: `idle` is the number of ticks without a pulse, and `skip` equals that many ticks", () => {
    fc.assert(
      fc.property(sizes, ({ pulses, ticks }) => {
        const { bolus } = bench(pulses, ticks);
        for (let k = 1; k <= pulses; k++) {
          expect(bolus.gathers()).toBe(true);
          bolus.spread.skip(bolus.idle(1e9));
          expect(bolus.accrue()).toBe(true);
          expect(bolus.spread.due.get()).toBe(k);
        }
        expect(bolus.gathers()).toBe(false);
        expect(bolus.idle(77)).toBe(77);
      }),
      { numRuns: runs(40) },
    );
  });
});

describe("PTB-4: a bolus that ends", () => {
  test("finishes when every pulse was given", () => {
    const { bolus, said } = bench(2, 200, CAUSE_PATIENT_BOLUS);
    for (let tick = 0; tick < 200; tick++) bolus.accrue();
    bolus.countProved();
    bolus.close(false);
    expect(bolus.isActive()).toBe(true);
    bolus.countProved();
    bolus.close(false);
    expect(said).toEqual([
      [EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, 2, 200],
      [EVENT_BOLUS_FINISHED, CAUSE_PATIENT_BOLUS, 2, 0],
    ]);
    expect(bolus.isActive()).toBe(false);
  });

  test("waits for the pulse in flight when cancelled, makes nothing up, and says how much was given", () => {
    const { bolus, said } = bench(10, 1_000);
    for (let tick = 0; tick < 300; tick++) bolus.accrue();
    bolus.countProved();
    bolus.countProved();
    bolus.cancel();
    expect([bolus.owed(), bolus.accrue(), bolus.idle(77)]).toEqual([0, false, 77]);
    bolus.close(true);
    expect(bolus.isActive()).toBe(true);
    bolus.countProved();
    bolus.close(false);
    expect(said.slice(1)).toEqual([[EVENT_BOLUS_CANCELLED, CAUSE_CLINICIAN_BOLUS, 3, 0]]);
  });

  test("is whole when it is cancelled just after its last pulse", () => {
    const { bolus, said } = bench(1, 100);
    for (let tick = 0; tick < 100; tick++) bolus.accrue();
    bolus.cancel();
    bolus.countProved();
    bolus.close(false);
    expect(said.slice(1)).toEqual([[EVENT_BOLUS_FINISHED, CAUSE_CLINICIAN_BOLUS, 1, 0]]);
  });

  test("leaves nothing over to the next one", () => {
    const { bolus } = bench(10, 1_000);
    for (let tick = 0; tick < 550; tick++) bolus.accrue();
    bolus.cancel();
    bolus.close(false);
    bolus.start(CAUSE_PATIENT_BOLUS, 4, 400);
    const { due, accumulator } = bolus.spread;
    expect([due.get(), bolus.given.get(), accumulator.get(), bolus.cancelled.isSet()]).toEqual([0, 0, 0, false]);
    bolus.cancel();
    bolus.close(false);
    bolus.cancel();
    expect(bolus.cancelled.isSet()).toBe(false);
  });
});
