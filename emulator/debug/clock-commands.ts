// The commands of the control channel, where time runs by the clock.

import { SPEED_MAX, SPEED_MIN, speedOf, textOfSpeed } from "../speed";
import { formatTicks } from "../time";
import { conditionOf, eventFilter } from "./condition";
import { CommandError } from "./command-error";
import type { Condition } from "./condition";
import type { ChannelDoor } from "./door";
import { waitWords } from "./moves";
import { inChannel, type Row, stepTicks, words } from "./row";

const WAIT_USAGE = "wait TIME | wait CONDITION [within TIME] [since TICK]";

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
  help: `set the speed in seconds of the pump in one second, ${SPEED_MIN} to ${SPEED_MAX}, or max: as fast as possible; it ends a pause`,
  run: (door, rest) => {
    const value = speedOf(rest);
    if (value === null) {
      throw new CommandError(`found ${rest || "nothing"}, expected a speed from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
    }
    door.setSpeed(value);
    return { speed: textOfSpeed(value) };
  },
});

const pause = inChannel({
  names: ["pause"],
  usage: "pause [off]",
  help: "let the pump's time stand still, or go on; the port and this channel are still there",
  run: (door, rest) => {
    if (rest !== "" && rest !== "off") throw new CommandError("usage: pause [off]");
    door.pause(rest === "");
    return { paused: rest === "", tick: door.run.machine.tick };
  },
});

const step = inChannel({
  names: ["step", "s"],
  usage: "step [N | TIME]",
  help: "in a pause, let N ticks (default 1) or a time pass at once, and answer then; only a stepper (`cistern step`) goes to a pulse or a line",
  run: (door, rest) => {
    if (/^[a-z]/.test(rest))
      throw new CommandError(`found ${rest}, expected a number of ticks or a time: only a stepper goes further`);
    door.step(Math.max(1, stepTicks(rest)));
    return null;
  },
});

const flush = inChannel({
  names: ["flush"],
  usage: "flush",
  help: "drop the bytes from the port that the pump has not been given yet, and tell how many they were",
  run: (door) => ({ dropped: door.flush() }),
});

const wait = inChannel({
  names: ["wait"],
  usage: WAIT_USAGE,
  help: "answer when that much of the pump's time has passed, or when CONDITION holds, as for `continue` of the stepper; with since, an event of that tick or later counts as well",
  run: (door, rest) => {
    const { condition, within, since } = waitWords(rest);
    if (condition === null) {
      door.waitTicks(within!);
      return null;
    }
    const late = within === null ? null : { ticks: within, late: lateWords(condition, within) };
    const [first, name = "", ...fields] = words(condition);
    const isEvent = first === "event" && fields.every((field) => field.includes("="));
    if (isEvent) {
      const filter = eventFilter(name, fields);
      const known = since === null ? undefined : eventsSince(door, since).find(filter);
      if (known) return { seen: known, tick: door.run.machine.tick };
      door.waitForEvent(filter, late);
      return null;
    }
    if (since !== null && conditionOf(door.run, condition).momentary) {
      throw new CommandError("since counts for an event alone: what changed before now is not recorded");
    }
    return waitFor(door, condition, late);
  },
});

function waitFor(door: ChannelDoor, text: string, within: { ticks: number; late: string } | null): object | null {
  const condition: Condition = conditionOf(door.run, text);
  const seen = () => ({ condition: text });
  if (!condition.momentary && condition.holds()) return { ...seen(), tick: door.run.machine.tick };
  condition.begin();
  door.waitFor({ condition, within, seen });
  return null;
}

function lateWords(condition: string, ticks: number): string {
  const isEvent = condition.startsWith("event ");
  return isEvent
    ? `no ${condition} within ${formatTicks(ticks)}`
    : `${condition} did not hold within ${formatTicks(ticks)}`;
}

function eventsSince({ run }: ChannelDoor, tick: number) {
  return run.lastEvents(run.eventsTotal).filter((event) => event.tick >= tick);
}

export const CLOCK_COMMANDS: readonly Row[] = [status, head, watch, speed, pause, step, flush, wait, report];
