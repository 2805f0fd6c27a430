// Carries bytes to and from a thread that blocks. The port itself (serial, pseudo-terminal) is in the main thread, which
// must stay free to read it and to hear an interrupt. The machine or the controller is in a worker, where a tick may have
// to wait for the other end. Bytes come in through a ring in shared memory with Atomics.wait, and go out as messages. A
// full ring drops the bytes that do not fit and counts them, because the protocol above sends again what was lost.

import { setTimeout as later } from "node:timers/promises";
import type { MessagePort } from "node:worker_threads";

/** A second of a line at 500,000 baud. */
const RING_BYTES = 65_536;
/** Words of the shared state: bytes put and bytes taken since the start (both modulo 2^32), a STOP_ code, bytes dropped. */
const PUT = 0;
const TAKEN = 1;
const STOP = 2;
const DROPPED = 3;
const WORDS = 4;

/** Codes by which the main thread tells the blocked one to stop. */
export const STOP_NOT = 0;
export const STOP_INTERRUPT = 1;
export const STOP_PORT_LOST = 2;
export const STOP_TIME_LIMIT = 3;

export interface SharedRing {
  words: SharedArrayBuffer;
  bytes: SharedArrayBuffer;
}

export function sharedRing(): SharedRing {
  return { words: new SharedArrayBuffer(4 * WORDS), bytes: new SharedArrayBuffer(RING_BYTES) };
}

/** The main thread's side. It never blocks. */
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

  /** Wakes the other side and ends all of its waits, for a STOP_ reason. The first call decides the reason. */
  stop(reason: number): void {
    Atomics.compareExchange(this.words, STOP, STOP_NOT, reason);
    // The reader looks at STOP before it waits on PUT. A stop between the two is seen after WAIT_MS_MAX.
    Atomics.notify(this.words, PUT);
  }
}

/** The port as the blocked side uses it. */
export interface BlockingPort {
  write(bytes: Uint8Array): void;
  /** The bytes that have arrived. It waits up to `wait_ms` for the first one. Empty when nothing came, or after a stop. */
  read(wait_ms: number): Uint8Array;
  /** A STOP_ code. */
  readonly stopped: number;
  /** From now on an interrupt does not end a wait. It is called before the last frame, which says how the run ended. */
  ignoreInterrupt(): void;
}

/** The longest time between two looks at STOP. */
const WAIT_MS_MAX = 50;

/** The blocked thread's side. It sends bytes as messages `{ write }`. */
export class RingReader implements BlockingPort {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly out: Pick<MessagePort, "postMessage">;
  private ignoresInterrupt = false;

  constructor(ring: SharedRing, out: Pick<MessagePort, "postMessage">) {
    this.words = new Int32Array(ring.words);
    this.bytes = new Uint8Array(ring.bytes);
    this.out = out;
  }

  get stopped(): number {
    const reason = Atomics.load(this.words, STOP);
    return this.ignoresInterrupt && reason !== STOP_PORT_LOST ? STOP_NOT : reason;
  }

  ignoreInterrupt(): void {
    this.ignoresInterrupt = true;
  }

  write(bytes: Uint8Array): void {
    this.out.postMessage({ write: bytes });
  }

  read(wait_ms: number): Uint8Array {
    const deadline = performance.now() + wait_ms;
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

/**
 * Waits until a port has sent all queued bytes, for up to `most_ms`, so that the other end gets the last frame before the
 * close.
 */
export async function drained(port: { readonly queued: number }, most_ms: number): Promise<void> {
  const deadline = performance.now() + most_ms;
  while (port.queued > 0 && performance.now() < deadline) await later(5);
}
