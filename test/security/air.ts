// The air between a pump and its programmers, for tests that attack it. Everything that goes over it is recorded, and any
// bytes can be put on it. What these bytes changed is found by comparing the whole machine, fields of the firmware
// included, with a run of the same length in which nobody spoke. Frames are forged with node:crypto alone, byte by byte as
// docs/telemetry.md has them, and not by the programmer's own channel.

import { createCipheriv } from "node:crypto";
import { decodeFrame, encodeFrame, type Frame } from "../../emulator/telemetry/frame";
import { SecureChannel, type Reply } from "../../emulator/telemetry/secure";
import type { Machine, Snapshot } from "../../emulator/machine/machine";
import { RandomStream } from "../../emulator/random";
import { FRAME_SEALED, FRAME_VERSION } from "../../hal/telemetry";
import { framesWithin, say } from "../listen";
import type { Pump } from "../pump";

/** A frame is answered in the second tick after it came. */
const ANSWER_TICKS = 6;

/** Bytes that went over the air in one direction, delimiters included. */
export interface OnAir {
  tick: number;
  toPump: boolean;
  bytes: Uint8Array;
}

/** Listens to both ways of a link. Never part of the machine's state. */
export class Air {
  readonly heard: OnAir[] = [];
  private readonly open: { toPump: boolean; bytes: number[] }[] = [true, false].map((toPump) => ({
    toPump,
    bytes: [],
  }));

  constructor(machine: Machine) {
    const { link } = machine.board;
    const { arrive, depart } = link;
    const take = (way: number, byte: number) => this.take(way, byte, machine.tick);
    own(link, "arrive", (byte: number) => {
      take(0, byte);
      arrive.call(link, byte);
    });
    own(link, "depart", () => {
      const byte = depart.call(link);
      if (byte >= 0) take(1, byte);
      return byte;
    });
  }

  /** The frames that went one way, decoded, with their bytes. */
  frames(toPump: boolean): (OnAir & { frame: Frame })[] {
    return this.heard
      .filter((each) => each.toPump === toPump)
      .map((each) => ({ ...each, frame: decodeFrame(each.bytes.subarray(1, -1)) }))
      .filter((each): each is OnAir & { frame: Frame } => each.frame !== null);
  }

  private take(way: number, byte: number, tick: number): void {
    const { toPump, bytes } = this.open[way];
    if (byte !== 0) bytes.push(byte);
    else if (bytes.length > 0) {
      this.heard.push({ tick, toPump, bytes: Uint8Array.of(0, ...bytes, 0) });
      bytes.length = 0;
    }
  }
}

/** Puts a method of a test's own on a part, hidden from the state walker. */
export function own<T extends object, K extends keyof T>(part: T, method: K, body: T[K]): void {
  Object.defineProperty(part, method, { value: body, enumerable: false, configurable: true, writable: true });
}

/** Bytes to the pump, then `ticks` of time; the frames that it answered. */
export function send(machine: Machine, bytes: Iterable<number>, { head = false, ticks = ANSWER_TICKS } = {}): Frame[] {
  const { link } = machine.board;
  link.programmingHead = head;
  say(machine, bytes);
  const answers = framesWithin(machine, ticks);
  link.programmingHead = false;
  return answers;
}

/** The parts of a sealed frame, each of which may be wrong. */
export interface Forgery {
  key: Uint8Array;
  session: number;
  counter: number;
  text: Uint8Array;
  direction?: number;
  type?: number;
  version?: number;
  /** Bytes of the tag that are sent. */
  tagBytes?: number;
}

/** Bytes on the air of a sealed frame, put together by hand. */
export function forged({
  key,
  session,
  counter,
  text,
  direction = 0,
  type = FRAME_SEALED,
  version = FRAME_VERSION,
  tagBytes = 8,
}: Forgery): Uint8Array {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(session, 0);
  numbers.writeUInt32LE(counter, 4);
  const nonce = Buffer.concat([Buffer.of(direction), numbers, Buffer.alloc(4)]);
  const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
  cipher.setAAD(Buffer.concat([Buffer.of(version, type), numbers]), { plaintextLength: text.length });
  const sealed = cipher.update(text);
  cipher.final();
  const tag = cipher.getAuthTag().subarray(0, tagBytes);
  return encodeFrame(type, Buffer.concat([numbers, sealed, tag]), version);
}

/** A command as it is sealed. */
export function textOf(kind: number, sequence: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return Uint8Array.of(kind, sequence & 255, sequence >> 8, ...payload);
}

/** A programmer's own channel in a role, paired with the pump on the bench; `open` opens its session. */
export function paired(pump: Pump, role: number, seed = role): SecureChannel {
  const channel = new SecureChannel();
  const [answer] = send(pump.machine, channel.pairRequest(role, chance(seed, 32)), { head: true });
  if (channel.takePair(answer) !== 0) throw new Error("the pump did not pair");
  return channel;
}

/** Opens a session; it is in force with its first command. */
export function opened(pump: Pump, channel: SecureChannel, seed = 1): SecureChannel {
  const [answer] = send(pump.machine, channel.openRequest(chance(seed, 16)));
  if (channel.takeOpen(answer) !== 0) throw new Error("the pump did not open a session");
  return channel;
}

/** One command in the open session, and its reply. */
export function order(
  pump: Pump,
  channel: SecureChannel,
  kind: number,
  payload?: Uint8Array,
  { sequence = 1, head = true } = {},
): Reply | null {
  const answers = send(pump.machine, channel.seal(kind, sequence, payload), { head });
  return answers.map((frame) => channel.open(frame)).find((reply) => reply !== null) ?? null;
}

export function chance(seed: number, bytes: number): Uint8Array {
  const stream = new RandomStream(seed, "test");
  return Uint8Array.from({ length: bytes }, () => stream.bits() & 255);
}

/** A channel with the same pairing and session, to go on from the same moment again and again. */
export function copyOf(channel: SecureChannel): SecureChannel {
  const copy = new SecureChannel();
  copy.resume(channel.pairing());
  copy.session = channel.session;
  copy.counter = channel.counter;
  copy.sessionKey.set(channel.sessionKey);
  return copy;
}

/** Fields that count what was refused, or serve the link alone. A frame that leads nowhere may change these. */
export const COUNTERS =
  /^(?:telemetry\.|session\.(?:backOff|offerTries)\.|usage\.unauthorised|board\.(?:link|trace|crypto\.buffer))/;
/** The fields that an OPEN changes, because it offers a session with a number that was never given before. */
export const OFFER =
  /^(?:session\.(?:issued|offered|offeredPairing|awaited|changed)\b|board\.crypto\.(?:keys|stream)|store\.|board\.nvm\.)/;

/** One moment, to be attacked again and again. */
export class Target {
  readonly pump: Pump;
  private readonly start: Snapshot;
  private readonly quiet = new Map<string, Snapshot>();

  constructor(pump: Pump) {
    this.pump = pump;
    this.start = pump.machine.snapshot();
  }

  again(): Pump {
    this.pump.machine.restore(this.start);
    return this.pump;
  }

  /** Everything that is not as if nobody had spoken, but what `allowed` names. */
  changedBy(
    bytes: Iterable<number>,
    { head = false, ticks = ANSWER_TICKS, allowed = [COUNTERS] as RegExp[] } = {},
  ): { changed: string[]; answers: Frame[]; refused: number } {
    const { machine } = this.pump;
    const quiet = this.quietFor(head, ticks);
    this.again();
    const before = this.pump.field("telemetry.refused");
    const answers = send(machine, bytes, { head, ticks });
    const refused = this.pump.field("telemetry.refused") - before;
    const changed = differences(machine, machine.snapshot(), quiet).filter(
      (path) => !allowed.some((fields) => fields.test(path)),
    );
    return { changed, answers, refused };
  }

  private quietFor(head: boolean, ticks: number): Snapshot {
    const name = `${head} ${ticks}`;
    let quiet = this.quiet.get(name);
    if (!quiet) {
      this.again();
      send(this.pump.machine, [], { head, ticks });
      quiet = this.pump.machine.snapshot();
      this.quiet.set(name, quiet);
    }
    return quiet;
  }
}

/** Paths of the fields, of firmware, board and world, in which two moments of a machine differ. */
export function differences(machine: Machine, one: Snapshot, other: Snapshot): string[] {
  return [
    ...differing(machine.firmware.paths(), one.controller, other.controller),
    ...differing(machine.symbols.paths(), one.machine, other.machine),
  ];
}

/** Paths are in the order of a saved state: scalars, then arrays. */
function differing(paths: string[], one: Snapshot["machine"], other: Snapshot["machine"]): string[] {
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  const scalars = paths.filter((_, i) => i < one.scalars.length && one.scalars[i] !== other.scalars[i]);
  const arrays = one.arrays.flatMap((array, i) =>
    bytes(array).equals(bytes(other.arrays[i])) ? [] : [paths[one.scalars.length + i]],
  );
  return [...scalars, ...arrays];
}
