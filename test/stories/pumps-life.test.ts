// LIF-1 and LOG-1 by scenarios/a-pumps-life.yaml: what a pump that has left its patient still tells. Its log is read through
// the link after the end of the story, and held against everything that happened in it.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Programmer } from "../../emulator/programmer/direct";
import { referenceController } from "../../emulator/machine/controller-host";
import { describeEvent } from "../../emulator/machine/events";
import { loadScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import { wallText } from "../../emulator/calendar";
import { LOG_EVENTS, LOG_FAULTS } from "../../hal/telemetry";

const scenario = loadScenario(join(import.meta.dirname, "../../scenarios/a-pumps-life.yaml"));
const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
run.advance(run.end_ticks);
/** Of a session the log keeps its opening alone, and of what the patient swallows it knows nothing. */
const events = run.report(0).events.filter(({ name }) => name !== "session_closed" && name !== "oral_taken");
/** The last entries before the reader pairs and opens a session, which adds entries of its own. */
const lastOf = [LOG_EVENTS, LOG_FAULTS].map((ring) => run.machine.firmware.read(`log.sequence[${ring}]`)!);
const programmer = new Programmer(run.machine);

/** A ring of the log in the words of events: to the minute, which is all that an entry keeps of the time. */
function read(ring: number) {
  const entries = programmer.readLog(ring)!.filter(({ sequence }) => sequence <= lastOf[ring]);
  return entries.map(({ wall, code, a, b }) => ({ wall: wallText(wall), ...describeEvent(code, a, b, 0)! }));
}

describe("LOG-1: the log of an explanted pump", () => {
  test("has every event of its life in order, each at its minute once the clock was set", () => {
    const log = read(LOG_EVENTS);
    expect(log.map(({ name }) => name)).toEqual(events.map(({ name }) => name));
    const set = events.findIndex(({ name }) => name === "clock_set");
    expect(log.slice(set).map(({ wall }) => wall)).toEqual(events.slice(set).map(({ wall }) => wall.slice(0, 16)));
    const steps = log.filter(({ name }) => name === "life_changed").map(({ fields }) => fields["to"]);
    expect(steps).toEqual(["implanted", "in_service", "explanted"]);
  });

  test("has the volumes, the reasons and the roles of its events", () => {
    const log = read(LOG_EVENTS);
    expect(log.length).toBe(events.length);
    log.forEach(({ fields }, i) => {
      // Of three arguments an entry keeps two.
      const { duration_s: _, total_ul_per_day: __, ...kept } = fields;
      expect(events[i]).toMatchObject(kept);
    });
  });

  test("keeps its faults apart, which are one boot and one alarm, and ends with the explant", () => {
    expect(read(LOG_FAULTS).map(({ name }) => name)).toEqual(["boot", "alarm_raised", "alarm_cleared"]);
  });
});

test("LIF-1: the volumes that went in, came out and reached the patient agree, to the pulse and by drug", () => {
  const { world } = run.machine;
  const refill = events.filter(({ name }) => name === "refilled");
  const filled_nl = refill.reduce((sum, event) => sum + Number(event["volume_nl"]), 0);
  const aspirated_nl = refill.reduce((sum, event) => sum + Number(event["aspirated_nl"]), 0);
  expect(filled_nl - aspirated_nl - world.delivered_nl).toBe(world.reservoir.volume_nl);
  expect(run.machine.signal("reservoir.estimate_nl")).toBe(world.reservoir.volume_nl);
  // 10 mg/mL of all that left before the refill, 5 mg/mL since.
  const before_nl = 18_000_000 - aspirated_nl;
  expect(world.delivered_ng[0] / (before_nl * 10)).toBeCloseTo(1, 9);
  expect(world.delivered_ng[1] / ((world.delivered_nl - before_nl) * 5)).toBeCloseTo(1, 9);
  const inPath = new Float64Array(4);
  world.catheter.contentInto(inPath);
  [0, 1].forEach((drug) => {
    const left = world.catheter.tip_ng[drug] + inPath[drug];
    expect(left / world.delivered_ng[drug]).toBeCloseTo(1, 9);
  });
});
