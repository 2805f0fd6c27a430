// Leaves a timer that never ends.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 100) setInterval(() => {}, 1000);
  }
}

export const createController = (hal) => new Controller(hal);
