// Power is cut in every tick of an hour in which the bolus ends and the reservoir is refilled. Each hour has a file of
// its own, so that they run side by side.

import { expect, test } from "vitest";
import { HOUR } from "../pump";
import { STRETCH_TICKS, Stretch } from "./power-cut";

test("NVM-1, NVM-2: a power cut in any tick of the second hour loses nothing that happened", () => {
  expect(new Stretch().cutTicks(HOUR, STRETCH_TICKS)).toBe(HOUR);
});
