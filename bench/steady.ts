// A pump in steady therapy, where measurements begin: two days after power-up, when the windows of a day are full, before a
// stretch of quiet ticks.

import type { ControllerFactory } from "../emulator/machine/controller-host";
import type { SavedRun, ScenarioRun } from "../emulator/run/run";
import { TICKS_PER_DAY } from "../hal/units";
import { serviceLife } from "./scenarios";
import type { Twin } from "./twin/twin";

/** The parts of the package that make such a pump, built or from the sources. */
type Package = Pick<typeof import("../emulator/index"), "parseScenario" | "ScenarioRun">;

export type Gear = "lockstep" | "leap";

/** A run at the common start, and what it starts from. */
export interface Pump {
  run: ScenarioRun;
  start: SavedRun;
}

const LONG_DAYS = 50;
const STEADY_TICKS = 2 * TICKS_PER_DAY;
/** The least length of the stretch of quiet ticks in which instructions are counted. */
const QUIET_TICKS = 1_000;
/** Callgrind is 50 times slower. */
const COUNTED_TICKS = TICKS_PER_DAY;

/** `controller` absent: the one that the package chooses. */
export function steadyPump({ parseScenario, ScenarioRun: Run }: Package, controller?: ControllerFactory): Pump {
  const scenario = parseScenario(serviceLife(LONG_DAYS), "the service life");
  const run = new Run(scenario, { gear: "leap", ...(controller ? { controller } : {}), tracks: false });
  run.advance(STEADY_TICKS);
  while (run.machine.quiet() < QUIET_TICKS) run.machine.hop(TICKS_PER_DAY);
  return { run, start: run.save() };
}

/** Pulses and executed ticks of a span from the start, and the fingerprints at its end. */
export function after({ run, start }: Pump, gear: Gear, ticks: number) {
  const { machine } = run;
  run.restore(start);
  const [pulses, executed] = [machine.board.motor.pulses, machine.executed];
  if (gear === "leap") machine.leap(ticks);
  else machine.run(ticks);
  return {
    pulses: machine.board.motor.pulses - pulses,
    executed: machine.executed - executed,
    fingerprint: machine.fingerprint(),
    controller: machine.controllerFingerprint(),
  };
}

/** True when the twin, which has taken the start over, ends in the state in which the machine ended. */
export function endsAlike(twin: Twin, { run, start }: Pump, gear: Gear, ticks: number): boolean {
  const end = after({ run, start }, gear, ticks);
  twin.run(gear, ticks);
  run.restore(start);
  const { machine } = run;
  twin.give(machine);
  return machine.fingerprint() === end.fingerprint && machine.controllerFingerprint() === end.controller;
}

/** The instructions of a quiet tick and of a pulse in the twin, which has taken the start over. */
export function instructionsOf(twin: Twin, pump: Pump): Record<string, number> {
  return {
    "instructions a quiet tick": twin.instructions("lockstep", QUIET_TICKS) / QUIET_TICKS,
    "instructions a pulse": twin.instructions("leap", COUNTED_TICKS) / after(pump, "leap", COUNTED_TICKS).pulses,
  };
}
