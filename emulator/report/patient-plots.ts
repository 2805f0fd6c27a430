// The plots of the patient, which come first where there is one: pain and its report, or spasticity, with the trial's rule as a line;
// for each drug its concentration at the effect sites and on the way there, and a curve for each source from which it came; ventilation;
// side effects; activity and oral medication against the baseline. A signal that was not recorded, or that never moved from
// that of a healthy person, has no line.

import { TICKS_PER_DAY } from "../../hal/units";
import {
  DRUG_SOURCES,
  sourceTrack,
  type DrugSource,
  type PatientReport,
  type RunReport,
  type Site,
  type Track,
} from "../run/report";
import { ticksOfSeconds } from "../time";
import { massWords, numberWords, PAGE } from "../amounts";
import { distinctValues, hasValue, listsOf, type Lists } from "../points";
import { curveOf, type Curve } from "./curve";
import type { Tone } from "./page-model";
import { draft, line, type Draft, type Recorded } from "./plot";

/** Ventilation below this fraction of control is a harm when it lasts (docs/harms.md). */
const BREATH_HARM = 0.5;
const BODY_C = 37;
/** Side effects and withdrawal below this are as good as none. */
const SLIGHT = 0.05;
const WEEK = 7 * TICKS_PER_DAY;
/** A run of no more than this shows each entry of the diary, and a longer one up to the second the mean of each day. */
const ENTRIES_UP_TO = 30 * TICKS_PER_DAY;
const DAYS_UP_TO = 180 * TICKS_PER_DAY;

type Tracks = Recorded["tracks"];
type Lines = Draft["lines"];

/** None without a patient. */
export function patientPlots({ report, tracks }: Recorded): Draft[] {
  const { patient, ended } = report;
  if (patient === null) return [];
  const person: Person = { patient, tracks, endTick: ended.tick };
  const complaints = [painPlot(person), spasticityPlot(person)];
  // The complaint that the indication names comes first.
  if (patient.indication.endsWith("spasticity")) complaints.reverse();
  const drafts = [
    ...complaints,
    ...drugsIn(tracks).flatMap((drug) => [drugPlot(drug, tracks, report), ...sourcePlots(drug, tracks)]),
    breathPlot(person),
    sideEffectsPlot(person),
    feverPlot(person),
    activityPlot(person),
    oralPlot(person),
  ];
  return drafts.filter((each) => each !== null);
}

interface Person {
  patient: PatientReport;
  tracks: Tracks;
  endTick: number;
}

function painPlot(person: Person): Draft | null {
  const { tracks, endTick } = person;
  const pain = tracks.get("patient.pain");
  const reported = tracks.get("patient.pain_report");
  if (!moves(pain, 0) && !moves(reported, 0)) return null;
  const lines = [
    ...diaryLine(reported, endTick),
    ...lineOf(pain, "true pain", "delivered", { filled: true, digits: 2 }),
    ...ruleLine(person, "pain"),
  ];
  return draft("pain", "Pain", "0 to 10", "the diary has a whole number four times a day", 200, lines, { include: 0 });
}

/** The entries of the diary; of a run of months, in which they would be a smear, their mean of each day or week. */
function diaryLine(reported: Track | undefined, endTick: number): Lines {
  if (reported === undefined || endTick <= ENTRIES_UP_TO) {
    return lineOf(reported, "reported in the diary", "estimate", { digits: 0 });
  }
  const [span, name] = endTick <= DAYS_UP_TO ? [TICKS_PER_DAY, "day"] : [WEEK, "week"];
  const ticks = Array.from({ length: Math.ceil(endTick / span) }, (_, i) => i * span);
  const entries = listsOf(reported);
  const values = ticks.map((from) => meanOf(entries, from, Math.min(from + span, endTick)));
  const label = `reported in the diary, mean of a ${name}`;
  return [line(label, "estimate", { kind: "step", ticks, values }, { digits: 1 })];
}

/** The mean of a signal over that time, in which each value counts for as long as it lasts. */
function meanOf({ ticks, values }: Lists, from: number, to: number): number {
  let sum = 0;
  for (let i = 0; i < ticks.length; i++) {
    const [begins, ends] = [Math.max(from, ticks[i]), Math.min(to, ticks[i + 1] ?? to)];
    if (ends > begins) sum += values[i] * (ends - begins);
  }
  return sum / (to - from);
}

function spasticityPlot(person: Person): Draft | null {
  const ashworth = person.tracks.get("patient.ashworth");
  const spasms = person.tracks.get("patient.spasms");
  if (!moves(ashworth, 1) && !moves(spasms, 0)) return null;
  const lines = [
    ...lineOf(ashworth, "mean Ashworth score", "delivered", { digits: 2 }),
    ...lineOf(spasms, "spasm frequency", "estimate", { digits: 2 }),
    ...ruleLine(person, "ashworth"),
  ];
  return draft("spasticity", "Spasticity", "score", "Ashworth 1 to 5; Penn spasms 0 to 4", 180, lines, { include: 0 });
}

/** The highest score with which the trial is passed, for as long as it lasts. */
function ruleLine({ patient: { trial }, endTick }: Person, score: string): Lines {
  if (trial === null || trial.score !== score || trial.passes_at === null) return [];
  const [from, to] = [trial.from_s, trial.to_s].map(ticksOfSeconds);
  const label = `the trial passes at ${trial.passes_at.toFixed(2)} or less`;
  // The line ends with the trial.
  const curve: Curve =
    to < endTick
      ? { kind: "step", ticks: [from, to + 1], values: [trial.passes_at, NaN] }
      : { kind: "step", ticks: [from], values: [trial.passes_at] };
  return [line(label, "limit", curve, { dashed: true, digits: 2 })];
}

function capitalised(drug: string): string {
  return `${drug[0].toUpperCase()}${drug.slice(1)}`;
}

/** The names of the drugs that were recorded apart, in their order. */
function drugsIn(tracks: Tracks): string[] {
  const head = "patient.csf_lumbar_ngPerMl.";
  return [...tracks.keys()].flatMap((name) => (name.startsWith(head) ? [name.slice(head.length)] : []));
}

/** From fastest to slowest to change. The concentrations span decades, so the axis is a root one. */
function drugPlot(drug: string, tracks: Tracks, report: RunReport): Draft | null {
  const at = (place: string): Track | undefined => tracks.get(`patient.${place}_ngPerMl.${drug}`);
  const lines = [
    ...lineOf(at("csf_lumbar"), "lumbar fluid", "quiet", { digits: 2 }),
    ...lineOf(at("cord"), "effect site, cord", "delivered", { filled: true, digits: 2 }),
    ...lineOf(at("brain"), "effect site, brain", "warning", { digits: 2 }),
    ...lineOf(at("plasma"), "plasma", "fault", { dashed: true, digits: 2 }),
  ];
  if (!lines.some(({ curve }) => hasValue(curve, (value) => value > 0))) return null;
  const title = `${capitalised(drug)} at the effect sites`;
  const note = `${sourceWords(drug, report)}; square-root axis`;
  return { ...draft(`drug-${drug}`, title, "ng/mL", note, 200, lines, { include: 0 }), axis: "root" };
}

const SITE_TITLES: readonly [site: Site, title: string][] = [
  ["cord", "at the cord"],
  ["brain", "at the brain"],
];
const SOURCE_TONES: Readonly<Record<DrugSource, Tone>> = {
  tip: "delivered",
  needle: "programmed",
  mouth: "estimate",
  skin: "critical",
  before: "quiet",
};
/** A source of less than this part of the greatest concentration has no curve. */
const SOURCE_PART = 0.001;

/** Each effect site at which the drug came from more than one source, with a curve for each; they add up to the whole. */
function sourcePlots(drug: string, tracks: Tracks): Draft[] {
  return SITE_TITLES.flatMap(([site, where]) => {
    const whole = tracks.get(`patient.${site}_ngPerMl.${drug}`);
    const least = SOURCE_PART * peakOf(whole);
    const lines = DRUG_SOURCES.flatMap(({ name, words }) => {
      const track = tracks.get(sourceTrack(name, site, drug));
      const isSeen = peakOf(track) > least;
      return isSeen ? lineOf(track, words, SOURCE_TONES[name], { digits: 2 }) : [];
    });
    if (lines.length < 2) return [];
    const all = [...lineOf(whole, "in all", "quiet", { filled: true, digits: 2 }), ...lines];
    const title = `${capitalised(drug)} ${where}, by source`;
    const note = "the sources add up to the whole; square-root axis";
    const plot = draft(`drug-${drug}-${site}`, title, "ng/mL", note, 150, all, { include: 0 });
    return [{ ...plot, axis: "root" }];
  });
}

/** The greatest value of a track; 0 where nothing was recorded. */
function peakOf(track: Track | undefined): number {
  return track === undefined ? 0 : distinctValues(track).reduce((most, value) => Math.max(most, value), 0);
}

/** The ways by which the drug came, with the amount of each. */
function sourceWords(drug: string, { tip, events }: RunReport): string {
  const pumped_ug = tip.drugs.find(({ name }) => name.toLowerCase() === drug)?.ug ?? 0;
  const swallowed_mg = events
    .filter((event) => event["name"] === "oral_taken" && event["drug"] === drug)
    .map((event) => Number(event["dose"]));
  const total_mg = swallowed_mg.reduce((sum, each) => sum + each, 0);
  const parts = [
    pumped_ug > 0 ? `from the catheter's tip ${massWords(pumped_ug, PAGE)}` : "",
    total_mg > 0 ? `by mouth ${numberWords(total_mg, 1)} mg in ${numberWords(swallowed_mg.length)} doses` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "from neither pump nor mouth" : parts.join(", ");
}

function breathPlot({ tracks, endTick }: Person): Draft | null {
  const ventilation = tracks.get("patient.ventilation");
  if (!moves(ventilation, 1)) return null;
  const lines = [
    ...lineOf(ventilation, "ventilation", "delivered", { digits: 3 }),
    ...lineOf(tracks.get("patient.ventilatory_response"), "response to carbon dioxide", "estimate", { digits: 3 }),
    level("harm below, when it lasts 15 min", "limit", BREATH_HARM, endTick),
  ];
  return draft("ventilation", "Breathing", "fraction of control", "", 150, lines, { include: 0 });
}

function sideEffectsPlot({ tracks }: Person): Draft | null {
  const rows: [string, string, Tone][] = [
    ["sedation", "sedation", "delivered"],
    ["itch", "itching", "estimate"],
    ["withdrawal", "withdrawal", "critical"],
  ];
  const lines = rows.flatMap(([name, label, tone]) => {
    const track = tracks.get(`patient.${name}`);
    const shows = track !== undefined && hasValue(track, (value) => value > SLIGHT);
    return shows ? lineOf(track, label, tone, { digits: 2 }) : [];
  });
  const note = "0 none, 1 mild, 2 moderate, 3 severe";
  return lines.length === 0 ? null : draft("side-effects", "Side effects", "0 to 3", note, 130, lines, { include: 0 });
}

function feverPlot({ tracks }: Person): Draft | null {
  const track = tracks.get("patient.temperature_c");
  if (!moves(track, BODY_C)) return null;
  const lines = lineOf(track, "body temperature", "critical", { digits: 1 });
  return draft("temperature", "Body temperature", "°C", "", 110, lines, { include: BODY_C });
}

function activityPlot({ patient, tracks, endTick }: Person): Draft | null {
  const lines = lineOf(tracks.get("patient.activity"), "activity", "delivered", { filled: true, digits: 1 });
  if (lines.length === 0) return null;
  lines.push(...baseline(patient.baseline.activity, endTick));
  return draft("activity", "Activity", "% of the healthy", "", 130, lines, { include: 0 });
}

function oralPlot({ patient, tracks, endTick }: Person): Draft | null {
  const track = tracks.get("patient.oral_mme");
  if (!moves(track, 0)) return null;
  const lines = lineOf(track, "taken in the last 24 h", "delivered", { filled: true, digits: 1 });
  lines.push(...baseline(patient.baseline.oral_mme, endTick));
  const note = "as morphine by mouth; the lane below has each dose";
  return draft("oral", "Oral medication", "mg/day", note, 130, lines, { include: 0 });
}

function baseline(value: number | null, endTick: number): Lines {
  return value === null ? [] : [level("baseline", "programmed", value, endTick)];
}

/** A dashed line at one value over the whole run. */
function level(label: string, tone: Tone, value: number, endTick: number): Lines[number] {
  const curve: Curve = { kind: "line", ticks: [0, endTick], values: [value, value] };
  return line(label, tone, curve, { dashed: true, digits: 2 });
}

function lineOf(
  track: Track | undefined,
  label: string,
  tone: Tone,
  style: { digits: number; filled?: boolean; dashed?: boolean },
): Lines {
  return track === undefined ? [] : [line(label, tone, curveOf(track), style)];
}

/** True for a signal that was recorded and is not always `still`. */
function moves(track: Track | undefined, still: number): boolean {
  return track !== undefined && hasValue(track, (value) => Math.abs(value - still) > SLIGHT / 10);
}
