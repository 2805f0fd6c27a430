// The version of the package, for reports and snapshots. The build replaces CISTERN_VERSION; from source it is read from
// package.json.

import { readFileSync } from "node:fs";

declare const CISTERN_VERSION: string | undefined;

export const VERSION: string = typeof CISTERN_VERSION === "string" ? CISTERN_VERSION : fromPackage();

function fromPackage(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
