// Every hazard of the fact base is accounted for, controlled by requirements that exist and are tested, and shown by
// faults that exist; and the page says so. The ids of the fixtures are made up: a real one would count as its proof.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HARM_NAMES } from "../emulator/contract/harms";
import { FAULTS } from "../emulator/faults";
import {
  accountedFor,
  type ApplicableHazard,
  type ForeignHazard,
  hazards,
  type HazardTable,
  page,
  problems,
  unproved,
} from "../scripts/hazards.mjs";

/** Recalls and failure modes of the fact base. */
const REPORTED = "R1 R2 R3 R3b R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20".split(" ");
/** Rows of generic hazard analyses that the fact base took over, line by line. */
const GENERIC = [
  "1.1 1.2 1.3 1.4 1.7 1.8 1.9 1.10 1.13 1.14 1.16 1.20 1.21 1.22 1.23 1.28",
  "2.7 2.10 2.14 3.4 3.5 3.6 4.2 4.4 4.7 4.8 4.9 4.10 4.11 4.13",
  "5.1 5.3 5.6 5.10 5.11 5.12 6.6 8.14",
].flatMap((line) => line.split(" ").map((number) => `HID ${number}`));

function unknownFaults({ hazards: rows, unnamed }: HazardTable): string[] {
  const names = new Set<string>(FAULTS.map(({ name }) => name));
  return [...rows.filter((row) => row.applies), ...unnamed].flatMap((row) =>
    row.fault.filter((name) => !names.has(name)).map((name) => `${row.id}: no fault is called ${name}`),
  );
}

test("every recall and every generic hazard is accounted for, once", () => {
  expect(accountedFor().sort()).toEqual([...REPORTED, ...GENERIC].sort());
});

test("every row that applies has mitigations that exist and a proof, and every other row has a reason", () => {
  expect(problems()).toEqual([]);
});

test("every fault named is in the table of faults", () => {
  expect(unknownFaults(hazards())).toEqual([]);
});

test("EMU-8: every hazard that no alarm names does a harm of the table", () => {
  expect(hazards().unnamed.filter(({ harm }) => !HARM_NAMES.includes(harm))).toEqual([]);
});

test("every requirement that controls a hazard has a test, or is declared as not built yet", () => {
  expect(unproved()).toEqual([]);
});

test("docs/hazards.md is current (node scripts/hazards.mjs --write)", () => {
  expect(readFileSync(join(import.meta.dirname, "..", "docs", "hazards.md"), "utf8")).toBe(page());
});

describe("each check complains", () => {
  const known = [
    { id: "AAA-1", status: "here" as const },
    { id: "AAA-2", status: "later" as const },
  ];
  const controlled: ApplicableHazard = {
    id: "X1",
    group: "All",
    hazard: "h",
    source: ["S"],
    applies: true,
    mitigations: [{ id: "AAA-1", how: "by doing so" }],
    fault: ["reset"],
  };
  const foreign: ForeignHazard = { id: "X2", hazard: "h", source: ["S"], applies: false, reason: "elsewhere" };
  const table = (rows: HazardTable["hazards"], later: HazardTable["later"] = []): HazardTable => ({
    later,
    sources: [{ tag: "S", what: "w" }],
    hazards: rows,
    unnamed: [],
  });
  const silent = { id: "H-1", harm: "dry", hazard: "h", fault: ["reset"], reason: "r" };
  const unnamed = (...rows: HazardTable["unnamed"]) => ({ ...table([controlled]), unnamed: rows });
  const cites = (id: string) => ({ ...controlled, mitigations: [{ id, how: "so" }] });

  test("about nothing in a sound table", () => {
    const sound = table([controlled, foreign]);
    expect(problems(sound, known)).toEqual([]);
    expect(unproved(sound, new Map([["AAA-1", ["test/a.test.ts"]]]))).toEqual([]);
    expect(unknownFaults(sound)).toEqual([]);
  });

  test.each([
    ["X1: listed twice", table([controlled, { ...foreign, also: ["X1"] }])],
    ["X2: does not apply, and no reason is given", table([{ ...foreign, reason: "" }])],
    ["X1: in no group", table([{ ...controlled, group: "" }])],
    ["X1: no mitigation", table([{ ...controlled, mitigations: [] }])],
    [
      "X1: AAA-1 is named twice",
      table([{ ...controlled, mitigations: [...controlled.mitigations, ...controlled.mitigations] }]),
    ],
    ["X1: AAA-1 does not say how", table([{ ...controlled, mitigations: [{ id: "AAA-1", how: "" }] }])],
    ["X1: neither a fault nor an act shows it", table([{ ...controlled, fault: [] }])],
    ["AAA-9: no such requirement, and it is said to control X1", table([cites("AAA-9")])],
    ["T: cited, and no such source", table([controlled, { ...foreign, source: ["T"] }])],
    ["S: a source that no row cites", table([])],
    ["AAA-2: declared as not built yet without a reason", table([cites("AAA-2")], [{ id: "AAA-2", reason: "" }])],
    [
      "AAA-1: declared as not built yet, and requirements.json says it is here",
      table([controlled], [{ id: "AAA-1", reason: "r" }]),
    ],
    ["H-1: listed twice", unnamed(silent, silent)],
    ["R1: expected an id like H-1", unnamed({ ...silent, id: "R1" })],
    ["H-1: no alarm names it, and no reason is given", unnamed({ ...silent, reason: "" })],
    ["H-1: neither a fault nor an act shows it", unnamed({ ...silent, fault: [] })],
    ["AAA-2: declared as not built yet, and no hazard cites it", table([controlled], [{ id: "AAA-2", reason: "r" }])],
  ])("%s", (complaint, wrong) => {
    expect(problems(wrong, known)).toEqual([complaint]);
  });

  test("about a requirement without a test, by its id, unless it is declared", () => {
    const untested = ["AAA-2: no test cites it, and it controls X1"];
    expect(unproved(table([cites("AAA-2")]), new Map())).toEqual(untested);
    expect(unproved(table([cites("AAA-2")], [{ id: "AAA-2", reason: "r" }]), new Map())).toEqual([]);
  });

  test("about a fault that does not exist", () => {
    expect(unknownFaults(table([{ ...controlled, fault: ["flood"] }]))).toEqual(["X1: no fault is called flood"]);
    expect(unknownFaults(unnamed({ ...silent, fault: ["flood"] }))).toEqual(["H-1: no fault is called flood"]);
  });
});
