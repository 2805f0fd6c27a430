// Replaces a folder by a finished one, with two renames. A program that opens the path meanwhile finds the old folder or the
// new one, each complete. Only between the two renames, for some microseconds, there is none.

import { renameSync, rmSync } from "node:fs";

/** The most other processes that may put their folder there between the two renames. */
const RIVALS_MAX = 100;

/** Moves the folder `made` to `target` and removes the old one. Both must be in one file system. */
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
