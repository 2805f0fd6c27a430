// Carries out on a board what a remote controller called, in order, and gathers the results of those calls that have one. A
// board at the other end of a wire keeps its own windows and limits: the parts decide here as they do for a controller in
// the same process.

import { CRYPTO_BUFFER_BYTES } from "../../hal/crypto";
import type { Hal } from "../../hal/hal";
import { functionOf, type Call, type PortFunction, type WireResult } from "../contract/calls";
import { ByteWriter } from "./bytes";
import { BODY_BYTES_MAX } from "./frame";
import { encodeBufferResult } from "./messages";
import * as op from "./ops";

/** at u8, length u8: what a run of the cipher's buffer costs. */
const BUFFER_RUN_HEADER_BYTES = 2;

/** A call for which the numbers on the wire are the arguments, and nothing else is to be done. */
interface PlainCall {
  result: WireResult | null;
  make(values: readonly number[]): ReturnType<PortFunction>;
}

export class OpsRunner {
  /** Telemetry bytes that the controller took since the last reset. */
  taken = 0;
  /** What the last calls said of the ticks to come. */
  idleTicks = 0;
  private readonly hal: Hal;
  private readonly plain: ReadonlyMap<number, PlainCall>;
  /** The controller's tick whose kick has reached the watchdog in this tick of the board. */
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

  /** Runs the calls of one frame of the controller's `tick`; what the controller writes into memory it also knows. Returns the results. */
  run(tick: number, ops: readonly op.Op[], known: Uint8Array): Uint8Array {
    const results = new ByteWriter(BODY_BYTES_MAX);
    this.idleTicks = 0;
    for (const each of ops) this.carryOut(tick, each, known, results);
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

  /** Ticks of the controller that were late come together in one of the board: theirs is one kick, none that is too early. */
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

  /** Written again is what the controller believes to be there. */
  private rewrite({ values: [address, count] }: op.Op, known: Uint8Array): void {
    const end = Math.min(address + count, known.length);
    for (let at = address; at < end; at++) this.hal.nvm.write(at, known[at]);
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

  /** The cipher works in its buffer; what it changed there goes back. */
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
