// Safety-critical memory (RAM-1): a value and its complement, compared at every use. A mismatch latches `faulty`, after which
// no pulse starts and nothing is written to the store. The use that finds it gets 0, which is inside every array and above no
// limit. Where 0 would not be harmless (an identity, a counter), `isIntact` says whether the value is the one that was set.
// State that outlives a tick is a Twin or a TwinArray. State that every tick computes anew, or compares with the board, is a
// plain field.
//
// Invariant: no array is longer than ELEMENTS_MAX, up to which the loops over an array go.

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

  /** The element; 0 outside the array. */
  get(index: i32): i32 {
    if (index < 0 || index >= this.values.length) return 0;
    const value: i32 = this.values[index];
    return value == ~this.inverses[index] ? value : mismatch(this.memory);
  }

  /** True when the element is the one that was set. */
  isIntact(index: i32): bool {
    return this.values[index] == ~this.inverses[index];
  }

  /** Sets the element; does nothing outside the array. */
  set(index: i32, value: i32): void {
    if (index < 0 || index >= this.values.length) return;
    this.values[index] = value;
    this.inverses[index] = ~value;
  }
}

/** Latches the fault that a use found, and gives that use its 0. */
function mismatch(memory: MemoryLatch): i32 {
  memory.faulty = true;
  return 0;
}
