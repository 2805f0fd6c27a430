// The motor driver, the two switches in its supply, and the encoder on the rotor. It is like a stepper driver with an enable
// line and a Hall encoder on the rotor's shaft. A pulse completes its step PULSE_FLIGHT_TICKS after it started, if the
// motor has power at both moments and the rotor is free; else nothing turns and the encoder stays. The time of flight is a
// choice of this project. The back door is `step()`, which returns how far the rotor turned in this tick; the machine
// passes that on to the pump head and to the dose guard.

import { MotorPort, PULSE_FLIGHT_TICKS } from "../../hal/motor";
import { PULSE_NL, TICKS_PER_DAY } from "../../hal/units";
import {
  FAULT_MOTOR_REVERSE,
  FAULT_MOTOR_RUNAWAY,
  FAULT_MOTOR_SLIP,
  FAULT_MOTOR_STALL,
  FAULT_MRI_FIELD,
  FaultLedger,
} from "../fault-ledger";
import { RandomStream } from "../random";
import { Shown } from "./shown";
import { BoardTime } from "./time";

/** A runaway at r nL/day has stepped once when r x ticks reaches this. */
const RUNAWAY_STEP: f64 = (PULSE_NL as f64) * TICKS_PER_DAY;

export class VirtualMotor extends MotorPort {
  time: BoardTime;
  faults: FaultLedger;
  slip: RandomStream;
  shown: Shown = new Shown();
  /** The firmware's switch and the guard's; current flows when both are closed. */
  closed: bool = false;
  guardClosed: bool = true;
  inFlight: bool = false;
  flightEnd: f64 = 0;
  steps: i32 = 0;
  /** Pulses that the driver took, since the run began. */
  pulses: f64 = 0;
  /** A pulse began in this tick: its current loads the cell. */
  loaded: bool = false;
  runaway: f64 = 0;
  /** Of this tick's steps, those without a pulse. */
  unasked: i32 = 0;

  constructor(time: BoardTime, faults: FaultLedger, seed: i32) {
    super();
    this.time = time;
    this.faults = faults;
    this.slip = new RandomStream(seed, "motor.slip");
  }

  pulse(): void {
    if (!this.powered() || this.inFlight) return;
    this.inFlight = true;
    this.flightEnd = this.time.tick + PULSE_FLIGHT_TICKS;
    this.pulses++;
    this.loaded = true;
    this.shown.any = true;
  }

  motion(): i32 {
    return this.steps;
  }

  setPower(on: bool): void {
    if (this.closed !== on) this.shown.any = true;
    this.closed = on;
  }

  powered(): bool {
    return this.closed && this.guardClosed;
  }

  /** Turns the rotor by what this tick brings, forward positive: the sum of the steps. */
  step(): i32 {
    let turned = 0;
    this.unasked = 0;
    if (this.inFlight && this.time.tick >= this.flightEnd) {
      this.inFlight = false;
      if (this.powered()) turned += this.complete();
    }
    if (this.faults.isOn(FAULT_MOTOR_RUNAWAY) && this.powered()) {
      this.runaway += this.faults.parameter[FAULT_MOTOR_RUNAWAY];
      if (this.runaway >= RUNAWAY_STEP) {
        this.runaway -= RUNAWAY_STEP;
        turned += this.runAway();
      }
    } else {
      this.runaway = 0;
    }
    if (turned !== 0) this.shown.any = true;
    this.steps = (this.steps + turned) | 0;
    return turned;
  }

  quiet(): f64 {
    if (this.faults.isOn(FAULT_MOTOR_RUNAWAY) && this.powered()) return 0;
    return this.inFlight ? this.flightEnd - this.time.tick - 1 : Infinity;
  }

  /** In a quiet tick nothing turns, and nothing runs away. */
  skip(): void {
    this.unasked = 0;
    this.runaway = 0;
  }

  /** The driver's own step: it turns a rotor that is free. */
  private runAway(): i32 {
    if (this.held()) return 0;
    this.faults.acted(FAULT_MOTOR_RUNAWAY);
    this.unasked = 1;
    return 1;
  }

  private complete(): i32 {
    if (this.held()) return 0;
    if (this.faults.isOn(FAULT_MOTOR_SLIP) && this.slip.fraction() < this.faults.parameter[FAULT_MOTOR_SLIP]) {
      this.faults.acted(FAULT_MOTOR_SLIP);
      return 0;
    }
    if (this.faults.isOn(FAULT_MOTOR_REVERSE)) {
      this.faults.acted(FAULT_MOTOR_REVERSE);
      return -1;
    }
    return 1;
  }

  /** True when the rotor cannot turn now, whatever drives it. */
  private held(): bool {
    const stalled = this.faults.isOn(FAULT_MOTOR_STALL);
    if (!stalled && !this.faults.isOn(FAULT_MRI_FIELD)) return false;
    this.faults.acted(stalled ? FAULT_MOTOR_STALL : FAULT_MRI_FIELD);
    return true;
  }
}
