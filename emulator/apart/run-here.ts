// A run in this process, as a command sees it: that of the reference controller.

import { referenceController } from "../machine/controller-host";
import { openInstrumented } from "../debug/instrumented";
import { chosenReference } from "../machine/module";
import { UsageError } from "../usage-error";
import { RunWork, type RunHandle, type RunSetup, type Travel } from "./run-work";

/** A person who steps through a run sees the sources. */
const STEPPED = { ...referenceController, reason: "the run is stepped through" };

/** Opens a run with the reference controller. Throws ScenarioError and UsageError. */
export function openHere(setup: RunSetup): RunHandle {
  const work = setup.isStepped ? new RunWork(setup, STEPPED, travel()) : new RunWork(setup, chosenReference());
  return {
    scenario: setup.scenario,
    end_ticks: work.run.end_ticks,
    slice_ms: 50,
    get tick() {
      return work.whereabouts.tick;
    },
    get over() {
      return work.whereabouts.over;
    },
    advance: async (tick) => work.advance(tick),
    prepareReport: async (most_ms) => work.prepareReport(most_ms),
    report: async (host_s, interrupted) => work.report(host_s, interrupted),
    fingerprints: async () => work.fingerprints(),
    patientValues: async () => work.patientValues(),
    tracks: async () => work.run.packedTracks(),
    savedText: async () => work.savedText(),
    sample: async (plan, most_ms) => work.sample(plan, most_ms),
    execute: (line, moving) => work.execute(line, moving),
    complete: async (line) => work.complete(line),
    close: async () => undefined,
  };
}

/** With the statements of the firmware; a stepper without them still moves by ticks. */
function travel(): Travel {
  try {
    return { instrumented: openInstrumented() };
  } catch (error) {
    if (error instanceof UsageError) return { lacks: error.message };
    throw error;
  }
}
