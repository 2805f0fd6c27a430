// A programmer in the hand: sends one command to a machine over its link and lets time pass until the reply is there. For
// tests and property campaigns that decide as they go; a scenario's timeline does the same in the machine's own time.

import {
  COMMAND_COMMIT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  OUTCOME_ACCEPTED,
  REPLY,
} from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import type { Machine } from "../machine/machine";
import type { Program } from "../machine/program";
import { decodeFrame, encodeFrame, type Frame } from "./frame";
import { digestOf, encodeProgram, encodeRefill, words } from "./messages";

/** A healthy reply takes two ticks. */
const REPLY_TICKS = 50;
/** The reference controller has tested itself by then. */
const SELF_TEST_TICKS = 10;

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

  /** Stages and commits a program; the outcome of the commit. */
  program(program: Program): number | null {
    const record = encodeProgram(program);
    const staged = this.outcome(COMMAND_STAGE, record);
    return staged === OUTCOME_ACCEPTED ? this.outcome(COMMAND_COMMIT, words(digestOf(record))) : staged;
  }

  /** Waits for the self-test, then sets clock, first fill (what is in the reservoir) and program. */
  commission(program: Program): number | null {
    this.machine.run(SELF_TEST_TICKS);
    this.outcome(COMMAND_SET_CLOCK, words(0));
    const filled = Math.floor(this.machine.world.reservoir.volume_nl / PULSE_NL);
    this.outcome(COMMAND_REFILL, encodeRefill(true, 0, filled));
    return this.program(program);
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
