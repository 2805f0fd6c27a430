// The person's day: what is felt, the diary, oral medication, asking the pump, activity. Felt pain is the true pain less the
// placebo's part, with episodes and a slow component of days. The diary has a whole number four times a day, at 8, 12, 16 and 20
// o'clock by the wall, and once at the start. Oral medication is taken by the schedule, and by need while awake, at least four
// hours apart. Tablets of a schedule of eight hours or more release their drug slowly, over three quarters of the time to the next. Once a week the person looks back: below a mean of `contentAt`, and with at most half of the spasticity, the scheduled doses become a quarter less, down to
// a floor, and above it they grow back to what was prescribed. Every draw is made at fixed minutes.

import { Chance } from "./chance";
import { Effects } from "./effects";
import { Fluid, SLOTS_MAX } from "./fluid";
import { Person } from "./person";
import { DRUG_FIGURES, MME } from "./drug";

/** Oral drugs of one person. */
export const ORALS_MAX: i32 = 4;
const DAY_MINUTES: i32 = 1440;
const WEEK_MINUTES: i32 = 7 * DAY_MINUTES;
const DIARY_EVERY: i32 = 240;
const DIARY_FROM: i32 = 480;
const DIARY_TO: i32 = 1200;
const AWAKE_FROM: i32 = 420;
const AWAKE_TO: i32 = 1380;
const NEED_APART: i32 = 240;
const ASK_APART: i32 = 30;
const WEEKLY_LESS: f64 = 0.75;
/** Spasticity of no more than this part of the untreated one lets the person take less. Nobody without spasticity is kept by it. */
const CONTENT_TONE: f64 = 0.5;
/** From this interval on a schedule is one of slow tablets, which release over this part of it. */
const SLOW_EVERY: i32 = 480;
const SLOW_PART: f64 = 0.75;
/** Doses of a day that are remembered: more than four drugs every hour. */
const INTAKES_MAX: i32 = 128;
const NG_PER_MG: f64 = 1000000;
const PAIN_MAX: f64 = 10;
/** Each further treatment renews less of the expectation than the one before. */
const NOVELTY_KEPT: f64 = 0.7;
const EPISODE_RELIEVED: f64 = 1;
const PERCENT: f64 = 100;
const SEDATION_LOSS: f64 = 0.15;
const ASHWORTH_SPAN: f64 = 4;
const TONE_LOSS: f64 = 0.5;
const WOUND_LOSS: f64 = 0.4;
const WITHDRAWAL_LOSS: f64 = 0.6;

export class Habits {
  person: Person;
  chance: Chance;
  /** Minutes since the start, and of the day on the wall. */
  minute: f64 = 0;
  wall: i32;
  ofWeek: i32 = 0;
  /** Oral drugs: slot, scheduled dose, minutes between two, dose by need. */
  orals: i32 = 0;
  oralSlot: Int32Array = new Int32Array(ORALS_MAX);
  oralDose_ng: Float64Array = new Float64Array(ORALS_MAX);
  oralEvery: Int32Array = new Int32Array(ORALS_MAX);
  oralNeed_ng: Float64Array = new Float64Array(ORALS_MAX);
  /** Minutes to the next scheduled dose, and since the last one by need. */
  oralIn: Int32Array = new Int32Array(ORALS_MAX);
  sinceNeed: i32 = 0;
  /** Part of the prescribed dose that is taken. */
  oralPart: f64 = 1;
  /** The drug that slow tablets release each minute, and that is left in them. */
  oralRelease_ng: Float64Array = new Float64Array(ORALS_MAX);
  oralLeft_ng: Float64Array = new Float64Array(ORALS_MAX);
  /** Taken in the last step, and in the last 24 h, by slot. */
  taken_ng: Float64Array = new Float64Array(SLOTS_MAX);
  daily_ng: Float64Array = new Float64Array(SLOTS_MAX);
  /** The doses of the last 24 h, as a ring: minute, slot and amount. */
  intakeMinute: Float64Array = new Float64Array(INTAKES_MAX);
  intakeSlot: Int32Array = new Int32Array(INTAKES_MAX);
  intake_ng: Float64Array = new Float64Array(INTAKES_MAX);
  intakeFirst: i32 = 0;
  intakes: i32 = 0;
  /** True when the person takes anything in this step. */
  tookOral: bool = false;
  /** The person presses for boluses by need; wants one now; minutes since the last wish. */
  asks: bool = false;
  wantsBolus: bool = false;
  sinceAsk: i32 = 0;
  /** Placebo: expectation 0 to 1, and how much the next treatment renews. */
  expectation: f64 = 0;
  novelty: f64 = 1;
  /** Episode under way: how much more pain, and minutes left. */
  episode: f64 = 0;
  episodeLeft: f64 = 0;
  slow: f64 = 0;
  felt: f64 = 0;
  /** Last diary entry, and how many there were. */
  report: f64 = 0;
  reports: f64 = 0;
  weekSum: f64 = 0;
  activity: f64 = 0;

  constructor(person: Person, chance: Chance, wall: i32) {
    this.person = person;
    this.chance = chance;
    this.wall = wall;
  }

  /** The first diary entry, and activity as it was. Called once, after the effects have settled. */
  begin(effects: Effects): void {
    this.sinceNeed = NEED_APART;
    this.sinceAsk = ASK_APART;
    this.slow = this.chance.normal() * this.person.reportSlow;
    this.feel(effects);
    this.writeDiary();
    this.activity = this.activityAt(effects);
  }

  /** Somebody treats the person: expectation rises, whatever is in the syringe. */
  expect(): void {
    this.expectation += (1 - this.expectation) * this.novelty;
    this.novelty *= NOVELTY_KEPT;
  }

  /** The person takes oral doses that are due, before the minute that comes. */
  takeOral(fluid: Fluid): void {
    if (this.tookOral) this.taken_ng.fill(0);
    this.tookOral = false;
    this.sinceNeed++;
    for (let i: i32 = 0; i < ORALS_MAX && i < this.orals; i++) {
      this.takeScheduled(i, fluid);
      this.release(i, fluid);
    }
    if (this.felt >= this.person.needAt && this.isAwake() && this.sinceNeed >= NEED_APART) {
      this.sinceNeed = 0;
      for (let i: i32 = 0; i < ORALS_MAX && i < this.orals; i++) {
        fluid.gut_ng[this.oralSlot[i]] += this.oralNeed_ng[i];
        this.take(i, this.oralNeed_ng[i]);
      }
    }
  }

  /** After fluid and effects have moved by the minute. */
  step(effects: Effects): void {
    this.minute += 1;
    this.wall++;
    if (this.wall === DAY_MINUTES) this.wall = 0;
    this.dropOldIntake();
    this.expectation -= this.expectation * this.person.placeboRate;
    this.changeEpisode();
    this.feel(effects);
    if (this.wall % DIARY_EVERY === 0 && this.wall >= DIARY_FROM && this.wall <= DIARY_TO) this.writeDiary();
    this.decideToAsk();
    this.lookBack(effects);
    this.activity += (this.activityAt(effects) - this.activity) * this.person.activityRate;
  }

  /** mg of oral morphine equivalent in the last 24 h. */
  mme(fluid: Fluid): f64 {
    let sum: f64 = 0;
    for (let slot: i32 = 0; slot < SLOTS_MAX && slot < fluid.slots; slot++) {
      sum += this.daily_ng[slot] * fluid.figures[slot * DRUG_FIGURES + MME];
    }
    return sum / NG_PER_MG;
  }

  /** A dose before the start, so many minutes ago. */
  remember(index: i32, dose_ng: f64, minutesAgo: f64): void {
    this.enterIntake(this.oralSlot[index], dose_ng, -minutesAgo);
  }

  private takeScheduled(index: i32, fluid: Fluid): void {
    if (this.oralEvery[index] === 0) return;
    this.oralIn[index]--;
    if (this.oralIn[index] > 0) return;
    this.oralIn[index] = this.oralEvery[index];
    const dose = this.oralDose_ng[index] * this.oralPart;
    if (this.oralEvery[index] >= SLOW_EVERY) {
      const minutes: f64 = this.oralEvery[index];
      this.oralLeft_ng[index] += dose;
      this.oralRelease_ng[index] = this.oralLeft_ng[index] / (minutes * SLOW_PART);
    } else {
      fluid.gut_ng[this.oralSlot[index]] += dose;
    }
    this.take(index, dose);
  }

  private release(index: i32, fluid: Fluid): void {
    const left = this.oralLeft_ng[index];
    if (left <= 0) return;
    const part = left < this.oralRelease_ng[index] ? left : this.oralRelease_ng[index];
    this.oralLeft_ng[index] = left - part;
    fluid.gut_ng[this.oralSlot[index]] += part;
  }

  /** Counts a dose as taken in this step. */
  private take(index: i32, dose_ng: f64): void {
    if (dose_ng <= 0) return;
    const slot = this.oralSlot[index];
    this.tookOral = true;
    this.taken_ng[slot] += dose_ng;
    this.enterIntake(slot, dose_ng, this.minute);
  }

  /** A ring that is full drops its oldest dose early. */
  private enterIntake(slot: i32, dose_ng: f64, minute: f64): void {
    if (this.intakes === INTAKES_MAX) this.dropIntake();
    const at = (this.intakeFirst + this.intakes) % INTAKES_MAX;
    this.intakeMinute[at] = minute;
    this.intakeSlot[at] = slot;
    this.intake_ng[at] = dose_ng;
    this.intakes++;
    this.daily_ng[slot] += dose_ng;
  }

  private dropOldIntake(): void {
    const day: f64 = DAY_MINUTES;
    for (let i: i32 = 0; i < INTAKES_MAX && this.intakes > 0; i++) {
      if (this.minute - this.intakeMinute[this.intakeFirst] <= day) return;
      this.dropIntake();
    }
  }

  private dropIntake(): void {
    const slot = this.intakeSlot[this.intakeFirst];
    const rest = this.daily_ng[slot] - this.intake_ng[this.intakeFirst];
    this.daily_ng[slot] = rest > 0 ? rest : 0;
    this.intakeFirst = (this.intakeFirst + 1) % INTAKES_MAX;
    this.intakes--;
  }

  private isAwake(): bool {
    return this.wall >= AWAKE_FROM && this.wall < AWAKE_TO;
  }

  /** One draw a minute: whether an episode begins, and how strong and long it is. */
  private changeEpisode(): void {
    const drawn = this.chance.fraction();
    const person = this.person;
    if (this.episodeLeft > 0) {
      this.episodeLeft -= 1;
      if (this.episodeLeft <= 0) this.episode = 0;
    }
    if (drawn >= person.episodeChance) return;
    const part = drawn / person.episodeChance;
    this.episode = person.episodeMin + (person.episodeMax - person.episodeMin) * part;
    const minutes = person.episodeMinutesMin + (person.episodeMinutesMax - person.episodeMinutesMin) * (1 - part);
    this.episodeLeft = Math.floor(minutes);
  }

  private feel(effects: Effects): void {
    const eased = effects.pain * (1 - this.person.placebo * this.expectation);
    const more = this.episode * (1 - EPISODE_RELIEVED * effects.relief);
    this.felt = eased + more;
  }

  private writeDiary(): void {
    const person = this.person;
    const fresh = Math.sqrt(1 - person.reportSlowKept * person.reportSlowKept) * person.reportSlow;
    this.slow = this.slow * person.reportSlowKept + this.chance.normal() * fresh;
    const noise = this.chance.normal() * person.reportNoise;
    const value = Math.floor(this.felt + person.reportOffset + this.slow + noise + 0.5);
    this.report = value < 0 ? 0 : value > PAIN_MAX ? PAIN_MAX : value;
    this.reports += 1;
  }

  /** A wish lasts until somebody hears it; the next one comes half an hour later at the earliest. */
  private decideToAsk(): void {
    this.sinceAsk++;
    if (!this.asks || this.wantsBolus || this.sinceAsk < ASK_APART) return;
    if (this.felt < this.person.askAt || !this.isAwake()) return;
    this.wantsBolus = true;
    this.sinceAsk = 0;
  }

  private lookBack(effects: Effects): void {
    this.weekSum += this.felt;
    this.ofWeek++;
    if (this.ofWeek < WEEK_MINUTES) return;
    const mean = this.weekSum / WEEK_MINUTES;
    this.ofWeek = 0;
    this.weekSum = 0;
    const person = this.person;
    const tone = effects.ashworth - 1 <= (person.ashworth - 1) * CONTENT_TONE;
    if (mean <= person.contentAt && tone) this.oralPart *= WEEKLY_LESS;
    else this.oralPart /= WEEKLY_LESS;
    if (this.oralPart < person.oralFloor) this.oralPart = person.oralFloor;
    if (this.oralPart > 1) this.oralPart = 1;
  }

  /** The activity, in % of the healthy, to which the person would come in this state. */
  private activityAt(effects: Effects): f64 {
    const pain = 1 - (this.person.activityLoss * effects.pain) / PAIN_MAX;
    const awake = 1 - SEDATION_LOSS * effects.sedation;
    const tone = 1 - (TONE_LOSS * (effects.ashworth - 1)) / ASHWORTH_SPAN;
    const whole = (1 - WOUND_LOSS * effects.wound) * (1 - WITHDRAWAL_LOSS * effects.worstWithdrawal());
    return PERCENT * pain * awake * tone * whole;
  }
}
