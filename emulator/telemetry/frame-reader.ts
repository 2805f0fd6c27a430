// Cuts a stream of bytes into frames with a decoder. The stream comes byte by byte, so pieces of any size do; a zero byte ends
// a frame and begins the next one. Reading never fails: a piece that is no frame is counted and skipped. The reader keeps the
// bytes of one unfinished frame and no more, in an array that it makes once. All of its state is plain, so a machine can save
// it.

/** The coding of frames in a stream. */
export interface FrameCoding<F> {
  /** The largest number of bytes between the two zeros of a frame. */
  readonly codedBytes: number;
  /** The frame in the bytes between two zeros, or null when they are no frame. */
  decode(coded: Uint8Array): F | null;
}

/** A pump's end of the link: gives the next byte that the pump put on the air in the last tick, or -1. */
export interface Transmitter {
  depart(): number;
}

export class FrameReader<F> {
  /** The number of pieces between zeros that were no frame: noise, another protocol, a frame that lost a byte. */
  rejected = 0;
  private readonly coded: Uint8Array;
  private length = 0;
  /** The piece under way has more bytes than any frame. */
  private overlong = false;
  /** Frozen: a setting, and no state of the machine. */
  private readonly coding: Readonly<FrameCoding<F>>;

  constructor(coding: FrameCoding<F>) {
    this.coded = new Uint8Array(coding.codedBytes);
    this.coding = Object.freeze(coding);
  }

  /** Takes the next byte. Returns the frame that it completes, or null. */
  take(byte: number): F | null {
    if (byte === 0) return this.close();
    if (this.length < this.coded.length) this.coded[this.length++] = byte;
    else this.overlong = true;
    return null;
  }

  /** Takes the bytes that a pump put on the air, up to the end of a frame. Returns that frame, or null when no byte is left. */
  hear(pump: Transmitter): F | null {
    for (let byte = pump.depart(); byte >= 0; byte = pump.depart()) {
      const frame = this.take(byte);
      if (frame !== null) return frame;
    }
    return null;
  }

  private close(): F | null {
    // Two zeros in a row are the end of one frame and the beginning of the next.
    if (this.length === 0) return null;
    const frame = this.overlong ? null : this.coding.decode(this.coded.subarray(0, this.length));
    if (frame === null) this.rejected++;
    this.length = 0;
    this.overlong = false;
    return frame;
  }
}
