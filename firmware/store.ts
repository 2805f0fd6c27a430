// The pump's memory over a reset (NVM-1, NVM-2), in four records of two slots. `time` and `ledger` change with time and the
// rotor (ledger.ts), `chart` with people and alarms (chart.ts), and `program` with a commit (stored-program.ts). The changes of a
// tick are written before its reply leaves, so an order that was acknowledged is kept.
//
// After a restart the encoder, which counts for itself, says how many steps the ledger does not know. They are entered before
// anything else happens. Time that the controller did not watch does not count, so no window or lockout is emptier than the
// truth.
//
// Invariants:
// - Nothing is written to a memory of another build, nor after a memory fault but the mark of a halt and the marks of orders.
// - No record but the ledger and that of time is written with each pulse or minute, for a cell wears out.

import { assert } from "../hal/assert";
import { NVM_BYTES } from "../hal/nvm";
import { PROGRAM_BYTES } from "../hal/telemetry";
import { CAUSE_BASAL, CAUSE_BRIDGE, CAUSE_NONE, EVENT_STORE_REPAIRED } from "../hal/trace";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import {
  CHANGED_ALARMS,
  CHANGED_CAUSE,
  CHANGED_LIFE,
  CHANGED_MINUTE,
  CHANGED_ORDERS,
  CHANGED_ROTOR,
  CHANGED_SESSION,
  CHANGED_THERAPY,
  Changes,
} from "./changes";
import { Chart } from "./chart";
import { crc16 } from "./crc";
import { FaultOrders } from "./fault-orders";
import {
  HALT_AT,
  HEADER_AT,
  HEADER_BYTES,
  HEADER_CRC,
  HEADER_VERSION,
  LAYOUT_MAGIC,
  LAYOUT_VERSION,
  RECORD_LEDGER,
} from "./layout";
import { Ledger } from "./ledger";
import { Pump } from "./pump";
import { Records } from "./records";
import { SELF_TEST_MEMORY, SELF_TEST_PROGRAM, SELF_TEST_STORE } from "./self-test";
import { StoredProgram } from "./stored-program";
import { Therapy } from "./therapy";
import { MemoryLatch, Twin } from "./twin";

/** Changes after which the ledger is written at once: steps and the cause of the next one, and orders. */
const MOVED: i32 = CHANGED_ROTOR | CHANGED_CAUSE;
const ORDERED: i32 = CHANGED_ORDERS | CHANGED_THERAPY;
/** Changes after which the chart is written. */
const CHARTED: i32 = CHANGED_ORDERS | CHANGED_SESSION | CHANGED_ALARMS | CHANGED_LIFE;
const HALTED: i32 = 0xa5;
/** More steps than this since the ledger was written cannot be the pump's own. */
const UNKNOWN_STEPS_MAX: i32 = 2;

assert(HALTED > 0 && HALTED <= 0xff, "the mark of a halt is a byte, and not that of an empty memory");
assert((CHARTED & (MOVED | CHANGED_MINUTE)) == 0, "the chart is not worn by each pulse or minute");

export class Store {
  pump: Pump;
  records: Records;
  ledger: Ledger;
  chart: Chart;
  /** The non-volatile memory is of this build: it may be written. */
  own: Twin;
  /** A memory fault stopped the pump, perhaps before a restart, and no clinician has cleared it. */
  halted: Twin;
  /** The ledger was lost: where the motor stood is not known. */
  lost: bool = false;
  /** Steps before boot that no ledger knows and no pulse explains. */
  strayed: bool = false;
  /** A program was committed in this tick, and is still to be written. */
  committed: bool = false;
  /** The record of the program in force as it lies in the store. */
  record: Uint8Array;
  storedProgram: StoredProgram;
  faultOrders: FaultOrders;

  constructor(pump: Pump) {
    const memory: MemoryLatch = pump.memory;
    const records: Records = new Records(pump.hal, memory);
    const record: Uint8Array = new Uint8Array(PROGRAM_BYTES);
    this.pump = pump;
    this.records = records;
    this.record = record;
    this.ledger = new Ledger(pump, records);
    this.chart = new Chart(pump, records);
    this.storedProgram = new StoredProgram(pump, records, record);
    this.faultOrders = new FaultOrders(pump.hal, pump.session, pump.usage);
    this.halted = new Twin(memory, 0);
    this.own = new Twin(memory, 0);
  }

  /** Restores everything, or finds that there is nothing yet. Call once, when all parts have their boot behind them. */
  boot(): void {
    this.lost = false;
    this.strayed = false;
    this.own.setFlag(this.claim());
    this.pump.log.mute.setFlag(!this.own.isSet());
    this.pump.limiter.ring.mute.setFlag(!this.own.isSet());
    if (!this.own.isSet()) {
      this.pump.limiter.ring.known.set(0);
      return;
    }
    if (!this.chart.load()) {
      this.bootNew();
      return;
    }
    this.pump.restarts.note(this.pump.clock.counter.get());
    if (this.faultOrders.load()) {
      this.chart.write();
      this.faultOrders.clear();
    }
    if (!this.ledger.load()) this.loseLedger();
    this.pump.log.catchUp();
    if (this.storedProgram.load()) {
      this.pump.limiter.adopt();
      this.pump.limiter.setReserves();
    }
    if (!this.lost) this.ledger.restoreBasal();
    this.enterUnknownSteps();
    this.halted.setFlag(this.pump.hal.nvm.read(HALT_AT) == HALTED || this.pump.hal.nvm.read(HALT_AT + 1) == HALTED);
    if (this.halted.isSet()) this.pump.therapy.running.setFlag(false);
    if (!this.pump.program.valid.isSet()) this.pump.therapy.running.setFlag(false);
    this.writeLedger(true);
    // The restart is counted before anything can restart the controller again.
    this.chart.write();
  }

  /** Writes what this tick changed. */
  tick(): void {
    const changes: Changes = this.pump.changes;
    if (this.pump.memory.faulty) {
      this.halt();
      return;
    }
    if (!this.own.isSet()) return;
    if (this.committed) this.writeCommit();
    else if (changes.has(ORDERED | MOVED)) this.writeLedger(changes.has(ORDERED));
    if (changes.has(CHARTED)) this.chart.write();
    if (changes.has(CHANGED_MINUTE)) this.ledger.writeTime();
  }

  /** True when the store can keep what is promised now. */
  canWrite(): bool {
    return this.own.isSet() && !this.pump.memory.faulty;
  }

  /** A program was committed, whose bytes are `record`. It is written at the end of the tick, when therapy has adopted it. */
  commit(record: Uint8Array): void {
    assert(record.length == PROGRAM_BYTES, "a record that is stored has its length");
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) this.record[i] = record[i];
    this.committed = true;
    this.ledger.noteProgram();
  }

  /**
   * In an order in which a power cut anywhere leaves the old program as it ran or stood, or the new one with its bridge: the
   * bridge first, under which the old program runs as before; the program; what starts it. The chart, which says that it was
   * accepted, comes last.
   */
  private writeCommit(): void {
    this.ledger.write(true);
    this.storedProgram.write();
    this.committed = false;
    this.writeLedger(true);
  }

  /** SELF_TEST_ bits of the faults that this part finds in itself: the memory's owner, the stored program, the buffer. */
  selfTest(): i32 {
    let found: i32 = 0;
    if (!this.own.isSet() || this.lost) found = found | SELF_TEST_STORE;
    if (!this.repairProgram()) found = found | SELF_TEST_PROGRAM;
    if (this.pump.memory.faulty || !this.records.testBuffer()) found = found | SELF_TEST_MEMORY;
    return found;
  }

  /** Makes both copies of the program in force alike. False when there should be one and neither copy is intact. */
  private repairProgram(): bool {
    return !this.pump.program.valid.isSet() || this.storedProgram.repair();
  }

  /** A clinician has seen the memory fault: after the restart that follows, or when it is over, nothing halts any more. */
  clearHalt(): void {
    this.pump.hal.nvm.write(HALT_AT, 0);
    this.pump.hal.nvm.write(HALT_AT + 1, 0);
    this.halted.setFlag(false);
  }

  /** A memory fault: the pump halts over resets, and the order of this tick is known to the next start. */
  private halt(): void {
    if (!this.own.isSet()) return;
    this.faultOrders.write();
    if (this.pump.hal.nvm.read(HALT_AT) == HALTED) return;
    this.pump.hal.nvm.write(HALT_AT, HALTED);
    this.pump.hal.nvm.write(HALT_AT + 1, HALTED);
  }

  /** True when the header is this layout's; a memory that was never written gets it first. */
  private claim(): bool {
    const bytes: Uint8Array = this.records.buffer;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0)
      bytes[i] = this.pump.hal.nvm.read((HEADER_AT + i) | 0) as u8;
    const written: bool =
      readU32(bytes, 0) == LAYOUT_MAGIC && readU16(bytes, HEADER_CRC) == crc16(bytes, 0, HEADER_CRC);
    if (written) return readU16(bytes, HEADER_VERSION) == LAYOUT_VERSION;
    writeU32(bytes, 0, LAYOUT_MAGIC);
    writeU16(bytes, HEADER_VERSION, LAYOUT_VERSION);
    writeU16(bytes, HEADER_CRC, crc16(bytes, 0, HEADER_CRC));
    if (!this.isVirgin(bytes)) return false;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0) {
      const byte: i32 = bytes[i];
      this.pump.hal.nvm.write((HEADER_AT + i) | 0, byte);
    }
    return true;
  }

  /** Nothing was written yet, or a power cut fell into the very first write: a beginning of `header`, nothing behind it. */
  private isVirgin(header: Uint8Array): bool {
    let ended: bool = false;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0) {
      const byte: i32 = this.pump.hal.nvm.read((HEADER_AT + i) | 0);
      const whole: i32 = header[i];
      // Some bits of the byte in which the power failed were still 0.
      if ((byte & ~whole) != 0 || (ended && byte != 0)) return false;
      if (byte != whole) ended = true;
    }
    for (let at: i32 = HEADER_AT + HEADER_BYTES; at < NVM_BYTES; at = (at + 1) | 0) {
      if (this.pump.hal.nvm.read(at) != 0) return false;
    }
    return true;
  }

  private bootNew(): void {
    this.pump.limiter.ring.bootFresh();
    this.writeLedger(true);
    this.chart.write();
  }

  private writeLedger(both: bool): void {
    this.ledger.noteProgram();
    this.ledger.write(both);
  }

  /** Neither slot of the ledger is intact: nothing is known of time, volume or doses, and the pump does not run. */
  private loseLedger(): void {
    this.lost = true;
    this.pump.limiter.ring.bootLost();
    this.pump.motor.motion.set(this.pump.hal.motor.motion() | 0);
    this.pump.log.event(EVENT_STORE_REPAIRED, RECORD_LEDGER, 0, 0);
  }

  /** Enters the steps that the rotor made after the ledger was last written, and the bolus that the restart ended. */
  private enterUnknownSteps(): void {
    const therapy: Therapy = this.pump.therapy;
    const steps: i32 = ((this.pump.hal.motor.motion() | 0) - this.pump.motor.motion.get()) | 0;
    this.pump.motor.motion.set(this.pump.hal.motor.motion() | 0);
    this.pump.motor.inFlight.setFlag(false);
    this.strayed = steps < 0 || steps > UNKNOWN_STEPS_MAX;
    if (steps > 0) {
      this.pump.limiter.ring.countSteps(steps);
      this.pump.reservoir.credit(steps);
      // The ledger is older than the step, so perhaps than the moment at which it fell due: it is not to fall due again.
      const last: i32 = therapy.cause.get();
      if (last == CAUSE_BASAL || last == CAUSE_BRIDGE) therapy.basal.countUnknown(steps);
      if (last == CAUSE_BRIDGE) therapy.giveBridge(steps);
    }
    const cause: i32 = therapy.bolus.cause.get();
    if (cause != CAUSE_NONE) {
      const mine: i32 = steps > 0 && therapy.cause.get() == cause ? steps : 0;
      therapy.bolus.abandon(cause, (therapy.bolus.given.get() + mine) | 0);
    }
    therapy.basal.schedule();
  }
}
