// Bytes that wait, in a ring of 64 KiB that never grows. A piece that finds no room is dropped whole and counted. A port
// keeps here what it has not sent yet, and a pump what it could not take yet.

/** 5 s of a full line at 115,200 baud. */
export const QUEUE_BYTES = 65_536;

export class ByteRing {
  count = 0;
  dropped = 0;
  private readonly bytes = new Uint8Array(QUEUE_BYTES);
  private at = 0;

  /** Adds a piece. False when it has no room; it is then dropped. */
  put(bytes: Uint8Array): boolean {
    if (bytes.length > QUEUE_BYTES - this.count) {
      this.dropped += bytes.length;
      return false;
    }
    const start = (this.at + this.count) % QUEUE_BYTES;
    const first = Math.min(bytes.length, QUEUE_BYTES - start);
    this.bytes.set(bytes.subarray(0, first), start);
    this.bytes.set(bytes.subarray(first), 0);
    this.count += bytes.length;
    return true;
  }

  /** The oldest bytes that lie in one piece. They stay until `take`. */
  piece(): Uint8Array {
    return this.bytes.subarray(this.at, Math.min(this.at + this.count, QUEUE_BYTES));
  }

  /** Removes the oldest `count` bytes. */
  take(count: number): void {
    this.at = (this.at + count) % QUEUE_BYTES;
    this.count -= count;
  }

  /** Drops all bytes that wait. */
  drop(): void {
    this.dropped += this.count;
    this.take(this.count);
  }
}
