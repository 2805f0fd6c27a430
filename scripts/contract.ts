// Makes everything that comes from the tables of emulator/contract/ and from other tables of the code: constants in hal/ and
// firmware/, bindings, headers for C, modules for Rust and Zig, codes for Python, tables and pages in docs/. Names each file that differs from what its tables give, and ends
// with exit code 1 if there is one; with `--write` (`npm run contract`) it writes them. `npm run check` runs it.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PORTS } from "../emulator/contract/calls";
import * as codes from "../emulator/contract/codes";
import { COMMAND_LIST } from "../emulator/contract/commands";
import * as commands from "./contract/commands";
import {
  alarmConstants,
  codeConstants,
  codeEnums,
  codeTable,
  drugConstants,
  faultConstants,
} from "./contract/constants";
import { halClass, portClass, wasmBinding, wasmParts } from "./contract/ports";
import { typescript, withSections } from "./contract/sections";
import * as wire from "./contract/wire";

const ROOT = join(import.meta.dirname, "..");

/** The text that a file should have, from the tables and, where only sections of it are made, from its present text. */
type Make = (present: string) => string | Promise<string>;

const sections =
  (made: () => Record<string, string> | Promise<Record<string, string>>): Make =>
  async (present) =>
    withSections(present, await made());
const inTypescript =
  (made: Record<string, string>): Make =>
  (present) =>
    typescript(withSections(present, made));

/** The further sections of a port's file, beside its class. */
const CODES_OF_PORTS: Record<string, Record<string, string>> = {
  reset: { "reset causes": codeConstants(codes.RESET_LIST) },
  sounder: { tones: codeConstants(codes.TONE_LIST) },
  trace: {
    "trace codes": codeConstants(
      codes.EVENT_LIST,
      codes.CLOSED_LIST,
      codes.STARTED_LIST,
      codes.CHANNEL_LIST,
      codes.CAUSE_LIST,
      codes.MODE_LIST,
    ),
  },
};

/** Constants and ports: these are made first, for everything else is made by modules that import them. */
const HAL: Record<string, Make> = {
  "hal/alarms.ts": inTypescript({ alarms: alarmConstants() }),
  "hal/drug-library.ts": inTypescript({ drugs: drugConstants() }),
  "hal/telemetry.ts": inTypescript({
    roles: codeConstants(codes.ROLE_LIST),
    commands: commands.commandConstants(),
    outcomes: codeConstants(codes.OUTCOME_LIST),
    "program record": commands.recordConstants(),
    bits: commands.bitConstants(),
    reasons: codeConstants(codes.REASON_LIST),
    "refused fields": codeConstants(codes.REFUSED_LIST),
    life: codeConstants(codes.LIFE_LIST),
    "log rings": codeConstants(codes.RING_LIST),
    status: commands.statusConstants(),
  }),
  "emulator/fault-ledger.ts": inTypescript({ faults: faultConstants() }),
  "firmware/layout.ts": inTypescript({ records: codeConstants(codes.RECORD_LIST) }),
  "hal/hal.ts": inTypescript({ ports: halClass() }),
  ...Object.fromEntries(
    PORTS.map((port) => [`hal/${port}.ts`, inTypescript({ port: portClass(port), ...CODES_OF_PORTS[port] })]),
  ),
};

const REST: Record<string, Make> = {
  // Prettier cannot read decorators on functions.
  "targets/wasm/main.ts": sections(() => ({ binding: wasmBinding(), parts: wasmParts() })),
  "docs/telemetry.md": sections(async () => ({
    roles: commands.roleTable(),
    commands: commands.commandTable(),
    payloads: commands.payloadTable(),
    "log entry": commands.logEntryTable(),
    outcomes: codeTable(codes.OUTCOME_LIST, "outcome"),
    "refused fields": codeTable(codes.REFUSED_LIST, "field"),
    record: commands.recordTable(),
    status: commands.statusTable(),
    examples: `\n${(await import("./docs")).telemetryExamples()}\n`,
  })),
  "docs/telemetry.ksy": sections(() => ({
    codes: codeEnums({
      role: codes.ROLE_LIST,
      command: COMMAND_LIST,
      outcome: codes.OUTCOME_LIST,
      mode: codes.MODE_LIST,
      life: codes.LIFE_LIST,
      ring: codes.RING_LIST,
    }),
    "payload of a command": commands.payloadCases(),
    "content of an answer": commands.answerCases(),
    payloads: commands.payloadTypes(),
    record: commands.recordTypes(),
    answers: `${commands.answerTypes()}\n${commands.logEntryType()}`,
  })),
  "docs/serve.md": sections(async () => ({ commands: (await import("./docs")).channelCommands() })),
  "docs/debugging.md": sections(async () => ({ reasons: (await import("./docs")).reasons() })),
  "docs/patient.md": sections(async () => {
    const patient = await import("./contract/patient");
    return {
      counts: patient.countsOfFigures(),
      indications: patient.indicationFigures(),
      people: patient.peopleFigures(),
      spreads: patient.spreadFigures(),
      drugs: patient.drugFigures(),
    };
  }),
  "docs/hal-wire.md": sections(() => ({
    registers: wire.registerTable(),
    "posted calls": wire.postedTable(),
    "calls with a result": wire.resultTable(),
  })),
  "docs/hal-wire.ksy": sections(() => ({
    "call codes": wire.callEnum(),
    registers: wire.registerSequence(),
    "arguments of a call": wire.argumentCases(),
    arguments: wire.argumentTypes(),
  })),
  "targets/c/cistern_hal.h": async () => (await import("./contract/c")).halHeader(),
  "targets/c/hal_wire_codes.h": async () => (await import("./contract/c")).halWireCodes(),
  "targets/cortex-m3/ports.c": async () => (await import("./contract/c")).wasmPorts(),
  "targets/rust/cistern_hal.rs": async () => (await import("./contract/rust")).rustModule(),
  "targets/zig/cistern_hal.zig": async () => (await import("./contract/zig")).zigFile(),
  "python/cistern_rig/codes.py": async () => (await import("./contract/python")).pythonCodes(),
  "docs/hal.md": async () => (await import("./docs")).halPage(),
  "docs/reference.md": async () => (await import("./docs")).referencePage(),
};

async function staleAmong(made: Record<string, Make>, write: boolean): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, make] of Object.entries(made)) {
    const path = join(ROOT, file);
    const present = readFileSync(path, "utf8");
    const text = await make(present);
    if (text === present) continue;
    stale.push(file);
    if (write) writeFileSync(path, text);
  }
  return stale;
}

/** The files that are not what their tables say. */
async function staleFiles(): Promise<string[]> {
  return [...(await staleAmong(HAL, false)), ...(await staleAmong(REST, false))];
}

/** Writes them. What was written to hal/ is not yet what this process imported: a process of its own makes the rest. */
async function write(): Promise<void> {
  const constants = await staleAmong(HAL, true);
  for (const file of constants) process.stdout.write(`${file}: written\n`);
  if (constants.length > 0) {
    execFileSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" });
    return;
  }
  for (const file of await staleAmong(REST, true)) process.stdout.write(`${file}: written\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--write")) await write();
  else {
    const stale = await staleFiles();
    for (const file of stale) process.stdout.write(`${file} is not what its tables say: npm run contract\n`);
    if (stale.length > 0) process.exitCode = 1;
  }
}
