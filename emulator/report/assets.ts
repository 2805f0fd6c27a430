// The texts that the page carries within itself: uPlot's script and style from the installed package, and the page's
// own script and style, which are plain files beside this module. The bundle puts this module into dist/, so the build
// copies the folder page/ there, and the same relative addresses hold.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

interface Assets {
  plotScript: string;
  plotStyle: string;
  pageScript: string;
  pageStyle: string;
}

/** Reads all four; throws the file system's error if the installation is not complete. */
export function assets(): Assets {
  const require = createRequire(import.meta.url);
  return {
    plotScript: readFileSync(require.resolve("uplot/dist/uPlot.iife.min.js"), "utf8"),
    plotStyle: readFileSync(require.resolve("uplot/dist/uPlot.min.css"), "utf8"),
    pageScript: readFileSync(new URL("./page/page.js", import.meta.url), "utf8"),
    pageStyle: readFileSync(new URL("./page/page.css", import.meta.url), "utf8"),
  };
}
