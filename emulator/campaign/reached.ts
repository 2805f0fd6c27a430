// The classes that a case reached: the modes of the pump, each action with the mode in which it came and its outcome, each fault with the
// mode in which it first acted, each alarm with its mode, the reasons of denials and refusals, the records that were written and
// repaired, and what was under way at a reset. A class is a line of words, whose first word is its group.

import { OUTCOME_ACCEPTED } from "../../hal/telemetry";
import {
  CHANNEL_MODE,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_LIMIT_REACHED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
} from "../../hal/trace";
import { alarmName } from "../contract/alarms";
import { modeName, outcomeName, RECORD_LIST, resetName } from "../contract/codes";
import { describeEvent } from "../machine/events";
import type { Listener } from "../machine/machine";
import { NO_ANSWER, NOT_SENT } from "../run/people";
import type { ScenarioRun } from "../run/run";
import type { Group } from "./campaign-report";

/** The words of an event that are a class of its own, beyond its name. */
const TELLING = ["kind", "reason", "cause", "record", "to", "by", "command"];
/** Needles of which the pump is not told. */
const NEEDLES: readonly string[] = ["tap", "top_up", "port_injection", "port_aspiration"];
/** The counts of writes that a controller with the records of RECORD_LIST has in its memory, an element for each record. */
const WRITES = "store.records.sequence.values";
const REFUSALS = ["bolus_denied", "program_refused", "command_refused", "link_refused"];
/** Events that say what is under way until the next of them. */
const BEGINS: ReadonlySet<number> = new Set([EVENT_BOLUS_STARTED, EVENT_BRIDGE_STARTED, EVENT_STALL_DETECTED]);
const ENDS: ReadonlySet<number> = new Set([
  ...[EVENT_BOLUS_FINISHED, EVENT_BOLUS_CANCELLED, EVENT_BRIDGE_FINISHED, EVENT_STALL_RECOVERED],
]);

/** The state at one moment of a run, to go on from it. */
export interface SavedReached {
  classes: readonly string[];
  modes: readonly [tick: number, mode: number][];
  underWay: string;
  writes: readonly number[];
}

/** Listens beside the run, and knows what it has reached so far. */
export class Reached {
  private readonly run: ScenarioRun;
  readonly classes = new Set<string>();
  private modes: [tick: number, mode: number][] = [];
  private underWay = "nothing";
  /** For each record whose writes the controller counts: its count, and the highest value of it so far. A restart begins at 0 and loads it. */
  private readonly counts: readonly { name: string; read(): number }[];
  private writes: number[];
  /** By code and numbers of an event that was seen: it brings nothing new. */
  private readonly known = new Set<number>();

  constructor(run: ScenarioRun) {
    this.run = run;
    this.counts = countsOf(run);
    this.writes = this.counts.map((each) => each.read());
    run.machine.listener = this.listener();
  }

  private listener(): Listener {
    const { run } = this;
    const { channels } = run.machine.board.trace;
    return {
      event: (code, a, b, c) => {
        run.event(code, a, b, c);
        this.note(code, a, b, c);
      },
      reset: (cause) => {
        this.noteWrites();
        run.reset(cause);
        this.classes.add(`reset ${resetName(cause)} in ${this.underWay}`);
        this.underWay = "nothing";
      },
      ticked: () => {
        run.ticked();
        const mode = channels[CHANNEL_MODE];
        const last = this.modes.length - 1;
        if (last >= 0 && this.modes[last][1] === mode) return;
        this.noteWrites();
        this.modes.push([run.machine.tick, mode]);
        this.classes.add(`mode ${modeName(mode)}`);
      },
      replaced: () => run.replaced(),
      lived: (tick) => run.lived(tick),
    };
  }

  /** All that the run has reached up to now, with the entries of its timeline that are over. */
  soFar(): Set<string> {
    this.noteWrites();
    const all = new Set(this.classes);
    const faults = new Set<string>();
    this.run.scenario.timeline.forEach((entry, i) => {
      if ("action" in entry) {
        const outcome = this.run.outcomeOf(i);
        const isDone = NEEDLES.includes(entry.action.do) && entry.at_ticks < this.run.machine.tick;
        if (outcome === NOT_SENT && !isDone) return;
        const answered = outcome === NO_ANSWER ? "no answer" : outcomeName(Math.max(outcome, OUTCOME_ACCEPTED));
        const answer = outcome === NOT_SENT ? "done" : answered;
        all.add(`action ${entry.action.do} in ${this.modeAt(entry.at_ticks)}: ${answer}`);
      } else {
        const first = this.run.faultFirst(i);
        if (first === null) return;
        all.add(`fault ${entry.fault.fault} in ${this.modeAt(first)}`);
        faults.add(entry.fault.fault.split(".")[0]);
      }
    });
    const names = [...faults].sort();
    names.forEach((one, i) => names.slice(i + 1).forEach((other) => all.add(`pair ${one} and ${other}`)));
    return all;
  }

  save(): SavedReached {
    return {
      classes: [...this.classes],
      modes: this.modes.slice(),
      underWay: this.underWay,
      writes: this.writes.slice(),
    };
  }

  restore({ classes, modes, underWay, writes }: SavedReached): void {
    this.classes.clear();
    for (const each of classes) this.classes.add(each);
    this.modes = modes.slice();
    this.underWay = underWay;
    this.writes = writes.slice();
  }

  private modeAt(tick: number): string {
    let at = this.modes.length - 1;
    while (at > 0 && this.modes[at][0] > tick) at--;
    return at < 0 ? "no mode" : modeName(this.modes[at][1]);
  }

  private get mode(): string {
    const last = this.modes.at(-1);
    return last === undefined ? "no mode" : modeName(last[1]);
  }

  /** Notes the records that were written since the last time, with the present mode. */
  private noteWrites(): void {
    this.counts.forEach(({ name, read }, i) => {
      const count = read();
      if (count <= this.writes[i]) return;
      this.writes[i] = count;
      this.classes.add(`record ${name} in ${this.mode}`);
    });
  }

  private note(code: number, a: number, b: number, c: number): void {
    if (ENDS.has(code)) this.underWay = "nothing";
    if (code === EVENT_ALARM_RAISED) {
      this.classes.add(`alarm ${alarmName(a)} in ${this.mode}`);
      return;
    }
    const isTelling = BEGINS.has(code) || code === EVENT_BOLUS_DENIED;
    const key = code * 1_048_576 + (a & 1023) * 1024 + (b & 1023);
    if (this.known.has(key) && !isTelling) return;
    this.known.add(key);
    const event = describeEvent(code, a, b, c);
    if (event === null || event === undefined) return;
    const { name, fields } = event;
    // The time to which a clock is set is no class.
    const telling = code === EVENT_CLOCK_SET ? [] : TELLING;
    const words = telling.flatMap((field) => (typeof fields[field] === "string" ? [fields[field]] : []));
    if (BEGINS.has(code)) this.underWay = [name.replace(/_started|_detected/, ""), ...words].reverse().join(" ");
    if (code === EVENT_LIMIT_REACHED) words.push(`in ${this.mode}`);
    const group: Group = REFUSALS.includes(name) ? "denied" : "event";
    this.classes.add([group, name, ...words].join(" "));
  }
}

/** The counts of the writes of each record; none for a controller that does not have them. */
function countsOf({ machine }: ScenarioRun): { name: string; read(): number }[] {
  return RECORD_LIST.rows.flatMap(({ name, code }) => {
    const path = `${WRITES}[${code}]`;
    if (machine.firmware.read(path) === undefined) return [];
    return [{ name, read: () => machine.firmware.read(path) ?? 0 }];
  });
}
