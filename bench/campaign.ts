// How much of a pump's life a campaign of the default profile proves in a second of a core, and how much faster two children are
// than one. Both are whole commands, start of the processes included. The second is in wall time, because it is about waiting, so it
// says something only on a machine with two quiet cores.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { counted, median, type Outcome } from "./measure";
import { DIST } from "./product";

const RUNS = 960;
const DAYS_MIN = 100;
const TWO_MIN = 1.8;
const ROUNDS_MAX = 3;

interface Campaign {
  pump_days: number;
  core_s: number;
  host_s: number;
}

/** The command's own figures: its core-seconds are those of the children. */
function check(workers: number): Campaign {
  const words = ["check", "--profile", "hours", "--runs", String(RUNS), "--workers", String(workers), "--json"];
  const text = execFileSync(process.execPath, [join(DIST, "cistern.js"), ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text) as Campaign;
}

export function campaignRows(rounds: number): Promise<Outcome> {
  const days: number[] = [];
  const faster: number[] = [];
  for (let round = 0; round < Math.min(rounds, ROUNDS_MAX); round++) {
    const [one, two] = [check(1), check(2)];
    days.push(one.pump_days / one.core_s);
    faster.push(one.host_s / two.host_s);
  }
  const spread = (values: readonly number[]) => ({ low: Math.min(...values), high: Math.max(...values) });
  const rows = [
    {
      ...counted("a campaign of hours, a core-second", "pump-days", median(days), { min: DAYS_MIN }),
      ...spread(days),
    },
    { ...counted("two children to one, in wall time", "x", median(faster), { min: TWO_MIN }), ...spread(faster) },
  ];
  return Promise.resolve({ rows, leftOut: [] });
}
