// The limits of a program that brings none (LIM-5), against plain arithmetic on the program: what any day and any hour of it can hold,
// with what the books count too much, and the room that is made for a day.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outcomeName } from "../../emulator/contract/codes";
import { words } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import { DRUG_BACLOFEN, DRUG_UNLISTED } from "../../hal/drug-library";
import { COMMAND_CLINICIAN_BOLUS, COMMAND_PATIENT_BOLUS } from "../../hal/telemetry";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

const BARE = { ...PROGRAM, bolus: null, limits: [] };
const limitsOf = (pump: Pump) => [0, 1].map((i) => pump.field(`program.limitPulses[${i}]`));
const clinician = (pump: Pump, pulses: number, duration_s: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, words(pulses, duration_s)) ?? -1);

/** The most pulses of doses in any time of `minutes`: at each begin of a window on a dose, by counting the pulses one by one. */
function mostOfDoses({ pulses, duration_s, every_min }: NonNullable<Program["periodic"]>, minutes: number): number {
  const due = Array.from({ length: Math.ceil((2 * minutes) / every_min) + 2 }, (_, dose) =>
    Array.from({ length: pulses }, (_, k) => dose * every_min * 60 + ((k + 1) * duration_s) / pulses),
  ).flat();
  let [first, most] = [0, 0];
  due.forEach((time, i) => {
    while (due[first] <= time - minutes * 60) first++;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

describe("LIM-5: own limits are what the program gives, and no more", () => {
  test("for periodic doses of any size and interval, an hour and a day hold the doses that can lie in them", () => {
    const doses = fc
      .record({
        pulses: fc.integer({ min: 4, max: 120 }),
        slow: fc.integer({ min: 1, max: 7 }),
        every_min: fc.integer({ min: 15, max: 1_440 }),
      })
      .filter(({ pulses, slow, every_min }) => pulses * slow <= every_min * 60)
      .map(({ pulses, slow, every_min }) => ({ pulses, duration_s: pulses * slow, every_min }));
    fc.assert(
      fc.property(doses, (periodic) => {
        const pump = new Pump({ ...BARE, mode: "periodic", rate: 0, periodic });
        const [hour, day] = limitsOf(pump);
        // A dose has a pulse every 1 to 7 s, so 9 s that the books may count too much have 10 pulses at most, and 2 are for rounding.
        const inBooks = Math.ceil(9 / (periodic.duration_s / periodic.pulses)) + 1 + 2;
        for (const [limit, minutes] of [
          [hour, 60],
          [day, 1_440],
        ]) {
          expect(limit).toBeGreaterThanOrEqual(mostOfDoses(periodic, minutes));
          expect(limit).toBeLessThanOrEqual(mostOfDoses(periodic, minutes) + inBooks);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test("a periodic program with boluses gives all of both, and no limit is reached", () => {
    const periodic = { pulses: 40, duration_s: 600, every_min: 50 };
    const bolus = { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 24 };
    const pump = new Pump({ ...BARE, mode: "periodic", rate: 0, periodic, bolus }).wait(HOUR);
    for (let i = 0; i < 48; i++) {
      expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1)).toBe("accepted");
      pump.wait(HOUR);
    }
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("after a higher dose they are wide for a day, and then the program's own", () => {
    const pump = new Pump({ ...BARE, rate: 48_000 }).wait(2 * DAY);
    pump.program({ ...BARE, rate: 24_000 });
    const [, wide] = limitsOf(pump);
    expect(wide).toBeGreaterThan(1_900);
    pump.wait(25 * HOUR + 30 * MINUTE);
    const [, own] = limitsOf(pump);
    expect(own).toBeLessThanOrEqual(960 + 5);
    expect(own).toBe(limitsOf(new Pump({ ...BARE, rate: 24_000 }))[1]);
    pump.wait(2 * DAY);
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("a reset neither widens them again nor ends that day", () => {
    const pump = new Pump({ ...BARE, rate: 48_000 }).wait(2 * DAY);
    pump.program({ ...BARE, rate: 24_000 });
    pump.wait(12 * HOUR);
    const wide = limitsOf(pump);
    pump.machine.inject("reset");
    pump.wait(MINUTE);
    expect(limitsOf(pump)).toEqual(wide);
    pump.wait(14 * HOUR);
    expect(limitsOf(pump)).toEqual(limitsOf(new Pump({ ...BARE, rate: 24_000 })));
    pump.machine.inject("reset");
    pump.wait(5 * MINUTE);
    expect(limitsOf(pump)[1]).toBeLessThanOrEqual(960 + 5);
    expect(pump.heard("limit_reached")).toEqual([]);
  });
});

describe("LIM-5, MOT-1: pulses that are made up after misses have room", () => {
  test.each([1, 3, 5, 7])(
    "after a stall of %i pulses no limit is reached in the day after it, and boluses are granted",
    (misses) => {
      const bolus = { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 24 };
      const pump = new Pump({ ...BARE, rate: 40_000, bolus }).wait(25 * HOUR);
      pump.machine.inject("motor_stall");
      pump.wait(Math.round(misses * (216_000_000 / 40_000)) + 50);
      pump.machine.release("motor_stall");
      for (let hour = 0; hour < 26; hour++) {
        pump.wait(HOUR);
        expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1)).toBe("accepted");
      }
      expect(pump.heard("stall_detected")).toEqual([]);
      expect(pump.heard("limit_reached")).toEqual([]);
      pump.wait(2 * DAY);
      expect(pump.field("limiter.lateRoom")).toBe(0);
    },
  );

  test("a reset keeps that room, because the window keeps the pulses", () => {
    const pump = new Pump({ ...BARE, rate: 40_000 }).wait(25 * HOUR);
    pump.machine.inject("motor_stall");
    pump.wait(6 * 5_400);
    pump.machine.release("motor_stall");
    pump.wait(10 * MINUTE);
    pump.machine.inject("reset");
    pump.wait(26 * HOUR);
    expect(pump.heard("limit_reached")).toEqual([]);
  });
});

describe("LIM-5: a clinician's single bolus has room as far as the drug library vouches for it", () => {
  const baclofen = [{ id: DRUG_BACLOFEN, concentration: 5_000 }];

  test("and basal is unchanged by it for two days", () => {
    const pump = new Pump({ ...BARE, rate: 20_000, drugs: baclofen }).wait(6 * HOUR);
    expect(clinician(pump, 400, 600)).toBe("accepted");
    pump.wait(2 * DAY);
    expect(pump.heard("limit_reached")).toEqual([]);
    expect(pump.heard("bolus_finished", { kind: "clinician", delivered_nl: 100_000 })).toHaveLength(1);
    expect(pump.field("limiter.allowance")).toBe(0);
  });

  test("beyond the soft limit of the day it has none, however it is divided", () => {
    const pump = new Pump({ ...BARE, rate: 20_000, drugs: baclofen }).wait(6 * HOUR);
    // 100 ug a day, and 1,000 ug are soft: 900 ug are 7,200 pulses of 0.125 ug; four of 2,000 are more.
    const outcomes = [1, 2, 3, 4].map(() => {
      const outcome = clinician(pump, 2_000, 2 * 3_600);
      pump.wait(3 * HOUR);
      return outcome;
    });
    expect(outcomes.at(-1)).toBe("dose_limit");
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("of a drug that the library does not know it has none", () => {
    const pump = new Pump({ ...BARE, rate: 20_000, drugs: [{ id: DRUG_UNLISTED, concentration: 5_000 }] }).wait(
      6 * HOUR,
    );
    expect(clinician(pump, 400, 600)).toBe("dose_limit");
  });
});
