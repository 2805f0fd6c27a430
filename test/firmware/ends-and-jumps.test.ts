// The ends of counters, and a real-time clock that jumps by itself: a count stays at its greatest value, and hours that a jump
// repeats are held to the pump's own limits, unlike those that a clinician repeats by setting the clock.

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { TICKS_PER_HOUR } from "../../hal/units";

const COUNT_MAX = 0x7fff_ffff;

function runOf(timeline: string): ScenarioRun {
  const text = `
name: A clock an hour back
duration: 26 h
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: flex, steps: [{ at: 00:00, rate: 100 uL/day }, { at: 12:00, rate: 500 uL/day }] } }
timeline: [${timeline}]
`;
  const scenario = parseScenario(text, "clock.yaml");
  return new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
}

test.each([
  [
    "a jump makes no room, and the pump limits and names what it repeats",
    "fault: rtc_jump, by: -60 min",
    ["clock_fault", "dose_limit"],
  ],
  ["a clinician makes room", "do: set_clock, to: 2026-01-01T12:00", []],
])("LIM-5, THR-4: for an hour that comes twice %s", (_, entry, alarms) => {
  const run = runOf(`{ at: 13 h, ${entry} }`);
  run.advance(run.end_ticks);
  const report = run.report(0);
  expect(report.alarms.map(({ name }) => name)).toEqual(alarms);
  const limited = report.events.filter(({ name }) => name === "limit_reached");
  expect(limited.map((event) => event["window_min"])).toEqual(alarms.length > 0 ? [1440] : []);
  expect(report.invariants.every(({ ok }) => ok)).toBe(true);
});

test("LOG-1: a total of pulses stays at its greatest value, and the pump gives on", () => {
  const run = runOf("");
  run.advance(TICKS_PER_HOUR);
  const { machine } = run;
  const begun = machine.board.motor.pulses;
  machine.firmware.write("motor.pulsesTotal", COUNT_MAX - 3);
  run.advance(3 * TICKS_PER_HOUR);
  expect(machine.board.motor.pulses - begun).toBeGreaterThan(20);
  expect(machine.firmware.read("motor.pulsesTotal")).toBe(COUNT_MAX);
  expect([run.failure, run.report(0).alarms]).toEqual([null, []]);
});
