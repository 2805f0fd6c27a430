// The orders of a clinician that take several commands, as lists of these commands. A commissioning makes a new pump ready for
// its patient. A program is sent in pieces and comes into force with its commit.

import { COMMAND_COMMIT, COMMAND_IMPLANT, COMMAND_REFILL, COMMAND_SET_CLOCK, COMMAND_STAGE } from "../../hal/telemetry";
import {
  digestOf,
  encodeCommit,
  encodeImplant,
  encodeProgram,
  encodeRefill,
  stagePieces,
  words,
} from "../telemetry/messages";
import type { Program } from "../telemetry/program";

/** A command: a COMMAND_ code with its payload. */
export interface Order {
  kind: number;
  payload: Uint8Array;
}

/** Stands for the pairing of the patient's handset under the programming head. It is not the code of a command. */
export const PAIR_HANDSET = 0;

/** The catheter as a pump records it: length and inner volume. */
export interface Catheter {
  length_mm: number;
  volume_nl: number;
}

export interface Commissioning {
  /** Minutes since 2000-01-01T00:00. */
  wallMinute: number;
  /** The catheter. Null: the pump stays on the shelf. */
  catheter: Catheter | null;
  /** The first fill, in pulses. */
  filled: number;
  /** True: the patient's handset is paired too. */
  handset: boolean;
}

/** The confirmations in a commit: CONFIRM_ bits, a REASON_, and the 24-hour total in pulses that the clinician was shown. */
export interface Confirmation {
  confirm?: number;
  reason?: number;
  total?: number;
}

/** The orders of a commissioning, without the program: clock, handset, catheter, first fill. */
export function commissioning({ wallMinute, catheter, filled, handset }: Commissioning): Order[] {
  return [
    order(COMMAND_SET_CLOCK, words(wallMinute)),
    ...(handset ? [order(PAIR_HANDSET)] : []),
    ...(catheter ? [implant(catheter, true)] : []),
    order(COMMAND_REFILL, encodeRefill(true, 0, filled)),
  ];
}

/** The order of an implant. `purged`: the purge was seen before. */
export function implant({ length_mm, volume_nl }: Catheter, purged: boolean): Order {
  return order(COMMAND_IMPLANT, encodeImplant(length_mm, volume_nl, purged));
}

/** The orders that bring a program into force: its record in pieces, and the commit that names the record by its digest. */
export function programming(program: Program, { confirm, reason, total }: Confirmation = {}): Order[] {
  const record = encodeProgram(program);
  return [
    ...stagePieces(record).map((piece) => order(COMMAND_STAGE, piece)),
    order(COMMAND_COMMIT, encodeCommit(digestOf(record), confirm, reason, total)),
  ];
}

export function order(kind: number, payload: Uint8Array = new Uint8Array(0)): Order {
  return { kind, payload };
}
