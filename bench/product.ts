// The package as it ships, which is what the bench measures: dist/, made by `npm run build`.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const ROOT = join(import.meta.dirname, "..");
export const DIST = join(ROOT, "dist");

export const product = (await import(pathToFileURL(join(DIST, "index.js")).href)) as typeof import("../emulator/index");
