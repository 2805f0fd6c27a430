// A port whose other end is the test: what was written is kept, what is said arrives, and it can be full or lost.

import type { BytePort } from "../../emulator/port/port";

export class FakePort implements BytePort {
  readonly path = "fake";
  isOpen = true;
  full = false;
  queued = 0;
  dropped = 0;
  readonly sent: number[] = [];
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;

  write(bytes: Uint8Array): boolean {
    if (this.full || !this.isOpen) {
      this.dropped += bytes.length;
      return false;
    }
    this.sent.push(...bytes);
    return true;
  }

  say(bytes: Uint8Array): void {
    this.onBytes?.(bytes);
  }

  lose(): void {
    this.isOpen = false;
    this.onLost?.("unplugged");
  }

  comeBack(): void {
    this.isOpen = true;
    this.onOpen?.();
  }

  close(): Promise<void> {
    this.isOpen = false;
    return Promise.resolve();
  }
}
