// Prints on both streams, on standard output half a line at the end.

class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
    console.log("hello");
    console.error("careful");
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 100) process.stdout.write("half");
  }
}

export const createController = (hal) => new Controller(hal);
