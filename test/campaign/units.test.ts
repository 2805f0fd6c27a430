// Units of a campaign: pure, of cases that are scenarios in the words of a file, which aim at edges; and their merge. Two controllers
// that are wrong by one line show that a failure is found, made small and told.

import { describe, expect, test } from "vitest";
import { textOfCase, ticksIn } from "../../emulator/campaign/case-file";
import { signatureIn, textOfCounterexample } from "../../emulator/campaign/counterexample";
import { Draw } from "../../emulator/campaign/draw";
import { drawFeatures, TimelineDraw, timelineOf } from "../../emulator/campaign/entries";
import { drawFrame } from "../../emulator/campaign/frame";
import { type Ending, merge, shrinkId } from "../../emulator/campaign/merge";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "../../emulator/campaign/profiles";
import { missedOf } from "../../emulator/campaign/promises";
import type { CorpusUnit, SeekResult, SeekUnit, ShrinkResult, UnitResult } from "../../emulator/campaign/unit";
import { workOn } from "../../emulator/campaign/work";
import { Reached } from "../../emulator/campaign/reached";
import { ScenarioRun } from "../../emulator/run/run";
import { type ControllerFactory, referenceController } from "../../emulator/machine/controller-host";
import { parseScenario, scenarioOf } from "../../emulator/scenario/load";
import { formatTicks } from "../../emulator/time";
import { mutant, replace } from "../mutant";
import { DAY } from "../pump";

const RUN = { gear: "leap", controller: referenceController, tracks: false, placebo: false } as const;
const COMMON = { build: "b", controller: "c", property: "all" };
const PLACE = {
  guarded: (_: unknown, piece: () => void) => {
    piece();
    return null;
  },
};

function seekUnit(from: number, count: number, seed = 1): SeekUnit {
  return { ...COMMON, kind: "seek", id: `hours ${from}`, profile: "hours", seed, from, count };
}

function work(unit: SeekUnit, controller: ControllerFactory = referenceController): SeekResult {
  return workOn(unit, controller, PLACE) as SeekResult;
}

/** The timeline of a case, as a unit draws it. */
function drawn(profile: ProfileName, seed: number) {
  const draw = new Draw(seed, "test");
  const frame = drawFrame(draw, PROFILES[profile], ["therapy.rate"]);
  const end = PROFILES[profile].length_ticks[1];
  const planned = new TimelineDraw(draw, frame, drawFeatures(draw), 20, end, []).drawAll();
  return { frame, planned, file: { ...frame.file, duration: formatTicks(end), timeline: timelineOf(planned) } };
}

describe("PRP-3: a case", () => {
  test.each(PROFILE_NAMES)("of the profile %s is a scenario, and the same one from its text", (profile) => {
    for (let seed = 0; seed < 25; seed++) {
      const { file } = drawn(profile, seed);
      const { timeline, ...value } = scenarioOf(file, "case");
      const { timeline: again, ...text } = parseScenario(textOfCase(file), "case");
      expect({ ...text, warnings: [] }).toEqual({ ...value, warnings: [] });
      expect(again.map(({ place: _, ...entry }) => entry)).toEqual(timeline.map(({ place: _, ...entry }) => entry));
    }
  });

  test("aims at the end of a lockout, a day after a bolus, and what is under way", () => {
    const found = { lockout: 0, day: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const { frame, planned } = drawn("hours", seed);
      const asked = planned.filter(({ words }) => words.do === "patient_bolus").map(({ at }) => at);
      const { bolus } = frame.plan;
      const near = (gap: number) =>
        asked.some((one) => asked.some((other) => other > one && Math.abs(other - one - gap) <= 3));
      if (bolus && near(bolus.lockout_min * 6_000)) found.lockout++;
      if (near(8_640_000)) found.day++;
    }
    expect(found.lockout).toBeGreaterThan(20);
    expect(found.day).toBeGreaterThan(5);
  });
});

describe("PRP-4: a unit", () => {
  const first = work(seekUnit(0, 4));

  test("gives the same result whenever it is carried out, times aside", () => {
    expect({ ...work(seekUnit(0, 4)), core_ms: 0 }).toEqual({ ...first, core_ms: 0 });
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(first).toMatchObject({ cases: 4, refused: 0, served: 4, failures: [] });
  });

  test("is merged with others to the same report in any order", () => {
    const head = { version: "v", build: "b", controller: { name: "reference", hash: "reference" }, seed: 1 };
    const ending: Ending = { host_s: 1, interrupted: false, controllerPath: null, losses: [], flaws: [] };
    const results = [first, work(seekUnit(4, 3))].map((one): [string, UnitResult] => [one.unit, one]);
    const whole = { ...head, machine: "module", profile: "hours", property: "all" } as const;
    const report = merge(whole, new Map(results), ending);
    expect(merge(whole, new Map([...results].reverse()), ending)).toEqual(report);
    expect(report).toMatchObject({ cases: 7, verdict: "pass", missed: null });
    expect(merge(whole, new Map(), ending)).toMatchObject({ verdict: "invalid", reason: "no case was carried out" });
  });
});

describe("PRP-6: a profile's promise", () => {
  const all = { "action stop in flex: accepted": 3, "mode flex": 2, "alarm motor_stall in flex": 1 };

  test("names the classes that were not reached", () => {
    const { missed } = missedOf(all);
    expect(missed).toContain("action start");
    expect(missed).toContain("mode bridge");
    expect(missed).not.toContain("mode flex");
  });

  test("names no action and no fault that its cases never have", () => {
    const had = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const { timeline } = scenarioOf(drawn("hours", seed).file, "case");
      for (const entry of timeline) had.add("fault" in entry ? entry.fault.fault : entry.action.do);
    }
    const promised = missedOf({}).missed.map((name) => /^(?:action|fault) (\S+)/.exec(name)?.[1] ?? "");
    expect(promised.length).toBeGreaterThan(30);
    expect(promised.filter((name) => name !== "" && !had.has(name))).toEqual([]);
  });

  test("does not judge what the controller shows nothing of", () => {
    expect(missedOf(all).notJudged).toEqual(["denied", "record", "event"]);
  });

  test("counts the records that were written, once each from a snapshot on, and not those that a restart loads", () => {
    const file = { duration: "3 h", drugs: [{ name: "saline", concentration: "10 mg/mL" }] };
    const basal = { mode: "continuous", rate: "100 uL/day" };
    const timeline = [{ at: "1 h", fault: "reset" }];
    const open = (words: readonly object[]) =>
      new ScenarioRun(scenarioOf({ ...file, prescription: { basal }, timeline: words }, "case"), RUN);
    const written = (reached: Reached) => [...reached.soFar()].filter((each) => each.startsWith("record "));
    const run = open([]);
    const reached = new Reached(run);
    run.advance(run.end_ticks / 3);
    const before = written(reached);
    expect(before).toContain("record program in not_programmed");
    expect(before).not.toContain("record program in continuous");
    const [saved, savedReached] = [run.save(), reached.save()];
    const again = open(timeline);
    const onwards = new Reached(again);
    again.restore(saved);
    onwards.restore({ ...savedReached, classes: [] });
    expect(written(onwards)).toEqual([]);
    again.advance(again.end_ticks);
    expect(written(onwards)).toContain("record ledger in continuous");
    expect(written(onwards).filter((each) => each.startsWith("record program"))).toEqual([]);
  });
});

/** Each wrong by one line: the law that finds it. */
const WRONG: Record<string, ControllerFactory> = {
  "invariant PTB-1": mutant("a lockout is two ticks too short", ({ therapy: { patientBolus } }) => {
    const isLocked = patientBolus.isLockedOut.bind(patientBolus);
    replace(patientBolus, "isLockedOut", () => {
      const { clock } = patientBolus;
      const now = clock.now.get();
      clock.now.set(now + 2);
      const locked = isLocked();
      clock.now.set(now);
      return locked;
    });
  }),
  "invariant LIM-1": mutant("the limiter never says no", ({ limiter }) => {
    replace(limiter, "allows", () => true);
  }),
};

describe("PRP-5: a controller that is wrong by one line is found, and its case made small", () => {
  test.each(Object.entries(WRONG))("%s", (signature, controller) => {
    let found = null;
    for (let from = 0; from < 480 && !found; from += 16) {
      const unit = { ...seekUnit(from, 16, 2), property: signature.split(" ")[1] };
      found = work(unit, controller).failures.find((each) => each.signature === signature) ?? null;
    }
    expect(found).not.toBeNull();
    const unit = {
      ...COMMON,
      kind: "shrink",
      id: shrinkId(found!),
      signature,
      file: found!.file,
      tries: 120,
    } as const;
    const small = workOn(unit, controller, PLACE) as ShrinkResult;
    expect(small.repeats).toBe(true);
    expect(small.tries).toBeLessThanOrEqual(122);
    expect(small.file.timeline!.length).toBeLessThanOrEqual(5);
    expect(ticksIn(small.file.duration)).toBeLessThanOrEqual(ticksIn(found!.file.duration));
    // From its file alone it fails with the controller, and holds with the reference.
    const origin = {
      version: "v",
      build: "b",
      controller: { name: "m", hash: "h" },
      seed: 1,
      profile: "hours",
      case: 0,
    };
    const text = textOfCounterexample(small.file, small.failure!, origin);
    expect(signatureIn(text)).toBe(signature);
    const known: CorpusUnit = { ...COMMON, kind: "corpus", id: "x", file: "x.yaml", text };
    expect(workOn(known, controller, PLACE)).toMatchObject({ failures: [{ signature }] });
    expect(workOn(known, referenceController, PLACE)).toMatchObject({ failures: [], untold: null });
  });
});

describe("EMU-8: a harm that no alarm can name in time", () => {
  const text = (fault: string) => `
duration: 50 h
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
timeline: [${fault}]
`;
  const ran = (yaml: string, controller = referenceController) =>
    workOn({ ...COMMON, kind: "corpus", id: "x", file: "x.yaml", text: yaml }, controller, PLACE);
  const judged = (fault: string, controller = referenceController) => ran(text(fault), controller);
  const deaf = mutant("no stall is ever told", ({ alarms }) => {
    const engine = alarms as unknown as { raise(alarm: number): void };
    const raise = engine.raise.bind(alarms);
    replace(engine, "raise", (alarm: number) => (alarm === 3 ? undefined : raise(alarm)));
  });

  test("is excused by the hazard of its fault, and counted", () => {
    expect(judged("{ at: 1 h, fault: catheter_occlusion }")).toMatchObject({ failures: [], excused: { "H-1": 1 } });
    const needle = "{ at: 30 h, do: port_aspiration, volume: 100 uL }";
    expect(judged(needle)).toMatchObject({ failures: [], excused: { "H-11": 1 } });
  });

  test("fails a controller that raises no alarm for another cause", () => {
    const stall = "{ at: 1 h, fault: motor_stall, for: 20 h }";
    expect(judged(stall)).toMatchObject({ failures: [] });
    expect(judged(stall, deaf)).toMatchObject({ failures: [{ signature: "harm underdose" }] });
  });

  test("is not told before its time is over: a stall before rare doses, a few minutes into one", () => {
    const rare = (duration: string) => `
duration: ${duration}
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { basal: { mode: periodic, volume: 1.8 uL, duration: 7 s, every: 1000 min } }
timeline: [{ at: 23 h, fault: mri_field }]
`;
    expect(ran(rare("34 h"))).toMatchObject({ failures: [], untold: expect.stringContaining("2 d 9 h 23 min") });
    expect(ran(rare("58 h"))).toMatchObject({ failures: [], untold: null });
    expect(ran(rare("34 h"), deaf)).toMatchObject({ failures: [], untold: expect.any(String) });
    expect(ran(rare("58 h"), deaf)).toMatchObject({ failures: [{ signature: "harm underdose" }] });
  });

  test("is waited for in cases that are shorter than its time", () => {
    let found = null;
    // The first six units of this seed find none.
    for (let from = 96; from < 640 && !found; from += 16) {
      found = work({ ...seekUnit(from, 16, 4), property: "underdose" }, deaf).failures.at(0) ?? null;
    }
    expect(found).toMatchObject({ signature: "harm underdose" });
    expect(ticksIn(found!.file.duration)).toBeGreaterThan(found!.at_s! * 100 + DAY);
  });
});
