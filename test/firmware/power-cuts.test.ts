// Power is cut inside every byte that is written in two hours of therapy, and a lockout that runs on over a reset. Cuts in
// every tick of the same two hours: power-cuts-first-hour.test.ts and power-cuts-second-hour.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMAND_BRIDGE, COMMAND_PATIENT_BOLUS, OUTCOME_ACCEPTED, OUTCOME_LOCKOUT } from "../../hal/telemetry";
import { encodeBridge, encodeProgram } from "../../emulator/telemetry/messages";
import { HOUR, Pump, SECOND } from "../pump";
import { beforeCommit, cutInByte, STRETCH_TICKS, Stretch } from "./power-cut";

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

describe("NVM-1, THR-7: a power cut in the commit of another concentration", () => {
  const drugs = (concentration: number) => [{ id: 1, concentration }];
  const old = {
    limits: [],
    bolus: null,
    low_pulses: 0,
    mode: "continuous" as const,
    rate: 40_000,
    drugs: drugs(100_000),
  };
  const next = { ...old, rate: 20_000, drugs: drugs(200_000) };

  test("inside any byte: where the new program is, there is the bridge to it", () => {
    const pump = new Pump(old).wait(HOUR);
    const { machine } = pump;
    expect(pump.programmer.outcome(COMMAND_BRIDGE, encodeBridge(100_000, 200))).toBe(OUTCOME_ACCEPTED);
    const digest = pump.field("program.digest");
    const { before, bytes } = beforeCommit(pump, encodeProgram(next));
    expect(bytes).toBeGreaterThan(1_000);
    const seen = new Set<string>();
    for (let byte = 1; byte <= bytes; byte++) {
      machine.restore(before);
      cutInByte(machine, byte);
      machine.run(100);
      const changed = pump.field("program.digest") !== digest;
      seen.add(`${changed ? "new" : "old"} program, ${machine.signal("motor.rate_ulPerDay")} uL/day`);
    }
    // 400 uL/day of the old drug is also what the bridge gives; 200 would be half of it.
    expect([...seen].sort()).toEqual(["new program, 400 uL/day", "old program, 400 uL/day"]);
  });
});
