// The motor with proof of motion (MOT-1 to MOT-4). A pulse is in flight until the encoder shows its step or
// PROOF_TICKS pass. What the encoder shows forward is credited, whatever caused it; a missed proof is counted. Eight
// misses in a row are a stall, so detection follows the programmed pace; four proofs in a row end it. A backward step or
// a step without a pulse breaks the motor: power off at once, and no pulse until a clinician starts the pump again.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { PULSE_SPACING_TICKS, TICKS_PER_MINUTE } from "../hal/units";

/** A healthy step shows after 20 ticks; a proof later than this is none. */
const PROOF_TICKS: i32 = 50;
const MISSES_TO_STALL: i32 = 8;
const PROOFS_TO_RECOVER: i32 = 4;

export class Motor {
  hal: Hal;
  powered: bool = false;
  inFlight: bool = false;
  pulseTick: i32 = 0;
  /** The encoder as last read. */
  motion: i32 = 0;
  /** Forward steps seen this tick. */
  credited: i32 = 0;
  /** This tick resolved the pulse in flight, one way or the other. */
  proved: bool = false;
  missed: bool = false;
  /** This tick entered or left the stall. */
  stallBegan: bool = false;
  stallEnded: bool = false;
  stalled: bool = false;
  missesInRow: i32 = 0;
  proofsInRow: i32 = 0;
  /** This tick saw a backward step, or a step without a pulse. */
  reversed: bool = false;
  ranAway: bool = false;
  /** Latched by either; cleared by `mend`. */
  broken: bool = false;
  /** Since boot. */
  pulsesTotal: i32 = 0;
  missedTotal: i32 = 0;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  boot(): void {
    this.motion = this.hal.motor.motion() | 0;
    this.pulseTick = -PULSE_SPACING_TICKS;
    this.hal.motor.setPower(false);
  }

  /** Reads the encoder and resolves the pulse in flight. */
  sense(now: i32): void {
    const motion: i32 = this.hal.motor.motion() | 0;
    const moved: i32 = (motion - this.motion) | 0;
    this.motion = motion;
    this.credited = moved > 0 ? moved : 0;
    this.proved = false;
    this.missed = false;
    this.stallBegan = false;
    this.stallEnded = false;
    this.reversed = moved < 0;
    const explained: i32 = this.inFlight ? 1 : 0;
    this.ranAway = moved > explained;
    if (moved > 0 && this.inFlight) this.prove();
    else if (this.inFlight && ((now - this.pulseTick) | 0) >= PROOF_TICKS) this.miss();
    if (this.reversed || this.ranAway) {
      this.broken = true;
      this.inFlight = false;
      this.setPower(false);
    }
  }

  /** The rotor moved or a proof was missed in this tick. */
  stirred(): bool {
    return this.credited > 0 || this.missed || this.reversed;
  }

  /** True when a pulse may start in this tick. */
  ready(now: i32): bool {
    return !this.inFlight && !this.broken && ((now - this.pulseTick) | 0) >= PULSE_SPACING_TICKS;
  }

  pulse(now: i32): void {
    assert(this.ready(now), "a pulse starts only when the motor is ready");
    this.setPower(true);
    this.inFlight = true;
    this.pulseTick = now;
    this.pulsesTotal = (this.pulsesTotal + 1) | 0;
    this.hal.motor.pulse();
  }

  /** Commanded stop: power goes when the pulse in flight has ended (THR-8). */
  rest(): void {
    if (this.powered && !this.inFlight) this.setPower(false);
  }

  /** Once a minute: keeps the age of the last pulse far from the wrap of the tick counter. */
  age(now: i32): void {
    if (((now - this.pulseTick) | 0) > TICKS_PER_MINUTE) this.pulseTick = (now - TICKS_PER_MINUTE) | 0;
  }

  /** A clinician starts the pump again: old misses and faults are forgotten. */
  mend(): void {
    this.broken = false;
    this.stalled = false;
    this.missesInRow = 0;
    this.proofsInRow = 0;
  }

  /** Ticks until the proof of the pulse in flight is overdue. */
  idle(now: i32): i32 {
    return (this.pulseTick + PROOF_TICKS - now - 1) | 0;
  }

  private prove(): void {
    this.inFlight = false;
    this.proved = true;
    this.missesInRow = 0;
    this.proofsInRow = (this.proofsInRow + 1) | 0;
    if (this.stalled && this.proofsInRow >= PROOFS_TO_RECOVER) {
      this.stalled = false;
      this.stallEnded = true;
    }
  }

  private miss(): void {
    this.inFlight = false;
    this.missed = true;
    this.missedTotal = (this.missedTotal + 1) | 0;
    this.proofsInRow = 0;
    this.missesInRow = (this.missesInRow + 1) | 0;
    if (!this.stalled && this.missesInRow >= MISSES_TO_STALL) {
      this.stalled = true;
      this.stallBegan = true;
    }
  }

  private setPower(on: bool): void {
    if (this.powered == on) return;
    this.powered = on;
    this.hal.motor.setPower(on);
  }
}
