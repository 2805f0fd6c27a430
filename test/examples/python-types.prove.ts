// The types of the rig package of python/, which mypy holds in its strict mode. It reads all types of Python's own library for that,
// so it takes as long as all other tests of the package together.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./example";
import { pythonForRigs } from "./python";

test("HIL-8: the rig package for Python has types that mypy finds without fault", () => {
  const python = pythonForRigs();
  const words = ["-B", "-m", "mypy", "--no-incremental", "--cache-dir=/dev/null"];
  const { status, stdout } = spawnSync(python, words, { cwd: join(root, "python"), encoding: "utf8" });
  expect([status, stdout]).toEqual([0, expect.stringContaining("Success")]);
});
