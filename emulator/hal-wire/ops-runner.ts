// Carries out the calls of a remote controller on a board, in order, and gathers the results of those that have one. The parts
// of the board check windows and limits as they do for a controller in the same process.

import { CRYPTO_BUFFER_BYTES } from "../../hal/crypto";
import type { Hal } from "../../hal/hal";
import { functionOf, type Call, type PortFunction, type WireResult } from "../contract/calls";
import { ByteWriter } from "./bytes";
import { BODY_BYTES_MAX } from "./frame";
import { encodeBufferResult } from "./messages";
import * as op from "./ops";

/** The header of a run of the crypto buffer: at u8, length u8. */
const BUFFER_RUN_HEADER_BYTES = 2;
/** No result is longer: every byte of the buffer has changed, and is a run of its own. */
const RESULT_BYTES_MAX = 2 + (1 + BUFFER_RUN_HEADER_BYTES) * CRYPTO_BUFFER_BYTES;

/** A call whose arguments are the numbers on the wire, and that needs no code of its own. */
interface PlainCall {
  result: WireResult | null;
  make(values: readonly number[]): ReturnType<PortFunction>;
}

export class OpsRunner {
  /** Telemetry bytes that the controller took since the last reset. */
  taken = 0;
  /** The number of coming ticks that the last frame called idle. */
  idleTicks = 0;
  private readonly hal: Hal;
  private readonly plain: ReadonlyMap<number, PlainCall>;
  /** The tick of the controller whose kick has reached the watchdog in this tick of the board. */
  private kickedFor: number | null = null;

  constructor(hal: Hal) {
    this.hal = hal;
    this.plain = new Map(
      op.OPS.flatMap(({ code, call, result }) => (call ? [[code, { result, make: making(hal, call) }]] : [])),
    );
  }

  beginTick(): void {
    this.kickedFor = null;
  }

  /**
   * Runs the calls of one frame of the controller's `tick` and returns their results; null, and it stops there, when they
   * outgrow a frame. `known`, the controller's copy of the memory, gets the same writes.
   */
  run(tick: number, ops: readonly op.Op[], known: Uint8Array): Uint8Array | null {
    const results = new ByteWriter(BODY_BYTES_MAX + RESULT_BYTES_MAX);
    this.idleTicks = 0;
    for (const each of ops) {
      this.carryOut(tick, each, known, results);
      if (results.length > BODY_BYTES_MAX) return null;
    }
    return results.done();
  }

  private carryOut(tick: number, each: op.Op, known: Uint8Array, results: ByteWriter): void {
    const [a] = each.values;
    switch (each.code) {
      case op.OP_KICK:
        return this.kick(tick);
      case op.OP_WRITE:
        return this.write(each, known);
      case op.OP_REWRITE:
        return this.rewrite(each, known);
      case op.OP_READ:
        results.short(this.memory(each));
        return;
      case op.OP_TAKE:
        return this.take(a);
      case op.OP_SEND:
        return each.bytes.forEach((byte) => this.hal.link.send(byte));
      case op.OP_PUT:
        return each.bytes.forEach((byte, i) => this.hal.crypto.put((a + i) & 255, byte));
      case op.OP_IDLE:
        this.idleTicks = a;
        return;
      default:
        return this.call(each, results);
    }
  }

  /** Late ticks of the controller can arrive in one tick of the board. Their kicks count as one, so that none is too early. */
  private kick(tick: number): void {
    if (this.kickedFor !== null && this.kickedFor !== tick) return;
    this.kickedFor = tick;
    this.hal.watchdog.kick();
  }

  private write(each: op.Op, known: Uint8Array): void {
    const [address] = each.values;
    each.bytes.forEach((byte, i) => {
      this.hal.nvm.write(address + i, byte);
      known[address + i] = byte;
    });
  }

  /** Writes the bytes of the controller's copy again. */
  private rewrite({ values: [address, count] }: op.Op, known: Uint8Array): void {
    const end = Math.min(address + count, known.length);
    for (let at = address; at < end; at++) this.hal.nvm.write(at, known[at]);
  }

  private memory({ values: [address, count] }: op.Op): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => this.hal.nvm.read(address + i));
  }

  private take(count: number): void {
    for (let i = 0; i < count && this.hal.link.receive() >= 0; i++) this.taken++;
  }

  private call({ code, values }: op.Op, results: ByteWriter): void {
    const call = this.plain.get(code);
    if (!call) throw new RangeError(`no call of the hal wire has code ${code}`);
    if (call.result === "buffer") this.operate(results, () => call.make(values) !== false);
    else if (call.result === "code") results.u16(Number(call.make(values)));
    else call.make(values);
  }

  /** Runs an operation of the crypto part. The result has the bytes of its buffer that changed. */
  private operate(results: ByteWriter, operation: () => boolean): void {
    const before = this.buffer();
    const ok = operation();
    encodeBufferResult(results, ok, op.runsBetween(before, this.buffer(), BUFFER_RUN_HEADER_BYTES, Infinity));
  }

  private buffer(): Uint8Array {
    return Uint8Array.from({ length: CRYPTO_BUFFER_BYTES }, (_, index) => this.hal.crypto.get(index));
  }
}

function making(hal: Hal, call: Call): PlainCall["make"] {
  const made = functionOf(hal, call);
  return (values) => made(...call.parameters.map(({ type }, i) => (type === "bool" ? values[i] !== 0 : values[i])));
}
