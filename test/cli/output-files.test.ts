// The files of a command are checked before it begins: no output is another output or an input, and each can be written.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkOutputFiles } from "../../emulator/cli/output-files";
import { FileError } from "../../emulator/file";
import { UsageError } from "../../emulator/usage-error";
import { hasFullDevice } from "../machine-here";
import { cisternHere, cisternIn, cisternPath } from "../program";

const root = dirname(dirname(import.meta.dirname));
const scenario = readFileSync(join(root, "scenarios", "breakthrough-pain.yaml"), "utf8");

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cistern-outputs-"));
  writeFileSync(at("day.yaml"), scenario);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cistern = (...args: string[]) => cisternHere(folder, args);

describe("EMU-9: checkOutputFiles", () => {
  test("two outputs of one path are refused, however the path is spelled", () => {
    mkdirSync(at("sub"));
    symlinkSync("day.csv", at("link.csv"));
    symlinkSync("sub", at("other"));
    for (const [a, b] of [
      ["day.csv", "day.csv"],
      ["day.csv", "sub/../day.csv"],
      ["day.csv", "link.csv"],
      ["sub/x.csv", "other/x.csv"],
    ]) {
      const act = () =>
        checkOutputFiles([
          ["--trace", at(a)],
          ["--save", join(folder, b)],
        ]);
      expect(act).toThrow(UsageError);
      expect(act).toThrow(/^--save: found .*, which is the file of --trace too; expected a file of its own$/);
    }
  });

  test("an output that is an input is refused, through a link too, and one beside it is taken", () => {
    symlinkSync("day.yaml", at("link.yaml"));
    for (const name of ["day.yaml", "link.yaml"]) {
      expect(() => checkOutputFiles([["--save", at(name)]], [["the scenario", at("day.yaml")]])).toThrow(
        /which is the scenario too/,
      );
    }
    checkOutputFiles([["--save", at("day.yaml.snapshot")]], [["the scenario", at("day.yaml")]]);
  });

  test("a link or socket that the command makes is a name of its own, and its present target is not followed", () => {
    symlinkSync("/dev/pts/none", at("pump"));
    checkOutputFiles([["--save", at("a")]], [], [["--pty", at("pump")]]);
    expect(() => checkOutputFiles([["--save", at("b")]], [], [["--control", at("b")]])).toThrow(UsageError);
  });

  test("devices keep nothing, so several outputs may go to one", () => {
    checkOutputFiles([
      ["--trace", "/dev/null"],
      ["--save", "/dev/null"],
    ]);
  });

  test("a second name of one file is a file of its own, because a replacement leaves the other name alone", () => {
    linkSync(at("day.yaml"), at("copy.yaml"));
    checkOutputFiles([["--save", at("copy.yaml")]], [["the scenario", at("day.yaml")]]);
  });

  test("a folder, and a file in a folder that does not exist, are FileErrors before anything is written", () => {
    for (const path of [folder, join(folder, "none", "a.csv")]) {
      expect(() => checkOutputFiles([["--trace", path]])).toThrow(FileError);
    }
    expect(readdirSync(folder)).toEqual(["day.yaml"]);
  });
});

describe("EMU-9: the commands", () => {
  test.each([
    ["run", "--trace a.csv --trace a.csv"],
    ["run", "--trace a.csv --save a.csv"],
    ["run", "--report a.html --save a.html"],
    ["run", "--save day.yaml"],
    ["serve", "--pty --save day.yaml"],
    ["serve", "--pty a --save a"],
    ["serve", "--pty --control a --save a"],
    ["board", "--pty --trace a.csv --trace ./a.csv"],
  ])("`%s day.yaml %s` exits 2 in one line and writes nothing", async (command, args) => {
    const { code, out, err } = await cistern(command, "day.yaml", ...args.split(" "));
    expect([code, out, err.trim().split("\n").length]).toEqual([2, "", 1]);
    expect(readdirSync(folder)).toEqual(["day.yaml"]);
    expect(readFileSync(at("day.yaml"), "utf8")).toBe(scenario);
  });

  test("the mode of a file that is replaced is kept, and a new file has the usual one", async () => {
    writeFileSync(at("old.csv"), "");
    chmodSync(at("old.csv"), 0o640);
    expect((await cistern("run", "day.yaml", "--trace", "old.csv", "--trace", "new.csv")).code).toBe(0);
    expect(statSync(at("old.csv")).mode & 0o777).toBe(0o640);
    expect(statSync(at("new.csv")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("a link whose target does not exist stays a link, and the target is made", async () => {
    symlinkSync("target.csv", at("link.csv"));
    expect((await cistern("run", "day.yaml", "--trace", "link.csv")).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["day.yaml", "link.csv", "target.csv"]);
    expect(readFileSync(at("target.csv"), "utf8")).toMatch(/^time_s,tick,signal,value\n/);
  });

  test.runIf(hasFullDevice).each([["run", "day.yaml"], ["schema"], ["--help"]])(
    "`%s` with a full standard output exits 3 and says so in one line",
    (...args) => {
      const command = [process.execPath, cisternPath, ...args].join(" ");
      const { status, stderr } = spawnSync("sh", ["-c", `${command} > /dev/full`], { cwd: folder, encoding: "utf8" });
      expect([status, stderr]).toEqual([3, "cistern: cannot write to the standard output: no space left\n"]);
    },
  );

  test("a programmer without a home folder asks for the pairing's path and keeps no key in the present folder", async () => {
    const homeless = { HOME: "", XDG_CONFIG_HOME: "" };
    const { code, err } = await cisternIn(folder, ["programmer", "status", "--serial", at("none")], "", homeless);
    expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
    expect(err).toContain("expected --pairing <file>");
    expect(readdirSync(folder)).toEqual(["day.yaml"]);
  });

  test("a snapshot to the standard output comes whole and before the report", async () => {
    const { code, out } = await cisternIn(folder, ["run", "day.yaml", "--save", "/dev/stdout"]);
    expect(code).toBe(0);
    expect(out.startsWith("{")).toBe(true);
    expect(out).toContain("PASS");
  });
});
