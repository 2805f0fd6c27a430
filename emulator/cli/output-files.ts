// Checks the files of a command before it begins. An output that could not be written hours later is found now, and no output
// replaces another one or a file that the command reads.

import { checkWritable, entryOf, fileBehind } from "../file";
import { UsageError } from "../usage-error";

/** A file and what it is for: an option (`--trace`), or in words (`the scenario`). An absent path is skipped. */
export type NamedFile = readonly [name: string, path: string | undefined];

/**
 * `doors` are links and sockets that the command makes: the name itself is theirs, wherever it leads. Throws UsageError when two
 * outputs are one file or an output is an input, and FileError when one cannot be written.
 */
export function checkOutputFiles(
  outputs: readonly NamedFile[],
  inputs: readonly NamedFile[] = [],
  doors: readonly NamedFile[] = [],
): void {
  const taken = new Map<string, string>();
  for (const [name, path] of inputs) {
    const file = path === undefined ? null : fileBehind(path);
    if (file !== null) taken.set(file, name);
  }
  for (const [name, path] of doors) if (path !== undefined) take(taken, name, path, entryOf(path));
  for (const [name, path] of outputs) {
    if (path === undefined) continue;
    checkWritable(path);
    const file = fileBehind(path);
    if (file !== null) take(taken, name, path, file);
  }
}

function take(taken: Map<string, string>, name: string, path: string, file: string): void {
  const other = taken.get(file);
  if (other === name) throw new UsageError(`${name}: found ${path} twice, expected a file of its own for each`);
  if (other !== undefined) {
    throw new UsageError(`${name}: found ${path}, which is ${wordsOf(other)} too; expected a file of its own`);
  }
  taken.set(file, name);
}

function wordsOf(name: string): string {
  return name.startsWith("--") ? `the file of ${name}` : name;
}
