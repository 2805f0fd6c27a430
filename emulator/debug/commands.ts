// The one table of commands, for the stepper's prompt and for the control channel of `serve`. A row has a command's names, its
// usage and help, the places that accept it, and its function, which takes the text after the name and returns data. The
// channel sends the data as JSON; the stepper prints the text that the row makes from it. Help, docs and tests read the table.

import { FAULTS } from "../faults";
import { findSymbol, nearestSymbol, symbolNames, withoutPrefix, writeSymbol } from "../machine/symbols";
import type { RunEvent } from "../run/report";
import { textOfSavedRun, writeSavedRun } from "../run/saved-run";
import { faultRowOf, FaultWordsError, parseFault, usageOfFault } from "../scenario/fault-words";
import { parseTicks } from "../scenario/quantity";
import { nearest } from "../names";
import { SPEED_MAX, SPEED_MIN, speedOf, textOfSpeed } from "../speed";
import { formatTicks, secondsOf } from "../time";
import { conditionOf, eventFilter } from "./condition";
import { CommandError, LIST_MAX, type ChannelDoor, type Door, type StepperDoor } from "./door";

type Data = object;

interface Facts {
  names: readonly [string, ...string[]];
  usage: string;
  help: string;
}

/** A row, by the place that accepts its command. `run` gives null when the answer comes later. */
type Row =
  | (Facts & { where: "both"; run(door: Door, rest: string): Data; text(data: Data): string })
  | (Facts & { where: "stepper"; run(door: StepperDoor, rest: string): Data; text(data: Data): string })
  | (Facts & { where: "channel"; run(door: ChannelDoor, rest: string): Data | null });

const EVENTS_DEFAULT = 10;
/** A message shows at most this much of an unknown word. */
const WORD_CHARACTERS_SHOWN = 60;

// ---- commands of both places

const help = both({
  names: ["help", "?"],
  usage: "help",
  help: "list the commands",
  run: (door) => ({ commands: commandsIn(door.where) }),
  text: ({ commands }) => commands.map((each) => `${each.usage.padEnd(38)} ${each.help}`).join("\n"),
});

const get = both({
  names: ["get"],
  usage: "get NAME...",
  help: "show the values of signals and symbols",
  run: (door, rest) => {
    const { machine } = door.run;
    const names = words(rest);
    if (names.length === 0) throw new CommandError("usage: get NAME...");
    const values = names.map((name) => {
      const symbol = findSymbol(machine, name);
      if (symbol) return [name, symbol.read()] as const;
      throw new CommandError(`no signal or symbol is called ${name}; ${hint(door, name)}`);
    });
    return { tick: machine.tick, values: Object.fromEntries(values) as Record<string, number> };
  },
  text: ({ values }) => textOfValues(values),
});

const show = both({
  names: ["show", "p"],
  usage: "show [--raw] [PATTERN]",
  help: "show the signals, or all symbols whose name contains PATTERN; --raw shows the stored halves of each value",
  run: (door, rest) => {
    const { machine } = door.run;
    const { raw, pattern } = listing(rest);
    const { names, more } = pattern === "" && !raw ? signalNames(door) : matching(door, pattern, raw);
    if (names.length === 0) {
      throw new CommandError(`no symbol's name contains ${pattern}; ${hint(door, pattern)}`);
    }
    const rows = names.map((name) => {
      const symbol = findSymbol(machine, name);
      return { name, value: symbol ? symbol.read() : null, unit: symbol?.signal?.unit ?? "" };
    });
    return { tick: machine.tick, rows, more };
  },
  text: ({ rows, more }) =>
    withMore(
      rows.map(({ name, value, unit }) => textOfValue(name, value, unit)),
      more,
    ),
});

const symbols = both({
  names: ["symbols"],
  usage: "symbols [--raw] [PATTERN]",
  help: `list the names of signals and symbols that contain PATTERN (the channel gives the first ${LIST_MAX.channel.symbols}); --raw as for show`,
  run: (door, rest) => {
    const { raw, pattern } = listing(rest);
    const names = symbolNames(door.run.machine, pattern, raw);
    return { count: names.length, names: names.slice(0, LIST_MAX[door.where].symbols) };
  },
  text: ({ count, names }) => withMore(names, count - names.length),
});

const set = both({
  names: ["set"],
  usage: "set SYMBOL VALUE",
  help: "change a symbol; a signal cannot be changed",
  run: (door, rest) => {
    const { machine } = door.run;
    const [name, text, ...more] = words(rest);
    if (text === undefined || more.length > 0) throw new CommandError("usage: set SYMBOL VALUE");
    const value = Number(text);
    if (Number.isNaN(value)) throw new CommandError(`found ${text}, expected a number (usage: set SYMBOL VALUE)`);
    if (!refusable(() => writeSymbol(machine, name, value))) throw new CommandError(unsettable(door, name));
    door.touched();
    return { tick: machine.tick, values: { [name]: findSymbol(machine, name)!.read() } };
  },
  text: ({ values }) => textOfValues(values),
});

const inject = both({
  names: ["inject"],
  usage: "inject FAULT [PARAMETER]",
  help: "switch a fault on, with the units of a scenario: `inject motor_slip 20 %`; a momentary one acts and is over",
  run: (door, rest) => {
    const { machine } = door.run;
    const { fault, parameter, field } = refusable(() => parseFault(rest));
    refusable(() => machine.inject(fault, parameter, field));
    door.touched();
    return { tick: machine.tick, fault, parameter, does: faultRowOf(fault).does };
  },
  text: ({ fault, does }) => `${fault}: ${does}`,
});

const release = both({
  names: ["release"],
  usage: "release FAULT",
  help: "switch a lasting fault off",
  run: (door, rest) => {
    const { machine } = door.run;
    const { name } = refusable(() => faultRowOf(rest));
    machine.release(name);
    door.touched();
    return { tick: machine.tick, fault: name };
  },
  text: ({ fault }) => `${fault} is off`,
});

const faults = both({
  names: ["faults"],
  usage: "faults",
  help: "list all faults with their usage, which of them are on, and how often each acted",
  run: (door) => {
    const ledger = door.run.machine.faults;
    const rows = FAULTS.map((row, i) => ({
      name: row.name,
      usage: usageOfFault(row),
      on: ledger.on[i] === 1,
      acted: ledger.acts[i],
      does: row.does,
    }));
    return { faults: rows };
  },
  text: ({ faults: rows }) =>
    rows
      .map(({ name, on, acted, does }) => `${name.padEnd(24)} ${on ? "on " : "off"} acted ${acted}  ${does}`)
      .join("\n"),
});

const events = both({
  names: ["events", "e"],
  usage: "events [N]",
  help: `show the last N events, by default ${EVENTS_DEFAULT}; the channel gives at most ${LIST_MAX.channel.events}`,
  run: (door, rest) => {
    const count = rest === "" ? EVENTS_DEFAULT : Number(rest);
    const most = LIST_MAX[door.where].events;
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw new CommandError(`found ${rest}, expected a number of events from 1 to ${most}`);
    }
    return { events: door.run.lastEvents(count), forgotten: door.run.eventsForgotten };
  },
  text: ({ events: rows }) => rows.map(textOfEvent).join("\n") || "none yet",
});

const save = both({
  names: ["save"],
  usage: "save FILE",
  help: "write a snapshot of the run, for --from",
  run: (door, rest) => {
    if (rest === "") throw new CommandError("usage: save FILE");
    writeSavedRun(rest, textOfSavedRun(door.run));
    return { file: rest, tick: door.run.machine.tick };
  },
  text: ({ file, tick }) => `${file} has the run at ${formatTicks(tick)}`,
});

const quit = both({
  names: ["quit", "q"],
  usage: "quit",
  help: "leave the stepper, or end `serve` with exit code 0 if the invariants held",
  run: (door) => {
    door.quit();
    return { tick: door.run.machine.tick };
  },
  text: () => "",
});

// ---- commands of the stepper, which move time

const step = inStepper({
  names: ["step", "s"],
  usage: "step [N | TIME]",
  help: "move forward by N ticks (default 1) or a time",
  run: (door, rest) => {
    door.moveTo(door.run.machine.tick + stepTicks(rest));
    return placeOf(door);
  },
  text: textOfPlace,
});

const continueRun = inStepper({
  names: ["continue", "c"],
  usage: "continue [CONDITION | TIME]",
  help: "move forward until CONDITION holds (SYMBOL OP VALUE, changed SYMBOL, event NAME [FIELD=VALUE]..., joined by and, or, not), the time is TIME, or the run ends",
  run: (door, rest) => {
    const time = rest === "" ? { ok: true as const, ticks: door.run.end_ticks } : parseTicks(rest);
    if (time.ok) {
      door.moveTo(time.ticks);
      return { ...placeOf(door), condition: null, holds: false };
    }
    const holds = door.moveUntil(conditionOf(door.run, rest));
    return { ...placeOf(door), condition: rest, holds };
  },
  text: ({ condition, holds, ...place }) => {
    if (condition === null) return textOfPlace(place);
    return `${holds ? `${condition} holds at` : `${condition} never held; the end is`} ${textOfPlace(place)}`;
  },
});

const back = inStepper({
  names: ["back", "b"],
  usage: "back [N | TIME]",
  help: "go back by N ticks (default 1) or a time",
  run: (door, rest) => {
    const target = door.run.machine.tick - stepTicks(rest);
    if (target < door.firstTick) {
      throw new CommandError(`that is before the start; the run is at ${textOfPlace(placeOf(door))}`);
    }
    door.backTo(target);
    return placeOf(door);
  },
  text: textOfPlace,
});

// ---- commands of the channel, where time runs by the clock

const status = inChannel({
  names: ["status"],
  usage: "status",
  help: "show time, speed, head, counters of port and pacing, alarms, and every signal",
  run: (door) => door.status(),
});

const report = inChannel({
  names: ["report"],
  usage: "report",
  help: "show the report as it would be if the service ended now",
  run: (door) => ({ report: door.report() }),
});

const head = inChannel({
  names: ["head"],
  usage: "head in-place|away",
  help: "set where the programming head is while a programmer uses the port",
  run: (door, rest) => {
    if (rest !== "in-place" && rest !== "away") throw new CommandError("usage: head in-place|away");
    door.setHead(rest === "in-place");
    return { head: rest };
  },
});

const watch = inChannel({
  names: ["watch"],
  usage: "watch events|off",
  help: 'push each event as it happens: `{"event":{...}}`; `missed` counts the events that this client did not read in time',
  run: (door, rest) => {
    if (rest !== "events" && rest !== "off") throw new CommandError("usage: watch events|off");
    door.pushEvents(rest === "events");
    return { watching: rest === "events" };
  },
});

const speed = inChannel({
  names: ["speed"],
  usage: "speed N|max",
  help: `set the speed in seconds of the pump in one second, ${SPEED_MIN} to ${SPEED_MAX}, or max: as fast as possible`,
  run: (door, rest) => {
    const value = speedOf(rest);
    if (value === null) {
      throw new CommandError(`found ${rest || "nothing"}, expected a speed from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
    }
    door.setSpeed(value);
    return { speed: textOfSpeed(value) };
  },
});

const wait = inChannel({
  names: ["wait"],
  usage: "wait TIME | wait event NAME [FIELD=VALUE]... [within TIME]",
  help: "answer when that much of the pump's time has passed, or when the event with these fields happens",
  run: (door, rest) => {
    const [first, name = "", ...more] = words(rest);
    if (first !== "event") {
      door.waitTicks(waitTicks(rest));
      return null;
    }
    const end = more.indexOf("within");
    const fields = end < 0 ? more : more.slice(0, end);
    const awaited = eventFilter(name, fields);
    const text = end < 0 ? null : more.slice(end + 1).join(" ");
    if (text === "") throw new CommandError("usage: wait event NAME [FIELD=VALUE]... [within TIME]");
    const late = `no event ${[name, ...fields].join(" ")} within ${text}`;
    door.waitForEvent(awaited, text === null ? null : { ticks: waitTicks(text), late });
    return null;
  },
});

/** All rows, in the order of the help. */
const COMMANDS: readonly Row[] = [
  help,
  step,
  continueRun,
  back,
  status,
  get,
  show,
  symbols,
  set,
  inject,
  release,
  faults,
  head,
  events,
  watch,
  speed,
  wait,
  save,
  report,
  quit,
];

/** Usage and help of every command that the place accepts. */
export function commandsIn(where: Door["where"]): { usage: string; help: string }[] {
  return COMMANDS.filter((row) => row.where === "both" || row.where === where).map((row) => ({
    usage: row.usage,
    help: row.help,
  }));
}

/** Carries out a line of the stepper and returns the text to print. Throws CommandError, and FileError of `save`. */
export function textFor(door: StepperDoor, line: string): string {
  const { row, rest } = rowFor(line);
  if (row.where === "channel") throw new CommandError(elsewhere(row));
  return row.text(row.run(door, rest));
}

/** Carries out a line of the channel. Null when the answer comes later. Throws CommandError, and FileError of `save`. */
export function dataFor(door: ChannelDoor, line: string): Data | null {
  const { row, rest } = rowFor(line);
  if (row.where === "stepper") throw new CommandError(elsewhere(row));
  return row.run(door, rest);
}

function rowFor(line: string): { row: Row; rest: string } {
  const [word] = line.split(/\s+/, 1);
  const row = COMMANDS.find((each) => each.names.includes(word));
  if (!row) {
    const near = nearest(
      word,
      COMMANDS.flatMap(({ names }) => names),
    );
    const shown = word.slice(0, WORD_CHARACTERS_SHOWN);
    throw new CommandError(`no command is called ${shown}; help lists them, and the nearest known one is ${near}`);
  }
  return { row, rest: line.slice(word.length).trim() };
}

function elsewhere({ names, where }: Row): string {
  return `${names[0]} is a command of the ${where === "stepper" ? "stepper" : "control channel"} alone; help lists those of this place`;
}

// ---- makers of rows: the `text` of a row takes the data that its own `run` returns

function both<T extends Data>(row: Facts & { run(door: Door, rest: string): T; text(data: T): string }): Row {
  return { where: "both", ...row };
}

function inStepper<T extends Data>(
  row: Facts & { run(door: StepperDoor, rest: string): T; text(data: T): string },
): Row {
  return { where: "stepper", ...row };
}

function inChannel(row: Facts & { run(door: ChannelDoor, rest: string): Data | null }): Row {
  return { where: "channel", ...row };
}

// ---- names

/** The words `--raw` and a pattern. */
function listing(rest: string): { raw: boolean; pattern: string } {
  const given = words(rest);
  return { raw: given.includes("--raw"), pattern: given.filter((word) => word !== "--raw").join(" ") };
}

function signalNames(door: Door): { names: string[]; more: number } {
  return { names: door.run.machine.signals.map((signal) => signal.name), more: 0 };
}

/** The listed names that contain the pattern. An element or a half, which is not listed, is found by its whole name. */
function matching(door: Door, pattern: string, raw: boolean): { names: string[]; more: number } {
  const all = symbolNames(door.run.machine, pattern, raw);
  if (all.length === 0 && findSymbol(door.run.machine, pattern)) return { names: [pattern], more: 0 };
  const names = all.slice(0, LIST_MAX[door.where].symbols);
  return { names, more: all.length - names.length };
}

/** The hint in the message about an unknown name. */
function hint(door: Door, name: string): string {
  const { machine } = door.run;
  if (findSymbol(machine, `${name}[0]`)) return `it is a list, whose first element is ${name}[0]`;
  return `the nearest known one is ${nearestSymbol(machine, name)}`;
}

function unsettable(door: Door, name: string): string {
  const { machine } = door.run;
  const unknown = `no symbol is called ${name}`;
  if (!findSymbol(machine, name)) return `${unknown}; ${hint(door, name)}`;
  if (machine.firmware.read(withoutPrefix(name)) === undefined) return unknown;
  return `${unknown}: that is a signal; the controller's symbol is firmware.${name}`;
}

// ---- text

function textOfValue(name: string, value: number | null, unit: string): string {
  return `${name.padEnd(34)} ${value ?? "(array)"} ${unit}`.trimEnd();
}

function textOfValues(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => textOfValue(name, value, ""))
    .join("\n");
}

function withMore(rows: readonly string[], more: number): string {
  return [...rows, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n");
}

export function textOfEvent({ tick, time_s: _time, wall: _wall, name, ...fields }: RunEvent): string {
  const given = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  return `${formatTicks(tick).padEnd(24)} ${name} ${given.join(" ")}`.trimEnd();
}

interface Place {
  tick: number;
  time_s: number;
  over: boolean;
}

function placeOf({ run }: Door): Place {
  return { tick: run.machine.tick, time_s: secondsOf(run.machine.tick), over: run.over };
}

function textOfPlace({ tick, over }: Place): string {
  return `${formatTicks(tick)} (tick ${tick})${over ? ", the end of the run" : ""}`;
}

// ---- words

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** A number of ticks, by default one, or a time. */
function stepTicks(text: string): number {
  if (text === "") return 1;
  return /^\d+$/.test(text) ? Number(text) : ticksOf(text);
}

/** The ticks of a wait. It is at least one tick, because a shorter wait would answer before anything could happen. */
function waitTicks(text: string): number {
  return Math.max(1, ticksOf(text));
}

function ticksOf(text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new CommandError(parsed.problem);
  return parsed.ticks;
}

/** Calls `act`. Turns the errors that a person can cause by a name or a value into a CommandError. */
function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof FaultWordsError || error instanceof RangeError) throw new CommandError(error.message);
    throw error;
  }
}
