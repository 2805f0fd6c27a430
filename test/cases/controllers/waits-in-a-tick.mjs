// Waits for two seconds in tick 499, as a person at a breakpoint does, and goes on.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 500) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  }
}

export const createController = (hal) => new Controller(hal);
