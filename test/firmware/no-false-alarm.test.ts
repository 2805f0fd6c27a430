// The law of alarms: on a healthy pump, whatever it is told to give, none is raised but those that a healthy pump must
// raise, and these only when their cause is there to be seen from outside.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/scenario/run";
import type { Program, Scenario } from "../../emulator/scenario/scenario";

/** Without refills, which tell the pump more than its reservoir takes; a unit's own error is a true disagreement in time. */
function healthy(scenario: Scenario): Scenario {
  const timeline = scenario.timeline.filter((entry) => "action" in entry && entry.action.do !== "refill");
  return { ...scenario, timeline, pump: { ...scenario.pump, unit: { bias: 0, ripple: 0 } } };
}

function programsOf(scenario: Scenario): Program[] {
  const later = scenario.timeline.flatMap((entry) =>
    "action" in entry && entry.action.do === "program" ? [entry.action.program] : [],
  );
  return [scenario.program, ...later];
}

/** Names of a run's alarms whose cause is there, and of those whose is not. */
function alarmsOf(scenario: Scenario): { founded: string[]; unfounded: string[] } {
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: true });
  run.advance(run.end_ticks);
  const tracks = new Map(run.signalTracks().map((track) => [track.name, track]));
  const at = (name: string, tick: number) => {
    const { ticks, values } = tracks.get(name)!;
    return values[ticks.findLastIndex((each) => each <= tick)];
  };
  const { events, alarms } = run.report(0);
  const programs = programsOf(scenario);
  const low_nl = Math.max(...programs.map((program) => program.low_pulses)) * 250;
  const causes: Record<string, (tick: number) => boolean> = {
    low_reservoir: (tick) => at("reservoir.level_nl", tick) <= low_nl + 1_000,
    empty_reservoir: (tick) => at("reservoir.level_nl", tick) <= 1_400_000 + 1_000,
    // Without limits of its own a program keeps within those that the pump makes for it (LIM-5).
    dose_limit: (tick) =>
      programs.some((program) => program.limits.length > 0) &&
      events.some((event) => event.name === "limit_reached" && event.tick === tick),
  };
  const isFounded = (alarm: (typeof alarms)[number]) => causes[alarm.name]?.(Math.round(alarm.raised_s * 100)) ?? false;
  return {
    founded: alarms.filter(isFounded).map(({ name }) => name),
    unfounded: alarms.filter((alarm) => !isFounded(alarm)).map(({ name }) => name),
  };
}

test("ALM-2: no alarm without its cause", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(arbitraries.scenario({ faults: false, hours: 24 }), (generated) => {
      const { founded, unfounded } = alarmsOf(healthy(generated));
      expect(unfounded).toEqual([]);
      founded.forEach((name) => seen.add(name));
    }),
    { numRuns: 80 },
  );
  expect(seen.size).toBeGreaterThan(0);
});
