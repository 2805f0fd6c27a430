// Ends a call of a controller that does not return. The main thread of a child process counts, in shared memory, the calls that it
// makes to the controller. A second thread looks at the count ten times a second. When the count stands still for BUDGET_LOOKS
// looks although a call is under way, it sends this process SIGINT, on which V8 ends the script that runs: JavaScript, WebAssembly,
// a regular expression or a wait alike. The main thread then goes on with all that it has recorded. What even this does not end (a
// system call that blocks) is ended with the process, after a line to the parent. The budget counts looks and not time, so that
// neither a process that was stopped and continued nor a busy host makes a controller late. With an inspector there is no budget,
// because a person at a breakpoint takes time.

import { url as inspectorUrl } from "node:inspector";
import { Script } from "node:vm";
import { Worker } from "node:worker_threads";
import { MS_PER_SECOND } from "../time";
import { CALL_BUDGET_S } from "./messages";

/** The time between two looks, and the looks after which a call that has not returned is ended. */
const LOOK_MS = 100;
const BUDGET_LOOKS = (CALL_BUDGET_S * MS_PER_SECOND) / LOOK_MS;
/** A module may take longer to load than any call to return. */
const LOAD_LOOKS = 100;
/** The further looks after which the process ends itself. */
const GIVEN_UP_LOOKS = 5;

/** Words of the shared memory. */
const CALLS = 0;
/** The looks that the call under way may take; 0 when none is under way or a person may be at a breakpoint. */
const LOOKS = 1;
const WORDS = 2;

/** The inherited pipe to the parent on which the second thread writes its line. */
const LAST_WORDS_FD = 3;

/**
 * The second thread. It is a text, because a bundle has no file for it. The parent's number changes when the parent ends; a child
 * that is in a call then would never hear of it.
 */
const WATCH = `
const { workerData: words } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const parent = process.ppid;
let last = -1;
let still = 0;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  const [calls, looks] = [Atomics.load(words, ${CALLS}), Atomics.load(words, ${LOOKS})];
  if (looks === 0 || calls !== last) {
    last = calls;
    still = 0;
    return;
  }
  still++;
  if (still === looks) process.kill(process.pid, "SIGINT");
  if (still < looks + ${GIVEN_UP_LOOKS}) return;
  try {
    writeSync(${LAST_WORDS_FD}, "late\\n");
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}, ${LOOK_MS});
`;

/** A call did not return in its time. */
export class LateError extends Error {
  constructor() {
    super(`did not return within ${CALL_BUDGET_S} s`);
    this.name = "LateError";
  }
}

const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
let work: () => unknown = () => undefined;
const script = new Script(`globalThis[Symbol.for("cistern.work")]()`);

/** Starts the second thread. It must be called once, before a controller is loaded. */
export function startBudget(): void {
  Object.defineProperty(globalThis, Symbol.for("cistern.work"), { value: () => work() });
  // Outside of a script SIGINT would end the process. It comes there when a call returns just as its time is over.
  process.on("SIGINT", () => undefined);
  new Worker(WATCH, { eval: true, workerData: words, execArgv: [] }).unref();
}

/** Waits for something that is not the controller's, in the middle of a call or outside of one: that time does not count. */
export function outside<T>(wait: () => T): T {
  const looks = words[LOOKS];
  words[LOOKS] = 0;
  try {
    return wait();
  } finally {
    words[CALLS] = (words[CALLS] + 1) | 0;
    words[LOOKS] = looks;
  }
}

/** The looks that a call may take now. */
let budget = BUDGET_LOOKS;

/** A call of the controller begins. */
export function enter(): void {
  words[CALLS] = (words[CALLS] + 1) | 0;
  words[LOOKS] = budget;
}

/** The call is over. After a call that throws this is done by `within`. */
export function leave(): void {
  words[LOOKS] = 0;
}

/**
 * Does a piece of work. Throws LateError when a call of the controller in it does not return in its time, or in that part of it.
 */
export function within<T>(piece: () => T, part = 1): T {
  work = piece;
  budget = looksUnlessInspected(BUDGET_LOOKS * part);
  try {
    return script.runInThisContext({ breakOnSigint: true }) as T;
  } catch (error) {
    throw (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? new LateError() : error;
  } finally {
    leave();
  }
}

/** Waits for a module that is being loaded. Its time is longer, and it is ended with the process. */
export async function loading<T>(module: () => Promise<T>): Promise<T> {
  budget = looksUnlessInspected(LOAD_LOOKS);
  enter();
  try {
    return await module();
  } finally {
    leave();
  }
}

function looksUnlessInspected(looks: number): number {
  return inspectorUrl() === undefined ? looks : 0;
}
