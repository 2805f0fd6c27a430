// The commands of the stepper that travel: to the next or last tick, pulse, event, line or write, to a condition, a time, a mark or
// another branch; and the questions that travel to find their answer and come back. While one of them works, a person can stop it.

import type { Difference } from "../machine/state";
import type { RunEvent } from "../run/report";
import { formatTicks } from "../time";
import { textOfDeed } from "./branches";
import { conditionOf } from "./condition";
import { CommandError } from "./command-error";
import { LIST_MAX, type StepperDoor } from "./door";
import type { Position } from "./inside";
import {
  inStepper,
  type Moment,
  momentOf,
  type Row,
  stepTicks,
  textOfEvent,
  textOfMoment,
  textOfRow,
  tickOf,
  ticksOf,
  withMore,
  words,
} from "./row";
import type { Arrival, Direction, Mark, Place, TimeTravel, Write } from "./time-travel";
import { symbolOf, textOfSymbolValue } from "./values";
import { eventWords, reasonWords, whyFilter } from "./why";
import { describeUnknown } from "../names";

/** Where a move has come to, and what it found there. */
interface Moved extends Moment {
  why: Arrival["why"];
  statement: number;
  at: string | null;
  /** The words of the search, which held there or did not; null for a move to a place. */
  sought: string | null;
  events: RunEvent[];
  write: Write | null;
}

const BY = "[N | TIME | pulse | event [NAME [FIELD=VALUE]...] | line | in | out | write SYMBOL]";

const step = inStepper({
  names: ["step", "s"],
  usage: `step ${BY}`,
  help: "move forward by N ticks (default 1), by a time, or to the next pulse, event, line of the firmware, or write of a symbol",
  completes: "move",
  repeats: true,
  run: (door, rest) => move(door, "forward", rest),
  text: textOfMoved,
});

const back = inStepper({
  names: ["back", "b"],
  usage: `back ${BY}`,
  help: "the same, backward: to the last pulse, event, line or write",
  completes: "move",
  repeats: true,
  run: (door, rest) => move(door, "back", rest),
  text: textOfMoved,
});

async function move(door: StepperDoor, direction: Direction, rest: string): Promise<Moved> {
  const { time, moving } = door;
  const [word = "", ...more] = words(rest);
  const isForward = direction === "forward";
  switch (word) {
    case "pulse":
      nothingAfter(word, more);
      return movedTo(door, await time.pulse(direction, moving), "pulse");
    case "line":
    case "in":
    case "out":
      nothingAfter(word, more);
      return movedTo(door, await time.statement(direction, word === "line" ? "over" : word, moving), word);
    case "event":
      if (more.length > 0) return until(door, direction, rest);
      return movedTo(door, await time.event(direction, undefined, moving), word);
    case "write": {
      if (more.length !== 1) throw new CommandError("usage: step write SYMBOL");
      const { name } = symbolOf(door.run.machine, more[0]);
      return movedTo(door, await time.write(direction, name, moving), `write ${name}`);
    }
    default: {
      const ticks = stepTicks(rest);
      if (isForward) return movedTo(door, await time.tick(ticks, moving), null);
      const { tick } = time.place;
      if (tick - ticks < time.firstTick) {
        throw new CommandError(`that is before the start; the run is at ${textOfMoment(momentOf(door))}`);
      }
      return movedTo(door, await time.tick(-ticks, moving), null);
    }
  }
}

function nothingAfter(word: string, more: readonly string[]): void {
  if (more.length > 0) throw new CommandError(`found ${more.join(" ")} after ${word}, expected nothing`);
}

const continueRun = inStepper({
  names: ["continue", "c"],
  usage: "continue [CONDITION | TIME]",
  help: "move forward until CONDITION holds (SYMBOL OP VALUE, changed SYMBOL, event NAME [FIELD=VALUE]..., joined by and, or, not), the time is TIME, or the run ends",
  completes: "condition",
  repeats: true,
  run: async (door, rest) => {
    const { time, moving } = door;
    const tick = rest === "" ? time.lastTick : timeOrNull(rest);
    if (tick === null) return until(door, "forward", rest);
    if (tick < time.place.tick) {
      throw new CommandError(
        `${formatTicks(tick)} has passed: the run is at ${textOfMoment(momentOf(door))}; goto goes there`,
      );
    }
    return movedTo(door, await time.goto(Math.min(tick, time.lastTick), moving), null);
  },
  text: textOfMoved,
});

const reverse = inStepper({
  names: ["reverse", "r"],
  usage: "reverse CONDITION",
  help: "go back to where CONDITION began to hold last, or to the start",
  completes: "condition",
  repeats: true,
  run: async (door, rest) => {
    if (rest === "") return movedTo(door, await door.time.goto(door.time.firstTick, door.moving), null);
    return until(door, "back", rest);
  },
  text: textOfMoved,
});

async function until(door: StepperDoor, direction: Direction, text: string): Promise<Moved> {
  // It is checked before the run moves.
  conditionOf(door.run, text);
  return movedTo(door, await door.time.until(direction, (run) => conditionOf(run, text), door.moving), text);
}

const wait = inStepper({
  names: ["wait"],
  usage: "wait TIME | wait CONDITION [within TIME] [since TICK]",
  help: "move forward by a time, or until CONDITION holds; with since, also if it has held since that tick",
  completes: "condition",
  run: async (door, rest) => {
    const { time, moving } = door;
    const { condition, within, since } = waitWords(rest);
    if (condition === null) return movedTo(door, await time.tick(within!, moving), null);
    conditionOf(door.run, condition);
    const began = time.place.tick;
    if (since !== null) await time.goto(since, moving);
    const most = within === null ? undefined : began + within;
    const arrival = await time.until("forward", (run) => conditionOf(run, condition), { ...moving, most });
    return movedTo(door, arrival.why === "there" ? { ...arrival, why: "end" } : arrival, condition);
  },
  text: textOfMoved,
});

/** The parts of a `wait`: a condition or a time, a limit, and the tick from which a moment counts. Throws CommandError. */
export function waitWords(text: string): { condition: string | null; within: number | null; since: number | null } {
  const [, first, limit, tick] = /^(.*?)(?:\s+within\b\s*(.*?))?(?:\s+since\b\s*(.*))?$/.exec(text)!;
  const time = timeOrNull(first);
  if (limit === "" || tick === "")
    throw new CommandError("usage: wait TIME | wait CONDITION [within TIME] [since TICK]");
  if (time !== null || first === "" || /^\d/.test(first)) {
    return { condition: null, within: Math.max(1, ticksOf(text)), since: null };
  }
  return {
    condition: first,
    within: limit === undefined ? null : Math.max(1, ticksOf(limit)),
    since: tick === undefined ? null : tickOf(tick),
  };
}

function timeOrNull(text: string): number | null {
  try {
    return ticksOf(text);
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

const goto = inStepper({
  names: ["goto", "g"],
  usage: "goto TIME | TICK | MARK | start | end | branch N [TIME]",
  help: "go to a time, a tick, a mark, the start, the end, or a place on another branch (0 is the scenario's own)",
  completes: "place",
  run: async (door, rest) => {
    const { time, moving } = door;
    const [word = "", ...more] = words(rest);
    if (word === "") throw new CommandError(`usage: ${goto.usage}`);
    if (word === "branch" || word === "main") return gotoBranch(door, word === "main" ? ["0", ...more] : more);
    if (time.marks.has(rest)) return movedTo(door, await time.gotoMark(rest, moving), null);
    const tick = rest === "start" ? time.firstTick : rest === "end" ? time.lastTick : placeIn(door, rest);
    return movedTo(door, await time.goto(tick, moving), null);
  },
  text: textOfMoved,
});

async function gotoBranch(door: StepperDoor, [number = "", ...more]: string[]): Promise<Moved> {
  const { time, moving } = door;
  const branch = time.branches.find(({ id }) => String(id) === number);
  if (!branch) {
    const known = time.branches.map(({ id }) => id).join(", ");
    throw new CommandError(`no branch has the number ${number || "(none)"}; the branches are ${known}`);
  }
  const tick = more.length === 0 ? undefined : tickOf(more.join(" "));
  return movedTo(door, await time.gotoBranch(branch.id, tick, moving), null);
}

/** A tick or a time. Throws CommandError. */
function placeIn(door: StepperDoor, text: string): number {
  if (/^\d/.test(text)) return tickOf(text);
  const marks = [...door.time.marks.keys()];
  throw new CommandError(
    marks.length === 0
      ? `found ${text}, expected a time, a tick, start or end; there are no marks yet`
      : describeUnknown("mark", text, marks),
  );
}

const mark = inStepper({
  names: ["mark", "m"],
  usage: "mark [NAME]",
  help: "give the present place a name, for goto and diff; without a name, list the marks",
  run: ({ time }, rest) => {
    if (/^(\d|start$|end$|branch\b|main\b)|\s/.test(rest)) {
      throw new CommandError(`found ${rest}, expected one word that is no number and no place`);
    }
    if (rest !== "") time.mark(rest);
    return { marks: [...time.marks.values()].map(({ name, place }) => ({ name, ...place })) };
  },
  text: ({ marks }) =>
    marks.map(({ name, tick, statement }) => textOfRow(name, placeWords({ tick, statement }))).join("\n") ||
    "no marks yet",
});

const diff = inStepper({
  names: ["diff"],
  usage: "diff MARK [MARK]",
  help: "show the values that differ between two marks, or between a mark and the present place",
  completes: "place",
  run: async (door, rest) => {
    const { time, moving } = door;
    const names = words(rest);
    if (names.length < 1 || names.length > 2) throw new CommandError("usage: diff MARK [MARK]");
    const [one, other = null] = names.map((name) => {
      const found = time.marks.get(name);
      if (!found) throw new CommandError(describeUnknown("mark", name, [...time.marks.keys()]));
      return found;
    });
    const two: readonly Mark[] = [one, other ?? { name: "here", place: time.place, branch: time.branch.id }];
    const differences = await time.diff(two[0], two[1], moving);
    return { differences, due: deedsDueAt(time, two) };
  },
  text: ({ differences, due }) =>
    differences === null ? "stopped" : [textOfDifferences(differences), ...due].join("\n"),
});

function textOfDifferences(differences: readonly Difference[]): string {
  const shown = differences.slice(0, LIST_MAX.stepper.symbols);
  const rows = shown.map(({ name, before, after }) => textOfRow(name, `${before} -> ${after}`));
  return withMore(rows, differences.length - shown.length) || "nothing differs";
}

/** The changes by hand that act as the tick begins at whose edge a place is: no value shows them yet. */
function deedsDueAt(time: TimeTravel, places: readonly Mark[]): string[] {
  const due = new Map<object, string>();
  for (const { name, branch, place } of places) {
    const deeds = place.statement > 0 ? [] : time.branches[branch].deeds.filter(({ tick }) => tick === place.tick);
    for (const each of deeds) due.set(each, `at ${name}, from the next tick on: ${textOfDeed(each.deed)}`);
  }
  return [...due.values()];
}

const watch = inStepper({
  names: ["watch", "w"],
  usage: "watch [SYMBOL | off [SYMBOL]]",
  help: "show the symbol after each move that changes it; without a symbol, list what is watched",
  completes: "symbol",
  run: (door, rest) => {
    const [word = "", ...more] = words(rest);
    const { watched } = door;
    const { machine } = door.run;
    if (word === "off") {
      if (more.length === 0) watched.clear();
      else if (!watched.delete(symbolOf(machine, more[0]).name)) throw new CommandError(`${more[0]} is not watched`);
    } else if (word !== "") watched.add(symbolOf(machine, rest).name);
    return {
      values: [...watched].map((name) => ({
        name,
        text: textOfSymbolValue(machine, name, symbolOf(machine, name).read()),
      })),
    };
  },
  text: ({ values }) => values.map(({ name, text }) => textOfRow(name, text)).join("\n") || "nothing is watched",
});

const who = inStepper({
  names: ["who"],
  usage: "who SYMBOL",
  help: "tell the last write of a symbol: when, from and to which value, by whom, and in which line",
  completes: "symbol",
  run: async (door, rest) => {
    if (rest === "") throw new CommandError("usage: who SYMBOL");
    const { name } = symbolOf(door.run.machine, rest);
    const write = await door.time.who(name, door.moving);
    return { name, write, isStopped: door.moving.stopper?.stopped === true };
  },
  text: ({ name, write, isStopped }) => {
    if (write !== null) return textOfWrite(write);
    return isStopped ? "stopped" : `no tick since the start of the record has left another value in ${name}`;
  },
});

const why = inStepper({
  names: ["why"],
  usage: "why EVENT | REASON",
  help: "explain the last such event, or the last with that reason: the rule, and what was missing then",
  completes: "reason",
  run: async (door, rest) => {
    const { time, moving } = door;
    if (rest === "") throw new CommandError("usage: why EVENT | REASON");
    const filter = whyFilter(rest);
    const event = door.run.lastEvents(LIST_MAX.stepper.events).findLast(filter);
    if (event === undefined) {
      const explained = reasonWords(door.run.machine, rest);
      return { lines: [`no event so far is or has the reason ${rest}`, ...explained] };
    }
    const began = time.place;
    const { why: arrived } = await time.goto(Math.min(event.tick + 1, time.lastTick), moving);
    const lines =
      arrived === "stopped" ? ["stopped"] : [textOfEvent(event), ...eventWords(door.run.machine, event).map(indented)];
    await time.goto(began);
    return { lines };
  },
  text: ({ lines }) => lines.join("\n"),
});

const branches = inStepper({
  names: ["branches"],
  usage: "branches",
  help: "list the branches that changes by hand began; goto branch N goes to one",
  run: ({ time }) => ({
    branches: time.branches.map(({ id, name, parent, from, reached, deeds }) => ({
      ...{ id, name, parent, from, reached, deeds: deeds.length },
      isHere: id === time.branch.id,
    })),
  }),
  text: ({ branches: rows }) =>
    rows
      .map(({ id, parent, from, reached, deeds, isHere }) => {
        const began = parent === null ? "the scenario's own" : `from branch ${parent} at ${formatTicks(from)}`;
        return `${isHere ? "*" : " "} ${id}  ${began}, up to ${formatTicks(reached)}, ${deeds} by hand`;
      })
      .join("\n"),
});

export const MOVES: readonly Row[] = [
  step,
  back,
  continueRun,
  reverse,
  wait,
  goto,
  mark,
  watch,
  who,
  why,
  diff,
  branches,
];

// ---- where a move has come to

function movedTo(door: StepperDoor, { why: reason, write }: Arrival, sought: string | null): Moved {
  const { time } = door;
  const position = time.where();
  const isEvent = sought !== null && /\bevent\b/.test(sought) && reason === "held";
  const { tick } = time.place;
  const events = isEvent
    ? door.run.lastEvents(10).filter((event) => event.tick === tick - 1 || event.tick === tick)
    : [];
  return {
    ...momentOf(door),
    ...{ why: reason, statement: time.place.statement, sought, events, write },
    at: position === null ? null : positionWords(position),
  };
}

function textOfMoved({ why: reason, sought, events, write, at, statement, ...moment }: Moved): string {
  const place = `${textOfMoment(moment)}${statement > 0 ? `, statement ${statement}` : ""}`;
  const shown = [...events.map(textOfEvent), ...(write ? [textOfWrite(write)] : []), ...(at === null ? [] : [at])];
  const isMove = sought === null || ["pulse", "line", "in", "out"].includes(sought);
  return [firstLine(reason, isMove, sought, place), ...shown.map(indented)].join("\n");
}

function firstLine(reason: Arrival["why"], isMove: boolean, sought: string | null, place: string): string {
  switch (reason) {
    case "stopped":
      return `stopped at ${place}`;
    case "end":
      return sought === null ? place : `${sought} ${isMove ? "does not come" : "never held"}; the end is ${place}`;
    case "start":
      return `${sought} ${isMove ? "does not come" : "never held"} before; the start is ${place}`;
    case "failed":
      return `the controller cannot go on after ${place}`;
    default:
      return isMove ? place : `${sought} holds at ${place}`;
  }
}

function textOfWrite({ symbol, tick, old, now, by, fault, position, frames }: Write): string {
  const author = fault === null ? `the ${by}` : `the fault ${fault}`;
  const where = position === null ? "" : `, ${positionWords(position)}`;
  const calls = frames.slice(1).map((frame) => indented(`called by ${positionWords(frame)}`));
  return [`${symbol}: ${old} -> ${now} at ${formatTicks(tick)} (tick ${tick}) by ${author}${where}`, ...calls].join(
    "\n",
  );
}

function positionWords({ file, line, function: name }: Position): string {
  return `${file}:${line} in ${name}`;
}

function placeWords({ tick, statement }: Place): string {
  return `${formatTicks(tick)} (tick ${tick})${statement > 0 ? `, statement ${statement}` : ""}`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
