// The machine against its native twin, in both gears, on a steady basal rate: the controller as JavaScript and as WebAssembly, a
// whole run with listeners and monitors, and the twin. All start from one state, two days after power-up, when the windows of a day are
// full. Where the states at the end differ, the row is refused.

import { join } from "node:path";
import type { Machine, Snapshot } from "../emulator/machine/machine";
import type { SavedRun, ScenarioRun } from "../emulator/run/run";
import { counted, measure, timed, type Row, type Subject } from "./measure";
import { DIST, product } from "./product";
import { serviceLife } from "./scenarios";
import { buildTwin, toolsHere, type Tools, type Twin } from "./twin/twin";
import { TICKS_PER_DAY } from "../hal/units";

const LONG_DAYS = 50;
const STEADY_TICKS = 2 * TICKS_PER_DAY;
/** A stretch without anything but quiet ticks, in which instructions are counted. */
const QUIET_TICKS = 1_000;
const TICKS = { lockstep: 2_000_000, leap: 20 * TICKS_PER_DAY } as const;
/** Callgrind is 50 times slower. */
const COUNTED_TICKS = TICKS_PER_DAY;

type Gear = keyof typeof TICKS;

export interface Outcome {
  rows: Row[];
  /** The names of rows that were not measured, and why. */
  leftOut: { name: string; why: string }[];
}

/** A run at the common start, and what it starts from. */
interface Pump {
  run: ScenarioRun;
  start: SavedRun;
}

const { loadController, parseScenario, referenceController, ScenarioRun: Run } = product;

/** Runs of the steady pump with both builds of the controller, at the same tick, before a stretch of quiet ticks. */
async function pumps(): Promise<{ script: Pump; wasm: Pump }> {
  const scenario = parseScenario(serviceLife(LONG_DAYS), "the service life");
  const wasm = await loadController(join(DIST, "controller.wasm"));
  const at = (controller: typeof wasm): Pump => {
    const run = new Run(scenario, { gear: "leap", controller, tracks: false });
    run.advance(STEADY_TICKS);
    while (run.machine.quiet() < QUIET_TICKS) run.machine.hop(TICKS_PER_DAY);
    return { run, start: run.save() };
  };
  return { script: at(referenceController), wasm: at(wasm) };
}

/** The twin at the start of `pump`, or the reason in words why there is none. */
export function twinOf(pump: Pump): { twin: Twin; tools: Tools } | string {
  const tools = toolsHere();
  if (typeof tools === "string") return tools;
  const twin = buildTwin(tools);
  twin.take(pump.run.machine);
  return { twin, tools };
}

/** The instructions of a quiet tick and of a pulse in the twin. */
export function instructions(pump: Pump, twin: Twin): Record<string, number> {
  const pulses = after(pump, "leap", COUNTED_TICKS).pulses;
  return {
    "instructions a quiet tick": twin.instructions("lockstep", QUIET_TICKS) / QUIET_TICKS,
    "instructions a pulse": twin.instructions("leap", COUNTED_TICKS) / pulses,
  };
}

export async function steadyPump(): Promise<Pump> {
  return (await pumps()).wasm;
}

/** Pulses and executed ticks of a span from the start, and the fingerprints at its end. */
function after({ run, start }: Pump, gear: Gear, ticks: number) {
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

export async function machineRows(rounds: number): Promise<Outcome> {
  const { script, wasm } = await pumps();
  const leftOut: Outcome["leftOut"] = [];
  const rows: Row[] = [];
  const made = twinOf(wasm);
  if (typeof made === "string") leftOut.push({ name: "native twin", why: made });
  const twin = typeof made === "string" ? null : made.twin;
  try {
    for (const gear of ["lockstep", "leap"] as const) {
      const ends = { script: after(script, gear, TICKS[gear]), wasm: after(wasm, gear, TICKS[gear]) };
      const isLeap = gear === "leap";
      const per = isLeap ? ends.wasm.pulses : TICKS[gear];
      const unit = isLeap ? "us" : "ns";
      const peer = `${gear}, native twin`;
      const common = { per, unit, peer, ratio_max: 1.25 } as const;
      const subjects: Subject[] = [];
      const add = (name: string, subject: Omit<Subject, "name" | "per" | "unit">, isSame: boolean) => {
        if (isSame) subjects.push({ ...common, name, ...subject });
        else leftOut.push({ name, why: "its state at the end is another one" });
      };
      const isSame = ends.script.fingerprint === ends.wasm.fingerprint;
      add(`${gear}, JavaScript`, { once: () => machineOnce(script, gear) }, isSame);
      add(`${gear}, WebAssembly`, { once: () => machineOnce(wasm, gear) }, true);
      if (isLeap)
        add("leap, a run with listeners and monitors", { once: () => runOnce(script), ratio_max: 1.5 }, isSame);
      const theTwin = { name: peer, per, unit, once: () => twin!.run(gear, TICKS[gear]) } as const;
      if (twin && isTwin(twin, wasm, gear, ends.wasm)) subjects.push(theTwin);
      else if (twin) leftOut.push({ name: peer, why: "its state at the end is another one" });
      rows.push(...(await measure(subjects, rounds)));
      if (isLeap) rows.push(counted("executed ticks a pulse", "", ends.script.executed / ends.script.pulses, 2.2));
    }
    if (twin && typeof made !== "string") {
      if (made.tools.valgrind === null) leftOut.push({ name: "instructions", why: "valgrind is not installed" });
      else {
        const limits: Record<string, number> = { "instructions a quiet tick": 150, "instructions a pulse": 6000 };
        for (const [name, count] of Object.entries(instructions(wasm, twin)))
          rows.push(counted(name, "", count, limits[name]));
      }
    }
  } finally {
    twin?.close();
  }
  return { rows, leftOut };
}

function machineOnce({ run, start }: Pump, gear: Gear) {
  run.restore(start);
  const { machine } = run;
  machine.listener = null;
  const took = timed(() => (gear === "leap" ? machine.leap(TICKS.leap) : machine.run(TICKS.lockstep)));
  machine.listener = run;
  return took;
}

function runOnce({ run, start }: Pump) {
  run.restore(start);
  return timed(() => run.advance(run.machine.tick + TICKS.leap));
}

/** True when the twin ends in the state of the machine. */
function isTwin(
  twin: Twin,
  { run, start }: Pump,
  gear: Gear,
  end: { fingerprint: string; controller: string },
): boolean {
  twin.run(gear, TICKS[gear]);
  run.restore(start);
  const machine: Machine = run.machine;
  const before: Snapshot = machine.snapshot();
  machine.restore(twin.give(machine));
  const isSame = machine.fingerprint() === end.fingerprint && machine.controllerFingerprint() === end.controller;
  machine.restore(before);
  return isSame;
}
