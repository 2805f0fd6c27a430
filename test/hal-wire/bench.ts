// The two ends of the hal wire on a test's bench, both in threads of their own, joined by a cable in this process.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { referenceController } from "../../emulator/machine/controller-host";
import type { BoardJob, BoardOutcome } from "../../emulator/hal-wire/board-job";
import type { ControllerJob, ControllerOutcome } from "../../emulator/hal-wire/controller-job";
import { loadScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import { bundles } from "../program";
import type { Cable } from "./cable";

type WireThreads = typeof import("../../emulator/hal-wire/wire-thread");

/** From the bundle, because a thread of it starts four times as fast as one through tsx. */
const wireThreads = pathToFileURL(join(bundles, "wire-thread.js")).href;
export const { startWire } = (await import(/* @vite-ignore */ wireThreads)) as WireThreads;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const scenarioPath = (name: string) => join(root, "scenarios", `${name}.yaml`);

const HEAD = `
start: 2026-03-02T08:00
pump: { model: implant-20, fill: 18 mL, catheter: { length: 89 cm, volume: 2.2 uL/cm } }
drugs:
  - { name: morphine, concentration: 0.5 mg/mL }
prescription:
  basal: { mode: continuous, rate: 500 uL/h }
  patient_bolus: { volume: 2.5 uL, duration: 1 min, lockout: 15 min, per_24h: 25 }
  limits:
    - { volume: 900 uL, window: 1 h }
  low_reservoir: 2 mL
`;

/** A scenario of a few lines on a pump that runs at 500 uL/h: a pulse every 1.8 s. */
export function writeScenario(file: string, name: string, rest: string): string {
  writeFileSync(file, `name: ${name}\n${HEAD}${rest}`);
  return file;
}

/** The fingerprint of the same scenario in one process. */
export function fingerprintHere(path: string, gear: BoardJob["gear"] = "leap", until_ticks?: number): string {
  const until = until_ticks === undefined ? {} : { until_ticks };
  const run = new ScenarioRun(loadScenario(path), { gear, controller: referenceController, tracks: false, ...until });
  run.advance(run.end_ticks);
  return run.machine.fingerprint();
}

export const lockstepBoard = (scenario: string, more: Partial<BoardJob> = {}): BoardJob => ({
  kind: "board",
  scenario,
  gear: "leap",
  lockstep: true,
  speed: Infinity,
  baud: 115_200,
  tracks: false,
  ...more,
});

export const controllerJob = (more: Partial<ControllerJob> = {}): ControllerJob => ({
  kind: "controller",
  controller: null,
  baud: 115_200,
  scenario: "",
  greeting_ms: 30_000,
  ...more,
});

/** Both ends to their end. */
export async function both(
  { board, controller }: Cable,
  boardJob: BoardJob,
  job: ControllerJob = controllerJob(),
): Promise<[BoardOutcome, ControllerOutcome]> {
  return Promise.all([startWire(boardJob, board).outcome, startWire(job, controller).outcome]);
}
