// The machine: a controller on a virtual board in a world, and the only place where time moves. One tick is 10 ms. The order
// within it is fixed: the people outside act, the board steps, the world follows the rotor, the controller ticks, the board
// ends its tick; at the first moment of each minute a patient, if there is one, moves by that minute. `run` executes every
// tick. `leap` asks controller, board, world and people how many of the coming ticks will do nothing, and leaps over them. Both
// give the same fingerprint. A snapshot has all of a machine's state; after `restore`, in the same or another process, the
// machine continues as if it had not been interrupted.

import { CAUSE_NONE, CHANNEL_CAUSE } from "../../hal/trace";
import { RESET_BROWNOUT, RESET_EXTERNAL, RESET_WATCHDOG } from "../../hal/reset";
import { LEAP_TICKS_MAX, TICKS_PER_MINUTE } from "../../hal/units";
import { Board, BoardSetup } from "../board/board";
import { countedHal } from "../board/counted";
import { EVENT_WORDS } from "../board/trace";
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
import { DRUGS_MAX, PA_PER_MMHG } from "../world/reservoir";
import type { World } from "../world/world";
import {
  ControllerFault,
  referenceController,
  unknownField,
  type ControllerFactory,
  type ControllerHost,
} from "./controller-host";
import { whatFailed } from "./failure";
import { makePatient, type PatientSetup } from "../world/patient/setup";
import type { Patient } from "../world/patient/patient";
import { makeWorld, type WorldSetup } from "./make-world";
import { type Signal, signalsWith } from "./signals";
import { StateView, type SavedState } from "./state";
import { NL_PER_ML } from "../amounts";
import { secretStream, type SecretSource } from "../system-random";

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
  /** Acts on the machine. It is called at the start of each executed tick. */
  act(machine: Machine): void;
  /** The number of coming ticks in which it will surely do nothing. */
  quiet(machine: Machine): number;
}

/** Receives the events of a machine. It is no state: a run is the same with and without a listener. */
export interface Listener {
  /** The controller traced an event. During all calls of a listener `machine.tick` is the tick under way. */
  event(code: number, a: number, b: number, c: number): void;
  /** The board reset the controller, for a RESET_ cause. */
  reset(cause: number): void;
  /** The tick is over. */
  ticked(): void;
  /** Another pump took the place of this one. */
  replaced?(): void;
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

/** Flags and counters of the machine itself that are state. */
class MachineState {
  /** The controller hangs in a tick that never ends, until a reset. */
  hung = false;
  booted = false;
  /** The world has changed since its values were last copied to the sensors, so the next tick must be executed. */
  moved = true;
}

export class Machine {
  /** Ticks since the start, which is also the index of the next tick. */
  tick = 0;
  /**
   * The ticks of these that were executed and those that were leapt. In nothing else do the gears differ, so the fingerprint
   * omits it.
   */
  executed = 0;
  leapt = 0;
  readonly faults = new FaultLedger();
  readonly board: Board;
  /** The back door to head, reservoir and catheter. */
  readonly world: World;
  /** The person behind the catheter's tip, who can be injected and asked; null for a pump in nobody. */
  readonly patient: Patient | null;
  /** The signals that can be traced, each with its name, its unit and how to read it. */
  readonly signals: readonly Signal[];
  /** Name of the controller's factory. */
  readonly controllerName: string;
  listener: Listener | null = null;
  private readonly boardSetup: Readonly<BoardSetup>;
  private readonly secrets: SecretSource;
  private readonly outside: Outside | null;
  private readonly state = new MachineState();
  private readonly view: StateView;
  private readonly host: ControllerHost;

  /**
   * Powers a machine up; the controller boots in the first tick. The state of `outside` belongs to snapshots and fingerprint.
   * Throws ControllerFault when the controller does not satisfy the contract.
   */
  constructor(
    setup: MachineSetup,
    controller: ControllerFactory = referenceController,
    outside: Outside | null = setup.outside?.() ?? null,
  ) {
    const isExternal = setup.pump.model === "external-trial";
    const capacity_mL = setup.pump.capacity_nl / NL_PER_ML;
    this.boardSetup = Object.freeze(new BoardSetup(setup.seed, capacity_mL, setup.start.second, isExternal));
    this.secrets = setup.secrets ?? "seed";
    this.board = this.makeBoard(this.boardSetup);
    this.world = makeWorld(setup, this.faults);
    this.patient = setup.patient ? makePatient(setup.patient, setup.seed) : null;
    this.signals = signalsWith(setup.patient);
    this.outside = outside;
    this.controllerName = controller.name;
    this.host = controller.mount(
      controller.ports === "bare" ? this.board.hal() : countedHal(this.board, controller.ports === "open"),
    );
    const { patient, faults, world } = this;
    const roots = { faults, board: this.board, world, machine: this.state };
    this.view = new StateView({ ...roots, ...(outside ? { outside } : {}), ...(patient ? { patient } : {}) });
    this.showWorld();
  }

  /** The controller's symbols by dotted name (`therapy.rate`), to be read and written. */
  get firmware(): Pick<ControllerHost, "names" | "paths" | "read" | "isSwitch" | "write"> {
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
  get symbols(): Pick<StateView, "names" | "paths" | "read" | "isSwitch" | "write"> {
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
    const board = this.board;
    board.time.tick = this.tick;
    this.faults.tick = this.tick;
    this.outside?.act(this);
    board.step();
    if (board.turned !== 0) this.turnWorld(board.turned);
    if (this.world.step(this.tick)) this.state.moved = true;
    if (this.state.moved) this.showWorld();
    if (board.reset.heldTicks > 0) board.reset.heldTicks--;
    else if (!this.state.hung) this.tickController();
    board.endTick();
    // The listener gets the events of this tick before the reset that ends it, in the order in which they happened.
    if (this.listener) this.report(this.listener);
    board.trace.count = 0;
    if (board.reset.isPulled()) this.enterReset();
    this.listener?.ticked();
    this.tick++;
    this.executed++;
    if (this.patient && this.tick % TICKS_PER_MINUTE === 0) this.live(this.patient, this.tick);
  }

  /** Executes every one of the next `ticks` ticks. */
  run(ticks: number): void {
    for (let i = 0; i < ticks; i++) this.step();
  }

  /** Moves on by `ticks`. It leaps over the ticks in which nothing can happen and executes the others. */
  leap(ticks: number): void {
    const end = this.tick + ticks;
    while (this.tick < end) this.hop(end - this.tick);
  }

  /** One piece of a leap, of `ticks` at most: it either leaps over the quiet ticks ahead or executes one tick. */
  hop(ticks: number): void {
    const idle = Math.min(this.quiet(), ticks);
    if (idle > 0) this.skip(this.patient ? this.liveAhead(this.patient, idle) : idle);
    else this.step();
  }

  /** The number of coming ticks that will surely change nothing but counters, which `leap` moves exactly. */
  quiet(): number {
    // When world or board changed between two ticks (`moved`), the next tick must show the change to the controller.
    const { booted, hung, moved } = this.state;
    if (!booted || hung || moved || this.board.reset.heldTicks > 0 || !this.host.canLeap) return 0;
    const outside = this.outside ? this.outside.quiet(this) : Infinity;
    if (outside <= 0) return 0;
    const others = Math.min(outside, this.board.quiet(), this.world.quiet(), LEAP_TICKS_MAX);
    return others <= 0 ? 0 : Math.min(others, this.idleTicks());
  }

  /** Copies all state. A machine of the same setup that restores the copy continues from this moment. */
  snapshot(): Snapshot {
    const { tick, executed, leapt } = this;
    return { tick, executed, leapt, machine: this.view.save(), controller: this.host.save() };
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
    return { ...snapshot, machine: this.view.fitted(snapshot.machine, paths) };
  }

  restore(snapshot: Snapshot): void {
    this.tick = snapshot.tick;
    this.executed = snapshot.executed;
    this.leapt = snapshot.leapt;
    this.view.restore(snapshot.machine);
    this.host.restore(snapshot.controller);
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

  /** Tells the listener of something that people beside the pump found out, by its negative code. */
  notify(code: number, a: number, b: number, c: number): void {
    this.listener?.event(code, a, b, c);
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
    const fresh = this.makeBoard(new BoardSetup(seed, capacity_nl / NL_PER_ML, startSecond));
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
    this.state.booted = false;
    this.state.hung = false;
    this.state.moved = true;
    this.host.clear();
    this.listener?.replaced?.();
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
    this.state.moved = true;
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
        this.state.hung = true;
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
    this.state.moved = true;
  }

  /**
   * Empties and fills the reservoir with a needle: takes out `aspirate_nl` (null: everything) and puts in `fill_nl`. Without
   * concentrations (null) those in the reservoir stay. Returns the aspirated volume in nL.
   */
  refill(aspirate_nl: number | null, fill_nl: number, concentrations_mgPerMl: readonly number[] | null): number {
    this.state.moved = true;
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
    this.state.moved = true;
    this.faults.tick = this.tick;
    return this.world.catheter.inject(volume_nl, amounts);
  }

  /** A needle in the catheter's access port draws out up to `volume_nl`. Returns the volume that came. */
  aspirateAtPort(volume_nl: number): number {
    this.state.moved = true;
    this.faults.tick = this.tick;
    return this.world.catheter.aspirate(volume_nl);
  }

  private makeBoard(setup: BoardSetup): Board {
    return new Board(setup, secretStream(this.secrets, setup.seed, "crypto"), this.faults);
  }

  /** Concentrations by drug; null: those in the reservoir. */
  private concentrations(given_mgPerMl: readonly number[] | null): Float64Array {
    const concentrations = new Float64Array(DRUGS_MAX);
    if (given_mgPerMl) concentrations.set(given_mgPerMl);
    else this.world.concentrationsInto(concentrations);
    return concentrations;
  }

  /** The patient's minute that ends at the beginning of `tick`. Between executed ticks the world gives nothing. */
  private live(patient: Patient, tick: number): void {
    const { catheter, reservoir } = this.world;
    patient.takeIn(catheter.tip_nl, catheter.tip_ng, reservoir.pocket_ng, catheter.lost_ng);
    patient.step();
    this.listener?.lived?.(tick);
  }

  /**
   * Runs the patient's minutes that end within the next `ticks` quiet ticks, up to the first at which the patient asks for
   * something: the tick after it has to be executed. Returns the ticks up to there.
   */
  private liveAhead(patient: Patient, ticks: number): number {
    const end = this.tick + ticks;
    for (
      let tick = this.tick - (this.tick % TICKS_PER_MINUTE) + TICKS_PER_MINUTE;
      tick <= end;
      tick += TICKS_PER_MINUTE
    ) {
      this.live(patient, tick);
      if (patient.wants()) return tick - this.tick;
    }
    return ticks;
  }

  private skip(ticks: number): void {
    try {
      this.host.skip(ticks);
    } catch (error) {
      throw this.fault(`skip(${ticks}) before `, error);
    }
    this.board.skip(ticks);
    this.world.skip(ticks);
    this.tick += ticks;
    this.faults.tick += ticks;
    this.leapt += ticks;
  }

  /** The number of quiet ticks by the controller's `idle`. */
  private idleTicks(): number {
    let ticks: number;
    try {
      ticks = this.host.idle();
    } catch (error) {
      throw this.fault("idle() before ", error);
    }
    if (Number.isInteger(ticks) && ticks >= 0) return ticks;
    throw this.fault("idle() before ", new RangeError(`it gave ${String(ticks)}, expected a whole number of ticks`));
  }

  private tickController(): void {
    let call = "boot() in ";
    try {
      if (!this.state.booted) {
        this.state.booted = true;
        this.board.watchdog.restart();
        this.host.boot();
      }
      call = "";
      this.host.tick();
    } catch (error) {
      throw this.fault(call, error);
    }
  }

  /** The fault of a controller that threw or trapped in a call. */
  private fault(call: string, error: unknown): ControllerFault {
    if (error instanceof ControllerFault) return error;
    return new ControllerFault(`the controller failed in ${call}tick ${this.tick}: ${whatFailed(error)}`);
  }

  private enterReset(): void {
    if (this.state.hung) {
      this.state.hung = false;
      if (this.board.reset.pulled === RESET_WATCHDOG) this.faults.acted(FAULT_HANG);
      this.faults.end(FAULT_HANG);
    }
    this.board.enterReset();
    this.state.booted = false;
    this.host.clear();
    this.listener?.reset(this.board.reset.lastCause);
  }

  private pull(fault: number, cause: number): void {
    this.faults.end(fault);
    this.faults.acted(fault);
    this.board.reset.pull(cause);
  }

  /** Moves the world by the rotor's steps. A step without a pulse has the cause CAUSE_NONE. */
  private turnWorld(turned: number): void {
    const cause = this.board.trace.channels[CHANNEL_CAUSE];
    this.state.moved = true;
    for (let i = 0; i < Math.abs(turned); i++) {
      this.world.turn(turned > 0 ? 1 : -1, i < this.board.motor.unasked ? CAUSE_NONE : cause, this.tick);
    }
  }

  /** Copies the world's present values to the sensors of the board. */
  private showWorld(): void {
    this.state.moved = false;
    this.world.updateSeep();
    this.board.reservoir.volume_nl = this.world.reservoir.volume_nl;
    this.board.reservoir.gauge_pa = this.world.gauge_mmHg() * PA_PER_MMHG;
    this.board.thermometer.case_mC = this.world.temperature_mC();
  }

  private report(listener: Listener): void {
    const { events, count } = this.board.trace;
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      listener.event(events[at], events[at + 1], events[at + 2], events[at + 3]);
    }
  }
}
