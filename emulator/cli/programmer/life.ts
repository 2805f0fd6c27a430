// The commands of a pump's life: pairing, implant and explant. A pairing is written to its file before the next command is sent.
// An explant first reads both rings of the log to their ends, because the pump refuses it otherwise.

import { homedir } from "node:os";
import { COMMAND_EXPLANT, COMMAND_IMPLANT, LOG_EVENTS, LOG_FAULTS, ROLES } from "../../../hal/telemetry";
import { roleName } from "../../contract/codes";
import { encodeImplant } from "../../telemetry/messages";
import { PairingBook, PairingFileError, readPairing, writePairing } from "../../programmer/pairing-file";
import { writeWhole } from "../../file";
import { EXIT } from "../exit-codes";
import { type Call, type ProgrammerCommand, quantityOption, required, wordsOption } from "./command";
import { outcomeResult } from "./ending";
import { table, volume, volumeOf_nl } from "./figures";
import { lines, remarks } from "./orders";
import { logJson, logLine, statusRows } from "./status-text";
import { Ended, type CommandResult } from "./talk";
import { figure } from "../../amounts";

/** The roles in the order of their codes, from 1. */
const ROLE_NAMES: readonly string[] = Array.from({ length: ROLES - 1 }, (_, i) => roleName(i + 1));

export const LIFE: readonly ProgrammerCommand[] = [
  {
    name: "pair",
    does: "make a pairing with the pump, with the programming head in place, and keep it in the pairing file",
    options: [["--role <role>", ROLE_NAMES.join(", ")]],
    notes: "A pump keeps two pairings of each role; a third takes the place of the older one.",
    asks: (given) => heldBy(String(given["pairing"])) !== null,
    needsPairing: false,
    check: (given) => void wordsOption("--role", required(given, "role", ROLE_NAMES.join(", ")), ROLE_NAMES),
    run: pair,
  },
  {
    name: "implant",
    does: "record the catheter in a pump from the shelf; without --purged a purge proves that its motor turns",
    options: [
      ["--length <length>", "length of the catheter: '89 cm'"],
      ["--volume <volume>", "volume of the catheter: '195.8 uL'"],
      ["--purged", "the purge was seen before"],
    ],
    asks: "acts",
    needsPairing: true,
    check: checkImplant,
    run: implant,
  },
  {
    name: "explant",
    does: "end the pump's life: read its log to the end, then switch delivery and alarms off for good; stop it first",
    options: [["--log <file>", "write the log with one JSON value a line, events before faults"]],
    asks: "acts",
    needsPairing: true,
    run: explant,
  },
];

async function pair({ talk, given, paint }: Call): Promise<CommandResult> {
  const file = String(given["pairing"]);
  const role = ROLE_NAMES.indexOf(String(given["role"])) + 1;
  const held = heldBy(file);
  if (held !== null) await talk.confirm(`${file} holds ${held}; a new pairing takes its place.`, "replace it?");
  const answer = await talk.client.pair(role);
  if (answer.kind === "refused") return outcomeResult("pair", answer.outcome, "");
  if (answer.kind !== "paired") throw new Ended(answer, false);
  writePairing(file, answer.kept);
  // The first session proves to the pump that the pairing is in use; an unproven one may be replaced.
  talk.client.use(new PairingBook(answer.kept, file));
  const status = await talk.status();
  return {
    result: "accepted",
    text: lines(
      `Paired as ${roleName(role)} (${answer.kept.name}). The development key is in ${shortened(file)}, for your eyes alone.`,
      table(statusRows(status, paint)),
    ),
    json: { pairing: answer.kept.name, role: roleName(role), slot: answer.kept.id, file },
    exit: EXIT.pass,
  };
}

/**
 * The present content of the pairing file in words; null when there is no file. Throws PairingFileError when it cannot be read.
 */
function heldBy(file: string): string | null {
  try {
    const old = readPairing(file);
    return old && `a pairing as ${roleName(old.role)} (${old.name})`;
  } catch (error) {
    if (error instanceof PairingFileError && error.isContent) return "something that is not a pairing";
    throw error;
  }
}

/** The path with `~` for the home directory. */
function shortened(path: string): string {
  return path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;
}

function checkImplant(given: Call["given"]): void {
  quantityOption("--length", required(given, "length", "a length such as '89 cm'"), ["length"]);
  quantityOption("--volume", required(given, "volume", "a volume such as '195.8 uL'"), ["volume"]);
}

async function implant({ talk, given }: Call): Promise<CommandResult> {
  const length_cm = quantityOption("--length", String(given["length"]), ["length"]).value.valueOf();
  const volume_nl = Math.round(quantityOption("--volume", String(given["volume"]), ["volume"]).value.valueOf());
  const purged = given["purged"] === true;
  await talk.confirm(
    lines(
      `A catheter of ${figure(length_cm)} cm that holds ${volumeOf_nl(volume_nl)}.`,
      purged
        ? "The purge was seen before, so the pump does none now."
        : "The pump purges: eight pulses, of which one must prove motion.",
      remarks(await talk.status()),
    ),
    "implant?",
  );
  const { outcome } = await talk.order(COMMAND_IMPLANT, encodeImplant(Math.round(length_cm * 10), volume_nl, purged));
  return outcomeResult("implant", outcome, "Next: `program FILE`.");
}

async function explant({ talk, given }: Call): Promise<CommandResult> {
  const status = await talk.status();
  const events = await talk.log(LOG_EVENTS);
  const faults = await talk.log(LOG_FAULTS);
  const file = given["log"];
  if (typeof file === "string") {
    const all = [
      ...events.map((each) => ({ ring: "events", ...logJson(each) })),
      ...faults.map((each) => ({ ring: "faults", ...logJson(each) })),
    ];
    writeWhole(file, [all.map((each) => `${JSON.stringify(each)}\n`).join("")]);
  }
  await talk.confirm(
    lines(
      `The log is read to its end: ${events.length} events, ${faults.length} faults${typeof file === "string" ? `, in ${file}` : ""}.`,
      ...events.slice(-3).map(logLine),
      `The pump delivered ${volume(status.pulses)} in its life and holds ${volume(status.estimate)}.`,
      "Once explanted, it delivers nothing, sounds no alarm and takes no order, for good.",
      remarks(status),
    ),
    "explant?",
  );
  const { outcome } = await talk.order(COMMAND_EXPLANT);
  return outcomeResult("explant", outcome, "The pump's life has ended.", {
    events: events.length,
    faults: faults.length,
  });
}
