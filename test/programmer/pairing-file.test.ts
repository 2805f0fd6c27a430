// The file that keeps a programmer's pairing. It is written whole or not at all, for its owner alone, and its sequence is
// on the disk before it is used. Everything that can be wrong with it has one clear line (SEC-4, EMU-3).

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { FileError } from "../../emulator/file";
import {
  type KeptPairing,
  PairingBook,
  PairingFileError,
  defaultPairingPath,
  permissionsWarning,
  readPairing,
  writePairing,
} from "../../emulator/programmer/pairing-file";
import { ROLE_PATIENT } from "../../hal/telemetry";

const folder = mkdtempSync(join(tmpdir(), "cistern-pairing-"));
const path = join(folder, "pairing.json");
const KEPT: KeptPairing = {
  name: "0123abcd",
  id: 3,
  role: ROLE_PATIENT,
  key: Uint8Array.from({ length: 16 }, (_, i) => i * 16),
  sequence: 41,
};

beforeEach(() => rmSync(path, { force: true, recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function refusal(work: () => unknown): PairingFileError {
  try {
    work();
  } catch (error) {
    if (error instanceof PairingFileError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The file with one key changed. */
function changed(key: string, value: unknown): void {
  writePairing(path, KEPT);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), [key]: value }));
}

test("SEC-5: the default place is in a folder of the user's own, or nowhere", () => {
  const before = { HOME: process.env["HOME"], XDG_CONFIG_HOME: process.env["XDG_CONFIG_HOME"] };
  const placeWith = (home: string, config: string) => {
    Object.assign(process.env, { HOME: home, XDG_CONFIG_HOME: config });
    return defaultPairingPath();
  };
  try {
    expect(placeWith("/people/ann", "")).toBe("/people/ann/.config/cistern/pairing.json");
    expect(placeWith("/people/ann", "/etc/ann")).toBe("/etc/ann/cistern/pairing.json");
    expect([placeWith("", ""), placeWith("here", ""), placeWith("/people/ann", "config")]).toEqual([null, null, null]);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

describe("a pairing file that is written and read", () => {
  test("gives back the pairing as it was written, and its folders are made", () => {
    const deep = join(folder, "a", "b", "pairing.json");
    writePairing(deep, KEPT);
    expect(readPairing(deep)).toEqual(KEPT);
  });

  test("SEC-4: has mode 0600, says that its key is a development key, and leaves no other file", () => {
    writePairing(path, KEPT);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toContain("development key");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(permissionsWarning(path)).toBeNull();
  });

  test("is no pairing when it does not exist", () => {
    expect(readPairing(path)).toBeNull();
  });

  test("gives a warning that says what to do when others may read it", () => {
    writePairing(path, KEPT);
    chmodSync(path, 0o644);
    expect(permissionsWarning(path)).toMatch(/0644\): chmod 600 /);
    expect(readPairing(path)).toEqual(KEPT);
  });
});

describe("the sequence of a pairing", () => {
  test("is on the disk before it is used, and continues after a restart", () => {
    writePairing(path, KEPT);
    const book = new PairingBook(readPairing(path)!, path);
    expect(book.nextSequence()).toBe(42);
    expect(readPairing(path)!.sequence).toBe(42);
    expect(new PairingBook(readPairing(path)!, path).nextSequence()).toBe(43);
  });

  test("is never the same for two programmers of one file", () => {
    writePairing(path, KEPT);
    const books = [0, 1].map(() => new PairingBook(readPairing(path)!, path));
    const drawn = [0, 1, 0, 0, 1, 1].map((i) => books[i].nextSequence());
    expect(drawn).toEqual([42, 43, 44, 45, 46, 47]);
  });

  test("is not given when it cannot be kept", () => {
    writePairing(path, KEPT);
    const book = new PairingBook(readPairing(path)!, join(path, "pairing.json"));
    expect(refusal(() => book.nextSequence()).isContent).toBe(false);
  });
});

test("EMU-3: a pairing that cannot be written is refused with its place, and the old one stays", () => {
  writePairing(path, KEPT);
  expect(() => writePairing(join(path, "pairing.json"), KEPT)).toThrow(FileError);
  expect(() => writePairing(join(path, "pairing.json"), KEPT)).toThrow("a part of the path is not a directory");
  expect(readPairing(path)).toEqual(KEPT);
});

describe("EMU-3: a file that is no pairing", () => {
  test("is refused with line and column when it is broken JSON", () => {
    writeFileSync(path, '{\n  "schema": "cistern.pairing/1",\n  oops\n}\n');
    const { message, isContent } = refusal(() => readPairing(path));
    expect(message).toContain(`${path}:3:3: expected JSON`);
    expect(isContent).toBe(true);
  });

  test.each([
    ["schema", "cistern.pairing/2", /schema: expected "cistern.pairing\/1", found "cistern.pairing\/2"/],
    ["name", "xyz", /name: expected eight hex digits, found "xyz"/],
    ["role", "surgeon", /role: expected clinician, patient or observer, found "surgeon"/],
    ["pairing", 6, /pairing: expected a whole number from 0 to 5, found 6/],
    ["sequence", -1, /sequence: expected a whole number from 0 to 65535, found -1/],
    ["sequence", "7", /found "7"/],
  ])("is refused when its %s is %j", (key, value, message) => {
    changed(key, value);
    expect(refusal(() => readPairing(path)).message).toMatch(message);
  });

  test("is refused without printing a bad key", () => {
    changed("key", "5ec2e7");
    const { message } = refusal(() => readPairing(path));
    expect(message).toContain("key: expected 32 hex digits");
    expect(message).not.toContain("5ec2e7");
  });

  test.each(["[]", "null", "7"])("is refused when the whole file is %s", (text) => {
    writeFileSync(path, text);
    expect(refusal(() => readPairing(path)).message).toContain("expected a mapping");
  });

  test("is refused when it is a folder", () => {
    mkdirSync(path);
    expect(refusal(() => readPairing(path)).message).toContain("it is a directory");
  });
});
