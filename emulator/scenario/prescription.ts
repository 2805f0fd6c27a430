// Converts doses to volumes and volumes to pulses; no other file does. All values are exact fractions up to the integers of the
// program record, which are rounded to the safe side: rate down to 0.01 uL/day, bolus and limits down to whole pulses of 250
// nL, `low_reservoir` up to whole pulses and `refill_interval` down to whole days (they warn earlier), bolus duration up to
// whole seconds (slower), lockout up to whole minutes (longer), concentration up to 0.1 ug/mL (a dose counts as more, a bridge
// runs slower). Doses outside the therapeutic range are not refused here: the firmware refuses them, and a scenario may be
// there to show that. Only values that the record cannot hold are refused.

import Fraction from "fraction.js";
import { CONFIRM_NO_BRIDGE, CONFIRM_SOFT_LIMIT, CONFIRM_TIGHT_LIMITS, CONFIRM_TOTAL } from "../../hal/telemetry";
import { PULSE_NL, RATE_UNIT_NL_PER_DAY } from "../../hal/units";
import { libraryId } from "./drug-names";
import type { Path } from "./problems";
import type { Quantity } from "./quantity";
import type { Action, Consent, Program } from "./scenario";
import { type Prescription, REASON_NAMES, WEEKDAY_NAMES } from "./schema";
import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND } from "../time";
import { CONCENTRATIONS_PER_MG_PER_ML, inUlPerDay, NL_PER_UL } from "../amounts";

/** Reports a problem at a path below the thing that is converted. */
export type Refuse = (path: Path, message: string) => void;

/** An amount of drug, written in one of two ways. */
interface Amount {
  dose?: Quantity | undefined;
  volume?: Quantity | undefined;
}

/** The labelled content of the reservoir when a program is written. */
export interface Solution {
  /** The concentration of the primary drug, to which doses refer, in ng/nL; exact and above 0. */
  concentration: Fraction;
  /** The drugs as the program record has them, the primary drug first. */
  drugs: NonNullable<Program["drugs"]>;
}

const U16_MAX = 65_535;
const U32_MAX = 4_294_967_295;

/** The threshold for a file that gives none: 2 mL. */
const LOW_RESERVOIR_NL = new Fraction(2_000_000);

/**
 * The volume in nL of a volume or a dose, or the rate in nL/day of a rate or a dose rate. Exact. The concentration is in ng/nL.
 */
export function toVolume_nl(quantity: Quantity, concentration: Fraction): Fraction {
  const isDose = quantity.kind === "dose" || quantity.kind === "doseRate";
  return isDose ? quantity.value.div(concentration) : quantity.value;
}

/** Whole pulses in a volume in nL, rounded down, so that they are never more than was asked for. */
function pulsesDown(volume_nl: Fraction): number {
  return volume_nl.div(PULSE_NL).floor().valueOf();
}

/** Whole pulses in a volume in nL, rounded up, for thresholds of warnings. */
function pulsesUp(volume_nl: Fraction): number {
  return volume_nl.div(PULSE_NL).ceil().valueOf();
}

/** A drug as the record has it: the library's number for its name, in upper or lower case, and its concentration. */
export function toRecordDrug(name: string, concentration: Quantity): Solution["drugs"][number] {
  return { id: libraryId(name), concentration: toConcentration(concentration) };
}

/** The concentration in 0.1 ug/mL, rounded up. */
function toConcentration(concentration: Quantity): number {
  return concentration.value.mul(CONCENTRATIONS_PER_MG_PER_ML).ceil().valueOf();
}

/** The confirmations of a prescription, and their reason. */
export function toConsent({ confirm, reason }: Prescription): Consent {
  const softLimit = confirm?.soft_limit ? CONFIRM_SOFT_LIMIT : 0;
  const total = confirm?.doubled_total ? CONFIRM_TOTAL : 0;
  const noBridge = confirm?.no_bridge ? CONFIRM_NO_BRIDGE : 0;
  const tightLimits = confirm?.tight_limits ? CONFIRM_TIGHT_LIMITS : 0;
  return {
    confirm: softLimit | total | noBridge | tightLimits,
    reason: reason === undefined ? 0 : REASON_NAMES.indexOf(reason) + 1,
  };
}

/**
 * The program record of a prescription, with that solution in the reservoir. Calls `refuse` for each value that the record
 * cannot hold; the result must then not be used.
 */
export function toProgram(prescription: Prescription, solution: Solution, refuse: Refuse): Program {
  const { basal, patient_bolus: bolus, limits = [], low_reservoir: low, refill_interval: interval } = prescription;
  const { concentration } = solution;
  const inBasal = below(refuse, "basal");
  return {
    mode: basal.mode,
    rate: basal.mode === "continuous" ? toRate(basal, concentration, " (or `mode: stopped`)", inBasal) : 0,
    bolus: bolus
      ? {
          pulses: toPulses(bolus, concentration, U16_MAX, "a bolus", below(refuse, "patient_bolus")),
          duration_s: roundedUp(
            bolus.duration,
            MS_PER_SECOND,
            "s",
            U16_MAX,
            below(refuse, "patient_bolus", "duration"),
          ),
          lockout_min: roundedUp(
            bolus.lockout,
            MS_PER_MINUTE,
            "min",
            U16_MAX,
            below(refuse, "patient_bolus", "lockout"),
          ),
          per24h: bolus.per_24h,
        }
      : null,
    limits: limits.map((limit, i) => ({
      pulses: toPulses(limit, concentration, U32_MAX, "a limit", below(refuse, "limits", i)),
      window_min: toMinutes(limit.window, below(refuse, "limits", i, "window")),
    })),
    low_pulses: toLowPulses(low, below(refuse, "low_reservoir")),
    drugs: solution.drugs,
    ...(interval ? { refill_days: toDays(interval, below(refuse, "refill_interval")) } : {}),
    ...(basal.mode === "flex" ? { flex: toFlex(basal, concentration, inBasal) } : {}),
    ...(basal.mode === "periodic" ? { periodic: toPeriodic(basal, concentration, inBasal) } : {}),
  };
}

/** A clinician's bolus as the integers of its command. Calls `refuse` like `toProgram`. */
export function toClinicianBolus(
  bolus: Amount & { duration: Quantity },
  concentration: Fraction,
  refuse: Refuse,
): Extract<Action, { do: "clinician_bolus" }> {
  return {
    do: "clinician_bolus",
    pulses: toPulses(bolus, concentration, U32_MAX, "a bolus", refuse),
    duration_s: roundedUp(bolus.duration, MS_PER_SECOND, "s", U32_MAX, below(refuse, "duration")),
  };
}

/** A prime as the integers of its command. Calls `refuse` like `toProgram`. */
export function toPrime(
  prime: { volume: Quantity; confirm?: boolean | undefined },
  concentration: Fraction,
  refuse: Refuse,
): Extract<Action, { do: "prime" }> {
  const pulses = toPulses(prime, concentration, U32_MAX, "a prime", refuse);
  return { do: "prime", pulses, confirmed: prime.confirm ?? false };
}

/** A bridge as the integers of its command. Calls `refuse` like `toProgram`. */
export function toBridge(
  bridge: { old_concentration: Quantity; volume: Quantity },
  concentration: Fraction,
  refuse: Refuse,
): Extract<Action, { do: "bridge" }> {
  const pulses = toPulses({ volume: bridge.volume }, concentration, U32_MAX, "a bridge", refuse);
  return { do: "bridge", oldConcentration: toConcentration(bridge.old_concentration), pulses };
}

type Basal<M extends Prescription["basal"]["mode"]> = Extract<Prescription["basal"], { mode: M }>;
type Steps = NonNullable<Basal<"flex">["steps"]>;

/** The rate in 0.01 uL/day, rounded down. `instead` is the suggestion in the message for a rate that rounds to 0. */
function toRate(
  basal: { rate?: Quantity | undefined; dose?: Quantity | undefined },
  concentration: Fraction,
  instead: string,
  refuse: Refuse,
): number {
  const key = basal.rate ? "rate" : "dose";
  const written = (basal.rate ?? basal.dose)!;
  const rate = toVolume_nl(written, concentration).div(RATE_UNIT_NL_PER_DAY).floor();
  const refuseHere = below(refuse, key);
  if (rate.equals(0)) {
    refuseHere([], `expected at least 0.01 uL/day${instead}, found ${shown(written, concentration, "/day")}`);
  } else if (rate.gt(U32_MAX)) {
    refuseHere([], `expected at most ${inUlPerDay(U32_MAX)} uL/day, found ${shown(written, concentration, "/day")}`);
  }
  return rate.valueOf();
}

/** The patterns and weekdays of a flex basal. Steps without days are one pattern for all weekdays. */
function toFlex(basal: Basal<"flex">, concentration: Fraction, refuse: Refuse): NonNullable<Program["flex"]> {
  // A step of rate 0 is a rest. A rate that only rounds to 0 is a mistake.
  const rateOf = (step: Steps[number], refuseHere: Refuse) =>
    (step.rate ?? step.dose)!.value.equals(0) ? 0 : toRate(step, concentration, "", refuseHere);
  const toPattern = (steps: Steps, refuseHere: Refuse) =>
    steps.map((step, i) => ({ minute: step.at, rate: rateOf(step, below(refuseHere, "steps", i)) }));
  if (basal.steps) return { patterns: [toPattern(basal.steps, refuse)], weekdays: WEEKDAY_NAMES.map(() => 0) };
  const patterns = basal.patterns!;
  return {
    patterns: patterns.map(({ steps }, i) => toPattern(steps, below(refuse, "patterns", i))),
    weekdays: WEEKDAY_NAMES.map((day) => patterns.findIndex(({ days }) => days.includes(day))),
  };
}

function toPeriodic(
  basal: Basal<"periodic">,
  concentration: Fraction,
  refuse: Refuse,
): NonNullable<Program["periodic"]> {
  return {
    pulses: toPulses(basal, concentration, U16_MAX, "a bolus", refuse),
    duration_s: roundedUp(basal.duration, MS_PER_SECOND, "s", U16_MAX, below(refuse, "duration")),
    every_min: toMinutes(basal.every, below(refuse, "every")),
  };
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
  if (pulses > U32_MAX) refuse([], `expected at most ${U32_MAX} pulses of 0.25 uL, found "${low?.text}"`);
  return pulses;
}

function toMinutes(time: Quantity, refuse: Refuse): number {
  const minutes = time.value.div(MS_PER_MINUTE);
  if (minutes.d !== 1n || minutes.lt(1)) refuse([], `expected whole minutes, at least one; found "${time.text}"`);
  else if (minutes.gt(U16_MAX)) refuse([], `expected at most ${U16_MAX} min, found "${time.text}"`);
  return minutes.valueOf();
}

function toDays(interval: Quantity, refuse: Refuse): number {
  const days = interval.value.div(MS_PER_DAY).floor();
  if (days.lt(1) || days.gt(U16_MAX)) refuse([], `expected 1 to ${U16_MAX} days, found "${interval.text}"`);
  return days.valueOf();
}

function roundedUp(duration: Quantity, unit_ms: number, unit: string, most: number, refuse: Refuse): number {
  const whole = duration.value.div(unit_ms).ceil();
  if (whole.gt(most)) refuse([], `expected at most ${most} ${unit}, found "${duration.text}"`);
  return whole.valueOf();
}

/** The words of an amount for a message: as it was written, and for a dose its volume too. */
function shown(written: Quantity, concentration: Fraction, per: string): string {
  const volume_ul = toVolume_nl(written, concentration).div(NL_PER_UL).valueOf();
  const isDose = written.kind === "dose" || written.kind === "doseRate";
  return isDose ? `"${written.text}", which is ${volume_ul} uL${per}` : `"${written.text}"`;
}

function below(refuse: Refuse, ...keys: (string | number)[]): Refuse {
  return (path, message) => refuse([...keys, ...path], message);
}
