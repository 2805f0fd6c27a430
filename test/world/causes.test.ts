// The cause to which the world books a step that turns back, and a step that finds the reservoir empty.

import { expect, test } from "vitest";
import { CAUSE_BASAL, CAUSE_NONE } from "../../hal/trace";
import { FAULT_OCCLUSION, FaultLedger } from "../../emulator/fault-ledger";
import { makeWorld } from "../../emulator/machine/make-world";

function bench(fill_nl: number) {
  const faults = new FaultLedger();
  const pump = {
    capacity_nl: 20e6,
    fill_nl,
    catheter: { length_cm: 89, volume_nlPerCm: 2200 },
    state: "primed" as const,
    unit: { bias: 0, ripple: 0 },
  };
  return { faults, world: makeWorld({ pump, drugs: [{ concentration_mgPerMl: 10 }] }, faults) };
}

test("a step back takes its volume from the cause that it was announced for", () => {
  const { world } = bench(18e6);
  world.turn(-1, CAUSE_BASAL, 1);
  expect(world.byCause_nl[CAUSE_BASAL]).toBe(world.delivered_nl);
  expect([world.byCause_nl[CAUSE_NONE], world.delivered_nl < 0]).toEqual([0, true]);
});

test("a step that finds the reservoir empty is no act of an occlusion", () => {
  const { world, faults } = bench(0);
  faults.start(FAULT_OCCLUSION, 0);
  world.turn(1, CAUSE_BASAL, 1);
  expect([faults.acts[FAULT_OCCLUSION], world.delivered_nl]).toEqual([0, 0]);
});
