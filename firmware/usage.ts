// What was asked of the pump: the patient's requests for the clinician's usage report (PTB-5), the command last carried out
// with its outcome (LNK-3), so that a repeat of it is told from a new one also after a reset, and the commands that came
// without the programming head they need.

import { MINUTES_PER_HOUR } from "../hal/units";
import { Clock } from "./clock";
import { Memory, Twin, TwinArray } from "./twin";

/** Denials are counted by OUTCOME_ 1 to 9. */
export const DENIALS: i32 = 10;
const COUNT_MOST: i32 = 0xffff;
/** So many unauthorised commands within an hour are an alarm. */
const UNAUTHORISED_MOST: i32 = 10;

export class Usage {
  clock: Clock;
  lastKind: Twin;
  lastSequence: Twin;
  lastCrc: Twin;
  lastOutcome: Twin;
  requests: Twin;
  granted: Twin;
  denied: TwinArray;
  unauthorised: Twin;
  unauthorisedSince: Twin;

  constructor(clock: Clock, memory: Memory) {
    this.clock = clock;
    this.lastKind = new Twin(memory, 0);
    this.lastSequence = new Twin(memory, 0);
    this.lastCrc = new Twin(memory, 0);
    this.lastOutcome = new Twin(memory, 0);
    this.requests = new Twin(memory, 0);
    this.granted = new Twin(memory, 0);
    this.denied = new TwinArray(memory, DENIALS);
    this.unauthorised = new Twin(memory, 0);
    this.unauthorisedSince = new Twin(memory, 0);
  }

  isRepeat(kind: i32, sequence: i32, crc: i32): bool {
    return kind == this.lastKind.get() && sequence == this.lastSequence.get() && crc == this.lastCrc.get();
  }

  carriedOut(kind: i32, sequence: i32, crc: i32, outcome: i32): void {
    this.lastKind.set(kind);
    this.lastSequence.set(sequence);
    this.lastCrc.set(crc);
    this.lastOutcome.set(outcome);
  }

  grant(): void {
    countUp(this.requests);
    countUp(this.granted);
  }

  deny(outcome: i32): void {
    countUp(this.requests);
    const count: i32 = this.denied.get(outcome);
    if (count < COUNT_MOST) this.denied.set(outcome, (count + 1) | 0);
  }

  /** A command came without the programming head that it needs. */
  intrude(): void {
    const minute: i32 = this.clock.minute.get();
    if (((minute - this.unauthorisedSince.get()) | 0) >= MINUTES_PER_HOUR) {
      this.unauthorised.set(0);
      this.unauthorisedSince.set(minute);
    }
    countUp(this.unauthorised);
  }

  /** Somebody tries: so many within the hour. */
  attacked(): bool {
    if (this.unauthorised.get() < UNAUTHORISED_MOST) return false;
    return ((this.clock.minute.get() - this.unauthorisedSince.get()) | 0) < MINUTES_PER_HOUR;
  }
}

function countUp(count: Twin): void {
  if (count.get() < COUNT_MOST) count.add(1);
}
