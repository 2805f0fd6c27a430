// `skip` throws.
class Throws {
  constructor(hal) {
    this.hal = hal;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
  }

  idle() {
    return 10;
  }

  skip() {
    throw new Error("skip!");
  }
}

export const createController = (hal) => new Throws(hal);
