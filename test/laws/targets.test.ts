// The law of two targets: the controller compiled by tsc and the one compiled by asc, from the same source, do the same to
// the same board. What they did is the fingerprint of everything but their own memory: pulses, telemetry bytes, events and
// published values are folded into it; events and deliveries are compared in the open as well.

import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { referenceController, wasmController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario } from "../../emulator/scenario/scenario";
import { compileController, SHIPPED_FLAGS } from "../../scripts/dialect.mjs";
import { runs } from "../effort";

let compiled: ControllerFactory;

beforeAll(async () => {
  compiled = wasmController("wasm", new WebAssembly.Module(await compileController(SHIPPED_FLAGS, { names: false })));
});

function ran(scenario: Scenario, controller: ControllerFactory, gear: "leap" | "lockstep" = "leap") {
  const run = new ScenarioRun(scenario, { gear, controller, tracks: true });
  run.advance(run.end_ticks);
  return run;
}

function outcome(run: ScenarioRun) {
  const { controller: _name, speed: _speed, gear: _gear, ...report } = run.report(0);
  const { pulses } = run.machine.board.motor;
  const { rxBytes, txBytes, history } = run.machine.board.link;
  return { report, pulses, rxBytes, txBytes, history, tracks: run.signalTracks() };
}

describe("EMU-1: one source, two targets", () => {
  test("both builds give the same events, pulses and telemetry bytes on generated scenarios", () => {
    fc.assert(
      fc.property(arbitraries.scenario({ faults: true, hours: 12 }), (scenario) => {
        const script = ran(scenario, referenceController);
        const module = ran(scenario, compiled);
        expect(outcome(module)).toEqual(outcome(script));
        expect(module.machine.leapt).toBe(script.machine.leapt);
      }),
      { numRuns: runs(80) },
    );
  });

  test("the compiled controller leaps exactly, and is restored exactly", () => {
    fc.assert(
      fc.property(
        arbitraries.scenario({ faults: true, hours: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (scenario, part) => {
          const lockstep = ran(scenario, compiled, "lockstep");
          const run = new ScenarioRun(scenario, { gear: "leap", controller: compiled, tracks: true });
          run.advance(Math.floor(part * scenario.duration_ticks));
          const saved = run.save();
          run.advance(run.end_ticks);
          run.restore(saved);
          run.advance(run.end_ticks);
          expect(outcome(run)).toEqual(outcome(lockstep));
          expect(run.machine.controllerFingerprint()).toBe(lockstep.machine.controllerFingerprint());
        },
      ),
      { numRuns: runs(25) },
    );
  });
});
