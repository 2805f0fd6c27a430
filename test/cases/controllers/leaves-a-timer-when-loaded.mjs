// Leaves a timer when it is loaded.
setInterval(() => {}, 1000);
class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
  }
}

export const createController = (hal) => new Controller(hal);
