// Pages made from the code: docs/reference.md from its tables (events, alarms, faults, signals, invariants) and docs/hal.md
// from the contract's own comments. A test compares them; with UPDATE_DOCS=1 it writes them.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  ALARM_IS_CRITICAL,
  ALARM_LATCHES,
  ALARM_SLOWS,
  ALARM_STOPS,
  ALARMS,
  alarmCause,
  alarmName,
  alarmRow,
} from "../hal/alarms";
import { EVENTS } from "../hal/trace";
import { FAULTS } from "../emulator/faults";
import { describeEvent } from "../emulator/machine/events";
import { INVARIANTS } from "../emulator/machine/invariants";
import { SIGNALS } from "../emulator/machine/signals";

const PORTS = "motor reservoir link clock nvm battery thermometer sounder watchdog reset guard crypto trace".split(" ");

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function effectOf(row: number): string {
  if (row & ALARM_STOPS) return "stops the pump";
  return row & ALARM_SLOWS ? "minimum rate, no bolus" : "none";
}

/** The page's text. */
export function referencePage(): string {
  const events = Array.from({ length: EVENTS }, (_, code) => describeEvent(code, 1, 1, 1)).filter(
    (each) => each !== null,
  );
  const alarms = Array.from({ length: ALARMS }, (_, alarm) => alarm);
  return `${[
    "# Reference",
    "Made from the tables in the code; `UPDATE_DOCS=1 npx vitest run test/docs.test.ts` writes it anew.",
    "## Events",
    table(
      ["event", "fields"],
      [...events.map(({ name, fields }) => [`\`${name}\``, Object.keys(fields).join(", ")]), ["`reset`", "cause"]],
    ),
    "## Alarms",
    "`alarm.active` has bit n set while alarm n is active. Critical: 3 s of two tones every 10 min; else 1 s of one every 60.",
    table(
      ["n", "alarm", "priority", "effect on delivery", "goes", "raised when"],
      alarms.map((alarm) => {
        const row = alarmRow(alarm);
        const priority = row & ALARM_IS_CRITICAL ? "critical" : "non-critical";
        const goes = row & ALARM_LATCHES ? "when acknowledged after its cause has gone" : "with its cause";
        return [String(alarm), `\`${alarmName(alarm)}\``, priority, effectOf(row), goes, alarmCause(alarm)];
      }),
    ),
    "## Faults",
    "A name with a dot is written `{ fault: link, drop: 5 % }` in a scenario. [scenario.md](scenario.md) has the parameters.",
    table(
      ["fault", "", "what it does", "counts as an act"],
      FAULTS.map((row) => [`\`${row.name}\``, row.duration, row.does, row.acts]),
    ),
    "## Signals",
    table(
      ["signal", "unit"],
      SIGNALS.map((signal) => [`\`${signal.name}\``, signal.unit]),
    ),
    "## Invariants",
    table(
      ["id", "always"],
      INVARIANTS.map((each) => [each.id, each.text]),
    ),
  ].join("\n\n")}\n`;
}

/** The page of the contract: each port's head comment and its calls. */
export function halPage(): string {
  const intro = `# The hal contract

What firmware sees of a board: thirteen ports, each as narrow as a register set, made from \`hal/\`. The virtual board
implements them in \`emulator/board/\`, one file a port; a real one would, with a driver each.`;
  return `${[intro, ...PORTS.map(portSection)].join("\n\n")}\n`;
}

function portSection(port: string): string {
  const source = readFileSync(join(import.meta.dirname, "..", "hal", `${port}.ts`), "utf8");
  const head = [...source.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line).join("\n");
  const calls = [...source.matchAll(/\/\*\*((?:(?!\/\*\*)[\s\S])*?)\*\/\s*abstract (\w+\(.*?\)): (\w+);/g)];
  const rows = calls.map(([, doc, call, result]) => [
    `\`${call}\`${result === "void" ? "" : `: ${result}`}`,
    doc.replace(/\s*\n\s*\*?\s*/g, " ").trim(),
  ]);
  const constants = [...source.matchAll(/^export const (\w+): i32 = (.+);$/gm)].map(([, name, value]) => [name, value]);
  const tables = [
    table(["call", "meaning"], rows),
    ...(constants.length > 0 ? [table(["constant", "value"], constants)] : []),
  ];
  return [`## \`${port}\``, head, ...tables].join("\n\n");
}
