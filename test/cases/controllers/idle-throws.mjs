// `idle` throws.
class Throws {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
  }

  idle() {
    if (this.ticks > 3) throw new Error("idle!");
    return 0;
  }

  skip() {}
}

export const createController = (hal) => new Throws(hal);
