// A program: the record of hal/telemetry.ts, unpacked into memory that is checked at each use. There are two, the one in force
// and the draft's. This part answers what follows from a program: the rate at a moment, the most pulses of any hour or day, and
// the derived limits of a program without limits, which allow what it would deliver itself and no more (LIM-5). Rates are in
// units of 0.01 uL/day, volumes in pulses of 250 nL.
//
// Invariants:
// - The parts of a record follow each other without a gap and end at PROGRAM_BYTES.
// - Every sum over a program within the bounds of record-check.ts fits an i32.

import { assert } from "../hal/assert";
import { HARD_HOURS, PULSES_PER_DOSE_UNIT, hardDay, softDay } from "../hal/drug-library";
import { GUARD_PULSES_PER_HOUR_MAX } from "../hal/guard";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_HARD_LIMIT,
  OUTCOME_SOFT_LIMIT,
  PATTERNS_MAX,
  PROGRAM_BOLUS,
  PROGRAM_BOLUS_SECONDS,
  PROGRAM_BYTES,
  PROGRAM_CAP,
  PROGRAM_DOSE,
  PROGRAM_DOSE_EVERY,
  PROGRAM_DOSE_SECONDS,
  PROGRAM_DRUG,
  PROGRAM_DRUG_COUNT,
  PROGRAM_DRUGS_MAX,
  PROGRAM_DRUG_BYTES,
  PROGRAM_DRUG_CONCENTRATION_AT,
  PROGRAM_DRUG_ID_AT,
  PROGRAM_LIBRARY,
  PROGRAM_LIMIT,
  PROGRAM_LIMIT_COUNT,
  PROGRAM_LIMITS_MAX,
  PROGRAM_LIMIT_BYTES,
  PROGRAM_LIMIT_PULSES_AT,
  PROGRAM_LIMIT_WINDOW_MIN_AT,
  PROGRAM_LOCKOUT,
  PROGRAM_LOW,
  PROGRAM_MODE,
  PROGRAM_PATTERN,
  PROGRAM_PATTERN_COUNT,
  PROGRAM_PATTERN_BYTES,
  PROGRAM_PATTERN_STEP_COUNT_AT,
  PROGRAM_PATTERN_STEPS_AT,
  PROGRAM_RATE,
  PROGRAM_REFILL_DAYS,
  PROGRAM_STEP_BYTES,
  PROGRAM_STEP_MINUTE_AT,
  PROGRAM_STEP_RATE_AT,
  PROGRAM_WEEKDAY,
  REFUSED_BOLUS,
  REFUSED_DRUGS_0,
  REFUSED_LIMITS_0,
  REFUSED_NONE,
  STEPS_MAX,
  WEEKDAYS,
} from "../hal/telemetry";
import { MODE_FLEX, MODE_MINIMUM, MODE_PERIODIC, MODE_STOPPED } from "../hal/trace";
import {
  MINUTES_PER_DAY,
  MINUTES_PER_HOUR,
  RATE_MAX,
  RATE_MINIMUM,
  RATE_THERAPEUTIC_MIN,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../hal/units";
import { readU16, readU32 } from "./bytes";
import { crc32 } from "./crc";
import { mulDiv, mulDivUp } from "./mul-div";
import { refusal } from "./refusal";
import { ELEMENTS_MAX, MemoryLatch, Twin, TwinArray } from "./twin";
import { BUCKET_TICKS, LATE_TICKS } from "./window-ring";

/**
 * The limiter and its look-ahead may count too much: what falls due in one bucket and in the time by which a pulse may
 * be late, a pulse for rounding up, and a pulse that is in flight. Derived limits are raised by as much, so that they
 * never deny a bolus because of it.
 */
const BOOKKEEPING_TICKS: i32 = BUCKET_TICKS + LATE_TICKS;
const BOOKKEEPING_PULSES: i32 = 2;
const MINUTES_PER_WEEK: i32 = WEEKDAYS * MINUTES_PER_DAY;
/** 2000-01-01, where the wall clock begins, was a Saturday; Monday is 0. */
const FIRST_WEEKDAY: i32 = 5;
const STEPS: i32 = PATTERNS_MAX * STEPS_MAX;
/**
 * `flexPulses` moves a window over two weeks in at most so many steps, each up to the next change of rate at one of its
 * ends.
 */
const SEGMENTS_MAX: i32 = 512;
/** The rate at which one pulse falls due each minute. */
const RATE_PER_PULSE_A_MINUTE: i32 = RATE_TICKS_PER_PULSE / TICKS_PER_MINUTE;
const NO_RATE: i32 = -1;
/** More pulses than the pump gives in a week. */
const FLEX_PULSES_MAX: i32 = 0x1000000;
/** In units of dose of 10 ng: 1.34 g of a drug, which is more than the limit of any. */
const UNITS_MAX: i32 = 0x7ffffff;
/** The number of windows of derived limits: an hour and a day. */
const DERIVED_LIMITS: i32 = 2;

assert(PROGRAM_LIMIT + PROGRAM_LIMITS_MAX * PROGRAM_LIMIT_BYTES == PROGRAM_LIBRARY, "the library follows the limits");
assert(PROGRAM_DRUG + PROGRAM_DRUGS_MAX * PROGRAM_DRUG_BYTES == PROGRAM_WEEKDAY, "the weekdays follow the drugs");
assert(PROGRAM_WEEKDAY + WEEKDAYS == PROGRAM_PATTERN_COUNT, "the count of patterns follows the weekdays");
assert(PROGRAM_PATTERN_COUNT + 1 == PROGRAM_PATTERN, "the patterns follow their count");
assert(1 + STEPS_MAX * PROGRAM_STEP_BYTES == PROGRAM_PATTERN_BYTES, "a pattern is its count and its steps");
assert(PROGRAM_PATTERN + PATTERNS_MAX * PROGRAM_PATTERN_BYTES == PROGRAM_BYTES, "a record ends with its patterns");
assert(STEPS <= ELEMENTS_MAX, "all steps of all patterns fit an array");
assert(DERIVED_LIMITS <= PROGRAM_LIMITS_MAX, "derived limits have their places");
assert(RATE_TICKS_PER_PULSE % TICKS_PER_MINUTE == 0, "a pulse a minute is a whole rate");
assert(MINUTES_PER_WEEK < 0x40000000 / RATE_PER_PULSE_A_MINUTE, "the parts of a pulse that a week gathers fit");
assert(SEGMENTS_MAX >= 2 * 2 * WEEKDAYS * (STEPS_MAX + 1), "both ends of a window reach the end of two weeks");
assert(UNITS_MAX < 0x40000000 / HARD_HOURS, "the units of an hour fit for eight hours");
assert(0xffff < 0x40000000 / TICKS_PER_MINUTE, "the ticks of a field of 16 bits in minutes fit");

export class Program {
  /** True when the record was adopted; of the pump's program, that it is in force. */
  valid: Twin;
  /** CRC-32 of the record. */
  digest: Twin;
  /** MODE_ code. */
  mode: Twin;
  /** Basal rate of continuous mode. RATE_MINIMUM in minimum mode, 0 in the others. */
  rate: Twin;
  bolusPulses: Twin;
  bolusTicks: Twin;
  lockoutTicks: Twin;
  capPerDay: Twin;
  lowPulses: Twin;
  refillDays: Twin;
  dosePulses: Twin;
  doseTicks: Twin;
  doseEveryTicks: Twin;
  drugs: Twin;
  drugIds: TwinArray;
  concentrations: TwinArray;
  patterns: Twin;
  weekdays: TwinArray;
  /** For each pattern the number of its steps; for each step the minute of the day, and the rate from then on. */
  steps: TwinArray;
  stepMinutes: TwinArray;
  stepRates: TwinArray;
  /** The most pulses in any 24 hours, with all permitted boluses (LIM-8). */
  total: Twin;
  /** The total of the last program that gave anything, against which a rise is measured (LIM-8). */
  lastTotal: Twin;
  limits: Twin;
  /** The clinician programmed no limits, so the limits are derived (LIM-5). */
  selfLimited: Twin;
  limitPulses: TwinArray;
  limitMinutes: TwinArray;

  constructor(memory: MemoryLatch) {
    this.valid = new Twin(memory, 0);
    this.digest = new Twin(memory, 0);
    this.mode = new Twin(memory, MODE_STOPPED);
    this.rate = new Twin(memory, 0);
    this.bolusPulses = new Twin(memory, 0);
    this.bolusTicks = new Twin(memory, 0);
    this.lockoutTicks = new Twin(memory, 0);
    this.capPerDay = new Twin(memory, 0);
    this.lowPulses = new Twin(memory, 0);
    this.refillDays = new Twin(memory, 0);
    this.dosePulses = new Twin(memory, 0);
    this.doseTicks = new Twin(memory, 0);
    this.doseEveryTicks = new Twin(memory, 0);
    this.drugs = new Twin(memory, 0);
    this.drugIds = new TwinArray(memory, PROGRAM_DRUGS_MAX);
    this.concentrations = new TwinArray(memory, PROGRAM_DRUGS_MAX);
    this.patterns = new Twin(memory, 0);
    this.weekdays = new TwinArray(memory, WEEKDAYS);
    this.steps = new TwinArray(memory, PATTERNS_MAX);
    this.stepMinutes = new TwinArray(memory, STEPS);
    this.stepRates = new TwinArray(memory, STEPS);
    this.total = new Twin(memory, 0);
    this.lastTotal = new Twin(memory, 0);
    this.limits = new Twin(memory, 0);
    this.selfLimited = new Twin(memory, 0);
    this.limitPulses = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.limitMinutes = new TwinArray(memory, PROGRAM_LIMITS_MAX);
  }

  /** Unpacks a record that `checkRecord` accepted. */
  adopt(bytes: Uint8Array): void {
    assert(bytes.length == PROGRAM_BYTES, "a program record has its length");
    this.mode.set(bytes[PROGRAM_MODE]);
    this.rate.set(this.mode.get() == MODE_MINIMUM ? RATE_MINIMUM : readU32(bytes, PROGRAM_RATE));
    this.capPerDay.set(bytes[PROGRAM_CAP]);
    this.bolusPulses.set(readU16(bytes, PROGRAM_BOLUS));
    this.bolusTicks.set((readU16(bytes, PROGRAM_BOLUS_SECONDS) * TICKS_PER_SECOND) | 0);
    this.lockoutTicks.set((readU16(bytes, PROGRAM_LOCKOUT) * TICKS_PER_MINUTE) | 0);
    this.lowPulses.set(readU32(bytes, PROGRAM_LOW));
    this.refillDays.set(readU16(bytes, PROGRAM_REFILL_DAYS));
    this.dosePulses.set(readU16(bytes, PROGRAM_DOSE));
    this.doseTicks.set((readU16(bytes, PROGRAM_DOSE_SECONDS) * TICKS_PER_SECOND) | 0);
    this.doseEveryTicks.set((readU16(bytes, PROGRAM_DOSE_EVERY) * TICKS_PER_MINUTE) | 0);
    this.drugs.set(bytes[PROGRAM_DRUG_COUNT]);
    for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX; i = (i + 1) | 0) {
      const at: i32 = (PROGRAM_DRUG + ((i * PROGRAM_DRUG_BYTES) | 0)) | 0;
      this.drugIds.set(i, bytes[at + PROGRAM_DRUG_ID_AT]);
      this.concentrations.set(i, readU32(bytes, (at + PROGRAM_DRUG_CONCENTRATION_AT) | 0));
    }
    this.adoptPatterns(bytes);
    this.limits.set(bytes[PROGRAM_LIMIT_COUNT]);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const at: i32 = (PROGRAM_LIMIT + ((i * PROGRAM_LIMIT_BYTES) | 0)) | 0;
      const given: bool = i < this.limits.get();
      this.limitPulses.set(i, given ? readU32(bytes, (at + PROGRAM_LIMIT_PULSES_AT) | 0) : 0);
      this.limitMinutes.set(i, given ? readU16(bytes, (at + PROGRAM_LIMIT_WINDOW_MIN_AT) | 0) : 0);
    }
    this.total.set(this.pulsesIn(MINUTES_PER_DAY, this.capPerDay.get()));
    if (this.total.get() > 0) this.lastTotal.set(this.total.get());
    this.selfLimited.setFlag(this.limits.get() == 0);
    if (this.selfLimited.isSet()) this.deriveLimits();
    this.digest.set(crc32(bytes, 0, PROGRAM_BYTES));
    this.valid.setFlag(true);
  }

  /**
   * LIM-8, of the program just adopted: the refusal with OUTCOME_HARD_LIMIT or OUTCOME_SOFT_LIMIT when a day or an hour of it
   * holds more of any of its drugs than the library allows. Every drug of a mixture has limits of its own.
   */
  checkDoses(): i32 {
    const hour: i32 = this.pulsesIn(MINUTES_PER_HOUR, this.startsPerHour());
    const day: i32 = this.total.get();
    let outcome: i32 = OUTCOME_ACCEPTED;
    for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX; i = (i + 1) | 0) {
      if (i >= this.drugs.get()) continue;
      const soft: i32 = softDay(this.drugIds.get(i));
      if (soft == 0) continue;
      const hard: i32 = hardDay(this.drugIds.get(i));
      const inDay: i32 = unitsIn(day, this.concentrations.get(i));
      const inHour: i32 = unitsIn(hour, this.concentrations.get(i));
      if (inDay > hard || ((inHour * HARD_HOURS) | 0) > hard) {
        return refusal(OUTCOME_HARD_LIMIT, (REFUSED_DRUGS_0 + i) | 0);
      }
      const first: bool = outcome == OUTCOME_ACCEPTED;
      if (inDay > soft && first) outcome = refusal(OUTCOME_SOFT_LIMIT, (REFUSED_DRUGS_0 + i) | 0);
    }
    return outcome;
  }

  /** Basal rate at a wall-clock minute; 0 in periodic mode, in which doses have a rate of their own. */
  rateAt(wall: i32): i32 {
    if (this.mode.get() != MODE_FLEX) return this.rate.get();
    const minute: i32 = (wall % MINUTES_PER_DAY) | 0;
    const day: i32 = ((wall - minute) / MINUTES_PER_DAY) | 0;
    // The step of the day in force, or the last one of the nearest day before that has one.
    for (let back: i32 = 0; back <= WEEKDAYS; back = (back + 1) | 0) {
      const weekday: i32 = ((day + FIRST_WEEKDAY + WEEKDAYS - back) | 0) % WEEKDAYS;
      const rate: i32 = this.stepAt(this.weekdays.get(weekday), back == 0 ? minute : MINUTES_PER_DAY);
      if (rate != NO_RATE) return rate;
    }
    return 0;
  }

  /** Minutes, at least 1, for which `rateAt` stays from a wall-clock minute on: to the day's next step, or to midnight. */
  steadyAt(wall: i32): i32 {
    const minute: i32 = (wall % MINUTES_PER_DAY) | 0;
    const day: i32 = ((wall - minute) / MINUTES_PER_DAY) | 0;
    const pattern: i32 = this.weekdays.get(((day + FIRST_WEEKDAY) | 0) % WEEKDAYS);
    for (let i: i32 = 0; i < STEPS_MAX && i < this.steps.get(pattern); i = (i + 1) | 0) {
      const next: i32 = this.stepMinutes.get((((pattern * STEPS_MAX) | 0) + i) | 0);
      if (next > minute) return (next - minute) | 0;
    }
    return (MINUTES_PER_DAY - minute) | 0;
  }

  /** The highest basal rate of the coming `minutes` from `wall`; a dose of periodic mode counts as if it ran throughout. */
  rateMax(wall: i32, minutes: i32): i32 {
    if (this.mode.get() == MODE_PERIODIC) return this.doseRate();
    if (this.mode.get() != MODE_FLEX) return this.rate.get();
    let most: i32 = 0;
    let ahead: i32 = 0;
    for (let step: i32 = 0; step <= MINUTES_PER_DAY && ahead <= minutes; step = (step + 1) | 0) {
      const rate: i32 = this.rateAt((wall + ahead) | 0);
      if (rate > most) most = rate;
      ahead = (ahead + this.steadyAt((wall + ahead) | 0)) | 0;
    }
    return most;
  }

  /** True when the pump can run at every rate of the program above the minimum, times `up` / `down`. */
  canScale(up: i32, down: i32): bool {
    if (this.mode.get() != MODE_FLEX) return isTherapeutic(mulDiv(this.rate.get(), up, down));
    for (let i: i32 = 0; i < STEPS; i = (i + 1) | 0) {
      const step: i32 = i % STEPS_MAX;
      const pattern: i32 = ((i - step) / STEPS_MAX) | 0;
      const rate: i32 = step < this.steps.get(pattern) ? this.stepRates.get(i) : 0;
      if (rate > RATE_MINIMUM && !isTherapeutic(mulDiv(rate, up, down))) return false;
    }
    return true;
  }

  /** Rate of a dose of periodic mode while it runs, rounded down. */
  doseRate(): i32 {
    const ticks: i32 = this.doseTicks.get();
    return ticks > 0 ? mulDiv(RATE_TICKS_PER_PULSE, this.dosePulses.get(), ticks) : 0;
  }

  /** The most that the windows let through in an hour, for the dose guard's register. */
  largestHour(): i32 {
    let most: i32 = GUARD_PULSES_PER_HOUR_MAX - 1;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.limits.get(); i = (i + 1) | 0) {
      const minutes: i32 = this.limitMinutes.get(i);
      const pulses: i32 = this.limitPulses.get(i);
      if (minutes < 1) continue;
      const reach: i32 = (minutes + MINUTES_PER_HOUR - 1) | 0;
      const windows: i32 = ((reach - (reach % minutes)) / minutes) | 0;
      const bound: i32 = pulses > most ? most : (pulses * windows) | 0;
      if (bound < most) most = bound;
    }
    // A pulse that is in flight when the window is full finishes.
    return (most + 1) | 0;
  }

  private stepAt(pattern: i32, minute: i32): i32 {
    let rate: i32 = NO_RATE;
    const steps: i32 = this.steps.get(pattern);
    for (let i: i32 = 0; i < STEPS_MAX && i < steps; i = (i + 1) | 0) {
      const step: i32 = (((pattern * STEPS_MAX) | 0) + i) | 0;
      if (this.stepMinutes.get(step) > minute) return rate;
      rate = this.stepRates.get(step);
    }
    return rate;
  }

  private adoptPatterns(bytes: Uint8Array): void {
    const flex: bool = this.mode.get() == MODE_FLEX;
    this.patterns.set(flex ? bytes[PROGRAM_PATTERN_COUNT] : 0);
    for (let day: i32 = 0; day < WEEKDAYS; day = (day + 1) | 0) this.weekdays.set(day, bytes[PROGRAM_WEEKDAY + day]);
    for (let p: i32 = 0; p < PATTERNS_MAX; p = (p + 1) | 0) {
      const at: i32 = (PROGRAM_PATTERN + ((p * PROGRAM_PATTERN_BYTES) | 0)) | 0;
      this.steps.set(p, flex && p < this.patterns.get() ? bytes[at + PROGRAM_PATTERN_STEP_COUNT_AT] : 0);
      for (let i: i32 = 0; i < STEPS_MAX; i = (i + 1) | 0) {
        const step: i32 = (at + PROGRAM_PATTERN_STEPS_AT + ((i * PROGRAM_STEP_BYTES) | 0)) | 0;
        const index: i32 = (((p * STEPS_MAX) | 0) + i) | 0;
        this.stepMinutes.set(index, readU16(bytes, (step + PROGRAM_STEP_MINUTE_AT) | 0));
        this.stepRates.set(index, readU32(bytes, (step + PROGRAM_STEP_RATE_AT) | 0));
      }
    }
  }

  /** Derives the limits of a program that has none (LIM-5): an hour and a day of basal and all permitted boluses. */
  deriveLimits(): void {
    this.limits.set(DERIVED_LIMITS);
    this.limitMinutes.set(0, MINUTES_PER_HOUR);
    this.limitMinutes.set(1, MINUTES_PER_DAY);
    for (let i: i32 = 0; i < DERIVED_LIMITS; i = (i + 1) | 0) this.limitPulses.set(i, this.derivedLimitOf(i));
  }

  /** The derived limit of window `i`: 0 is an hour, 1 a day. */
  derivedLimitOf(i: i32): i32 {
    if (i == 0) return this.derivedLimit(MINUTES_PER_HOUR, this.startsPerHour());
    return this.derivedLimit(MINUTES_PER_DAY, this.capPerDay.get());
  }

  /** True when a day and an hour of the program with `more` pulses stay within the library, which must know all its drugs. */
  staysSoftWith(more: i32): bool {
    const hour: i32 = (this.pulsesIn(MINUTES_PER_HOUR, this.startsPerHour()) + more) | 0;
    const day: i32 = (this.total.get() + more) | 0;
    for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX && i < this.drugs.get(); i = (i + 1) | 0) {
      const soft: i32 = softDay(this.drugIds.get(i));
      const inHour: i32 = unitsIn(hour, this.concentrations.get(i));
      if (soft == 0 || unitsIn(day, this.concentrations.get(i)) > soft) return false;
      if (((inHour * HARD_HOURS) | 0) > hardDay(this.drugIds.get(i))) return false;
    }
    return this.drugs.get() > 0;
  }

  /** A bolus starts at most once a lockout, so an hour holds at most ceil(hour / lockout) of them. */
  private startsPerHour(): i32 {
    const cap: i32 = this.capPerDay.get();
    const lockout: i32 = this.lockoutTicks.get();
    if (cap == 0 || lockout < 1) return 0;
    const reach: i32 = (((MINUTES_PER_HOUR * TICKS_PER_MINUTE) | 0) + lockout - 1) | 0;
    const starts: i32 = ((reach - (reach % lockout)) / lockout) | 0;
    return starts < cap ? starts : cap;
  }

  /**
   * LIM-9: the REFUSED_ code of the field because of which the pump cannot give the program as it is written;
   * REFUSED_NONE when it can. It cannot when a patient's bolus and the highest basal together are faster than the pump,
   * or when a limit is reached by basal alone or never leaves room for a bolus.
   */
  tightField(): i32 {
    const hasBolus: bool = this.capPerDay.get() > 0;
    if (hasBolus && this.isBolusTooFast()) return REFUSED_BOLUS;
    if (this.selfLimited.isSet()) return REFUSED_NONE;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.limits.get(); i = (i + 1) | 0) {
      const minutes: i32 = this.limitMinutes.get(i);
      const limit: i32 = this.limitPulses.get(i);
      // A window counts one bucket too much (LIM-4).
      if (this.basalMax(minutes, BUCKET_TICKS) > limit) return (REFUSED_LIMITS_0 + i) | 0;
      const least: i32 = (this.basalMin(minutes, BUCKET_TICKS) + this.bolusIn(minutes)) | 0;
      if (hasBolus && least > limit) return (REFUSED_LIMITS_0 + i) | 0;
    }
    return REFUSED_NONE;
  }

  private isBolusTooFast(): bool {
    const ticks: i32 = this.bolusTicks.get();
    if (ticks < 1) return true;
    const bolusRate: i32 = (mulDivUp(RATE_TICKS_PER_PULSE, this.bolusPulses.get(), ticks) - 1) | 0;
    const flexRate: i32 = this.mode.get() == MODE_FLEX ? this.flexRateMax() : this.rate.get();
    const basalRate: i32 = this.mode.get() == MODE_PERIODIC ? this.doseRate() : flexRate;
    return ((bolusRate + basalRate) | 0) > RATE_MAX;
  }

  /** The most pulses of one patient's bolus in any `minutes`, rounded down. */
  private bolusIn(minutes: i32): i32 {
    const ticks: i32 = (minutes * TICKS_PER_MINUTE) | 0;
    const pulses: i32 = this.bolusPulses.get();
    return ticks < this.bolusTicks.get() ? mulDiv(pulses, ticks, this.bolusTicks.get()) : pulses;
  }

  /**
   * The most pulses of a day or an hour, `minutes` long, with `boluses` (LIM-8). A periodic dose counts whole when it
   * begins in it.
   */
  private pulsesIn(minutes: i32, boluses: i32): i32 {
    const ofBoluses: i32 = (boluses * this.bolusPulses.get()) | 0;
    const every: i32 = this.doseEveryTicks.get();
    if (this.mode.get() == MODE_PERIODIC && every > 0) {
      const reach: i32 = (((minutes * TICKS_PER_MINUTE) | 0) + every - 1) | 0;
      const doses: i32 = ((reach - (reach % every)) / every) | 0;
      return (ofBoluses + ((doses * this.dosePulses.get()) | 0)) | 0;
    }
    if (this.mode.get() == MODE_FLEX) return (ofBoluses + this.flexPulses(minutes, true)) | 0;
    return (ofBoluses + mulDiv(this.rate.get(), (minutes * TICKS_PER_MINUTE) | 0, RATE_TICKS_PER_PULSE)) | 0;
  }

  /** The most pulses that the limiter may count in a window of `minutes`, with `boluses` (LIM-5). */
  private derivedLimit(minutes: i32, boluses: i32): i32 {
    const ofBoluses: i32 = (boluses * this.bolusPulses.get()) | 0;
    const ticks: i32 = this.bolusTicks.get();
    // A value that has just flipped reads 0, and no bolus is due then.
    const late: i32 = boluses > 0 && ticks > 0 ? mulDivUp(this.bolusPulses.get(), BOOKKEEPING_TICKS, ticks) : 0;
    return (this.basalMax(minutes, BOOKKEEPING_TICKS) + ofBoluses + late + BOOKKEEPING_PULSES) | 0;
  }

  /** The most pulses of basal in any time of `minutes` and `more` ticks. In flex mode those ticks count at the highest rate. */
  basalMax(minutes: i32, more: i32): i32 {
    const mode: i32 = this.mode.get();
    const ticks: i32 = (((minutes * TICKS_PER_MINUTE) | 0) + more) | 0;
    if (mode == MODE_PERIODIC) return this.periodicPulses(ticks, true);
    const beyond: i32 = more > 0 ? mulDivUp(this.flexRateMax(), more, RATE_TICKS_PER_PULSE) : 0;
    if (mode == MODE_FLEX) return (this.flexPulses(minutes, true) + beyond) | 0;
    return this.rate.get() > 0 ? mulDivUp(this.rate.get(), ticks, RATE_TICKS_PER_PULSE) : 0;
  }

  /** The fewest pulses of basal in any time of `minutes` and `more` ticks. In flex mode those ticks do not count. */
  private basalMin(minutes: i32, more: i32): i32 {
    const mode: i32 = this.mode.get();
    const ticks: i32 = (((minutes * TICKS_PER_MINUTE) | 0) + more) | 0;
    if (mode == MODE_PERIODIC) return this.periodicPulses(ticks, false);
    if (mode == MODE_FLEX) return this.flexPulses(minutes, false);
    return mulDiv(this.rate.get(), ticks, RATE_TICKS_PER_PULSE);
  }

  /**
   * The most pulses of periodic doses in any time of `ticks`, or the fewest. Each whole interval has a dose, and the
   * rest a part of one.
   */
  private periodicPulses(ticks: i32, most: bool): i32 {
    const every: i32 = this.doseEveryTicks.get();
    const dose: i32 = this.doseTicks.get();
    const pulses: i32 = this.dosePulses.get();
    if (every < 1 || dose < 1) return 0;
    const rest: i32 = ticks % every;
    const whole: i32 = ((((ticks - rest) / every) | 0) * pulses) | 0;
    const part: i32 = most ? rest : (rest + dose - every) | 0;
    if (part <= 0) return whole;
    if (part >= dose) return (whole + pulses) | 0;
    const more: i32 = mulDiv(pulses, part, dose);
    return (whole + (most && more < pulses ? (more + 1) | 0 : more)) | 0;
  }

  /** The highest rate of any step of a flex program. */
  flexRateMax(): i32 {
    let most: i32 = 0;
    for (let i: i32 = 0; i < STEPS; i = (i + 1) | 0) {
      const step: i32 = i % STEPS_MAX;
      const pattern: i32 = ((i - step) / STEPS_MAX) | 0;
      if (step < this.steps.get(pattern) && this.stepRates.get(i) > most) most = this.stepRates.get(i);
    }
    return most;
  }

  /** The most pulses that the schedule gives in any `minutes` of a week, rounded up, or the fewest, rounded down. */
  private flexPulses(minutes: i32, most: bool): i32 {
    let whole: i32 = 0;
    let part: i32 = 0;
    let found: i32 = most ? 0 : FLEX_PULSES_MAX;
    let end: i32 = 0;
    // The window's end moves over two weeks, and in the first of them the window fills. While no rate changes at either end of
    // the window, what it holds rises or falls steadily and is greatest at an end of that time.
    for (let i: i32 = 0; i < SEGMENTS_MAX && end < 2 * MINUTES_PER_WEEK; i = (i + 1) | 0) {
      const full: bool = end >= minutes;
      const start: i32 = (end - minutes) | 0;
      const entering: i32 = this.rateAt(end);
      const leaving: i32 = full ? this.rateAt(start) : 0;
      const steady: i32 = this.steadyAt(end);
      const other: i32 = full ? this.steadyAt(start) : -start;
      const length: i32 = other < steady ? other : steady;
      const enteringPart: i32 = entering % RATE_PER_PULSE_A_MINUTE;
      const leavingPart: i32 = leaving % RATE_PER_PULSE_A_MINUTE;
      const enteringWhole: i32 = ((entering - enteringPart) / RATE_PER_PULSE_A_MINUTE) | 0;
      const leavingWhole: i32 = ((leaving - leavingPart) / RATE_PER_PULSE_A_MINUTE) | 0;
      whole = (whole + (((enteringWhole - leavingWhole) * length) | 0)) | 0;
      part = (part + (((enteringPart - leavingPart) * length) | 0)) | 0;
      end = (end + length) | 0;
      const rounded: i32 = most ? (part + RATE_PER_PULSE_A_MINUTE - 1) | 0 : part;
      const held: i32 = (whole + floorDiv(rounded, RATE_PER_PULSE_A_MINUTE)) | 0;
      if (most ? held > found : end >= minutes && held < found) found = held;
    }
    return found;
  }
}

/** a / b, rounded down where a is negative as well. */
function floorDiv(a: i32, b: i32): i32 {
  const rest: i32 = a % b;
  return (((a - rest) / b) | 0) + (rest < 0 ? -1 : 0);
}

/** Units of dose in `pulses` of a solution; UNITS_MAX where the product would not fit. */
function unitsIn(pulses: i32, concentration: i32): i32 {
  const rest: i32 = concentration % PULSES_PER_DOSE_UNIT;
  const perPulse: i32 = ((concentration - rest) / PULSES_PER_DOSE_UNIT + 1) | 0;
  const fitting: i32 = ((UNITS_MAX - (UNITS_MAX % perPulse)) / perPulse) | 0;
  return pulses > fitting ? UNITS_MAX : mulDiv(pulses, concentration, PULSES_PER_DOSE_UNIT);
}

/** True for a rate of therapy. The minimum rate only keeps the tubing moving and is none. */
export function isTherapeutic(rate: i32): bool {
  return rate >= RATE_THERAPEUTIC_MIN && rate <= RATE_MAX;
}
