// Power is cut inside every byte that is written in two hours of therapy, and a lockout that runs on over a reset. Cuts in
// every tick of the same two hours: power-cuts-first-hour.test.ts and power-cuts-second-hour.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMAND_PATIENT_BOLUS, OUTCOME_ACCEPTED, OUTCOME_LOCKOUT } from "../../hal/telemetry";
import { HOUR, Pump, SECOND } from "../pump";
import { STRETCH_TICKS, Stretch } from "./power-cut";

describe("NVM-1, NVM-2: a power cut loses nothing that happened", () => {
  test("inside any byte of any write of two hours", { timeout: 900_000 }, () => {
    const cuts = new Stretch().cutBytes(0, STRETCH_TICKS);
    expect(cuts).toBeGreaterThan(50_000);
    const page = readFileSync(join(import.meta.dirname, "../../docs/testing.md"), "utf8");
    expect(page).toContain(`the ${cuts.toLocaleString("en")} bytes written`);
  });

  test("PTB-1: the lockout runs on over a reset, and is not shorter for it", () => {
    const pump = new Pump();
    pump.wait(HOUR);
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_ACCEPTED);
    const start = pump.machine.tick;
    pump.wait(HOUR / 2);
    pump.machine.inject("reset");
    pump.wait(HOUR / 2 - SECOND - (pump.machine.tick - start - HOUR / 2));
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_LOCKOUT);
    pump.wait(61 * SECOND);
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_ACCEPTED);
  });
});
