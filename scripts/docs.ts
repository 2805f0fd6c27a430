// Makes pages of docs/ from the code: docs/reference.md from its tables (events, alarms, faults, signals, invariants),
// docs/hal.md from the comments of hal/ and the table of calls, the commands of docs/serve.md and the reasons of docs/debugging.md from their
// tables, and the worked
// examples of docs/telemetry.md from its golden conversation.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ALARM_ROWS, type AlarmRow } from "../emulator/contract/alarms";
import { PORTS, type PortName } from "../emulator/contract/calls";
import { OUTCOME_LIST } from "../emulator/contract/codes";
import { commandsIn } from "../emulator/debug/commands";
import { WHY_ROWS } from "../emulator/debug/why";
import { FAULTS } from "../emulator/faults";
import { rangeOf, type FieldValues } from "../emulator/machine/event-values";
import { EVENT_VALUES } from "../emulator/machine/events";
import { INVARIANTS } from "../emulator/run/invariants";
import { patientSignals, SIGNALS } from "../emulator/machine/signals";
import { telemetryVectors, type Exchange, type Half, type Vectors } from "../test/telemetry/vector";
import { callTable } from "./contract/ports";
import { table } from "./contract/sections";

const EFFECT_WORDS: Record<AlarmRow["effect"], string> = {
  none: "none",
  slows: "minimum rate, no bolus",
  stops: "stops the pump",
};

/** The page's text. */
export function referencePage(): string {
  return `${[
    "# Reference",
    "`npm run contract` makes this page from the tables in the code.",
    "## Events",
    "Beside `tick`, `time_s` and `wall`. The words are those that the reference controller gives; [telemetry.md](telemetry.md) says " +
      "what the reasons mean.",
    table(["event", "field", "values"], [...EVENT_VALUES].flatMap(eventRows)),
    "## Alarms",
    "`alarm.active` has bit n set while alarm n is active. A critical alarm sounds 3 s of " +
      "two tones every 10 min, any other 1 s of one tone every 60 min.",
    table(
      ["n", "alarm", "priority", "effect on delivery", "ends", "raised when"],
      ALARM_ROWS.map(({ id, name, critical, effect, latches, cause }) => {
        const priority = critical ? "critical" : "non-critical";
        const ends = latches ? "when acknowledged after its cause has gone" : "with its cause";
        return [String(id), `\`${name}\``, priority, EFFECT_WORDS[effect], ends, cause];
      }),
    ),
    "## Faults",
    "A name with a dot is written `{ fault: link, drop: 5 % }` in a scenario. [scenario.md](scenario.md) has the parameters.",
    table(
      ["fault", "", "what it does", "counts as an act"],
      FAULTS.map((row) => [`\`${row.name}\``, row.duration, row.does, row.acts]),
    ),
    "## Signals",
    "Those of `patient` are there with a patient alone. DRUG is the name of a drug that may reach the patient; without it a concentration " +
      "is that of the primary drug.",
    table(
      ["signal", "unit"],
      [...SIGNALS, ...patientSignals(["DRUG"])].map((signal) => [`\`${signal.name}\``, signal.unit]),
    ),
    "## Invariants",
    table(
      ["id", "always"],
      INVARIANTS.map((each) => [each.id, each.text]),
    ),
  ].join("\n\n")}\n`;
}

/** A row a field, the first with the event's name. */
function eventRows([name, values]: [string, Readonly<Record<string, FieldValues>>]): string[][] {
  const fields = Object.entries(values).map(([field, given]) => [`\`${field}\``, valuesCell(given)]);
  if (fields.length === 0) return [[`\`${name}\``, "none", ""]];
  return fields.map((cells, i) => [i === 0 ? `\`${name}\`` : "", ...cells]);
}

function valuesCell(values: FieldValues): string {
  if (values.kind === "text") return values.form;
  if (values.kind === "number") return `${values.unit && `${values.unit}: `}${rangeOf(values)}`;
  if (values.words.length === ALARM_ROWS.length) return "an alarm, as below";
  return values.words.map((word) => `\`${word}\``).join(", ");
}

/** The page of the contract: each port's head comment, its calls from their table, and its constants. */
export function halPage(): string {
  const intro = `# The hal contract

The firmware sees a board as ${PORTS.length} ports, each as narrow as a register set. The virtual board implements each port in a file of
\`emulator/board/\`; a real board would have a driver for each. \`npm run contract\` makes this page from \`emulator/contract/calls.ts\` and \`hal/\`.

*Takes* and *gives* are the bounds of the arguments and of the result. Where they are empty, every value of the type is allowed. A
call that *only reads* changes nothing on the board. When an argument is outside its bounds, the call does what its row says of that
case; where the row does not mention it, no controller may make such a call.`;
  return `${[intro, ...PORTS.map(portSection)].join("\n\n")}\n`;
}

function portSection(port: PortName): string {
  const source = readFileSync(join(import.meta.dirname, "..", "hal", `${port}.ts`), "utf8");
  const [opening] = source.split("\n\n");
  const head = opening.replaceAll(/^\/\/ /gm, "");
  const constants = [...source.matchAll(/^export const (\w+): i32 = (.+);$/gm)].map(([, name, value]) => [name, value]);
  const tables = [callTable(port), ...(constants.length > 0 ? [table(["constant", "value"], constants)] : [])];
  return [`## \`${port}\``, head, ...tables].join("\n\n");
}

/** The table of docs/serve.md: the commands of the control channel. */
export function channelCommands(): string {
  const rows = commandsIn("channel").map(({ usage, help }) => [`\`${usage.replaceAll("|", "\\|")}\``, help]);
  return `\n${table(["command", "what it does"], rows)}\n`;
}

/** The table of docs/debugging.md: the reasons that `why` explains. */
export function reasons(): string {
  const rows = WHY_ROWS.map(({ reason, rule, shows }) => {
    const means = OUTCOME_LIST.rows.find(({ name }) => name === reason)!.means!;
    return [`\`${reason}\``, rule, means, shows];
  });
  return `\n${table(["reason", "rule", "means", "`why` shows"], rows)}\n`;
}

/** The exchanges of the golden conversation that docs/telemetry.md shows, each with the title of its example. */
const SHOWN: [string, string][] = [
  ["version query", "A version query"],
  ["a session before any pairing", "A session for a pairing that does not exist"],
  ["a clinician is paired", "A pairing"],
  ["the clinician opens a session", "A session"],
  ["interrogate: a pump out of its box", "A sealed command and its answer: interrogate"],
  ["stage a continuous program, piece 0", "Staging a program"],
  ["commit it with a reason", "Committing it"],
  ["stop, from a patient", "Refused under seal: not in this role"],
  ["the same frame, replayed", "Refused in the clear: a replay"],
];

/** The worked examples, from test/vectors/telemetry.json. */
export function telemetryExamples(): string {
  const vectors = telemetryVectors();
  return SHOWN.map(([name, title], i) => {
    const exchange = vectors.exchanges.find((each) => each.name === name);
    if (!exchange) throw new Error(`the golden conversation has no ${name}`);
    const lines = [...secretsOf(exchange, vectors), ...halfText("to the pump", exchange.to), ...answerText(exchange)];
    return [`### ${i + 1}. ${title}`, ["```", lines.join("\n").replace(/^\n/, ""), "```"].join("\n")].join("\n\n");
  }).join("\n\n");
}

function secretsOf({ to, from }: Exchange, { keys }: Vectors): string[] {
  const pairing = keys.pairings.find((each) => each.programmer_public === to.fields["public_key"]);
  const session = keys.sessions.find((each) => each.programmer_nonce === to.fields["nonce"]);
  const sealing = (to.sealing ?? from?.sealing)?.session;
  const used = keys.sessions.find((each) => each.session === sealing);
  const { pairing: _, role: __, ...secrets } = pairing ?? { pairing: 0, role: 0 };
  const { pairing: ___, session: ____, ...derivation } = session ?? { pairing: 0, session: 0 };
  return [
    ...Object.entries(secrets).flatMap(([name, value]) => row(name, value)),
    ...Object.entries(derivation).flatMap(([name, value]) => row(name, value)),
    ...(used ? row("session key", used.key) : []),
  ];
}

function answerText({ from }: Exchange): string[] {
  return from ? halfText("from the pump", from) : ["from the pump  nothing"];
}

function halfText(way: string, { air, decoded, sealing, fields }: Half): string[] {
  const sealed = sealing ? (["nonce", "associated", "text", "sealed", "tag"] as const) : [];
  return [
    "",
    way,
    ...row("on the air", air),
    ...row("frame", decoded),
    ...sealed.flatMap((name) => row(name, sealing?.[name] ?? "")),
    ...(Object.keys(fields).length > 0 ? row("says", saysOf(fields), false) : []),
  ];
}

function saysOf(fields: Half["fields"]): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join("/") : value}`)
    .join(", ");
}

/** A name with its bytes, 32 to a line, or with its words, as many as fit in 95 characters. */
function row(name: string, value: string, isHex = true): string[] {
  const words = isHex && /^(?:[0-9a-f]{2})+$/.test(value) ? (value.match(/../g) ?? []) : value.split(" ");
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > 95) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  const label = name.replaceAll("_", " ");
  return lines.map((line, i) => `  ${(i === 0 ? label : "").padEnd(18)}${line}`.trimEnd());
}
