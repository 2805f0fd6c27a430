// Builds the people of a scenario beside the pump from their parsed shape: the patient, the clinician who titrates, and the trial;
// and the action `inject`, which needs a patient. What a file leaves out about its patient comes from the indication.

import { DRUG_UNLISTED, hardDay } from "../../hal/drug-library";
import { MINUTES_PER_DAY, PULSE_NL, TICKS_PER_DAY } from "../../hal/units";
import { massWords, NG_PER_MG, NG_PER_UG, NL_PER_ML, TEXT } from "../amounts";
import { indicationRow } from "../contract/indications";
import { dayTotal } from "../telemetry/program-totals";
import { formatTicks, MS_PER_MINUTE } from "../time";
import { PATIENT_DRUGS } from "../world/patient/drug-table";
import type { Context } from "./context";
import { isSameDrug, libraryId } from "./drug-names";
import { type ParsedClinician, type ParsedPatient, type ParsedTrial, TRIAL_DAYS_MAX } from "./patient-shapes";
import type { Refuse } from "./prescription";
import type { Path } from "./problems";
import type { Action, Drug, Patient, Program, Pump, Titration, Trial } from "./scenario";
import type { ParsedAction, ParsedScenario } from "./schema";

/** The unit of the drug library's doses. */
const NG_PER_DOSE_UNIT = 10;
/** Between two scheduled doses by mouth of a file that does not say it. */
const ORAL_EVERY_MIN = 12 * 60;
/** The volume of a lumbar injection of a file that does not say it, and the most that one may have: a choice. */
const INJECTION_NL = 2 * NL_PER_ML;
const INJECTION_NL_MAX = 10 * NL_PER_ML;
/** The rule of a file that gives none: half of the pain, or a point of the Ashworth score (Gilmartin 2000). */
const FALL = { pain: { fraction: 0.5 }, spasticity: { points: 1 } } as const;

/**
 * The patient of a file. `drugs` are all drugs of the file as they are in the reservoir, and `startMinute` is the minute of the day
 * at which the run starts. An established patient has had `program` for months.
 */
export function toPatient(
  parsed: ParsedPatient,
  drugs: readonly Drug[],
  startMinute: number,
  program: Program,
): Patient {
  const row = indicationRow(parsed.indication);
  return {
    indication: parsed.indication,
    draw: (parsed.draw ?? "typical") as Patient["draw"],
    weight_kg: parsed.weight.value.valueOf(),
    age: parsed.age ?? row.age,
    pain: parsed.pain?.baseline ?? row.pain,
    ashworth: parsed.spasticity?.ashworth ?? row.ashworth,
    spasms: parsed.spasticity?.spasms ?? row.spasms,
    oral: (parsed.oral ?? []).map(toOral),
    conditions: parsed.conditions ?? [],
    asks: parsed.asks === "by_need",
    startMinute,
    drugs: drugs.map(({ name }) => name),
    ...(parsed.established === true ? { longDoses_ngPerDay: dosesOf(program, drugs) } : {}),
  };
}

/** By drug: ng that the basal of a program gives in a day. */
function dosesOf(program: Program, drugs: readonly Drug[]): number[] {
  const basal_nl = dayTotal(program).basal * PULSE_NL;
  return drugs.map(({ concentration_mgPerMl }) => basal_nl * concentration_mgPerMl);
}

function toOral({ drug, dose, every, by_need }: NonNullable<ParsedPatient["oral"]>[number]): Patient["oral"][number] {
  const every_min = every?.value.div(MS_PER_MINUTE).valueOf() ?? ORAL_EVERY_MIN;
  // The base unit of a dose rate is a day.
  const perDay_mg = (dose?.value.valueOf() ?? 0) / NG_PER_MG;
  return {
    drug,
    dose_mg: (perDay_mg * every_min) / MINUTES_PER_DAY,
    every_min: dose === undefined ? 0 : every_min,
    byNeed_mg: (by_need?.value.valueOf() ?? 0) / NG_PER_MG,
  };
}

export function toTitration({ titrate: { every, aim, step, most } }: ParsedClinician): Titration {
  const score = (["pain", "ashworth", "spasms"] as const).find((each) => aim[each] !== undefined)!;
  return {
    every_ticks: every.ticks,
    aim: { score, most: aim[score]! },
    step: step.value.valueOf(),
    most_ngPerDay: most.value.valueOf(),
  };
}

/** The trial of a file, which must fit its patient, its pump and the actions in it. */
export function toTrial(parsed: ParsedTrial, whole: ParsedScenario, pump: Pump, context: Context): Trial {
  const { kind, baseline, rule } = parsed;
  const refuse = below(context.refuse, ["trial"]);
  const complaint = whole.patient ? indicationRow(whole.patient.indication).complaint : "pain";
  const actions = (whole.timeline ?? []).filter((entry) => "do" in entry);
  const ends = actions.filter((each) => each.do === "convert" || each.do === "explant").map(({ at }) => at.ticks);
  const longest = (kind === "single_shot" ? 1 : TRIAL_DAYS_MAX) * TICKS_PER_DAY;
  const left = Math.min(context.duration.ticks, ...ends) - baseline.ticks;
  const for_ticks = parsed.for?.ticks ?? Math.max(1, Math.min(longest, left));
  const trial = {
    kind: kind as Trial["kind"],
    baseline_ticks: baseline.ticks,
    for_ticks,
    score: complaint === "pain" ? ("pain" as const) : ("ashworth" as const),
    rule: rule ? { fraction: rule.value.valueOf() } : FALL[complaint],
  };
  const end = baseline.ticks + for_ticks;
  const isTooLong = parsed.for !== undefined && baseline.ticks + parsed.for.ticks > context.duration.ticks;
  if (isTooLong || left <= 0) {
    const found = `found one of ${formatTicks(end)} with its baseline`;
    refuse([parsed.for ? "for" : "baseline"], `expected a trial within the run of ${context.duration.text}, ${found}`);
  }
  if (kind === "infusion" && pump.model !== "external-trial") {
    refuse(["kind"], `expected \`model: external-trial\` in \`pump\` for an infusion, found ${pump.model}`);
  }
  if (kind === "infusion" && whole.commission !== undefined) {
    refuse(["kind"], "expected no `commission: none` in the file for an infusion, whose pump gets a program");
  }
  if (kind === "infusion" && pump.life === "shelf") {
    refuse(["kind"], "expected no `life: shelf` in `pump` for an infusion: the pump is connected after the baseline");
  }
  const injections = actions.filter(
    (each) => each.do === "inject" && each.at.ticks >= baseline.ticks && each.at.ticks < end,
  ).length;
  if (kind === "single_shot" && injections !== 1) {
    refuse(["kind"], `expected one \`inject\` between ${span(trial)} for a single shot, found ${count(injections)}`);
  }
  if (kind === "injections" && injections < 2) {
    refuse(["kind"], `expected two \`inject\` or more between ${span(trial)}, found ${count(injections)}`);
  }
  return trial;
}

/** `convert` comes after the trial, and once. */
export function checkConversions(whole: ParsedScenario, trial: Trial | undefined, context: Context): void {
  let first: string | null = null;
  (whole.timeline ?? []).forEach((entry, i) => {
    if (!("do" in entry) || entry.do !== "convert") return;
    const path = ["timeline", i];
    if (first !== null) {
      context.refuse(path, `expected one \`convert\` in a file: that of ${first} came before`);
    } else if (trial !== undefined && entry.at.ticks < trial.baseline_ticks + trial.for_ticks) {
      const end = formatTicks(trial.baseline_ticks + trial.for_ticks);
      context.refuse(
        [...path, "at"],
        `expected a time from the end of the trial at ${end} on, found "${entry.at.text}"`,
      );
    }
    first ??= entry.at.text;
  });
}

/** A lumbar puncture. A dose beyond the library's hard limit of a day is refused: nobody draws it up by intention. */
export function toInject(
  parsed: Extract<ParsedAction, { do: "inject" }>,
  primary: string,
  path: Path,
  context: Context,
): Action {
  const { drug = primary, dose, volume } = parsed;
  const id = libraryId(drug);
  const hard_ng = hardDay(id) * NG_PER_DOSE_UNIT;
  if (!PATIENT_DRUGS.includes(drug.trim().toLowerCase())) {
    const where = parsed.drug === undefined ? path : [...path, "drug"];
    context.refuse(
      where,
      `there are no kinetics of "${drug}" in the spine: expected one of ${PATIENT_DRUGS.join(", ")}`,
    );
  }
  if (!dose.value.gt(0)) context.refuse([...path, "dose"], `expected a dose above 0, found "${dose.text}"`);
  if (id !== DRUG_UNLISTED && dose.value.gt(hard_ng)) {
    const limit = `the ${massWords(hard_ng / NG_PER_UG, TEXT)} that the drug library permits of ${drug} in a day`;
    context.refuse([...path, "dose"], `expected at most ${limit}, its hard limit; found "${dose.text}"`);
  }
  const index = context.names.findIndex((name) => isSameDrug(name, drug));
  const volume_nl = volume?.value.valueOf() ?? INJECTION_NL;
  if (volume_nl <= 0 || volume_nl > INJECTION_NL_MAX) {
    const most = `${INJECTION_NL_MAX / NL_PER_ML} mL`;
    context.refuse([...path, "volume"], `expected a volume above 0 and at most ${most}, found "${volume!.text}"`);
  }
  return { do: "inject", drug: index, dose_ng: dose.value.valueOf(), volume_nl };
}

/** Refuses the parts that are about a patient, of a file that has none. */
export function checkThereIsAPatient(whole: ParsedScenario, refuse: Refuse): void {
  const wanted = "expected a `patient` in the file";
  if (whole.clinician) refuse(["clinician"], `${wanted}, whose reports the clinician follows`);
  if (whole.trial) refuse(["trial"], `${wanted}, who is tried`);
  (whole.timeline ?? []).forEach((entry, i) => {
    if (!("do" in entry)) return;
    if (entry.do === "inject") refuse(["timeline", i, "do"], `${wanted}, into whose fluid the drug goes`);
    if (entry.do === "convert") refuse(["timeline", i, "do"], `${wanted}, who gets the implant`);
  });
}

function span({ baseline_ticks, for_ticks }: Trial): string {
  return `${formatTicks(baseline_ticks)} and ${formatTicks(baseline_ticks + for_ticks)}`;
}

function count(actions: number): string {
  return actions === 0 ? "none" : String(actions);
}

function below(refuse: Refuse, path: Path): Refuse {
  return (more, message) => refuse([...path, ...more], message);
}
