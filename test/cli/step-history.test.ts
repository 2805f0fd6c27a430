// The file of the stepper's history: where it lies, and that a session never fails because of it (STP-1).

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { addToHistory, HISTORY_LINES_MAX, historyPath, readHistory } from "../../emulator/cli/step-history";

const folder = mkdtempSync(join(tmpdir(), "cistern-history-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[NodeJS.ProcessEnv, string | null]>([
  [{ CISTERN_HISTORY: "/a/file", XDG_STATE_HOME: "/state" }, "/a/file"],
  [{ CISTERN_HISTORY: "", XDG_STATE_HOME: "/state" }, null],
  [{ XDG_STATE_HOME: "/state" }, "/state/cistern/history"],
  [{ XDG_STATE_HOME: "here" }, null],
  [{}, join(homedir(), ".local/state/cistern/history")],
])("STP-1: with the environment %j the history is in %s", (env, path) => {
  expect(historyPath(env)).toBe(path);
});

test("STP-1: lines come back, the newest first, from a file for its owner alone; empty ones are not kept", () => {
  const path = join(folder, "state", "cistern", "history");
  expect(readHistory(path)).toEqual([]);
  for (const line of ["step 5", " ", "", "back pulse"]) addToHistory(path, line);
  expect(readHistory(path)).toEqual(["back pulse", "step 5"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("STP-1: a long file is cut to its last lines", () => {
  const path = join(folder, "long");
  const lines = Array.from({ length: 2 * HISTORY_LINES_MAX + 1 }, (_, i) => `step ${i}`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  expect(readHistory(path)[0]).toBe(lines.at(-1));
  expect(readFileSync(path, "utf8").trim().split("\n")).toEqual(lines.slice(-HISTORY_LINES_MAX));
});

test("EMU-3: a file that cannot be read or written fails no session", () => {
  for (const path of [folder, join("/dev/null", "history"), null]) {
    addToHistory(path, "step");
    expect(readHistory(path)).toEqual([]);
  }
});
