// Bytes to and from a thread that blocks. The port itself (serial, pseudo-terminal) lives in the main thread, which must stay
// free to read it and to hear an interrupt; the machine or the controller lives in a worker, where a tick may have to wait for
// the other end. Inward a ring in shared memory with Atomics.wait, outward messages. A full ring drops what does not fit and
// counts it: the wire above sends again what was lost.

import { setTimeout as later } from "node:timers/promises";
import type { MessagePort } from "node:worker_threads";

/** A second of a line at 500,000 baud. */
const RING_BYTES = 65_536;
/** Words of the shared state: bytes ever put, bytes ever taken (both modulo 2^32), why to stop, bytes dropped. */
const PUT = 0;
const TAKEN = 1;
const STOP = 2;
const DROPPED = 3;
const WORDS = 4;

/** What the main thread can tell the blocked one. */
export const STOP_NOT = 0;
export const STOP_INTERRUPT = 1;
export const STOP_PORT_LOST = 2;

export interface SharedRing {
  words: SharedArrayBuffer;
  bytes: SharedArrayBuffer;
}

export function sharedRing(): SharedRing {
  return { words: new SharedArrayBuffer(4 * WORDS), bytes: new SharedArrayBuffer(RING_BYTES) };
}

/** The main thread's side: never blocks. */
export class RingWriter {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;

  constructor(ring: SharedRing) {
    this.words = new Int32Array(ring.words);
    this.bytes = new Uint8Array(ring.bytes);
  }

  get dropped(): number {
    return Atomics.load(this.words, DROPPED);
  }

  put(bytes: Uint8Array): void {
    const put = Atomics.load(this.words, PUT);
    const free = RING_BYTES - ((put - Atomics.load(this.words, TAKEN)) | 0);
    const count = Math.min(free, bytes.length);
    for (let i = 0; i < count; i++) this.bytes[(put + i) & (RING_BYTES - 1)] = bytes[i];
    if (count < bytes.length) Atomics.add(this.words, DROPPED, bytes.length - count);
    Atomics.store(this.words, PUT, (put + count) | 0);
    Atomics.notify(this.words, PUT);
  }

  /** Wakes the other side, for good, for one of the STOP_ reasons; the first one counts. */
  stop(reason: number): void {
    Atomics.compareExchange(this.words, STOP, STOP_NOT, reason);
    // The waiter waits on PUT and looks at STOP first; a moment's race is caught by its short waits.
    Atomics.notify(this.words, PUT);
  }
}

/** Where the blocked side gets its bytes and leaves its own. */
export interface BlockingPort {
  write(bytes: Uint8Array): void;
  /** What has arrived, waiting up to `patience_ms` for the first byte. Empty: nothing came, or `stopped`. */
  read(patience_ms: number): Uint8Array;
  /** A STOP_ code. */
  readonly stopped: number;
  /** From now on an interrupt that was heard ends no wait any more: there is something left to say. */
  goOn(): void;
}

/** No wait is longer, so that a stop in between two looks is seen. */
const WAIT_MS_MAX = 50;

/** The blocked thread's side. Writes go out as messages `{ write }`. */
export class RingReader implements BlockingPort {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly out: Pick<MessagePort, "postMessage">;
  private goesOn = false;

  constructor(ring: SharedRing, out: Pick<MessagePort, "postMessage">) {
    this.words = new Int32Array(ring.words);
    this.bytes = new Uint8Array(ring.bytes);
    this.out = out;
  }

  get stopped(): number {
    const reason = Atomics.load(this.words, STOP);
    return this.goesOn && reason === STOP_INTERRUPT ? STOP_NOT : reason;
  }

  goOn(): void {
    this.goesOn = true;
  }

  write(bytes: Uint8Array): void {
    this.out.postMessage({ write: bytes });
  }

  read(patience_ms: number): Uint8Array {
    const deadline = performance.now() + patience_ms;
    for (;;) {
      const taken = Atomics.load(this.words, TAKEN);
      const put = Atomics.load(this.words, PUT);
      if (put !== taken) return this.take(taken, (put - taken) | 0);
      const left = deadline - performance.now();
      if (left <= 0 || this.stopped !== STOP_NOT) return new Uint8Array(0);
      Atomics.wait(this.words, PUT, put, Math.min(left, WAIT_MS_MAX));
    }
  }

  private take(from: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.bytes[(from + i) & (RING_BYTES - 1)];
    Atomics.store(this.words, TAKEN, (from + count) | 0);
    return bytes;
  }
}

/** Lets a port drain before it is closed: what the other end must still hear, the end above all. */
export async function drained(port: { readonly queued: number }, most_ms: number): Promise<void> {
  const deadline = performance.now() + most_ms;
  while (port.queued > 0 && performance.now() < deadline) await later(5);
}
