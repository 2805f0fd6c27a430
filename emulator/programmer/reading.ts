// Reads values that a pump gives in pieces, a ring of its log and its program, and puts the pieces together. A reading has no
// clock and no port: it makes the next command, takes the answer, and tells when it is done. The direct programmer (direct.ts)
// and the commands at a port (cli/programmer/talk.ts) send the commands. A scenario's people (run/people.ts) keep only the
// place in the log that they have reached, because their state is plain.

import {
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  OUTCOME_ACCEPTED,
  OUTCOME_NOT_PROGRAMMED,
  PROGRAM_BYTES,
} from "../../hal/telemetry";
import { decodeLog, decodeProgram, encodeReadLog, encodeReadProgram, type LogEntry } from "../telemetry/messages";
import type { Program } from "../telemetry/program";
import { order, type Order } from "./orders";

/** Sequence of the first entry of a ring of the log. */
const LOG_FIRST = 1;

/** The effect of an answer on a reading. "bad": the pump accepted the command, but its answer cannot be read. */
export type Taken<T> =
  | { kind: "more" }
  | { kind: "done"; found: T }
  | { kind: "refused"; outcome: number }
  | { kind: "bad" };

export interface Reading<T> {
  /** The command that asks for the next piece. */
  next(): Order;
  /** Takes the payload of its answer. */
  take(payload: Uint8Array): Taken<T>;
}

/** The place in a ring of the log up to which it was read. */
export class LogPlace {
  /** Sequence of the entry that is asked for next. */
  next: number;

  constructor(from = LOG_FIRST) {
    this.next = from;
  }

  /** The payload of the READ_LOG that asks for the next entries. */
  request(ring: number): Uint8Array {
    return encodeReadLog(ring, this.next);
  }

  /**
   * The entries of an accepted answer, none at the end of the ring. Null when the answer has no list of entries, and when it
   * goes back: with such a pump the reading would never end.
   */
  take(payload: Uint8Array): LogEntry[] | null {
    const entries = decodeLog(payload);
    if (entries === null || entries.some(({ sequence }) => sequence < this.next)) return null;
    if (entries.length > 0) this.next = entries[entries.length - 1].sequence + 1;
    return entries;
  }

  restart(): void {
    this.next = LOG_FIRST;
  }
}

/** Reads all entries of a LOG_ ring from a sequence on, oldest first. */
export class LogReading implements Reading<LogEntry[]> {
  private readonly ring: number;
  private readonly place: LogPlace;
  private readonly entries: LogEntry[] = [];

  constructor(ring: number, from?: number) {
    this.ring = ring;
    this.place = new LogPlace(from);
  }

  next(): Order {
    return order(COMMAND_READ_LOG, this.place.request(this.ring));
  }

  take(payload: Uint8Array): Taken<LogEntry[]> {
    const [outcome] = payload;
    if (outcome !== OUTCOME_ACCEPTED) return { kind: "refused", outcome };
    const entries = this.place.take(payload);
    if (entries === null) return { kind: "bad" };
    this.entries.push(...entries);
    return entries.length === 0 ? { kind: "done", found: this.entries } : { kind: "more" };
  }
}

/** Reads the program in force; null when the pump has none. */
export class ProgramReading implements Reading<Program | null> {
  private readonly record: number[] = [];

  next(): Order {
    return order(COMMAND_READ_PROGRAM, encodeReadProgram(this.record.length));
  }

  take(payload: Uint8Array): Taken<Program | null> {
    const [outcome] = payload;
    if (outcome === OUTCOME_NOT_PROGRAMMED && this.record.length === 0) return { kind: "done", found: null };
    // A piece without bytes brings the reading no further.
    if (outcome !== OUTCOME_ACCEPTED || payload.length === 1) return { kind: "refused", outcome };
    this.record.push(...payload.subarray(1));
    if (this.record.length < PROGRAM_BYTES) return { kind: "more" };
    const program = decodeProgram(Uint8Array.from(this.record));
    return program === null ? { kind: "bad" } : { kind: "done", found: program };
  }
}
