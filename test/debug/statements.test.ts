// Time travel by statements of the firmware, with calls and locals, stops at lines and changes, and who changed a value (STP-3,
// STP-4).

import { describe, expect, test } from "vitest";
import { Inside } from "../../emulator/debug/inside";
import { Instrumented, openInstrumented } from "../../emulator/debug/instrumented";
import { TimeTravel, type Place } from "../../emulator/debug/time-travel";
import { loadScenario, parseScenario } from "../../emulator/scenario/load";
import { CAUSE_PATIENT_BOLUS } from "../../hal/trace";
import { TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import { minimal } from "../scenario/example";
import { instrumented, runOf, travelIn, written } from "./instrumented-here";

/** A tick in which the pump has nothing to do. */
const QUIET = 2 * TICKS_PER_HOUR + 5;

/** The statements of a function. */
function of(name: string): number[] {
  return instrumented.statements.filter((each) => each.function === name).map(({ id }) => id);
}

describe("STP-4: statements", () => {
  test("every statement of a tick is visited forward, and in reverse order back, across its edges", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(2 * TICKS_PER_HOUR + 5);
    const forward: string[] = [];
    for (let i = 0; i < 100; i++) {
      const { place } = await travel.statement("forward", "in");
      forward.push(`${place.tick}.${place.statement} ${travel.where()!.file}:${travel.where()!.line}`);
    }
    expect(new Set(forward.map((each) => each.split(".")[0])).size).toBeGreaterThan(1);
    const back: string[] = [];
    for (let i = 0; i < 99; i++) {
      const { place } = await travel.statement("back", "in");
      back.push(`${place.tick}.${place.statement} ${travel.where()!.file}:${travel.where()!.line}`);
    }
    expect(back).toEqual(forward.slice(0, -1).reverse());
  });

  test("over a call stays in its function both ways, and out leads to the call or to the edge", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(QUIET);
    await travel.statement("forward", "in");
    expect(travel.where()).toMatchObject({ function: "PumpController.tick", file: "firmware/controller.ts" });
    await travel.statement("forward", "in");
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(travel.where()!.line);
      expect(travel.where()!.function).toBe("PumpController.passes");
      await travel.statement("forward", "over");
    }
    const back: number[] = [];
    for (let i = 0; i < 5; i++) {
      await travel.statement("back", "over");
      expect(travel.where()!.function).toBe("PumpController.passes");
      back.push(travel.where()!.line);
    }
    expect(back).toEqual(seen.reverse());
    await travel.statement("back", "out");
    expect(travel.where()!.function).toBe("PumpController.tick");
    expect((await travel.statement("back", "out")).place).toEqual({ tick: QUIET, statement: 0 });
    await travel.statement("forward", "in");
    expect((await travel.statement("forward", "out")).place).toEqual({ tick: QUIET + 1, statement: 0 });
    expect(travel.stack()).toEqual([]);
  });

  test("a stop at a line has the calls, `this` and the locals, and the values as they are at that statement", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(9.5 * TICKS_PER_HOUR);
    const { why, stop, place } = await travel.runTo("back", [{ statements: of("PatientBolus.start") }]);
    expect({ why, stop }).toEqual({ why: "held", stop: 0 });
    const [inner, caller, ...others] = travel.stack();
    expect(inner).toMatchObject({ function: "PatientBolus.start", self: "therapy.patientBolus" });
    expect(caller).toMatchObject({ function: "Therapy.grant", self: "therapy" });
    expect(Object.fromEntries(caller.locals)).toMatchObject({ cause: 2, pulses: 20, ticks: 30000 });
    expect(others.at(-1)).toMatchObject({ function: "PumpController.tick", self: "" });
    // The request came in this tick, and the count of boluses is still that of before.
    const before = travel.run.machine.firmware.read("therapy.patientBolus.startsCount");
    await travel.goto(place.tick + 1);
    expect(travel.run.machine.firmware.read("therapy.patientBolus.startsCount")).toBe((before ?? 0) + 1);
  });

  test("stops at lines are those of a run that executes every tick, forward and back, with a condition on a local", async () => {
    const scenario = loadScenario("scenarios/breakthrough-pain.yaml");
    const from = 9 * TICKS_PER_HOUR - 10;
    const to = from + 2000;
    const statements = of("Motor.pulse").slice(0, 1);
    // Every tick of the span is executed, and its statements are listed.
    const plain = runOf(scenario);
    const inside = new Inside(plain, instrumented);
    plain.advance(from);
    const expected: Place[] = [];
    while (plain.machine.tick < to) {
      const { tick } = plain.machine;
      inside.trail(plain.save()).ids.forEach((id, i) => {
        if (statements.includes(id)) expected.push({ tick, statement: i + 1 });
      });
      plain.advanceUntil(tick + 1, null, false);
    }
    expect(expected.length).toBeGreaterThan(1);
    const travel = new TimeTravel(runOf(scenario), { instrumented });
    const found: Place[] = [];
    await travel.goto(from);
    for (const _ of expected) found.push((await travel.runTo("forward", [{ statements }])).place);
    expect(found).toEqual(expected);
    await travel.goto(to);
    const back: Place[] = [];
    for (const _ of expected) back.push((await travel.runTo("back", [{ statements }])).place);
    expect(back).toEqual(expected.toReversed());
    await travel.goto(from);
    // Of the pulses that are asked for, the first that a bolus asks for.
    const condition = (_: unknown, local: (name: string) => number | undefined) => () =>
      local("cause") === CAUSE_PATIENT_BOLUS;
    const conditional = await travel.runTo("forward", [{ statements: of("Therapy.dispense"), condition }]);
    expect(conditional.why).toBe("held");
    expect(Object.fromEntries(travel.stack()[0].locals)).toMatchObject({ cause: CAUSE_PATIENT_BOLUS });
  });

  test("of several stops the first in time is taken, and it says which", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(8 * TICKS_PER_HOUR);
    const stops = [{ statements: of("PatientBolus.start") }, { symbol: "motor.pulsesTotal" }];
    expect((await travel.runTo("forward", stops)).stop).toBe(1);
    await travel.goto(9 * TICKS_PER_HOUR);
    expect((await travel.runTo("forward", stops)).stop).toBe(0);
    expect((await travel.runTo("forward", [{ statements: of("PatientBolus.start") }])).why).toBe("held");
    const short = new TimeTravel(
      runOf(parseScenario(minimal("").replace(/duration: .*/, "duration: 5 min"), "t.yaml")),
      {
        instrumented,
      },
    );
    const never = [{ statements: instrumented.statementsAt("firmware/fault-orders.ts", 1).map(({ id }) => id) }];
    expect(await short.runTo("forward", never)).toMatchObject({ why: "end", place: { tick: short.lastTick } });
    expect(await short.runTo("back", never)).toMatchObject({ why: "start", place: { tick: 0 } });
  });

  test("a statement that every tick executes is found in the next tick and in the one before", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(2 * TICKS_PER_HOUR + 5);
    const stop = { statements: of("PumpController.passes").slice(0, 1) };
    const first = await travel.runTo("forward", [stop]);
    expect(first.place.tick).toBe(2 * TICKS_PER_HOUR + 5);
    expect((await travel.runTo("forward", [stop])).place.tick).toBe(2 * TICKS_PER_HOUR + 6);
    await travel.runTo("back", [stop]);
    expect((await travel.runTo("back", [stop])).place.tick).toBe(2 * TICKS_PER_HOUR + 4);
  });

  test("a controller without statements moves by ticks, and says so", async () => {
    const travel = new TimeTravel(runOf(parseScenario(minimal(""), "t.yaml")));
    await expect(travel.statement("forward", "in")).rejects.toThrow("this controller has no statements");
    expect((await travel.tick(3)).place.tick).toBe(3);
  });

  test("an edited source is told in a sentence, and a place beyond a tick's statements is refused", async () => {
    expect(instrumented.edited()).toBeNull();
    expect(openInstrumented().statements).toEqual(instrumented.statements);
    const other = { ...written, sources: { ...written.sources, "firmware/limiter.ts": "0".repeat(64) } };
    expect(new Instrumented(JSON.stringify(other)).edited()).toBe(
      "firmware/limiter.ts was edited after this build was made: its lines are those of the build until it is built again",
    );
    const travel = travelIn("breakthrough-pain");
    await expect(travel.goto({ tick: 100, statement: 1_000_000 })).rejects.toThrow(/^tick 100 has \d+ statements$/);
    expect(travel.place).toEqual({ tick: 100, statement: 0 });
  });
});

describe("STP-3: who changed it", () => {
  test("the firmware, by a line and its callers, with the old and the new value", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(9.5 * TICKS_PER_HOUR);
    const began = travel.run.fingerprint;
    const write = (await travel.who("therapy.rate"))!;
    expect(write).toMatchObject({ by: "firmware", old: 0, now: 10000, symbol: "therapy.rate" });
    expect(write.position).toMatchObject({ file: "firmware/basal.ts", function: "Basal.setRate" });
    expect(write.frames.at(1)).toMatchObject({ function: "Therapy.accrue" });
    expect(travel.place).toEqual({ tick: 9.5 * TICKS_PER_HOUR, statement: 0 });
    expect(travel.run.fingerprint).toBe(began);
    await travel.goto(write.place);
    expect(travel.where()).toMatchObject(write.position!);
    expect(travel.run.machine.firmware.read("therapy.rate")).toBe(0);
    expect(await travel.who("therapy.rate")).toBeNull();
  });

  test("a statement that stores the result of a call is the one that stores it, and not the one that returned it", async () => {
    const text = minimal("timeline:\n  - { at: 1 h, fault: ram_flip, field: therapy.basal.asked, bit: 3 }\n");
    const travel = new TimeTravel(runOf(parseScenario(text, "t.yaml")), { instrumented });
    await travel.goto(TICKS_PER_HOUR + 10 * TICKS_PER_MINUTE);
    const { position, now } = (await travel.who("faultRaised"))!;
    expect({ now, function: position!.function }).toEqual({ now: 1, function: "PumpController.endWork" });
  });

  test("a counter that every tick moves was moved in the tick before", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(TICKS_PER_HOUR + 7);
    expect(await travel.who("clock.now")).toMatchObject({
      tick: TICKS_PER_HOUR + 6,
      by: "firmware",
      now: TICKS_PER_HOUR + 7,
    });
  });

  test.each([
    ["breakthrough-pain", 2, "board.motor.pulses", "firmware", null],
    ["breakthrough-pain", 2, "world.delivered_nl", "world", null],
    ["breakthrough-pain", 2, "board.clock.minutes", "board", null],
    ["breakthrough-pain", 9.001, "outside.queueEnd", "people", null],
    ["spine-pain-by-need", 2, "patient.effects.pain", "patient", null],
  ] as const)("in %s after %d h: %s was changed by the %s", async (scenario, hours, symbol, by, fault) => {
    const travel = travelIn(scenario);
    await travel.goto(hours * TICKS_PER_HOUR);
    expect(await travel.who(symbol)).toMatchObject({ by, fault });
  });

  test("a fault and a reset are told as such", async () => {
    const text = minimal(
      "timeline:\n  - { at: 1 h, fault: ram_flip, field: therapy.patientBolus.lastStart, bit: 3 }\n  - { at: 2 h, fault: reset }\n",
    );
    const travel = new TimeTravel(runOf(parseScenario(text, "t.yaml")), { instrumented });
    await travel.goto(TICKS_PER_HOUR + 1);
    expect(await travel.who("therapy.patientBolus.lastStart")).toMatchObject({
      by: "fault",
      fault: "ram_flip",
      tick: TICKS_PER_HOUR,
    });
    await travel.goto(2 * TICKS_PER_HOUR + 1);
    expect(await travel.who("therapy.patientBolus.lastStart")).toMatchObject({ by: "reset", tick: 2 * TICKS_PER_HOUR });
  });

  test("the next and the last write are at the statement that makes them", async () => {
    const travel = travelIn("breakthrough-pain");
    await travel.goto(2 * TICKS_PER_HOUR);
    const one = await travel.write("forward", "motor.pulsesTotal");
    const other = await travel.write("forward", "motor.pulsesTotal");
    expect(other.write!.old).toBe(one.write!.now);
    expect(await travel.write("back", "motor.pulsesTotal")).toMatchObject({ place: one.place, write: one.write });
    expect(travel.where()).toMatchObject({ file: "firmware/motor.ts" });
    await expect(travel.write("back", "motor.pulsesTotl")).rejects.toThrow(
      "the nearest known one is motor.pulsesTotal",
    );
  });
});
