// The commands of the pump, with one handler of the row's name for each row of the table of commands. A payload is decoded
// once, by its row. A command of a known kind and the right length, from a role that may give it, is carried out once; a repeat
// is acknowledged with the first outcome and not carried out again (LNK-3). A clinician's order needs the programming head in
// place. A handler returns an OUTCOME_ and changes only the parts that own what changes. A refusal changes nothing and leaves
// one entry in the log.

import { ALARM_DOSE_GUARD, ALARM_MEMORY_FAULT } from "../hal/alarms";
import { assert } from "../hal/assert";
import { CONCENTRATION_MAX } from "../hal/drug-library";
import {
  ACKNOWLEDGE_ALARM,
  BOLUS_SECONDS_MAX,
  BRIDGE_OLD_CONCENTRATION,
  BRIDGE_PULSES,
  CLINICIAN_BOLUS_DURATION_S,
  CLINICIAN_BOLUS_PULSES,
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  PAYLOAD_FIELDS_MAX,
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
  COMMANDS,
  commandRow,
  COMMIT_CONFIRM,
  COMMIT_DIGEST,
  COMMIT_REASON,
  COMMIT_TOTAL,
  CONFIRM_GEOMETRY,
  fieldOf,
  FIELD_U16,
  FIELD_U32,
  FIELD_U8,
  IMPLANT_CATHETER_MM,
  IMPLANT_CATHETER_NL,
  IMPLANT_FLAGS,
  IMPLANT_PURGED,
  LOG_ENTRY_BYTES,
  LOG_FAULTS,
  LOG_READ_MAX,
  OUTCOME_ACCEPTED,
  OUTCOME_ALARM,
  OUTCOME_BUSY,
  OUTCOME_DISCREPANCY,
  OUTCOME_LIFE,
  OUTCOME_LOG_UNREAD,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_OUT_OF_RANGE,
  PAYLOAD_BYTES,
  PRIME_CONFIRM,
  PRIME_PULSES,
  PRIME_PULSES_MAX,
  PROGRAM_BYTES,
  PROGRAM_PIECE_BYTES,
  READ_LOG_FIRST,
  READ_LOG_RING,
  READ_PROGRAM_OFFSET,
  REFILL_ASPIRATED,
  REFILL_FILLED,
  REFILL_FLAGS,
  ROLE_CLINICIAN,
  ROW_HAS_REST,
  ROW_IS_REMEMBERED,
  ROW_LOGS_REFUSAL,
  ROW_NEEDS_HEAD,
  SET_CLOCK_WALL_MINUTE,
  STAGE_OFFSET,
  STATUS_BYTES,
  WALL_MINUTE_MAX,
} from "../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_BOLUS_DENIED,
  EVENT_CLOCK_SET,
  EVENT_COMMAND_REFUSED,
  EVENT_REFILLED,
  EVENT_REFILL_DISCREPANCY,
} from "../hal/trace";
import { TICKS_PER_SECOND } from "../hal/units";
import { readU16, readU32, writeU32 } from "./bytes";
import { CHANGED_ORDERS } from "./changes";
import { Commit } from "./commit";
import { crc32 } from "./crc";
import { Draft } from "./draft";
import { PURGE_PULSES } from "./life";
import { Pump } from "./pump";
import { Readings } from "./readings";
import { CONTENT_AT, PAYLOAD_AT } from "./session";
import { Store } from "./store";
import { OUTCOME_PENDING } from "./therapy";
import { Twin } from "./twin";
import { WaitingAnswer } from "./waiting-answer";

const OUTCOME_BYTES: i32 = 1;
/** The longest answer to READ_LOG: the number of entries, and these. */
const ENTRIES_BYTES_MAX: i32 = 1 + LOG_READ_MAX * LOG_ENTRY_BYTES;

export class Commands {
  pump: Pump;
  store: Store;
  draft: Draft;
  committing: Commit;
  readings: Readings;
  /** The fields of this tick's payload, in the order of its row. */
  fields: Int32Array = new Int32Array(PAYLOAD_FIELDS_MAX);
  /** Where the bytes behind the fields begin in the frame, and their number. */
  restAt: i32 = 0;
  restLength: i32 = 0;
  /** The number of bytes of this tick's answer behind its outcome. */
  content: i32 = 0;
  /** A clinician has acknowledged a memory fault, so the watchdog is not kicked and restarts the controller. */
  restarting: Twin;
  /** The answer that waits for the look-ahead, and the sequence that was remembered when its request came. */
  waiting: WaitingAnswer;
  sequenceBefore: Twin;

  constructor(pump: Pump, store: Store) {
    assertTable();
    const draft: Draft = new Draft(pump.memory);
    this.pump = pump;
    this.store = store;
    this.draft = draft;
    this.committing = new Commit(pump, store, draft);
    this.readings = new Readings(pump, store);
    this.restarting = new Twin(pump.memory, 0);
    this.waiting = new WaitingAnswer(pump.memory);
    this.sequenceBefore = new Twin(pump.memory, 0);
  }

  tick(): void {
    if (this.pump.session.hasCommand) this.take();
    if (this.waiting.isOpen()) this.continueRequest();
  }

  /**
   * True while the answer to a request is found and cannot leave yet. No frame is read then, so that the answer leaves
   * next.
   */
  holdsAnswer(): bool {
    return this.waiting.isOpen() && this.pump.therapy.hasFound();
  }

  private take(): void {
    assert(!this.pump.selfTest.isUnderWay(), "no command is read during a self-test");
    const kind: i32 = this.pump.session.kind();
    const row: i32 = commandRow(kind);
    // It was cleared after the last command, but a bit of it may have been flipped since.
    this.content = 0;
    if (!this.decode(row)) this.refuseMalformed();
    else if (!this.permits(row)) this.refuseUnauthorised(kind);
    else if ((row & ROW_IS_REMEMBERED) != 0) this.carryOut(kind, row);
    else this.answerAtOnce(kind);
    this.clear();
  }

  /** Unpacks the fields of the payload. False when its length is not the row's, or the command does not exist. */
  private decode(row: i32): bool {
    const frame: Uint8Array = this.pump.telemetry.frame;
    let at: i32 = PAYLOAD_AT;
    for (let i: i32 = 0; i < PAYLOAD_FIELDS_MAX; i = (i + 1) | 0) {
      const field: i32 = fieldOf(row, i);
      if (field == FIELD_U8) this.fields[i] = frame[at];
      else if (field == FIELD_U16) this.fields[i] = readU16(frame, at);
      else if (field == FIELD_U32) this.fields[i] = readU32(frame, at);
      at = (at + bytesOf(field)) | 0;
    }
    this.restAt = at;
    this.restLength = (PAYLOAD_AT + this.pump.session.payloadLength() - at) | 0;
    if (row == 0) return false;
    return (row & ROW_HAS_REST) != 0 ? this.restLength > 0 : this.restLength == 0;
  }

  /** The fields of a command last for one tick. */
  private clear(): void {
    for (let i: i32 = 0; i < PAYLOAD_FIELDS_MAX; i = (i + 1) | 0) this.fields[i] = 0;
    this.restAt = 0;
    this.restLength = 0;
    this.content = 0;
  }

  /** True when the role of the session may give the command, and the programming head is in place if the command needs it. */
  private permits(row: i32): bool {
    if ((row & (1 << this.pump.session.role())) == 0) return false;
    return (row & ROW_NEEDS_HEAD) == 0 || this.pump.hal.link.headPresent();
  }

  /** Carries out a command that is remembered, unless it is a repeat. */
  private carryOut(kind: i32, row: i32): void {
    const pump: Pump = this.pump;
    const sequence: i32 = pump.session.sequence();
    const pairing: i32 = pump.session.pairing.get();
    const crc: i32 = pump.session.textCrc;
    if (this.waiting.isFor(pairing, kind, sequence, crc)) {
      this.waiting.noteFrame(pump.session.number.get(), pump.session.counter.get());
      return;
    }
    // The CRC covers kind, sequence and payload: a command is a repeat only when all of it is.
    if (!pump.usage.isRepeat(pairing, kind, sequence, crc)) {
      const explanted: bool = pump.life.isExplanted();
      const outcome: i32 = explanted ? OUTCOME_LIFE : this.execute(kind);
      if (outcome == OUTCOME_PENDING) {
        this.waiting.open(pairing, kind, sequence, crc);
        this.sequenceBefore.set(pump.usage.lastSequence.get(pairing));
        this.waiting.noteFrame(pump.session.number.get(), pump.session.counter.get());
        return;
      }
      pump.usage.rememberCommand(pairing, kind, sequence, crc, outcome);
      pump.changes.mark(CHANGED_ORDERS);
      const logged: bool = (row & ROW_LOGS_REFUSAL) != 0 || outcome == OUTCOME_DISCREPANCY;
      if (outcome != OUTCOME_ACCEPTED && (explanted || !logged)) this.logRefusal(kind, outcome);
      // The content of an answer is not kept, so a repeat says the outcome alone.
      if (kind == COMMAND_COMMIT) this.content = this.committing.writeAnswer();
      if (kind == COMMAND_REFILL) this.writeWord(pump.reservoir.expected);
    }
    this.answer(pump.usage.lastOutcome.get(pairing));
  }

  /**
   * Continues the request that waits, and sends the answer when it is found, under the sequence and the counter of the
   * question; no answer is sent when its session is over. A command that was carried out meanwhile stays the last one
   * that is remembered.
   */
  private continueRequest(): void {
    const pump: Pump = this.pump;
    const waiting: WaitingAnswer = this.waiting;
    const canGrant: bool = !pump.telemetry.isSending() && !pump.selfTest.running.isSet();
    const found: i32 = pump.therapy.continueRequest(canGrant);
    if (found == OUTCOME_PENDING) return;
    const kind: i32 = waiting.kind.get();
    const pairing: i32 = waiting.pairing.get();
    const outcome: i32 = this.conclude(causeOf(kind), found);
    pump.changes.mark(CHANGED_ORDERS);
    if (pump.usage.lastSequence.get(pairing) == this.sequenceBefore.get()) {
      pump.usage.rememberCommand(pairing, kind, waiting.sequence.get(), waiting.crc.get(), outcome);
    }
    if (waiting.session.get() == pump.session.number.get()) {
      pump.telemetry.reply[PAYLOAD_AT] = outcome as u8;
      pump.session.answerTo(kind, waiting.sequence.get(), waiting.counter.get(), 1);
    }
    waiting.close();
    this.sequenceBefore.set(0);
  }

  /** Carries out and answers a command that is not remembered, so a repeat is carried out again. */
  private answerAtOnce(kind: i32): void {
    const outcome: i32 = this.execute(kind);
    if (outcome != OUTCOME_ACCEPTED) this.logRefusal(kind, outcome);
    this.answer(outcome);
  }

  private execute(kind: i32): i32 {
    switch (kind) {
      case COMMAND_INTERROGATE:
        return this.interrogate();
      case COMMAND_STAGE:
        return this.stage();
      case COMMAND_COMMIT:
        return this.commit();
      case COMMAND_STOP:
        return this.stop();
      case COMMAND_START:
        return this.start();
      case COMMAND_PATIENT_BOLUS:
        return this.patientBolus();
      case COMMAND_CLINICIAN_BOLUS:
        return this.clinicianBolus();
      case COMMAND_REFILL:
        return this.refill();
      case COMMAND_SET_CLOCK:
        return this.setClock();
      case COMMAND_ACKNOWLEDGE:
        return this.acknowledge();
      case COMMAND_SELF_TEST:
        return this.selfTest();
      case COMMAND_PRIME:
        return this.prime();
      case COMMAND_BRIDGE:
        return this.bridge();
      case COMMAND_IMPLANT:
        return this.implant();
      case COMMAND_EXPLANT:
        return this.explant();
      case COMMAND_READ_LOG:
        return this.readLog();
      case COMMAND_READ_PROGRAM:
        return this.readProgram();
      default:
        return OUTCOME_MALFORMED;
    }
  }

  private interrogate(): i32 {
    this.content = this.readings.status();
    return OUTCOME_ACCEPTED;
  }

  private stage(): i32 {
    const frame: Uint8Array = this.pump.telemetry.frame;
    if (!this.draft.stage(frame, this.restAt, this.restLength, this.fields[STAGE_OFFSET])) return OUTCOME_OUT_OF_RANGE;
    this.writeWord(this.draft.digest.get());
    if (this.pump.therapy.startsWithProgram()) {
      this.pump.telemetry.reply[CONTENT_AT + this.content] = 1;
      this.content = (this.content + 1) | 0;
    }
    return OUTCOME_ACCEPTED;
  }

  private commit(): i32 {
    return this.committing.carryOut(
      this.fields[COMMIT_DIGEST],
      this.fields[COMMIT_CONFIRM],
      this.fields[COMMIT_REASON],
      this.fields[COMMIT_TOTAL],
    );
  }

  private stop(): i32 {
    this.pump.therapy.stop(false);
    return OUTCOME_ACCEPTED;
  }

  private start(): i32 {
    return this.pump.therapy.start();
  }

  private patientBolus(): i32 {
    const pump: Pump = this.pump;
    return this.conclude(CAUSE_PATIENT_BOLUS, pump.therapy.requestPatient());
  }

  private clinicianBolus(): i32 {
    const pump: Pump = this.pump;
    const seconds: i32 = this.fields[CLINICIAN_BOLUS_DURATION_S];
    const inRange: bool = seconds >= 1 && seconds <= BOLUS_SECONDS_MAX;
    const ticks: i32 = inRange ? (seconds * TICKS_PER_SECOND) | 0 : 0;
    const pulses: i32 = this.fields[CLINICIAN_BOLUS_PULSES];
    return this.conclude(CAUSE_CLINICIAN_BOLUS, pump.therapy.requestClinician(pulses, ticks));
  }

  /** Counts and logs the outcome of a request, unless it is still pending. */
  private conclude(cause: i32, outcome: i32): i32 {
    const pump: Pump = this.pump;
    if (outcome == OUTCOME_PENDING) return outcome;
    if (cause == CAUSE_PATIENT_BOLUS) {
      if (outcome == OUTCOME_ACCEPTED) pump.usage.countGranted();
      else pump.usage.countDenied(outcome);
    }
    if (outcome != OUTCOME_ACCEPTED) pump.log.event(EVENT_BOLUS_DENIED, cause, outcome, 0);
    return outcome;
  }

  private refill(): i32 {
    const pump: Pump = this.pump;
    const aspirated: i32 = this.fields[REFILL_ASPIRATED];
    if (!this.store.canWrite()) return OUTCOME_ALARM;
    const outcome: i32 = pump.reservoir.refill(this.fields[REFILL_FLAGS], aspirated, this.fields[REFILL_FILLED]);
    if (pump.reservoir.differed) {
      pump.log.event(EVENT_REFILL_DISCREPANCY, pump.reservoir.expected, aspirated, pump.reservoir.error_permille);
    }
    if (outcome != OUTCOME_ACCEPTED) return outcome;
    pump.life.noteRefill();
    pump.log.event(EVENT_REFILLED, pump.reservoir.estimate.get(), aspirated, 0);
    return outcome;
  }

  private setClock(): i32 {
    const pump: Pump = this.pump;
    const wall: i32 = this.fields[SET_CLOCK_WALL_MINUTE];
    if (!this.store.canWrite()) return OUTCOME_ALARM;
    if (wall < 0 || wall > WALL_MINUTE_MAX) return OUTCOME_OUT_OF_RANGE;
    const before: i32 = pump.clock.wall.get();
    pump.hal.clock.setOffset((wall - pump.hal.clock.minute()) | 0);
    pump.clock.readWall();
    pump.therapy.clockSet((wall - before) | 0);
    pump.log.event(EVENT_CLOCK_SET, wall, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  private acknowledge(): i32 {
    const pump: Pump = this.pump;
    const alarm: i32 = this.fields[ACKNOWLEDGE_ALARM];
    const isTrip: bool = alarm == ALARM_DOSE_GUARD && pump.alarms.isActive(alarm);
    if (isTrip && pump.hal.guard.rearm()) pump.alarms.setCause(alarm, pump.hal.guard.tripped());
    if (alarm == ALARM_MEMORY_FAULT && pump.alarms.isActive(alarm)) {
      if (pump.memory.faulty) this.restarting.setFlag(true);
      else {
        this.store.clearHalt();
        pump.alarms.setCause(alarm, false);
      }
    }
    return pump.alarms.acknowledge(alarm, pump.clock.minute.get()) ? OUTCOME_ACCEPTED : OUTCOME_OUT_OF_RANGE;
  }

  private selfTest(): i32 {
    const pump: Pump = this.pump;
    if (pump.therapy.bolus.isActive()) return OUTCOME_BUSY;
    pump.selfTest.start(false);
    return OUTCOME_ACCEPTED;
  }

  private prime(): i32 {
    const pump: Pump = this.pump;
    const pulses: i32 = this.fields[PRIME_PULSES];
    const confirmed: i32 = this.fields[PRIME_CONFIRM];
    let outcome: i32 = OUTCOME_ACCEPTED;
    if (!pump.life.isInBody()) outcome = OUTCOME_LIFE;
    else if (pulses < 1 || pulses > PRIME_PULSES_MAX) outcome = OUTCOME_OUT_OF_RANGE;
    else if ((confirmed & ~CONFIRM_GEOMETRY) != 0) outcome = OUTCOME_OUT_OF_RANGE;
    else if (pump.life.exceedsPath(pulses) && (confirmed & CONFIRM_GEOMETRY) == 0) outcome = OUTCOME_OUT_OF_RANGE;
    else outcome = pump.therapy.requestPrime(pulses);
    return this.conclude(CAUSE_PRIME, outcome);
  }

  private bridge(): i32 {
    const oldConcentration: i32 = this.fields[BRIDGE_OLD_CONCENTRATION];
    if (this.pump.program.valid.isSet() && oldConcentration > CONCENTRATION_MAX) return OUTCOME_OUT_OF_RANGE;
    return this.pump.therapy.requestBridge(oldConcentration, this.fields[BRIDGE_PULSES]);
  }

  private implant(): i32 {
    const pump: Pump = this.pump;
    const length_mm: i32 = this.fields[IMPLANT_CATHETER_MM];
    const volume_nl: i32 = this.fields[IMPLANT_CATHETER_NL];
    const flags: i32 = this.fields[IMPLANT_FLAGS];
    const purged: bool = (flags & IMPLANT_PURGED) != 0;
    if (pump.alarms.stops() || !this.store.canWrite()) return OUTCOME_ALARM;
    let outcome: i32 = pump.life.checkImplant(length_mm, volume_nl);
    if ((flags & ~IMPLANT_PURGED) != 0 && outcome == OUTCOME_ACCEPTED) outcome = OUTCOME_OUT_OF_RANGE;
    if (outcome == OUTCOME_ACCEPTED && !purged) outcome = pump.therapy.requestPrime(PURGE_PULSES);
    if (outcome == OUTCOME_ACCEPTED) pump.life.implant(length_mm, volume_nl, purged);
    return outcome;
  }

  private explant(): i32 {
    const pump: Pump = this.pump;
    if (!pump.life.isInBody()) return OUTCOME_LIFE;
    if (!this.store.canWrite()) return OUTCOME_ALARM;
    if (pump.therapy.running.isSet() || pump.therapy.bolus.isActive()) return OUTCOME_BUSY;
    if (!pump.log.isRead()) return OUTCOME_LOG_UNREAD;
    pump.life.explant();
    pump.alarms.clearAll();
    return OUTCOME_ACCEPTED;
  }

  /** Only a clinician's reading counts as read. */
  private readLog(): i32 {
    const ring: i32 = this.fields[READ_LOG_RING];
    const first: i32 = this.fields[READ_LOG_FIRST];
    if (ring > LOG_FAULTS || first < 1) return OUTCOME_OUT_OF_RANGE;
    this.content = this.readings.entries(ring, first, this.pump.session.role() == ROLE_CLINICIAN);
    return OUTCOME_ACCEPTED;
  }

  private readProgram(): i32 {
    const pump: Pump = this.pump;
    const offset: i32 = this.fields[READ_PROGRAM_OFFSET];
    if (!pump.program.valid.isSet()) return OUTCOME_NOT_PROGRAMMED;
    if (crc32(this.store.record, 0, PROGRAM_BYTES) != pump.program.digest.get()) pump.memory.faulty = true;
    if (offset >= PROGRAM_BYTES) return OUTCOME_OUT_OF_RANGE;
    this.content = this.readings.record(offset);
    return OUTCOME_ACCEPTED;
  }

  /** No such command, or not of this length. */
  private refuseMalformed(): void {
    this.pump.telemetry.refuse(OUTCOME_MALFORMED);
    this.answer(OUTCOME_MALFORMED);
  }

  /** A command without the role or the programming head that it needs. */
  private refuseUnauthorised(kind: i32): void {
    this.pump.usage.countIntrusion();
    this.logRefusal(kind, OUTCOME_NOT_AUTHORISED);
    this.answer(OUTCOME_NOT_AUTHORISED);
  }

  private logRefusal(kind: i32, outcome: i32): void {
    this.pump.changes.mark(CHANGED_ORDERS);
    this.pump.log.event(EVENT_COMMAND_REFUSED, kind, outcome, 0);
  }

  /** Makes this number the content of the answer. */
  private writeWord(word: i32): void {
    writeU32(this.pump.telemetry.reply, CONTENT_AT, word);
    this.content = 4;
  }

  /** Sends the outcome and the content that lies in the reply already. */
  private answer(outcome: i32): void {
    this.pump.telemetry.reply[PAYLOAD_AT] = outcome as u8;
    this.pump.session.answer((this.content + 1) | 0);
  }
}

/** CAUSE_ of what a command asks for. */
function causeOf(kind: i32): i32 {
  if (kind == COMMAND_PATIENT_BOLUS) return CAUSE_PATIENT_BOLUS;
  return kind == COMMAND_CLINICIAN_BOLUS ? CAUSE_CLINICIAN_BOLUS : CAUSE_PRIME;
}

/** Bytes of a FIELD_ of a payload: 0, 1, 2 or 4. */
function bytesOf(field: i32): i32 {
  return field == FIELD_U32 ? 4 : field;
}

/** Every payload and every answer of the table fits a frame, and the fields of a payload are all unpacked. */
function assertTable(): void {
  assert(OUTCOME_BYTES + STATUS_BYTES <= PAYLOAD_BYTES, "a status fits its answer");
  assert(OUTCOME_BYTES + PROGRAM_PIECE_BYTES <= PAYLOAD_BYTES, "a piece of a record fits its answer");
  assert(OUTCOME_BYTES + ENTRIES_BYTES_MAX <= PAYLOAD_BYTES, "entries of the log fit their answer");
  for (let kind: i32 = 0; kind < COMMANDS; kind = (kind + 1) | 0) {
    const row: i32 = commandRow(kind);
    let bytes: i32 = (row & ROW_HAS_REST) != 0 ? PROGRAM_PIECE_BYTES : 0;
    for (let i: i32 = 0; i < PAYLOAD_FIELDS_MAX; i = (i + 1) | 0) bytes = (bytes + bytesOf(fieldOf(row, i))) | 0;
    assert(bytes <= PAYLOAD_BYTES, "a payload fits its frame");
    assert(fieldOf(row, PAYLOAD_FIELDS_MAX) == 0, "every field of a payload is unpacked");
  }
}
