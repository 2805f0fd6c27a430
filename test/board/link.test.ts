// The transceiver: two FIFOs and the air, against plain lists. Bytes keep their order, what finds no room is lost and
// counted, and each fault of the air does what it says to the bytes and nothing else.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LINK_BYTES_PER_TICK, LINK_RX_BYTES, LINK_TX_BYTES } from "../../hal/link";
import { VirtualLink } from "../../emulator/board/link";
import { BoardTime } from "../../emulator/board/time";
import {
  FAULT_LINK_BABBLE,
  FAULT_LINK_DELAY,
  FAULT_LINK_DROP,
  FAULT_LINK_DUPLICATE,
  FAULT_LINK_FLIP,
  FaultLedger,
} from "../../emulator/fault-ledger";
import { StateView } from "../../emulator/machine/state";
import { departed, drain } from "../listen";

const AIR_BYTES = 4096;

function bench(seed = 1) {
  const time = new BoardTime();
  const faults = new FaultLedger();
  const link = new VirtualLink(time, faults, seed);
  const tick = () => {
    time.tick++;
    faults.tick = time.tick;
    link.step();
    link.transmit();
  };
  return { time, faults, link, tick };
}

const received = (link: VirtualLink) => drain(() => link.receive());
const count = (length: number) => Array.from({ length }, (_, i) => i & 255);

describe("bytes to the pump", () => {
  test("an empty link gives -1 for a byte", () => expect(bench().link.receive()).toBe(-1));

  test("they arrive in the next tick, in their order", () => {
    const { link, tick } = bench();
    for (const byte of [1, 2, 255, 0]) link.arrive(byte);
    expect(received(link)).toEqual([]);
    tick();
    expect(received(link)).toEqual([1, 2, 255, 0]);
    expect(link.rxBytes).toBe(4);
  });

  test("bytes that wait can be looked at without being taken, the oldest first", () => {
    const { link, tick } = bench();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const byte of bytes) link.arrive(byte);
        tick();
        const seen = Array.from({ length: bytes.length + 1 }, (_, i) => link.peek(i));
        expect(seen).toEqual([...bytes, -1]);
        expect(received(link)).toEqual([...bytes]);
      }),
    );
  });

  test("LNK-1: bytes that find no room in the FIFO are lost and counted, and the others arrive whole", () => {
    const { link, tick } = bench();
    const bytes = count(LINK_RX_BYTES + 10);
    for (const byte of bytes) link.arrive(byte);
    tick();
    expect(link.overflows).toBe(10);
    expect(received(link)).toEqual(bytes.slice(0, LINK_RX_BYTES));
  });

  test("bytes that find no room on the air are lost and counted", () => {
    const { link, faults } = bench();
    faults.start(FAULT_LINK_DELAY, 5);
    for (let i = 0; i < AIR_BYTES + 3; i++) link.arrive(1);
    expect([link.inboundCount, link.overflows, faults.acts[FAULT_LINK_DELAY]]).toEqual([AIR_BYTES, 3, AIR_BYTES]);
  });

  test("bytes leave the FIFO in the order in which they came, however often it wraps", () => {
    const { link, tick } = bench();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (chunks) => {
        for (const chunk of chunks) {
          for (const byte of chunk) link.arrive(byte);
          tick();
          expect(received(link)).toEqual([...chunk]);
        }
      }),
    );
  });
});

describe("bytes from the pump", () => {
  test("leave as fast as the line carries them, and are on the air for one tick", () => {
    const { link, tick } = bench();
    for (const byte of count(LINK_BYTES_PER_TICK + 5)) expect(link.send(byte)).toBe(true);
    expect(departed(link)).toEqual([]);
    tick();
    expect(departed(link)).toEqual(count(LINK_BYTES_PER_TICK));
    tick();
    expect(departed(link)).toEqual(count(LINK_BYTES_PER_TICK + 5).slice(LINK_BYTES_PER_TICK));
    expect([link.send(9), tick(), tick()]).toEqual([true, undefined, undefined]);
    expect(departed(link)).toEqual([]);
  });

  test("are refused by a full FIFO", () => {
    const { link } = bench();
    for (let i = 0; i < LINK_TX_BYTES; i++) {
      expect(link.room()).toBe(LINK_TX_BYTES - i);
      link.send(1);
    }
    expect([link.send(2), link.txCount, link.room()]).toEqual([false, LINK_TX_BYTES, 0]);
  });
});

test("the head line says whether a programming head lies over the pump", () => {
  const { link } = bench();
  expect(link.headPresent()).toBe(false);
  link.programmingHead = true;
  expect(link.headPresent()).toBe(true);
});

describe("EMU-4: a fault of the air", () => {
  const bytes = count(100);
  const send = (link: VirtualLink) => bytes.forEach((byte) => link.send(byte));
  const arrive = (link: VirtualLink) => bytes.forEach((byte) => link.arrive(byte));
  const distance = (a: number, b: number) => [...(a ^ b).toString(2)].filter((bit) => bit === "1").length;

  test.each([
    ["to the pump", arrive, received],
    ["from the pump", send, departed],
  ])("drop loses, duplicate doubles and flip changes every byte %s", (_, put, take) => {
    const dropped = bench();
    dropped.faults.start(FAULT_LINK_DROP, 1);
    put(dropped.link);
    dropped.tick();
    expect([take(dropped.link), dropped.faults.acts[FAULT_LINK_DROP]]).toEqual([[], 100]);
    const doubled = bench();
    doubled.faults.start(FAULT_LINK_DUPLICATE, 1);
    put(doubled.link);
    doubled.tick();
    expect(take(doubled.link)).toEqual(bytes.flatMap((byte) => [byte, byte]));
    expect(doubled.faults.acts[FAULT_LINK_DUPLICATE]).toBe(100);
    const flipped = bench();
    flipped.faults.start(FAULT_LINK_FLIP, 1);
    put(flipped.link);
    flipped.tick();
    expect(take(flipped.link).map((byte, i) => distance(byte, bytes[i]))).toEqual(bytes.map(() => 1));
    expect(flipped.faults.acts[FAULT_LINK_FLIP]).toBe(100);
  });

  test.each([
    ["drop", FAULT_LINK_DROP, (kept: number, acts: number) => kept === 2000 - acts],
    ["duplicate", FAULT_LINK_DUPLICATE, (kept: number, acts: number) => kept === 2000 + acts],
    ["flip", FAULT_LINK_FLIP, (kept: number) => kept === 2000],
  ])("%s of a quarter acts on about a quarter of the bytes, and each act is one byte", (_, fault, fits) => {
    const { link, faults, tick } = bench();
    faults.start(fault, 0.25);
    let kept = 0;
    for (let i = 0; i < 20; i++) {
      arrive(link);
      tick();
      kept += received(link).length;
    }
    expect(faults.acts[fault]).toBeGreaterThan(400);
    expect(faults.acts[fault]).toBeLessThan(600);
    expect(fits(kept, faults.acts[fault])).toBe(true);
  });

  test("delay holds a byte back to the tick, and no byte overtakes an earlier one when the delay ends", () => {
    const { time, link, faults, tick } = bench();
    faults.start(FAULT_LINK_DELAY, 10);
    link.arrive(1);
    faults.end(FAULT_LINK_DELAY);
    link.arrive(2);
    for (let i = 0; i < 9; i++) tick();
    expect([received(link), link.quiet()]).toEqual([[], 0]);
    tick();
    expect([time.tick, received(link), faults.acts[FAULT_LINK_DELAY]]).toEqual([10, [1, 2], 1]);
  });

  test("babble makes a byte that nobody sent, in the given fraction of ticks", () => {
    const { link, faults, tick } = bench();
    faults.start(FAULT_LINK_BABBLE, 0.5);
    const made = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      tick();
      received(link).forEach((byte) => made.add(byte));
    }
    expect(link.rxBytes).toBe(faults.acts[FAULT_LINK_BABBLE]);
    expect(Math.abs(link.rxBytes - 1000)).toBeLessThan(100);
    expect(made.size).toBeGreaterThan(240);
  });
});

describe("the history that the fingerprint hashes", () => {
  test.each<[string, (link: VirtualLink) => void]>([
    ["another byte to the pump", (link) => link.arrive(2)],
    ["the same byte from the pump", (link) => void link.send(1)],
    ["no byte", () => undefined],
  ])("distinguishes a byte to the pump from %s", (_, act) => {
    const one = bench();
    const other = bench();
    one.link.arrive(1);
    act(other.link);
    one.tick();
    other.tick();
    expect(one.link.history).not.toBe(other.link.history);
  });
});

test("EMU-1: a quiet tick of the link does nothing, so a stepped link and a skipped one are equal whenever their bytes are taken", () => {
  const act = fc.constantFrom("arrive", "send", "receive", "depart", "tick", "delay", "undelay");
  const play = ({ link, faults, tick }: ReturnType<typeof bench>, acts: string[]) => {
    for (const each of acts) {
      if (each === "arrive") link.arrive(7);
      else if (each === "send") link.send(8);
      else if (each === "receive") received(link);
      else if (each === "depart") departed(link);
      else if (each === "delay") faults.start(FAULT_LINK_DELAY, 40);
      else if (each === "undelay") faults.end(FAULT_LINK_DELAY);
      else tick();
    }
  };
  fc.assert(
    fc.property(fc.array(act, { maxLength: 20 }), fc.double({ min: 0, max: 1, noNaN: true }), (acts, part) => {
      const stepped = bench();
      const skipped = bench();
      play(stepped, acts);
      play(skipped, acts);
      const ticks = Math.max(0, Math.ceil(Math.min(skipped.link.quiet(), 100) * part));
      for (let i = 0; i < ticks; i++) stepped.tick();
      skipped.time.tick += ticks;
      skipped.faults.tick = stepped.faults.tick;
      expect(new StateView(skipped).fingerprint()).toBe(new StateView(stepped).fingerprint());
    }),
    { numRuns: 300 },
  );
});
