// Style as a unit test, after TigerBeetle's tidy: what a reader would otherwise say in every review. Each check is a
// function from files to complaints, shown complaining on a small fixture and silent on the tree. Files are those that
// git would take: tracked, or new and not ignored.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import * as machineHere from "./machine-here";

interface SourceFile {
  path: string;
  text: string;
}

const README_LINES_MAX = 20;
const TICK_LINES_MAX = 70;
const TEXT = /\.(?:ts|js|mjs|cjs|json|md|ya?ml|css|html|txt|csv|sh)$/;
const SOURCE = /^(?:hal|firmware|emulator|targets)\/.*\.(?:ts|js)$/;

function filesOfTree(): SourceFile[] {
  const names = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
  });
  return [...new Set(names.split("\0"))]
    .filter((path) => TEXT.test(path) && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

const paths = (files: readonly SourceFile[]) => files.map(({ path }) => path);

/** A file opens by saying what it models. A `#!` line or a reference may stand before it. */
function withoutOpening(files: readonly SourceFile[]): string[] {
  return paths(
    files.filter(
      ({ path, text }) => SOURCE.test(path) && !/^(?:#![^\n]*\n|\/\/\/ [^\n]*\n)*(?:\/\/ |\/\*\*? ?)/.test(text),
    ),
  );
}

/** Lower-case with hyphens; `page.test.ts` and `types.d.ts` are endings. README.md and CHANGELOG.md are not code. */
function misnamed(files: readonly SourceFile[]): string[] {
  return paths(files).filter(
    (path) => /\.(?:ts|js|mjs|cjs|ya?ml)$/.test(path) && !/^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(basename(path)),
  );
}

function grabBags(files: readonly SourceFile[]): string[] {
  return paths(files).filter((path) => /(?:^|[/.-])(?:utils?|helpers?|managers?)(?:[/.-]|$)/i.test(path));
}

/** A folder's README; the one of the repository is a page of its own. */
function longReadmes(files: readonly SourceFile[]): string[] {
  return paths(
    files.filter(
      ({ path, text }) => /\/README\.md$/.test(path) && text.trimEnd().split("\n").length > README_LINES_MAX,
    ),
  );
}

/** A test that is tried again hides that it sometimes fails. */
function retried(files: readonly SourceFile[]): string[] {
  return paths(
    files.filter(
      ({ path, text }) =>
        (/^(?:test\/|vitest\.)/.test(path) && /\bretry["']?\s*:\s*[1-9]/.test(text)) ||
        (/^(?:package\.json$|\.ci\/|scripts\/)/.test(path) && /--retry\b/.test(text)),
    ),
  );
}

/** The conditions on which a test may be skipped: those that the start of a run announces (test/machine-here.ts), and a proof. */
const ANNOUNCED = [...Object.keys(machineHere), "IS_PROOF"];

/** A test that is skipped without a word is green and proves nothing. */
function skippedInSilence(files: readonly SourceFile[]): string[] {
  const conditions = ({ text }: SourceFile) =>
    [...text.matchAll(/\.(?:runIf|skipIf)\(((?:[^()\n]|\([^()\n]*\))*)\)/g)].map(([, condition]) =>
      condition!.replace("!", ""),
    );
  return paths(
    files.filter(
      (file) =>
        /^test\/.*\.(?:test|prove)\.ts$/.test(file.path) &&
        (/\b(?:test|it|describe)\.(?:skip|todo|only)\(/.test(file.text) ||
          conditions(file).some((condition) => !ANNOUNCED.includes(condition))),
    ),
  );
}

/** Methods named tick in the firmware, by their braces: the formatter closes a method at the column where it opened. */
function longTicks(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("firmware/"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^( *)(?:override )?tick\([^]*?^\1\}/gm)]
        .map(([body]) => body.split("\n").length)
        .filter((lines) => lines >= TICK_LINES_MAX)
        .map((lines) => `${path}: ${lines} lines`),
    );
}

/** A path that exists on one machine alone. Built from parts, so that this file does not complain of itself. */
function machinePaths(files: readonly SourceFile[]): string[] {
  const pattern = new RegExp(
    `(?:^|[\\s"'\`(=:])(?:/(?:${["home", "Users", "work", "root"].join("|")})/|[A-Z]:\\\\\\\\?Users)`,
    "m",
  );
  return paths(files.filter(({ text }) => pattern.test(text)));
}

const file = (path: string, text = "// Opens.\n"): SourceFile => ({ path, text });

const checks: [string, (files: readonly SourceFile[]) => string[], SourceFile[], SourceFile[]][] = [
  [
    "source files open with a comment",
    withoutOpening,
    [
      file("hal/a.ts", "export const X: i32 = 1;\n"),
      file("emulator/b/c.ts", 'import "d";\n'),
      file("targets/wasm/a.ts", ""),
    ],
    [
      file("hal/a.ts"),
      file("firmware/a.ts", "/** Opens. */\n"),
      file("emulator/cli/main.ts", "#!/usr/bin/env node\n// Opens.\n"),
      file("bench/a.ts", ""),
    ],
  ],
  [
    "file names are lower-case with hyphens",
    misnamed,
    [file("hal/eventLog.ts"), file("hal/event_log.ts"), file("test/Board.test.ts"), file("scenarios/aDay.yaml")],
    [
      file("hal/event-log.ts"),
      file("hal/types.d.ts"),
      file("test/a.test.ts"),
      file(".dependency-cruiser.cjs"),
      file("README.md"),
    ],
  ],
  [
    "nothing is a grab bag",
    grabBags,
    [
      file("emulator/utils.ts"),
      file("emulator/helpers/a.ts"),
      file("emulator/part-manager.ts"),
      file("test/test-util.ts"),
    ],
    [file("emulator/utility-room.ts"), file("emulator/manage.ts")],
  ],
  [
    "a folder's README has at most 20 lines",
    longReadmes,
    [file("hal/README.md", "line\n".repeat(21))],
    [file("hal/README.md", "line\n".repeat(20)), file("README.md", "line\n".repeat(200))],
  ],
  [
    "tick is under 70 lines",
    longTicks,
    [file("firmware/a.ts", `class A {\n  tick(): void {\n${"    x = 1;\n".repeat(68)}  }\n}\n`)],
    [
      file(
        "firmware/a.ts",
        `class A {\n  tick(): void {\n${"    x = 1;\n".repeat(67)}  }\n  skip(): void {\n${"    x = 1;\n".repeat(90)}  }\n}\n`,
      ),
    ],
  ],
  [
    "no test is tried again",
    retried,
    [
      file("test/a.test.ts", `test("a", { ${"retry"}: 2 }, () => undefined);`),
      file("vitest.config.ts", `test: { ${"retry"}: 1 }`),
      file("package.json", `"test": "vitest run --${"retry"}=2"`),
    ],
    [file("test/a.test.ts", `const setup = { ${"retry"}: { tries: 2 } };`), file("emulator/a.ts", `${"retry"}: 2`)],
  ],
  [
    "no test is skipped without a word",
    skippedInSilence,
    [
      file("test/a.test.ts", `describe.${"skipIf"}(!linux)("a", () => undefined);`),
      file("test/b.prove.ts", `test.${"runIf"}(isThere("zsh")).each([1])("a", () => undefined);`),
      file("test/c.test.ts", `test.${"skip"}("a", () => undefined);`),
    ],
    [
      file("test/a.test.ts", `test.${"skipIf"}(!hasRedis)(\n"a", () => undefined);`),
      file("test/b.test.ts", `describe.${"runIf"}(hasPty).concurrent("a", () => undefined);`),
      file("test/c.prove.ts", `describe.${"skipIf"}(IS_PROOF)("a", () => undefined);`),
    ],
  ],
  [
    "no paths of one machine",
    machinePaths,
    [
      file("docs/a.md", `see ${"/home"}/me/x`),
      file("a.json", `{"a":"${"/work"}/main/x"}`),
      file("b.ts", `"C:\\\\${"Users"}\\\\me"`),
    ],
    [file("docs/a.md", "npm run work/home and https://a.b/home/x, /tmp/x, /usr/bin/chromium")],
  ],
];

describe("the style check", () => {
  const tree = filesOfTree();

  test("has a tree to look at", () => expect(tree.length).toBeGreaterThan(30));

  test.each(checks)("%s", (_, check, bad, good) => {
    expect(check(bad)).toHaveLength(bad.length);
    expect(check(good)).toEqual([]);
    expect(check(tree)).toEqual([]);
  });

  test("finds the one tick of the controller", () => {
    const controller = tree.find(({ path }) => path === "firmware/controller.ts");
    expect(controller?.text.match(/^ *(?:override )?tick\(\)/gm)).toHaveLength(1);
  });
});
