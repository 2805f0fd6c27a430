// One run of a programmer command, with its port, client, pairing and person. Commands ask the pump and the person through this
// file. When the needed answer does not come, the command ends with the error `Ended`, which `ending.ts` turns into words.
// Questions go to stderr, so that only the result is on stdout.

import { createInterface } from "node:readline/promises";
import {
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  OUTCOME_ACCEPTED,
  OUTCOME_NOT_PROGRAMMED,
  PROGRAM_BYTES,
} from "../../../hal/telemetry";
import { type Answer, type Hello, TelemetryClient } from "../../programmer/client";
import {
  decodeLog,
  decodeProgram,
  encodeReadLog,
  encodeReadProgram,
  type LogEntry,
  type Status,
} from "../../telemetry/messages";
import type { KeptPairing } from "../../programmer/pairing-file";
import type { BytePort } from "../../port/port";
import type { Program } from "../../telemetry/program";
import { UsageError } from "../../usage-error";

/** The result of a command: the text for a person, the further values of `--json`, and the exit code. */
export interface CommandResult {
  /** One of the words of `--json`'s `result`. */
  result: "accepted" | "read" | "refused" | "not_acknowledged" | "not_sent" | "interrupted" | "declined";
  text: string;
  json: object;
  exit: number;
}

export type Shortfall = Exclude<Answer, { kind: "answered" }> | { kind: "answered"; outcome: number };

/** Ends a command, because the pump's answer was not the one that the command needs. */
export class Ended extends Error {
  readonly answer: Shortfall;
  readonly isQuery: boolean;

  constructor(answer: Shortfall, isQuery: boolean) {
    super(answer.kind);
    this.answer = answer;
    this.isQuery = isQuery;
  }
}

/** The person answered no. */
export class Declined extends Error {}

export interface Person {
  yes: boolean;
  signal: AbortSignal;
  input: NodeJS.ReadStream;
  note: (text: string) => void;
}

export class Talk {
  readonly client: TelemetryClient;
  readonly port: BytePort;
  readonly pairing: KeptPairing | null;
  private readonly person: Person;

  constructor(client: TelemetryClient, port: BytePort, pairing: KeptPairing | null, person: Person) {
    this.client = client;
    this.port = port;
    this.pairing = pairing;
    this.person = person;
  }

  get signal(): AbortSignal {
    return this.person.signal;
  }

  note(text: string): void {
    this.person.note(text);
  }

  /** The pump's answer to a command, with any outcome. Throws Ended when there is none. */
  async order(kind: number, payload?: Uint8Array): Promise<{ outcome: number; payload: Uint8Array }> {
    const answer = await this.client.ask(kind, payload);
    if (answer.kind !== "answered") throw new Ended(answer, false);
    return answer;
  }

  async version(): Promise<Hello> {
    const answer = await this.client.version();
    if (answer.kind !== "version") throw new Ended(answer, true);
    return answer.hello;
  }

  async status(): Promise<Status> {
    const answer = await this.client.status();
    if (answer.kind !== "status") throw new Ended(answer, true);
    return answer.status;
  }

  /** The program in force, or null when the pump has none. */
  async program(): Promise<Program | null> {
    const record: number[] = [];
    while (record.length < PROGRAM_BYTES) {
      const { outcome, payload } = await this.query(COMMAND_READ_PROGRAM, encodeReadProgram(record.length));
      if (outcome === OUTCOME_NOT_PROGRAMMED && record.length === 0) return null;
      if (outcome !== OUTCOME_ACCEPTED || payload.length === 1) throw new Ended({ kind: "answered", outcome }, true);
      record.push(...payload.subarray(1));
    }
    const program = decodeProgram(Uint8Array.from(record));
    if (program === null) throw new Ended({ kind: "notAcknowledged", status: "unknown", outcome: null }, true);
    return program;
  }

  /** The entries of a LOG_ ring from a sequence on, as many as one answer carries; empty at the end of the ring. */
  async log(ring: number, from: number): Promise<LogEntry[]> {
    const { outcome, payload } = await this.query(COMMAND_READ_LOG, encodeReadLog(ring, from));
    const entries = outcome === OUTCOME_ACCEPTED ? decodeLog(payload) : null;
    if (outcome !== OUTCOME_ACCEPTED) throw new Ended({ kind: "answered", outcome }, true);
    // With a pump that goes back in its log, the reading would never end.
    if (entries === null || entries.some((entry) => entry.sequence < from)) {
      throw new Ended({ kind: "notAcknowledged", status: "unknown", outcome: null }, true);
    }
    return entries;
  }

  /** All entries of a ring from a sequence on. */
  async wholeLog(ring: number, from = 1): Promise<LogEntry[]> {
    const all: LogEntry[] = [];
    for (let next = from; ; next = all[all.length - 1].sequence + 1) {
      const entries = await this.log(ring, next);
      if (entries.length === 0) return all;
      all.push(...entries);
    }
  }

  /** Shows what the command will do. Returns when the person answers yes or gave `--yes`; throws Declined otherwise. */
  async confirm(about: string, question: string): Promise<void> {
    this.note(about);
    if (this.person.yes) return;
    if (!(await this.ask(question))) throw new Declined();
  }

  /** Asks a question that `--yes` does not answer. False when the person answers no, or there is no terminal. */
  async askPerson(about: string, question: string): Promise<boolean> {
    if (!this.person.input.isTTY) return false;
    this.note(about);
    return this.ask(question);
  }

  private async ask(question: string): Promise<boolean> {
    const { input, signal } = this.person;
    // Without `terminal`, readline leaves an interrupt to the program.
    const lines = createInterface({ input, output: process.stderr, terminal: false });
    try {
      const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
      const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed]);
      return /^y(es)?$/i.test(answer.trim());
    } catch {
      throw new Ended({ kind: "cancelled", sent: false }, true);
    } finally {
      lines.close();
    }
  }

  private async query(kind: number, payload: Uint8Array): Promise<{ outcome: number; payload: Uint8Array }> {
    const answer = await this.client.ask(kind, payload);
    if (answer.kind !== "answered") throw new Ended(answer, true);
    return answer;
  }
}

/** Throws UsageError when there is neither `--yes` nor a terminal. It is called before anything is sent. */
export function checkCanAsk(name: string, person: Pick<Person, "yes" | "input">): void {
  if (person.yes || person.input.isTTY) return;
  throw new UsageError(`programmer ${name} asks before it acts, and there is no terminal to ask on: --yes answers`);
}
