// The asynchronous side of a programmer: one command at a time over a port, asked until there is an answer or every try is
// used up. It asks for the version first and opens a session when there is none; a retry is the same sequence in a new
// sealed frame, so a pump that has carried the command out acknowledges it again and does nothing (LNK-3). When no try
// was answered it asks the status what became of the command, because sent-but-not-acknowledged is neither success nor
// failure. All waits are bounded: try n waits 2^n times the time-out, at most 12 s; the fifth goes out after 15 s, behind the
// longest pause that a pump keeps after frames it cannot trust (10.24 s). What the answers mean is for whoever asked.

import { createHash, randomBytes } from "node:crypto";
import { CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import {
  COMMAND_INTERROGATE,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  FRAME_CODED_BYTES,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_VERSION,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_MALFORMED,
  OUTCOME_NO_SESSION,
  OUTCOME_REPLAY,
  REPLY,
} from "../../hal/telemetry";
import { decodeFrame, encodeFrame, type Frame } from "../telemetry/frame";
import { decodeStatus, type Status } from "../telemetry/messages";
import type { KeptPairing, PairingBook } from "./pairing-file";
import type { BytePort } from "../port/port";
import { type Reply, SecureChannel } from "../telemetry/secure";

/** What became of one command. `payload` begins with the outcome byte. */
export type Answer =
  | { kind: "answered"; outcome: number; payload: Uint8Array }
  /** In the clear: the pump would not open a session or could not read the command. Nobody has signed that it says so. */
  | { kind: "refused"; outcome: number }
  /** Sent, and no try was answered; `status` is what the pump then said of it. `outcome` only when it was carried out. */
  | { kind: "notAcknowledged"; status: "accepted" | "notAccepted" | "unknown"; outcome: number | null }
  /** The command never left: no pump answers, or it speaks another version. */
  | { kind: "notSent"; why: NotSent }
  /** By the caller's signal. `sent`: it may have been carried out. */
  | { kind: "cancelled"; sent: boolean };

type NotAcknowledged = Extract<Answer, { kind: "notAcknowledged" }>;

export type NotSent = { reason: "silent"; bytes: number } | { reason: "version"; frameVersion: number };

/** What answers a version query. */
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
  /** How long the first try waits for an answer. */
  timeout_ms?: number;
  tries?: number;
  signal?: AbortSignal;
  /** Chance, for a test that repeats. */
  random?: (bytes: number) => Uint8Array;
  /** A try had no answer, and there is another. */
  onRetry?: (what: string) => void;
}

export const TIMEOUT_MS_DEFAULT = 1000;
export const TRIES_DEFAULT = 5;
/** Longer than the longest pause of a pump in back-off, 10.24 s. */
const WAIT_MS_MAX = 12_000;
/** The body of a version query: a pump of version 1 takes the two bytes for a sequence, and answers. */
const QUERY_BODY = new Uint8Array(2);
const HELLO_BYTES = 6;
const HELLO_BYTES_OF_VERSION_1 = 8;
/** Questions that change nothing, so that nothing is remembered of them. */
const QUERIES: readonly number[] = [COMMAND_INTERROGATE, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];
/** A question that changes nothing needs no sequence of its own. */
const QUERY_SEQUENCE = 0;

class Cancelled extends Error {}

/** An answer to OPEN is the pump's last word; a refusal of what could not be read (`turnedAway`) may be noise. */
type Opened = "open" | "silent" | { refused: number } | TurnedAway;

interface TurnedAway {
  turnedAway: number;
}

/** A command under way. */
interface Asked {
  command: number;
  payload: Uint8Array;
  isQuery: boolean;
  /** From the first try on; a retry has the same. */
  sequence: number | null;
  sent: boolean;
  /** A frame of it was sent and nothing came back, so it may have been carried out. */
  unanswered: boolean;
  /** The last refusal in the clear. */
  turnedAway: number | null;
}

export class TelemetryClient {
  private readonly port: BytePort;
  private readonly timeout_ms: number;
  private readonly tries: number;
  private readonly signal: AbortSignal | undefined;
  private readonly random: (bytes: number) => Uint8Array;
  private readonly onRetry: (what: string) => void;
  private readonly channel = new SecureChannel();
  private book: PairingBook | null = null;
  private hello: Hello | null = null;
  private coded: number[] = [];
  private overlong = false;
  private heard = 0;
  private take: ((frame: Frame) => void) | null = null;

  constructor(port: BytePort, options: ClientOptions = {}) {
    this.port = port;
    this.timeout_ms = options.timeout_ms ?? TIMEOUT_MS_DEFAULT;
    this.tries = options.tries ?? TRIES_DEFAULT;
    this.signal = options.signal;
    this.random = options.random ?? ((bytes) => Uint8Array.from(randomBytes(bytes)));
    this.onRetry = options.onRetry ?? (() => undefined);
    port.onBytes = (bytes) => this.receive(bytes);
  }

  /** Speaks from now on as this pairing. */
  use(book: PairingBook): void {
    this.book = book;
    this.channel.resume(book.kept);
  }

  /** Asks for the version, once; another one than ours is an answer too. */
  async version(): Promise<{ kind: "version"; hello: Hello } | Extract<Answer, { kind: "notSent" | "cancelled" }>> {
    return this.guarded(false, async () => {
      const found = await this.greet();
      return "reason" in found ? { kind: "notSent", why: found } : { kind: "version", hello: found };
    });
  }

  /** Pairs in a ROLE_, which needs the programming head in place. Nothing is kept: that is the caller's. */
  async pair(role: number): Promise<PairAnswer> {
    let sent = false;
    const attempt = async (): Promise<PairAnswer> => {
      const found = await this.greet();
      if ("reason" in found) return { kind: "notSent", why: found };
      // The same key at every try: one pairing is asked for, not several.
      const secret = this.random(CRYPTO_PUBLIC_KEY_BYTES);
      let turnedAway: number | null = null;
      for (let n = 0; n < this.tries; n++) {
        sent = true;
        let name = "";
        const outcome = await this.exchange<number | TurnedAway>(this.channel.pairRequest(role, secret), n, (frame) => {
          name = fingerprintOf(frame);
          return this.channel.takePair(frame) ?? turnedAwayBy(frame);
        });
        if (outcome === OUTCOME_ACCEPTED) {
          // Perhaps the late answer to an earlier try: the pump keeps the key of the one that it made last.
          const later = (frame: Frame): null => {
            this.channel.secret.set(secret);
            if (this.channel.takePair(frame) === OUTCOME_ACCEPTED) name = fingerprintOf(frame);
            return null;
          };
          if (n > 0) await this.exchange(new Uint8Array(0), n, later);
          this.channel.secret.fill(0);
          return { kind: "paired", kept: { ...this.channel.pairing(), name, sequence: 0 } };
        }
        if (typeof outcome === "number") return { kind: "refused", outcome };
        turnedAway = outcome?.turnedAway ?? turnedAway;
        this.noteRetry(n, "no pairing yet");
      }
      if (turnedAway !== null) return { kind: "refused", outcome: turnedAway };
      return { kind: "notSent", why: { reason: "silent", bytes: this.heard } };
    };
    return this.guarded(() => sent, attempt);
  }

  /** Carries a command to the pump, and says what became of it. Throws only what the pairing's file throws. */
  async ask(command: number, payload: Uint8Array = new Uint8Array(0)): Promise<Answer> {
    this.bookInUse();
    const isQuery = QUERIES.includes(command);
    const sequence = isQuery ? QUERY_SEQUENCE : null;
    const asked: Asked = { command, payload, isQuery, sequence, sent: false, unanswered: false, turnedAway: null };
    const attempt = async (): Promise<Answer> => {
      const found = await this.greet();
      if ("reason" in found) return { kind: "notSent", why: found };
      for (let n = 0; n < this.tries; n++) {
        const answer = await this.tryOnce(asked, n);
        if (answer !== null) return answer;
      }
      return this.conclude(asked);
    };
    return this.guarded(() => asked.sent, attempt);
  }

  /** The status, or what stood in its way. */
  async status(): Promise<{ kind: "status"; status: Status } | Exclude<Answer, { kind: "answered" }>> {
    const answer = await this.ask(COMMAND_INTERROGATE);
    if (answer.kind !== "answered") return answer;
    const status = decodeStatus(answer.payload);
    return status ? { kind: "status", status } : { kind: "refused", outcome: OUTCOME_MALFORMED };
  }

  /** One session, if there is none, and one sealed frame. Null: no answer yet. */
  private async tryOnce(asked: Asked, n: number): Promise<Answer | null> {
    if (this.signal?.aborted) throw new Cancelled();
    const opened = await this.open(n);
    if (typeof opened === "object" && "refused" in opened && !asked.sent) {
      return { kind: "refused", outcome: opened.refused };
    }
    if (opened !== "open") {
      if (typeof opened === "object") asked.turnedAway = "refused" in opened ? opened.refused : opened.turnedAway;
      this.noteRetry(n, "no session yet");
      return null;
    }
    asked.sequence ??= this.bookInUse().nextSequence();
    asked.sent = true;
    const reply = await this.sealed(asked.command, asked.sequence, asked.payload, n);
    if (reply !== null && "payload" in reply) {
      return { kind: "answered", outcome: reply.payload[0], payload: reply.payload };
    }
    // A frame that was a replay had a twin, which was perhaps carried out.
    if (reply === null || reply.turnedAway === OUTCOME_REPLAY) asked.unanswered = true;
    else asked.turnedAway = reply.turnedAway;
    // A pump that was reset, or that trusts no frame of this session, wants a new one.
    this.channel.close();
    this.noteRetry(n, reply?.turnedAway === OUTCOME_NO_SESSION ? "the session has ended" : "no answer");
    return null;
  }

  /** After the last try. */
  private async conclude({ command, sequence, isQuery, sent, unanswered, turnedAway }: Asked): Promise<Answer> {
    if (sent && !isQuery) {
      const settled = await this.settle(command, sequence ?? 0, unanswered);
      if (settled.status !== "unknown") return settled;
    }
    // Every frame was turned away: as far as anybody says, nothing was carried out.
    if (turnedAway !== null && !unanswered) return { kind: "refused", outcome: turnedAway };
    if (!sent) return { kind: "notSent", why: { reason: "silent", bytes: this.heard } };
    return { kind: "notAcknowledged", status: "unknown", outcome: null };
  }

  /** What the status says of a command that was sent and never acknowledged. */
  private async settle(command: number, sequence: number, patient: boolean): Promise<NotAcknowledged> {
    const unknown: NotAcknowledged = { kind: "notAcknowledged", status: "unknown", outcome: null };
    for (let n = 0; n < (patient ? this.tries : 1); n++) {
      if ((await this.open(n)) !== "open") continue;
      const reply = await this.sealed(COMMAND_INTERROGATE, QUERY_SEQUENCE, new Uint8Array(0), n);
      const status = reply !== null && "payload" in reply ? decodeStatus(reply.payload) : null;
      if (status === null) {
        this.channel.close();
        continue;
      }
      if (status.lastCommand !== command || status.lastSequence !== sequence) {
        return { kind: "notAcknowledged", status: "notAccepted", outcome: null };
      }
      const accepted = status.lastOutcome === OUTCOME_ACCEPTED;
      return { kind: "notAcknowledged", status: accepted ? "accepted" : "notAccepted", outcome: status.lastOutcome };
    }
    return unknown;
  }

  private bookInUse(): PairingBook {
    if (this.book === null) throw new Error("no pairing in use");
    return this.book;
  }

  private async greet(): Promise<Hello | NotSent> {
    if (this.hello) return this.hello;
    for (let n = 0; n < this.tries; n++) {
      const frame = await this.exchange(encodeFrame(FRAME_QUERY, QUERY_BODY), n, (each) =>
        each.type === (FRAME_QUERY | REPLY) || each.version !== FRAME_VERSION ? each : null,
      );
      if (frame === null) {
        this.noteRetry(n, "no answer to the version query");
        continue;
      }
      const { version, body } = frame;
      const says = body.length === HELLO_BYTES ? body[1] : body.length === HELLO_BYTES_OF_VERSION_1 ? body[3] : version;
      if (version !== FRAME_VERSION || says !== FRAME_VERSION || body.length !== HELLO_BYTES) {
        return { reason: "version", frameVersion: version === FRAME_VERSION ? says : version };
      }
      this.hello = { frameVersion: says, controllerVersion: u16(body, 2), libraryVersion: u16(body, 4) };
      return this.hello;
    }
    return { reason: "silent", bytes: this.heard };
  }

  /** A session, if there is none: one request, and its answer. */
  private async open(attempt: number): Promise<Opened> {
    if (this.channel.isOpen) return "open";
    const bytes = this.channel.openRequest(this.random(OPEN_NONCE_BYTES));
    const outcome = await this.exchange<number | TurnedAway>(
      bytes,
      attempt,
      (frame) => this.channel.takeOpen(frame) ?? turnedAwayBy(frame),
    );
    if (outcome === null) return "silent";
    if (typeof outcome === "object") return outcome;
    return outcome === OUTCOME_ACCEPTED ? "open" : { refused: outcome };
  }

  /** The answer to a sealed command, a refusal in the clear, or null for neither. */
  private sealed(command: number, sequence: number, payload: Uint8Array, attempt: number) {
    const bytes = this.channel.seal(command, sequence, payload);
    return this.exchange<Reply | TurnedAway>(bytes, attempt, (frame) => {
      const reply = this.channel.open(frame);
      if (reply === null) return turnedAwayBy(frame);
      return reply.kind === (command | REPLY) && reply.sequence === sequence ? reply : null;
    });
  }

  /** Sends, and waits for the first frame that `accept` has a use for; null when the wait is over. */
  private async exchange<T>(bytes: Uint8Array, attempt: number, accept: (frame: Frame) => T | null): Promise<T | null> {
    if (this.take !== null) throw new Error("one command at a time");
    const { signal } = this;
    if (signal?.aborted) throw new Cancelled();
    const wait_ms = Math.min(this.timeout_ms * 2 ** attempt, Math.max(WAIT_MS_MAX, this.timeout_ms));
    let end: (result: T | null) => void = () => undefined;
    const result = new Promise<T | null>((resolve) => (end = resolve));
    const onAbort = () => end(null);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => end(null), wait_ms);
    this.take = (frame) => {
      const found = accept(frame);
      if (found !== null) end(found);
    };
    this.port.write(bytes);
    try {
      const found = await result;
      if (found === null && signal?.aborted) throw new Cancelled();
      return found;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.take = null;
    }
  }

  /** Frames lie between zeros; what outgrows one is dropped up to the next zero. */
  private receive(bytes: Uint8Array): void {
    this.heard += bytes.length;
    for (const byte of bytes) {
      if (byte !== 0) {
        if (this.coded.length < FRAME_CODED_BYTES) this.coded.push(byte);
        else this.overlong = true;
        continue;
      }
      const frame = this.overlong || this.coded.length === 0 ? null : decodeFrame(Uint8Array.from(this.coded));
      this.coded = [];
      this.overlong = false;
      if (frame !== null) this.take?.(frame);
    }
  }

  private async guarded<T>(
    sent: false | (() => boolean),
    work: () => Promise<T>,
  ): Promise<T | { kind: "cancelled"; sent: boolean }> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      return { kind: "cancelled", sent: sent === false ? false : sent() };
    }
  }

  private noteRetry(attempt: number, what: string): void {
    if (attempt + 1 < this.tries) this.onRetry(`${what}; try ${attempt + 2} of ${this.tries}`);
  }
}

/** What a refusal in the clear says; null for any other frame. */
function turnedAwayBy({ version, type, body }: Frame): TurnedAway | null {
  const isRefusal = version === FRAME_VERSION && type === (FRAME_REFUSED | REPLY) && body.length > 0;
  return isRefusal ? { turnedAway: body[0] } : null;
}

/** Eight hex digits that name the public key in the answer to PAIR. */
function fingerprintOf({ type, body }: Frame): string {
  if (type !== (FRAME_PAIR | REPLY)) return "";
  return createHash("sha256").update(body.subarray(2)).digest("hex").slice(0, 8);
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}
