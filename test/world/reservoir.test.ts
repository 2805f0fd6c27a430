// The reservoir: fluid in and out against plain sums, the needle with its two faults (RES-4), and its pressure at the
// published corners.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAULT_OVERFILL, FAULT_POCKET_FILL, FaultLedger } from "../../emulator/fault-ledger";
import { DRUGS_MAX, WorldReservoir } from "../../emulator/world/reservoir";

const CAPACITY_NL = 20e6;
const drugs = (...values: number[]) => Float64Array.from({ length: DRUGS_MAX }, (_, i) => values[i] ?? 0);

function bench(fill_nl = 10e6, concentration = 10) {
  const faults = new FaultLedger();
  const reservoir = new WorldReservoir(faults, CAPACITY_NL);
  reservoir.refill(Infinity, fill_nl, drugs(concentration));
  return { faults, reservoir };
}

describe("fluid that goes in and out", () => {
  test("is drawn with the concentration of the content, and never more than there is", () => {
    const { reservoir } = bench(1000, 10);
    const out = drugs();
    expect([reservoir.drawInto(250, out), out[0], reservoir.volume_nl]).toEqual([250, 2500, 750]);
    expect([reservoir.drawInto(9999, out), out[0], reservoir.volume_nl, reservoir.drug_ng[0]]).toEqual([
      750, 7500, 0, 0,
    ]);
    expect([reservoir.drawInto(250, out), out[0]]).toEqual([0, 0]);
  });

  test("law: leaves the volume and drugs that were put in less those that were taken out", () => {
    const move = fc.record({ draw: fc.boolean(), volume: fc.double({ min: 0, max: 5000, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const { reservoir } = bench(10000, 3);
        const [volume, drug, out] = [[10000], [30000], drugs()];
        for (const { draw, volume: each } of moves) {
          if (draw) {
            volume.push(-reservoir.drawInto(each, out));
            drug.push(-out[0]);
          } else {
            reservoir.give(each, drugs(each * 7));
            volume.push(each);
            drug.push(each * 7);
          }
        }
        const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
        expect(Math.abs(reservoir.volume_nl - sum(volume))).toBeLessThan(1e-6);
        expect(Math.abs(reservoir.drug_ng[0] - sum(drug))).toBeLessThan(1e-5);
        expect(Math.min(reservoir.volume_nl, reservoir.drug_ng[0])).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("RES-4: the needle of a refill", () => {
  test.each([
    ["takes out everything", null, 18e6, 10e6, 18e6, 18e6 * 5],
    ["takes out part", 4e6, 1e6, 4e6, 7e6, 6e6 * 10 + 1e6 * 5],
    ["cannot take out more than there is", 30e6, 2e6, 10e6, 2e6, 2e6 * 5],
    ["takes out nothing", 0, 2e6, 0, 12e6, 10e6 * 10 + 2e6 * 5],
  ])("%s", (_, aspirate_nl, fill_nl, aspirated, volume_nl, drug_ng) => {
    const { reservoir } = bench();
    expect(reservoir.refill(aspirate_nl ?? Infinity, fill_nl, drugs(5))).toBe(aspirated);
    expect([reservoir.volume_nl, reservoir.drug_ng[0], reservoir.pocket_nl]).toEqual([volume_nl, drug_ng, 0]);
  });
});

describe("EMU-4: faults of a refill", () => {
  test("a pocket fill keeps its volume of the next refill out of the reservoir, and nothing of the one after it", () => {
    const { faults, reservoir } = bench(0);
    faults.start(FAULT_POCKET_FILL, 3e6);
    faults.tick = 8;
    reservoir.refill(Infinity, 10e6, drugs(5));
    expect([reservoir.volume_nl, reservoir.drug_ng[0], reservoir.pocket_nl]).toEqual([7e6, 35e6, 3e6]);
    expect([faults.acts[FAULT_POCKET_FILL], faults.first[FAULT_POCKET_FILL]]).toEqual([1, 8]);
    reservoir.refill(Infinity, 10e6, drugs(5));
    expect([reservoir.volume_nl, faults.acts[FAULT_POCKET_FILL]]).toEqual([10e6, 1]);
  });

  test("a pocket fill takes all of a smaller refill and nothing of an aspiration, and then waits for a refill", () => {
    const { faults, reservoir } = bench(5e6);
    faults.start(FAULT_POCKET_FILL, 3e6);
    reservoir.refill(1e6, 0, drugs());
    expect([faults.acts[FAULT_POCKET_FILL], reservoir.volume_nl]).toEqual([0, 4e6]);
    reservoir.refill(0, 2e6, drugs());
    expect([faults.acts[FAULT_POCKET_FILL], reservoir.volume_nl, reservoir.pocket_nl]).toEqual([1, 4e6, 2e6]);
  });

  test("RES-7: an overfill forces a tenth beyond the capacity into the pocket, and leaves the refill after it as it was asked for", () => {
    const { faults, reservoir } = bench(2e6, 0);
    faults.start(FAULT_OVERFILL, 0);
    reservoir.refill(0, 5e6, drugs(5));
    expect(reservoir.volume_nl).toBe(20e6);
    expect(reservoir.pocket_nl).toBeCloseTo(2e6, 6);
    expect(reservoir.drug_ng[0]).toBeCloseTo(90e6, 3);
    expect(reservoir.pocket_ng[0]).toBeCloseTo(10e6, 3);
    expect(faults.acts[FAULT_OVERFILL]).toBe(1);
    expect(reservoir.gauge_mmHg(37000, 760)).toBeCloseTo(461, 6);
    reservoir.refill(Infinity, 5e6, drugs(5));
    expect([reservoir.volume_nl, faults.acts[FAULT_OVERFILL]]).toEqual([5e6, 1]);
    expect(reservoir.gauge_mmHg(37000, 760)).toBeCloseTo(155 + 106 / 4, 6);
  });

  test("the strain of an overfill eases as the first hundredth of the capacity leaves", () => {
    const { faults, reservoir } = bench(0);
    faults.start(FAULT_OVERFILL, 0);
    reservoir.refill(0, 5e6, drugs(5));
    const strain = () => reservoir.excess_mmHg(37000, 760);
    const seen = [strain()];
    for (const drawn of [1e5, 1e5, 1e6]) {
      reservoir.drawInto(drawn, drugs());
      seen.push(strain());
    }
    expect(seen.map(Math.round)).toEqual([200, 100, 0, 0]);
  });

  test("an overfill counts no act for a refill that goes further by itself, which goes into the pocket all the same", () => {
    const { faults, reservoir } = bench(0);
    faults.start(FAULT_OVERFILL, 0);
    reservoir.refill(0, 23e6, drugs(5));
    expect([reservoir.volume_nl, reservoir.pocket_nl, faults.acts[FAULT_OVERFILL]]).toEqual([20e6, 3e6, 0]);
  });

  test("an aspiration alone is no refill, so a pocket fill and an overfill wait for one", () => {
    const { faults, reservoir } = bench(5e6);
    faults.start(FAULT_OVERFILL, 0);
    faults.start(FAULT_POCKET_FILL, 1e6);
    reservoir.refill(Infinity, 0, drugs(5));
    expect([reservoir.volume_nl, faults.on[FAULT_OVERFILL], faults.on[FAULT_POCKET_FILL]]).toEqual([0, 1, 1]);
  });

  test("neither a pocket fill nor an overfill acts without a refill", () => {
    const { faults, reservoir } = bench();
    faults.start(FAULT_POCKET_FILL, 3e6);
    faults.start(FAULT_OVERFILL, 0);
    reservoir.drawInto(1e6, drugs());
    expect([faults.acts[FAULT_POCKET_FILL], faults.acts[FAULT_OVERFILL]]).toEqual([0, 0]);
  });
});

describe("RES-7: the bellows holds its capacity and no more", () => {
  test("of 19.9 mL onto 10.3 mL, 9.7 mL go in and the rest stays in the syringe, and all of it comes out again", () => {
    const { reservoir } = bench(10.3e6);
    reservoir.refill(0, 19.9e6, drugs(10));
    expect([reservoir.volume_nl, reservoir.refused_nl, reservoir.pocket_nl]).toEqual([20e6, 10.2e6, 0]);
    expect(reservoir.refill(Infinity, 18e6, drugs(10))).toBe(20e6);
    expect(reservoir.volume_nl).toBe(18e6);
  });

  test("law: whatever needles and mishaps put in is in the bellows, in the pocket or in the syringe, and the bellows is never above its capacity", () => {
    const volume = fc.oneof(fc.constantFrom(0, 20e6, 22e6, 100e6), fc.double({ min: 0, max: 50e6, noNaN: true }));
    const needle = fc.record({
      aspirate: fc.option(volume),
      fill: volume,
      over: fc.boolean(),
      pocket: fc.option(fc.double({ min: 0, max: 30e6, noNaN: true })),
      drawn: volume,
    });
    fc.assert(
      fc.property(volume, fc.array(needle, { maxLength: 8 }), (first, needles) => {
        const { faults, reservoir } = bench(first);
        for (const each of needles) {
          if (each.over) faults.start(FAULT_OVERFILL, 0);
          if (each.pocket !== null) faults.start(FAULT_POCKET_FILL, each.pocket);
          const acts = faults.acts[FAULT_OVERFILL];
          const before = reservoir.volume_nl + reservoir.pocket_nl + reservoir.refused_nl;
          const out = reservoir.refill(each.aspirate ?? Infinity, each.fill, drugs(10));
          const now = reservoir.volume_nl + reservoir.pocket_nl + reservoir.refused_nl;
          expect(reservoir.volume_nl).toBeLessThanOrEqual(CAPACITY_NL);
          // An overfill that acts forces in more than was asked for.
          if (faults.acts[FAULT_OVERFILL] === acts) expect(Math.abs(now - before - each.fill + out)).toBeLessThan(1e-3);
          reservoir.drawInto(each.drawn, drugs());
          reservoir.give(Math.min(each.drawn, reservoir.room_nl()), drugs());
          expect(reservoir.volume_nl).toBeLessThanOrEqual(CAPACITY_NL);
        }
      }),
    );
  });
});

describe("the gauge pressure of the propellant", () => {
  test.each([
    ["is 155 mmHg in an empty reservoir at sea level", 0, 37000, 760, 155, 0],
    ["is 208 mmHg in a half full reservoir at sea level", 10e6, 37000, 760, 208, 0],
    ["is 261 mmHg in a full reservoir at sea level", 20e6, 37000, 760, 261, 0],
    ["is 164 mmHg higher on a mountain of 2,000 m", 10e6, 37000, 596, 372, 164],
    ["is 760 mmHg higher in a vacuum", 10e6, 37000, 0, 968, 760],
    ["is 740 mmHg lower in a chamber at 2 bar", 10e6, 37000, 1500, -532, -740],
    ["is that of a full reservoir after a needle that pushed in more", 22e6, 37000, 760, 261, 0],
  ])("%s", (_, volume_nl, temperature_mC, ambient_mmHg, gauge, excess) => {
    const { reservoir } = bench(volume_nl);
    expect(reservoir.gauge_mmHg(temperature_mC, ambient_mmHg)).toBeCloseTo(gauge, 6);
    expect(reservoir.excess_mmHg(temperature_mC, ambient_mmHg)).toBeCloseTo(excess, 6);
  });

  /** 960 mmHg of vapour at 37 °C, 25 kJ/mol, R = 8.314 J/(mol K). */
  const vapour = (celsius: number) => 960 * Math.exp((25000 / 8.314) * (1 / 310.15 - 1 / (celsius + 273.15)));

  test.each([-40, 5, 20, 36, 37, 38, 39, 41, 60])("at %d °C follows the law of Clausius and Clapeyron", (celsius) => {
    const { reservoir } = bench(10e6);
    expect(Math.abs(reservoir.excess_mmHg(celsius * 1000, 760) + 960 - vapour(celsius))).toBeLessThan(0.05);
    expect(reservoir.gauge_mmHg(celsius * 1000, 760) - reservoir.excess_mmHg(celsius * 1000, 760)).toBeCloseTo(208, 9);
  });

  test("rises by about 30 mmHg a degree at body temperature, is negative in a cold room, and never lower than a vacuum", () => {
    const { reservoir } = bench(10e6);
    expect(Math.abs(reservoir.excess_mmHg(38000, 760) / 30 - 1)).toBeLessThan(0.02);
    expect(reservoir.gauge_mmHg(20000, 760)).toBeCloseTo(-205, 0);
    expect(reservoir.gauge_mmHg(-40000, 760)).toBeGreaterThan(-760);
  });
});
