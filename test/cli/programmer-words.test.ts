// The words of `cistern programmer`, against the tables that they come from: every outcome is explained, every command is in
// the docs, and a program survives being written as YAML.

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { figure } from "../../emulator/amounts";
import { change, minutes, volume } from "../../emulator/cli/programmer/figures";
import { comparison, programYaml, solutesOf } from "../../emulator/cli/programmer/program-text";
import { OUTCOME_WORDS, outcomeWords } from "../../emulator/cli/programmer/words";
import { PROGRAMMER_COMMANDS } from "../../emulator/cli/programmer";
import { encodeProgram } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import { parseOrder } from "../../emulator/scenario/load";
import { DRUG_MORPHINE, DRUGS } from "../../hal/drug-library";
import { OUTCOMES } from "../../hal/telemetry";
import { BARE, FLEX } from "../telemetry/programs";
import { root } from "./programmer-run";

const page = readFileSync(join(root, "docs", "programmer.md"), "utf8");
const MORPHINE = { id: DRUG_MORPHINE, concentration: 100_000 };

describe("every outcome is explained in words", () => {
  test("and none by its code alone", () => {
    expect(OUTCOME_WORDS).toHaveLength(OUTCOMES);
    for (const { name, means, next } of OUTCOME_WORDS) {
      expect([name, means]).not.toContainEqual(expect.stringMatching(/unknown|with code/));
      expect(next).not.toBe("");
    }
  });

  test("but an outcome of a later version by its code", () => {
    expect(outcomeWords(OUTCOMES + 40)).toMatchObject({
      name: "unknown",
      means: expect.stringContaining("code") as string,
    });
  });

  test.each(OUTCOME_WORDS)("and docs/programmer.md has the words of $name", ({ name, means, next }) => {
    expect(page).toContain(`| ${name} | ${means} | ${next} |`);
  });
});

describe("docs/programmer.md describes every command", () => {
  test.each(PROGRAMMER_COMMANDS)("$name", ({ name, argument, does, options = [] }) => {
    expect(page).toContain(`| \`${[name, argument?.[0]].filter(Boolean).join(" ")}\` | ${does} |`);
    for (const [flags] of options) expect(page).toContain(`\`${flags}\``);
  });
});

describe("a figure is written as", () => {
  test.each([
    [figure(4.1666666666666), "4.16666666667"],
    [figure(100), "100"],
    [volume(20), "5 uL"],
    [volume(4000), "1 mL"],
    [minutes(60), "1 h"],
    [minutes(1440), "24 h"],
    [minutes(10_080), "7 d"],
    [minutes(95), "1 h 35 min"],
    [change(560, 1120), "+100.0 %"],
    [change(560, 560), "as before"],
    [change(0, 560), "from nothing"],
    [change(560, 0), "-100.0 %"],
  ])("%s", (found, expected) => {
    expect(found).toBe(expected);
  });
});

describe("a program is shown beside the one that it replaces", () => {
  test("with its differences marked, and the values that only the old one has in their place", () => {
    const old: Program = {
      ...BARE,
      drugs: [MORPHINE],
      bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 },
    };
    const next: Program = { ...old, bolus: null, rate: 12_000 };
    const lines = comparison(old, next, solutesOf(next)).split("\n");
    expect(lines.filter((line) => line.startsWith("* ")).map((line) => line.slice(2, 17).trim())).toEqual([
      "basal",
      "patient bolus",
      "lockout",
      "at most",
      "most in 24 h",
    ]);
    expect(lines.at(-1)).toBe("  24-hour total: 140 uL now, 120 uL new: -14.3 %");
  });
});

describe("`read --yaml` writes a file that `program` takes", () => {
  const back = (program: Program) => encodeProgram(parseOrder(programYaml(program)!, "back.yaml").program);

  test("but refuses a program without drugs, which a file cannot express", () => {
    expect(programYaml(BARE)).toBeNull();
  });

  test.each([
    ["continuous", BARE],
    ["flex by weekday", FLEX],
    ["minimum", { ...BARE, mode: "minimum" as const, rate: 0 }],
    ["stopped", { ...BARE, mode: "stopped" as const, rate: 0 }],
    [
      "periodic",
      { ...BARE, mode: "periodic" as const, rate: 0, periodic: { pulses: 80, duration_s: 601, every_min: 240 } },
    ],
    ["with a refill date", { ...BARE, refill_days: 40 }],
  ])("%s", (_, program) => {
    const whole = { ...program, drugs: [MORPHINE] };
    expect(back(whole)).toEqual(encodeProgram(whole));
  });

  test("with any rate, bolus, limit, concentration and drug, to the last unit", () => {
    const limit = fc.record({
      pulses: fc.integer({ min: 1, max: 400_000 }),
      window_min: fc.integer({ min: 15, max: 10_080 }),
    });
    const program = fc.record({
      mode: fc.constant("continuous" as const),
      rate: fc.integer({ min: 1, max: 2_400_000 }),
      bolus: fc.option(
        fc.record({
          pulses: fc.integer({ min: 1, max: 65_535 }),
          duration_s: fc.integer({ min: 1, max: 43_200 }),
          lockout_min: fc.integer({ min: 15, max: 1440 }),
          per24h: fc.integer({ min: 1, max: 96 }),
        }),
      ),
      limits: fc.array(limit, { maxLength: 4 }),
      low_pulses: fc.integer({ min: 0, max: 160_000 }),
      drugs: fc.uniqueArray(
        fc.record({
          id: fc.integer({ min: 0, max: DRUGS - 1 }),
          concentration: fc.integer({ min: 1, max: 1_000_000 }),
        }),
        { minLength: 1, maxLength: 4, selector: ({ id }) => id },
      ),
    });
    fc.assert(
      fc.property(program, (one) => {
        expect(back(one)).toEqual(encodeProgram(one));
      }),
      { numRuns: 200 },
    );
  });
});
