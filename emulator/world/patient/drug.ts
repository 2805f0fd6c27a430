// The figures of one drug in one person, as the fluid and the effects read them: indices into a row of DRUG_FIGURES doubles. The
// table with names, values and sources is `drug-table.ts`, in the same order. Volumes are mL, flows and clearances mL/min, rates
// 1/min, concentrations ng/mL. A figure of 0 among the EC50s means that the drug does not have the effect.

/** Volumes of distribution of the four cells of fluid. */
export const V_TIP: i32 = 0;
export const V_LUMBAR: i32 = 1;
export const V_THORACIC: i32 = 2;
export const V_CISTERNAL: i32 = 3;
/** Clearances from the four cells to plasma. */
export const CL_TIP: i32 = 4;
export const CL_LUMBAR: i32 = 5;
export const CL_THORACIC: i32 = 6;
export const CL_CISTERNAL: i32 = 7;
/** Exchange between neighbours. */
export const Q_TIP: i32 = 8;
export const Q_SPINAL: i32 = 9;
export const Q_ROSTRAL: i32 = 10;
/** Concentration in the fluid over that in plasma, when drug comes from plasma alone. */
export const CSF_RATIO: i32 = 11;
export const V_PLASMA: i32 = 12;
export const CL_PLASMA: i32 = 13;
export const V_TISSUE: i32 = 14;
export const Q_TISSUE: i32 = 15;
/** The part of an oral dose that reaches plasma, and its rate of absorption; the rate at which a depot under the skin empties. */
export const ORAL_PART: i32 = 16;
export const ORAL_RATE: i32 = 17;
export const POCKET_RATE: i32 = 18;
/** Rates at which the effect sites follow. */
export const KE0_CORD: i32 = 19;
export const KE0_BRAIN: i32 = 20;
/** The worth of a ng/mL in plasma at the effect sites, in ng/mL of the fluid beside them. */
export const CORD_PLASMA: i32 = 21;
export const BRAIN_PLASMA: i32 = 22;
/** Concentrations of half the greatest effect, without tolerance, at the site that the effect comes from. */
export const EC50_PAIN: i32 = 23;
export const EC50_BREATH: i32 = 24;
export const EC50_SEDATION: i32 = 25;
export const EC50_ITCH: i32 = 26;
export const EC50_SPASM: i32 = 27;
/** The receptors by which tolerance, dependence and withdrawal are shared between drugs: a CLASS_ code. */
export const CLASS: i32 = 28;
/** mg of oral morphine that one mg by mouth is worth. */
export const MME: i32 = 29;
/** Exchange between the near-tip cell and the thoracic fluid, of a tip above the lumbar cistern. */
export const Q_TIP_THORACIC: i32 = 30;
export const DRUG_FIGURES: i32 = 31;

export const CLASS_NONE: f64 = 0;
export const CLASS_OPIOID: f64 = 1;
export const CLASS_GABA: f64 = 2;
