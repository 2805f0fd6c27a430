// Decides whose frames are carried out (LNK-2, LNK-5, SEC-1 to SEC-3). This part answers the version query, makes pairings
// while a programming head is in place, and opens sessions. It passes a frame on to the commands when the frame is sealed for
// the session in force, once, in rising order of its counter. A new session is offered beside the one in force and takes its
// place when its first sealed frame proves the key.
//
// A tick answers at most one frame. Each kind of frame that proves no key has a back-off (back-off.ts); a frame that comes in a
// pause of its kind is dropped, and the frames behind it are read in the same tick. A sealed frame is tried in a pause too:
// each one for the session in force, which only an authentic frame can have begun, and OFFER_TRIES of them for the session that
// was offered last. So no flood keeps a session from being heard, and an attacker costs the pump little time and little of its
// battery.
//
// Invariants:
// - Every pairing and both sessions have a key slot of their own; `slot` is one of the sessions' two.
// - All that is sealed, opened or derived fits the crypto part's buffer, and every answer fits the reply.
// - A session and its counter never exceed COUNTER_MAX, so no nonce is used twice.

import { assert } from "../hal/assert";
import {
  CRYPTO_BUFFER_BYTES,
  CRYPTO_KEY_SLOTS,
  CRYPTO_NONCE_BYTES,
  CRYPTO_PUBLIC_KEY_BYTES,
  CRYPTO_TAG_BYTES,
} from "../hal/crypto";
import { LIBRARY_VERSION } from "../hal/drug-library";
import { LINK_BYTES_PER_TICK } from "../hal/link";
import {
  COUNTER_MAX,
  DIRECTION_FROM_PUMP,
  DIRECTION_TO_PUMP,
  ECHO_BYTES,
  FRAME_CODED_BYTES,
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  FRAME_VERSION,
  OFFER_TRIES,
  OPEN_BYTES,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_MALFORMED,
  OUTCOME_NO_SESSION,
  OUTCOME_NOT_AUTHENTIC,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PAIRED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_REPLAY,
  OUTCOME_VERSION,
  PAIRINGS,
  PAIRINGS_OF_A_ROLE,
  PAIR_BYTES,
  REPLY,
  ROLES,
  ROLE_CLINICIAN,
  SEALED_COUNTER,
  SEALED_HEADER_BYTES,
  SEALED_SESSION,
  SESSION_MINUTES,
  SESSIONS_LEFT_LOW,
  TAG_BYTES,
  TEXT_HEADER_BYTES,
} from "../hal/telemetry";
import {
  CLOSED_REPLACED,
  CLOSED_TIME_OUT,
  EVENT_PAIRED,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
  EVENT_SESSIONS_LEFT,
} from "../hal/trace";
import { BackOff, KIND_OPEN, KIND_OTHER, KIND_PAIR, KIND_QUERY } from "./back-off";
import { readU16, readU32, writeU16, writeU32 } from "./bytes";
import { CHANGED_SESSION } from "./changes";
import { Core } from "./core";
import { crc16 } from "./crc";
import { BODY_BYTES_MAX, Telemetry } from "./telemetry";
import { MemoryLatch, Twin } from "./twin";
import { Usage } from "./usage";

const CONTROLLER_VERSION: i32 = 3;
/**
 * The first key slots hold the pairings. This slot and the next hold the keys of the session in force and of the one
 * offered.
 */
const SESSION_SLOT: i32 = PAIRINGS;
/** The sum of the two sessions' slots, from which either one gives the other. */
const BOTH_SLOTS: i32 = SESSION_SLOT + SESSION_SLOT + 1;
const NUMBER_BYTES: i32 = 4;
/** The salt of a session's key: the nonces of both ends and the session's number. */
const SALT_BYTES: i32 = 2 * OPEN_NONCE_BYTES + NUMBER_BYTES;
/** A tick reads at most so many frames. The bytes of a tick hold no more whole ones. */
const FRAMES_PER_TICK: i32 = LINK_BYTES_PER_TICK / (FRAME_HEADER_BYTES + FRAME_CRC_BYTES + 2) + 1;
/** Where the body of a frame or answer begins. */
const BODY: i32 = FRAME_HEADER_BYTES;
/** Where the content of an answer in the clear begins, behind outcome and echo. */
const CLEAR: i32 = BODY + 1 + ECHO_BYTES;
const TEXT: i32 = SEALED_HEADER_BYTES;
/** Where the payload of a command begins in the frame, and the outcome of an answer lies in the reply. */
export const PAYLOAD_AT: i32 = TEXT + TEXT_HEADER_BYTES;
/** Where the content of an answer begins, behind its outcome. */
export const CONTENT_AT: i32 = PAYLOAD_AT + 1;

assert((ROLES - ROLE_CLINICIAN) * PAIRINGS_OF_A_ROLE == PAIRINGS, "every role has its pairings");
assert(PAIRINGS_OF_A_ROLE == 2, "one bit says which of a role's pairings is replaced");
assert(SESSION_SLOT + 1 < CRYPTO_KEY_SLOTS, "both sessions have a key slot");
assert(SALT_BYTES <= CRYPTO_BUFFER_BYTES, "the salt of a session fits the crypto buffer");
assert(CRYPTO_NONCE_BYTES + FRAME_CODED_BYTES <= CRYPTO_BUFFER_BYTES, "a frame fits the crypto buffer");
assert(TAG_BYTES == CRYPTO_TAG_BYTES, "a frame's tag is the crypto part's");
assert(1 + SEALED_HEADER_BYTES - SEALED_SESSION <= CRYPTO_NONCE_BYTES, "direction, session and counter fit a nonce");
assert(SEALED_SESSION == FRAME_HEADER_BYTES, "a sealed frame's session follows its header");
assert(SEALED_COUNTER + 4 == SEALED_HEADER_BYTES, "a sealed frame's counter ends its header");
assert(PAIR_BYTES == 1 + CRYPTO_PUBLIC_KEY_BYTES, "PAIR is a role and a key");
assert(OPEN_BYTES == 1 + OPEN_NONCE_BYTES, "OPEN is a pairing and a nonce");
assert(CLEAR + 1 + CRYPTO_PUBLIC_KEY_BYTES <= FRAME_HEADER_BYTES + BODY_BYTES_MAX, "the answer to PAIR fits its frame");
assert(
  CLEAR + NUMBER_BYTES + OPEN_NONCE_BYTES <= FRAME_HEADER_BYTES + BODY_BYTES_MAX,
  "the answer to OPEN fits its frame",
);

export class Session {
  core: Core;
  usage: Usage;
  telemetry: Telemetry;
  /** Number and pairing of the session in force; number 0 when there is none. */
  number: Twin;
  pairing: Twin;
  /** Counter of the last authentic frame. */
  counter: Twin;
  slot: Twin;
  /** Minute of the last authentic frame. */
  heard: Twin;
  /** Number and pairing of the session that is offered; number 0 when there is none. */
  offered: Twin;
  offeredPairing: Twin;
  /** The minute in which it was offered. */
  offeredAt: Twin;
  /** The number of frames that are still tried for it in a pause. */
  offerTries: Twin;
  /** The last session number that was given; kept over resets. */
  issued: Twin;
  /** A bit for each role: which of its two pairings the next one replaces; kept over resets. */
  nextPairings: Twin;
  /** One more than the last pairing that was made, until a session proves it; 0 when there is none. */
  unproven: Twin;
  backOff: BackOff;
  /** A command lies in the frame, decrypted, in this tick. */
  hasCommand: bool = false;
  /** CRC-16 of its text. With kind and sequence it tells a repeated command from another one. */
  textCrc: i32 = 0;

  constructor(core: Core, usage: Usage, telemetry: Telemetry) {
    const memory: MemoryLatch = core.memory;
    this.core = core;
    this.usage = usage;
    this.telemetry = telemetry;
    this.number = new Twin(memory, 0);
    this.pairing = new Twin(memory, 0);
    this.counter = new Twin(memory, 0);
    this.slot = new Twin(memory, SESSION_SLOT);
    this.heard = new Twin(memory, 0);
    this.offered = new Twin(memory, 0);
    this.offeredPairing = new Twin(memory, 0);
    this.offeredAt = new Twin(memory, 0);
    this.offerTries = new Twin(memory, 0);
    this.issued = new Twin(memory, 0);
    this.nextPairings = new Twin(memory, 0);
    this.unproven = new Twin(memory, 0);
    this.backOff = new BackOff(core.clock, memory);
  }

  /**
   * Reads frames until one was answered or carries a command, or until the bytes of this tick are used up. Unless it
   * `listens`, all bytes wait in the link.
   */
  tick(listens: bool): void {
    this.hasCommand = false;
    this.telemetry.startTick();
    if (listens) this.listen();
    this.telemetry.endListening();
  }

  private listen(): void {
    for (let i: i32 = 0; i < FRAMES_PER_TICK; i = (i + 1) | 0) {
      this.telemetry.receive();
      if (!this.telemetry.hasFrame || this.handle()) return;
    }
  }

  /** Answers the frame or makes it this tick's command. False when it was dropped in a pause of its kind. */
  private handle(): bool {
    const frame: Uint8Array = this.telemetry.frame;
    const type: i32 = frame[1];
    const version: i32 = frame[0];
    const isSealed: bool = version == FRAME_VERSION && type == FRAME_SEALED;
    const kind: i32 = type == FRAME_QUERY ? KIND_QUERY : version == FRAME_VERSION ? kindOf(type) : KIND_OTHER;
    const isPaused: bool = this.backOff.isPaused(kind);
    if (isPaused && !(isSealed && this.isTriedInPause())) {
      this.telemetry.ignore();
      this.backOff.countFrame();
      return false;
    }
    if (isSealed) return this.unseal(isPaused);
    if (type == FRAME_QUERY) this.answerVersion();
    else if (version != FRAME_VERSION) this.refuse(OUTCOME_VERSION);
    else if (type == FRAME_PAIR) this.pair();
    else if (type == FRAME_OPEN) this.open();
    else this.refuse(OUTCOME_MALFORMED);
    return true;
  }

  /** Once a minute: ends a session, and an offer, that nobody used for SESSION_MINUTES. */
  minute(): void {
    this.backOff.minute();
    const minute: i32 = this.core.clock.minute.get();
    const inForce: bool = this.number.get() != 0;
    if (inForce && ((minute - this.heard.get()) | 0) >= SESSION_MINUTES) this.close(CLOSED_TIME_OUT);
    // An offer ends as well. Otherwise somebody could hold back its first frame and let it be carried out hours later.
    const isOffered: bool = this.offered.get() != 0;
    if (isOffered && ((minute - this.offeredAt.get()) | 0) >= SESSION_MINUTES) this.offered.set(0);
  }

  /** True when few session numbers are left, or none. A pump that opens no session can neither be read nor stopped. */
  isRunningOut(): bool {
    const issued: i32 = this.issued.get();
    return issued < 0 || issued >= COUNTER_MAX - SESSIONS_LEFT_LOW;
  }

  /**
   * ROLE_ of the session in force. With damaged memory it is 0, the role without rights, because pairing 0 is a
   * clinician's.
   */
  role(): i32 {
    const role: i32 = roleOf(this.pairing.get());
    return this.pairing.isIntact() ? role : 0;
  }

  kind(): i32 {
    const kind: i32 = this.telemetry.frame[TEXT];
    return kind;
  }

  sequence(): i32 {
    return readU16(this.telemetry.frame, TEXT + 1);
  }

  payloadLength(): i32 {
    return (this.telemetry.frameLength - TEXT - TEXT_HEADER_BYTES) | 0;
  }

  /** Seals the answer to this tick's command: `length` bytes that lie in the reply behind the text's header. */
  answer(length: i32): void {
    this.answerTo(this.kind(), this.sequence(), this.counter.get(), length);
  }

  /** Seals the answer to a command that came under that sequence and that counter of the session in force. */
  answerTo(kind: i32, sequence: i32, counter: i32, length: i32): void {
    const reply: Uint8Array = this.telemetry.reply;
    reply[0] = FRAME_VERSION as u8;
    reply[1] = (FRAME_SEALED | REPLY) as u8;
    writeU32(reply, SEALED_SESSION, this.number.get());
    writeU32(reply, SEALED_COUNTER, counter);
    reply[TEXT] = (kind | REPLY) as u8;
    writeU16(reply, TEXT + 1, sequence);
    const text: i32 = (TEXT_HEADER_BYTES + length) | 0;
    this.load(reply, (TEXT + text) | 0, DIRECTION_FROM_PUMP);
    if (!this.core.hal.crypto.seal(this.slot.get(), SEALED_HEADER_BYTES, text)) return;
    this.unload(reply, (text + TAG_BYTES) | 0);
    this.telemetry.send(FRAME_SEALED | REPLY, (TEXT - BODY + text + TAG_BYTES) | 0);
  }

  private answerVersion(): void {
    const reply: Uint8Array = this.telemetry.reply;
    reply[BODY] = OUTCOME_ACCEPTED as u8;
    reply[BODY + 1] = FRAME_VERSION as u8;
    writeU16(reply, BODY + 2, CONTROLLER_VERSION);
    writeU16(reply, BODY + 4, LIBRARY_VERSION);
    // A query proves nothing. It counts as a failure, or somebody could keep the pump answering.
    this.countFailure(KIND_QUERY);
    this.telemetry.send(FRAME_QUERY | REPLY, 6);
  }

  private pair(): void {
    const role: i32 = this.telemetry.frame[BODY];
    if (this.bodyLength() != PAIR_BYTES) this.refuse(OUTCOME_MALFORMED);
    else if (role < ROLE_CLINICIAN || role >= ROLES) this.deny(FRAME_PAIR, OUTCOME_OUT_OF_RANGE);
    else if (!this.core.hal.link.headPresent()) {
      this.usage.countIntrusion();
      this.deny(FRAME_PAIR, OUTCOME_NOT_AUTHORISED);
    } else this.agree(role);
  }

  private agree(role: i32): void {
    const pairing: i32 = ((role - ROLE_CLINICIAN) << 1) | ((this.nextPairings.get() >> role) & 1) | 0;
    for (let i: i32 = 0; i < CRYPTO_PUBLIC_KEY_BYTES; i = (i + 1) | 0) {
      const byte: i32 = this.telemetry.frame[BODY + 1 + i];
      this.core.hal.crypto.put(i, byte);
    }
    if (!this.core.hal.crypto.agree(pairing)) {
      this.deny(FRAME_PAIR, OUTCOME_NOT_AUTHENTIC);
      return;
    }
    this.countFailure(KIND_PAIR);
    // The programmer that held this pairing has the wrong key now.
    if (this.number.get() != 0 && this.pairing.get() == pairing) this.close(CLOSED_REPLACED);
    if (this.offeredPairing.get() == pairing) this.offered.set(0);
    this.unproven.set((pairing + 1) | 0);
    this.usage.clearCommand(pairing);
    this.core.changes.mark(CHANGED_SESSION);
    const reply: Uint8Array = this.telemetry.reply;
    this.writeOutcome(OUTCOME_ACCEPTED);
    reply[CLEAR] = pairing as u8;
    for (let i: i32 = 0; i < CRYPTO_PUBLIC_KEY_BYTES; i = (i + 1) | 0) {
      reply[CLEAR + 1 + i] = this.core.hal.crypto.get(i) as u8;
    }
    this.core.log.event(EVENT_PAIRED, role, pairing, 0);
    this.telemetry.send(FRAME_PAIR | REPLY, (CLEAR - BODY + 1 + CRYPTO_PUBLIC_KEY_BYTES) | 0);
  }

  /**
   * Offers a session, whose key is derived from the pairing's key and both nonces. The one in force stays until that
   * key is proved.
   */
  private open(): void {
    const pairing: i32 = this.telemetry.frame[BODY];
    if (this.bodyLength() != OPEN_BYTES) {
      this.refuse(OUTCOME_MALFORMED);
      return;
    }
    const number: i32 = (this.issued.get() + 1) | 0;
    const reply: Uint8Array = this.telemetry.reply;
    this.writeOutcome(OUTCOME_ACCEPTED);
    writeU32(reply, CLEAR, number);
    this.core.hal.crypto.random(OPEN_NONCE_BYTES);
    for (let i: i32 = 0; i < OPEN_NONCE_BYTES; i = (i + 1) | 0) {
      const theirs: i32 = this.telemetry.frame[BODY + 1 + i];
      const ours: i32 = this.core.hal.crypto.get(i);
      reply[CLEAR + NUMBER_BYTES + i] = ours as u8;
      this.core.hal.crypto.put(i, theirs);
      this.core.hal.crypto.put((OPEN_NONCE_BYTES + i) | 0, ours);
    }
    for (let i: i32 = 0; i < NUMBER_BYTES; i = (i + 1) | 0) {
      const byte: i32 = reply[CLEAR + i];
      this.core.hal.crypto.put((2 * OPEN_NONCE_BYTES + i) | 0, byte);
    }
    const free: i32 = (BOTH_SLOTS - this.slot.get()) | 0;
    if (
      pairing >= PAIRINGS ||
      number < 1 ||
      number > COUNTER_MAX ||
      !this.core.hal.crypto.derive(pairing, free, SALT_BYTES)
    ) {
      this.deny(FRAME_OPEN, OUTCOME_NOT_PAIRED);
      return;
    }
    this.countFailure(KIND_OPEN);
    this.issued.set(number);
    const left: i32 = (COUNTER_MAX - number) | 0;
    if (left == SESSIONS_LEFT_LOW || left == 0) this.core.log.event(EVENT_SESSIONS_LEFT, left, 0, 0);
    this.offered.set(number);
    this.offeredPairing.set(pairing);
    this.offeredAt.set(this.core.clock.minute.get());
    this.offerTries.set(OFFER_TRIES);
    this.core.changes.mark(CHANGED_SESSION);
    this.telemetry.send(FRAME_OPEN | REPLY, (CLEAR - BODY + NUMBER_BYTES + OPEN_NONCE_BYTES) | 0);
  }

  /**
   * A sealed frame is a command for this tick, or it is refused. In a pause a frame that proves nothing is dropped instead, and
   * the answer is false.
   */
  private unseal(isPaused: bool): bool {
    const frame: Uint8Array = this.telemetry.frame;
    const text: i32 = (this.telemetry.frameLength - TEXT - TAG_BYTES) | 0;
    if (text < TEXT_HEADER_BYTES) return this.dismiss(OUTCOME_MALFORMED, isPaused);
    const number: i32 = readU32(frame, SEALED_SESSION);
    const counter: i32 = readU32(frame, SEALED_COUNTER);
    const current: bool = number != 0 && number == this.number.get();
    const offered: bool = number == this.offered.get() && this.offeredPairing.isIntact();
    if (number == 0 || (!current && !offered)) return this.dismiss(OUTCOME_NO_SESSION, isPaused);
    const used: bool = current && (counter <= this.counter.get() || !this.counter.isIntact());
    if (counter < 1 || counter > COUNTER_MAX || used) {
      this.usage.countIntrusion();
      return this.dismiss(OUTCOME_REPLAY, isPaused);
    }
    const slot: i32 = current ? this.slot.get() : (BOTH_SLOTS - this.slot.get()) | 0;
    this.load(frame, this.telemetry.frameLength, DIRECTION_TO_PUMP);
    if (!this.core.hal.crypto.open(slot, SEALED_HEADER_BYTES, text)) {
      this.usage.countIntrusion();
      return this.dismiss(OUTCOME_NOT_AUTHENTIC, isPaused);
    }
    this.unload(frame, text);
    this.telemetry.frameLength = (TEXT + text) | 0;
    if (!current) this.begin(slot);
    this.counter.set(counter);
    this.heard.set(this.core.clock.minute.get());
    this.backOff.endPauses();
    this.textCrc = crc16(frame, TEXT, text);
    this.hasCommand = true;
    return true;
  }

  /** A sealed frame that proves nothing is refused, or dropped in a pause. */
  private dismiss(outcome: i32, isPaused: bool): bool {
    if (!isPaused) {
      this.refuse(outcome);
      return true;
    }
    this.telemetry.ignore();
    this.backOff.countFrame();
    return false;
  }

  /** Puts the offered session in force, when a frame proved its key. */
  private begin(slot: i32): void {
    if (this.number.get() != 0) this.close(CLOSED_REPLACED);
    const pairing: i32 = this.offeredPairing.get();
    this.number.set(this.offered.get());
    this.pairing.set(pairing);
    this.slot.set(slot);
    this.offered.set(0);
    if (this.unproven.get() == ((pairing + 1) | 0)) {
      // The other pairing of the role is the older one now.
      const role: i32 = roleOf(pairing);
      this.nextPairings.set((this.nextPairings.get() & ~(1 << role)) | (((pairing & 1) ^ 1) << role));
      this.unproven.set(0);
      this.core.changes.mark(CHANGED_SESSION);
    }
    this.core.log.event(EVENT_SESSION_OPENED, roleOf(pairing), this.number.get(), 0);
  }

  private close(reason: i32): void {
    this.core.log.event(EVENT_SESSION_CLOSED, reason, this.number.get(), 0);
    this.number.set(0);
  }

  /** Refuses a frame that cannot be authenticated or read. It is counted and answered in the clear, and the pause grows. */
  private refuse(outcome: i32): void {
    this.countFailure(KIND_OTHER);
    this.telemetry.refuse(outcome);
    this.writeOutcome(outcome);
    this.telemetry.send(FRAME_REFUSED | REPLY, (CLEAR - BODY) | 0);
  }

  /** Answers PAIR or OPEN with an outcome by which no pairing or session is made. */
  private deny(type: i32, outcome: i32): void {
    this.countFailure(kindOf(type));
    this.telemetry.refuse(outcome);
    this.writeOutcome(outcome);
    this.telemetry.send(type | REPLY, (CLEAR - BODY) | 0);
  }

  /** Writes outcome and echo of an answer in the clear. */
  private writeOutcome(outcome: i32): void {
    const frame: Uint8Array = this.telemetry.frame;
    const reply: Uint8Array = this.telemetry.reply;
    reply[BODY] = outcome as u8;
    const echo: i32 = (this.telemetry.frameLength - ECHO_BYTES) | 0;
    for (let i: i32 = 0; i < ECHO_BYTES; i = (i + 1) | 0) {
      reply[BODY + 1 + i] = echo < BODY ? 0 : frame[echo + i];
    }
  }

  private countFailure(kind: i32): void {
    this.backOff.countFailure(kind);
    this.backOff.countFrame();
  }

  /** True for a sealed frame of the session in force, and for the first ones of the session that was offered last. */
  private isTriedInPause(): bool {
    if (this.telemetry.frameLength <= TEXT) return false;
    const number: i32 = readU32(this.telemetry.frame, SEALED_SESSION);
    if (number == 0) return false;
    if (number == this.number.get()) return true;
    const tries: i32 = this.offerTries.get();
    if (number != this.offered.get() || tries <= 0) return false;
    this.offerTries.set((tries - 1) | 0);
    return true;
  }

  private bodyLength(): i32 {
    return (this.telemetry.frameLength - BODY) | 0;
  }

  /** Copies nonce, associated data and text from a frame of `length` bytes into the crypto part's buffer. */
  private load(frame: Uint8Array, length: i32, direction: i32): void {
    this.core.hal.crypto.put(0, direction);
    for (let i: i32 = 1; i < CRYPTO_NONCE_BYTES; i = (i + 1) | 0) {
      const inHeader: bool = i <= SEALED_HEADER_BYTES - SEALED_SESSION;
      const byte: i32 = inHeader ? (frame[SEALED_SESSION + i - 1] as i32) : 0;
      this.core.hal.crypto.put(i, byte);
    }
    for (let i: i32 = 0; i < FRAME_CODED_BYTES && i < length; i = (i + 1) | 0) {
      const byte: i32 = frame[i];
      this.core.hal.crypto.put((CRYPTO_NONCE_BYTES + i) | 0, byte);
    }
  }

  /** Copies `length` bytes of text and tag from the crypto part's buffer into a frame. */
  private unload(frame: Uint8Array, length: i32): void {
    for (let i: i32 = 0; i < FRAME_CODED_BYTES && i < length; i = (i + 1) | 0) {
      frame[TEXT + i] = this.core.hal.crypto.get((CRYPTO_NONCE_BYTES + SEALED_HEADER_BYTES + i) | 0) as u8;
    }
  }
}

/** The kind of back-off of a frame type of this version. */
function kindOf(type: i32): i32 {
  if (type == FRAME_PAIR) return KIND_PAIR;
  return type == FRAME_OPEN ? KIND_OPEN : KIND_OTHER;
}

function roleOf(pairing: i32): i32 {
  return (ROLE_CLINICIAN + (pairing >> 1)) | 0;
}
