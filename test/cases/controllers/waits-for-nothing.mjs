// Its module waits for something that never comes.
await new Promise(() => {});
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
