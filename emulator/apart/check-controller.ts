// `checkController` of the package. When something breaks it throws an error that names it, with the case as a scenario's file and the
// seed and path with which the same options find it again. A call that does not return is a counterexample with its tick. A controller that is given
// by its path runs in a child process, with all of the check, so one that ends its process is a counterexample too.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  check,
  checkOptions,
  CounterexampleError,
  type CheckOptions,
  type CheckResult,
  type PlainOptions,
  type Url,
} from "../campaign/controller-check";
import { ControllerFault, type ControllerFactory } from "../machine/controller-host";
import { chosenReference } from "../machine/module";
import { guarded } from "./time-budget";
import { workUnderWatch } from "./watch-controller";

/**
 * Checks a controller. Throws CounterexampleError when an invariant or a harm breaks or the controller fails, UsageError for a wrong
 * option, and ControllerFault for a path that cannot be loaded.
 */
export function checkController(options: CheckOptions = {}): CheckResult {
  checkOptions(options);
  const { controller, ...plain } = options;
  let result: CheckResult;
  if (controller === undefined) result = checkReference(plain);
  else if (typeof controller === "string" || isUrl(controller)) result = checkApart(pathOf(controller), plain);
  else result = checkHere(controller, plain);
  if (result.why !== null) throw new CounterexampleError(result);
  return result;
}

/** The reference controller is a part of the program, which nothing has to watch. */
function checkReference(options: PlainOptions): CheckResult {
  return check(chosenReference(), options, (_, piece) => {
    piece();
    return null;
  });
}

/** A factory holds values of this process, so it cannot be carried to another one. Here too it is watched. */
function checkHere(controller: ControllerFactory, options: PlainOptions): CheckResult {
  const { result, deed } = workUnderWatch(controller, (guest) => check(guest, options, guarded));
  result.why ??= deed;
  return result;
}

/** The answer of the child: a result, or the error that it ended with. */
export type CheckAnswer = { result: CheckResult } | { error: { name: string; message: string } };

/** Carries the whole check out in a child process, and waits for it. */
function checkApart(path: string, options: PlainOptions): CheckResult {
  const isSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(isSource ? "./check-child.ts" : "./check-child.js", import.meta.url));
  const loader = isSource ? ["--import", import.meta.resolve("tsx")] : [];
  // The controller's output is not this program's: it goes to stderr. The answer comes on a descriptor of its own.
  const child = spawnSync(process.execPath, ["--enable-source-maps", ...loader, entry], {
    input: JSON.stringify({ path, options }),
    stdio: ["pipe", 2, 2, "pipe"],
    maxBuffer: 1 << 28,
  });
  const text = String(child.output?.[3] ?? "");
  if (text === "") {
    const how =
      child.signal === null
        ? `its process ended with code ${child.status}`
        : `its process was ended by ${child.signal}`;
    throw new ControllerFault(`${path}: the controller failed: ${how}`);
  }
  const answer = JSON.parse(text) as CheckAnswer;
  if ("result" in answer) return answer.result;
  const { name, message } = answer.error;
  throw name === "ControllerFault" ? new ControllerFault(message) : new Error(`${name}: ${message}`);
}

function isUrl(controller: ControllerFactory | Url): controller is Url {
  return "href" in controller;
}

function pathOf(controller: string | Url): string {
  const text = typeof controller === "string" ? controller : controller.href;
  return text.startsWith("file:") ? fileURLToPath(text) : text;
}
