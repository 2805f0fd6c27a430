// The controller's side of the calls: they gather in order until the tick is over (ACT) or one of them needs its result now
// (CALL). Both are numbered in one row, and the board takes them once each and in order; so what the board has not heard is
// kept, and sent again as it was. Neighbouring bytes of a memory, of telemetry or of the cipher's buffer share one call.

import { ByteWriter } from "./bytes";
import { BODY_BYTES_MAX, encodeWireFrame, FRAME_ACT, FRAME_CALL } from "./frame";
import { OP_REWRITE, OP_TAKE, OP_WRITE, writeOp } from "./ops";

/** The longest call: a run of 255 bytes with its header. */
const OP_BYTES_MAX = 262;
/** OP_TAKE, code u8 and count u16, is added when the frame is closed. */
const TAKE_BYTES = 3;
const RUN_BYTES_MAX = 255;
/** Another call in the middle of a run costs 7 bytes, and 6 to go on after it. */
const SAME_BYTES_MAX = 12;
const REWRITTEN_MAX = 0xffff;
const NO_RUN = -1;

export interface Outstanding {
  sequence: number;
  bytes: Uint8Array;
}

export class Posts {
  /** Sent and not yet heard, oldest first. */
  outstanding: Outstanding[] = [];
  /** Sequence of the newest frame. */
  sequence = 0;
  private tick = 0;
  private epoch = 0;
  private readonly out = new ByteWriter(BODY_BYTES_MAX);
  /** The run that the next neighbouring byte joins: its code, where its length stands, the next address. */
  private runCode = NO_RUN;
  private runLengthAt = 0;
  private runNext = 0;
  /** Of a run of written bytes, how many at its end are as before; and how many a rewrite has counted. */
  private sameTail = 0;
  private rewritten = 0;
  private taken = 0;

  /** A new tick begins: nothing is gathered yet. */
  begin(tick: number, epoch: number): void {
    this.tick = tick;
    this.epoch = epoch;
    this.out.clear();
    this.out.u32(tick).u8(epoch);
    this.runCode = NO_RUN;
    this.taken = 0;
  }

  /** False: no room, the gathered calls must leave first. */
  get hasRoom(): boolean {
    return this.out.length + OP_BYTES_MAX + TAKE_BYTES <= BODY_BYTES_MAX;
  }

  post(code: number, ...values: number[]): void {
    this.runCode = NO_RUN;
    writeOp(this.out, code, values);
  }

  /** One byte of a call that carries a run of them. `at` is where it goes, for calls that say so. */
  postByte(code: number, at: number | null, byte: number): void {
    const full = this.runCode === code && this.out.get(this.runLengthAt) === RUN_BYTES_MAX;
    if (this.runCode !== code || full || (at !== null && at !== this.runNext)) {
      writeOp(this.out, code, at === null ? [] : [at]);
      this.runCode = code;
      this.sameTail = 0;
      this.runLengthAt = this.out.length - 1;
    }
    this.runNext = (at ?? 0) + 1;
    this.out.patch(this.runLengthAt, this.out.get(this.runLengthAt) + 1);
    this.out.u8(byte);
  }

  /** A byte of memory, which is `same` as before or not. Long rows of bytes that stay as they are go as their number. */
  postWrite(at: number, byte: number, same: boolean): void {
    const follows = at === this.runNext;
    if (!same || (follows && this.runCode === OP_WRITE)) {
      this.postByte(OP_WRITE, at, byte);
      this.sameTail = same ? this.sameTail + 1 : 0;
      if (this.sameTail > SAME_BYTES_MAX) this.cutTail(at + 1);
      return;
    }
    if (!follows || this.runCode !== OP_REWRITE || this.rewritten === REWRITTEN_MAX) this.beginRewrite(at, 0);
    this.countRewritten(this.rewritten + 1);
    this.runNext = at + 1;
  }

  /** What was written last is as before: so many bytes, up to `end`, are said by their number. */
  private cutTail(end: number): void {
    const count = this.sameTail;
    this.out.patch(this.runLengthAt, this.out.get(this.runLengthAt) - count);
    this.out.length -= count;
    this.beginRewrite(end - count, count);
    this.runNext = end;
  }

  private beginRewrite(at: number, count: number): void {
    writeOp(this.out, OP_REWRITE, [at, count]);
    this.runCode = OP_REWRITE;
    this.rewritten = count;
    this.sameTail = 0;
  }

  private countRewritten(count: number): void {
    this.rewritten = count;
    this.out.patch(this.out.length - 2, count & 255);
    this.out.patch(this.out.length - 1, count >> 8);
  }

  /** Telemetry bytes taken: one call for all since the last frame. */
  take(count: number): void {
    this.taken += count;
  }

  /** The gathered calls as the next frame, kept until it is heard. */
  close(type: typeof FRAME_ACT | typeof FRAME_CALL): Outstanding {
    this.sequence = (this.sequence + 1) & 255;
    const frame = { sequence: this.sequence, bytes: encodeWireFrame(type, this.sequence, this.out.done()) };
    this.outstanding.push(frame);
    this.begin(this.tick, this.epoch);
    return frame;
  }

  /** Adds the call that says how many bytes were taken: before `close`, and before a call with a result. */
  addTake(): void {
    if (this.taken > 0) this.post(OP_TAKE, this.taken);
    this.taken = 0;
  }

  /** The board has taken everything up to `heard`. */
  heard(heard: number): void {
    while (this.outstanding.length > 0 && isUpTo(this.outstanding[0].sequence, heard)) this.outstanding.shift();
  }

  /** After a reset of the controller the board takes nothing that it has not taken yet: all of it is dropped. */
  drop(heard: number): void {
    this.outstanding = [];
    this.sequence = heard;
  }
}

/** `a` is `b` or comes before it, modulo 256. */
export function isUpTo(a: number, b: number): boolean {
  return ((b - a) & 255) < 128;
}
