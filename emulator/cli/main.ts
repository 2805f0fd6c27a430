#!/usr/bin/env node
// The program `cistern`. It runs the command that its arguments name and exits with its exit code. `--version` alone is answered
// at once, because it is asked of every installation and needs nothing of it.

import { VERSION } from "../version";

const words = process.argv.slice(2);
const asksVersion = words.length === 1 && (words[0] === "--version" || words[0] === "-V");
if (asksVersion) process.stdout.write(`${VERSION}\n`);
else await (await import("./program")).runProgram(words);
