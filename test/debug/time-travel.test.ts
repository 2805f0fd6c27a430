// Time travel: forward and back by ticks, pulses, events and conditions, with snapshots that share what is the same (STP-1,
// STP-2, STP-5). Costs are counted in hops, snapshots and bytes; bench/ has the times.

import { describe, expect, test } from "vitest";
import { conditionOf } from "../../emulator/debug/condition";
import { TimeTravel, type ConditionOn, type Progress } from "../../emulator/debug/time-travel";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario, parseScenario } from "../../emulator/scenario/load";
import { TICKS_PER_DAY, TICKS_PER_HOUR } from "../../hal/units";
import { minimal } from "../scenario/example";

const RATE = "basal: { mode: continuous, rate: 600 uL/day }";

function runOf(duration = "24 h"): ScenarioRun {
  const text = minimal("", RATE).replace(/duration: .*/, `duration: ${duration}`);
  const options = { gear: "leap", controller: referenceController, tracks: false } as const;
  return new ScenarioRun(parseScenario(text, "t.yaml"), options);
}

function painRun(): ScenarioRun {
  const options = { gear: "leap", controller: referenceController, tracks: false } as const;
  return new ScenarioRun(loadScenario("scenarios/breakthrough-pain.yaml"), options);
}

const on =
  (text: string): ConditionOn =>
  (run) =>
    conditionOf(run, text);

describe("STP-1: time travel", () => {
  test("goes to any tick, in both directions, and arrives at the run that never went anywhere", async () => {
    const [travel, plain] = [new TimeTravel(runOf()), runOf()];
    await travel.goto(20 * TICKS_PER_HOUR);
    await travel.goto(5 * TICKS_PER_HOUR + 17);
    expect(await travel.tick(-18)).toMatchObject({
      place: { tick: 5 * TICKS_PER_HOUR - 1, statement: 0 },
      why: "there",
    });
    plain.advance(5 * TICKS_PER_HOUR - 1);
    expect(travel.run.fingerprint).toBe(plain.fingerprint);
    expect(travel.run.save()).toEqual({ ...plain.save(), machine: expect.anything() as never });
    expect(travel.reached).toBe(20 * TICKS_PER_HOUR);
  });

  test("refuses a tick before the start or after the end, and stays where it is", async () => {
    const travel = new TimeTravel(runOf("2 h"));
    await travel.goto(100);
    await expect(travel.goto(-1)).rejects.toThrow("that is before the start");
    await expect(travel.goto(TICKS_PER_DAY)).rejects.toThrow("that is after the end of the run, 2 h");
    expect(travel.place).toEqual({ tick: 100, statement: 0 });
  });

  test("goes to the next and to the last pulse and event", async () => {
    const travel = new TimeTravel(painRun());
    await travel.goto(9.5 * TICKS_PER_HOUR);
    const { machine } = travel.run;
    const pulses = machine.signal("motor.pulses");
    const forward = await travel.pulse("forward");
    expect(machine.signal("motor.pulses")).toBe(pulses + 1);
    expect((await travel.pulse("forward")).why).toBe("held");
    expect(machine.signal("motor.pulses")).toBe(pulses + 2);
    expect((await travel.pulse("back")).place).toEqual(forward.place);
    const denied = await travel.event("back", ({ name }) => name === "bolus_denied");
    expect(travel.run.lastEvents(1)[0]).toMatchObject({ name: "bolus_denied", tick: denied.place.tick - 1 });
    expect((await travel.event("back", ({ name }) => name === "explanted")).why).toBe("start");
    expect(travel.place.tick).toBe(0);
  });

  // The condition of each, and a plain reading of it that is asked after every tick of an hour in lockstep.
  test.each<[string, (run: ScenarioRun) => boolean]>([
    ["motor.pulses >= 20", (run) => run.machine.signal("motor.pulses") >= 20],
    ["limiter.ring.bucketTicks == 77", (run) => run.machine.firmware.read("limiter.ring.bucketTicks") === 77],
    ["motor.pulses == 7 or motor.pulses == 12", (run) => [7, 12].includes(run.machine.signal("motor.pulses"))],
  ])("finds where %s holds and where it began to, as a run in lockstep does", async (text, holds) => {
    const plain = runOf("1 h");
    const began: number[] = [];
    for (let before = false; !plain.over;) {
      plain.advanceUntil(plain.machine.tick + 1, null, false);
      const now = holds(plain);
      if (now && !before) began.push(plain.machine.tick);
      before = now;
    }
    const travel = new TimeTravel(runOf("1 h"));
    expect((await travel.until("forward", on(text))).place.tick).toBe(began[0]);
    await travel.goto(TICKS_PER_HOUR);
    expect((await travel.until("back", on(text))).place.tick).toBe(began.at(-1));
    const before = began.at(-2);
    const again = await travel.until("back", on(text));
    expect(again).toMatchObject({
      place: { tick: before ?? 0, statement: 0 },
      why: before === undefined ? "start" : "held",
    });
  });

  test("a patient's value is found at the minute at which it changes, though the pump does nothing in it", async () => {
    const scenario = loadScenario("scenarios/spine-pain-by-need.yaml");
    const options = { gear: "leap", controller: referenceController, tracks: false } as const;
    const travel = new TimeTravel(new ScenarioRun(scenario, options));
    await travel.goto(TICKS_PER_HOUR + 5);
    const { why, place } = await travel.until("forward", on("changed patient.pain"));
    expect({ why, edge: place.tick % 6000 }).toEqual({ why: "held", edge: 0 });
    expect(place.tick).toBeLessThan(TICKS_PER_HOUR + 5 * 6000);
  });

  test("names what differs between two places, a twin once, and stays where it is", async () => {
    const travel = new TimeTravel(runOf());
    await travel.goto(TICKS_PER_HOUR);
    const one = travel.mark("before");
    await travel.pulse("forward");
    const other = travel.mark("after");
    await travel.goto(3 * TICKS_PER_HOUR);
    const differences = (await travel.diff(one.place, other.place)) ?? [];
    const names = differences.map(({ name }) => name);
    expect(differences.find(({ name }) => name === "board.motor.pulses")).toMatchObject({ before: 99, after: 100 });
    expect(names).toContain("clock.now");
    expect(names.filter((name) => /\.(value|inverse)s?(\[|$)/.test(name))).toEqual([]);
    expect(travel.place.tick).toBe(3 * TICKS_PER_HOUR);
    expect([...travel.marks.keys()]).toEqual(["before", "after"]);
  });
});

describe("STP-2: the way back is short", () => {
  test("a million ticks back execute few ticks, and a day's snapshots take little memory", async () => {
    const travel = new TimeTravel(runOf());
    await travel.goto(TICKS_PER_DAY);
    const { snapshots, bytes } = travel.held;
    expect(snapshots).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(4_000_000);
    let executed = 0;
    const { machine } = travel.run;
    const leapUntil = machine.leapUntil.bind(machine);
    machine.leapUntil = (ticks, stop) => leapUntil(ticks, () => (executed++, stop()));
    await travel.tick(-1_000_000);
    expect(executed).toBeGreaterThan(0);
    expect(executed).toBeLessThanOrEqual(2000);
  });
});

describe("STP-5: a move can be stopped", () => {
  test("a forward one stays where it is, one back returns, and the session goes on", async () => {
    const travel = new TimeTravel(runOf("60 d"));
    const seen: Progress[] = [];
    const stopper = { stopped: false };
    const progress = (at: Progress) => {
      seen.push(at);
      stopper.stopped = seen.length === 3;
    };
    const forward = await travel.goto(60 * TICKS_PER_DAY, { stopper, progress });
    expect(forward.why).toBe("stopped");
    expect(seen.map(({ tick }) => tick)).toEqual([...seen.map(({ tick }) => tick)].sort((a, b) => a - b));
    expect(forward.place.tick).toBe(seen[2].tick);
    stopper.stopped = false;
    const back = await travel.until("back", on("limiter.ring.bucketTicks == 123456"), {
      stopper,
      progress: () => (stopper.stopped = true),
    });
    expect(back).toMatchObject({ place: forward.place, why: "stopped" });
    expect((await travel.pulse("forward")).why).toBe("held");
  });
});
