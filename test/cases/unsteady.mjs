// A controller that is never the same twice. `run quiet.yaml --controller THIS --twice` must name the two fingerprints that
// differ, which are those of the controller, and the first tick after which they do.
class Unsteady {
  constructor(hal) {
    this.hal = hal;
    this.seen = 0;
  }
  boot() {}
  tick() {
    this.hal.watchdog.kick();
    this.seen = Math.random();
  }
}

export function createController(hal) {
  return new Unsteady(hal);
}
