// The law of the invariants: no scenario of people, programs and physical mishaps breaks one. Then the mutants: controllers
// that are wrong on purpose, one for each invariant and law, each of which must be caught (PRP-2). A law that no mutant can
// break proves nothing.

import * as fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { LOOK_FITS } from "../../firmware/look-ahead";
import { OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { RATE_MINIMUM } from "../../hal/units";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { checkController } from "../../emulator/campaign/check-controller";
import { pumpCommands, PumpUnderTest } from "../../emulator/campaign/pump-commands";
import type { ControllerFactory } from "../../emulator/machine/controller-host";
import { INVARIANTS } from "../../emulator/run/invariants";
import { ScenarioRun } from "../../emulator/run/run";
import { IS_PROOF, runs } from "../effort";
import { mutant, replace } from "../mutant";
import { SETUP } from "../pump";

/** One mutant an invariant: what is wrong with it. */
const MUTANTS: Record<string, ControllerFactory> = {
  "LIM-1": mutant("the limiter never says no", ({ limiter }) => {
    replace(limiter, "allows", () => true);
    replace(limiter, "continueLook", () => LOOK_FITS);
  }),
  "LIM-2": mutant("the look-ahead grants everything", ({ limiter }) => {
    replace(limiter, "continueLook", () => LOOK_FITS);
  }),
  "LIM-5": mutant("a day of its own holds twice what the program gives", ({ program }) => {
    const adopt = program.adopt.bind(program);
    replace(program, "adopt", (bytes: Uint8Array) => {
      adopt(bytes);
      if (program.selfLimited.isSet()) program.limitPulses.set(1, program.limitPulses.get(1) * 2);
    });
  }),
  "LIM-8": mutant("the drug library is never looked at", ({ commands }) => {
    replace(commands.draft.program, "checkDoses", () => OUTCOME_ACCEPTED);
  }),
  "MOT-1": mutant("pulses are as close as the proof allows", ({ motor }) => {
    replace(motor, "isReady", () => !motor.inFlight.isSet() && !motor.broken.isSet());
  }),
  "MOT-3": mutant("a backward step is taken for none", ({ motor, hal }) => {
    const sense = motor.sense.bind(motor);
    replace(motor, "sense", (now: number) => {
      if (hal.motor.motion() < motor.motion.get()) motor.motion.set(hal.motor.motion());
      sense(now);
    });
  }),
  "RES-1": mutant("the estimate falls by what was commanded", ({ reservoir, motor }) => {
    const tick = reservoir.tick.bind(reservoir);
    let counted = 0;
    replace(reservoir, "tick", (_credited: number, edge: boolean) => {
      const commanded = Math.max(0, motor.pulsesTotal.get() - counted);
      counted = motor.pulsesTotal.get();
      tick(commanded, edge);
    });
  }),
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
  "PTB-3": mutant("a stopped pump and an alarm bar no bolus", ({ therapy }) => {
    replace(therapy, "checkState" as never, (() => OUTCOME_ACCEPTED) as never);
  }),
  "THR-1": mutant("the minimum rate is a third of it", ({ therapy }) => {
    const rateUnder = therapy.basal.rateUnder.bind(therapy.basal);
    replace(therapy.basal, "rateUnder", (supply: number) => {
      const rate = rateUnder(supply);
      return rate === RATE_MINIMUM ? RATE_MINIMUM / 3 : rate;
    });
  }),
  "THR-2": mutant("basal runs at 0.01 uL/day more than the program says", ({ therapy }) => {
    const rateUnder = therapy.basal.rateUnder.bind(therapy.basal);
    replace(therapy.basal, "rateUnder", (supply: number) => {
      const rate = rateUnder(supply);
      return rate > RATE_MINIMUM ? rate + 1 : rate;
    });
  }),
  "THR-6": mutant("a bolus is a pulse shorter than it says", ({ therapy: { bolus } }) => {
    const start = bolus.spread.start.bind(bolus.spread);
    replace(bolus.spread, "start", (pulses: number, ticks: number) => start(Math.max(1, pulses - 1), ticks));
  }),
  "THR-7": mutant("another concentration needs neither bridge nor waiver", ({ therapy }) => {
    replace(therapy, "canBridgeTo", () => true);
    replace(therapy, "bridgeToProgram", () => undefined);
  }),
  "THR-8": mutant("a stop stops only the books", ({ therapy }) => {
    const tick = therapy.tick.bind(therapy);
    replace(therapy, "tick", (selfTest: boolean, minuteEdge: boolean) => {
      tick(selfTest, minuteEdge);
      const { motor, clock } = therapy.core;
      const stands = !therapy.running.isSet() && therapy.hasRun.isSet() && !selfTest;
      if (stands && motor.isReady(clock.now.get())) motor.pulse(clock.now.get());
    });
  }),
};

describe("PRP-1: every invariant holds, whatever happens", () => {
  test("over generated days of people and mishaps", () => {
    checkController({ runs: runs(150), seed: inject("seed") });
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
    expect(() => checkController({ controller, runs: 1600, seed: 1, only: [id], shrink: false })).toThrow(id);
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
