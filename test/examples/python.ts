// The Python of this machine that has what the rig package and its tests use. `CI` brings Debian's packages; elsewhere another
// Python may have them.

import { spawnSync } from "node:child_process";

// setuptools comes first: after pip it does not load.
const MODULES = "setuptools, cryptography, mypy, pip, pytest, serial, wheel";

/** The first Python here that has these modules. */
function pythonWith(modules: string): string | undefined {
  return ["python3", "/usr/bin/python3"].find((python) => spawnSync(python, ["-c", `import ${modules}`]).status === 0);
}

/** Throws when there is none: an example that was not run was not tested. */
export function pythonForBenches(): string {
  const found = pythonWith("serial");
  if (found !== undefined) return found;
  throw new Error("no Python here has serial, and the bare board cannot be tested without it: install python3-serial");
}

/** Throws when there is none: a package that was not run was not tested. */
export function pythonForRigs(): string {
  const found = pythonWith(MODULES);
  if (found !== undefined) return found;
  throw new Error(
    `no Python here has ${MODULES}, and the rig package cannot be tested without them: install the packages ` +
      "mypy, python3-cryptography, python3-pip, python3-pytest, python3-serial, python3-setuptools, python3-wheel",
  );
}
