// Puts a finished folder in the place of another, by two renames. Who opens the place meanwhile finds the old folder or the
// new one, each whole; only between the two renames, some microseconds, is there none.

import { renameSync, rmSync } from "node:fs";

/** Other processes that may put theirs in place just between the two renames. */
const RIVALS_MAX = 100;

/** Moves `made` to `target`, and removes what stood there. Both are in one file system. */
export function replaceFolder(made, target) {
  for (let rival = 0; ; rival++) {
    const old = `${made}.old${rival}`;
    try {
      renameSync(target, old);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    try {
      renameSync(made, target);
      return;
    } catch (error) {
      if (rival === RIVALS_MAX || !["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}
