// The command table: everything that anyone can ask of the pump. A command of a known kind and the right length, from a role
// that may give it, is carried out once; the same again is acknowledged with the first outcome and not carried out (LNK-3).
// What a clinician orders needs the programming head in place. Each command's outcome is a code; what it changes, it changes in
// the part that owns it; a refusal changes nothing and leaves one entry in the log.

import { ALARM_DOSE_GUARD, ALARM_MEMORY_FAULT, ALARM_PROGRAM_INVALID } from "../hal/alarms";
import { CONCENTRATION_MAX } from "../hal/drug-library";
import { Hal } from "../hal/hal";
import {
  ACKNOWLEDGE_BYTES,
  BOLUS_SECONDS_MAX,
  BRIDGE_BYTES,
  CLINICIAN_BOLUS_BYTES,
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  COMMIT_BYTES,
  CONFIRM_GEOMETRY,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  FLAG_BOLUS,
  FLAG_HEAD,
  FLAG_LIMITED,
  FLAG_SELF_TEST,
  FLAG_STALLED,
  IMPLANT_BYTES,
  IMPLANT_PURGED,
  LOG_ENTRY_BYTES,
  LOG_EVENTS,
  LOG_FAULTS,
  LOG_READ_MAX,
  OUTCOME_ACCEPTED,
  OUTCOME_ALARM,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_BUSY,
  OUTCOME_DIGEST,
  OUTCOME_DISCREPANCY,
  OUTCOME_HARD_LIMIT,
  OUTCOME_LIFE,
  OUTCOME_LOG_UNREAD,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_TOTAL_DOUBLED,
  PRIME_BYTES,
  PRIME_PULSES_MAX,
  PROGRAM_BYTES,
  PROGRAM_DRUGS_MAX,
  PROGRAM_PIECE_BYTES,
  READ_LOG_BYTES,
  READ_PROGRAM_BYTES,
  REASONS,
  REASON_NONE,
  REFILL_BYTES,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
  SEALED_HEADER_BYTES,
  SET_CLOCK_BYTES,
  STAGE_OFFSET_BYTES,
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
  TEXT_HEADER_BYTES,
} from "../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_BOLUS_DENIED,
  EVENT_CLOCK_SET,
  EVENT_COMMAND_REFUSED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_PROGRAM_REFUSED,
  EVENT_REFILLED,
  EVENT_REFILL_DISCREPANCY,
} from "../hal/trace";
import { TICKS_PER_SECOND } from "../hal/units";
import { Alarms } from "./alarms";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import { Clock } from "./clock";
import { crc32 } from "./crc";
import { Draft } from "./draft";
import { Life, PURGE_PULSES } from "./life";
import { Limiter } from "./limiter";
import { Log } from "./log";
import { Motor } from "./motor";
import { Program } from "./program";
import { Pump } from "./pump";
import { checkRecord } from "./record-check";
import { Reservoir } from "./reservoir";
import { SelfTest } from "./self-test";
import { Session } from "./session";
import { Store } from "./store";
import { Telemetry } from "./telemetry";
import { Therapy } from "./therapy";
import { MemoryLatch, Twin } from "./twin";
import { DENIALS, Usage } from "./usage";

const PAYLOAD: i32 = SEALED_HEADER_BYTES + TEXT_HEADER_BYTES;
/** Where a reply's content begins, after its outcome byte. */
const ANSWER: i32 = PAYLOAD + 1;
const NOT_A_COMMAND: i32 = -1;
/** Length of a payload that has no fixed one: an offset and at least one byte. */
const PIECE_LENGTH: i32 = -2;
/** What a commit can confirm. */
const CONFIRM_COMMIT: i32 = CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE;
/** Two thousand years on. */
const WALL_MINUTE_MAX: i32 = 0x3fffffff;

export class Commands {
  hal: Hal;
  log: Log;
  memory: MemoryLatch;
  session: Session;
  telemetry: Telemetry;
  clock: Clock;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  program: Program;
  draft: Draft;
  therapy: Therapy;
  selfTest: SelfTest;
  life: Life;
  usage: Usage;
  store: Store;
  /** 24-hour total, in pulses, that was in force before the last commit; of a stopped pump, before it was stopped. */
  totalBefore: Twin;
  /** A clinician has seen a memory fault: the watchdog is left to restart the controller. */
  restarting: Twin;
  /** A command was carried out, or refused, in this tick. */
  acted: bool = false;

  constructor(pump: Pump, store: Store) {
    const memory: MemoryLatch = pump.memory;
    this.hal = pump.hal;
    this.log = pump.log;
    this.memory = memory;
    this.session = pump.session;
    this.telemetry = pump.telemetry;
    this.clock = pump.clock;
    this.motor = pump.motor;
    this.reservoir = pump.reservoir;
    this.limiter = pump.limiter;
    this.alarms = pump.alarms;
    this.program = pump.program;
    this.draft = new Draft(memory);
    this.therapy = pump.therapy;
    this.selfTest = pump.selfTest;
    this.life = pump.life;
    this.usage = pump.usage;
    this.store = store;
    this.totalBefore = new Twin(memory, 0);
    this.restarting = new Twin(memory, 0);
  }

  tick(): void {
    this.acted = false;
    if (!this.session.hasCommand) return;
    const kind: i32 = this.session.kind();
    if (!this.hasLength(payloadOf(kind))) this.reject();
    else if (!this.mayCommand(kind)) this.turnAway(kind);
    else if (kind == COMMAND_INTERROGATE) this.answerStatus();
    else if (kind == COMMAND_STAGE) this.answerStage();
    else if (kind == COMMAND_READ_LOG) this.answerLog();
    else if (kind == COMMAND_READ_PROGRAM) this.answerProgram();
    else this.carryOut(kind);
  }

  /** The role of the session allows it, and a clinician's order has the programming head in place. */
  private mayCommand(kind: i32): bool {
    const role: i32 = this.session.role();
    if (kind == COMMAND_INTERROGATE) return true;
    if (kind == COMMAND_PATIENT_BOLUS) return role == ROLE_PATIENT || role == ROLE_CLINICIAN;
    const reads: bool = kind == COMMAND_READ_LOG || kind == COMMAND_READ_PROGRAM;
    if (reads && role == ROLE_OBSERVER) return true;
    if (reads) return role == ROLE_CLINICIAN;
    return role == ROLE_CLINICIAN && this.hal.link.headPresent();
  }

  private hasLength(length: i32): bool {
    const sent: i32 = this.session.payloadLength();
    return length == PIECE_LENGTH ? sent > STAGE_OFFSET_BYTES : sent == length;
  }

  private carryOut(kind: i32): void {
    const sequence: i32 = this.session.sequence();
    const pairing: i32 = this.session.pairing.get();
    // The CRC covers kind, sequence and payload: a command is a repeat only when all of it is.
    if (!this.usage.isRepeat(pairing, kind, sequence, this.session.textCrc)) {
      const explanted: bool = this.life.explanted();
      const outcome: i32 = explanted ? OUTCOME_LIFE : this.execute(kind);
      this.usage.carriedOut(pairing, kind, sequence, this.session.textCrc, outcome);
      this.acted = true;
      const noted: bool = !explanted && hasRefusalOfItsOwn(kind, outcome);
      if (outcome != OUTCOME_ACCEPTED && !noted) this.note(kind, outcome);
    }
    // What it said beyond its outcome is not kept: a repeat says the outcome alone.
    this.answer(this.usage.lastOutcome.get(pairing), this.acted ? this.contentOf(kind) : 0);
  }

  private execute(kind: i32): i32 {
    switch (kind) {
      case COMMAND_COMMIT:
        return this.commit();
      case COMMAND_STOP:
        this.therapy.stop(false);
        return OUTCOME_ACCEPTED;
      case COMMAND_START:
        return this.selfTest.running.is() ? OUTCOME_BUSY : this.therapy.start();
      case COMMAND_PATIENT_BOLUS:
        return this.patientBolus();
      case COMMAND_CLINICIAN_BOLUS:
        return this.clinicianBolus();
      case COMMAND_PRIME:
        return this.prime();
      case COMMAND_BRIDGE:
        return this.bridge();
      case COMMAND_REFILL:
        return this.refill();
      case COMMAND_SET_CLOCK:
        return this.setClock();
      case COMMAND_ACKNOWLEDGE:
        return this.acknowledge();
      case COMMAND_SELF_TEST:
        return this.beginSelfTest();
      case COMMAND_IMPLANT:
        return this.implant();
      case COMMAND_EXPLANT:
        return this.explant();
      default:
        return OUTCOME_MALFORMED;
    }
  }

  private commit(): i32 {
    this.totalBefore.set(this.program.valid.is() ? this.program.lastTotal.get() : 0);
    const outcome: i32 = this.judge();
    if (outcome != OUTCOME_ACCEPTED) {
      this.log.event(EVENT_PROGRAM_REFUSED, outcome, 0, 0);
      return outcome;
    }
    const program: Program = this.program;
    const next: Program = this.draft.program;
    const crosses: bool = changesDrug(program, next) && this.therapy.canBridgeTo(next);
    const sameDrug: bool = program.drugIds.get(0) == next.drugIds.get(0);
    const oldRate: i32 = crosses && !sameDrug ? this.therapy.rate.get() : 0;
    program.adopt(this.draft.record);
    this.limiter.adopt();
    this.limiter.widen();
    this.limiter.setReserves();
    this.limiter.setGuard();
    this.store.commit(this.draft.record);
    this.draft.isStaged.put(false);
    this.alarms.cause(ALARM_PROGRAM_INVALID, false);
    this.log.event(EVENT_PROGRAM_ACCEPTED, program.rate.get(), program.digest.get(), program.total.get());
    this.life.serve();
    this.therapy.adopt();
    if (crosses) this.therapy.bridgeToProgram(oldRate);
    return outcome;
  }

  /** OUTCOME_ of the checks between a staged record and a program in force (LNK-4, THR-7, LIM-8). */
  private judge(): i32 {
    const frame: Uint8Array = this.telemetry.frame;
    const confirmed: i32 = frame[PAYLOAD + 4];
    const reason: i32 = frame[PAYLOAD + 5];
    if (this.selfTest.running.is()) return OUTCOME_BUSY;
    if (!this.life.inBody()) return OUTCOME_LIFE;
    if (!this.store.keeps()) return OUTCOME_ALARM;
    if ((confirmed & ~CONFIRM_COMMIT) != 0 || reason >= REASONS) return OUTCOME_OUT_OF_RANGE;
    if (!this.draft.isNamed(readU32(frame, PAYLOAD))) return OUTCOME_DIGEST;
    const inRange: i32 = checkRecord(this.draft.record);
    if (inRange != OUTCOME_ACCEPTED) return inRange;
    const next: Program = this.draft.program;
    next.adopt(this.draft.record);
    const doses: i32 = next.doses();
    const softly: bool = (confirmed & CONFIRM_SOFT_LIMIT) != 0 && reason > REASON_NONE;
    if (doses == OUTCOME_HARD_LIMIT || (doses == OUTCOME_SOFT_LIMIT && !softly)) return doses;
    const before: i32 = this.totalBefore.get();
    const total: i32 = next.total.get();
    const echoed: bool = (confirmed & CONFIRM_TOTAL) != 0 && readU32(frame, PAYLOAD + 6) == total;
    if (before > 0 && total > before << 1 && !echoed) return OUTCOME_TOTAL_DOUBLED;
    const waived: bool = (confirmed & CONFIRM_NO_BRIDGE) != 0;
    if (this.program.valid.is() && changesDrug(this.program, next) && !waived && !this.therapy.canBridgeTo(next)) {
      return OUTCOME_BRIDGE_NEEDED;
    }
    return OUTCOME_ACCEPTED;
  }

  private patientBolus(): i32 {
    const outcome: i32 = this.therapy.requestPatient(this.selfTest.running.is());
    if (outcome == OUTCOME_ACCEPTED) {
      this.usage.grant();
      return outcome;
    }
    this.usage.deny(outcome);
    this.log.event(EVENT_BOLUS_DENIED, CAUSE_PATIENT_BOLUS, outcome, 0);
    return outcome;
  }

  private clinicianBolus(): i32 {
    const pulses: i32 = readU32(this.telemetry.frame, PAYLOAD);
    const seconds: i32 = readU32(this.telemetry.frame, PAYLOAD + 4);
    const inRange: bool = seconds >= 1 && seconds <= BOLUS_SECONDS_MAX;
    const ticks: i32 = inRange ? (seconds * TICKS_PER_SECOND) | 0 : 0;
    const outcome: i32 = this.therapy.requestClinician(pulses, ticks, this.selfTest.running.is());
    if (outcome != OUTCOME_ACCEPTED) this.log.event(EVENT_BOLUS_DENIED, CAUSE_CLINICIAN_BOLUS, outcome, 0);
    return outcome;
  }

  private prime(): i32 {
    const pulses: i32 = readU32(this.telemetry.frame, PAYLOAD);
    const confirmed: i32 = this.telemetry.frame[PAYLOAD + 4];
    let outcome: i32 = OUTCOME_ACCEPTED;
    if (!this.life.inBody()) outcome = OUTCOME_LIFE;
    else if (pulses < 1 || pulses > PRIME_PULSES_MAX) outcome = OUTCOME_OUT_OF_RANGE;
    else if ((confirmed & ~CONFIRM_GEOMETRY) != 0) outcome = OUTCOME_OUT_OF_RANGE;
    else if (this.life.exceedsPath(pulses) && (confirmed & CONFIRM_GEOMETRY) == 0) outcome = OUTCOME_OUT_OF_RANGE;
    else outcome = this.therapy.requestPrime(pulses, this.selfTest.running.is());
    if (outcome != OUTCOME_ACCEPTED) this.log.event(EVENT_BOLUS_DENIED, CAUSE_PRIME, outcome, 0);
    return outcome;
  }

  private bridge(): i32 {
    const oldConcentration: i32 = readU32(this.telemetry.frame, PAYLOAD);
    const pulses: i32 = readU32(this.telemetry.frame, PAYLOAD + 4);
    if (this.program.valid.is() && oldConcentration > CONCENTRATION_MAX) return OUTCOME_OUT_OF_RANGE;
    return this.therapy.requestBridge(oldConcentration, pulses);
  }

  private refill(): i32 {
    const flags: i32 = this.telemetry.frame[PAYLOAD];
    const aspirated: i32 = readU32(this.telemetry.frame, PAYLOAD + 1);
    const filled: i32 = readU32(this.telemetry.frame, PAYLOAD + 5);
    if (!this.store.keeps()) return OUTCOME_ALARM;
    const outcome: i32 = this.reservoir.refill(flags, aspirated, filled);
    if (this.reservoir.differed) {
      const expected: i32 = this.reservoir.expected;
      this.log.event(EVENT_REFILL_DISCREPANCY, expected, aspirated, this.reservoir.error_permille);
    }
    if (outcome != OUTCOME_ACCEPTED) return outcome;
    this.life.refilled();
    this.log.event(EVENT_REFILLED, this.reservoir.estimate.get(), aspirated, 0);
    return outcome;
  }

  private setClock(): i32 {
    const wall: i32 = readU32(this.telemetry.frame, PAYLOAD);
    if (!this.store.keeps()) return OUTCOME_ALARM;
    if (wall < 0 || wall > WALL_MINUTE_MAX || !this.life.existed(wall)) return OUTCOME_OUT_OF_RANGE;
    const before: i32 = this.clock.wall.get();
    this.hal.clock.setOffset((wall - this.hal.clock.minute()) | 0);
    this.clock.readWall();
    this.therapy.clockSet((wall - before) | 0);
    this.log.event(EVENT_CLOCK_SET, wall, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  private acknowledge(): i32 {
    const alarm: i32 = this.telemetry.frame[PAYLOAD];
    const isTrip: bool = alarm == ALARM_DOSE_GUARD && this.alarms.isActive(alarm);
    if (isTrip && this.hal.guard.rearm()) this.alarms.cause(alarm, this.hal.guard.tripped());
    if (alarm == ALARM_MEMORY_FAULT && this.alarms.isActive(alarm)) {
      if (this.memory.faulty) this.restarting.put(true);
      else {
        this.store.clearHalt();
        this.alarms.cause(alarm, false);
      }
    }
    return this.alarms.acknowledge(alarm, this.clock.minute.get()) ? OUTCOME_ACCEPTED : OUTCOME_OUT_OF_RANGE;
  }

  private beginSelfTest(): i32 {
    if (this.selfTest.running.is() || this.therapy.bolus.active() || this.motor.inFlight.is()) return OUTCOME_BUSY;
    this.selfTest.start(false);
    return OUTCOME_ACCEPTED;
  }

  private implant(): i32 {
    const length_mm: i32 = readU16(this.telemetry.frame, PAYLOAD);
    const volume_nl: i32 = readU32(this.telemetry.frame, PAYLOAD + 2);
    const flags: i32 = this.telemetry.frame[PAYLOAD + 6];
    const purged: bool = (flags & IMPLANT_PURGED) != 0;
    if (this.selfTest.running.is()) return OUTCOME_BUSY;
    if (this.alarms.stops() || !this.store.keeps()) return OUTCOME_ALARM;
    let outcome: i32 = this.life.implantable(length_mm, volume_nl);
    if ((flags & ~IMPLANT_PURGED) != 0 && outcome == OUTCOME_ACCEPTED) outcome = OUTCOME_OUT_OF_RANGE;
    if (outcome == OUTCOME_ACCEPTED && !purged) outcome = this.therapy.requestPrime(PURGE_PULSES, false);
    if (outcome == OUTCOME_ACCEPTED) this.life.implant(length_mm, volume_nl, purged);
    return outcome;
  }

  private explant(): i32 {
    if (!this.life.inBody()) return OUTCOME_LIFE;
    if (!this.store.keeps()) return OUTCOME_ALARM;
    if (this.therapy.running.is() || this.therapy.bolus.active()) return OUTCOME_BUSY;
    if (!this.log.isRead()) return OUTCOME_LOG_UNREAD;
    this.life.explant();
    this.alarms.retire();
    return OUTCOME_ACCEPTED;
  }

  /** No such command, or not of this length. */
  private reject(): void {
    this.telemetry.refuse(OUTCOME_MALFORMED);
    this.answer(OUTCOME_MALFORMED, 0);
  }

  /** A command without the role or the programming head that it needs. */
  private turnAway(kind: i32): void {
    this.usage.intrude();
    this.note(kind, OUTCOME_NOT_AUTHORISED);
    this.answer(OUTCOME_NOT_AUTHORISED, 0);
  }

  private note(kind: i32, outcome: i32): void {
    this.acted = true;
    this.log.event(EVENT_COMMAND_REFUSED, kind, outcome, 0);
  }

  private answerStage(): void {
    const length: i32 = (this.session.payloadLength() - STAGE_OFFSET_BYTES) | 0;
    const offset: i32 = readU16(this.telemetry.frame, PAYLOAD);
    if (!this.draft.stage(this.telemetry.frame, PAYLOAD + STAGE_OFFSET_BYTES, length, offset)) {
      this.note(COMMAND_STAGE, OUTCOME_OUT_OF_RANGE);
      this.answer(OUTCOME_OUT_OF_RANGE, 0);
      return;
    }
    writeU32(this.telemetry.reply, ANSWER, this.draft.digest.get());
    this.answer(OUTCOME_ACCEPTED, 4);
  }

  /** Entries from a sequence on; what a clinician has read counts as read. */
  private answerLog(): void {
    const ring: i32 = this.telemetry.frame[PAYLOAD];
    const from: i32 = readU32(this.telemetry.frame, PAYLOAD + 1);
    if (ring > LOG_FAULTS || from < 1) {
      this.note(COMMAND_READ_LOG, OUTCOME_OUT_OF_RANGE);
      this.answer(OUTCOME_OUT_OF_RANGE, 0);
      return;
    }
    const oldest: i32 = this.log.oldest(ring);
    const first: i32 = from > oldest ? from : oldest;
    let count: i32 = 0;
    for (let i: i32 = 0; i < LOG_READ_MAX; i = (i + 1) | 0) {
      const sequence: i32 = (first + i) | 0;
      if (sequence < first || sequence > this.log.sequence.get(ring)) continue;
      const counts: bool = this.session.role() == ROLE_CLINICIAN;
      if (counts && this.log.markRead(ring, sequence)) this.acted = true;
      if (!this.log.load(ring, sequence)) continue;
      const at: i32 = (ANSWER + 1 + ((count * LOG_ENTRY_BYTES) | 0)) | 0;
      for (let b: i32 = 0; b < LOG_ENTRY_BYTES; b = (b + 1) | 0) this.telemetry.reply[at + b] = this.log.entry[b];
      count = (count + 1) | 0;
    }
    this.telemetry.reply[ANSWER] = count as u8;
    this.answer(OUTCOME_ACCEPTED, (1 + ((count * LOG_ENTRY_BYTES) | 0)) | 0);
  }

  /** The record in force, from an offset. */
  private answerProgram(): void {
    const offset: i32 = readU16(this.telemetry.frame, PAYLOAD);
    const valid: bool = this.program.valid.is();
    if (valid && crc32(this.store.record, 0, PROGRAM_BYTES) != this.program.digest.get()) this.memory.faulty = true;
    if (!valid || offset >= PROGRAM_BYTES) {
      const outcome: i32 = valid ? OUTCOME_OUT_OF_RANGE : OUTCOME_NOT_PROGRAMMED;
      this.note(COMMAND_READ_PROGRAM, outcome);
      this.answer(outcome, 0);
      return;
    }
    let count: i32 = 0;
    for (let i: i32 = 0; i < PROGRAM_PIECE_BYTES; i = (i + 1) | 0) {
      if (((offset + i) | 0) >= PROGRAM_BYTES) continue;
      this.telemetry.reply[ANSWER + i] = this.store.record[offset + i];
      count = (count + 1) | 0;
    }
    this.answer(OUTCOME_ACCEPTED, count);
  }

  private answerStatus(): void {
    const reply: Uint8Array = this.telemetry.reply;
    const pairing: i32 = this.session.pairing.get();
    reply[ANSWER + STATUS_MODE] = this.therapy.mode() as u8;
    reply[ANSWER + STATUS_FLAGS] = this.flags() as u8;
    reply[ANSWER + STATUS_LAST_COMMAND] = this.usage.lastKind.get(pairing) as u8;
    reply[ANSWER + STATUS_LAST_OUTCOME] = this.usage.lastOutcome.get(pairing) as u8;
    writeU16(reply, ANSWER + STATUS_LAST_SEQUENCE, this.usage.lastSequence.get(pairing));
    writeU16(reply, ANSWER + STATUS_CELL_MV, this.hal.battery.cell_mv());
    writeU32(reply, ANSWER + STATUS_RATE, this.therapy.rate.get());
    writeU32(reply, ANSWER + STATUS_ESTIMATE, this.reservoir.estimate.get());
    writeU32(reply, ANSWER + STATUS_PULSES, this.motor.pulsesTotal.get());
    writeU32(reply, ANSWER + STATUS_MISSED, this.motor.missedTotal.get());
    writeU32(reply, ANSWER + STATUS_ALARMS, this.alarms.active.get());
    writeU32(reply, ANSWER + STATUS_MINUTE, this.hal.clock.minute());
    writeU32(reply, ANSWER + STATUS_OFFSET, this.hal.clock.offset());
    writeU32(reply, ANSWER + STATUS_DIGEST, this.program.valid.is() ? this.program.digest.get() : 0);
    writeU32(reply, ANSWER + STATUS_BOLUS_GIVEN, this.therapy.bolus.given.get());
    writeU32(reply, ANSWER + STATUS_BOLUS_TOTAL, this.therapy.bolus.spread.pulses.get());
    writeU16(reply, ANSWER + STATUS_REQUESTS, this.usage.requests.get());
    writeU16(reply, ANSWER + STATUS_GRANTED, this.usage.granted.get());
    for (let i: i32 = 1; i < DENIALS; i = (i + 1) | 0) {
      writeU16(reply, (ANSWER + STATUS_DENIED + ((i - 1) << 1)) | 0, this.usage.denied.get(i));
    }
    writeU16(reply, ANSWER + STATUS_REFUSED_FRAMES, this.telemetry.refused.get());
    reply[ANSWER + STATUS_LIFE] = this.life.state.get() as u8;
    writeU16(reply, ANSWER + STATUS_SELF_TEST, this.selfTest.found.get());
    writeU32(reply, ANSWER + STATUS_LOG, this.log.sequence.get(LOG_EVENTS));
    writeU32(reply, ANSWER + STATUS_FAULTS, this.log.sequence.get(LOG_FAULTS));
    writeU32(reply, ANSWER + STATUS_SUPERVISED, this.therapy.supervisedLeft());
    writeU32(reply, ANSWER + STATUS_TOTAL, this.program.valid.is() ? this.program.total.get() : 0);
    this.answer(OUTCOME_ACCEPTED, STATUS_BYTES);
  }

  private flags(): i32 {
    return (
      (this.therapy.bolus.active() ? FLAG_BOLUS : 0) |
      (this.motor.stalled.is() ? FLAG_STALLED : 0) |
      (this.therapy.limited.is() ? FLAG_LIMITED : 0) |
      (this.selfTest.running.is() ? FLAG_SELF_TEST : 0) |
      (this.hal.link.headPresent() ? FLAG_HEAD : 0)
    );
  }

  /** Writes what a command's reply says beyond its outcome; how many bytes. */
  private contentOf(kind: i32): i32 {
    const reply: Uint8Array = this.telemetry.reply;
    if (kind == COMMAND_COMMIT) {
      writeU32(reply, ANSWER, this.draft.program.total.get());
      writeU32(reply, ANSWER + 4, this.totalBefore.get());
      return 8;
    }
    if (kind != COMMAND_REFILL) return 0;
    writeU32(reply, ANSWER, this.reservoir.expected);
    return 4;
  }

  /** Sends the outcome and `content` bytes that lie in the reply already. */
  private answer(outcome: i32, content: i32): void {
    this.telemetry.reply[PAYLOAD] = outcome as u8;
    this.session.answer((content + 1) | 0);
  }
}

/** Its refusal is an event of its own name. */
function hasRefusalOfItsOwn(kind: i32, outcome: i32): bool {
  switch (kind) {
    case COMMAND_COMMIT:
    case COMMAND_PATIENT_BOLUS:
    case COMMAND_CLINICIAN_BOLUS:
    case COMMAND_PRIME:
      return true;
    case COMMAND_REFILL:
      return outcome == OUTCOME_DISCREPANCY;
    default:
      return false;
  }
}

/** Another drug or another concentration in the reservoir than the program in force was written for. */
function changesDrug(present: Program, next: Program): bool {
  if (present.drugs.get() == 0) return false;
  if (present.drugs.get() != next.drugs.get()) return true;
  for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX; i = (i + 1) | 0) {
    if (i >= next.drugs.get()) continue;
    if (present.drugIds.get(i) != next.drugIds.get(i)) return true;
    if (present.concentrations.get(i) != next.concentrations.get(i)) return true;
  }
  return false;
}

/** Bytes of payload that a command has, PIECE_LENGTH, or NOT_A_COMMAND. */
function payloadOf(kind: i32): i32 {
  switch (kind) {
    case COMMAND_INTERROGATE:
    case COMMAND_STOP:
    case COMMAND_START:
    case COMMAND_PATIENT_BOLUS:
    case COMMAND_SELF_TEST:
    case COMMAND_EXPLANT:
      return 0;
    case COMMAND_STAGE:
      return PIECE_LENGTH;
    case COMMAND_COMMIT:
      return COMMIT_BYTES;
    case COMMAND_CLINICIAN_BOLUS:
      return CLINICIAN_BOLUS_BYTES;
    case COMMAND_REFILL:
      return REFILL_BYTES;
    case COMMAND_SET_CLOCK:
      return SET_CLOCK_BYTES;
    case COMMAND_ACKNOWLEDGE:
      return ACKNOWLEDGE_BYTES;
    case COMMAND_PRIME:
      return PRIME_BYTES;
    case COMMAND_BRIDGE:
      return BRIDGE_BYTES;
    case COMMAND_IMPLANT:
      return IMPLANT_BYTES;
    case COMMAND_READ_LOG:
      return READ_LOG_BYTES;
    case COMMAND_READ_PROGRAM:
      return READ_PROGRAM_BYTES;
    default:
      return NOT_A_COMMAND;
  }
}
