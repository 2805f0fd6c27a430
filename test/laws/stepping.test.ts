// Laws of the instrumented build: it is the plain build at every place (same fingerprint, same memory), a tick that a leap skips
// executes statements of quiet functions alone, and a session that went back goes on as one that never did (STP-1, STP-4).

import { expect, test } from "vitest";
import { Inside } from "../../emulator/debug/inside";
import { TICKS_PER_DAY, TICKS_PER_HOUR } from "../../hal/units";
import { loadScenario } from "../../emulator/scenario/load";
import { RandomStream } from "../../emulator/random";
import { instrumented, runOf, travelIn } from "../debug/instrumented-here";

const EVERY = 41;
const HOPS_MAX = 3000;

test.each(["breakthrough-pain", "restless-patient", "brownout-during-bolus", "slips-of-the-hand", "trial-to-implant"])(
  "in %s a tick of the instrumented build leaves what the plain build does, and a quiet one stays in quiet functions",
  (name) => {
    const scenario = loadScenario(`scenarios/${name}.yaml`);
    const run = runOf(scenario);
    const inside = new Inside(run, instrumented);
    const { machine } = run;
    const loud = new Set(instrumented.functions.filter(({ isQuiet }) => !isQuiet).map((each) => each.name));
    const end = Math.min(scenario.duration_ticks, 2 * TICKS_PER_DAY);
    let quiet = 0;
    for (let hops = 0; hops < HOPS_MAX && machine.tick < end; hops++) {
      if (hops % EVERY !== 0) {
        run.advanceUntil(end, () => true);
        continue;
      }
      const isQuiet = machine.quiet() > 0;
      const { ids } = inside.trail(run.save());
      run.advanceUntil(machine.tick + 1, null, false);
      expect(inside.run.fingerprint).toBe(run.fingerprint);
      if (!isQuiet) continue;
      quiet++;
      expect(ids.map((id) => instrumented.statements[id].function).filter((each) => loud.has(each))).toEqual([]);
    }
    expect(quiet).toBeGreaterThan(5);
  },
);

test("a session that went to places of every kind goes on as one that never went anywhere", async () => {
  const chance = new RandomStream(5, "places");
  const travel = travelIn("spine-pain-by-need");
  const plain = runOf(travel.run.scenario);
  const end = 8 * TICKS_PER_HOUR;
  for (let i = 0; i < 12; i++) {
    const tick = chance.bits() % end;
    await travel.goto({ tick, statement: i % 3 });
    if (i % 4 === 0) await travel.statement("back", "over");
    if (i % 4 === 1) await travel.pulse("back");
    if (i % 4 === 2) await travel.who("motor.pulsesTotal");
    if (i % 4 === 3) await travel.write("forward", "board.motor.pulses");
  }
  await travel.goto(end);
  plain.advance(end);
  expect(travel.run.fingerprint).toBe(plain.fingerprint);
  const [one, other] = [travel.run.save(), plain.save()];
  expect({ ...one, machine: { ...one.machine, executed: 0, leapt: 0 } }).toEqual({
    ...other,
    machine: { ...other.machine, executed: 0, leapt: 0 },
  });
});
