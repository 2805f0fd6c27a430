// The control channel: what a rig asks of a served pump besides telemetry, a line a request, a JSON object a reply. One
// table of commands; help, docs and completion read it. A reply has `ok`; what is pushed (`watch events`) has `event`
// instead. Each client's requests are answered in order: while `wait` waits, its later lines wait too. Nothing here knows
// sockets: a client is somewhere to send lines to, and what cannot be sent is dropped and counted.

import { FAULTS } from "../faults";
import { faultRowOf, FaultWordsError, parseFault, usageOfFault } from "../scenario/fault-words";
import { parseTicks } from "../scenario/quantity";
import type { RunEvent } from "../run/report";
import { textOfSavedRun } from "../run/saved-run";
import { readSymbol, symbolNames, writeSymbol } from "../machine/symbols";
import { secondsOf } from "../time";
import { FileError, writeWhole } from "../file";
import { EVENT_NAMES } from "../machine/events";
import { SPEED_MAX, SPEED_MIN, speedOf, textOfSpeed } from "../speed";
import type { Served } from "./serve";
import { reportOf, statusOf } from "./serve-report";

/** Longer lines are refused; no command comes near it. */
export const LINE_BYTES_MAX = 4096;
const EVENTS_MAX = 1000;
const SYMBOLS_SHOWN = 200;

type Answer = Record<string, unknown>;

/** A request that cannot be carried out; nothing has changed. */
class ControlError extends Error {}

/** Somebody at the channel. */
export interface ControlClient {
  /** Takes a line, without its end. */
  reply(line: string): void;
  /** The same, but false when the client is behind in its reading: the line is then dropped. */
  push(line: string): boolean;
  /** A wait is over: the next line may come. */
  ready(): void;
}

interface ControlCommand {
  name: string;
  usage: string;
  help: string;
  /** The answer, or null when it comes later. */
  run(control: Control, rest: string, visitor: Visitor): Answer | null;
}

/** What is kept of a client. */
interface Visitor {
  client: ControlClient;
  watches: boolean;
  /** Pushed lines that the client did not take. */
  missed: number;
  /** Ends the wait under way; null when none is. */
  giveUp: (() => void) | null;
}

/** One conversation. */
export interface ControlSession {
  /** A line of the client; not while `waiting`. */
  line(text: string): void;
  readonly waiting: boolean;
  end(): void;
}

export class Control {
  private readonly served: Served;
  private readonly visitors = new Set<Visitor>();
  /** Those who wait for an event, by what they do when it happens. */
  private readonly listeners = new Set<(event: RunEvent) => void>();

  constructor(served: Served) {
    this.served = served;
    served.run.onEvent = (event) => this.tell(event);
  }

  /** A new client. */
  meet(client: ControlClient): ControlSession {
    const visitor: Visitor = { client, watches: false, missed: 0, giveUp: null };
    this.visitors.add(visitor);
    return {
      line: (text) => this.execute(visitor, text.trim()),
      get waiting() {
        return visitor.giveUp !== null;
      },
      end: () => {
        visitor.giveUp?.();
        this.visitors.delete(visitor);
      },
    };
  }

  private execute(visitor: Visitor, text: string): void {
    if (text === "") return;
    const answer = this.answerTo(visitor, text);
    if (answer) send(visitor, answer);
  }

  private answerTo(visitor: Visitor, text: string): Answer | null {
    const [name] = text.split(/\s+/, 1);
    try {
      if (text.length > LINE_BYTES_MAX) throw new ControlError(`a line has at most ${LINE_BYTES_MAX} characters`);
      const command = COMMANDS.find((each) => each.name === name);
      if (!command) throw new ControlError(`no command is called ${name.slice(0, 60)}; help lists them`);
      const answer = command.run(this, text.slice(name.length).trim(), visitor);
      return answer && { ok: true, ...answer };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { ok: false, error: error.message };
    }
  }

  // ---- the commands

  help(): Answer {
    return { commands: controlCommands() };
  }

  status(): Answer {
    return { ...statusOf(this.served) };
  }

  get(rest: string): Answer {
    const { machine } = this.served.run;
    const names = words(rest);
    if (names.length === 0) throw new ControlError("usage: get NAME...");
    const values = names.map((name) => {
      const value = readSymbol(machine, name);
      if (value === undefined) throw new ControlError(`no signal or symbol is called ${name}`);
      return [name, value] as const;
    });
    return { tick: machine.tick, values: Object.fromEntries(values) };
  }

  symbols(rest: string): Answer {
    const names = symbolNames(this.served.run.machine).filter((name) => name.includes(rest));
    return { count: names.length, names: names.slice(0, SYMBOLS_SHOWN) };
  }

  set(rest: string): Answer {
    const { machine } = this.served.run;
    const [name, text, ...more] = words(rest);
    const value = Number(text);
    if (text === undefined || more.length > 0 || !Number.isFinite(value)) {
      throw new ControlError("usage: set SYMBOL VALUE");
    }
    if (name.startsWith("firmware.") && value !== (value | 0)) {
      throw new ControlError(`found ${text}, expected a whole number of 32 bits: the firmware has no other`);
    }
    if (!writeSymbol(machine, name, value)) throw new ControlError(`no symbol is called ${name}`);
    return { tick: machine.tick, values: { [name]: readSymbol(machine, name) } };
  }

  inject(rest: string): Answer {
    const { machine } = this.served.run;
    const { fault, parameter, field } = parseFault(rest);
    machine.inject(fault, parameter, field);
    return { tick: machine.tick, fault, parameter, does: faultRowOf(fault).does };
  }

  release(rest: string): Answer {
    const { machine } = this.served.run;
    const { name } = faultRowOf(rest);
    machine.release(name);
    return { tick: machine.tick, fault: name };
  }

  faults(): Answer {
    const { faults } = this.served.run.machine;
    const rows = FAULTS.map((row, i) => ({
      name: row.name,
      usage: usageOfFault(row),
      on: faults.on[i] === 1,
      acted: faults.acts[i],
      does: row.does,
    }));
    return { faults: rows };
  }

  head(rest: string): Answer {
    if (rest !== "in-place" && rest !== "away") throw new ControlError("usage: head in-place|away");
    this.served.head = rest === "in-place";
    return { head: rest };
  }

  events(rest: string): Answer {
    const count = rest === "" ? 10 : Number(rest);
    if (!Number.isInteger(count) || count < 1 || count > EVENTS_MAX) {
      throw new ControlError(`found ${rest}, expected a number of events from 1 to ${EVENTS_MAX}`);
    }
    return { events: this.served.run.lastEvents(count), forgotten: this.served.run.eventsForgotten };
  }

  watch(rest: string, visitor: Visitor): Answer {
    if (rest !== "events" && rest !== "off") throw new ControlError("usage: watch events|off");
    visitor.watches = rest === "events";
    return { watching: visitor.watches };
  }

  speed(rest: string): Answer {
    const speed = speedOf(rest);
    if (speed === null) {
      throw new ControlError(`found ${rest || "nothing"}, expected a speed from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
    }
    this.served.setSpeed(speed);
    return { speed: textOfSpeed(speed) };
  }

  wait(rest: string, visitor: Visitor): null {
    const [first, name, ...more] = words(rest);
    if (first === "event") this.waitForEvent(name ?? "", more, visitor);
    else this.waitForTime(ticksOf(rest), visitor);
    return null;
  }

  save(rest: string): Answer {
    if (rest === "") throw new ControlError("usage: save FILE");
    writeWhole(rest, [textOfSavedRun(this.served.run)]);
    return { file: rest, tick: this.served.run.machine.tick };
  }

  report(): Answer {
    return { report: reportOf(this.served) };
  }

  quit(): Answer {
    this.served.end("quit");
    return { tick: this.served.run.machine.tick };
  }

  // ---- waiting and watching

  private waitForTime(ticks: number, visitor: Visitor): void {
    visitor.giveUp = this.served.after(ticks, () => this.goOn(visitor, { ok: true }));
  }

  private waitForEvent(name: string, more: string[], visitor: Visitor): void {
    if (!EVENT_NAMES.includes(name)) throw new ControlError(`no event is called ${name || "nothing"}`);
    const [within, ...time] = more;
    if (within !== undefined && (within !== "within" || time.length === 0)) {
      throw new ControlError("usage: wait event NAME [within TIME]");
    }
    const text = time.join(" ");
    const heard = (event: RunEvent) => {
      if (event.name === name) finish({ ok: true, seen: event });
    };
    const late = () => finish({ ok: false, error: `no event ${name} within ${text}` });
    const forget = within === undefined ? () => undefined : this.served.after(ticksOf(text), late);
    const stop = () => {
      this.listeners.delete(heard);
      forget();
    };
    const finish = (answer: Answer) => {
      stop();
      // An event is heard in the middle of a tick, and what the client says next may not happen there.
      this.served.afterTick(() => this.goOn(visitor, answer));
    };
    this.listeners.add(heard);
    visitor.giveUp = stop;
  }

  private goOn(visitor: Visitor, answer: Answer): void {
    if (!this.visitors.has(visitor)) return;
    visitor.giveUp = null;
    const { tick } = this.served.run.machine;
    send(visitor, { ...answer, tick, time_s: secondsOf(tick) });
    visitor.client.ready();
  }

  private tell(event: RunEvent): void {
    for (const heard of [...this.listeners]) heard(event);
    for (const visitor of this.visitors) {
      if (!visitor.watches) continue;
      const line = visitor.missed > 0 ? { event, missed: visitor.missed } : { event };
      if (visitor.client.push(JSON.stringify(line))) visitor.missed = 0;
      else visitor.missed++;
    }
  }
}

/** The one table of commands. */
const COMMANDS: readonly ControlCommand[] = [
  { name: "help", usage: "help", help: "this list", run: (control) => control.help() },
  {
    name: "status",
    usage: "status",
    help: "time, speed, head, port and pacing counters, alarms, every signal",
    run: (control) => control.status(),
  },
  {
    name: "get",
    usage: "get NAME...",
    help: "signals and symbols, by name",
    run: (control, rest) => control.get(rest),
  },
  {
    name: "symbols",
    usage: "symbols [PATTERN]",
    help: `the names that \`get\` knows, those that contain PATTERN (the first ${SYMBOLS_SHOWN})`,
    run: (control, rest) => control.symbols(rest),
  },
  {
    name: "set",
    usage: "set SYMBOL VALUE",
    help: "change a symbol; a signal cannot be",
    run: (control, rest) => control.set(rest),
  },
  {
    name: "inject",
    usage: "inject FAULT [PARAMETER]",
    help: "switch a fault on, with the units of a scenario: `inject motor_slip 20 %`; a momentary one acts and is over",
    run: (control, rest) => control.inject(rest),
  },
  {
    name: "release",
    usage: "release FAULT",
    help: "switch a lasting fault off",
    run: (control, rest) => control.release(rest),
  },
  {
    name: "faults",
    usage: "faults",
    help: "all faults: how each is written, which are on, how often each acted",
    run: (control) => control.faults(),
  },
  {
    name: "head",
    usage: "head in-place|away",
    help: "where the programming head rests when somebody speaks at the port",
    run: (control, rest) => control.head(rest),
  },
  {
    name: "events",
    usage: "events [N]",
    help: `the last N events, 10 unless told, ${EVENTS_MAX} at most`,
    run: (control, rest) => control.events(rest),
  },
  {
    name: "watch",
    usage: "watch events|off",
    help: 'push each event as it happens: `{"event":{...}}`; `missed` counts those that this client did not read in time',
    run: (control, rest, visitor) => control.watch(rest, visitor),
  },
  {
    name: "speed",
    usage: "speed N|max",
    help: `the pump's seconds a second, ${SPEED_MIN} to ${SPEED_MAX}; max: as fast as it can`,
    run: (control, rest) => control.speed(rest),
  },
  {
    name: "wait",
    usage: "wait TIME | wait event NAME [within TIME]",
    help: "answers when that much of the pump's time has passed, or when the event happens",
    run: (control, rest, visitor) => control.wait(rest, visitor),
  },
  { name: "save", usage: "save FILE", help: "write a snapshot of the run", run: (control, rest) => control.save(rest) },
  { name: "report", usage: "report", help: "the end report as it would be now", run: (control) => control.report() },
  {
    name: "quit",
    usage: "quit",
    help: "end `serve`, exit code 0 if the invariants held",
    run: (control) => control.quit(),
  },
];

/** Usage and help of every command. */
export function controlCommands(): { usage: string; help: string }[] {
  return COMMANDS.map(({ usage, help }) => ({ usage, help }));
}

function send(visitor: Visitor, answer: Answer): void {
  visitor.client.reply(JSON.stringify(answer));
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof ControlError ||
    error instanceof FaultWordsError ||
    error instanceof FileError ||
    error instanceof RangeError
  );
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function ticksOf(text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new ControlError(parsed.problem);
  return Math.max(1, parsed.ticks);
}
