// Finds, before a run, state of a WebAssembly controller that its snapshots do not hold: its globals. A trial machine runs the
// beginning of the scenario through, and once more from a snapshot of the middle, restored with a new instance. Both must come to
// the same machine and memory. A module cannot do anything to the process around it, so the trial leaves nothing behind.

import type { ControllerFactory } from "../machine/controller-host";
import { ScenarioRun } from "../run/run";
import type { RunSetup } from "./run-work";

/** The commissioning is over long before the middle. */
const TRIAL_TICKS = 1000;

/** The setup of the run for which the trial is. */
export type TrialSetup = Omit<RunSetup, "controller">;

/** True when the controller goes on otherwise after a restore. One that fails in the trial will fail in the run. */
export function losesState(setup: TrialSetup, controller: ControllerFactory): boolean {
  const { scenario, from: _from, until_ticks: _until, signals: _signals, ...options } = setup;
  const trial = () => new ScenarioRun(scenario, { ...options, gear: "lockstep", tracks: false, controller });
  const through = trial();
  through.advance(TRIAL_TICKS / 2);
  const middle = through.save();
  through.advance(TRIAL_TICKS);
  if (through.failure !== null) return false;
  const again = trial();
  again.restore(middle);
  again.advance(TRIAL_TICKS);
  return again.failure !== null || again.fingerprint !== through.fingerprint;
}
