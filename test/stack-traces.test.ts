// Traces of errors: vitest maps the frames of what it evaluated, and test/stack-traces.ts those of what Node imported.

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseScenario } from "../emulator/run/open";

const ROOT = join(import.meta.dirname, "..");

/** The frames of an error, each as the file and the text of its line. */
function framesOf(error: Error): string[] {
  return [...(error.stack ?? "").matchAll(/^ {4}at .*?((?:file:\/\/)?\/[^\s()]+):(\d+):\d+\)?$/gm)].map(
    ([, file, line]) => {
      const path = file.startsWith("file:") ? fileURLToPath(file) : file;
      return `${relative(ROOT, path)}: ${readFileSync(path, "utf8").split("\n")[Number(line) - 1]?.trim()}`;
    },
  );
}

test("a trace through the code under test and a test names the lines of both sources", () => {
  let frames: string[] = [];
  try {
    parseScenario("nonsense: 1", "t.yaml");
  } catch (error) {
    frames = framesOf(error as Error);
  }
  expect(frames[0]).toMatch(/^emulator\/scenario\/problems\.ts: .*new ScenarioError\(/);
  expect(frames).toContain('test/stack-traces.test.ts: parseScenario("nonsense: 1", "t.yaml");');
});
