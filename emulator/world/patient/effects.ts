// Effects of the drugs on the person, once a minute after the fluid has moved. Exposures of drugs of one kind add up in units of
// each drug's own EC50. Pain: a Hill function of exponent 2 of the sum at the cord. Breathing: an opioid lowers the gain of
// the chemical control with an exponent of 1 at the brain's site, and the carbon dioxide that is then held back drives breathing on:
// ventilation is what control and gas exchange agree on, which is well kept at first and then falls steeply. Tone and spasms: an
// exponent of 2 at the cord. Tolerance rises with exposure and saturates. The level that the body is used to follows the
// present one over days; signs of withdrawal begin when the present level is below half of it.
//
// True pain has no chance in it: a person who gets nothing keeps it. Placebo, episodes and the diary's noise are in what is
// felt and reported (habits.ts).

import { BRAIN, CISTERNAL, CORD, Fluid, SLOTS_MAX, STATES } from "./fluid";
import {
  CLASS,
  CLASS_GABA,
  CLASS_OPIOID,
  DRUG_FIGURES,
  EC50_BREATH,
  EC50_ITCH,
  EC50_PAIN,
  EC50_SEDATION,
  EC50_SPASM,
} from "./drug";
import { Person } from "./person";

/** Carbon dioxide at rest, and the pressure below which breathing has no chemical drive, mmHg: a slope of 1.5 L/min per mmHg. */
const CO2_REST: f64 = 40;
const CO2_APNOEA: f64 = 36;
/** Part of the level that the person is used to, below which signs begin. */
const LACK: f64 = 0.5;
/** Dependence comes and goes at this part of the rate at which the body gets used to a level. */
const DEPENDENCE_SPEED: f64 = 0.5;
/** Strength of withdrawal, 0 to 1, from which it is mild, moderate and severe. */
const MILD: f64 = 0.2;
const MODERATE: f64 = 0.42;
const SEVERE: f64 = 0.62;
/**
 * The worst withdrawal adds: of an opioid, pain and a quick pulse; of baclofen, itching, part of the way to the worst tone and the most spasms,
 * then pulse, then fever, each from a strength on. The pulse follows a fever too.
 */
const WITHDRAWAL_PAIN: f64 = 2;
const WITHDRAWAL_ITCH: f64 = 2;
const REBOUND: f64 = 0.8;
const PULSE_REST: f64 = 72;
const OPIOID_PULSE: f64 = 30;
const GABA_PULSE: f64 = 40;
const PULSE_FROM: f64 = 0.15;
const PULSE_PER_C: f64 = 8;
const FEVER_C: f64 = 4;
const FEVER_FROM: f64 = 0.3;
const BODY_C: f64 = 37;
/** Itching fades with use faster than anything else, within days; and a third of its EC50 is enough for half of that. */
const ITCH_RATE: f64 = 1 / 2880;
const ITCH_USED: f64 = 1 / 3;
const SCORE_MAX: f64 = 3;
const ASHWORTH_MIN: f64 = 1;
const ASHWORTH_MAX: f64 = 5;
const SPASMS_MAX: f64 = 4;
const PAIN_MAX: f64 = 10;

export class Effects {
  person: Person;
  /** Exposures: opioids and others at the cord for pain, baclofen at the cord; opioids at the brain, for breath. */
  opioid: f64 = 0;
  otherRelief: f64 = 0;
  gaba: f64 = 0;
  breath: f64 = 0;
  /** Of opioids, which tolerance divides, and of other drugs. */
  sedating: f64 = 0;
  otherSedating: f64 = 0;
  itching: f64 = 0;
  /** Tolerance, 0 to 1. */
  opioidTolerance: f64 = 0;
  gabaTolerance: f64 = 0;
  itchTolerance: f64 = 0;
  /** The exposures that the person is used to. */
  opioidUsed: f64 = 0;
  gabaUsed: f64 = 0;
  /** Dependence, 0 to 1, which a few doses do not make however large they are. */
  opioidDependence: f64 = 0;
  gabaDependence: f64 = 0;
  /** Strength of withdrawal, 0 to 1. */
  opioidWithdrawal: f64 = 0;
  gabaWithdrawal: f64 = 0;
  /** A fresh wound is 1. */
  wound: f64 = 0;
  /** Published values. */
  relief: f64 = 0;
  pain: f64 = 0;
  ashworth: f64 = 1;
  spasms: f64 = 0;
  gain: f64 = 1;
  ventilation: f64 = 1;
  sedation: f64 = 0;
  itch: f64 = 0;
  temperature_c: f64 = 37;
  pulse: f64 = 72;

  constructor(person: Person) {
    this.person = person;
  }

  step(fluid: Fluid): void {
    this.expose(fluid);
    this.adapt();
    this.answer();
  }

  /** 0 none, 1 mild, 2 moderate, 3 severe, of the worse of both kinds. */
  withdrawal(): f64 {
    const worst = this.worstWithdrawal();
    if (worst >= SEVERE) return 3;
    if (worst >= MODERATE) return 2;
    return worst >= MILD ? 1 : 0;
  }

  worstWithdrawal(): f64 {
    return this.opioidWithdrawal > this.gabaWithdrawal ? this.opioidWithdrawal : this.gabaWithdrawal;
  }

  /** Takes the person as used to the present exposures, as somebody is who has taken the same for months. */
  reachSteadyState(fluid: Fluid): void {
    const person = this.person;
    this.expose(fluid);
    this.opioidUsed = this.opioid;
    this.gabaUsed = this.gaba;
    this.opioidDependence = saturating(this.opioid, person.dependenceAt);
    this.gabaDependence = saturating(this.gaba, person.dependenceAt);
    this.opioidTolerance = this.opioid / (this.opioid + person.toleranceAt);
    this.gabaTolerance = this.gaba / (this.gaba + person.toleranceAt);
    this.itchTolerance = saturating(this.itching, ITCH_USED);
    this.answer();
  }

  /** Sums the exposures of all drugs in the body. */
  private expose(fluid: Fluid): void {
    this.opioid = 0;
    this.otherRelief = 0;
    this.gaba = 0;
    this.breath = 0;
    this.sedating = 0;
    this.otherSedating = 0;
    this.itching = 0;
    for (let slot: i32 = 0; slot < SLOTS_MAX && slot < fluid.slots; slot++) {
      if (fluid.used[slot] === 0) continue;
      const figures = slot * DRUG_FIGURES;
      const cord = fluid.x[slot * STATES + CORD];
      const brain = fluid.x[slot * STATES + BRAIN];
      const kind = fluid.figures[figures + CLASS];
      const relief = exposure(cord, fluid.figures[figures + EC50_PAIN]);
      if (kind === CLASS_OPIOID) this.opioid += relief;
      else this.otherRelief += relief;
      if (kind === CLASS_GABA) this.gaba += exposure(cord, fluid.figures[figures + EC50_SPASM]);
      this.breath += exposure(brain, fluid.figures[figures + EC50_BREATH]);
      const sedating = exposure(brain, fluid.figures[figures + EC50_SEDATION]);
      if (kind === CLASS_OPIOID) this.sedating += sedating;
      else this.otherSedating += sedating;
      this.itching += exposure(fluid.concentration(slot, CISTERNAL), fluid.figures[figures + EC50_ITCH]);
    }
  }

  /** Tolerance, the levels that the person is used to, withdrawal and the wound move on by a minute. */
  private adapt(): void {
    const person = this.person;
    this.opioidTolerance += (saturating(this.opioid, person.toleranceAt) - this.opioidTolerance) * person.toleranceRate;
    this.gabaTolerance += (saturating(this.gaba, person.toleranceAt) - this.gabaTolerance) * person.toleranceRate;
    this.itchTolerance += (saturating(this.itching, ITCH_USED) - this.itchTolerance) * ITCH_RATE;
    this.opioidUsed += (this.opioid - this.opioidUsed) * person.adaptRate;
    this.gabaUsed += (this.gaba - this.gabaUsed) * person.adaptRate;
    const dependenceRate = person.adaptRate * DEPENDENCE_SPEED;
    this.opioidDependence += (saturating(this.opioid, person.dependenceAt) - this.opioidDependence) * dependenceRate;
    this.gabaDependence += (saturating(this.gaba, person.dependenceAt) - this.gabaDependence) * dependenceRate;
    const opioid = this.lack(this.opioid, this.opioidUsed, this.opioidDependence);
    const gaba = this.lack(this.gaba, this.gabaUsed, this.gabaDependence);
    this.opioidWithdrawal += (opioid - this.opioidWithdrawal) * person.withdrawalRate;
    this.gabaWithdrawal += (gaba - this.gabaWithdrawal) * person.withdrawalRate;
    this.wound -= this.wound * person.healRate;
  }

  /** How much is lacking below half of the level that the person is used to, by how dependent the person is, 0 to 1. */
  private lack(present: f64, used: f64, dependence: f64): f64 {
    const wanted = used * LACK;
    if (present >= wanted) return 0;
    const strength = ((wanted - present) / wanted) * dependence * this.person.withdrawalGain;
    return strength < 1 ? strength : 1;
  }

  private answer(): void {
    const person = this.person;
    const units = this.opioid / (1 + person.toleranceMax * this.opioidTolerance) + this.otherRelief;
    this.relief = (person.reliefMax * units * units) / (1 + units * units);
    const sore = person.woundPain * this.wound + WITHDRAWAL_PAIN * this.opioidWithdrawal;
    this.pain = bounded(person.pain * (1 - this.relief) + sore, PAIN_MAX);
    this.answerTone();
    this.answerBreath();
    const sedating = this.sedating / (1 + this.opioidTolerance * person.breathToleranceMax) + this.otherSedating;
    this.sedation = SCORE_MAX * saturating(sedating, 1);
    const itch = SCORE_MAX * saturating(this.itching, 1) * (1 - this.itchTolerance);
    this.itch = bounded(itch + WITHDRAWAL_ITCH * this.gabaWithdrawal, SCORE_MAX);
    const fever = FEVER_C * beyond(this.gabaWithdrawal, FEVER_FROM);
    this.temperature_c = BODY_C + fever;
    const quick = OPIOID_PULSE * this.opioidWithdrawal + GABA_PULSE * beyond(this.gabaWithdrawal, PULSE_FROM);
    this.pulse = PULSE_REST + quick + PULSE_PER_C * fever;
  }

  private answerTone(): void {
    const person = this.person;
    const units = this.gaba / (1 + person.gabaToleranceMax * this.gabaTolerance);
    const share = (units * units) / (1 + units * units);
    const tone = (person.ashworth - ASHWORTH_MIN) * (1 - person.toneMax * share) + ASHWORTH_MIN;
    this.ashworth = tone + (ASHWORTH_MAX - tone) * REBOUND * this.gabaWithdrawal;
    const spasms = person.spasms * (1 - person.spasmMax * share);
    this.spasms = spasms + (SPASMS_MAX - spasms) * REBOUND * this.gabaWithdrawal;
  }

  /**
   * At the gain g, ventilation v (1 at rest) solves v = g (40 / v - 36) / (40 - 36): drive by carbon dioxide, which is inverse to
   * ventilation.
   */
  private answerBreath(): void {
    const person = this.person;
    const tolerance = 1 + person.breathToleranceMax * this.opioidTolerance;
    this.gain = 1 / (1 + (this.breath * person.breathSensitivity) / tolerance);
    const slope = CO2_REST - CO2_APNOEA;
    const half = this.gain * CO2_APNOEA;
    const ventilation = (Math.sqrt(half * half + 4 * slope * this.gain * CO2_REST) - half) / (2 * slope);
    this.ventilation = ventilation;
  }
}

/** Concentration in units of the EC50; nothing for a drug without the effect. */
function exposure(concentration: f64, ec50: f64): f64 {
  return ec50 > 0 ? concentration / ec50 : 0;
}

/** The part of the way from a strength to 1; 0 below it. */
function beyond(strength: f64, from: f64): f64 {
  return strength > from ? (strength - from) / (1 - from) : 0;
}

function saturating(amount: f64, half: f64): f64 {
  return amount / (amount + half);
}

function bounded(value: f64, most: f64): f64 {
  if (value < 0) return 0;
  return value > most ? most : value;
}
