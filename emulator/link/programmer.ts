// A programmer in the hand: sends one command to a machine over its link and lets time pass until the reply is there. For
// tests and property campaigns that decide as they go; a scenario's timeline does the same in the machine's own time.

import {
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  OUTCOME_ACCEPTED,
  PROGRAM_BYTES,
  REPLY,
} from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import type { Machine } from "../machine/machine";
import type { Program } from "../machine/program";
import { decodeFrame, encodeFrame, type Frame } from "./frame";
import {
  decodeLog,
  decodeProgram,
  digestOf,
  encodeCommit,
  encodeImplant,
  encodeProgram,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  type LogEntry,
  stagePieces,
  words,
} from "./messages";

/** A healthy reply takes two ticks. */
const REPLY_TICKS = 50;
/** The reference controller has tested itself by then. */
const SELF_TEST_TICKS = 10;
/** What a commissioning records: 89 cm at 2.2 uL/cm, the catheter of a scenario that names none. */
const CATHETER_MM = 890;
const CATHETER_NL = 195_800;

/** What a clinician adds to a commit: CONFIRM_ bits, a REASON_, and the 24-hour total in pulses that was shown. */
export interface Confirmation {
  confirm?: number;
  reason?: number;
  total?: number;
}

export class Programmer {
  private readonly machine: Machine;
  private sequence = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Sends a command under a new sequence; the reply, or null when none came within half a second. */
  ask(kind: number, payload: Uint8Array = new Uint8Array(0)): Frame | null {
    this.sequence = (this.sequence % 0xffff) + 1;
    return this.repeat(kind, payload);
  }

  /** Sends a command under the sequence of the last one. */
  repeat(kind: number, payload: Uint8Array = new Uint8Array(0)): Frame | null {
    const { link } = this.machine.board;
    link.head = kind !== COMMAND_PATIENT_BOLUS;
    for (const byte of encodeFrame(kind, this.sequence, payload)) link.arrive(byte);
    const reply = this.listen(kind | REPLY);
    link.head = false;
    return reply;
  }

  /** The outcome byte of a command's reply, or null without one. */
  outcome(kind: number, payload?: Uint8Array): number | null {
    return this.ask(kind, payload)?.payload[0] ?? null;
  }

  /** Stages all pieces of a program and commits it; the outcome of the commit, or of the piece that was refused. */
  program(program: Program, { confirm, reason, total }: Confirmation = {}): number | null {
    const record = encodeProgram(program);
    for (const piece of stagePieces(record)) {
      const staged = this.outcome(COMMAND_STAGE, piece);
      if (staged !== OUTCOME_ACCEPTED) return staged;
    }
    return this.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record), confirm, reason, total));
  }

  /** Waits for the self-test, then sets clock, catheter, first fill (what is in the reservoir) and program. */
  commission(program: Program): number | null {
    this.machine.run(SELF_TEST_TICKS);
    this.outcome(COMMAND_SET_CLOCK, words(0));
    this.outcome(COMMAND_IMPLANT, encodeImplant(CATHETER_MM, CATHETER_NL, true));
    const filled = Math.floor(this.machine.world.reservoir.volume_nl / PULSE_NL);
    this.outcome(COMMAND_REFILL, encodeRefill(true, 0, filled));
    return this.program(program);
  }

  /** All entries of a LOG_ ring from sequence `from` on, oldest first; null when a reply is none or no list of entries. */
  readLog(ring: number, from = 1): LogEntry[] | null {
    const all: LogEntry[] = [];
    for (let next = from; ; next = all[all.length - 1].sequence + 1) {
      const reply = this.ask(COMMAND_READ_LOG, encodeReadLog(ring, next));
      const entries = reply && reply.payload[0] === OUTCOME_ACCEPTED ? decodeLog(reply.payload) : null;
      if (entries === null || entries.some((entry) => entry.sequence < next)) return null;
      if (entries.length === 0) return all;
      all.push(...entries);
    }
  }

  /** The program in force, read back; null when there is none or what came is no program record. */
  readProgram(): Program | null {
    const record: number[] = [];
    while (record.length < PROGRAM_BYTES) {
      const reply = this.ask(COMMAND_READ_PROGRAM, encodeReadProgram(record.length));
      if (reply === null || reply.payload[0] !== OUTCOME_ACCEPTED || reply.payload.length === 1) return null;
      record.push(...reply.payload.subarray(1));
    }
    return decodeProgram(Uint8Array.from(record));
  }

  private listen(kind: number): Frame | null {
    const { link } = this.machine.board;
    let bytes: number[] = [];
    for (let i = 0; i < REPLY_TICKS; i++) {
      this.machine.step();
      for (let byte = link.depart(); byte >= 0; byte = link.depart()) {
        if (byte !== 0) {
          bytes.push(byte);
          continue;
        }
        const frame = decodeFrame(Uint8Array.from(bytes));
        bytes = [];
        if (frame && frame.kind === kind && frame.sequence === this.sequence) return frame;
      }
    }
    return null;
  }
}
