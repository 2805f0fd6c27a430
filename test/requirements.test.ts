// Every requirement of this version has a test that cites it, and the page says which.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { page, problems } from "../scripts/requirements.mjs";

test("every requirement of this version has a test, and every test cites known ones", () => {
  expect(problems()).toEqual([]);
});

test("docs/requirements.md is current (node scripts/requirements.mjs --write)", () => {
  expect(readFileSync(join(import.meta.dirname, "..", "docs", "requirements.md"), "utf8")).toBe(page());
});
