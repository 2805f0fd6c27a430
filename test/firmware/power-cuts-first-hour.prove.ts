// Power is cut in every tick of an hour in which a program is changed and a bolus starts. Each hour has a file of
// its own, so that they run side by side.

import { expect, test } from "vitest";
import { HOUR } from "../pump";
import { Stretch } from "./power-cut";

test("NVM-1, NVM-2: a power cut in any tick of the first hour loses nothing that happened", () => {
  expect(new Stretch().cutTicks(0, HOUR)).toBe(HOUR);
});
