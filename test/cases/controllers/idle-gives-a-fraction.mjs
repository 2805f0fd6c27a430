// `idle` says that half a tick is quiet.
class Fraction {
  constructor(hal) {
    this.hal = hal;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
  }

  idle() {
    return 0.5;
  }

  skip() {}
}

export const createController = (hal) => new Fraction(hal);
