// The package: a machine, what it is built from, and how to run a scenario in it. Everything here is for programs; the
// command `cistern` is made of the same.

export { Machine, type Listener, type MachineSetup, type Outside, type Snapshot } from "./machine/machine";
export {
  ControllerFault,
  loadController,
  referenceController,
  scriptController,
  wasmController,
  type ControllerFactory,
  type ScriptController,
} from "./machine/controller-host";
export { watchController } from "./apart/watch-controller";
export { describeEvent } from "./machine/events";
export { SIGNALS, type Signal } from "./machine/signals";
export { FAULTS, type FaultRow } from "./faults";
export { loadScenario, parseScenario } from "./run/open";
export { ScenarioError, type Scenario } from "./scenario/scenario";
export { Programmer } from "./programmer/direct";
export { ScenarioRun, type RunOptions } from "./run/run";
export type { RunEvent, RunReport, Track } from "./run/report";
export { VERSION } from "./version";
