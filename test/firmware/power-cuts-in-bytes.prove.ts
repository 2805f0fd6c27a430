// Power is cut inside every byte that is written in two hours of therapy.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { STRETCH_TICKS, Stretch } from "./power-cut";

test("NVM-1, NVM-2: a power cut inside any byte that is written in two hours loses nothing that happened", () => {
  const cuts = new Stretch().cutBytes(0, STRETCH_TICKS);
  expect(cuts).toBeGreaterThan(50_000);
  const page = readFileSync(join(import.meta.dirname, "../../docs/testing.md"), "utf8");
  expect(page).toContain(`the ${cuts.toLocaleString("en")} bytes written`);
});
