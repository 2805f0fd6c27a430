// Telemetry in bytes. A byte from the link enters a buffer. A zero byte ends a frame, which is decoded and checked, and which
// the session then takes. After any bytes whatever, the next whole frame is understood (LNK-1). A reply leaves as fast as the
// link takes it, and no further frame is read until it has left.
//
// Invariants:
// - Every frame is shorter than the reach of one code byte of COBS, so a coded frame is one byte longer.
// - `receivedLength` is at most FRAME_CODED_BYTES, `sent` at most `sendingLength`, and that at most SEND_BYTES.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { LINK_BYTES_PER_TICK } from "../hal/link";
import {
  FRAME_BYTES,
  FRAME_CODED_BYTES,
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_VERSION,
  OUTCOME_MALFORMED,
} from "../hal/telemetry";
import { EVENT_LINK_REFUSED } from "../hal/trace";
import { readU16, writeU16 } from "./bytes";
import { crc16 } from "./crc";
import { CHANGED_FRAME, Changes } from "./changes";
import { Log } from "./log";
import { MemoryLatch, Twin } from "./twin";

/** A coded reply and its two delimiters. */
const SEND_BYTES: i32 = FRAME_CODED_BYTES + 2;
/** The longest body of a frame. */
export const BODY_BYTES_MAX: i32 = FRAME_BYTES - FRAME_HEADER_BYTES - FRAME_CRC_BYTES;
const COUNT_MAX: i32 = 0xffff;

/** In place of a byte: none came. */
export const NO_BYTE: i32 = -1;

/** The code byte after whose 254 bytes no zero follows. */
const CODE_MAX: i32 = 0xff;

assert(FRAME_BYTES < CODE_MAX - 1, "one code byte reaches over the longest frame");
assert(FRAME_BYTES < FRAME_CODED_BYTES, "a frame has room for its code byte");
assert(BODY_BYTES_MAX > 0, "a frame has a body");

export class Telemetry {
  hal: Hal;
  log: Log;
  changes: Changes;
  received: Uint8Array = new Uint8Array(FRAME_CODED_BYTES);
  receivedLength: Twin;
  /** The frame is longer than the buffer, so bytes are dropped up to the next zero. */
  overlong: bool = false;
  /** The decoded frame of this tick, header first, without CRC. */
  frame: Uint8Array = new Uint8Array(FRAME_CODED_BYTES);
  frameLength: i32 = 0;
  hasFrame: bool = false;
  /** A byte that was received in this tick and not read yet, or NO_BYTE. */
  held: i32 = NO_BYTE;
  /** The bytes that this tick may still read. */
  bytesLeft: i32 = 0;
  reply: Uint8Array = new Uint8Array(FRAME_BYTES);
  sending: Uint8Array = new Uint8Array(SEND_BYTES);
  sendingLength: Twin;
  sent: Twin;
  /** Frames refused since boot, at most 65,535. */
  refused: Twin;

  constructor(hal: Hal, log: Log, memory: MemoryLatch, changes: Changes) {
    this.hal = hal;
    this.log = log;
    this.changes = changes;
    this.receivedLength = new Twin(memory, 0);
    this.sendingLength = new Twin(memory, 0);
    this.sent = new Twin(memory, 0);
    this.refused = new Twin(memory, 0);
  }

  startTick(): void {
    this.hasFrame = false;
    this.bytesLeft = LINK_BYTES_PER_TICK;
  }

  /** Ends reading in this tick. A tick that read leaves the same state as one over which the machine leapt. */
  endListening(): void {
    this.bytesLeft = 0;
  }

  /** Reads to the end of the next whole frame, or until no byte is left that may be read in this tick. */
  receive(): void {
    this.hasFrame = false;
    if (this.isSending()) return;
    for (let i: i32 = 0; i < LINK_BYTES_PER_TICK && this.bytesLeft > 0; i = (i + 1) | 0) {
      this.bytesLeft = (this.bytesLeft - 1) | 0;
      const byte: i32 = this.take();
      if (byte < 0) return;
      if (byte != 0) {
        this.appendByte(byte & 255);
      } else if (this.endFrame()) {
        return;
      }
    }
  }

  /** True when no byte came since the last tick. A byte that came is held for `receive`. */
  hearsNothing(): bool {
    this.held = this.hal.link.receive() | 0;
    return this.held < 0;
  }

  /** True when a frame came in this tick, or a reply has not left yet. */
  isBusy(): bool {
    return this.hasFrame || this.isSending();
  }

  isSending(): bool {
    return this.sent.get() < this.sendingLength.get();
  }

  /** Codes the reply for the link: header, the `body` bytes that lie behind it in `reply`, and CRC. */
  send(type: i32, body: i32): void {
    assert(body >= 0 && body <= BODY_BYTES_MAX, "a reply fits its frame");
    this.reply[0] = FRAME_VERSION as u8;
    this.reply[1] = type as u8;
    const length: i32 = (FRAME_HEADER_BYTES + body) | 0;
    writeU16(this.reply, length, crc16(this.reply, 0, length));
    this.encode((length + FRAME_CRC_BYTES) | 0);
    this.sent.set(0);
  }

  transmit(): void {
    for (let i: i32 = 0; i < LINK_BYTES_PER_TICK; i = (i + 1) | 0) {
      const sent: i32 = this.sent.get();
      if (sent >= this.sendingLength.get() || sent >= SEND_BYTES) return;
      const byte: i32 = this.sending[sent];
      if (!this.hal.link.send(byte)) return;
      this.sent.set((sent + 1) | 0);
    }
  }

  /** Counts and traces a frame that was not understood, or that is not carried out. */
  refuse(outcome: i32): void {
    this.ignore();
    this.log.event(EVENT_LINK_REFUSED, outcome, 0, 0);
  }

  /** Counts a frame that came in a pause. */
  ignore(): void {
    if (this.refused.get() < COUNT_MAX) this.refused.add(1);
  }

  /** The next byte from the link: the one that is held, or one that is received now; NO_BYTE when there is none. */
  private take(): i32 {
    const held: i32 = this.held;
    this.held = NO_BYTE;
    return held < 0 ? this.hal.link.receive() | 0 : held;
  }

  private appendByte(byte: i32): void {
    const length: i32 = this.receivedLength.get();
    if (length >= FRAME_CODED_BYTES) {
      this.overlong = true;
      return;
    }
    this.received[length] = byte as u8;
    this.receivedLength.set((length + 1) | 0);
  }

  /**
   * Handles a zero byte. True when a frame lies ready. Noise is counted and skipped, so that it does not delay the
   * frame behind it.
   */
  private endFrame(): bool {
    const length: i32 = this.receivedLength.get();
    const overlong: bool = this.overlong;
    this.receivedLength.set(0);
    this.overlong = false;
    if (length == 0) return false;
    const decoded: i32 = overlong ? -1 : this.decode(length);
    const body: i32 = (decoded - FRAME_CRC_BYTES) | 0;
    if (body < FRAME_HEADER_BYTES || readU16(this.frame, body) != crc16(this.frame, 0, body)) {
      this.refuse(OUTCOME_MALFORMED);
      return false;
    }
    this.frameLength = body;
    this.hasFrame = true;
    this.changes.mark(CHANGED_FRAME);
    return true;
  }

  /** Decodes COBS from `received` into `frame`. Gives the decoded length, or -1 when a code points beyond the end. */
  private decode(length: i32): i32 {
    let to: i32 = 0;
    let code: i32 = 0;
    let left: i32 = 0;
    for (let from: i32 = 0; from < FRAME_CODED_BYTES && from < length; from = (from + 1) | 0) {
      const byte: i32 = this.received[from];
      if (left > 0) {
        this.frame[to] = byte as u8;
        to = (to + 1) | 0;
        left = (left - 1) | 0;
      } else {
        if (from > 0 && code != CODE_MAX) {
          this.frame[to] = 0;
          to = (to + 1) | 0;
        }
        code = byte;
        left = (byte - 1) | 0;
      }
    }
    return left > 0 ? -1 : to;
  }

  /** Codes `reply` as COBS into `sending`, with a zero before it, at which noise ends, and a zero behind it. */
  private encode(length: i32): void {
    this.sending[0] = 0;
    let codeAt: i32 = 1;
    let to: i32 = 2;
    let code: i32 = 1;
    for (let from: i32 = 0; from < FRAME_CODED_BYTES && from < length; from = (from + 1) | 0) {
      const byte: i32 = this.reply[from];
      if (byte != 0) {
        this.sending[to] = byte as u8;
        code = (code + 1) | 0;
      } else {
        this.sending[codeAt] = code as u8;
        codeAt = to;
        code = 1;
      }
      to = (to + 1) | 0;
    }
    this.sending[codeAt] = code as u8;
    this.sending[to] = 0;
    this.sendingLength.set((to + 1) | 0);
  }
}
