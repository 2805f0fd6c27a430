// Delivery in time: rates, boluses, stops, and every reason for which a bolus is denied.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_START,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { runs } from "../effort";
import { ask, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";

const patient = (pump: Pump) => ask(pump, COMMAND_PATIENT_BOLUS);
const clinician = (pump: Pump, pulses: number, seconds: number) =>
  ask(pump, COMMAND_CLINICIAN_BOLUS, words(pulses, seconds));
const basal = (rate: number): Program => ({ mode: "continuous", rate, bolus: null, limits: [], low_pulses: 0 });

describe("THR-1: a program with a value out of range is refused and not clamped", () => {
  const bolus = PROGRAM.bolus!;
  test.each<[string, Partial<Program>, string]>([
    ["the slowest rate", { rate: 4_800 }, "accepted"],
    ["a hair slower", { rate: 4_799 }, "out_of_range"],
    ["the fastest rate", { rate: 2_400_000, bolus: null, limits: [] }, "accepted"],
    ["a hair faster", { rate: 2_400_001, bolus: null, limits: [] }, "out_of_range"],
    ["a rate past an i32", { rate: 4_000_000_000 }, "out_of_range"],
    ["minimum mode", { mode: "minimum", rate: 0 }, "accepted"],
    ["minimum mode with a rate", { mode: "minimum", rate: 10_000 }, "out_of_range"],
    ["a stopped program", { mode: "stopped", rate: 0 }, "accepted"],
    ["a window of 15 min", { limits: [{ pulses: 100, window_min: 15 }] }, "accepted"],
    ["a window of 14 min", { limits: [{ pulses: 100, window_min: 14 }] }, "out_of_range"],
    ["a window of 7 days", { limits: [{ pulses: 100, window_min: 10_080 }] }, "accepted"],
    ["a longer window", { limits: [{ pulses: 100, window_min: 10_081 }] }, "out_of_range"],
    ["a limit of nothing", { limits: [{ pulses: 0, window_min: 60 }] }, "out_of_range"],
    ["a lockout under 15 min", { bolus: { ...bolus, lockout_min: 14 } }, "out_of_range"],
    ["97 boluses a day", { bolus: { ...bolus, per24h: 97 } }, "out_of_range"],
    ["a bolus faster than 1,000 uL/h", { bolus: { ...bolus, pulses: 334, duration_s: 300 } }, "out_of_range"],
  ])("THR-3: %s", (_, change, outcome) => {
    const pump = new Pump(null);
    expect(outcomeName(pump.program({ ...PROGRAM, ...change }) ?? -1)).toBe(outcome);
    expect(pump.heard("program_refused").length).toBe(outcome === "accepted" ? 0 : 1);
  });

  test("a refused program leaves the old one in force", () => {
    const pump = new Pump();
    pump.program({ ...PROGRAM, rate: 1 });
    pump.wait(HOUR);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(100);
  });
});

test("THR-2: after any time, pulses fired and rate x time differ by less than one pulse", () => {
  const rates = fc.integer({ min: 4_800, max: 2_400_000 });
  const times = fc.array(fc.integer({ min: 1, max: 3 * HOUR }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rates, times, (rate, waits) => {
      const pump = new Pump({ ...basal(rate) });
      const began = pump.heard("basal_rate")[0].tick;
      for (const wait of waits) {
        pump.wait(wait);
        // The accumulator runs from the tick of the commit on, this tick included.
        const due = BigInt(rate) * BigInt(pump.machine.tick - began);
        expect(Number(due / 216_000_000n) - pump.pulses).toBeGreaterThanOrEqual(0);
        expect(Number(due / 216_000_000n) - pump.pulses).toBeLessThan(2);
        const exact = Number(due) / 216_000_000 - pump.pulses;
        expect(exact).toBeLessThan(1 + (90 * rate) / 216_000_000);
      }
    }),
    { numRuns: runs(60) },
  );
});

describe("a bolus", () => {
  test("THR-6: is delivered whole, within its duration and one pulse interval", () => {
    const pump = new Pump().wait(HOUR);
    expect(patient(pump)).toBe("accepted");
    const [start] = pump.heard("bolus_started");
    pump.wait(6 * MINUTE);
    const [end] = pump.heard("bolus_finished");
    expect(end.fields).toEqual({ kind: "patient", delivered_nl: 5000 });
    expect(end.tick - start.tick).toBeGreaterThanOrEqual(300 * SECOND);
    expect(end.tick - start.tick).toBeLessThan(300 * SECOND + 15 * SECOND);
  });

  test("THR-5: lies on top of basal, which it leaves unchanged, and is spread evenly", () => {
    const quiet = new Pump().wait(HOUR);
    const pump = new Pump().wait(HOUR);
    patient(pump);
    quiet.wait(pump.machine.tick - quiet.machine.tick);
    for (const part of [1, 2, 3, 4]) {
      quiet.wait(75 * SECOND);
      pump.wait(75 * SECOND);
      expect(Math.abs(pump.pulses - quiet.pulses - 5 * part)).toBeLessThanOrEqual(1);
    }
    quiet.wait(HOUR);
    pump.wait(HOUR);
    expect(pump.machine.world.byCause_nl[1]).toBe(quiet.machine.world.byCause_nl[1]);
    expect(pump.field("therapy.basal.accumulator")).toBe(quiet.field("therapy.basal.accumulator"));
  });

  test("MOT-1: takes turns with basal at the fastest rate, with pulses 900 ms apart, and neither loses one", () => {
    const pump = new Pump({ ...basal(1_200_000), limits: [{ pulses: 4_000, window_min: 60 }] }).wait(MINUTE);
    expect(clinician(pump, 300, 540)).toBe("accepted");
    pump.wait(9 * MINUTE + SECOND);
    expect(pump.heard("bolus_finished")).toHaveLength(1);
    expect(pump.machine.world.byCause_nl[3]).toBe(300 * 250);
  });

  test("PTB-4, THR-8: is cancelled by a stop half-way, says how much was given, and is not resumed", () => {
    const pump = new Pump().wait(HOUR);
    patient(pump);
    pump.wait(150 * SECOND);
    const given = pump.field("therapy.bolus.given");
    ask(pump, COMMAND_STOP);
    pump.wait(MINUTE);
    const [cancelled] = pump.heard("bolus_cancelled");
    expect(cancelled.fields["delivered_nl"]).toBe(pump.machine.world.byCause_nl[2]);
    expect(Number(cancelled.fields["delivered_nl"]) / 250 - given).toBeLessThanOrEqual(1);
    const before = pump.pulses;
    pump.wait(HOUR);
    expect(pump.pulses).toBe(before);
    ask(pump, COMMAND_START);
    pump.wait(HOUR);
    expect(pump.machine.world.byCause_nl[2]).toBe(Number(cancelled.fields["delivered_nl"]));
    expect(pump.field("therapy.patientBolus.startsCount")).toBe(1);
  });

  test("THR-8: is ended by a commanded stop after the pulse in flight, and then power is cut", () => {
    const pump = new Pump({ ...basal(100_000) });
    while (!pump.machine.board.motor.inFlight) pump.machine.step();
    const moved = pump.machine.signal("motor.motion");
    ask(pump, COMMAND_STOP);
    pump.machine.run(60);
    expect(pump.machine.signal("motor.motion")).toBe(moved + 1);
    expect(pump.machine.board.motor.closed).toBe(false);
  });
});

describe("PTB-3: every reason for which a bolus is denied", () => {
  const cases: [string, () => Pump, (pump: Pump) => string][] = [
    ["not_programmed", () => new Pump(null), patient],
    ["not_programmed", () => new Pump({ bolus: null }), patient],
    ["stopped", () => after(new Pump(), (pump) => ask(pump, COMMAND_STOP)), patient],
    ["busy", () => after(new Pump().wait(HOUR), patient), (pump) => clinician(pump, 1, 60)],
    ["lockout", () => after(new Pump().wait(HOUR), patient).wait(59 * MINUTE), patient],
    ["per_24h", () => after(new Pump({ bolus: { ...PROGRAM.bolus!, per24h: 1 } }), patient).wait(3 * HOUR), patient],
    ["dose_limit", () => new Pump({ limits: [{ pulses: 25, window_min: 60 }] }).wait(2 * HOUR), patient],
    ["out_of_range", () => new Pump(), (pump) => clinician(pump, 400, 300)],
    ["out_of_range", () => new Pump(), (pump) => clinician(pump, 0, 300)],
    ["empty", () => after(new Pump(), (pump) => ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 5_610))), patient],
    ["alarm", () => stalled(), patient],
  ];
  test.each(cases)("%s", (reason, make, request) => {
    const pump = make();
    const before = pump.pulses;
    expect(request(pump)).toBe(reason);
    expect(pump.heard("bolus_denied", { reason })).toHaveLength(1);
    expect(pump.pulses - before).toBeLessThanOrEqual(1);
  });

  test("PTB-5: requests, grants and denials are counted by reason", () => {
    const pump = new Pump().wait(HOUR);
    for (let i = 0; i < 3; i++) {
      patient(pump);
      pump.wait(10 * MINUTE);
    }
    expect([pump.field("usage.requests"), pump.field("usage.granted"), pump.field("usage.denied[1]")]).toEqual([
      3, 1, 2,
    ]);
  });
});

describe("the lockout and the cap", () => {
  test("PTB-1: run from start to start, to the minute, and no denial restarts the lockout", () => {
    const pump = new Pump().wait(HOUR);
    patient(pump);
    pump.wait(30 * MINUTE);
    expect(patient(pump)).toBe("lockout");
    pump.wait(30 * MINUTE - 30);
    expect(patient(pump)).toBe("lockout");
    pump.wait(30);
    expect(patient(pump)).toBe("accepted");
  });

  test("PTB-1: are not shortened by a clock that is set or that jumps, and a jump raises an alarm", () => {
    const pump = new Pump().wait(HOUR);
    patient(pump);
    pump.wait(10 * MINUTE);
    pump.machine.inject("rtc_jump", DAY);
    pump.wait(2 * MINUTE);
    expect(patient(pump)).toBe("lockout");
    expect(pump.alarms()).toContain("clock_fault");
  });

  test("PTB-1: follow a new program, whose longer lockout also holds after a bolus of the old one", () => {
    const pump = new Pump().wait(HOUR);
    patient(pump);
    pump.program({ ...PROGRAM, bolus: { ...PROGRAM.bolus!, lockout_min: 120 } });
    pump.wait(90 * MINUTE);
    expect(patient(pump)).toBe("lockout");
  });

  test("PTB-2: count over a rolling day and not over a day of the calendar", () => {
    const pump = new Pump({ bolus: { ...PROGRAM.bolus!, per24h: 2 } }).wait(20 * HOUR);
    patient(pump);
    pump.wait(2 * HOUR);
    patient(pump);
    pump.wait(21 * HOUR);
    expect(patient(pump)).toBe("per_24h");
    pump.wait(HOUR + MINUTE);
    expect(patient(pump)).toBe("accepted");
  });
});

function after(pump: Pump, act: (pump: Pump) => string): Pump {
  expect(act(pump)).toBe("accepted");
  return pump;
}

function stalled(): Pump {
  const pump = new Pump();
  pump.machine.inject("motor_stall");
  return pump.wait(40 * MINUTE);
}
