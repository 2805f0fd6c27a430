// The page for people says what the tables and the loader say.

import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { CONDITION_ROWS, INDICATION_ROWS } from "../../emulator/contract/indications";
import { FAULTS } from "../../emulator/faults";
import { parseScenario } from "../../emulator/scenario/load";
import { ACTION_NAMES, BASAL_MODES, EXPECTATION_SHAPES, PRESCRIPTION_KEYS } from "../../emulator/scenario/schema";
import { EXAMPLE, minimal } from "./example";

const page = readFileSync(new URL("../../docs/scenario.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/`(\{ [^`]+ \})`/g)].map((match) => match[1]);
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]);
const entries = examples.filter((example) => example.startsWith("{ at:"));
const expectations = examples.filter((example) => !example.startsWith("{ at:"));
const keys = [...page.matchAll(/^\|.*\| `(\w+: [^`]+)` \|$/gm)].map((match) => match[1]);

describe("docs/scenario.md", () => {
  it("shows the published example, which loads", () => {
    expect(blocks[0]).toBe(EXAMPLE);
  });

  it("shows a patient, a clinician and a trial, which together are a file that loads (PAT-5, TRI-2)", () => {
    const people = blocks.slice(1).join("");
    const pump = "pump: { model: external-trial }\n";
    expect(() => parseScenario(minimal(pump + people).replace("24 h", "20 d"), "page.yaml")).not.toThrow();
    for (const key of ["patient:", "clinician:", "trial:", "timeline:"]) expect(people).toContain(key);
  });

  it("has the figures of every indication and every condition, as their table has them (PAT-5)", () => {
    for (const { name, does, age, pain, ashworth, spasms, source } of INDICATION_ROWS) {
      const row = [`\`${name}\``, does, age, pain, ashworth, spasms, source].join(" | ");
      expect(page.replace(/ +/g, " ")).toContain(row);
    }
    for (const { name } of CONDITION_ROWS) expect(page).toContain(`\`${name}\``);
  });

  it("has one row for each fault of the table, in its order and words, with an example that is that fault", () => {
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| `(\{ at:[^`]* fault:[^`]*)` \| (.*) \|$/gm)];
    expect(rows.map((row) => [row[1], row[3]])).toEqual(FAULTS.map((fault) => [fault.name, fault.does]));
    for (const [, name, example] of rows) {
      const [entry] = parseScenario(minimal(`timeline: [${example}]`), "page.yaml").timeline;
      expect("fault" in entry && entry.fault.fault).toBe(name);
    }
    const lasting = rows.filter((row) => / for: /.test(row[2])).map((row) => row[1]);
    expect(lasting).toEqual(FAULTS.filter((fault) => fault.duration === "lasting").map((fault) => fault.name));
  });

  it("shows every action", () => {
    const shown = entries.map((entry) => (parse(entry) as { do?: string }).do).filter((name) => name !== undefined);
    expect(new Set(shown)).toEqual(new Set(ACTION_NAMES));
  });

  it("shows every key and basal mode of a prescription", () => {
    const shown = keys.map((key) => Object.entries(parse(key) as Record<string, { mode?: string }>)[0]);
    expect(shown.map(([name]) => name)).toEqual(expect.arrayContaining([...PRESCRIPTION_KEYS]));
    for (const mode of BASAL_MODES) expect(page).toContain(`\`mode: ${mode}\``);
  });

  it("shows every expectation", () => {
    const shown = expectations.flatMap((example) => Object.keys(parse(example) as object));
    expect(new Set(shown.filter((key) => key in EXPECTATION_SHAPES))).toEqual(new Set(Object.keys(EXPECTATION_SHAPES)));
  });

  test.each(entries)("the entry %s loads", (entry) => {
    const patient = /do: (inject|convert)/.test(entry) ? "patient: { indication: cancer, weight: 70 kg }\n" : "";
    expect(() => parseScenario(minimal(`${patient}timeline: [${entry}]`), "page.yaml")).not.toThrow();
  });

  test.each(expectations)("the expectation %s loads", (entry) => {
    expect(() => parseScenario(minimal(`expect: [${entry}]`), "page.yaml")).not.toThrow();
  });

  test.each(keys)("the key %s loads", (key) => {
    const file = parse(minimal()) as Record<string, object>;
    const [name, value] = Object.entries(parse(key) as Record<string, object>)[0];
    if (PRESCRIPTION_KEYS.includes(name)) file.prescription = { ...file.prescription, [name]: value };
    else file[name] = value;
    expect(() => parseScenario(JSON.stringify(file), "page.yaml")).not.toThrow();
  });

  it("has examples to check", () => {
    expect([
      entries.length >= FAULTS.length + ACTION_NAMES.length,
      expectations.length >= 6,
      keys.length >= 12,
    ]).toEqual([true, true, true]);
  });
});
