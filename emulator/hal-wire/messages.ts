// The bodies of the hal wire's frames: the greeting, the board's inputs of a tick, pieces of its memory, and the end. ops.ts
// has the calls in a body. One function encodes a body and one decodes it. A body that is too short, too long or out of range
// decodes to null, and its frame is then no frame.

import { CALLS, PORTS, REGISTERS as REGISTER_ROWS, type PortName, type RegisterName } from "../contract/calls";
import { ByteReader, ByteWriter } from "./bytes";
import { BODY_BYTES_MAX } from "./frame";
import { writeField, type Run } from "./ops";

/** Version of the contract in hal/. It rises when a call changes its meaning. */
export const HAL_CONTRACT = 1;

export const ROLE_BOARD = 1;
export const ROLE_CONTROLLER = 2;

/** Bit n of `ports` is the nth port of the table of calls. */
export const ALL_PORTS = (1 << PORTS.length) - 1;

/** The bits of these ports. */
export function portsOf(names: readonly PortName[]): number {
  return names.reduce((bits, name) => bits | (1 << PORTS.indexOf(name)), 0);
}

/** The ports of which the board is needed. The controller's end computes every call of the others itself. */
export const CARRIED_PORTS = portsOf(
  PORTS.filter((port) => CALLS.some((call) => call.port === port && call.way.by !== "own")),
);

/** A board sets this flag when each end waits for the other. */
export const FLAG_LOCKSTEP = 1;
/** A board sets this flag when it wants leaps, a controller when it can leap. */
export const FLAG_LEAP = 2;
/** A board sets this flag when it plays a scenario and will send its verdict. */
export const FLAG_SCENARIO = 4;
/**
 * A controller sets this flag when it keeps no copy of the memory and reads it by the call nvm.read, a board when it carries
 * out that call.
 */
export const FLAG_READS = 8;

export interface Hello {
  /** A number that each controller chooses at its start. A board answers with the same number. */
  session: number;
  contract: number;
  role: number;
  ports: number;
  flags: number;
  /** The straps of a board; 0 from a controller. */
  capacity_mL: number;
  external: number;
  /** Name and version of the program, for people. */
  name: string;
  /** The name of the scenario that the board plays. */
  scenario: string;
}

export function encodeHello(hello: Hello): Uint8Array {
  return new ByteWriter(BODY_BYTES_MAX)
    .u32(hello.session)
    .u8(hello.contract)
    .u8(hello.role)
    .u16(hello.ports)
    .u8(hello.flags)
    .u8(hello.capacity_mL)
    .u8(hello.external)
    .text(hello.name)
    .text(hello.scenario)
    .done();
}

export function decodeHello(body: Uint8Array): Hello | null {
  const from = new ByteReader(body);
  return whole(from, {
    session: from.u32(),
    contract: from.u8(),
    role: from.u8(),
    ports: from.u16(),
    flags: from.u8(),
    capacity_mL: from.u8(),
    external: from.u8(),
    name: from.text(),
    scenario: from.text(),
  });
}

export const REFUSED_VERSION = 1;
export const REFUSED_CONTRACT = 2;
export const REFUSED_PORTS = 3;
// 4 is busy. No end of ours sends it, because a board takes a new controller.
export const REFUSED_MALFORMED = 5;
/** This code is no refusal. It says that this end leaves. */
export const REFUSED_LEAVING = 6;

export interface Refusal {
  code: number;
  text: string;
}

export function encodeRefusal(refusal: Refusal): Uint8Array {
  return new ByteWriter(BODY_BYTES_MAX).u8(refusal.code).text(refusal.text).done();
}

export function decodeRefusal(body: Uint8Array): Refusal | null {
  const from = new ByteReader(body);
  return whole(from, { code: from.u8(), text: from.text() });
}

/** The text of what a controller threw. */
export function encodeFault(text: string): Uint8Array {
  return new ByteWriter(BODY_BYTES_MAX).text(text).done();
}

export function decodeFault(body: Uint8Array): string | null {
  const from = new ByteReader(body);
  return whole(from, from.text());
}

// ---- the board's registers

/** The number of each register, which is the place of its row in the table. */
export const REGISTER = Object.fromEntries(REGISTER_ROWS.map(({ name }, i) => [name, i])) as Record<
  RegisterName,
  number
>;
export const REGISTERS = REGISTER_ROWS.length;

/** The bits of `present` after those of the registers. */
const PRESENT_LEAPT = 1 << REGISTERS;
const PRESENT_AGE = 1 << (REGISTERS + 1);
const PRESENT_RECEIVED = 1 << (REGISTERS + 2);
const PRESENT_NVM = 1 << (REGISTERS + 3);
const PRESENT_KNOWN = (1 << (REGISTERS + 4)) - 1;

export interface Sense {
  tick: number;
  /** Resets of the controller, modulo 256. The controller boots when it has changed. */
  epoch: number;
  /** Sequence of the last ACT or CALL that the board took, in order. */
  heard: number;
  /** Ticks that were leapt before this one. */
  leapt: number;
  /** By how many milliseconds the tick began late. */
  age_ms: number;
  /** The registers that changed, each with its number and value, by number. */
  registers: readonly (readonly [number, number])[];
  /** Telemetry bytes, and the place of the first in the stream since the last reset, modulo 65,536. */
  received: { at: number; bytes: Uint8Array } | null;
  nvm: readonly Run[];
}

export function encodeSense(sense: Sense): Uint8Array {
  const out = new ByteWriter(BODY_BYTES_MAX).u32(sense.tick).u8(sense.epoch).u8(sense.heard);
  let present = sense.registers.reduce((mask, [register]) => mask | (1 << register), 0);
  if (sense.leapt > 0) present |= PRESENT_LEAPT;
  if (sense.age_ms > 0) present |= PRESENT_AGE;
  if (sense.received) present |= PRESENT_RECEIVED;
  if (sense.nvm.length > 0) present |= PRESENT_NVM;
  out.u16(present);
  for (const [register, value] of sense.registers) writeField(out, REGISTER_ROWS[register].field, value);
  if (sense.leapt > 0) out.u32(sense.leapt);
  if (sense.age_ms > 0) out.u16(Math.min(sense.age_ms, 0xffff));
  if (sense.received) out.u16(sense.received.at).u16(sense.received.bytes.length).raw(sense.received.bytes);
  if (sense.nvm.length > 0) writeRuns(out, sense.nvm);
  return out.done();
}

export function decodeSense(body: Uint8Array): Sense | null {
  const from = new ByteReader(body);
  const [tick, epoch, heard, present] = [from.u32(), from.u8(), from.u8(), from.u16()];
  if (present & ~PRESENT_KNOWN) return null;
  const registers: [number, number][] = [];
  for (let register = 0; register < REGISTERS; register++) {
    if (present & (1 << register)) registers.push([register, from[REGISTER_ROWS[register].field]() | 0]);
  }
  const leapt = present & PRESENT_LEAPT ? from.u32() : 0;
  const age_ms = present & PRESENT_AGE ? from.u16() : 0;
  const received = present & PRESENT_RECEIVED ? { at: from.u16(), bytes: from.raw(from.u16()) } : null;
  const nvm = present & PRESENT_NVM ? readRuns(from) : [];
  return whole(from, { tick, epoch, heard, leapt, age_ms, registers, received, nvm });
}

// ---- pieces of memory

/** The header of a run: address u32, length u8. */
export const NVM_RUN_HEADER_BYTES = 5;

export interface Image {
  /** True in the first piece. Memory that is not sent is then zero, and the controller boots at the next tick. */
  anew: boolean;
  runs: readonly Run[];
}

export function encodeImage(image: Image): Uint8Array {
  const out = new ByteWriter(BODY_BYTES_MAX).u8(image.anew ? 1 : 0);
  writeRuns(out, image.runs);
  return out.done();
}

export function decodeImage(body: Uint8Array): Image | null {
  const from = new ByteReader(body);
  return whole(from, { anew: from.u8() !== 0, runs: readRuns(from) });
}

/** The number of runs, u8, and then for each run: address u32, length u8, bytes. */
function writeRuns(out: ByteWriter, runs: readonly Run[]): void {
  out.u8(runs.length);
  for (const { at, bytes } of runs) out.u32(at).short(bytes);
}

function readRuns(from: ByteReader): Run[] {
  const runs: Run[] = [];
  for (let left = from.u8(); left > 0 && from.ok; left--) runs.push({ at: from.u32(), bytes: from.short() });
  return runs;
}

// ---- results of calls

export function encodeBufferResult(out: ByteWriter, ok: boolean, runs: readonly Run[]): void {
  out.u8(ok ? 1 : 0).u8(runs.length);
  for (const { at, bytes } of runs) out.u8(at).short(bytes);
}

export function decodeBufferResult(body: Uint8Array): { ok: boolean; runs: Run[] } | null {
  const from = new ByteReader(body);
  const ok = from.u8() !== 0;
  const runs: Run[] = [];
  for (let left = from.u8(); left > 0 && from.ok; left--) runs.push({ at: from.u8(), bytes: from.short() });
  return whole(from, { ok, runs });
}

// ---- the end

export const VERDICTS = ["pass", "fail", "invalid", "interrupted"] as const;

export interface End {
  verdict: (typeof VERDICTS)[number];
  ticks: number;
  /** 16 hex digits. */
  fingerprint: string;
  /** The reason of the verdict in words, or empty. */
  reason: string;
}

const FINGERPRINT_BYTES = 8;

export function encodeEnd(end: End): Uint8Array {
  return new ByteWriter(BODY_BYTES_MAX)
    .u8(VERDICTS.indexOf(end.verdict))
    .u32(end.ticks)
    .raw(Buffer.from(end.fingerprint, "hex"))
    .text(end.reason)
    .done();
}

export function decodeEnd(body: Uint8Array): End | null {
  const from = new ByteReader(body);
  const verdict = VERDICTS[from.u8()];
  const ticks = from.u32();
  const fingerprint = Buffer.from(from.raw(FINGERPRINT_BYTES)).toString("hex");
  return verdict ? whole(from, { verdict, ticks, fingerprint, reason: from.text() }) : null;
}

/** The value, or null when its body was not read exactly to its end. */
function whole<T>(from: ByteReader, value: T): T | null {
  return from.ok && from.left === 0 ? value : null;
}
