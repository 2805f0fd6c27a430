// Ends a service with the program that started it. npm and npx stay between a terminal, or a test, and the program that they
// start, and they do not always pass a signal on. A pump that outlives them would keep its serial port. A service that was
// started in another way, for instance with nohup or in the background of a shell, lives on.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const CHECK_MS = 500;
/** The number of processes that stand between npm and a program at most: a shell, and tsx with its own. */
const LEVELS_MAX = 5;
const NPM = /\bnp[mx](?:-cli\.js)?(?:\s|$)/;
/** Programs between npm and the one that it starts: a shell with the command as its argument, and perhaps tsx. */
const BETWEEN = /^\S*\b(?:ba|da|z|k)?sh -c |\btsx\b/;

interface Process {
  parent: number;
  /** Its arguments, separated by spaces. */
  line: string;
}

/**
 * Calls `onGone` once when a process that this program belongs to has ended: npm or npx and what stands between, or, if `always`,
 * the parent. Returns the function that ends the watch.
 */
export function watchParent(always: boolean, onGone: () => void): () => void {
  const watched = processesAbove(always);
  if (watched.length === 0) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent && watched.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The ids of the processes to watch, nearest first. */
function processesAbove(always: boolean): number[] {
  const above: number[] = [];
  for (let id = process.ppid; id > 1 && above.length < LEVELS_MAX;) {
    const found = processOf(id);
    if (found === null) break;
    above.push(id);
    if (NPM.test(found.line)) return above;
    if (!BETWEEN.test(found.line)) break;
    id = found.parent;
  }
  return always ? [process.ppid] : [];
}

/** Reads what the system knows of a process; null when it cannot be read. */
function processOf(id: number): Process | null {
  try {
    if (process.platform === "linux") {
      const line = readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ");
      // The name in parentheses may hold spaces, so the fields are counted from its end.
      const fields = readFileSync(`/proc/${id}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return { parent: Number(fields[1]), line };
    }
    const text = execFileSync("ps", ["-o", "ppid=,args=", "-p", String(id)], { encoding: "utf8" }).trim();
    const [, parent, line] = /^(\d+)\s+(.*)$/s.exec(text)!;
    return { parent: Number(parent), line };
  } catch {
    return null;
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // A process of another user is alive too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
