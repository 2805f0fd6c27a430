// Keeps its state in a private field, which no snapshot sees.
class Private {
  #ticks = 0;

  constructor(hal) {
    this.hal = hal;
  }

  boot() {
    this.hal.motor.setPower(true);
  }

  tick() {
    this.hal.watchdog.kick();
    this.#ticks++;
    if (this.#ticks % 21_600 === 0) this.hal.motor.pulse();
  }
}

export const createController = (hal) => new Private(hal);
