// The file of instruction counts, by the versions of the tools with which they were counted.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import type { Tools } from "./twin/twin";

const FILE = join(import.meta.dirname, "instructions.json");
/** A count may rise by this part. */
const RISE_MAX = 0.05;

interface Kept {
  tools: Tools;
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

function all(): Kept[] {
  return JSON.parse(readFileSync(FILE, "utf8")) as Kept[];
}

/** The counts that were kept for these versions; null when there are none. */
export function keptFor(tools: Tools): Record<string, number> | null {
  return all().find((kept) => isSame(kept.tools, tools))?.counts ?? null;
}

function isSame(one: Tools, other: Tools): boolean {
  return one.compiler === other.compiler && one.wabt === other.wabt && one.valgrind === other.valgrind;
}

/** Keeps these counts in the place of those for the same versions. */
export async function keep(tools: Tools, counts: Record<string, number>): Promise<void> {
  const others = all().filter((kept) => !isSame(kept.tools, tools));
  const rounded = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count)]));
  writeFileSync(FILE, await format(JSON.stringify([...others, { tools, counts: rounded }]), { parser: "json" }));
}
