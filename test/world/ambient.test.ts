// The air against the table of the International Standard Atmosphere (ISO 2533), in hPa.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { airPressure_mmHg } from "../../emulator/world/ambient";

const HPA_PER_MMHG = 1.33322;

test.each([
  [-500, 1074.8],
  [0, 1013.25],
  [1000, 898.75],
  [2000, 794.95],
  [3000, 701.09],
  [5000, 540.2],
  [8000, 356],
  [9000, 307.42],
  [11000, 226.32],
  [15000, 120.44],
  [20000, 54.75],
])("EMU-4: at %d m the air has %d hPa", (altitude_m, hPa) => {
  expect(Math.abs((airPressure_mmHg(altitude_m) * HPA_PER_MMHG) / hPa - 1)).toBeLessThan(0.0025);
});

test("EMU-4, law: the air thins with every metre, and never loses more than an atmosphere", () => {
  const altitude = fc.double({ min: -500, max: 20_000, noNaN: true });
  fc.assert(
    fc.property(altitude, altitude, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(airPressure_mmHg(high)).toBeLessThanOrEqual(airPressure_mmHg(low));
      expect(airPressure_mmHg(high)).toBeGreaterThan(0);
    }),
  );
});
