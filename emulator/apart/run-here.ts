// A run in this process, as a command sees it: that of the reference controller.

import { referenceController } from "../machine/controller-host";
import { chosenReference } from "../machine/module";
import { RunWork, type RunHandle, type RunSetup } from "./run-work";

/** A person who steps through a run sees the sources. */
const STEPPED = { ...referenceController, reason: "the run is stepped through" };

/** Opens a run with the reference controller. Throws ScenarioError and UsageError. */
export function openHere(setup: RunSetup): RunHandle {
  const work = new RunWork(setup, setup.isStepped ? STEPPED : chosenReference());
  const { run } = work;
  return {
    scenario: setup.scenario,
    end_ticks: run.end_ticks,
    slice_ms: 50,
    get tick() {
      return run.machine.tick;
    },
    get over() {
      return run.over;
    },
    advance: async (tick) => work.advance(tick),
    prepareReport: async (most_ms) => work.prepareReport(most_ms),
    report: async (host_s, interrupted) => work.report(host_s, interrupted),
    fingerprints: async () => work.fingerprints(),
    patientValues: async () => work.patientValues(),
    tracks: async () => work.run.packedTracks(),
    savedText: async () => work.savedText(),
    sample: async (plan, most_ms) => work.sample(plan, most_ms),
    execute: async (line) => work.execute(line),
    close: async () => undefined,
  };
}
