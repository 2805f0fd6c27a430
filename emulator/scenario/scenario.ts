// A scenario as the engine trusts it: parsed, checked and in the engine's own units. `load.ts` makes it from YAML, and
// `run/run.ts` carries it out. Volumes are in nanolitres, times in ticks of 10 ms from the start, and concentrations in
// ng/nL, which is the same number as mg/mL.

import type { Program } from "../telemetry/program";
import type { PatientSetup } from "../world/patient/setup";

export type { Program };

/** A place in a scenario's file, for messages. Line and column count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Drug {
  name: string;
  /** mg/mL = ug/uL = ng/nL. */
  concentration_mgPerMl: number;
}

export interface Pump {
  model: "implant-20" | "implant-40" | "external-trial";
  capacity_nl: number;
  fill_nl: number;
  catheter: { length_cm: number; volume_nlPerCm: number };
  state: "new" | "primed";
  /** Errors of the pump's own head as fractions: 0.02 is 2 %. */
  unit: { bias: number; ripple: number };
  /** Default in_service: the pump is implanted, filled and programmed at the start. */
  life?: "shelf" | "in_service";
}

/** The person behind the catheter's tip, as the model takes it, and the indication for the pump. */
export interface Patient extends PatientSetup {
  indication: string;
}

/** The visits of a clinician, who changes the daily dose by what the patient reports. */
export interface Titration {
  every_ticks: number;
  /** The score that is measured, and its highest mean that is good enough. */
  aim: { score: "pain" | "ashworth" | "spasms"; most: number };
  /** Change of the basal at a visit, as a fraction. */
  step: number;
  /** The basal never gives more of the primary drug, ng/day. */
  most_ngPerDay: number;
}

/** The screening of a patient, who reports for `baseline_ticks` without the drug and for `for_ticks` with it. */
export interface Trial {
  kind: "single_shot" | "injections" | "infusion";
  baseline_ticks: number;
  for_ticks: number;
  /** The score that is measured, and its least fall for a success: as a fraction, or in points of the score. */
  score: "pain" | "ashworth";
  rule: { fraction: number } | { points: number };
}

/** The clinician's answer when the pump asks whether a program is intended: CONFIRM_ bits and a REASON_ code. */
export interface Consent {
  confirm: number;
  reason: number;
}

export type Action =
  | { do: "patient_bolus" }
  | { do: "clinician_bolus"; pulses: number; duration_s: number }
  | { do: "program"; program: Program; consent?: Consent }
  /** `confirmed`: the clinician intends a prime of more than the recorded path holds. */
  | { do: "prime"; pulses: number; confirmed: boolean }
  /** `oldConcentration` is in 0.1 ug/mL. */
  | { do: "bridge"; oldConcentration: number; pulses: number }
  | { do: "stop" }
  | { do: "start" }
  /**
   * `aspirate_nl` null: everything is taken out. `drugs` null: the drugs are those of before. `accept`: the pump records the
   * refill even if the aspirated volume differs from its estimate; default true.
   */
  | { do: "refill"; aspirate_nl: number | null; fill_nl: number; drugs: Drug[] | null; accept?: boolean }
  /** Needles of which the pump is not told. `drugs` null: those in the reservoir. */
  | { do: "tap"; volume_nl: number }
  | { do: "top_up"; volume_nl: number; drugs: Drug[] | null }
  /** `drug_ng`: the amount of each of the file's drugs. */
  | { do: "port_injection"; volume_nl: number; drug_ng: number[] }
  | { do: "port_aspiration"; volume_nl: number }
  /** A lumbar puncture: `dose_ng` of the file's drug of that index goes into the fluid. */
  | { do: "inject"; drug: number; dose_ng: number; volume_nl: number }
  /** The trial pump is taken away, and an implant of that model takes its place. `drugs` null: those of before. */
  | { do: "convert"; model: "implant-20" | "implant-40"; capacity_nl: number; fill_nl: number; drugs: Drug[] | null }
  /** `wallMinute` counts minutes since 2000-01-01T00:00. */
  | { do: "set_clock"; wallMinute: number }
  | { do: "acknowledge"; alarm: number }
  | { do: "interrogate" }
  | { do: "self_test" }
  /** A value of the machine becomes another one, as a debugger does it. */
  | { do: "set"; symbol: string; value: number }
  /** `purged`: the purge was seen before. */
  | { do: "implant"; purged: boolean }
  | { do: "explant" };

export interface FaultEntry {
  /** Name of the fault in the fault table, with its variant: `link.drop`, `reservoir_sensor.stuck`. */
  fault: string;
  /** Null for a fault that lasts to the end of the run, and for a momentary one. */
  for_ticks: number | null;
  /** The fault's one number in the unit that its row of the table names, else 0. */
  parameter: number;
  /** The dotted path of the field of a `ram_flip`; null for other faults. */
  field: string | null;
}

export type TimelineEntry = { at_ticks: number; place: Place } & ({ action: Action } | { fault: FaultEntry });

/** Stands for no bound in an expectation: JSON has no infinity. */
export const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/** The unit in which an expectation is written, and its size in the unit of the bounds. */
export interface Shown {
  unit: string;
  size: number;
}

export type Expectation = { text: string; place: Place } & (
  | { kind: "delivered"; from_ticks: number; to_ticks: number; least_nl: number; most_nl: number; shown: Shown }
  /** The drug that left the catheter's tip. */
  | {
      kind: "dose";
      drug: string;
      from_ticks: number;
      to_ticks: number;
      least_ug: number;
      most_ug: number;
      shown: Shown;
    }
  | {
      kind: "event";
      name: string;
      fields: Record<string, string | number>;
      from_ticks: number;
      to_ticks: number;
      least: number;
      most: number;
    }
  | {
      kind: "alarm";
      name: string;
      raised: { from_ticks: number; to_ticks: number } | null;
      cleared: { from_ticks: number; to_ticks: number } | null;
    }
  | { kind: "signal"; name: string; from_ticks: number; to_ticks: number; min: number | null; max: number | null }
  /** A harm begins, and one of its alarms names it in its time or none does. `hazard` is an id of docs/hazards.json. */
  | { kind: "harm"; name: string; reported: boolean; from_ticks: number; to_ticks: number; hazard: string | null }
  | { kind: "never"; alarm: string }
  | { kind: "never"; event: string; fields: Record<string, string | number> }
);

/** The tick in which the commissioning begins, a tenth of a second after power-up: the reference controller's self-test is over. */
export const COMMISSION_TICK = 10;

/**
 * True when the scenario's people commission its pump: at the start or, for a trial by infusion, when the trial begins. Before any
 * other trial nobody has a pump.
 */
export function isCommissioned({ commission, trial }: Scenario): boolean {
  return commission !== "none" && (trial === undefined || trial.kind === "infusion");
}

export interface Scenario {
  name: string;
  file: string;
  /** Minutes since 2000-01-01T00:00, and the seconds beyond. */
  start: { minute: number; second: number };
  duration_ticks: number;
  seed: number;
  /** The path of the controller, and the gear, unless the command has others; absent for the defaults. */
  controller?: string;
  gear?: "leap" | "lockstep";
  pump: Pump;
  /** none: nobody pairs, fills or programs the pump at the start. Absent: its people do. */
  commission?: "none";
  drugs: Drug[];
  /** The person behind the catheter's tip, and the people beside it; absent where nobody is there. */
  patient?: Patient;
  titration?: Titration;
  trial?: Trial;
  /** Of a scenario without a prescription: a pump that is stopped. */
  program: Program;
  /** The answer to the pump's question about that program; by default nothing is confirmed. */
  consent?: Consent;
  timeline: TimelineEntry[];
  expect: Expectation[];
  /** In the order of the file; absent for a scenario that comes from no file. */
  warnings?: Warning[];
}

/** Something in a scenario's file that is allowed and probably not meant. Line and column count from 1. */
export interface Warning {
  text: string;
  line: number;
  column: number;
}

/** A problem in a scenario's file. The message begins with its place. */
export class ScenarioError extends Error {
  readonly place: Place | null;
  /** The warnings of the same file. */
  readonly warnings: readonly Warning[];

  constructor(message: string, place: Place | null, warnings: readonly Warning[] = []) {
    super(place ? `${place.file}:${place.line}:${place.column}: ${message}` : message);
    this.name = "ScenarioError";
    this.place = place;
    this.warnings = warnings;
  }
}
