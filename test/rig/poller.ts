// A host at a fake port that pairs, opens a session and then asks for the status every time it is told to; it opens a new
// session when the pump says that it has none. What is not answered by the next time is given up.

import { CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import {
  COMMAND_INTERROGATE,
  FRAME_REFUSED,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  REPLY,
  ROLE_CLINICIAN,
} from "../../hal/telemetry";
import { type Frame, telemetryReader } from "../../emulator/telemetry/frame";
import { SecureChannel } from "../../emulator/telemetry/secure";
import type { FakePort } from "./fake-port";

export class Poller {
  asked = 0;
  /** Questions for the status that were answered with it. */
  answers = 0;
  private readonly port: FakePort;
  private readonly channel = new SecureChannel();
  private readAt = 0;
  private readonly reader = telemetryReader();

  constructor(port: FakePort) {
    this.port = port;
  }

  poll(): void {
    this.hear();
    this.asked++;
    const { channel } = this;
    if (!channel.isPaired) this.port.say(channel.pairRequest(ROLE_CLINICIAN, this.random(CRYPTO_PUBLIC_KEY_BYTES)));
    else if (!channel.isOpen) this.port.say(channel.openRequest(this.random(OPEN_NONCE_BYTES)));
    else this.port.say(channel.seal(COMMAND_INTERROGATE, 1));
  }

  /** Takes in what the pump has sent since. */
  hear(): void {
    for (const { sent } = this.port; this.readAt < sent.length; this.readAt++) {
      const frame = this.reader.take(sent[this.readAt]);
      if (frame) this.take(frame);
    }
  }

  private take(frame: Frame): void {
    const { channel } = this;
    if (frame.type === (FRAME_REFUSED | REPLY)) channel.close();
    else if (!channel.isPaired) channel.takePair(frame);
    else if (!channel.isOpen) channel.takeOpen(frame);
    else if (channel.open(frame)?.payload[0] === OUTCOME_ACCEPTED) this.answers++;
  }

  /** Chance enough for a test, and the same each time. */
  private random(bytes: number): Uint8Array {
    return Uint8Array.from({ length: bytes }, (_, i) => (this.asked * 31 + i * 7 + 1) & 255);
  }
}
