// The costs of a pump before it does anything, and of keeping and taking up its state: commissioning, snapshot, restore,
// fingerprint, of a machine as it runs by default; and expectations by their number, which must cost the same each.

import { counted, measure, timed, type Outcome, type Subject } from "./measure";
import { product } from "./product";
import { serviceLife } from "./scenarios";
import { TICKS_PER_MINUTE } from "../hal/units";

const { parseScenario, ScenarioRun } = product;
const COMMISSIONED_TICKS = TICKS_PER_MINUTE;
const TIMES = 200;
const PUMPS = 20;
const FEW_PROBES = 1000;
const MANY_PROBES = 5000;
/** Twice the cost of each probe would still be far from quadratic, which is five times. */
const LINEAR_RATIO_MAX = 2;

export async function costRows(rounds: number): Promise<Outcome> {
  const scenario = parseScenario(serviceLife(1), "a day");
  const open = (of = scenario) => new ScenarioRun(of, { gear: "leap", tracks: false });
  const run = open();
  run.advance(COMMISSIONED_TICKS);
  const { machine } = run;
  const snapshot = machine.snapshot();
  const saved = run.save();
  const later = open();
  const many = (act: () => void) => () =>
    timed(() => {
      for (let i = 0; i < TIMES; i++) act();
    });
  const subjects: Subject[] = [
    {
      name: "a pump, paired and commissioned",
      unit: "ms",
      per: PUMPS,
      value_max: 3,
      once: () =>
        timed(() => {
          for (let i = 0; i < PUMPS; i++) open().advance(COMMISSIONED_TICKS);
        }),
    },
    {
      name: "a commissioned pump from a saved run",
      unit: "us",
      per: TIMES,
      value_max: 20,
      once: many(() => later.restore(saved)),
    },
    {
      name: "snapshot",
      unit: "us",
      per: TIMES,
      value_max: 6,
      once: many(() => {
        // Two pieces of the memory have changed.
        machine.board.nvm.bytes[0] ^= 1;
        machine.board.guard.steps[0] ^= 1;
        return machine.snapshot();
      }),
    },
    { name: "restore", unit: "us", per: TIMES, value_max: 6, once: many(() => machine.restore(snapshot)) },
    { name: "fingerprint", unit: "us", per: TIMES, once: many(() => machine.fingerprint()) },
  ];
  const rows = await measure(subjects, rounds);
  const probing = [FEW_PROBES, MANY_PROBES].map((count) => {
    const with_ = parseScenario(serviceLife(1, probes(count)), `${count} probes`);
    const once = () => {
      const probed = open(with_);
      return timed(() => probed.advance(probed.end_ticks));
    };
    return { name: `a day with ${count.toLocaleString("en")} probes, each`, unit: "us", per: count, once } as const;
  });
  rows.push(...(await measure(probing, rounds)));
  const [few, all] = rows.slice(-2);
  rows.push(counted("5,000 probes to 1,000, each", "x", all.value / few.value, LINEAR_RATIO_MAX));
  return { rows, leftOut: [] };
}

/** Expectations about a signal at as many moments of a day. */
function probes(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => {
    return `  - { signal: { name: motor.pulses, at: ${60 + 17 * i} s, min: 0 } }\n`;
  });
  return `expect:\n${rows.join("")}`;
}
