// 100 uL a day in pulses of 250 nL: 400 pulses, one every 21,600 ticks of 10 ms.
const PULSE_TICKS = 21_600;

class SteadyController {
  constructor(hal) {
    this.hal = hal;
    this.waited = 0;
  }

  boot() {
    this.hal.motor.setPower(true);
  }

  tick() {
    this.hal.watchdog.kick();
    this.waited++;
    if (this.waited < PULSE_TICKS) return;
    this.waited = 0;
    this.hal.motor.pulse();
  }

  idle() {
    return PULSE_TICKS - 1 - this.waited;
  }

  skip(ticks) {
    this.waited += ticks;
  }
}

export function createController(hal) {
  return new SteadyController(hal);
}
