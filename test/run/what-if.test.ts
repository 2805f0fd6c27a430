// A what-if from a checkpoint: a run goes on from a snapshot with another scenario, as long as nothing before the snapshot is
// another. It then ends as the run of that scenario from its start does.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { resumeFrom, textOfSavedRun } from "../../emulator/run/saved-run";
import { parseScenario } from "../../emulator/scenario/load";
import { cisternHere } from "../program";

const folder = mkdtempSync(join(tmpdir(), "cistern-what-if-"));
const path = join(folder, "an-hour.snapshot");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TIMELINE = [
  "{ at: 20 min, do: patient_bolus }",
  "{ at: 40 min, fault: motor_slip, fraction: 10 %, for: 10 min }",
  "{ at: 50 min, fault: under_delivery, factor: 0.9, for: 40 min }",
  "{ at: 2 h, do: patient_bolus }",
];
const EXPECT = [
  "{ delivered: { from: 0 s, to: 30 min, volume: 15 uL, within: 2 uL } }",
  "{ signal: { name: motor.pulses, between: [10 min, 2 h], min: 0, max: 400 } }",
];

interface Edit {
  timeline?: string[];
  expect?: string[];
  duration?: string;
  rate?: string;
  more?: string;
}

function textOf({
  timeline = TIMELINE,
  expect = EXPECT,
  duration = "3 h",
  rate = "480 uL/day",
  more = "",
}: Edit = {}): string {
  return `name: a fork
duration: ${duration}
pump: { fill: 18 mL }
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription:
  basal: { mode: continuous, rate: ${rate} }
  patient_bolus: { volume: 5 uL, duration: 5 min, lockout: 30 min, per_24h: 8 }
${more}timeline:
${timeline.map((entry) => `  - ${entry}\n`).join("")}expect:
${expect.map((each) => `  - ${each}\n`).join("")}`;
}

const runOf = (edit: Edit = {}) =>
  new ScenarioRun(parseScenario(textOf(edit), "edited.yaml"), {
    gear: "leap",
    controller: referenceController,
    tracks: true,
  });

/** The snapshot is of an hour: after two faults began, one of which lasts. */
beforeAll(() => {
  const run = runOf();
  run.advance(60 * 6000);
  writeFileSync(path, textOfSavedRun(run));
});

function refusalOf(edit: Edit): string {
  try {
    resumeFrom(path, runOf(edit));
  } catch (error) {
    const { message } = error as Error;
    expect(message.split("\n")).toHaveLength(1);
    return message.replace(path, "SNAPSHOT");
  }
  return "none";
}

const past = TIMELINE.slice(0, 3);

describe("EMU-5: a run that goes on from a snapshot", () => {
  test.each<[string, Edit]>([
    ["nothing else", {}],
    ["an entry less", { timeline: past }],
    [
      "entries more",
      {
        timeline: [
          ...TIMELINE,
          "{ at: 90 min, do: stop }",
          "{ at: 100 min, do: start }",
          "{ at: 61 min, do: interrupt }".replace("interrupt", "interrogate"),
        ],
      },
    ],
    ["another entry at its own tick", { timeline: [...past, "{ at: 1 h, do: patient_bolus }"] }],
    [
      "another fault after one that lasts",
      { timeline: [...past, "{ at: 95 min, fault: under_delivery, factor: 0.5, for: 10 min }"] },
    ],
    ["the same entries in another order in the file", { timeline: [...TIMELINE].reverse() }],
    ["a longer duration", { duration: "4 h" }],
    ["a shorter duration", { duration: "130 min" }],
    [
      "other expectations about what is to come, and about events",
      {
        expect: [
          EXPECT[1],
          "{ delivered: { from: 90 min, to: 2 h, volume: 10 uL, within: 5 uL } }",
          "{ event: { name: bolus_started, count: 1, between: [0 s, 30 min] } }",
          "{ signal: { name: therapy.mode, at: 2 h, min: 3, max: 3 } }",
        ],
      },
    ],
  ])("with %s ends as that scenario does from its start", (_, edit) => {
    const resumed = runOf(edit);
    resumeFrom(path, resumed);
    const whole = runOf(edit);
    for (const run of [resumed, whole]) run.advance(run.end_ticks);
    expect({ ...resumed.report(0), speed: null }).toEqual({ ...whole.report(0), speed: null });
    expect(resumed.signalTracks()).toEqual(whole.signalTracks());
  });

  test("and is saved again may be forked again", () => {
    const first = runOf({ timeline: [...past, "{ at: 70 min, do: patient_bolus }"] });
    resumeFrom(path, first);
    first.advance(80 * 6000);
    writeFileSync(join(folder, "again"), textOfSavedRun(first));
    const edit = { timeline: [...past, "{ at: 70 min, do: patient_bolus }", "{ at: 90 min, do: stop }"] };
    const [second, whole] = [runOf(edit), runOf(edit)];
    resumeFrom(join(folder, "again"), second);
    for (const run of [second, whole]) run.advance(run.end_ticks);
    expect({ ...second.report(0), speed: null }).toEqual({ ...whole.report(0), speed: null });
  });
});

describe("EMU-5: what lies before the snapshot and is not the same is named in one line", () => {
  test.each<[string, Edit, string]>([
    [
      "a prescription",
      { rate: "481 uL/day" },
      "SNAPSHOT, at 1 h: prescription.rate is not as it was in the snapshot's run",
    ],
    [
      "a key that was not there",
      { more: "commission: none\n" },
      "SNAPSHOT, at 1 h: commission is not as it was in the snapshot's run",
    ],
    [
      "an entry that is gone",
      { timeline: TIMELINE.slice(1) },
      "SNAPSHOT, at 1 h: patient_bolus of 20 min lies before the snapshot and is not in the timeline any more",
    ],
    [
      "an entry that is new, with its line",
      { timeline: ["{ at: 10 min, do: interrogate }", ...TIMELINE] },
      "edited.yaml:9:5: SNAPSHOT, at 1 h: interrogate of 10 min lies before the snapshot and was not in the timeline of its run",
    ],
    [
      "an entry of the last tick before it",
      { timeline: [...TIMELINE, "{ at: 59 min 59.99 s, do: interrogate }"] },
      "edited.yaml:13:5: SNAPSHOT, at 1 h: interrogate of 59 min 59 s 990 ms lies before the snapshot and was not in the timeline of its run",
    ],
    [
      "an entry that is at another time",
      { timeline: ["{ at: 21 min, do: patient_bolus }", ...TIMELINE.slice(1)] },
      "SNAPSHOT, at 1 h: patient_bolus of 20 min lies before the snapshot and is not in the timeline any more",
    ],
    [
      "a fault that ends at another time, though after the snapshot",
      { timeline: [...TIMELINE.slice(0, 2), "{ at: 50 min, fault: under_delivery, factor: 0.9, for: 41 min }"] },
      "edited.yaml:11:5: SNAPSHOT, at 1 h: under_delivery of 50 min lies before the snapshot and is not as it was: for_ticks",
    ],
    [
      "an expectation whose moment is over and was not kept",
      { expect: ["{ delivered: { from: 5 min, to: 2 h, volume: 15 uL, within: 2 uL } }"] },
      "SNAPSHOT: does not fit this run: the expectation of line 14 needs the values of 5 min, which the snapshot's run did not keep",
    ],
    [
      "a watched signal with other bounds",
      { expect: [EXPECT[0], "{ signal: { name: motor.pulses, between: [10 min, 2 h], min: 0, max: 40 } }"] },
      "SNAPSHOT: does not fit this run: the expectation of line 15 needs the values of motor.pulses from 10 min on, which the snapshot's run did not keep",
    ],
  ])("%s", (_, edit, message) => {
    expect(refusalOf(edit)).toBe(message);
  });
});

describe("EMU-5: a run with a patient who presses the handset by need", () => {
  const ofPatient = (...timeline: string[]) =>
    new ScenarioRun(
      parseScenario(
        `name: by need
duration: 3 d
patient: { indication: spine_pain, weight: 68 kg, pain: { baseline: 9 }, oral: [{ drug: morphine, dose: 20 mg/day }], asks: by_need }
drugs: [{ name: morphine, concentration: 1 mg/mL }]
prescription:
  basal: { mode: continuous, dose: 0.1 mg/day }
  patient_bolus: { dose: 0.02 mg, duration: 5 min, lockout: 2 h, per_24h: 4 }
timeline: [${timeline.join(", ")}]
expect: [{ event: { name: bolus_finished, kind: patient, min: 1 } }]
`,
        "need.yaml",
      ),
      { gear: "leap", controller: referenceController, tracks: false },
    );
  const FIRST = "{ at: 6 h, do: interrogate }";
  const LATER = ["{ at: 40 h, do: interrogate }", "{ at: 41 h, do: stop }", "{ at: 42 h, do: start }"];

  test.each([
    ["shorter", LATER, []],
    ["longer", [], LATER],
    ["another", LATER, ["{ at: 50 h, do: stop }"]],
  ])("goes on with a %s timeline as that scenario does from its start", (_, before, after) => {
    const saved = ofPatient(FIRST, ...before);
    saved.advance(36 * 360_000);
    writeFileSync(join(folder, "need"), textOfSavedRun(saved));
    const [resumed, whole] = [ofPatient(FIRST, ...after), ofPatient(FIRST, ...after)];
    resumeFrom(join(folder, "need"), resumed);
    for (const run of [resumed, whole]) run.advance(run.end_ticks);
    expect({ ...resumed.report(0), speed: null }).toEqual({ ...whole.report(0), speed: null });
    expect(resumed.countEvents("bolus_started")).toBeGreaterThan(4);
  });
});

describe("EMU-5: a run with a clinician whose visits count from the implant", () => {
  const ofTitrated = (...timeline: string[]) =>
    new ScenarioRun(
      parseScenario(
        `name: titrated
duration: 8 d
patient: { indication: spine_pain, weight: 68 kg, pain: { baseline: 9 } }
clinician: { titrate: { every: 2 d, aim: { pain: 1 }, step: 50 %, most: 2 mg/day } }
drugs: [{ name: morphine, concentration: 1 mg/mL }]
prescription: { basal: { mode: continuous, dose: 0.1 mg/day } }
timeline: [${timeline.join(", ")}]
`,
        "titrated.yaml",
      ),
      { gear: "leap", controller: referenceController, tracks: false },
    );
  const implantAt = (days: number) => `{ at: ${days} d, do: implant }`;
  const forked = (before: string[], after: string[]) => {
    const saved = ofTitrated(...before);
    saved.advance(3 * 8_640_000);
    writeFileSync(join(folder, "titrated"), textOfSavedRun(saved));
    const resumed = ofTitrated(...after);
    resumeFrom(join(folder, "titrated"), resumed);
    return resumed;
  };

  test("goes on with an implant at another time when no visit was before the snapshot in either run", () => {
    const [resumed, whole] = [forked([implantAt(3)], [implantAt(4)]), ofTitrated(implantAt(4))];
    for (const run of [resumed, whole]) run.advance(run.end_ticks);
    expect({ ...resumed.report(0), speed: null }).toEqual({ ...whole.report(0), speed: null });
  });

  test.each([
    ["a first implant", [], [implantAt(4)], "was at 2 d in the snapshot's run and is at 6 d here"],
    ["no implant any more", [implantAt(4)], [], "was at 6 d in the snapshot's run and is at 2 d here"],
  ])("is refused %s after visits that would have been at other times", (_, before, after, words) => {
    expect(() => forked(before, after)).toThrow(
      `the first visit of the clinician, which counts from the first implant, ${words}`,
    );
  });
});

test("EMU-5: the command runs a what-if, and refuses an edited past in one line with exit code 2", async () => {
  const file = (name: string, edit: Edit) => {
    writeFileSync(join(folder, name), textOf(edit));
    return name;
  };
  const saved = await cisternHere(folder, ["run", file("day.yaml", {}), "--until", "1 h", "--save", "hour.snapshot"]);
  expect(saved.code).toBe(4);
  const later = file("later.yaml", { timeline: [...past, "{ at: 90 min, do: patient_bolus }"] });
  const forked = await cisternHere(folder, ["run", later, "--from", "hour.snapshot", "--json"]);
  const whole = await cisternHere(folder, ["run", later, "--json"]);
  const fingerprint = (text: string) => (JSON.parse(text) as { fingerprint: string }).fingerprint;
  expect([forked.code, fingerprint(forked.out)]).toEqual([whole.code, fingerprint(whole.out)]);
  const edited = file("edited.yaml", { timeline: ["{ at: 10 min, do: interrogate }", ...TIMELINE] });
  const { code, err } = await cisternHere(folder, ["run", edited, "--from", "hour.snapshot"]);
  expect([code, err.trimEnd().split("\n").length]).toEqual([2, 1]);
  expect(err).toContain("edited.yaml:9:5: hour.snapshot, at 1 h: interrogate of 10 min lies before the snapshot");
  expect(readFileSync(join(folder, "hour.snapshot"), "utf8")).toContain("cistern.snapshot/4");
});

test("a what-if of another length goes on with the interval of the patient's tracks (PAT-6)", () => {
  const person = "patient: { indication: cancer, weight: 70 kg }\n";
  const run = (duration: string): ScenarioRun =>
    runOf({ timeline: ["{ at: 20 min, do: interrogate }"], expect: [EXPECT[0]], duration, more: person });
  const [short, long] = [run("3 h"), run("2000 d")];
  short.advance(60 * 6000);
  const file = join(folder, "a-life.snapshot");
  writeFileSync(file, textOfSavedRun(short));
  resumeFrom(file, long);
  long.advance(2 * 60 * 6000);
  const { ticks } = long.signalTracks().find(({ name }) => name === "patient.csf_tip_ngPerMl")!;
  const gaps = ticks.slice(1).map((tick, i) => tick - ticks[i]);
  expect(ticks.at(-1)).toBeGreaterThan(60 * 6000);
  expect(Math.max(...gaps.slice(5))).toBe(6000);
});
