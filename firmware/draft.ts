// The staged program, which a programmer sends in pieces (LNK-4). The pump answers each piece with the digest of the whole.
// commit.ts judges the draft, unpacked, beside the program in force, which stays as it is until a commit is accepted.
//
// Invariant: a piece lies in its buffer with all its bytes, so that nothing else enters the record.

import { assert } from "../hal/assert";
import { PAYLOAD_BYTES, PROGRAM_BYTES, PROGRAM_PIECE_BYTES } from "../hal/telemetry";
import { crc32 } from "./crc";
import { Program } from "./program";
import { MemoryLatch, Twin } from "./twin";

assert(2 + PROGRAM_PIECE_BYTES <= PAYLOAD_BYTES, "a piece and its offset fit a payload");

export class Draft {
  record: Uint8Array = new Uint8Array(PROGRAM_BYTES);
  /** CRC-32 of the record as staged. */
  digest: Twin;
  /** A piece has come since the last commit. */
  isStaged: Twin;
  /** The record, unpacked to be judged. */
  program: Program;

  constructor(memory: MemoryLatch) {
    this.digest = new Twin(memory, 0);
    this.isStaged = new Twin(memory, 0);
    this.program = new Program(memory);
  }

  /**
   * Keeps the piece of `length` bytes from `start` on at `offset` of the record, and finds the digest of the whole. A piece at
   * offset 0 begins a new record. False when the piece does not fit the record.
   */
  stage(bytes: Uint8Array, start: i32, length: i32, offset: i32): bool {
    if (length < 1 || length > PROGRAM_PIECE_BYTES || ((offset + length) | 0) > PROGRAM_BYTES) return false;
    assert(start >= 0 && ((start + length) | 0) <= bytes.length, "a piece lies whole in its buffer");
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) {
      if (i >= offset && i < ((offset + length) | 0)) this.record[i] = bytes[start + i - offset];
      else if (offset == 0) this.record[i] = 0;
    }
    this.digest.set(crc32(this.record, 0, PROGRAM_BYTES));
    this.isStaged.setFlag(true);
    return true;
  }

  /** True when `digest` is that of the record, and the record is still what was staged. */
  hasDigest(digest: i32): bool {
    if (!this.isStaged.isSet() || digest != this.digest.get()) return false;
    return crc32(this.record, 0, PROGRAM_BYTES) == digest;
  }
}
