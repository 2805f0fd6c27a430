// The changes of this tick, a bit for each kind. A part marks its bit where it changes something. The alarms, the store and the
// publisher ask for the bits that concern them. The end of the tick clears all bits, and nothing else does. A tick that marks
// no bit only lets time pass.
//
// A bit says only that something is worth looking at; the part that looks decides from the state alone. An event of a tick (a
// minute that ends, a proof of motion, a frame) is no bit: its part finds it anew in every tick. So a controller in which all
// bits are always set acts like this one, only slower. test/laws/changes.test.ts tests that.
//
// Invariant: each kind has a bit of its own.

import { assert } from "../hal/assert";

/** The controller was started, so everything is looked at. */
export const CHANGED_START: i32 = 1;
/** The trusted minute, which dates and tones follow. */
export const CHANGED_MINUTE: i32 = 2;
/** The wall-clock minute, which a schedule follows. */
export const CHANGED_WALL: i32 = 4;
/** The rotor moved, or failed to. */
export const CHANGED_ROTOR: i32 = 8;
/** A pulse began for another cause than the last one. */
export const CHANGED_CAUSE: i32 = 16;
/** A frame came, which may ask for the status, or may be an attack. */
export const CHANGED_FRAME: i32 = 32;
/** A command was carried out or refused. */
export const CHANGED_ORDERS: i32 = 64;
/** The session's numbers that are kept over resets. */
export const CHANGED_SESSION: i32 = 128;
/** Therapy started, stopped, or changed its rate; a bolus began or ended. */
export const CHANGED_THERAPY: i32 = 256;
/** A step of the pump's own life, one of its dates, or the mark of a pulse that may restart it. */
export const CHANGED_LIFE: i32 = 512;
/** An alarm was raised, cleared or silenced. */
export const CHANGED_ALARMS: i32 = 1024;
/** The dose guard opened or closed its switch. */
export const CHANGED_GUARD: i32 = 2048;
/** A step of the self-test, which may fail. */
export const CHANGED_SELF_TEST: i32 = 4096;

assert(
  CHANGED_START +
    CHANGED_MINUTE +
    CHANGED_WALL +
    CHANGED_ROTOR +
    CHANGED_CAUSE +
    CHANGED_FRAME +
    CHANGED_ORDERS +
    CHANGED_SESSION +
    CHANGED_THERAPY +
    CHANGED_LIFE +
    CHANGED_ALARMS +
    CHANGED_GUARD +
    CHANGED_SELF_TEST ==
    2 * CHANGED_SELF_TEST - 1,
  "each kind of change has a bit of its own",
);

export class Changes {
  /** CHANGED_ bits of this tick; 0 between two ticks. */
  bits: i32 = 0;

  mark(bits: i32): void {
    this.bits = this.bits | bits;
  }

  /** True when one of `bits` was marked in this tick. */
  has(bits: i32): bool {
    return (this.bits & bits) != 0;
  }

  clear(): void {
    this.bits = 0;
  }
}
