// The peristaltic head (RES-5): a revolution's volume is that of the bias whatever the ripple, pressure at the
// outlet takes a little and then all, a weak supply only a little, and a step back undoes a step forward.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PULSE_NL } from "../../hal/units";
import { FAULT_OVER_DELIVERY, FAULT_UNDER_DELIVERY, FaultLedger } from "../../emulator/fault-ledger";
import { PumpHead, STEPS_PER_REVOLUTION } from "../../emulator/world/head";

const REVOLUTION_NL = PULSE_NL * STEPS_PER_REVOLUTION;
const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const head = (bias = 0, ripple = 0, faults = new FaultLedger()) => new PumpHead(faults, bias, ripple);

function turns(pump: PumpHead, steps: readonly number[], back_mmHg = 0): number {
  return steps.reduce((sum, step) => sum + pump.turn(step, back_mmHg), 0);
}

const forward = (count: number) => Array.from({ length: count }, () => 1);

describe("RES-5: the volume of a step depends on the angle of the rotor", () => {
  test("law: a revolution from any angle, either way, gives its nominal volume and the bias, and no ripple", () => {
    fc.assert(
      fc.property(
        fraction(-0.2, 0.2),
        fraction(0, 0.5),
        fc.nat(100),
        fc.constantFrom(1, -1),
        (bias, ripple, at, way) => {
          const pump = head(bias, ripple);
          turns(pump, forward(at));
          const whole = turns(
            pump,
            forward(STEPS_PER_REVOLUTION).map(() => way),
          );
          expect(Math.abs(whole - way * REVOLUTION_NL * (1 + bias))).toBeLessThan(1e-9);
        },
      ),
    );
  });

  test("the ripple has its crest and its trough within the eight steps of a roller, each the given part away from the mean", () => {
    const pump = head(0, 0.3);
    const volumes = forward(16).map((step) => pump.turn(step, 0));
    expect(Math.max(...volumes)).toBeCloseTo(1.3 * PULSE_NL, 9);
    expect(Math.min(...volumes)).toBeCloseTo(0.7 * PULSE_NL, 9);
    expect(volumes.slice(8)).toEqual(volumes.slice(0, 8));
  });

  test("MOT-3, law: a step back takes out exactly the volume that the step forward brought, from any angle", () => {
    fc.assert(
      fc.property(fraction(-0.2, 0.2), fraction(0, 0.5), fc.nat(50), (bias, ripple, at) => {
        const pump = head(bias, ripple);
        turns(pump, forward(at));
        const angle = pump.angle;
        expect(pump.turn(1, 0) + pump.turn(-1, 0)).toBe(0);
        expect(pump.angle).toBe(angle);
        expect(pump.turn(-1, 0) + pump.turn(1, 0)).toBe(0);
      }),
    );
  });
});

describe("RES-5: a step slips under pressure", () => {
  test.each([
    [0, 1],
    [100, 0.99],
    [300, 0.97],
    [400, 0.48],
    [500, 0],
    [1000, 0],
    [-100, 1.01],
  ])("against %d mmHg at the outlet a step gives %d of its volume", (back_mmHg, part) => {
    expect(head().turn(1, back_mmHg)).toBeCloseTo(PULSE_NL * part, 9);
  });

  test.each([
    [100, 1.01],
    [-413, 0.9587],
    [-510, 0.949],
    [-900, 0.91],
  ])(
    "with %d mmHg more than usual at the supply a step gives %d of its volume, because the supply lifts no roller",
    (push, part) => {
      expect(head().turn(1, 0, push)).toBeCloseTo(PULSE_NL * part, 9);
    },
  );

  test("no pressure at the supply pushes a step through an outlet whose pressure lifts the rollers", () => {
    expect(head().turn(1, 500, 900)).toBe(0);
  });

  test("law: more pressure at the outlet or less at the supply never gives more, and never a negative volume", () => {
    fc.assert(
      fc.property(
        fraction(-300, 900),
        fraction(-900, 900),
        fraction(0, 300),
        fraction(0, 300),
        (back, push, more, less) => {
          const volume = head().turn(1, back + more, push - less);
          expect(volume).toBeLessThanOrEqual(head().turn(1, back, push));
          expect(volume).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("EMU-4: a worn tube", () => {
  test.each([
    ["over_delivery", FAULT_OVER_DELIVERY, 1.5, 1.5, 3],
    ["under_delivery", FAULT_UNDER_DELIVERY, 0.25, 0.25, 3],
    ["under_delivery of everything", FAULT_UNDER_DELIVERY, 0, 0, 3],
    ["a factor of one", FAULT_OVER_DELIVERY, 1, 1, 0],
  ])("with %s scales each step, and each step that differs is an act", (_, fault, factor, part, acts) => {
    const faults = new FaultLedger();
    faults.start(fault, factor);
    faults.tick = 4;
    expect(turns(head(0, 0, faults), forward(3))).toBeCloseTo(3 * PULSE_NL * part, 9);
    expect([faults.acts[fault], faults.first[fault]]).toEqual([acts, acts > 0 ? 4 : -1]);
  });
});
