// How exact delivery is, against BigInt: basal at any rate for any time, boluses at any pace on top of any basal, and the
// spacing of all their pulses. And that an empty reservoir ends all of it.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import { COMMAND_CLINICIAN_BOLUS } from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { runs } from "../effort";
import { HOUR, MINUTE, Pump } from "../pump";

const FASTEST = 2_400_000;
const RATE_TICKS_PER_PULSE = 216_000_000n;
/** From a pulse to its step. */
const FLIGHT = 20;

const clinician = (pump: Pump, pulses: number, seconds: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, words(pulses, seconds)) ?? -1);

/** An hour that holds all that the motor can do. */
const wide = [{ pulses: 100_000, window_min: 60 }];

const rates = fc.oneof(
  fc.integer({ min: 4_800, max: 60_000 }),
  fc.integer({ min: 60_000, max: FASTEST }),
  fc.constantFrom(4_800, 4_801, 2_399_999, FASTEST),
);

test("THR-2: the pulses fired are the whole pulses in rate x time, at any moment", () => {
  const waits = fc.array(fc.integer({ min: 1, max: HOUR }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rates, waits, (rate, all) => {
      const pump = new Pump({ rate, bolus: null, limits: wide });
      const [{ tick }] = pump.heard("basal_rate");
      for (const wait of all) {
        pump.wait(wait);
        const due = (BigInt(rate) * BigInt(pump.machine.tick - tick)) / RATE_TICKS_PER_PULSE;
        expect(BigInt(pump.pulses)).toBe(due);
      }
    }),
    { numRuns: runs(50) },
  );
});

test("THR-2: a program that changes the rate neither loses nor adds a pulse", () => {
  const steps = fc.array(fc.record({ rate: rates, wait: fc.integer({ min: 200, max: HOUR }) }), {
    minLength: 2,
    maxLength: 6,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const pump = new Pump({ mode: "stopped", rate: 0, bolus: null, limits: wide });
      for (const { rate, wait } of all) {
        pump.program({ mode: "continuous", rate, bolus: null, limits: wide, low_pulses: 0 });
        pump.wait(wait);
      }
      const changes = pump.heard("basal_rate").map((said) => [said.tick, Number(said.fields["ul_per_day"]) * 100]);
      const ends = [...changes.slice(1).map(([tick]) => tick), pump.machine.tick];
      const due = changes.reduce((sum, [tick, rate], i) => sum + BigInt(Math.round(rate)) * BigInt(ends[i] - tick), 0n);
      const exact = Number((due * 1000n) / RATE_TICKS_PER_PULSE) / 1000;
      // A rate of before may leave a pulse waiting for its turn at 900 ms.
      expect(Math.abs(pump.pulses - exact)).toBeLessThan(2);
    }),
    { numRuns: runs(25) },
  );
});

describe("THR-6: a bolus within the rules", () => {
  const cases = fc
    .record({ rate: fc.integer({ min: 4_800, max: 1_800_000 }), pulses: fc.integer({ min: 1, max: 300 }) })
    .chain(({ rate, pulses }) => {
      const quickest = Math.ceil((pulses * 2_160_000) / (FASTEST - rate)) + 1;
      return fc.record({
        rate: fc.constant(rate),
        pulses: fc.constant(pulses),
        seconds: fc.oneof(fc.constant(quickest), fc.integer({ min: quickest, max: quickest * 8 })),
      });
    });

  test("is delivered whole, within its duration and a pulse interval, beside an unchanged basal, with pulses 900 ms apart", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 10_000 }), ({ rate, pulses, seconds }, wait) => {
        const pump = new Pump({ rate, bolus: null, limits: wide });
        const [{ tick }] = pump.heard("basal_rate");
        pump.wait(wait);
        expect(clinician(pump, pulses, seconds)).toBe("accepted");
        pump.wait(seconds * 100 + 400);
        const [start] = pump.heard("bolus_started");
        const [end] = pump.heard("bolus_finished");
        const interval = (seconds * 100) / pulses;
        expect(pump.machine.world.byCause_nl[3]).toBe(pulses * 250);
        expect(end.tick - start.tick).toBeGreaterThanOrEqual(seconds * 100);
        expect(end.tick - start.tick).toBeLessThanOrEqual(seconds * 100 + interval + FLIGHT);
        const basal = Number((BigInt(rate) * BigInt(pump.machine.tick - tick)) / RATE_TICKS_PER_PULSE);
        expect(Math.abs(pump.machine.world.byCause_nl[1] / 250 - basal)).toBeLessThanOrEqual(2);
      }),
      { numRuns: runs(60) },
    );
  });

  test("is denied at the request, and changes nothing, when it would pass 1,000 uL/h with basal (THR-5)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100_000, max: FASTEST }), fc.integer({ min: 10, max: 300 }), (rate, pulses) => {
        const pump = new Pump({ rate, bolus: null, limits: wide }).wait(MINUTE);
        const most = (pulses * 2_160_000) / (FASTEST - rate + 1);
        const seconds = Math.min(43_200, Math.max(1, Math.ceil(most) - 1));
        fc.pre(seconds < most && seconds * 100 >= pulses * 90);
        expect(clinician(pump, pulses, seconds)).toBe("out_of_range");
        pump.wait(MINUTE);
        expect(pump.heard("bolus_started")).toEqual([]);
        expect(pump.heard("basal_rate")).toHaveLength(1);
      }),
      { numRuns: runs(30) },
    );
  });
});

describe("RES-3: an empty reservoir ends a bolus", () => {
  test.each([
    ["a long clinician bolus over a fast basal", 1_100_000, 20_000, 43_200],
    ["a short one", 100_000, 1_000, 3_600],
  ])("%s stops at 1.4 mL and is cancelled, and the pump never runs dry", (_, rate, pulses, seconds) => {
    const level = pulses * 250 + 1_400_000 + 500;
    const pump = new Pump({ rate, bolus: null, limits: wide, low_pulses: 0 }, { fill_nl: level + 1_000 });
    expect(clinician(pump, pulses, seconds)).toBe("accepted");
    pump.wait(24 * HOUR);
    expect(pump.heard("alarm_raised", { alarm: "empty_reservoir" })).toHaveLength(1);
    expect(pump.heard("bolus_cancelled")).toHaveLength(1);
    expect(pump.heard("bolus_finished")).toEqual([]);
    // The pulse in flight, and a day at 6 uL.
    expect(pump.machine.world.reservoir.volume_nl).toBeGreaterThanOrEqual(1_400_000 - 250 - 6_000);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(6);
  });
});
