// Laws of time: whatever people and mishaps do to a pump, leaping over quiet ticks changes nothing, and neither does being
// saved and restored anywhere. The oracle is the machine itself, executing every tick.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { FAULTS } from "../../emulator/faults";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/scenario/run";
import type { Scenario } from "../../emulator/scenario/scenario";
import { HOUR, MINUTE, Pump } from "../pump";

function startOf(scenario: Scenario, gear: "leap" | "lockstep"): ScenarioRun {
  return new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false });
}

/** All that a run can show, but for its own speed and gear. */
function outcome(run: ScenarioRun) {
  const { speed: _speed, gear: _gear, ...report } = run.report(0);
  return { ...report, controller: run.machine.controllerFingerprint() };
}

const cases = fc.record({
  scenario: arbitraries.scenario({ faults: true, hours: 1 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
});

describe("EMU-1: both gears are one machine", () => {
  test("leap and lockstep give the same report, world and controller, at every cut and at the end", () => {
    fc.assert(
      fc.property(cases, ({ scenario, cuts }) => {
        const leap = startOf(scenario, "leap");
        const lockstep = startOf(scenario, "lockstep");
        const ticks = cuts.map((part) => Math.floor(part * scenario.duration_ticks)).sort((a, b) => a - b);
        for (const tick of [...ticks, scenario.duration_ticks]) {
          leap.advance(tick);
          lockstep.advance(tick);
          expect(leap.machine.fingerprint()).toBe(lockstep.machine.fingerprint());
          expect(leap.machine.controllerFingerprint()).toBe(lockstep.machine.controllerFingerprint());
        }
        expect(outcome(leap)).toEqual(outcome(lockstep));
      }),
      { numRuns: 60 },
    );
  });
});

describe("EMU-1: what is done to a machine by hand acts in the next tick, in either gear", () => {
  const parameters: Record<string, number> = { rtc_jump: -HOUR / 4, nvm_flip: 2_100 * 8, ram_flip: 3 };

  test.each(FAULTS.map(({ name }) => [name]))("%s", (name) => {
    const [leap, lockstep] = [new Pump().wait(HOUR + 1_234), new Pump().wait(HOUR + 1_234)].map(({ machine }) => {
      machine.inject(name, parameters[name] ?? 0, name === "ram_flip" ? "therapy.rate" : null);
      return machine;
    });
    leap.leap(5 * MINUTE);
    lockstep.run(5 * MINUTE);
    expect(leap.fingerprint()).toBe(lockstep.fingerprint());
    expect(leap.controllerFingerprint()).toBe(lockstep.controllerFingerprint());
  });
});

describe("EMU-5: a snapshot changes nothing", () => {
  test("a run that is saved, spoilt and restored ends as one that ran through", () => {
    fc.assert(
      fc.property(cases, ({ scenario, cuts }) => {
        const through = startOf(scenario, "leap");
        through.advance(scenario.duration_ticks);
        const cut = startOf(scenario, "leap");
        for (const part of cuts) {
          cut.advance(Math.floor(part * scenario.duration_ticks));
          const saved = cut.save();
          cut.advance(scenario.duration_ticks);
          cut.restore(saved);
        }
        cut.advance(scenario.duration_ticks);
        expect(outcome(cut)).toEqual(outcome(through));
      }),
      { numRuns: 60 },
    );
  });
});
