// Adds a method to all arrays, as old libraries do.
Array.prototype.last = function () {
  return this[this.length - 1];
};
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
