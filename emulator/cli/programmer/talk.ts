// One run of a programmer command, with its port, client, pairing and person. Commands ask the pump and the person through this
// file. When the needed answer does not come, the command ends with the error `Ended`, which `ending.ts` turns into words.
// Questions go to stderr, so that only the result is on stdout.

import { createInterface } from "node:readline/promises";
import { type Answer, type Hello, TelemetryClient } from "../../programmer/client";
import { LogReading, ProgramReading, type Reading } from "../../programmer/reading";
import type { LogEntry, Status } from "../../telemetry/messages";
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
  program(): Promise<Program | null> {
    return this.read(new ProgramReading());
  }

  /** All entries of a LOG_ ring from a sequence on. */
  log(ring: number, from?: number): Promise<LogEntry[]> {
    return this.read(new LogReading(ring, from));
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

  private async read<T>(reading: Reading<T>): Promise<T> {
    for (;;) {
      const { kind, payload } = reading.next();
      const answer = await this.client.ask(kind, payload);
      if (answer.kind !== "answered") throw new Ended(answer, true);
      const taken = reading.take(answer.payload);
      if (taken.kind === "done") return taken.found;
      if (taken.kind === "refused") throw new Ended({ kind: "answered", outcome: taken.outcome }, true);
      if (taken.kind === "bad") throw new Ended({ kind: "notAcknowledged", status: "unknown", outcome: null }, true);
    }
  }
}

/** Throws UsageError when there is neither `--yes` nor a terminal. It is called before anything is sent. */
export function checkCanAsk(name: string, person: Pick<Person, "yes" | "input">): void {
  if (person.yes || person.input.isTTY) return;
  throw new UsageError(`programmer ${name} asks before it acts, and there is no terminal to ask on: --yes answers`);
}
