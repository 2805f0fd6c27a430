// The patient in the report of a run: its plots stand first, the trial's rule is a line where the trial is, and the table has what
// the JSON has.

import { beforeAll, describe, expect, test } from "vitest";

import { referenceController } from "../../emulator/machine/controller-host";
import { htmlOf } from "../../emulator/report/html";
import { pageModelOf } from "../../emulator/report/model";
import type { RunReport, Track } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { TICKS_PER_DAY } from "../../hal/units";
import { dayFixture } from "../trace/fixture";

/** The run of a scenario with that patient and these further keys. */
function runOf(patient: string, more: string, duration = "3 d"): { report: RunReport; tracks: Track[] } {
  const text = `
name: A patient in a report
start: 2026-03-02T08:00
duration: ${duration}
pump: { model: external-trial, fill: 10 mL }
drugs: [{ name: morphine, concentration: 1 mg/mL }]
patient: ${patient}
${more}
expect: []
`;
  const run = new ScenarioRun(parseScenario(text, "made.yaml"), {
    ...{ gear: "leap", controller: referenceController, tracks: true },
    placebo: false,
  });
  run.advance(Infinity);
  return { report: run.report(0), tracks: run.signalTracks() };
}

const PAIN = `{ indication: failed_back_surgery, weight: 72 kg, oral: [{ drug: morphine, dose: 60 mg/day, by_need: 10 mg }] }`;
const TRIAL = `trial: { kind: infusion, baseline: 1 d, for: 1 d, rule: 40 % }
prescription: { basal: { mode: continuous, dose: 1 mg/day } }`;

describe("the report of a trial against pain", () => {
  let run: ReturnType<typeof runOf>;
  beforeAll(() => {
    run = runOf(PAIN, TRIAL);
  });

  test("has the plots of the patient before those of the pump, pain first (PAT-6)", () => {
    const ids = pageModelOf(run.report, run.tracks).plots.map(({ id }) => id);
    expect(ids.slice(0, 6)).toEqual(["pain", "drug-morphine", "ventilation", "side-effects", "activity", "oral"]);
    expect(ids[6]).toBe("volume");
  });

  test("has the trial's rule as a line for as long as the trial lasts, at the highest score that passes (TRI-2)", () => {
    const { trial } = run.report.patient!;
    expect(trial!.passes_at).toBeCloseTo(0.6 * trial!.baseline!, 2);
    expect(trial!.passed).toBe(trial!.mean! <= trial!.passes_at!);
    const [pain] = pageModelOf(run.report, run.tracks).plots;
    const rule = pain.lines.findIndex(({ label }) => label.startsWith("the trial passes at "));
    const drawn = pain.ticks.filter((_, i) => pain.columns[rule][i] !== null);
    expect([drawn[0], drawn.at(-1)]).toEqual([TICKS_PER_DAY, 2 * TICKS_PER_DAY]);
    expect(new Set(pain.columns[rule].filter((value) => value !== null))).toEqual(new Set([trial!.passes_at]));
  });

  test("has the concentrations of the drug at both effect sites, with how much came from the tip (PAT-3)", () => {
    const drug = pageModelOf(run.report, run.tracks).plots.find(({ id }) => id === "drug-morphine")!;
    expect(drug.lines.map(({ label }) => label)).toEqual([
      "lumbar fluid",
      "effect site, cord",
      "effect site, brain",
      "plasma",
    ]);
    expect(drug.note).toContain("from the catheter's tip 2 mg");
    const cord = run.tracks.find(({ name }) => name === "patient.cord_ngPerMl.morphine")!;
    const lumbar = run.tracks.find(({ name }) => name === "patient.csf_lumbar_ngPerMl.morphine")!;
    expect(cord.values.at(-1)).toBeGreaterThan(lumbar.values.at(-1)! * 0.9);
  });

  test("has a table of the outcomes and the trial in words, with the figures of the JSON (TRI-2, PAT-6)", () => {
    const html = htmlOf(run.report, run.tracks);
    const { trial, change } = run.report.patient!;
    expect(html).toContain("Trial (infusion): passed if the mean pain report falls by 40 % or more; ");
    expect(html).toContain(`baseline ${trial!.baseline!.toFixed(2)}, passes at ${trial!.passes_at!.toFixed(2)}, `);
    expect(html).toContain(`−${Math.abs(change!.pain_report!).toFixed(0)} %`);
    expect(html).not.toContain("Ashworth");
  });

  test("has each oral dose as a mark in a lane of its own (PAT-6)", () => {
    const [event] = run.report.events;
    const taken = { ...event, tick: 360000, time_s: 3600, name: "oral_taken", drug: "morphine", dose: 30 };
    const lanes = pageModelOf({ ...run.report, events: [taken] }, run.tracks).lanes;
    expect(lanes.at(-1)).toMatchObject({ id: "events", marks: [] });
    expect(lanes[0]).toMatchObject({
      id: "oral",
      title: "Oral doses",
      marks: [{ at_s: 3600, label: "morphine 30 mg" }],
    });
  });
});

test("the report of spasticity has the scores first, and no pain that the patient does not have (PAT-6)", () => {
  const patient = "{ indication: ms_spasticity, weight: 60 kg, pain: { baseline: 0 } }";
  const { report, tracks } = runOf(patient, "commission: none", "1 d");
  const [first, ...others] = pageModelOf(report, tracks).plots;
  expect([first.id, first.lines.map(({ label }) => label)]).toEqual([
    "spasticity",
    ["mean Ashworth score", "spasm frequency"],
  ]);
  expect(others.map(({ id }) => id)).not.toContain("drug-morphine");
});

test("a run of a year has the mean of each week of the diary (PAT-6)", () => {
  const { report, tracks } = dayFixture();
  const patient = { ...runOf(PAIN, "commission: none", "1 d").report.patient!, trial: null };
  const ticks = [0, 3.5 * TICKS_PER_DAY, 14 * TICKS_PER_DAY];
  const diary: Track = { name: "patient.pain_report", unit: "", ticks, values: [8, 4, 2] };
  const ended = { ...report.ended, tick: 365 * TICKS_PER_DAY, time_s: 365 * 86400 };
  const [pain] = pageModelOf({ ...report, ended, patient }, [...tracks, diary]).plots;
  expect(pain.lines[0].label).toBe("reported in the diary, mean of a week");
  expect(pain.columns[0].slice(0, 3)).toEqual([6, 4, 2]);
});

test("the report of a pump without a patient has neither plots nor a table of one (PAT-6)", () => {
  const { report, tracks } = dayFixture();
  expect(pageModelOf(report, tracks).plots[0].id).toBe("volume");
  expect(htmlOf(report, tracks)).not.toContain("predicts nobody");
});
