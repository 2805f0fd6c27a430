// How the bench measures. Subjects of a group take turns, round after round, because on a shared machine only what ran side by
// side can be compared. Of each subject the median and the spread (least and most) are kept, in processor time, which other
// work on the machine raises by a third at most, and beside it in wall time. A ratio is the median of the rounds' ratios.

export interface Took {
  cpu_s: number;
  wall_s: number;
}

export interface Subject {
  name: string;
  /** One round, in which `per` of the thing happen. */
  once(): Took | Promise<Took>;
  per: number;
  /** The unit of the quotient: its name and how many make a second. */
  unit: keyof typeof UNITS;
  /** The name of the subject that it is compared with, and the limit of the issue on the ratio or on the value itself. */
  peer?: string;
  ratio_max?: number;
  value_max?: number;
}

export interface Row {
  name: string;
  unit: string;
  value: number;
  low: number;
  high: number;
  /** In wall time; null for a count. */
  wall: number | null;
  peer: string | null;
  ratio: number | null;
  limit: string | null;
  met: boolean | null;
}

/** The rows of a group. */
export interface Outcome {
  rows: Row[];
  /** The names of rows that were not measured, and why. */
  leftOut: { name: string; why: string }[];
}

const UNITS = { ns: 1e9, us: 1e6, ms: 1e3, s: 1 } as const;
const PERCENT = 100;
const LOWER_BOUND = "at least ";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The time of a call in this process, all its threads included. */
export function timed(act: () => void): Took {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  act();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu_s: (user + system) / 1e6, wall_s: (performance.now() - began) / 1000 };
}

/** Measures the subjects in turns, after one round that warms up and counts for nothing. */
export async function measure(subjects: readonly Subject[], rounds: number): Promise<Row[]> {
  const all = subjects.map((): Took[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      const took = await subject.once();
      if (round > 0) all[i].push(took);
    }
  }
  return subjects.map(({ name, per, unit, peer, ratio_max, value_max }, i) => {
    const scale = UNITS[unit] / per;
    const cpu = all[i].map((took) => took.cpu_s);
    const peers = all[subjects.findIndex((each) => each.name === peer)] as Took[] | undefined;
    const ratio = peers ? median(cpu.map((cpu_s, round) => cpu_s / peers[round].cpu_s)) : null;
    const value = scale * median(cpu);
    return {
      name,
      unit,
      value,
      low: scale * Math.min(...cpu),
      high: scale * Math.max(...cpu),
      wall: scale * median(all[i].map((took) => took.wall_s)),
      peer: peers ? peer! : null,
      ratio,
      ...judged(value, ratio, value_max, ratio_max, unit),
    };
  });
}

/** A row of something that is counted and not timed. */
export function counted(name: string, unit: string, value: number, bound?: number | { min: number }): Row {
  const limit =
    typeof bound === "object"
      ? { limit: `${LOWER_BOUND}${bound.min.toLocaleString("en")} ${unit}`.trim(), met: value >= bound.min }
      : judged(value, null, bound, undefined, unit);
  return { name, unit, value, low: value, high: value, wall: null, peer: null, ratio: null, ...limit };
}

function judged(value: number, ratio: number | null, value_max?: number, ratio_max?: number, unit = "") {
  if (ratio_max !== undefined && ratio !== null) return { limit: `${ratio_max} x`, met: ratio <= ratio_max };
  if (value_max !== undefined)
    return { limit: `${value_max.toLocaleString("en")} ${unit}`.trim(), met: value <= value_max };
  return { limit: null, met: null };
}

function limitText(limit: string, met: boolean): string {
  if (limit.startsWith(LOWER_BOUND)) return met ? limit : `not ${limit}`;
  return `${met ? "within" : "over"} ${limit}`;
}

/** A number with three figures that count, and no more. */
function short(value: number): string {
  if (value >= PERCENT) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3).replace(/\.?0+$/, "");
}

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, unit, value, low, high, wall, ratio, limit, met }) => [
    name,
    `${short(value)} ${unit}`.trim(),
    low === high ? "" : `${short(low)} to ${short(high)}`,
    wall === null ? "" : short(wall),
    ratio === null ? "" : `${short(ratio)} x`,
    limit === null ? "" : limitText(limit, met === true),
  ]);
  const head = ["", "processor time", "least to most", "wall time", "to its peer", "limit"];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
