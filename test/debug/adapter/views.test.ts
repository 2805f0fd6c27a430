// The views of a client of the debug adapter at a stop (STP-4): scopes, variables with their units, beliefs against truth, expressions, the
// console and its completions, the memory of a module; and that every capability that is announced has its handlers.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import wabt from "wabt";
import { Connection } from "../../../emulator/debug/adapter/connection";
import { servePort } from "../../../emulator/debug/adapter/serve";
import { CAPABILITIES, Session } from "../../../emulator/debug/adapter/session";
import { ROOT } from "../../../scripts/sources.mjs";
import { Client, refusal } from "./client";

/** A controller that does nothing, with a text in its memory. */
const MODULE = `(module
  (memory (export "memory") 1 1)
  (data (i32.const 1024) "intrathecal")
  (func (export "boot"))
  (func (export "tick")))`;
let server: Server;
let client: Client;

beforeAll(async () => {
  server = await servePort(0);
  client = await Client.at(server);
  await client.begin({ scenario: join(ROOT, "scenarios/restless-patient.yaml"), stopAt: ["9 h"] });
});
afterAll(async () => {
  await client.stop();
  server.close();
});

/** The row at a path of names from a scope on. */
async function row(scope: string, ...names: string[]): Promise<DebugProtocol.Variable> {
  let rows = await client.scope(scope);
  for (const name of names.slice(0, -1))
    rows = await client.rows(rows.find((each) => each.name === name)!.variablesReference);
  return rows.find((each) => each.name === names.at(-1))!;
}

test("the scopes are firmware, board, world, patient, and beliefs against truth (STP-4)", async () => {
  const { scopes } = (await client.scopesRequest({ frameId: (await client.top()).id })).body;
  expect(scopes.map(({ name }) => name)).toEqual(["Firmware", "Board", "World", "Patient", "Beliefs against truth"]);
});

test.each([
  ["World", ["reservoir", "volume_nl"], /^\d+(\.\d+)? nL$/],
  ["World", ["catheter", "outside_mmHg"], /^-?\d+(\.\d+)? mmHg$/],
  ["Board", ["battery", "voltage_mv"], /^\d+(\.\d+)? mV$/],
  ["Board", ["motor", "pulses"], /^\d+$/],
  ["Firmware", ["therapy", "bolus", "given"], /^\d+ pulses \([\d.]+ uL\)$/],
  ["Patient", ["pain"], /^\d/],
  ["Patient", ["csf_lumbar_ngPerMl"], / ng\/mL$/],
])("in %s, %j is a value with its unit (STP-4)", async (scope, path, text) => {
  expect((await row(scope, ...path)).value).toMatch(text);
});

test("a signal shows the words behind its code, and lists open in parts by their indexes (STP-4)", async () => {
  expect(await client.valueOf("therapy.mode")).toMatch(/^\d \([a-z_]+\)$/);
  const list = await row("Firmware", "program", "limitPulses");
  const presentationHint = { attributes: ["readOnly"] };
  expect(list).toMatchObject({ value: "list of 4", indexedVariables: 4, presentationHint });
  const some = await client.variablesRequest({
    variablesReference: list.variablesReference,
    filter: "indexed",
    start: 1,
    count: 2,
  });
  expect(some.body.variables.map(({ name }) => name)).toEqual(["[1]", "[2]"]);
});

test("beliefs against truth tells both, and what lies between them (STP-4)", async () => {
  const drug = await row("Beliefs against truth", "drug in the reservoir");
  const [believed, truth, difference] = (await client.rows(drug.variablesReference)).map(({ value }) =>
    Number.parseFloat(value),
  );
  expect(believed - truth).toBeCloseTo(difference, 6);
  expect(truth).toBe(Number.parseFloat(await client.valueOf("world.reservoir.volume_nl")));
  expect((await row("Beliefs against truth", "pulses of the motor")).value).toMatch(/^believed (\d+), truth \1$/);
});

test("an unknown name is refused with the nearest known one, and a row of an earlier stop with one sentence (STP-4)", async () => {
  const frameId = (await client.top()).id;
  expect(await refusal(client.evaluateRequest({ expression: "therapy.rat", frameId, context: "watch" }))).toBe(
    "no symbol is called therapy.rat; the nearest known one is therapy.rate",
  );
  expect(await refusal(client.variablesRequest({ variablesReference: 99_999 }))).toMatch(
    /^these variables are of an earlier stop/,
  );
});

test("the console carries out commands of the stepper and completes names (STP-4)", async () => {
  const { result } = (await client.evaluateRequest({ expression: "faults", context: "repl" })).body;
  expect(result).toContain("motor_stall");
  expect(await refusal(client.evaluateRequest({ expression: "fautls", context: "repl" }))).toContain(
    "the nearest known one is faults",
  );
  const { targets } = (await client.completionsRequest({ text: "get therapy.bol", column: 16 })).body;
  expect(targets).toContainEqual({ label: "therapy.bolus.given", start: 4, length: 11 });
});

test("the memory of a WebAssembly controller is read, and one without a module has none (STP-4)", async () => {
  expect((await client.customRequest("readMemory", { memoryReference: "memory", count: 4 })).body).toMatchObject({
    unreadableBytes: 4,
  });
  const folder = mkdtempSync(join(tmpdir(), "cistern-debug-"));
  const file = join(folder, "controller.wasm");
  const { parseWat } = await wabt();
  writeFileSync(file, parseWat("controller.wat", MODULE).toBinary({}).buffer);
  const own = await servePort(0);
  const module = await Client.at(own);
  await module.begin({ controller: file, stopAt: ["1 s"] });
  const { data, address, unreadableBytes } = (
    await module.customRequest("readMemory", { memoryReference: "memory", offset: 1024, count: 64 })
  ).body as { data: string; address: string; unreadableBytes?: number };
  expect(unreadableBytes).toBeUndefined();
  expect(address).toBe("0x400");
  const bytes = Buffer.from(data, "base64");
  expect(bytes).toHaveLength(64);
  expect(bytes.toString().slice(0, 11)).toBe("intrathecal");
  expect(String(bytes[5])).toBe(await module.valueOf("memory[1029]"));
  await module.stop();
  own.close();
  rmSync(folder, { recursive: true });
});

/** The requests behind each capability, as the protocol has them. */
const REQUESTS_OF: Readonly<Record<keyof typeof CAPABILITIES, readonly string[]>> = {
  supportsConfigurationDoneRequest: ["configurationDone"],
  supportsStepBack: ["stepBack", "reverseContinue"],
  supportsRestartFrame: ["restartFrame"],
  supportsRestartRequest: ["restart"],
  supportsTerminateRequest: ["terminate"],
  supportTerminateDebuggee: ["disconnect"],
  supportsGotoTargetsRequest: ["gotoTargets", "goto"],
  supportsFunctionBreakpoints: ["setFunctionBreakpoints"],
  supportsConditionalBreakpoints: ["setBreakpoints"],
  supportsHitConditionalBreakpoints: ["setBreakpoints"],
  supportsLogPoints: ["setBreakpoints"],
  supportsDataBreakpoints: ["dataBreakpointInfo", "setDataBreakpoints"],
  supportsBreakpointLocationsRequest: ["breakpointLocations"],
  supportsExceptionFilterOptions: ["setExceptionBreakpoints"],
  supportsExceptionInfoRequest: ["exceptionInfo"],
  exceptionBreakpointFilters: ["setExceptionBreakpoints"],
  supportsEvaluateForHovers: ["evaluate"],
  supportsCompletionsRequest: ["completions"],
  supportsSetVariable: ["setVariable"],
  supportsSetExpression: ["setExpression"],
  supportsCancelRequest: ["cancel"],
  supportsReadMemoryRequest: ["readMemory"],
  supportsLoadedSourcesRequest: ["loadedSources"],
};

test("every capability that is announced has its handlers (STP-4)", async () => {
  const { body } = await client.initializeRequest();
  const { handlers } = new Session(new Connection(() => undefined), { debuggee: null }, () => undefined);
  expect(Object.keys(body as object).sort()).toEqual(Object.keys(REQUESTS_OF).sort());
  expect(
    Object.values(REQUESTS_OF)
      .flat()
      .filter((command) => !(command in handlers)),
  ).toEqual([]);
});
