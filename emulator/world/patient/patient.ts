// The virtual patient behind the catheter's tip, on a grid of 60 s of machine time. It takes what left the tip, what was injected
// or swallowed, and what went under the skin; it moves the fluid, then the effects, then the habits. The machine calls `takeIn`
// and `step` at the first moment of each minute, in both gears, with the totals that the world shows then; the catheter gives
// nothing during a leap, so its totals are those of lockstep. People act on it with the methods of the first part, in the
// machine's time; what they do counts from the next step on. All state is plain and saved with the machine.

import { Chance } from "./chance";
import { Effects } from "./effects";
import { Fluid } from "./fluid";
import { Habits } from "./habits";
import { Person } from "./person";

/** Drugs of a pump. */
const PUMP_DRUGS: i32 = 4;
/** A pump that gives after so long without is a treatment of which the person expects something. */
const IDLE_MINUTES: i32 = 1440;

export class Patient {
  person: Person;
  fluid: Fluid;
  effects: Effects;
  habits: Habits;
  /** The slot of each drug of the pump; -1 for one that the table does not have. */
  slotOfPump: Int32Array = new Int32Array(PUMP_DRUGS).fill(-1);
  /** Steps so far. */
  steps: f64 = 0;
  /** Totals that were taken in: what left the tip, and what the pump lost or was given under the skin. */
  tip_nl: f64 = 0;
  tip_ng: Float64Array = new Float64Array(PUMP_DRUGS);
  skin_ng: Float64Array = new Float64Array(PUMP_DRUGS);
  /** The catheter is in the patient. A pump that was taken out gives nothing, whatever it does. */
  attached: bool = true;
  /** Minutes without anything from the tip. */
  idle: i32 = IDLE_MINUTES;

  constructor(person: Person, slots: i32, chance: Chance, wall: i32) {
    this.person = person;
    this.fluid = new Fluid(slots);
    this.effects = new Effects(person);
    this.habits = new Habits(person, chance, wall);
  }

  /** A needle in the lumbar fluid gives `mass_ng` of a drug in `volume_nl`; of a placebo 0 ng. */
  inject(slot: i32, mass_ng: f64, volume_nl: f64): void {
    if (slot >= 0) this.fluid.needle_ng[slot] += mass_ng;
    this.fluid.needle_nl += volume_nl;
    this.habits.expect();
  }

  /** A pump is put in or, when not `attached`, taken out. */
  attach(attached: bool): void {
    this.attached = attached;
  }

  /** A wound of the operating theatre: an implant, an explant. It heals over weeks, and it is a treatment. */
  operate(): void {
    this.effects.wound = 1;
    this.habits.expect();
  }

  /** True while the person wants a bolus and nobody has heard it. */
  wants(): bool {
    return this.habits.wantsBolus;
  }

  /** The person has pressed. */
  heard(): void {
    this.habits.wantsBolus = false;
  }

  /**
   * Takes in what the world shows at this moment: totals of volume and drugs that left the tip, and of drugs that needles put into the
   * pocket and that the catheter lost.
   */
  takeIn(tip_nl: f64, tip_ng: Float64Array, pocket_ng: Float64Array, lost_ng: Float64Array): void {
    const fluid = this.fluid;
    const attached = this.attached;
    this.idle++;
    if (attached && tip_nl > this.tip_nl) {
      fluid.atTip_nl += tip_nl - this.tip_nl;
      if (this.idle > IDLE_MINUTES) this.habits.expect();
      this.idle = 0;
    }
    this.tip_nl = tip_nl;
    for (let drug: i32 = 0; drug < PUMP_DRUGS; drug++) {
      const slot = this.slotOfPump[drug];
      const skin = pocket_ng[drug] + lost_ng[drug];
      if (slot >= 0) {
        const given = tip_ng[drug] - this.tip_ng[drug];
        const spilt = skin - this.skin_ng[drug];
        if (attached && given > 0) fluid.atTip_ng[slot] += given;
        if (attached && spilt > 0) fluid.pocket_ng[slot] += spilt;
      }
      this.tip_ng[drug] = tip_ng[drug];
      this.skin_ng[drug] = skin;
    }
  }

  /** A minute passes. */
  step(): void {
    this.swallow();
    this.pass();
  }

  /** The person swallows what is due in the minute that comes; all that comes into the body in it then stands in the fluid. */
  swallow(): void {
    this.habits.takeOral(this.fluid);
  }

  /** The minute passes with what stands in the fluid. */
  pass(): void {
    this.fluid.step();
    this.effects.step(this.fluid);
    this.habits.step(this.effects);
    this.steps += 1;
  }
}
