// The program that a session debugs: a run of a scenario, as the protocol sees it. It has two threads, which always stand at the same
// place. The controller's frames are those of the firmware above one that is the tick; the source of that frame is the scenario, at
// the line under way. The scopes are the state of the machine by its parts, the locals of a frame, and beliefs against truth.

import { realpathSync } from "node:fs";
import { loadController, referenceController } from "../../machine/controller-host";
import { findSymbol, nearestSymbol, symbolNames } from "../../machine/symbols";
import type { Machine } from "../../machine/machine";
import { referenceFields } from "../../run/reference-fields";
import { ScenarioRun } from "../../run/run";
import { loadScenario } from "../../scenario/load";
import type { Scenario, TimelineEntry } from "../../scenario/scenario";
import { formatTicks } from "../../time";
import { conditionOf } from "../condition";
import { textFor, textOfEvent } from "../commands";
import { CommandError, type StepperDoor } from "../door";
import { Stops } from "./stops";
import { TimeTravel, type Direction, type Moving, type Place, type Why } from "../time-travel";
import { beliefsOf } from "./beliefs";
import type { Awaited, Breakpoint } from "./breakpoint";
import { RequestError } from "./connection";
import type { Launch } from "./launch";
import { partsOf, type Parts, type Row } from "./references";
import { rowOfSymbol, rowsOfSymbols, textOfValue } from "./symbol-rows";

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

interface ScopeOfFrame {
  name: string;
  parts: Parts;
  hint?: "locals";
}

/** Of events that are passed in one movement, as many are printed at most. */
const EVENTS_PRINTED_MAX = 200;

export class Debuggee {
  readonly scenario: Scenario;
  /** Prints a line on the console of the client. */
  say: (line: string, at?: Pick<Frame, "path" | "line">) => void;
  private readonly time: TimeTravel;
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
      return new Debuggee(new TimeTravel(new ScenarioRun(scenario, options)), say);
    } catch (error) {
      const [first, ...more] = (error as Error).message.split("\n");
      for (const line of more) say(line);
      throw new RequestError(more.length === 0 ? first : `${first} (the console has ${more.length} more)`);
    }
  }

  private constructor(time: TimeTravel, say: Debuggee["say"]) {
    this.time = time;
    this.scenario = time.run.scenario;
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
    return { path: realpathSync(this.scenario.file), line: last?.place.line ?? 1 };
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
    const print = (template: string) => {
      this.reportEvents();
      this.say(this.filledIn(template));
    };
    for (;;) {
      const stops = new Stops(breakpoints, direction, this.place.tick, print);
      const { why } = await time.until(direction, (run) => stops.on(run), moving(signal));
      if (why === "stopped") return this.arrived(this.endOf(why));
      if (stops.isTickPassed(this.place.tick)) {
        await time.goto(stops.tick!.at);
        const met = stops.metAtTick(this.run);
        if (met.length > 0) return this.arrived({ why: "breakpoint", breakpoints: met });
        continue;
      }
      if (why !== "held") return this.arrived(this.endOf(why));
      const [{ reason, name }] = stops.met;
      return this.arrived({ why: reason, text: reason === "exception" ? name : undefined, breakpoints: stops.met });
    }
  }

  /** Plays the rest of the run without a stop. */
  async toTheEnd(signal: AbortSignal): Promise<Arrival> {
    return { ...(await this.goto(this.time.lastTick, signal)), isFinal: true };
  }

  async step(step: Step | "tick" | "tick back" | "start of tick", signal: AbortSignal): Promise<Arrival> {
    const { time } = this;
    const { tick } = this.place;
    const isBack = step === "back" || step === "tick back";
    if (isBack && tick === time.firstTick) return { why: "entry", text: "the start of the run" };
    if (!isBack && this.run.over) return this.endOf("end");
    if (step === "start of tick") return this.goto(tick, signal);
    await time.tick(isBack ? -1 : 1, moving(signal));
    return this.arrived({ why: "step" });
  }

  startOfFrame(_frame: number, signal: AbortSignal): Promise<Arrival> {
    return this.step("start of tick", signal);
  }

  private async goto(tick: number, signal: AbortSignal): Promise<Arrival> {
    const { why } = await this.time.goto(tick, moving(signal));
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
    for (const event of fresh) this.say(textOfEvent(event), this.lineUnderWay(event.tick));
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
        const { why } = await move(moving(signal));
        return this.arrived(why === "held" || why === "there" ? { why: "goto" } : this.endOf(why));
      },
    });
    return [
      ...moments,
      to("the next event", (given) => time.event("forward", undefined, given)),
      to("the last event", (given) => time.event("back", undefined, given)),
      to("the next pulse", (given) => time.pulse("forward", given)),
      to("the last pulse", (given) => time.pulse("back", given)),
    ];
  }

  private isScenario(path: string): boolean {
    return path === realpathSync(this.scenario.file);
  }

  lineAt(path: string, line: number): { line: number; column?: number; name: string; awaited: Awaited } {
    if (path !== realpathSync(this.scenario.file))
      throw new RequestError("no statement of the firmware is in this file");
    const entry = this.scenario.timeline.find(({ place }) => place.line >= line);
    if (!entry) throw new RequestError("no entry of the timeline is at or after this line");
    return {
      line: entry.place.line,
      name: formatTicks(entry.at_ticks),
      awaited: { kind: "tick", tick: entry.at_ticks },
    };
  }

  linesWithStops(path: string, from: number, to: number): number[] {
    if (!this.isScenario(path)) return [];
    return this.scenario.timeline.map(({ place }) => place.line).filter((line) => line >= from && line <= to);
  }

  functionNames(): string[] {
    return [];
  }

  firstStatementOf(_name: string): { id: number; path: string; line: number } | null {
    return null;
  }

  // ---- names and lines

  private locals(_frame: number): Parts {
    return partsOf(() => []);
  }

  frames(): Frame[] {
    return [];
  }

  /** The row of a local of the frame or of a symbol; undefined when there is neither. */
  rowOf(expression: string, _frame: number | null): Row | undefined {
    return rowOfSymbol(this.machine, expression.trim());
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

  checkExpression(text: string, _awaited: Awaited): void {
    this.checkCondition(text);
  }

  /** Writes a symbol, and gives its new value as text. Throws RequestError. */
  write(symbol: string, text: string): string {
    const value = Number(text.trim().replace(/ .*$/, ""));
    if (text.trim() === "" || Number.isNaN(value)) throw new RequestError(`found ${text}, expected a number`);
    refusable(() => textFor(this.door, `set ${symbol} ${value}`));
    return rowOfSymbol(this.machine, symbol)!.value;
  }

  async execute(line: string): Promise<string> {
    return refusable(() => textFor(this.door, line));
  }

  /** The place where commands are typed: the console. */
  private get door(): StepperDoor {
    const elsewhere = (): never => {
      throw new CommandError("the console answers questions and makes changes; move with the buttons of the editor");
    };
    return {
      where: "stepper",
      run: this.run,
      firstTick: this.time.firstTick,
      touched: () => undefined,
      quit: elsewhere,
      moveTo: elsewhere,
      moveUntil: elsewhere,
      backTo: elsewhere,
    };
  }

  /** A message with the values of the names in braces. */
  private filledIn(template: string): string {
    return template.replace(
      /\{([^{}]*)\}/g,
      (_, name: string) => this.rowOf(name, null)?.value ?? `{${name}: unknown}`,
    );
  }

  completions(text: string, column: number): { label: string; start: number; length: number }[] {
    const start = text.slice(0, column).search(/[\w.[\]]*$/);
    const word = text.slice(start, column);
    return symbolNames(this.machine)
      .filter((name) => name.startsWith(word))
      .slice(0, 200)
      .map((label) => ({ label, start, length: column - start }));
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
    return [realpathSync(this.scenario.file)];
  }
}

/** The parts of a move that a client's signal ends. */
function moving(signal: AbortSignal): Moving {
  const stopper = { stopped: signal.aborted };
  signal.addEventListener("abort", () => (stopper.stopped = true), { once: true });
  return { stopper };
}

function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof CommandError || error instanceof RangeError) throw new RequestError(error.message);
    throw error;
  }
}
