// Keeps its state in a variable of the module.
let ticks = 0;

class Module {
  constructor(hal) {
    this.hal = hal;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    ticks++;
  }
}

export const createController = (hal) => new Module(hal);
