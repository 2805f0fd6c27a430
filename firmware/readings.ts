// The contents of answers that read the pump: its status, entries of its log, the record of its program. Each method writes its
// content into the reply, behind the outcome, and returns the number of bytes. It changes nothing but the mark of how far a
// clinician has read the log.

import {
  FLAG_BOLUS,
  FLAG_HEAD,
  FLAG_LIMITED,
  FLAG_SELF_TEST,
  FLAG_STALLED,
  LOG_ENTRY_BYTES,
  LOG_EVENTS,
  LOG_FAULTS,
  LOG_READ_MAX,
  PROGRAM_BYTES,
  PROGRAM_PIECE_BYTES,
  STATUS_ALARMS,
  STATUS_BOLUS_GIVEN,
  STATUS_BOLUS_TOTAL,
  STATUS_BYTES,
  STATUS_CELL_MV,
  STATUS_DENIED,
  STATUS_DIGEST,
  STATUS_ESTIMATE,
  STATUS_FAULTS,
  STATUS_FLAGS,
  STATUS_GRANTED,
  STATUS_LAST_COMMAND,
  STATUS_LAST_OUTCOME,
  STATUS_LAST_SEQUENCE,
  STATUS_LIFE,
  STATUS_LOG,
  STATUS_MINUTE,
  STATUS_MISSED,
  STATUS_MODE,
  STATUS_OFFSET,
  STATUS_PULSES,
  STATUS_RATE,
  STATUS_REFUSED_FRAMES,
  STATUS_REQUESTS,
  STATUS_SELF_TEST,
  STATUS_SUPERVISED,
  STATUS_TOTAL,
} from "../hal/telemetry";
import { writeU16, writeU32 } from "./bytes";
import { CHANGED_ORDERS } from "./changes";
import { Log } from "./log";
import { Pump } from "./pump";
import { CONTENT_AT } from "./session";
import { Store } from "./store";
import { DENIALS } from "./usage";

export class Readings {
  pump: Pump;
  store: Store;

  constructor(pump: Pump, store: Store) {
    this.pump = pump;
    this.store = store;
  }

  /** Writes the status. */
  status(): i32 {
    const pump: Pump = this.pump;
    const reply: Uint8Array = pump.telemetry.reply;
    const pairing: i32 = pump.session.pairing.get();
    const valid: bool = pump.program.valid.isSet();
    reply[CONTENT_AT + STATUS_MODE] = pump.therapy.mode() as u8;
    reply[CONTENT_AT + STATUS_FLAGS] = this.flags() as u8;
    reply[CONTENT_AT + STATUS_LAST_COMMAND] = pump.usage.lastKind.get(pairing) as u8;
    reply[CONTENT_AT + STATUS_LAST_OUTCOME] = pump.usage.lastOutcome.get(pairing) as u8;
    writeU16(reply, CONTENT_AT + STATUS_LAST_SEQUENCE, pump.usage.lastSequence.get(pairing));
    writeU16(reply, CONTENT_AT + STATUS_CELL_MV, pump.hal.battery.cell_mv());
    writeU32(reply, CONTENT_AT + STATUS_RATE, pump.therapy.rate.get());
    writeU32(reply, CONTENT_AT + STATUS_ESTIMATE, pump.reservoir.estimate.get());
    writeU32(reply, CONTENT_AT + STATUS_PULSES, pump.motor.pulsesTotal.get());
    writeU32(reply, CONTENT_AT + STATUS_MISSED, pump.motor.missedTotal.get());
    writeU32(reply, CONTENT_AT + STATUS_ALARMS, pump.alarms.active.get());
    writeU32(reply, CONTENT_AT + STATUS_MINUTE, pump.hal.clock.minute());
    writeU32(reply, CONTENT_AT + STATUS_OFFSET, pump.hal.clock.offset());
    writeU32(reply, CONTENT_AT + STATUS_DIGEST, valid ? pump.program.digest.get() : 0);
    writeU32(reply, CONTENT_AT + STATUS_BOLUS_GIVEN, pump.therapy.bolus.given.get());
    writeU32(reply, CONTENT_AT + STATUS_BOLUS_TOTAL, pump.therapy.bolus.spread.pulses.get());
    writeU16(reply, CONTENT_AT + STATUS_REQUESTS, pump.usage.requests.get());
    writeU16(reply, CONTENT_AT + STATUS_GRANTED, pump.usage.granted.get());
    for (let i: i32 = 1; i < DENIALS; i = (i + 1) | 0) {
      writeU16(reply, (CONTENT_AT + STATUS_DENIED + ((i - 1) << 1)) | 0, pump.usage.denied.get(i));
    }
    writeU16(reply, CONTENT_AT + STATUS_REFUSED_FRAMES, pump.telemetry.refused.get());
    reply[CONTENT_AT + STATUS_LIFE] = pump.life.state.get() as u8;
    writeU16(reply, CONTENT_AT + STATUS_SELF_TEST, pump.selfTest.found.get());
    writeU32(reply, CONTENT_AT + STATUS_LOG, pump.log.sequence.get(LOG_EVENTS));
    writeU32(reply, CONTENT_AT + STATUS_FAULTS, pump.log.sequence.get(LOG_FAULTS));
    writeU32(reply, CONTENT_AT + STATUS_SUPERVISED, pump.therapy.supervisedLeft());
    writeU32(reply, CONTENT_AT + STATUS_TOTAL, valid ? pump.program.total.get() : 0);
    return STATUS_BYTES;
  }

  /** Writes the number of entries of a ring that follow, and the entries from sequence `from` on. */
  entries(ring: i32, from: i32, countAsRead: bool): i32 {
    const log: Log = this.pump.log;
    const reply: Uint8Array = this.pump.telemetry.reply;
    const oldest: i32 = log.oldest(ring);
    const first: i32 = from > oldest ? from : oldest;
    let count: i32 = 0;
    for (let i: i32 = 0; i < LOG_READ_MAX; i = (i + 1) | 0) {
      const sequence: i32 = (first + i) | 0;
      if (sequence < first || sequence > log.sequence.get(ring)) continue;
      if (countAsRead && log.markRead(ring, sequence)) this.pump.changes.mark(CHANGED_ORDERS);
      if (!log.load(ring, sequence)) continue;
      const at: i32 = (CONTENT_AT + 1 + ((count * LOG_ENTRY_BYTES) | 0)) | 0;
      for (let b: i32 = 0; b < LOG_ENTRY_BYTES; b = (b + 1) | 0) reply[at + b] = log.entry[b];
      count = (count + 1) | 0;
    }
    reply[CONTENT_AT] = count as u8;
    return (1 + ((count * LOG_ENTRY_BYTES) | 0)) | 0;
  }

  /** Writes a piece of the record in force, from `offset` on. */
  record(offset: i32): i32 {
    const reply: Uint8Array = this.pump.telemetry.reply;
    let count: i32 = 0;
    for (let i: i32 = 0; i < PROGRAM_PIECE_BYTES; i = (i + 1) | 0) {
      if (((offset + i) | 0) >= PROGRAM_BYTES) continue;
      reply[CONTENT_AT + i] = this.store.record[offset + i];
      count = (count + 1) | 0;
    }
    return count;
  }

  private flags(): i32 {
    const pump: Pump = this.pump;
    return (
      (pump.therapy.bolus.isActive() ? FLAG_BOLUS : 0) |
      (pump.motor.stalled.isSet() ? FLAG_STALLED : 0) |
      (pump.therapy.limited.isSet() ? FLAG_LIMITED : 0) |
      (pump.selfTest.running.isSet() ? FLAG_SELF_TEST : 0) |
      (pump.hal.link.headPresent() ? FLAG_HEAD : 0)
    );
  }
}
