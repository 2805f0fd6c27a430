// A recorded conversation between programmers and the virtual pump, as test/vectors/telemetry.json keeps it. Each frame is
// there byte by byte, with what it says and every secret that is needed to check it. The file's fields are defined here for
// scripts/telemetry-vectors.ts, which recorded it once, for the tests, which hold both ends of today against it, and for
// docs/telemetry.md. The keys in it are test vectors and protect nothing.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeFrame } from "../../emulator/telemetry/frame";
import { Machine, type MachineSetup } from "../../emulator/machine/machine";
import { bytesWithin, say } from "../listen";
import { SETUP } from "../pump";

/** Bytes are hexadecimal text. */
export type Hex = string;

/** The parts of a sealed frame. */
export interface Sealing {
  session: number;
  counter: number;
  nonce: Hex;
  associated: Hex;
  text: Hex;
  sealed: Hex;
  tag: Hex;
}

export type Fields = { [name: string]: number | Hex | Fields[] | number[] };

/** One frame, one way. */
export interface Half {
  /** On the air, delimiters included. */
  air: Hex;
  /** Decoded, CRC included. */
  decoded: Hex;
  version: number;
  type: number;
  body: Hex;
  sealing?: Sealing;
  /** The content of the body, or of a sealed frame's text: command, sequence, and the fields of its payload. */
  fields: Fields;
}

export interface Exchange {
  name: string;
  /** Time that passes before the frame is sent. */
  wait_ticks: number;
  /** The programming head is in place. */
  head: boolean;
  to: Half;
  /** The pump's answer; null: none. */
  from: Half | null;
}

export interface Keys {
  pairings: {
    role: number;
    pairing: number;
    programmer_secret: Hex;
    programmer_public: Hex;
    pump_public: Hex;
    shared_secret: Hex;
    salt: Hex;
    info: string;
    key: Hex;
  }[];
  sessions: {
    session: number;
    pairing: number;
    programmer_nonce: Hex;
    pump_nonce: Hex;
    salt: Hex;
    info: string;
    key: Hex;
  }[];
}

export interface Vectors {
  about: string;
  keys: Keys;
  exchanges: Exchange[];
}

/** The golden conversation. */
export function telemetryVectors(): Vectors {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "vectors", "telemetry.json"), "utf8")) as Vectors;
}

export const hex = (bytes: ArrayLike<number>): Hex => Buffer.from(Uint8Array.from(bytes)).toString("hex");
export const bytes = (text: Hex): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** A new pump with 18 mL of morphine 10 mg/mL, out of its box. */
const VECTOR_PUMP: MachineSetup = { ...SETUP, seed: 2 };

/** A frame is answered in the second tick after it came; the longest answer takes two more. */
const ANSWER_TICKS = 8;

export function pumpOfTheVectors(): Machine {
  return new Machine(VECTOR_PUMP);
}

/** Lets time pass, sends, and gives the bytes on the air that the pump answered: none when it was silent. */
export function answerOf(machine: Machine, air: Uint8Array, wait_ticks: number, head: boolean): Uint8Array {
  const { link } = machine.board;
  machine.leap(wait_ticks);
  link.programmingHead = head;
  say(machine, air);
  const sent = bytesWithin(machine, ANSWER_TICKS);
  link.programmingHead = false;
  return Uint8Array.from(sent);
}

/** The frame between two zeros. */
export function frameIn(air: Uint8Array) {
  const frame = decodeFrame(air.subarray(1, -1));
  if (frame === null) throw new Error("these bytes are no frame");
  return frame;
}
