// One run of a scenario, from a machine to a report. The run moves the machine from probe to probe (moments at which an
// expectation needs a value), listens to its events and watches the invariants. At the end it lists what went wrong, from which
// run/verdict.ts makes the one verdict. Everything that it keeps can be saved with the machine, so that a run that is resumed
// from a file reports exactly what an uninterrupted one does.

import { ALARM_IS_CRITICAL, alarmRow } from "../../hal/alarms";
import { OUTCOME_ACCEPTED } from "../../hal/telemetry";
import {
  CAUSE_BASAL,
  CAUSE_BRIDGE,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_NONE,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
} from "../../hal/trace";
import { alarmName } from "../contract/alarms";
import { outcomeName } from "../contract/codes";
import { HARM_ROWS } from "../contract/harms";
import { wallTextAt } from "../calendar";
import { digestOf, encodeProgram } from "../telemetry/messages";
import { ControllerFault, unknownField, type ControllerFactory } from "../machine/controller-host";
import { CONVERTED_CODE, describeEvent, ORAL_TAKEN_CODE, oralCode, RESET_CODE } from "../machine/events";
import { DrugSources, type SavedSources } from "./drug-sources";
import { HarmWatch, type HarmRecord, type SavedHarms } from "./harms";
import { INVARIANTS, InvariantWatch, type SavedWatch } from "./invariants";
import { EVENTS_PER_TICK } from "../board/trace";
import { outsideRows, type OutsideClass } from "../board/counted";
import type { SecretSource } from "../system-random";
import { FIGURE_TICK } from "../machine/core";
import { Machine, type Listener, type MachineSetup, type Snapshot } from "../machine/machine";
import { TICKS_PER_MINUTE } from "../../hal/units";
import type { Program } from "../telemetry/program";
import { chosenReference } from "../machine/module";
import type { Signal } from "../machine/signals";
import { findSymbol, nearestSymbol, writeSymbol } from "../machine/symbols";
import { namedValues, publishedValues, type Traced } from "../machine/traced";
import { formatTicks, secondsOf, ticksOfSeconds } from "../time";
import { VERSION } from "../version";
import {
  isExpected,
  isOutside,
  judge,
  OpenRanges,
  probesOf,
  type Judged,
  type Probe,
  type Range,
  type SeenHarm,
  type Watched,
} from "./expect";
import { patientReport } from "./outcomes";
import { PackedTrack } from "./packed-track";
import { PlaceboShare } from "./placebo";
import type { PatientReport, RunEvent, RunReport, Track } from "./report";
import { isCommissioned, ScenarioError, type Action, type Expectation, type Scenario } from "../scenario/scenario";
import type { Patient } from "../world/patient/patient";
import { slotNames } from "../world/patient/setup";
import { DRUGS_MAX } from "../world/reservoir";
import { BY_ITEM, NO_ANSWER, NOT_SENT, People } from "./people";
import { judgementOf, placeIn, type Finding } from "./verdict";
import { NG_PER_UG, toThousandth } from "../amounts";

export interface RunOptions {
  gear: "leap" | "lockstep";
  /** Default: the reference controller, in the one module where that can be. */
  controller?: ControllerFactory;
  /** True: the run keeps every change of every published signal, for traces and the report. */
  tracks: boolean;
  /**
   * The names of the signals and symbols that a trace is asked for, as machine/traced.ts reads them: the run keeps every change
   * of these too. Default: a trace is asked for the published signals.
   */
  signals?: readonly string[];
  /** Replaces the seed of the scenario. */
  seed?: number;
  /** The classes of calls outside of the contract that do not make the run invalid. */
  allow?: readonly OutsideClass[];
  /** Values that the world here only models, because the real one is on a bench: nothing is judged by it. Default: nothing. */
  unknown?: Unknown;
  /** Where keys and nonces of the pump and of its people come from; default the seed. */
  secrets?: SecretSource;
  /** The run ends at this tick if it comes before the scenario's own end. */
  until_ticks?: number;
  /** True: the run does not stop at the scenario's end. Only `until_ticks` ends it, if it is given. */
  endless?: boolean;
  /** False: nobody asks how often a placebo would have passed the trial, which takes a second. */
  placebo?: boolean;
  /** The number of newest events that the run keeps, so that a run without an end does not grow; default all. */
  events_max?: number;
}

/** Signals and harms by their names. */
export interface Unknown {
  signals: readonly string[];
  harms: readonly string[];
}

const ALL_IS_KNOWN: Unknown = { signals: [], harms: [] };

/** The commissioning among the people's actions, which is before the timeline's first. */
const COMMISSIONING = -1;

/**
 * A patient's values change every minute. In a long run they are recorded more rarely, so that a track of them has no more points
 * than this.
 */
const LIVED_POINTS_MAX = 20_000;

/** tick, code, a, b, c. */
type RawEvent = [number, number, number, number, number];

/** A run at one moment, as `--save` writes and `--from` reads it. All values are plain, except the typed arrays in `machine`. */
export interface SavedRun {
  machine: Snapshot;
  events: RawEvent[];
  /** The probes that were reached. */
  probes: (Probe & { tick: number })[];
  ranges: (Watched & Range)[];
  /** Ticks between two points of a patient's track. */
  tracks_every: number;
  tracks: { name: string; ticks: number[]; values: number[] }[];
  watch: SavedWatch;
  /** The executed tick in which the commissioning was over; -1 when the scenario has none, null before it. */
  commissioned: number | null;
  harms: SavedHarms;
  /** The tick of the first events that the trace had no room for; null when there are none. */
  lost: number | null;
  /** Null when the run does not follow where the patient's drugs come from. */
  sources: SavedSources | null;
}

export class ScenarioRun implements Listener {
  readonly scenario: Scenario;
  readonly machine: Machine;
  readonly end_ticks: number;
  /** A trace of named symbols has every executed tick, because firmware symbols change in ticks that show nothing. */
  readonly hearsAll: boolean;
  /** The monitors may hear of a tick later; what is recorded, and what expectations look at over a time, may not. */
  readonly gathers: boolean;
  private readonly options: RunOptions;
  private readonly controller: ControllerFactory;
  private readonly people: People;
  private readonly watch: InvariantWatch;
  private readonly harms: HarmWatch;
  private readonly figures: Float64Array;
  /** The ticks of the probes, rising, and the values that each probe kept; null before it. */
  private readonly probeTicks: number[];
  /** The index of the next probe, at the machine's tick or later, as `nextProbe` found it last. */
  private probeAt = 0;
  private probes: (Probe | null)[];
  /** The signals that expectations watch over a time, and of each the values so far. */
  private readonly watched: (Watched & { isLived: boolean; read(machine: Machine): number })[];
  private readonly openRanges: { lived: OpenRanges; others: OpenRanges };
  private ranges: Range[];
  /** The time between two points of a patient's track. */
  private livedEvery_ticks: number;
  private events: RawEvent[] = [];
  /** The recorded signals and, for each, the changes so far. */
  private readonly traced: readonly Recorded[];
  private tracks: PackedTrack[];
  /** Where the patient's drugs come from, for the tracks. */
  private readonly sources: DrugSources | null;
  /** By slot of the patient's drugs: the code by which an event names the drug. */
  private readonly oralCodes: readonly number[];
  /** The people who get a placebo in the trial; null when nobody asks. */
  private readonly placebo: PlaceboShare | null;
  /** Called with each published event as it happens. */
  onEvent: ((event: RunEvent) => void) | null = null;
  /** Events that were dropped because there were more than `events_max`. */
  eventsForgotten = 0;
  /** Why the controller cannot continue, and since when; null while it can. */
  private failed: { at_tick: number; text: string } | null = null;
  /** The executed tick in which the pump was commissioned; -1 when the scenario commissions none, null before it. */
  private commissioned: number | null;
  private lost: number | null = null;

  /**
   * Throws ControllerFault when the controller does not satisfy the contract, ScenarioError when the scenario names a field that
   * it does not have, and UsageError when `signals` does.
   */
  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.options = options;
    this.controller = options.controller ?? chosenReference();
    this.people = new People(scenario, options.secrets);
    this.commissioned = isCommissioned(scenario) ? null : -1;
    this.machine = new Machine(setupOf(scenario, options), this.controller, this.people);
    this.hearsAll = options.signals !== undefined;
    this.figures = this.machine.figures;
    this.checkFields();
    this.end_ticks = Math.min(options.endless ? Infinity : scenario.duration_ticks, options.until_ticks ?? Infinity);
    // At the port of a pump that is served others give orders too.
    const orders = options.endless ? null : this.people;
    const setup = { startSecond: scenario.start.second, isTrial: scenario.pump.model === "external-trial" };
    this.watch = new InvariantWatch(this.machine, setup, orders);
    this.harms = new HarmWatch(this.machine, this.watch, setup);
    for (const program of [...programsOf(scenario), ...this.people.programs()])
      this.watch.addProgram(digestOf(encodeProgram(program)), program);
    const { ticks, ranges } = probesOf(scenario);
    this.probeTicks = ticks;
    this.probes = ticks.map(() => null);
    this.watched = ranges.map((watched) => ({
      ...watched,
      isLived: isLived(watched.signal),
      read: readerOf(watched.signal, this.machine.signals),
    }));
    this.openRanges = {
      lived: new OpenRanges(ranges, indexesOf(this.watched, true)),
      others: new OpenRanges(ranges, indexesOf(this.watched, false)),
    };
    this.ranges = ranges.map(() => ({ least: Infinity, most: -Infinity, wrong_at: null }));
    this.sources =
      options.tracks && scenario.patient ? new DrugSources(this.machine, scenario.patient, this.seed) : null;
    this.traced = tracedIn(this.machine, options, this.sources);
    this.tracks = this.traced.map(() => new PackedTrack());
    const hasPlacebo = scenario.trial !== undefined && options.placebo !== false;
    this.placebo = hasPlacebo ? new PlaceboShare(scenario, this.seed) : null;
    this.oralCodes = scenario.patient ? slotNames(scenario.patient).map(oralCode) : [];
    this.livedEvery_ticks = TICKS_PER_MINUTE * Math.ceil(scenario.duration_ticks / TICKS_PER_MINUTE / LIVED_POINTS_MAX);
    this.gathers = this.traced.length === 0 && this.watched.length === 0;
    this.machine.listener = this;
    this.sample(0);
    this.record(0, true);
  }

  /**
   * Another run of the same settings, at its beginning, with another scenario or another controller. It records no tracks. Throws as
   * the constructor does.
   */
  again({
    scenario = this.scenario,
    controller = this.controller,
  }: { scenario?: Scenario; controller?: ControllerFactory } = {}): ScenarioRun {
    const { signals: _signals, ...options } = this.options;
    return new ScenarioRun(scenario, { ...options, controller, tracks: false });
  }

  /** The controller's bytes as a digest, or the name of one that is a part of the program. */
  get controllerIdentity(): string {
    return this.controller.digest ?? this.controller.name;
  }

  /** Values that the world here only models. */
  get unknown(): Unknown {
    return this.options.unknown ?? ALL_IS_KNOWN;
  }

  /** The fingerprints of machine and controller. */
  get fingerprint(): string {
    return `${this.machine.fingerprint()} ${this.machine.controllerFingerprint()}`;
  }

  /** The seed in force. */
  get seed(): number {
    return this.options.seed ?? this.scenario.seed;
  }

  /** True while the scenario's people use the link in `tick`, which is the present tick or the next; nobody else may then. */
  exchangesAt(tick: number): boolean {
    return this.people.hasLink(tick);
  }

  /** Why the controller cannot continue, in words; null while it can. */
  get failure(): string | null {
    return this.failed?.text ?? null;
  }

  /** Ends the run, because the controller cannot continue since `at_tick`. Of more causes the earliest counts. */
  fail(text: string, at_tick = this.machine.tick): void {
    if (this.failed === null || at_tick < this.failed.at_tick) this.failed = { at_tick, text };
  }

  /** Takes a failure back that was none of the controller's, because the line to it is gone. */
  clearFailure(): void {
    this.failed = null;
  }

  /** True when the run has come to its end or the controller cannot continue. */
  get over(): boolean {
    return this.failure !== null || this.machine.tick >= this.end_ticks;
  }

  /** Moves on to `tick` at most, through every probe on the way. */
  advance(tick: number): void {
    this.advanceUntil(tick, null);
  }

  /**
   * The same, but stops as soon as `stop` is true, if it is given. `stop` is asked after each executed tick and, with `leaps`,
   * after each leap over quiet ticks; it may then depend only on what executed ticks change, such as signals. Without
   * `leaps` every tick is executed. Returns true when `stop` ended it.
   */
  advanceUntil(tick: number, stop: (() => boolean) | null, leaps = this.options.gear === "leap"): boolean {
    const end = Math.min(tick, this.end_ticks);
    let stopped = false;
    while (this.machine.tick < end && this.failure === null && !stopped) {
      this.probe();
      const next = this.nextProbe(this.machine.tick + 1) ?? Infinity;
      const to = Math.min(next, end);
      const ticks = to - this.machine.tick;
      if (stop) {
        const { machine } = this;
        this.guard(() => {
          if (leaps) stopped = machine.leapUntil(ticks, stop);
          else {
            machine.step();
            stopped = stop();
          }
        });
      } else {
        this.guard(() => (leaps ? this.machine.leap(ticks) : this.machine.run(ticks)));
      }
    }
    this.probe();
    if (this.machine.tick >= this.end_ticks) this.people.end(this.machine);
    return stopped;
  }

  event(code: number, a: number, b: number, c: number): void {
    if (this.lost === null && this.machine.board.trace.overflows > 0) this.lost = this.machine.tick;
    this.note([this.machine.tick, code, a, b, c]);
    this.watch.event(code, a, b, c);
    this.harms.event(code, a, b, c);
  }

  reset(cause: number): void {
    this.note([this.machine.tick, RESET_CODE, cause, 0, 0]);
    this.watch.reset();
    this.harms.reset();
  }

  replaced(): void {
    this.watch.replaced();
    this.harms.replaced();
  }

  ticked(at = 0): void {
    this.watch.accepted(this.people.accepted, this.figures[at + FIGURE_TICK]);
    this.watch.ticked(at);
    if (this.commissioned === null && this.people.outcome(COMMISSIONING) !== NOT_SENT) {
      this.commissioned = this.figures[at + FIGURE_TICK];
    }
    this.harms.ticked(at);
    if (!this.gathers) this.sample(this.figures[at + FIGURE_TICK]);
  }

  swallowed(): void {
    this.sources?.follow();
  }

  lived(tick: number): void {
    const patient = this.machine.patient!;
    this.harms.lived(tick);
    if (patient.habits.tookOral) this.noteOral(tick, patient);
    this.extend(tick, true);
    if (tick % this.livedEvery_ticks === 0) this.record(tick, true);
  }

  /** The oral doses that the patient took in the minute that ends at `tick`. */
  private noteOral(tick: number, { habits, fluid }: Patient): void {
    for (let slot = 0; slot < fluid.slots; slot++) {
      const dose_ug = Math.round(habits.taken_ng[slot] / NG_PER_UG);
      if (dose_ug > 0) this.note([tick, ORAL_TAKEN_CODE, this.oralCodes[slot], dose_ug, 0]);
    }
  }

  save(): SavedRun {
    return {
      machine: this.machine.snapshot(),
      events: this.events.slice(),
      probes: this.probes.flatMap((probe, i) => (probe === null ? [] : [{ tick: this.probeTicks[i], ...probe }])),
      ranges: this.watched.map(({ read: _read, isLived: _isLived, ...watched }, i) => ({
        ...watched,
        ...this.ranges[i],
      })),
      tracks_every: this.livedEvery_ticks,
      tracks: this.tracks.map((track, i) => ({ name: this.traced[i].name, ...track.lists() })),
      watch: this.watch.save(),
      commissioned: this.commissioned,
      lost: this.lost,
      harms: this.harms.save(),
      sources: this.sources?.save() ?? null,
    };
  }

  /** The first part of a saved run that this run cannot hold, in words; null when all fit. */
  misfit({ machine, events, probes, ranges, tracks, watch, harms, sources }: SavedRun): string | null {
    const { tick } = machine;
    if (tick > this.end_ticks) return `its tick ${tick} lies after the end of the run`;
    const waiting = this.machine.valueIn(machine, "outside.queueEnd") ?? 0;
    if (waiting > this.people.queue.length) return "its people wait for the pump with more than the timeline here has";
    const fitted = this.machine.fitted(machine, BY_ITEM);
    const problem = this.machine.misfit(fitted) ?? this.watch.misfit(watch, tick) ?? this.harms.misfit(harms, tick);
    if (problem !== null) return problem;
    if (
      !isRising(
        events.map(([at]) => at),
        tick,
      )
    )
      return "its events are out of order";
    if (
      !isRising(
        probes.map((probe) => probe.tick),
        tick,
      ) ||
      !probes.every((probe) => isWholeProbe(probe, this.machine.signals.length))
    )
      return "its probes are out of order";
    const missing = this.missing(probes, ranges, tick);
    if (missing !== null) return missing;
    const tracksFit = tracks.every(({ ticks, values }) => ticks.length === values.length && isRising(ticks, tick));
    if (!tracksFit) return "its tracks are out of order";
    const isFitting = sources === null || this.sources === null || this.sources.isFitting(sources);
    return isFitting ? null : "its patient has other drugs";
  }

  restore(saved: SavedRun): void {
    this.failed = null;
    this.machine.restore(this.machine.fitted(saved.machine, BY_ITEM));
    this.events = saved.events.slice();
    const probes = new Map(saved.probes.map(({ tick, ...probe }) => [tick, probe]));
    this.probes = this.probeTicks.map((tick) => probes.get(tick) ?? null);
    this.ranges = this.watched.map((watched) => {
      const known = saved.ranges.find((range) => isSameWatch(range, watched, saved.machine.tick));
      const { least = Infinity, most = -Infinity, wrong_at = null } = known ?? {};
      return { least, most, wrong_at };
    });
    // A value that was not recorded before the snapshot has no known past.
    const known = new Map(saved.tracks.map((track) => [track.name, track]));
    this.tracks = this.traced.map(({ name }) => {
      return PackedTrack.of(known.get(name) ?? { ticks: [], values: [] });
    });
    // A track goes on with its interval, though a run of another length would have another one.
    this.livedEvery_ticks = saved.tracks_every;
    this.watch.restore(saved.watch);
    this.commissioned = saved.commissioned;
    this.lost = saved.lost;
    this.harms.restore(saved.harms);
    this.sources?.restore(saved.sources);
    this.sample(this.machine.tick);
  }

  /** The first value of before `now` that an expectation needs and a saved run does not have, in words; null when it has all. */
  private missing(probes: SavedRun["probes"], ranges: SavedRun["ranges"], now: number): string | null {
    const kept = new Set(probes.map(({ tick }) => tick));
    const probe = this.probeTicks.find((tick) => tick < now && !kept.has(tick));
    if (probe !== undefined) {
      const asking = this.scenario.expect.find((each) =>
        probesOf({ ...this.scenario, expect: [each] }).ticks.includes(probe),
      );
      return `${lineOf(asking)} needs the values of ${formatTicks(probe)}, which the snapshot's run did not keep`;
    }
    const range = this.watched.find(
      (watched) => watched.from < now && !ranges.some((each) => isSameWatch(each, watched, now)),
    );
    if (range === undefined) return null;
    const asking = this.scenario.expect.find(
      (each) => each.kind === "signal" && each.name === range.signal && each.from_ticks === range.from,
    );
    return `${lineOf(asking)} needs the values of ${range.signal} from ${formatTicks(range.from)} on, which the snapshot's run did not keep`;
  }

  /** Lives another of the people who get a placebo, so that the report need not wait for all. False when there is none left. */
  prepareReport(): boolean {
    return this.placebo?.next() ?? false;
  }

  /** The last `count` published events, oldest first. */
  lastEvents(count: number): RunEvent[] {
    return this.events.slice(-count).flatMap((raw) => this.describe(raw));
  }

  /** Of timeline entry `index`, or of the commissioning for -1: an OUTCOME_ code, NOT_SENT or NO_ANSWER. */
  outcomeOf(index: number): number {
    return this.people.outcome(index);
  }

  /** The tick in which the fault of timeline entry `index` first acted; null before it. */
  faultFirst(index: number): number | null {
    return this.people.faultRecord(index, this.machine).first;
  }

  /** One row for each invariant: whether it has held so far, and when it broke. It is judged on a pump that was commissioned. */
  invariantRows(): RunReport["invariants"] {
    return this.watch.rows().map(({ id, brokenAt }) => ({
      id,
      judged: brokenAt !== null || this.servedTick,
      ok: brokenAt === null,
      at_s: brokenAt === null ? null : secondsOf(brokenAt),
    }));
  }

  /** One row for each harm that has happened so far, the first in time first. */
  harmRows(): RunReport["harms"] {
    return this.harms.records().map((record) => {
      const { first, ended, reported } = record;
      const seen = seenHarm(record);
      const isKnown = !this.unknown.harms.includes(seen.name);
      return {
        name: seen.name,
        first_s: secondsOf(first),
        until_s: ended === null ? null : secondsOf(ended),
        reported_s: reported === null ? null : secondsOf(reported),
        by: seen.by,
        expected: isExpected(this.scenario, seen),
        judged: isKnown && (seen.by !== null || isExpected(this.scenario, seen) || this.isHarmOver(seen)),
      };
    });
  }

  /** How many events of that published name there have been. */
  countEvents(name: string): number {
    return this.events.reduce((sum, raw) => sum + Number(this.describe(raw)[0]?.name === name), 0);
  }

  /** How many events there have been, those included that are no longer kept. */
  get eventsTotal(): number {
    return this.events.length + this.eventsForgotten;
  }

  /** Every recorded signal's changes as plain lists; empty unless asked for. */
  signalTracks(): Track[] {
    return this.packedTracks().map(({ blocks: _blocks, ...lists }) => lists);
  }

  /** The same without the lists: a reader gets them by blocks, and only one who reads `ticks` or `values` has them made. */
  packedTracks(): Track[] {
    return this.tracks.map((track, i) => {
      const { name, unit, meaning, reportOnly } = this.traced[i];
      return {
        ...{ name, unit, meaning, reportOnly },
        get ticks() {
          return track.lists().ticks;
        },
        get values() {
          return track.lists().values;
        },
        blocks: () => track.blocks(),
      };
    });
  }

  /** `host_s` is the host time that the caller measured; `interrupted` is true when somebody stopped the run. */
  report(host_s: number, interrupted = false): RunReport {
    const { scenario, machine } = this;
    const { world } = machine;
    const events = this.events.flatMap((raw) => this.describe(raw));
    const faults = this.faultRows();
    const expectations = interrupted ? [] : this.judged(events);
    const invariants = this.invariantRows();
    const cause = (index: number) => world.byCause_nl[index];
    const findings = interrupted
      ? this.findingsSoFar()
      : [...this.findingsSoFar(), ...this.findingsAtTheEnd(faults, expectations)];
    return {
      schema: "cistern.run/1",
      scenario: scenario.name,
      seed: this.seed,
      controller: machine.controllerName,
      gear: this.options.gear,
      version: VERSION,
      ended: { tick: machine.tick, time_s: secondsOf(machine.tick), wall: this.wall(machine.tick) },
      fingerprint: machine.fingerprint(),
      harms: this.harmRows(),
      delivered: {
        pulses: machine.board.motor.pulses,
        volume_nl: toThousandth(world.delivered_nl),
        by_cause: {
          basal: toThousandth(cause(CAUSE_BASAL)),
          patient_bolus: toThousandth(cause(CAUSE_PATIENT_BOLUS)),
          clinician_bolus: toThousandth(cause(CAUSE_CLINICIAN_BOLUS)),
          prime: toThousandth(cause(CAUSE_PRIME)),
          bridge: toThousandth(cause(CAUSE_BRIDGE)),
          unattributed: toThousandth(cause(CAUSE_NONE)),
        },
        drugs: this.drugs(world.delivered_ng),
      },
      tip: { volume_nl: toThousandth(world.catheter.tip_nl), drugs: this.drugs(world.catheter.tip_ng) },
      events,
      alarms: this.alarms(),
      expectations: expectations.map(({ failed_at: _at, ...row }) => row),
      invariants,
      faults,
      outside_calls: this.outsideCalls(),
      ...judgementOf(findings, interrupted ? "interrupted" : null),
      warnings: [...(scenario.warnings ?? [])],
      patient: this.patientReport(),
      speed: {
        simulated_s: secondsOf(machine.tick),
        host_s,
        ticks_executed: machine.executed,
        ticks_leapt: machine.leapt,
        ...machine.runsAs,
      },
    };
  }

  /** The expectations; one about what the world here only models is not judged. */
  private judged(events: RunEvent[]): Judged[] {
    const { scenario, unknown } = this;
    const rows = judge(scenario, this.machine.tick, this.evidence(events));
    return rows.map((row, i) => {
      const { kind, ...each } = scenario.expect[i];
      if (
        !("name" in each) ||
        !(kind === "signal" ? unknown.signals : kind === "harm" ? unknown.harms : []).includes(each.name)
      )
        return row;
      return { ...row, judged: false, ok: false, seen: `the bench alone knows ${each.name}`, failed_at: null };
    });
  }

  private patientReport(): PatientReport | null {
    const { scenario } = this;
    const { care } = this.people;
    if (scenario.patient === undefined || care === undefined) return null;
    // A report in the middle of a run, or of one that was interrupted, does not wait for them.
    const passes = this.over ? (this.placebo?.whole() ?? null) : null;
    const { person } = this.machine.patient!;
    return patientReport({ ...scenario, patient: scenario.patient }, person, care, this.harmRows(), passes);
  }

  private note(raw: RawEvent): void {
    this.events.push(raw);
    // A fifth is cut off at once, because each cut copies what stays.
    const most = this.options.events_max ?? Infinity;
    if (this.events.length > most * 1.25)
      this.eventsForgotten += this.events.splice(0, this.events.length - most).length;
    if (this.onEvent) for (const event of this.describe(raw)) this.onEvent(event);
  }

  /** A controller that throws or traps ends the run. That is a finding of the run and not an error of the program. */
  private guard(move: () => void): void {
    try {
      move();
    } catch (error) {
      if (!(error instanceof ControllerFault)) throw error;
      this.fail(error.message);
    }
  }

  /** Only the controller knows its own fields, so a flip in a field that it does not have is found here, before the run. */
  private checkFields(): void {
    const { firmware } = this.machine;
    const errors = this.scenario.timeline.flatMap((entry) => {
      const { place } = entry;
      const field = "fault" in entry ? entry.fault.field : null;
      if (field !== null && firmware.read(field) === undefined)
        return [{ message: unknownField(firmware, field), place }];
      const message = "action" in entry && entry.action.do === "set" ? this.problemOfSet(entry.action) : null;
      return message === null ? [] : [{ message, place }];
    });
    if (errors.length === 0) return;
    const [first, ...others] = errors;
    const lines = others.map(({ message, place }) => new ScenarioError(message, place).message);
    throw new ScenarioError([first.message, ...lines].join("\n"), first.place);
  }

  /** The reason why a value cannot be set, in words; null when it can. */
  private problemOfSet({ symbol, value }: Extract<Action, { do: "set" }>): string | null {
    const { machine } = this;
    const found = findSymbol(machine, symbol);
    if (found === null)
      return `no symbol is called ${symbol}; the nearest known one is ${nearestSymbol(machine, symbol)}`;
    if (found.signal !== null) return `${symbol} is a signal, which is measured: set the symbol behind it`;
    // The run has not begun: the value is tried, and taken back.
    const before = found.read();
    try {
      writeSymbol(machine, symbol, value);
      writeSymbol(machine, symbol, before);
      return null;
    } catch (error) {
      return `${symbol}: ${(error as Error).message}`;
    }
  }

  /** If this moment is a probe, keeps the values that expectations need. */
  private probe(): void {
    const { tick, world } = this.machine;
    if (this.nextProbe(tick) !== tick) return;
    this.probes[this.probeAt] = {
      delivered_nl: world.delivered_nl,
      tip_ng: [...world.catheter.tip_ng],
      signals: this.machine.signals.map((signal) => signal.read(this.machine)),
    };
  }

  /** The first probe at `tick` or later. */
  private nextProbe(tick: number): number | undefined {
    const ticks = this.probeTicks;
    while (this.probeAt > 0 && ticks[this.probeAt - 1] >= tick) this.probeAt--;
    while (this.probeAt < ticks.length && ticks[this.probeAt] < tick) this.probeAt++;
    return ticks[this.probeAt];
  }

  private sample(tick: number): void {
    this.record(tick, false);
    this.extend(tick, false);
  }

  /** Notes the values that have changed, of the patient or of all else. */
  private record(tick: number, ofPatient: boolean): void {
    for (let i = 0; i < this.tracks.length; i++) {
      if (this.traced[i].isLived !== ofPatient) continue;
      const track = this.tracks[i];
      const value = this.traced[i].read();
      if (track.lastValue === value) continue;
      if (track.lastTick === tick) track.replaceLast(value);
      else track.append(tick, value);
    }
  }

  /** Extends the values of the signals that expectations watch over a time. */
  private extend(tick: number, ofPatient: boolean): void {
    if (this.watched.length === 0) return;
    const { lived, others } = this.openRanges;
    const open = (ofPatient ? lived : others).at(tick);
    if (open.length === 0) return;
    for (const i of open) {
      const watched = this.watched[i];
      const value = watched.read(this.machine);
      const range = this.ranges[i];
      range.least = Math.min(range.least, value);
      range.most = Math.max(range.most, value);
      if (range.wrong_at === null && isOutside(value, watched)) range.wrong_at = tick;
    }
  }

  private evidence(events: RunEvent[]) {
    const at = new Map(this.probeTicks.map((tick, i) => [tick, this.probes[i]]));
    const signals = this.machine.signals.map(({ name }) => name);
    return { events, at, ranges: this.ranges, harms: this.harms.records().map(seenHarm), signals };
  }

  private describe([tick, code, a, b, c]: RawEvent): RunEvent[] {
    const known = describeEvent(code, a, b, c);
    if (!known) return [];
    return [{ tick, time_s: secondsOf(tick), wall: this.wall(tick), name: known.name, ...known.fields }];
  }

  /** Each alarm from its raising to its clearing. A reset ends the alarms that are active, and so does another pump. */
  private alarms(): RunReport["alarms"] {
    const rows: RunReport["alarms"] = [];
    const open = new Map<number, RunReport["alarms"][number]>();
    for (const [tick, code, alarm] of this.events) {
      if (code === EVENT_ALARM_RAISED) {
        const priority = alarmRow(alarm) & ALARM_IS_CRITICAL ? "critical" : "non_critical";
        const row = { name: alarmName(alarm), priority, raised_s: secondsOf(tick), cleared_s: null } as const;
        rows.push(row);
        open.set(alarm, row);
      } else if (code === EVENT_ALARM_CLEARED || code === RESET_CODE || code === CONVERTED_CODE) {
        const ended = code === EVENT_ALARM_CLEARED ? [alarm] : [...open.keys()];
        for (const each of ended) {
          const row = open.get(each);
          if (row) row.cleared_s = secondsOf(tick);
          open.delete(each);
        }
      }
    }
    return rows;
  }

  private faultRows(): RunReport["faults"] {
    return this.scenario.timeline.flatMap((entry, i) => {
      if (!("fault" in entry) || entry.at_ticks >= this.machine.tick) return [];
      const { acted, first } = this.people.faultRecord(i, this.machine);
      const until = entry.fault.for_ticks === null ? null : entry.at_ticks + entry.fault.for_ticks;
      const at_s = secondsOf(entry.at_ticks);
      const [until_s, first_s] = [until, first].map((tick) => (tick === null ? null : secondsOf(tick)));
      return [{ name: entry.fault.fault, at_s, until_s, acted, first_s }];
    });
  }

  /** The controller's calls outside of the contract, by class. */
  outsideCalls(): RunReport["outside_calls"] {
    const { allow = [] } = this.options;
    return outsideRows(this.machine.board.outsideCalls).map(({ kind, count, call, tick }) => ({
      kind,
      count,
      call,
      first_s: secondsOf(tick),
      allowed: allow.includes(kind),
    }));
  }

  /** The finding about a run that ends before the pump has served for a tick; none after that. */
  unserved(): Finding[] {
    if (this.servedTick) return [];
    const when = this.commissioned === null ? "before" : "in the tick in which";
    return [proofless("end", `${this.ending()} ${when} the pump was commissioned`)];
  }

  /** The findings up to now, which nothing that is still to come can change. */
  findingsSoFar(): Finding[] {
    const findings: Finding[] = [];
    if (this.failed) findings.push({ ...this.failed, kind: "controller", weight: "invalid" });
    for (const { id, brokenAt } of this.watch.rows()) {
      if (brokenAt === null) continue;
      const law = INVARIANTS.find((each) => each.id === id)?.text ?? "";
      findings.push({ at_tick: brokenAt, kind: "invariant", text: `${id} broke: ${law}`, weight: "fail" });
    }
    for (const { kind, count, call, first_s, allowed } of this.outsideCalls()) {
      if (allowed) continue;
      const text = `${timesWords(count)} outside of the contract (${kind}), the first to ${call}`;
      findings.push({ at_tick: ticksOfSeconds(first_s), kind: "controller", text, weight: "invalid" });
    }
    return [...findings, ...this.lostEvents(), ...this.silentHarms(), ...this.refusalsAndSilence()];
  }

  /** The finding about events that no monitor and no expectation has seen; none while the trace had room for all. */
  lostEvents(): Finding[] {
    if (this.lost === null) return [];
    const count = this.machine.board.trace.overflows;
    const events = count === 1 ? "an event was" : `${count} events were`;
    const text = `${events} reported in a tick that had ${EVENTS_PER_TICK} already, and nothing here saw them`;
    return [{ at_tick: this.lost, kind: "controller", text, weight: "invalid" }];
  }

  /** The findings that only the end of the run can tell: they are about things that did not happen. */
  private findingsAtTheEnd(faults: RunReport["faults"], expectations: readonly Judged[]): Finding[] {
    const findings = this.unserved();
    for (const { judged, ok, text, seen, failed_at } of expectations) {
      if (judged && !ok) {
        findings.push({
          at_tick: failed_at,
          kind: "expectation",
          text: `expected ${text}; seen: ${seen}`,
          weight: "fail",
        });
      }
    }
    const open = expectations.filter(({ judged }) => !judged).length;
    if (open > 0) {
      const count = `${open} of ${expectations.length} expectations ${open === 1 ? "was" : "were"} not judged`;
      findings.push(proofless("end", `${this.ending()}, and ${count}`));
    }
    for (const { name, at_s, acted } of faults) {
      if (acted > 0) continue;
      findings.push(proofless("fault", `the fault ${name} of ${formatTicks(ticksOfSeconds(at_s))} never acted`));
    }
    return findings;
  }

  private ending(): string {
    const end = this.options.endless ? this.end_ticks : this.scenario.duration_ticks;
    return `the run ended at ${placeIn(this.machine.tick, end)}`;
  }

  /** True when at least one tick was executed or leapt over after the commissioning. */
  private get servedTick(): boolean {
    return this.commissioned !== null && this.machine.tick > this.commissioned + 1;
  }

  /** True when no alarm can name the harm any more: its time is over, or the scenario is. */
  private isHarmOver({ until }: SeenHarm): boolean {
    const isWhole = !this.options.endless && this.machine.tick >= this.scenario.duration_ticks;
    return isWhole || this.machine.tick > until;
  }

  /**
   * The harms that no alarm named in its time and that the scenario does not expect. Where that time is not over at the end
   * of a run that was cut short, the run proves nothing about them.
   */
  private silentHarms(): Finding[] {
    return this.harms.records().flatMap((record): Finding[] => {
      const seen = seenHarm(record);
      if (seen.by !== null || isExpected(this.scenario, seen) || this.unknown.harms.includes(seen.name)) return [];
      const { sees, alarms, within_ticks } = HARM_ROWS[record.harm];
      const isOver = this.isHarmOver(seen);
      const inTime = within_ticks === 0 ? "before it" : `within ${formatTicks(within_ticks)}`;
      const never = alarms.length === 0 ? "no alarm can name it" : `no alarm named it ${inTime}`;
      const named = isOver ? never : "no alarm has named it yet";
      const text = `${seen.name} (${sees}), and ${named}`;
      return [{ at_tick: record.first, kind: "harm", text, weight: isOver ? "fail" : "invalid" }];
    });
  }

  /** The refused prescription and the unanswered requests, because of which the run proves nothing. */
  private refusalsAndSilence(): Finding[] {
    const findings: Finding[] = [];
    const silent = (at_tick: number, what: string): void => {
      findings.push({ at_tick, kind: "command", text: `the pump never answered ${what}`, weight: "invalid" });
    };
    const first = this.people.outcome(COMMISSIONING);
    const isExpected = this.scenario.expect.some((each) => "name" in each && each.name === "program_refused");
    const over = this.commissioned ?? 0;
    if (first > OUTCOME_ACCEPTED && !isExpected) {
      const text = `the pump refused the prescription: ${outcomeName(first)}`;
      findings.push({ at_tick: over, kind: "command", text, weight: "invalid" });
    }
    if (first === NO_ANSWER) silent(over, "the commissioning");
    this.scenario.timeline.forEach((entry, i) => {
      if (!("action" in entry) || this.people.outcome(i) !== NO_ANSWER) return;
      silent(entry.at_ticks, `${entry.action.do} of ${formatTicks(entry.at_ticks)}`);
    });
    const { unanswered } = this.people;
    if (unanswered !== null) silent(unanswered.tick, unanswered.what);
    return findings;
  }

  private drugs(amounts_ng: Float64Array): { name: string; ug: number }[] {
    return this.scenario.drugs.map((drug, i) => ({ name: drug.name, ug: toThousandth(amounts_ng[i] / NG_PER_UG) }));
  }

  private wall(tick: number): string {
    return wallTextAt(this.scenario.start, tick);
  }
}

function seenHarm({ harm, first, by }: HarmRecord): SeenHarm {
  const { name, within_ticks } = HARM_ROWS[harm];
  return { name, first, by: by === null ? null : alarmName(by), until: first + within_ticks };
}

const AN_AMOUNT = { kind: "number" } as const;

/** The recorded signals of a run: the published signals if the report or the trace needs them, and the values that are asked for by name. */
function tracedIn(machine: Machine, { tracks, signals }: RunOptions, sources: DrugSources | null): Recorded[] {
  const published = tracks ? publishedValues(machine) : [];
  const named = signals ? namedValues(machine, signals) : published;
  const isNamed = new Set(named.map(({ name }) => name));
  const others = published.filter(({ name }) => !isNamed.has(name));
  return [
    ...named.map((traced) => ({ ...traced, reportOnly: false, isLived: isLived(traced.name) })),
    ...others.map((traced) => ({ ...traced, reportOnly: true, isLived: isLived(traced.name) })),
    ...(sources?.tracks() ?? []).map((traced) => ({ ...traced, meaning: AN_AMOUNT, reportOnly: true, isLived: true })),
  ];
}

/** The indexes of the watched signals that are of the patient, or of those that are not. */
function indexesOf(watched: readonly { isLived: boolean }[], ofPatient: boolean): number[] {
  return watched.flatMap(({ isLived }, i) => (isLived === ofPatient ? [i] : []));
}

function timesWords(count: number): string {
  return count === 1 ? "a call of the controller" : `${count} calls of the controller`;
}

/** A finding about something that never happened, because of which the run proves nothing. */
function proofless(kind: Finding["kind"], text: string): Finding {
  return { at_tick: null, kind, text, weight: "invalid" };
}

/** True when each tick is at most the next one, and the last is at most `end`. */
function isRising(ticks: readonly number[], end: number): boolean {
  return ticks.every((tick, i) => tick >= 0 && tick <= (i + 1 < ticks.length ? ticks[i + 1] : end));
}

function isWholeProbe(probe: Probe, signals: number): boolean {
  return probe.signals.length === signals && probe.tip_ng.length === DRUGS_MAX;
}

/** True when the saved watch of a signal tells what the other one would have seen by the tick `now`. */
function isSameWatch(saved: Watched, { signal, from, to, min, max }: Watched, now: number): boolean {
  const isOpen = saved.to >= now && to >= now;
  return (
    saved.signal === signal &&
    saved.from === from &&
    (saved.to === to || isOpen) &&
    saved.min === min &&
    saved.max === max
  );
}

/** An expectation by its place in the file. */
function lineOf(expectation: Expectation | undefined): string {
  return expectation ? `the expectation of line ${expectation.place.line}` : "an expectation";
}

function setupOf(scenario: Scenario, { seed = scenario.seed, secrets }: RunOptions): MachineSetup {
  return { ...scenario, seed, ...(secrets ? { secrets } : {}) };
}

function programsOf(scenario: Scenario): Program[] {
  const later = scenario.timeline.flatMap((entry) =>
    "action" in entry && entry.action.do === "program" ? [entry.action.program] : [],
  );
  return [scenario.program, ...later];
}

function readerOf(name: string, signals: readonly Signal[]): (machine: Machine) => number {
  const signal = signals.find((each) => each.name === name)!;
  return (machine) => signal.read(machine);
}

/** A value that a run records. */
type Recorded = Traced & { reportOnly: boolean; isLived: boolean };

/** True for a signal of the patient, which changes at the edge of a minute and in a leap too. */
function isLived(signal: string): boolean {
  return signal.startsWith("patient.");
}
