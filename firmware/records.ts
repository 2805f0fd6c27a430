// Records that survive a power cut at any byte (NVM-1). A record has two slots, each `sequence u32 | content | CRC-32`. The
// slot with the higher sequence among those whose CRC is right is the record. A record that people or alarms change is written
// to both slots, one after the other. A power cut then leaves one slot whole, the old or the new one, and a bit that flips
// later leaves a copy. A record that only time and the encoder change is written to the older slot alone. The encoder and the
// clock go on counting through a power cut, so nothing is lost when its last write is.
//
// A record is one list of its fields. The same calls (`u32`, `flag` and their like) put the fields into the buffer after
// `begin`, and take them out of it after `load`. So an owner lists its fields once, in a method `list`, which serves both. The
// content of the buffer is not used between two ticks.
//
// The buffer is one of words, because the CRC unit and the memory take a word at a time; the first byte of four is the lowest.
// Behind the last field it is filled up with zeros to a whole word. A field of four bytes that begins with a word is put and
// taken by itself, which is four times as fast as one that lies across two, so what is written with each pulse has its fields
// in that order.
//
// Invariant: a field lies in the buffer with all its bytes, and a record fits its slot.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { SLOTTED_RECORDS, SLOT_BYTES_MAX, recordAt, slotBytes } from "./layout";
import { ELEMENTS_MAX, MemoryLatch, Twin, TwinArray } from "./twin";

const WORD_BYTES: i32 = 4;
/** The sequence is the first word of a slot, and the CRC the one behind the last. */
const SEQUENCE_BYTES: i32 = WORD_BYTES;
const NONE: i32 = -1;
const WORDS_MAX: i32 = SLOT_BYTES_MAX / WORD_BYTES;
/** The bytes 0x55 and 0xAA by turns, from the lowest. */
const PATTERN: i32 = -1437226411;

assert(SLOT_BYTES_MAX % WORD_BYTES == 0, "the longest slot has whole words");

export class Records {
  hal: Hal;
  memory: MemoryLatch;
  /** For each record the sequence of its newest slot, and the number of words of sequence and content. */
  sequence: TwinArray;
  length: TwinArray;
  words: Int32Array = new Int32Array(WORDS_MAX);
  /** Place of the next field in the buffer, and whether fields are taken out of the buffer. */
  at: i32 = 0;
  reading: bool = false;
  /** After a load, the slot that differs from the newest one; NONE when both are alike. */
  behind: i32 = NONE;

  constructor(hal: Hal, memory: MemoryLatch) {
    this.hal = hal;
    this.memory = memory;
    this.sequence = new TwinArray(memory, SLOTTED_RECORDS);
    this.length = new TwinArray(memory, SLOTTED_RECORDS);
  }

  /** Begins a record: the fields that follow are put into the buffer. */
  begin(): void {
    this.at = SEQUENCE_BYTES;
    this.reading = false;
  }

  u8(field: Twin): void {
    if (this.reading) field.set(this.take8());
    else this.put8(field.get());
  }

  u16(field: Twin): void {
    if (this.reading) field.set(this.take16());
    else this.put16(field.get());
  }

  u32(field: Twin): void {
    if (this.reading) field.set(this.take32());
    else this.put32(field.get());
  }

  flag(field: Twin): void {
    if (this.reading) field.setFlag(this.take8() != 0);
    else this.put8(field.isSet() ? 1 : 0);
  }

  /** Two flags in one byte. */
  flags(first: Twin, second: Twin): void {
    if (this.reading) {
      const byte: i32 = this.take8();
      first.setFlag((byte & 1) != 0);
      second.setFlag((byte & 2) != 0);
    } else this.put8((first.isSet() ? 1 : 0) | (second.isSet() ? 2 : 0));
  }

  /** One element of an array. */
  u8At(array: TwinArray, index: i32): void {
    if (this.reading) array.set(index, this.take8());
    else this.put8(array.get(index));
  }

  u16At(array: TwinArray, index: i32): void {
    if (this.reading) array.set(index, this.take16());
    else this.put16(array.get(index));
  }

  u32At(array: TwinArray, index: i32): void {
    if (this.reading) array.set(index, this.take32());
    else this.put32(array.get(index));
  }

  /** All elements of an array. */
  u16s(array: TwinArray): void {
    for (let i: i32 = 0; i < ELEMENTS_MAX && i < array.values.length; i = (i + 1) | 0) this.u16At(array, i);
  }

  u32s(array: TwinArray): void {
    for (let i: i32 = 0; i < ELEMENTS_MAX && i < array.values.length; i = (i + 1) | 0) this.u32At(array, i);
  }

  bytes(array: Uint8Array): void {
    for (let i: i32 = 0; i < SLOT_BYTES_MAX && i < array.length; i = (i + 1) | 0) {
      const byte: i32 = array[i];
      if (this.reading) array[i] = this.take8() as u8;
      else this.put8(byte);
    }
  }

  /** Takes the fields that were put since `begin` as the length of a record. Its owner calls it once, when it is built. */
  measure(record: i32): void {
    const words: i32 = this.wordsPut();
    assert((words + 1) * WORD_BYTES <= slotBytes(record), "a record fits its slot");
    this.length.set(record, words);
  }

  /**
   * Writes the fields that were put since `begin`, to both slots or to the older one. After a memory fault it writes
   * nothing.
   */
  write(record: i32, both: bool): void {
    const sequence: i32 = (this.sequence.get(record) + 1) | 0;
    if (this.memory.faulty) return;
    this.words[0] = sequence;
    if (both || (sequence & 1) == 0) this.writeSlot(slotAt(record, 0), this.wordsPut());
    if (both || (sequence & 1) == 1) this.writeSlot(slotAt(record, 1), this.wordsPut());
    this.sequence.set(record, sequence);
  }

  /** Loads the newest intact slot of a record: the fields that follow are taken from it. False when no slot is intact. */
  load(record: i32): bool {
    const length: i32 = this.length.get(record);
    const even: bool = this.read(slotAt(record, 0), length);
    const evenSequence: i32 = this.words[0];
    const odd: bool = this.read(slotAt(record, 1), length);
    const oddSequence: i32 = this.words[0];
    if (!even && !odd) return false;
    const evenIsNewer: bool = even && (!odd || ((evenSequence - oddSequence) | 0) > 0);
    if (evenIsNewer) this.read(slotAt(record, 0), length);
    this.behind = evenIsNewer ? 1 : 0;
    if (even && odd && evenSequence == oddSequence) this.behind = NONE;
    this.sequence.set(record, this.words[0]);
    this.at = SEQUENCE_BYTES;
    this.reading = true;
    return true;
  }

  /** Copies the slot that was just loaded over the other one, if that is older or damaged. True when it was. */
  repair(record: i32): bool {
    if (this.behind == NONE || this.memory.faulty) return false;
    this.writeSlot(slotAt(record, this.behind), this.length.get(record));
    return true;
  }

  /** Writes a pattern into every cell of the buffer and reads it back (SLF-1). False when a cell does not hold it. */
  testBuffer(): bool {
    for (let i: i32 = 0; i < WORDS_MAX; i = (i + 1) | 0) this.words[i] = PATTERN;
    for (let i: i32 = 0; i < WORDS_MAX; i = (i + 1) | 0) {
      if (this.words[i] != PATTERN) return false;
    }
    return true;
  }

  private put8(value: i32): void {
    this.putBits(value & 255);
    this.at = (this.at + 1) | 0;
  }

  private put16(value: i32): void {
    if ((this.at & 1) == 0) {
      this.putBits(value & 0xffff);
      this.at = (this.at + 2) | 0;
      return;
    }
    this.put8(value);
    this.put8(value >> 8);
  }

  private put32(value: i32): void {
    const at: i32 = this.at;
    this.at = (at + WORD_BYTES) | 0;
    if ((at & 3) == 0) this.words[at >> 2] = value;
    else this.putAcross(at, value);
  }

  /** Puts the bits of a value that lies across two words. */
  private putAcross(at: i32, value: i32): void {
    const word: i32 = at >> 2;
    const shift: i32 = (at & 3) << 3;
    this.words[word] = this.words[word] | (value << shift);
    this.words[(word + 1) | 0] = upper(value, (32 - shift) | 0);
  }

  /** Puts bits into the present word, from the place of the next byte up. The first ones of a word clear the others. */
  private putBits(bits: i32): void {
    const word: i32 = this.at >> 2;
    const shift: i32 = this.shift();
    this.words[word] = shift == 0 ? bits : this.words[word] | (bits << shift);
  }

  /** Place of the next byte in its word, in bits. */
  private shift(): i32 {
    return (this.at & 3) << 3;
  }

  private take8(): i32 {
    const value: i32 = this.words[this.at >> 2] >> this.shift();
    this.at = (this.at + 1) | 0;
    return value & 255;
  }

  private take16(): i32 {
    const low: i32 = this.take8();
    return low | (this.take8() << 8);
  }

  private take32(): i32 {
    const shift: i32 = this.shift();
    const low: i32 = this.words[this.at >> 2];
    this.at = (this.at + 4) | 0;
    if (shift == 0) return low;
    return upper(low, shift) | (this.words[this.at >> 2] << ((32 - shift) | 0));
  }

  /** The words that the fields put since `begin` take, the sequence included. */
  private wordsPut(): i32 {
    return ((this.at + WORD_BYTES - 1) | 0) >> 2;
  }

  /** Writes the first `length` words of the buffer, and their CRC-32. */
  private writeSlot(slot: i32, length: i32): void {
    const hal: Hal = this.hal;
    const words: Int32Array = this.words;
    let crc: i32 = -1;
    let at: i32 = slot;
    for (let i: i32 = 0; i < WORDS_MAX && i < length; i = (i + 1) | 0) {
      const word: i32 = words[i];
      crc = hal.crc.addWord(crc, word);
      hal.nvm.writeWord(at, word);
      at = (at + WORD_BYTES) | 0;
    }
    hal.nvm.writeWord(at, ~crc);
  }

  /** Reads a slot of `length` words and a CRC into the buffer. True when the CRC is right. */
  private read(slot: i32, length: i32): bool {
    let crc: i32 = -1;
    for (let i: i32 = 0; i < WORDS_MAX && i < length; i = (i + 1) | 0) {
      const word: i32 = this.hal.nvm.readWord((slot + ((i * WORD_BYTES) | 0)) | 0) | 0;
      this.words[i] = word;
      crc = this.hal.crc.addWord(crc, word);
    }
    // A slot that was never written is all zero, and sequences begin at 1.
    if (this.words[0] == 0) return false;
    return (this.hal.nvm.readWord((slot + ((length * WORD_BYTES) | 0)) | 0) | 0) == ~crc;
  }
}

/** The bits of `word` from bit `from` up; `from` is 1 to 31. */
function upper(word: i32, from: i32): i32 {
  return (word >> from) & (((1 << ((32 - from) | 0)) - 1) | 0);
}

function slotAt(record: i32, which: i32): i32 {
  return (recordAt(record) + (which == 0 ? 0 : slotBytes(record))) | 0;
}
