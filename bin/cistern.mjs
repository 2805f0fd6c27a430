#!/usr/bin/env node
// The program `cistern`. It starts dist/cistern.js and needs nothing itself, so that who has an old Node, a clone without a
// build or an installation that lacks something is told so in words.

import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const NODE_MIN = 20;
const COMMAND = new URL("../dist/cistern.js", import.meta.url);
/** The exit code of a file that failed. */
const EXIT_FILE = 3;
/** A build that replaces dist/ leaves none for some microseconds. */
const REPLACED_MS = 200;

function refuse(words) {
  console.error(`cistern: ${words}`);
  process.exitCode = EXIT_FILE;
}

async function start() {
  if (Number.parseInt(process.versions.node) < NODE_MIN) {
    return refuse(`this is Node ${process.versions.node}; Node ${NODE_MIN} or newer is needed`);
  }
  if (!existsSync(COMMAND)) await wait(REPLACED_MS);
  if (!existsSync(COMMAND)) {
    return refuse("dist/ was not built. Run `npm run build` in a clone; else install the package again");
  }
  try {
    await import(COMMAND.href);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    refuse(`the installation is not complete, so install it again. ${error.message}`);
  }
}

await start();
