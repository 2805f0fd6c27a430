// Makes a patient from a scenario's words: draws the person, fills each drug's figures from the tables, finds the steady state of
// the oral medication that the person has taken for months, and lets the effects settle on it. Runs once at load.

import { Chance } from "./chance";
import {
  BRAIN_PLASMA,
  CLASS,
  CL_CISTERNAL,
  CL_LUMBAR,
  CL_PLASMA,
  CL_THORACIC,
  CL_TIP,
  CORD_PLASMA,
  CSF_RATIO,
  DRUG_FIGURES,
  EC50_BREATH,
  EC50_ITCH,
  EC50_PAIN,
  EC50_SEDATION,
  EC50_SPASM,
  KE0_BRAIN,
  KE0_CORD,
  MME,
  ORAL_PART,
  ORAL_RATE,
  POCKET_RATE,
  Q_ROSTRAL,
  Q_SPINAL,
  Q_TIP,
  Q_TIP_THORACIC,
  Q_TISSUE,
  V_CISTERNAL,
  V_LUMBAR,
  V_PLASMA,
  V_THORACIC,
  V_TIP,
  V_TISSUE,
} from "./drug";
import { Draw } from "./draw";
import { DRUG_TABLE, type DrugTable, TYPICAL_AGE } from "./drug-table";
import { SLOTS_MAX } from "./fluid";
import { ORALS_MAX } from "./habits";
import { Patient } from "./patient";
import { ANATOMY, PERSON, REPORT_OFFSET_POINTS, TOLERANCE_KINDS } from "./people-table";
import { Person } from "./person";

export interface OralSetup {
  drug: string;
  /** Each scheduled dose, and the minutes between two; 0 minutes: none by schedule. */
  dose_mg: number;
  every_min: number;
  /** A dose by need; 0: none. */
  byNeed_mg: number;
}

export interface PatientSetup {
  draw: "typical" | "sampled";
  weight_kg: number;
  age: number;
  /** Untreated: pain 0 to 10, Ashworth 1 to 5, Penn spasm frequency 0 to 4. */
  pain: number;
  ashworth: number;
  spasms: number;
  /** At most ORALS_MAX. */
  oral: readonly OralSetup[];
  /** The names of conditions; `sleep_apnoea` makes breathing more sensitive to opioids. */
  conditions: readonly string[];
  /** True: the person presses for boluses by need. */
  asks: boolean;
  /** By drug of the pump, ng a day that have left the tip for months before the start. Absent: nothing has. */
  longDoses_ngPerDay?: readonly number[];
  /** Where the tip is: 0 in the lumbar cistern, 1 in the thoracic fluid. Default: thoracic against spasticity, lumbar against pain. */
  tipHeight?: number;
  /** Minute of the day on the wall at the start. */
  startMinute: number;
  /** Every drug that may reach the person: those of the pump in its order, then those of injections. Others are added for `oral`. */
  drugs: readonly string[];
}

const LN2 = 0.6931471805599453;
const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 1440;
const NG_PER_MG = 1_000_000;
const TYPICAL_KG = 70;
const PUMP_DRUGS = 4;
const SLEEP_APNOEA = 3;
const SLOW_DAYS = 2;
const DIARY_PER_DAY = 4;
const EPISODE = { min: 1.5, max: 3.5, minutesMin: 20, minutesMax: 60 };
const ORAL_FLOOR = 0.25;
const TIP_LOWEST = 0.02;

/** The drugs of a setup by slot, in the order of their first mention; drugs that the table does not have are left out. */
export function slotNames(setup: Pick<PatientSetup, "drugs" | "oral">): string[] {
  const names = [...setup.drugs, ...setup.oral.map(({ drug }) => drug)].map(plain);
  return [...new Set(names)].filter((name) => tableOf(name) !== undefined).slice(0, SLOTS_MAX);
}

/** Throws RangeError on more than ORALS_MAX oral drugs. */
export function makePatient(setup: PatientSetup, seed: number): Patient {
  if (setup.oral.length > ORALS_MAX) throw new RangeError(`expected at most ${ORALS_MAX} oral drugs`);
  const draw = new Draw(seed, setup.draw === "sampled");
  const names = slotNames(setup);
  const { a, b, c, d } = draw.stream("life");
  const patient = new Patient(makePerson(setup, draw), names.length, new Chance(a, b, c, d), setup.startMinute);
  names.forEach((name, slot) => {
    fillFigures(patient, slot, tableOf(name)!, setup, draw);
    patient.fluid.prepare(slot);
  });
  setup.drugs.slice(0, PUMP_DRUGS).forEach((name, drug) => {
    patient.slotOfPump[drug] = names.indexOf(plain(name));
  });
  setup.oral.forEach((oral, i) => prescribe(patient, i, oral, names.indexOf(plain(oral.drug))));
  (setup.longDoses_ngPerDay ?? []).forEach((dose, drug) => continueDose(patient, patient.slotOfPump[drug], dose));
  rememberDay(patient);
  patient.habits.asks = setup.asks;
  patient.effects.reachSteadyState(patient.fluid);
  patient.habits.begin(patient.effects);
  return patient;
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}

function tableOf(name: string): DrugTable | undefined {
  return DRUG_TABLE.find((each) => each.name === name);
}

/** Catheters against spasticity end at T10 or above. A tip in the lumbar cistern still feeds the thoracic fluid a little, and the other way. */
function tipHeight({ tipHeight, ashworth }: PatientSetup): number {
  return TIP_LOWEST + (1 - 2 * TIP_LOWEST) * (tipHeight ?? (ashworth > 1 ? 1 : 0));
}

/** Clearance from plasma falls by half a percent of that at TYPICAL_AGE with each year: a choice. */
function agePart(age: number): number {
  return Math.max(0.5, Math.min(1.3, 1 - 0.005 * (age - TYPICAL_AGE)));
}

function perMinute(halfLife_min: number): number {
  return LN2 / halfLife_min;
}

function makePerson(setup: PatientSetup, draw: Draw): Person {
  const person = new Person();
  const of = (name: keyof typeof PERSON): number => draw.of(name, PERSON[name]);
  const part = (name: keyof typeof PERSON): number => draw.partOf(name, PERSON[name]);
  const perDay = (name: keyof typeof PERSON): number => perMinute(of(name) * MINUTES_PER_DAY);
  person.pain = draw.scoreOf("pain", setup.pain);
  person.ashworth = draw.scoreOf("ashworth", setup.ashworth);
  person.spasms = draw.scoreOf("spasms", setup.spasms);
  person.reliefMax = part("reliefMax");
  person.toneMax = part("toneMax");
  person.spasmMax = part("spasmMax");
  const kind = (name: string): number => (draw.isOf(name, TOLERANCE_KINDS.growing) ? 1 : TOLERANCE_KINDS.flat);
  person.toleranceMax = of("toleranceMax") * kind("toleranceKind");
  person.toleranceAt = of("toleranceAt");
  person.toleranceRate = perDay("toleranceHalfLife");
  person.breathToleranceMax = of("breathToleranceMax");
  person.breathSensitivity = setup.conditions.includes("sleep_apnoea") ? SLEEP_APNOEA : 1;
  person.gabaToleranceMax = of("gabaToleranceMax") * kind("gabaToleranceKind");
  person.adaptRate = 1 / (of("adaptDays") * MINUTES_PER_DAY);
  person.dependenceAt = of("dependenceAt");
  person.withdrawalRate = 1 / (of("withdrawalHours") * MINUTES_PER_HOUR);
  person.withdrawalGain = of("withdrawalGain");
  person.placebo = part("placebo");
  person.placeboRate = perDay("placeboHalfLife");
  person.reportOffset = REPORT_OFFSET_POINTS * draw.normal("reportOffset");
  person.reportSlow = of("reportSlow");
  person.reportSlowKept = 1 - 1 / (SLOW_DAYS * DIARY_PER_DAY);
  person.reportNoise = of("reportNoise");
  person.episodeChance = of("episodesPerDay") / MINUTES_PER_DAY;
  person.episodeMin = EPISODE.min;
  person.episodeMax = EPISODE.max;
  person.episodeMinutesMin = EPISODE.minutesMin;
  person.episodeMinutesMax = EPISODE.minutesMax;
  person.needAt = of("needAt");
  person.askAt = of("askAt");
  person.contentAt = of("contentAt");
  person.oralFloor = ORAL_FLOOR;
  person.activityLoss = part("activityLoss");
  person.activityRate = 1 / (3 * MINUTES_PER_DAY);
  person.woundPain = of("woundPain");
  person.healRate = perDay("healHalfLife");
  return person;
}

/** Puts a drug's figures in this person into its row. */
function fillFigures({ fluid }: Patient, slot: number, drug: DrugTable, setup: PatientSetup, draw: Draw): void {
  const { weight_kg } = setup;
  const to = slot * DRUG_FIGURES;
  const set = (index: number, value: number): void => {
    fluid.figures[to + index] = value;
  };
  type Name = Exclude<keyof DrugTable, "name" | "class" | "sourceAge">;
  const of = (name: Name): number => draw.of(`${drug.name}.${name}`, drug[name]);
  const rate = (name: Name): number => perMinute(of(name));
  const anatomy = (name: keyof typeof ANATOMY): number => draw.of(name, ANATOMY[name]);
  const apparent = of("apparent");
  const factor = of("fluidFactor") * apparent;
  const volumes = [anatomy("tip_mL"), anatomy("lumbar_mL"), anatomy("thoracic_mL")];
  const spinal = of("clearanceSpinal") * apparent;
  const sum = volumes[0] + volumes[1] + volumes[2];
  [V_TIP, V_LUMBAR, V_THORACIC].forEach((index, i) => set(index, volumes[i] * factor));
  [CL_TIP, CL_LUMBAR, CL_THORACIC].forEach((index, i) => set(index, (spinal * volumes[i]) / sum));
  set(V_CISTERNAL, anatomy("cisternal_mL") * factor);
  set(CL_CISTERNAL, (anatomy("turnover") + of("clearanceCisternal")) * apparent);
  const height = tipHeight(setup);
  const exchange = (name: keyof typeof ANATOMY): number => anatomy(name) * apparent;
  set(Q_TIP, exchange("exchangeTip") * (1 - height));
  set(Q_TIP_THORACIC, exchange("exchangeTip") * height);
  set(Q_SPINAL, exchange("exchangeSpinal"));
  set(Q_ROSTRAL, exchange("exchangeRostral"));
  set(CSF_RATIO, of("csfRatio"));
  // Flows go with the three-quarter power of weight, volumes with weight.
  const ratio = weight_kg / TYPICAL_KG;
  const flows = TYPICAL_KG * Math.sqrt(ratio) * Math.sqrt(Math.sqrt(ratio));
  set(V_PLASMA, of("volumePlasma") * weight_kg);
  set(CL_PLASMA, (of("clearancePlasma") * flows * agePart(setup.age)) / agePart(drug.sourceAge));
  set(V_TISSUE, of("volumeTissue") * weight_kg);
  set(Q_TISSUE, of("flowTissue") * flows);
  set(ORAL_PART, draw.partOf(`${drug.name}.oralPart`, drug.oralPart));
  set(ORAL_RATE, rate("oralHalfLife"));
  set(POCKET_RATE, rate("pocketHalfLife"));
  set(KE0_CORD, rate("cordHalfLife"));
  set(KE0_BRAIN, rate("brainHalfLife"));
  set(CORD_PLASMA, of("cordPlasma"));
  set(BRAIN_PLASMA, of("brainPlasma"));
  set(EC50_PAIN, of("painEc50"));
  set(EC50_BREATH, of("breathEc50"));
  set(EC50_SEDATION, of("sedationEc50"));
  set(EC50_ITCH, of("itchEc50"));
  set(EC50_SPASM, of("spasmEc50"));
  set(CLASS, drug.class);
  set(MME, drug.mme.typical);
}

/** Enters an oral drug that the person has taken for months: the body holds its steady state. */
function prescribe({ fluid, habits }: Patient, index: number, oral: OralSetup, slot: number): void {
  if (slot < 0) return;
  habits.orals = index + 1;
  habits.oralSlot[index] = slot;
  habits.oralDose_ng[index] = oral.dose_mg * NG_PER_MG;
  habits.oralEvery[index] = oral.every_min;
  habits.oralIn[index] = 1;
  habits.oralNeed_ng[index] = oral.byNeed_mg * NG_PER_MG;
  if (oral.every_min <= 0) return;
  const perMinute_ng = (oral.dose_mg * NG_PER_MG) / oral.every_min;
  fluid.reachSteadyState(slot, perMinute_ng);
}

/** The pump has given that dose for months: the body holds its steady state, and the person expects nothing of it any more. */
function continueDose(patient: Patient, slot: number, dose_ngPerDay: number): void {
  if (slot < 0 || dose_ngPerDay <= 0) return;
  patient.fluid.reachSteadyStateAtTip(slot, dose_ngPerDay / MINUTES_PER_DAY);
  patient.idle = 0;
}

/** The scheduled doses of the day before the start, the oldest first. */
function rememberDay({ habits }: Patient): void {
  for (let ago = MINUTES_PER_DAY; ago > 0; ago--) {
    for (let i = 0; i < habits.orals; i++) {
      const every = habits.oralEvery[i];
      if (every > 0 && ago % every === 0) habits.remember(i, habits.oralDose_ng[i], ago);
    }
  }
}
