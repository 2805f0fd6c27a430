// The signals of the four dose windows: content, limit and length of each, as the reference controller publishes them.

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { minimal } from "../scenario/example";

/** The last value of each signal after two hours at 60 uL/day with these limits. */
function lastValues(limits: string): Record<string, number> {
  const prescription = `basal: { mode: continuous, rate: 60 uL/day }${limits}`;
  const scenario = parseScenario(minimal("", prescription).replace("24 h", "2 h"), "f.yaml");
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: true });
  run.advance(run.end_ticks);
  return Object.fromEntries(run.signalTracks().map(({ name, values }) => [name, values[values.length - 1]]));
}

test("LIM-1: a program with four limits publishes content, limit and length of each of its windows", () => {
  const last = lastValues(
    `, limits: [${["10 uL, window: 30 min", "11 uL, window: 1 h", "80 uL, window: 24 h", "500 uL, window: 7 d"]
      .map((row) => `{ volume: ${row} }`)
      .join(", ")}]`,
  );
  const rows = [0, 1, 2, 3].map((i) => [
    last[`limiter.window${i}_nl`],
    last[`limiter.limit${i}_nl`],
    last[`limiter.length${i}_min`],
  ]);
  expect(rows.map(([, limit, length]) => [limit, length])).toEqual([
    [10000, 30],
    [11000, 60],
    [80000, 1440],
    [500000, 10080],
  ]);
  expect(rows[0][0]).toBeLessThan(rows[1][0]);
  expect([rows[2][0], rows[3][0]]).toEqual([last["motor.pulses"] * 250, last["motor.pulses"] * 250]);
});

test("LIM-5: a program without limits publishes the two that the pump derives, of an hour and a day, and zeros for the rest", () => {
  const last = lastValues("");
  expect([0, 1, 2, 3].map((i) => last[`limiter.length${i}_min`])).toEqual([60, 1440, 0, 0]);
  expect([2, 3].flatMap((i) => [last[`limiter.window${i}_nl`], last[`limiter.limit${i}_nl`]])).toEqual([0, 0, 0, 0]);
});
