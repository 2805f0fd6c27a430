// RAM-1: a bit that flips in a number of the program in the very tick of an order reaches no assertion. The number reads 0 from then on, in
// the middle of the work that the order asks for.

import { describe, expect, test } from "vitest";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/run/open";
import { referenceController } from "../../emulator/machine/controller-host";
import { MINUTE } from "../pump";

const BOLUS = "patient_bolus: { volume: 5 uL, duration: 5 min, lockout: 1 h, per_24h: 4 }";
const RATE = "basal: { mode: continuous, rate: 100 uL/day }";
/** Without limits of its own a program has those that follow from its doses. */
const PRESCRIPTIONS = {
  "a program without limits": `{ ${RATE}, ${BOLUS} }`,
  "a periodic program": `{ basal: { mode: periodic, volume: 2 uL, duration: 10 min, every: 1 h }, ${BOLUS} }`,
  "a program with limits": `{ ${RATE}, ${BOLUS}, limits: [{ volume: 30 uL, window: 1 h }, { volume: 300 uL, window: 24 h }] }`,
};
const ORDERS = {
  "a patient's bolus": "do: patient_bolus",
  "a clinician's bolus": "do: clinician_bolus, volume: 4 uL, duration: 13 min",
  "a new program": `do: program, prescription: { ${RATE}, ${BOLUS} }`,
  "a stop": "do: stop",
  "a prime": "do: prime, volume: 10 uL",
};

function scenarioOf(prescription: string, order: string, field: string | null): string {
  const flip = field === null ? "" : `  - { at: 1 min, fault: ram_flip, field: "${field}", bit: 0 }\n`;
  return (
    "duration: 2 min\ndrugs: [{ name: morphine, concentration: 10 mg/mL }]\n" +
    `prescription: ${prescription}\ntimeline:\n${flip}  - { at: 1 min, ${order} }\n`
  );
}

const runOf = (text: string) =>
  new ScenarioRun(parseScenario(text, "t.yaml"), { gear: "leap", controller: referenceController, tracks: false });

/** The inverse of each number of the program: flipped, the number reads 0. */
const FIELDS = runOf(scenarioOf(PRESCRIPTIONS["a periodic program"], ORDERS["a stop"], null))
  .machine.firmware.paths()
  .filter((path) => /^program\.\w+\.(inverse|inverses\[0\])$/.test(path));

describe.each(Object.entries(PRESCRIPTIONS))("RAM-1: in %s", (_name, prescription) => {
  test.each(Object.entries(ORDERS))("a bit flips in a number of it in the tick of %s", (_order, order) => {
    expect(FIELDS.length).toBeGreaterThan(15);
    for (const field of FIELDS) {
      const run = runOf(scenarioOf(prescription, order, field));
      run.advance(2 * MINUTE);
      expect([field, run.failure]).toEqual([field, null]);
    }
  });
});
