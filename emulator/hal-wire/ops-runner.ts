// Carries out on a virtual board what a remote controller called, in order, and gathers the results of those calls that have
// one. A board at the other end of a wire keeps its own windows and limits: the parts decide here as they do for a controller
// in the same process.

import type { Hal } from "../../hal/hal";
import type { VirtualCrypto } from "../board/crypto";
import type { VirtualLink } from "../board/link";
import { ByteWriter } from "./bytes";
import { BODY_BYTES_MAX } from "./frame";
import { encodeBufferResult } from "./messages";
import * as op from "./ops";

/** at u8, length u8: what a run of the cipher's buffer costs. */
const BUFFER_RUN_HEADER_BYTES = 2;

export class OpsRunner {
  /** Telemetry bytes that the controller took since the last reset. */
  taken = 0;
  /** What the last calls said of the ticks to come. */
  idleTicks = 0;
  private readonly hal: Hal;
  private readonly link: VirtualLink;
  private readonly crypto: VirtualCrypto;
  /** The controller's tick whose kick has reached the watchdog in this tick of the board. */
  private kickedFor: number | null = null;

  constructor(hal: Hal, link: VirtualLink, crypto: VirtualCrypto) {
    this.hal = hal;
    this.link = link;
    this.crypto = crypto;
  }

  beginTick(): void {
    this.kickedFor = null;
  }

  /** Runs the calls of one frame of the controller's `tick`; what the controller writes into memory it also knows. Returns the results. */
  run(tick: number, ops: readonly op.Op[], known: Uint8Array): Uint8Array {
    const results = new ByteWriter(BODY_BYTES_MAX);
    this.idleTicks = 0;
    for (const each of ops) {
      if (each.code === op.OP_KICK) this.kick(tick);
      else if (each.code === op.OP_WRITE) this.write(each, known);
      else if (each.code === op.OP_REWRITE) this.rewrite(each, known);
      else if (each.code >= op.OP_FIRST_WITH_RESULT) this.answer(each, results);
      else this.post(each);
    }
    return results.done();
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

  private post({ code, values, bytes }: op.Op): void {
    const { motor, sounder, clock, guard, crypto, trace } = this.hal;
    const [a, b, c, d] = values;
    switch (code) {
      case op.OP_PULSE:
        return motor.pulse();
      case op.OP_POWER:
        return motor.setPower(a !== 0);
      case op.OP_TONE:
        return sounder.setTone(a);
      case op.OP_OFFSET:
        return clock.setOffset(a);
      case op.OP_LIMIT:
        return void guard.setLimit(a);
      case op.OP_REARM:
        return void guard.rearm();
      case op.OP_TAKE:
        return this.take(a);
      case op.OP_SEND:
        return bytes.forEach((byte) => this.link.send(byte));
      case op.OP_EVENT:
        return trace.event(a, b, c, d);
      case op.OP_PUBLISH:
        return trace.publish(a, b);
      case op.OP_PUT:
        return bytes.forEach((byte, i) => crypto.put((a + i) & 255, byte));
      case op.OP_STORE_KEY:
        return crypto.storeKey(a);
      case op.OP_IDLE:
        this.idleTicks = a;
    }
  }

  private take(count: number): void {
    for (let i = 0; i < count && this.link.receive() >= 0; i++) this.taken++;
  }

  private answer({ code, values }: op.Op, results: ByteWriter): void {
    const { reservoir, crypto } = this.hal;
    const [a, b, c] = values;
    switch (code) {
      case op.OP_LEVEL:
        results.u16(reservoir.level());
        return;
      case op.OP_PRESSURE:
        results.u16(reservoir.pressure());
        return;
      case op.OP_RANDOM:
        return this.operate(results, () => {
          crypto.random(a);
          return true;
        });
      case op.OP_SEAL:
        return this.operate(results, () => crypto.seal(a, b, c));
      case op.OP_OPEN:
        return this.operate(results, () => crypto.open(a, b, c));
      case op.OP_AGREE:
        return this.operate(results, () => crypto.agree(a));
      case op.OP_DERIVE:
        return this.operate(results, () => crypto.derive(a, b, c));
    }
  }

  /** The cipher works in its buffer; what it changed there goes back. */
  private operate(results: ByteWriter, operation: () => boolean): void {
    const before = this.crypto.buffer.slice();
    const ok = operation();
    encodeBufferResult(results, ok, op.runsBetween(before, this.crypto.buffer, BUFFER_RUN_HEADER_BYTES, Infinity));
  }
}
