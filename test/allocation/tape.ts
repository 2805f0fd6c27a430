// A recording of a controller at work: what was asked of it (ticks, idles, skips, boots, resets, flipped bits) and each result that its
// board gave. Replayed, it is a board that allocates nothing and answers every call as the real one did, crypto included, so
// that a meter sees the controller alone.

import { CALLS, functionOf, PORTS, type PortFunction, type PortName } from "../../emulator/contract/calls";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { Hal } from "../../hal/hal";

/** The asks of the controller. SKIP is followed by its ticks, FLIP by an index of `flips`. */
export const TICK = 0;
export const IDLE = 1;
export const SKIP = 2;
export const BOOT = 3;
export const CLEAR = 4;
export const FLIP = 5;

/** A tape as a file: JSON in the first line, then `asks` and `results` as words of 32 bits. */
export interface Tape {
  asks: Int32Array;
  results: Int32Array;
  flips: { field: string; bit: number }[];
}

/** A list of words that grows. */
class Words {
  private words = new Int32Array(1 << 16);
  private count = 0;

  push(word: number): void {
    if (this.count === this.words.length) {
      const longer = new Int32Array(2 * this.count);
      longer.set(this.words);
      this.words = longer;
    }
    this.words[this.count++] = word;
  }

  all(): Int32Array {
    return this.words.slice(0, this.count);
  }
}

/** The reference controller, and the tape of what it has done so far. */
export function recorded(): { controller: ControllerFactory; tape: () => Tape } {
  const [asks, results] = [new Words(), new Words()];
  const flips: Tape["flips"] = [];
  const controller: ControllerFactory = {
    ...referenceController,
    mount: (hal) => {
      const host = referenceController.mount(halOf((port, name) => noting(hal, port, name, results)));
      return {
        ...host,
        tick: () => {
          asks.push(TICK);
          host.tick();
        },
        idle: () => {
          asks.push(IDLE);
          return host.idle();
        },
        skip: (ticks) => {
          asks.push(SKIP);
          asks.push(ticks);
          host.skip(ticks);
        },
        boot: () => {
          asks.push(BOOT);
          host.boot();
        },
        clear: () => {
          asks.push(CLEAR);
          host.clear();
        },
        flip: (field, bit) => {
          asks.push(FLIP);
          asks.push(flips.push({ field, bit }) - 1);
          return host.flip(field, bit);
        },
      };
    },
  };
  return { controller, tape: () => ({ asks: asks.all(), results: results.all(), flips }) };
}

/** The board that a tape makes. `rewind` sets it to the tape's beginning; `isAtEnd` tells whether every result was taken. */
export function boardOf({ results }: Tape): { hal: Hal; rewind: () => void; isAtEnd: () => boolean } {
  const at = { next: 0 };
  // A function for each kind of result, so that a call makes nothing: neither a list of arguments nor a number on the heap.
  const word = () => results[at.next++];
  const bool = () => results[at.next++] === 1;
  const none = () => undefined;
  const hal = halOf((port, name) => {
    const { result } = CALLS.find((call) => call.port === port && call.name === name)!;
    return result === null ? none : result.type === "bool" ? bool : word;
  });
  return { hal, rewind: () => (at.next = 0), isAtEnd: () => at.next === results.length };
}

/** Ports whose functions `of` makes. */
function halOf(of: (port: PortName, name: string) => PortFunction): Hal {
  const ports = PORTS.map((port) => {
    const names = CALLS.filter((call) => call.port === port).map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, of(port, name)]));
  });
  return new Hal(...(ports as unknown as ConstructorParameters<typeof Hal>));
}

/** A call of the real board whose result is kept. */
function noting(hal: Hal, port: PortName, name: string, results: Words): PortFunction {
  const call = CALLS.find((each) => each.port === port && each.name === name)!;
  const made = functionOf(hal, call);
  if (call.result === null) return made;
  return (...given) => {
    const result = made(...given);
    results.push(Number(result));
    return result;
  };
}

export function bytesOf({ asks, results, flips }: Tape): Buffer {
  const head = `${JSON.stringify({ asks: asks.length, flips })}\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(asks.buffer), Buffer.from(results.buffer)]);
}

export function tapeOf(bytes: Buffer): Tape {
  const end = bytes.indexOf("\n") + 1;
  const { asks, flips } = JSON.parse(bytes.toString("utf8", 0, end)) as { asks: number; flips: Tape["flips"] };
  const words = new Int32Array(Uint8Array.from(bytes.subarray(end)).buffer);
  return { asks: words.slice(0, asks), results: words.slice(asks), flips };
}
