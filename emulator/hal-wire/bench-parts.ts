// The parts of a board whose real ones are on a bench at the other end of the hal wire (HIL-4). The machine here moves motor,
// reservoir sensor and link as it moves its own: each takes what the bench reports before the controller's tick, and posts what the
// controller asks for. A call of any other port that the bench has goes to the bench and to the virtual part, which so keeps the
// state that reports and monitors read; its result is the bench's. The supply of the bench's motor is on only while the firmware's
// switch and that of the dose guard are both closed, so a virtual guard cuts a real motor. What no bench can do (a rotor
// that turns too far in a tick, a converter's code of thirteen bits) is counted as a lie and bounded before anything here sees it.

import { LINK_TX_BYTES } from "../../hal/link";
import { PULSE_FLIGHT_TICKS } from "../../hal/motor";
import { ADC_CODE_MAX, LEVEL_NL_PER_CODE } from "../../hal/reservoir";
import { Hal } from "../../hal/hal";
import { RESET_EXTERNAL } from "../../hal/reset";
import { PULSE_NL } from "../../hal/units";
import type { Board } from "../board/board";
import { VirtualLink } from "../board/link";
import { VirtualMotor } from "../board/motor";
import { VirtualReservoirSensor } from "../board/reservoir-sensor";
import { BENCH_CLASSES, type BenchClass } from "./bench-classes";
import { CALLS, functionOf, PORTS, type Call, type PortFunction, type PortName } from "../contract/calls";
import { CARRIED_PORTS } from "./messages";

/** The first lie of a class, and how many there were. */
export interface Lie {
  kind: BenchClass;
  count: number;
  at_tick: number;
  text: string;
}

/** A pulse whose step has not come by this time after its flight turns nothing any more. In real time a step may be reported late. */
const STEP_LATE_TICKS = 20;
/** Pulses on the way to a bench in real time, whose steps have not been reported. */
const ASKED_MAX = 3;
/** The rotor turned by so many steps while the level sensor kept its code, which spans 50 steps. */
const FROZEN_STEPS = (8 * LEVEL_NL_PER_CODE) / PULSE_NL;

/** The ports that have a part of their own here, and the cause of a reset, which the run takes over when the bench resets the pump. */
const FITTED: readonly PortName[] = ["motor", "reservoir", "link", "reset"];
const KICK = "watchdog.kick";

/** A bench as its parts here use it. */
export class Bench {
  readonly offers: ReadonlySet<PortName>;
  /** The error that ended the line in the middle of a tick. The tick goes on without the bench, and then the line's end throws it. */
  lost: unknown = null;
  private readonly hal: Hal;
  private readonly lies = new Map<BenchClass, Lie>();
  private motor: BenchMotor | null = null;
  /** The tick of the machine. */
  private now: () => number = () => 0;
  private kicked = false;

  /** `hal` makes the calls over the wire. */
  constructor(hal: Hal, ports: number) {
    this.hal = hal;
    this.offers = new Set(PORTS.filter((_, bit) => (ports & CARRIED_PORTS & (1 << bit)) !== 0));
  }

  /** Puts the bench's parts into the board of a machine. */
  fit(board: Board, seed: number): void {
    const { time, shown } = board;
    const { faults } = board.motor;
    this.now = () => time.tick;
    if (this.offers.has("motor")) {
      this.motor = new BenchMotor(board.motor, this, seed);
      board.motor = this.motor;
    }
    if (this.offers.has("reservoir")) {
      const { strap_mL, strapExternal } = board.reservoir;
      board.reservoir = new BenchReservoir(this, board.motor, faults, seed, strap_mL, strapExternal);
    }
    if (this.offers.has("link")) {
      const link = new BenchLink(this, time, faults, seed);
      link.shown = shown;
      board.link = link;
      board.guard.link = link;
    }
  }

  /** The ports of a board, of which those that the bench has too make each call there as well. */
  doubled(hal: Hal): Hal {
    const port = (name: PortName): object => {
      if (!this.offers.has(name) || FITTED.includes(name)) return hal[name];
      const calls = CALLS.filter((call) => call.port === name);
      return Object.fromEntries(calls.map((call) => [call.name, this.both(call, functionOf(hal, call))]));
    };
    return new Hal(...(PORTS.map(port) as unknown as ConstructorParameters<typeof Hal>));
  }

  /** Makes a call of the bench, unless its line is gone. */
  make<T>(call: (hal: Hal) => T, otherwise: T): T {
    if (this.lost !== null) return otherwise;
    try {
      return call(this.hal);
    } catch (error) {
      this.lost = error;
      return otherwise;
    }
  }

  /** The machine's tick is over: the motor's supply is as the switches here are. Throws the error by which the line was lost. */
  endTick(): void {
    this.motor?.setSupply();
    this.kicked = false;
    const { lost } = this;
    this.lost = null;
    if (lost !== null) throw lost;
  }

  /** Why the bench has reset its controller: a RESET_ code. */
  get cause(): number {
    if (!this.offers.has("reset")) return RESET_EXTERNAL;
    const cause = this.make(({ reset }) => reset.cause(), RESET_EXTERNAL);
    return cause >= 0 && cause <= RESET_EXTERNAL ? cause : RESET_EXTERNAL;
  }

  lie(kind: BenchClass, text: string): void {
    const known = this.lies.get(kind);
    if (known) known.count++;
    else this.lies.set(kind, { kind, count: 1, at_tick: this.now(), text });
  }

  /** By class, in the order of BENCH_CLASSES. */
  get claims(): Lie[] {
    return BENCH_CLASSES.flatMap((kind) => this.lies.get(kind) ?? []);
  }

  /** A converter's code, in its range. */
  code(sensor: "level" | "pressure", otherwise: number): number {
    const code = this.make(({ reservoir }) => reservoir[sensor](), otherwise);
    if (code <= ADC_CODE_MAX) return code;
    this.lie("sensors", `the ${sensor} has the code ${code}, and a converter's last is ${ADC_CODE_MAX}`);
    return ADC_CODE_MAX;
  }

  private both(call: Call, here: PortFunction): PortFunction {
    const there = functionOf(this.hal, call);
    const isKick = `${call.port}.${call.name}` === KICK;
    return (...given) => {
      const result = call.reads ? undefined : here(...given);
      // Ticks that the bench counted and this end makes up for go in one frame, and a second kick in it would be too early.
      if (isKick && this.kicked) return result;
      if (isKick) this.kicked = true;
      return this.make(() => there(...given), result);
    };
  }
}

export class BenchMotor extends VirtualMotor {
  readonly #bench: Bench;
  /** The rotor's count at the bench when it was read last; null before. */
  #count: number | null = null;
  /** The bench's count at the beginning, where the controller's memory is the bench's too, so that both agree. */
  #base = 0;
  /** Pulses whose step has not been reported. */
  #asked = 0;
  #askedAt = 0;
  /** The state of the bench's supply; null while nobody has set it. */
  #on: boolean | null = null;

  constructor(own: VirtualMotor, bench: Bench, seed: number) {
    super(own.time, own.faults, seed);
    this.shown = own.shown;
    this.#bench = bench;
  }

  override pulse(): void {
    this.setSupply();
    super.pulse();
    this.#asked = Math.min(this.#asked + 1, ASKED_MAX);
    this.#askedAt = this.time.tick;
    this.#bench.make(({ motor }) => motor.pulse(), undefined);
  }

  override motion(): number {
    return (this.#base + this.steps) | 0;
  }

  override setPower(on: boolean): void {
    super.setPower(on);
    this.#on = null;
    this.setSupply();
  }

  /** The bench's supply follows both switches. */
  setSupply(): void {
    const on = this.powered();
    if (this.#on === on) return;
    this.#on = on;
    this.#bench.make(({ motor }) => motor.setPower(on), undefined);
  }

  /** Turns the rotor by what the bench has reported since the tick before. */
  override step(): number {
    const turned = this.turnedSince();
    if (this.inFlight && this.time.tick >= this.flightEnd) this.inFlight = false;
    const steps = Math.abs(turned);
    const asked = Math.min(steps, this.#asked);
    this.#asked -= asked;
    this.unasked = steps - asked;
    if (this.time.tick > this.#askedAt + PULSE_FLIGHT_TICKS + STEP_LATE_TICKS) this.#asked = 0;
    if (turned !== 0) this.shown.any = true;
    this.steps = (this.steps + turned) | 0;
    return turned;
  }

  /** The change of the rotor's count. A step takes its time of flight, so a large change is a lie, of which ASKED_MAX steps count. */
  private turnedSince(): number {
    const count = this.#bench.make(({ motor }) => motor.motion(), this.#count ?? 0);
    if (this.#count === null) {
      this.#count = count;
      this.#base = this.#bench.offers.has("nvm") ? count : 0;
    }
    const turned = (count - this.#count) | 0;
    this.#count = count;
    if (Math.abs(turned) <= ASKED_MAX) return turned;
    this.#bench.lie(
      "motion",
      `the rotor's count changed by ${turned} in a tick, and a step takes ${PULSE_FLIGHT_TICKS} ticks`,
    );
    return Math.sign(turned) * ASKED_MAX;
  }
}

class BenchReservoir extends VirtualReservoirSensor {
  readonly #bench: Bench;
  readonly #motor: VirtualMotor;
  /** The last code, and the rotor's steps when it was new. */
  #level = -1;
  #since = 0;

  constructor(bench: Bench, motor: VirtualMotor, ...own: ConstructorParameters<typeof VirtualReservoirSensor>) {
    super(...own);
    this.#bench = bench;
    this.#motor = motor;
  }

  override level(): number {
    const { steps } = this.#motor;
    const code = this.#bench.code("level", Math.max(0, this.lastCode));
    this.lastCode = code;
    if (code !== this.#level) {
      this.#level = code;
      this.#since = steps;
    } else if (Math.abs(steps - this.#since) >= FROZEN_STEPS) {
      const codes = FROZEN_STEPS / (LEVEL_NL_PER_CODE / PULSE_NL);
      this.#bench.lie(
        "sensors",
        `the level kept the code ${code} over ${FROZEN_STEPS} steps of the rotor, which are ${codes} codes`,
      );
      this.#since = steps;
    }
    return code;
  }

  override pressure(): number {
    return this.#bench.code("pressure", 0);
  }
}

/**
 * The link of a pump that has two ends in the air: the bench's own, and that of the scenario's people and of a programmer at a port
 * here. What either sends is received, and what the pump sends goes to both.
 */
class BenchLink extends VirtualLink {
  readonly #bench: Bench;

  constructor(bench: Bench, ...own: ConstructorParameters<typeof VirtualLink>) {
    super(...own);
    this.#bench = bench;
  }

  override send(byte: number): boolean {
    if (this.txCount >= LINK_TX_BYTES) return false;
    return this.#bench.make(({ link }) => link.send(byte), false) && super.send(byte);
  }

  override headPresent(): boolean {
    return this.programmingHead || this.#bench.make(({ link }) => link.headPresent(), false);
  }

  override step(): void {
    super.step();
    for (let byte = this.#received(); byte >= 0; byte = this.#received()) this.deliver(byte);
  }

  #received(): number {
    return this.#bench.make(({ link }) => link.receive(), -1);
  }
}
