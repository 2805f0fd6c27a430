// Frames of the hal wire over a port that blocks: what both ends share. It numbers nothing and repeats nothing by itself;
// who waits for an answer says how long, and sends the same bytes again. Losing the port or being interrupted ends every
// wait with an error of its own.

import { STOP_NOT, STOP_PORT_LOST, type BlockingPort } from "../port/blocking-port";
import { encodeWireFrame, wireReader, WIRE_VERSION, type WireFrame } from "./frame";

/** The wire or its other end is gone, or speaks another language; the message is one clear line. The command exits with 3. */
export class WireLostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireLostError";
  }
}

/** Somebody pressed Ctrl-C. */
export class WireInterruptError extends Error {
  constructor() {
    super("interrupted");
    this.name = "WireInterruptError";
  }
}

/** How long one side waits for the other in lockstep before it sends again, at 115,200 baud, and how often. */
export interface Patience {
  resend_ms: number;
  tries: number;
}

/** 5 s in all. A frame of 1,024 bytes takes 89 ms at 115,200 baud, and the answer as long. */
const PATIENCE: Patience = { resend_ms: 250, tries: 20 };
const BAUD = 115_200;

/** A slower line gets more time for the same bytes, unless the time is given. */
export function patienceFor(
  baud: number,
  resend_ms = Math.round(PATIENCE.resend_ms * Math.max(1, BAUD / baud)),
): Patience {
  return { ...PATIENCE, resend_ms };
}

export class HalWire {
  /** Frames of another version of this wire, its greeting apart. */
  foreign = 0;
  sentFrames = 0;
  sentBytes = 0;
  readonly reader = wireReader();
  private readonly port: BlockingPort;
  /** What the port gave last, and how many of these bytes the reader has taken. */
  private received: Uint8Array = new Uint8Array(0);
  private taken = 0;

  constructor(port: BlockingPort) {
    this.port = port;
  }

  /** Returns what was sent, to be sent again. */
  send(type: number, sequence: number, body: Uint8Array): Uint8Array {
    const bytes = encodeWireFrame(type, sequence & 255, body);
    this.again(bytes);
    return bytes;
  }

  again(bytes: Uint8Array): void {
    this.sentFrames++;
    this.sentBytes += bytes.length;
    this.port.write(bytes);
  }

  /**
   * The next frame, or null when none came within `patience_ms`. Frames of another version come through only if `anyVersion`.
   * Throws WireLostError and WireInterruptError.
   */
  receive(patience_ms: number, anyVersion = false): WireFrame | null {
    const deadline = performance.now() + patience_ms;
    // A line that babbles without end is looked at once more when the time is over.
    for (let over = false; ;) {
      const frame = this.nextReceived();
      if (frame && (frame.version === WIRE_VERSION || anyVersion)) return frame;
      if (frame) {
        this.foreign++;
        continue;
      }
      if (over) return null;
      this.checkStopped();
      const left = deadline - performance.now();
      this.received = this.port.read(Math.max(0, left));
      this.taken = 0;
      over = left <= 0;
    }
  }

  /** The next frame of those that have arrived, or null. */
  private nextReceived(): WireFrame | null {
    while (this.taken < this.received.length) {
      const frame = this.reader.take(this.received[this.taken++]);
      if (frame !== null) return frame;
    }
    return null;
  }

  checkStopped(): void {
    if (this.port.stopped === STOP_NOT) return;
    if (this.port.stopped === STOP_PORT_LOST) throw new WireLostError("the port went away");
    throw new WireInterruptError();
  }
}
