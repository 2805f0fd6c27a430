// Writing as a whole or not at all: what is on the disk after success, after each kind of failure, and meanwhile.

import { execFileSync } from "node:child_process";
import fs, {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";

import { checkWritable, FileError, writeSecret, writeWhole } from "../emulator/file";
import { hasFullDevice } from "./machine-here";

/** The calls whose order matters. The real file system carries them out. */
const calls: string[] = [];
const { openSync, fsyncSync, renameSync } = fs;
const paths = new Map<number, string>();
fs.openSync = (...args) => {
  const file = openSync(...args);
  paths.set(file, String(args[0]));
  calls.push(`open ${String(args[0])}`);
  return file;
};
fs.fsyncSync = (file) => {
  fsyncSync(file);
  calls.push(`flush ${paths.get(file)}`);
};
fs.renameSync = (from, to) => {
  renameSync(from, to);
  calls.push(`rename ${String(from)}`);
};
// Modules that import these functions by name now have them too.
syncBuiltinESMExports();
afterAll(() => {
  Object.assign(fs, { openSync, fsyncSync, renameSync });
  syncBuiltinESMExports();
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cistern-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function errorOf(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

describe("`writeWhole`", () => {
  test("writes all chunks, replaces the old file, and leaves no other file behind", () => {
    const path = join(folder, "a.csv");
    writeFileSync(path, "something longer that was there before");
    writeWhole(path, ["one\n", "", "two µ\n"]);
    expect(readFileSync(path, "utf8")).toBe("one\ntwo µ\n");
    expect(readdirSync(folder)).toEqual(["a.csv"]);
  });

  test("leaves the target as it was while it writes", () => {
    const path = join(folder, "a.csv");
    writeFileSync(path, "before");
    function* chunks(): Generator<string> {
      yield "half";
      expect(readFileSync(path, "utf8")).toBe("before");
      yield " done";
    }
    writeWhole(path, chunks());
    expect(readFileSync(path, "utf8")).toBe("half done");
  });

  test("leaves the target as it was when making a chunk fails, and passes that error on", () => {
    const path = join(folder, "a.csv");
    writeFileSync(path, "before");
    const failure = new Error("no more");
    function* chunks(): Generator<string> {
      yield "half";
      throw failure;
    }
    expect(errorOf(() => writeWhole(path, chunks()))).toBe(failure);
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["a.csv"]);
  });

  test.each([
    ["a directory that does not exist", (at: string) => join(at, "none", "a.csv"), "the directory does not exist"],
    ["a file as a directory", (at: string) => join(at, "file", "a.csv"), "a part of the path is not a directory"],
    ["a directory as the target", (at: string) => join(at, "sub"), "it is a directory"],
    ["a name that is too long", (at: string) => join(at, "x".repeat(300)), "the name is too long"],
  ])("throws a FileError with path and reason for %s", (_, pathOf, reason) => {
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "sub"));
    const path = pathOf(folder);
    const error = errorOf(() => writeWhole(path, ["text"])) as FileError;
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toBe(`cannot write ${path}: ${reason}`);
    expect(error.path).toBe(path);
    expect(readdirSync(folder)).toEqual(["file", "sub"]);
    expect(readdirSync(join(folder, "sub"))).toEqual([]);
  });

  test("keeps a symbolic link, and writes its target", () => {
    writeFileSync(join(folder, "real.csv"), "before");
    symlinkSync("real.csv", join(folder, "link.csv"));
    writeWhole(join(folder, "link.csv"), ["after"]);
    expect(lstatSync(join(folder, "link.csv")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "real.csv"), "utf8")).toBe("after");
  });

  test("a symbolic link to a file that does not exist stays a link too, and the file is made", () => {
    mkdirSync(join(folder, "sub"));
    symlinkSync("second.csv", join(folder, "first.csv"));
    symlinkSync(join("sub", "real.csv"), join(folder, "second.csv"));
    writeWhole(join(folder, "first.csv"), ["text"]);
    expect(["first.csv", "second.csv"].map((name) => lstatSync(join(folder, name)).isSymbolicLink())).toEqual([
      true,
      true,
    ]);
    expect(readFileSync(join(folder, "sub", "real.csv"), "utf8")).toBe("text");
  });

  test("links that lead in a circle are a FileError", () => {
    symlinkSync("b.csv", join(folder, "a.csv"));
    symlinkSync("a.csv", join(folder, "b.csv"));
    expect(() => writeWhole(join(folder, "a.csv"), ["text"])).toThrow(/its symbolic links lead back to it/);
  });

  test("a file that is replaced keeps its mode", () => {
    const path = join(folder, "a.csv");
    writeFileSync(path, "before");
    for (const mode of [0o600, 0o664, 0o444]) {
      chmodSync(path, mode);
      writeWhole(path, ["after"]);
      expect(statSync(path).mode & 0o777).toBe(mode);
    }
  });

  test("EMU-9: the text is flushed to the disk before it takes the target's name, and the folder after", () => {
    calls.length = 0;
    writeWhole(join(folder, "a.csv"), ["text"]);
    expect(calls).toEqual([
      expect.stringMatching(/^open .*\.tmp$/),
      expect.stringMatching(/^flush .*\.tmp$/),
      expect.stringMatching(/^rename .*\.tmp$/),
      `open ${folder}`,
      `flush ${folder}`,
    ]);
  });

  test("writes into a target that is no regular file, and does not replace it", () => {
    writeWhole("/dev/null", ["text"]);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test.runIf(hasFullDevice)("throws a FileError when the disk is full", () => {
    const error = errorOf(() => writeWhole("/dev/full", ["text"]));
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toBe("cannot write /dev/full: no space left");
    expect(execFileSync("ls", ["-l", "/dev/full"], { encoding: "utf8" })[0]).toBe("c");
  });
});

describe("`writeSecret`", () => {
  test("makes the missing folders and the file so that nobody else can read them", () => {
    const path = join(folder, "a", "b", "key.json");
    writeSecret(path, "secret\n");
    expect(readFileSync(path, "utf8")).toBe("secret\n");
    expect([path, join(folder, "a"), join(folder, "a", "b")].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o600, 0o700, 0o700,
    ]);
  });

  test("replaces a file that others could read by one that they cannot", () => {
    const path = join(folder, "key.json");
    writeFileSync(path, "old");
    chmodSync(path, 0o644);
    writeSecret(path, "new");
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
    chmodSync(path, 0o400);
    writeSecret(path, "newer");
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["newer", 0o400]);
    expect(readdirSync(folder)).toEqual(["key.json"]);
  });

  test("throws a FileError with path and reason when a folder cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "b", "key.json");
    const error = errorOf(() => writeSecret(path, "text"));
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toBe(`cannot write ${path}: a part of the path is not a directory`);
  });
});

test("`checkWritable` refuses a file whose folder does not exist, and writes nothing", () => {
  expect(() => checkWritable(join(folder, "none", "a.csv"))).toThrow(FileError);
  checkWritable(join(folder, "a.csv"));
  expect(readdirSync(folder)).toEqual([]);
});
