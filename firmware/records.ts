// Records that survive a power cut at any byte (NVM-1): two slots each, `sequence u32 | content | CRC-32`. Both are written,
// one after the other, so that a cut leaves the other one, old or new, and a bit that flips later leaves a copy. The slot
// with the higher sequence among those whose CRC is right is the record. What only time and the encoder move is harmless when
// one writing old, and goes to the slots in turn. Content passes through one buffer, which means nothing between two ticks.

import { Hal } from "../hal/hal";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import { crc32 } from "./crc";
import { RECORDS, recordAt, slotBytes } from "./layout";
import { MemoryLatch, TwinArray } from "./twin";

const SEQUENCE_BYTES: i32 = 4;
const CRC_BYTES: i32 = 4;
const SLOT_BYTES_MAX: i32 = 1024;
const NONE: i32 = -1;

export class Records {
  hal: Hal;
  memory: MemoryLatch;
  /** By record: sequence of the slot that holds it. */
  sequence: TwinArray;
  buffer: Uint8Array = new Uint8Array(SLOT_BYTES_MAX);
  at: i32 = 0;
  /** After a load: the slot that is not what the newest one is. */
  behind: i32 = NONE;

  constructor(hal: Hal, memory: MemoryLatch) {
    this.hal = hal;
    this.memory = memory;
    this.sequence = new TwinArray(memory, RECORDS);
  }

  begin(): void {
    this.at = SEQUENCE_BYTES;
  }

  put8(value: i32): void {
    this.buffer[this.at] = (value & 255) as u8;
    this.at = (this.at + 1) | 0;
  }

  put16(value: i32): void {
    writeU16(this.buffer, this.at, value);
    this.at = (this.at + 2) | 0;
  }

  put32(value: i32): void {
    writeU32(this.buffer, this.at, value);
    this.at = (this.at + 4) | 0;
  }

  take8(): i32 {
    const value: i32 = this.buffer[this.at];
    this.at = (this.at + 1) | 0;
    return value;
  }

  take16(): i32 {
    const value: i32 = readU16(this.buffer, this.at);
    this.at = (this.at + 2) | 0;
    return value;
  }

  take32(): i32 {
    const value: i32 = readU32(this.buffer, this.at);
    this.at = (this.at + 4) | 0;
    return value;
  }

  /** Writes what was put since `begin`, to both slots or to the older one; nothing in a memory fault. */
  write(record: i32, both: bool): void {
    const sequence: i32 = (this.sequence.get(record) + 1) | 0;
    if (this.memory.faulty) return;
    writeU32(this.buffer, 0, sequence);
    this.put32(crc32(this.buffer, 0, this.at));
    if (both || (sequence & 1) == 0) this.fill(slotAt(record, 0));
    if (both || (sequence & 1) == 1) this.fill(slotAt(record, 1));
    this.sequence.set(record, sequence);
  }

  /** A pattern in every cell of the buffer is there when it is read (SLF-1). */
  bufferHolds(): bool {
    for (let i: i32 = 0; i < SLOT_BYTES_MAX; i = (i + 1) | 0) this.buffer[i] = ((i & 1) == 0 ? 0x55 : 0xaa) as u8;
    for (let i: i32 = 0; i < SLOT_BYTES_MAX; i = (i + 1) | 0) {
      const byte: i32 = this.buffer[i];
      if (byte != ((i & 1) == 0 ? 0x55 : 0xaa)) return false;
    }
    return true;
  }

  /** Makes the newest intact slot of `length` bytes of content ready to take from. False when there is none. */
  load(record: i32, length: i32): bool {
    const even: bool = this.read(record, 0, length);
    const evenSequence: i32 = readU32(this.buffer, 0);
    const odd: bool = this.read(record, 1, length);
    const oddSequence: i32 = readU32(this.buffer, 0);
    if (!even && !odd) return false;
    const evenIsNewer: bool = even && (!odd || ((evenSequence - oddSequence) | 0) > 0);
    if (evenIsNewer) this.read(record, 0, length);
    this.behind = evenIsNewer ? 1 : 0;
    if (even && odd && evenSequence == oddSequence) this.behind = NONE;
    this.sequence.set(record, readU32(this.buffer, 0));
    this.begin();
    return true;
  }

  /** Makes the other slot of the record just loaded the same, if it is spoilt or older. True when it was. */
  mend(record: i32, length: i32): bool {
    if (this.behind == NONE || this.memory.faulty) return false;
    this.at = (SEQUENCE_BYTES + length + CRC_BYTES) | 0;
    this.fill(slotAt(record, this.behind));
    this.begin();
    return true;
  }

  private fill(slot: i32): void {
    for (let i: i32 = 0; i < SLOT_BYTES_MAX && i < this.at; i = (i + 1) | 0) {
      const byte: i32 = this.buffer[i];
      this.hal.nvm.write((slot + i) | 0, byte);
    }
  }

  private read(record: i32, which: i32, length: i32): bool {
    const slot: i32 = slotAt(record, which);
    const checked: i32 = (SEQUENCE_BYTES + length) | 0;
    const bytes: i32 = (checked + CRC_BYTES) | 0;
    for (let i: i32 = 0; i < SLOT_BYTES_MAX && i < bytes; i = (i + 1) | 0) {
      this.buffer[i] = this.hal.nvm.read((slot + i) | 0) as u8;
    }
    // A slot that was never written is all zero, and sequences begin at 1.
    if (readU32(this.buffer, 0) == 0) return false;
    return readU32(this.buffer, checked) == crc32(this.buffer, 0, checked);
  }
}

function slotAt(record: i32, which: i32): i32 {
  return (recordAt(record) + (which == 0 ? 0 : slotBytes(record))) | 0;
}
