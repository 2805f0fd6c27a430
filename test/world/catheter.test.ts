// The path from head to tip (RES-5). Its books against plain sums, its concentrations against their bounds, its delay
// against the volume of the path, and the smear of a front against Taylor and Aris as domain.md 6.3 works it out.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAULT_DISCONNECT, FAULT_LEAK, FAULT_OCCLUSION, FaultLedger } from "../../emulator/fault-ledger";
import { StateView } from "../../emulator/machine/state";
import { Catheter, CELLS, TUBING_NL } from "../../emulator/world/catheter";
import { DRUGS_MAX } from "../../emulator/world/reservoir";

const LENGTH_CM = 89;
const NL_PER_CM = 2200;
const PATH_NL = TUBING_NL + LENGTH_CM * NL_PER_CM;
const PULSE_NL = 250;
const drugs = (...values: number[]) => Float64Array.from({ length: DRUGS_MAX }, (_, i) => values[i] ?? 0);
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

function bench(fill = 0, length_cm = LENGTH_CM) {
  const faults = new FaultLedger();
  return { faults, catheter: new Catheter(faults, length_cm, NL_PER_CM, drugs(fill, 1)) };
}

const content = (catheter: Catheter) => {
  const out = drugs();
  catheter.contentInto(out);
  return out;
};

/** Highest and lowest concentration of the first drug, of the parcel and the store as well. */
function range(catheter: Catheter): [number, number] {
  const values = [...catheter.cells.slice(0, CELLS)];
  if (catheter.entered_nl > 1e-3) values.push(catheter.entered_ng[0] / catheter.entered_nl);
  if (catheter.stored_nl > 1e-3) values.push(catheter.stored_ng[0] / catheter.stored_nl);
  return [Math.min(...values), Math.max(...values)];
}

type Move =
  | { do: "push" | "pull"; volume: number; concentration: number }
  | { do: "step"; ticks: number }
  | { do: "switch"; fault: number; on: boolean; parameter: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("push" as const, "push" as const, "pull" as const),
      volume: fc.oneof(fc.constant(PULSE_NL), fc.double({ min: 0.001, max: 12000, noNaN: true })),
      concentration: fc.double({ min: 0, max: 10, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("step" as const), ticks: fc.nat(800) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("switch" as const),
      fault: fc.constantFrom(FAULT_OCCLUSION, FAULT_LEAK, FAULT_DISCONNECT),
      on: fc.boolean(),
      parameter: fraction,
    }),
  },
);

/** Plays the moves; what went in less what came out of the pump's end, as lists to be summed. */
function play({ faults, catheter }: ReturnType<typeof bench>, moves: readonly Move[]) {
  const books = { volume: [] as number[], drug: [[], []] as number[][] };
  const out = drugs();
  let tick = 0;
  for (const each of moves) {
    if (each.do === "switch") {
      if (each.on) faults.start(each.fault, each.parameter);
      else faults.end(each.fault);
    } else if (each.do === "step") {
      for (let i = 0; i < each.ticks; i++) catheter.step();
      tick += each.ticks;
    } else if (each.do === "push") {
      const ng = [each.volume * each.concentration, each.volume];
      catheter.push(each.volume, drugs(...ng), ++tick);
      books.volume.push(each.volume);
      ng.forEach((amount, d) => books.drug[d].push(amount));
    } else {
      catheter.pull(each.volume, out);
      books.volume.push(-each.volume);
      [0, 1].forEach((d) => books.drug[d].push(-out[d]));
    }
  }
  return books;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("RES-5: the volumes and drugs of the path", () => {
  test("law: balance through any pushes, pulls, occlusions, leaks and disconnections", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 10, noNaN: true }), fc.array(move, { maxLength: 60 }), (fill, moves) => {
        const path = bench(fill);
        const before = content(path.catheter);
        const books = play(path, moves);
        const { tip_nl, lost_nl, stored_nl, tip_ng, lost_ng } = path.catheter;
        const moved = 1 + sum(books.volume.map(Math.abs));
        expect(Math.abs(sum(books.volume) - (tip_nl + lost_nl + stored_nl)) / moved).toBeLessThan(1e-9);
        const after = content(path.catheter);
        for (const d of [0, 1]) {
          const balance = before[d] + sum(books.drug[d]) - (after[d] + tip_ng[d] + lost_ng[d]);
          expect(Math.abs(balance) / (before[d] + 1 + sum(books.drug[d].map(Math.abs)))).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("law: never show a concentration that is negative or above the highest that entered", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 10, noNaN: true }), fc.array(move, { maxLength: 60 }), (fill, moves) => {
        const path = bench(fill);
        const most = Math.max(fill, ...moves.map((each) => ("concentration" in each ? each.concentration : 0)));
        for (const each of moves) {
          play(path, [each]);
          const [low, high] = range(path.catheter);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(most * (1 + 1e-9) + 1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("go back first from the stretched wall and then from the pump's end when fluid is pulled, while clear fluid enters at the tip", () => {
    const { catheter, faults } = bench(2);
    faults.start(FAULT_OCCLUSION, 0);
    catheter.push(100, drugs(900), 1);
    const out = drugs();
    catheter.pull(100, out);
    expect([out[0], catheter.stored_nl, catheter.tip_nl]).toEqual([900, 0, 0]);
    faults.end(FAULT_OCCLUSION);
    catheter.pull(500, out);
    expect(out[0]).toBeCloseTo(1000, 6);
    expect(catheter.tip_nl).toBe(-500);
    expect(catheter.cells[CELLS - 1]).toBeLessThan(2);
  });

  test("are replaced by clear fluid when enough is pulled", () => {
    const { catheter } = bench(2);
    catheter.pull(PATH_NL, drugs());
    expect(content(catheter)[0]).toBeCloseTo(0, 3);
    expect(range(catheter)[1]).toBeCloseTo(0, 6);
  });
});

/** Pushes drug of concentration 1 into a clear path; the volume pushed when the tip's outflow first has `threshold` of it. */
function front(ticksApart: number, length_cm = LENGTH_CM) {
  const { catheter } = bench(0, length_cm);
  const path_nl = TUBING_NL + length_cm * NL_PER_CM;
  const one = drugs(PULSE_NL);
  const reached: { threshold: number; at_nl: number }[] = [];
  let deliveredAtNominal = -1;
  for (let pushed = PULSE_NL; pushed < 1.6 * path_nl; pushed += PULSE_NL) {
    const before = catheter.tip_ng[0];
    catheter.push(PULSE_NL, one, (pushed / PULSE_NL) * ticksApart);
    const concentration = (catheter.tip_ng[0] - before) / PULSE_NL;
    for (const threshold of [0.0228, 0.1587, 0.5, 0.8413]) {
      if (concentration >= threshold && !reached.some((each) => each.threshold === threshold))
        reached.push({ threshold, at_nl: pushed });
    }
    if (deliveredAtNominal < 0 && pushed >= path_nl) deliveredAtNominal = catheter.tip_ng[0];
  }
  const at = (threshold: number) => reached.find((each) => each.threshold === threshold)?.at_nl ?? NaN;
  return { path_nl, at, sigma_nl: (at(0.8413) - at(0.1587)) / 2, deliveredAtNominal };
}

/** One sigma of the front in nL: sqrt(2 D_eff t) of the bore's volume, D_eff = D + r^2 u^2 / (48 D). */
function sigmaInTheory_nl(path_nl: number, nlPerTick: number): number {
  const area_cm2 = NL_PER_CM / 1e6;
  const speed = (nlPerTick * 100) / 1e6 / area_cm2;
  const effective = 6e-6 + ((area_cm2 / Math.PI) * speed * speed) / (48 * 6e-6);
  return Math.sqrt((2 * effective * path_nl) / (nlPerTick * 100)) * NL_PER_CM;
}

describe("RES-5: a new drug arrives late, and its front is smeared", () => {
  const PRIME_TICKS = 90;
  const THERAPY_TICKS = 4320;
  const prime = front(PRIME_TICKS);
  const therapy = front(THERAPY_TICKS);

  test("half of a new drug is at the tip after the 335.8 uL of tubing and catheter", () => {
    expect(prime.path_nl).toBe(335800);
    expect(Math.abs(prime.at(0.5) / prime.path_nl - 1)).toBeLessThan(0.02);
    expect(Math.abs(therapy.at(0.5) / therapy.path_nl - 1)).toBeLessThan(0.02);
  });

  test.each([
    ["a prime at 1,000 uL/h", prime, PRIME_TICKS],
    ["therapy at 0.5 mL/day", therapy, THERAPY_TICKS],
  ])("the front of %s is as wide as in theory, within 15 %%", (_, seen, ticks) => {
    const theory = sigmaInTheory_nl(PATH_NL, PULSE_NL / ticks);
    expect(Math.abs(seen.sigma_nl / theory - 1)).toBeLessThan(0.15);
  });

  test("the first drug of a prime arrives two standard deviations of its front before the nominal end", () => {
    const early_nl = prime.path_nl - prime.at(0.0228);
    expect(Math.abs(early_nl / (2 * sigmaInTheory_nl(PATH_NL, PULSE_NL / PRIME_TICKS)) - 1)).toBeLessThan(0.15);
    expect(early_nl).toBeGreaterThan(34000 * 0.85);
  });

  test("over a metre of bore it arrives 34 uL early, and about 7 uL x C are delivered at the nominal end, as published", () => {
    const metre = front(PRIME_TICKS, (100 * NL_PER_CM - TUBING_NL) / NL_PER_CM);
    expect(metre.path_nl).toBeCloseTo(220000, 6);
    expect(Math.abs((metre.path_nl - metre.at(0.0228)) / 34000 - 1)).toBeLessThan(0.15);
    expect(Math.abs(metre.deliveredAtNominal / 6900 - 1)).toBeLessThan(0.15);
  });

  test("the front of therapy is at least four times sharper than that of a prime", () => {
    expect(prime.sigma_nl / therapy.sigma_nl).toBeGreaterThan(4);
  });

  test("a stop of weeks mixes no further than the longest stop that is computed, and keeps the drug", () => {
    const { catheter } = bench(1);
    for (let i = 1; i < 30; i++) catheter.push(PULSE_NL, drugs(0), i * 90);
    const before = content(catheter)[0] + catheter.tip_ng[0];
    catheter.push(PULSE_NL, drugs(0), 60 * 8640000);
    for (let i = 1; i < 30; i++) catheter.push(PULSE_NL, drugs(0), 60 * 8640000 + i * 90);
    expect(content(catheter)[0] + catheter.tip_ng[0]).toBeCloseTo(before, 4);
    expect(catheter.cells[0]).toBeGreaterThan(0);
  });
});

describe("EMU-4: faults of the path", () => {
  const push = (catheter: Catheter, times: number) => {
    for (let i = 1; i <= times; i++) catheter.push(PULSE_NL, drugs(PULSE_NL * 2), i);
  };

  test("an occlusion keeps all fluid at 100 mmHg a microlitre, and gives it back at 1 uL/s when it is cleared", () => {
    const { catheter, faults } = bench(2);
    faults.start(FAULT_OCCLUSION, 0);
    faults.tick = 9;
    push(catheter, 8);
    for (let i = 0; i < 1000; i++) catheter.step();
    expect([catheter.tip_nl, catheter.stored_nl, catheter.pressure_mmHg()]).toEqual([0, 2000, 200]);
    expect([faults.acts[FAULT_OCCLUSION], faults.first[FAULT_OCCLUSION]]).toEqual([8, 9]);
    faults.end(FAULT_OCCLUSION);
    for (let i = 0; i < 100; i++) catheter.step();
    expect(catheter.tip_nl).toBeCloseTo(1000, 6);
    for (let i = 0; i < 101; i++) catheter.step();
    expect(catheter.tip_nl).toBeCloseTo(2000, 6);
    expect([catheter.stored_nl, catheter.quiet()]).toEqual([0, Infinity]);
  });

  test("an occlusion adds its pressure at the head to that of the fluid at the tip", () => {
    const { catheter, faults } = bench(2);
    catheter.outside_mmHg = 60;
    push(catheter, 4);
    expect([catheter.tip_nl, catheter.pressure_mmHg()]).toEqual([1000, 60]);
    faults.start(FAULT_OCCLUSION, 0);
    push(catheter, 4);
    expect(catheter.pressure_mmHg()).toBe(160);
  });

  test.each([0, 0.25, 1])(
    "a leak of %d loses that part of volume and drug, and counts an act when it loses some",
    (part) => {
      const { catheter, faults } = bench(2);
      faults.start(FAULT_LEAK, part);
      push(catheter, 40);
      expect([catheter.lost_nl, catheter.tip_nl]).toEqual([10000 * part, 10000 * (1 - part)]);
      expect(catheter.lost_ng[0]).toBeCloseTo(20000 * part, 6);
      expect(catheter.tip_ng[0]).toBeCloseTo(20000 * (1 - part), 6);
      expect(faults.acts[FAULT_LEAK] > 0).toBe(part > 0);
    },
  );

  test("a disconnect loses everything at the pump, keeps the drug of the path, and lets a pull draw in clear fluid", () => {
    const { catheter, faults } = bench(2);
    faults.start(FAULT_DISCONNECT, 0);
    push(catheter, 4);
    expect([catheter.lost_nl, catheter.lost_ng[0], catheter.tip_nl]).toEqual([1000, 2000, 0]);
    expect(content(catheter)[0]).toBeCloseTo(PATH_NL * 2, 3);
    expect(faults.acts[FAULT_DISCONNECT]).toBe(4);
    const out = drugs(5);
    catheter.pull(600, out);
    expect([out[0], catheter.lost_nl, catheter.tip_nl]).toEqual([0, 400, 0]);
    expect(content(catheter)[0]).toBeCloseTo(PATH_NL * 2, 3);
  });
});

test("EMU-1: a path that was stepped through quiet ticks equals one that was left alone", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 10 }), (moves) => {
      const path = bench(1);
      play(path, moves);
      const before = new StateView(path).fingerprint();
      const quiet = path.catheter.quiet();
      for (let i = 0; i < 50; i++) path.catheter.step();
      expect(new StateView(path).fingerprint() === before).toBe(quiet > 0);
    }),
  );
});

describe("RES-7: a needle in the access port", () => {
  const CATHETER_NL = LENGTH_CM * NL_PER_CM;

  test("flushes the catheter with an injection, so that its content leaves the tip at once and the tubing keeps its drug", () => {
    const { catheter } = bench(10);
    expect(catheter.inject(CATHETER_NL, drugs(0))).toBe(CATHETER_NL);
    expect(catheter.tip_nl).toBe(CATHETER_NL);
    expect(catheter.tip_ng[0]).toBeCloseTo(CATHETER_NL * 10, 3);
    expect(content(catheter)[0]).toBeCloseTo(TUBING_NL * 10, 3);
  });

  test("sends the part of an injection beyond the catheter's volume out of the tip", () => {
    const { catheter } = bench(0);
    const dose = 1e6;
    catheter.inject(2 * CATHETER_NL, drugs(dose));
    expect(catheter.tip_ng[0]).toBeCloseTo(dose / 2, 3);
    expect(content(catheter)[0]).toBeCloseTo(dose / 2, 3);
  });

  test("takes the catheter's drug out with an aspiration, and the tip gets none until that of the tubing has come", () => {
    const { catheter } = bench(10);
    expect(catheter.aspirate(CATHETER_NL + 50_000)).toBe(CATHETER_NL + 50_000);
    expect(catheter.aspirated_ng[0]).toBeCloseTo(CATHETER_NL * 10, 3);
    expect(content(catheter)[0]).toBeCloseTo(TUBING_NL * 10, 3);
    for (let pushed = 0; pushed < 0.9 * CATHETER_NL; pushed += PULSE_NL) {
      catheter.push(PULSE_NL, drugs(2500), (pushed / PULSE_NL) * 500);
    }
    expect(catheter.tip_ng[0]).toBeLessThan(0.01 * CATHETER_NL * 10);
  });

  test("EMU-4: moves nothing but the wall's store at a closed catheter, and loses its fluid at a disconnected one", () => {
    const closed = bench(10);
    closed.faults.start(FAULT_OCCLUSION, 0);
    closed.catheter.push(500, drugs(5000), 1);
    expect([closed.catheter.inject(1000, drugs(7)), closed.catheter.injected_nl]).toEqual([0, 0]);
    expect([closed.catheter.aspirate(1000), closed.catheter.stored_nl, closed.catheter.tip_nl]).toEqual([500, 0, 0]);
    const loose = bench(10);
    loose.faults.start(FAULT_DISCONNECT, 0);
    expect([loose.catheter.inject(1000, drugs(7)), loose.catheter.lost_ng[0]]).toEqual([1000, 7]);
    expect([loose.catheter.aspirate(400), loose.catheter.lost_nl, loose.catheter.aspirated_ng[0]]).toEqual([
      400, 600, 0,
    ]);
    expect(loose.faults.acts[FAULT_DISCONNECT]).toBe(2);
  });

  test("law: and the pump together keep the mass of each drug, and every concentration within its bounds", () => {
    const volume = fc.double({ min: 1, max: 400_000, noNaN: true });
    const needle = fc.record({
      do: fc.constantFrom("push" as const, "inject" as const, "aspirate" as const),
      volume,
      concentration: fc.double({ min: 0, max: 10, noNaN: true }),
      leak: fc.constantFrom(0, 0, 0.3),
    });
    fc.assert(
      fc.property(fc.array(needle, { maxLength: 12 }), (needles) => {
        const { catheter, faults } = bench(10);
        const before = content(catheter);
        const pushed = { nl: 0, ng: drugs() };
        needles.forEach((each, i) => {
          if (each.leak > 0) faults.start(FAULT_LEAK, each.leak);
          const ng = drugs(each.volume * each.concentration, each.volume);
          if (each.do === "inject") catheter.inject(each.volume, ng);
          else if (each.do === "aspirate") catheter.aspirate(each.volume);
          else {
            catheter.push(each.volume, ng, i + 1);
            pushed.nl += each.volume;
            ng.forEach((amount, d) => (pushed.ng[d] += amount));
          }
          faults.end(FAULT_LEAK);
        });
        const after = content(catheter);
        for (const d of [0, 1]) {
          const put = before[d] + pushed.ng[d] + catheter.injected_ng[d];
          const got = after[d] + catheter.tip_ng[d] + catheter.lost_ng[d] + catheter.aspirated_ng[d];
          expect(Math.abs(got / put - 1)).toBeLessThan(1e-9);
        }
        const { tip_nl, lost_nl, injected_nl, aspirated_nl } = catheter;
        expect(Math.abs(pushed.nl + injected_nl - aspirated_nl - tip_nl - lost_nl)).toBeLessThan(1e-3);
        const [low, high] = range(catheter);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(10 + 1e-6);
      }),
    );
  });
});
