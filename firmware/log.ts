// The event log (LOG-1) and the trace. A part reports an event once, to `event`, which traces it and keeps it. The log has two
// rings in the non-volatile memory: 1,024 entries for all events, and 256 for faults alone, so that no flood of events pushes a
// fault out. An entry is
//
//   sequence u32 | minute u32 (of the real-time clock) | wall minute u32 | a u32 | b u32 | code u8 | 0 | CRC-16
//
// with the code and arguments of hal/trace.ts. A write that a power cut interrupts leaves an entry whose CRC is wrong. It does
// not count, and the next entry takes its place. Refused frames are traced and not kept, because noise would fill the ring in a
// second. Of a session only the opening is kept, which says whose it was.
//
// Somebody outside can cause some kinds of entries as often as he likes, so they are cheap: a poller that opens a session each
// minute would push out everything else in 17 hours. Of each cheap kind the first CHEAP_PER_DAY of a day are kept, and the
// others are only traced.
//
// Invariants:
// - Each ring ends before the next part of the memory begins.
// - An entry begins with the bytes that READ_LOG answers, so they are copied as they are.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { LOG_ENTRY_BYTES, LOG_EVENTS, LOG_FAULTS } from "../hal/telemetry";
import {
  EVENT_ALARM_ACKNOWLEDGED,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_DENIED,
  EVENT_BOOT,
  EVENT_COMMAND_REFUSED,
  EVENT_LIMIT_REACHED,
  EVENT_LINK_REFUSED,
  EVENT_PAIRED,
  EVENT_PROGRAM_REFUSED,
  EVENT_REFILL_DISCREPANCY,
  EVENT_SELF_TEST,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STORE_REPAIRED,
} from "../hal/trace";
import { MINUTES_PER_DAY } from "../hal/units";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import { crc16 } from "./crc";
import { LOG_EVENTS_AT, LOG_FAULTS_AT, WINDOW_AT } from "./layout";
import { MemoryLatch, Twin, TwinArray } from "./twin";

const EVENT_ENTRIES: i32 = 1024;
const FAULT_ENTRIES: i32 = 256;
/** Five words, the code and a zero byte. */
const CRC_AT: i32 = 5 * 4 + 2;
const CRC_BYTES: i32 = 2;
const ENTRY_BYTES: i32 = CRC_AT + CRC_BYTES;
/** The number of rings: one of events and one of faults. */
const RINGS: i32 = 2;
/** The entries of each cheap kind that are kept in a day. With all kinds at this bound the ring still holds six days. */
const CHEAP_PER_DAY: i32 = 24;
const CHEAP_KINDS: i32 = 7;
const NOT_CHEAP: i32 = -1;

assert(LOG_EVENTS == 0 && LOG_FAULTS + 1 == RINGS, "the rings are numbered from 0");
assert(LOG_EVENTS_AT + EVENT_ENTRIES * ENTRY_BYTES <= LOG_FAULTS_AT, "the ring of faults lies behind that of events");
assert(LOG_FAULTS_AT + FAULT_ENTRIES * ENTRY_BYTES <= WINDOW_AT, "the windows' ring lies behind that of faults");
assert(FAULT_ENTRIES <= EVENT_ENTRIES, "catching up with the ring of events catches up with that of faults");
assert(CHEAP_KINDS * CHEAP_PER_DAY * 6 < EVENT_ENTRIES, "cheap entries leave six days of the others in the ring");
assert(LOG_ENTRY_BYTES <= CRC_AT, "what an answer says of an entry lies before the entry's CRC");

export class Log {
  hal: Hal;
  memory: MemoryLatch;
  /** For each ring the sequence of its last entry, from 1 on, and of the last entry that a clinician has read. */
  sequence: TwinArray;
  read: TwinArray;
  /** The entry being written or read. */
  entry: Uint8Array = new Uint8Array(ENTRY_BYTES);
  /** The non-volatile memory belongs to another build, so events are traced and not kept. */
  mute: Twin;
  /** For each cheap kind its entries of this day, at most CHEAP_PER_DAY; and the minutes of the day that have passed. */
  cheap: TwinArray;
  dayMinutes: Twin;

  constructor(hal: Hal, memory: MemoryLatch) {
    this.hal = hal;
    this.memory = memory;
    this.sequence = new TwinArray(memory, RINGS);
    this.read = new TwinArray(memory, RINGS);
    this.mute = new Twin(memory, 0);
    this.cheap = new TwinArray(memory, CHEAP_KINDS);
    this.dayMinutes = new Twin(memory, 0);
  }

  /** Once a minute of watched time: after a day the count of each cheap kind begins anew. */
  minute(): void {
    const minutes: i32 = (this.dayMinutes.get() + 1) | 0;
    this.dayMinutes.set(minutes < MINUTES_PER_DAY ? minutes : 0);
    if (minutes < MINUTES_PER_DAY) return;
    for (let kind: i32 = 0; kind < CHEAP_KINDS; kind = (kind + 1) | 0) this.cheap.set(kind, 0);
  }

  event(code: i32, a: i32, b: i32, c: i32): void {
    assert(code > 0 && code <= 0xff, "an event's code is a byte of its entry");
    this.hal.trace.event(code, a, b, c);
    if (this.mute.isSet() || this.memory.faulty || code == EVENT_LINK_REFUSED || code == EVENT_SESSION_CLOSED) return;
    const kind: i32 = cheapKind(code, a);
    if (kind != NOT_CHEAP && !this.takesCheap(kind)) return;
    for (let ring: i32 = 0; ring < RINGS; ring = (ring + 1) | 0) {
      if (ring != LOG_FAULTS || isFault(code, a)) this.append(ring, code, a, b);
    }
  }

  /** After a restart, finds the entries that were written after the sequence was last stored. */
  catchUp(): void {
    for (let ring: i32 = 0; ring < RINGS; ring = (ring + 1) | 0) {
      for (let i: i32 = 0; i < EVENT_ENTRIES; i = (i + 1) | 0) {
        const next: i32 = (this.sequence.get(ring) + 1) | 0;
        if (!this.load(ring, next)) break;
        this.sequence.set(ring, next);
      }
    }
  }

  /** Notes that a clinician has read an entry. It counts only as the next one after those read before. True when it counts. */
  markRead(ring: i32, sequence: i32): bool {
    const next: i32 = (this.read.get(ring) + 1) | 0;
    const oldest: i32 = this.oldest(ring);
    if (sequence != (next > oldest ? next : oldest)) return false;
    this.read.set(ring, sequence);
    return true;
  }

  /** True when a clinician has read both rings to their ends. */
  isRead(): bool {
    return this.read.get(0) == this.sequence.get(0) && this.read.get(1) == this.sequence.get(1);
  }

  /** Sequence of the oldest entry that a ring still holds. */
  oldest(ring: i32): i32 {
    const first: i32 = (this.sequence.get(ring) - entriesOf(ring) + 1) | 0;
    return first > 1 ? first : 1;
  }

  /** Reads entry `sequence` into `entry`. False when the ring does not hold it intact. */
  load(ring: i32, sequence: i32): bool {
    const at: i32 = addressOf(ring, sequence);
    for (let i: i32 = 0; i < ENTRY_BYTES; i = (i + 1) | 0) this.entry[i] = this.hal.nvm.read((at + i) | 0) as u8;
    return readU32(this.entry, 0) == sequence && readU16(this.entry, CRC_AT) == crc16(this.entry, 0, CRC_AT);
  }

  /** True for one of the first entries of a cheap kind in a day. */
  private takesCheap(kind: i32): bool {
    const taken: i32 = this.cheap.get(kind);
    if (taken >= CHEAP_PER_DAY) return false;
    this.cheap.set(kind, (taken + 1) | 0);
    return true;
  }

  private append(ring: i32, code: i32, a: i32, b: i32): void {
    const sequence: i32 = (this.sequence.get(ring) + 1) | 0;
    if (this.memory.faulty) return;
    const minute: i32 = this.hal.clock.minute() | 0;
    writeU32(this.entry, 0, sequence);
    writeU32(this.entry, 4, minute);
    writeU32(this.entry, 8, (minute + (this.hal.clock.offset() | 0)) | 0);
    writeU32(this.entry, 12, a);
    writeU32(this.entry, 16, b);
    writeU16(this.entry, 20, code);
    writeU16(this.entry, CRC_AT, crc16(this.entry, 0, CRC_AT));
    const at: i32 = addressOf(ring, sequence);
    for (let i: i32 = 0; i < ENTRY_BYTES; i = (i + 1) | 0) {
      const byte: i32 = this.entry[i];
      this.hal.nvm.write((at + i) | 0, byte);
    }
    this.sequence.set(ring, sequence);
  }
}

function entriesOf(ring: i32): i32 {
  return ring == LOG_FAULTS ? FAULT_ENTRIES : EVENT_ENTRIES;
}

function addressOf(ring: i32, sequence: i32): i32 {
  const slot: i32 = ((sequence - 1) & 0x3fffffff) % entriesOf(ring);
  return ((ring == LOG_FAULTS ? LOG_FAULTS_AT : LOG_EVENTS_AT) + ((slot * ENTRY_BYTES) | 0)) | 0;
}

/** The number of a kind of entries that somebody outside can cause as often as he likes, or NOT_CHEAP. */
function cheapKind(code: i32, a: i32): i32 {
  switch (code) {
    case EVENT_SESSION_OPENED:
      return 0;
    case EVENT_PAIRED:
      return 1;
    case EVENT_COMMAND_REFUSED:
      return 2;
    case EVENT_BOLUS_DENIED:
      return 3;
    case EVENT_PROGRAM_REFUSED:
      return 4;
    case EVENT_ALARM_ACKNOWLEDGED:
      return 5;
    case EVENT_SELF_TEST:
      return a == 0 ? 6 : NOT_CHEAP;
    default:
      return NOT_CHEAP;
  }
}

function isFault(code: i32, a: i32): bool {
  switch (code) {
    case EVENT_BOOT:
    case EVENT_ALARM_RAISED:
    case EVENT_ALARM_CLEARED:
    case EVENT_STALL_DETECTED:
    case EVENT_STALL_RECOVERED:
    case EVENT_LIMIT_REACHED:
    case EVENT_REFILL_DISCREPANCY:
    case EVENT_STORE_REPAIRED:
      return true;
    case EVENT_SELF_TEST:
      return a != 0;
    default:
      return false;
  }
}
