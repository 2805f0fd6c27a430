// Safety-critical memory (RAM-1): a value and its complement, compared at every use. A mismatch latches `faulty`, after
// which no pulse starts and nothing is written to the store; the use itself gets 0, which is inside every array and above
// no limit. Where 0 means something (an identity, a counter), `holds` says whether what was set is there. Whatever outlives a
// tick is a Twin or a TwinArray; what every tick computes anew, or compares with the board, is a plain field.
//
// Invariant: no array is longer than ELEMENTS_MAX, to which its complements are filled in and its record is written.

import { assert } from "../hal/assert";

/** The longest array: the starts of a day's boluses. */
export const ELEMENTS_MAX: i32 = 96;

export class MemoryLatch {
  /** A mismatch was found since the controller started. */
  faulty: bool = false;
}

export class Twin {
  memory: MemoryLatch;
  value: i32;
  inverse: i32;

  constructor(memory: MemoryLatch, initial: i32) {
    this.memory = memory;
    this.value = initial;
    this.inverse = ~initial;
  }

  get(): i32 {
    const value: i32 = this.value;
    return value == ~this.inverse ? value : mismatch(this.memory);
  }

  /** True when the value is the one that was set. It is asked for where the 0 of a mismatch would not be harmless. */
  isIntact(): bool {
    return this.value == ~this.inverse;
  }

  set(value: i32): void {
    this.value = value;
    this.inverse = ~value;
  }

  /** As a flag. */
  isSet(): bool {
    return this.get() != 0;
  }

  setFlag(flag: bool): void {
    this.set(flag ? 1 : 0);
  }

  add(amount: i32): void {
    this.set((this.get() + amount) | 0);
  }
}

export class TwinArray {
  memory: MemoryLatch;
  values: Int32Array;
  inverses: Int32Array;

  constructor(memory: MemoryLatch, length: i32) {
    assert(length > 0 && length <= ELEMENTS_MAX, "an array is no longer than the loops over it go");
    this.memory = memory;
    this.values = new Int32Array(length);
    this.inverses = new Int32Array(length);
    for (let i: i32 = 0; i < ELEMENTS_MAX && i < length; i = (i + 1) | 0) this.inverses[i] = -1;
  }

  /** 0 outside the array. */
  get(index: i32): i32 {
    if (index < 0 || index >= this.values.length) return 0;
    const value: i32 = this.values[index];
    return value == ~this.inverses[index] ? value : mismatch(this.memory);
  }

  /** Nothing outside the array. */
  set(index: i32, value: i32): void {
    if (index < 0 || index >= this.values.length) return;
    this.values[index] = value;
    this.inverses[index] = ~value;
  }
}

/** Found at a use, which gets the 0. */
function mismatch(memory: MemoryLatch): i32 {
  memory.faulty = true;
  return 0;
}
