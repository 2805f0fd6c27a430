// Its tick gives a promise.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    return Promise.resolve();
  }
}

export const createController = (hal) => new Controller(hal);
