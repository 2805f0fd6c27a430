// The programmer's client at a port: one command at a time, asked until there is an answer or every try is used up. It asks for
// the version first. A retry is the same sequence in a new sealed frame, so a pump that has carried the command out
// acknowledges it again and does nothing (LNK-3). When no try was answered, the client looks in the status whether the command
// was carried out, because a command that was sent and not acknowledged is neither a success nor a failure. All waits are
// bounded: try n waits 2^n times the time-out, at most 12 s. The fifth try goes out after 15 s, behind the longest pause that a
// pump keeps after frames it cannot trust (10.24 s). The caller decides what the answers mean.

import { createHash, randomBytes } from "node:crypto";
import {
  COMMAND_INTERROGATE,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  FRAME_VERSION,
  OUTCOME_ACCEPTED,
  OUTCOME_MALFORMED,
  OUTCOME_NO_SESSION,
} from "../../hal/telemetry";
import { telemetryReader, type Frame } from "../telemetry/frame";
import { decodeStatus, type Status } from "../telemetry/messages";
import type { BytePort } from "../port/port";
import { type Ending, Exchange, NOT_REFUSED, STEP_COMMAND, STEP_OPEN, STEP_PAIR, STEP_VERSION } from "./exchange";
import type { KeptPairing, PairingBook } from "./pairing-file";

/** The result of one command. `payload` begins with the outcome byte. */
export type Answer =
  | { kind: "answered"; outcome: number; payload: Uint8Array }
  /** Refused in the clear, without authentication: the pump would not open a session or could not read the command. */
  | { kind: "refused"; outcome: number }
  /** Sent, and no try was answered. `status` is the result by the pump's status, and `outcome` the one that it has, if any. */
  | { kind: "notAcknowledged"; status: "accepted" | "notAccepted" | "unknown"; outcome: number | null }
  /** The command was not sent, because no pump answers or the pump speaks another version. */
  | { kind: "notSent"; why: NotSent }
  /** Cancelled by the caller's signal. When it was `sent`, it may have been carried out. */
  | { kind: "cancelled"; sent: boolean };

type NotAcknowledged = Extract<Answer, { kind: "notAcknowledged" }>;

export type NotSent = { reason: "silent"; bytes: number } | { reason: "version"; frameVersion: number };

/** The answer to a version query. */
export interface Hello {
  frameVersion: number;
  controllerVersion: number;
  libraryVersion: number;
}

export type PairAnswer =
  | { kind: "paired"; kept: KeptPairing }
  | { kind: "refused"; outcome: number }
  | { kind: "notSent"; why: NotSent }
  | { kind: "cancelled"; sent: boolean };

export interface ClientOptions {
  /** The time for which the first try waits for an answer. */
  timeout_ms?: number;
  tries?: number;
  signal?: AbortSignal;
  /** Replaces the random bytes, for a test that must repeat. */
  random?: (bytes: number) => Uint8Array;
  /** Called when a try had no answer and another one follows. */
  onRetry?: (what: string) => void;
}

export const TIMEOUT_MS_DEFAULT = 1000;
export const TRIES_DEFAULT = 5;
/** Longer than the longest pause of a pump in back-off, 10.24 s. */
const WAIT_MS_MAX = 12_000;
const HELLO_BYTES = 6;
const HELLO_BYTES_OF_VERSION_1 = 8;
/** Commands that change nothing in the pump, so the pump does not keep their sequence and outcome. */
const QUERIES: readonly number[] = [COMMAND_INTERROGATE, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];
/** The sequence of such a command, which needs none of its own. */
const QUERY_SEQUENCE = 0;

/** The text about a try without an answer, by its step. */
const UNANSWERED_STEPS = new Map([
  [STEP_VERSION, "no answer to the version query"],
  [STEP_PAIR, "no pairing yet"],
  [STEP_OPEN, "no session yet"],
  [STEP_COMMAND, "no answer"],
]);

class Cancelled extends Error {}

/** A change of the exchange under way: its ending if it is over, and whether a time-out caused the change. */
interface Progress {
  ending: Ending | null;
  isTimeout: boolean;
}

export class TelemetryClient {
  private readonly port: BytePort;
  private readonly tries: number;
  private readonly signal: AbortSignal | undefined;
  private readonly onRetry: (what: string) => void;
  private readonly exchange: Exchange;
  private readonly reader = telemetryReader();
  private book: PairingBook | null = null;
  private hello: Hello | null = null;
  /** The number of bytes received so far. */
  private heard = 0;
  /** Takes frames while an exchange is under way. */
  private take: ((frame: Frame) => void) | null = null;

  constructor(port: BytePort, options: ClientOptions = {}) {
    const { timeout_ms = TIMEOUT_MS_DEFAULT, tries = TRIES_DEFAULT } = options;
    this.port = port;
    this.tries = tries;
    this.signal = options.signal;
    this.onRetry = options.onRetry ?? (() => undefined);
    this.exchange = new Exchange({
      policy: {
        tries,
        wait: (attempt) => Math.min(timeout_ms * 2 ** attempt, Math.max(WAIT_MS_MAX, timeout_ms)),
        triesEach: false,
        refusal: "retry",
        reopenings: 0,
        freshSession: true,
        onePairingKey: true,
        busyTries: 0,
        busyWait: 0,
      },
      random: options.random ?? ((bytes) => Uint8Array.from(randomBytes(bytes))),
      number: () => this.bookInUse().nextSequence(),
    });
    port.onBytes = (bytes) => this.receive(bytes);
  }

  /** Uses this pairing from now on. */
  use(book: PairingBook): void {
    this.book = book;
    this.exchange.channel(book.kept.role).resume(book.kept);
  }

  /** Asks for the version once. A pump of another version gives `notSent` with that version. */
  async version(): Promise<{ kind: "version"; hello: Hello } | Extract<Answer, { kind: "notSent" | "cancelled" }>> {
    return this.guarded(
      () => false,
      async () => {
        const found = await this.greet();
        return "reason" in found ? { kind: "notSent", why: found } : { kind: "version", hello: found };
      },
    );
  }

  /** Pairs in a ROLE_, which needs the programming head in place. The caller must write the pairing to its file. */
  async pair(role: number): Promise<PairAnswer> {
    const { exchange } = this;
    const attempt = async (): Promise<PairAnswer> => {
      const found = await this.greet();
      if ("reason" in found) return { kind: "notSent", why: found };
      const ending = await this.run(() => exchange.pair(role));
      if (ending.kind === "paired") {
        const channel = exchange.channel(role);
        return { kind: "paired", kept: { ...channel.pairing(), name: nameOf(channel.pumpKey), sequence: 0 } };
      }
      if (ending.kind === "refused") return { kind: "refused", outcome: ending.outcome };
      if (exchange.refusedWith !== NOT_REFUSED) return { kind: "refused", outcome: exchange.refusedWith };
      return { kind: "notSent", why: { reason: "silent", bytes: this.heard } };
    };
    return this.guarded(() => exchange.sent, attempt);
  }

  /** Sends a command and returns its result. Throws only the errors of the pairing's file. */
  async ask(command: number, payload: Uint8Array = new Uint8Array(0)): Promise<Answer> {
    const { role } = this.bookInUse().kept;
    const { exchange } = this;
    const isQuery = QUERIES.includes(command);
    let isConcluding = false;
    const attempt = async (): Promise<Answer> => {
      const found = await this.greet();
      if ("reason" in found) return { kind: "notSent", why: found };
      const options = isQuery ? { sequence: QUERY_SEQUENCE } : {};
      const ending = await this.run(() => exchange.command(role, command, payload, options));
      if (ending.kind === "answered") {
        return { kind: "answered", outcome: ending.reply.payload[0], payload: ending.reply.payload };
      }
      if (ending.kind === "refused") return { kind: "refused", outcome: ending.outcome };
      isConcluding = exchange.sent;
      return this.conclude(command, isQuery);
    };
    return this.guarded(() => isConcluding || exchange.sent, attempt);
  }

  /** The status, or the reason why there is none. */
  async status(): Promise<{ kind: "status"; status: Status } | Exclude<Answer, { kind: "answered" }>> {
    const answer = await this.ask(COMMAND_INTERROGATE);
    if (answer.kind !== "answered") return answer;
    const status = decodeStatus(answer.payload);
    return status ? { kind: "status", status } : { kind: "refused", outcome: OUTCOME_MALFORMED };
  }

  /** The result of a command whose tries are used up. */
  private async conclude(command: number, isQuery: boolean): Promise<Answer> {
    const { sequence, sent, unanswered, refusedWith } = this.exchange;
    if (sent && !isQuery) {
      const found = await this.lookUp(command, sequence, unanswered ? this.tries : 1);
      if (found.status !== "unknown") return found;
    }
    // Every frame was refused in the clear, so nothing was carried out as far as the pump says.
    if (refusedWith !== NOT_REFUSED && !unanswered) return { kind: "refused", outcome: refusedWith };
    if (!sent) return { kind: "notSent", why: { reason: "silent", bytes: this.heard } };
    return { kind: "notAcknowledged", status: "unknown", outcome: null };
  }

  /** Looks in the status whether a command that was never acknowledged was carried out. */
  private async lookUp(command: number, sequence: number, tries: number): Promise<NotAcknowledged> {
    const { role } = this.bookInUse().kept;
    const { exchange } = this;
    for (let n = 0; n < tries; n++) {
      const options = { sequence: QUERY_SEQUENCE, tries: [n, n + 1] as const };
      const ending = await this.run(() => exchange.command(role, COMMAND_INTERROGATE, new Uint8Array(0), options));
      if (ending.kind !== "answered") continue;
      const status = decodeStatus(ending.reply.payload);
      if (status === null) {
        exchange.channel(role).close();
        continue;
      }
      if (status.lastCommand !== command || status.lastSequence !== sequence) {
        return { kind: "notAcknowledged", status: "notAccepted", outcome: null };
      }
      const accepted = status.lastOutcome === OUTCOME_ACCEPTED;
      return { kind: "notAcknowledged", status: accepted ? "accepted" : "notAccepted", outcome: status.lastOutcome };
    }
    return { kind: "notAcknowledged", status: "unknown", outcome: null };
  }

  private bookInUse(): PairingBook {
    if (this.book === null) throw new Error("no pairing in use");
    return this.book;
  }

  private async greet(): Promise<Hello | NotSent> {
    if (this.hello) return this.hello;
    const ending = await this.run(() => this.exchange.askVersion());
    if (ending.kind !== "version") return { reason: "silent", bytes: this.heard };
    const { version, body } = ending.frame;
    const says = body.length === HELLO_BYTES ? body[1] : body.length === HELLO_BYTES_OF_VERSION_1 ? body[3] : version;
    if (version !== FRAME_VERSION || says !== FRAME_VERSION || body.length !== HELLO_BYTES) {
      return { reason: "version", frameVersion: version === FRAME_VERSION ? says : version };
    }
    this.hello = { frameVersion: says, controllerVersion: u16(body, 2), libraryVersion: u16(body, 4) };
    return this.hello;
  }

  /** Begins an exchange with `begin` and carries it to its end. Throws Cancelled, and the errors of the pairing's file. */
  private async run(begin: () => void): Promise<Ending> {
    if (this.take !== null) throw new Error("one command at a time");
    const { exchange } = this;
    begin();
    for (;;) {
      if (this.signal?.aborted) throw new Cancelled();
      if (exchange.isDue) this.port.write(exchange.send(performance.now()));
      const { attempt, step } = exchange;
      const { ending, isTimeout } = await this.progress();
      if (ending !== null) return ending;
      if (exchange.attempt > attempt) this.noteRetry(step, isTimeout);
    }
  }

  /** Waits until the exchange is over, has a frame to send, or has a new deadline. */
  private async progress(): Promise<Progress> {
    const { exchange, signal } = this;
    const { deadline } = exchange;
    let end: (progress: Progress) => void = () => undefined;
    const progress = new Promise<Progress>((resolve) => (end = resolve));
    const onAbort = () => end({ ending: null, isTimeout: false });
    signal?.addEventListener("abort", onAbort, { once: true });
    // The timer ends the wait, even when the finer clock is not yet at the deadline.
    const onTimeout = () => end({ ending: exchange.expire(deadline), isTimeout: true });
    const timer = setTimeout(onTimeout, deadline - performance.now());
    this.take = (frame) => {
      const ending = exchange.take(frame, performance.now());
      if (ending !== null || exchange.isDue || exchange.deadline !== deadline) end({ ending, isTimeout: false });
    };
    try {
      return await progress;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.take = null;
    }
  }

  private receive(bytes: Uint8Array): void {
    this.heard += bytes.length;
    for (const byte of bytes) {
      const frame = this.reader.take(byte);
      if (frame !== null) this.take?.(frame);
    }
  }

  private async guarded<T>(
    sent: () => boolean,
    work: () => Promise<T>,
  ): Promise<T | { kind: "cancelled"; sent: boolean }> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      return { kind: "cancelled", sent: sent() };
    }
  }

  /** Reports that a try of `step` has failed and the next one follows. */
  private noteRetry(step: number, isTimeout: boolean): void {
    const { attempt, refusedWith } = this.exchange;
    const isEnded = step === STEP_COMMAND && !isTimeout && refusedWith === OUTCOME_NO_SESSION;
    const what = isEnded ? "the session has ended" : UNANSWERED_STEPS.get(step);
    this.onRetry(`${what}; try ${attempt + 1} of ${this.tries}`);
  }
}

/** Eight hex digits that name the public key of a pump. */
function nameOf(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex").slice(0, 8);
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}
