// Files of counts that do not depend on load, by the versions of the tools with which they were counted: bench/instructions.json of the
// native twin, and bench/silicon.json of a Cortex-M3.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";

/** A count may rise by this part. */
const RISE_MAX = 0.05;

/** The versions of tools by name; null: the tool is not here. */
type Versions = Readonly<Record<string, string | null>>;

interface Kept {
  tools: Versions;
  counts: Record<string, number>;
}

/** A line for each count that is higher than the kept one by more than the permitted part, with the row's name. */
export function risen(counts: Record<string, number>, kept: Record<string, number>): string[] {
  return Object.entries(counts).flatMap(([name, count]) => {
    const before = kept[name];
    if (before === undefined || count <= before * (1 + RISE_MAX)) return [];
    return [`${name}: ${count}, and ${before} before`];
  });
}

const pathOf = (file: string) => join(import.meta.dirname, file);

function all(file: string): Kept[] {
  return JSON.parse(readFileSync(pathOf(file), "utf8")) as Kept[];
}

/** The counts that were kept for these versions; null when there are none. */
export function keptFor(file: string, tools: Versions): Record<string, number> | null {
  return all(file).find((kept) => isSame(kept.tools, tools))?.counts ?? null;
}

function isSame(one: Versions, other: Versions): boolean {
  return Object.keys({ ...one, ...other }).every((tool) => one[tool] === other[tool]);
}

/** Keeps these counts in the place of those for the same versions. */
export async function keep(file: string, tools: Versions, counts: Record<string, number>): Promise<void> {
  const others = all(file).filter((kept) => !isSame(kept.tools, tools));
  const rounded = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count)]));
  const { code } = await format(file, JSON.stringify([...others, { tools, counts: rounded }]));
  writeFileSync(pathOf(file), code);
}
