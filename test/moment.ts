// One moment of a pump, to be asked the same moment's questions again and again. What a question changed is found by holding
// the whole machine, fields of the firmware included, against a run from the same moment in which nobody asked anything: once
// right after the answer, and once more after a reset, when only what lies in the store is left.

import { expect } from "vitest";
import { decodeFrame, encodeFrame } from "../emulator/telemetry/frame";
import type { LogEntry } from "../emulator/telemetry/messages";
import type { SecureChannel } from "../emulator/telemetry/secure";
import type { Snapshot } from "../emulator/machine/machine";
import { CHANGED_LIFE, CHANGED_THERAPY } from "../firmware/changes";
import { LOG_EVENTS_AT, WINDOW_AT, RECORD_LEDGER, RECORD_PROGRAM, recordAt } from "../firmware/layout";
import {
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  FRAME_REFUSED,
  FRAME_VERSION,
  LOG_EVENTS,
  LOG_FAULTS,
  OUTCOME_NOT_AUTHORISED,
  REPLY,
} from "../hal/telemetry";
import { bytesWithin, say } from "./listen";
import type { Pump, Said } from "./pump";

/** A command is answered in the second tick after it came. */
const ANSWER_TICKS = 6;
/** Restart, self-test, and the first ticks of therapy. */
const RESTART_TICKS = 16;

/** Fields that serve the link, the log and the last command alone: a refusal may change them. */
const BOOKS =
  /^(?:telemetry|session|store\.(?:records|faultOrders)|board\.link|board\.crypto|board\.trace|board\.battery)\.|^(?:usage\.last|log\.(?:sequence|entry|cheap)|board\.nvm\.writes)/;
const BOOKS_OF: Record<number, RegExp> = {
  // The totals that its reply shows, and the record unpacked beside the program in force.
  [COMMAND_COMMIT]: /^commands\.(?:committing\.totalBefore|draft\.program)\./,
  [COMMAND_PATIENT_BOLUS]: /^usage\.(?:requests|denied)\./,
};
const INTRUSION = /^usage\.unauthorised(?:At|Next)?(?:\.|\[)/;
/** The fields that the reply to a refill shows. */
const SCRATCH = /^reservoir\.(?:expected|differed|error_permille)$/;

export interface Question {
  kind: number;
  payload?: Uint8Array;
  /** The programming head is in place; default: for every command but the patient's. */
  head?: boolean;
  version?: number;
}

export interface Answer {
  /** Outcome of the reply, null without one, and what follows it. */
  outcome: number | null;
  content: Uint8Array;
  /** Events on the trace. */
  said: Said[];
  /** Entries that the two rings gained, as they are read from the store after a reset. */
  events: LogEntry[];
  faults: LogEntry[];
  refusedFrames: number;
  /** Paths of what is not as if nobody had asked: fields of the firmware, of board and world, and `nvm` addresses. */
  changed: string[];
}

interface Run {
  answered: Snapshot;
  restarted: Snapshot;
}

export class Moment {
  readonly pump: Pump;
  private readonly start: Snapshot;
  private readonly quiet = new Map<boolean, Run>();
  /** The clinician's session, as it is at this moment; every question is asked in it. */
  private readonly session: SecureChannel;
  private channel: SecureChannel;
  private sequence = 0x4000;

  /** Unless a clinician's session is open, one is opened first, which takes a few ticks. */
  constructor(pump: Pump) {
    this.pump = pump;
    if (pump.field("session.number") !== pump.programmer.channel().session || !pump.programmer.channel().isOpen) {
      pump.programmer.open();
      pump.programmer.ask(COMMAND_INTERROGATE);
    }
    this.channel = pump.programmer.channel();
    this.session = structuredClone(this.channel);
    this.start = pump.machine.snapshot();
  }

  /** Brings the pump back to this moment. */
  again(): Pump {
    this.pump.machine.restore(this.start);
    this.channel = Object.assign(this.pump.programmer.channel(), structuredClone(this.session));
    return this.pump;
  }

  /** A moment later on: what `act` does has happened. */
  after(act: (pump: Pump) => void): Moment {
    act(this.again());
    return new Moment(this.pump);
  }

  /** Sends one command at this moment; the reply's outcome. The pump goes on from there. */
  outcome(question: Question): number | null {
    this.again();
    return this.send(question)[0] ?? null;
  }

  /** The whole truth about one command at this moment. */
  ask(question: Question): Answer {
    const { machine } = this.pump;
    const head = headOf(question);
    const quiet = this.quietRun(head);
    this.again();
    const last = [LOG_EVENTS, LOG_FAULTS].map((ring) => this.pump.field(`log.sequence[${ring}]`));
    const refused = this.pump.field("telemetry.refused");
    const from = this.pump.said.length;
    const reply = this.send(question);
    const said = this.pump.said.slice(from);
    const refusedFrames = this.pump.field("telemetry.refused") - refused;
    const gained = [LOG_EVENTS, LOG_FAULTS].map((ring) => this.pump.field(`log.sequence[${ring}]`) - last[ring]);
    const run = this.restart(machine.snapshot());
    const allowed = [BOOKS, SCRATCH, ...(BOOKS_OF[question.kind] ? [BOOKS_OF[question.kind]] : [])];
    if (reply[0] === OUTCOME_NOT_AUTHORISED) allowed.push(INTRUSION);
    const changed = new Set([
      ...this.differences(run.answered, quiet.answered),
      ...this.differences(run.restarted, quiet.restarted),
    ]);
    const [events, faults] = [LOG_EVENTS, LOG_FAULTS].map((ring) =>
      gained[ring] > 0 ? (this.pump.programmer.readLog(ring, last[ring] + 1) ?? []).slice(0, gained[ring]) : [],
    );
    return {
      outcome: reply[0] ?? null,
      content: reply.subarray(1),
      said,
      events,
      faults,
      refusedFrames,
      changed: [...changed].filter((path) => !allowed.some((books) => books.test(path))),
    };
  }

  /** The reply's payload, empty without a reply; `ANSWER_TICKS` pass. */
  private send(question: Question): Uint8Array {
    const { machine } = this.pump;
    this.sequence++;
    const { kind, payload, version = FRAME_VERSION } = question;
    const sealed = this.channel.seal(kind, this.sequence, payload);
    say(machine, version === FRAME_VERSION ? sealed : ofVersion(sealed, version));
    const sent = this.pass(headOf(question));
    const frame = decodeFrame(Uint8Array.from(sent).subarray(1, -1));
    if (frame?.type === (FRAME_REFUSED | REPLY)) return frame.body;
    const reply = frame && this.channel.open(frame);
    return reply?.kind === (kind | REPLY) ? reply.payload : new Uint8Array(0);
  }

  private pass(head: boolean): number[] {
    const { machine } = this.pump;
    machine.board.link.programmingHead = head;
    const sent = bytesWithin(machine, ANSWER_TICKS);
    machine.board.link.programmingHead = false;
    return sent;
  }

  /**
   * A pump that was asked wrote ledger and chart a tick ago. Every pump writes them here, so that all go on from the same tick.
   */
  private restart(answered: Snapshot): Run {
    const { machine } = this.pump;
    expect(machine.firmware.write("changes.bits", CHANGED_THERAPY | CHANGED_LIFE)).toBe(true);
    machine.step();
    machine.inject("reset");
    machine.run(RESTART_TICKS);
    return { answered, restarted: machine.snapshot() };
  }

  private quietRun(head: boolean): Run {
    let run = this.quiet.get(head);
    if (!run) {
      this.again();
      this.pass(head);
      run = this.restart(this.pump.machine.snapshot());
      this.quiet.set(head, run);
    }
    return run;
  }

  private differences(one: Snapshot, other: Snapshot): string[] {
    const { firmware, symbols } = this.pump.machine;
    return [
      ...differing(firmware.paths(), one.controller, other.controller),
      ...differing(symbols.paths(), one.machine, other.machine),
    ];
  }
}

/** The same frame under another version. */
function ofVersion(bytes: Uint8Array, version: number): Uint8Array {
  const { type, body } = decodeFrame(bytes.subarray(1, -1))!;
  return encodeFrame(type, body, version);
}

function headOf({ kind, head }: Question): boolean {
  return head ?? kind !== COMMAND_PATIENT_BOLUS;
}

/** Paths are in the order of a saved state: scalars, then arrays. */
function differing(paths: string[], one: Snapshot["machine"], other: Snapshot["machine"]): string[] {
  const found: string[] = [];
  one.scalars.forEach((value, i) => {
    if (value !== other.scalars[i]) found.push(paths[i]);
  });
  one.arrays.forEach((array, i) => {
    const path = paths[one.scalars.length + i];
    if (path === "board.nvm.bytes") found.push(...differingBytes(array as Uint8Array, other.arrays[i] as Uint8Array));
    else if (Buffer.compare(bytesOf(array), bytesOf(other.arrays[i])) !== 0) found.push(`${path}.`);
  });
  return found;
}

function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** Header, halt mark, program and windows to the byte. Ledger, chart and log say by what is loaded from them. */
function differingBytes(one: Uint8Array, other: Uint8Array): string[] {
  const regions: [string, number, number][] = [
    ["header and time", 0, recordAt(RECORD_LEDGER)],
    ["program", recordAt(RECORD_PROGRAM), LOG_EVENTS_AT],
    ["windows", WINDOW_AT, one.length],
  ];
  return regions
    .filter(([, from, to]) => Buffer.compare(one.subarray(from, to), other.subarray(from, to)) !== 0)
    .map(([name]) => `nvm: ${name}`);
}
