// When a child looks at its controller again. A checkpoint comes about once a second, but takes a twentieth of the processor time of
// this process at most: on a busy host, or with a controller that has much state, it comes less often. Processor time and not the
// host's, because a child that waits for its turn has nothing new to look at.

import { US_PER_MS } from "../time";

const EVERY_MS = 1000;
/** The processor time between two checkpoints, in multiples of what the last one took. */
const COST_FACTOR = 20;

export class Checkpoints {
  private last_ms = 0;
  private lastProcessor_ms = 0;
  private cost_ms = 0;

  get isDue(): boolean {
    if (performance.now() - this.last_ms < EVERY_MS) return false;
    return processor_ms() - this.lastProcessor_ms >= COST_FACTOR * this.cost_ms;
  }

  /** Carries a checkpoint out. */
  carryOut<T>(checkpoint: () => T): T {
    const began_ms = processor_ms();
    const made = checkpoint();
    this.lastProcessor_ms = processor_ms();
    this.cost_ms = this.lastProcessor_ms - began_ms;
    this.last_ms = performance.now();
    return made;
  }
}

function processor_ms(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_MS;
}
