// 100 uL a day in pulses of 250 nL: 400 pulses, one every 21,600 ticks of 10 ms. In a project of its own the types come from the
// package: `import { Controller, type Hal } from "cistern/hal"`.

import { Controller } from "../../hal/controller";
import type { Hal } from "../../hal/hal";

const PULSE_TICKS = 21_600;

class SteadyController extends Controller {
  private readonly hal: Hal;
  private waited = 0;

  constructor(hal: Hal) {
    super();
    this.hal = hal;
  }

  boot(): void {
    this.hal.motor.setPower(true);
  }

  tick(): void {
    this.hal.watchdog.kick();
    this.waited++;
    if (this.waited < PULSE_TICKS) return;
    this.waited = 0;
    this.hal.motor.pulse();
  }

  idle(): number {
    return PULSE_TICKS - 1 - this.waited;
  }

  skip(ticks: number): void {
    this.waited += ticks;
  }
}

export function createController(hal: Hal): Controller {
  return new SteadyController(hal);
}
