// The answer that a programmer waits for while the look-ahead examines its request. It knows the command that it answers, and
// the session and counter under which that command was last heard: a repeat of the command gets no answer of its own, and the
// one answer then goes out under the counter of the repeat.

import { MemoryLatch, Twin } from "./twin";

export class WaitingAnswer {
  /** The command that is answered; 0 while nobody waits. */
  kind: Twin;
  sequence: Twin;
  crc: Twin;
  pairing: Twin;
  session: Twin;
  counter: Twin;

  constructor(memory: MemoryLatch) {
    this.kind = new Twin(memory, 0);
    this.sequence = new Twin(memory, 0);
    this.crc = new Twin(memory, 0);
    this.pairing = new Twin(memory, 0);
    this.session = new Twin(memory, 0);
    this.counter = new Twin(memory, 0);
  }

  isOpen(): bool {
    return this.kind.get() != 0;
  }

  isFor(pairing: i32, kind: i32, sequence: i32, crc: i32): bool {
    if (kind != this.kind.get() || sequence != this.sequence.get()) return false;
    return pairing == this.pairing.get() && crc == this.crc.get();
  }

  open(pairing: i32, kind: i32, sequence: i32, crc: i32): void {
    this.pairing.set(pairing);
    this.kind.set(kind);
    this.sequence.set(sequence);
    this.crc.set(crc);
  }

  /** The session and the counter under which the command was last heard. */
  noteFrame(session: i32, counter: i32): void {
    this.session.set(session);
    this.counter.set(counter);
  }

  close(): void {
    this.open(0, 0, 0, 0);
    this.noteFrame(0, 0);
  }
}
