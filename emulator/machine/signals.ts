// The published signals, each with its unit and how to read it from a machine. `motor.pulses`, `motor.motion`,
// `reservoir.level_nl`, `link`, `battery`, `head` and `catheter` are measured on the board and in the world. The controller's
// own values come from its trace channels, and stay 0 for a controller that publishes none. `alarm.active` has bit n set while
// alarm n is active. A machine with a patient has the signals of the patient too: concentrations and oral doses by drug for the drugs
// that may reach the person, and without a drug's name for the first of them. They change at the first moment of a minute. The
// signals of EVENT_SIGNAL_NAMES are made from the events of a run and cannot be read from a machine.

import { ALARMS } from "../../hal/alarms";
import {
  CHANNEL_ALARMS,
  CHANNEL_ESTIMATE,
  CHANNEL_INTENDED,
  CHANNEL_LENGTH0,
  CHANNEL_LENGTH1,
  CHANNEL_LENGTH2,
  CHANNEL_LENGTH3,
  CHANNEL_LIFE,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_LIMIT2,
  CHANNEL_LIMIT3,
  CHANNEL_MODE,
  CHANNEL_RATE,
  CHANNEL_WINDOW0,
  CHANNEL_WINDOW1,
  CHANNEL_WINDOW2,
  CHANNEL_WINDOW3,
} from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import type { Board } from "../board/board";
import { BRAIN, CISTERNAL, CORD, LUMBAR, PLASMA, TIP } from "../world/patient/fluid";
import { DRUG_TABLE } from "../world/patient/drug-table";
import type { Patient } from "../world/patient/patient";
import { type PatientSetup, slotNames } from "../world/patient/setup";
import type { World } from "../world/world";
import { inUlPerDay, NG_PER_MG } from "../amounts";
import { alarmName } from "../contract/alarms";
import { LIFE_LIST, MODE_LIST, TONE_LIST, type CodeList } from "../contract/codes";

/** The parts of a machine from which signals are read. */
export interface Measured {
  readonly board: Board;
  readonly world: World;
  /** Null for a machine without a person. */
  readonly patient: Patient | null;
}

/** The words behind a value. Viewers that show text or single lines show these. */
export type Meaning =
  /** The value is an amount or a count. */
  | { kind: "number" }
  /** The value is 0 or 1. */
  | { kind: "switch" }
  /** The value n stands for `names[n]`. */
  | { kind: "code"; names: readonly string[] }
  /** Bit n of the value stands for `names[n]`. */
  | { kind: "bits"; names: readonly string[] }
  /** The value n is the text `names[n]`, and no number by itself. */
  | { kind: "text"; names: readonly string[] };

export interface Signal {
  /** `part.signal`; the published name. */
  name: string;
  /** Unit of the value, empty for counts and codes. */
  unit: string;
  /** Bounds that no value passes; `most` is left out where the part has none. */
  least: number;
  most?: number;
  /** True when every value is a whole number. */
  whole: boolean;
  /** Absent for an amount or a count. */
  meaning?: Meaning;
  read(machine: Measured): number;
}

const ANY = { least: -Infinity, whole: false };
const AMOUNT = { least: 0, whole: false };
const COUNT = { least: 0, whole: true };
const SWITCH = { least: 0, most: 1, whole: true, meaning: { kind: "switch" } } as const;
const ALARM_BITS = {
  ...{ least: 0, most: (1 << ALARMS) - 1, whole: true },
  meaning: { kind: "bits", names: Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm)) },
} as const;

/** A signal whose values are the codes of that list, which begins at 0 and has no gaps. */
function codes({ rows }: CodeList) {
  const names = rows.map(({ name }) => name);
  return { least: 0, most: names.length - 1, whole: true, meaning: { kind: "code", names } } as const;
}

export const SIGNALS: readonly Signal[] = [
  { name: "motor.pulses", unit: "", ...COUNT, read: (m) => m.board.motor.pulses },
  { name: "motor.motion", unit: "", least: -Infinity, whole: true, read: (m) => m.board.motor.steps },
  { name: "motor.rate_ulPerDay", unit: "uL/day", ...AMOUNT, read: (m) => inUlPerDay(channel(m, CHANNEL_RATE)) },
  { name: "motor.intended_ulPerDay", unit: "uL/day", ...AMOUNT, read: (m) => inUlPerDay(channel(m, CHANNEL_INTENDED)) },
  { name: "reservoir.level_nl", unit: "nL", ...AMOUNT, read: (m) => m.world.reservoir.volume_nl },
  { name: "reservoir.estimate_nl", unit: "nL", ...ANY, read: (m) => channel(m, CHANNEL_ESTIMATE) * PULSE_NL },
  { name: "reservoir.pressure_mmHg", unit: "mmHg", ...ANY, read: (m) => m.world.gauge_mmHg() },
  { name: "limiter.window0_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_WINDOW0) * PULSE_NL },
  { name: "limiter.window1_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_WINDOW1) * PULSE_NL },
  { name: "limiter.window2_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_WINDOW2) * PULSE_NL },
  { name: "limiter.window3_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_WINDOW3) * PULSE_NL },
  { name: "limiter.limit0_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_LIMIT0) * PULSE_NL },
  { name: "limiter.limit1_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_LIMIT1) * PULSE_NL },
  { name: "limiter.limit2_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_LIMIT2) * PULSE_NL },
  { name: "limiter.limit3_nl", unit: "nL", ...COUNT, read: (m) => channel(m, CHANNEL_LIMIT3) * PULSE_NL },
  { name: "limiter.length0_min", unit: "min", ...COUNT, read: (m) => channel(m, CHANNEL_LENGTH0) },
  { name: "limiter.length1_min", unit: "min", ...COUNT, read: (m) => channel(m, CHANNEL_LENGTH1) },
  { name: "limiter.length2_min", unit: "min", ...COUNT, read: (m) => channel(m, CHANNEL_LENGTH2) },
  { name: "limiter.length3_min", unit: "min", ...COUNT, read: (m) => channel(m, CHANNEL_LENGTH3) },
  { name: "alarm.active", unit: "", ...ALARM_BITS, read: (m) => channel(m, CHANNEL_ALARMS) },
  { name: "therapy.mode", unit: "", ...codes(MODE_LIST), read: (m) => channel(m, CHANNEL_MODE) },
  { name: "link.rx_bytes", unit: "", ...COUNT, read: (m) => m.board.link.rxBytes },
  { name: "link.tx_bytes", unit: "", ...COUNT, read: (m) => m.board.link.txBytes },
  { name: "battery.cell_mv", unit: "mV", ...AMOUNT, read: (m) => m.board.battery.voltage_mv },
  { name: "sounder.tone", unit: "", ...codes(TONE_LIST), read: (m) => m.board.sounder.heard() },
  { name: "guard.tripped", unit: "", ...SWITCH, read: (m) => Number(m.board.guard.open) },
  { name: "head.delivered_nl", unit: "nL", ...ANY, read: (m) => m.world.delivered_nl },
  { name: "catheter.tip_nl", unit: "nL", ...ANY, read: (m) => m.world.catheter.tip_nl },
  { name: "catheter.pressure_mmHg", unit: "mmHg", ...ANY, read: (m) => m.world.catheter.pressure_mmHg() },
  { name: "thermometer.case_mC", unit: "mC", ...ANY, read: (m) => m.board.thermometer.case_mC },
  { name: "pump.life", unit: "", ...codes(LIFE_LIST), read: (m) => channel(m, CHANNEL_LIFE) },
];

/** How many events there have been, and the names of the last tick's that had any. */
export const EVENT_SIGNAL_NAMES = ["event.count", "event.last"] as const;

const scale = (least: number, most: number) => ({ least, most, whole: false });
const grade = (most: number) => ({ least: 0, most, whole: true });

/** A signal of the patient; 0 on a machine without one. */
function ofPatient(
  name: string,
  unit: string,
  bounds: Pick<Signal, "least" | "most" | "whole">,
  read: (patient: Patient) => number,
): Signal {
  return { name: `patient.${name}`, unit, ...bounds, read: ({ patient }) => (patient ? read(patient) : 0) };
}

const PERSON_SIGNALS: readonly Signal[] = [
  ofPatient("pain", "", scale(0, 10), ({ effects }) => effects.pain),
  ofPatient("pain_report", "", grade(10), ({ habits }) => habits.report),
  ofPatient("ashworth", "", scale(1, 5), ({ effects }) => effects.ashworth),
  ofPatient("spasms", "", scale(0, 4), ({ effects }) => effects.spasms),
  ofPatient("ventilation", "", AMOUNT, ({ effects }) => effects.ventilation),
  ofPatient("ventilatory_response", "", AMOUNT, ({ effects }) => effects.gain),
  ofPatient("activity", "%", scale(0, 100), ({ habits }) => habits.activity),
  ofPatient("withdrawal", "", grade(3), ({ effects }) => effects.withdrawal()),
  ofPatient("sedation", "", scale(0, 3), ({ effects }) => effects.sedation),
  ofPatient("itch", "", scale(0, 3), ({ effects }) => effects.itch),
  ofPatient("pulse", "1/min", AMOUNT, ({ effects }) => effects.pulse),
  ofPatient("temperature_c", "C", AMOUNT, ({ effects }) => effects.temperature_c),
  ofPatient("oral_mme", "mg/day", AMOUNT, ({ habits, fluid }) => habits.mme(fluid)),
];

const CONCENTRATIONS: readonly [name: string, state: number][] = [
  ["csf_tip_ngPerMl", TIP],
  ["csf_lumbar_ngPerMl", LUMBAR],
  ["csf_cisternal_ngPerMl", CISTERNAL],
  ["plasma_ngPerMl", PLASMA],
  ["cord_ngPerMl", CORD],
  ["brain_ngPerMl", BRAIN],
];

/** The concentrations of the drug in `slot`, its name at the end, or without one. */
function concentrationsOf(slot: number, end: string): Signal[] {
  return CONCENTRATIONS.map(([name, state]) =>
    ofPatient(name + end, "ng/mL", AMOUNT, ({ fluid }) => (slot < fluid.slots ? fluid.concentration(slot, state) : 0)),
  );
}

function signalsOfDrug(name: string, slot: number): Signal[] {
  return [
    ...concentrationsOf(slot, `.${name}`),
    ofPatient(`oral_mg.${name}`, "mg/day", AMOUNT, ({ habits }) => habits.daily_ng[slot] / NG_PER_MG),
  ];
}

/** The signals of a patient whom these drugs may reach, by slot. */
export function patientSignals(drugs: readonly string[]): readonly Signal[] {
  return [...PERSON_SIGNALS, ...concentrationsOf(0, ""), ...drugs.flatMap(signalsOfDrug)];
}

/** The signals of a machine with that patient, or with nobody. */
export function signalsWith(patient: Pick<PatientSetup, "drugs" | "oral"> | undefined): readonly Signal[] {
  return patient ? [...SIGNALS, ...patientSignals(slotNames(patient))] : SIGNALS;
}

/** Every signal that some machine has, with the concentrations of every drug of which the patient's model knows. */
export const EVERY_SIGNAL: readonly Signal[] = [...SIGNALS, ...patientSignals(DRUG_TABLE.map(({ name }) => name))];

function channel(machine: Measured, index: number): number {
  return machine.board.trace.channels[index];
}
