// The secured end of a link as a pump has it, without a pump. It pairs with everyone who asks, opens the session that is asked
// for, opens frames that are sealed for it and seals answers. It is written from hal/telemetry.ts, apart from the firmware and
// from the programmer's side, which are tested against it. Its random bytes are a count, so no two keys or nonces of a run are
// alike.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { encodeFrame, type Frame } from "../../emulator/telemetry/frame";
import { derivedKey, PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../../emulator/key-agreement";
import {
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  FRAME_VERSION,
  OUTCOME_ACCEPTED,
  OUTCOME_NO_SESSION,
  OUTCOME_NOT_PAIRED,
  REPLY,
  TAG_BYTES,
} from "../../hal/telemetry";

export interface Command {
  kind: number;
  sequence: number;
  payload: Uint8Array;
  role: number;
}

const OPTIONS = { authTagLength: TAG_BYTES };

/** An answer in the clear to a frame with that body: outcome, echo, and what follows when it is accepted. */
export function inClear(type: number, asked: Uint8Array, outcome: number, ...content: number[]): Uint8Array {
  const echo = asked.length < 2 ? [0, 0] : asked.subarray(-2);
  return encodeFrame(type | REPLY, Uint8Array.of(outcome, ...echo, ...content));
}

export class PumpEnd {
  private readonly keys = new Map<number, Uint8Array>();
  private readonly sessions = new Map<number, { pairing: number; key: Uint8Array }>();
  private chances = 0;
  private issued = 0;

  /** Every session is forgotten, as after a reset. */
  reset(): void {
    this.sessions.clear();
  }

  /** Bytes on the air that answer a frame; a command is answered with the payload that `carryOut` gives, or not at all. */
  take({ type, body }: Frame, carryOut: (command: Command) => number[] | null): Uint8Array | null {
    switch (type) {
      case FRAME_QUERY:
        return encodeFrame(type | REPLY, Uint8Array.of(OUTCOME_ACCEPTED, FRAME_VERSION, 3, 0, 1, 0));
      case FRAME_PAIR:
        return this.pair(body);
      case FRAME_OPEN:
        return this.open(body);
      case FRAME_SEALED:
        return this.command(body, carryOut);
      default:
        return null;
    }
  }

  private pair(body: Uint8Array): Uint8Array {
    const [role, theirs] = [body[0], body.subarray(1)];
    const secret = this.chance(32);
    const ours = publicKeyOf(secret);
    const pairing = (role - 1) * 2;
    const salt = Uint8Array.of(...theirs, ...ours);
    this.keys.set(pairing, derivedKey(sharedSecret(secret, theirs)!, salt, PAIRING_INFO));
    return inClear(FRAME_PAIR, body, OUTCOME_ACCEPTED, pairing, ...ours);
  }

  private open(body: Uint8Array): Uint8Array {
    const key = this.keys.get(body[0]);
    if (!key) return inClear(FRAME_OPEN, body, OUTCOME_NOT_PAIRED);
    const [number, nonce] = [++this.issued, this.chance(16)];
    const salt = Uint8Array.of(...body.subarray(1), ...nonce, ...word(number));
    this.sessions.set(number, { pairing: body[0], key: derivedKey(key, salt, SESSION_INFO) });
    return inClear(FRAME_OPEN, body, OUTCOME_ACCEPTED, ...word(number), ...nonce);
  }

  private command(body: Uint8Array, carryOut: (command: Command) => number[] | null): Uint8Array | null {
    const session = this.sessions.get(body[0] | (body[1] << 8));
    if (!session) return inClear(FRAME_REFUSED, body, OUTCOME_NO_SESSION);
    const numbers = body.subarray(0, 8);
    const nonce = (direction: number) => Uint8Array.of(direction, ...numbers, 0, 0, 0, 0);
    const decipher = createDecipheriv("aes-128-ccm", session.key, nonce(0), OPTIONS);
    decipher.setAuthTag(body.subarray(-TAG_BYTES));
    decipher.setAAD(Uint8Array.of(FRAME_VERSION, FRAME_SEALED, ...numbers), { plaintextLength: body.length - 16 });
    const text = Uint8Array.from(decipher.update(body.subarray(8, -TAG_BYTES)));
    decipher.final();
    const [kind, low, high] = text;
    const role = 1 + (session.pairing >> 1);
    const answer = carryOut({ kind, sequence: low | (high << 8), payload: text.slice(3), role });
    if (answer === null) return null;
    const reply = Uint8Array.of(kind | REPLY, low, high, ...answer);
    const cipher = createCipheriv("aes-128-ccm", session.key, nonce(1), OPTIONS);
    const header = Uint8Array.of(FRAME_VERSION, FRAME_SEALED | REPLY, ...numbers);
    cipher.setAAD(header, { plaintextLength: reply.length });
    const sealed = cipher.update(reply);
    cipher.final();
    return encodeFrame(FRAME_SEALED | REPLY, Uint8Array.of(...numbers, ...sealed, ...cipher.getAuthTag()));
  }

  private chance(bytes: number): Uint8Array {
    return new Uint8Array(bytes).fill(++this.chances);
  }
}

function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
}
