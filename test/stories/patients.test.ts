// People at the other end of the catheter (PAT-5, PAT-6, TRI-2): what their stories say beyond the expectations of the files, which
// test/stories/scenarios.test.ts runs. Each test changes one thing of a story and sees that it matters.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { textOf } from "../../emulator/cli/report-text";
import type { RunReport } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { BUILDS } from "../laws/both-builds";

const story = (name: string) => readFileSync(join(import.meta.dirname, "../../scenarios", `${name}.yaml`), "utf8");
/** The story without its expectations, so that it can be made shorter. */
const bare = (name: string) => story(name).replace(/expect:[^]*$/, "");

interface Options {
  gear?: "leap" | "lockstep";
  seed?: number;
  placebo?: boolean;
}

/** The reference controller in the build that users have: people and patients are the same code in both, and it is faster. */
const controller = BUILDS[1];

function ran(text: string, { gear = "leap", seed, placebo = false }: Options = {}): RunReport {
  const options = {
    gear,
    controller,
    tracks: false,
    placebo,
    ...(seed === undefined ? {} : { seed }),
  };
  const run = new ScenarioRun(parseScenario(text, "story.yaml"), options);
  run.advance(run.end_ticks);
  return run.report(0);
}

const named = (report: RunReport, name: string) => report.events.filter((event) => event.name === name);
const plain = (_: string, text: string) => text;

describe("TRI-2: the report of a trial", () => {
  test("says rule, scores, verdict, and how many would have passed with a placebo", () => {
    const report = ran(story("single-shot-cancer"), { placebo: true });
    const { trial } = report.patient!;
    expect(trial).toMatchObject({
      kind: "single_shot",
      score: "pain",
      rule: "the mean pain report falls by 50 % or more",
      passed: true,
    });
    expect(trial!.mean!).toBeLessThanOrEqual(trial!.baseline! / 2);
    const { people, passed } = trial!.placebo!;
    expect(people).toBe(100);
    // A placebo is no drug, and reports of a diary scatter: some pass, and most do not.
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThan(40);
    const [event] = named(report, "trial_passed");
    expect([event["baseline"], event["score"]].map((each) => Number(each).toFixed(1))).toEqual(
      [trial!.baseline!, trial!.mean!].map((each) => each.toFixed(1)),
    );
    expect(textOf(report, plain)).toContain(`passed; ${passed} of 100 would have passed with a placebo`);
  });

  test("is decided by the mean of the three entries after the best injection", () => {
    const text = story("injections-crps");
    const first = ran(text).patient!.trial!;
    const less = ran(text.replace("dose: 0.3 mg", "dose: 0.01 mg")).patient!.trial!;
    expect(less.mean!).toBeGreaterThan(first.mean!);
    expect(less.baseline).toBe(first.baseline);
  });

  test("has a stricter rule where the file wants one", () => {
    const text = story("single-shot-cancer")
      .replace("rule: 50 %", "rule: 90 %")
      .replace("trial_passed", "trial_failed");
    const report = ran(text);
    expect([report.verdict, report.patient!.trial!.passed]).toEqual(["pass", false]);
    expect(report.patient!.trial!.rule).toContain("90 %");
  });

  test("of spasticity measures the Ashworth score, of which a placebo takes nothing", () => {
    const { trial } = ran(story("cp-spasticity-screening"), { placebo: true }).patient!;
    expect(trial).toMatchObject({ score: "ashworth", rule: "the mean Ashworth score falls by 1 point or more" });
    expect(trial!.placebo).toEqual({ people: 100, passed: 0 });
  });

  test("that is not over has no verdict", () => {
    const run = new ScenarioRun(parseScenario(story("failed-trial"), "story.yaml"), {
      gear: "leap",
      controller,
      tracks: false,
      until_ticks: 3 * 8_640_000,
    });
    run.advance(run.end_ticks);
    expect(run.report(0).patient!.trial).toMatchObject({ baseline: null, mean: null, passed: null });
  });

  test("that ends with the run has a verdict and its event, as one that ends before it", () => {
    const text = story("single-shot-cancer").replace(/^expect:[^]*/m, "");
    const { trial } = parseScenario(text, "story.yaml");
    const end = trial!.baseline_ticks + trial!.for_ticks;
    const whole = ran(text);
    const run = new ScenarioRun(
      parseScenario(text.replace(/^duration: .*$/m, `duration: ${end / 6000} min`), "s.yaml"),
      {
        gear: "leap",
        controller,
        tracks: false,
        placebo: false,
      },
    );
    run.advance(run.end_ticks);
    run.advance(run.end_ticks);
    const report = run.report(0);
    expect(report.ended.tick).toBe(end);
    expect(report.patient!.trial).toEqual({ ...whole.patient!.trial, placebo: null });
    expect(named(report, "trial_passed")).toEqual(named(whole, "trial_passed"));
  });

  test("that fails leaves no implant, and no order of the timeline reaches a pump any more", () => {
    const report = ran(story("failed-trial"));
    expect(named(report, "converted")).toEqual([]);
    const stop = named(report, "stopped")[0].tick;
    expect(
      report.events.filter(({ tick, name }) => tick > stop && /session_opened|program|refill|paired/.test(name)),
    ).toEqual([]);
  });

  test("that a better drug passes ends with the implant of the same file", () => {
    const text = story("failed-trial")
      .replace("bupivacaine, concentration: 1 mg/mL", "morphine, concentration: 1 mg/mL")
      .replace("dose: 0.1 mg/day", "dose: 1 mg/day");
    const report = ran(text);
    expect(named(report, "trial_passed")).toHaveLength(1);
    expect(named(report, "converted").map((event) => event["capacity_nl"])).toEqual([20_000_000]);
    expect(named(report, "program_accepted")).toHaveLength(2);
  });
});

describe("PAT-6: life with the pump", () => {
  const report = ran(story("trial-to-implant"));

  test("is told against the baseline, by months and by the last week", () => {
    const { baseline, last_week: week, change, months } = report.patient!;
    expect(week!.pain_report).toBeLessThan(baseline.pain_report!);
    expect(change!.pain_report).toBeCloseTo(
      (100 * (week!.pain_report - baseline.pain_report!)) / baseline.pain_report!,
      1,
    );
    expect(week!.activity).toBeGreaterThan(baseline.activity!);
    expect(week!.oral_mme).toBeLessThan(baseline.oral_mme! / 2);
    expect(months.map(({ from_s }) => from_s)).toEqual([0, 30 * 86_400, 60 * 86_400]);
    expect(months[2].pain).toBeLessThan(months[0].pain);
    expect(report.patient!.harms).toEqual([]);
  });

  test("shows each oral dose as an event with its drug and its milligrams", () => {
    const doses = named(report, "oral_taken");
    expect(doses.length).toBeGreaterThan(100);
    expect(new Set(doses.map((event) => event["drug"]))).toEqual(new Set(["morphine"]));
    expect(doses.every((event) => Number(event["dose"]) > 0 && Number(event["dose"]) <= 40)).toBe(true);
  });

  test("begins with a new pump: other pairings, a full reservoir, no alarm of the old one", () => {
    const [converted] = named(report, "converted");
    const after = report.events.filter(({ tick }) => tick >= converted.tick && tick < converted.tick + 100);
    expect(after.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["boot", "paired", "clock_set", "life_changed", "refilled"]),
    );
    expect(after.find(({ name }) => name === "refilled")).toMatchObject({ volume_nl: 18_000_000, aspirated_nl: 0 });
    expect(report.alarms.filter(({ cleared_s }) => cleared_s === null)).toEqual([]);
  });

  test("hurts more for some days after the operation", () => {
    const pains = (text: string) => {
      const run = new ScenarioRun(parseScenario(text, "story.yaml"), {
        gear: "leap",
        controller,
        tracks: false,
      });
      const at = (day: number) => {
        run.advance(day * 8_640_000);
        return run.machine.signal("patient.pain");
      };
      return [at(9), at(10), at(40)];
    };
    const [before, after, later] = pains(story("trial-to-implant"));
    expect(after).toBeGreaterThan(before + 0.5);
    expect(later).toBeLessThan(after);
  });

  test("the clinician raises the dose by steps of 20 % and never beyond the most", () => {
    const [converted] = named(report, "converted");
    const rates = named(report, "program_accepted")
      .filter(({ tick }) => tick > converted.tick)
      .map((event) => Number(event["rate_ul_per_day"]));
    expect(rates.length).toBeGreaterThan(1);
    for (let i = 1; i < rates.length; i++) {
      const ratio = rates[i] / rates[i - 1];
      expect(Math.abs(ratio - 1.2) < 0.001 || rates[i] === 200).toBe(true);
    }
    expect(Math.max(...rates)).toBeLessThanOrEqual(200);
  });
});

describe("PAT-6: a clinician who titrates", () => {
  // An aim that 100 ug/day do not reach.
  const text = bare("ms-spasticity")
    .replace("duration: 40 d", "duration: 16 d")
    .replace("ashworth: 2 }", "ashworth: 1.3 }");

  test("stops at the aim: a nearer one takes fewer steps", () => {
    const steps = (aim: string) =>
      named(ran(text.replace("ashworth: 1.3 }", `ashworth: ${aim} }`)), "program_accepted").length;
    expect(steps("5")).toBe(1);
    expect(steps("3.2")).toBeLessThan(steps("1.3"));
  });

  test("asks again at the next visit when the pump refuses, and the old program stays in force", () => {
    // A window that the first step up would reach.
    const tight = text.replace("dose: 100 ug/day }", "dose: 100 ug/day }\n  limits: [{ dose: 105 ug, window: 24 h }]");
    const report = ran(tight);
    expect(named(report, "program_accepted")).toHaveLength(1);
    const refused = named(report, "program_refused");
    expect(refused.length).toBeGreaterThan(2);
    expect(new Set(refused.map((event) => event["reason"]))).toEqual(new Set(["tight_limits"]));
    expect(new Set(named(report, "basal_rate").map((event) => event["ul_per_day"]))).toEqual(new Set([200]));
  });

  test("whom the pump does not answer makes the run invalid", () => {
    const deaf =
      text.replace("duration: 16 d", "duration: 5 d") + "timeline: [{ at: 2 d, fault: link, drop: 100 %, for: 2 d }]\n";
    const report = ran(deaf);
    expect([report.verdict, report.reason]).toEqual(["invalid", "the pump never answered a visit of the clinician"]);
  });

  test("lowers the dose of somebody who breathes too little", () => {
    const sleepy = `duration: 20 d
start: 2026-03-02T08:00
patient: { indication: failed_back_surgery, weight: 70 kg, conditions: [sleep_apnoea] }
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, dose: 6 mg/day } }
clinician: { titrate: { every: 2 d, aim: { pain: 3 }, step: 25 %, most: 8 mg/day } }`;
    const rates = named(ran(sleepy), "program_accepted").map((event) => Number(event["rate_ul_per_day"]));
    expect(rates.length).toBeGreaterThan(1);
    expect(rates[1]).toBeCloseTo(rates[0] / 1.25, 1);
  });

  test("lowers the dose of somebody who has relief and itches, and the report counts the steps", () => {
    const itchy = `duration: 9 d
start: 2026-03-02T08:00
patient: { indication: failed_back_surgery, weight: 70 kg }
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, dose: 3 mg/day } }
clinician: { titrate: { every: 2 d, aim: { pain: 5 }, step: 25 %, most: 8 mg/day } }`;
    const report = ran(itchy);
    const rates = named(report, "program_accepted").map((event) => Number(event["rate_ul_per_day"]));
    expect(report.patient!.last_week!.pain_report).toBeLessThan(5);
    expect(rates[1]).toBeCloseTo(rates[0] / 1.25, 1);
    const visits = report.patient!.visits!;
    expect(visits).toMatchObject({ held: 4, raised: 0, refused: 0 });
    expect(visits.lowered).toBe(rates.length - 1);
    expect(textOf(report, (_, text) => text)).toContain("Visits of the clinician: 4; steps up 0");
  });

  test("is told in the report when the pump refuses the steps", () => {
    const tight = text.replace("dose: 100 ug/day }", "dose: 100 ug/day }\n  limits: [{ dose: 105 ug, window: 24 h }]");
    const { held, raised, refused } = ran(tight).patient!.visits!;
    expect([raised, refused > 2, held >= refused]).toEqual([0, true, true]);
  });

  test("visits nobody whose pump was taken out, and comes again to the next one", () => {
    const out = `${text.replace("duration: 16 d", "duration: 12 d")}timeline: [{ at: 4 d, do: explant }]\n`;
    const report = ran(out);
    expect(named(report, "command_refused")).toEqual([]);
    expect(report.patient!.visits!.held).toBe(1);
  });
});

describe("TRI-2: the pump of the trial", () => {
  test("is taken away also when it is dead, and the implant takes its place", () => {
    const dead = bare("trial-to-implant")
      .replace("duration: 90 d", "duration: 12 d")
      .replace(/timeline:\n/, "timeline:\n  - { at: 9 d 2 h, fault: link, drop: 100 %, for: 11 h }\n")
      .replace(/ {2}- \{ at: 55 d 3 h.*\n/, "");
    const report = ran(dead);
    expect(named(report, "converted")).toHaveLength(1);
    expect(named(report, "stopped")).toEqual([]);
  });
});

describe("PAT-6: a pump that does not answer", () => {
  /** A pump that has given for months and that nobody hears any more is taken out on the first day. */
  const taken = (more = "") => `
name: A pump that nobody hears
start: 2026-03-02T08:00
duration: 3 d
pump: { fill: 18 mL }
patient: { indication: failed_back_surgery, weight: 72 kg, established: true }
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription:
  basal: { mode: continuous, dose: 2 mg/day }
timeline:
  - { at: 11 h, fault: link, drop: 100 % }
  - { at: 12 h, do: explant }
${more}
expect:
  - { harm: { name: withdrawal, reported: false } }
`;

  test.each(["leap", "lockstep"] as const)(
    "is taken out all the same, and gives the patient nothing more (%s)",
    (gear) => {
      const scenario = parseScenario(taken(), "taken.yaml");
      const run = new ScenarioRun(scenario, { gear, controller, tracks: false, placebo: false });
      run.advance(run.end_ticks);
      const report = run.report(0);
      const [out, ...others] = named(report, "taken_out");
      expect([others.length, named(report, "life_changed").map(({ to }) => to)]).toEqual([
        0,
        ["implanted", "in_service"],
      ]);
      expect(out.time_s).toBeGreaterThan(12 * 3600);
      expect(out.time_s).toBeLessThan(13 * 3600);
      // The pump itself goes on, on a table; the patient's morphine falls by its half-lives.
      const { world, patient } = run.machine;
      expect(world.delivered_nl).toBeGreaterThan(200 * 2.9 * 1000);
      const entered = patient!.fluid.entered_ng[0];
      expect(patient!.fluid.cleared_ng(0) / entered).toBeGreaterThan(0.5);
      expect(patient!.effects.wound).toBeGreaterThan(0.5);
      // Nothing is owed to nobody, and the operation that was ordered took place. The patient misses the drug.
      expect(report.verdict).toBe("pass");
      expect(report.harms.map(({ name }) => name)).toEqual(["withdrawal"]);
    },
  );

  test("is visited no more", () => {
    const report = ran(taken("clinician: { titrate: { every: 1 d, aim: { pain: 3 }, step: 20 %, most: 2.5 mg/day } }"));
    expect([named(report, "taken_out").length, report.patient!.visits!.held]).toEqual([1, 0]);
  });

  test("and whose trial failed gives the patient nothing more either", () => {
    const dead = bare("failed-trial").replace(
      /timeline:\n/,
      "timeline:\n  - { at: 7 d 23 h, fault: link, drop: 100 % }\n",
    );
    const scenario = parseScenario(dead, "dead.yaml");
    const run = new ScenarioRun(scenario, {
      ...{ gear: "leap", controller, tracks: false, placebo: false },
    });
    run.advance(run.end_ticks);
    const stops = named(run.report(0), "stopped").filter((event) => event["by"] === "command");
    expect(stops).toEqual([]);
    expect(run.machine.patient!.attached).toBe(false);
  });
});

describe("PAT-4: a sampled patient", () => {
  test("has an untreated pain of its own, from which the report counts", () => {
    const text = bare("spine-pain-by-need")
      .replace("duration: 30 d", "duration: 1 d")
      .replace("68 kg", "68 kg, draw: sampled");
    const pains = [1, 2, 3].map((seed) => ran(text, { seed }).patient!.baseline.pain);
    expect(new Set(pains).size).toBe(3);
    for (const pain of pains) expect(pain !== null && pain > 0 && pain < 10).toBe(true);
    const typical = bare("spine-pain-by-need").replace("duration: 30 d", "duration: 1 d");
    expect(ran(typical).patient!.baseline.pain).toBe(9);
  });
});

describe("TRI-2: a lumbar puncture", () => {
  test("of a larger volume spreads the same dose further at once", () => {
    const text = (volume: string) =>
      bare("single-shot-cancer")
        .replace("duration: 4 d", "duration: 50 h 10 min")
        .replace("baseline: 2 d, rule", "baseline: 2 d, for: 2 h 5 min, rule")
        .replace("dose: 2 mg }", `dose: 2 mg${volume} }`);
    const tip = (volume: string): number => {
      const run = new ScenarioRun(parseScenario(text(volume), "story.yaml"), {
        ...{ gear: "leap", controller, tracks: false, placebo: false },
      } as const);
      run.advance(run.end_ticks);
      return run.machine.signal("patient.csf_tip_ngPerMl");
    };
    const [usual, small, large] = ["", ", volume: 0.2 mL", ", volume: 8 mL"].map(tip);
    expect(usual).toBe(tip(", volume: 2 mL"));
    expect(small).toBeGreaterThan(usual);
    expect(large).toBeLessThan(usual);
  });
});

describe("PAT-3: a patient who asks by need", () => {
  test("presses less often when the basal helps", () => {
    const text = bare("spine-pain-by-need").replace("duration: 30 d", "duration: 10 d");
    const requests = (report: RunReport) =>
      named(report, "bolus_started").length + named(report, "bolus_denied").length;
    const little = ran(text);
    const more = ran(text.replace("dose: 0.1 mg/day", "dose: 1 mg/day"));
    expect(requests(little)).toBeGreaterThan(20);
    expect(requests(more)).toBeLessThan(requests(little) / 2);
  });

  test("does not press at all without the habit", () => {
    const text = bare("spine-pain-by-need").replace("duration: 30 d", "duration: 5 d").replace(", asks: by_need", "");
    const report = ran(text);
    expect([...named(report, "bolus_started"), ...named(report, "bolus_denied")]).toEqual([]);
  });
});

describe("EMU-8: harms have a body", () => {
  test("a wrong drug at a refill is a silent harm, and fails a run that does not expect it", () => {
    const text = story("wrong-drug-at-refill").replace(/ {2}- \{ harm: .*\n/g, "");
    const report = ran(text);
    expect(report.verdict).toBe("fail");
    expect(report.reason).toContain("respiratory_depression");
    expect(report.patient!.harms.map(({ name }) => name)).toContain("respiratory_depression");
  });

  test("the same refill with the right drug harms nobody", () => {
    const text = story("wrong-drug-at-refill")
      .replace(/ {2}- \{ harm: .*\n/g, "")
      .replace(/ {2}- \{ dose: .*\n/, "")
      .replace("hydromorphone, concentration: 30", "morphine, concentration: 10");
    const harms = ran(text).harms.map(({ name }) => name);
    expect(harms).not.toContain("respiratory_depression");
  });

  test("somebody who is new to the pump has no withdrawal when it runs dry", () => {
    const text = story("baclofen-runs-empty");
    const established = ran(text).harms.map(({ name }) => name);
    const fresh = ran(text.replace(", established: true", "")).harms.map(({ name }) => name);
    expect(established).toContain("withdrawal");
    expect(established).toContain("underdose");
    // Three days of baclofen make some dependence, and less of it.
    const [late, early] = [fresh, established].map((names) => names.indexOf("withdrawal"));
    expect(late === -1 || early !== -1).toBe(true);
  });
});

describe("EMU-1: with a patient, a trial, an implant and visits", () => {
  const short = bare("trial-to-implant")
    .replace("duration: 90 d", "duration: 3 d")
    .replace("baseline: 3 d, for: 6 d", "baseline: 1 d, for: 1 d")
    .replace("every: 7 d", "every: 1 d")
    .replace("at: 9 d 12 h", "at: 2 d 12 h")
    .replace("at: 9 d 13 h", "at: 2 d 13 h")
    .replace(/ {2}- \{ at: 55 d 3 h.*\n/, "");

  test("both gears give the same run", () => {
    const leap = ran(short);
    const lockstep = ran(short, { gear: "lockstep" });
    expect(named(leap, "converted")).toHaveLength(1);
    expect(lockstep.fingerprint).toBe(leap.fingerprint);
    expect(lockstep.events).toEqual(leap.events);
    expect(lockstep.patient).toEqual(leap.patient);
  });

  test("a run that is resumed in the middle ends as one that was never saved", () => {
    const open = () =>
      new ScenarioRun(parseScenario(short, "story.yaml"), {
        gear: "leap",
        controller,
        tracks: false,
        placebo: false,
      });
    const whole = open();
    whole.advance(whole.end_ticks);
    for (const day of [0.5, 1.5, 2.51, 3.3]) {
      const first = open();
      first.advance(day * 8_640_000);
      const second = open();
      second.restore(first.save());
      second.advance(second.end_ticks);
      const [one, other] = [whole.report(0), second.report(0)];
      expect([day, other.fingerprint, other.patient]).toEqual([day, one.fingerprint, one.patient]);
    }
  });
});
