// A bad cable in the middle of a byte path, by script. Where it damages bytes is counted from the moment that the script
// was given and drawn from a seed, so the same bytes are always damaged alike. Each direction is a wire of its own: it
// drops, doubles or flips bytes, cuts frames off, holds bytes back, lets a frame overtake another, adds noise, is dead for
// a while, or is read at the wrong rate. It knows of frames only that a zero ends them, so it serves telemetry and the hal
// wire. `layCable` joins two ports with it.

import type { BytePort } from "../../emulator/port/port";
import { RandomStream } from "../../emulator/random";

/** Faults of the wire that strike at a byte. */
export const STRIKES = ["drop", "duplicate", "flip", "truncate", "delay", "reorder", "babble"] as const;
export type Strike = (typeof STRIKES)[number];

export interface Script {
  strikes?: readonly Strike[];
  /** Bytes between two strikes, on average. */
  every?: number;
  /** Nothing passes from this byte on, to that one. */
  dead?: readonly [from: number, to: number];
  /** The receiver's bits are so many times as long as the sender's. */
  misread?: number;
}

const RUN_BYTES_MAX = 12;
const DELAY_BYTES_MAX = 60;

export class BadWire {
  /** Bytes that came in since the script was given, and strikes. */
  passed = 0;
  struck = 0;
  private script: Script = {};
  private next = Infinity;
  private chance: RandomStream;
  private out: number[] = [];
  /** Bytes still to be dropped; the rest of a frame is cut off. */
  private gone = 0;
  private cut = false;
  /** Held back until `holding` further bytes have come. */
  private held: number[] = [];
  private holding = 0;
  /** The frame after this one is to be overtaken. */
  private slow = false;
  /** A frame that waits for the next one to overtake it, whole or not yet; null: none does. */
  private overtaken: number[] | null = null;
  private frame: number[] = [];

  constructor(seed: number) {
    this.chance = new RandomStream(seed, "bad cable");
  }

  /** From now on. What an older script held back is let go with the next bytes. */
  play(script: Script): void {
    this.script = script;
    this.passed = 0;
    this.struck = 0;
    this.gone = 0;
    this.cut = false;
    this.holding = 0;
    this.plan();
  }

  /** The bytes that come out at the other end when these go in. */
  pass(bytes: Uint8Array): Uint8Array {
    this.out = [];
    if (this.holding === 0) this.release();
    for (const byte of this.script.misread ? readAt(bytes, this.script.misread) : bytes) this.see(byte);
    return Uint8Array.from(this.out);
  }

  private see(byte: number): void {
    const at = this.passed++;
    const { dead } = this.script;
    if (dead && at >= dead[0] && at < dead[1]) return;
    if (at >= this.next) return this.strike(byte);
    this.carry(byte);
  }

  private plan(): void {
    const { every, strikes } = this.script;
    this.next = every && strikes ? this.passed + 1 + Math.floor(this.chance.fraction() * 2 * every) : Infinity;
  }

  private strike(byte: number): void {
    const strikes = this.script.strikes!;
    this.struck++;
    this.plan();
    switch (strikes[this.chance.bits() % strikes.length]) {
      case "drop":
        this.gone = this.draw(RUN_BYTES_MAX);
        return this.carry(byte);
      case "duplicate":
        for (const each of this.frame.slice(-this.draw(RUN_BYTES_MAX))) this.carry(each);
        return this.carry(byte);
      case "flip":
        return this.carry(byte ^ (1 << (this.chance.bits() & 7)));
      case "truncate":
        this.cut = true;
        return this.carry(byte);
      case "delay":
        this.holding = this.draw(DELAY_BYTES_MAX);
        return this.carry(byte);
      case "reorder":
        this.slow = true;
        return this.carry(byte);
      case "babble":
        for (let left = this.draw(RUN_BYTES_MAX); left > 0; left--) this.carry(this.chance.bits() & 255);
        return this.carry(byte);
    }
  }

  private draw(most: number): number {
    return 1 + (this.chance.bits() % most);
  }

  private carry(byte: number): void {
    if (this.gone > 0) {
      this.gone--;
      return;
    }
    if (this.cut && byte !== 0) return;
    this.cut = false;
    this.order(byte);
  }

  /** Lets the frame after the one that was struck come after its successor. */
  private order(byte: number): void {
    const ends = byte === 0 && this.frame.some((each) => each !== 0);
    this.frame.push(byte);
    const collects = this.overtaken?.length === 0;
    if (collects && ends) this.overtaken = this.frame;
    else if (!collects) {
      this.hold(byte);
      if (ends && this.overtaken !== null) {
        for (const each of this.overtaken) this.hold(each);
        this.overtaken = null;
      } else if (ends && this.slow) {
        this.slow = false;
        this.overtaken = [];
      }
    }
    if (ends) this.frame = [];
  }

  private hold(byte: number): void {
    if (this.holding === 0) {
      this.out.push(byte);
      return;
    }
    this.held.push(byte);
    if (--this.holding === 0) this.release();
  }

  private release(): void {
    this.out.push(...this.held.splice(0));
  }
}

/** Levels of a line while a byte is on it, 8N1: start bit, eight data bits from the lowest, stop bit. */
const bitsOf = (byte: number) => [0, ...Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1), 1];
const FRAME_BITS = 10;

/**
 * Bytes sent back to back, then idle, as a receiver sees them whose bit is `ratio` times as long: it looks for a falling edge
 * and samples the middle of each of its own bits. A byte without a stop bit is dropped, as node-serialport has it (IGNPAR).
 */
export function readAt(bytes: Uint8Array, ratio: number): Uint8Array {
  const line = [...bytes].flatMap(bitsOf);
  const level = (time: number) => line[Math.floor(time)] ?? 1;
  const read: number[] = [];
  for (let edge = 0; edge < line.length; edge++) {
    if (level(edge) !== 0 || (edge > 0 && level(edge - 1) === 0)) continue;
    const sample = (bit: number) => level(edge + (bit + 0.5) * ratio);
    if (sample(0) !== 0) continue;
    const byte = Array.from({ length: 8 }, (_, bit) => sample(bit + 1) << bit).reduce((sum, bit) => sum | bit, 0);
    if (sample(9) === 1) read.push(byte);
    // The next edge is looked for from the middle of the stop bit on.
    edge = Math.max(edge, Math.ceil(edge + (FRAME_BITS - 0.5) * ratio) - 1);
  }
  return Uint8Array.from(read);
}

export interface LaidCable {
  /** From the first port to the second, and back. */
  there: BadWire;
  back: BadWire;
}

/** Joins two open ports. */
export function layCable(one: BytePort, other: BytePort, seed: number): LaidCable {
  const [there, back] = [new BadWire(seed), new BadWire(seed + 1)];
  const join = (from: BytePort, to: BytePort, wire: BadWire) => {
    from.onBytes = (bytes) => {
      const passed = wire.pass(bytes);
      if (passed.length > 0) to.write(passed);
    };
  };
  join(one, other, there);
  join(other, one, back);
  return { there, back };
}
