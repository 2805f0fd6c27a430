// The tables of docs/patient.md, made from the tables of the patient: each number with its spread between people, its basis and its source.

import { DRUG_TABLE, type DrugTable } from "../../emulator/world/patient/drug-table";
import type { Basis, Figure } from "../../emulator/world/patient/figures";
import { ANATOMY, PERSON, SCORES, TOGETHER } from "../../emulator/world/patient/people-table";
import { INDICATION_ROWS, CONDITION_ROWS } from "../../emulator/contract/indications";
import { table } from "./sections";

const HEADS = ["number", "unit", "typical", "spread", "basis", "source"];

type Meaning = readonly [unit: string, words: string];
type DrugFigure = Exclude<keyof DrugTable, "name" | "class" | "sourceAge">;

const ANATOMY_MEANS: Record<keyof typeof ANATOMY, Meaning> = {
  tip_mL: ["mL", "cell at the tip, V_N"],
  lumbar_mL: ["mL", "lumbar fluid, V_L"],
  thoracic_mL: ["mL", "thoracic fluid, V_T"],
  cisternal_mL: ["mL", "cisternal fluid, V_C"],
  exchangeTip: ["mL/min", "exchange of the tip's cell with the fluid beside it, Q_N"],
  exchangeSpinal: ["mL/min", "exchange of lumbar and thoracic fluid, Q_S"],
  exchangeRostral: ["mL/min", "exchange of thoracic and cisternal fluid, Q_R"],
  turnover: ["mL/min", "turnover of the fluid, by which the cisternal fluid clears"],
};

const PERSON_MEANS: Record<keyof typeof PERSON, Meaning> = {
  reliefMax: ["part", "greatest relief of pain, R"],
  toneMax: ["part", "greatest relief of tone, M"],
  spasmMax: ["part", "greatest relief of spasms, M"],
  toleranceMax: ["times", "greatest rise of the opioid's EC50 against pain, k_a"],
  toleranceAt: ["EC50", "exposure of half the greatest tolerance, h_z"],
  toleranceHalfLife: ["d", "half-life with which tolerance comes and goes"],
  breathToleranceMax: ["times", "the same rise for breathing and sedation, k_b"],
  gabaToleranceMax: ["times", "the same rise for baclofen, k_g"],
  adaptDays: ["d", "time constant of the level that the body is used to"],
  dependenceAt: ["EC50", "exposure of half the greatest dependence, h_d"],
  withdrawalHours: ["h", "time constant with which signs follow the lack"],
  withdrawalGain: ["times", "strength of the signs, the gain of a lack"],
  placebo: ["part", "part of the pain that expectation takes out of the report, p"],
  placeboHalfLife: ["d", "half-life of expectation"],
  reportSlow: ["points", "deviation of the diary's slow component"],
  reportNoise: ["points", "deviation of one entry of the diary"],
  episodesPerDay: ["1/day", "episodes of more pain"],
  needAt: ["0 to 10", "felt pain of a dose by need"],
  askAt: ["0 to 10", "felt pain of a request to the pump"],
  contentAt: ["0 to 10", "mean felt pain of a week, up to which less is taken by mouth"],
  activityLoss: ["part", "activity lost at a pain of 10"],
  woundPain: ["points", "pain of two fresh incisions"],
  healHalfLife: ["d", "half-life of a wound"],
};

const DRUG_MEANS: Record<DrugFigure, Meaning> = {
  fluidFactor: ["times", "volume of distribution in a cell over the cell's fluid"],
  apparent: ["times", "apparent volume and clearance of the whole fluid over the true ones"],
  clearanceSpinal: ["mL/min", "clearance from tip, lumbar and thoracic fluid to plasma, shared by volume"],
  clearanceCisternal: ["mL/min", "clearance from cisternal fluid beside the turnover"],
  csfRatio: ["ratio", "fluid over plasma when drug comes from plasma alone"],
  volumePlasma: ["mL/kg", "volume of plasma"],
  clearancePlasma: ["mL/min/kg", "clearance from plasma"],
  volumeTissue: ["mL/kg", "volume of tissue"],
  flowTissue: ["mL/min/kg", "exchange of plasma and tissue"],
  oralPart: ["part", "part of an oral dose that reaches plasma"],
  oralHalfLife: ["min", "half-life of absorption from the gut"],
  pocketHalfLife: ["min", "half-life of a depot under the skin"],
  cordHalfLife: ["min", "half-life of the cord's effect site"],
  brainHalfLife: ["min", "half-life of the brain's effect site"],
  cordPlasma: ["ratio", "worth of plasma at the cord"],
  brainPlasma: ["ratio", "worth of plasma at the brain"],
  painEc50: ["ng/mL", "EC50 of relief, cord"],
  breathEc50: ["ng/mL", "EC50 of the chemical drive of breathing, brain"],
  sedationEc50: ["ng/mL", "EC50 of sedation, brain"],
  itchEc50: ["ng/mL", "EC50 of itching, cisternal fluid"],
  spasmEc50: ["ng/mL", "EC50 of tone and spasms, cord"],
  mme: ["mg", "mg of oral morphine that one mg by mouth is worth"],
};

export function peopleFigures(): string {
  return `\n${table(HEADS, [...rowsOf(ANATOMY, ANATOMY_MEANS), ...rowsOf(PERSON, PERSON_MEANS)])}\n`;
}

/** The spreads of the untreated scores, and the groups of figures that go together. */
export function spreadFigures(): string {
  const scores = table(
    ["score", "scale", "spread", "source"],
    Object.entries(SCORES).map(([name, { least, most, spread, source }]) => [
      name,
      `${least} to ${most}`,
      String(spread),
      `so that a cohort has nearly the deviation of ${source}`,
    ]),
  );
  const names = [...Object.keys(ANATOMY), ...Object.keys(PERSON), ...Object.keys(SCORES)];
  const own = DRUG_TABLE.flatMap((drug) => figuresOf(drug).map(([name]) => [`${drug.name}.${name}`, name] as const));
  const groups = TOGETHER.map(({ name, part, figures, why }) => {
    const members = [...names.filter((each) => figures.test(each))];
    for (const [whole, short] of own) if (figures.test(whole) && !members.includes(short)) members.push(short);
    return [name, members.map((each) => `\`${each}\``).join(", "), String(part), why];
  });
  return `\n${scores}\n\n${table(["group", "numbers", "part", "why"], groups)}\n`;
}

/** A table for each drug: its own figures, those that are zero left out, and those that it takes over from another drug as words. */
export function drugFigures(): string {
  return `\n${DRUG_TABLE.map(tableOfDrug).join("\n\n")}\n`;
}

/** A sentence: on what the numbers rest. A number that two drugs share counts once. */
export function countsOfFigures(): string {
  const all = [...Object.values<Figure>(ANATOMY), ...Object.values<Figure>(PERSON)];
  for (const drug of DRUG_TABLE) all.push(...figuresOf(drug).map(([, figure]) => figure));
  const known = [...new Set(all)].filter(({ typical }) => typical !== 0);
  const spreads = known.filter(({ spreadSource }) => spreadSource !== undefined).length;
  const count = (basis: Basis): number => known.filter((figure) => figure.basis === basis).length;
  return (
    `\nThe ${known.length} numbers of the tables below by their basis: read ${count("read")}, derived ${count("derived")}, ` +
    `background ${count("background")}, choice ${count("choice")}. ${spreads} of their spreads come from a source.\n`
  );
}

export function indicationFigures(): string {
  const scores = table(
    ["indication", "age", "pain", "Ashworth", "spasms", "source"],
    INDICATION_ROWS.map(({ name, age, pain, ashworth, spasms, source }) => [
      `\`${name}\``,
      ...[age, pain, ashworth, spasms].map(String),
      source,
    ]),
  );
  const conditions = table(
    ["condition", "warning with", "source"],
    CONDITION_ROWS.map(({ name, drugs, source }) => [
      `\`${name}\``,
      drugs === null ? "every drug" : drugs.join(", "),
      source,
    ]),
  );
  return `\n${scores}\n\n${conditions}\n`;
}

function tableOfDrug(drug: DrugTable): string {
  const own: [DrugFigure, Figure][] = [];
  const taken = new Map<string, string[]>();
  for (const [name, figure] of figuresOf(drug)) {
    if (figure.typical === 0 || isPlain(name, figure)) continue;
    const { name: first } = DRUG_TABLE.find((each) => each[name] === figure)!;
    if (first === drug.name) own.push([name, figure]);
    else taken.set(first, [...(taken.get(first) ?? []), DRUG_MEANS[name][1]]);
  }
  const notes = [...taken].map(([first, words]) => `\n\nAs ${first} (choice): ${words.join("; ")}.`);
  return `### ${drug.name}\n\n${table(HEADS, rowsOf(Object.fromEntries(own), DRUG_MEANS))}${notes.join("")}`;
}

/** A drug of which a sample of the fluid sees all has no row about it. */
function isPlain(name: DrugFigure, { typical, spread }: Figure): boolean {
  return name === "apparent" && typical === 1 && spread === 0;
}

function figuresOf(drug: DrugTable): [DrugFigure, Figure][] {
  return (Object.keys(DRUG_MEANS) as DrugFigure[]).map((name) => [name, drug[name]]);
}

function rowsOf(figures: Record<string, Figure>, meanings: Record<string, Meaning>): string[][] {
  return Object.entries(figures).map(([name, { typical, spread, basis, source, spreadSource }]) => {
    const [unit, words] = meanings[name];
    const more = spreadSource === undefined ? "" : `; spread: ${spreadSource}`;
    return [
      `${words} (\`${name}\`)`,
      unit,
      String(typical),
      spread === 0 ? "none" : String(spread),
      basis,
      `${source}${more}`,
    ];
  });
}
