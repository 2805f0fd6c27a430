// The commands by which a person changes the run. In the stepper a change begins a branch of the recorded past, and is an entry of that
// branch's timeline, so that it can be exported; a served pump is changed as it is.

import { parse } from "yaml";
import { ALARM_ROWS } from "../contract/alarms";
import { FAULTS } from "../faults";
import { findSymbol, withoutPrefix, writeSymbol } from "../machine/symbols";
import { describeUnknown } from "../names";
import { writeWhole } from "../file";
import { textOfSavedRun, writeSavedRun } from "../run/saved-run";
import { faultRowOf, parseFault } from "../scenario/fault-words";
import { ACTION_NAMES } from "../scenario/schema";
import { formatTicks } from "../time";
import { CommandError } from "./command-error";
import type { Door, StepperDoor } from "./door";
import { both, inStepper, refusable, type Row, textOfRow, words } from "./row";
import { hint, numberFor, textOfSymbolValue } from "./values";

const SET_USAGE = "usage: set SYMBOL VALUE";

const set = both({
  names: ["set"],
  usage: "set SYMBOL VALUE",
  help: "change a symbol, to a number, a value with a unit or a word; a signal cannot be changed",
  completes: "symbol",
  run: (door, rest) => {
    const { machine } = door.run;
    const [name, ...given] = words(rest);
    if (given.length === 0) throw new CommandError(SET_USAGE);
    const value = valueFor(door, name, given);
    const symbol = findSymbol(machine, name);
    const before = symbol?.read();
    if (!refusable(() => writeSymbol(machine, name, value))) throw new CommandError(unsettable(door, name));
    const now = findSymbol(machine, name)!.read();
    const text = textOfSymbolValue(machine, name, now);
    const answer = { tick: machine.tick, values: { [name]: now } };
    if (door.where === "channel") return { ...answer, text };
    // The new branch makes the change, at the beginning of the tick. What was written here is only known to be allowed.
    writeSymbol(machine, name, before!);
    door.act({ entry: { do: "set", symbol: name, value } });
    return { ...answer, text: `${text}, from the next tick on` };
  },
  text: ({ values, text }) => textOfRow(Object.keys(values)[0], text),
});

/** The number that the words stand for. Throws CommandError. */
function valueFor(door: Door, name: string, given: readonly string[]): number {
  const { machine } = door.run;
  const [text, ...more] = given;
  const plain = Number(text);
  const found = findSymbol(machine, name);
  const isWord = found !== null && found.meaning.kind === "code" && given.length === 1;
  if (more.length > 0 || (isWord && Number.isNaN(plain))) {
    if (found === null) throw new CommandError(unsettable(door, name));
    if (!/^-?[\d.]/.test(text) && !isWord) throw new CommandError(SET_USAGE);
    if (more.length === 1 && /^-?[\d.]+$/.test(more[0])) throw new CommandError(SET_USAGE);
    return numberFor(machine, { ...found, name }, given.join(" "));
  }
  if (Number.isNaN(plain)) throw new CommandError(`found ${text}, expected a number (${SET_USAGE})`);
  return plain;
}

function unsettable({ run: { machine } }: Door, name: string): string {
  const unknown = `no symbol is called ${name}`;
  if (!findSymbol(machine, name)) return `${unknown}; ${hint(machine, name)}`;
  if (machine.firmware.read(withoutPrefix(name)) === undefined) return unknown;
  return `${unknown}: that is a signal; the controller's symbol is firmware.${name}`;
}

const inject = both({
  names: ["inject"],
  usage: "inject FAULT [PARAMETER]",
  help: "switch a fault on, with the units of a scenario: `inject motor_slip 20 %`; a momentary one acts and is over",
  completes: "fault",
  run: (door, rest) => {
    const { fault, parameter, field } = refusable(() => parseFault(rest));
    if (door.where === "stepper") {
      door.act({ inject: rest });
    } else refusable(() => door.run.machine.inject(fault, parameter, field));
    return { tick: door.run.machine.tick, fault, parameter, does: faultRowOf(fault).does };
  },
  text: ({ fault, does }) => `${fault}: ${does}`,
});

const release = both({
  names: ["release"],
  usage: "release FAULT",
  help: "switch a lasting fault off",
  completes: "fault that is on",
  run: (door, rest) => {
    const { name } = refusable(() => faultRowOf(rest));
    const { on } = door.run.machine.faults;
    if (on[FAULTS.findIndex((fault) => fault.name === name)] !== 1)
      throw new CommandError(`the fault ${name} is not on`);
    if (door.where === "stepper") door.act({ release: name });
    else door.run.machine.release(name);
    return { tick: door.run.machine.tick, fault: name };
  },
  text: ({ fault }) => `${fault} is off`,
});

const act = inStepper({
  names: ["do"],
  usage: "do ACTION [KEY: VALUE, ...]",
  help: "let the people of the scenario do something now, as an entry of the timeline would: `do clinician_bolus volume: 5 uL, duration: 5 min`",
  completes: "action",
  run: (door, rest) => {
    const [name = "", ...more] = words(rest);
    const actions = ACTION_NAMES.filter((each) => each !== "set");
    if (!actions.includes(name)) throw new CommandError(describeUnknown("action", name, actions));
    return done(door, { do: name, ...keysIn(more.join(" ")) });
  },
  text: textOfDone,
});

const acknowledge = inStepper({
  names: ["acknowledge"],
  usage: "acknowledge ALARM",
  help: "let the clinician acknowledge an alarm now",
  completes: "alarm",
  run: (door, rest) => {
    const known = ALARM_ROWS.map(({ name }) => name);
    if (!known.includes(rest)) throw new CommandError(describeUnknown("alarm", rest, known));
    return done(door, { do: "acknowledge", alarm: rest });
  },
  text: textOfDone,
});

function done(door: StepperDoor, entry: Record<string, unknown>): { tick: number; action: string } {
  door.act({ entry });
  return { tick: door.run.machine.tick, action: String(entry["do"]) };
}

function textOfDone({ tick, action }: { tick: number; action: string }): string {
  return `${action} begins at ${formatTicks(tick)}`;
}

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

const exportBranch = inStepper({
  names: ["export"],
  usage: "export FILE",
  help: "write the present branch as a scenario, with what was done by hand in its timeline",
  run: ({ time }, rest) => {
    if (rest === "") throw new CommandError("usage: export FILE");
    writeWhole(rest, time.exportScenario());
    return { file: rest, name: time.branch.name, deeds: time.branch.deeds.length };
  },
  text: ({ file, name, deeds }) =>
    `${file} has ${name} as a scenario, with ${deeds} ${deeds === 1 ? "entry" : "entries"} by hand`,
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

export const CHANGES: readonly Row[] = [set, inject, release, act, acknowledge, save, exportBranch, quit];

/** The keys of an entry in the words of a scenario: `volume: 5 uL, duration: 5 min`. Throws CommandError. */
function keysIn(text: string): Record<string, unknown> {
  if (text === "") return {};
  const usage = `found ${text}, expected keys as in a scenario: volume: 5 uL, duration: 5 min`;
  try {
    const keys: unknown = parse(`{ ${text.replace(/^\{|\}$/g, "")} }`);
    if (typeof keys !== "object" || keys === null || Object.values(keys).includes(null)) throw new CommandError(usage);
    return keys as Record<string, unknown>;
  } catch {
    throw new CommandError(usage);
  }
}
