// The results of units as one report: `campaign.json`. It is a pure function of a set of results, keyed by unit, so the order and the
// place in which they came do not matter. Times and core-seconds apart, the same units give the same report.

import { TICKS_PER_DAY } from "../../hal/units";
import { UNNAMED_HAZARDS } from "../contract/hazards";
import { type Finding, judgementOf } from "../run/verdict";
import type { CampaignHead, CampaignReport, FailureRow, KnownRow } from "./campaign-report";
import { missedOf } from "./promises";
import { PROFILES } from "./profiles";
import { nameOfCounterexample, type Origin, textOfCounterexample } from "./counterexample";
import type { CaseFile } from "./case-file";
import { failureOf } from "./judge";
import type { Failure, Found, UnitResult } from "./unit";

/** A unit that gave no result, or a controller that did something to the process around it. */
export interface Loss {
  unit: string;
  text: string;
  /** The case in which a process ended. */
  began: { index: number; file: CaseFile } | null;
}

/** How it ended, beyond its results. */
export interface Ending {
  host_s: number;
  interrupted: boolean;
  /** The path of the controller as its counterexamples name it, seen from their folder; null for the reference controller. */
  controllerPath: string | null;
  losses: readonly Loss[];
  /** Further reasons why it proves nothing. */
  flaws: readonly string[];
}

/** The words for a campaign in which no pump took its prescription. */
export const NEVER_SERVED = "the pump was commissioned in no case, so no dose was judged";

/** The failures of a campaign that are made smaller, the first of them. */
const SHRUNK_MAX = 5;

function firstFailures(results: ReadonlyMap<string, UnitResult>): Map<string, { found: Found; units: number }> {
  const first = new Map<string, { found: Found; units: number }>();
  for (const result of results.values()) {
    if (result.kind !== "seek") continue;
    for (const found of result.failures) {
      const known = first.get(found.signature);
      const isFirst = known === undefined || found.case < known.found.case;
      first.set(found.signature, { found: isFirst ? found : known.found, units: (known?.units ?? 0) + 1 });
    }
  }
  return new Map([...first].sort(([one, a], [other, b]) => a.found.case - b.found.case || (one < other ? -1 : 1)));
}

/**
 * The failures that are made smaller. A failure that is among them in the whole campaign is among them in its shard too, so the shards
 * have shrunk all that their merge needs.
 */
export function shrunkFailures(results: ReadonlyMap<string, UnitResult>): Found[] {
  return [...firstFailures(results).values()].slice(0, SHRUNK_MAX).map(({ found }) => found);
}

/** The id of the unit that shrinks a failure. */
export function shrinkId({ signature, case: index }: Found): string {
  return `shrink case ${index} ${signature}`;
}

export function merge(head: CampaignHead, results: ReadonlyMap<string, UnitResult>, ending: Ending): CampaignReport {
  const all = [...results.values()].sort((a, b) => (a.unit < b.unit ? -1 : 1));
  const sought = all.flatMap((each) => (each.kind === "seek" ? [each] : []));
  const sum = (of: (one: (typeof sought)[number]) => number): number =>
    sought.reduce((total, one) => total + of(one), 0);
  const classes = sumOf(sought.map((one) => one.classes));
  const excused = sumOf(all.flatMap((one) => (one.kind === "shrink" ? [] : [one.excused])));
  const cases = sum((one) => one.cases);
  const isEnough = cases >= PROFILES[head.profile].runs;
  const { missed, notJudged } = missedOf(classes);
  const losses = [...ending.losses].sort((a, b) => (a.unit < b.unit ? -1 : 1));
  const failures = failureRows(head, results, { ...ending, losses });
  const known = all.flatMap((one): KnownRow[] => {
    if (one.kind !== "corpus") return [];
    const [failure] = one.failures;
    if (failure !== undefined) return [{ file: one.unit, outcome: "still", text: failure.text }];
    return [{ file: one.unit, outcome: one.untold === null ? "mended" : "untold", text: one.untold ?? "" }];
  });
  const served = sum((one) => one.served);
  const [unanswered] = sought.flatMap((one) => (one.unanswered === null ? [] : [one.unanswered.text]));
  const findings = findingsOf(failures, known, { ...ending, losses }, isEnough ? missed : [], {
    cases,
    served,
    unanswered,
    refused: sum((one) => one.refused),
  });
  return {
    schema: "cistern.campaign/1",
    ...head,
    units: sought.length,
    cases,
    served,
    compared: {
      gears: sum((one) => one.compared.gears),
      restore: sum((one) => one.compared.restore),
      builds: sum((one) => one.compared.builds),
    },
    pump_days: sum((one) => one.ticks) / TICKS_PER_DAY,
    core_s: all.reduce((total, one) => total + one.core_ms, 0) / 1000,
    host_s: ending.host_s,
    classes,
    missed: isEnough ? missed : null,
    not_judged: notJudged,
    excused: Object.entries(excused).map(([hazard, count]) => {
      const row = UNNAMED_HAZARDS.find(({ id }) => id === hazard);
      return { hazard, harm: row?.harm ?? "", reason: row?.reason ?? "", cases: count };
    }),
    failures,
    known,
    ...judgementOf(findings, ending.interrupted ? "interrupted" : null),
  };
}

function sumOf(tables: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const table of tables)
    for (const [key, count] of Object.entries(table)) sum.set(key, (sum.get(key) ?? 0) + count);
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function failureRows(
  head: CampaignHead,
  results: ReadonlyMap<string, UnitResult>,
  { losses, controllerPath }: Ending,
): FailureRow[] {
  const smaller = new Set(shrunkFailures(results).map(shrinkId));
  const rows = [...firstFailures(results).values()].map(({ found, units }): FailureRow => {
    const id = shrinkId(found);
    const shrunk = smaller.has(id) ? results.get(id) : undefined;
    const small = shrunk?.kind === "shrink" ? shrunk : null;
    const { case: index, file, ...failure } = found;
    return rowOf(
      head,
      controllerPath,
      small?.file ?? file,
      small?.failure ?? failure,
      index,
      units,
      small?.repeats ?? null,
    );
  });
  const deaths = losses.flatMap(({ text, began }) => {
    if (began === null) return [];
    const failure: Failure = { signature: `controller ${text}`, kind: "controller", id: text, text, at_s: null };
    return [rowOf(head, controllerPath, began.file, failure, began.index, 1, null)];
  });
  return [
    ...rows,
    ...muteRows(head, results, controllerPath),
    ...deaths.filter((row, i) => deaths.findIndex(({ id }) => id === row.id) === i),
  ];
}

/** The first pump that never answered its commissioning, if others did: then it is a failure, and its case is as small as can be. */
function muteRows(
  head: CampaignHead,
  results: ReadonlyMap<string, UnitResult>,
  controllerPath: string | null,
): FailureRow[] {
  const sought = [...results.values()].flatMap((each) => (each.kind === "seek" ? [each] : []));
  const mute = sought.flatMap(({ unanswered }) => (unanswered === null ? [] : [unanswered]));
  mute.sort((a, b) => a.case - b.case);
  if (mute.length === 0 || sought.every(({ served }) => served === 0)) return [];
  const [{ case: index, text: why, file }] = mute;
  const text = `the pump never answered its commissioning, and nothing was wrong: ${why}`;
  const failure = failureOf("command", "commissioning", text, null);
  return [rowOf(head, controllerPath, file, failure, index, mute.length, null)];
}

function rowOf(
  head: CampaignHead,
  controller: string | null,
  file: CaseFile,
  failure: Failure,
  index: number,
  units: number,
  repeats: boolean | null,
): FailureRow {
  const origin: Origin = { ...head, case: index };
  const named = controller === null ? file : { ...file, controller };
  const text_yaml = textOfCounterexample(named, failure, origin);
  const { signature, kind, id, text, at_s } = failure;
  const name = nameOfCounterexample(failure, text_yaml);
  const entries = file.timeline?.length ?? 0;
  return { signature, kind, id, text, at_s, units, case: index, repeats, file: name, text_yaml, entries };
}

function findingsOf(
  failures: readonly FailureRow[],
  known: readonly KnownRow[],
  { losses, flaws }: Ending,
  missed: readonly string[],
  { cases, served, unanswered, refused }: { cases: number; served: number; unanswered?: string; refused: number },
): Finding[] {
  const finding = (weight: Finding["weight"], text: string): Finding => ({
    at_tick: null,
    kind: "campaign",
    text,
    weight,
  });
  return [
    ...failures
      .filter(({ repeats }) => repeats !== false)
      .map(({ text, case: index }) => finding("fail", `case ${index}: ${text}`)),
    ...known.filter(({ outcome }) => outcome === "still").map(({ file, text }) => finding("fail", `${file}: ${text}`)),
    ...failures
      .filter(({ repeats }) => repeats === false)
      .map(({ text, case: index }) => finding("invalid", `case ${index} did not fail again in the same way: ${text}`)),
    ...known
      .filter(({ outcome }) => outcome === "untold")
      .map(({ file, text }) => finding("invalid", `${file}: ${text}`)),
    ...losses.map(({ unit, text }) => finding("invalid", `${unit}: ${text}`)),
    ...flaws.map((text) => finding("invalid", text)),
    ...(missed.length > 0 ? [finding("invalid", `promised and never reached: ${missed.join(", ")}`)] : []),
    ...(refused > 0 ? [finding("invalid", `${refused} cases were no scenario`)] : []),
    ...(cases > 0 && served === 0
      ? [finding("invalid", NEVER_SERVED + (unanswered === undefined ? "" : `: ${unanswered}`))]
      : []),
    ...(cases === 0 ? [finding("invalid", "no case was carried out")] : []),
  ];
}
