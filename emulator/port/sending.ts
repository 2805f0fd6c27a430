// The bytes that wait to be sent, in a ring, and the line that takes them one piece at a time, so that the line's own buffer is bounded
// too. A serial port and a socket are such lines.

import { ByteRing } from "./byte-ring";

/** `done` is called when the line has taken the bytes, or with the error. */
interface Line {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}

export class Sending<T extends Line> {
  readonly ring = new ByteRing();
  /** Makes the bytes that go to the line from those that were written. */
  encode: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** The other end has asked for a pause. */
  isHeld: () => boolean = () => false;
  private current: T | null = null;
  private writing = false;

  /** The line; null while there is none. */
  get line(): T | null {
    return this.current;
  }

  /** Sends over that line from now on. What waits is dropped when it is null. */
  use(line: T | null): void {
    this.current = line;
    this.writing = false;
    if (line === null) this.ring.drop();
  }

  /** As BytePort.write. */
  write(bytes: Uint8Array): boolean {
    if (this.current === null) {
      this.ring.dropped += bytes.length;
      return false;
    }
    const taken = this.ring.put(bytes);
    this.pump();
    return taken;
  }

  pump(): void {
    const { current, ring } = this;
    if (current === null || this.writing || ring.count === 0 || this.isHeld()) return;
    const piece = ring.piece();
    this.writing = true;
    current.write(this.encode(piece), (error) => {
      // After a loss the ring was dropped, so there is nothing to take from it.
      if (error || this.current !== current) return;
      this.writing = false;
      ring.take(piece.length);
      this.pump();
    });
  }
}
