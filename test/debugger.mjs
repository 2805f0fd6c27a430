// A debugger that stops once, as an editor does: it starts Node with its inspector, finds in the source map of each script
// where a line of TypeScript went, sets a breakpoint there and waits until the program comes to it. It prints where that
// was, and the class of `this`. The global WebSocket is behind --experimental-websocket in Node 20.
//
// node --experimental-websocket test/debugger.mjs FILE LINE NODE-ARGUMENTS...

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [file, line, ...nodeArguments] = process.argv.slice(2);
const program = spawn(process.execPath, ["--inspect-brk=0", ...nodeArguments], { stdio: ["ignore", "ignore", "pipe"] });
const answers = new Map();
/** The script that each breakpoint is in. */
const scripts = new Map();
let errors = "";
let asked = 0;

program.on("close", end);
const socket = new WebSocket(await addressOf(program));
await new Promise((done) => socket.addEventListener("open", done));
socket.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
await ask("Debugger.enable");
// Pauses before a script runs, so that no breakpoint is late.
await ask("Debugger.setInstrumentationBreakpoint", { instrumentation: "beforeScriptWithSourceMapExecution" });
await ask("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true });
await ask("Runtime.runIfWaitingForDebugger");

/** The program has come to its end. */
function end() {
  console.error(`The program never came to ${file}:${line}.\n${errors}`);
  program.removeAllListeners("close").kill();
  process.exit(1);
}

function ask(method, params = {}) {
  socket.send(JSON.stringify({ id: ++asked, method, params }));
  return new Promise((done) => answers.set(asked, done));
}

function hear({ id, result, error, method, params }) {
  if (error !== undefined) throw new Error(error.message);
  if (id !== undefined) answers.get(id)(result);
  if (method === "Debugger.paused") void pause(params);
  if (method === "NodeRuntime.waitingForDisconnect") end();
}

/** Node says on stderr where its inspector listens. */
function addressOf({ stderr }) {
  return new Promise((done) => {
    stderr.on("data", (chunk) => {
      errors += chunk;
      const [address] = /ws:\/\/\S+/.exec(errors) ?? [];
      if (address !== undefined) done(address);
    });
  });
}

async function pause({ reason, data, callFrames: [frame], hitBreakpoints = [] }) {
  const script = scripts.get(hitBreakpoints[0]);
  if (script === undefined) {
    if (reason === "instrumentation") await setBreakpointIn(data);
    return ask("Debugger.resume");
  }
  const expression = "this.constructor.name";
  const { result } = await ask("Debugger.evaluateOnCallFrame", { callFrameId: frame.callFrameId, expression });
  console.log(JSON.stringify({ script, method: frame.functionName, self: result.value }));
  program.removeAllListeners("close").kill();
  process.exit();
}

/** Does nothing in a script that has no code of the line. */
async function setBreakpointIn({ url, scriptId, sourceMapURL }) {
  if (!url.startsWith("file:")) return;
  const script = fileURLToPath(url);
  const map = JSON.parse(mapText(sourceMapURL, url));
  const source = map.sources.find((each) => pathOf(each, dirname(script)) === resolve(file));
  if (source === undefined) return;
  const { scriptSource } = await ask("Debugger.getScriptSource", { scriptId });
  const position = positionOf(new SourceMap(map), source, Number(line) - 1, scriptSource.split("\n"));
  if (position === null) return;
  const { breakpointId } = await ask("Debugger.setBreakpointByUrl", { url, ...position });
  scripts.set(breakpointId, script);
}

function mapText(sourceMapURL, url) {
  if (!sourceMapURL.startsWith("data:")) return readFileSync(new URL(sourceMapURL, url), "utf8");
  return Buffer.from(sourceMapURL.slice(sourceMapURL.indexOf(",") + 1), "base64").toString();
}

function pathOf(source, folder) {
  return source.startsWith("file:") ? fileURLToPath(source) : resolve(folder, source);
}

/** The first place in the script that was made from the line; both are counted from 0. */
function positionOf(map, source, originalLine, lines) {
  for (let lineNumber = 0; lineNumber < lines.length; lineNumber++) {
    for (let columnNumber = 0; columnNumber < lines[lineNumber].length; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      if (entry.originalSource === source && entry.originalLine === originalLine) return { lineNumber, columnNumber };
    }
  }
  return null;
}
