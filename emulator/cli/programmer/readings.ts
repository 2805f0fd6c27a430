// The commands that only read: version, status, interrogate, read, usage and log. In the pump they change only the mark up to
// which its log was read, so none of them asks for a confirmation.

import { setTimeout as wait } from "node:timers/promises";
import { LOG_EVENTS, LOG_FAULTS, OUTCOME_NOT_AUTHORISED } from "../../../hal/telemetry";
import { roleName } from "../../contract/codes";
import type { LogEntry } from "../../telemetry/messages";
import type { Program } from "../../telemetry/program";
import { UsageError } from "../../usage-error";
import { integerOption } from "../options";
import type { Call, ProgrammerCommand } from "./command";
import { readResult } from "./ending";
import { table } from "./figures";
import { programRows, programYaml } from "./program-text";
import { logJson, logLine, statusJson, statusRows, usageJson, usageRows } from "./status-text";
import { Ended, type CommandResult } from "./talk";

/** The time between two readings of the log. */
const FOLLOW_MS = 1000;
const ENTRIES_MAX = 1_000_000;

export const READINGS: readonly ProgrammerCommand[] = [
  {
    name: "version",
    does: "show the pump's versions of telemetry, controller and drug library; needs no pairing",
    needsPairing: false,
    run: version,
  },
  {
    name: "status",
    does: "show what the pump does now: therapy, reservoir, alarms, last command",
    needsPairing: true,
    run: status,
  },
  {
    name: "interrogate",
    does: "show everything: version, status, program, usage",
    needsPairing: true,
    run: interrogate,
  },
  {
    name: "read",
    does: "show the program in force: drugs, doses, lockout, limits, totals",
    options: [["--yaml", "print it as a file that `program FILE` takes"]],
    needsPairing: true,
    run: read,
  },
  {
    name: "usage",
    does: "show the patient boluses requested, granted, and denied by reason",
    needsPairing: true,
    run: usage,
  },
  {
    name: "log",
    does: "show the pump's log, oldest entry first",
    options: [
      ["--faults", "show the ring of faults, in which events cannot overwrite anything"],
      ["--last <n>", "show the last entries only"],
      ["--follow", "continue with new entries until interrupted, even when the port is lost and comes back"],
    ],
    notes: "--json prints one JSON value; with --follow it prints one JSON value a line for each entry.",
    needsPairing: true,
    check: ({ last }) => void (typeof last === "string" && integerOption("--last", last, ENTRIES_MAX)),
    run: log,
  },
];

async function version({ talk }: Call): Promise<CommandResult> {
  const hello = await talk.version();
  const { frameVersion, controllerVersion, libraryVersion } = hello;
  const rows = [
    ["telemetry", String(frameVersion)],
    ["controller", String(controllerVersion)],
    ["drug library", String(libraryVersion)],
  ] as const;
  return readResult(table(rows), versionJson(hello));
}

function versionJson(hello: { frameVersion: number; controllerVersion: number; libraryVersion: number }): object {
  return { telemetry: hello.frameVersion, controller: hello.controllerVersion, library: hello.libraryVersion };
}

async function status({ talk, paint }: Call): Promise<CommandResult> {
  const found = await talk.status();
  return readResult(`${heading(talk)}\n${table(statusRows(found, paint))}`, { status: statusJson(found) });
}

async function interrogate({ talk, paint }: Call): Promise<CommandResult> {
  const hello = await talk.version();
  const found = await talk.status();
  const program = await programOrWhy(talk);
  const readable = typeof program === "string" ? null : program;
  const text = [
    `${heading(talk)}, controller ${hello.controllerVersion}, drug library ${hello.libraryVersion}`,
    table(statusRows(found, paint)),
    `\n${paint("bold", "Program")}`,
    readable ? table(programRows(readable)) : `  ${typeof program === "string" ? program : "none"}`,
    `\n${paint("bold", "Usage")}`,
    table(usageRows(found)),
  ];
  return readResult(text.join("\n"), {
    version: versionJson(hello),
    status: statusJson(found),
    program: readable,
    usage: usageJson(found),
  });
}

/** The program, or null when there is none, or the text that this role may not read it. */
async function programOrWhy(talk: Call["talk"]): Promise<Program | null | string> {
  try {
    return await talk.program();
  } catch (error) {
    const denied = error instanceof Ended && error.answer.kind === "answered" ? error.answer.outcome : null;
    if (denied === OUTCOME_NOT_AUTHORISED) return `not shown to a ${roleName(talk.pairing?.role ?? 0)}`;
    throw error;
  }
}

function heading({ pairing }: Call["talk"]): string {
  return `Pairing ${pairing?.name ?? ""}, ${roleName(pairing?.role ?? 0)}`;
}

async function read({ talk, given }: Call): Promise<CommandResult> {
  const program = await talk.program();
  if (program === null) return readResult("The pump has no program.", { program: null });
  if (given["yaml"] !== true) return readResult(table(programRows(program)), { program });
  const yaml = programYaml(program);
  if (yaml === null) throw new UsageError("read --yaml: the pump's program names no drug, and a file must");
  return readResult(yaml.trimEnd(), { program, yaml });
}

async function usage({ talk }: Call): Promise<CommandResult> {
  const found = await talk.status();
  return readResult(table(usageRows(found)), { usage: usageJson(found) });
}

async function log(call: Call): Promise<CommandResult> {
  const { talk, given } = call;
  const ring = given["faults"] === true ? LOG_FAULTS : LOG_EVENTS;
  const entries = await talk.log(ring, await firstWanted(call, ring));
  if (given["follow"] !== true) {
    const text = entries.map(logLine).join("\n");
    return readResult(text || "The log is empty.", { entries: entries.map(logJson) });
  }
  const show = (entry: LogEntry) => call.say(call.json ? JSON.stringify(logJson(entry)) : logLine(entry));
  entries.forEach(show);
  return follow(call, ring, (entries.at(-1)?.sequence ?? 0) + 1, show);
}

async function firstWanted({ talk, given }: Call, ring: number): Promise<number> {
  const last = given["last"];
  if (typeof last !== "string") return 1;
  const found = await talk.status();
  const newest = ring === LOG_FAULTS ? found.faults : found.log;
  return Math.max(1, newest - Number(last) + 1);
}

/** Shows new entries until the person interrupts. A pump that does not answer is asked again; its silence is reported once. */
async function follow({ talk }: Call, ring: number, from: number, show: (entry: LogEntry) => void): Promise<never> {
  let next = from;
  let silent = false;
  for (;;) {
    try {
      for (const entry of await talk.log(ring, next)) {
        show(entry);
        next = entry.sequence + 1;
      }
      if (silent) talk.note("the pump answers again");
      silent = false;
    } catch (error) {
      if (!(error instanceof Ended) || !isSilence(error)) throw error;
      if (!silent) talk.note("the pump does not answer; still asking");
      silent = true;
    }
    try {
      await wait(FOLLOW_MS, undefined, { signal: talk.signal });
    } catch {
      throw new Ended({ kind: "cancelled", sent: false }, true);
    }
  }
}

function isSilence({ answer }: Ended): boolean {
  return answer.kind === "notAcknowledged" || (answer.kind === "notSent" && answer.why.reason === "silent");
}
