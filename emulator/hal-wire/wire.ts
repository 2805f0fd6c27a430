// Frames of the hal wire over a port that blocks, as both ends use it. It numbers no frame and repeats none by itself: each
// end says how long it waits for an answer, and sends the same bytes again. A lost port and an interrupt end every wait
// with an error of their own.

import { STOP_NOT, STOP_PORT_LOST, type BlockingPort } from "../port/blocking-port";
import { BAUD_DEFAULT } from "../port/port";
import { encodeWireFrame, wireReader, WIRE_VERSION, type WireFrame } from "./frame";

/** The port or the other end is gone, or the other end does not speak the hal wire. The message is one line. */
export class WireLostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireLostError";
  }
}

/** The user pressed Ctrl-C. */
export class WireInterruptError extends Error {
  constructor() {
    super("interrupted");
    this.name = "WireInterruptError";
  }
}

/** The time after which an end in lockstep sends a frame again, and how often it sends the frame. */
export interface Retry {
  resend_ms: number;
  tries: number;
}

/** The values for BAUD_DEFAULT, 5 s in all. A frame of 1,024 bytes takes 89 ms at 115,200 baud, and its answer as long. */
const RETRY: Retry = { resend_ms: 250, tries: 20 };

/** The values for a baud rate. A slower line gets more time for the same bytes, unless `resend_ms` is given. */
export function retryFor(
  baud: number,
  resend_ms = Math.round(RETRY.resend_ms * Math.max(1, BAUD_DEFAULT / baud)),
): Retry {
  return { ...RETRY, resend_ms };
}

export class Wire {
  readonly reader = wireReader();
  private readonly port: BlockingPort;
  /** The bytes that the port gave last, and how many of them the reader has taken. */
  private received: Uint8Array = new Uint8Array(0);
  private taken = 0;

  constructor(port: BlockingPort) {
    this.port = port;
  }

  /** Sends a frame. Returns its bytes, which `transmit` can send again. */
  send(type: number, sequence: number, body: Uint8Array): Uint8Array {
    const bytes = encodeWireFrame(type, sequence & 255, body);
    this.transmit(bytes);
    return bytes;
  }

  /** Puts the bytes of a whole frame on the line. */
  transmit(bytes: Uint8Array): void {
    this.port.write(bytes);
  }

  /**
   * The next frame, or null when none came within `wait_ms`. Frames of another version come through only if `anyVersion`.
   * Throws WireLostError and WireInterruptError.
   */
  receive(wait_ms: number, anyVersion = false): WireFrame | null {
    const deadline = performance.now() + wait_ms;
    // When the time is over, the port is read once more. So a line that never stops sending cannot hold this end.
    for (let over = false; ;) {
      const frame = this.nextReceived();
      if (frame && (frame.version === WIRE_VERSION || anyVersion)) return frame;
      if (frame) continue;
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
