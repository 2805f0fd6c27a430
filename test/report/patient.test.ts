// The patient in the report of a run: its plots stand first, the trial's rule is a line where the trial is, and the table has what
// the JSON has.

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { referenceController } from "../../emulator/machine/controller-host";
import { htmlOf } from "../../emulator/report/html";
import { pageModelOf } from "../../emulator/report/model";
import type { RunReport, Track } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario, parseScenario } from "../../emulator/scenario/load";
import { CORD } from "../../emulator/world/patient/fluid";
import { TICKS_PER_DAY } from "../../hal/units";
import { dayFixture } from "../trace/fixture";
import { tableIn } from "./shown";

/** A scenario with that patient and these further keys. */
function scenarioText(patient: string, more: string, duration: string): string {
  return `
name: A patient in a report
start: 2026-03-02T08:00
duration: ${duration}
pump: { model: external-trial, fill: 10 mL }
drugs: [{ name: morphine, concentration: 1 mg/mL }]
patient: ${patient}
${more}
expect: []
`;
}

/** The run of such a scenario. */
function runOf(patient: string, more: string, duration = "3 d"): { report: RunReport; tracks: Track[] } {
  const run = new ScenarioRun(parseScenario(scenarioText(patient, more, duration), "made.yaml"), {
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
    const drug = ["drug-morphine", "drug-morphine-cord", "drug-morphine-brain"];
    expect(ids.slice(0, 8)).toEqual(["pain", ...drug, "ventilation", "side-effects", "activity", "oral"]);
    expect(ids[8]).toBe("volume");
  });

  test("has the trial's rule as a line for as long as the trial lasts, at the highest score that passes (TRI-2)", async () => {
    const { trial } = run.report.patient!;
    expect(trial!.passes_at).toBeCloseTo(0.6 * trial!.baseline!, 2);
    expect(trial!.passed).toBe(trial!.mean! <= trial!.passes_at!);
    const model = pageModelOf(run.report, run.tracks);
    const [pain] = model.plots;
    const lines = pain.lines.filter(({ label }) => label.startsWith("the trial passes at "));
    const { ticks, columns } = await tableIn(model, { ...pain, lines });
    const rule = ticks.map((tick, i) => [tick, columns[0][i]]);
    expect(rule.slice(0, 3)).toEqual([
      [0, null],
      [TICKS_PER_DAY, trial!.passes_at],
      [2 * TICKS_PER_DAY + 1, null],
    ]);
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

  test("has a curve for each source of the drug at each effect site, and they add up to the whole (PAT-1, PAT-3)", async () => {
    const model = pageModelOf(run.report, run.tracks);
    const { plots } = model;
    for (const site of ["cord", "brain"]) {
      const plot = plots.find(({ id }) => id === `drug-morphine-${site}`)!;
      expect(plot.lines.map(({ label }) => label)).toEqual(["in all", "from the catheter's tip", "by mouth"]);
      const { columns } = await tableIn(model, plot);
      const [all, tip, mouth] = columns.map((column) => column.map((value) => value ?? 0));
      expect(Math.max(...all.map((value, i) => Math.abs(value - tip[i] - mouth[i])))).toBeLessThan(2e-5);
      // Only swallowed drug is in the body before the trial's pump starts, and at the cord the pump's soon outweighs it.
      expect([tip[0], mouth[0]]).toEqual([0, all[0]]);
      if (site === "cord") expect(tip.at(-1)).toBeGreaterThan(mouth.at(-1)! * 5);
    }
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

test.each([
  ["single-shot-cancer", ["from a lumbar needle", "by mouth"]],
  ["pocket-fill", ["from the catheter's tip", "from under the skin"]],
])("the report of %s tells its sources apart at the cord (PAT-1)", async (name, sources) => {
  const scenario = loadScenario(join(import.meta.dirname, `../../scenarios/${name}.yaml`));
  const options = { gear: "leap", controller: referenceController, tracks: true, placebo: false } as const;
  const run = new ScenarioRun(scenario, options);
  run.advance(Infinity);
  const model = pageModelOf(run.report(0), run.packedTracks());
  const plot = model.plots.find(({ id }) => id === "drug-morphine-cord")!;
  expect(plot.lines.map(({ label }) => label)).toEqual(["in all", ...sources]);
  const { fluid } = run.machine.patient!;
  const { columns } = await tableIn(model, plot);
  const parts = columns.slice(1).map((column) => column.at(-1)!);
  const [whole, sum] = [fluid.concentration(0, CORD), parts[0] + parts[1]];
  expect(Math.abs(whole - sum)).toBeLessThan(1e-4 + whole * 1e-9);
});

test("a drug with one source has no plot of sources, and a pump of months is one from the start (PAT-3)", () => {
  const patient = "{ indication: failed_back_surgery, weight: 72 kg, established: true }";
  const basal = "prescription: { basal: { mode: continuous, dose: 1 mg/day } }";
  const { report, tracks } = runOf(patient, basal, "1 d");
  const ids = pageModelOf(report, tracks).plots.map(({ id }) => id);
  expect(ids).toContain("drug-morphine");
  expect(ids).not.toContain("drug-morphine-cord");
  const at = (name: string) => tracks.find((track) => track.name === name)!.values;
  expect(at("source.tip.cord_ngPerMl.morphine")).toEqual(at("patient.cord_ngPerMl.morphine"));
});

test("a run that goes on from a snapshot has the same curves of the sources, and what nobody followed came before (EMU-5)", () => {
  const make = (tracks: boolean) => {
    const scenario = parseScenario(scenarioText(PAIN, TRIAL, "3 d"), "made.yaml");
    return new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks, placebo: false });
  };
  const whole = make(true);
  whole.advance(1.5 * TICKS_PER_DAY);
  const saved = whole.save();
  whole.advance(2 * TICKS_PER_DAY);
  const again = make(true);
  expect(again.misfit(saved)).toBeNull();
  expect(again.misfit({ ...saved, sources: saved.sources!.slice(1) })).toBe("its patient has other drugs");
  again.restore(saved);
  again.advance(2 * TICKS_PER_DAY);
  expect(again.signalTracks()).toEqual(whole.signalTracks());
  const late = make(true);
  late.restore({ ...saved, sources: null });
  const before = late.signalTracks().find(({ name }) => name === "source.before.cord_ngPerMl.morphine")!;
  const cord = late.signalTracks().find(({ name }) => name === "patient.cord_ngPerMl.morphine")!;
  late.advance(2 * TICKS_PER_DAY);
  expect(before.values.length).toBeGreaterThan(0);
  expect(cord.values.at(-1)).toBeGreaterThan(0);
});

test("a run of a year has the mean of each week of the diary (PAT-6)", async () => {
  const { report, tracks } = dayFixture();
  const patient = { ...runOf(PAIN, "commission: none", "1 d").report.patient!, trial: null };
  const ticks = [0, 3.5 * TICKS_PER_DAY, 14 * TICKS_PER_DAY];
  const diary: Track = { name: "patient.pain_report", unit: "", ticks, values: [8, 4, 2] };
  const ended = { ...report.ended, tick: 365 * TICKS_PER_DAY, time_s: 365 * 86400 };
  const model = pageModelOf({ ...report, ended, patient }, [...tracks, diary]);
  const [pain] = model.plots;
  expect(pain.lines[0].label).toBe("reported in the diary, mean of a week");
  expect((await tableIn(model, pain)).columns[0].slice(0, 3)).toEqual([6, 4, 2]);
});

test("the report of a pump without a patient has neither plots nor a table of one (PAT-6)", () => {
  const { report, tracks } = dayFixture();
  expect(pageModelOf(report, tracks).plots[0].id).toBe("volume");
  expect(htmlOf(report, tracks)).not.toContain("predicts nobody");
});
