// Parts that the bindings for controllers in other languages share: the constants of hal/ that a controller needs, the words of
// a call, and names and comments as these languages write them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PORTS, type Call } from "../../emulator/contract/calls";
import { rangesOf } from "./ports";

const LINE_CHARACTERS_MAX = 120;
const HAL = join(import.meta.dirname, "..", "..", "hal");
/** The files of hal/ whose constants a controller needs beside those of its ports. */
const SHARED_FILES = ["units", "alarms", "telemetry", "drug-library"];

/** `capacity_mL` and `setPower` as C, Rust and Python write them. */
export function snake(name: string): string {
  if (name.includes("_")) return name.toLowerCase();
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `setPower` and `capacityMl`, as Zig writes functions. */
export function camel(name: string): string {
  return snake(name).replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The words of a call, with the ranges of its arguments and its result. */
export function wordsOf(call: Call): string {
  return [call.does, rangesOf(call)].filter((text) => text !== "").join(" ");
}

/** A text in lines that begin with `first` and then with `next`, and leave room for the three characters that end a comment of C. */
export function wrapped(text: string, first: string, next = first): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(first + word);
    else if (last.length + 1 + word.length > LINE_CHARACTERS_MAX - 3) lines.push(next + word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

/** The constants of each file of hal/ that a controller needs; files without constants are left out. */
export async function constantsForControllers(): Promise<{ file: string; values: [string, number][] }[]> {
  const files = await Promise.all(
    [...SHARED_FILES, ...PORTS].map(async (file) => ({ file, values: await valuesIn(file) })),
  );
  return files.filter(({ values }) => values.length > 0);
}

/** Every `export const NAME: i32` of a file of hal/, with its value. */
async function valuesIn(file: string): Promise<[string, number][]> {
  const source = readFileSync(join(HAL, `${file}.ts`), "utf8");
  const values = (await import(`../../hal/${file}.ts`)) as Record<string, number>;
  return [...source.matchAll(/^export const (\w+): i32/gm)].map(([, name]) => [name, values[name]]);
}

/** The same as declarations that Rust and Zig both read: those of the shared files, and those of each port that has some. */
export async function declarations(): Promise<{ shared: [string, string[]][]; ports: ReadonlyMap<string, string[]> }> {
  const all = (await constantsForControllers()).map(({ file, values }): [string, string[]] => [
    file.replaceAll("-", "_"),
    values.map(([name, value]) => `pub const ${name}: i32 = ${value};`),
  ]);
  const isPort = ([file]: [string, string[]]) => (PORTS as readonly string[]).includes(file);
  return { shared: all.filter((each) => !isPort(each)), ports: new Map(all.filter(isPort)) };
}
