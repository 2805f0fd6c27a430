// Counts and remembers requests. The patient's requests are counted for the clinician's usage report (PTB-5). The command that
// each programmer had carried out last is kept with its outcome (LNK-3), so that a repeat of it is known also after a reset and
// in another session. Forged and unauthorised frames are counted, and many of them within an hour are an attack.
//
// Invariants:
// - Every outcome by which a patient's request can be denied has a count, and the status has room for all of them.
// - `unauthorisedNext` is below UNAUTHORISED_MAX.

import { assert } from "../hal/assert";
import { OUTCOME_ACCEPTED, PAIRINGS, STATUS_DENIED, STATUS_REFUSED_FRAMES } from "../hal/telemetry";
import { MINUTES_PER_HOUR } from "../hal/units";
import { Clock } from "./clock";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** One more than the last OUTCOME_ by which a request can be denied; the outcomes 1 to 9 each have a count. */
export const DENIALS: i32 = 10;
const COUNT_MAX: i32 = 0xffff;
/** So many unauthorised or forged frames within an hour are an alarm. */
const UNAUTHORISED_MAX: i32 = 10;

/** Bytes of a count in the status. */
const COUNT_BYTES: i32 = 2;

assert(OUTCOME_ACCEPTED == 0, "what is not denied has no count");
assert(STATUS_DENIED + (DENIALS - 1) * COUNT_BYTES == STATUS_REFUSED_FRAMES, "the status has room for the denials");
assert(COUNT_MAX < 1 << (8 * COUNT_BYTES), "a count fits the status");

export class Usage {
  clock: Clock;
  /** For each pairing the command that was carried out last. Kind 0 says that there was none. */
  lastKind: TwinArray;
  lastSequence: TwinArray;
  lastCrc: TwinArray;
  lastOutcome: TwinArray;
  requests: Twin;
  granted: Twin;
  denied: TwinArray;
  unauthorised: Twin;
  /** The minutes of the last unauthorised frames: a ring, and the place of the oldest. */
  unauthorisedAt: TwinArray;
  unauthorisedNext: Twin;

  constructor(clock: Clock, memory: MemoryLatch) {
    this.clock = clock;
    this.lastKind = new TwinArray(memory, PAIRINGS);
    this.lastSequence = new TwinArray(memory, PAIRINGS);
    this.lastCrc = new TwinArray(memory, PAIRINGS);
    this.lastOutcome = new TwinArray(memory, PAIRINGS);
    this.requests = new Twin(memory, 0);
    this.granted = new Twin(memory, 0);
    this.denied = new TwinArray(memory, DENIALS);
    this.unauthorised = new Twin(memory, 0);
    this.unauthorisedAt = new TwinArray(memory, UNAUTHORISED_MAX);
    this.unauthorisedNext = new Twin(memory, 0);
  }

  /** True for the command that this pairing's programmer had carried out last: the same kind, sequence and text. */
  isRepeat(pairing: i32, kind: i32, sequence: i32, crc: i32): bool {
    if (kind != this.lastKind.get(pairing) || sequence != this.lastSequence.get(pairing)) return false;
    return crc == this.lastCrc.get(pairing);
  }

  rememberCommand(pairing: i32, kind: i32, sequence: i32, crc: i32, outcome: i32): void {
    this.lastKind.set(pairing, kind);
    this.lastSequence.set(pairing, sequence);
    this.lastCrc.set(pairing, crc);
    this.lastOutcome.set(pairing, outcome);
  }

  /** Drops the command of a pairing that another programmer has now. */
  clearCommand(pairing: i32): void {
    this.rememberCommand(pairing, 0, 0, 0, 0);
  }

  countGranted(): void {
    countUp(this.requests);
    countUp(this.granted);
  }

  countDenied(outcome: i32): void {
    assert(outcome > OUTCOME_ACCEPTED && outcome < DENIALS, "a denial has a count");
    countUp(this.requests);
    const count: i32 = this.denied.get(outcome);
    if (count < COUNT_MAX) this.denied.set(outcome, (count + 1) | 0);
  }

  /** Counts a frame that was forged or replayed, or a command without the role or the programming head that it needs. */
  countIntrusion(): void {
    const next: i32 = this.unauthorisedNext.get();
    this.unauthorisedAt.set(next, this.clock.minute.get());
    this.unauthorisedNext.set((next + 1) % UNAUTHORISED_MAX);
    countUp(this.unauthorised);
  }

  /** True when UNAUTHORISED_MAX frames came within an hour. */
  isUnderAttack(): bool {
    if (this.unauthorised.get() < UNAUTHORISED_MAX) return false;
    const oldest: i32 = this.unauthorisedAt.get(this.unauthorisedNext.get());
    return ((this.clock.minute.get() - oldest) | 0) < MINUTES_PER_HOUR;
  }
}

function countUp(count: Twin): void {
  if (count.get() < COUNT_MAX) count.add(1);
}
