// The stepper's moves: on by ticks, times and conditions, and back to any moment, with what was done by hand (STP-1).

import { describe, expect, test } from "vitest";
import { CommandError } from "../../emulator/debug/door";
import { Stepper } from "../../emulator/debug/stepper";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { minimal } from "../scenario/example";

function stepperOf(duration = "24 h") {
  const text = minimal("", "basal: { mode: continuous, rate: 600 uL/day }").replace(
    /duration: .*/,
    `duration: ${duration}`,
  );
  const run = new ScenarioRun(parseScenario(text, "t.yaml"), {
    gear: "leap",
    controller: referenceController,
    tracks: false,
  });
  return { stepper: new Stepper(run), run, machine: run.machine };
}

describe("STP-1: the stepper moves", () => {
  test("by ticks, by a duration, to a time, and to the end", () => {
    const { stepper } = stepperOf("2 h");
    expect(stepper.execute("step")).toBe("10 ms (tick 1)");
    expect(stepper.execute("s 9")).toBe("100 ms (tick 10)");
    expect(stepper.execute("step 10 s")).toBe("10 s 100 ms (tick 1010)");
    expect(stepper.execute("continue 1 h")).toBe("1 h (tick 360000)");
    expect(stepper.prompt).toBe("1 h > ");
    expect(stepper.execute("c")).toBe("2 h (tick 720000), the end of the run");
    expect(stepper.execute("")).toBe("");
    expect(stepper.execute("# a remark")).toBe("");
  });

  test("to the moment at which a signal, a symbol under its one name, or an event meets a condition", () => {
    const { stepper, machine } = stepperOf();
    expect(stepper.execute("continue motor.pulses >= 3")).toMatch(/^motor\.pulses >= 3 holds at /);
    expect(machine.signal("motor.pulses")).toBe(3);
    expect(stepper.execute("continue motor.pulsesTotal == 5")).toMatch(/^motor\.pulsesTotal == 5 holds at /);
    expect(machine.firmware.read("motor.pulsesTotal")).toBe(5);
    expect(stepper.execute("continue firmware.motor.pulsesTotal == 6")).toMatch(/holds at /);
    stepper.execute("inject reset");
    expect(stepper.execute("continue event reset")).toMatch(/^event reset holds at /);
    expect(stepper.execute("continue motor.pulses < 3")).toMatch(/^motor\.pulses < 3 never held; the end is 1 d /);
  });

  test.each<[string, string]>([
    ["motor.pulses >= 3 and motor.pulses < 5", "continue motor.pulses >= 3"],
    ["motor.pulses >= 3 or motor.pulses > 1 and motor.pulses > 9", "continue motor.pulses >= 3"],
    ["(motor.pulses >= 3 or motor.pulses > 7) and not motor.pulses > 9", "continue motor.pulses >= 3"],
    ["not (motor.pulses < 3)", "continue motor.pulses >= 3"],
    ["changed motor.pulses and motor.pulses == 3", "continue motor.pulses >= 3"],
    ["motor.pulsesTotal > 2 and motor.pulses == motor.pulsesTotal", "continue motor.pulsesTotal > 2"],
  ])("to %s, which is where %s stops (STP-1)", (condition, plain) => {
    const [one, other] = [stepperOf(), stepperOf()];
    expect(one.stepper.execute(`continue ${condition}`)).toContain(`${condition} holds at `);
    other.stepper.execute(plain);
    expect(one.machine.tick).toBe(other.machine.tick);
    expect(one.machine.tick).toBeGreaterThan(0);
  });

  test("to the next event with these fields, and past those with others (STP-1)", () => {
    const { stepper, run } = stepperOf("2 h");
    stepper.execute("step 1 h");
    stepper.execute("inject brownout");
    expect(stepper.execute("continue event reset cause=brownout")).toContain("event reset cause=brownout holds at ");
    stepper.execute("inject brownout");
    expect(stepper.execute("continue event reset cause=external")).toContain("never held");
    stepper.execute("back 30 min");
    stepper.execute("inject reset");
    expect(stepper.execute("continue event reset cause=external")).toContain("event reset cause=external holds at ");
    expect(run.lastEvents(1)[0]).toMatchObject({ name: "reset", cause: "external" });
  });

  test.each([
    ["continue therapy.rat > 5", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["continue event bolus_begun", "no event is called bolus_begun; the nearest known one is bolus_"],
    ["continue event reset cause=extrenal", "unknown cause of reset `extrenal`: the nearest known one is `external`"],
    ["continue event reset causes=external", "unknown field of reset `causes`: the nearest known one is `cause`"],
    ["continue event stall_recovered by=command", "the event stall_recovered has no fields"],
    ["continue event limit_reached window_min=hour", 'found "hour"'],
    ["continue motor.pulses > 3 and event nosuch", "no event is called nosuch"],
    ["continue not changed therapy.rat", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["continue motor.pulses > motor.pulsesTotl", "no symbol is called motor.pulsesTotl; the nearest known one is"],
    ["continue motor.pulses > 3 and", 'found "motor.pulses > 3 and", expected SYMBOL OP VALUE, changed SYMBOL'],
    ["continue (motor.pulses > 3", 'found "(motor.pulses > 3", expected'],
    ["continue motor.pulses > 3)", "expected SYMBOL OP VALUE"],
    ["continue motor.pulses = 3", "expected SYMBOL OP VALUE"],
    ["continue motor.pulses < 0", "motor.pulses < 0 never holds: motor.pulses is at least 0"],
    ["continue motor.pulses == 2.5", "motor.pulses == 2.5 never holds"],
    ["continue guard.tripped == 2", "guard.tripped == 2 never holds: guard.tripped is 0 to 1"],
    ["continue guard.tripped > 1", "guard.tripped > 1 never holds"],
    ["continue guard.tripped >= 2", "guard.tripped >= 2 never holds"],
    ["continue guard.tripped <= -1", "guard.tripped <= -1 never holds"],
    ["continue motor.pulses > 3 motor.pulses", "expected SYMBOL OP VALUE"],
    ["continue event", "expected SYMBOL OP VALUE"],
    [`continue ${"(".repeat(500)}`, "expected at most 50 parentheses in each other"],
    ["continue for ever", 'found "for ever", expected SYMBOL OP VALUE, changed SYMBOL, or event NAME [FIELD=VALUE]...'],
    ["step backwards", "expected a duration"],
    ["step 5 mL", "expected a duration"],
    ["back 1 s", "that is before the start; the run is at 0 s (tick 0)"],
  ])("EMU-3: %s is refused and moves nothing", (line, sentence) => {
    const { stepper, machine } = stepperOf();
    expect(() => stepper.execute(line)).toThrow(CommandError);
    expect(() => stepper.execute(line)).toThrow(sentence);
    expect(machine.tick).toBe(0);
  });
});

describe("STP-1: going back in time", () => {
  test("gives exactly the machine of that moment, which then goes on as it did before", () => {
    const { stepper, machine } = stepperOf();
    stepper.execute("continue 3 h");
    const there = [machine.fingerprint(), machine.controllerFingerprint()];
    stepper.execute("continue 7 h 30 min");
    const later = machine.fingerprint();
    expect(stepper.execute("back 4 h 30 min")).toBe("3 h (tick 1080000)");
    expect([machine.fingerprint(), machine.controllerFingerprint()]).toEqual(there);
    stepper.execute("continue 7 h 30 min");
    expect(machine.fingerprint()).toBe(later);
  });

  test("undoes an act by hand when it leads to before it, and keeps it otherwise", () => {
    const { stepper, machine } = stepperOf();
    stepper.execute("continue 2 h");
    stepper.execute("set board.reset.count 77");
    stepper.execute("inject motor_stall");
    stepper.execute("step 10");
    stepper.execute("back 5");
    expect([machine.board.reset.count, machine.tick]).toEqual([77, 720_005]);
    expect(stepper.execute("faults")).toMatch(/motor_stall +on /);
    stepper.execute("back 10");
    expect(machine.board.reset.count).not.toBe(77);
    expect(stepper.execute("faults")).toMatch(/motor_stall +off /);
  });

  test("keeps an act by hand however far the run had gone on since", () => {
    const { stepper } = stepperOf("30 d");
    // At an odd hour, whose snapshot is among those that are given up.
    stepper.execute("continue 3 h");
    stepper.execute("inject motor_slip 20 %");
    stepper.execute("continue 20 d");
    stepper.execute("back 476 h 30 min");
    expect(stepper.prompt).toBe("3 h 30 min > ");
    expect(stepper.execute("faults")).toMatch(/motor_slip +on /);
  });

  test("ends where the stepper began when that was in the middle of a run", () => {
    const { run, machine } = stepperOf();
    run.advance(360_000);
    const stepper = new Stepper(run);
    stepper.execute("step 1 h");
    expect(() => stepper.execute("back 1 h 10 ms")).toThrow(
      "that is before the start; the run is at 2 h (tick 720000)",
    );
    expect(machine.tick).toBe(720_000);
    expect(stepper.execute("back 1 h")).toBe("1 h (tick 360000)");
  });
});
