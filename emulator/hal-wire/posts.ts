// Gathers the calls of the controller in order, until the tick is over (ACT) or one of them needs its result (CALL). Both share
// one sequence, and the board takes each of them once and in order. So this side keeps every frame until the board has heard
// it, and can send it again unchanged. Neighbouring bytes of the memory, of telemetry or of the crypto buffer share one call.

import { ByteWriter } from "./bytes";
import { BODY_BYTES_MAX, encodeWireFrame, FRAME_ACT, FRAME_CALL } from "./frame";
import { OP_REWRITE, OP_TAKE, OP_WRITE, writeOp } from "./ops";

/** The longest call: a run of 255 bytes with its header. */
const OP_BYTES_MAX = 262;
/** Room for OP_TAKE (code u8, count u16), which is added when the frame is closed. */
const TAKE_BYTES = 3;
const RUN_BYTES_MAX = 255;
/**
 * A run keeps up to this many unchanged bytes, because a rewrite in its middle costs 7 bytes and another 6 to continue the run.
 */
const SAME_BYTES_MAX = 12;
const REWRITTEN_MAX = 0xffff;
const NO_RUN = -1;

export interface Outstanding {
  sequence: number;
  bytes: Uint8Array;
}

export class Posts {
  /** The frames that were sent and not yet heard, oldest first. */
  outstanding: Outstanding[] = [];
  /** Sequence of the newest frame. */
  sequence = 0;
  private tick = 0;
  private epoch = 0;
  private readonly out = new ByteWriter(BODY_BYTES_MAX);
  /** The run that a neighbouring byte joins: its code, the place of its length, and the address of that byte. */
  private runCode = NO_RUN;
  private runLengthAt = 0;
  private runNext = 0;
  /** The number of unchanged bytes at the end of a run of writes, and the number of bytes in a rewrite. */
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

  /** False when there is no room for another call, so the gathered calls must be sent first. */
  get hasRoom(): boolean {
    return this.out.length + OP_BYTES_MAX + TAKE_BYTES <= BODY_BYTES_MAX;
  }

  post(code: number, ...values: number[]): void {
    this.runCode = NO_RUN;
    writeOp(this.out, code, values);
  }

  /** Adds one byte to a call that carries a run of bytes. `at` is its address, for calls that have one. */
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

  /** Adds a write of one byte. `same`: the memory has that value already. Many such bytes in a row are sent as their number. */
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

  /** Replaces the unchanged bytes at the end of the run, up to address `end`, by a rewrite with their number. */
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

  /** Counts telemetry bytes that the controller took. One call has all of them since the last frame. */
  take(count: number): void {
    this.taken += count;
  }

  /** Makes the next frame from the gathered calls, and keeps it until it is heard. */
  close(type: typeof FRAME_ACT | typeof FRAME_CALL): Outstanding {
    this.sequence = (this.sequence + 1) & 255;
    const frame = { sequence: this.sequence, bytes: encodeWireFrame(type, this.sequence, this.out.done()) };
    this.outstanding.push(frame);
    this.begin(this.tick, this.epoch);
    return frame;
  }

  /** Adds the call with the number of bytes that were taken. It comes before `close` and before a call with a result. */
  addTake(): void {
    if (this.taken > 0) this.post(OP_TAKE, this.taken);
    this.taken = 0;
  }

  /** Drops the frames up to sequence `heard`, which the board has taken. */
  heard(heard: number): void {
    while (this.outstanding.length > 0 && isUpTo(this.outstanding[0].sequence, heard)) this.outstanding.shift();
  }

  /** Drops all frames, because the board takes none of them after a reset of the controller. */
  drop(heard: number): void {
    this.outstanding = [];
    this.sequence = heard;
  }
}

/** True when sequence `a` is `b` or comes before it, modulo 256. */
export function isUpTo(a: number, b: number): boolean {
  return ((b - a) & 255) < 128;
}
