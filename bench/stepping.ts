// The price of time travel: a way back of a million ticks (STP-2), searches forward and back over a day for a value that changes in
// executed ticks only, a statement back, and the last change of a value; and the memory of a day of stepping.

import { conditionOf } from "../emulator/debug/condition";
import { openInstrumented } from "../emulator/debug/instrumented";
import { TimeTravel } from "../emulator/debug/time-travel";
import { referenceController } from "../emulator/machine/controller-host";
import { ScenarioRun } from "../emulator/run/run";
import { parseScenario } from "../emulator/scenario/load";
import { TICKS_PER_DAY, TICKS_PER_HOUR } from "../hal/units";
import { steppingBuild } from "../scripts/stepping.mjs";
import { counted, measure, timed, type Outcome, type Subject, type Took } from "./measure";
import { serviceLife } from "./scenarios";

const MILLION = 1_000_000;
const STATEMENTS = 100;
/** The program has one rate from the first minute on. */
const NEVER = "therapy.rate == 123";
const DAY_BYTES_MAX = 100_000_000;
const PLAIN = "a day, leapt";

export async function steppingRows(rounds: number): Promise<Outcome> {
  await steppingBuild();
  const scenario = parseScenario(serviceLife(1), "a day");
  const open = () => new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  const instrumented = openInstrumented();
  const travel = new TimeTravel(open(), { instrumented });
  await travel.goto(TICKS_PER_DAY);
  const from = async (tick: number, act: () => Promise<unknown>) => {
    await travel.goto(tick);
    return during(act);
  };
  const subjects: Subject[] = [
    {
      name: PLAIN,
      unit: "ms",
      per: 1,
      once: () => {
        const run = open();
        return timed(() => run.advance(TICKS_PER_DAY));
      },
    },
    {
      name: "a day, to a condition that never holds",
      unit: "ms",
      per: 1,
      peer: PLAIN,
      ratio_max: 1.5,
      once: () => {
        const forward = new TimeTravel(open());
        return during(() => forward.until("forward", (run) => conditionOf(run, NEVER)));
      },
    },
    {
      name: "a day back, to a condition that never held",
      unit: "ms",
      per: 1,
      value_max: 2000,
      once: () => from(TICKS_PER_DAY, () => travel.until("back", (run) => conditionOf(run, NEVER))),
    },
    {
      name: "a million ticks back",
      unit: "ms",
      per: 1,
      value_max: 100,
      once: () => from(TICKS_PER_DAY, () => travel.tick(-MILLION)),
    },
    {
      name: "a statement back",
      unit: "ms",
      per: STATEMENTS,
      once: () =>
        from(12 * TICKS_PER_HOUR + 5, async () => {
          for (let i = 0; i < STATEMENTS; i++) await travel.statement("back", "in");
        }),
    },
    {
      name: "who changed the count of pulses",
      unit: "ms",
      per: 1,
      once: () => from(12 * TICKS_PER_HOUR, () => travel.who("motor.pulsesTotal")),
    },
  ];
  const rows = await measure(subjects, rounds);
  rows.push(counted("bytes of a day of stepping", "B", travel.held.bytes, DAY_BYTES_MAX));
  return { rows, leftOut: [] };
}

/** The time of what ends later. */
async function during(act: () => Promise<unknown>): Promise<Took> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu_s: (user + system) / 1e6, wall_s: (performance.now() - began) / 1000 };
}
