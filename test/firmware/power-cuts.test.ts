// Power is cut in some ticks of two hours of therapy and inside some of the bytes that are written in them; a lockout runs on over
// a reset. The files power-cuts-*.prove.ts cut it in every tick and inside every byte.

import { describe, expect, test } from "vitest";
import { COMMAND_BRIDGE, COMMAND_PATIENT_BOLUS, OUTCOME_ACCEPTED, OUTCOME_LOCKOUT } from "../../hal/telemetry";
import { encodeBridge, encodeProgram } from "../../emulator/telemetry/messages";
import { HOUR, Pump, SECOND } from "../pump";
import { beforeCommit, cutInByte, isNearAct, STRETCH_TICKS, Stretch } from "./power-cut";

describe("NVM-1, NVM-2: a power cut loses nothing that happened", () => {
  test("in a sample of the ticks of two hours, and in all that are near a command", () => {
    const cuts = new Stretch().cutTicks(0, STRETCH_TICKS, (tick) => tick % 797 === 0 || isNearAct(tick));
    expect(cuts).toBeGreaterThan(900);
  });

  test("inside a sample of the bytes that are written in two hours", () => {
    const cuts = new Stretch().cutBytes(0, STRETCH_TICKS, (byte) => byte % 197 === 0);
    expect(cuts).toBeGreaterThan(500);
  });

  test("in the lockout, which runs on over the reset and does not get shorter (PTB-1)", () => {
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

  test("inside any byte never leaves the new program without the bridge to it", () => {
    const pump = new Pump(old).wait(HOUR);
    const { machine } = pump;
    expect(pump.programmer.outcome(COMMAND_BRIDGE, encodeBridge(100_000, 200))).toBe(OUTCOME_ACCEPTED);
    const digest = pump.field("program.digest");
    const { before, bytes } = beforeCommit(pump, encodeProgram(next));
    expect(bytes).toBeGreaterThan(500);
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
