// The dose limiter by itself, fed with pulses by hand and compared with a plain list of their times.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Changes } from "../../firmware/changes";
import { Clock } from "../../firmware/clock";
import { Limiter } from "../../firmware/limiter";
import { LOOK_FITS, LOOK_PENDING } from "../../firmware/look-ahead";
import { Log } from "../../firmware/log";
import { Program as PumpProgram } from "../../firmware/program";
import { MemoryLatch } from "../../firmware/twin";
import { WINDOW_AT } from "../../firmware/layout";
import { BUCKET_TICKS } from "../../firmware/window-ring";
import type { Hal } from "../../hal/hal";
import { VirtualNvm } from "../../emulator/board/nvm";
import { FaultLedger } from "../../emulator/fault-ledger";
import type { Program } from "../../emulator/telemetry/program";
import { runs } from "../effort";
import { DAY, MINUTE, Pump } from "../pump";

const WINDOW_MIN = 20;
const WINDOW = WINDOW_MIN * MINUTE;

class Bench {
  readonly memory = new MemoryLatch();
  readonly hal = {
    nvm: new VirtualNvm(new FaultLedger()),
    clock: { minute: () => 0, offset: () => 0 },
    trace: { event: () => undefined },
  } as unknown as Hal;
  readonly program = new PumpProgram(this.memory);
  readonly limiter = new Limiter(
    this.hal,
    this.memory,
    new Log(this.hal, this.memory),
    new Clock(this.hal, this.memory, new Changes()),
    this.program,
  );
  readonly times: number[] = [];
  /** When a damaged bucket was found to leave a window, as far as a test listens. */
  readonly repairs: number[] = [];
  now = 0;

  constructor(limits: { pulses: number; window_min: number }[], fresh = true) {
    if (fresh) this.limiter.ring.bootFresh();
    else this.limiter.ring.bootLost();
    this.limit(limits);
  }

  limit(limits: { pulses: number; window_min: number }[]): void {
    this.program.limits.set(limits.length);
    for (let i = 0; i < 4; i++) {
      this.program.limitPulses.set(i, limits[i]?.pulses ?? 0);
      this.program.limitMinutes.set(i, limits[i]?.window_min ?? 0);
    }
    this.limiter.adopt();
    this.limiter.setReserves();
  }

  /** The answer of the look-ahead to a bolus from now on. */
  permits(pulses: number, ticks: number): boolean {
    this.limiter.askBolus(pulses, ticks, 0);
    let found = LOOK_PENDING;
    while (found === LOOK_PENDING) found = this.limiter.continueLook();
    this.limiter.lookAhead.clear();
    return found === LOOK_FITS;
  }

  /** Lets `ticks` pass, leaping where nothing happens, and sees `pulses` in the last. */
  pass(ticks: number, pulses = 0): void {
    const end = this.now + ticks - 1;
    while (this.now < end) {
      // The clock lets no leap pass over the edge of a minute, where buckets are cleared.
      const toEdge = (MINUTE - (this.now % MINUTE)) % MINUTE;
      const idle = this.limiter.idle(Math.min(end - this.now, toEdge));
      if (idle > 0) this.limiter.skip(idle);
      else this.limiter.tick(0, this.now % MINUTE === 0);
      this.now += Math.max(idle, 1);
    }
    this.limiter.tick(pulses, this.now % MINUTE === 0);
    this.now++;
    for (let i = 0; i < pulses; i++) this.times.push(this.now);
  }

  within(ticks: number): number {
    return this.times.filter((time) => time > this.now - ticks).length;
  }
}

/** The ring's buckets, and so many of them before the present one as the longer window of 16 minutes has and some more. */
const RING = 81_120;
const PAST = 160;

const stream = fc.array(
  fc.record({ ticks: fc.integer({ min: 1, max: 3 * MINUTE }), pulses: fc.integer({ min: 0, max: 2 }) }),
  { minLength: 20, maxLength: 80, size: "max" },
);

describe("LIM-4: the counts of the windows", () => {
  test("never count less than the window holds, and at most W/96 too long", () => {
    fc.assert(
      fc.property(stream, (all) => {
        const bench = new Bench([{ pulses: 1e6, window_min: WINDOW_MIN }]);
        for (const { ticks, pulses } of all) {
          bench.pass(ticks, pulses);
          expect(bench.limiter.ring.count.get(0)).toBeGreaterThanOrEqual(bench.within(WINDOW));
          expect(bench.limiter.ring.count.get(0)).toBeLessThanOrEqual(bench.within(WINDOW + WINDOW / 96));
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test("EMU-1: are the same after a leap as after single ticks", () => {
    fc.assert(
      fc.property(stream, (all) => {
        const leapt = new Bench([{ pulses: 1e6, window_min: WINDOW_MIN }]);
        const ticked = new Bench([{ pulses: 1e6, window_min: WINDOW_MIN }]);
        for (const { ticks, pulses } of all.slice(0, 20)) {
          leapt.pass(ticks, pulses);
          for (let i = 1; i < ticks; i++) ticked.limiter.tick(0, false);
          ticked.limiter.tick(pulses, false);
          expect(leapt.limiter.ring.count).toEqual(ticked.limiter.ring.count);
          expect([leapt.limiter.ring.current, leapt.limiter.ring.bucketTicks]).toEqual([
            ticked.limiter.ring.current,
            ticked.limiter.ring.bucketTicks,
          ]);
        }
      }),
      { numRuns: runs(20) },
    );
  });

  test("EMU-1: are so wherever in the ring the windows end, and whichever buckets are damaged", () => {
    // A damaged bucket has two halves that differ.
    const byte = fc.oneof(
      { weight: 150, arbitrary: fc.constantFrom(0, 0, 0, 0, 0, 0x11, 0x22, 0xff) },
      { weight: 1, arbitrary: fc.constantFrom(0x10, 0x01, 0x21) },
    );
    const bytes = fc.array(byte, { minLength: PAST, maxLength: PAST });
    // From the last place at which the ring's end lies behind the longer window to the first at which it lies ahead.
    const current = fc.integer({ min: -20, max: PAST }).map((at) => (at + RING) % RING);
    fc.assert(
      fc.property(bytes, current, fc.integer({ min: 1, max: 9 * MINUTE }), (past, from, ticks) => {
        const [leapt, ticked] = [15, 15].map((window_min) => {
          const bench = new Bench([
            { pulses: 1e6, window_min },
            { pulses: 1e6, window_min: window_min + 1 },
          ]);
          bench.limiter.ring.bootAt(from, 0, 0, PAST);
          bench.hal.trace.event = () => bench.repairs.push(bench.now);
          past.forEach((byte, age) => bench.hal.nvm.write(WINDOW_AT + ((from - 1 - age + RING) % RING), byte));
          bench.limiter.adopt();
          return bench;
        });
        leapt.pass(ticks, 1);
        for (; ticked.now < ticks; ticked.now++) {
          ticked.limiter.tick(ticked.now === ticks - 1 ? 1 : 0, ticked.now % MINUTE === 0);
        }
        const [one, other] = [leapt, ticked].map(({ limiter: { ring }, hal }) => ({
          numbers: [ring.current, ring.bucketTicks, ring.currentCount, ring.known, ring.count],
          memory: (hal.nvm as VirtualNvm).bytes,
        }));
        expect(one.numbers).toEqual(other.numbers);
        expect(leapt.repairs).toEqual(ticked.repairs);
        expect(Buffer.compare(one.memory, other.memory)).toBe(0);
        const counts = [0, 1].map((window) => leapt.limiter.ring.count.get(window));
        leapt.limiter.ring.recount();
        expect([0, 1].map((window) => leapt.limiter.ring.count.get(window))).toEqual(counts);
      }),
      { numRuns: 60 },
    );
  });

  test("LIM-6: are counted anew in one pass, for windows of any order, of equal lengths and of none", () => {
    const windows = fc.array(fc.constantFrom(15, 16, 20, 20, 60), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(stream, windows, (all, lengths) => {
        const limits = lengths.map((window_min) => ({ pulses: 1e6, window_min }));
        const counted = new Bench([{ pulses: 1e6, window_min: 7 * 24 * 60 }]);
        const kept = new Bench(limits);
        for (const bench of [counted, kept]) for (const { ticks, pulses } of all) bench.pass(ticks, pulses);
        counted.limit(limits);
        const countsOf = ({ limiter }: Bench) => [0, 1, 2, 3].map((window) => limiter.ring.count.get(window));
        const inUse = countsOf(kept).slice(0, lengths.length);
        expect(countsOf(counted)).toEqual([...inUse, 0, 0, 0].slice(0, 4));
      }),
      { numRuns: runs(40) },
    );
  });

  test("hold a pulse in the longest window for 7 days, and no longer than a bucket more", () => {
    const bench = new Bench([{ pulses: 10, window_min: 10_080 }]);
    bench.pass(1, 3);
    bench.pass(7 * DAY - 1);
    expect(bench.limiter.ring.count.get(0)).toBe(3);
    bench.pass(2 * BUCKET_TICKS);
    expect(bench.limiter.ring.count.get(0)).toBe(0);
  });

  describe("after a restart, which takes whole hours by their sums", () => {
    const WEEK_MIN = 10_080;
    const LENGTHS = [15, 61, 1_440, WEEK_MIN];
    /** A week and an hour of pulses at random times, in windows of all lengths. The ring has turned once. */
    const filled = (): Bench => {
      const bench = new Bench(LENGTHS.map((window_min) => ({ pulses: 1e6, window_min })));
      for (let i = 0; i < 3_000; i++) bench.pass(1 + ((i * 7_919) % (7 * MINUTE)), (i * 31) % 3);
      expect(bench.now).toBeGreaterThan(7 * DAY + 60 * MINUTE);
      return bench;
    };
    const countsOf = ({ limiter }: Bench): number[] => LENGTHS.map((_, i) => limiter.ring.count.get(i));
    const [first, behind] = [40_960 + 81_120, 40_960 + 81_120 + 169 * 4];

    test("are the same as before, and few bytes are read", () => {
      const bench = filled();
      const before = countsOf(bench);
      const { nvm } = bench.hal;
      const read = nvm.read.bind(nvm);
      let reads = 0;
      nvm.read = (address) => (reads++, read(address));
      bench.limiter.adopt();
      nvm.read = read;
      expect(countsOf(bench)).toEqual(before);
      expect(reads).toBeLessThan(4_000);
    });

    test("are the same whichever bit of a sum has flipped", () => {
      const bench = filled();
      const before = countsOf(bench);
      const { nvm } = bench.hal;
      for (let address = first; address < behind; address++) {
        for (let bit = address % 3; bit < 8; bit += 3) {
          const byte = nvm.read(address);
          nvm.write(address, byte ^ (1 << bit));
          // The longest window alone, which has every sum.
          bench.limiter.ring.recount();
          expect(countsOf(bench)).toEqual(before);
          nvm.write(address, byte);
        }
      }
    });

    test("never count less than the window holds when a bucket is damaged, until that bucket has left it", () => {
      const bench = filled();
      const { ring } = bench.limiter;
      const { nvm } = bench.hal;
      const inUse = [...Array(ring.current.get() - 960).keys()].map((index) => 40_960 + index);
      const damaged = inUse.filter((address) => nvm.read(address) === 0x11).slice(-3);
      expect(damaged).toHaveLength(3);
      for (const address of damaged) nvm.write(address, 0x13);
      bench.limiter.adopt();
      for (let hour = 0; hour < 7 * 24 + 2; hour++) {
        bench.pass(60 * MINUTE, hour % 2);
        LENGTHS.forEach((window_min, i) => {
          expect(ring.count.get(i)).toBeGreaterThanOrEqual(bench.within(window_min * MINUTE));
        });
        const kept = countsOf(bench);
        ring.recount();
        expect(countsOf(bench)).toEqual(kept);
      }
    });
  });

  test("LIM-6: have the same past for other windows", () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 15, max: 120 }), (all, window_min) => {
        const bench = new Bench([{ pulses: 1e6, window_min: WINDOW_MIN }]);
        for (const { ticks, pulses } of all) bench.pass(ticks, pulses);
        bench.limit([
          { pulses: 5, window_min: 15 },
          { pulses: 1e6, window_min },
        ]);
        const ticks = window_min * MINUTE;
        expect(bench.limiter.ring.count.get(1)).toBeGreaterThanOrEqual(bench.within(ticks));
        expect(bench.limiter.ring.count.get(1)).toBeLessThanOrEqual(bench.within(ticks + ticks / 96));
      }),
      { numRuns: runs(40) },
    );
  });
});

describe("LIM-3: the check before each pulse", () => {
  test("allows up to the limit of every window, and names the one that is full", () => {
    const bench = new Bench([
      { pulses: 5, window_min: 60 },
      { pulses: 3, window_min: 15 },
    ]);
    expect([bench.limiter.allows(), bench.limiter.fullWindow()]).toEqual([true, 0]);
    for (let i = 0; i < 3; i++) bench.pass(100, 1);
    expect([bench.limiter.allows(), bench.limiter.fullWindow()]).toEqual([false, 15]);
    bench.pass(16 * MINUTE);
    for (let i = 0; i < 2; i++) bench.pass(100, 1);
    expect([bench.limiter.allows(), bench.limiter.fullWindow()]).toEqual([false, 60]);
  });

  test("NVM-2: takes a window whose past is unknown as full until it was watched for its whole length", () => {
    const bench = new Bench([{ pulses: 100, window_min: 30 }], false);
    bench.pass(30 * MINUTE - 1);
    expect([bench.limiter.allows(), bench.limiter.canResume(), bench.permits(1, 100)]).toEqual([false, false, false]);
    bench.pass(1);
    expect([bench.limiter.allows(), bench.limiter.canResume(), bench.permits(1, 100)]).toEqual([true, true, true]);
    expect(bench.limiter.knowsDay()).toBe(false);
    bench.pass(DAY - 30 * MINUTE);
    expect(bench.limiter.knowsDay()).toBe(true);
  });
});

const basal = (rate: number): Program => ({ mode: "continuous", rate, bolus: null, limits: [], low_pulses: 0 });

/** Times, from now on, of basal at `rate` and a bolus over `ticks`, up to `end`. */
function ahead(rate: number, pulses: number, ticks: number, end: number): number[] {
  const every = 216_000_000 / rate;
  const basal = Array.from({ length: Math.ceil(end / every) }, (_, k) => Math.ceil((k + 1) * every));
  const bolus = Array.from({ length: pulses }, (_, k) => Math.ceil(((k + 1) * ticks) / pulses));
  return [...basal, ...bolus].sort((a, b) => a - b);
}

test("LIM-2: a bolus that the look-ahead grants exceeds no window at any pulse, and it denies none with room to spare", () => {
  const cases = fc.record({
    all: stream,
    rate: fc.integer({ min: 4_800, max: 1_000_000 }),
    limit: fc.integer({ min: 10, max: 250 }),
    pulses: fc.integer({ min: 1, max: 60 }),
    pace: fc.integer({ min: 90, max: 3_000 }),
  });
  const seen = { granted: 0, denied: 0 };
  fc.assert(
    fc.property(cases, ({ all, rate, limit, pulses, pace }) => {
      const bench = new Bench([{ pulses: limit, window_min: WINDOW_MIN }]);
      for (const each of all) bench.pass(each.ticks, each.pulses);
      const ticks = pulses * pace;
      bench.program.rate.set(rate);
      const granted = bench.permits(pulses, ticks);
      const future = ahead(rate, pulses, ticks, ticks + WINDOW).map((time) => time + bench.now);
      const times = [...bench.times, ...future];
      const most = Math.max(
        ...future.map((end) => times.filter((time) => time > end - WINDOW && time <= end).length),
        0,
      );
      if (granted) expect(most).toBeLessThanOrEqual(limit);
      // A bucket of each, rounded up, either side: by so much the look-ahead may see too much.
      const slack = 3 * Math.ceil((rate * BUCKET_TICKS) / 216_000_000 + BUCKET_TICKS / pace + 1) + 6;
      if (most + slack <= limit) expect(granted).toBe(true);
      seen[granted ? "granted" : "denied"]++;
    }),
    { numRuns: runs(250) },
  );
  expect(Math.min(seen.granted, seen.denied)).toBeGreaterThan(runs(25));
});

describe("LIM-5: a program without limits that follows another", () => {
  test("never withholds its own basal, however long and fast the one before ran", () => {
    const segments = fc.array(
      fc.record({
        rate: fc.integer({ min: 4_800, max: 400_000 }),
        wait: fc.integer({ min: 100, max: 14 * 60 * MINUTE }),
      }),
      { minLength: 2, maxLength: 4 },
    );
    fc.assert(
      fc.property(segments, (all) => {
        const pump = new Pump({ mode: "stopped", rate: 0, bolus: null, limits: [] });
        for (const { rate, wait } of all) {
          pump.program(basal(rate));
          pump.wait(wait);
        }
        pump.wait(DAY);
        expect(pump.heard("limit_reached")).toEqual([]);
        expect(pump.heard("alarm_raised", { alarm: "dose_guard" })).toEqual([]);
      }),
      { numRuns: runs(25) },
    );
  });

  test("gives its half dose at once after twelve hours of the full dose", () => {
    const pump = new Pump(basal(48_000)).wait(12 * 60 * MINUTE + 2_000);
    const before = pump.pulses;
    pump.program(basal(24_000));
    pump.wait(DAY);
    expect(Math.abs(pump.pulses - before - 960)).toBeLessThanOrEqual(1);
  });
});

test("LIM-7: a lower program with windows under an hour does not trip the guard by the pulses that were given before it", () => {
  const cases = fc.record({
    rate: fc.integer({ min: 100_000, max: 2_000_000 }),
    first: fc.integer({ min: MINUTE, max: 90 * MINUTE }),
    less: fc.integer({ min: 10_000, max: 200_000 }),
    pulses: fc.integer({ min: 3, max: 40 }),
    window_min: fc.integer({ min: 15, max: 90 }),
  });
  fc.assert(
    fc.property(cases, ({ rate, first, less, pulses, window_min }) => {
      const pump = new Pump({ rate, bolus: null, limits: [] }).wait(first);
      pump.program({ ...basal(less), limits: [{ pulses, window_min }] });
      pump.wait(130 * MINUTE);
      expect(pump.heard("alarm_raised", { alarm: "dose_guard" })).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});
