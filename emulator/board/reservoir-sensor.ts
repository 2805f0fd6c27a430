// The reservoir's two sensors, level and pressure, each read through a 12-bit converter. The machine writes the true volume and
// pressure into the part (the back door) whenever they may have changed. A reading is that truth in steps of the
// converter, altered by the sensor's faults at the moment of the conversion. The spans are choices of this project.

import {
  ADC_CODE_MAX,
  LEVEL_NL_PER_CODE,
  PRESSURE_CODE_ZERO,
  PRESSURE_PA_PER_CODE,
  ReservoirPort,
} from "../../hal/reservoir";
import { FAULT_SENSOR_NOISE, FAULT_SENSOR_OFFSET, FAULT_SENSOR_STUCK, FaultLedger } from "../fault-ledger";
import { RandomStream } from "../random";

const NEVER_READ: i32 = -1;

export class VirtualReservoirSensor extends ReservoirPort {
  faults: FaultLedger;
  noise: RandomStream;
  /** Strap: 20 or 40. */
  strap_mL: i32;
  /** Strap: the external pump of a trial. */
  strapExternal: bool;
  volume_nl: f64 = 0;
  gauge_pa: f64 = 0;
  /** The last correct code, which a stuck sensor repeats. A sensor that was never read sticks at its first code. */
  lastCode: i32 = NEVER_READ;

  constructor(faults: FaultLedger, seed: i32, strap_mL: i32, strapExternal: bool = false) {
    super();
    this.faults = faults;
    this.noise = new RandomStream(seed, "reservoir.noise");
    this.strap_mL = strap_mL;
    this.strapExternal = strapExternal;
  }

  level(): i32 {
    const truth = clampCode(Math.round(this.volume_nl / LEVEL_NL_PER_CODE));
    const stuck = this.faults.isOn(FAULT_SENSOR_STUCK) && this.lastCode !== NEVER_READ;
    if (stuck) return this.reported(FAULT_SENSOR_STUCK, truth, this.lastCode);
    this.lastCode = truth;
    if (this.faults.isOn(FAULT_SENSOR_OFFSET)) {
      const off = Math.round((this.volume_nl + this.faults.parameter[FAULT_SENSOR_OFFSET]) / LEVEL_NL_PER_CODE);
      return this.reported(FAULT_SENSOR_OFFSET, truth, clampCode(off));
    }
    if (this.faults.isOn(FAULT_SENSOR_NOISE)) {
      const swing = (this.noise.fraction() * 2 - 1) * this.faults.parameter[FAULT_SENSOR_NOISE];
      return this.reported(
        FAULT_SENSOR_NOISE,
        truth,
        clampCode(Math.round((this.volume_nl + swing) / LEVEL_NL_PER_CODE)),
      );
    }
    return truth;
  }

  pressure(): i32 {
    return clampCode(Math.round(this.gauge_pa / PRESSURE_PA_PER_CODE) + PRESSURE_CODE_ZERO);
  }

  capacity_mL(): i32 {
    return this.strap_mL;
  }

  external(): bool {
    return this.strapExternal;
  }

  private reported(fault: i32, truth: i32, code: i32): i32 {
    if (code !== truth) this.faults.acted(fault);
    return code;
  }
}

function clampCode(code: f64): i32 {
  return (Math.max(0, Math.min(ADC_CODE_MAX, code)) as i32) | 0;
}
