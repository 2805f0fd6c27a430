// The table of telemetry commands against the firmware that decodes and permits by it. What each command does is the matter of
// other tests; here each row is what hal/telemetry.ts says of it, fits a frame, and has its handler.

import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES, COMMAND_ROWS, encodePayload, LOG_ENTRY, STATUS } from "../../emulator/contract/commands";
import { bytesOf, placed, type NumberField } from "../../emulator/contract/layout";
import { Machine } from "../../emulator/machine/machine";
import { parseScenario } from "../../emulator/run/open";
import { Commands } from "../../firmware/commands";
import * as telemetry from "../../hal/telemetry";
import {
  PAYLOAD_FIELDS_MAX,
  COMMANDS,
  commandRow,
  FIELD_U16,
  FIELD_U32,
  FIELD_U8,
  fieldOf,
  LOG_ENTRY_BYTES,
  PAYLOAD_BYTES,
  ROLES,
  ROW_HAS_REST,
  ROW_IS_REMEMBERED,
  ROW_LOGS_REFUSAL,
  ROW_NEEDS_HEAD,
  STATUS_BYTES,
} from "../../hal/telemetry";
import { minimal } from "../scenario/example";

const constants = telemetry as unknown as Record<string, number>;
const TYPES: Record<NumberField["type"], number> = { u8: FIELD_U8, u16: FIELD_U16, u32: FIELD_U32, i32: FIELD_U32 };
const ROLE_NAMES = ["", "clinician", "patient", "observer"];

describe("a row of the table of commands", () => {
  test.each(COMMAND_ROWS)("$name has the row by which the firmware permits and decodes it", (row) => {
    const bits = commandRow(row.code);
    const roles = ROLE_NAMES.filter((_, role) => role > 0 && (bits & (1 << role)) !== 0);
    expect(roles).toEqual([...row.roles]);
    expect((bits & ROW_NEEDS_HEAD) !== 0).toBe(row.needsHead);
    expect((bits & ROW_IS_REMEMBERED) !== 0).toBe(row.isRemembered);
    expect((bits & ROW_LOGS_REFUSAL) !== 0).toBe(row.logsRefusal ?? false);
    expect((bits & ROW_HAS_REST) !== 0).toBe(row.rest !== undefined);
    const fields = Array.from({ length: PAYLOAD_FIELDS_MAX }, (_, i) => fieldOf(bits, i)).filter((type) => type > 0);
    expect(fields).toEqual(row.payload.map(({ type }) => TYPES[type]));
  });

  test.each(COMMAND_ROWS)(
    "$name has its published code, and its fields have their published places",
    ({ code, name, payload }) => {
      expect(constants[`COMMAND_${name.toUpperCase()}`]).toBe(code);
      expect(COMMAND_NAMES[code]).toBe(name);
      payload.forEach((field, i) => expect(constants[`${name}_${field.name}`.toUpperCase()]).toBe(i));
    },
  );

  test.each(COMMAND_ROWS)("$name fits a frame, and so does its answer", ({ payload, rest, answer, answerRest }) => {
    const bytes = (more: typeof rest) => (more ? more.max * bytesOf(more.of ?? [{ name: "byte", type: "u8" }]) : 0);
    expect(bytesOf(payload) + bytes(rest)).toBeLessThanOrEqual(PAYLOAD_BYTES);
    expect(1 + bytesOf(answer) + bytes(answerRest)).toBeLessThanOrEqual(PAYLOAD_BYTES);
  });

  test.each(COMMAND_ROWS)("$name has a handler of its name", ({ name }) => {
    const handler = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    expect(typeof (Commands.prototype as unknown as Record<string, unknown>)[handler]).toBe("function");
  });

  test("is 0 for a code that is no command", () => {
    const known = new Set(COMMAND_ROWS.map(({ code }) => code));
    for (let kind = -1; kind < 300; kind++) if (!known.has(kind)) expect(commandRow(kind)).toBe(0);
    expect(COMMANDS).toBe(Math.max(...known) + 1);
  });

  test("names a session of an unknown role only for interrogate, which every role may ask", () => {
    const anybody = COMMAND_ROWS.filter(({ code }) => (commandRow(code) & 1) !== 0).map(({ name }) => name);
    expect(anybody).toEqual(["interrogate"]);
    expect(ROLES).toBe(ROLE_NAMES.length);
  });
});

describe("the layouts of answers", () => {
  test.each(placed(STATUS))("a status has $part.name at byte $at of its payload", ({ part, at }) => {
    expect(constants[`STATUS_${part.name.toUpperCase()}`]).toBe(at);
  });

  test("a status and an entry of the log are as long as the sum of their parts", () => {
    expect([bytesOf(STATUS), bytesOf(LOG_ENTRY)]).toEqual([STATUS_BYTES, LOG_ENTRY_BYTES]);
  });
});

describe("a payload made from the numbers of its row", () => {
  test("has each number at its place, little-endian", () => {
    const numbers = { digest: 0x01020304, confirm: 5, reason: 6, total: 0x0708090a };
    expect([...encodePayload(telemetry.COMMAND_COMMIT, numbers)]).toEqual([4, 3, 2, 1, 5, 6, 10, 9, 8, 7]);
    expect([...encodePayload(telemetry.COMMAND_READ_PROGRAM, { offset: 632 })]).toEqual([0x78, 2]);
    expect([...encodePayload(telemetry.COMMAND_STOP, {})]).toEqual([]);
  });

  test.each([
    ["lacks one", telemetry.COMMAND_PRIME, { pulses: 1 }],
    ["has one of another row", telemetry.COMMAND_PRIME, { pulses: 1, flags: 0 }],
    ["has one too many", telemetry.COMMAND_STOP, { pulses: 1 }],
    ["is of no command", 1, {}],
  ])("is refused when it %s", (_, code, numbers) => {
    expect(() => encodePayload(code, numbers as unknown as Record<string, number>)).toThrow(RangeError);
  });
});

describe("a table that does not fit the frames", () => {
  const root = resolve(import.meta.dirname, "../..");
  const table = join(root, "hal/telemetry.ts");

  /** Puts other values in the place of some constants of hal/telemetry.ts. */
  function replaced(changes: Record<string, number>): Plugin {
    const constants = Object.entries(changes).map(([name, value]) => `export const ${name} = ${value};`);
    // An export of the module itself comes before one of `export *`.
    const contents = [`export * from ${JSON.stringify(`${table}?as it is`)};`, ...constants].join("\n");
    return {
      name: "replaced",
      setup({ onLoad, onResolve }) {
        onResolve({ filter: /\?as it is$/ }, () => ({ path: table, suffix: "?as it is" }));
        onLoad({ filter: /[/\\]hal[/\\]telemetry\.ts$/ }, ({ suffix }) => (suffix === "" ? { contents } : null));
      },
    };
  }

  /** Builds the firmware on constants of which some are changed. */
  async function built(changes: Record<string, number>): Promise<void> {
    const {
      outputFiles: [{ text }],
    } = await build({
      entryPoints: [join(root, "firmware/controller.ts")],
      bundle: true,
      format: "esm",
      write: false,
      plugins: [replaced(changes)],
    });
    const module = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
    const { createController } = (await import(
      /* @vite-ignore */ module
    )) as typeof import("../../firmware/controller");
    createController(new Machine(parseScenario(minimal(), "t.yaml")).board.hal());
  }

  test("the controller is built with the table as it is", async () => {
    await expect(built({})).resolves.toBeUndefined();
  });

  test.each<[string, Record<string, number>, string]>([
    ["a status of 96 bytes", { STATUS_BYTES: 96 }, "a status fits its answer"],
    ["pieces of 96 bytes", { PROGRAM_PIECE_BYTES: 96 }, "a piece and its offset fit a payload"],
    ["five entries of the log", { LOG_READ_MAX: 5 }, "entries of the log fit their answer"],
    ["a stage with two bytes too many", { PROGRAM_PIECE_BYTES: 95 }, "a piece and its offset fit a payload"],
    ["a commit of which three fields are unpacked", { PAYLOAD_FIELDS_MAX: 3 }, "every field of a payload is unpacked"],
  ])("%s stops the controller at its start", async (_, changes, complaint) => {
    await expect(built(changes)).rejects.toThrow(complaint);
  });
});
