// Writes and reads the little-endian bodies of the hal wire. A reader that is asked to read beyond the end gives zeros and
// is no longer `ok`; its owner then refuses the whole body.

/** Writes a body of a fixed capacity. A body that does not fit is a programmer's error (RangeError). */
export class ByteWriter {
  length = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(most: number) {
    this.bytes = new Uint8Array(most);
    this.view = new DataView(this.bytes.buffer);
  }

  u8(value: number): this {
    this.view.setUint8(this.take(1), value);
    return this;
  }

  u16(value: number): this {
    this.view.setUint16(this.take(2), value, true);
    return this;
  }

  /** Writes the low 32 bits of an unsigned or signed value. */
  u32(value: number): this {
    this.view.setUint32(this.take(4), value, true);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.take(bytes.length));
    return this;
  }

  /** Writes the length in one byte, and then the bytes. */
  short(bytes: Uint8Array): this {
    return this.u8(bytes.length).raw(bytes);
  }

  /** Writes the length in one byte, and then the text in UTF-8, cut to 255 bytes. */
  text(text: string): this {
    return this.short(new TextEncoder().encode(text).subarray(0, 255));
  }

  /** Changes a byte that was written before. */
  patch(at: number, value: number): void {
    this.bytes[at] = value;
  }

  get(at: number): number {
    return this.bytes[at];
  }

  clear(): void {
    this.length = 0;
  }

  /** A copy of the written bytes. */
  done(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private take(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) throw new RangeError("a body of the hal wire has outgrown its frame");
    this.length += count;
    return at;
  }
}

export class ByteReader {
  /** False once more was read than there is. */
  ok = true;
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    return this.take(1) ? this.view.getUint8(this.at - 1) : 0;
  }

  u16(): number {
    return this.take(2) ? this.view.getUint16(this.at - 2, true) : 0;
  }

  u32(): number {
    return this.take(4) ? this.view.getUint32(this.at - 4, true) : 0;
  }

  i32(): number {
    return this.take(4) ? this.view.getInt32(this.at - 4, true) : 0;
  }

  raw(count: number): Uint8Array {
    return this.take(count) ? this.bytes.slice(this.at - count, this.at) : new Uint8Array(0);
  }

  short(): Uint8Array {
    return this.raw(this.u8());
  }

  text(): string {
    return new TextDecoder().decode(this.short());
  }

  private take(count: number): boolean {
    if (!this.ok || this.at + count > this.bytes.length) this.ok = false;
    else this.at += count;
    return this.ok;
  }
}
