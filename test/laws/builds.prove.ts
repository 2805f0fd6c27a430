// As builds.test.ts, over many long scenarios: both builds of a machine are one at every executed tick.

import * as fc from "fast-check";
import { test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { runs } from "../effort";
import { runBoth } from "./both-builds";

test.each([
  ["leap", 8, 1, 10],
  ["lockstep", 2, 97, 3],
] as const)("EMU-1: both builds are one machine over generated days, by %s", (gear, hours, every, count) => {
  fc.assert(
    fc.property(arbitraries.scenario({ faults: true, hours }), (scenario) => runBoth(scenario, gear, every)),
    { numRuns: runs(count) },
  );
});
