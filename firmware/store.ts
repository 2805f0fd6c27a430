// The pump's memory over a reset (NVM-1, NVM-2), in four records of two slots. `time` and `ledger` change with time and the
// rotor (ledger.ts), `chart` with people and alarms (chart.ts), and `program` with a commit (stored-program.ts). The changes of
// a tick are written before its reply leaves, so an order that was acknowledged is kept.
//
// The encoder also counts while the controller does not run. So after a restart it says how many steps the ledger does not
// know, and the store enters them before anything else happens. Time that the controller did not watch does not count, so no
// window or lockout ends too early.
//
// Invariants:
// - Nothing is written to a memory of another build. After a memory fault only the mark of a halt and the marks of orders are
//   written.
// - No record but the ledger and that of time is written with each pulse or minute, for a cell wears out.

import { assert } from "../hal/assert";
import { NVM_BYTES } from "../hal/nvm";
import { RESET_BROWNOUT } from "../hal/reset";
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

/**
 * Changes after which the ledger is written: to one slot after steps and for a new cause of pulses, to both slots after
 * orders and changes of therapy.
 */
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
  /** The non-volatile memory belongs to this build, so it may be written. */
  own: Twin;
  /** A memory fault stopped the pump, perhaps before a restart, and no clinician has cleared it. */
  halted: Twin;
  /** Neither slot of the ledger was intact at boot, so it is not known where the motor stood. */
  lost: bool = false;
  /** The rotor made steps before boot that the pump's own pulses do not explain. */
  strayed: bool = false;
  /** A program was committed in this tick, and is still to be written. */
  committed: bool = false;
  /** The record of the program in force as it lies in the store. */
  record: Uint8Array;
  /** The header of this layout, or that of the memory while it is compared. */
  header: Uint8Array = new Uint8Array(HEADER_BYTES);
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

  /**
   * Restores the state of the pump, or begins a new store in an empty memory. Call it once, after the boot of motor and
   * clock.
   */
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
    this.pump.restarts.note(this.pump.clock.counter.get(), this.pump.hal.reset.cause() == RESET_BROWNOUT);
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

  /** True when the store can keep a change, so that a command may promise it. */
  canWrite(): bool {
    return this.own.isSet() && !this.pump.memory.faulty;
  }

  /** A program was committed, whose bytes are `record`. It is written at the end of the tick, when therapy has adopted it. */
  commit(record: Uint8Array): void {
    assert(record.length == PROGRAM_BYTES, "a record that is stored has its length");
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) this.record[i] = record[i];
    this.committed = true;
    this.ledger.noteTherapy();
  }

  /**
   * Writes a committed program in an order in which a power cut at any moment leaves either the old program, running or
   * stopped as it was, or the new one with its bridge. The ledger with the bridge comes first, under which the old
   * program runs as before, then the program, then the ledger that starts it. The chart, which says that the commit was
   * accepted, comes last, in `tick`.
   */
  private writeCommit(): void {
    this.ledger.write(true);
    this.storedProgram.write();
    this.committed = false;
    this.writeLedger(true);
  }

  /** SELF_TEST_ bits of the faults that the store finds: a foreign or lost memory, a damaged program, a damaged buffer. */
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

  /** Erases the mark of a halt, when a clinician has acknowledged the memory fault that made it. */
  clearHalt(): void {
    this.pump.hal.nvm.write(HALT_AT, 0);
    this.pump.hal.nvm.write(HALT_AT + 1, 0);
    this.halted.setFlag(false);
  }

  /**
   * After a memory fault, marks that the pump stays stopped over resets, and marks the order of this tick for the next
   * start.
   */
  private halt(): void {
    if (!this.own.isSet()) return;
    this.faultOrders.write();
    if (this.pump.hal.nvm.read(HALT_AT) == HALTED) return;
    this.pump.hal.nvm.write(HALT_AT, HALTED);
    this.pump.hal.nvm.write(HALT_AT + 1, HALTED);
  }

  /** True when the header is that of this layout. An empty memory gets the header first. */
  private claim(): bool {
    const bytes: Uint8Array = this.header;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0)
      bytes[i] = this.pump.hal.nvm.read((HEADER_AT + i) | 0) as u8;
    const written: bool =
      readU32(bytes, 0) == LAYOUT_MAGIC && readU16(bytes, HEADER_CRC) == crc16(bytes, 0, HEADER_CRC);
    if (written) return readU16(bytes, HEADER_VERSION) == LAYOUT_VERSION;
    writeU32(bytes, 0, LAYOUT_MAGIC);
    writeU16(bytes, HEADER_VERSION, LAYOUT_VERSION);
    writeU16(bytes, HEADER_CRC, crc16(bytes, 0, HEADER_CRC));
    if (!this.isBlank(bytes)) return false;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0) {
      const byte: i32 = bytes[i];
      this.pump.hal.nvm.write((HEADER_AT + i) | 0, byte);
    }
    return true;
  }

  /**
   * True when nothing was written yet, or when a power cut interrupted the first write, so that there is only a part of
   * `header`.
   */
  private isBlank(header: Uint8Array): bool {
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
    this.ledger.noteTherapy();
    this.ledger.write(both);
  }

  /** Boots without a ledger: nothing is known of time, volume or doses, and the pump does not run. */
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
      // The ledger may be older than the moment at which the step's pulse fell due. That pulse must not fall due again.
      const last: i32 = therapy.cause.get();
      if (last == CAUSE_BASAL || last == CAUSE_BRIDGE) therapy.basal.countUnknown(steps);
      if (last == CAUSE_BRIDGE) therapy.giveBridge(steps);
    }
    const cause: i32 = therapy.bolus.cause.get();
    if (cause != CAUSE_NONE) {
      const mine: i32 = steps > 0 && therapy.cause.get() == cause ? steps : 0;
      therapy.bolus.abandon(cause, (therapy.bolus.given.get() + mine) | 0);
    }
    therapy.basal.updateAsked();
  }
}
