// The JSON Schema for editors: a strict validator takes it, it accepts what the loader accepts, and a mistake brings its own
// error and few others.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { FAULTS } from "../../emulator/faults";
import { EVENT_NAMES, EVENT_VALUES } from "../../emulator/machine/events";
import { scenarioJsonSchema, SCHEMA_ID } from "../../emulator/scenario/json-schema";
import { ACTION_NAMES } from "../../emulator/scenario/schema";
import { EXAMPLE, minimal } from "./example";

const folder = new URL("../../scenarios/", import.meta.url);
const page = readFileSync(new URL("../../docs/scenario.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/`(\{ [^`]+ \})`/g)].map((match) => match[1]);

/** Strict in every respect, with the words of editors made known. */
function strict(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  ajv.addVocabulary(["patternErrorMessage", "errorMessage", "enumDescriptions"]);
  return ajv.compile(schema);
}

const validate = strict(scenarioJsonSchema());
const errorsOf = (text: string): string[] =>
  validate(parse(text)) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);

describe("the JSON Schema", () => {
  it("is of draft 2020-12, has an id, and is plain JSON (EMU-10)", () => {
    const schema = scenarioJsonSchema() as { $schema: string; $id: string };
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.$id).toBe(SCHEMA_ID);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it("without the words of editors is taken by a validator that is strict in every respect (EMU-10)", () => {
    const ajv = new Ajv2020({ strict: true });
    expect(ajv.compile(scenarioJsonSchema({ plain: true }))(parse(EXAMPLE))).toBe(true);
    expect(() => new Ajv2020({ strict: true }).compile(scenarioJsonSchema())).toThrow("unknown keyword");
  });

  it("knows every fault and action", () => {
    const text = JSON.stringify(scenarioJsonSchema());
    for (const fault of FAULTS) expect(text).toContain(`"const":"${fault.name.split(".")[0]}"`);
    for (const name of ACTION_NAMES) expect(text).toContain(`"const":"${name}"`);
  });

  it("accepts the example and everything on the page", () => {
    expect(errorsOf(EXAMPLE)).toEqual([]);
    for (const example of examples) {
      const key = example.startsWith("{ at:") ? "timeline" : "expect";
      expect([example, errorsOf(minimal(`${key}: [${example}]`))]).toEqual([example, []]);
    }
  });

  test.each(readdirSync(folder))("accepts scenarios/%s", (file) => {
    expect(errorsOf(readFileSync(new URL(file, folder), "utf8"))).toEqual([]);
  });

  test.each([
    ["duration: 24 h", "duration: 24", "/duration must be string"],
    ["duration: 24 h", "duration: 24 mL", "/duration must match pattern"],
    ["seed: 7", "sed: 7", " must NOT have additional properties"],
    ["fault: motor_stall", "fault: motor_stal", "/timeline/2/fault must be equal to one of the allowed values"],
    ["fault: motor_stall,", "fault: reset,", "/timeline/2/for boolean schema is false"],
    ["do: patient_bolus", "do: patient_blus", "/timeline/0/do must be equal to one of the allowed values"],
    ["do: patient_bolus", "do: prime", "/timeline/0 must have required property 'volume'"],
    ["do: patient_bolus", "doo: patient_bolus", "/timeline/0 must have required property 'fault'"],
    ["do: patient_bolus", "do: stop, fault: reset", "/timeline/0/fault boolean schema is false"],
    [
      "mode: continuous, dose: 1 mg/day",
      "mode: flecks",
      "/prescription/basal/mode must be equal to one of the allowed",
    ],
    [", dose: 1 mg/day", "", "/prescription/basal must have required property 'dose'"],
    ["name: motor.pulses", "name: motor.puls", "/expect/4/signal/name must be equal to one of the allowed values"],
    ["reason: lockout", "reason: digest", "/expect/1/event/reason must be equal to one of the allowed values"],
    ["reason: lockout", "raeson: lockout", "/expect/1/event must NOT have additional properties"],
    ["reason: lockout", "reason: 3", "/expect/1/event/reason must be string"],
    ["alarm: dose_guard", "event: reset, cause: extrenal", "/expect/3/never/cause must be equal to one of the allowed"],
    ["alarm: dose_guard", "event: bolus_started, volume_nl: abc", "/expect/3/never/volume_nl must be integer"],
    ["alarm: dose_guard", "event: bolus_started, volume_nl: 251", "/expect/3/never/volume_nl must be multiple of 250"],
    ["alarm: dose_guard", "alarm: dose_guard, cause: x", "/expect/3/never must NOT have additional properties"],
    ["- { never:", "- { nevr:", "/expect/3 must NOT have additional properties"],
  ])("answers %s -> %s with: %s, and with few other errors (EMU-10)", (from, to, words) => {
    expect(EXAMPLE).toContain(from);
    const errors = errorsOf(EXAMPLE.replace(from, to));
    expect(
      errors.some((error) => error.startsWith(words)),
      errors.join("\n"),
    ).toBe(true);
    expect(errors.length).toBeLessThanOrEqual(6);
  });

  it("says of every pattern in a sentence what is expected (EMU-10)", () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { pattern, patternErrorMessage: sentence } = node as Record<string, unknown>;
      if (typeof pattern === "string" && !/^Expected ./.test(String(sentence))) bare.push(path);
      for (const [key, each] of Object.entries(node)) walk(each, `${path}/${key}`);
    };
    walk(scenarioJsonSchema(), "");
    expect(bare).toEqual([]);
  });

  it("has a branch for each event with the words of its fields", () => {
    const base = EXAMPLE.replace("alarm: dose_guard", "event: EVENT, FIELD: VALUE");
    for (const name of EVENT_NAMES) {
      for (const [field, values] of Object.entries(EVENT_VALUES.get(name)!)) {
        const never = (value: string) =>
          errorsOf(base.replace("EVENT", name).replace("FIELD", field).replace("VALUE", value));
        if (values.kind === "words")
          for (const word of values.words) expect([word, never(JSON.stringify(word))]).toEqual([word, []]);
        if (values.kind === "number")
          for (const each of [values.min, values.max, ...values.also])
            expect([name, field, never(String(each))]).toEqual([name, field, []]);
        expect(never("[1]"), `${name} ${field}`).not.toEqual([]);
      }
    }
  });
});
