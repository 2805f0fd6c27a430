// The layout of the non-volatile memory of 128 KiB, for the store, the log and the windows' ring. A record has two slots. Each
// entry of the log's two rings and each bucket of the windows' ring is protected by itself. A new layout, or a new meaning of a
// byte, gets a new LAYOUT_VERSION: a pump that finds a version other than its own writes nothing.
//
// Invariant: the header, the mark of a halt, the slots of time, ledger and chart, the orders after a fault, the slots of the
// program, the two rings of the log and the windows' ring with its sums follow each other and do not overlap. It is asserted here when the
// module is loaded, and for the rings in the files that know their sizes.

import { assert } from "../hal/assert";
import { PAIRINGS } from "../hal/telemetry";

export const LAYOUT_MAGIC: i32 = 0x4e545343;
export const LAYOUT_VERSION: i32 = 6;

/** Magic u32 | version u16 | CRC-16. */
export const HEADER_AT: i32 = 0;
export const HEADER_VERSION: i32 = 4;
export const HEADER_CRC: i32 = 6;
export const HEADER_BYTES: i32 = 8;
/** Two bytes, of which one is enough. They say that a memory fault stopped the pump and that no clinician has cleared it. */
export const HALT_AT: i32 = 16;
const HALT_BYTES: i32 = 2;

// Made from emulator/contract/codes.ts by npm run contract: records.
// The records that the reference controller keeps and can repair; all but the window have two slots.
export const RECORD_TIME: i32 = 0;
export const RECORD_LEDGER: i32 = 1;
export const RECORD_CHART: i32 = 2;
export const RECORD_PROGRAM: i32 = 3;
/** The ring of the dose windows. */
export const RECORD_WINDOW: i32 = 4;
// End of records.
/** The records that have two slots: all but the window, which is a ring. */
export const SLOTTED_RECORDS: i32 = 4;

/** For each pairing, the last order that was carried out after a memory fault. */
export const ORDERS_AT: i32 = 1792;
export const ORDER_BYTES: i32 = 8;
export const LOG_EVENTS_AT: i32 = 4096;
export const LOG_FAULTS_AT: i32 = 28672;
export const WINDOW_AT: i32 = 40960;

/** The longest slot. */
export const SLOT_BYTES_MAX: i32 = 1024;

/** Address of a record's first slot. */
export function recordAt(record: i32): i32 {
  switch (record) {
    case RECORD_TIME:
      return 64;
    case RECORD_LEDGER:
      return 256;
    case RECORD_CHART:
      return 512;
    default:
      return 2048;
  }
}

/** Bytes from one slot of a record to the other. They have room for sequence, content and CRC. */
export function slotBytes(record: i32): i32 {
  switch (record) {
    case RECORD_TIME:
      return 64;
    case RECORD_LEDGER:
      return 128;
    case RECORD_CHART:
      return 640;
    default:
      return SLOT_BYTES_MAX;
  }
}

/** The address behind a record's second slot. */
function recordEnd(record: i32): i32 {
  return (recordAt(record) + ((2 * slotBytes(record)) | 0)) | 0;
}

assert(HEADER_VERSION == 4 && HEADER_CRC == HEADER_VERSION + 2, "the header's fields follow each other");
assert(HEADER_BYTES == HEADER_CRC + 2, "the header ends with its CRC");
assert(HEADER_AT + HEADER_BYTES <= HALT_AT, "the mark of a halt lies behind the header");
assert(HALT_AT + HALT_BYTES <= recordAt(RECORD_TIME), "the records lie behind the mark of a halt");
assert(recordEnd(RECORD_TIME) <= recordAt(RECORD_LEDGER), "the ledger lies behind the record of time");
assert(recordEnd(RECORD_LEDGER) <= recordAt(RECORD_CHART), "the chart lies behind the ledger");
assert(recordEnd(RECORD_CHART) <= ORDERS_AT, "the orders after a fault lie behind the chart");
assert(
  ORDERS_AT + PAIRINGS * ORDER_BYTES <= recordAt(RECORD_PROGRAM),
  "the program lies behind the orders after a fault",
);
assert(recordEnd(RECORD_PROGRAM) <= LOG_EVENTS_AT, "the log lies behind the program");
assert(slotBytes(RECORD_TIME) <= SLOT_BYTES_MAX, "the record of time has no slot beyond the longest");
assert(slotBytes(RECORD_LEDGER) <= SLOT_BYTES_MAX, "the ledger has no slot beyond the longest");
assert(slotBytes(RECORD_CHART) <= SLOT_BYTES_MAX, "the chart has no slot beyond the longest");
assert(RECORD_PROGRAM + 1 == SLOTTED_RECORDS, "every record has its place");
