// Ends a call of a controller that does not return. The thread that calls the controller counts, in shared memory, the calls that it
// makes. A second thread looks at the count ten times a second. When the count stands still for BUDGET_LOOKS
// looks although a call is under way, it sends this process SIGINT, on which V8 ends the script that runs: JavaScript, WebAssembly,
// a regular expression or a wait alike. The main thread then goes on with all that it has recorded. What even this does not end (a
// system call that blocks) is ended with the process, after a line to the parent. A process that is not the controller's own is not
// ended: its second thread writes a line to stderr instead. The budget counts looks and not time, so that
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
/** 1 after the second thread ended a call; a SIGINT without it came from a person. */
const ENDED = 2;
const WORDS = 3;

/** The inherited pipe to the parent on which the second thread writes its line. */
const LAST_WORDS_FD = 3;

/**
 * The second thread. It is a text, because a bundle has no file for it. The parent's number changes when the parent ends; a child
 * that is in a call then would never hear of it. `stuck` is null in a child.
 */
const WATCH = `
const { workerData: { words, stuck } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const parent = process.ppid;
let last = -1;
let still = 0;
setInterval(() => {
  if (stuck === null && process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  const [calls, looks] = [Atomics.load(words, ${CALLS}), Atomics.load(words, ${LOOKS})];
  if (looks === 0 || calls !== last) {
    last = calls;
    still = 0;
    return;
  }
  still++;
  if (still === looks) {
    Atomics.store(words, ${ENDED}, 1);
    process.kill(process.pid, "SIGINT");
  }
  if (still < looks + ${GIVEN_UP_LOOKS}) return;
  if (stuck !== null) {
    if (still === looks + ${GIVEN_UP_LOOKS}) writeSync(2, stuck + "\\n");
    return;
  }
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

/** A person interrupts the process while a watched piece runs in it. */
export class InterruptedError extends Error {
  constructor() {
    super("interrupted");
    this.name = "InterruptedError";
  }
}

const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
let work: () => unknown = () => undefined;
const script = new Script(`globalThis[Symbol.for("cistern.work")]()`);
/** True in a process that is not the controller's own. */
let isGuestHere = false;

/** Starts the second thread. It must be called once, before a controller is loaded. */
export function startBudget(): void {
  start(null);
}

/**
 * The same in the process of a caller, who goes on after it; the returned function ends it. `stuck` is the line about a call that
 * cannot be ended.
 */
export function startBudgetHere(stuck: string): () => void {
  isGuestHere = true;
  return start(stuck);
}

function start(stuck: string | null): () => void {
  // A test runner may load this file into a context of its own; the script runs in the process's.
  const realm = new Script("globalThis").runInThisContext() as object;
  Object.defineProperty(realm, Symbol.for("cistern.work"), { value: () => work(), configurable: true });
  // Outside of a script SIGINT would end the process. It comes there when a call returns just as its time is over.
  const stays = (): void => undefined;
  process.on("SIGINT", stays);
  const watch = new Worker(WATCH, { eval: true, workerData: { words, stuck }, execArgv: [] });
  watch.unref();
  return () => {
    process.off("SIGINT", stays);
    void watch.terminate();
  };
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
 * Does a piece of work. Throws LateError when a call of the controller in it does not return in its time, or in that part of it,
 * and in the process of a caller InterruptedError when a person interrupts it.
 */
export function within<T>(piece: () => T, part = 1): T {
  work = piece;
  words[ENDED] = 0;
  budget = looksUnlessInspected(BUDGET_LOOKS * part);
  try {
    return script.runInThisContext({ breakOnSigint: true }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    throw isGuestHere && Atomics.load(words, ENDED) === 0 ? new InterruptedError() : new LateError();
  } finally {
    leave();
  }
}

/** The words about a call that did not return. */
export function lateWords(tick: number): string {
  return `the controller did not return from tick ${tick} within ${CALL_BUDGET_S} s`;
}

/** Carries out a piece of a run; returns the words about a call in it that did not return, or null. */
export function guarded(run: { machine: { tick: number } }, piece: () => void): string | null {
  try {
    within(piece);
    return null;
  } catch (error) {
    if (!(error instanceof LateError)) throw error;
    return lateWords(run.machine.tick);
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
