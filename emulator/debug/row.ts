// A row of the table of commands, and what rows share: the words of a line, times and places in words, and the text of an event.

import type { RunEvent } from "../run/report";
import { FaultWordsError } from "../scenario/fault-words";
import { parseTicks } from "../scenario/quantity";
import { formatTicks, secondsOf } from "../time";
import { CommandError } from "./command-error";
import type { ChannelDoor, Door, StepperDoor } from "./door";

type Data = object;

/** The kind of words that a completion offers after a command's name. */
export type Completes =
  | "symbol"
  | "event"
  | "fault"
  | "fault that is on"
  | "place"
  | "alarm"
  | "action"
  | "reason"
  | "condition"
  | "move";

interface Facts {
  names: readonly [string, ...string[]];
  usage: string;
  help: string;
  completes?: Completes;
  /** An empty line at the prompt does it again. */
  repeats?: true;
}

/** A row, by the place that accepts its command. In the channel `run` gives null when the answer comes later. */
export type Row =
  | (Facts & { where: "both"; run(door: Door, rest: string): Data; text(data: Data): string })
  | (Facts & { where: "stepper"; run(door: StepperDoor, rest: string): Data | Promise<Data>; text(data: Data): string })
  | (Facts & { where: "channel"; run(door: ChannelDoor, rest: string): Data | null });

// ---- makers of rows: the `text` of a row takes the data that its own `run` returns

export function both<T extends Data>(row: Facts & { run(door: Door, rest: string): T; text(data: T): string }): Row {
  return { where: "both", ...row };
}

export function inStepper<T extends Data>(
  row: Facts & { run(door: StepperDoor, rest: string): T | Promise<T>; text(data: T): string },
): Row {
  return { where: "stepper", ...row };
}

export function inChannel(row: Facts & { run(door: ChannelDoor, rest: string): Data | null }): Row {
  return { where: "channel", ...row };
}

// ---- words

export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** A number of ticks, by default one, or a time. */
export function stepTicks(text: string): number {
  if (text === "") return 1;
  return /^\d+$/.test(text) ? Number(text) : ticksOf(text);
}

export function ticksOf(text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new CommandError(parsed.problem);
  return parsed.ticks;
}

/** A tick of the run, as its number or as a time from the start. */
export function tickOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : ticksOf(text);
}

/** Calls `act`. Turns the errors that a person can cause by a name or a value into a CommandError. */
export function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof FaultWordsError || error instanceof RangeError) throw new CommandError(error.message);
    throw error;
  }
}

// ---- text

export function withMore(rows: readonly string[], more: number): string {
  return [...rows, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n");
}

export function textOfEvent({ tick, time_s: _time, wall: _wall, name, ...fields }: RunEvent): string {
  const given = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  return `${formatTicks(tick).padEnd(24)} ${name} ${given.join(" ")}`.trimEnd();
}

/** A name and what follows it, in the columns of every listing. */
export function textOfRow(name: string, text: string): string {
  return `${name.padEnd(34)} ${text}`;
}

export interface Moment {
  tick: number;
  time_s: number;
  over: boolean;
}

export function momentOf({ run }: Door): Moment {
  return { tick: run.machine.tick, time_s: secondsOf(run.machine.tick), over: run.over };
}

export function textOfMoment({ tick, over }: Moment): string {
  return `${formatTicks(tick)} (tick ${tick})${over ? ", the end of the run" : ""}`;
}
