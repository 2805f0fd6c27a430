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

export class PumpController extends Pump {
  store: Store = new Store(this);
  commands: Commands = new Commands(this, this.store);
  causes: Causes = new Causes(this, this.store);
  publisher: Publisher = new Publisher(this);

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
  }

  tick(): void {
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
    const needsWork: bool = this.needsWork();
    if (needsWork) this.updateLife();
    if (needsWork) this.raiseAlarms();
    this.alarms.tick(this.clock.now.get(), this.clock.minute.get());
    if (needsWork) this.store.tick();
    this.telemetry.transmit();
    if (needsWork) this.publisher.tick();
    this.changes.clear();
    if (!this.commands.restarting.isSet()) this.hal.watchdog.kick();
  }

  idle(): i32 {
    // A cause that holds for one tick must be seen to end, so the next tick is executed.
    if (this.selfTest.running.isSet() || this.telemetry.isBusy() || this.motor.hasPassingCause() || this.clock.wrong)
      return 0;
    if (this.commands.waiting.isOpen() || this.commands.restarting.isSet() || this.life.purging.isSet()) return 0;
    // A memory fault that was found after this tick had raised its alarms is raised by the next one.
    if (this.memory.faulty && !this.alarms.isActive(ALARM_MEMORY_FAULT)) return 0;
    let ticks: i32 = smaller(LEAP_TICKS_MAX, this.clock.idle());
    ticks = this.therapy.idle(ticks);
    ticks = smaller(ticks, this.alarms.idle(this.clock.now.get(), ticks));
    ticks = this.limiter.idle(ticks, this.therapy.limited.isSet());
    return ticks > 0 ? ticks : 0;
  }

  skip(ticks: i32): void {
    this.clock.skip(ticks);
    this.motor.skip();
    this.limiter.skip(ticks);
    this.therapy.skip(ticks);
  }

  /** Executes a step of the self-test. The first one waits until no pulse is in flight, because the rotor must stand. */
  private testItself(): void {
    const first: bool = this.selfTest.isAtFirstStep();
    if (first && this.motor.inFlight.isSet()) return;
    this.selfTest.tick(first ? this.store.selfTest() : 0, this.clock.minute.get());
  }

  private minute(): void {
    this.life.minute();
    this.session.minute();
    this.log.minute();
    const free: bool = !this.therapy.bolus.isActive() && !this.motor.inFlight.isSet() && !this.selfTest.running.isSet();
    if (free && this.selfTest.isDue(this.clock.minute.get())) this.selfTest.start(true);
  }

  /**
   * False in most ticks, in which only time passed. Then nothing can have changed that is stored, published or the
   * cause of an alarm.
   */
  private needsWork(): bool {
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
