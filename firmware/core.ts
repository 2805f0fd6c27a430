// The parts below therapy, built once: the board, the latch of memory faults, the log, time, the program in force, and the
// parts that turn the rotor, count the reservoir, limit doses, raise alarms and remember restarts. None of them knows of therapy or of telemetry.
// All parts are fields of the controller itself, so that each has one short name (`therapy.rate`) in traces of state, in
// scenarios and in tests.

import { Controller } from "../hal/controller";
import { Hal } from "../hal/hal";
import { Alarms } from "./alarms";
import { Changes } from "./changes";
import { Clock } from "./clock";
import { Limiter } from "./limiter";
import { Log } from "./log";
import { Motor } from "./motor";
import { Program } from "./program";
import { Reservoir } from "./reservoir";
import { Restarts } from "./restarts";
import { MemoryLatch } from "./twin";

export abstract class Core extends Controller {
  hal: Hal;
  memory: MemoryLatch;
  changes: Changes;
  log: Log;
  clock: Clock;
  program: Program;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  restarts: Restarts;

  constructor(hal: Hal) {
    super();
    const memory: MemoryLatch = new MemoryLatch();
    const changes: Changes = new Changes();
    const log: Log = new Log(hal, memory);
    const clock: Clock = new Clock(hal, memory, changes);
    const program: Program = new Program(memory);
    this.hal = hal;
    this.memory = memory;
    this.changes = changes;
    this.log = log;
    this.clock = clock;
    this.program = program;
    this.motor = new Motor(hal, memory, changes);
    this.reservoir = new Reservoir(hal, memory);
    this.limiter = new Limiter(hal, memory, log, clock, program);
    this.alarms = new Alarms(hal, log, memory, changes);
    this.restarts = new Restarts(memory);
  }
}
