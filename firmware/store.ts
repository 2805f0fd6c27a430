// What the pump remembers (NVM-1, NVM-2), in four records of two slots. `time` is written each minute and `ledger` with each
// step of the rotor: what was delivered, what is left, where the windows' ring stands. `chart` holds what people and alarms
// change, `program` the program. A tick's changes are written before its reply leaves, so what was acknowledged is kept.
//
// After a restart the encoder, which counts for itself, says how many steps the ledger does not know; they are entered
// before anything else happens. Time that nobody watched does not count, so no window or lockout is emptier than the truth.

import { NVM_BYTES } from "../hal/nvm";
import {
  CAP_PER_24H_MAX,
  LIFE_EXPLANTED,
  LIFE_SHELF,
  LOG_EVENTS,
  LOG_FAULTS,
  OUTCOME_ACCEPTED,
  PAIRINGS,
  PROGRAM_BYTES,
  PROGRAM_LIMITS_MAX,
} from "../hal/telemetry";
import { CAUSE_BRIDGE, CAUSE_NONE, EVENT_STORE_REPAIRED } from "../hal/trace";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import { crc16 } from "./crc";
import {
  HALT_AT,
  HEADER_AT,
  HEADER_BYTES,
  LAYOUT_MAGIC,
  LAYOUT_VERSION,
  RECORD_CHART,
  RECORD_LEDGER,
  RECORD_PROGRAM,
  RECORD_TIME,
} from "./layout";
import { Life } from "./life";
import { Pump } from "./pump";
import { checkRecord } from "./record-check";
import { Records } from "./records";
import { Therapy } from "./therapy";
import { MemoryLatch, Twin } from "./twin";
import { DENIALS, Usage } from "./usage";

const TIME_BYTES: i32 = 18;
const LEDGER_BYTES: i32 = 95;
const CHART_BYTES: i32 = 509;
const STORED_PROGRAM_BYTES: i32 = PROGRAM_BYTES + 20;
const HALTED: i32 = 0xa5;
/** More steps than this since the ledger was written cannot be the pump's own. */
const UNKNOWN_STEPS_MAX: i32 = 2;

const FLAG_RUNNING: i32 = 1;
const FLAG_HAS_RUN: i32 = 2;
const FLAG_LIMITED: i32 = 4;
const FLAG_GUARD_DUE: i32 = 8;

export class Store {
  pump: Pump;
  records: Records;
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
  /** What the ledger said of the program before it. */
  flagsBefore: i32 = 0;
  nextDoseBefore: i32 = 0;
  /** The record of the program in force as it lies in the store. */
  record: Uint8Array = new Uint8Array(PROGRAM_BYTES);

  constructor(pump: Pump) {
    const memory: MemoryLatch = pump.memory;
    this.pump = pump;
    this.records = new Records(pump.hal, memory);
    this.halted = new Twin(memory, 0);
    this.own = new Twin(memory, 0);
  }

  /** Restores everything, or finds that there is nothing yet. Call once, when all parts have their boot behind them. */
  boot(): void {
    this.lost = false;
    this.strayed = false;
    this.own.put(this.isOwn());
    this.pump.log.mute.put(!this.own.is());
    this.pump.limiter.mute.put(!this.own.is());
    if (!this.own.is()) {
      this.pump.limiter.known.set(0);
      return;
    }
    if (!this.records.load(RECORD_CHART, CHART_BYTES)) {
      this.bootNew();
      return;
    }
    this.records.mend(RECORD_CHART, CHART_BYTES);
    this.takeChart();
    this.takeLedger();
    this.pump.log.catchUp();
    this.takeProgram();
    this.enterUnknownSteps();
    this.halted.put(this.pump.hal.nvm.read(HALT_AT) == HALTED || this.pump.hal.nvm.read(HALT_AT + 1) == HALTED);
    if (this.halted.is()) this.pump.therapy.running.put(false);
    if (!this.pump.program.valid.is()) this.pump.therapy.running.put(false);
    this.writeLedger(true);
  }

  /** Writes what changed in this tick: `moved`, the rotor alone, or what was ordered too. */
  tick(moved: bool, ordered: bool, chart: bool): void {
    if (this.pump.memory.faulty) {
      this.halt();
      return;
    }
    if (!this.own.is()) return;
    if (this.committed) this.writeCommit();
    else if (moved || ordered) this.writeLedger(ordered);
    if (chart) this.writeChart();
    if (this.pump.clock.minuteEdge) this.writeTime();
  }

  /** What is promised now will be remembered. */
  keeps(): bool {
    return this.own.is() && !this.pump.memory.faulty;
  }

  /** A program was committed, unpacked from `record`, and therapy has not adopted it yet: written at the end of the tick. */
  commit(record: Uint8Array): void {
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) this.record[i] = record[i];
    this.committed = true;
    this.flagsBefore = this.flags();
    this.nextDoseBefore = this.pump.therapy.nextDose.get();
  }

  /**
   * In an order in which a power cut anywhere leaves the old program as it ran or stood, or the new one with its bridge: the
   * bridge first, under which the old program runs as before; the program; what starts it. The chart, which says that it was
   * accepted, comes last.
   */
  private writeCommit(): void {
    this.putLedger(this.flagsBefore, this.nextDoseBefore);
    this.records.write(RECORD_LEDGER, true);
    this.writeProgram();
    this.writeLedger(true);
  }

  /** Writes the program in force, with the limits that it was given at its commit. */
  private writeProgram(): void {
    this.committed = false;
    this.records.begin();
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) {
      const byte: i32 = this.record[i];
      this.records.put8(byte);
    }
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0)
      this.records.put32(this.pump.program.limitPulses.get(i));
    this.records.put32(this.pump.program.lastTotal.get());
    this.records.write(RECORD_PROGRAM, true);
  }

  /** True when the store's program is intact, or there should be none; a copy of it that is spoilt is written anew. */
  checkProgram(): bool {
    return !this.pump.program.valid.is() || this.recall(RECORD_PROGRAM, STORED_PROGRAM_BYTES);
  }

  /** A clinician has seen the memory fault: after the restart that follows, or when it is over, nothing halts any more. */
  clearHalt(): void {
    this.pump.hal.nvm.write(HALT_AT, 0);
    this.pump.hal.nvm.write(HALT_AT + 1, 0);
    this.halted.put(false);
  }

  private halt(): void {
    if (!this.own.is() || this.pump.hal.nvm.read(HALT_AT) == HALTED) return;
    this.pump.hal.nvm.write(HALT_AT, HALTED);
    this.pump.hal.nvm.write(HALT_AT + 1, HALTED);
  }

  /** The header is this layout's; a memory that was never written gets it. */
  private isOwn(): bool {
    const bytes: Uint8Array = this.records.buffer;
    for (let i: i32 = 0; i < HEADER_BYTES; i = (i + 1) | 0)
      bytes[i] = this.pump.hal.nvm.read((HEADER_AT + i) | 0) as u8;
    const written: bool = readU32(bytes, 0) == LAYOUT_MAGIC && readU16(bytes, 6) == crc16(bytes, 0, 6);
    if (written) return readU16(bytes, 4) == LAYOUT_VERSION;
    writeU32(bytes, 0, LAYOUT_MAGIC);
    writeU16(bytes, 4, LAYOUT_VERSION);
    writeU16(bytes, 6, crc16(bytes, 0, 6));
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
    this.pump.limiter.bootFresh();
    this.writeLedger(true);
    this.writeChart();
  }

  private putTime(): void {
    this.records.put32(this.pump.clock.now.get());
    this.records.put32(this.pump.clock.minute.get());
    this.records.put16(this.pump.clock.tickOfMinute.get());
    this.records.put32(this.pump.limiter.head.get());
    this.records.put16(this.pump.limiter.bucketTicks.get());
    this.records.put16(this.pump.therapy.stillMinutes.get());
  }

  private writeTime(): void {
    this.records.begin();
    this.putTime();
    this.records.write(RECORD_TIME, false);
  }

  private writeLedger(both: bool): void {
    this.putLedger(this.flags(), this.pump.therapy.nextDose.get());
    this.records.write(RECORD_LEDGER, both);
  }

  private flags(): i32 {
    const therapy: Therapy = this.pump.therapy;
    return (
      (therapy.running.is() ? FLAG_RUNNING : 0) |
      (therapy.hasRun.is() ? FLAG_HAS_RUN : 0) |
      (therapy.limited.is() ? FLAG_LIMITED : 0) |
      (therapy.guardDue.is() ? FLAG_GUARD_DUE : 0)
    );
  }

  private putLedger(flags: i32, nextDose: i32): void {
    const therapy: Therapy = this.pump.therapy;
    const records: Records = this.records;
    records.begin();
    this.putTime();
    records.put8(this.pump.limiter.headCount.get());
    records.put32(this.pump.limiter.known.get());
    records.put32(this.pump.motor.motion.get());
    records.put8(this.pump.motor.inFlight.is() ? 1 : 0);
    records.put32(this.pump.motor.pulsesTotal.get());
    records.put32(this.pump.motor.missedTotal.get());
    records.put32(this.pump.reservoir.estimate.get());
    records.put32(this.pump.reservoir.filled.get());
    records.put32(therapy.accumulator.get());
    records.put8(flags);
    records.put8(therapy.bolus.cause.get());
    records.put32(therapy.bolus.given.get());
    records.put8(therapy.cause.get());
    records.put32(therapy.bridgeLeft.get());
    records.put32(therapy.bridgePulses.get());
    records.put32(therapy.bridgeFrom.get());
    records.put32(therapy.bridgeRate.get());
    records.put32(this.pump.limiter.allowance.get());
    records.put32(this.pump.limiter.clockRoom.get());
    records.put32(therapy.allowanceUntil.get());
    records.put32(nextDose);
    records.put32(this.pump.log.sequence.get(LOG_EVENTS));
    records.put32(this.pump.log.sequence.get(LOG_FAULTS));
  }

  private takeLedger(): void {
    const therapy: Therapy = this.pump.therapy;
    const records: Records = this.records;
    if (!records.load(RECORD_LEDGER, LEDGER_BYTES)) {
      this.lose();
      return;
    }
    // Before it is written anew: a second power cut must not find the only good slot half written.
    records.mend(RECORD_LEDGER, LEDGER_BYTES);
    this.pump.clock.now.set(records.take32());
    this.pump.clock.minute.set(records.take32());
    this.pump.clock.tickOfMinute.set(records.take16());
    const head: i32 = records.take32();
    const bucketTicks: i32 = records.take16();
    therapy.stillMinutes.set(records.take16());
    const headCount: i32 = records.take8();
    const known: i32 = records.take32();
    this.pump.motor.motion.set(records.take32());
    this.pump.motor.inFlight.put(records.take8() != 0);
    this.pump.motor.pulsesTotal.set(records.take32());
    this.pump.motor.missedTotal.set(records.take32());
    this.pump.reservoir.estimate.set(records.take32());
    this.pump.reservoir.filled.set(records.take32());
    therapy.accumulator.set(records.take32());
    const flags: i32 = records.take8();
    therapy.running.put((flags & FLAG_RUNNING) != 0);
    therapy.hasRun.put((flags & FLAG_HAS_RUN) != 0);
    therapy.limited.put((flags & FLAG_LIMITED) != 0);
    therapy.guardDue.put((flags & FLAG_GUARD_DUE) != 0);
    therapy.bolus.cause.set(records.take8());
    therapy.bolus.given.set(records.take32());
    therapy.cause.set(records.take8());
    therapy.bridgeLeft.set(records.take32());
    therapy.bridgePulses.set(records.take32());
    therapy.bridgeFrom.set(records.take32());
    therapy.bridgeRate.set(records.take32());
    this.pump.limiter.allowance.set(records.take32());
    this.pump.limiter.clockRoom.set(records.take32());
    therapy.allowanceUntil.set(records.take32());
    therapy.nextDose.set(records.take32());
    this.pump.log.sequence.set(LOG_EVENTS, records.take32());
    this.pump.log.sequence.set(LOG_FAULTS, records.take32());
    this.takeTime(head, bucketTicks, headCount, known);
  }

  /** The later of ledger and time says how far the watched time has come. */
  private takeTime(head: i32, bucketTicks: i32, headCount: i32, known: i32): void {
    let later: bool = false;
    if (this.records.load(RECORD_TIME, TIME_BYTES)) {
      const now: i32 = this.records.take32();
      const minute: i32 = this.records.take32();
      // By minutes: ticks wrap, and a pump may have stood still since the ledger was written.
      later = ((minute - this.pump.clock.minute.get()) | 0) > 0;
      if (later) {
        this.pump.clock.now.set(now);
        this.pump.clock.minute.set(minute);
        this.pump.clock.tickOfMinute.set(this.records.take16());
        const newHead: i32 = this.records.take32();
        const newTicks: i32 = this.records.take16();
        this.pump.therapy.stillMinutes.set(this.records.take16());
        this.pump.limiter.bootAt(newHead, newTicks, newHead == head ? headCount : 0, known);
      }
    }
    if (!later) this.pump.limiter.bootAt(head, bucketTicks, headCount, known);
  }

  /** Neither slot of the ledger is intact: nothing is known of time, volume or doses, and the pump does not run. */
  private lose(): void {
    this.lost = true;
    this.pump.limiter.bootLost();
    this.pump.motor.motion.set(this.pump.hal.motor.motion() | 0);
    this.pump.log.event(EVENT_STORE_REPAIRED, RECORD_LEDGER, 0, 0);
  }

  private writeChart(): void {
    const records: Records = this.records;
    const life: Life = this.pump.life;
    const usage: Usage = this.pump.usage;
    const therapy: Therapy = this.pump.therapy;
    records.begin();
    records.put8(life.state.get());
    records.put16(life.catheter_mm.get());
    records.put32(life.catheter_nl.get());
    records.put32(life.implantMinute.get());
    records.put8(life.hasRun.is() ? 1 : 0);
    records.put32(life.firstRunMinute.get());
    records.put32(life.refillMinute.get());
    records.put8((life.eriFound.is() ? 1 : 0) | (life.eosFound.is() ? 2 : 0));
    records.put32(life.eriMinute.get());
    records.put32(this.pump.alarms.active.get());
    for (let i: i32 = 0; i < PAIRINGS; i = (i + 1) | 0) {
      records.put8(usage.lastKind.get(i));
      records.put16(usage.lastSequence.get(i));
      records.put16(usage.lastCrc.get(i));
      records.put8(usage.lastOutcome.get(i));
    }
    records.put16(usage.requests.get());
    records.put16(usage.granted.get());
    for (let i: i32 = 0; i < DENIALS; i = (i + 1) | 0) records.put16(usage.denied.get(i));
    records.put32(this.pump.log.read.get(LOG_EVENTS));
    records.put32(this.pump.log.read.get(LOG_FAULTS));
    records.put8(therapy.hasStarted.is() ? 1 : 0);
    records.put32(therapy.lastStart.get());
    records.put8(therapy.startsCount.get());
    records.put8(therapy.startsHead.get());
    for (let i: i32 = 0; i < CAP_PER_24H_MAX; i = (i + 1) | 0) records.put32(therapy.starts.get(i));
    records.put32(therapy.armedPulses.get());
    records.put32(therapy.armedFrom.get());
    records.put32(therapy.armedUntil.get());
    records.put32(life.bornWall.get());
    records.put32(this.pump.session.issued.get());
    records.put8(this.pump.session.turns.get());
    records.write(RECORD_CHART, true);
  }

  private takeChart(): void {
    const records: Records = this.records;
    const life: Life = this.pump.life;
    const usage: Usage = this.pump.usage;
    const therapy: Therapy = this.pump.therapy;
    const state: i32 = records.take8();
    life.state.set(state <= LIFE_EXPLANTED ? state : LIFE_SHELF);
    life.catheter_mm.set(records.take16());
    life.catheter_nl.set(records.take32());
    life.implantMinute.set(records.take32());
    life.hasRun.put(records.take8() != 0);
    life.firstRunMinute.set(records.take32());
    life.refillMinute.set(records.take32());
    const ends: i32 = records.take8();
    life.eriFound.put((ends & 1) != 0);
    life.eosFound.put((ends & 2) != 0);
    life.eriMinute.set(records.take32());
    this.pump.alarms.restore(records.take32());
    for (let i: i32 = 0; i < PAIRINGS; i = (i + 1) | 0) {
      const kind: i32 = records.take8();
      const sequence: i32 = records.take16();
      const crc: i32 = records.take16();
      usage.carriedOut(i, kind, sequence, crc, records.take8());
    }
    usage.requests.set(records.take16());
    usage.granted.set(records.take16());
    for (let i: i32 = 0; i < DENIALS; i = (i + 1) | 0) usage.denied.set(i, records.take16());
    this.pump.log.read.set(LOG_EVENTS, records.take32());
    this.pump.log.read.set(LOG_FAULTS, records.take32());
    therapy.hasStarted.put(records.take8() != 0);
    therapy.lastStart.set(records.take32());
    therapy.startsCount.set(records.take8());
    therapy.startsHead.set(records.take8());
    for (let i: i32 = 0; i < CAP_PER_24H_MAX; i = (i + 1) | 0) therapy.starts.set(i, records.take32());
    therapy.armedPulses.set(records.take32());
    therapy.armedFrom.set(records.take32());
    therapy.armedUntil.set(records.take32());
    life.bornWall.set(records.take32());
    this.pump.session.issued.set(records.take32());
    this.pump.session.turns.set(records.take8());
  }

  /** Loads a record of which both slots are to be alike, and makes them so. False when neither is intact. */
  private recall(record: i32, length: i32): bool {
    if (!this.records.load(record, length)) return false;
    if (this.records.mend(record, length)) this.pump.log.event(EVENT_STORE_REPAIRED, record, 0, 0);
    return true;
  }

  private takeProgram(): void {
    if (!this.recall(RECORD_PROGRAM, STORED_PROGRAM_BYTES)) return;
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) this.record[i] = this.records.take8() as u8;
    if (checkRecord(this.record) != OUTCOME_ACCEPTED) return;
    this.pump.program.adopt(this.record);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      this.pump.program.limitPulses.set(i, this.records.take32());
    }
    this.pump.program.lastTotal.set(this.records.take32());
    this.pump.limiter.adopt();
    this.pump.limiter.setReserves();
  }

  /** What the rotor did after the ledger was last written, and the bolus that the restart ended. */
  private enterUnknownSteps(): void {
    const therapy: Therapy = this.pump.therapy;
    const steps: i32 = ((this.pump.hal.motor.motion() | 0) - this.pump.motor.motion.get()) | 0;
    this.pump.motor.motion.set(this.pump.hal.motor.motion() | 0);
    this.pump.motor.inFlight.put(false);
    this.strayed = steps < 0 || steps > UNKNOWN_STEPS_MAX;
    if (steps > 0) {
      this.pump.limiter.record(steps);
      this.pump.reservoir.credit(steps);
      // The ledger is older than the step, so perhaps than the moment at which it fell due: it is not to fall due again.
      therapy.accumulator.set(0);
      if (therapy.cause.get() == CAUSE_BRIDGE) therapy.crossed(steps);
    }
    const cause: i32 = therapy.bolus.cause.get();
    if (cause != CAUSE_NONE) {
      const mine: i32 = steps > 0 && therapy.cause.get() == cause ? steps : 0;
      therapy.bolus.abandon(cause, (therapy.bolus.given.get() + mine) | 0);
    }
    therapy.schedule();
  }
}
