// The one place where dose becomes volume and volume becomes pulses. Everything is an exact fraction until the program
// record's integers, and those are rounded to the safe side, stated here: rate down to 0.01 uL/day, bolus and limits
// down to whole pulses of 250 nL, `low_reservoir` up to whole pulses (it warns earlier), bolus duration up to whole
// seconds (slower), lockout up to whole minutes (longer). Doses outside the therapeutic range are not judged here: the
// firmware refuses those, and a scenario may want to see it do so. What is refused is what the record cannot hold.

import Fraction from "fraction.js";
import { PULSE_NL, RATE_UNIT_NL_PER_DAY } from "../../hal/units";
import type { Quantity } from "./quantity";
import type { Action, Program } from "./scenario";
import type { Prescription } from "./schema";

/** Notes a problem at a path below the thing being converted. */
export type Refuse = (path: readonly (string | number)[], message: string) => void;

/** An amount of drug, written in one of two ways. */
interface Amount {
  dose?: Quantity | undefined;
  volume?: Quantity | undefined;
}

const U16_MOST = 65_535;
const U32_MOST = 4_294_967_295;

/** 2 mL, where the file says nothing. */
const LOW_RESERVOIR_NL = new Fraction(2_000_000);

/** nL of a volume, or of a dose (ng) at a concentration (ng/nL, above 0); of a rate or dose rate: nL/day. Exact. */
export function toVolume_nl(quantity: Quantity, concentration: Fraction): Fraction {
  const isDose = quantity.kind === "dose" || quantity.kind === "doseRate";
  return isDose ? quantity.value.div(concentration) : quantity.value;
}

/** Whole pulses in a volume in nL, rounded down: never more than asked. */
function pulsesDown(volume_nl: Fraction): number {
  return volume_nl.div(PULSE_NL).floor().valueOf();
}

/** Whole pulses that cover a volume in nL, rounded up: for thresholds that warn. */
function pulsesUp(volume_nl: Fraction): number {
  return volume_nl.div(PULSE_NL).ceil().valueOf();
}

/**
 * The program record that a prescription asks for, at the primary drug's concentration (ng/nL = mg/mL). Calls `refuse`
 * for each value that the record cannot hold; the result then means nothing.
 */
export function toProgram(prescription: Prescription, concentration: Fraction, refuse: Refuse): Program {
  const { basal, patient_bolus: bolus, limits = [], low_reservoir: low } = prescription;
  return {
    mode: basal.mode,
    rate: basal.mode === "continuous" ? toRate(basal, concentration, refuse) : 0,
    bolus: bolus
      ? {
          pulses: toPulses(bolus, concentration, U16_MOST, "a bolus", below(refuse, "patient_bolus")),
          duration_s: roundedUp(bolus.duration, 1000, "s", U16_MOST, below(refuse, "patient_bolus", "duration")),
          lockout_min: roundedUp(bolus.lockout, 60_000, "min", U16_MOST, below(refuse, "patient_bolus", "lockout")),
          per24h: bolus.per_24h,
        }
      : null,
    limits: limits.map((limit, i) => ({
      pulses: toPulses(limit, concentration, U32_MOST, "a limit", below(refuse, "limits", i)),
      window_min: toWindow(limit.window, below(refuse, "limits", i, "window")),
    })),
    low_pulses: toLowPulses(low, below(refuse, "low_reservoir")),
  };
}

/** A clinician's bolus in the integers of its command. Calls `refuse` like `toProgram`. */
export function toClinicianBolus(
  bolus: Amount & { duration: Quantity },
  concentration: Fraction,
  refuse: Refuse,
): Extract<Action, { do: "clinician_bolus" }> {
  return {
    do: "clinician_bolus",
    pulses: toPulses(bolus, concentration, U32_MOST, "a bolus", refuse),
    duration_s: roundedUp(bolus.duration, 1000, "s", U32_MOST, below(refuse, "duration")),
  };
}

type Basal = Extract<Prescription["basal"], { mode: "continuous" }>;

function toRate(basal: Basal, concentration: Fraction, refuse: Refuse): number {
  const key = basal.rate ? "rate" : "dose";
  const written = (basal.rate ?? basal.dose)!;
  const rate = toVolume_nl(written, concentration).div(RATE_UNIT_NL_PER_DAY).floor();
  const refuseHere = below(refuse, "basal", key);
  if (rate.equals(0)) {
    refuseHere(
      [],
      `expected at least 0.01 uL/day (or \`mode: stopped\`), found ${shown(written, concentration, "/day")}`,
    );
  } else if (rate.gt(U32_MOST)) {
    refuseHere([], `expected at most 42949672.95 uL/day, found ${shown(written, concentration, "/day")}`);
  }
  return rate.valueOf();
}

function toPulses(amount: Amount, concentration: Fraction, most: number, what: string, refuse: Refuse): number {
  const written = (amount.volume ?? amount.dose)!;
  const refuseHere = below(refuse, amount.volume ? "volume" : "dose");
  const pulses = pulsesDown(toVolume_nl(written, concentration));
  if (pulses < 1) {
    refuseHere([], `expected ${what} of at least one pulse, 0.25 uL; found ${shown(written, concentration, "")}`);
  } else if (pulses > most) {
    refuseHere([], `expected ${what} of at most ${most} pulses of 0.25 uL; found ${shown(written, concentration, "")}`);
  }
  return pulses;
}

function toLowPulses(low: Quantity | undefined, refuse: Refuse): number {
  const pulses = pulsesUp(low?.value ?? LOW_RESERVOIR_NL);
  if (pulses > U32_MOST) refuse([], `expected at most ${U32_MOST} pulses of 0.25 uL, found "${low?.text}"`);
  return pulses;
}

function toWindow(window: Quantity, refuse: Refuse): number {
  const minutes = window.value.div(60_000);
  if (minutes.d !== 1n || minutes.lt(1)) refuse([], `expected whole minutes, at least one; found "${window.text}"`);
  else if (minutes.gt(U16_MOST)) refuse([], `expected at most ${U16_MOST} min, found "${window.text}"`);
  return minutes.valueOf();
}

function roundedUp(duration: Quantity, unit_ms: number, unit: string, most: number, refuse: Refuse): number {
  const whole = duration.value.div(unit_ms).ceil();
  if (whole.gt(most)) refuse([], `expected at most ${most} ${unit}, found "${duration.text}"`);
  return whole.valueOf();
}

/** As written, and for a dose what it comes to. */
function shown(written: Quantity, concentration: Fraction, per: string): string {
  const volume_ul = toVolume_nl(written, concentration).div(1000).valueOf();
  const isDose = written.kind === "dose" || written.kind === "doseRate";
  return isDose ? `"${written.text}", which is ${volume_ul} uL${per}` : `"${written.text}"`;
}

function below(refuse: Refuse, ...keys: (string | number)[]): Refuse {
  return (path, message) => refuse([...keys, ...path], message);
}
