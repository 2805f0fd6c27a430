// The machine against its native twin, in both gears, on a steady basal rate: the one module, JavaScript, a controller in WebAssembly, a
// whole run with listeners and monitors, and the twin. All start from one state. Where the states at the end differ, the row is
// refused.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TICKS_PER_DAY } from "../hal/units";
import { counted, measure, timed, type Outcome, type Row, type Subject } from "./measure";
import { DIST, product } from "./product";
import { after, endsAlike, instructionsOf, steadyPump, type Gear, type Pump } from "./steady";
import { buildTwin, toolsHere } from "./twin/twin";

const TICKS = { lockstep: 2_000_000, leap: 20 * TICKS_PER_DAY } as const;
const RATIO_MAX = 1.25;
const RUN_RATIO_MAX = 1.5;
const WATCHED_RATIO_MAX = 1.1;
const EXECUTED_MAX = 2.2;
const INSTRUCTIONS_MAX: Readonly<Record<string, number>> = {
  "instructions a quiet tick": 150,
  "instructions a pulse": 6000,
};
const ANOTHER_END = "its state at the end is another one";

export async function machineRows(rounds: number): Promise<Outcome> {
  const controller = join(DIST, "controller.wasm");
  const script = steadyPump(product, product.referenceController);
  // The product's own choice: a module that the sources load shares no class with the product.
  const module = steadyPump(product);
  if (module.run.machine.runsAs.machine !== "module") throw new Error("the product does not run in its module");
  const wasm = steadyPump(product, await product.loadController(controller));
  const leftOut: Outcome["leftOut"] = [];
  const rows: Row[] = [];
  const tools = toolsHere();
  if (typeof tools === "string") leftOut.push({ name: "native twin", why: tools });
  const twin = typeof tools === "string" ? null : buildTwin(tools, readFileSync(controller));
  try {
    twin?.take(wasm.run.machine);
    for (const gear of ["lockstep", "leap"] as const) {
      const ticks = TICKS[gear];
      const isLeap = gear === "leap";
      const ends = {
        module: after(module, gear, ticks),
        script: after(script, gear, ticks),
        wasm: after(wasm, gear, ticks),
      };
      const per = isLeap ? ends.wasm.pulses : ticks;
      const peer = `${gear}, native twin`;
      const common = { per, unit: isLeap ? "us" : "ns", peer, ratio_max: RATIO_MAX } as const;
      const isSame = ends.script.fingerprint === ends.wasm.fingerprint;
      const isModuleSame = ends.module.fingerprint === ends.wasm.fingerprint;
      const subjects: (Subject & { isSame: boolean })[] = [
        { ...common, name: `${gear}, one module`, once: () => ofMachine(module, gear), isSame: isModuleSame },
        { ...common, name: `${gear}, JavaScript`, once: () => ofMachine(script, gear), isSame },
        { ...common, name: `${gear}, WebAssembly`, once: () => ofMachine(wasm, gear), isSame: true },
      ];
      // Listeners, monitors and harms, beside the machine without them.
      const watched = (name: string, peer: string, pump: Pump, isSame: boolean): void => {
        const limit = { ...common, peer: `${gear}, ${peer}`, ratio_max: WATCHED_RATIO_MAX };
        subjects.push({ ...limit, name: `${gear}, a run, ${name}`, once: () => ofRun(pump, gear), isSame });
      };
      watched("one module", "one module", module, isModuleSame);
      watched("JavaScript", "JavaScript", script, isSame);
      if (isLeap) {
        const name = "leap, a run with listeners and monitors, one module";
        subjects.push({
          ...common,
          name,
          once: () => ofRun(module, gear),
          ratio_max: RUN_RATIO_MAX,
          isSame: isModuleSame,
        });
      }
      if (twin) {
        const once = () => twin.run(gear, ticks);
        subjects.push({ name: peer, per, unit: common.unit, once, isSame: endsAlike(twin, wasm, gear, ticks) });
      }
      for (const { name } of subjects.filter((each) => !each.isSame)) leftOut.push({ name, why: ANOTHER_END });
      rows.push(
        ...(await measure(
          subjects.filter((each) => each.isSame),
          rounds,
        )),
      );
      if (isLeap)
        rows.push(counted("executed ticks a pulse", "", ends.script.executed / ends.script.pulses, EXECUTED_MAX));
    }
    if (twin && typeof tools !== "string") {
      if (tools.valgrind === null) leftOut.push({ name: "instructions", why: "valgrind is not installed" });
      else
        for (const [name, count] of Object.entries(instructionsOf(twin, wasm)))
          rows.push(counted(name, "", count, INSTRUCTIONS_MAX[name]));
    }
  } finally {
    twin?.close();
  }
  return { rows, leftOut };
}

function ofMachine({ run, start }: Pump, gear: Gear) {
  run.restore(start);
  const { machine } = run;
  machine.listener = null;
  const took = timed(() => (gear === "leap" ? machine.leap(TICKS.leap) : machine.run(TICKS.lockstep)));
  machine.listener = run;
  return took;
}

function ofRun({ run, start }: Pump, gear: Gear) {
  run.restore(start);
  return timed(() => run.advanceUntil(run.machine.tick + TICKS[gear], null, gear === "leap"));
}
