// A real pump at the other end of a port. What the programmer writes arrives at the machine's link, the machine runs for
// some ticks, and what it sent comes back. Simulated time passes with each frame alone, so a test does not wait.

import type { BytePort } from "../../emulator/port/port";
import type { Machine } from "../../emulator/machine/machine";
import { departed, say } from "../listen";

/** Takes the bytes that one end writes, and returns the pieces that reach the other end: none, one or more. */
type Cable = (bytes: Uint8Array) => Uint8Array[];

/** A healthy answer takes two ticks and what its bytes need. */
const ANSWER_TICKS = 60;

export class PumpPort implements BytePort {
  readonly path = "pump";
  readonly isOpen = true;
  readonly queued = 0;
  readonly dropped = 0;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  toPump: Cable = (bytes) => [bytes];
  fromPump: Cable = (bytes) => [bytes];
  /** Between a command and its answer: after the pump has carried it out, before anything leaves. */
  beforeAnswer: () => void = () => undefined;
  /** That pass with every frame. */
  ticks = ANSWER_TICKS;
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  write(bytes: Uint8Array): boolean {
    for (const piece of this.toPump(bytes)) say(this.machine, piece);
    const answer: number[] = [];
    for (let tick = 0; tick < this.ticks; tick++) {
      this.machine.step();
      if (tick === 1) this.beforeAnswer();
      answer.push(...departed(this.machine.board.link));
    }
    if (answer.length === 0) return true;
    for (const piece of this.fromPump(Uint8Array.from(answer))) queueMicrotask(() => this.onBytes?.(piece));
    return true;
  }

  async close(): Promise<void> {
    return undefined;
  }
}
