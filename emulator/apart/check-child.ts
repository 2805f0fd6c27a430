// The child process of `checkController` with a controller that is given by its path. It reads the options from its standard input,
// carries the whole check out, and writes the answer to a descriptor of its own.

import { readFileSync, writeSync } from "node:fs";
import { check, type PlainOptions } from "../campaign/controller-check";
import type { CheckAnswer } from "./check-controller";
import { Guest } from "./guest";
import { guarded } from "./time-budget";

const ANSWER_FD = 3;

const exit = process.exit.bind(process);
const { path, options } = JSON.parse(readFileSync(0, "utf8")) as { path: string; options: PlainOptions };
const guest = new Guest(path);
let answer: CheckAnswer;
try {
  const controller = await guest.load();
  guest.admit(undefined);
  const result = check(controller, options, guarded);
  const [deed] = guest.changedUpTo(0);
  answer = { result: deed ? { ...result, why: result.why ?? deed.text } : result };
} catch (error) {
  const { name, message } = guest.refused(error) as Error;
  answer = { error: { name, message } };
}
const bytes = Buffer.from(JSON.stringify(answer));
for (let at = 0; at < bytes.length;) at += writeSync(ANSWER_FD, bytes, at);
exit(0);
