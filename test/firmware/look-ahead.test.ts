// The look-ahead (LIM-2) against the rotor of a twin: a pump with the same program and the same past that no limit holds back is given
// the same bolus, and the times of its steps say what the windows would have held. And the answer that takes several ticks.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outcomeName } from "../../emulator/contract/codes";
import {
  digestOf,
  encodeCommit,
  encodePrime,
  encodeProgram,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import { type Frame, telemetryReader } from "../../emulator/telemetry/frame";
import type { Reply } from "../../emulator/telemetry/secure";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_PRIME,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND, stepsOf } from "../pump";

const REST = { bolus: null, low_pulses: 0 };
const clinician = (pump: Pump, pulses: number, duration_s: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, words(pulses, duration_s)) ?? -1);

/** The most steps in any time of `ticks` that ends at `from` or later. */
function mostIn(steps: readonly number[], ticks: number, from: number): number {
  let [first, most] = [0, 0];
  steps.forEach((tick, i) => {
    while (steps[first] <= tick - ticks) first++;
    if (tick >= from) most = Math.max(most, i - first + 1);
  });
  return most;
}

const rates = fc.integer({ min: 4_800, max: 1_000_000 });
const continuous = rates.map((rate): Program => ({ mode: "continuous", rate, limits: [], ...REST }));
const flex = fc.array(rates, { minLength: 13, maxLength: 13 }).map((each): Program => {
  const pattern = each.map((rate, i) => ({ minute: i * 7, rate }));
  return { mode: "flex", rate: 0, limits: [], ...REST, flex: { patterns: [pattern], weekdays: [0, 0, 0, 0, 0, 0, 0] } };
});
const periodic = fc
  .record({
    pulses: fc.integer({ min: 20, max: 200 }),
    slow: fc.integer({ min: 1, max: 5 }),
    every_min: fc.integer({ min: 15, max: 45 }),
  })
  .filter(({ pulses, slow, every_min }) => pulses * slow <= every_min * 60)
  .map(({ pulses, slow, every_min }): Program => {
    return {
      mode: "periodic",
      rate: 0,
      limits: [],
      ...REST,
      periodic: { pulses, duration_s: pulses * slow, every_min },
    };
  });
const cases = fc.record({
  program: fc.oneof(continuous, flex, periodic),
  window_min: fc.integer({ min: 15, max: 60 }),
  spare: fc.integer({ min: -4, max: 40 }),
  waits: fc.tuple(fc.integer({ min: 1, max: HOUR }), fc.integer({ min: 1, max: HOUR })),
  pulses: fc.integer({ min: 1, max: 100 }),
  slow: fc.integer({ min: 1, max: 60 }),
});

describe("LIM-2: a bolus is granted when no window will exceed its limit, each dose at its own time", () => {
  test("it is denied nothing that fits with W/96 and two pulses to spare, and granted nothing that reaches the limit", () => {
    const seen = { granted: 0, denied: 0 };
    fc.assert(
      fc.property(cases, ({ program, window_min, spare, waits, pulses, slow }) => {
        const window = window_min * MINUTE;
        const duration_s = pulses * slow;
        const [free, held] = [[], null].map(() => new Pump({ mode: "stopped", rate: 0, ...REST, limits: [] }));
        const steps = stepsOf(free);
        const wide = { ...program, limits: [{ pulses: 100_000, window_min }] };
        free.program(wide);
        free.machine.leap(waits[0]);
        const first = clinician(free, 5, 20);
        free.machine.leap(waits[1]);
        const asked = free.machine.tick;
        fc.pre(first === "accepted" && clinician(free, pulses, duration_s) === "accepted");
        free.machine.leap(duration_s * SECOND + 2 * window);
        // From the moment of the question on, with the longer window of the books.
        const most = mostIn(steps, window + window / 96, asked);
        const limit = Math.max(1, most + spare);
        held.program({ ...wide, limits: [{ pulses: limit, window_min }] });
        held.machine.leap(waits[0]);
        const same = clinician(held, 5, 20) === "accepted";
        held.machine.leap(waits[1]);
        fc.pre(same && held.heard("limit_reached").length === 0);
        const outcome = clinician(held, pulses, duration_s);
        seen[outcome === "accepted" ? "granted" : "denied"]++;
        if (spare >= 2) expect(outcome).toBe("accepted");
        if (outcome !== "accepted") return;
        held.machine.leap(duration_s * SECOND + window + MINUTE);
        expect(held.heard("limit_reached")).toEqual([]);
      }),
      { numRuns: runs(120) },
    );
    expect(Math.min(seen.granted, seen.denied)).toBeGreaterThan(runs(5));
  });

  test("a bolus that a prime's room lets through now is denied, because it is still in the hour when that room ends", () => {
    const pump = new Pump({ rate: 40_000, bolus: null, limits: [] }).wait(HOUR);
    expect(outcomeName(pump.programmer.outcome(COMMAND_PRIME, encodePrime(600, true))!)).toBe("accepted");
    // The room stands for 25 h 10 min, and has another 20 min.
    pump.wait(24 * HOUR + 50 * MINUTE);
    expect(pump.field("limiter.allowance")).toBe(600);
    expect(clinician(pump, 200, 600)).toBe("dose_limit");
    pump.wait(3 * HOUR);
    expect(pump.field("limiter.allowance")).toBe(0);
    expect(pump.heard("limit_reached")).toEqual([]);
  });

  test("a long bolus is denied that a faster hour of the schedule meets later than a window's length from now", () => {
    const pattern = [
      { minute: 0, rate: 48_000 },
      { minute: 300, rate: 240_000 },
    ];
    const pump = new Pump({
      mode: "flex",
      rate: 0,
      bolus: null,
      flex: { patterns: [pattern], weekdays: [0, 0, 0, 0, 0, 0, 0] },
      // The fast hours alone need 400 pulses; 100 an hour of the bolus come on top of them.
      limits: [{ pulses: 440, window_min: 60 }],
    });
    pump.programmer.ask(COMMAND_SET_CLOCK, words(366 * 1_440));
    pump.wait(HOUR);
    expect(clinician(pump, 600, 6 * 3_600)).toBe("dose_limit");
    expect(clinician(pump, 100, 3_600)).toBe("accepted");
    pump.wait(DAY);
    expect(pump.heard("limit_reached")).toEqual([]);
  });
});

describe("LIM-2: a look over seven days is answered in pieces", () => {
  const WEEK = [10_080, 10_079, 10_078, 10_077].map((window_min) => ({ pulses: 20_000, window_min }));
  const week = () => new Pump({ rate: 10_000, limits: WEEK }).wait(8 * HOUR + 30 * SECOND);

  /** A reply to the last frame, or to the one before it. */
  function opened(pump: Pump, frame: Frame): Reply | null {
    const channel = pump.programmer.channel();
    const reply = channel.open(frame);
    if (reply) return reply;
    channel.counter--;
    const earlier = channel.open(frame);
    channel.counter++;
    return earlier;
  }

  /** Puts a request on the air, and runs until its answer comes; the ticks and the outcomes of all answers. */
  function asks(pump: Pump, meanwhile: (pump: Pump, tick: number) => void = () => undefined) {
    pump.programmer.open();
    const { link } = pump.machine.board;
    const reader = telemetryReader();
    link.programmingHead = true;
    const start = pump.machine.tick;
    pump.say(COMMAND_CLINICIAN_BOLUS, 100, words(20, 600));
    const answers: { tick: number; sequence: number; outcome: string }[] = [];
    for (let tick = 0; tick < 60; tick++) {
      meanwhile(pump, tick);
      pump.machine.step();
      for (let frame = reader.hear(link); frame; frame = reader.hear(link)) {
        const reply = opened(pump, frame);
        if (reply) {
          const { sequence, payload } = reply;
          answers.push({ tick: pump.machine.tick - start, sequence, outcome: outcomeName(payload[0]) });
        }
      }
    }
    link.programmingHead = false;
    return answers;
  }
  const at = (when: number, kind: number, sequence: number, payload?: Uint8Array) => (pump: Pump, tick: number) => {
    if (tick === when) pump.say(kind, sequence, payload);
  };

  test("within 25 ticks of the question, and the bolus begins then", () => {
    const pump = week();
    const answers = asks(pump);
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ sequence: 100, outcome: "accepted" });
    // The question and the answer are a tick on the air each.
    expect(answers[0].tick).toBeLessThanOrEqual(27);
    expect(answers[0].tick).toBeGreaterThan(10);
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("a denial comes as late, and leaves one event", () => {
    const pump = new Pump({ rate: 10_000, limits: WEEK.map((each) => ({ ...each, pulses: 2_815 })) }).wait(HOUR);
    expect(asks(pump)).toMatchObject([{ sequence: 100, outcome: "dose_limit" }]);
    expect(pump.heard("bolus_denied", { kind: "clinician", reason: "dose_limit" })).toHaveLength(1);
  });

  test("meanwhile another request is busy, a status is answered, and the first gets its own answer", () => {
    const other = week();
    const second = asks(other, at(5, COMMAND_PRIME, 101, encodePrime(8, false)));
    expect(second.map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [101, "busy"],
      [100, "accepted"],
    ]);
    const pump = week();
    const status = asks(pump, at(5, COMMAND_INTERROGATE, 101));
    expect(status.map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [101, "accepted"],
      [100, "accepted"],
    ]);
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("a repeat of the question meanwhile is answered once, and not carried out twice", () => {
    const pump = week();
    const answers = asks(pump, at(5, COMMAND_CLINICIAN_BOLUS, 100, words(20, 600)));
    expect(answers).toMatchObject([{ sequence: 100, outcome: "accepted" }]);
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("a stop cancels it, and both are answered", () => {
    const pump = week();
    const answers = asks(pump, at(5, COMMAND_STOP, 101));
    expect(answers.map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [101, "accepted"],
      [100, "stopped"],
    ]);
    expect(pump.heard("bolus_started")).toEqual([]);
  });

  test.each([
    ["another program", 12_000],
    ["the same program again", 10_000],
  ])("a commit of %s cancels it", (_, rate) => {
    const pump = week();
    const record = encodeProgram({ ...PROGRAM, rate, limits: WEEK });
    for (const piece of stagePieces(record)) pump.programmer.ask(COMMAND_STAGE, piece);
    const answers = asks(pump, at(5, COMMAND_COMMIT, 101, encodeCommit(digestOf(record))));
    expect(answers.map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [101, "accepted"],
      [100, "busy"],
    ]);
    expect(pump.heard("bolus_started")).toEqual([]);
  });

  test("a set clock cancels it, because it changes the schedule that was looked into", () => {
    const pump = week();
    const answers = asks(pump, at(5, COMMAND_SET_CLOCK, 101, words(600_000)));
    expect(answers.at(-1)).toMatchObject({ sequence: 100, outcome: "busy" });
    expect(pump.heard("bolus_started")).toEqual([]);
  });

  test("a critical alarm cancels it", () => {
    const pump = week();
    const answers = asks(pump, (each, tick) => {
      if (tick === 5) each.machine.inject("motor_runaway", 90_000_000);
    });
    expect(answers.at(-1)).toMatchObject({ sequence: 100, outcome: "accepted" });
    const other = week();
    other.machine.inject("guard_dead");
    const alarmed = asks(other, (each, tick) => {
      if (tick === 5) each.machine.firmware.write("reservoir.estimate.value", 1);
      if (tick === 5) each.machine.firmware.write("reservoir.estimate.inverse", ~1);
    });
    expect(alarmed.at(-1)).toMatchObject({ sequence: 100, outcome: "empty" });
    expect(other.heard("bolus_started")).toEqual([]);
  });

  test("a reset cancels it without an answer, and nothing of it is left", () => {
    const pump = week();
    const answers = asks(pump, (each, tick) => {
      if (tick === 5) each.machine.inject("reset");
    });
    expect(answers).toEqual([]);
    pump.wait(MINUTE);
    expect(pump.heard("bolus_started")).toEqual([]);
    expect(clinician(pump, 20, 600)).toBe("accepted");
  });
});
