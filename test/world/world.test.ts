// The world as the machine turns it: what left the reservoir left the head, by cause, and is in the catheter, at the tip
// or lost; and the places where patients go.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TICKS_PER_DAY } from "../../hal/units";
import { CAUSE_BASAL, CAUSE_NONE, CAUSE_PATIENT_BOLUS, CAUSES } from "../../hal/trace";
import {
  FAULT_ALTITUDE,
  FAULT_DISCONNECT,
  FAULT_FLOW_PAST_ROTOR,
  FAULT_LEAK,
  FAULT_OCCLUSION,
  FAULT_OVER_DELIVERY,
  FAULT_PRESSURE,
  FAULT_TEMPERATURE,
  FaultLedger,
} from "../../emulator/fault-ledger";
import { makeWorld, type WorldSetup } from "../../emulator/machine/make-world";
import type { World } from "../../emulator/world/world";

const PULSE_NL = 250;

function setup(fill_nl = 10e6, state: "new" | "primed" = "primed", ripple = 0): WorldSetup {
  return {
    pump: {
      capacity_nl: 20e6,
      fill_nl,
      catheter: { length_cm: 89, volume_nlPerCm: 2200 },
      state,
      unit: { bias: 0, ripple },
    },
    drugs: [{ concentration_mgPerMl: 10 }, { concentration_mgPerMl: 0.5 }],
  };
}

function bench(...args: Parameters<typeof setup>) {
  const faults = new FaultLedger();
  return { faults, world: makeWorld(setup(...args), faults) };
}

const contentOf = (world: World) => {
  const out = new Float64Array(4);
  world.catheter.contentInto(out);
  return out;
};

describe("RES-5: a step of the rotor", () => {
  test("moves volume and drugs from the reservoir through the head to the tip of a primed pump", () => {
    const { world } = bench();
    world.turn(1, CAUSE_BASAL, 5);
    expect([world.delivered_nl, world.reservoir.volume_nl, world.catheter.tip_nl]).toEqual([250, 10e6 - 250, 250]);
    expect([...world.delivered_ng]).toEqual([2500, 125, 0, 0]);
    expect(world.catheter.tip_ng[0]).toBeCloseTo(2500, 9);
  });

  test("brings volume and no drug to the tip of a new pump", () => {
    const { world } = bench(10e6, "new");
    world.turn(1, CAUSE_BASAL, 5);
    expect([world.catheter.tip_nl, world.catheter.tip_ng[0], world.delivered_ng[0]]).toEqual([250, 0, 2500]);
  });

  test.each([
    [CAUSE_BASAL, CAUSE_BASAL],
    [CAUSE_PATIENT_BOLUS, CAUSE_PATIENT_BOLUS],
    [CAUSES - 1, CAUSES - 1],
    [CAUSE_NONE, CAUSE_NONE],
    [CAUSES, CAUSE_NONE],
    [-1, CAUSE_NONE],
  ])("that was announced as %d counts for cause %d", (announced, counted) => {
    const { world } = bench();
    world.turn(1, announced, 1);
    expect([...world.byCause_nl.entries()].filter(([, volume]) => volume !== 0)).toEqual([[counted, 250]]);
  });

  test("RES-3: brings the rest of an almost empty reservoir and then nothing", () => {
    const { world } = bench(400);
    for (let i = 0; i < 3; i++) world.turn(1, CAUSE_BASAL, i);
    expect([world.delivered_nl, world.reservoir.volume_nl]).toEqual([400, 0]);
  });

  test("MOT-3: that is followed by a step back leaves every volume as it was", () => {
    const { world } = bench(10e6, "primed", 0.3);
    for (const step of [1, 1, 1, -1, -1, -1]) world.turn(step, CAUSE_BASAL, 1);
    expect(world.delivered_nl).toBeCloseTo(0, 9);
    expect(world.delivered_ng[0]).toBeCloseTo(0, 6);
    expect(world.reservoir.volume_nl).toBeCloseTo(10e6, 6);
  });

  test("law: delivers the volume that leaves the reservoir, all of which is at the tip, in the path, in its wall or lost", () => {
    const turn = fc.record({
      step: fc.constantFrom(1, 1, 1, -1),
      fault: fc.option(fc.constantFrom(FAULT_OCCLUSION, FAULT_LEAK, FAULT_DISCONNECT, FAULT_OVER_DELIVERY)),
      times: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
        const { world, faults } = bench(1e6, "primed", 0.3);
        const before = contentOf(world)[0];
        turns.forEach(({ step, fault, times }, i) => {
          if (fault !== null) faults.start(fault, 0.5);
          for (let n = 0; n < times; n++) {
            world.turn(step, CAUSE_BASAL, 100 * i + n);
            world.step(0);
          }
          if (fault !== null) faults.end(fault);
        });
        const { catheter, reservoir } = world;
        expect(Math.abs(1e6 - reservoir.volume_nl - world.delivered_nl)).toBeLessThan(1e-6);
        expect(Math.abs(catheter.tip_nl + catheter.lost_nl + catheter.stored_nl - world.delivered_nl)).toBeLessThan(
          1e-6,
        );
        const drug = catheter.tip_ng[0] + catheter.lost_ng[0] + contentOf(world)[0] - before;
        expect(Math.abs(drug - world.delivered_ng[0])).toBeLessThan(1e-4);
      }),
    );
  });
});

describe("RES-5: an occlusion", () => {
  test("raises the pressure until every step slips back, and gives 5 uL at most when it is cleared", () => {
    const { world, faults } = bench();
    faults.start(FAULT_OCCLUSION, 0);
    for (let i = 0; i < 5000; i++) {
      world.turn(1, CAUSE_BASAL, i);
      world.step(0);
    }
    expect(world.catheter.pressure_mmHg()).toBeGreaterThan(450);
    expect(world.catheter.pressure_mmHg()).toBeLessThanOrEqual(500);
    expect(world.quiet()).toBe(Infinity);
    faults.end(FAULT_OCCLUSION);
    expect(world.quiet()).toBe(0);
    for (let i = 0; i < 1000; i++) world.step(0);
    expect(world.catheter.tip_nl).toBeGreaterThan(4500);
    expect(world.catheter.tip_nl).toBeLessThanOrEqual(5000 + 1e-6);
    expect(world.quiet()).toBe(Infinity);
  });

  test("holds a little less than 300 mmHg after twelve steps of 3 uL in all, because a part of them slips back", () => {
    const { world, faults } = bench();
    faults.start(FAULT_OCCLUSION, 0);
    for (let i = 0; i < 12; i++) world.turn(1, CAUSE_BASAL, i);
    expect(world.catheter.pressure_mmHg()).toBeGreaterThan(290);
    expect(world.catheter.pressure_mmHg()).toBeLessThan(300);
  });
});

describe("EMU-4: a place sets temperature, ambient pressure, gauge pressure and the volume of a step", () => {
  test.each([
    ["at home", null, 0, 37000, 760, 208, 1],
    ["with fever", FAULT_TEMPERATURE, 39000, 39000, 760, 269.5, 1.00615],
    ["in a cold room", FAULT_TEMPERATURE, 20000, 20000, 760, -204.9, 0.95871],
    ["on a mountain", FAULT_ALTITUDE, 1000, 37000, 674.1, 293.9, 1.00859],
    ["over the Atlantic, without a cabin", FAULT_ALTITUDE, 11000, 37000, 170, 798, 1.059],
    ["in a vacuum", FAULT_PRESSURE, 0, 37000, 0, 968, 1.076],
    ["three metres under water", FAULT_PRESSURE, 131_324.72, 37000, 985, -17, 0.9775],
    ["six metres under water", FAULT_PRESSURE, 161_325, 37000, 1210, -242.1, 0.2389],
    ["in a chamber at 2 bar", FAULT_PRESSURE, 200_000, 37000, 1500.1, -532.1, 0],
  ])("%s", (_, fault, parameter, temperature_mC, ambient_mmHg, gauge_mmHg, part) => {
    const { world, faults } = bench();
    if (fault !== null) faults.start(fault, parameter);
    expect(world.temperature_mC()).toBe(temperature_mC);
    expect(world.ambient_mmHg()).toBeCloseTo(ambient_mmHg, 0);
    expect(world.gauge_mmHg()).toBeCloseTo(gauge_mmHg, 0);
    world.turn(1, CAUSE_BASAL, 0);
    expect(world.delivered_nl / PULSE_NL).toBeCloseTo(part, 3);
  });
});

describe("RES-5, EMU-4: a flow that passes the rotor without a step", () => {
  /** A day of ticks in leaps, as the machine leaps. */
  function day(world: World, ticks = TICKS_PER_DAY): void {
    world.updateSeep();
    for (let tick = 0; tick < ticks;) {
      const quiet = Math.min(world.quiet(), ticks - tick - 1);
      world.skip(quiet);
      if (world.step(tick + quiet)) world.updateSeep();
      tick += quiet + 1;
    }
  }

  test("gives its volume in a day, in drops of a pulse and without a cause", () => {
    const { world, faults } = bench();
    faults.start(FAULT_FLOW_PAST_ROTOR, 100_000);
    day(world);
    expect([world.delivered_nl, world.byCause_nl[CAUSE_NONE], faults.acts[FAULT_FLOW_PAST_ROTOR]]).toEqual([
      100_000, 100_000, 400,
    ]);
    expect(world.catheter.tip_nl).toBeCloseTo(100_000, 6);
  });

  test("ends when the reservoir is empty, and against an occlusion when the pressures are equal", () => {
    const empty = bench(600);
    empty.faults.start(FAULT_FLOW_PAST_ROTOR, 100_000);
    day(empty.world);
    expect([empty.world.delivered_nl, empty.world.seep_nlPerDay]).toEqual([600, 0]);
    const closed = bench();
    closed.faults.start(FAULT_FLOW_PAST_ROTOR, 100_000);
    closed.faults.start(FAULT_OCCLUSION, 0);
    day(closed.world);
    expect(closed.world.catheter.pressure_mmHg()).toBeGreaterThan(180);
    expect(closed.world.catheter.pressure_mmHg()).toBeLessThan(260);
  });

  test("goes back into a cold reservoir, which is under suction", () => {
    const { world, faults } = bench();
    faults.start(FAULT_FLOW_PAST_ROTOR, 100_000);
    faults.start(FAULT_TEMPERATURE, 20_000);
    day(world);
    expect(world.delivered_nl).toBe(-100_000);
    expect(world.reservoir.volume_nl).toBe(10.1e6);
  });

  test.each([
    [130_000, 0],
    [160_000, 0],
    [200_000, -1152],
    [300_000, -4753],
    [400_000, -8353],
  ])("at %d Pa gives %d uL past the lifted rollers in a day", (pressure_pa, delivered_ul) => {
    const { world, faults } = bench();
    faults.start(FAULT_PRESSURE, pressure_pa);
    day(world);
    expect(Math.round(world.delivered_nl / 1000)).toBe(delivered_ul);
    expect(world.reservoir.volume_nl).toBe(10e6 - world.delivered_nl);
  });

  test("RES-7: goes back until the bellows is full and no further, when a step back finds no room either", () => {
    const { world, faults } = bench(19.9e6);
    faults.start(FAULT_PRESSURE, 400_000);
    day(world);
    expect([world.reservoir.volume_nl, world.delivered_nl]).toEqual([20e6, -100_000]);
    world.turn(-1, CAUSE_BASAL, 1);
    expect([world.reservoir.volume_nl, world.delivered_nl]).toEqual([20e6, -100_000]);
  });

  test("leaves some millilitres more in the reservoir than the pump expects after forty treatments at 2 bar (Akman 1994)", () => {
    const { world, faults } = bench();
    for (let i = 0; i < 40; i++) {
      faults.start(FAULT_PRESSURE, 200_000);
      day(world, (TICKS_PER_DAY * 90) / 1440);
      faults.end(FAULT_PRESSURE);
      world.updateSeep();
    }
    expect(world.reservoir.volume_nl - 10e6).toBeGreaterThan(2e6);
    expect(world.reservoir.volume_nl - 10e6).toBeLessThan(5e6);
  });
});
