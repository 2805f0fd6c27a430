// The virtual board: the fourteen parts, wired together, and the Hal that a controller gets. The board steps its parts before
// the controller's tick and completes the tick after it. The rotor's steps of a tick are in `turned`, for the world.

import { Hal } from "../../hal/hal";
import { RESET_BROWNOUT, RESET_WATCHDOG } from "../../hal/reset";
import { FaultLedger } from "../fault-ledger";
import { RandomStream } from "../random";
import { VirtualBattery } from "./battery";
import { VirtualClock } from "./clock";
import { VirtualCrc } from "./crc";
import { VirtualCrypto } from "./crypto";
import { VirtualGuard } from "./guard";
import { VirtualLink } from "./link";
import { VirtualMotor } from "./motor";
import { VirtualNvm } from "./nvm";
import { VirtualReservoirSensor } from "./reservoir-sensor";
import { VirtualReset } from "./reset";
import { Shown } from "./shown";
import { VirtualSounder } from "./sounder";
import { VirtualThermometer } from "./thermometer";
import { BoardTime } from "./time";
import { VirtualTrace } from "./trace";
import { OutsideCalls } from "./outside-calls";
import { VirtualWatchdog } from "./watchdog";

/** The settings of a board. */
export class BoardSetup {
  seed: i32;
  /** Strap of the reservoir: 20 or 40. */
  capacity_mL: i32;
  /** Second of its minute at which the run starts. */
  startSecond: i32;
  /** The other strap: the external pump of a trial. */
  external: bool;

  constructor(seed: i32, capacity_mL: i32, startSecond: i32 = 0, external: bool = false) {
    this.seed = seed;
    this.capacity_mL = capacity_mL;
    this.startSecond = startSecond;
    this.external = external;
  }
}

export class Board {
  time: BoardTime;
  motor: VirtualMotor;
  reservoir: VirtualReservoirSensor;
  link: VirtualLink;
  clock: VirtualClock;
  nvm: VirtualNvm;
  battery: VirtualBattery;
  thermometer: VirtualThermometer = new VirtualThermometer();
  sounder: VirtualSounder;
  watchdog: VirtualWatchdog;
  reset: VirtualReset = new VirtualReset();
  guard: VirtualGuard;
  crypto: VirtualCrypto;
  trace: VirtualTrace = new VirtualTrace();
  crc: VirtualCrc = new VirtualCrc();
  /** The calls of the controller outside of the contract; none are counted of a controller that gets the bare ports. */
  outsideCalls: OutsideCalls;
  /** Steps of the rotor in this tick, forward positive. */
  turned: i32 = 0;
  /** One for all parts. */
  shown: Shown = new Shown();

  /** Keys and nonces come from the stream of `secrets`. */
  constructor(setup: BoardSetup, secrets: RandomStream, faults: FaultLedger) {
    const time = new BoardTime();
    const link = new VirtualLink(time, faults, setup.seed);
    this.time = time;
    this.motor = new VirtualMotor(time, faults, setup.seed);
    this.reservoir = new VirtualReservoirSensor(faults, setup.seed, setup.capacity_mL, setup.external);
    this.link = link;
    this.clock = new VirtualClock(faults, setup.startSecond);
    this.nvm = new VirtualNvm(faults);
    this.battery = new VirtualBattery(faults);
    this.sounder = new VirtualSounder(time, faults);
    this.watchdog = new VirtualWatchdog(time);
    this.guard = new VirtualGuard(time, link, faults);
    this.crypto = new VirtualCrypto(secrets);
    this.outsideCalls = new OutsideCalls(time);
    this.motor.shown = this.shown;
    this.link.shown = this.shown;
    this.battery.shown = this.shown;
    this.sounder.shown = this.shown;
    this.reset.shown = this.shown;
    this.guard.shown = this.shown;
    this.trace.shown = this.shown;
  }

  hal(): Hal {
    return new Hal(
      this.motor,
      this.reservoir,
      this.link,
      this.clock,
      this.nvm,
      this.battery,
      this.thermometer,
      this.sounder,
      this.watchdog,
      this.reset,
      this.guard,
      this.crypto,
      this.trace,
      this.crc,
    );
  }

  /** The first part of a tick, before the controller runs. */
  step(): void {
    if (this.clock.step()) {
      const bytes = this.link.rxBytes + this.link.txBytes;
      this.battery.drawCharge(this.motor.pulses, bytes, this.sounder.toneTicks());
    }
    this.link.step();
    this.motor.guardClosed = !this.guard.open;
    this.turned = this.motor.step();
    for (let i: i32 = this.turned < 0 ? -this.turned : this.turned; i > 0; i--) this.guard.see();
    this.motor.guardClosed = !this.guard.open;
  }

  /** The last part of a tick, after the controller: puts its bytes on the air, and pulls a reset if there is a reason for one. */
  endTick(): void {
    this.link.transmit();
    if (this.motor.loaded) {
      this.motor.loaded = false;
      if (this.battery.dips()) this.reset.pull(RESET_BROWNOUT);
    }
    if (this.nvm.failed) {
      this.nvm.failed = false;
      this.reset.pull(RESET_BROWNOUT);
    }
    if (this.watchdog.resets()) this.reset.pull(RESET_WATCHDOG);
  }

  /** A reset sets the parts' outputs to their idle level; counters, memory and registers stay. */
  enterReset(): void {
    this.reset.enter();
    this.motor.closed = false;
    this.sounder.setTone(0);
    this.link.rxCount = 0;
    this.link.txCount = 0;
    this.watchdog.restart();
  }

  quiet(): f64 {
    const moving = Math.min(this.motor.quiet(), this.link.quiet());
    return Math.min(moving, Math.min(this.clock.quiet(), this.watchdog.quiet()));
  }

  skip(ticks: i32): void {
    this.turned = 0;
    this.motor.skip();
    this.clock.skip(ticks);
    this.watchdog.skip(ticks);
    this.time.tick += ticks;
  }
}
