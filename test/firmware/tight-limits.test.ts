// Programs that cannot be given as they are written (LIM-9), and the field that a refusal names. The oracle is plain arithmetic on the
// numbers of the program, in pulses and seconds.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outcomeName, refusedField } from "../../emulator/contract/codes";
import { decodeCommit, digestOf, encodeCommit, encodeProgram, stagePieces } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_COMMIT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_STAGE,
  CONFIRM_TIGHT_LIMITS,
  LOG_EVENTS,
  OUTCOME_TIGHT_LIMITS,
} from "../../hal/telemetry";
import { EVENT_PROGRAM_REFUSED } from "../../hal/trace";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

/** The pump has given nothing, so no total is twice another. */
const AT_REST: Partial<Program> = { mode: "stopped", rate: 0, bolus: null, limits: [] };

interface Answer {
  outcome: string;
  field: string | null;
}

/** Stages and commits a program, with nothing confirmed unless said; outcome and field of the answer. */
function committed(pump: Pump, program: Program, confirm = 0): Answer {
  const record = encodeProgram(program);
  pump.watch.addProgram(digestOf(record), program);
  for (const piece of stagePieces(record)) pump.programmer.ask(COMMAND_STAGE, piece);
  const { payload } = pump.programmer.ask(COMMAND_COMMIT, encodeCommit(digestOf(record), confirm))!;
  return { outcome: outcomeName(payload[0]), field: refusedField(decodeCommit(payload)!.field ?? 0) };
}

const bolus = (pulses: number, duration_s: number) => ({ pulses, duration_s, lockout_min: 60, per24h: 4 });

describe("LIM-9: a program that cannot be given as written is refused, with the field", () => {
  test.each<[string, Partial<Program>, string | null]>([
    ["a bolus as fast as the pump, with any basal", { bolus: bolus(2_000, 1_800), limits: [] }, "patient_bolus"],
    [
      "a bolus as fast as the pump, with no basal",
      { mode: "stopped", rate: 0, bolus: bolus(2_000, 1_800), limits: [] },
      null,
    ],
    ["a bolus that leaves basal its share", { rate: 10_000, bolus: bolus(1_990, 1_800), limits: [] }, null],
    ["a bolus larger than its hour", { bolus: bolus(40, 300), limits: [{ pulses: 32, window_min: 60 }] }, "limits[0]"],
    [
      "a bolus that with basal is larger than the second of two limits",
      { bolus: bolus(20, 300), limits: [400, 35].map((pulses) => ({ pulses, window_min: 60 })) },
      "limits[1]",
    ],
    ["a bolus for which the hour has room", { bolus: bolus(20, 300), limits: [{ pulses: 38, window_min: 60 }] }, null],
    [
      "a basal that is its limit",
      { rate: 96_000, bolus: null, limits: [{ pulses: 160, window_min: 60 }] },
      "limits[0]",
    ],
    ["a basal just below its limit", { rate: 96_000, bolus: null, limits: [{ pulses: 161, window_min: 60 }] }, null],
    ["a basal far above a day's limit", { rate: 20_000, limits: [{ pulses: 400, window_min: 1_440 }] }, "limits[0]"],
    ["limits that nobody set", { rate: 96_000, limits: [] }, null],
  ])("%s", (_, given, field) => {
    const pump = new Pump(AT_REST);
    const outcome = field === null ? "accepted" : "tight_limits";
    expect(committed(pump, { ...PROGRAM, bolus: null, ...given })).toEqual({ outcome, field });
  });

  test("a night with little basal has room for a bolus that the day has not, so the program is taken", () => {
    const steps = (night: number) => [
      { minute: 0, rate: night },
      { minute: 480, rate: 96_000 },
    ];
    const flex = (night: number) => ({ patterns: [steps(night)], weekdays: [0, 0, 0, 0, 0, 0, 0] });
    const program = { ...PROGRAM, mode: "flex" as const, rate: 0, bolus: bolus(40, 300) };
    const limits = [{ pulses: 170, window_min: 60 }];
    const pump = new Pump(AT_REST);
    expect(committed(pump, { ...program, limits, flex: flex(48_000) }).outcome).toBe("accepted");
    const other = new Pump(AT_REST);
    expect(committed(other, { ...program, limits, flex: flex(90_000) })).toEqual({
      outcome: "tight_limits",
      field: "limits[0]",
    });
  });

  test("a confirmation takes it, and then the limit has its say as LIM-3 states", () => {
    const pump = new Pump(AT_REST);
    const program = { ...PROGRAM, rate: 96_000, bolus: null, limits: [{ pulses: 160, window_min: 60 }] };
    expect(committed(pump, program, CONFIRM_TIGHT_LIMITS).outcome).toBe("accepted");
    pump.wait(2 * HOUR);
    expect(pump.heard("limit_reached", { window_min: 60 }).length).toBeGreaterThan(0);
    expect(pump.heard("alarm_raised", { alarm: "dose_limit" }).length).toBeGreaterThan(0);
  });

  test("a program that it accepts is given: basal never meets a limit, and the bolus is granted when the windows are at rest", () => {
    const some = fc.record({
      rate: fc.integer({ min: 4_800, max: 1_000_000 }),
      pulses: fc.integer({ min: 1, max: 200 }),
      slow: fc.integer({ min: 1, max: 10 }),
      window_min: fc.integer({ min: 15, max: 180 }),
      over: fc.integer({ min: -20, max: 220 }),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(some, ({ rate, pulses, slow, window_min, over }) => {
        const inWindow = (window_min * MINUTE * rate) / 216_000_000;
        const limit = Math.max(1, Math.round(inWindow) + over);
        const program = {
          ...PROGRAM,
          rate,
          bolus: bolus(pulses, pulses * slow),
          limits: [{ pulses: limit, window_min }],
        };
        const pump = new Pump(AT_REST, { fill_nl: 20_000_000 });
        const { outcome } = committed(pump, program);
        seen.add(outcome);
        // In the longest time that the books can count as this window there are so many pulses, W/96 beyond it at most.
        const atMost = ((window_min + window_min / 96) * MINUTE * rate) / 216_000_000;
        const fastest = rate / 100 + (pulses * 0.25 * 86_400) / (pulses * slow);
        if (limit > atMost + pulses + 2 && fastest < 24_000) expect(outcome).toBe("accepted");
        // A slow bolus lasts longer than a short window.
        const bolusInWindow = Math.min(pulses, Math.floor((window_min * 60) / slow));
        if (limit <= inWindow || bolusInWindow > limit || fastest > 24_001) expect(outcome).toBe("tight_limits");
        if (outcome !== "accepted") return;
        pump.wait((2 * window_min + 1) * MINUTE);
        expect(pump.heard("limit_reached")).toEqual([]);
        if (limit > atMost + pulses + 2) {
          expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)!)).toBe("accepted");
        }
      }),
      { numRuns: runs(60) },
    );
    expect([...seen].sort()).toEqual(["accepted", "tight_limits"]);
  });
});

describe("LNK-4: a refused program names its field in the answer, the event and the log", () => {
  test.each<[string, Partial<Program>, string, string | null]>([
    ["a rate between none and the slowest", { rate: 100 }, "out_of_range", "basal.rate"],
    [
      "no step",
      { mode: "flex", rate: 0, flex: { patterns: [[]], weekdays: [0, 0, 0, 0, 0, 0, 0] } },
      "out_of_range",
      "basal.steps",
    ],
    [
      "a dose too slow",
      { mode: "periodic", rate: 0, periodic: { pulses: 1, duration_s: 600, every_min: 60 } },
      "out_of_range",
      "basal.volume",
    ],
    [
      "a dose too long",
      { mode: "periodic", rate: 0, periodic: { pulses: 40, duration_s: 4_000, every_min: 60 } },
      "out_of_range",
      "basal.duration",
    ],
    [
      "doses too close",
      { mode: "periodic", rate: 0, periodic: { pulses: 40, duration_s: 600, every_min: 10 } },
      "out_of_range",
      "basal.every",
    ],
    ["a bolus of nothing", { bolus: bolus(0, 300) }, "out_of_range", "patient_bolus"],
    ["a bolus of no time", { bolus: bolus(1, 0) }, "out_of_range", "patient_bolus.duration"],
    ["a lockout too short", { bolus: { ...bolus(1, 60), lockout_min: 10 } }, "out_of_range", "patient_bolus.lockout"],
    ["a cap too high", { bolus: { ...bolus(1, 60), per24h: 97 } }, "out_of_range", "patient_bolus.per_24h"],
    [
      "a window too short",
      {
        limits: [
          { pulses: 400, window_min: 60 },
          { pulses: 400, window_min: 5 },
        ],
      },
      "out_of_range",
      "limits[1]",
    ],
    [
      "a concentration of nothing",
      {
        drugs: [
          { id: 0, concentration: 100 },
          { id: 0, concentration: 0 },
        ],
      },
      "out_of_range",
      "drugs[1]",
    ],
    ["another library", { drugs: [{ id: 0, concentration: 100 }], library: 999 }, "library", "library"],
    [
      "a dose above what a drug may have",
      { drugs: [{ id: 1, concentration: 250_000 }], rate: 1_000_000, limits: [] },
      "hard_limit",
      "drugs[0]",
    ],
  ])("%s", (_, given, outcome, field) => {
    const pump = new Pump();
    expect(committed(pump, { ...PROGRAM, bolus: null, ...given })).toEqual({ outcome, field });
    expect(pump.heard("program_refused", { reason: outcome, field: field! })).toHaveLength(1);
    const [entry] = pump.programmer.readLog(LOG_EVENTS)!.filter(({ code }) => code === EVENT_PROGRAM_REFUSED);
    expect([outcomeName(entry.a), refusedField(entry.b)]).toEqual([outcome, field]);
  });

  test("a refusal about no field names none", () => {
    const pump = new Pump();
    const { payload } = pump.programmer.ask(COMMAND_COMMIT, encodeCommit(1))!;
    expect([outcomeName(payload[0]), decodeCommit(payload)!.field]).toEqual(["digest", undefined]);
    expect(pump.heard("program_refused", { reason: "digest", field: "none" })).toHaveLength(1);
  });

  test("the outcome has its code for ever", () => {
    expect([OUTCOME_TIGHT_LIMITS, CONFIRM_TIGHT_LIMITS, DAY / HOUR]).toEqual([26, 16, 24]);
  });
});
