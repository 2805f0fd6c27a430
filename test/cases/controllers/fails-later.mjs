// Leaves a promise that fails.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 100) Promise.reject(new Error("too late"));
  }
}

export const createController = (hal) => new Controller(hal);
