// The list of known weaknesses of other pumps and implants, field SEC-1 to SEC-24, against the tests of this folder. Each
// row has tests that name its id, and each of these tests says which requirement it proves.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { requirements } from "../../scripts/requirements.mjs";

const ROWS = 24;
/** This row is about the others. */
const ABOUT_ALL = 24;
const known = new Set(requirements().map(({ id }) => id));
const cited = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".test.ts"))
  .flatMap((file) => {
    const code = readFileSync(join(import.meta.dirname, file), "utf8").replace(/^\s*\/\/.*$/gm, "");
    return [...code.matchAll(/field SEC-(\d+) \(([^)]*)\)/g)].map(([, row, ids]) => ({
      row: Number(row),
      ids: ids.split(", "),
    }));
  });

describe("field SEC-24 (SEC-2): each control has a requirement and a test", () => {
  test.each(Array.from({ length: ROWS }, (_, i) => i + 1))("row %i has its requirement and its test", (row) => {
    const tests = cited.filter((each) => each.row === row);
    expect(tests.length).toBeGreaterThan(0);
    if (row !== ABOUT_ALL)
      expect(tests.every(({ ids }) => ids.length > 0 && ids.every((id) => known.has(id)))).toBe(true);
  });

  test("every row that a test names exists", () => {
    expect(cited.filter(({ row }) => row < 1 || row > ROWS)).toEqual([]);
  });
});
