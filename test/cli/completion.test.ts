// The completion scripts, made from the program's own table of commands. The one for bash is tried in a real bash, as it calls it
// when somebody presses Tab; those for zsh and fish where these shells are installed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFish, hasZsh } from "../machine-here";
import { cisternHere } from "../program";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), "cistern-completion-"));
const script = (shell: string) => join(folder, `cistern.${shell}`);

const cistern = (...args: string[]) => cisternHere(root, args);

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await cistern("completion", shell);
    expect(code).toBe(0);
    writeFileSync(script(shell), out);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words that bash offers at the end of `words`. */
function inBash(...words: string[]): string[] {
  const call = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cistern; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["--norc", "-c", call, "bash", script("bash"), "cistern", ...words];
  const { stdout, stderr } = spawnSync("bash", args, { cwd: join(root, "scenarios"), encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n").filter(Boolean);
}

describe("completion in bash", () => {
  test("offers every command that --help lists", async () => {
    const { out } = await cistern("--help");
    const listed = [...out.slice(out.indexOf("Commands:")).matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]);
    expect(listed.length).toBeGreaterThan(9);
    expect(inBash("").sort()).toEqual(listed.sort());
  });

  test("offers every option that the command's own --help lists", async () => {
    for (const command of ["run", "board", "validate"]) {
      const { out } = await cistern(command, "--help");
      const listed = [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1]);
      expect(listed.length).toBeGreaterThan(1);
      expect(inBash(command, "--").sort()).toEqual(listed.sort());
    }
  });

  test.each<[string[], string[]]>([
    [["r"], ["run", "replay"]],
    [["programmer", "sto"], ["stop"]],
    [["programmer", "program", "x.yaml", "--conf"], ["--confirm"]],
    [
      ["run", "--gear", ""],
      ["leap", "lockstep"],
    ],
    [["run", "--json", "--gear", "lo"], ["lockstep"]],
    [
      ["serve", "--head", ""],
      ["in-place", "away"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["run", "mri"], ["mri-scan.yaml"]],
    [["run", "--report", "mri"], ["mri-scan.yaml"]],
    [["board", "mri-scan.yaml", "--pty", "--locks"], ["--lockstep"]],
    [["run", "nothing-like-that"], []],
  ])("offers at the words %j: %j", (words, offered) => expect(inBash(...words)).toEqual(offered));
});

describe("the completion of other shells", () => {
  test.runIf(hasZsh)("has a script for zsh that zsh can read", () => {
    expect(spawnSync("zsh", ["-n", script("zsh")], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  test.runIf(hasFish)("offers commands, options and their values in fish", () => {
    const inFish = (line: string) => {
      const { stdout } = spawnSync("fish", ["--no-config", "-c", `source ${script("fish")}; complete -C '${line}'`], {
        encoding: "utf8",
      });
      return stdout
        .trim()
        .split("\n")
        .map((row) => row.split("\t")[0]);
    };
    expect(inFish("cistern valid")).toEqual(["validate"]);
    expect(inFish("cistern run --gear ")).toEqual(["leap", "lockstep"]);
    expect(inFish("cistern programmer program --conf")).toEqual(["--confirm"]);
  });

  test("has every command in each script", () => {
    for (const shell of ["zsh", "fish"]) {
      const text = spawnSync("cat", [script(shell)], { encoding: "utf8" }).stdout;
      for (const command of ["run", "validate", "programmer", "completion"]) expect(text).toContain(command);
    }
  });

  test("EMU-3: refuses another shell and names the known ones", async () => {
    const { code, err } = await cistern("completion", "tcsh");
    expect([code, err]).toEqual([2, "cistern: completion: found tcsh, expected bash, zsh, fish\n"]);
  });
});
