// The command table: everything that anyone can ask of the pump. A frame of a known kind and the right length is carried
// out once; the same sequence again is acknowledged with the first outcome and not carried out (LNK-3). Each command's
// outcome is a code; what it changes, it changes in the part that owns it.

import { ALARM_DOSE_GUARD, ALARM_PROGRAM_INVALID } from "../hal/alarms";
import { Hal } from "../hal/hal";
import {
  ACKNOWLEDGE_BYTES,
  BOLUS_SECONDS_MOST,
  CLINICIAN_BOLUS_BYTES,
  COMMAND_ACKNOWLEDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  COMMAND_VERSION,
  COMMIT_BYTES,
  FLAG_BOLUS,
  FLAG_HEAD,
  FLAG_LIMITED,
  FLAG_SELF_TEST,
  FLAG_STALLED,
  FRAME_HEADER_BYTES,
  FRAME_VERSION,
  OUTCOME_ACCEPTED,
  OUTCOME_BUSY,
  OUTCOME_DIGEST,
  OUTCOME_MALFORMED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_VERSION,
  PROGRAM_BYTES,
  REFILL_BYTES,
  REPLY,
  SET_CLOCK_BYTES,
  STATUS_ALARMS,
  STATUS_BOLUS_GIVEN,
  STATUS_BOLUS_TOTAL,
  STATUS_BYTES,
  STATUS_CELL_MV,
  STATUS_DENIED,
  STATUS_DIGEST,
  STATUS_ESTIMATE,
  STATUS_FLAGS,
  STATUS_GRANTED,
  STATUS_LAST_COMMAND,
  STATUS_LAST_OUTCOME,
  STATUS_LAST_SEQUENCE,
  STATUS_MINUTE,
  STATUS_MISSED,
  STATUS_MODE,
  STATUS_OFFSET,
  STATUS_PULSES,
  STATUS_RATE,
  STATUS_REFUSED_FRAMES,
  STATUS_REQUESTS,
} from "../hal/telemetry";
import {
  EVENT_BOLUS_DENIED,
  EVENT_CLOCK_SET,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_PROGRAM_REFUSED,
  EVENT_REFILLED,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
} from "../hal/trace";
import { TICKS_PER_SECOND } from "../hal/units";
import { Alarms } from "./alarms";
import { readU32, writeU16, writeU32 } from "./bytes";
import { Clock } from "./clock";
import { Limiter } from "./limiter";
import { Motor } from "./motor";
import { Program } from "./program";
import { Reservoir } from "./reservoir";
import { SelfTest } from "./self-test";
import { Telemetry } from "./telemetry";
import { Therapy } from "./therapy";

const CONTROLLER_VERSION: i32 = 1;
const PAYLOAD: i32 = FRAME_HEADER_BYTES;
/** Where a reply's content begins, after its outcome byte. */
const ANSWER: i32 = FRAME_HEADER_BYTES + 1;
const NOT_A_COMMAND: i32 = -1;
/** Denials are counted by OUTCOME_ 1 to 9. */
const DENIALS: i32 = 10;
const COUNT_MOST: i32 = 0xffff;

export class Commands {
  hal: Hal;
  telemetry: Telemetry;
  clock: Clock;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  program: Program;
  therapy: Therapy;
  selfTest: SelfTest;
  lastKind: i32 = 0;
  lastSequence: i32 = 0;
  lastCrc: i32 = 0;
  lastOutcome: i32 = 0;
  /** Of patient boluses, for the clinician's usage report (PTB-5). */
  requests: i32 = 0;
  granted: i32 = 0;
  denied: Int32Array = new Int32Array(DENIALS);

  constructor(
    hal: Hal,
    telemetry: Telemetry,
    clock: Clock,
    motor: Motor,
    reservoir: Reservoir,
    limiter: Limiter,
    alarms: Alarms,
    program: Program,
    therapy: Therapy,
    selfTest: SelfTest,
  ) {
    this.hal = hal;
    this.telemetry = telemetry;
    this.clock = clock;
    this.motor = motor;
    this.reservoir = reservoir;
    this.limiter = limiter;
    this.alarms = alarms;
    this.program = program;
    this.therapy = therapy;
    this.selfTest = selfTest;
  }

  tick(): void {
    if (!this.telemetry.hasFrame) return;
    const kind: i32 = this.telemetry.kind();
    if (kind == COMMAND_VERSION) this.answerVersion();
    else if ((this.telemetry.frame[0] as i32) != FRAME_VERSION) this.refuse(OUTCOME_VERSION);
    else if (this.telemetry.payloadLength() != payloadOf(kind)) this.refuse(OUTCOME_MALFORMED);
    else if (kind == COMMAND_INTERROGATE) this.answerStatus();
    else if (kind == COMMAND_STAGE) this.answerStage();
    else this.carryOut(kind);
  }

  private carryOut(kind: i32): void {
    const sequence: i32 = this.telemetry.sequence();
    // The CRC covers kind, sequence and payload: a frame is a repeat only when all of it is.
    if (kind != this.lastKind || sequence != this.lastSequence || this.telemetry.frameCrc != this.lastCrc) {
      this.lastOutcome = this.execute(kind);
      this.lastCrc = this.telemetry.frameCrc;
      this.lastKind = kind;
      this.lastSequence = sequence;
    }
    this.answer(this.lastOutcome, 0);
  }

  private execute(kind: i32): i32 {
    switch (kind) {
      case COMMAND_COMMIT:
        return this.commit();
      case COMMAND_STOP:
        this.therapy.stop(false);
        return OUTCOME_ACCEPTED;
      case COMMAND_START:
        return this.selfTest.running ? OUTCOME_BUSY : this.therapy.start();
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
        return this.beginSelfTest();
      default:
        return OUTCOME_MALFORMED;
    }
  }

  private commit(): i32 {
    const program: Program = this.program;
    let outcome: i32 = OUTCOME_ACCEPTED;
    if (this.selfTest.running) outcome = OUTCOME_BUSY;
    else if (!program.isStaged || readU32(this.telemetry.frame, PAYLOAD) != program.stagedDigest)
      outcome = OUTCOME_DIGEST;
    else outcome = program.check();
    if (outcome != OUTCOME_ACCEPTED) {
      this.hal.trace.event(EVENT_PROGRAM_REFUSED, outcome, 0, 0);
      return outcome;
    }
    program.adopt();
    this.limiter.adopt();
    this.hal.guard.setLimit(this.limiter.guardLimit(this.hal.guard.limit()));
    this.alarms.cause(ALARM_PROGRAM_INVALID, false);
    this.hal.trace.event(EVENT_PROGRAM_ACCEPTED, program.rate, program.digest, 0);
    this.therapy.adopt();
    return outcome;
  }

  private patientBolus(): i32 {
    const outcome: i32 = this.therapy.requestPatient(this.selfTest.running);
    if (this.requests < COUNT_MOST) this.requests = (this.requests + 1) | 0;
    if (outcome == OUTCOME_ACCEPTED) {
      if (this.granted < COUNT_MOST) this.granted = (this.granted + 1) | 0;
      return outcome;
    }
    if (this.denied[outcome] < COUNT_MOST) this.denied[outcome] = (this.denied[outcome] + 1) | 0;
    this.hal.trace.event(EVENT_BOLUS_DENIED, CAUSE_PATIENT_BOLUS, outcome, 0);
    return outcome;
  }

  private clinicianBolus(): i32 {
    const pulses: i32 = readU32(this.telemetry.frame, PAYLOAD);
    const seconds: i32 = readU32(this.telemetry.frame, PAYLOAD + 4);
    const inRange: bool = seconds >= 1 && seconds <= BOLUS_SECONDS_MOST;
    const ticks: i32 = inRange ? (seconds * TICKS_PER_SECOND) | 0 : 0;
    const outcome: i32 = this.therapy.requestClinician(pulses, ticks, this.selfTest.running);
    if (outcome != OUTCOME_ACCEPTED) this.hal.trace.event(EVENT_BOLUS_DENIED, CAUSE_CLINICIAN_BOLUS, outcome, 0);
    return outcome;
  }

  private refill(): i32 {
    const emptied: i32 = this.telemetry.frame[PAYLOAD];
    const aspirated: i32 = readU32(this.telemetry.frame, PAYLOAD + 1);
    const filled: i32 = readU32(this.telemetry.frame, PAYLOAD + 5);
    if (!this.reservoir.refill(emptied != 0, aspirated, filled)) return OUTCOME_OUT_OF_RANGE;
    this.hal.trace.event(EVENT_REFILLED, this.reservoir.estimate, aspirated, 0);
    return OUTCOME_ACCEPTED;
  }

  private setClock(): i32 {
    const wall: i32 = readU32(this.telemetry.frame, PAYLOAD);
    if (wall < 0 || wall > 0x3fffffff) return OUTCOME_OUT_OF_RANGE;
    this.hal.clock.setOffset((wall - this.hal.clock.minute()) | 0);
    this.hal.trace.event(EVENT_CLOCK_SET, wall, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  private acknowledge(): i32 {
    const alarm: i32 = this.telemetry.frame[PAYLOAD];
    if (alarm == ALARM_DOSE_GUARD && this.hal.guard.rearm()) this.alarms.cause(alarm, this.hal.guard.tripped());
    return this.alarms.acknowledge(alarm, this.clock.minute) ? OUTCOME_ACCEPTED : OUTCOME_OUT_OF_RANGE;
  }

  private beginSelfTest(): i32 {
    if (this.selfTest.running || this.therapy.bolus.active() || this.motor.inFlight) return OUTCOME_BUSY;
    this.selfTest.start();
    return OUTCOME_ACCEPTED;
  }

  private refuse(outcome: i32): void {
    this.telemetry.refuse(outcome);
    this.answer(outcome, 0);
  }

  private answerVersion(): void {
    this.telemetry.reply[ANSWER] = FRAME_VERSION as u8;
    writeU16(this.telemetry.reply, ANSWER + 1, CONTROLLER_VERSION);
    this.answer(OUTCOME_ACCEPTED, 3);
  }

  private answerStage(): void {
    this.program.stage(this.telemetry.frame, PAYLOAD);
    writeU32(this.telemetry.reply, ANSWER, this.program.stagedDigest);
    this.answer(OUTCOME_ACCEPTED, 4);
  }

  private answerStatus(): void {
    const reply: Uint8Array = this.telemetry.reply;
    reply[ANSWER + STATUS_MODE] = this.therapy.mode() as u8;
    reply[ANSWER + STATUS_FLAGS] = this.flags() as u8;
    reply[ANSWER + STATUS_LAST_COMMAND] = this.lastKind as u8;
    reply[ANSWER + STATUS_LAST_OUTCOME] = this.lastOutcome as u8;
    writeU16(reply, ANSWER + STATUS_LAST_SEQUENCE, this.lastSequence);
    writeU16(reply, ANSWER + STATUS_CELL_MV, this.hal.battery.cell_mv());
    writeU32(reply, ANSWER + STATUS_RATE, this.therapy.rate);
    writeU32(reply, ANSWER + STATUS_ESTIMATE, this.reservoir.estimate);
    writeU32(reply, ANSWER + STATUS_PULSES, this.motor.pulsesTotal);
    writeU32(reply, ANSWER + STATUS_MISSED, this.motor.missedTotal);
    writeU32(reply, ANSWER + STATUS_ALARMS, this.alarms.active);
    writeU32(reply, ANSWER + STATUS_MINUTE, this.hal.clock.minute());
    writeU32(reply, ANSWER + STATUS_OFFSET, this.hal.clock.offset());
    writeU32(reply, ANSWER + STATUS_DIGEST, this.program.valid ? this.program.digest : 0);
    writeU32(reply, ANSWER + STATUS_BOLUS_GIVEN, this.therapy.bolus.given);
    writeU32(reply, ANSWER + STATUS_BOLUS_TOTAL, this.therapy.bolus.pulses);
    writeU16(reply, ANSWER + STATUS_REQUESTS, this.requests);
    writeU16(reply, ANSWER + STATUS_GRANTED, this.granted);
    for (let i: i32 = 1; i < DENIALS; i = (i + 1) | 0) {
      writeU16(reply, (ANSWER + STATUS_DENIED + ((i - 1) << 1)) | 0, this.denied[i]);
    }
    writeU16(reply, ANSWER + STATUS_REFUSED_FRAMES, this.telemetry.refused);
    this.answer(OUTCOME_ACCEPTED, STATUS_BYTES);
  }

  private flags(): i32 {
    return (
      (this.therapy.bolus.active() ? FLAG_BOLUS : 0) |
      (this.motor.stalled ? FLAG_STALLED : 0) |
      (this.therapy.limited ? FLAG_LIMITED : 0) |
      (this.selfTest.running ? FLAG_SELF_TEST : 0) |
      (this.hal.link.headPresent() ? FLAG_HEAD : 0)
    );
  }

  /** Sends the outcome and `content` bytes that lie in the reply already. */
  private answer(outcome: i32, content: i32): void {
    this.telemetry.reply[PAYLOAD] = outcome as u8;
    this.telemetry.send(this.telemetry.kind() | REPLY, this.telemetry.sequence(), (content + 1) | 0);
  }
}

/** Bytes of payload that a command has, or NOT_A_COMMAND. */
function payloadOf(kind: i32): i32 {
  switch (kind) {
    case COMMAND_INTERROGATE:
    case COMMAND_STOP:
    case COMMAND_START:
    case COMMAND_PATIENT_BOLUS:
    case COMMAND_SELF_TEST:
      return 0;
    case COMMAND_STAGE:
      return PROGRAM_BYTES;
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
    default:
      return NOT_A_COMMAND;
  }
}
