// What a clinician tells a pump in several commands, as the list of these commands. A commissioning is what makes a new pump
// ready for its patient; a program goes over in pieces and comes into force with its commit.

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

/** No command: the patient's handset is paired, under the programming head. */
export const PAIR_HANDSET = 0;

/** The catheter as a pump records it: length and inner volume. */
export interface Catheter {
  length_mm: number;
  volume_nl: number;
}

export interface Commissioning {
  /** Minutes since 2000-01-01T00:00. */
  wallMinute: number;
  /** Null: the pump stays on the shelf. */
  catheter: Catheter | null;
  /** The first fill, in pulses. */
  filled: number;
  /** Also pair the patient's handset. */
  handset: boolean;
}

/** What a clinician adds to a commit: CONFIRM_ bits, a REASON_, and the 24-hour total in pulses that was shown. */
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

/** `purged`: the purge was seen before. */
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
