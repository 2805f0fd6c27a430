// Encodes and decodes the calls of the hal contract on the hal wire, by the table of calls (emulator/contract/calls.ts). The
// controller's side posts a call whose result it can compute itself. For the result of any other call (a conversion, random
// bytes, a cipher) it waits.

import { SENT, type Call, type Field, type WireArgument, type WireResult } from "../contract/calls";
import type { ByteReader, ByteWriter } from "./bytes";

interface OpRow {
  code: number;
  /** The name as in hal/, for instance `motor.pulse`. */
  name: string;
  arguments: readonly WireArgument[];
  result: WireResult | null;
  /** The call of hal/; null for a row that is no call of hal/. */
  call: Call | null;
}

/** All calls that are sent, by their code. */
export const OPS: readonly OpRow[] = SENT.map(({ name, call, of }) => ({ result: null, ...call, name, call: of }));

const ROW_OF = new Map(OPS.map((each) => [each.code, each]));

/** The code of a call. Throws RangeError on a call that is not sent. */
export function codeOf(name: string): number {
  const found = OPS.find((row) => row.name === name);
  if (!found) throw new RangeError(`the hal wire has no call ${name}`);
  return found.code;
}

// The calls for which the two ends have code of their own.
export const OP_KICK = codeOf("watchdog.kick");
export const OP_OFFSET = codeOf("clock.setOffset");
export const OP_LIMIT = codeOf("guard.setLimit");
export const OP_REARM = codeOf("guard.rearm");
export const OP_TAKE = codeOf("link.receive");
export const OP_SEND = codeOf("link.send");
export const OP_WRITE = codeOf("nvm.write");
export const OP_REWRITE = codeOf("nvm.write again");
export const OP_READ = codeOf("nvm.read");
export const OP_PUT = codeOf("crypto.put");
export const OP_IDLE = codeOf("idle");

/** A call with its numbers in order, and its bytes if it carries some. */
export interface Op {
  code: number;
  values: readonly number[];
  bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Writes a call. Throws RangeError on a code that is not in the table. */
export function writeOp(out: ByteWriter, code: number, values: readonly number[], bytes: Uint8Array = NO_BYTES): void {
  const found = ROW_OF.get(code);
  if (!found) throw new RangeError(`no call of the hal wire has code ${code}`);
  out.u8(code);
  found.arguments.forEach(({ field }, i) => {
    if (field === "bytes") out.short(bytes);
    else writeField(out, field, values[i]);
  });
}

export function writeField(out: ByteWriter, field: Exclude<Field, "bytes">, value: number): void {
  if (field === "u8") out.u8(value);
  else if (field === "u16") out.u16(value);
  else out.u32(value);
}

/** The calls to the end of the body; null when one is unknown or cut off. */
export function readOps(from: ByteReader): Op[] | null {
  const ops: Op[] = [];
  while (from.left > 0) {
    const found = ROW_OF.get(from.u8());
    if (!found) return null;
    const values: number[] = [];
    let bytes: Uint8Array = NO_BYTES;
    for (const { field } of found.arguments) {
      if (field === "bytes") bytes = from.short();
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

/** Pieces with at most this many bytes between them become one, because another header would cost as much. */
const GAP_BYTES = 5;
const RUN_BYTES_MAX = 255;

/** The runs in which `now` differs from `before`, from the front, until they take `budget` bytes with `header` bytes each. */
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

/** The end (exclusive) of the run from `at`, which has at most `most` bytes and a differing byte at its end. */
function runEnd(before: Uint8Array, now: Uint8Array, at: number, most: number): number {
  let end = at + 1;
  for (let i = end; i < now.length && i - at < most && i - end <= GAP_BYTES; i++) {
    if (before[i] !== now[i]) end = i + 1;
  }
  return end;
}

/** Whole kilobytes are compared at once, because most of a memory does not differ. */
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
