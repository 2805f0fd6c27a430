// The law of the invariants: no scenario of people, programs and physical mishaps breaks one. Then the mutants: controllers
// that are wrong on purpose, one for each invariant and law, each of which must be caught (PRP-2). A law that no mutant can
// break proves nothing.

import * as fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { RATE_MINIMUM } from "../../hal/units";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { checkController } from "../../emulator/apart/check-controller";
import { pumpCommands, PumpUnderTest } from "../../emulator/campaign/pump-commands";
import type { ControllerFactory } from "../../emulator/machine/controller-host";
import { INVARIANTS } from "../../emulator/run/invariants";
import { ScenarioRun } from "../../emulator/run/run";
import { IS_PROOF, runs } from "../effort";
import { fromZoo, mutant, replace } from "../mutant";
import { SETUP } from "../pump";

/** One mutant an invariant: what is wrong with it. */
const MUTANTS: Record<string, ControllerFactory> = {
  "LIM-1": fromZoo("limits-never-looked-at"),
  "LIM-2": fromZoo("no-look-ahead"),
  "LIM-5": fromZoo("wide-own-limit"),
  "LIM-8": fromZoo("no-drug-limits"),
  "MOT-1": fromZoo("pulses-too-close"),
  "MOT-3": fromZoo("backward-step-unseen"),
  "RES-1": mutant("the estimate falls by what was commanded", ({ reservoir, motor }) => {
    const tick = reservoir.tick.bind(reservoir);
    let counted = 0;
    replace(reservoir, "tick", (_credited: number, edge: boolean) => {
      const commanded = Math.max(0, motor.pulsesTotal.get() - counted);
      counted = motor.pulsesTotal.get();
      tick(commanded, edge);
    });
  }),
  "RES-6": fromZoo("empty-without-an-alarm"),
  "PTB-1": mutant("the lockout is never looked at", ({ therapy }) => {
    const request = therapy.requestPatient.bind(therapy);
    replace(therapy, "requestPatient", () => {
      therapy.patientBolus.hasStarted.setFlag(false);
      return request();
    });
  }),
  "PTB-2": mutant("starts are forgotten", ({ therapy }) => {
    const request = therapy.requestPatient.bind(therapy);
    replace(therapy, "requestPatient", () => {
      therapy.patientBolus.startsCount.set(0);
      return request();
    });
  }),
  "PTB-3": fromZoo("bolus-while-stopped"),
  "THR-1": fromZoo("minimum-rate-a-third"),
  "THR-2": mutant("basal runs at 0.01 uL/day more than the program says", ({ therapy }) => {
    const rateUnder = therapy.basal.rateUnder.bind(therapy.basal);
    replace(therapy.basal, "rateUnder", (supply: number) => {
      const rate = rateUnder(supply);
      return rate > RATE_MINIMUM ? rate + 1 : rate;
    });
  }),
  "THR-6": fromZoo("bolus-a-pulse-short"),
  "THR-7": fromZoo("no-bridge"),
  "THR-8": fromZoo("stop-of-the-books-alone"),
  "THR-9": fromZoo("rate-change-forgets"),
};

/** A seed that finds a mutant sooner than the usual one. */
const SEEDS: Record<string, number> = { "LIM-8": 2 };

describe("PRP-1: every invariant holds, whatever happens", () => {
  test("over generated days of people and mishaps", () => {
    checkController({ runs: runs(100), seed: inject("seed") });
  });

  test("over generated commands, one by one, at the pump's own link", () => {
    fc.assert(
      fc.property(fc.commands(pumpCommands(), { maxCommands: 40, size: "max" }), (commands) => {
        const real = new PumpUnderTest(SETUP);
        real.programmer.commission({ mode: "stopped", rate: 0, bolus: null, limits: [], low_pulses: 0 });
        fc.modelRun(() => ({ model: { programmed: true }, real }), commands);
      }),
      { numRuns: runs(60) },
    );
  });
});

describe.skipIf(IS_PROOF)("PRP-2: each invariant catches a mutant", () => {
  test.each(Object.entries(MUTANTS))("%s", (id, controller) => {
    expect(() => checkController({ controller, runs: 1600, seed: SEEDS[id] ?? 3, only: [id], shrink: false })).toThrow(
      id,
    );
  });

  test("for LIM-7 on the board, where the guard does not open its switch", () => {
    const pump = new PumpUnderTest(SETUP);
    pump.programmer.commission({ mode: "continuous", rate: 2_400_000, bolus: null, limits: [], low_pulses: 0 });
    pump.machine.run(1_000);
    pump.machine.board.guard.open = true;
    Object.defineProperty(pump.machine.board.motor, "powered", { value: () => true, enumerable: false });
    Object.defineProperty(pump.machine.board.guard, "tripped", { value: () => false, enumerable: false });
    pump.machine.run(1_000);
    expect(() => pump.assertInvariants()).toThrow("LIM-7");
  });

  test("and every invariant has a mutant", () => {
    expect([...Object.keys(MUTANTS), "LIM-7"].sort()).toEqual(INVARIANTS.map((each) => each.id).sort());
  });

  test("EMU-1: and the fingerprint catches a controller that claims one idle tick too many", () => {
    const eager = mutant("idle by one too many", (controller) => {
      const idle = controller.idle.bind(controller);
      replace(controller, "idle", () => idle() + 1);
    });
    const differs = fc.check(
      fc.property(arbitraries.scenario({ faults: false, hours: 1 }), (scenario) => {
        const end = (gear: "leap" | "lockstep") => {
          const run = new ScenarioRun(scenario, { gear, controller: eager, tracks: false });
          run.advance(run.end_ticks);
          return run.machine.fingerprint() + run.machine.controllerFingerprint();
        };
        return end("leap") === end("lockstep");
      }),
      { numRuns: 20 },
    );
    expect(differs.failed).toBe(true);
  });
});
