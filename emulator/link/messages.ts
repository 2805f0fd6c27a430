// The payloads of the telemetry protocol, made for the pump and read from it (hal/telemetry.ts has the offsets). Encoders
// take numbers that the pump will range-check itself; they throw RangeError only for what does not fit its field. The
// status is read by a declared layout (binary-parser), not by the firmware's offsets, so that the two check each other.

import { Parser } from "binary-parser";
import crc32 from "crc/calculators/crc32";
import {
  PROGRAM_BOLUS,
  PROGRAM_BOLUS_SECONDS,
  PROGRAM_BYTES,
  PROGRAM_CAP,
  PROGRAM_LIMIT,
  PROGRAM_LIMIT_BYTES,
  PROGRAM_LIMITS,
  PROGRAM_LOCKOUT,
  PROGRAM_LOW,
  PROGRAM_MODE,
  PROGRAM_RATE,
  STATUS_BYTES,
} from "../../hal/telemetry";
import { MODE_CONTINUOUS, MODE_MINIMUM, MODE_STOPPED } from "../../hal/trace";
import type { Program } from "../machine/program";

const MODES = { continuous: MODE_CONTINUOUS, minimum: MODE_MINIMUM, stopped: MODE_STOPPED } as const;

/** The program record: the payload of STAGE, and what the digest is over. */
export function encodeProgram(program: Program): Uint8Array {
  const bytes = new Uint8Array(PROGRAM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(PROGRAM_MODE, MODES[program.mode]);
  view.setUint8(PROGRAM_LIMITS, program.limits.length);
  view.setUint32(PROGRAM_RATE, program.rate, true);
  view.setUint32(PROGRAM_LOW, program.low_pulses, true);
  if (program.bolus) {
    view.setUint8(PROGRAM_CAP, program.bolus.per24h);
    view.setUint16(PROGRAM_BOLUS, program.bolus.pulses, true);
    view.setUint16(PROGRAM_BOLUS_SECONDS, program.bolus.duration_s, true);
    view.setUint16(PROGRAM_LOCKOUT, program.bolus.lockout_min, true);
  }
  program.limits.forEach((limit, i) => {
    view.setUint32(PROGRAM_LIMIT + i * PROGRAM_LIMIT_BYTES, limit.pulses, true);
    view.setUint16(PROGRAM_LIMIT + i * PROGRAM_LIMIT_BYTES + 4, limit.window_min, true);
  });
  return bytes;
}

/** The digest by which a commit names a record: CRC-32, unsigned. */
export function digestOf(record: Uint8Array): number {
  return crc32(record) >>> 0;
}

/** Little-endian u32 words, one after the other. */
export function words(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

/** The payload of REFILL: what the syringe took out (`emptied`: all there was) and what it put in, in pulses. */
export function encodeRefill(emptied: boolean, aspirated: number, filled: number): Uint8Array {
  return Uint8Array.of(emptied ? 1 : 0, ...words(aspirated, filled));
}

/** What INTERROGATE answers after its outcome byte. Volumes in pulses of 250 nL, rate in 0.01 uL/day. */
export interface Status {
  mode: number;
  flags: number;
  lastCommand: number;
  lastOutcome: number;
  lastSequence: number;
  cell_mv: number;
  rate: number;
  estimate: number;
  pulses: number;
  missed: number;
  alarms: number;
  minute: number;
  offset: number;
  digest: number;
  bolusGiven: number;
  bolusTotal: number;
  requests: number;
  granted: number;
  /** By outcome 1 to 9. */
  denied: number[];
  refusedFrames: number;
}

const statusLayout = new Parser()
  .endianness("little")
  .uint8("mode")
  .uint8("flags")
  .uint8("lastCommand")
  .uint8("lastOutcome")
  .uint16("lastSequence")
  .uint16("cell_mv")
  .uint32("rate")
  .uint32("estimate")
  .uint32("pulses")
  .uint32("missed")
  .uint32("alarms")
  .uint32("minute")
  .int32("offset")
  .uint32("digest")
  .uint32("bolusGiven")
  .uint32("bolusTotal")
  .uint16("requests")
  .uint16("granted")
  .array("denied", { type: "uint16le", length: 9 })
  .uint16("refusedFrames");

/** The status in a reply's payload, outcome byte included; null when the length is not that of a status. */
export function decodeStatus(payload: Uint8Array): Status | null {
  if (payload.length !== STATUS_BYTES + 1) return null;
  return statusLayout.parse(payload.subarray(1)) as Status;
}
