// The programmer's end of the security of telemetry, as hal/telemetry.ts lays it out: it pairs, opens a session, seals commands
// and opens answers, with AES-128-CCM, X25519 and HKDF of node:crypto. Its state is plain, so a machine can save it. The caller
// gives the random bytes, so a run repeats. It makes frames and takes frames; the exchange waits, repeats and gives up.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { Parser } from "binary-parser";
import { CRYPTO_KEY_BYTES, CRYPTO_NONCE_BYTES, CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import {
  COUNTER_MAX,
  DIRECTION_FROM_PUMP,
  DIRECTION_TO_PUMP,
  ECHO_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_SEALED,
  FRAME_VERSION,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  PAYLOAD_BYTES,
  REPLY,
  SEALED_HEADER_BYTES,
  TAG_BYTES,
  TEXT_HEADER_BYTES,
} from "../../hal/telemetry";
import { derivedKey, PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../key-agreement";
import { encodeFrame, type Frame } from "./frame";
import { words } from "./messages";

/** The content of a sealed answer: the command's kind with REPLY set, its sequence, and outcome byte with content. */
export interface Reply {
  kind: number;
  sequence: number;
  payload: Uint8Array;
}

/** The values of a pairing that a programmer keeps. */
export interface Pairing {
  id: number;
  role: number;
  /** 16 bytes. */
  key: Uint8Array;
}

const bytesOf = (length: number) => ({ type: "uint8", length });

const ANSWERED_PAIR_BYTES = 2 + ECHO_BYTES + CRYPTO_PUBLIC_KEY_BYTES;
const answeredPair = new Parser()
  .uint8("outcome")
  .array("echo", bytesOf(ECHO_BYTES))
  .uint8("pairing")
  .array("publicKey", bytesOf(CRYPTO_PUBLIC_KEY_BYTES));
interface AnsweredPair {
  pairing: number;
  publicKey: number[];
}

const ANSWERED_OPEN_BYTES = 5 + ECHO_BYTES + OPEN_NONCE_BYTES;
const answeredOpen = new Parser()
  .endianness("little")
  .uint8("outcome")
  .array("echo", bytesOf(ECHO_BYTES))
  .uint32("session")
  .array("nonce", bytesOf(OPEN_NONCE_BYTES));
interface AnsweredOpen {
  session: number;
  nonce: number[];
}

/** The numbers at the beginning of a sealed body; text and tag follow. */
const NUMBERS_BYTES = SEALED_HEADER_BYTES - FRAME_HEADER_BYTES;
const numbers = new Parser().endianness("little").uint32("session").uint32("counter");
interface Numbers {
  session: number;
  counter: number;
}

export class SecureChannel {
  /** The number of the pairing; -1 when there is none. */
  id = -1;
  role = 0;
  key: Uint8Array = new Uint8Array(CRYPTO_KEY_BYTES);
  /** The public key that the pump made for the pairing. */
  pumpKey: Uint8Array = new Uint8Array(CRYPTO_PUBLIC_KEY_BYTES);
  /** The secret of a pairing under way and the nonce of a session being opened. */
  secret: Uint8Array = new Uint8Array(CRYPTO_PUBLIC_KEY_BYTES);
  nonce: Uint8Array = new Uint8Array(OPEN_NONCE_BYTES);
  /** The session, 0 while there is none. */
  session = 0;
  sessionKey: Uint8Array = new Uint8Array(CRYPTO_KEY_BYTES);
  /** The counter of the last sealed frame. */
  counter = 0;
  /** The last two bytes of the body of the last frame, which an answer in the clear repeats. */
  echo: Uint8Array = new Uint8Array(ECHO_BYTES);

  get isPaired(): boolean {
    return this.id >= 0;
  }

  get isOpen(): boolean {
    return this.session > 0 && this.counter < COUNTER_MAX;
  }

  /** Uses a pairing that was made before. */
  resume({ id, role, key }: Pairing): void {
    this.id = id;
    this.role = role;
    this.key.set(key);
    this.close();
  }

  pairing(): Pairing {
    return { id: this.id, role: this.role, key: this.key.slice() };
  }

  /** Drops the pairing, whose pump is gone. */
  dropPairing(): void {
    this.id = -1;
    this.key.fill(0);
    this.close();
  }

  close(): void {
    this.session = 0;
    this.counter = 0;
  }

  /** Bytes on the air that ask for a pairing in a ROLE_. `secret`: 32 random bytes. */
  pairRequest(role: number, secret: Uint8Array): Uint8Array {
    this.secret.set(secret);
    this.role = role;
    this.id = -1;
    this.close();
    return this.frame(FRAME_PAIR, Uint8Array.of(role, ...publicKeyOf(secret)));
  }

  /** Takes the pump's answer to the last pairing. Returns the outcome, or null when the frame is no such answer. */
  takePair({ type, body }: Frame): number | null {
    if (type !== (FRAME_PAIR | REPLY) || !this.isEchoed(body)) return null;
    if (body[0] !== OUTCOME_ACCEPTED) return body[0];
    if (body.length !== ANSWERED_PAIR_BYTES) return null;
    const { pairing, publicKey } = answeredPair.parse(body) as AnsweredPair;
    const theirs = Uint8Array.from(publicKey);
    const shared = sharedSecret(this.secret, theirs);
    if (shared === null) return null;
    this.key.set(derivedKey(shared, Uint8Array.of(...publicKeyOf(this.secret), ...theirs), PAIRING_INFO));
    this.pumpKey.set(theirs);
    this.secret.fill(0);
    this.id = pairing;
    return OUTCOME_ACCEPTED;
  }

  /** Bytes on the air that ask for a session. `nonce`: 16 random bytes. */
  openRequest(nonce: Uint8Array): Uint8Array {
    this.nonce.set(nonce);
    this.close();
    return this.frame(FRAME_OPEN, Uint8Array.of(this.id, ...nonce));
  }

  /** Takes the pump's answer to the last opening. Returns the outcome, or null when the frame is no such answer. */
  takeOpen({ type, body }: Frame): number | null {
    if (type !== (FRAME_OPEN | REPLY) || !this.isEchoed(body)) return null;
    if (body[0] !== OUTCOME_ACCEPTED) return body[0];
    if (body.length !== ANSWERED_OPEN_BYTES) return null;
    const { session, nonce } = answeredOpen.parse(body) as AnsweredOpen;
    if (session < 1 || session > COUNTER_MAX) return null;
    const salt = Uint8Array.of(...this.nonce, ...nonce, ...words(session));
    this.sessionKey.set(derivedKey(this.key, salt, SESSION_INFO));
    this.session = session;
    this.counter = 0;
    return OUTCOME_ACCEPTED;
  }

  /** Bytes on the air of a command in the open session. Throws RangeError on too long a payload. */
  seal(kind: number, sequence: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
    if (payload.length > PAYLOAD_BYTES) throw new RangeError(`a payload has at most ${PAYLOAD_BYTES} bytes`);
    this.counter++;
    const header = headerOf(FRAME_SEALED, this.session, this.counter);
    const nonce = nonceOf(DIRECTION_TO_PUMP, header);
    const text = Uint8Array.of(kind, sequence & 255, sequence >> 8, ...payload);
    const cipher = createCipheriv("aes-128-ccm", this.sessionKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(header, { plaintextLength: text.length });
    const sealed = cipher.update(text);
    cipher.final();
    return this.frame(
      FRAME_SEALED,
      Uint8Array.of(...header.subarray(FRAME_HEADER_BYTES), ...sealed, ...cipher.getAuthTag()),
    );
  }

  /** True for the body of an answer in the clear to the last frame. */
  isEchoed(body: Uint8Array): boolean {
    return body.length > ECHO_BYTES && this.echo.every((byte, i) => body[1 + i] === byte);
  }

  /** The content of a sealed answer; null unless it is authentic and answers the last sealed frame. */
  open({ version, type, body }: Frame): Reply | null {
    const text = body.length - NUMBERS_BYTES - TAG_BYTES;
    if (version !== FRAME_VERSION || type !== (FRAME_SEALED | REPLY) || text <= TEXT_HEADER_BYTES) return null;
    const { session, counter } = numbers.parse(body) as Numbers;
    if (session !== this.session || counter !== this.counter) return null;
    const header = headerOf(type, this.session, this.counter);
    const nonce = nonceOf(DIRECTION_FROM_PUMP, header);
    const decipher = createDecipheriv("aes-128-ccm", this.sessionKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
    decipher.setAAD(header, { plaintextLength: text });
    try {
      const plain = Uint8Array.from(decipher.update(body.subarray(NUMBERS_BYTES, NUMBERS_BYTES + text)));
      decipher.final();
      return { kind: plain[0], sequence: plain[1] | (plain[2] << 8), payload: plain.slice(TEXT_HEADER_BYTES) };
    } catch {
      // The tag does not match. The frame is noise that the CRC missed, or another sender's.
      return null;
    }
  }

  private frame(type: number, body: Uint8Array): Uint8Array {
    this.echo.set(body.subarray(-ECHO_BYTES));
    return encodeFrame(type, body);
  }
}

/** The header that is authenticated beside the text: version, type, session and counter. */
function headerOf(type: number, session: number, counter: number): Uint8Array {
  return Uint8Array.of(FRAME_VERSION, type, ...words(session, counter));
}

function nonceOf(direction: number, header: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(CRYPTO_NONCE_BYTES);
  nonce.set([direction, ...header.subarray(FRAME_HEADER_BYTES)]);
  return nonce;
}
