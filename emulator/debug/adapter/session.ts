// A session of the debug adapter: the table of the protocol's requests, each with its handler, between a connection and the program that
// it debugs. A session is new, configured, stopped or running. While the program moves, requests about its state are refused with
// one sentence, `pause` ends the movement, and new breakpoints take part in it from where it is. The end of a run is a stop too, because
// one can go back from there.

import { InitializedEvent, InvalidatedEvent, StoppedEvent, TerminatedEvent, Thread } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { Breakpoints, FILTERS } from "./breakpoints";
import { RequestError, type Answer, type Connection } from "./connection";
import { Debuggee, type Arrival, type Movement, type PrintedEvent, type Step } from "./debuggee";
import { launchOf } from "./launch";
import { MoveProgress } from "./move-progress";
import { References, type Parts, type Row } from "./references";
import { rowOfSymbol } from "./symbol-rows";

/** The program that a port keeps for its next client. */
export interface Kept {
  debuggee: Debuggee | null;
}

const CONTROLLER_THREAD = 1;
const WORLD_THREAD = 2;
/** The frame that is the tick; those of the firmware count from 0 above it. */
const TICK_FRAME = 1_000_000;

/** The abilities of the adapter. A client sends the requests of a capability only when it is announced. */
export const CAPABILITIES = {
  supportsConfigurationDoneRequest: true,
  supportsStepBack: true,
  supportsRestartFrame: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  supportsGotoTargetsRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsDataBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  exceptionBreakpointFilters: FILTERS.map(({ condition: _, ...row }) => row),
  supportsEvaluateForHovers: true,
  supportsCompletionsRequest: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsCancelRequest: true,
  supportsReadMemoryRequest: true,
  supportsLoadedSourcesRequest: true,
} satisfies DebugProtocol.Capabilities;

/** Requests that end a movement or the session, and so wait for nothing. */
const ENDING: ReadonlySet<string> = new Set(["pause", "cancel", "disconnect", "terminate"]);

type Handler = (given: never) => Answer | Promise<Answer>;

export class Session {
  private readonly connection: Connection;
  private readonly kept: Kept;
  /** Closes the client's streams. */
  private readonly close: () => void;
  private breakpoints: Breakpoints | null = null;
  private readonly references = new References();
  /** The first movement, which waits until the client has set its breakpoints; null afterwards. */
  private first: Movement | null = null;
  /** The arguments of the launch; null in a session that launched nothing. */
  private launched: object | null = null;
  /** The movement under way; null while the program stands. */
  private moving: { movement: Movement; abort: AbortController; isReconsidered: boolean; isDropped: boolean } | null =
    null;
  /** Where the last movement ended, and why. */
  private arrival: Arrival | null = null;
  private targets: Movement[] = [];
  private showsProgress = false;
  /** The requests before, which are carried out first. */
  private before: Promise<unknown> = Promise.resolve();
  /** The events that were printed, by the references to their lines, from 1. */
  private readonly printed: PrintedEvent[] = [];
  private base = { line: 1, column: 1 };

  constructor(connection: Connection, kept: Kept, close: () => void) {
    this.connection = connection;
    this.kept = kept;
    this.close = close;
  }

  /** Carries out a request, one after the other but for those that end something. Rejects with RequestError. */
  answer(command: string, given: object): Answer | Promise<Answer> {
    if (!Object.hasOwn(this.handlers, command)) throw new RequestError(`the adapter knows no request ${command}`);
    const handler = this.handlers[command as keyof typeof this.handlers] as (given: object) => Answer | Promise<Answer>;
    if (ENDING.has(command)) return handler(given);
    const answer = this.before.then(() => handler(given));
    this.before = answer.catch(() => undefined);
    return answer;
  }

  /** The client is gone. */
  end(): void {
    this.moving?.abort.abort();
  }

  /** Every request of the protocol that the adapter carries out. */
  readonly handlers = {
    initialize: (given: DebugProtocol.InitializeRequestArguments) => this.initialize(given),
    launch: (given: object) => this.launch(given),
    attach: () => this.attach(),
    configurationDone: () => this.configured(),
    restart: (given: DebugProtocol.RestartArguments) => this.restart(given),
    disconnect: ({ terminateDebuggee }: DebugProtocol.DisconnectArguments) => this.disconnect(terminateDebuggee),
    terminate: () => this.terminate(),

    setBreakpoints: (given: DebugProtocol.SetBreakpointsArguments) => this.setBreakpoints(given),
    setFunctionBreakpoints: ({ breakpoints }: DebugProtocol.SetFunctionBreakpointsArguments) =>
      this.set((all) => all.setFunctions(breakpoints)),
    setDataBreakpoints: ({ breakpoints }: DebugProtocol.SetDataBreakpointsArguments) =>
      this.set((all) => all.setData(breakpoints)),
    setExceptionBreakpoints: ({ filters, filterOptions = [] }: DebugProtocol.SetExceptionBreakpointsArguments) =>
      this.set((all) => all.setFilters([...filters.map((filterId) => ({ filterId })), ...filterOptions])),
    dataBreakpointInfo: (given: DebugProtocol.DataBreakpointInfoArguments) => this.dataBreakpointInfo(given),
    breakpointLocations: (given: DebugProtocol.BreakpointLocationsArguments) => this.breakpointLocations(given),
    exceptionInfo: () => this.exceptionInfo(),

    threads: () => this.threads(),
    stackTrace: (given: DebugProtocol.StackTraceArguments) => this.stackTrace(given),
    scopes: ({ frameId }: DebugProtocol.ScopesArguments) => this.scopes(frameId),
    variables: (given: DebugProtocol.VariablesArguments) => this.variables(given),
    setVariable: (given: DebugProtocol.SetVariableArguments) => this.setVariable(given),
    setExpression: ({ expression, value }: DebugProtocol.SetExpressionArguments) => this.write(expression, value),
    evaluate: (given: DebugProtocol.EvaluateArguments) => this.evaluate(given),
    completions: ({ text, column }: DebugProtocol.CompletionsArguments) => this.completions(text, column),
    locations: ({ locationReference }: DebugProtocol.LocationsArguments) => this.locations(locationReference),
    readMemory: (given: DebugProtocol.ReadMemoryArguments) => this.readMemory(given),
    loadedSources: () => this.loadedSources(),

    continue: () => this.travel("forward"),
    reverseContinue: () => this.travel("back"),
    next: ({ threadId }: DebugProtocol.NextArguments) => this.step(threadId, "over"),
    stepIn: ({ threadId }: DebugProtocol.StepInArguments) => this.step(threadId, "in"),
    stepOut: ({ threadId }: DebugProtocol.StepOutArguments) => this.step(threadId, "out"),
    stepBack: ({ threadId }: DebugProtocol.StepBackArguments) => this.step(threadId, "back"),
    restartFrame: ({ frameId }: DebugProtocol.RestartFrameArguments) => this.restartFrame(frameId),
    gotoTargets: (given: DebugProtocol.GotoTargetsArguments) => this.gotoTargets(given),
    goto: ({ targetId }: DebugProtocol.GotoArguments) => this.goTo(targetId),
    pause: () => this.pause(),
    cancel: ({ progressId }: DebugProtocol.CancelArguments) => this.cancel(progressId),
  } satisfies Record<string, Handler>;

  // ---- the life of a session

  private initialize(given: DebugProtocol.InitializeRequestArguments): Answer {
    if (given.pathFormat === "uri") throw new RequestError("found paths as uri, expected paths as path");
    this.showsProgress = given.supportsProgressReporting === true;
    this.base = { line: given.linesStartAt1 === false ? 0 : 1, column: given.columnsStartAt1 === false ? 0 : 1 };
    return { body: CAPABILITIES };
  }

  private async launch(given: object): Promise<Answer> {
    if (this.breakpoints !== null) {
      throw new RequestError(`this session debugs ${this.debuggee.scenario.file} already; disconnect first`);
    }
    await this.open(given);
    return { next: () => this.connection.sendEvent(new InitializedEvent()) };
  }

  /** Opens what the arguments of a launch name, in the place of what was debugged before. */
  private async open(given: object): Promise<void> {
    const launch = launchOf(given);
    const debuggee = await Debuggee.open(launch, (line, at, event) => this.say(line, at, event));
    const breakpoints = new Breakpoints(debuggee);
    breakpoints.setMoments(launch.stopAt);
    this.launched = given;
    this.kept.debuggee = debuggee;
    this.breakpoints = breakpoints;
    this.first = launch.stopOnEntry
      ? async () => ({ why: "entry" })
      : (signal) => debuggee.travel("forward", this.breakpoints!.all, signal);
    if (launch.noDebug) this.first = (signal) => debuggee.toTheEnd(signal);
  }

  /** Goes on with what the last client at this port left. */
  private attach(): Answer {
    const { debuggee } = this.kept;
    if (debuggee === null) throw new RequestError("attach: nothing is debugged here yet; launch a scenario");
    if (this.breakpoints !== null) throw new RequestError("attach: this session debugs already");
    this.breakpoints = new Breakpoints(debuggee);
    debuggee.say = (line, at, event) => this.say(line, at, event);
    this.first = async () => ({ why: "entry" });
    return { next: () => this.connection.sendEvent(new InitializedEvent()) };
  }

  private configured(): Answer {
    const { first } = this;
    this.first = null;
    return { next: () => first && this.move(first) };
  }

  /** Loads everything anew, the scenario as it is now, and keeps the breakpoints. */
  private async restart({ arguments: given }: DebugProtocol.RestartArguments): Promise<Answer> {
    const before = this.breakpoints;
    if (before === null || this.launched === null)
      throw new RequestError("restart: nothing was launched in this session");
    if (this.moving) {
      this.moving.isDropped = true;
      this.moving.abort.abort();
    }
    await this.open(given ?? this.launched);
    this.breakpoints = before.on(this.debuggee);
    return this.configured();
  }

  /** Ends the session. What was launched here ends with it, and what was attached to stays, unless the client says otherwise. */
  private disconnect(ends = this.launched !== null): Answer {
    this.end();
    if (ends) this.kept.debuggee = null;
    return { next: () => this.close() };
  }

  private terminate(): Answer {
    this.end();
    return { next: () => this.connection.sendEvent(new TerminatedEvent()) };
  }

  /** Prints a line on the client's console. */
  private say(line: string, at: { path: string; line: number } | null = null, event: PrintedEvent | null = null): void {
    const source = at === null ? {} : { source: { name: nameOf(at.path), path: at.path }, line: this.theirs(at.line) };
    const reference = event === null ? {} : { locationReference: this.printed.push(event) };
    this.connection.say(`${line}\n`, "console", { ...source, ...reference });
  }

  private get debuggee(): Debuggee {
    const { debuggee } = this.kept;
    if (debuggee === null || this.breakpoints === null)
      throw new RequestError("nothing is debugged yet; launch a scenario");
    return debuggee;
  }

  /** The program, which stands. */
  private get standing(): Debuggee {
    if (this.moving) throw new RequestError("the program is moving; pause it first");
    return this.debuggee;
  }

  // ---- movement

  /** Begins a movement, and tells the client when and why it ended. */
  private move(movement: Movement, thread = CONTROLLER_THREAD): void {
    const abort = new AbortController();
    const moving = { movement, abort, isReconsidered: false, isDropped: false };
    this.moving = moving;
    this.references.clear();
    const progress = new MoveProgress(this.showsProgress ? this.connection : null);
    this.debuggee.progress = (at) => progress.at(at);
    const ended = (arrival: Arrival) => {
      progress.end();
      if (moving.isDropped) return;
      if (moving.isReconsidered) return this.move(movement, thread);
      this.moving = null;
      this.arrival = arrival;
      this.stopped(arrival, thread);
    };
    movement(abort.signal).then(ended, (error: unknown) => {
      this.connection.say(`${(error as Error).message}\n`, "stderr");
      ended({ why: "pause" });
    });
  }

  private stopped({ why, text, breakpoints = [], isFinal = false }: Arrival, thread = CONTROLLER_THREAD): void {
    if (isFinal) return this.connection.sendEvent(new TerminatedEvent());
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(why, thread);
    event.body.allThreadsStopped = true;
    if (text !== undefined) Object.assign(event.body, { description: text, text });
    if (breakpoints.length > 0) event.body.hitBreakpointIds = breakpoints.map(({ id }) => id);
    this.connection.sendEvent(event);
  }

  private travel(direction: "forward" | "back"): Answer {
    const { standing } = this;
    const movement: Movement = (signal) => standing.travel(direction, this.breakpoints!.all, signal);
    return { body: { allThreadsContinued: true }, next: () => this.move(movement) };
  }

  private step(thread: number, step: Step): Answer {
    const { standing } = this;
    const how = thread === WORLD_THREAD ? (step === "back" ? "tick back" : "tick") : step;
    return { next: () => this.move((signal) => standing.step(how, signal), thread) };
  }

  /** The frame that is the tick begins again; a call of the firmware cannot, because the tick has come to it on one way only. */
  private restartFrame(frame: number): Answer {
    const { standing } = this;
    if (frame < TICK_FRAME)
      throw new RequestError("only the frame of the tick can be restarted; step back out of a call");
    return { next: () => this.move((signal) => standing.restartTick(signal)) };
  }

  private gotoTargets({ source, line }: DebugProtocol.GotoTargetsArguments): Answer {
    const { standing } = this;
    this.targets = [];
    const targets = standing.targetsAt(source.path ?? "", this.own(line)).map(({ label, movement }) => ({
      id: this.targets.push(movement),
      label,
      line,
    }));
    return { body: { targets } };
  }

  private goTo(target: number): Answer {
    const { standing: _ } = this;
    const movement = this.targets[target - 1];
    if (!movement) throw new RequestError(`there is no target ${target}; ask for the targets of a line first`);
    return { next: () => this.move(movement) };
  }

  /** A person ends the movement whose progress is shown. A request itself is answered before it could be cancelled. */
  private cancel(progress: string | undefined): Answer {
    if (progress !== undefined) this.moving?.abort.abort();
    return {};
  }

  private pause(): Answer {
    if (!this.moving) throw new RequestError("the program stands already");
    this.moving.abort.abort();
    return {};
  }

  // ---- breakpoints

  private setBreakpoints({ source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments): Answer {
    const asked = breakpoints.map((each) => ({ ...each, line: this.own(each.line) }));
    return this.set((all) => all.setInSource(source.path ?? "", asked));
  }

  /** Replaces breakpoints. A movement under way begins again from where it is, with the new ones. */
  private set(change: (all: Breakpoints) => DebugProtocol.Breakpoint[]): Answer {
    const { debuggee: _ } = this;
    const breakpoints = change(this.breakpoints!).map((each) =>
      each.line === undefined ? each : { ...each, line: this.theirs(each.line) },
    );
    if (this.moving && !this.moving.abort.signal.aborted) {
      this.moving.isReconsidered = true;
      this.moving.abort.abort();
    }
    return { body: { breakpoints } };
  }

  private breakpointLocations({ source, line, endLine = line }: DebugProtocol.BreakpointLocationsArguments): Answer {
    const lines = this.debuggee.linesWithStops(source.path ?? "", this.own(line), this.own(endLine));
    return { body: { breakpoints: lines.map((each) => ({ line: this.theirs(each) })) } };
  }

  private dataBreakpointInfo({ variablesReference = 0, name }: DebugProtocol.DataBreakpointInfoArguments): Answer {
    const symbol = variablesReference === 0 ? name : this.rowIn(variablesReference, name).symbol;
    if (symbol === undefined || rowOfSymbol(this.debuggee.machine, symbol)?.symbol === undefined) {
      return { body: { dataId: null, description: `${name} is no symbol, so its changes cannot be watched` } };
    }
    return { body: { dataId: symbol, description: symbol, accessTypes: ["write"], canPersist: true } };
  }

  private exceptionInfo(): Answer {
    const hit = this.arrival?.breakpoints?.find(({ reason }) => reason === "exception");
    const exceptionId = hit?.name ?? this.arrival?.text ?? "none";
    return { body: { exceptionId, description: this.arrival?.text ?? exceptionId, breakMode: "always" } };
  }

  // ---- views

  private threads(): Answer {
    return { body: { threads: [new Thread(CONTROLLER_THREAD, "controller"), new Thread(WORLD_THREAD, "world")] } };
  }

  private stackTrace({ threadId, startFrame = 0, levels = 0 }: DebugProtocol.StackTraceArguments): Answer {
    const { standing } = this;
    const firmware = threadId === WORLD_THREAD ? [] : standing.frames();
    const frames: DebugProtocol.StackFrame[] = firmware.map(({ name, path, line, column }, id) => ({
      id,
      name,
      source: { name: nameOf(path), path },
      line: this.theirs(line),
      column: column - 1 + this.base.column,
      canRestart: false,
    }));
    const { name, path, line } = standing.tickFrame();
    frames.push({
      id: TICK_FRAME,
      name,
      source: { name: nameOf(path), path },
      line: this.theirs(line),
      column: this.base.column,
      canRestart: true,
    });
    const stackFrames = frames.slice(startFrame, levels === 0 ? undefined : startFrame + levels);
    return { body: { stackFrames, totalFrames: frames.length } };
  }

  private scopes(frame: number): Answer {
    const scopes = this.standing.scopes(frame < TICK_FRAME ? frame : null).map(({ name, parts, hint }) => ({
      name,
      variablesReference: this.references.of(parts),
      expensive: false,
      ...(hint === undefined ? {} : { presentationHint: hint }),
    }));
    return { body: { scopes } };
  }

  private variables({ variablesReference, filter, start = 0, count = 0 }: DebugProtocol.VariablesArguments): Answer {
    const { standing: _ } = this;
    const parts = this.parts(variablesReference);
    const isWanted = filter === undefined || (filter === "indexed") === parts.isIndexed;
    const rows = isWanted ? parts.rows(start, count === 0 ? parts.count : count) : [];
    return { body: { variables: rows.map((row) => this.variable(row)) } };
  }

  private variable({ name, value, type, symbol, parts }: Row): DebugProtocol.Variable {
    return {
      name,
      value,
      variablesReference: this.references.of(parts),
      ...(type === undefined ? {} : { type }),
      ...(symbol === undefined ? { presentationHint: { attributes: ["readOnly"] } } : { evaluateName: symbol }),
      ...(parts?.isIndexed ? { indexedVariables: parts.count } : {}),
    };
  }

  private parts(reference: number): Parts {
    const parts = this.references.parts(reference);
    if (parts) return parts;
    throw new RequestError("these variables are of an earlier stop; ask for the scopes again");
  }

  private rowIn(reference: number, name: string): Row {
    const parts = this.parts(reference);
    const row = parts.rows(0, parts.count).find((each) => each.name === name);
    if (row) return row;
    throw new RequestError(`there is no variable ${name}`);
  }

  private setVariable({ variablesReference, name, value }: DebugProtocol.SetVariableArguments): Promise<Answer> {
    const { symbol } = this.rowIn(variablesReference, name);
    if (symbol === undefined)
      throw new RequestError(`${name} is no symbol; only symbols of the machine can be changed`);
    return this.write(symbol, value);
  }

  /** Writes a symbol, and tells the client of the branch that this begins and where the program stands on it. */
  private async write(symbol: string, text: string): Promise<Answer> {
    const { value, branch } = await this.standing.write(symbol, text);
    this.references.clear();
    const notice = `${symbol} is ${value} from here on, on ${branch}; what was recorded stays`;
    this.say(notice);
    return { body: { value }, next: () => this.stopped({ why: "goto", text: notice }) };
  }

  private async evaluate({ expression, frameId, context }: DebugProtocol.EvaluateArguments): Promise<Answer> {
    const { standing } = this;
    const frame = frameId === undefined || frameId >= TICK_FRAME ? null : frameId;
    const row = standing.rowOf(expression, frame);
    if (row) {
      const { name: _, value: result, evaluateName: __, ...rest } = this.variable(row);
      return { body: { result, ...rest } };
    }
    if (context !== "repl") throw new RequestError(standing.unknown(expression));
    return this.command(expression);
  }

  /** Carries out a line of the stepper's language. One that moves the program ends with a stop, as any movement. */
  private async command(line: string): Promise<Answer> {
    const { standing } = this;
    const { place } = standing;
    const result = await standing.execute(line);
    this.references.clear();
    const isElsewhere = standing.place.tick !== place.tick || standing.place.statement !== place.statement;
    const event = isElsewhere
      ? () => this.stopped({ why: "goto" })
      : () => this.connection.sendEvent(new InvalidatedEvent(["all"]));
    return { body: { result, variablesReference: 0 }, next: event };
  }

  private completions(text: string, column: number): Answer {
    return { body: { targets: this.debuggee.completions(text, column - this.base.column) } };
  }

  private readMemory({ offset = 0, count }: DebugProtocol.ReadMemoryArguments): Answer {
    const { bytes, unreadable } = this.standing.memory(offset, count);
    const data = Buffer.from(bytes).toString("base64");
    return {
      body: { address: `0x${offset.toString(16)}`, data, ...(unreadable > 0 ? { unreadableBytes: unreadable } : {}) },
    };
  }

  /** The line of the firmware that traced an event which was printed. */
  private async locations(reference: number): Promise<Answer> {
    const event = this.printed.at(reference - 1);
    if (!event || reference < 1) throw new RequestError(`no line was printed with the reference ${reference}`);
    const { path, line, column } = await this.standing.lineOfEvent(event);
    const source = { name: nameOf(path), path };
    return { body: { source, line: this.theirs(line), column: column - 1 + this.base.column } };
  }

  private loadedSources(): Answer {
    const sources = this.debuggee.sources().map((path) => ({ name: nameOf(path), path }));
    return { body: { sources } };
  }

  // ---- lines

  /** A line of the client as one that counts from 1. */
  private own(line: number): number {
    return line - this.base.line + 1;
  }

  private theirs(line: number): number {
    return line - 1 + this.base.line;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
