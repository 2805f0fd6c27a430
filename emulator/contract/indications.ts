// Candidates for an intrathecal pump by indication (PAT-5): what a file leaves out about its patient, with the source of each
// figure, and the published contraindications, which a scenario's language turns into warnings and never into a refusal.
// `read` means that the figure stood in the source's abstract or table; `choice` is this project's. No figure predicts anybody.

export interface IndicationRow {
  name: string;
  does: string;
  /** The complaint by which a trial and a clinician measure: pain (0 to 10) or spasticity (mean Ashworth score). */
  complaint: "pain" | "spasticity";
  age: number;
  /** Untreated: pain 0 to 10, mean Ashworth score 1 to 5, Penn spasm frequency 0 to 4. */
  pain: number;
  ashworth: number;
  spasms: number;
  source: string;
}

/** Nobody without spasticity: an Ashworth score of 1 is the tone of the healthy. */
const NO_SPASTICITY = { ashworth: 1, spasms: 0 };

export const INDICATION_ROWS: readonly IndicationRow[] = [
  {
    name: "spine_pain",
    does: "Chronic pain of the spine without surgery that failed",
    complaint: "pain",
    age: 58,
    pain: 7.9,
    ...NO_SPASTICITY,
    source: "Anderson 1999, 30 people, most with pain of back or leg: 78.5 of 100, 58 years (read, Cochrane CD006605)",
  },
  {
    name: "failed_back_surgery",
    does: "Pain that stays after surgery of the spine",
    complaint: "pain",
    age: 58,
    pain: 7.9,
    ...NO_SPASTICITY,
    source: "Anderson 1999, 47 % of them after failed back surgery (read); Lara 2011 had 9.5 in 30 people (read)",
  },
  {
    name: "cancer",
    does: "Pain of cancer in spite of opioids by mouth",
    complaint: "pain",
    age: 56,
    pain: 7.6,
    ...NO_SPASTICITY,
    source:
      "Smith 2002, 202 people: 7.57 in the arm with a pump (read, PMID 12351602); 56.2 years (read, medtronic.com on that trial)",
  },
  {
    name: "peripheral_nerve_injury",
    does: "Neuropathic pain after an injury of a peripheral nerve",
    complaint: "pain",
    age: 50,
    pain: 7.5,
    ...NO_SPASTICITY,
    source: "no series with a baseline was found: choice",
  },
  {
    name: "crps",
    does: "Complex regional pain syndrome, formerly reflex sympathetic dystrophy",
    complaint: "pain",
    age: 42,
    pain: 7.5,
    ...NO_SPASTICITY,
    source: "no series with a baseline was found: choice",
  },
  {
    name: "ms_spasticity",
    does: "Spasticity of multiple sclerosis in spite of baclofen by mouth",
    complaint: "spasticity",
    age: 42,
    pain: 3,
    ashworth: 4,
    spasms: 3.3,
    source:
      "Penn 1989, 20 people with multiple sclerosis or an injured cord: Ashworth 4.0, spasms 3.3 (read, NEJM 320:1517); age and pain: choice",
  },
  {
    name: "cp_spasticity",
    does: "Spasticity of cerebral palsy",
    complaint: "spasticity",
    age: 16,
    pain: 2,
    ashworth: 3.6,
    spasms: 1.4,
    source:
      "Gilmartin 2000, 51 people: Ashworth of the legs 3.64 (read, J Child Neurol 15:71); Meythaler 2001, 13 people: spasms 1.4 (read); age and pain: choice",
  },
];

export const INDICATION_NAMES: readonly string[] = INDICATION_ROWS.map(({ name }) => name);

export function indicationRow(name: string): IndicationRow {
  const row = INDICATION_ROWS.find((each) => each.name === name);
  if (row === undefined) throw new RangeError(`no indication is called ${name}`);
  return row;
}

export interface ConditionRow {
  name: string;
  does: string;
  /** The drugs with which the condition is a contraindication; null: with every drug and with the puncture itself. */
  drugs: readonly string[] | null;
  source: string;
}

/** Drugs that depress breathing by the opioid receptor. */
export const OPIOIDS: readonly string[] = ["morphine", "hydromorphone", "fentanyl", "sufentanil"];

export const CONDITION_ROWS: readonly ConditionRow[] = [
  {
    name: "infection",
    does: "An infection, of the blood or where needle and pump would go",
    drugs: null,
    source:
      "selection criteria for intrathecal delivery: no sepsis (read, functionalneuro.surgery); other infections: background",
  },
  {
    name: "coagulopathy",
    does: "Blood that does not clot, by disease or by a drug",
    drugs: null,
    source: "selection criteria for intrathecal delivery: no coagulopathy (read, functionalneuro.surgery)",
  },
  {
    name: "sleep_apnoea",
    does: "Breathing that stops in sleep",
    drugs: OPIOIDS,
    source: "consensus papers on deaths under intrathecal opioids (PACC 2012, 2017): background",
  },
  {
    name: "psychosis",
    does: "A history of psychosis",
    drugs: ["ziconotide"],
    source: "no ziconotide with a history of psychosis: background",
  },
];

export const CONDITION_NAMES: readonly string[] = CONDITION_ROWS.map(({ name }) => name);
