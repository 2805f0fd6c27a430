// A programmer that drives a machine: it sends one command over the machine's link and lets time pass until the reply is
// there. It speaks as a clinician and, for a patient's bolus, as the patient's handset; it makes the pairing or session
// that is missing. It is for tests and property campaigns that decide as they go. A scenario's people do the same in the
// machine's own time.

import { COMMAND_PATIENT_BOLUS, OUTCOME_ACCEPTED, ROLE_CLINICIAN, ROLE_PATIENT } from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import type { Machine } from "../machine/machine";
import { RandomStream } from "../random";
import { telemetryReader } from "../telemetry/frame";
import type { LogEntry } from "../telemetry/messages";
import type { Program } from "../telemetry/program";
import type { Reply, SecureChannel } from "../telemetry/secure";
import { type Ending, Exchange, type Policy } from "./exchange";
import { type Catheter, commissioning, type Confirmation, programming } from "./orders";
import { LogReading, ProgramReading, type Reading } from "./reading";

/** A healthy reply takes two ticks. */
const REPLY_TICKS = 50;
/** The reference controller has tested itself by then. */
const SELF_TEST_TICKS = 10;
/** The catheter of a scenario that names none: 89 cm at 2.2 uL/cm. */
export const CATHETER: Catheter = { length_mm: 890, volume_nl: 195_800 };

/** Nothing is repeated, because the caller decides. When the pump no longer knows the session, a new one is opened, once. */
const POLICY: Policy = {
  tries: 1,
  wait: () => REPLY_TICKS,
  triesEach: true,
  refusal: "end",
  reopenings: 1,
  freshSession: false,
  onePairingKey: false,
  busyTries: 0,
  busyWait: 0,
};

export class Programmer {
  private readonly machine: Machine;
  private readonly exchange: Exchange;

  constructor(machine: Machine) {
    this.machine = machine;
    const chance = new RandomStream(0, "programmer");
    this.exchange = new Exchange({ policy: POLICY, random: (bytes) => chance.bytes(bytes) });
  }

  /** The clinician's channel, or another role's. */
  channel(role: number = ROLE_CLINICIAN): SecureChannel {
    return this.exchange.channel(role);
  }

  /** Bytes on the air of a command in the session that is open in a role: the clinician's, unless another is named. */
  sealed(kind: number, sequence: number, payload?: Uint8Array, role: number = ROLE_CLINICIAN): Uint8Array {
    return this.channel(role).seal(kind, sequence, payload);
  }

  /** Sends a command under a new sequence; the reply, or null when none came within half a second. */
  ask(kind: number, payload: Uint8Array = new Uint8Array(0)): Reply | null {
    this.exchange.takeNumber();
    return this.repeat(kind, payload);
  }

  /**
   * Sends a command under the sequence of the last one. A pump that has forgotten the session (a reset, a time-out) is asked
   * for a new one, once.
   */
  repeat(kind: number, payload: Uint8Array = new Uint8Array(0)): Reply | null {
    const role = kind === COMMAND_PATIENT_BOLUS ? ROLE_PATIENT : ROLE_CLINICIAN;
    this.exchange.command(role, kind, payload, { sequence: this.exchange.sequence });
    const ending = this.run(role);
    return ending.kind === "answered" ? ending.reply : null;
  }

  /** Opens a session in a role, with a pairing made before if there is none. False when the pump does not grant it. */
  open(role: number = ROLE_CLINICIAN): boolean {
    this.exchange.open(role);
    return this.run(role).kind === "opened";
  }

  /** Pairs in a role, with the head in place; the outcome, or null without an answer. */
  pair(role: number): number | null {
    this.exchange.pair(role);
    const ending = this.run(role);
    if (ending.kind === "paired") return OUTCOME_ACCEPTED;
    return ending.kind === "refused" ? ending.outcome : null;
  }

  /** Asks which version the pump speaks; the answer's body, outcome first. */
  version(): Uint8Array | null {
    this.exchange.askVersion();
    const ending = this.run(ROLE_CLINICIAN);
    return ending.kind === "version" ? ending.frame.body : null;
  }

  /** The outcome byte of a command's reply, or null without one. */
  outcome(kind: number, payload?: Uint8Array): number | null {
    return this.ask(kind, payload)?.payload[0] ?? null;
  }

  /** Stages all pieces of a program and commits it; the outcome of the commit, or of the piece that was refused. */
  program(program: Program, confirmation: Confirmation = {}): number | null {
    let outcome: number | null = null;
    for (const { kind, payload } of programming(program, confirmation)) {
      outcome = this.outcome(kind, payload);
      if (outcome !== OUTCOME_ACCEPTED) return outcome;
    }
    return outcome;
  }

  /** Waits for the self-test, then sets clock, catheter, first fill (what is in the reservoir) and program. */
  commission(program: Program): number | null {
    this.machine.run(SELF_TEST_TICKS);
    const filled = Math.floor(this.machine.world.reservoir.volume_nl / PULSE_NL);
    const orders = commissioning({ wallMinute: 0, catheter: CATHETER, filled, handset: false });
    for (const { kind, payload } of orders) this.outcome(kind, payload);
    return this.program(program);
  }

  /** All entries of a LOG_ ring from sequence `from` on, oldest first; null when a reply is none or no list of entries. */
  readLog(ring: number, from?: number): LogEntry[] | null {
    return this.read(new LogReading(ring, from));
  }

  /** The program in force, read back; null when there is none or what came is no program record. */
  readProgram(): Program | null {
    return this.read(new ProgramReading());
  }

  private read<T>(reading: Reading<T>): T | null {
    for (;;) {
      const { kind, payload } = reading.next();
      const reply = this.ask(kind, payload);
      const taken = reply && reading.take(reply.payload);
      if (taken?.kind === "done") return taken.found;
      if (taken?.kind !== "more") return null;
    }
  }

  /** Lets time pass until the exchange is over. The head is in place for a clinician and for a pairing. */
  private run(role: number): Ending {
    const { machine, exchange } = this;
    const { link } = machine.board;
    const reader = telemetryReader();
    let ending: Ending | null = null;
    while (ending === null) {
      if (exchange.isDue) {
        const bytes = exchange.send(machine.tick);
        link.programmingHead = role === ROLE_CLINICIAN || exchange.isPairing;
        for (const byte of bytes) link.arrive(byte);
      }
      machine.step();
      for (let frame = reader.hear(link); frame; frame = reader.hear(link)) {
        ending ??= exchange.take(frame, machine.tick);
      }
      ending ??= exchange.expire(machine.tick);
    }
    link.programmingHead = false;
    return ending;
  }
}
