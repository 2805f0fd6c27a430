// A programmer in the hand: sends one command to a machine over its link and lets time pass until the reply is there. It
// speaks as a clinician and, for a patient's bolus, as the patient's handset; a pairing or a session that it lacks it makes
// first. For tests and property campaigns that decide as they go; a scenario's timeline does the same in the machine's own time.

import { CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import {
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  FRAME_QUERY,
  FRAME_REFUSED,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_NO_SESSION,
  PROGRAM_BYTES,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import type { Machine } from "../machine/machine";
import type { Program } from "../telemetry/program";
import { RandomStream } from "../random";
import { decodeFrame, encodeFrame, type Frame } from "../telemetry/frame";
import {
  decodeLog,
  decodeProgram,
  digestOf,
  encodeCommit,
  encodeImplant,
  encodeProgram,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  type LogEntry,
  stagePieces,
  words,
} from "../telemetry/messages";
import { SecureChannel, type Reply } from "../telemetry/secure";

/** A healthy reply takes two ticks. */
const REPLY_TICKS = 50;
/** The reference controller has tested itself by then. */
const SELF_TEST_TICKS = 10;
/** What a commissioning records: 89 cm at 2.2 uL/cm, the catheter of a scenario that names none. */
const CATHETER_MM = 890;
const CATHETER_NL = 195_800;

/** What a clinician adds to a commit: CONFIRM_ bits, a REASON_, and the 24-hour total in pulses that was shown. */
export interface Confirmation {
  confirm?: number;
  reason?: number;
  total?: number;
}

/** What it has for a ROLE_. */
interface Hand {
  role: number;
  channel: SecureChannel;
}

export class Programmer {
  private readonly machine: Machine;
  private readonly chance: RandomStream;
  private readonly hands: Hand[];
  private sequence = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.chance = new RandomStream(0, "programmer");
    this.hands = [ROLE_CLINICIAN, ROLE_PATIENT].map((role) => ({ role, channel: new SecureChannel() }));
  }

  /** The clinician's channel, or another role's. */
  channel(role: number = ROLE_CLINICIAN): SecureChannel {
    return this.handOf(role).channel;
  }

  /** Bytes on the air of a command in the session that is open in a role: the clinician's, unless another is named. */
  sealed(kind: number, sequence: number, payload?: Uint8Array, role: number = ROLE_CLINICIAN): Uint8Array {
    return this.channel(role).seal(kind, sequence, payload);
  }

  /** Sends a command under a new sequence; the reply, or null when none came within half a second. */
  ask(kind: number, payload: Uint8Array = new Uint8Array(0)): Reply | null {
    this.sequence = (this.sequence % 0xffff) + 1;
    return this.repeat(kind, payload);
  }

  /**
   * Sends a command under the sequence of the last one. A pump that has forgotten the session (a reset, a time-out) is asked
   * for a new one, once.
   */
  repeat(kind: number, payload: Uint8Array = new Uint8Array(0)): Reply | null {
    const role = kind === COMMAND_PATIENT_BOLUS ? ROLE_PATIENT : ROLE_CLINICIAN;
    const { channel } = this.handOf(role);
    for (const other of this.hands) if (other.role !== role) other.channel.close();
    for (let attempt = 0; attempt < 2; attempt++) {
      if (!channel.isOpen && !this.open(role)) return null;
      const reply = this.exchange(
        role,
        () => channel.seal(kind, this.sequence, payload),
        (frame) => {
          if (frame.type === (FRAME_REFUSED | REPLY)) return { refused: frame.body[0] };
          const opened = channel.open(frame);
          return opened?.kind === (kind | REPLY) && opened.sequence === this.sequence ? { opened } : null;
        },
      );
      if (reply === null) return null;
      if ("opened" in reply) return reply.opened;
      if (reply.refused !== OUTCOME_NO_SESSION) return null;
      channel.close();
    }
    return null;
  }

  /** Opens a session in a role, with a pairing made before if there is none. False when the pump does not grant it. */
  open(role: number = ROLE_CLINICIAN): boolean {
    const { channel } = this.handOf(role);
    if (!channel.isPaired && this.pair(role) !== OUTCOME_ACCEPTED) return false;
    const request = () => channel.openRequest(this.chance.bytes(OPEN_NONCE_BYTES));
    return this.exchange(role, request, (frame) => channel.takeOpen(frame)) === OUTCOME_ACCEPTED;
  }

  /** Pairs in a role, with the head in place; the outcome, or null without an answer. */
  pair(role: number): number | null {
    const { channel } = this.handOf(role);
    const request = () => channel.pairRequest(role, this.chance.bytes(CRYPTO_PUBLIC_KEY_BYTES));
    return this.exchange(ROLE_CLINICIAN, request, (frame) => channel.takePair(frame));
  }

  /** Asks which version the pump speaks; the answer's body, outcome first. */
  version(): Uint8Array | null {
    const request = () => encodeFrame(FRAME_QUERY, new Uint8Array(0));
    return this.exchange(ROLE_CLINICIAN, request, ({ type, body }) => (type === (FRAME_QUERY | REPLY) ? body : null));
  }

  /** The outcome byte of a command's reply, or null without one. */
  outcome(kind: number, payload?: Uint8Array): number | null {
    return this.ask(kind, payload)?.payload[0] ?? null;
  }

  /** Stages all pieces of a program and commits it; the outcome of the commit, or of the piece that was refused. */
  program(program: Program, { confirm, reason, total }: Confirmation = {}): number | null {
    const record = encodeProgram(program);
    for (const piece of stagePieces(record)) {
      const staged = this.outcome(COMMAND_STAGE, piece);
      if (staged !== OUTCOME_ACCEPTED) return staged;
    }
    return this.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record), confirm, reason, total));
  }

  /** Waits for the self-test, then sets clock, catheter, first fill (what is in the reservoir) and program. */
  commission(program: Program): number | null {
    this.machine.run(SELF_TEST_TICKS);
    this.outcome(COMMAND_SET_CLOCK, words(0));
    this.outcome(COMMAND_IMPLANT, encodeImplant(CATHETER_MM, CATHETER_NL, true));
    const filled = Math.floor(this.machine.world.reservoir.volume_nl / PULSE_NL);
    this.outcome(COMMAND_REFILL, encodeRefill(true, 0, filled));
    return this.program(program);
  }

  /** All entries of a LOG_ ring from sequence `from` on, oldest first; null when a reply is none or no list of entries. */
  readLog(ring: number, from = 1): LogEntry[] | null {
    const all: LogEntry[] = [];
    for (let next = from; ; next = all[all.length - 1].sequence + 1) {
      const reply = this.ask(COMMAND_READ_LOG, encodeReadLog(ring, next));
      const entries = reply && reply.payload[0] === OUTCOME_ACCEPTED ? decodeLog(reply.payload) : null;
      if (entries === null || entries.some((entry) => entry.sequence < next)) return null;
      if (entries.length === 0) return all;
      all.push(...entries);
    }
  }

  /** The program in force, read back; null when there is none or what came is no program record. */
  readProgram(): Program | null {
    const record: number[] = [];
    while (record.length < PROGRAM_BYTES) {
      const reply = this.ask(COMMAND_READ_PROGRAM, encodeReadProgram(record.length));
      if (reply === null || reply.payload[0] !== OUTCOME_ACCEPTED || reply.payload.length === 1) return null;
      record.push(...reply.payload.subarray(1));
    }
    return decodeProgram(Uint8Array.from(record));
  }

  private handOf(role: number): Hand {
    const hand = this.hands.find((each) => each.role === role);
    if (hand) return hand;
    const fresh = { role, channel: new SecureChannel() };
    this.hands.push(fresh);
    return fresh;
  }

  /** Sends a frame, with the head in place for a clinician, and waits for one that `take` makes something of. */
  private exchange<T>(role: number, request: () => Uint8Array, take: (frame: Frame) => T | null): T | null {
    const { link } = this.machine.board;
    link.programmingHead = role === ROLE_CLINICIAN;
    for (const byte of request()) link.arrive(byte);
    const answer = this.listen(take);
    link.programmingHead = false;
    return answer;
  }

  private listen<T>(take: (frame: Frame) => T | null): T | null {
    const { link } = this.machine.board;
    let bytes: number[] = [];
    for (let i = 0; i < REPLY_TICKS; i++) {
      this.machine.step();
      for (let byte = link.depart(); byte >= 0; byte = link.depart()) {
        if (byte !== 0) {
          bytes.push(byte);
          continue;
        }
        const frame = decodeFrame(Uint8Array.from(bytes));
        bytes = [];
        const taken = frame && take(frame);
        if (taken !== null) return taken;
      }
    }
    return null;
  }
}
