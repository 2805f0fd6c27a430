// Makes the JSON Schema (draft 2020-12) of a scenario file, for editors and validators. It describes what is written: quantities
// are texts. Every choice is decided by one key (`do`, `fault`, `mode`, the event's name) with an `if` for each of its words,
// so that a mistake brings the error of its own branch and not one of each branch, and an editor completes the keys of that
// branch. `patternErrorMessage`, `errorMessage` and `enumDescriptions` are words of editors; a validator in strict mode takes
// the plain schema, which does not have them.

import { z } from "zod";
import { type FieldValues, rangeOf } from "../machine/event-values";
import { EVENT_NAMES, EVENT_VALUES } from "../machine/events";
import { BRANCHES, EVENT_KEYS, moment, scenarioShape } from "./schema";
import { type Choice, EDITOR } from "./values";

type Json = Record<string, unknown>;

/** The words that only editors know. */
const FOR_EDITORS: readonly string[] = ["patternErrorMessage", "errorMessage", "enumDescriptions"];

export const SCHEMA_ID = "urn:cistern:scenario:1";

/** The JSON Schema of a scenario file. `plain` leaves out the words that only editors know. */
export function scenarioJsonSchema({ plain = false } = {}): object {
  const definitions = new Map<string, Json>();
  const whole: Json = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: SCHEMA_ID,
    title: "cistern scenario",
    description: "A run of the emulated pump with its timeline and its expectations",
    ...jsonOf(scenarioShape, definitions),
    $defs: Object.fromEntries(definitions),
  };
  return plain ? (withoutWords(whole) as object) : whole;
}

function jsonOf(shape: z.ZodType, definitions: Map<string, Json>): Json {
  const { $schema: _, ...json } = walked(
    z.toJSONSchema(shape, { target: "draft-2020-12", io: "input" }),
    definitions,
  ) as Json;
  return json;
}

/** The same schema with each choice written as its branches, and each pattern as a definition of its own. */
function walked(node: unknown, definitions: Map<string, Json>): unknown {
  if (Array.isArray(node)) return node.map((each) => walked(each, definitions));
  if (typeof node !== "object" || node === null) return node;
  const { [EDITOR.choice]: choice, [EDITOR.pattern]: name, ...own } = node as Json;
  if (typeof choice === "string") {
    const { description } = own;
    return { ...chosen(choice as Choice, definitions), ...(description === undefined ? {} : { description }) };
  }
  const rest = Object.fromEntries(Object.entries(own).map(([key, each]) => [key, walked(each, definitions)]));
  if (typeof name === "string") {
    const { type, pattern, patternErrorMessage, ...beside } = rest;
    definitions.set(name, { type, pattern, patternErrorMessage });
    return { $ref: `#/$defs/${name}`, ...beside };
  }
  // A key that must not be there. An editor has a sentence for `false` and none for `not`.
  if (JSON.stringify(rest.not) === "{}") return false;
  // Both elements of a pair are of one kind, and this form is the same in every draft.
  const { prefixItems, ...list } = rest;
  return Array.isArray(prefixItems) ? { ...list, items: prefixItems[0] as Json } : rest;
}

/** The branches of a value whose shape is decided by a look at it. */
function chosen(choice: Choice, definitions: Map<string, Json>): Json {
  switch (choice) {
    case "entry": {
      const one = byWord("do", definitions);
      const other = byWord("fault", definitions);
      const neither = "An entry has `at` and either `do` or `fault`";
      return {
        type: "object",
        properties: { ...one.properties, ...other.properties },
        required: ["at"],
        allOf: [
          { if: has("do"), then: hasNot("fault"), else: { ...has("fault"), errorMessage: neither } },
          ...one.allOf,
          ...other.allOf,
        ],
      };
    }
    case "basal":
      return { type: "object", ...byWord("mode", definitions), required: ["mode"] };
    case "change":
      return {
        if: { type: "object" },
        then: jsonOf(moment, definitions),
        else: { const: true, errorMessage: "Expected `true` or a mapping with after, within" },
      };
    case "event":
      return byEvent("name", jsonOf(EVENT_KEYS.event, definitions), ["name"]);
    case "never": {
      const { properties, allOf } = byEvent("event", jsonOf(EVENT_KEYS.never, definitions), []);
      const alone = { ...has("alarm"), additionalProperties: false, properties: { alarm: true } };
      return { type: "object", properties, allOf: [{ if: hasNot("event"), then: alone }, ...allOf] };
    }
  }
}

/** The schema of a mapping whose shape is that of the word under `key`: the words, and the keys that all branches share. */
function byWord(key: "do" | "fault" | "mode", definitions: Map<string, Json>): { properties: Json; allOf: Json[] } {
  const branches = BRANCHES[key].map(({ name, shape }) => ({ name, json: jsonOf(shape, definitions) }));
  const does = branches.map(
    ({ json }) => json.description ?? (json.properties as Record<string, Json>)[key].description,
  );
  const { at } = branches[0].json.properties as Json;
  return {
    properties: {
      ...(at === undefined ? {} : { at }),
      [key]: { type: "string", enum: branches.map(({ name }) => name), enumDescriptions: does },
    },
    allOf: branches.map(({ name, json }) => ({ if: is(key, name), then: json })),
  };
}

/** The schema of a mapping that names an event under `key` and may have the fields of that event. */
function byEvent(
  key: string,
  own: Json,
  required: string[],
): { type: "object"; properties: Json; required: string[]; allOf: Json[] } {
  const keys = Object.keys(own.properties as Json).filter((each) => each !== "alarm");
  const allowed = Object.fromEntries(keys.map((each) => [each, true]));
  const allOf = EVENT_NAMES.map((name) => {
    const fields = Object.entries(EVENT_VALUES.get(name)!).map(([field, values]) => [field, jsonOfValues(values)]);
    const properties = { ...allowed, ...(Object.fromEntries(fields) as Json) };
    return { if: is(key, name), then: { type: "object", properties, additionalProperties: false } };
  });
  return { type: "object", properties: own.properties as Json, required, allOf };
}

function jsonOfValues(values: FieldValues): Json {
  switch (values.kind) {
    case "words":
      return { type: "string", enum: values.words };
    case "text":
      return { type: "string", pattern: values.pattern, patternErrorMessage: `Expected ${values.form}` };
    case "number": {
      // A step of a fraction is left to the loader, because a validator divides doubles.
      const whole = Number.isInteger(values.step);
      return {
        type: whole ? "integer" : "number",
        minimum: Math.min(values.min, ...values.also),
        maximum: values.max,
        ...(whole && values.step > 1 ? { multipleOf: values.step } : {}),
        description: rangeOf(values),
      };
    }
  }
}

/** A mapping that has the key. Some validators take `required` only beside `properties`. */
function has(key: string): Json {
  return { type: "object", properties: { [key]: true }, required: [key] };
}

function hasNot(key: string): Json {
  return { type: "object", properties: { [key]: false } };
}

function is(key: string, word: string): Json {
  return { type: "object", properties: { [key]: { const: word } }, required: [key] };
}

function withoutWords(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutWords);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => !FOR_EDITORS.includes(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutWords(each)]));
}
