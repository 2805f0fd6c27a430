// Branches of a session: what a person changes by hand begins one, the recorded past stays, and the export reproduces it (STP-1).

import { describe, expect, test } from "vitest";
import { CommandError } from "../../emulator/debug/command-error";
import { TimeTravel } from "../../emulator/debug/time-travel";
import { parseScenario } from "../../emulator/scenario/load";
import { TICKS_PER_HOUR } from "../../hal/units";
import { minimal } from "../scenario/example";
import { instrumented, runOf } from "./instrumented-here";

const TEXT = minimal("timeline:\n  - { at: 3 h, do: patient_bolus } # the only one\n").replace(
  /duration: .*/,
  "duration: 6 h",
);

function travelOf(text = TEXT): TimeTravel {
  return new TimeTravel(runOf(parseScenario(text, "t.yaml")), { instrumented, text });
}

describe("STP-1: a hand's change begins a branch", () => {
  test("the recorded past stays, and both lines of time can be gone to", async () => {
    const [travel, plain] = [travelOf(), travelOf()];
    await travel.goto(4 * TICKS_PER_HOUR);
    await plain.goto(4 * TICKS_PER_HOUR);
    await travel.goto(2 * TICKS_PER_HOUR);
    const branch = travel.act({ entry: { fault: "motor_stall" } });
    expect(branch).toMatchObject({ id: 1, name: "branch 1", parent: 0, from: 2 * TICKS_PER_HOUR });
    await travel.goto(4 * TICKS_PER_HOUR);
    expect(travel.run.machine.signal("motor.motion")).toBeLessThan(plain.run.machine.signal("motor.motion"));
    const stalled = travel.run.fingerprint;
    expect((await travel.gotoBranch(0)).place.tick).toBe(2 * TICKS_PER_HOUR);
    await travel.goto(4 * TICKS_PER_HOUR);
    expect(travel.run.fingerprint).toBe(plain.run.fingerprint);
    await travel.gotoBranch(1, 3 * TICKS_PER_HOUR);
    await travel.goto(4 * TICKS_PER_HOUR);
    expect(travel.run.fingerprint).toBe(stalled);
    // Before its beginning a branch is as the line that it left.
    await travel.goto(TICKS_PER_HOUR);
    await plain.goto(TICKS_PER_HOUR);
    expect(travel.run.machine.controllerFingerprint()).toBe(plain.run.machine.controllerFingerprint());
    expect(travel.branches.map(({ name }) => name)).toEqual(["main", "branch 1"]);
  });

  test("the export of several deeds is a scenario that gives the same fingerprints (law)", async () => {
    const travel = travelOf();
    await travel.goto(TICKS_PER_HOUR + 1234);
    travel.act({ entry: { do: "clinician_bolus", volume: "5 uL", duration: "10 min" } });
    await travel.tick(500);
    travel.act({ inject: "motor_slip 30 %" });
    await travel.goto(2 * TICKS_PER_HOUR);
    travel.act({ release: "motor_slip" });
    travel.act({ entry: { do: "set", symbol: "board.battery.voltage_mv", value: 2900 } });
    await travel.tick(7);
    travel.act({ entry: { do: "set", symbol: "therapy.patientBolus.startsCount", value: 3 } });
    // These deeds follow each other at the end of what is recorded, so they are one branch.
    expect(travel.branches).toHaveLength(2);
    expect(travel.branch.deeds).toHaveLength(5);
    await travel.goto({ tick: 3 * TICKS_PER_HOUR + 17, statement: 2 });
    await travel.goto(2 * TICKS_PER_HOUR + 1);
    await travel.goto(travel.lastTick);
    const text = travel.exportScenario();
    expect(text).toContain("# the only one");
    expect(text).toContain("{ at: 1 h 12 s 340 ms, do: clinician_bolus, volume: 5 uL, duration: 10 min }");
    const again = runOf(parseScenario(text, "t.yaml"));
    again.advance(again.end_ticks);
    expect(again.fingerprint).toBe(travel.run.fingerprint);
    expect(again.lastEvents(10_000)).toEqual(travel.run.lastEvents(10_000));
    // Before the deeds too, though the snapshot there is of a run without them.
    const [before, early] = [TICKS_PER_HOUR - 7, runOf(parseScenario(text, "t.yaml"))];
    await travel.goto(before);
    early.advance(before);
    expect(travel.run.fingerprint).toBe(early.fingerprint);
    await travel.goto(travel.lastTick);
    expect(again.fingerprint).toBe(travel.run.fingerprint);
    expect(travel.run.report(0).events.map(({ name }) => name)).toContain("bolus_started");
  });

  test("a change in the recorded past of a branch begins another one", async () => {
    const travel = travelOf();
    await travel.goto(TICKS_PER_HOUR);
    travel.act({ entry: { do: "patient_bolus" } });
    await travel.goto(2 * TICKS_PER_HOUR);
    await travel.goto(TICKS_PER_HOUR + 100);
    const other = travel.act({ entry: { do: "stop" } });
    expect(other).toMatchObject({ id: 2, parent: 1, from: TICKS_PER_HOUR + 100 });
    expect(other.deeds).toHaveLength(2);
    await travel.goto(2 * TICKS_PER_HOUR);
    expect(travel.run.lastEvents(5).map(({ name }) => name)).toContain("stopped");
    await travel.gotoBranch(1, 2 * TICKS_PER_HOUR);
    expect(travel.run.lastEvents(5).map(({ name }) => name)).not.toContain("stopped");
  });

  test("who changed a value says that a hand did it, and a mark leads back to its branch", async () => {
    const travel = travelOf();
    await travel.goto(TICKS_PER_HOUR);
    travel.mark("before");
    travel.act({ entry: { do: "set", symbol: "therapy.patientBolus.startsCount", value: 3 } });
    await travel.tick(1);
    travel.mark("after");
    expect(await travel.who("therapy.patientBolus.startsCount")).toMatchObject({ by: "hand", old: 0, now: 3 });
    const differences = await travel.diff(travel.marks.get("before")!, travel.marks.get("after")!);
    expect(differences).toContainEqual({ name: "therapy.patientBolus.startsCount", before: 0, after: 3 });
    await travel.gotoMark("before");
    expect(travel.branch.name).toBe("main");
    await expect(travel.gotoMark("befor")).rejects.toThrow("no mark is called befor; there are before, after");
    await expect(travel.gotoBranch(7)).rejects.toThrow("no branch has the number 7; there are main, branch 1");
  });

  test.each<[object, string]>([
    [{ entry: { do: "set", symbol: "therapy.rat", value: 1 } }, "no symbol is called therapy.rat; the nearest"],
    [{ entry: { do: "set", symbol: "motor.pulses", value: 1 } }, "motor.pulses is a signal"],
    [{ entry: { do: "set", symbol: "therapy.rate", value: 0.5 } }, "therapy.rate: found 0.5, expected a whole number"],
    [{ entry: { fault: "motor_slip", fraction: "300 %" } }, "expected"],
    [{ entry: { do: "patient_bollus" } }, "unknown action"],
    [{ inject: "motor_slip 300 %" }, "usage: motor_slip FRACTION"],
    [{ release: "motor_slip" }, "the fault motor_slip is not on"],
    [{ release: "motor_slap" }, "unknown fault"],
  ])("EMU-3: the deed %j is refused with `%s`, and nothing has changed", async (deed, message) => {
    const travel = travelOf();
    await travel.goto(1000);
    expect(() => travel.act(deed as never)).toThrow(message);
    expect(() => travel.act(deed as never)).toThrow(CommandError);
    expect(travel.branches).toHaveLength(1);
    expect(travel.place.tick).toBe(1000);
    await travel.goto(travel.lastTick);
    expect(() => travel.act({ entry: { do: "stop" } })).toThrow("the run is over: go back");
  });

  test("a file that was edited meanwhile is told", async () => {
    const travel = new TimeTravel(runOf(parseScenario(TEXT, "t.yaml")), {
      text: TEXT.replace("600", "500").replace("3 h", "2 h"),
    });
    await travel.goto(10);
    expect(() => travel.act({ entry: { do: "stop" } })).toThrow(/^t\.yaml was edited since this session began: /);
    const gone = new TimeTravel(runOf(parseScenario(TEXT, "no-such-file.yaml")));
    expect(() => gone.act({ entry: { do: "stop" } })).toThrow("no-such-file.yaml cannot be read any more");
  });
});
