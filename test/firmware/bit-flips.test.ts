// Every field of the controller's memory and every bit of it, flipped once in the middle of a bolus: no dose beyond what a
// healthy pump gives, and an alarm unless the flip was harmless (RAM-1, RAM-2). Of long arrays the first and last elements.

import { describe, expect, test } from "vitest";
import { COMMAND_PATIENT_BOLUS, OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { HOUR, MINUTE, Pump } from "../pump";

const WATCHED = 12 * MINUTE;
/** An element of these stands for the rest. */
const ELEMENTS = [0, 1];

function words(pump: Pump): string[] {
  const { firmware } = pump.machine;
  return firmware
    .paths()
    .flatMap((path) =>
      firmware.read(path) === undefined
        ? ELEMENTS.map((i) => `${path}[${i}]`).filter((element) => firmware.read(element) !== undefined)
        : [path],
    );
}

describe("RAM-1, RAM-2: a bit flips", () => {
  test("in every field, at every bit: no more is given, and an alarm says so unless nothing changed", () => {
    const pump = new Pump();
    pump.wait(HOUR);
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_ACCEPTED);
    pump.wait(MINUTE);
    const { machine } = pump;
    const before = machine.snapshot();
    machine.leap(WATCHED);
    const healthy = machine.board.motor.steps;
    const sounded = machine.board.sounder.toneTicks();
    const tally = { tried: 0, detected: 0, harmless: 0 };
    const wrong: string[] = [];
    for (const word of words(pump)) {
      for (let bit = 0; bit < 32; bit++) {
        machine.restore(before);
        machine.inject("ram_flip", bit, word);
        machine.leap(WATCHED);
        tally.tried++;
        const given = machine.board.motor.steps;
        const same = given === healthy && machine.board.sounder.toneTicks() === sounded;
        if (given > healthy) wrong.push(`${word} bit ${bit}: ${given} steps for ${healthy}`);
        else if (pump.alarms().length > 0) tally.detected++;
        else if (same) tally.harmless++;
        else wrong.push(`${word} bit ${bit}: ${given} steps for ${healthy}, and no alarm`);
      }
    }
    expect(wrong).toEqual([]);
    expect(tally.detected).toBeGreaterThan(tally.tried / 3);
  });
});
