// One exchange of a programmer with a pump, from the first frame to its outcome. It pairs and opens a session where the command
// needs one, seals the command under its number, sends it again when no answer comes, and ends with its outcome. It has no
// clock and no port: the caller passes the time in, in any unit, sends the bytes that it is given and hands back the frames
// that arrive. The caller's policy says how long it waits for an answer and how often it repeats a frame. A scenario's people
// (run/people.ts), the direct programmer (direct.ts) and the client at a port (client.ts) all use it. Its state is plain, so
// that a machine can save it in the middle of an exchange.

import { CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import {
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_VERSION,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_BUSY,
  OUTCOME_NO_SESSION,
  OUTCOME_REPLAY,
  PAYLOAD_BYTES,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { encodeFrame, type Frame } from "../telemetry/frame";
import { SecureChannel, type Reply } from "../telemetry/secure";

/** The caller's rules for waiting, repeating and giving up. */
export interface Policy {
  /** The number of times that a frame is sent before the exchange is given up. */
  tries: number;
  /** The time for which try `attempt`, counted from 0, waits for its answer, in the unit of the caller's time. */
  wait(attempt: number): number;
  /** True: the pairing, the session and the command have `tries` each. False: they share them. */
  triesEach: boolean;
  /**
   * The effect of a refusal in the clear, which is not authenticated. "ignore": it may be noise, and the wait continues. "end":
   * the command was refused, and the exchange is over. "retry": this try has failed, and the next one begins.
   */
  refusal: "ignore" | "end" | "retry";
  /**
   * The number of times that a command is sent again at once in a new session, because the pump no longer knows the old one.
   */
  reopenings: number;
  /** True: a command without an answer is sent again in a new session. False: the session is kept. */
  freshSession: boolean;
  /**
   * True: all tries of a pairing use the same key, and a late answer to an earlier one counts too, because the pump keeps the
   * key of the request that it answered last. False: each try has its own key.
   */
  onePairingKey: boolean;
  /** The number of times that commands are sent again because the pump is busy, over the life of this end. */
  busyTries: number;
  /** The time for which the exchange rests before such a repeat. */
  busyWait: number;
}

export interface ExchangeSetup {
  policy: Policy;
  /** Random bytes for keys and nonces. */
  random(bytes: number): Uint8Array;
  /** Gives the number of a command when it is sealed for the first time. By default the exchange counts the commands. */
  number?(): number;
}

/** Options of one command, beside kind and payload. */
export interface CommandOptions {
  /** The number of the command. Default: the next one. */
  sequence?: number;
  /** True: the command is sent again, under a new number, while the pump is busy. */
  repeatsBusy?: boolean;
  /** The first try and the one after the last, which replace all tries of the policy. */
  tries?: readonly [from: number, to: number];
}

/** How an exchange ended. */
export type Ending =
  /** A version query's answer, or a frame of another version, which is an answer too. */
  | { kind: "version"; frame: Frame }
  | { kind: "paired" }
  | { kind: "opened" }
  /** The pump's sealed reply. Its payload begins with an OUTCOME_. */
  | { kind: "answered"; reply: Reply }
  /** The pump would not pair, would not open a session, or refused the command in the clear, with an OUTCOME_. */
  | { kind: "refused"; outcome: number }
  /** All tries are used up. */
  | { kind: "unanswered" };

/** The steps of an exchange, by the request that is on the air. The last step is the goal. */
export const STEP_VERSION = 0;
export const STEP_PAIR = 1;
/** The pairing is made, and nothing is sent: a later answer to the same request would replace the pairing. */
const STEP_PAIR_AGAIN = 2;
export const STEP_OPEN = 3;
export const STEP_COMMAND = 4;

const IDLE = 0;
/** A frame is to be sent. */
const DUE = 1;
const WAITING = 2;
/** The pump is busy, and the command is sent again later. */
const RESTING = 3;

const SEQUENCE_MAX = 0xffff;
/** The command has no number yet. */
const UNNUMBERED = -1;
/** No try was refused. */
export const NOT_REFUSED = -1;
/** A pump of version 1 takes the two bytes of the query for a sequence, and answers. */
const QUERY_BODY = new Uint8Array(2);

export class Exchange {
  readonly clinician = new SecureChannel();
  readonly patient = new SecureChannel();
  readonly observer = new SecureChannel();
  /** The role, the goal and the command of the exchange under way. */
  private role = ROLE_CLINICIAN;
  private goal = STEP_VERSION;
  private kind = 0;
  private readonly payload: Uint8Array = new Uint8Array(PAYLOAD_BYTES);
  private payloadBytes = 0;
  private repeatsBusy = false;
  /** Number of the command under way or, when there is none, of the last one. */
  sequence = 0;
  private phase = IDLE;
  /** The step whose request was sent last. */
  step = STEP_VERSION;
  /** The try under way, from 0. */
  attempt = 0;
  /** The number of a try at which the tries are used up. */
  private attempts = 0;
  private reopened = 0;
  private busyRepeats = 0;
  /** When the wait for an answer, or the rest, is over. */
  deadline = 0;
  /** True when the goal's request was sent, so the pump may have carried it out. */
  sent = false;
  /** True when a try of the command had no answer, so the pump may have carried it out. */
  unanswered = false;
  /** Outcome of the last try that ended with a refusal, or NOT_REFUSED when no try did. */
  refusedWith = NOT_REFUSED;
  /** Frozen: settings, and no state of the machine. */
  private readonly setup: Readonly<ExchangeSetup>;

  constructor(setup: ExchangeSetup) {
    this.setup = Object.freeze(setup);
  }

  /** True when no exchange is under way. */
  get isIdle(): boolean {
    return this.phase === IDLE;
  }

  /** True when a frame must be sent, which `send` gives. */
  get isDue(): boolean {
    return this.phase === DUE;
  }

  /** True when the last request was for a pairing, which needs the programming head in place. */
  get isPairing(): boolean {
    return this.step === STEP_PAIR || this.step === STEP_PAIR_AGAIN;
  }

  /** The channel of a role. Throws RangeError on a role that no programmer has. */
  channel(role: number): SecureChannel {
    switch (role) {
      case ROLE_CLINICIAN:
        return this.clinician;
      case ROLE_PATIENT:
        return this.patient;
      case ROLE_OBSERVER:
        return this.observer;
      default:
        throw new RangeError(`no programmer has role ${role}`);
    }
  }

  /** Ends every session at this end. */
  closeSessions(): void {
    this.clinician.close();
    this.patient.close();
    this.observer.close();
  }

  /** Drops every pairing, because another pump takes the place of the one that made them. */
  dropPairings(): void {
    this.clinician.dropPairing();
    this.patient.dropPairing();
    this.observer.dropPairing();
  }

  /** Begins to ask which version the pump speaks. */
  askVersion(): void {
    this.begin(ROLE_CLINICIAN, STEP_VERSION);
  }

  /** Begins a pairing in a ROLE_. */
  pair(role: number): void {
    this.begin(role, STEP_PAIR);
  }

  /** Begins a session in a role, behind a pairing if there is none. */
  open(role: number): void {
    this.begin(role, STEP_OPEN);
  }

  /**
   * Begins a command in a role, in the role's session, which is opened if there is none; sessions of other roles end. Throws
   * RangeError on too long a payload.
   */
  command(role: number, kind: number, payload: Uint8Array, options: CommandOptions = {}): void {
    if (payload.length > PAYLOAD_BYTES) throw new RangeError(`a payload has at most ${PAYLOAD_BYTES} bytes`);
    this.begin(role, STEP_COMMAND);
    if (options.tries) [this.attempt, this.attempts] = options.tries;
    for (const each of [ROLE_CLINICIAN, ROLE_PATIENT, ROLE_OBSERVER]) if (each !== role) this.channel(each).close();
    this.kind = kind;
    this.payload.set(payload);
    this.payloadBytes = payload.length;
    this.repeatsBusy = options.repeatsBusy ?? false;
    if (options.sequence === undefined) this.renumber();
    else this.sequence = options.sequence;
  }

  /** Advances to the next number. */
  takeNumber(): void {
    this.sequence = (this.sequence % SEQUENCE_MAX) + 1;
  }

  /** The bytes of the frame that is due. The wait for its answer begins at `now`. Throws the errors of `number`. */
  send(now: number): Uint8Array {
    this.step = this.nextStep();
    const bytes = this.frame();
    this.sent ||= this.step === this.goal;
    this.wait(now);
    return bytes;
  }

  /**
   * Takes a frame from the pump. Returns the ending of the exchange, or null when it continues, perhaps with a frame that is
   * due.
   */
  take(frame: Frame, now: number): Ending | null {
    if (this.phase !== WAITING) return null;
    const channel = this.channel(this.role);
    switch (this.step) {
      case STEP_VERSION:
        return answersVersion(frame) ? this.end({ kind: "version", frame }) : null;
      case STEP_PAIR:
        return this.takePairing(frame, channel, now);
      case STEP_PAIR_AGAIN:
        this.takeRepeatedPairing(frame, channel);
        return null;
      case STEP_OPEN:
        return this.takeSession(frame, channel);
      default:
        return this.takeReply(frame, channel, now);
    }
  }

  /** Time has passed. How the exchange ended, or null: it goes on, perhaps with a frame that is due. */
  expire(now: number): Ending | null {
    if (this.isIdle || this.isDue || now < this.deadline) return null;
    if (this.phase === RESTING) {
      this.renumber();
      this.attempt = 0;
      this.reopened = 0;
      this.phase = DUE;
      return null;
    }
    if (this.step === STEP_PAIR_AGAIN) {
      this.channel(this.role).secret.fill(0);
      return this.advance({ kind: "paired" }, STEP_PAIR);
    }
    if (this.step === STEP_COMMAND) this.unanswered = true;
    return this.fail();
  }

  private begin(role: number, goal: number): void {
    // Throws before anything has changed.
    this.channel(role);
    this.role = role;
    this.goal = goal;
    this.attempt = 0;
    this.attempts = this.setup.policy.tries;
    this.reopened = 0;
    this.sent = false;
    this.unanswered = false;
    this.refusedWith = NOT_REFUSED;
    this.phase = DUE;
  }

  private renumber(): void {
    if (this.setup.number) this.sequence = UNNUMBERED;
    else this.takeNumber();
  }

  /** The goal, or the pairing or session that it needs first. */
  private nextStep(): number {
    const channel = this.channel(this.role);
    if (this.goal === STEP_VERSION) return STEP_VERSION;
    if (this.goal === STEP_PAIR || !channel.isPaired) return STEP_PAIR;
    return this.goal === STEP_OPEN || !channel.isOpen ? STEP_OPEN : STEP_COMMAND;
  }

  private frame(): Uint8Array {
    const { policy, random, number } = this.setup;
    const channel = this.channel(this.role);
    switch (this.step) {
      case STEP_VERSION:
        return encodeFrame(FRAME_QUERY, QUERY_BODY);
      case STEP_PAIR: {
        const isSame = policy.onePairingKey && this.attempt > 0;
        return channel.pairRequest(this.role, isSame ? channel.secret : random(CRYPTO_PUBLIC_KEY_BYTES));
      }
      case STEP_OPEN:
        return channel.openRequest(random(OPEN_NONCE_BYTES));
      default:
        if (this.sequence === UNNUMBERED && number) this.sequence = number();
        return channel.seal(this.kind, this.sequence, this.payload.slice(0, this.payloadBytes));
    }
  }

  private wait(now: number): void {
    this.phase = WAITING;
    this.deadline = now + this.setup.policy.wait(this.attempt);
  }

  private takePairing(frame: Frame, channel: SecureChannel, now: number): Ending | null {
    const secret = channel.secret.slice();
    const outcome = channel.takePair(frame);
    if (outcome === null) return this.takeRefusal(frame, channel);
    if (outcome !== OUTCOME_ACCEPTED) return this.end({ kind: "refused", outcome });
    if (!this.setup.policy.onePairingKey || this.attempt === 0) return this.advance({ kind: "paired" }, STEP_PAIR);
    channel.secret.set(secret);
    this.step = STEP_PAIR_AGAIN;
    this.wait(now);
    return null;
  }

  /** Takes an answer to another try of the pairing that is made. */
  private takeRepeatedPairing(frame: Frame, channel: SecureChannel): void {
    const secret = channel.secret.slice();
    channel.takePair(frame);
    channel.secret.set(secret);
  }

  private takeSession(frame: Frame, channel: SecureChannel): Ending | null {
    const outcome = channel.takeOpen(frame);
    if (outcome === null) return this.takeRefusal(frame, channel);
    if (outcome === OUTCOME_ACCEPTED) return this.advance({ kind: "opened" }, STEP_OPEN);
    // Once the command was sent, the refusal of a new session does not tell whether it was carried out.
    const isInDoubt = this.goal === STEP_COMMAND && this.sent;
    if (this.setup.policy.refusal !== "retry" || !isInDoubt) return this.end({ kind: "refused", outcome });
    this.refusedWith = outcome;
    return this.fail();
  }

  private takeReply(frame: Frame, channel: SecureChannel, now: number): Ending | null {
    const reply = channel.open(frame);
    if (reply === null) return this.takeRefusal(frame, channel);
    if (reply.kind !== (this.kind | REPLY) || reply.sequence !== this.sequence) return null;
    const { busyTries, busyWait } = this.setup.policy;
    if (reply.payload[0] === OUTCOME_BUSY && this.repeatsBusy && this.busyRepeats < busyTries) {
      this.busyRepeats++;
      this.phase = RESTING;
      this.deadline = now + busyWait;
      return null;
    }
    return this.end({ kind: "answered", reply });
  }

  /** A frame that answers nothing may be a refusal in the clear of the last frame. */
  private takeRefusal({ version, type, body }: Frame, channel: SecureChannel): Ending | null {
    if (version !== FRAME_VERSION || type !== (FRAME_REFUSED | REPLY) || !channel.isEchoed(body)) return null;
    const [outcome] = body;
    const { refusal, reopenings } = this.setup.policy;
    const isSessionUnknown = this.step === STEP_COMMAND && outcome === OUTCOME_NO_SESSION;
    if (isSessionUnknown && this.reopened < reopenings) {
      this.reopened++;
      this.attempt++;
      this.channel(this.role).close();
      this.phase = DUE;
      return null;
    }
    if (refusal === "ignore" || (refusal === "end" && this.step !== STEP_COMMAND)) return null;
    if (refusal === "end") {
      if (isSessionUnknown) this.channel(this.role).close();
      return this.end({ kind: "refused", outcome });
    }
    this.refusedWith = outcome;
    // The pump has heard this frame before, so an earlier copy may have been carried out.
    if (this.step === STEP_COMMAND && outcome === OUTCOME_REPLAY) this.unanswered = true;
    return this.fail();
  }

  /** A step is done: the next one is due, or the exchange is over. */
  private advance(ending: Ending, step: number): Ending | null {
    if (this.goal === step) return this.end(ending);
    if (this.setup.policy.triesEach) this.attempt = 0;
    this.phase = DUE;
    return null;
  }

  /** The try under way has failed: the next one is due, or the exchange is over. */
  private fail(): Ending | null {
    if (this.step === STEP_COMMAND && this.setup.policy.freshSession) this.channel(this.role).close();
    this.attempt++;
    if (this.attempt >= this.attempts) return this.end({ kind: "unanswered" });
    this.phase = DUE;
    return null;
  }

  private end(ending: Ending): Ending {
    this.phase = IDLE;
    return ending;
  }
}

/** The query is the one frame that every version answers. */
function answersVersion({ version, type }: Frame): boolean {
  return type === (FRAME_QUERY | REPLY) || version !== FRAME_VERSION;
}
