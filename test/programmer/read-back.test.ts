// A pump that was programmed says so when it is asked: its status and its program are read back.

import { describe, expect, test } from "vitest";
import { decodeStatus, digestOf, encodeProgram } from "../../emulator/telemetry/messages";
import { Programmer } from "../../emulator/programmer/direct";
import { Machine } from "../../emulator/machine/machine";
import { COMMAND_COMMIT, COMMAND_INTERROGATE, OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { MODE_CONTINUOUS } from "../../hal/trace";
import { SETUP } from "../pump";
import { BARE, FLEX } from "../telemetry/programs";

describe("a pump that was programmed", () => {
  const machine = () => new Machine(SETUP);

  test("LNK-3, LNK-4: says its rate, mode and digest, and the last command that it took", () => {
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

  test.each([BARE, FLEX])("gives back the program of mode $mode that it was given", (program) => {
    const programmer = new Programmer(machine());
    expect(programmer.commission(program)).toBe(OUTCOME_ACCEPTED);
    expect(programmer.readProgram()).toEqual(program);
  });
});
