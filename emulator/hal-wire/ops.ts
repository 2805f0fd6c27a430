// The calls of the hal contract as bytes on the hal wire: one table with a row a call. A call whose result the controller's
// side can foretell from the contract is posted; one that it cannot (a conversion, a draw of chance, a cipher) has a result,
// and the controller's tick waits for it. Encoder, decoder, docs/hal-wire.md and docs/hal-wire.ksy follow this table. Codes
// are append-only; those with a result begin at OP_FIRST_WITH_RESULT.

import type { ByteReader, ByteWriter } from "./bytes";

export const OP_KICK = 1;
export const OP_PULSE = 2;
export const OP_POWER = 3;
export const OP_TONE = 4;
export const OP_OFFSET = 5;
export const OP_LIMIT = 6;
export const OP_REARM = 7;
export const OP_TAKE = 8;
export const OP_SEND = 9;
export const OP_WRITE = 10;
export const OP_EVENT = 11;
export const OP_PUBLISH = 12;
export const OP_PUT = 13;
export const OP_STORE_KEY = 14;
export const OP_IDLE = 15;
export const OP_REWRITE = 16;
export const OP_FIRST_WITH_RESULT = 32;
export const OP_LEVEL = 32;
export const OP_PRESSURE = 33;
export const OP_RANDOM = 34;
export const OP_SEAL = 35;
export const OP_OPEN = 36;
export const OP_AGREE = 37;
export const OP_DERIVE = 38;

type Field = "u8" | "u16" | "u32" | "i32" | "short";
/** `code`: u16; `buffer`: u8 (1: true), then the pieces of the crypto buffer that changed. */
export type ResultKind = "none" | "code" | "buffer";

interface OpRow {
  code: number;
  name: string;
  fields: readonly Field[];
  result: ResultKind;
}

const row = (code: number, name: string, fields: readonly Field[], result: ResultKind = "none"): OpRow => ({
  code,
  name,
  fields,
  result,
});

/** Every call: code, name as in hal/, arguments in order (`short`: a length u8 and that many bytes), result. */
export const OPS: readonly OpRow[] = [
  row(OP_KICK, "watchdog.kick", []),
  row(OP_PULSE, "motor.pulse", []),
  row(OP_POWER, "motor.setPower", ["u8"]),
  row(OP_TONE, "sounder.setTone", ["u8"]),
  row(OP_OFFSET, "clock.setOffset", ["i32"]),
  row(OP_LIMIT, "guard.setLimit", ["u16"]),
  row(OP_REARM, "guard.rearm", []),
  row(OP_TAKE, "link.receive", ["u16"]),
  row(OP_SEND, "link.send", ["short"]),
  row(OP_WRITE, "nvm.write", ["u32", "short"]),
  row(OP_EVENT, "trace.event", ["i32", "i32", "i32", "i32"]),
  row(OP_PUBLISH, "trace.publish", ["u8", "i32"]),
  row(OP_PUT, "crypto.put", ["u8", "short"]),
  row(OP_STORE_KEY, "crypto.storeKey", ["u8"]),
  row(OP_IDLE, "idle", ["u32"]),
  // So many bytes from an address are written as they are already: a store that writes whole records changes few of them.
  row(OP_REWRITE, "nvm.write again", ["u32", "u16"]),
  row(OP_LEVEL, "reservoir.level", [], "code"),
  row(OP_PRESSURE, "reservoir.pressure", [], "code"),
  row(OP_RANDOM, "crypto.random", ["u8"], "buffer"),
  row(OP_SEAL, "crypto.seal", ["u8", "u8", "u8"], "buffer"),
  row(OP_OPEN, "crypto.open", ["u8", "u8", "u8"], "buffer"),
  row(OP_AGREE, "crypto.agree", ["u8"], "buffer"),
  row(OP_DERIVE, "crypto.derive", ["u8", "u8", "u8"], "buffer"),
];

const ROW_OF = new Map(OPS.map((each) => [each.code, each]));

/** A call with its numbers in order, and its bytes if it carries some. */
export interface Op {
  code: number;
  values: readonly number[];
  bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Throws RangeError on a code that is not in the table. */
export function writeOp(out: ByteWriter, code: number, values: readonly number[], bytes: Uint8Array = NO_BYTES): void {
  const found = ROW_OF.get(code);
  if (!found) throw new RangeError(`no call of the hal wire has code ${code}`);
  out.u8(code);
  found.fields.forEach((field, i) => {
    if (field === "short") out.short(bytes);
    else if (field === "u8") out.u8(values[i]);
    else if (field === "u16") out.u16(values[i]);
    else out.u32(values[i]);
  });
}

/** All calls to the end of the body; null when they do not fit it or one is unknown. */
export function readOps(from: ByteReader): Op[] | null {
  const ops: Op[] = [];
  while (from.left > 0) {
    const found = ROW_OF.get(from.u8());
    if (!found) return null;
    const values: number[] = [];
    let bytes: Uint8Array = NO_BYTES;
    for (const field of found.fields) {
      if (field === "short") bytes = from.short();
      else values.push(from[field]());
    }
    if (!from.ok) return null;
    ops.push({ code: found.code, values, bytes });
  }
  return ops;
}

/** A piece of a memory: where it begins, and its bytes (1..255). */
export interface Run {
  at: number;
  bytes: Uint8Array;
}

/** Two pieces closer than this are one: the header of another would cost as much as the bytes between. */
const GAP_BYTES = 5;
const RUN_BYTES_MAX = 255;

/** Where `now` differs from `before`, from the front, within `budget` bytes of runs with `header` bytes each. */
export function runsBetween(before: Uint8Array, now: Uint8Array, header: number, budget: number): Run[] {
  const runs: Run[] = [];
  let left = budget;
  let at = nextDifference(before, now, 0);
  while (at < now.length && left > header) {
    const most = Math.min(RUN_BYTES_MAX, left - header);
    const end = runEnd(before, now, at, most);
    runs.push({ at, bytes: now.slice(at, end) });
    left -= header + end - at;
    at = nextDifference(before, now, end);
  }
  return runs;
}

/** One past the last differing byte of the run from `at`, of at most `most` bytes. */
function runEnd(before: Uint8Array, now: Uint8Array, at: number, most: number): number {
  let end = at + 1;
  for (let i = end; i < now.length && i - at < most && i - end <= GAP_BYTES; i++) {
    if (before[i] !== now[i]) end = i + 1;
  }
  return end;
}

/** A memory is mostly alike: whole kilobytes are compared at once. */
const BLOCK_BYTES = 1024;

function nextDifference(before: Uint8Array, now: Uint8Array, from: number): number {
  let at = from;
  while (at < now.length) {
    const end = Math.min(at + BLOCK_BYTES, now.length);
    if (Buffer.compare(before.subarray(at, end), now.subarray(at, end)) !== 0) break;
    at = end;
  }
  while (at < now.length && before[at] === now[at]) at++;
  return at;
}
