// A cable between two ends in this process: two byte ports, and a middle that may damage what passes. Bytes go over in the
// order in which they were written, in pieces as they were written.

import type { BytePort } from "../../emulator/port/port";

/** Takes a piece, and returns the pieces that go on in its place. */
export type Middle = (bytes: Uint8Array) => Uint8Array[];

class CableEnd implements BytePort {
  readonly path = "cable";
  readonly queued = 0;
  dropped = 0;
  isOpen = true;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  other: CableEnd | null = null;
  middle: Middle = (bytes) => [bytes];

  write(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false;
    for (const piece of this.middle(bytes)) setImmediate(() => this.other?.onBytes?.(piece));
    return true;
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }
}

export interface Cable {
  board: CableEnd;
  controller: CableEnd;
}

/** `fromBoard` and `fromController` stand in the middle, if given. */
export function cable(fromBoard?: Middle, fromController?: Middle): Cable {
  const [board, controller] = [new CableEnd(), new CableEnd()];
  board.other = controller;
  controller.other = board;
  if (fromBoard) board.middle = fromBoard;
  if (fromController) controller.middle = fromController;
  return { board, controller };
}
