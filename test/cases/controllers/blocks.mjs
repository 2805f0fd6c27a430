// Waits in a system call that V8 cannot end.
import { execFileSync } from "node:child_process";
class Controller {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {}

  tick() {
    this.hal.watchdog.kick();
    this.ticks++;
    if (this.ticks === 100) execFileSync("sleep", ["60"]);
  }
}

export const createController = (hal) => new Controller(hal);
