// The board as the firmware sees it. Each port is a field, which is set at construction and never changes.

// Made from emulator/contract/calls.ts by npm run contract: ports.
import { BatteryPort } from "./battery";
import { ClockPort } from "./clock";
import { CrcPort } from "./crc";
import { CryptoPort } from "./crypto";
import { GuardPort } from "./guard";
import { LinkPort } from "./link";
import { MotorPort } from "./motor";
import { NvmPort } from "./nvm";
import { ReservoirPort } from "./reservoir";
import { ResetPort } from "./reset";
import { SounderPort } from "./sounder";
import { ThermometerPort } from "./thermometer";
import { TracePort } from "./trace";
import { WatchdogPort } from "./watchdog";

export class Hal {
  motor: MotorPort;
  reservoir: ReservoirPort;
  link: LinkPort;
  clock: ClockPort;
  nvm: NvmPort;
  battery: BatteryPort;
  thermometer: ThermometerPort;
  sounder: SounderPort;
  watchdog: WatchdogPort;
  reset: ResetPort;
  guard: GuardPort;
  crypto: CryptoPort;
  trace: TracePort;
  crc: CrcPort;

  constructor(
    motor: MotorPort,
    reservoir: ReservoirPort,
    link: LinkPort,
    clock: ClockPort,
    nvm: NvmPort,
    battery: BatteryPort,
    thermometer: ThermometerPort,
    sounder: SounderPort,
    watchdog: WatchdogPort,
    reset: ResetPort,
    guard: GuardPort,
    crypto: CryptoPort,
    trace: TracePort,
    crc: CrcPort,
  ) {
    this.motor = motor;
    this.reservoir = reservoir;
    this.link = link;
    this.clock = clock;
    this.nvm = nvm;
    this.battery = battery;
    this.thermometer = thermometer;
    this.sounder = sounder;
    this.watchdog = watchdog;
    this.reset = reset;
    this.guard = guard;
    this.crypto = crypto;
    this.trace = trace;
    this.crc = crc;
  }
}
// End of ports.
