// The motor with proof of motion (MOT-1 to MOT-4). A pulse is in flight until the encoder shows its step or PROOF_TICKS have
// passed. Each step forward is credited to the reservoir and the dose windows, whatever caused it, and each missed proof is
// counted. Eight misses in a row are a stall, and four proofs in a row end it. After a backward step, or a step without a
// pulse, the motor counts as broken: power goes off at once, and no pulse starts until a clinician starts the pump again.
//
// Invariants:
// - At most one pulse is in flight, and two starts are at least PULSE_SPACING_TICKS apart.
// - A broken motor has no power and no pulse in flight. No pulse starts in it, nor after a memory fault.

import { assert } from "../hal/assert";
import { GUARD_SPACING_TICKS } from "../hal/guard";
import { Hal } from "../hal/hal";
import { PULSE_FLIGHT_TICKS } from "../hal/motor";
import { PULSE_SPACING_TICKS, TICKS_PER_MINUTE } from "../hal/units";
import { CHANGED_ROTOR, Changes } from "./changes";
import { MemoryLatch, Twin } from "./twin";

/** A total stops here, so that it never becomes negative. The life of a pump has 13 million pulses. */
const TOTAL_MAX: i32 = 0x7fffffff;
/** A step that has not shown after so many ticks is missed. */
const PROOF_TICKS: i32 = 50;
export const MISSES_TO_STALL: i32 = 8;
export const PROOFS_TO_RECOVER: i32 = 4;

assert(PROOF_TICKS > PULSE_FLIGHT_TICKS, "a healthy step shows before its proof is overdue");
assert(PROOF_TICKS < PULSE_SPACING_TICKS, "a pulse is proved or missed before the next one");
assert(GUARD_SPACING_TICKS < PULSE_SPACING_TICKS, "the dose guard lets through the fastest pace of the motor");
assert(PULSE_SPACING_TICKS < TICKS_PER_MINUTE, "a pulse whose age is held at a minute holds back no other");

export class Motor {
  hal: Hal;
  memory: MemoryLatch;
  changes: Changes;
  powered: Twin;
  inFlight: Twin;
  pulseTick: Twin;
  /** The encoder's count when it was last read. */
  motion: Twin;
  stalled: Twin;
  missesInRow: Twin;
  proofsInRow: Twin;
  /** Latched by a backward step or one without a pulse; cleared by `clearFault`. */
  broken: Twin;
  /** Pulses started and proofs missed since manufacture. */
  pulsesTotal: Twin;
  missedTotal: Twin;
  /** Steps forward that the encoder showed in this tick. */
  credited: i32 = 0;
  /** In this tick the pulse in flight was proved, or its proof was missed. */
  proved: bool = false;
  missed: bool = false;
  /** In this tick a stall began or ended. */
  stallBegan: bool = false;
  stallEnded: bool = false;
  /** In this tick the encoder showed a backward step, or a step without a pulse. */
  reversed: bool = false;
  ranAway: bool = false;

  constructor(hal: Hal, memory: MemoryLatch, changes: Changes) {
    this.hal = hal;
    this.changes = changes;
    this.memory = memory;
    this.powered = new Twin(memory, 0);
    this.inFlight = new Twin(memory, 0);
    this.pulseTick = new Twin(memory, 0);
    this.motion = new Twin(memory, 0);
    this.stalled = new Twin(memory, 0);
    this.missesInRow = new Twin(memory, 0);
    this.proofsInRow = new Twin(memory, 0);
    this.broken = new Twin(memory, 0);
    this.pulsesTotal = new Twin(memory, 0);
    this.missedTotal = new Twin(memory, 0);
  }

  boot(): void {
    this.motion.set(this.hal.motor.motion() | 0);
    this.hal.motor.setPower(false);
  }

  /** After a restart the last pulse may have begun less than 900 ms ago, so the next one waits as if it had begun now. */
  holdBack(now: i32): void {
    this.pulseTick.set(now);
  }

  /** Reads the encoder, and finds whether the pulse in flight is proved or missed. */
  sense(now: i32): void {
    const motion: i32 = this.hal.motor.motion() | 0;
    const moved: i32 = (motion - this.motion.get()) | 0;
    if (moved != 0) this.motion.set(motion);
    this.credited = moved > 0 ? moved : 0;
    this.proved = false;
    this.missed = false;
    this.stallBegan = false;
    this.stallEnded = false;
    this.reversed = moved < 0;
    const inFlight: bool = this.inFlight.isSet();
    const expected: i32 = inFlight ? 1 : 0;
    this.ranAway = moved > expected;
    if (moved > 0 && inFlight) this.prove();
    else if (inFlight && ((now - this.pulseTick.get()) | 0) >= PROOF_TICKS) this.miss();
    if (this.reversed || this.ranAway) {
      this.broken.setFlag(true);
      this.inFlight.setFlag(false);
      this.setPower(false);
    }
    if (this.hasNews()) this.changes.mark(CHANGED_ROTOR);
  }

  /** True when the rotor moved or a proof was missed in this tick. */
  hasNews(): bool {
    return this.credited > 0 || this.missed || this.reversed;
  }

  /** True when the encoder's count is another one than it was. */
  hasMoved(): bool {
    return (this.hal.motor.motion() | 0) != this.motion.get();
  }

  /** Ends what was found in this tick alone. */
  endTick(): void {
    this.credited = 0;
    this.proved = false;
    this.missed = false;
    this.stallBegan = false;
    this.stallEnded = false;
    this.reversed = false;
    this.ranAway = false;
  }

  /** True when a pulse may start in this tick. */
  isReady(now: i32): bool {
    return !this.inFlight.isSet() && !this.broken.isSet() && ((now - this.pulseTick.get()) | 0) >= PULSE_SPACING_TICKS;
  }

  /** Starts a pulse, except after a memory fault (RAM-1). */
  pulse(now: i32): void {
    assert(this.isReady(now) || this.memory.faulty, "a pulse starts only when the motor is ready");
    if (this.memory.faulty) return;
    this.setPower(true);
    this.inFlight.setFlag(true);
    this.pulseTick.set(now);
    countUp(this.pulsesTotal);
    this.hal.motor.pulse();
  }

  /** Called while the pump stands: switches power off when no pulse is in flight (THR-8). */
  powerOff(): void {
    if (this.powered.isSet() && !this.inFlight.isSet()) this.setPower(false);
  }

  /** Once a minute: holds the age of the last pulse at a minute, far from the wrap of the tick counter. */
  holdAge(now: i32): void {
    if (((now - this.pulseTick.get()) | 0) > TICKS_PER_MINUTE) this.pulseTick.set((now - TICKS_PER_MINUTE) | 0);
  }

  /** A clinician starts the pump again: misses and faults from before no longer count. */
  clearFault(): void {
    this.broken.setFlag(false);
    this.stalled.setFlag(false);
    this.missesInRow.set(0);
    this.proofsInRow.set(0);
  }

  /** Ticks until the proof of the pulse in flight is overdue. */
  idle(now: i32): i32 {
    return (this.pulseTick.get() + PROOF_TICKS - now - 1) | 0;
  }

  private prove(): void {
    this.inFlight.setFlag(false);
    this.proved = true;
    this.missesInRow.set(0);
    if (this.proofsInRow.get() < PROOFS_TO_RECOVER) this.proofsInRow.add(1);
    if (this.stalled.isSet() && this.proofsInRow.get() >= PROOFS_TO_RECOVER) {
      this.stalled.setFlag(false);
      this.stallEnded = true;
    }
  }

  private miss(): void {
    this.inFlight.setFlag(false);
    this.missed = true;
    countUp(this.missedTotal);
    this.proofsInRow.set(0);
    if (this.missesInRow.get() < MISSES_TO_STALL) this.missesInRow.add(1);
    if (!this.stalled.isSet() && this.missesInRow.get() >= MISSES_TO_STALL) {
      this.stalled.setFlag(true);
      this.stallBegan = true;
    }
  }

  private setPower(on: bool): void {
    if (this.powered.isSet() == on) return;
    this.powered.setFlag(on);
    this.hal.motor.setPower(on);
  }
}

function countUp(total: Twin): void {
  if (total.get() < TOTAL_MAX) total.add(1);
}
