// The reference controller, which is what would be flashed. `tick` reads as a list: it senses, decides, stores, answers, and
// kicks the watchdog last. No part calls the controller back. All state is integers, booleans and typed arrays in the parts of
// pump.ts, which are built once. State that outlives a tick is kept twice (twin.ts), and state that must outlive a reset lies
// in the store.

import { ALARM_MEMORY_FAULT } from "../hal/alarms";
import { Controller } from "../hal/controller";
import { Hal } from "../hal/hal";
import { EVENT_BOOT } from "../hal/trace";
import { LEAP_TICKS_MAX } from "../hal/units";
import { Causes } from "./causes";
import { Commands } from "./commands";
import { Publisher } from "./publish";
import { Pump } from "./pump";
import { smaller } from "./mul-div";
import { Store } from "./store";
import { NO_BYTE } from "./telemetry";
import { Twin } from "./twin";

export class PumpController extends Pump {
  store: Store = new Store(this);
  commands: Commands = new Commands(this, this.store);
  causes: Causes = new Causes(this, this.store);
  publisher: Publisher = new Publisher(this);
  /** The tick of the next work. Until then a tick in which no register of the board changed only counts. */
  nextWork: Twin = new Twin(this.memory, 0);
  /** A memory fault was found, and its alarm is active. */
  faultRaised: bool = false;

  boot(): void {
    const resetCause: i32 = this.hal.reset.cause() | 0;
    this.publisher.boot();
    this.motor.boot();
    this.clock.boot();
    this.store.boot();
    this.causes.boot(resetCause);
    this.life.noteRestart();
    this.motor.holdBack(this.clock.now.get());
    this.selfTest.start(false);
    this.log.event(EVENT_BOOT, resetCause, 0, 0);
    this.nextWork.set(this.clock.now.get());
  }

  tick(): void {
    if (!this.passes()) this.work();
    if (!this.commands.restarting.isSet()) this.hal.watchdog.kick();
  }

  idle(): i32 {
    if (this.memory.faulty != this.faultRaised) return 0;
    const ticks: i32 = (this.nextWork.get() - this.clock.now.get() - 1) | 0;
    return ticks > 0 ? this.limiter.idle(ticks) : 0;
  }

  skip(ticks: i32): void {
    this.clock.skip(ticks);
    this.limiter.skip(ticks);
    this.therapy.skip(ticks);
  }

  /**
   * Counts a quiet tick: it lies before the next work, and no register of the board changed. False, and nothing is counted,
   * when there is work.
   */
  private passes(): bool {
    this.telemetry.held = NO_BYTE;
    const left: i32 = (this.nextWork.get() - this.clock.now.get() - 1) | 0;
    if (left <= 0 || this.changes.bits != 0 || this.memory.faulty != this.faultRaised) return false;
    if (this.motor.hasMoved() || this.clock.hasAdvanced() || this.causes.hasGuardSwitched()) return false;
    if (this.limiter.guardDue.isSet() && this.hal.link.headPresent()) return false;
    if (!this.telemetry.hearsNothing()) return false;
    this.clock.skip(1);
    this.limiter.pass();
    this.therapy.skip(1);
    return true;
  }

  private work(): void {
    const minuteEdge: bool = this.clock.tick();
    this.motor.sense(this.clock.now.get());
    this.limiter.tick(this.motor.credited, minuteEdge);
    this.reservoir.tick(this.motor.credited, minuteEdge);
    if (this.selfTest.running.isSet()) this.testItself();
    this.session.tick(!this.selfTest.isUnderWay() && !this.commands.holdsAnswer());
    this.commands.tick();
    this.therapy.tick(this.selfTest.running.isSet(), minuteEdge);
    if (minuteEdge) this.minute();
    this.causes.readGuard();
    const needsWeighing: bool = this.needsWeighing();
    if (needsWeighing) this.updateLife();
    if (needsWeighing) this.raiseAlarms();
    this.alarms.tick(this.clock.now.get(), this.clock.minute.get());
    if (needsWeighing) this.store.tick();
    this.telemetry.transmit();
    if (needsWeighing) this.publisher.tick();
    this.endWork();
  }

  /** Ends what was found in this tick alone, and finds out when there is work again. */
  private endWork(): void {
    this.changes.clear();
    this.motor.endTick();
    this.clock.wrong = false;
    this.faultRaised = this.memory.faulty && this.alarms.isActive(ALARM_MEMORY_FAULT);
    this.therapy.noteGathering();
    this.nextWork.set((this.clock.now.get() + 1 + this.quietTicks()) | 0);
  }

  /** The number of coming ticks without work, as long as no register of the board changes. */
  private quietTicks(): i32 {
    if (this.selfTest.running.isSet() || this.telemetry.isBusy() || this.causes.heldForOneTick()) return 0;
    if (this.commands.waiting.isOpen() || this.commands.restarting.isSet() || this.life.purging.isSet()) return 0;
    let ticks: i32 = smaller(LEAP_TICKS_MAX, this.clock.idle());
    ticks = this.therapy.idle(ticks);
    ticks = smaller(ticks, this.alarms.idle(this.clock.now.get(), ticks));
    if (this.therapy.limited.isSet()) ticks = smaller(ticks, this.limiter.ticksToBucket());
    return ticks > 0 ? ticks : 0;
  }

  /** Executes a step of the self-test. The first one waits until no pulse is in flight, because the rotor must stand. */
  private testItself(): void {
    const first: bool = this.selfTest.isAtFirstStep();
    if (first && this.motor.inFlight.isSet()) return;
    this.selfTest.tick(first ? this.store.selfTest() : 0, this.clock.minute.get());
  }

  private minute(): void {
    this.restarts.minute();
    this.life.minute();
    this.session.minute();
    this.log.minute();
    const free: bool = !this.therapy.bolus.isActive() && !this.motor.inFlight.isSet() && !this.selfTest.running.isSet();
    if (free && this.selfTest.isDue(this.clock.minute.get())) this.selfTest.start(true);
  }

  /** False when nothing can have changed that is stored, published or the cause of an alarm. */
  private needsWeighing(): bool {
    return this.changes.bits != 0 || this.memory.faulty || this.causes.heldForOneTick();
  }

  private raiseAlarms(): void {
    this.alarms.setCauses(this.causes.holding());
    this.causes.endStart();
  }

  /** The first run of therapy and the end of a purge are steps of the pump's life. */
  private updateLife(): void {
    if (this.therapy.running.isSet()) this.life.noteRun();
    if (this.life.purging.isSet() && !this.therapy.bolus.isActive()) this.life.endPurge(this.therapy.bolus.given.get());
  }
}

/** The controller contract's factory. */
export function createController(hal: Hal): Controller {
  return new PumpController(hal);
}
