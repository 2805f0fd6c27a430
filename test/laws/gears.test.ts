// Laws of time: whatever people and mishaps do to a pump, leaping over quiet ticks changes nothing, and neither does being
// saved and restored anywhere. The oracle is the machine itself, executing every tick.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { fieldsOf } from "../../emulator/campaign/fields";
import { FAULTS } from "../../emulator/faults";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario } from "../../emulator/scenario/scenario";
import { runs } from "../effort";
import { HOUR, MINUTE, Pump, SECOND } from "../pump";
import { PARAMETERS } from "./fault-parameters";

function startOf(scenario: Scenario, gear: "leap" | "lockstep"): ScenarioRun {
  return new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false });
}

/** All that a run can show, but for its own speed and gear. */
function outcome(run: ScenarioRun) {
  const { speed: _speed, gear: _gear, ...report } = run.report(0);
  return { ...report, controller: run.machine.controllerFingerprint() };
}

const fields = fieldsOf(referenceController);

const cases = fc.record({
  scenario: arbitraries.scenario({ faults: true, hours: 1, fields }),
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
      { numRuns: runs(40) },
    );
  });
});

/** The ticks after which the board looked otherwise than before to somebody who hears what `hearsAll` says, and how. */
function looks(scenario: Scenario, hearsAll: boolean): string[] {
  const { machine } = startOf(scenario, "lockstep");
  const { trace, motor, guard, sounder, battery, link, reset } = machine.board;
  const seen: string[] = [];
  let last = "";
  machine.listener = {
    hearsAll,
    event: () => undefined,
    reset: () => undefined,
    ticked: () => {
      const switches = `${motor.closed} ${guard.open} ${guard.register} ${reset.count}`;
      const counts = `${trace.total} ${trace.published} ${motor.pulses} ${motor.steps} ${link.rxBytes} ${link.txBytes}`;
      const look = `${switches} ${counts} ${sounder.tone} ${battery.voltage_mv}`;
      if (look !== last) seen.push(`${machine.tick}: ${look}`);
      last = look;
    },
  };
  machine.run(scenario.duration_ticks);
  return seen;
}

describe("PRP-1: what watches a run misses nothing", () => {
  test("a listener hears of every tick after which the board looks otherwise", () => {
    fc.assert(
      fc.property(arbitraries.scenario({ faults: true, hours: 0.3, fields }), (scenario) => {
        expect(looks(scenario, false)).toEqual(looks(scenario, true));
      }),
      { numRuns: runs(20) },
    );
  });
});

describe("EMU-1: a folded minute is an executed minute", () => {
  test("after each piece of a leap both gears have the same memory", () => {
    fc.assert(
      fc.property(arbitraries.scenario({ faults: true, hours: 0.2, fields }), (scenario) => {
        const leap = startOf(scenario, "leap");
        const lockstep = startOf(scenario, "lockstep");
        while (!leap.over) {
          leap.advanceUntil(scenario.duration_ticks, () => true);
          lockstep.advance(leap.machine.tick);
          expect(leap.machine.controllerFingerprint()).toBe(lockstep.machine.controllerFingerprint());
        }
        expect(leap.machine.fingerprint()).toBe(lockstep.machine.fingerprint());
      }),
      { numRuns: runs(8) },
    );
  });

  test("most minutes of a pump with eight pulses an hour are folded, and its executed ticks are those of the pulses", () => {
    const { machine } = new Pump({ rate: 4_800, limits: [] }).wait(HOUR + 30 * SECOND);
    const [executed, pulses] = [machine.executed, machine.board.motor.pulses];
    machine.leap(24 * HOUR);
    const given = machine.board.motor.pulses - pulses;
    expect(given).toBeGreaterThan(180);
    // Two ticks a pulse, and two buckets that leave the two derived windows and show in the eighth minute after.
    expect(machine.executed - executed).toBeLessThanOrEqual(4 * given + 40);
  });
});

describe("EMU-1: an act by hand between two ticks", () => {
  test.each(FAULTS.map(({ name }) => name))("such as %s, begun and ended, leaves both gears one machine", (name) => {
    const pumps = ["leap", "run"].map((gear) => {
      const pump = new Pump({ rate: 100_000, limits: [] }).wait(HOUR + 30);
      pump.machine.inject(name, PARAMETERS[name] ?? 0, name === "ram_flip" ? "therapy.rate" : null);
      const on = (ticks: number) => (gear === "leap" ? pump.machine.leap(ticks) : pump.machine.run(ticks));
      on(5_000);
      pump.machine.release(name);
      on(5_000);
      return pump;
    });
    expect(pumps[0].said).toEqual(pumps[1].said);
    expect(pumps[0].machine.fingerprint()).toBe(pumps[1].machine.fingerprint());
    expect(pumps[0].machine.controllerFingerprint()).toBe(pumps[1].machine.controllerFingerprint());
  });
});

test.each(["usage.unauthorised.inverse", "life.eosFound.value", "store.halted.value", "therapy.rate.value"])(
  "EMU-1, RAM-1: a bit of %s that flips on a pump at rest is found in the same tick in both gears",
  (field) => {
    const raised = ["leap", "run"].map((gear) => {
      const pump = new Pump(null).wait(30 * SECOND);
      pump.machine.inject("ram_flip", 0, field);
      if (gear === "leap") pump.machine.leap(MINUTE);
      else pump.machine.run(MINUTE);
      return pump.heard("alarm_raised", { alarm: "memory_fault" }).map(({ tick }) => tick);
    });
    expect(raised[0]).toEqual(raised[1]);
    expect(raised[0]).toHaveLength(1);
  },
);

describe("EMU-5: a snapshot changes nothing", () => {
  test("a run that is saved, damaged and restored ends like a run that was never interrupted", () => {
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
      { numRuns: runs(60) },
    );
  });
});
