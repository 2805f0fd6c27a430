// The part of a pulse that has gathered stays through everything that interrupts basal (THR-9). The oracle is plain arithmetic: the
// rates that the pump put into force, each times its time. And the pump that a program starts (THR-10).

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeStage, encodePrime, encodeProgram, stagePieces } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_SELF_TEST,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  LOG_EVENTS,
} from "../../hal/telemetry";
import { EVENT_STARTED, STARTED_BY_COMMAND, STARTED_BY_PROGRAM } from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";

const PULSES_PER_UL = 1000 / PULSE_NL;
/** Limits that never have a say. */
const WIDE = [{ pulses: 100_000, window_min: 60 }];

/** Resets a pump, and lets it start. */
function reset(pump: Pump): { tick: number; inFlight: boolean } {
  const inFlight = pump.field("motor.inFlight") === 1;
  pump.machine.inject("reset");
  pump.wait(SECOND);
  return { tick: pump.machine.tick - SECOND, inFlight };
}

/** Pulses that basal was to give, by the rates that were in force; a reset ends the rate. */
function pulsesDue(pump: Pump, resets: number[]): number {
  const rates = pump.heard("basal_rate").map(({ tick, fields }) => ({ tick, rate: Number(fields["ul_per_day"]) }));
  const changes = [...rates, ...resets.map((tick) => ({ tick, rate: 0 }))].sort((a, b) => a.tick - b.tick);
  return changes
    .map(({ tick, rate }, i) => ((changes[i + 1]?.tick ?? pump.machine.tick) - tick) * rate)
    .reduce((sum, part) => sum + (part * PULSES_PER_UL) / DAY, 0);
}

/** Steps of the rotor for basal. */
function pulsesGiven(pump: Pump): number {
  const boluses = [...pump.heard("bolus_finished"), ...pump.heard("bolus_cancelled")];
  const forBoluses = boluses.reduce((sum, { fields }) => sum + Number(fields["delivered_nl"]) / PULSE_NL, 0);
  return pump.machine.signal("motor.motion") - forBoluses;
}

const continuous = fc.integer({ min: 4_800, max: 1_200_000 }).map((rate): Partial<Program> => ({ rate, bolus: null }));
const periodic = fc
  .record({ pulses: fc.integer({ min: 1, max: 60 }), slow: fc.integer({ min: 0, max: 6 }) })
  .chain(({ pulses, slow }) =>
    fc.record({
      pulses: fc.constant(pulses),
      duration_s: fc.constant(pulses + slow * pulses),
      every_min: fc.integer({ min: 15, max: 60 }),
    }),
  )
  .filter(({ duration_s, every_min }) => duration_s <= every_min * 60)
  .map((each): Partial<Program> => ({ mode: "periodic", rate: 0, periodic: each, bolus: null }));
const none = fc.constant<Partial<Program>>({ mode: "stopped", rate: 0, bolus: null });
const flex = fc
  .array(fc.integer({ min: 4_800, max: 600_000 }), { minLength: 13, maxLength: 13 })
  .map((rates): Partial<Program> => {
    const pattern = rates.map((rate, i) => ({ minute: i * 110, rate }));
    return { mode: "flex", rate: 0, bolus: null, flex: { patterns: [pattern], weekdays: [0, 0, 0, 0, 0, 0, 0] } };
  });
const program = fc.oneof(continuous, periodic, flex).map((each): Program => ({ ...PROGRAM, limits: WIDE, ...each }));

type Act = (pump: Pump) => void;
const stopped = fc.integer({ min: 1, max: 300 }).map((seconds): Act => (pump) => {
  pump.programmer.ask(COMMAND_STOP);
  pump.wait(seconds * SECOND);
  pump.programmer.ask(COMMAND_START);
});
const programmed = fc
  .oneof(
    { weight: 3, arbitrary: program },
    none.map((each) => ({ ...PROGRAM, limits: WIDE, ...each })),
  )
  .map(
    (next): Act =>
      (pump) =>
        void pump.program(next, { confirm: 2, total: 0 }),
  );
const denied = fc.constant<Act>((pump) => void pump.programmer.ask(COMMAND_PATIENT_BOLUS));
const primed = fc.integer({ min: 1, max: 40 }).map(
  (pulses): Act =>
    (pump) =>
      void pump.programmer.ask(COMMAND_PRIME, encodePrime(pulses, false)),
);
const tested = fc.constant<Act>((pump) => void pump.programmer.ask(COMMAND_SELF_TEST));
const waits = fc.integer({ min: 1, max: 10 * MINUTE });
const interruptions = (acts: fc.Arbitrary<Act>) => fc.array(fc.tuple(waits, acts), { minLength: 5, maxLength: 40 });

describe("THR-9: what has gathered of the next pulse survives", () => {
  test("the pulses given are the rates in force times their time, whatever stops, programs, primes and denials come", () => {
    fc.assert(
      fc.property(
        program,
        interruptions(fc.oneof(stopped, stopped, programmed, denied, primed, tested)),
        (first, acts) => {
          const pump = new Pump(first, { fill_nl: 20_000_000 });
          for (const [ticks, act] of acts) {
            pump.wait(ticks);
            act(pump);
          }
          pump.wait(2 * MINUTE);
          const due = pulsesDue(pump, []);
          // One may not be due yet, one is in flight or waits its turn.
          expect(pulsesGiven(pump)).toBeGreaterThan(due - 2.1);
          expect(pulsesGiven(pump)).toBeLessThan(due + 0.1);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test("a reset loses what a minute gives and a pulse at most, and never gives anything twice", () => {
    fc.assert(
      fc.property(program, fc.array(waits, { minLength: 5, maxLength: 40 }), (first, times) => {
        const pump = new Pump(first, { fill_nl: 20_000_000 });
        const resets = times.map((ticks) => reset(pump.wait(ticks)));
        pump.wait(2 * MINUTE);
        const due = pulsesDue(
          pump,
          resets.map(({ tick }) => tick),
        );
        const fastest = Math.max(...pump.heard("basal_rate").map(({ fields }) => Number(fields["ul_per_day"])));
        const inMinute = (fastest * PULSES_PER_UL * MINUTE * 1.02) / DAY;
        const lost = resets.reduce((sum, { inFlight }) => sum + inMinute + (inFlight ? 1 : 0), 0);
        expect(pulsesGiven(pump)).toBeGreaterThan(due - 2.1 - lost);
        expect(pulsesGiven(pump)).toBeLessThan(due + 0.1);
      }),
      { numRuns: runs(60) },
    );
  });

  test("a slow pump that is reset before each of its pulses still gives, because each minute keeps what has gathered", () => {
    const pump = new Pump({ rate: 6_000, bolus: null, limits: WIDE });
    const before = pump.machine.signal("motor.motion");
    for (let i = 0; i < 100; i++) reset(pump.wait(5 * MINUTE - 30 * SECOND));
    const pulses = (100 * (4.5 * MINUTE + SECOND) * 60 * PULSES_PER_UL) / DAY;
    expect(pump.machine.signal("motor.motion") - before).toBeGreaterThan(pulses * (3.5 / 4.5) - 2);
    expect(pump.machine.signal("motor.motion") - before).toBeLessThanOrEqual(pulses + 1);
  });

  test("stops during a dose neither begin it again nor lose more of it than they last", () => {
    const doses = { pulses: 40, duration_s: 600, every_min: 60 };
    const pump = new Pump({ mode: "periodic", rate: 0, periodic: doses, bolus: null, limits: WIDE });
    const before = pump.machine.signal("motor.motion");
    for (let i = 0; i < 24 * 20; i++) {
      pump.wait(3 * MINUTE - SECOND);
      pump.programmer.ask(COMMAND_STOP);
      pump.wait(SECOND);
      pump.programmer.ask(COMMAND_START);
    }
    // Four stops of some more than a second in each dose of 600 s.
    const given = pump.machine.signal("motor.motion") - before;
    expect(given).toBeGreaterThan(24 * 40 * (596 / 600) - 4);
    expect(given).toBeLessThanOrEqual(24 * 40);
  });

  test("a dose of one pulse that each stop falls into is given all the same", () => {
    const doses = { pulses: 1, duration_s: 450, every_min: 15 };
    const pump = new Pump({ mode: "periodic", rate: 0, periodic: doses, bolus: null, limits: WIDE });
    const before = pump.machine.signal("motor.motion");
    for (let i = 0; i < 96; i++) {
      pump.wait(4 * MINUTE);
      pump.programmer.ask(COMMAND_STOP);
      pump.wait(SECOND);
      pump.programmer.ask(COMMAND_START);
      pump.wait(11 * MINUTE - 2 * SECOND);
    }
    const given = pump.machine.signal("motor.motion") - before;
    expect(given).toBeGreaterThan(96 * (448 / 450) - 2);
    expect(given).toBeLessThanOrEqual(97);
  });

  test("a program that is written again and again gives no dose before its time", () => {
    const doses: Program = {
      ...PROGRAM,
      mode: "periodic",
      rate: 0,
      periodic: { pulses: 40, duration_s: 600, every_min: 360 },
      bolus: null,
      limits: WIDE,
    };
    const pump = new Pump(doses);
    const before = pump.machine.signal("motor.motion");
    for (let i = 0; i < 24; i++) {
      pump.wait(HOUR);
      pump.program({ ...doses, low_pulses: 8_000 + i });
    }
    // The fifth dose begins with the last hour.
    pump.wait(HOUR - MINUTE);
    expect(pump.machine.signal("motor.motion") - before).toBeLessThanOrEqual(5 * 40);
    expect(pump.machine.signal("motor.motion") - before).toBeGreaterThanOrEqual(5 * 40 - 1);
  });

  test("a dose that falls due while the pump is stopped begins with the start, once, and the next is counted from it", () => {
    const doses = { pulses: 40, duration_s: 600, every_min: 60 };
    const pump = new Pump({ mode: "periodic", rate: 0, periodic: doses, bolus: null, limits: WIDE });
    pump.wait(30 * MINUTE);
    expect(pump.pulses).toBe(40);
    pump.programmer.ask(COMMAND_STOP);
    pump.wait(5 * HOUR + 10 * MINUTE);
    pump.programmer.ask(COMMAND_START);
    pump.wait(59 * MINUTE);
    expect(pump.pulses).toBe(80);
    pump.wait(12 * MINUTE);
    expect(pump.pulses).toBe(120);
  });

  test("a pulse that waits behind a bolus when a program that gives nothing comes begins with the next program (THR-8)", () => {
    const fast: Program = {
      ...PROGRAM,
      rate: 1_500_000,
      bolus: { ...PROGRAM.bolus!, pulses: 20, duration_s: 60 },
      limits: WIDE,
    };
    const waiting = Array.from({ length: 16 }, (_, i) => {
      const pump = new Pump(fast).wait(MINUTE);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.wait(SECOND + i * 23);
      pump.program({ ...fast, mode: "stopped", rate: 0 });
      // Every invariant is checked here: no pulse begins in a stopped pump.
      pump.wait(MINUTE);
      const waits = pump.field("therapy.basal.owed") > 0;
      pump.program(fast, { confirm: 2, total: 0 });
      pump.wait(MINUTE);
      expect(pulsesGiven(pump)).toBeGreaterThan(pulsesDue(pump, []) - 2.1);
      return waits;
    });
    expect(waiting).toContain(true);
  });

  test("misses owe eight pulses at most, however often stops keep a stall from being found", () => {
    const pump = new Pump({ rate: 60_000, bolus: null, limits: WIDE }).wait(HOUR);
    pump.machine.inject("motor_stall");
    for (let i = 0; i < 60; i++) {
      pump.wait(2 * MINUTE);
      pump.programmer.ask(COMMAND_STOP);
      pump.programmer.ask(COMMAND_START);
    }
    expect(pump.field("motor.stalled")).toBe(0);
    pump.machine.release("motor_stall");
    const before = pump.machine.signal("motor.motion");
    pump.wait(5 * MINUTE);
    const due = (5 * MINUTE * 600 * PULSES_PER_UL) / DAY;
    expect(pump.machine.signal("motor.motion") - before).toBeLessThanOrEqual(due + 8 + 1);
    expect(pump.machine.signal("motor.motion") - before).toBeGreaterThanOrEqual(due + 6);
  });
});

describe("THR-10: a program that is committed to a stopped pump starts it", () => {
  const startedBy = (pump: Pump) => pump.heard("started").map(({ fields }) => fields["by"]);

  test("event and log say that a program started it, and that a command did", () => {
    const pump = new Pump().wait(HOUR);
    expect(startedBy(pump)).toEqual([]);
    pump.programmer.ask(COMMAND_STOP);
    pump.wait(HOUR);
    pump.program({ ...PROGRAM, rate: 12_000 });
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(120);
    pump.programmer.ask(COMMAND_STOP);
    pump.programmer.ask(COMMAND_START);
    expect(startedBy(pump)).toEqual(["program", "command"]);
    const entries = pump.programmer.readLog(LOG_EVENTS)!.filter(({ code }) => code === EVENT_STARTED);
    expect(entries.map(({ a }) => a)).toEqual([STARTED_BY_PROGRAM, STARTED_BY_COMMAND]);
  });

  test("the answer to STAGE says so beforehand, with each piece, and says it of no other pump", () => {
    const pump = new Pump().wait(HOUR);
    const [first, ...others] = stagePieces(encodeProgram({ ...PROGRAM, rate: 12_000 }));
    const staged = (piece: Uint8Array) => decodeStage(pump.programmer.ask(COMMAND_STAGE, piece)!.payload);
    expect(staged(first)).toEqual({ digest: expect.any(Number) as number });
    pump.programmer.ask(COMMAND_STOP);
    for (const piece of [first, ...others]) expect(staged(piece)).toMatchObject({ starts: 1 });
    pump.programmer.ask(COMMAND_START);
    expect(staged(first)).not.toHaveProperty("starts");
    const fresh = new Pump(null);
    expect(decodeStage(fresh.programmer.ask(COMMAND_STAGE, first)!.payload)).not.toHaveProperty("starts");
  });

  test("the answer to STAGE promises no start to a pump that an alarm stops, and none comes", () => {
    const pump = new Pump().wait(HOUR);
    pump.machine.inject("motor_reverse");
    pump.wait(HOUR);
    const [piece] = stagePieces(encodeProgram({ ...PROGRAM, rate: 12_000 }));
    expect(decodeStage(pump.programmer.ask(COMMAND_STAGE, piece)!.payload)).not.toHaveProperty("starts");
    pump.program({ ...PROGRAM, rate: 12_000 });
    expect(startedBy(pump)).toEqual([]);
  });

  test("a program for a pump that runs, or that never ran, starts none", () => {
    const pump = new Pump().wait(HOUR);
    pump.program({ ...PROGRAM, rate: 12_000 });
    expect(startedBy(pump)).toEqual([]);
  });
});
