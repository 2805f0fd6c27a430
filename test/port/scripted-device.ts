// A pump at the other end of a port, without a pump. `PumpEnd` does the secured part, the last command is remembered as
// hal/telemetry.ts wants it, and a test writes the answers and says what the cable does to each frame. The programmer's
// client and commands are tested against it, so that they are tested against the protocol and not against one firmware.

import { encodeFrame, type Frame, telemetryReader } from "../../emulator/telemetry/frame";
import type { BytePort } from "../../emulator/port/port";
import {
  COMMAND_INTERROGATE,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  FLAG_HEAD,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_VERSION,
  OUTCOME_ACCEPTED,
  OUTCOME_NOT_AUTHENTIC,
  OUTCOME_NOT_AUTHORISED,
  REPLY,
  STATUS_BYTES,
  STATUS_FLAGS,
  STATUS_LAST_COMMAND,
  STATUS_LAST_OUTCOME,
  STATUS_LAST_SEQUENCE,
} from "../../hal/telemetry";
import { type Command, inClear, PumpEnd } from "../programmer/pump-end";

/** The payload of an answer, its outcome first. */
export type Answers = (command: Command) => number[];

const QUERIES = [COMMAND_INTERROGATE, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];

export class ScriptedDevice {
  /** The end of the cable that the programmer has. */
  readonly port: BytePort;
  head = true;
  version = FRAME_VERSION;
  /** Every authentic command, repeats included; and those that were carried out: no queries, no repeats. */
  readonly heard: Command[] = [];
  readonly carriedOut: Command[] = [];
  /** Every frame that the programmer sent, as it was on the air. */
  readonly arrived: Uint8Array[] = [];
  /** The pieces that come out of the cable for frame `n` to the pump, counted from 0, and for a frame from it. */
  toPump: (bytes: Uint8Array, n: number) => Uint8Array[] = (bytes) => [bytes];
  fromPump: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes];
  /** After a command was carried out, before its answer leaves. */
  afterCommand: (command: Command) => void = () => undefined;
  status: Uint8Array = new Uint8Array(STATUS_BYTES);

  private readonly answers: Answers;
  private readonly end = new PumpEnd();
  private last: { kind: number; sequence: number; answer: number[] } = { kind: 0, sequence: 0, answer: [0] };
  private reader = telemetryReader();

  constructor(answers: Answers = () => [OUTCOME_ACCEPTED]) {
    this.answers = answers;
    this.port = {
      path: "scripted",
      isOpen: true,
      queued: 0,
      dropped: 0,
      onBytes: null,
      onOpen: null,
      onLost: null,
      write: (bytes) => {
        for (const each of this.toPump(bytes, this.arrived.push(bytes) - 1)) queueMicrotask(() => this.receive(each));
        return true;
      },
      close: async () => undefined,
    };
  }

  /** Sessions are gone; pairings and the last command stay, as in a pump. */
  reset(): void {
    this.end.reset();
    this.reader = telemetryReader();
  }

  /** Bytes to the programmer. */
  send(bytes: Uint8Array): void {
    for (const each of this.fromPump(bytes)) queueMicrotask(() => this.port.onBytes?.(each));
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const frame = this.reader.take(byte);
      const answer = frame === null ? null : this.answerTo(frame);
      if (answer !== null) this.send(answer);
    }
  }

  private answerTo(frame: Frame): Uint8Array | null {
    const { version, type } = frame;
    if (type === FRAME_QUERY) {
      return encodeFrame(type | REPLY, Uint8Array.of(OUTCOME_ACCEPTED, this.version, 3, 0, 1, 0), this.version);
    }
    if (version !== this.version) return null;
    if (type === FRAME_PAIR && !this.head) return inClear(type, frame.body, OUTCOME_NOT_AUTHORISED);
    try {
      return this.end.take(frame, (command) => this.take(command));
    } catch {
      // The tag: OpenSSL throws.
      return inClear(FRAME_REFUSED, frame.body, OUTCOME_NOT_AUTHENTIC);
    }
  }

  private take(command: Command): number[] {
    const { kind, sequence } = command;
    this.heard.push(command);
    if (kind === COMMAND_INTERROGATE) return [OUTCOME_ACCEPTED, ...this.statusNow()];
    if (QUERIES.includes(kind)) return this.answers(command);
    if (this.last.kind !== kind || this.last.sequence !== sequence) {
      this.carriedOut.push(command);
      this.last = { kind, sequence, answer: this.answers(command) };
      this.afterCommand(command);
    }
    return this.last.answer;
  }

  private statusNow(): Uint8Array {
    const status = this.status.slice();
    if (this.head) status[STATUS_FLAGS] |= FLAG_HEAD;
    status[STATUS_LAST_COMMAND] = this.last.kind;
    status[STATUS_LAST_OUTCOME] = this.last.answer[0];
    status[STATUS_LAST_SEQUENCE] = this.last.sequence & 255;
    status[STATUS_LAST_SEQUENCE + 1] = this.last.sequence >> 8;
    return status;
  }
}
