// Ends the process and catches what comes of it.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks !== 100) return;
    try {
      process.exit(0);
    } catch {}
  }
}

export const createController = (hal) => new Controller(hal);
