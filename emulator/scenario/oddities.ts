// Warns of what a file may say and probably does not mean: a fault that outlasts the run, an action that nothing follows, an
// expectation that always or never holds, a drug whose name is one letter away from one of the library. A warning changes no
// verdict.

import { distance } from "fastest-levenshtein";
import { DRUG_UNLISTED } from "../../hal/drug-library";
import { RATE_TICKS_PER_PULSE } from "../../hal/units";
import { NL_PER_ML } from "../amounts";
import { DRUG_ROWS } from "../contract/drugs";
import { CONDITION_ROWS, indicationRow, OPIOIDS } from "../contract/indications";
import { faultIndex, FAULTS } from "../faults";
import { EVERY_SIGNAL } from "../machine/signals";
import { nearest } from "../names";
import { basalDose_ng } from "../telemetry/program-totals";
import { formatTicks, MS_PER_DAY } from "../time";
import { at, type Context } from "./context";
import { isSameDrug, libraryId } from "./drug-names";
import type { Refuse } from "./prescription";
import type { Path } from "./problems";
import {
  ANY_NUMBER,
  COMMISSION_TICK,
  isCommissioned,
  type Expectation,
  type FaultEntry,
  type Patient,
  type Scenario,
  type TimelineEntry,
} from "./scenario";
import type { ParsedScenario, Prescription } from "./schema";

/** A name of at least this length that is at most two letters away from one of the library is probably misspelt. */
const NAME_CHARACTERS_MIN = 6;
const LETTERS_APART_MAX = 2;

/** The kinds of parameters of which 0 is no fault at all. */
const SIZES: readonly string[] = ["fraction", "rate_nlPerDay", "volume_nl", "ticks", "ppm"];

/** Acts without the pump: a needle in it, or in the patient. */
const ORDERLESS: readonly string[] = ["tap", "top_up", "port_injection", "port_aspiration", "inject"];

/** Adds the warnings of a scenario that was built from that parsed file. */
export function warnOfOdd(parsed: ParsedScenario, scenario: Scenario, context: Context): void {
  const { warn } = context;
  const prescribed: { prescription: Prescription; path: Path }[] = [];
  if (parsed.prescription) prescribed.push({ prescription: parsed.prescription, path: ["prescription"] });
  oddDrugs(parsed.drugs, at(warn, ["drugs"]));
  (parsed.timeline ?? []).forEach((entry, i) => {
    const path = ["timeline", i];
    if (entry.at.ticks === scenario.duration_ticks) {
      warn([...path, "at"], "the run ends at this moment, and nothing of it can be seen");
    }
    if (
      "do" in entry &&
      !ORDERLESS.includes(entry.do) &&
      entry.at.ticks < COMMISSION_TICK &&
      isCommissioned(scenario)
    ) {
      warn(
        [...path, "at"],
        `the pump is commissioned from ${formatTicks(COMMISSION_TICK)} on, and takes no order before`,
      );
    }
    if ("entry" in entry) {
      if (isWithoutEffect(entry.entry)) warn(path, "a fault of this size changes nothing, so it never acts");
      const end = entry.at.ticks + (entry.entry.for_ticks ?? 0);
      if (end <= scenario.duration_ticks) return;
      warn([...path, "for"], `the fault lasts to ${formatTicks(end)}, and the run ends at ${context.duration.text}`);
    } else if (entry.do === "program") {
      prescribed.push({ prescription: entry.prescription, path: [...path, "prescription"] });
    } else if ((entry.do === "refill" || entry.do === "top_up" || entry.do === "convert") && entry.drugs) {
      oddDrugs(entry.drugs, at(warn, [...path, "drugs"]));
    } else if ((entry.do === "port_injection" || entry.do === "inject") && entry.drug !== undefined) {
      oddDrug(entry.drug, at(warn, [...path, "drug"]));
    }
  });
  for (const { prescription, path } of prescribed) oddPrescription(prescription, scenario, at(warn, path));
  oddRun(scenario, warn);
  if (scenario.patient) oddPatient(parsed, scenario.patient, scenario, warn);
  oddExpectations(scenario, parsed.expect, warn);
}

/** True for a fault whose parameter leaves the world as it is. */
function isWithoutEffect({ fault, parameter }: FaultEntry): boolean {
  const kind = FAULTS[faultIndex(fault)].parameter?.kind;
  if (kind === "factor") return parameter === 1;
  return kind !== undefined && SIZES.includes(kind) && parameter === 0;
}

function oddDrugs(drugs: ParsedScenario["drugs"], warn: Refuse): void {
  drugs.forEach(({ name }, i) => oddDrug(name, at(warn, [i, "name"])));
}

function oddDrug(name: string, warn: Refuse): void {
  const library = DRUG_ROWS.map((row) => row.name);
  const plain = name.trim().toLowerCase();
  const near = nearest(plain, library);
  if (plain.length < NAME_CHARACTERS_MIN || plain === near || distance(plain, near) > LETTERS_APART_MAX) return;
  warn([], `the drug library has no \`${name}\`, so no limit of it holds; the nearest known one is \`${near}\``);
}

function oddPrescription(prescription: Prescription, scenario: Scenario, warn: Refuse): void {
  const { basal, patient_bolus: bolus, limits = [], low_reservoir: low, confirm, reason } = prescription;
  if (basal.mode === "periodic" && basal.duration.value.gt(basal.every.value)) {
    warn(["basal", "duration"], `a dose lasts longer than the ${basal.every.text} from start to start`);
  }
  if (bolus?.duration.value.gt(bolus.lockout.value)) {
    warn(["patient_bolus", "duration"], `a bolus lasts longer than the lockout of ${bolus.lockout.text}`);
  }
  if (bolus?.lockout.value.gt(0)) {
    const fitting = bolus.lockout.value.inverse().mul(MS_PER_DAY).ceil().valueOf();
    if (bolus.per_24h > fitting) {
      const most = `at most ${fitting} ${fitting === 1 ? "bolus" : "boluses"} in 24 h`;
      warn(["patient_bolus", "per_24h"], `the lockout of ${bolus.lockout.text} permits ${most}`);
    }
  }
  limits.forEach((limit, i) => {
    const first = limits.findIndex((other) => other.window.value.equals(limit.window.value));
    if (first < i) warn(["limits", i, "window"], `limits[${first}] has the same window, and the lower of them counts`);
  });
  if (low?.value.gt(scenario.pump.capacity_nl)) {
    const holds = `the ${scenario.pump.capacity_nl / NL_PER_ML} mL that the pump holds`;
    warn(["low_reservoir"], `it is more than ${holds}, so the alarm is always active`);
  }
  if (confirm?.soft_limit === true && reason === undefined) {
    warn(["confirm", "soft_limit"], "the pump takes this confirmation only with a reason");
  }
  if (reason !== undefined && confirm?.soft_limit !== true) {
    warn(["reason"], "it has no effect without confirm.soft_limit");
  }
}

/** Published contraindications, and parts about the patient that have no effect. None of them is refused (PAT-5). */
function oddPatient(parsed: ParsedScenario, patient: Patient, scenario: Scenario, warn: Refuse): void {
  const names = scenario.drugs.map(({ name }) => name);
  const listed = (name: string, list: readonly string[]) => list.some((each) => isSameDrug(each, name));
  patient.conditions.forEach((name, i) => {
    const { drugs, does } = CONDITION_ROWS.find((row) => row.name === name)!;
    const barred = drugs === null ? names : names.filter((each) => listed(each, drugs));
    if (barred.length === 0) return;
    const what = drugs === null ? "a pump and a puncture" : barred.join(" and ");
    warn(["patient", "conditions", i], `${plainStart(does)} is a contraindication to ${what}`);
  });
  const unlisted = names.filter((name) => libraryId(name) === DRUG_UNLISTED && !isSameDrug(name, "saline"));
  for (const name of unlisted) {
    warn(
      ["patient"],
      `the drug library does not list \`${name}\` for the spine: nothing is known of what it does there`,
    );
  }
  const isNaive = parsed.patient?.established !== true && !patient.oral.some(({ drug }) => listed(drug, OPIOIDS));
  if (isNaive && parsed.prescription?.patient_bolus && listed(names[0], OPIOIDS)) {
    const why = "the patient takes no opioid by mouth, and patient boluses of one are for those who are used to it";
    warn(["prescription", "patient_bolus"], why);
  }
  const boluses = [
    parsed.prescription,
    ...(parsed.timeline ?? []).map((entry) => ("prescription" in entry ? entry.prescription : undefined)),
  ];
  if (patient.asks && !boluses.some((each) => each?.patient_bolus)) {
    warn(["patient", "asks"], "no program has a `patient_bolus`, so every request is denied");
  }
  (parsed.timeline ?? []).forEach((entry, i) => {
    if (!("do" in entry) || entry.do !== "inject") return;
    if (entry.at.ticks >= (scenario.trial?.baseline_ticks ?? 0)) return;
    warn(["timeline", i, "at"], "this is within the baseline of the trial, in which the patient gets no treatment");
  });
  oddTitration(parsed, scenario, warn);
  oddConversion(parsed, at(warn, ["timeline"]));
}

function plainStart(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function oddTitration(
  parsed: ParsedScenario,
  { titration, patient, program, duration_ticks, timeline }: Scenario,
  warn: Refuse,
): void {
  if (!titration) return;
  const path = ["clinician", "titrate"];
  if (titration.every_ticks >= duration_ticks) warn([...path, "every"], "the run ends before the first visit");
  const { complaint } = indicationRow(patient!.indication);
  if ((titration.aim.score === "pain") !== (complaint === "pain")) {
    warn([...path, "aim"], `the complaint of ${patient!.indication} is ${complaint}`);
  }
  const isOnly = !timeline.some((entry) => "action" in entry && entry.action.do === "program");
  if (isOnly && basalDose_ng(program) >= titration.most_ngPerDay && parsed.prescription) {
    warn([...path, "most"], "the prescription gives as much already, so the clinician never raises it");
  }
}

/** A conversion that no program follows leaves an implant that gives nothing. */
function oddConversion({ timeline = [] }: ParsedScenario, warn: Refuse): void {
  timeline.forEach((entry, i) => {
    if (!("do" in entry) || entry.do !== "convert") return;
    const isStarted = timeline.some((each, k) => {
      const follows = each.at.ticks > entry.at.ticks || (each.at.ticks === entry.at.ticks && k > i);
      return follows && "do" in each && each.do === "program";
    });
    if (!isStarted) warn([i], "no `program` follows, so the implant gives nothing");
  });
}

/** A run in which the basal rate makes no pulse, and nothing else can. */
function oddRun({ program, pump, timeline, duration_ticks }: Scenario, warn: Refuse): void {
  if (program.mode !== "continuous" || pump.life === "shelf" || timeline.length > 0 || program.rate === 0) return;
  const first_ticks = Math.ceil(RATE_TICKS_PER_PULSE / program.rate);
  if (first_ticks <= duration_ticks) return;
  warn(["duration"], `at this rate the first pulse comes after ${formatTicks(first_ticks)}, when the run is over`);
}

function oddExpectations(scenario: Scenario, parsed: ParsedScenario["expect"], warn: Refuse): void {
  const { expect: all, duration_ticks } = scenario;
  if (parsed?.length === 0) warn(["expect"], "it is empty, so the run is judged by invariants and harms alone");
  all.forEach((each, i) => {
    const say = (message: string) => warn(["expect", i], message);
    const twin = all.findIndex((other) => other.kind === each.kind && other.text === each.text);
    if (twin < i) say(`the expectation of line ${all[twin].place.line} is the same`);
    const rival = all.find((other) => excludes(other, each));
    if (rival) say(`it cannot hold together with the expectation of line ${rival.place.line}`);
    if (each.kind === "signal" && alwaysHolds(each)) say(`it always holds: ${rangeOf(each.name)}`);
    if (each.kind === "dose" && !isEverIn(each.drug, scenario, each.to_ticks)) {
      say(`there is no ${each.drug} in the pump before ${formatTicks(each.to_ticks)}`);
    }
    if (each.kind === "delivered" && coversNothing(each.least_nl, each.most_nl)) say(COVERS_NOTHING);
    if (each.kind === "dose" && coversNothing(each.least_ug, each.most_ug)) say(COVERS_NOTHING);
    if (each.kind === "alarm" && each.raised && each.cleared && each.cleared.to_ticks < each.raised.from_ticks) {
      say("the alarm would have to clear before it is raised");
    }
    if (each.kind === "event" && each.from_ticks === duration_ticks) {
      say("the run ends at this moment, and no event comes after it");
    }
  });
}

const COVERS_NOTHING = "`within` is more than the amount, so it holds too when nothing comes";

/** True for a tolerance that is wider than the amount that it is about. */
function coversNothing(least: number, most: number): boolean {
  return least < 0 && least > -ANY_NUMBER && least + most > 0;
}

/** True for `never` an alarm and the expectation of that alarm. */
function excludes(never: Expectation, each: Expectation): boolean {
  return never.kind === "never" && "alarm" in never && each.kind === "alarm" && never.alarm === each.name;
}

function alwaysHolds({ name, min, max }: Extract<Expectation, { kind: "signal" }>): boolean {
  const { least, most } = EVERY_SIGNAL.find((signal) => signal.name === name)!;
  return (min === null || min <= least) && (max === null || (most !== undefined && max >= most));
}

function rangeOf(name: string): string {
  const { least, most } = EVERY_SIGNAL.find((signal) => signal.name === name)!;
  return `${name} is ${most === undefined ? `at least ${least}` : `${least} to ${most}`}`;
}

/** True when the drug is in the pump at some moment before `tick`. */
function isEverIn(drug: string, { drugs, timeline }: Scenario, tick: number): boolean {
  const has = (list: Scenario["drugs"]) =>
    list.some(({ name, concentration_mgPerMl }) => isSameDrug(name, drug) && concentration_mgPerMl > 0);
  return has(drugs) || timeline.some((entry) => entry.at_ticks < tick && bringsDrugs(entry, has));
}

function bringsDrugs(entry: TimelineEntry, has: (list: Scenario["drugs"]) => boolean): boolean {
  if (!("action" in entry)) return false;
  const { action } = entry;
  if ("drugs" in action && action.drugs !== null) return has(action.drugs);
  return action.do === "port_injection" || action.do === "inject";
}
