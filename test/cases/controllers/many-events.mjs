// Reports as many events in tick 100 as a tick can hold, and two more in tick 200. It kicks the watchdog and delivers nothing.
class ManyEvents {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    const events = { 101: 64, 201: 66 }[this.ticks] ?? 0;
    for (let i = 0; i < events; i++) this.hal.trace.event(1, 0, 0, 0);
  }
}

export const createController = (hal) => new ManyEvents(hal);
