// The stepper's moves: on by ticks, times and conditions, and back to any moment, with what was done by hand (STP-1).

import { describe, expect, test } from "vitest";
import { CommandError } from "../../emulator/debug/command-error";
import { Stepper } from "../../emulator/debug/stepper";
import { TimeTravel } from "../../emulator/debug/time-travel";
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
  return sessionOf(run, text);
}

/** A session from where the run is. `execute` gives the text. */
function sessionOf(run: ScenarioRun, text: string) {
  const time = new TimeTravel(run, { text });
  const session = new Stepper(time);
  const stepper = {
    execute: async (line: string) => (await session.execute(line)).text,
    line: (line: string) => session.execute(line),
    get prompt() {
      return session.prompt;
    },
  };
  return {
    stepper,
    time,
    text,
    get run() {
      return time.run;
    },
    get machine() {
      return time.run.machine;
    },
  };
}

describe("STP-1: the stepper moves", () => {
  test("by ticks, by a duration, to a time, and to the end", async () => {
    const { stepper } = stepperOf("2 h");
    expect(await stepper.execute("step")).toBe("10 ms (tick 1)");
    expect(await stepper.execute("s 9")).toBe("100 ms (tick 10)");
    expect(await stepper.execute("step 10 s")).toBe("10 s 100 ms (tick 1010)");
    expect(await stepper.execute("continue 1 h")).toBe("1 h (tick 360000)");
    expect(stepper.prompt).toBe("1 h > ");
    expect(await stepper.execute("c")).toBe("2 h (tick 720000), the end of the run");
    expect(await stepper.execute("")).toBe("");
    expect(await stepper.execute("# a remark")).toBe("");
  });

  test("to the moment at which a signal, a symbol under its one name, or an event meets a condition", async () => {
    const session = stepperOf();
    const { stepper } = session;
    expect(await stepper.execute("continue motor.pulses >= 3")).toMatch(/^motor\.pulses >= 3 holds at /);
    expect(session.machine.signal("motor.pulses")).toBe(3);
    expect(await stepper.execute("continue motor.pulsesTotal == 5")).toMatch(/^motor\.pulsesTotal == 5 holds at /);
    expect(session.machine.firmware.read("motor.pulsesTotal")).toBe(5);
    expect(await stepper.execute("continue firmware.motor.pulsesTotal == 6")).toMatch(/holds at /);
    await stepper.execute("inject reset");
    expect(await stepper.execute("continue event reset")).toMatch(/^event reset holds at /);
    expect(await stepper.execute("continue motor.pulses < 3")).toMatch(
      /^motor\.pulses < 3 never held; the end is 1 d /,
    );
  });

  test.each<[string, string]>([
    ["motor.pulses >= 3 and motor.pulses < 5", "continue motor.pulses >= 3"],
    ["motor.pulses >= 3 or motor.pulses > 1 and motor.pulses > 9", "continue motor.pulses >= 3"],
    ["(motor.pulses >= 3 or motor.pulses > 7) and not motor.pulses > 9", "continue motor.pulses >= 3"],
    ["not (motor.pulses < 3)", "continue motor.pulses >= 3"],
    ["changed motor.pulses and motor.pulses == 3", "continue motor.pulses >= 3"],
    ["motor.pulsesTotal > 2 and motor.pulses == motor.pulsesTotal", "continue motor.pulsesTotal > 2"],
  ])("to %s, which is where %s stops (STP-1)", async (condition, plain) => {
    const [one, other] = [stepperOf(), stepperOf()];
    expect(await one.stepper.execute(`continue ${condition}`)).toContain(`${condition} holds at `);
    await other.stepper.execute(plain);
    expect(one.machine.tick).toBe(other.machine.tick);
    expect(one.machine.tick).toBeGreaterThan(0);
  });

  test("to the next event with these fields, and past those with others (STP-1)", async () => {
    const session = stepperOf("2 h");
    const { stepper } = session;
    await stepper.execute("step 1 h");
    await stepper.execute("inject brownout");
    expect(await stepper.execute("continue event reset cause=brownout")).toContain(
      "event reset cause=brownout holds at ",
    );
    await stepper.execute("inject brownout");
    expect(await stepper.execute("continue event reset cause=external")).toContain("never held");
    await stepper.execute("back 30 min");
    await stepper.execute("inject reset");
    expect(await stepper.execute("continue event reset cause=external")).toContain(
      "event reset cause=external holds at ",
    );
    expect(session.run.lastEvents(1)[0]).toMatchObject({ name: "reset", cause: "external" });
  });

  test.each([
    ["continue therapy.rat > 5", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["continue event bolus_begun", "no event is called bolus_begun; the nearest known one is bolus_"],
    ["continue event reset cause=extrenal", "unknown cause of reset `extrenal`: the nearest known one is `external`"],
    ["continue event reset causes=external", "unknown field of reset `causes`: the nearest known one is `cause`"],
    ["continue event stall_recovered by=command", "the event stall_recovered has no fields"],
    ["continue event limit_reached window_min=hour", 'found "hour"'],
    [
      "continue motor.pulses > 3 and event nosuch",
      "no event is called nosuch; the nearest known one is boot (column 28)",
    ],
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
    ["continue motor.pulses > 3 motor.pulses", "found 3 motor.pulses for motor.pulses, expected a number"],
    ["continue event", "expected SYMBOL OP VALUE"],
    [`continue ${"(".repeat(500)}`, "expected at most 50 parentheses in each other"],
    ["continue for ever", 'found "for ever", expected SYMBOL OP VALUE, changed SYMBOL, or event NAME [FIELD=VALUE]...'],
    ["step backwards", "expected a duration"],
    ["step 5 mL", "expected a duration"],
    ["back 1 s", "that is before the start; the run is at 0 s (tick 0)"],
  ])("EMU-3: %s is refused and moves nothing", async (line, sentence) => {
    const session = stepperOf();
    const { stepper } = session;
    await expect(stepper.execute(line)).rejects.toThrow(CommandError);
    await expect(stepper.execute(line)).rejects.toThrow(sentence);
    expect(session.machine.tick).toBe(0);
  });
});

describe("STP-1: going back in time", () => {
  test("gives exactly the machine of that moment, which then goes on as it did before", async () => {
    const session = stepperOf();
    const { stepper } = session;
    await stepper.execute("continue 3 h");
    const there = [session.machine.fingerprint(), session.machine.controllerFingerprint()];
    await stepper.execute("continue 7 h 30 min");
    const later = session.machine.fingerprint();
    expect(await stepper.execute("back 4 h 30 min")).toBe("3 h (tick 1080000)");
    expect([session.machine.fingerprint(), session.machine.controllerFingerprint()]).toEqual(there);
    await stepper.execute("continue 7 h 30 min");
    expect(session.machine.fingerprint()).toBe(later);
  });

  test("undoes an act by hand when it leads to before it, and keeps it otherwise", async () => {
    const session = stepperOf();
    const { stepper } = session;
    await stepper.execute("continue 2 h");
    await stepper.execute("set board.reset.count 77");
    await stepper.execute("inject motor_stall");
    await stepper.execute("step 10");
    await stepper.execute("back 5");
    expect([session.machine.board.reset.count, session.machine.tick]).toEqual([77, 720_005]);
    expect(await stepper.execute("faults")).toMatch(/motor_stall +on /);
    await stepper.execute("back 10");
    expect(session.machine.board.reset.count).not.toBe(77);
    expect(await stepper.execute("faults")).toMatch(/motor_stall +off /);
  });

  test("keeps an act by hand however far the run had gone on since", async () => {
    const { stepper } = stepperOf("30 d");
    // At an odd hour, whose snapshot is among those that are given up.
    await stepper.execute("continue 3 h");
    await stepper.execute("inject motor_slip 20 %");
    await stepper.execute("continue 20 d");
    await stepper.execute("back 476 h 30 min");
    expect(stepper.prompt).toBe("3 h 30 min [branch 1] > ");
    expect(await stepper.execute("faults")).toMatch(/motor_slip +on /);
  });

  test("ends where the stepper began when that was in the middle of a run", async () => {
    const { run, text } = stepperOf();
    run.advance(360_000);
    const session = sessionOf(run, text);
    const { stepper } = session;
    await stepper.execute("step 1 h");
    await expect(stepper.execute("back 1 h 10 ms")).rejects.toThrow(
      "that is before the start; the run is at 2 h (tick 720000)",
    );
    expect(session.machine.tick).toBe(720_000);
    expect(await stepper.execute("back 1 h")).toBe("1 h (tick 360000)");
  });
});
