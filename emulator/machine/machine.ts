// The machine: a controller on a virtual board in a world, and the only place where time moves. One tick is 10 ms. The order
// within it is fixed: the people outside act, the board steps, the world follows the rotor, the controller ticks, the board
// ends its tick; at the first moment of each minute a patient, if there is one, moves by that minute. `run` executes every
// tick. `leap` asks controller, board, world and people how many of the coming ticks will do nothing, and leaps over them. Both
// give the same fingerprint. A snapshot has all of a machine's state; after `restore`, in the same or another process, the
// machine continues as if it had not been interrupted.

import { RESET_BROWNOUT, RESET_EXTERNAL } from "../../hal/reset";
import { Board, BoardSetup } from "../board/board";
import { countedHal } from "../board/counted";
import {
  FAULT_ALTITUDE,
  FAULT_BROWNOUT,
  FAULT_HANG,
  FAULT_NVM_FLIP,
  FAULT_PRESSURE,
  FAULT_RAM_FLIP,
  FAULT_RESET,
  FAULT_RTC_JUMP,
  FAULT_TEMPERATURE,
  FaultLedger,
} from "../fault-ledger";
import { faultIndex } from "../faults";
import { DRUGS_MAX } from "../world/reservoir";
import type { World } from "../world/world";
import {
  ControllerFault,
  mountInstance,
  buildOf,
  unknownField,
  type ControllerFactory,
  type ControllerHost,
  type CoreCopy,
  type CoreInstance,
  type CoreModule,
  type MachineBuild,
} from "./controller-host";
import { whatFailed } from "./failure";
import { makePatient, type PatientSetup } from "../world/patient/setup";
import type { Patient } from "../world/patient/patient";
import { FIGURES, HostedController, MachineCore, Surroundings } from "./core";
import { makeWorld, type WorldSetup } from "./make-world";
import { chosenReference, rootsOf } from "./module";
import { type Signal, signalsWith } from "./signals";
import { type Difference, StateView, type SavedState } from "./state";
import { NL_PER_ML } from "../amounts";
import { secretChance, secretStream, type SecretSource } from "../system-random";

/** The latest tick of a snapshot: three centuries. */
const TICKS_MAX = 0x100_0000_0000;

/** The setup from which a machine is built. A loaded scenario is one. */
export interface MachineSetup extends WorldSetup {
  /** 0..2^32-1. Every random stream is derived from it and the stream's name. */
  seed: number;
  /** Where the pump's keys and nonces come from; default the seed. */
  secrets?: SecretSource;
  /** The second of its minute at which the run starts. */
  start: { second: number };
  /** The default model is an implant of that capacity. */
  pump: WorldSetup["pump"] & { model?: "implant-20" | "implant-40" | "external-trial" };
  /** The person behind the catheter's tip; absent: nobody. */
  patient?: PatientSetup;
  /** Makes the people who act on the machine, unless its constructor is given others. */
  outside?: () => Outside;
}

/** The people and things that act on the machine from outside, in its time. Their state is plain and saved with the machine. */
export interface Outside {
  /** Acts on the machine at the start of a tick. It is called in each tick that `quiet` leaves, and when the pump has sent something. */
  act(machine: Machine): void;
  /** The number of coming ticks in which it will surely do nothing, unless the pump sends something. It is asked after each `act`. */
  quiet(machine: Machine): number;
}

/** Receives the events of a machine. It is no state: a run is the same with and without a listener. */
export interface Listener {
  /** The controller traced an event. During all calls of a listener `machine.tick` is the tick under way. */
  event(code: number, a: number, b: number, c: number): void;
  /** The board reset the controller, for a RESET_ cause. */
  reset(cause: number): void;
  /**
   * The tick is over. It is called for executed ticks in which something showed, or the listener asked for every one. The tick's figures
   * are the row at `at` of `machine.figures`, 0 where it is absent.
   */
  ticked(at?: number): void;
  /**
   * True for a listener that may hear of a tick later, but before any other of its calls, before people act, and before the machine
   * gives control back. It reads of the machine nothing but the row. A tick with an event, a reset or an open guard it hears of at once.
   */
  readonly gathers?: boolean;
  /** True for a listener that hears of every executed tick. */
  readonly hearsAll?: boolean;
  /** Another pump took the place of this one. */
  replaced?(): void;
  /** All that comes into the patient in the next minute stands in the patient's fluid; `lived` follows. */
  swallowed?(): void;
  /**
   * The patient moved by a minute that ends at the beginning of `tick`, where the patient's values hold. In a leap that tick is
   * still ahead, and nothing but the patient changes before it.
   */
  lived?(tick: number): void;
}

/** The implant that takes the place of another pump. */
export interface NewPump {
  capacity_nl: number;
  fill_nl: number;
  drugs: readonly { concentration_mgPerMl: number }[] | null;
}

/** The random streams of a board's parts. */
const STREAMS: readonly ((board: Board) => object)[] = [
  ({ crypto }) => crypto.stream,
  ({ link }) => link.chance,
  ({ motor }) => motor.slip,
  ({ reservoir }) => reservoir.noise,
];

/** The whole state of a machine at one moment. */
export interface Snapshot {
  tick: number;
  executed: number;
  leapt: number;
  machine: SavedState;
  controller: SavedState;
}

/** A machine's core and its controller. `instance`: that of a module, if they are in one. */
interface Built {
  core: MachineCore;
  host: ControllerHost;
  runsAs: MachineBuild;
  instance: CoreInstance | null;
}

/** A snapshot of a machine in a module as it was copied: the module's memory, and the state of people and patient. */
interface Copied {
  counts: Pick<Snapshot, "tick" | "executed" | "leapt">;
  copy: CoreCopy;
  others: SavedState;
}

/** Those snapshots of which nobody has read the state, so that it is surely still that of the copy. */
const COPIED = new WeakMap<Snapshot, Copied>();

export class Machine {
  readonly faults: FaultLedger;
  readonly board: Board;
  /** The back door to head, reservoir and catheter. */
  readonly world: World;
  /** The person behind the catheter's tip, who can be injected and asked; null for a pump in nobody. */
  readonly patient: Patient | null;
  /** The signals that can be traced, each with its name, its unit and how to read it. */
  readonly signals: readonly Signal[];
  /** Name of the controller's factory. */
  readonly controllerName: string;
  /** The build in which it runs. Nothing but the speed depends on it. */
  readonly runsAs: MachineBuild;
  private readonly boardSetup: Readonly<BoardSetup>;
  private readonly secrets: SecretSource;
  private readonly view: StateView;
  private readonly host: ControllerHost;
  private readonly core: MachineCore;
  private readonly instance: CoreInstance | null;
  private readonly module: CoreModule | null;
  private readonly around: Around;

  /**
   * Powers a machine up; the controller boots in the first tick. The state of `outside` belongs to snapshots and fingerprint.
   * Throws ControllerFault when the controller does not satisfy the contract.
   */
  constructor(
    setup: MachineSetup,
    controller: ControllerFactory = chosenReference(),
    outside: Outside | null = setup.outside?.() ?? null,
  ) {
    const isExternal = setup.pump.model === "external-trial";
    const capacity_mL = setup.pump.capacity_nl / NL_PER_ML;
    this.boardSetup = Object.freeze(new BoardSetup(setup.seed, capacity_mL, setup.start.second, isExternal));
    this.secrets = setup.secrets ?? "seed";
    this.patient = setup.patient ? makePatient(setup.patient, setup.seed) : null;
    this.signals = signalsWith(setup.patient);
    this.controllerName = controller.name;
    this.around = new Around(this, outside);
    const { core, host, runsAs, instance } = this.build(setup, controller);
    this.runsAs = runsAs;
    this.module = instance === null ? null : controller.module!;
    this.instance = instance;
    this.core = core;
    this.host = host;
    this.faults = core.faults;
    this.board = core.board;
    this.world = core.world;
    core.attended = outside !== null;
    core.inhabited = this.patient !== null;
    const { patient } = this;
    const others = { ...(outside ? { outside } : {}), ...(patient ? { patient } : {}) };
    const roots = instance === null ? { ...rootsOf(core), ...others } : others;
    this.view = new StateView(roots, [], "float", instance?.machinePlaces);
  }

  /** Ticks since the start, which is also the index of the next tick. */
  get tick(): number {
    return this.core.tick;
  }

  /**
   * The ticks of these that were executed and those that were leapt. In nothing else do the gears differ, so the fingerprint
   * omits it.
   */
  get executed(): number {
    return this.core.executed;
  }

  get leapt(): number {
    return this.core.leapt;
  }

  /** Rows by FIGURE_ (core.ts): figures of the ticks of which the listener hears, valid during `ticked`. */
  get figures(): Float64Array {
    return this.core.figures;
  }

  get listener(): Listener | null {
    return this.around.listener;
  }

  set listener(listener: Listener | null) {
    this.around.listener = listener;
    this.core.listened = listener !== null;
    this.core.heardAlways = listener?.hearsAll === true;
    this.core.gathers = listener?.gathers === true;
  }

  /** The controller's symbols by dotted name (`therapy.rate`), to be read and written. */
  get firmware(): Pick<ControllerHost, "names" | "paths" | "read" | "reader" | "isSwitch" | "write"> {
    return this.host;
  }

  /** False for a controller of which every tick is executed. */
  get canLeap(): boolean {
    return this.host.canLeap;
  }

  /** The controller itself, if it is a JavaScript object. */
  get script(): object | undefined {
    return this.host.script;
  }

  /** All other symbols, for instance `board.motor.steps` and `world.catheter.tip_nl`. */
  get symbols(): Pick<StateView, "names" | "paths" | "read" | "reader" | "isSwitch" | "write"> {
    return this.view;
  }

  /** The present value of a signal. Throws RangeError on an unknown name. */
  signal(name: string): number {
    const signal = this.signals.find((each) => each.name === name);
    if (!signal) throw new RangeError(`no signal is called ${name}`);
    return signal.read(this);
  }

  /** Executes one tick. Throws ControllerFault when the controller throws or traps. */
  step(): void {
    this.askPeople();
    this.core.step();
  }

  /** Executes every one of the next `ticks` ticks. */
  run(ticks: number): void {
    this.askPeople();
    try {
      this.core.run(ticks);
    } finally {
      this.core.flush();
    }
  }

  /** Moves on by `ticks`. It leaps over the ticks in which nothing can happen and executes the others. */
  leap(ticks: number): void {
    this.askPeople();
    try {
      this.core.leap(ticks);
    } finally {
      this.core.flush();
    }
  }

  /** One piece of a leap, of `ticks` at most: it either leaps over the quiet ticks ahead or executes one tick. */
  hop(ticks: number): void {
    this.askPeople();
    this.core.hop(ticks);
  }

  /** The same pieces one after the other, up to `ticks`, or until `stop`, which is asked after each, is true. Then it gives true. */
  leapUntil(ticks: number, stop: () => boolean): boolean {
    this.askPeople();
    const end = this.tick + ticks;
    while (this.tick < end) {
      this.core.hop(end - this.tick);
      if (stop()) return true;
    }
    return false;
  }

  /** The number of coming ticks that will surely change nothing but counters, which `leap` moves exactly. */
  quiet(): number {
    this.askPeople();
    return this.core.quiet();
  }

  /** Copies all state. A machine of the same setup that restores the copy continues from this moment. */
  snapshot(): Snapshot {
    const { tick, executed, leapt, instance } = this;
    const counts = { tick, executed, leapt };
    if (instance === null) return { ...counts, machine: this.view.save(), controller: this.host.save() };
    return snapshotOf({ counts, copy: instance.copy(), others: this.view.saveWalked() });
  }

  /** The first value of a snapshot that this machine cannot hold, in words; null when all fit. */
  misfit({ tick, executed, leapt, machine, controller }: Snapshot): string | null {
    const counts = [tick, executed, leapt].every((each) => Number.isInteger(each) && each >= 0 && each <= TICKS_MAX);
    if (!counts || executed + leapt !== tick) return `its counts of ticks are ${tick}, ${executed} and ${leapt}`;
    return this.view.misfit(machine) ?? this.host.misfit(controller);
  }

  /** The value at `path` in a snapshot. */
  valueIn({ machine }: Snapshot, path: string): number | undefined {
    return this.view.valueIn(machine, path);
  }

  /** The snapshot with the arrays at these paths in the lengths of this machine's. */
  fitted(snapshot: Snapshot, paths: ReadonlySet<string>): Snapshot {
    const copied = this.copiedBy(snapshot);
    if (copied !== null) return snapshotOf({ ...copied, others: this.view.fittedWalked(copied.others, paths) });
    return { ...snapshot, machine: this.view.fitted(snapshot.machine, paths) };
  }

  /** The symbols that differ between two snapshots: the controller's, and all others. */
  differences(one: Snapshot, other: Snapshot): { firmware: Difference[]; others: Difference[] } {
    return {
      firmware: this.host.differences(one.controller, other.controller),
      others: this.view.differences(one.machine, other.machine),
    };
  }

  restore(snapshot: Snapshot): void {
    this.core.tick = snapshot.tick;
    this.core.executed = snapshot.executed;
    this.core.leapt = snapshot.leapt;
    const copied = this.copiedBy(snapshot);
    if (copied !== null) {
      this.instance!.restore(copied.copy);
      this.view.restoreWalked(copied.others);
    } else {
      this.view.restore(snapshot.machine);
      this.host.restore(snapshot.controller);
    }
    this.board.shown.any = true;
  }

  /** The copy of a snapshot that this machine can take as it is; null for any other snapshot. */
  private copiedBy(snapshot: Snapshot): Copied | null {
    const copied = COPIED.get(snapshot);
    return copied !== undefined && copied.copy.of === this.module ? copied : null;
  }

  /**
   * 16 hex digits over all state but the controller's own memory, so it covers the controller's acts and not its data
   * structures. Equal for both gears, after any snapshot and restore, and for two controllers that act alike.
   */
  fingerprint(): string {
    return this.view.fingerprint();
  }

  /** 16 hex digits over the controller's memory. Equal for both gears. */
  controllerFingerprint(): string {
    return this.host.fingerprint();
  }

  /** Somebody changed a value from outside: the next tick is executed, and shows the world to the board. */
  touched(): void {
    this.core.state.moved = true;
  }

  /** Tells the listener of something that people beside the pump found out, by its negative code. */
  notify(code: number, a: number, b: number, c: number): void {
    this.around.listener?.event(code, a, b, c);
  }

  /**
   * Takes the pump out and puts a new one in its place: another board with blank memory and keys of its own, another reservoir
   * and another catheter of the same size, filled with what is in the reservoir. `drugs` null: those in the old one.
   * Totals of the world go on; the clock on the wall does not stop.
   */
  replacePump({ capacity_nl, fill_nl, drugs }: NewPump): void {
    const { board, world } = this;
    const { tick } = board.time;
    const { pulses } = board.motor;
    const { phase } = board.clock;
    const { seed, startSecond } = this.boardSetup;
    const fresh = this.makeBoard(new BoardSetup(seed, capacity_nl / NL_PER_ML, startSecond), this.faults);
    // The seed of a part goes into its streams, so the new pump draws on from where the old one was.
    const apart = [
      this.faults,
      board.outsideCalls,
      fresh.outsideCalls,
      ...STREAMS.flatMap((of) => [of(board), of(fresh)]),
    ];
    new StateView({ board }, apart).restore(new StateView({ board: fresh }, apart).save());
    board.time.tick = tick;
    board.clock.phase = phase;
    board.motor.pulses = pulses;
    board.battery.settledPulses = pulses;
    const given = drugs ? drugs.map((drug) => drug.concentration_mgPerMl) : null;
    world.replacePump(capacity_nl, fill_nl, this.concentrations(given));
    this.core.state.booted = false;
    this.core.state.hung = false;
    this.core.state.moved = true;
    this.host.clear();
    this.around.listener?.replaced?.();
  }

  /**
   * Switches a fault of the table on; a momentary one acts at once and is over. `field` names the symbol for `ram_flip`.
   * `faults.acts` counts how often the fault acted. Throws RangeError on an unknown fault or field.
   */
  inject(name: string, parameter = 0, field: string | null = null): void {
    const fault = faultIndex(name);
    const temperature_mC = this.world.temperature_mC();
    const ambient_mmHg = this.world.ambient_mmHg();
    if (fault === FAULT_RAM_FLIP && this.host.read(field ?? "") === undefined) {
      throw new RangeError(unknownField(this.host, field ?? ""));
    }
    this.faults.tick = this.tick;
    this.faults.start(fault, parameter);
    this.core.state.moved = true;
    switch (fault) {
      case FAULT_RAM_FLIP:
        this.faults.end(fault);
        if (this.host.flip(field ?? "", parameter)) this.faults.acted(fault);
        return;
      case FAULT_NVM_FLIP:
        this.faults.end(fault);
        return this.board.nvm.flip(parameter);
      case FAULT_RESET:
        return this.pull(fault, RESET_EXTERNAL);
      case FAULT_BROWNOUT:
        return this.pull(fault, RESET_BROWNOUT);
      case FAULT_HANG:
        this.core.state.hung = true;
        return;
      case FAULT_RTC_JUMP:
        this.faults.end(fault);
        if (this.board.clock.jump(parameter)) this.faults.acted(fault);
        return;
      case FAULT_TEMPERATURE:
        if (parameter !== temperature_mC) this.faults.acted(fault);
        return;
      case FAULT_ALTITUDE:
      case FAULT_PRESSURE:
        if (this.world.ambient_mmHg() !== ambient_mmHg) this.faults.acted(fault);
        return;
    }
  }

  /** Switches a lasting fault off. */
  release(name: string): void {
    this.faults.end(faultIndex(name));
    this.core.state.moved = true;
  }

  /**
   * Empties and fills the reservoir with a needle: takes out `aspirate_nl` (null: everything) and puts in `fill_nl`. Without
   * concentrations (null) those in the reservoir stay. Returns the aspirated volume in nL.
   */
  refill(aspirate_nl: number | null, fill_nl: number, concentrations_mgPerMl: readonly number[] | null): number {
    this.core.state.moved = true;
    return this.world.reservoir.refill(aspirate_nl ?? Infinity, fill_nl, this.concentrations(concentrations_mgPerMl));
  }

  /** A needle takes up to `volume_nl` out of the reservoir, and nobody reports it to the pump. Returns the volume taken. */
  tap(volume_nl: number): number {
    return this.refill(volume_nl, 0, null);
  }

  /**
   * A needle adds `volume_nl` to the reservoir, and nobody reports it to the pump. With null it adds what the reservoir
   * holds.
   */
  topUp(volume_nl: number, concentrations_mgPerMl: readonly number[] | null = null): void {
    this.refill(0, volume_nl, concentrations_mgPerMl);
  }

  /**
   * A needle in the catheter's access port pushes in `volume_nl` with these amounts of the drugs, ng. Returns the
   * volume that went in.
   */
  injectAtPort(volume_nl: number, drug_ng: readonly number[]): number {
    const amounts = new Float64Array(DRUGS_MAX);
    amounts.set(drug_ng);
    this.core.state.moved = true;
    this.faults.tick = this.tick;
    return this.world.catheter.inject(volume_nl, amounts);
  }

  /** A needle in the catheter's access port draws out up to `volume_nl`. Returns the volume that came. */
  aspirateAtPort(volume_nl: number): number {
    this.core.state.moved = true;
    this.faults.tick = this.tick;
    return this.world.catheter.aspirate(volume_nl);
  }

  /** Asks people when they will act: between two calls anything may have happened. */
  private askPeople(): void {
    if (this.core.attended) this.core.attendAt = this.tick + this.around.quiet();
  }

  /** Builds board, world and controller in TypeScript. In a module their state is that of those. */
  private build(setup: MachineSetup, controller: ControllerFactory): Built {
    const runsAs = buildOf(controller);
    const { module } = controller;
    const here = () => ({ ...this.buildHere(setup, controller), instance: null });
    if (module === undefined) return { ...here(), runsAs };
    const { seed, start, pump, drugs } = setup;
    const name = JSON.stringify([seed, start.second, pump, drugs.map((drug) => drug.concentration_mgPerMl)]);
    const like = () => {
      // The views of all instances of the module have these methods.
      const { core, host } = this.buildHere(setup, controller, "seed");
      return { core, controller: host.script! };
    };
    const instance = module.instantiate(name, like, this.around, secretChance(this.secrets));
    return { core: instance.core, host: mountInstance(instance), runsAs, instance };
  }

  private buildHere(
    setup: MachineSetup,
    controller: ControllerFactory,
    secrets = this.secrets,
  ): Pick<Built, "core" | "host"> {
    const faults = new FaultLedger();
    const board = this.makeBoard(this.boardSetup, faults, secrets);
    controller.fit?.(board);
    const ports = controller.ports === "bare" ? board.hal() : countedHal(board, controller.ports === "open");
    const host = controller.mount(ports);
    const core = new MachineCore(faults, board, makeWorld(setup, faults), new Called(this, host), this.around);
    return { core, host };
  }

  private makeBoard(setup: BoardSetup, faults: FaultLedger, secrets = this.secrets): Board {
    return new Board(setup, secretStream(secrets, setup.seed, "crypto"), faults);
  }

  /** Concentrations by drug; null: those in the reservoir. */
  private concentrations(given_mgPerMl: readonly number[] | null): Float64Array {
    const concentrations = new Float64Array(DRUGS_MAX);
    if (given_mgPerMl) concentrations.set(given_mgPerMl);
    else this.world.concentrationsInto(concentrations);
    return concentrations;
  }

  private pull(fault: number, cause: number): void {
    this.faults.end(fault);
    this.faults.acted(fault);
    this.board.reset.pull(cause);
  }
}

/** A snapshot whose state is read from the copy when somebody asks for it. From then on the state may be changed, and counts. */
function snapshotOf(copied: Copied): Snapshot {
  let plain: Pick<Snapshot, "machine" | "controller"> | null = null;
  const read = () => {
    if (plain !== null) return plain;
    COPIED.delete(snapshot);
    const { machine, controller } = copied.copy.states();
    return (plain = { machine: bothOf(machine, copied.others), controller });
  };
  const snapshot: Snapshot = {
    ...copied.counts,
    get machine() {
      return read().machine;
    },
    get controller() {
      return read().controller;
    },
  };
  COPIED.set(snapshot, copied);
  return snapshot;
}

function bothOf(one: SavedState, other: SavedState): SavedState {
  return { scalars: Float64Array.of(...one.scalars, ...other.scalars), arrays: [...one.arrays, ...other.arrays] };
}

/** Those around a machine, as its core calls them. */
class Around extends Surroundings {
  listener: Listener | null = null;
  private readonly machine: Machine;
  private readonly outside: Outside | null;

  constructor(machine: Machine, outside: Outside | null) {
    super();
    this.machine = machine;
    this.outside = outside;
  }

  act(): void {
    this.outside?.act(this.machine);
  }

  quiet(): number {
    return this.outside ? this.outside.quiet(this.machine) : Infinity;
  }

  event(code: number, a: number, b: number, c: number): void {
    this.listener?.event(code, a, b, c);
  }

  reset(cause: number): void {
    this.listener?.reset(cause);
  }

  ticked(rows: number): void {
    const { listener } = this;
    if (listener !== null) for (let row = 0; row < rows; row++) listener.ticked(row * FIGURES);
  }

  /** The patient's minute that ends at the beginning of `tick`. Between executed ticks the world gives nothing. */
  live(tick: number): boolean {
    const patient = this.machine.patient!;
    const { catheter, reservoir } = this.machine.world;
    patient.takeIn(catheter.tip_nl, catheter.tip_ng, reservoir.pocket_ng, catheter.lost_ng);
    patient.swallow();
    this.listener?.swallowed?.();
    patient.pass();
    this.listener?.lived?.(tick);
    return patient.wants();
  }
}

/** The controller as the core calls it. Whatever it throws becomes a ControllerFault with the call and the tick. */
class Called extends HostedController {
  private readonly machine: Machine;
  private readonly host: ControllerHost;

  constructor(machine: Machine, host: ControllerHost) {
    super();
    this.machine = machine;
    this.host = host;
  }

  boot(): void {
    try {
      this.host.boot();
    } catch (error) {
      throw this.fault("boot() in ", error);
    }
  }

  tick(): void {
    try {
      this.host.tick();
    } catch (error) {
      throw this.fault("", error);
    }
  }

  idle(): number {
    if (!this.host.canLeap) return 0;
    let ticks: number;
    try {
      ticks = this.host.idle();
    } catch (error) {
      throw this.fault("idle() before ", error);
    }
    if (Number.isInteger(ticks) && ticks >= 0) return ticks;
    throw this.fault("idle() before ", new RangeError(`it gave ${String(ticks)}, expected a whole number of ticks`));
  }

  skip(ticks: number): void {
    try {
      this.host.skip(ticks);
    } catch (error) {
      throw this.fault(`skip(${ticks}) before `, error);
    }
  }

  clear(): void {
    this.host.clear();
  }

  private fault(call: string, error: unknown): ControllerFault {
    if (error instanceof ControllerFault) return error;
    return new ControllerFault(`the controller failed in ${call}tick ${this.machine.tick}: ${whatFailed(error)}`);
  }
}
