// The dose limiter against a plain list of the times at which the rotor turned.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import { outcomeName } from "../../emulator/contract/codes";
import { BUCKET_TICKS } from "../../firmware/window-ring";
import { COMMAND_CLINICIAN_BOLUS, COMMAND_PATIENT_BOLUS } from "../../hal/telemetry";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, PROGRAM, Pump, stepsOf } from "../pump";

const clinician = (pump: Pump, pulses: number, seconds: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, words(pulses, seconds)) ?? -1);
const patient = (pump: Pump) => outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1);

describe("LIM-2: the look-ahead of the limiter", () => {
  test("denies the third bolus of the published counterexample, which a check at request time alone would grant", () => {
    // 26.5 mL in 240 min, basal 6 mL/h, boluses of 1 mL at 100, 140 and 180 min, at a tenth of the scale of this pump.
    const pump = new Pump({ rate: 1_440_000, bolus: null, limits: [{ pulses: 10_600, window_min: 240 }] });
    pump.wait(100 * MINUTE);
    expect(clinician(pump, 400, 1_200)).toBe("accepted");
    pump.wait(40 * MINUTE);
    expect(clinician(pump, 400, 1_200)).toBe("accepted");
    pump.wait(40 * MINUTE);
    const window = pump.field("limiter.ring.count[0]");
    expect(window + 400).toBeLessThan(10_600);
    expect(clinician(pump, 400, 1_200)).toBe("dose_limit");
    pump.wait(4 * HOUR);
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("grants every bolus that fits, and none that meets the limit while basal is unchanged", () => {
    const some = fc.record({
      rate: fc.integer({ min: 48_000, max: 1_200_000 }),
      spare: fc.integer({ min: 0, max: 300 }),
      window_min: fc.integer({ min: 15, max: 240 }),
      boluses: fc.array(
        fc.record({ wait_min: fc.integer({ min: 0, max: 60 }), pulses: fc.integer({ min: 1, max: 120 }) }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
    });
    let granted = 0;
    let denied = 0;
    fc.assert(
      fc.property(some, ({ rate, spare, window_min, boluses }) => {
        const basal = Math.ceil((rate * (window_min * MINUTE + 2 * BUCKET_TICKS)) / 216_000_000) + 2;
        const pump = new Pump({ rate, bolus: null, limits: [{ pulses: basal + spare, window_min }] });
        for (const { wait_min, pulses } of boluses) {
          pump.wait(wait_min * MINUTE);
          if (clinician(pump, pulses, 300) === "accepted") granted++;
          else denied++;
        }
        pump.wait((window_min + 10) * MINUTE);
        expect(pump.heard("limit_reached")).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
    expect([granted > 20, denied > 20]).toEqual([true, true]);
  });
});

describe("LIM-1, LIM-3: the check before each pulse", () => {
  test("lets the head deliver no more than a window's limit and a pulse within any window", () => {
    const some = fc.record({
      rate: fc.integer({ min: 100_000, max: 2_400_000 }),
      pulses: fc.integer({ min: 4, max: 800 }),
      window_min: fc.integer({ min: 15, max: 120 }),
    });
    fc.assert(
      fc.property(some, ({ rate, pulses, window_min }) => {
        const pump = new Pump({ rate, bolus: null, limits: [{ pulses, window_min }] });
        const steps = stepsOf(pump);
        pump.wait(5 * HOUR);
        steps.forEach((tick, i) => {
          const within = steps.slice(0, i + 1).filter((each) => each > tick - window_min * MINUTE).length;
          expect(within).toBeLessThanOrEqual(pulses + 1);
        });
      }),
      { numRuns: runs(25) },
    );
  });

  test("withholds a pulse that would pass a limit, and basal falls to the minimum rate until there is room", () => {
    const pump = new Pump({ rate: 480_000, bolus: null, limits: [{ pulses: 80, window_min: 60 }] });
    pump.wait(15 * MINUTE);
    expect(pump.heard("limit_reached", { window_min: 60 })).toHaveLength(1);
    expect(pump.alarms()).toContain("dose_limit");
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(6);
    expect(pump.pulses).toBe(80);
    pump.wait(49 * MINUTE);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(4800);
    expect(pump.alarms()).not.toContain("dose_limit");
  });
});

test("LIM-4: a pulse is counted in a window for at most W/96 too long, and never too short", () => {
  const some = fc.record({
    rate: fc.integer({ min: 50_000, max: 2_400_000 }),
    window_min: fc.integer({ min: 15, max: 180 }),
    waits: fc.array(fc.integer({ min: 1, max: 20 * MINUTE }), { minLength: 4, maxLength: 12 }),
  });
  fc.assert(
    fc.property(some, ({ rate, window_min, waits }) => {
      const pump = new Pump({ rate, bolus: null, limits: [{ pulses: 100_000, window_min }] });
      const steps = stepsOf(pump);
      for (const wait of waits) {
        pump.wait(wait);
        // The last tick executed is the one before `tick`.
        const now = pump.machine.tick - 1;
        const within = (ticks: number) => steps.filter((each) => each > now - ticks).length;
        const counted = pump.field("limiter.ring.count[0]");
        expect(counted).toBeGreaterThanOrEqual(within(window_min * MINUTE));
        expect(counted).toBeLessThanOrEqual(within(window_min * MINUTE + (window_min * MINUTE) / 96));
      }
    }),
    { numRuns: runs(40) },
  );
});

describe("LIM-5: a program without limits", () => {
  test("has basal and all permitted boluses as its day's limit, and the largest hour that they allow as its hour's", () => {
    const pump = new Pump({ limits: [] });
    const bookkeeping = 6;
    const [hour, day] = [0, 1].map((i) => pump.field(`program.limitPulses[${i}]`));
    expect(hour).toBeGreaterThanOrEqual(17 + 20);
    expect(hour).toBeLessThanOrEqual(17 + 20 + bookkeeping);
    expect(day).toBeGreaterThanOrEqual(400 + 8 * 20);
    expect(day).toBeLessThanOrEqual(400 + 8 * 20 + bookkeeping);
    expect([0, 1].map((i) => pump.field(`program.limitMinutes[${i}]`))).toEqual([60, 1440]);
  });

  test("gives every bolus that it permits over three days, and its basal never meets the limit", () => {
    const pump = new Pump({ limits: [], bolus: { ...PROGRAM.bolus!, per24h: 24 } });
    pump.wait(2 * HOUR);
    for (let i = 0; i < 72; i++) {
      expect(patient(pump)).toBe("accepted");
      pump.wait(HOUR);
    }
    expect(pump.heard("limit_reached")).toEqual([]);
  });
});

describe("LIM-6: writing a program never empties a window", () => {
  test.each([15, 60, 240, 1_440])("a window of %i min counts the pulses that another program gave", (window_min) => {
    const pump = new Pump({ rate: 480_000, bolus: null, limits: [{ pulses: 4_000, window_min: 120 }] });
    const steps = stepsOf(pump);
    pump.wait(5 * HOUR);
    pump.program({ ...PROGRAM, bolus: null, limits: [{ pulses: 8_000, window_min }] });
    const now = pump.machine.tick - 1;
    const within = steps.filter((each) => each > now - window_min * MINUTE).length;
    expect(pump.field("limiter.ring.count[0]")).toBeGreaterThanOrEqual(within);
    expect(pump.field("limiter.ring.count[0]")).toBeLessThanOrEqual(within + 2);
  });

  test("a limit below what was given stops basal at once", () => {
    const pump = new Pump({ rate: 480_000, bolus: null }).wait(HOUR);
    pump.program({ ...PROGRAM, limits: [{ pulses: 100, window_min: 60 }] });
    const before = pump.pulses;
    pump.wait(10 * MINUTE);
    expect(pump.pulses - before).toBeLessThanOrEqual(1);
  });
});

describe("a program of a lower dose", () => {
  test("without limits does not withhold basal for the dose of the day before it (LIM-5)", () => {
    const pump = new Pump({ rate: 48_000, bolus: null, limits: [] }).wait(2 * DAY);
    pump.program({ ...PROGRAM, rate: 24_000, bolus: null, limits: [] });
    const before = pump.pulses;
    pump.wait(DAY);
    expect(Math.abs(pump.pulses - before - 960)).toBeLessThanOrEqual(1);
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("does not make the guard trip on the hour before it, also after a reset (LIM-7)", () => {
    const pump = new Pump({ rate: 480_000, bolus: null, limits: [{ pulses: 1_000, window_min: 60 }] }).wait(2 * HOUR);
    const limits = [{ pulses: 10, window_min: 15 }];
    pump.program({ ...PROGRAM, bolus: null, limits });
    pump.wait(2 * HOUR);
    pump.program({ ...PROGRAM, rate: 480_000, bolus: null, limits: [{ pulses: 1_000, window_min: 60 }] });
    pump.wait(HOUR);
    pump.machine.inject("reset");
    pump.wait(MINUTE);
    pump.program({ ...PROGRAM, bolus: null, limits });
    pump.wait(2 * HOUR);
    expect(pump.heard("alarm_raised", { alarm: "dose_guard" })).toEqual([]);
    expect(pump.machine.board.guard.limit()).toBeLessThanOrEqual(1_001);
  });
});

describe("LIM-7: the dose guard", () => {
  test("has a register that follows the program, and only with a head in place", () => {
    const pump = new Pump({ limits: [{ pulses: 100, window_min: 60 }] });
    expect(pump.machine.board.guard.limit()).toBe(101);
    pump.machine.board.link.programmingHead = false;
    expect(pump.machine.board.guard.setLimit(4_000)).toBe(false);
    expect(pump.machine.board.guard.rearm()).toBe(false);
    expect(pump.machine.board.guard.limit()).toBe(101);
  });

  test("cuts a runaway that the firmware does not see, and stays open", () => {
    const pump = new Pump();
    pump.wait(HOUR);
    pump.machine.inject("motor_runaway", 90_000_000);
    pump.machine.run(1_000);
    expect(pump.alarms()).toContain("motor_runaway");
    const moved = pump.machine.signal("motor.motion");
    pump.machine.run(10_000);
    expect(pump.machine.signal("motor.motion")).toBe(moved);
  });

  test("counts nothing of the first day after a week", () => {
    const pump = new Pump({ rate: 48_000, limits: [{ pulses: 20_000, window_min: 10_080 }] }).wait(DAY);
    pump.program({ ...PROGRAM, rate: 4_800, limits: [{ pulses: 20_000, window_min: 10_080 }] });
    pump.wait(7 * DAY + MINUTE);
    expect(Math.abs(pump.field("limiter.ring.count[0]") - 7 * 192)).toBeLessThanOrEqual(2);
  });
});
