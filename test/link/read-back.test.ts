// A pump that a programmer has programmed says so when it is asked: its status and its program, read back.

import { describe, expect, test } from "vitest";
import { decodeStatus, digestOf, encodeProgram } from "../../emulator/link/messages";
import { Programmer } from "../../emulator/link/programmer";
import { Machine } from "../../emulator/machine/machine";
import type { Program } from "../../emulator/machine/program";
import { COMMAND_COMMIT, COMMAND_INTERROGATE, OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { MODE_CONTINUOUS } from "../../hal/trace";

const BARE: Program = {
  mode: "continuous",
  rate: 10_000,
  bolus: null,
  limits: [],
  low_pulses: 8000,
  drugs: [],
  library: 1,
};
const FLEX: Program = {
  ...BARE,
  mode: "flex",
  rate: 0,
  flex: {
    patterns: [[{ minute: 420, rate: 9000 }], [{ minute: 480, rate: 8000 }]],
    weekdays: [0, 0, 0, 0, 0, 1, 1],
  },
};

describe("a pump", () => {
  const machine = () =>
    new Machine({
      seed: 1,
      start: { second: 0 },
      pump: {
        capacity_nl: 20e6,
        fill_nl: 18e6,
        catheter: { length_cm: 89, volume_nlPerCm: 2200 },
        state: "primed",
        unit: { bias: 0, ripple: 0 },
      },
      drugs: [{ concentration_mgPerMl: 10 }],
    });

  test("LNK-3, LNK-4: one that was programmed says so: rate, mode, digest, and the command it last took", () => {
    const programmer = new Programmer(machine());
    expect(programmer.commission(BARE)).toBe(OUTCOME_ACCEPTED);
    const status = decodeStatus(programmer.ask(COMMAND_INTERROGATE)?.payload ?? new Uint8Array(0));
    const expected = {
      mode: MODE_CONTINUOUS,
      rate: 10_000,
      estimate: 72_000,
      lastCommand: COMMAND_COMMIT,
      cell_mv: 3600,
    };
    expect(status).toMatchObject({ ...expected, digest: digestOf(encodeProgram(BARE)), missed: 0 });
  });

  test.each([BARE, FLEX])("gives back the program that it was given: mode $mode", (program) => {
    const programmer = new Programmer(machine());
    expect(programmer.commission(program)).toBe(OUTCOME_ACCEPTED);
    expect(programmer.readProgram()).toEqual(program);
  });
});
