// The lines of source around a statement of the firmware, with a mark at the statement's line.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Position } from "./inside";

/** So many lines are shown before the place and after it. */
const LINES_AROUND = 2;

export class Listing {
  private readonly root: string | null;
  private readonly files = new Map<string, readonly string[]>();

  /** `root`: the folder above firmware/; null for a program that has no sources. */
  constructor(root: string | null) {
    this.root = root;
  }

  /** The lines around a place; none where there are no sources. */
  around({ file, line }: Position): string[] {
    const lines = this.linesOf(file);
    const first = Math.max(1, line - LINES_AROUND);
    return lines.slice(first - 1, line + LINES_AROUND).map((text, i) => {
      const number = first + i;
      return `${number === line ? ">" : " "} ${String(number).padStart(4)}  ${text}`.trimEnd();
    });
  }

  private linesOf(file: string): readonly string[] {
    if (this.root === null) return [];
    const known = this.files.get(file);
    if (known) return known;
    let lines: readonly string[] = [];
    try {
      lines = readFileSync(join(this.root, file), "utf8").split("\n");
    } catch {
      // The sources are not beside this program.
    }
    this.files.set(file, lines);
    return lines;
  }
}
