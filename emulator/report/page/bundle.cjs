// Makes one plain script of the page's modules, for a browser and without imports. The build writes it into dist/, and a run
// from the sources makes it when a report wants it. It is CommonJS, because both must be able to load it, and the second one
// loads it only when needed: a run without a report starts no compiler.

const { buildSync } = require("esbuild");

/** The text of the script. */
exports.pageScript = () =>
  buildSync({
    entryPoints: [`${__dirname}/main.ts`],
    bundle: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    write: false,
  }).outputFiles[0].text;
