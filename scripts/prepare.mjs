// npm runs this script after an installation in a clone, before it packs, and once more at the first `npx cistern` in a clone,
// because npx then links the clone into its cache (libnpmexec of npm 10 and 11). The script builds dist/ only when it does not
// belong to the present sources, so that this first call starts at once.

import { digestOfDist, digestOfSources, ROOT } from "./sources.mjs";

if (digestOfDist() !== digestOfSources()) {
  try {
    await import("./build.mjs");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.error(`cistern cannot be built, because what builds it is not installed: ${error.message}`);
    console.error(`Run "npm ci" in ${ROOT}; it installs the development dependencies too.`);
    process.exitCode = 1;
  }
}
