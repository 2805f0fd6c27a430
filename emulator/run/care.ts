// The diary of a patient, as the people beside the pump keep it: four entries a day (8, 12, 16 and 20 o'clock by the wall), from
// which come the mean of each 30 days, the last week, the scores of a trial with its verdict, and what a clinician knows at a
// visit. Nobody here sees a concentration. All state is plain and saved with the people.
//
// Trial (TRI-2): the baseline is the mean of all entries before the trial. The trial's score is, of an infusion, the mean of its
// last four entries, which are a day; of injections, the lowest mean of the three entries after one of them. So each mean has
// at least three entries.

import { MINUTES_PER_DAY, MINUTES_PER_HOUR, TICKS_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import type { Machine } from "../machine/machine";
import type { Scenario, Titration, Trial } from "../scenario/scenario";

/** The columns of an entry, each a signal `patient.NAME`. */
export const OUTCOMES = [
  "pain",
  "pain_report",
  "ashworth",
  "spasms",
  "activity",
  "oral_mme",
  "ventilation",
  "sedation",
  "itch",
] as const;
export type Outcome = (typeof OUTCOMES)[number];
const COLUMNS = OUTCOMES.length;

const ENTRY_HOURS = [8, 12, 16, 20];
/** The patient writes on the hour; it is read half a minute later. */
const READ_AFTER_TICKS = 30 * TICKS_PER_SECOND;
const WEEK_ENTRIES = 7 * ENTRY_HOURS.length;
export const MONTH_TICKS = 30 * TICKS_PER_DAY;
/** Ten years, the longest run. */
const MONTHS_MAX = 122;
/** Entries after an injection that make its mean. */
const SHOT_ENTRIES = 3;
const DAY_ENTRIES = ENTRY_HOURS.length;
/** A mean of fewer entries says nothing. */
const ENTRIES_MIN = 3;
/** The part of normal ventilation below which a clinician sees slow breathing and lowers the dose. */
const BREATH_LOW = 0.7;
/** Means of sedation and of itching (0 to 3) that are side effects to a clinician: choices. */
const SEDATION_HIGH = 1;
const ITCH_HIGH = 1.5;
/** Rounding errors of a mean. */
const ROUNDING = 1e-9;

/** Verdicts of a trial. */
export const UNDECIDED = 0;
export const PASSED = 1;
export const FAILED = 2;

/** The means of each outcome, or null where there is no entry. */
export type Means = Record<Outcome, number>;

export interface TrialScores {
  baseline: number;
  score: number;
  verdict: typeof PASSED | typeof FAILED;
}

/** The entries that a trial needs, apart from a machine: of a patient in a run, or of one who gets a placebo. */
export class TrialBook {
  private readonly trial: Readonly<Trial>;
  baselineSum = 0;
  baselineCount = 0;
  /** The last entries of the trial, in a ring, and how many there were. */
  last: Float64Array = new Float64Array(DAY_ENTRIES);
  lastCount = 0;
  /** Entries after the injection under way; the lowest mean of one that has all, and whether there is one. */
  shotSum = 0;
  shotCount = SHOT_ENTRIES;
  lowest = 0;
  hasLowest = false;

  constructor(trial: Trial) {
    this.trial = Object.freeze({ ...trial, rule: Object.freeze(trial.rule) });
  }

  /** An injection begins to count. One before the end of the baseline is no part of the trial. */
  inject(tick: number): void {
    if (tick < this.trial.baseline_ticks) return;
    this.shotSum = 0;
    this.shotCount = 0;
  }

  enter(tick: number, value: number): void {
    const { baseline_ticks, for_ticks } = this.trial;
    if (tick < baseline_ticks) {
      this.baselineSum += value;
      this.baselineCount++;
      return;
    }
    if (tick > baseline_ticks + for_ticks) return;
    this.last[this.lastCount % DAY_ENTRIES] = value;
    this.lastCount++;
    if (this.shotCount >= SHOT_ENTRIES) return;
    this.shotSum += value;
    this.shotCount++;
    if (this.shotCount < SHOT_ENTRIES) return;
    const mean = this.shotSum / SHOT_ENTRIES;
    if (!this.hasLowest || mean < this.lowest) this.lowest = mean;
    this.hasLowest = true;
  }

  /** The scores and the verdict at the end of the trial. A trial without a mean of three entries is failed. */
  decide(): TrialScores {
    const baseline = this.baselineCount > 0 ? this.baselineSum / this.baselineCount : 0;
    const score = this.score();
    if (score === null || this.baselineCount < ENTRIES_MIN)
      return { baseline, score: score ?? baseline, verdict: FAILED };
    return { baseline, score, verdict: fallsBy(this.trial, baseline, score) ? PASSED : FAILED };
  }

  private score(): number | null {
    if (this.trial.kind !== "infusion") return this.hasLowest ? this.lowest : null;
    const entries = Math.min(this.lastCount, DAY_ENTRIES);
    if (entries < ENTRIES_MIN) return null;
    let sum = 0;
    for (let i = 0; i < entries; i++) sum += this.last[i];
    return sum / entries;
  }
}

/** True when the score has fallen as the rule wants it. A fraction of an Ashworth score counts from the tone of the healthy, 1. */
function fallsBy({ rule, score: name }: Trial, baseline: number, score: number): boolean {
  const fall = baseline - score + ROUNDING;
  if ("points" in rule) return fall >= rule.points;
  const whole = name === "ashworth" ? baseline - 1 : baseline;
  return whole > 0 && fall >= rule.fraction * whole;
}

/**
 * The tick of the next entry of a run, from the minute of its start by the wall. The patient's minutes are those of the run, so the
 * seconds of the start do not count: in a run from 7:00:45 the patient writes at 8:00:45.
 */
export function entryTick(start: { minute: number }, after: number): number {
  const offset = (start.minute % MINUTES_PER_DAY) * TICKS_PER_MINUTE;
  const day = Math.floor((after + offset) / TICKS_PER_DAY);
  for (const hours of [...ENTRY_HOURS, ENTRY_HOURS[0] + TICKS_PER_DAY / (MINUTES_PER_HOUR * TICKS_PER_MINUTE)]) {
    const tick = day * TICKS_PER_DAY + hours * MINUTES_PER_HOUR * TICKS_PER_MINUTE + READ_AFTER_TICKS - offset;
    if (tick > after) return tick;
  }
  throw new Error("the next day has an entry");
}

export class Care {
  private readonly start: Readonly<Scenario["start"]>;
  private readonly plan: Readonly<{ titration: Titration | null; trial: Trial | null; treated_ticks: number }>;
  /** The next entry. */
  next: number;
  entries = 0;
  /** The last entry, and a ring of a week. */
  row: Float64Array = new Float64Array(COLUMNS);
  week: Float64Array = new Float64Array(WEEK_ENTRIES * COLUMNS);
  /** Sums by month, and their number of entries. */
  monthSums: Float64Array = new Float64Array(MONTHS_MAX * COLUMNS);
  monthCounts: Int32Array = new Int32Array(MONTHS_MAX);
  /** Sums before the first treatment. */
  beforeSums: Float64Array = new Float64Array(COLUMNS);
  beforeCount = 0;
  /** Since the last visit: the score that the clinician follows, the lowest ventilation, and the side effects. */
  visitSum = 0;
  visitCount = 0;
  visitBreath = 1;
  visitSedation = 0;
  visitItch = 0;
  /** Visits of a clinician who titrates: those that were over, and of these the steps up and down that the pump took, and those that it refused. */
  visits = 0;
  raised = 0;
  lowered = 0;
  refused = 0;
  book: TrialBook | Readonly<Record<string, never>>;
  /** The first visit or request that the pump did not answer; -1 while there is none. */
  silentAt = -1;
  silentVisit = false;
  verdict = UNDECIDED;
  baseline = 0;
  score = 0;

  /** `treated_ticks`: the first moment at which anybody treats the patient. */
  constructor(scenario: Scenario, treated_ticks: number) {
    this.start = Object.freeze({ ...scenario.start });
    this.plan = Object.freeze({
      titration: scenario.titration ?? null,
      trial: scenario.trial ?? null,
      treated_ticks,
    });
    this.book = scenario.trial ? new TrialBook(scenario.trial) : Object.freeze({});
    this.next = entryTick(scenario.start, 0);
  }

  /** The tick at which the trial is decided; never without one. */
  get decided_ticks(): number {
    const { trial } = this.plan;
    return trial === null || this.verdict !== UNDECIDED ? Infinity : trial.baseline_ticks + trial.for_ticks;
  }

  /** The next tick at which there is something to write. */
  get due(): number {
    return Math.min(this.next, this.decided_ticks);
  }

  /** Writes what is due. Returns true when the trial was decided in this tick. */
  act(machine: Machine): boolean {
    const { tick } = machine;
    if (tick >= this.next) {
      this.enter(machine);
      this.next = entryTick(this.start, tick);
    }
    if (tick < this.decided_ticks || !(this.book instanceof TrialBook)) return false;
    const { baseline, score, verdict } = this.book.decide();
    this.baseline = baseline;
    this.score = score;
    this.verdict = verdict;
    return true;
  }

  /** The pump did not answer a visit, or a request of the patient. */
  noteSilence(tick: number, isVisit: boolean): void {
    if (this.silentAt >= 0) return;
    this.silentAt = tick;
    this.silentVisit = isVisit;
  }

  inject(tick: number): void {
    if (this.book instanceof TrialBook) this.book.inject(tick);
  }

  /**
   * The clinician's decision at a visit: 1 for a step up, -1 for one down, 0 for nothing. Slow breathing lowers the dose. Side effects
   * lower it when the aim is reached, and keep it from rising when it is not. The next visit begins anew.
   */
  visit(): -1 | 0 | 1 {
    const { titration } = this.plan;
    const [sum, count, breath] = [this.visitSum, this.visitCount, this.visitBreath];
    const suffers = this.visitSedation >= SEDATION_HIGH * count || this.visitItch >= ITCH_HIGH * count;
    this.visitSum = 0;
    this.visitCount = 0;
    this.visitBreath = 1;
    this.visitSedation = 0;
    this.visitItch = 0;
    if (titration === null || count < ENTRIES_MIN) return 0;
    if (breath < BREATH_LOW) return -1;
    const isReached = sum / count <= titration.aim.most;
    if (suffers) return isReached ? -1 : 0;
    return isReached ? 0 : 1;
  }

  /** A visit is over: which way the clinician wanted to go, and whether the pump took it. */
  noteVisit(change: number, isTaken: boolean): void {
    this.visits++;
    if (change === 0) return;
    if (!isTaken) this.refused++;
    else if (change > 0) this.raised++;
    else this.lowered++;
  }

  /** Means of the last seven days of entries; null before the first. */
  lastWeek(): Means | null {
    const kept = Math.min(this.entries, WEEK_ENTRIES);
    return meansOf((column) => this.sumOfWeek(column, kept), kept);
  }

  /** Means before the first treatment; null where there were too few entries for one. */
  before(): Means | null {
    return this.beforeCount < ENTRIES_MIN ? null : meansOf((column) => this.beforeSums[column], this.beforeCount);
  }

  /** Means of each 30 days in which there were entries. */
  months(): { month: number; means: Means }[] {
    return [...this.monthCounts].flatMap((count, month) => {
      const means = meansOf((column) => this.monthSums[month * COLUMNS + column], count);
      return means === null ? [] : [{ month, means }];
    });
  }

  private enter(machine: Machine): void {
    const { row, plan } = this;
    const { tick } = machine;
    for (let i = 0; i < COLUMNS; i++) row[i] = machine.signal(`patient.${OUTCOMES[i]}`);
    this.week.set(row, (this.entries % WEEK_ENTRIES) * COLUMNS);
    this.entries++;
    const month = Math.min(MONTHS_MAX - 1, Math.floor(tick / MONTH_TICKS));
    for (let i = 0; i < COLUMNS; i++) this.monthSums[month * COLUMNS + i] += row[i];
    this.monthCounts[month]++;
    if (tick < plan.treated_ticks) {
      for (let i = 0; i < COLUMNS; i++) this.beforeSums[i] += row[i];
      this.beforeCount++;
    }
    if (plan.titration !== null) {
      this.visitSum += this.valueOf(plan.titration.aim.score);
      this.visitCount++;
      this.visitBreath = Math.min(this.visitBreath, this.valueOf("ventilation"));
      this.visitSedation += this.valueOf("sedation");
      this.visitItch += this.valueOf("itch");
    }
    if (plan.trial !== null && this.book instanceof TrialBook) this.book.enter(tick, this.valueOf(plan.trial.score));
  }

  /** Of the last entry. Pain is what the patient says. */
  private valueOf(name: Outcome): number {
    return this.row[OUTCOMES.indexOf(name === "pain" ? "pain_report" : name)];
  }

  private sumOfWeek(column: number, kept: number): number {
    let sum = 0;
    for (let i = 0; i < kept; i++) sum += this.week[i * COLUMNS + column];
    return sum;
  }
}

function meansOf(sum: (column: number) => number, count: number): Means | null {
  if (count === 0) return null;
  return Object.fromEntries(OUTCOMES.map((name, column) => [name, sum(column) / count])) as Means;
}
