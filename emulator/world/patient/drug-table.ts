// The drugs of the patient, with the source of each figure. Cells of fluid and their exchange are the person's (people-table.ts)
// and the same for all drugs; a drug differs by how far it spreads into tissue, how it is cleared and what it does. Volumes of
// plasma and tissue are mL/kg, clearances from plasma mL/min/kg, clearances from fluid mL/min, half-lives minutes, EC50s ng/mL.

import { CLASS_GABA, CLASS_NONE, CLASS_OPIOID } from "./drug";
import { background, choice, derived, type Figure, read } from "./figures";

export interface DrugTable {
  name: string;
  class: number;
  /** The age of the people in whom clearance from plasma was measured; TYPICAL_AGE where nobody says. */
  sourceAge: number;
  /** Volume of distribution in the fluid over the volume of the fluid: cord and membranes bind drug. */
  fluidFactor: Figure;
  /** Multiplies volumes, clearances and exchange in the fluid: how little of a dose a sample sees. Half-lives stay as they are. */
  apparent: Figure;
  /** From tip, lumbar and thoracic fluid together, shared by volume; and from the cisternal fluid, beside the turnover of the fluid. */
  clearanceSpinal: Figure;
  clearanceCisternal: Figure;
  csfRatio: Figure;
  volumePlasma: Figure;
  clearancePlasma: Figure;
  volumeTissue: Figure;
  flowTissue: Figure;
  oralPart: Figure;
  oralHalfLife: Figure;
  pocketHalfLife: Figure;
  cordHalfLife: Figure;
  brainHalfLife: Figure;
  cordPlasma: Figure;
  brainPlasma: Figure;
  painEc50: Figure;
  breathEc50: Figure;
  sedationEc50: Figure;
  itchEc50: Figure;
  spasmEc50: Figure;
  mme: Figure;
}

/** The age for which the tables are, years. */
export const TYPICAL_AGE = 58;

const none = (what: string): Figure => choice(0, 0, what);
const NO_EFFECT = "the drug is taken not to have this effect";
const NOT_ORAL = "the drug is not swallowed here";

const MORPHINE: DrugTable = {
  name: "morphine",
  class: CLASS_OPIOID,
  // The source says "the elderly"; 70 years is a choice.
  sourceAge: 70,
  fluidFactor: choice(1, 0.2, "hydrophilic: the fluid alone"),
  apparent: choice(1, 0, "the fluid is sampled as it is"),
  clearanceSpinal: derived(
    0.19,
    0.3,
    "with the way up to the head: CL 0.24 and 0.20 mL/min after 0.25 and 0.5 mg, 70 kg (Nordberg 1984, PMID 6546839)",
  ),
  clearanceCisternal: choice(0, 0, "turnover of the fluid alone"),
  csfRatio: choice(0.9, 0.2, "after 3 h the fluid is slightly below plasma, i.m. 10 mg (Nordberg 1985)"),
  volumePlasma: choice(800, 0.25, "central part of Vss, so that the terminal half-life is 2.7 h"),
  clearancePlasma: derived(25, 0.3, "1,748 mL/min in the elderly (tcrm.s12160473), over 70 kg"),
  volumeTissue: derived(2670, 0.25, "Vss 243 L (tcrm.s12160473) less the central part"),
  flowTissue: choice(40, 0.3, "so that the terminal half-life is 2.7 h"),
  oralPart: background(0.3, 0.3, "bioavailability by mouth"),
  oralHalfLife: choice(40, 0.4, "tablets at once and slow ones lie on both sides"),
  pocketHalfLife: choice(90, 0.4, "absorption of a depot under the skin"),
  cordHalfLife: choice(30, 0.4, "the cord is reached within an hour"),
  brainHalfLife: choice(150, 0.3, "so that breathing is depressed most 6 to 10 h after a dose at the lumbar cord"),
  cordPlasma: background(100, 0.3, "fitted to a convention: 300 mg a day by mouth for 1 mg a day at the cord"),
  brainPlasma: derived(
    13,
    0.2,
    "C50 of 32 nM (9 ng/mL) in plasma (Dahan 2004, PMID 15505457) against a fitted 120 ng/mL in cisternal fluid",
  ),
  painEc50: choice(
    500,
    0.5,
    "0.25 mg lasts about 12 h, at the end of which lumbar fluid has 400 ng/mL (from PMID 6546839)",
  ),
  breathEc50: derived(
    120,
    0.4,
    "0.3 mg leaves 39 % of the response to hypoxia over 12 h (NEJM 2000;343:1228), taken for that to carbon dioxide",
  ),
  sedationEc50: choice(850, 0.5, "sedation comes with depressed breathing"),
  itchEc50: choice(210, 0.8, "itching is frequent at first and in part of the people"),
  spasmEc50: none(NO_EFFECT),
  mme: choice(1, 0, "the unit"),
};

const HYDROMORPHONE: DrugTable = {
  ...MORPHINE,
  name: "hydromorphone",
  oralPart: background(0.35, 0.3, "bioavailability by mouth"),
  painEc50: choice(
    100,
    0.5,
    "morphine with a potency of 5; trial doses of PACC from memory: 0.025 to 0.1 mg against 0.1 to 0.5 mg",
  ),
  breathEc50: choice(24, 0.4, "morphine with a potency of 5"),
  sedationEc50: choice(170, 0.5, "morphine with a potency of 5"),
  itchEc50: choice(70, 0.8, "less itching than with morphine"),
  mme: background(5, 0, "conversion to oral morphine"),
};

const BACLOFEN: DrugTable = {
  ...MORPHINE,
  name: "baclofen",
  class: CLASS_GABA,
  sourceAge: TYPICAL_AGE,
  fluidFactor: choice(1, 0.2, "hydrophilic: the fluid alone"),
  clearanceSpinal: background(
    0.45,
    0.85,
    "with the way up to the head: CL about 0.5 mL/min, from memory; 0.22 to 1.33 in four people was read (BF00265844)",
    "a ratio of 6 between the ends of four people, which are 2.06 deviations apart on average (BF00265844)",
  ),
  csfRatio: choice(0.2, 0.2, "little baclofen by mouth reaches the fluid"),
  volumePlasma: derived(411, 0.25, "Vc/F 28.8 L (PMID 4028618), over 70 kg"),
  clearancePlasma: derived(2.57, 0.25, "CL/F 180 mL/min (PMID 4028618), over 70 kg"),
  volumeTissue: derived(281, 0.25, "Vc/F, CL/F, alpha 1.29 /h and beta 0.191 /h (PMID 4028618)"),
  flowTissue: derived(3.1, 0.25, "Vc/F, CL/F, alpha 1.29 /h and beta 0.191 /h (PMID 4028618)"),
  oralPart: choice(1, 0, "volumes and clearances are those over F"),
  cordHalfLife: derived(
    360,
    0.3,
    "peak of the effect 4 h after a bolus (clustermed.info), with a half-life of 1.5 h in the fluid from memory",
  ),
  brainHalfLife: choice(120, 0.3, "as morphine"),
  cordPlasma: choice(0.1, 0.3, "by mouth plasma is 100 times as high (druglib.com), and it helps less"),
  brainPlasma: choice(0.2, 0.2, "as the fluid"),
  painEc50: none(NO_EFFECT),
  breathEc50: none("drowsiness and not the opioid's way"),
  sedationEc50: choice(600, 0.5, "drowsiness with large doses"),
  itchEc50: none(NO_EFFECT),
  spasmEc50: choice(130, 0.5, "50 to 100 ug helped 12 of 12 people (PMC4693571)"),
  mme: none(NO_EFFECT),
};

const ZICONOTIDE: DrugTable = {
  ...MORPHINE,
  name: "ziconotide",
  class: CLASS_NONE,
  sourceAge: TYPICAL_AGE,
  fluidFactor: derived(1.75, 0.1, "median of Vd 155 +- 263 mL, n = 23, taken as lognormal: 79 mL (rxlist.com)"),
  apparent: choice(
    1,
    1.1,
    "clearance and volume vary together, so what varies is the part of a dose that a sample sees",
    "CL 0.38 +- 0.56 mL/min and Vd 155 +- 263 mL with a half-life of 4.6 +- 0.9 h, n = 23 (rxlist.com)",
  ),
  clearanceSpinal: derived(
    0.18,
    0.2,
    "with the way up to the head: median of CL 0.38 +- 0.56 mL/min, n = 23, taken as lognormal: 0.21 (rxlist.com)",
    "half-life 4.6 +- 0.9 h, n = 23 (rxlist.com)",
  ),
  csfRatio: choice(0.05, 0, "a peptide hardly leaves plasma for the fluid"),
  volumePlasma: derived(436, 0.25, "30.5 L, n = 21 (rxlist.com), over 70 kg"),
  clearancePlasma: derived(3.86, 0.3, "270 mL/min, n = 21 (rxlist.com), over 70 kg"),
  volumeTissue: choice(1, 0, "one compartment in plasma"),
  flowTissue: choice(0.01, 0, "one compartment in plasma"),
  oralPart: none(NOT_ORAL),
  cordHalfLife: choice(480, 0.3, "the greatest effect may lag about 24 h (rxlist.com)"),
  cordPlasma: none(NO_EFFECT),
  brainPlasma: none(NO_EFFECT),
  painEc50: choice(53, 0.5, "doses from 2.4 to 19.2 ug/day (renalandurologynews.com)"),
  breathEc50: none(NO_EFFECT),
  sedationEc50: choice(20, 0.5, "dizziness and confusion limit the dose"),
  itchEc50: none(NO_EFFECT),
  mme: none(NO_EFFECT),
};

const BUPIVACAINE: DrugTable = {
  ...MORPHINE,
  name: "bupivacaine",
  class: CLASS_NONE,
  sourceAge: TYPICAL_AGE,
  fluidFactor: choice(
    1.5,
    0.5,
    "17.5 to 20 mg: 26 to 781 ug/mL at 5 to 45 min, six-fold at one level of block (BJA 2009;102:832)",
  ),
  clearanceSpinal: choice(0.5, 0.4, "half-life 2 to 3 h, from memory; none could be computed (BJA 2009;102:832)"),
  csfRatio: choice(0.05, 0, "bound in plasma"),
  volumePlasma: background(300, 0.3, "i.v. kinetics"),
  clearancePlasma: background(8, 0.3, "i.v. kinetics"),
  volumeTissue: background(700, 0.3, "i.v. kinetics"),
  flowTissue: background(10, 0.3, "i.v. kinetics"),
  oralPart: none(NOT_ORAL),
  cordHalfLife: choice(10, 0.3, "a block sets in within minutes"),
  cordPlasma: none(NO_EFFECT),
  brainPlasma: none(NO_EFFECT),
  painEc50: choice(
    20_000,
    0.5,
    "6 to 20 mg/day are given beside opioids (aneskey.com); weakness was seen from 6 mg/day, which is left out",
  ),
  breathEc50: none(NO_EFFECT),
  sedationEc50: none(NO_EFFECT),
  itchEc50: none(NO_EFFECT),
  mme: none(NO_EFFECT),
};

const CLONIDINE: DrugTable = {
  ...MORPHINE,
  name: "clonidine",
  class: CLASS_NONE,
  sourceAge: TYPICAL_AGE,
  fluidFactor: choice(2, 0.3, "lipophilic"),
  clearanceSpinal: derived(2.2, 0.4, "half-life 26 min in pigs, not in people (ujms.net 6917)"),
  csfRatio: choice(0.5, 0, "passes freely"),
  volumePlasma: background(700, 0.3, "i.v. kinetics"),
  clearancePlasma: background(3.1, 0.3, "i.v. kinetics"),
  volumeTissue: background(1400, 0.3, "i.v. kinetics"),
  flowTissue: background(20, 0.3, "i.v. kinetics"),
  oralPart: background(0.8, 0.1, "bioavailability by mouth"),
  cordHalfLife: choice(20, 0.3, "onset within half an hour"),
  cordPlasma: choice(5, 0.3, "spinal action in the main"),
  brainPlasma: choice(1, 0.2, "passes freely"),
  painEc50: choice(200, 0.5, "doses of PACC from memory, 20 to 600 ug/day"),
  breathEc50: none(NO_EFFECT),
  sedationEc50: choice(30, 0.5, "sedation is frequent"),
  itchEc50: none(NO_EFFECT),
  mme: none(NO_EFFECT),
};

const FENTANYL: DrugTable = {
  ...MORPHINE,
  name: "fentanyl",
  sourceAge: TYPICAL_AGE,
  fluidFactor: choice(3, 0.3, "lipophilic: bound in cord and fat"),
  clearanceSpinal: choice(3, 0.4, "cleared to epidural fat in pigs (Ummenhofer 2000)"),
  csfRatio: choice(0.4, 0.2, "unbound part in plasma"),
  volumePlasma: background(700, 0.3, "i.v. kinetics"),
  clearancePlasma: background(12, 0.3, "i.v. kinetics"),
  volumeTissue: background(3300, 0.3, "i.v. kinetics"),
  flowTissue: background(30, 0.3, "i.v. kinetics"),
  cordHalfLife: choice(6, 0.3, "onset within minutes"),
  brainHalfLife: choice(10, 0.3, "onset within minutes"),
  cordPlasma: choice(1.5, 0.3, "acts from plasma as well"),
  brainPlasma: choice(3, 0.2, "acts from plasma as well"),
  painEc50: choice(8, 0.5, "doses of PACC from memory, 25 to 1,000 ug/day"),
  breathEc50: choice(6, 0.4, "C50 in plasma about 2 ng/mL, from memory"),
  sedationEc50: choice(20, 0.5, "as morphine by potency"),
  itchEc50: choice(10, 0.8, "as morphine by potency"),
  oralPart: none(NOT_ORAL),
  mme: none(NOT_ORAL),
};

const SUFENTANIL: DrugTable = {
  ...FENTANYL,
  name: "sufentanil",
  fluidFactor: choice(5, 0.3, "large volume in the cord of pigs (Ummenhofer 2000)"),
  volumePlasma: derived(204, 0.3, "central volume 14.3 L (Gepts 1995, PMID 8533912), over 70 kg"),
  clearancePlasma: read(12.7, 0.3, "12.7 mL/min/kg, 10 people (Bovill 1984, Anesthesiology 61:502)"),
  volumeTissue: derived(1500, 0.3, "Vss 1.7 L/kg (Bovill 1984, Anesthesiology 61:502) less the central part"),
  flowTissue: derived(22, 0.3, "rapid distribution clearance 1.55 L/min (Gepts 1995, PMID 8533912), over 70 kg"),
  painEc50: choice(1.14, 0.5, "fentanyl with a potency of 7"),
  breathEc50: choice(0.86, 0.4, "fentanyl with a potency of 7"),
  sedationEc50: choice(2.86, 0.5, "fentanyl with a potency of 7"),
  itchEc50: choice(1.43, 0.8, "fentanyl with a potency of 7"),
};

export const DRUG_TABLE: readonly DrugTable[] = [
  ...[MORPHINE, HYDROMORPHONE, FENTANYL, SUFENTANIL],
  ...[BUPIVACAINE, CLONIDINE, ZICONOTIDE, BACLOFEN],
];

/** The drugs that the patient knows. */
export const PATIENT_DRUGS: readonly string[] = DRUG_TABLE.map(({ name }) => name);
