// The lines that a person typed at the stepper's prompt, kept from one session to the next. Each line is added to the file as it is
// typed, so that a session that is killed loses none and two sessions at a time lose none either. A history is a convenience: a file
// that cannot be read or written is left out without a word.

import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { writeForOwner } from "../file";

/** So many lines are brought back. A file of more than twice as many is cut to these. */
export const HISTORY_LINES_MAX = 500;

/**
 * The file of the history: CISTERN_HISTORY, or `cistern/history` in the folder of the user's state (XDG_STATE_HOME). Null for none:
 * CISTERN_HISTORY is empty, or the environment names no folder of the user's own.
 */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string | null {
  const given = env["CISTERN_HISTORY"];
  if (given !== undefined) return given === "" ? null : given;
  const state = env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return isAbsolute(state) ? join(state, "cistern", "history") : null;
}

/** The last lines of the file, the newest first; none if it cannot be read. */
export function readHistory(path: string | null): string[] {
  if (path === null) return [];
  const lines =
    orNull(() => readFileSync(path, "utf8"))
      ?.split("\n")
      .filter((line) => line !== "") ?? [];
  const last = lines.slice(-HISTORY_LINES_MAX);
  if (lines.length > 2 * HISTORY_LINES_MAX) orNull(() => writeForOwner(path, [`${last.join("\n")}\n`]));
  return last.reverse();
}

/** Adds a line to the file, which is for its owner alone. */
export function addToHistory(path: string | null, line: string): void {
  if (path === null || line.trim() === "") return;
  orNull(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    appendFileSync(path, `${line}\n`, { mode: 0o600 });
  });
}

function orNull<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
