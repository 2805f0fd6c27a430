// The rule of words: what a name, a head comment, a comment and a test's title may not be, each shown complaining on a text that
// breaks it and silent on one that keeps it.

import { describe, expect, test } from "vitest";
import { complaintsOf } from "../scripts/words.mjs";

const HEAD = "// The motor turns.\n";

/** The complaints of the rule about a file, without path and line. */
function said(text: string, path = "emulator/a.ts"): string[] {
  return complaintsOf(path, text).map((complaint) => complaint.replace(/^[^:]*:\d+: /, ""));
}

describe("a name", () => {
  test.each([
    ["export const RATE_MOST = 1;", "the name RATE_MOST: say MAX"],
    ["export const RATE_LEAST_nl = 1;", "the name RATE_LEAST_nl: say MIN"],
    ["class A { stirred = false; }", "the name stirred: say needsWork, or changed"],
    ["function isSpoilt() {}", "the name isSpoilt: say damaged"],
    ["const { weigh } = a;", "the name weigh: say raiseAlarms"],
  ])("a name of the list is refused where it is declared: %j", (code, complaint) => {
    expect(said(HEAD + code)).toEqual([expect.stringContaining(complaint) as string]);
  });

  test.each([
    "const rx_queue_most = 1;",
    "export const QUEUE_MAX = 1;",
    "import { stirred } from 'elsewhere';",
    "a.stirred();",
    "const unforgettable = 1;",
  ])("a plain name, and one that is declared elsewhere, is allowed: %j", (code) => {
    expect(said(HEAD + code)).toEqual([]);
  });

  test("a published name is allowed in the files that publish it, and nowhere else", () => {
    const code = HEAD + "interface Counts { spoilt: number }";
    expect(said(code, "emulator/hal-wire/a.ts")).toEqual([]);
    expect(said(code, "emulator/board/a.ts")).toHaveLength(1);
  });
});

describe("a head comment", () => {
  test.each([
    ["const a = 1;\n", "no comment says what the file is about"],
    ["// opens small.\nconst a = 1;\n", "the head comment begins with a small letter"],
    ["// Ends nowhere\nconst a = 1;\n", "the head comment does not end with a full stop"],
    ["/** Ends nowhere */\nconst a = 1;\n", "the head comment does not end with a full stop"],
  ])("a file whose head comment is missing or no sentence is refused: %j", (text, complaint) => {
    expect(said(text)).toEqual([complaint]);
  });

  test.each([
    "// The motor turns.\n",
    "// `cistern run` runs (a scenario.)\n",
    "#!/usr/bin/env node\n// The motor turns.\n",
    "/**\n * The motor\n * turns.\n */\n",
  ])("a head comment that is a sentence is allowed: %j", (text) => {
    expect(said(`${text}const a = 1;\n`)).toEqual([]);
  });
});

describe("a comment", () => {
  test.each([
    "/** Foretold from the table. */\nconst a = 1;",
    "const a = 1; // nobody's to clear",
    "function f() {\n  // mended later\n}",
  ])("a turn of the list is refused: %j", (code) => {
    expect(said(HEAD + code)).toEqual([expect.stringMatching(/^the comment says "/) as string]);
  });

  test.each([
    "/** What goes out. */\nconst a = 1;",
    "/**\n * Who is told.\n */\nconst a = 1;",
    "const a = 1; // Whatever comes",
  ])("a clause in the place of its subject is refused: %j", (code) => {
    expect(said(HEAD + code)).toEqual([expect.stringMatching(/^the comment begins with "Wh/) as string]);
  });

  test.each(["/** The bytes that go out, and what they mean. */\nconst a = 1;", "// Whole pulses.\nconst a = 1;"])(
    "a noun in that place is allowed: %j",
    (code) => {
      expect(said(HEAD + code)).toEqual([]);
    },
  );

  test.each([
    ["examples/a.c", '/* What goes out. */\nchar a[] = "spoilt /* mended */";\n'],
    ["examples/a.h", "int a; // nobody's to clear\n"],
    ["examples/a.py", '"""What the rig does."""\nA = "# spoilt"\n'],
    ["scenarios/a.yaml", "name: 'a # spoilt day'\n# It is mended\n# at night.\n"],
    ["test/cases/a.wat", ';; Who asks.\n(module (export "spoilt"))\n'],
  ])("the comments of %s are read, and nothing else in it", (path, text) => {
    expect(said(text, path)).toEqual([expect.stringMatching(/^the comment (?:says|begins with) "/) as string]);
  });

  test("the same word in a string of the code is allowed", () => {
    expect(said(HEAD + 'const a = "spoilt";')).toEqual([]);
  });
});

describe("a test's title", () => {
  const titled = (title: string, of = "test") => said(`${HEAD}${of}(${JSON.stringify(title)}, () => undefined);\n`);

  test.each([
    [Array(31).fill("word").join(" "), "the title has 31 words, 30 at most"],
    ["LIM-1: a pump: a bolus: a limit", "the title has 2 colons, 1 at most"],
    ["a spoilt frame", 'the title says "spoilt"'],
  ])("a title that must be read twice is refused: %j", (title, complaint) => {
    expect(titled(title)).toEqual([complaint]);
    expect(titled(title, "describe")).toEqual([complaint]);
    expect(titled(title, "test.runIf(hasPty)")).toEqual([complaint]);
    expect(titled(title, "test.each([1])")).toEqual([complaint]);
  });

  test.each(["LIM-1, LIM-2: a bolus beyond the window is denied: nothing is given", "the pump stops", "%s: %s"])(
    "a title that is read once is allowed: %j",
    (title) => {
      expect(titled(title)).toEqual([]);
    },
  );
});
