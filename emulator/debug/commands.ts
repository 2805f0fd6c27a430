// The one table of commands, for the stepper's prompt, for the console of the debug adapter and for the control channel of `serve`. A
// row has a command's names, its usage and help, the places that accept it, and its function, which takes the text after the name
// and returns data. The channel sends the data as JSON; the stepper prints the text that the row makes from it. Help, docs,
// completion and tests read the table. A command may be shortened as long as it is the only one that begins so.

import { ALARM_ROWS } from "../contract/alarms";
import { FAULTS } from "../faults";
import { EVENT_NAMES, EVENT_VALUES } from "../machine/events";
import { symbolNames } from "../machine/symbols";
import { nearest } from "../names";
import { ACTION_NAMES } from "../scenario/schema";
import { CHANGES } from "./changes";
import { CLOCK_COMMANDS } from "./clock-commands";
import { CommandError } from "./command-error";
import type { ChannelDoor, Door, StepperDoor } from "./door";
import { LOOKS } from "./looks";
import { MOVES } from "./moves";
import { both, type Completes, type Row } from "./row";
import { whyWords } from "./why";

/** A message shows at most this much of an unknown word. */
const WORD_CHARACTERS_SHOWN = 60;

const help = both({
  names: ["help", "?"],
  usage: "help [COMMAND]",
  help: "list the commands",
  run: (door, rest) => {
    const rows = rest === "" ? rowsIn(door.where) : [rowFor(rest, door.where).row];
    return { commands: rows.map(({ usage, help: text }) => ({ usage, help: text })) };
  },
  text: ({ commands }) => commands.map((each) => `${each.usage.padEnd(38)} ${each.help}`).join("\n"),
});

/** All rows, in the order of the help. */
const COMMANDS: readonly Row[] = [help, ...MOVES, ...CLOCK_COMMANDS, ...LOOKS, ...CHANGES];

function rowsIn(where: Door["where"]): Row[] {
  return COMMANDS.filter((row) => row.where === "both" || row.where === where);
}

/** Usage and help of every command that the place accepts. */
export function commandsIn(where: Door["where"]): { usage: string; help: string }[] {
  return rowsIn(where).map(({ usage, help: text }) => ({ usage, help: text }));
}

/** Carries out a line of the stepper and gives the text to print. Rejects with CommandError, and with FileError of a file. */
export async function textFor(door: StepperDoor, line: string): Promise<string> {
  const { row, rest } = rowFor(line, "stepper");
  if (row.where === "channel") throw new CommandError(elsewhere(row));
  return row.text(await row.run(door, rest));
}

/** Carries out a line of the channel. Null when the answer comes later. Throws CommandError, and FileError of `save`. */
export function dataFor(door: ChannelDoor, line: string): object | null {
  const { row, rest } = rowFor(line, "channel");
  if (row.where === "stepper") throw new CommandError(elsewhere(row));
  return row.run(door, rest);
}

/** True for a line that an empty one repeats. */
export function repeats(line: string): boolean {
  try {
    return rowFor(line, "stepper").row.repeats === true;
  } catch {
    return false;
  }
}

function rowFor(line: string, where: Door["where"]): { row: Row; rest: string } {
  const [word] = line.split(/\s+/, 1);
  const rest = line.slice(word.length).trim();
  const named = COMMANDS.filter(({ names }) => names.includes(word));
  const row = named.find((each) => each.where === "both" || each.where === where) ?? named.at(0);
  if (row) return { row, rest };
  const longer = rowsIn(where).filter(({ names }) => word !== "" && names[0].startsWith(word));
  if (longer.length === 1) return { row: longer[0], rest };
  const shown = word.slice(0, WORD_CHARACTERS_SHOWN);
  if (longer.length > 1) {
    throw new CommandError(`${shown} may be ${longer.map(({ names }) => names[0]).join(", ")}`);
  }
  const near = nearest(
    word,
    COMMANDS.flatMap(({ names }) => names),
  );
  throw new CommandError(`no command is called ${shown}; help lists them, and the nearest known one is ${near}`);
}

function elsewhere({ names, where }: Row): string {
  return `${names[0]} is a command of the ${where === "stepper" ? "stepper" : "control channel"} alone; help lists those of this place`;
}

// ---- completion

/** The words that the last word of a line may become, and that word. */
export function completionsOf(door: StepperDoor, line: string): { words: string[]; of: string } {
  const of = /[^\s()]*$/.exec(line)![0];
  const before = line.slice(0, line.length - of.length).trim();
  const known = before === "" ? rowsIn("stepper").map(({ names }) => names[0]) : wordsAfter(door, before);
  return { words: known.filter((word) => word.startsWith(of)), of };
}

function wordsAfter(door: StepperDoor, before: string): string[] {
  let row: Row;
  try {
    row = rowFor(before, "stepper").row;
  } catch {
    return [];
  }
  const last = before.split(/\s+/).at(-1)!;
  if (row.names[0] === "help") return rowsIn("stepper").map(({ names }) => names[0]);
  return row.completes === undefined ? [] : wordsOf(door, row.completes, last, before);
}

function wordsOf(door: StepperDoor, kind: Completes, last: string, before: string): string[] {
  const { run, time } = door;
  const fields = eventFields(before);
  const symbols = () => symbolNames(run.machine);
  switch (kind) {
    case "symbol":
      return symbols();
    case "event":
      return [...EVENT_NAMES];
    case "fault":
      return last.startsWith("ram_flip") ? symbols() : FAULTS.map(({ name }) => name);
    case "fault that is on":
      return FAULTS.filter((_, i) => run.machine.faults.on[i] === 1).map(({ name }) => name);
    case "place":
      return [...time.marks.keys(), "start", "end", "branch"];
    case "alarm":
      return ALARM_ROWS.map(({ name }) => name);
    case "action":
      return ACTION_NAMES.filter((name) => name !== "set");
    case "reason":
      return whyWords();
    case "move":
      if (last === "write") return symbols();
      return last === "event" ? [...EVENT_NAMES] : [...fields, ...["pulse", "event", "line", "in", "out", "write"]];
    case "condition":
      if (last === "event") return [...EVENT_NAMES];
      return [...fields, ...symbols(), "and", "or", "not", "event", "changed"];
  }
}

/** `FIELD=VALUE` of the event that a line names last. */
function eventFields(before: string): string[] {
  const name = [...before.matchAll(/\bevent (\w+)/g)].at(-1)?.[1] ?? "";
  return Object.entries(EVENT_VALUES.get(name) ?? {}).flatMap(([field, values]) =>
    values.kind === "words" ? values.words.map((word) => `${field}=${word}`) : [`${field}=`],
  );
}
