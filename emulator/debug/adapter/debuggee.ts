// The program that a session debugs: a run of a scenario, as the protocol sees it. It has two threads, which always stand at the same
// place. The controller's frames are those of the firmware above one that is the tick; the source of that frame is the scenario, at
// the line under way. The scopes are the state of the machine by its parts, the locals of a frame, and beliefs against truth.

import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { loadController, referenceController } from "../../machine/controller-host";
import { findSymbol, nearestSymbol } from "../../machine/symbols";
import { isTraced } from "../../machine/events";
import type { Machine } from "../../machine/machine";
import { referenceFields } from "../../run/reference-fields";
import { ScenarioRun } from "../../run/run";
import { loadScenario } from "../../scenario/load";
import type { Scenario, TimelineEntry } from "../../scenario/scenario";
import { formatTicks } from "../../time";
import { UsageError } from "../../usage-error";
import { conditionOf } from "../condition";
import { CommandError } from "../command-error";
import type { Local } from "../inside";
import { openInstrumented, type Instrumented, type Statement } from "../instrumented";
import { textOfEvent } from "../row";
import { Stepper } from "../stepper";
import { Stops } from "./stops";
import {
  TimeTravel,
  type Direction,
  type Moving,
  type Place,
  type Progress,
  type Why,
  type Write,
} from "../time-travel";
import { beliefsOf } from "./beliefs";
import type { Awaited, Breakpoint } from "./breakpoint";
import { RequestError } from "./connection";
import type { Launch } from "./launch";
import { partsOf, type Parts, type Row } from "./references";
import { numberFor, symbolOf, textOfValue, unitOf } from "../values";
import { rowOfSymbol, rowsOfSymbols } from "./symbol-rows";

/** Why a movement ended. `why` is the protocol's word. */
export interface Arrival {
  why:
    | "entry"
    | "step"
    | "breakpoint"
    | "function breakpoint"
    | "data breakpoint"
    | "exception"
    | "goto"
    | "pause"
    | "end";
  text?: string | undefined;
  /** The breakpoints that stopped it. */
  breakpoints?: Breakpoint[];
  /** The session is over: the run was played without a debugger. */
  isFinal?: boolean;
}

export type Step = "in" | "over" | "out" | "back";

/** A movement of the program, which `signal` ends early. */
export type Movement = (signal: AbortSignal) => Promise<Arrival>;

export interface Frame {
  name: string;
  path: string;
  line: number;
  column: number;
}

/** An event that was printed: in its tick, so many others were traced after it. */
export interface PrintedEvent {
  tick: number;
  branch: number;
  after: number;
}

interface ScopeOfFrame {
  name: string;
  parts: Parts;
  hint?: "locals";
}

/** The symbol that counts the traced events, and the file through which the firmware traces. */
const TRACED = "board.trace.total";
const LOG = "firmware/log.ts";
const COMPLETIONS_MAX = 200;
/** Of events that are passed in one movement, as many are printed at most. */
const EVENTS_PRINTED_MAX = 200;

export class Debuggee {
  readonly scenario: Scenario;
  /** Prints a line on the console of the client. */
  say: (line: string, at?: Pick<Frame, "path" | "line">, event?: PrintedEvent) => void;
  /** Hears how far a movement is. */
  progress: (at: Progress) => void = () => undefined;
  private readonly time: TimeTravel;
  /** The console. */
  private readonly stepper: Stepper;
  /** The statements of the firmware; null for a controller that moves by ticks. */
  private readonly build: Instrumented | null;
  /** The folder above firmware/. */
  private readonly root: string;
  /** Events up to this tick were printed. */
  private reportedUntil = -1;
  private hasVerdict = false;

  /** Loads what the launch names. Throws RequestError. */
  static async open({ scenario: path, controller, seed }: Launch, say: Debuggee["say"]): Promise<Debuggee> {
    try {
      const scenario = loadScenario(path, controller === undefined ? referenceFields : undefined);
      const own = controller ?? scenario.controller;
      const factory = own === undefined ? referenceController : await loadController(own);
      const options = {
        gear: "leap",
        controller: factory,
        tracks: false,
        ...(seed === undefined ? {} : { seed }),
      } as const;
      const build = own === undefined ? statementsOf(say) : null;
      return new Debuggee(new ScenarioRun(scenario, options), build, say);
    } catch (error) {
      const [first, ...more] = (error as Error).message.split("\n");
      for (const line of more) say(line);
      throw new RequestError(more.length === 0 ? first : `${first} (the console has ${more.length} more)`);
    }
  }

  private constructor(run: ScenarioRun, build: Instrumented | null, say: Debuggee["say"]) {
    this.time = new TimeTravel(run, { instrumented: build });
    this.build = build;
    this.root = build === null ? "" : realPath(build.root).replace(/[\\/]$/, "");
    this.scenario = run.scenario;
    this.stepper = new Stepper(this.time);
    this.say = say;
    for (const { text, line, column } of this.scenario.warnings ?? []) {
      say(`${this.scenario.file}:${line}:${column}: warning: ${text}`);
    }
  }

  private get run(): ScenarioRun {
    return this.time.run;
  }

  get machine(): Machine {
    return this.run.machine;
  }

  get place(): Place {
    return this.time.place;
  }

  // ---- where the program is

  /** The frame that is the tick under way: its source is the scenario, at the line under way. */
  tickFrame(): Frame {
    const { tick } = this.machine;
    const end = this.run.over ? " · the end of the run" : "";
    const name = `tick ${tick.toLocaleString("en")} · ${formatTicks(tick)}${end}`;
    return { name, column: 1, ...this.lineUnderWay(tick) };
  }

  /** The line of the entry of the timeline that was due last; before the first one, that of the scenario's beginning. */
  private lineUnderWay(tick: number): { path: string; line: number } {
    const due = this.scenario.timeline.filter(({ at_ticks }) => at_ticks <= tick);
    const last = due.reduce<TimelineEntry | null>(
      (one, each) => (one && one.at_ticks > each.at_ticks ? one : each),
      null,
    );
    return { path: realPath(this.scenario.file), line: last?.place.line ?? 1 };
  }

  // ---- what it is like there

  scopes(frame: number | null): ScopeOfFrame[] {
    const { machine } = this;
    const others = machine.symbols.names();
    const part = (root: string) => {
      const names = others.filter((name) => name.startsWith(`${root}.`));
      return partsOf(() => rowsOfSymbols(machine, names, root.length + 1));
    };
    const patient = machine.patient ? [{ name: "Patient", parts: this.patient() }] : [];
    return [
      ...(frame === null ? [] : [{ name: "Locals", parts: this.locals(frame), hint: "locals" as const }]),
      { name: "Firmware", parts: this.firmware() },
      { name: "Board", parts: part("board") },
      { name: "World", parts: part("world") },
      ...patient,
      { name: "Beliefs against truth", parts: partsOf(() => this.beliefs()) },
    ];
  }

  private firmware(): Parts {
    const { machine } = this;
    const hidden = new Set([...machine.signals.map(({ name }) => name), ...machine.symbols.names()]);
    const shown = (name: string) => (hidden.has(name) ? `firmware.${name}` : name);
    const names = machine.firmware.names();
    return partsOf(() => rowsOfSymbols(machine, names, 0, shown));
  }

  /** The published values of the patient with their units, and the state of the model behind them. */
  private patient(): Parts {
    const { machine } = this;
    const signals = machine.signals.map(({ name }) => name).filter((name) => name.startsWith("patient."));
    const state = machine.symbols.names().filter((name) => name.startsWith("patient.") && !signals.includes(name));
    return partsOf(() => rowsOfSymbols(machine, [...signals, ...state], "patient.".length));
  }

  private beliefs(): Row[] {
    return beliefsOf(this.machine).map(({ name, unit, believed, truth }) => {
      const text = (value: number) => textOfValue(value, unit, { kind: "number" });
      const rows = [
        { name: "believed", value: text(believed) },
        { name: "truth", value: text(truth) },
        { name: "difference", value: text(believed - truth) },
      ];
      return { name, value: `believed ${text(believed)}, truth ${text(truth)}`, parts: partsOf(() => rows) };
    });
  }

  // ---- movement

  async travel(direction: Direction, breakpoints: readonly Breakpoint[], signal: AbortSignal): Promise<Arrival> {
    const { time } = this;
    for (;;) {
      const stops = new Stops(breakpoints, direction, this.place.tick);
      const most = direction === "forward" ? (stops.tick ?? undefined) : undefined;
      const { why, stop, write } = await time.runTo(direction, stops.list, { ...this.moving(signal), most });
      if (why === "stopped" || why === "failed") return this.arrived(this.endOf(why));
      if (stops.isTickPassed(this.place.tick)) {
        await time.goto(stops.tick!);
        const met = breakpoints.filter(({ awaited }) => awaited.kind === "tick" && awaited.tick === stops.tick);
        const hit = met.filter((each) => this.isHit(each, direction, null));
        if (hit.length > 0) return this.arrived({ why: "breakpoint", breakpoints: hit });
        continue;
      }
      if (stop === null) return this.arrived(this.endOf(why));
      const hit = this.metAt(stops.breakpoints, stop).filter((each) => this.isHit(each, direction, write));
      if (hit.length > 0)
        return this.arrived({ why: hit[0].reason, text: textOfStop(hit[0], write), breakpoints: hit });
    }
  }

  /** The breakpoints at the present place, at which the one of that index stopped the move. */
  private metAt(breakpoints: readonly Breakpoint[], index: number): Breakpoint[] {
    const here = this.statementHere();
    const isHere = ({ awaited, condition }: Breakpoint) =>
      awaited.kind === "statements" &&
      here !== null &&
      awaited.ids.includes(here) &&
      (condition === null || conditionOf(this.run, condition, this.localsOf(0)).holds());
    return breakpoints.filter((each, i) => i === index || isHere(each));
  }

  /** True when a breakpoint that is met stops the run. Forward its hits count, and its message is printed instead. */
  private isHit(breakpoint: Breakpoint, direction: Direction, write: Write | null): boolean {
    const { awaited, condition, log } = breakpoint;
    if (awaited.kind !== "statements" && condition !== null) {
      const local = (name: string) => (write !== null && name === write.symbol ? write.now : undefined);
      if (!conditionOf(this.run, condition, local).holds()) return false;
    }
    if (direction === "back") return log === null;
    if (!breakpoint.counts(++breakpoint.hits)) return false;
    if (log === null) return true;
    this.reportEvents();
    this.say(this.filledIn(log), this.lineHere());
    return false;
  }

  /** Plays the rest of the run without a stop. */
  async toTheEnd(signal: AbortSignal): Promise<Arrival> {
    return { ...(await this.goto(this.time.lastTick, signal)), isFinal: true };
  }

  /** A step of a statement, or of a tick where the controller has none and outside of the firmware. */
  async step(step: Step | "tick" | "tick back", signal: AbortSignal): Promise<Arrival> {
    const { time } = this;
    const isAtEdge = this.place.statement === 0;
    const isTick = step === "tick" || step === "tick back" || this.build === null || (isAtEdge && step !== "in");
    const isBack = step === "back" || step === "tick back";
    if (isBack && isAtEdge && this.place.tick === time.firstTick) return this.endOf("start");
    if (!isBack && this.run.over) return this.endOf("end");
    const given = this.moving(signal);
    if (isTick) await (isBack && !isAtEdge ? time.goto(this.place.tick, given) : time.tick(isBack ? -1 : 1, given));
    else
      await (isBack
        ? time.statement("back", "over", given)
        : time.statement("forward", step as "in" | "over" | "out", given));
    return this.arrived({ why: "step" });
  }

  /** The parts of a move by which a client's signal ends it, and by which its progress is shown. */
  private moving(signal: AbortSignal): Moving {
    const stopper = { stopped: signal.aborted };
    signal.addEventListener("abort", () => (stopper.stopped = true), { once: true });
    return { stopper, progress: (at) => this.progress(at) };
  }

  /** To the beginning of the tick under way. */
  restartTick(signal: AbortSignal): Promise<Arrival> {
    return this.goto(this.place.tick, signal);
  }

  private async goto(tick: number, signal: AbortSignal): Promise<Arrival> {
    const { why } = await this.time.goto(tick, this.moving(signal));
    return this.arrived(why === "there" ? { why: "goto" } : this.endOf(why));
  }

  private endOf(why: Why): Arrival {
    switch (why) {
      case "start":
        return { why: "entry", text: "the start of the run" };
      case "stopped":
        return { why: "pause" };
      case "failed":
        return { why: "exception", text: this.run.failure ?? "the controller failed" };
      default:
        return { why: "end", text: "the end of the run" };
    }
  }

  private arrived(arrival: Arrival): Arrival {
    this.reportEvents();
    if (!this.run.over || this.hasVerdict) return arrival;
    this.hasVerdict = true;
    const { verdict, reason } = this.run.report(0, false);
    this.say(`${verdict.toUpperCase()}${reason === null ? "" : `: ${reason}`}`);
    return arrival;
  }

  /** Prints the events that were passed for the first time. */
  private reportEvents(): void {
    const { tick } = this.machine;
    if (tick <= this.reportedUntil) return;
    const fresh = this.run.lastEvents(EVENTS_PRINTED_MAX).filter((event) => event.tick > this.reportedUntil);
    this.reportedUntil = tick;
    const branch = this.time.branch.id;
    fresh.forEach((event, i) => {
      const after = fresh.slice(i + 1).filter((each) => each.tick === event.tick && isTraced(each.name)).length;
      const printed = this.build !== null && isTraced(event.name) ? { tick: event.tick, branch, after } : undefined;
      this.say(textOfEvent(event), this.lineUnderWay(event.tick), printed);
    });
  }

  /** The statement that traced an event. The program stands afterwards where it stood. */
  async lineOfEvent({ tick, branch, after }: PrintedEvent): Promise<Frame> {
    const { time } = this;
    const [began, present] = [time.place, time.branch.id];
    await time.gotoBranch(branch, tick + 1);
    let write = await time.who(TRACED);
    for (let i = 0; i < after && write !== null; i++) {
      await time.goto(write.place);
      write = await time.who(TRACED);
    }
    await time.gotoBranch(present, began);
    // The log traces for all parts; the line is that of the part.
    const caller = write?.frames.find(({ file }) => file !== LOG);
    if (!caller) return { name: "", column: 1, ...this.lineUnderWay(tick) };
    return { name: caller.function, path: this.pathOf(caller.file), line: caller.line, column: caller.column };
  }

  /** Where one can go from a line: to the moment of the scenario's entry there, and to events and pulses. */
  targetsAt(path: string, line: number): { label: string; movement: Movement }[] {
    const entries = this.isScenario(path) ? this.scenario.timeline.filter(({ place }) => place.line === line) : [];
    const moments = entries.map((entry) => ({
      label: `${formatTicks(entry.at_ticks)}: ${"action" in entry ? entry.action.do : entry.fault.fault}`,
      movement: (signal: AbortSignal) => this.goto(entry.at_ticks, signal),
    }));
    const { time } = this;
    const to = (label: string, move: (moving: Moving) => Promise<{ why: Why }>) => ({
      label,
      movement: async (signal: AbortSignal) => {
        const { why } = await move(this.moving(signal));
        return this.arrived(why === "held" || why === "there" ? { why: "goto" } : this.endOf(why));
      },
    });
    const ids = this.statementsIn(path, line).map(({ id }) => id);
    const runs = [{ statements: ids }];
    return [
      ...moments,
      ...(ids.length === 0 ? [] : [to("this line, when it runs next", (given) => time.runTo("forward", runs, given))]),
      ...(ids.length === 0 ? [] : [to("this line, when it ran last", (given) => time.runTo("back", runs, given))]),
      to("the next event", (given) => time.event("forward", undefined, given)),
      to("the last event", (given) => time.event("back", undefined, given)),
      to("the next pulse", (given) => time.pulse("forward", given)),
      to("the last pulse", (given) => time.pulse("back", given)),
      ...time.branches
        .filter(({ id }) => id !== time.branch.id)
        .map(({ id, name }) =>
          to(`${name}, where the run was on it last`, (given) => time.gotoBranch(id, null, given)),
        ),
    ];
  }

  // ---- lines and functions

  /** The stop beside a line: that of an entry of the scenario, or of a statement of the firmware, at the line or after it. */
  lineAt(path: string, line: number): { line: number; column?: number; name: string; awaited: Awaited } {
    if (this.isScenario(path)) {
      const entry = this.scenario.timeline.find(({ place }) => place.line >= line);
      if (!entry) throw new RequestError("no entry of the timeline is at or after this line");
      const awaited = { kind: "tick", tick: entry.at_ticks } as const;
      return { line: entry.place.line, name: formatTicks(entry.at_ticks), awaited };
    }
    const file = this.fileOf(path);
    const [first] = this.build === null ? [] : this.build.statementsAt(file, line);
    if (first) {
      const awaited = { kind: "statements", ids: [first.id] } as const;
      return { line: first.line, column: first.column, name: `${file}:${first.line}`, awaited };
    }
    if (this.build === null)
      throw new RequestError(`${this.machine.controllerName} is stepped by ticks, so its lines are not known`);
    throw new RequestError("no statement of the firmware is at or after this line of the file");
  }

  linesWithStops(path: string, from: number, to: number): number[] {
    const lines = this.isScenario(path)
      ? this.scenario.timeline.map(({ place }) => place.line)
      : (this.build?.statements.filter(({ file }) => file === this.fileOf(path)).map((each) => each.line) ?? []);
    return [...new Set(lines)].filter((line) => line >= from && line <= to).sort((a, b) => a - b);
  }

  private statementsIn(path: string, line: number): Statement[] {
    return this.build?.statements.filter((each) => each.file === this.fileOf(path) && each.line === line) ?? [];
  }

  /** The path of a source below the repository, `firmware/limiter.ts`. */
  private fileOf(path: string): string {
    const real = realPath(path);
    return real.startsWith(this.root) ? real.slice(this.root.length + 1).replaceAll("\\", "/") : "";
  }

  private isScenario(path: string): boolean {
    return realPath(path) === realPath(this.scenario.file);
  }

  functionNames(): string[] {
    return this.build?.functions.map(({ name }) => name) ?? [];
  }

  /** The first statement of a function, which may be named without its class where no other has that name. */
  firstStatementOf(name: string): { id: number; path: string; line: number } | null {
    const all = this.build?.functions ?? [];
    const found = all.filter((each) => each.name === name || each.name.endsWith(`.${name}`));
    if (found.length > 1) {
      const names = found.map((each) => each.name);
      throw new RequestError(`the firmware has ${found.length} functions ${name}: ${names.join(", ")}`);
    }
    return found.length === 0 ? null : { ...found[0].first, path: this.pathOf(found[0].file) };
  }

  private pathOf(file: string): string {
    return join(this.root, file);
  }

  /** The statement that is next; null at the edge of a tick. */
  private statementHere(): number | null {
    const here = this.time.where();
    if (here === null) return null;
    const { file, line, column } = here;
    return this.build!.statements.find((each) => each.file === file && each.line === line && each.column === column)!
      .id;
  }

  private lineHere(): { path: string; line: number } {
    const here = this.time.where();
    return here === null ? this.lineUnderWay(this.machine.tick) : { path: this.pathOf(here.file), line: here.line };
  }

  // ---- names and lines

  /** The frames of the firmware, the innermost first; none at the edge of a tick. */
  frames(): Frame[] {
    return this.time
      .stack()
      .map(({ function: name, file, line, column }) => ({ name, path: this.pathOf(file), line, column }));
  }

  private locals(frame: number): Parts {
    return partsOf(() => {
      const { self, locals } = this.time.stack()[frame];
      const own = self === null ? [] : [this.rowOfPath("this", self)];
      return [...own, ...locals.map(([name, value]) => this.rowOfLocal(name, value))];
    });
  }

  private rowOfLocal(name: string, value: Local): Row {
    if (typeof value !== "object") return { name, value: String(value), type: typeof value };
    return "text" in value ? { name, value: value.text } : this.rowOfPath(name, value.path);
  }

  /** The row of an object of the firmware or the board, by the path of its symbols. */
  private rowOfPath(name: string, path: string): Row {
    const whole = path === "" ? undefined : rowOfSymbol(this.machine, path, name);
    if (whole) return whole;
    const start = path === "" ? "" : `${path}.`;
    const names = [...this.machine.firmware.names(), ...this.machine.symbols.names()].filter((each) =>
      each.startsWith(start),
    );
    return {
      name,
      value: path || "the controller",
      parts: partsOf(() => rowsOfSymbols(this.machine, names, start.length)),
    };
  }

  /** Reads the locals of a frame that are numbers. */
  private localsOf(frame: number): (name: string) => number | undefined {
    const { locals = [] } = this.time.stack().at(frame) ?? {};
    return (name) => {
      const value = locals.find(([each]) => each === name)?.[1];
      return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
    };
  }

  /** The row of a local of the frame, of a symbol, or of a condition; undefined when it is none of these. */
  rowOf(expression: string, frame: number | null): Row | undefined {
    const text = expression.trim();
    const called = frame === null ? undefined : this.time.stack().at(frame);
    const local = called?.locals.find(([name]) => name === text);
    if (local) return this.rowOfLocal(text, local[1]);
    const self = called?.self;
    if (typeof self === "string" && /^this(?:\.|$)/.test(text)) {
      const path = [self, text.slice("this.".length)].filter((part) => part !== "").join(".");
      return this.rowOfPath(text, path);
    }
    const row = rowOfSymbol(this.machine, text);
    if (row || !/[=<>!]/.test(text)) return row;
    const condition = refusable(() => conditionOf(this.run, text, this.localsOf(frame ?? 0)));
    return { name: text, value: String(condition.holds()), type: "boolean" };
  }

  unknown(expression: string): string {
    return `no symbol is called ${expression}; the nearest known one is ${nearestSymbol(this.machine, expression)}`;
  }

  /** Throws RequestError. */
  checkSymbol(symbol: string): void {
    if (!findSymbol(this.machine, symbol)) throw new RequestError(this.unknown(symbol));
  }

  /** Throws RequestError for a time after the end. */
  checkTick(tick: number, text: string): void {
    const { lastTick } = this.time;
    if (tick <= lastTick) return;
    throw new RequestError(`found ${text}, expected at most the end of the run, ${formatTicks(lastTick)}`);
  }

  /** Throws RequestError. */
  checkCondition(text: string): void {
    refusable(() => conditionOf(this.run, text));
  }

  /** Throws RequestError when the condition of a breakpoint names what is neither a symbol nor a word of its function. */
  checkExpression(text: string, awaited: Awaited): void {
    const words = awaited.kind === "statements" ? this.wordsAround(awaited.ids[0]) : new Set<string>();
    refusable(() => conditionOf(this.run, text, (name) => (words.has(name) ? 0 : undefined)));
  }

  /** The words in the text of a statement's function, among which are its locals. */
  private wordsAround(statement: number): Set<string> {
    const { file, function: name } = this.build!.statements[statement];
    const own = this.build!.statements.filter((each) => each.file === file && each.function === name);
    const start = this.build!.functions.find((each) => each.file === file && each.name === name)!.line;
    const end = Math.max(...own.map(({ endLine }) => endLine));
    const lines = readFileSync(this.pathOf(file), "utf8")
      .split("\n")
      .slice(start - 1, end);
    return new Set(lines.join(" ").match(/[A-Za-z_]\w*/g));
  }

  /**
   * Gives a symbol another value, which begins a branch: what was recorded stays. The change acts at the beginning of the present
   * tick, so the program goes to its first statement, where it is seen. Throws RequestError.
   */
  async write(symbol: string, text: string): Promise<{ value: string; branch: string }> {
    this.checkSymbol(symbol);
    const { time, machine } = this;
    // A client may send a value with all that it shows beside it: `20 pulses (5 uL)`.
    const given = text.replace(/\(.*\)\s*$/, "").trim();
    const unit = unitOf(machine, symbol);
    const own = unit !== "" && given.endsWith(` ${unit}`) ? given.slice(0, -unit.length).trim() : given;
    const value = refusable(() => numberFor(machine, symbolOf(machine, symbol), own));
    refusable(() => time.act({ entry: { do: "set", symbol, value } }));
    await (this.build === null ? time.tick(1) : time.goto({ tick: this.place.tick, statement: 1 }));
    return { value: rowOfSymbol(this.machine, symbol)!.value, branch: time.branch.name };
  }

  async execute(line: string): Promise<string> {
    try {
      return (await this.stepper.execute(line)).text;
    } catch (error) {
      throw error instanceof CommandError ? new RequestError(error.message) : error;
    }
  }

  /** A message with the values of the names in braces. */
  private filledIn(template: string): string {
    return template.replace(/\{([^{}]*)\}/g, (_, name: string) => this.rowOf(name, 0)?.value ?? `{${name}: unknown}`);
  }

  completions(text: string, column: number): { label: string; start: number; length: number }[] {
    const { words, of } = this.stepper.completions(text.slice(0, column));
    return words.slice(0, COMPLETIONS_MAX).map((label) => ({ label, start: column - of.length, length: of.length }));
  }

  memory(offset: number, count: number): { bytes: Uint8Array; unreadable: number } {
    const bytes: number[] = [];
    for (let i = 0; i < count; i++) {
      const byte = this.machine.firmware.read(`memory[${offset + i}]`);
      if (byte === undefined) break;
      bytes.push(byte);
    }
    return { bytes: Uint8Array.from(bytes), unreadable: count - bytes.length };
  }

  sources(): string[] {
    const files = new Set(this.build?.statements.map(({ file }) => file));
    return [realPath(this.scenario.file), ...[...files].map((file) => this.pathOf(file))];
  }
}

/** The statements of this program's firmware, once they were asked for. */
let statements: Instrumented | null = null;

/** The statements of the firmware; null, with a line about it, where they were not built. */
function statementsOf(say: Debuggee["say"]): Instrumented | null {
  try {
    const build = (statements ??= openInstrumented());
    const edited = build.edited();
    if (edited !== null) say(edited);
    return build;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${error.message}; until then the run moves by ticks`);
    return null;
  }
}

/** Why a breakpoint stopped the run, where its reason does not say it all: the event or condition, or who wrote what. */
function textOfStop({ reason, name }: Breakpoint, write: Write | null): string | undefined {
  if (write === null) return reason === "exception" ? name : undefined;
  const { symbol, old, now, by, fault, position } = write;
  const author = position === null ? (fault ?? `the ${by}`) : `${position.file}:${position.line}`;
  return `${symbol}: ${old} to ${now}, by ${author}`;
}

/** The path without symbolic links; the path itself when nothing is there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof CommandError || error instanceof RangeError) throw new RequestError(error.message);
    throw error;
  }
}
