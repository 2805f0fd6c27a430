// Made text beside written text: a section is replaced, the rest stays, and a section that does not fit is an error.

import { expect, test } from "vitest";
import { withSections } from "../../scripts/contract/sections";

const begin = (name: string) => `// Made from a/table.ts by npm run contract: ${name}.`;
const end = (name: string) => `// End of ${name}.`;
const file = (...lines: string[]) => lines.join("\n");

test("the generated text replaces a section, and the rest of the file stays", () => {
  const before = file("a", begin("codes"), "old", "old", end("codes"), "b", begin("names"), end("names"), "");
  const after = file("a", begin("codes"), "1", end("codes"), "b", begin("names"), "2", "3", end("names"), "");
  expect(withSections(before, { codes: "1", names: "2\n3" })).toBe(after);
  expect(withSections(after, { codes: "1", names: "2\n3" })).toBe(after);
});

test.each([
  ["# Made from a.ts by npm run contract: x.", "# End of x."],
  ["  # Made from a.ts by npm run contract: x.", "  # End of x."],
  ["<!-- Made from a.ts by npm run contract: x. -->", "<!-- End of x. -->"],
])("a section may be marked in the comments of another language, as in %s", (open, close) => {
  expect(withSections(file(open, close), { x: "made" })).toBe(file(open, "made", close));
});

test.each([
  ["a section of the file for which nothing is made", file(begin("x"), end("x")), {}],
  ["something made for which the file has no section", "a", { x: "1" }],
  ["a section twice", file(begin("x"), end("x"), begin("x"), end("x")), { x: "1" }],
  ["a section without an end", file(begin("x"), "a"), { x: "1" }],
])("%s is an error", (_, text, made) => {
  expect(() => withSections(text, made as Record<string, string>)).toThrow(/section/);
});
