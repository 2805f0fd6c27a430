// Makes calls outside of the contract, of each class, from tick 100 on. It kicks the watchdog and delivers nothing else.
class Outside {
  constructor(hal) {
    this.hal = hal;
    this.ticks = 0;
  }

  boot() {
    this.hal.motor.setPower(true);
  }

  tick() {
    const { hal } = this;
    hal.watchdog.kick();
    this.ticks++;
    if (this.ticks !== 101) return;
    hal.nvm.write(131_072, 1);
    hal.crypto.get(-1);
    hal.crypto.storeKey(8);
    hal.crypto.random();
    hal.sounder.setTone(0.5);
    hal.motor.pulse();
    hal.motor.pulse();
    while (hal.link.send(0));
  }
}

export const createController = (hal) => new Outside(hal);
