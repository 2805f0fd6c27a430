// Encodes the payloads that go to the pump and decodes those that come from it. The row of a command
// (emulator/contract/commands.ts) gives the layout of its payload, and hal/telemetry.ts the offsets of a program record. The
// pump itself checks the range of the numbers. Encoders throw RangeError only where a record has no room for a list or a number. Replies
// and records are read by declared layouts (binary-parser), not by the firmware's offsets, so that the two check each other.

import { Parser } from "binary-parser";
import crc32 from "crc/calculators/crc32";
import { LIBRARY_VERSION } from "../../hal/drug-library";
import {
  COMMAND_BRIDGE,
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_STAGE,
  CONFIRM_GEOMETRY,
  IMPLANT_PURGED,
  LOG_ENTRY_BYTES,
  PATTERNS_MAX,
  PROGRAM_BYTES,
  PROGRAM_DRUGS_MAX,
  PROGRAM_LIMITS_MAX,
  PROGRAM_PIECE_BYTES,
  REASON_NONE,
  REFILL_ACCEPT,
  REFILL_EMPTIED,
  STATUS_BYTES,
  STEPS_MAX,
} from "../../hal/telemetry";
import { encodePayload } from "../contract/commands";
import { encodeLayout } from "../contract/layout";
import { PROGRAM_MODE_LIST, PROGRAM_RECORD } from "../contract/record";
import type { Program } from "./program";

const MODE_CODES = Object.fromEntries(PROGRAM_MODE_LIST.rows.map(({ name, code }) => [name, code]));

/** The program record, which STAGE carries in pieces and the digest is computed from. Throws RangeError on too long a list and on a number too large. */
export function encodeProgram(program: Program): Uint8Array {
  const { limits, bolus, periodic, flex, drugs = [] } = program;
  return encodeLayout(PROGRAM_RECORD, {
    mode: MODE_CODES[program.mode],
    limit_count: limits.length,
    cap_per_day: bolus?.per24h ?? 0,
    drug_count: drugs.length,
    rate: program.rate,
    bolus_pulses: bolus?.pulses ?? 0,
    bolus_s: bolus?.duration_s ?? 0,
    lockout_min: bolus?.lockout_min ?? 0,
    low_pulses: program.low_pulses,
    limits: limits.map(({ pulses, window_min }) => ({ pulses, window_min })),
    library: program.library ?? LIBRARY_VERSION,
    refill_days: program.refill_days ?? 0,
    dose_pulses: periodic?.pulses ?? 0,
    dose_s: periodic?.duration_s ?? 0,
    dose_every_min: periodic?.every_min ?? 0,
    drugs: drugs.map(({ id, concentration }) => ({ id, concentration })),
    weekdays: flex?.weekdays ?? [],
    pattern_count: flex?.patterns.length ?? 0,
    patterns: (flex?.patterns ?? []).map((steps) => ({
      step_count: steps.length,
      steps: steps.map(({ minute, rate }) => ({ minute, rate })),
    })),
  });
}

interface RecordHead {
  mode: number;
  limits: number;
  per24h: number;
  drugs: number;
  rate: number;
  pulses: number;
  duration_s: number;
  lockout_min: number;
  low_pulses: number;
  limitBytes: number[];
  library: number;
  refill_days: number;
  dose: number;
  dose_s: number;
  every_min: number;
  drugBytes: number[];
  weekdays: number[];
  patterns: number;
}

const bytesOf = (length: number) => ({ type: "uint8", length });

const recordLayout = new Parser()
  .endianness("little")
  .uint8("mode")
  .uint8("limits")
  .uint8("per24h")
  .uint8("drugs")
  .uint32("rate")
  .uint16("pulses")
  .uint16("duration_s")
  .uint16("lockout_min")
  .uint32("low_pulses")
  .array("limitBytes", bytesOf(24))
  .uint16("library")
  .uint16("refill_days")
  .uint16("dose")
  .uint16("dose_s")
  .uint16("every_min")
  .array("drugBytes", bytesOf(20))
  .array("weekdays", bytesOf(7))
  .uint8("patterns");
const limitLayout = new Parser().endianness("little").uint32("pulses").uint16("window_min");
const drugLayout = new Parser().endianness("little").uint8("id").uint32("concentration");
const stepLayout = new Parser().endianness("little").uint16("minute").uint32("rate");

/** The program in a record, without its parts that are zero; null when `encodeProgram` cannot have made the bytes. */
export function decodeProgram(record: Uint8Array): Program | null {
  if (record.length !== PROGRAM_BYTES) return null;
  const head = recordLayout.parse(record) as RecordHead;
  const mode = PROGRAM_MODE_LIST.rows.find(({ code }) => code === head.mode)?.name as Program["mode"] | undefined;
  const counts = [head.limits <= PROGRAM_LIMITS_MAX, head.drugs <= PROGRAM_DRUGS_MAX, head.patterns <= PATTERNS_MAX];
  if (mode === undefined || counts.includes(false)) return null;
  const { pulses, duration_s, lockout_min, per24h, dose, dose_s, every_min, refill_days } = head;
  const program: Program = {
    mode,
    rate: head.rate,
    bolus: pulses || duration_s || lockout_min || per24h ? { pulses, duration_s, lockout_min, per24h } : null,
    limits: rowsOf(limitLayout, 6, Uint8Array.from(head.limitBytes), head.limits) as Program["limits"],
    low_pulses: head.low_pulses,
    drugs: rowsOf(drugLayout, 5, Uint8Array.from(head.drugBytes), head.drugs) as NonNullable<Program["drugs"]>,
    library: head.library,
    ...(refill_days ? { refill_days } : {}),
    ...(dose || dose_s || every_min ? { periodic: { pulses: dose, duration_s: dose_s, every_min } } : {}),
  };
  if (head.patterns > 0) {
    const patterns = Array.from({ length: head.patterns }, (_, i) =>
      stepsOf(record.subarray(80 + 79 * i, 159 + 79 * i)),
    );
    program.flex = { patterns, weekdays: head.weekdays };
  }
  // Bytes beyond the lists must be zero. Otherwise the record has more in it than this program.
  return patternsFit(program) && equal(encodeProgram(program), record) ? program : null;
}

function stepsOf(pattern: Uint8Array): { minute: number; rate: number }[] {
  return rowsOf(stepLayout, 6, pattern.subarray(1), pattern[0]) as { minute: number; rate: number }[];
}

function patternsFit({ flex }: Program): boolean {
  return (flex?.patterns ?? []).every((steps) => steps.length <= STEPS_MAX);
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** `count` rows of `rowBytes` each, or as many as the bytes have. */
function rowsOf(layout: Parser, rowBytes: number, bytes: Uint8Array, count: number): unknown[] {
  const rows = Math.min(count, Math.floor(bytes.length / rowBytes));
  return Array.from({ length: rows }, (_, i) => layout.parse(bytes.subarray(i * rowBytes, (i + 1) * rowBytes)));
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

/** The payloads of STAGE that carry a record: offset and bytes, in order, without pieces of zeros at the end. */
export function stagePieces(record: Uint8Array): Uint8Array[] {
  const end = record.findLastIndex((byte) => byte !== 0) + 1;
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset === 0 || offset < end; offset += PROGRAM_PIECE_BYTES) {
    const piece = record.subarray(offset, offset + PROGRAM_PIECE_BYTES);
    pieces.push(Uint8Array.of(...encodePayload(COMMAND_STAGE, { offset }), ...piece));
  }
  return pieces;
}

/** The payload of COMMIT: the record's digest, CONFIRM_ bits, a REASON_, and the 24-hour total in pulses as confirmed. */
export function encodeCommit(digest: number, confirm = 0, reason: number = REASON_NONE, total = 0): Uint8Array {
  return encodePayload(COMMAND_COMMIT, { digest, confirm, reason, total });
}

/** The payload of REFILL: the volumes that the syringe took out and put in, in pulses. `emptied`: it took out everything. */
export function encodeRefill(emptied: boolean, aspirated: number, filled: number, accept = true): Uint8Array {
  const flags = (emptied ? REFILL_EMPTIED : 0) | (accept ? REFILL_ACCEPT : 0);
  return encodePayload(COMMAND_REFILL, { flags, aspirated, filled });
}

/** The payload of PRIME. `confirmed`: the prime may be more than the recorded path holds. */
export function encodePrime(pulses: number, confirmed = false): Uint8Array {
  return encodePayload(COMMAND_PRIME, { pulses, confirm: confirmed ? CONFIRM_GEOMETRY : 0 });
}

/** The payload of BRIDGE: the concentration of the solution still in the path, in 0.1 ug/mL, and its volume in pulses. */
export function encodeBridge(oldConcentration: number, pulses: number): Uint8Array {
  return encodePayload(COMMAND_BRIDGE, { old_concentration: oldConcentration, pulses });
}

/** The payload of IMPLANT: the catheter's length and inner volume; `purged`: the purge was seen before. */
export function encodeImplant(length_mm: number, volume_nl: number, purged: boolean): Uint8Array {
  const flags = purged ? IMPLANT_PURGED : 0;
  return encodePayload(COMMAND_IMPLANT, { catheter_mm: length_mm, catheter_nl: volume_nl, flags });
}

/** The payload of READ_LOG: a LOG_ ring, and the sequence of the first entry that is asked for. */
export function encodeReadLog(ring: number, first: number): Uint8Array {
  return encodePayload(COMMAND_READ_LOG, { ring, first });
}

/** The payload of READ_PROGRAM. */
export function encodeReadProgram(offset: number): Uint8Array {
  return encodePayload(COMMAND_READ_PROGRAM, { offset });
}

/**
 * The answer to COMMIT: 24-hour totals in pulses, of the staged program and of the one in force before, and the REFUSED_ code of
 * the field that is the reason for a refusal. Without one its byte is left out.
 */
export interface CommitReply {
  total: number;
  before: number;
  field?: number;
}

/** The answer to STAGE: the digest of the whole record, and 1 if a commit of it starts a stopped pump. Else that byte is left out. */
export interface StageReply {
  digest: number;
  starts?: number;
}

/** The answer to REFILL: the volume that should have been left, in pulses. */
export interface RefillReply {
  expected: number;
}

/** An entry of the log. The first entry of a ring has sequence 1. `code` is an EVENT_ of hal/trace.ts. */
export interface LogEntry {
  sequence: number;
  minute: number;
  /** Wall clock, in minutes since 2000-01-01T00:00. */
  wall: number;
  a: number;
  b: number;
  code: number;
}

const commitLayout = new Parser().endianness("little").uint32("total").uint32("before");
const refusedLayout = new Parser().endianness("little").uint32("total").uint32("before").uint8("field");
const stageLayout = new Parser().endianness("little").uint32("digest");
const startingLayout = new Parser().endianness("little").uint32("digest").uint8("starts");
const refillLayout = new Parser().endianness("little").uint32("expected");
const entryLayout = new Parser()
  .endianness("little")
  .uint32("sequence")
  .uint32("minute")
  .uint32("wall")
  .uint32("a")
  .uint32("b")
  .uint8("code");

/** The totals and the field in a reply's payload, outcome byte included; null when it has none. */
export function decodeCommit(payload: Uint8Array): CommitReply | null {
  const content = payload.subarray(1);
  if (payload.length === 9) return commitLayout.parse(content) as CommitReply;
  return payload.length === 10 ? (refusedLayout.parse(content) as CommitReply) : null;
}

/** The digest, and the start that a commit makes, in the payload of a reply to STAGE; null when it has none. */
export function decodeStage(payload: Uint8Array): StageReply | null {
  const content = payload.subarray(1);
  if (payload.length === 5) return stageLayout.parse(content) as StageReply;
  return payload.length === 6 ? (startingLayout.parse(content) as StageReply) : null;
}

/** The expected content in a reply's payload, outcome byte included; null when it has none. */
export function decodeRefill(payload: Uint8Array): RefillReply | null {
  return payload.length === 5 ? (refillLayout.parse(payload.subarray(1)) as RefillReply) : null;
}

/** The entries in a reply's payload, outcome byte included; null when the length is not that of so many. */
export function decodeLog(payload: Uint8Array): LogEntry[] | null {
  if (payload.length < 2 || payload.length !== 2 + payload[1] * LOG_ENTRY_BYTES) return null;
  return rowsOf(entryLayout, LOG_ENTRY_BYTES, payload.subarray(2), payload[1]) as LogEntry[];
}

/** The answer to INTERROGATE after its outcome byte. Volumes are in pulses of 250 nL, the rate in 0.01 uL/day. */
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
  /** Denied boluses by outcome, 1 to 9. */
  denied: number[];
  refusedFrames: number;
  /** A LIFE_ code. */
  life: number;
  /** SELF_TEST_ bits of the parts that failed in the last self-test. */
  selfTest: number;
  /** Sequence of the last entry in the log's ring of events, and in its ring of faults. */
  log: number;
  faults: number;
  /** The rest of a prime or a bridge. */
  supervised: number;
  /** The most that the program in force delivers in 24 h. */
  total: number;
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
  .uint16("refusedFrames")
  .uint8("life")
  .uint16("selfTest")
  .uint32("log")
  .uint32("faults")
  .uint32("supervised")
  .uint32("total");

/** The status in a reply's payload, outcome byte included; null when the length is not that of a status. */
export function decodeStatus(payload: Uint8Array): Status | null {
  if (payload.length !== STATUS_BYTES + 1) return null;
  return statusLayout.parse(payload.subarray(1)) as Status;
}
