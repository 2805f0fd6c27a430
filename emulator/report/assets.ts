// The texts that the page carries within itself: uPlot's script and style from the installed package, and the page's own
// script and style. dist/ holds the script as one file, which the build has bundled from the modules in page/. In the
// sources these modules stand beside this file, and esbuild bundles them when the script is first asked for.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const inPage = (name: string): string => fileURLToPath(new URL(`./page/${name}`, import.meta.url));
let bundled: string | null = null;

/** Each throws the file system's error if the installation is not complete. */
export const assets = {
  plotScript: (): string => readFileSync(require.resolve("uplot/dist/uPlot.iife.min.js"), "utf8"),
  plotStyle: (): string => readFileSync(require.resolve("uplot/dist/uPlot.min.css"), "utf8"),
  pageStyle: (): string => readFileSync(inPage("page.css"), "utf8"),
  pageScript,
};

function pageScript(): string {
  if (!existsSync(inPage("bundle.cjs"))) return readFileSync(inPage("page.js"), "utf8");
  bundled ??= (require(inPage("bundle.cjs")) as { pageScript(): string }).pageScript();
  return bundled;
}
