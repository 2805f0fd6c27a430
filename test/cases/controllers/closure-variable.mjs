// Keeps its state in an object of a closure.
export function createController(hal) {
  const hidden = { counts: [0] };
  class Closure {
    boot() {}

    tick() {
      hal.watchdog.kick();
      hidden.counts[0]++;
    }
  }
  return new Closure();
}
