// The scenarios that a command line names: files, folders with all YAML files in and below them, and `-` for the standard input.
// A file that is named twice counts once. Hidden folders and node_modules are not searched, as test runners leave them out.

import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type FieldCheck, loadScenario, parseScenario } from "../scenario/load";
import type { Scenario } from "../scenario/scenario";
import { UsageError } from "../usage-error";

const STDIN = "-";
/** The name of the standard input in messages. */
export const STDIN_NAME = "<stdin>";

export interface ScenarioFile {
  /** The path, or STDIN_NAME. */
  name: string;
  /** Loads it with the fields of the controller that will run it. Throws ScenarioError. */
  load(fields: FieldCheck | undefined): Promise<Scenario>;
}

export interface NamedScenarios {
  files: ScenarioFile[];
  /** True for a single file or the standard input: its command then does what it did before there could be several. */
  isOne: boolean;
}

/** Throws UsageError for a folder without a scenario, and when the standard input is named twice. */
export function scenarioFiles(names: readonly string[]): NamedScenarios {
  const isOne = names.length === 1 && !isFolder(names[0]);
  if (names.filter((name) => name === STDIN).length > 1) {
    throw new UsageError("found - twice, expected the standard input once");
  }
  const known = new Set<string>();
  const isNew = (path: string): boolean => {
    const key = path === STDIN ? STDIN : identityOf(path);
    return !known.has(key) && !!known.add(key);
  };
  const files = names.flatMap((name) => (isFolder(name) ? filesIn(name) : [name])).filter(isNew);
  return { files: files.map(fileOf), isOne };
}

function fileOf(path: string): ScenarioFile {
  if (path !== STDIN) return { name: path, load: (fields) => Promise.resolve().then(() => loadScenario(path, fields)) };
  return { name: STDIN_NAME, load: async (fields) => parseScenario(await text(process.stdin), STDIN_NAME, fields) };
}

/** The YAML files in and below a folder, by name. */
function filesIn(folder: string): string[] {
  const found = scenariosBelow(folder);
  if (found.length === 0)
    throw new UsageError(`${folder}: found no scenario in it, expected files that end in .yaml or .yml`);
  return found;
}

function scenariosBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    // A link to a folder is not followed, because it may lead back.
    if (entry.isDirectory()) return scenariosBelow(path);
    return /\.ya?ml$/.test(entry.name) && !isFolder(path) ? [path] : [];
  });
}

function isFolder(path: string): boolean {
  return path !== STDIN && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** The file behind the links of a path; the path itself when there is none. */
function identityOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
