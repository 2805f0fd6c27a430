// The commands that ask: they change nothing.

import { FAULTS } from "../faults";
import { findSymbol, symbolNames } from "../machine/symbols";
import { usageOfFault } from "../scenario/fault-words";
import { VERSION } from "../version";
import { conditionOf } from "./condition";
import { CommandError } from "./command-error";
import { LIST_MAX, type Door } from "./door";
import { both, type Row, textOfEvent, textOfRow, tickOf, withMore, words } from "./row";
import { hint, lengthOf, symbolOf, textOfList, textOfSymbolValue, unitOf, wholeName } from "./values";

const EVENTS_DEFAULT = 10;

interface Shown {
  name: string;
  value: number | null;
  unit: string;
  text: string;
}

const get = both({
  names: ["get"],
  usage: "get NAME...",
  help: "show the values of signals and symbols",
  completes: "symbol",
  run: (door, rest) => {
    const { machine } = door.run;
    const names = words(rest);
    if (names.length === 0) throw new CommandError("usage: get NAME...");
    const values = names.map((name) => {
      const symbol = symbolOf(machine, name);
      return [symbol.name, symbol.read()] as const;
    });
    return { tick: machine.tick, values: Object.fromEntries(values) as Record<string, number> };
  },
  text: ({ values }) =>
    Object.entries(values)
      .map(([name, value]) => textOfRow(name, String(value)))
      .join("\n"),
});

const show = both({
  names: ["show", "p"],
  usage: "show [--raw] [PATTERN]",
  help: "show the signals, or all symbols whose name contains PATTERN (* stands for anything), with their units; --raw shows the stored halves of each value",
  completes: "symbol",
  repeats: true,
  run: (door, rest) => {
    const { machine } = door.run;
    const { raw, pattern } = listing(rest);
    const { names, more } = pattern === "" && !raw ? signalNames(door) : matching(door, pattern, raw);
    if (names.length === 0) {
      throw new CommandError(`no symbol's name contains ${pattern}; ${hint(machine, pattern)}`);
    }
    return { tick: machine.tick, rows: names.map((name) => shown(door, name)), more };
  },
  text: ({ rows, more }) =>
    withMore(
      rows.map(({ name, text }) => textOfRow(name, text)),
      more,
    ),
});

function shown({ run: { machine } }: Door, name: string): Shown {
  const symbol = findSymbol(machine, name);
  const value = symbol ? symbol.read() : null;
  const text = value === null ? textOfList(machine, name) : textOfSymbolValue(machine, name, value);
  return { name, value, unit: unitOf(machine, name), text };
}

const symbols = both({
  names: ["symbols"],
  usage: "symbols [--raw] [PATTERN]",
  help: `list the names of signals and symbols that contain PATTERN (the channel gives the first ${LIST_MAX.channel.symbols}); --raw as for show`,
  completes: "symbol",
  run: (door, rest) => {
    const { raw, pattern } = listing(rest);
    const names = namesLike(door, pattern, raw);
    return { count: names.length, names: names.slice(0, LIST_MAX[door.where].symbols) };
  },
  text: ({ count, names }) => withMore(names, count - names.length),
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
  usage: "events [N | since TICK]",
  help: `show the last N events, by default ${EVENTS_DEFAULT}, or those since a tick or a time; the channel gives at most ${LIST_MAX.channel.events}`,
  run: (door, rest) => {
    const { run } = door;
    const most = LIST_MAX[door.where].events;
    const since = /^since\b(.*)$/.exec(rest)?.[1].trim();
    if (since !== undefined) {
      if (since === "") throw new CommandError("usage: events [N | since TICK]");
      const from = tickOf(since);
      const rows = run.lastEvents(most).filter(({ tick }) => tick >= from);
      return { events: rows, forgotten: run.eventsForgotten };
    }
    const count = rest === "" ? EVENTS_DEFAULT : Number(rest);
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw new CommandError(`found ${rest}, expected a number of events from 1 to ${most}, or since and a tick`);
    }
    return { events: run.lastEvents(count), forgotten: run.eventsForgotten };
  },
  text: ({ events: rows }) => rows.map(textOfEvent).join("\n") || "none",
});

const id = both({
  names: ["id"],
  usage: "id",
  help: "tell what this is: version, scenario, seed, controller, and process",
  run: ({ run }) => ({
    version: VERSION,
    scenario: run.scenario.name,
    file: run.scenario.file,
    seed: run.seed,
    controller: run.machine.controllerName,
    process: process.pid,
  }),
  text: ({ version, scenario, file, seed, controller, process: number }) =>
    [
      `cistern ${version}, process ${number}`,
      `scenario    ${scenario} (${file})`,
      `seed        ${seed}`,
      `controller  ${controller}`,
    ].join("\n"),
});

const expect = both({
  names: ["expect"],
  usage: "expect CONDITION",
  help: "say whether CONDITION holds now; a script ends with exit code 1 after one that does not",
  completes: "condition",
  run: (door, rest) => {
    if (rest === "") throw new CommandError("usage: expect CONDITION");
    const condition = conditionOf(door.run, rest);
    if (condition.momentary) {
      throw new CommandError(
        "expected a condition on the present state, without changed and event: `events` lists what happened",
      );
    }
    const holds = condition.holds();
    if (door.where === "stepper") door.judge(holds);
    return { tick: door.run.machine.tick, condition: rest, holds, seen: seenIn(door, rest) };
  },
  text: ({ condition, holds, seen }) =>
    holds
      ? `holds: ${condition}`
      : [
          `does not hold: ${condition}`,
          ...Object.entries(seen).map(([name, text]) => `  ${textOfRow(name, text)}`),
        ].join("\n"),
});

/** The values of the symbols that a condition names. */
function seenIn(door: Door, condition: string): Record<string, string> {
  const { machine } = door.run;
  const seen: Record<string, string> = {};
  for (const word of condition.match(/[A-Za-z_][\w.[\]-]*/g) ?? []) {
    const name = findSymbol(machine, word) ? word : wholeNameOrNull(door, word);
    if (name !== null) seen[name] = textOfSymbolValue(machine, name, findSymbol(machine, name)!.read());
  }
  return seen;
}

function wholeNameOrNull({ run: { machine } }: Door, word: string): string | null {
  try {
    const name = wholeName(machine, word);
    return findSymbol(machine, name) ? name : null;
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

export const LOOKS: readonly Row[] = [get, show, symbols, events, faults, expect, id];

// ---- names

/** The words `--raw` and a pattern. */
function listing(rest: string): { raw: boolean; pattern: string } {
  const given = words(rest);
  return { raw: given.includes("--raw"), pattern: given.filter((word) => word !== "--raw").join(" ") };
}

function signalNames(door: Door): { names: string[]; more: number } {
  return { names: door.run.machine.signals.map((signal) => signal.name), more: 0 };
}

/** The listed names that contain the pattern. With a star, the whole name is like it. */
function namesLike({ run: { machine } }: Door, pattern: string, raw: boolean): string[] {
  if (!pattern.includes("*")) return symbolNames(machine, pattern, raw);
  const parts = pattern.split("*").map((part) => part.replace(/[.[\]()\\^$+?{}|]/g, "\\$&"));
  const like = new RegExp(`^${parts.join(".*")}$`);
  return symbolNames(machine, "", raw).filter((name) => like.test(name));
}

/** The listed names that contain the pattern. An element or a half, which is not listed, is found by its whole name. */
function matching(door: Door, pattern: string, raw: boolean): { names: string[]; more: number } {
  const { machine } = door.run;
  const all = namesLike(door, pattern, raw);
  const isKnown = findSymbol(machine, pattern) !== null || lengthOf(machine, pattern) > 0;
  if (all.length === 0 && isKnown) return { names: [pattern], more: 0 };
  // The very name comes first.
  all.sort((one, other) => Number(other === pattern) - Number(one === pattern));
  const names = all.slice(0, LIST_MAX[door.where].symbols);
  return { names, more: all.length - names.length };
}
