// The ledger in which each fault is switched on and proves that it acted (EMU-4). The part that a fault breaks reads its row at the
// moment at which it would matter. If the fault changed what happened, the part calls `acted(FAULT_X)`. It is written in the
// dialect (docs/dialect.md), as board and world are.

// Made from emulator/faults.ts by npm run contract: faults.
export const FAULT_MOTOR_STALL: i32 = 0;
export const FAULT_MOTOR_SLIP: i32 = 1;
export const FAULT_MOTOR_REVERSE: i32 = 2;
export const FAULT_MOTOR_RUNAWAY: i32 = 3;
export const FAULT_OVER_DELIVERY: i32 = 4;
export const FAULT_UNDER_DELIVERY: i32 = 5;
export const FAULT_OCCLUSION: i32 = 6;
export const FAULT_LEAK: i32 = 7;
export const FAULT_DISCONNECT: i32 = 8;
export const FAULT_SENSOR_STUCK: i32 = 9;
export const FAULT_SENSOR_OFFSET: i32 = 10;
export const FAULT_SENSOR_NOISE: i32 = 11;
export const FAULT_POCKET_FILL: i32 = 12;
export const FAULT_OVERFILL: i32 = 13;
export const FAULT_BATTERY_SAG: i32 = 14;
export const FAULT_BROWNOUT: i32 = 15;
export const FAULT_RESET: i32 = 16;
export const FAULT_HANG: i32 = 17;
export const FAULT_RAM_FLIP: i32 = 18;
export const FAULT_NVM_FLIP: i32 = 19;
export const FAULT_NVM_TORN_WRITE: i32 = 20;
export const FAULT_RTC_JUMP: i32 = 21;
export const FAULT_RTC_DRIFT: i32 = 22;
export const FAULT_MRI_FIELD: i32 = 23;
export const FAULT_TEMPERATURE: i32 = 24;
export const FAULT_ALTITUDE: i32 = 25;
export const FAULT_PRESSURE: i32 = 26;
export const FAULT_FLOW_PAST_ROTOR: i32 = 27;
export const FAULT_SOUNDER_DEAD: i32 = 28;
export const FAULT_GUARD_DEAD: i32 = 29;
export const FAULT_LINK_DROP: i32 = 30;
export const FAULT_LINK_DUPLICATE: i32 = 31;
export const FAULT_LINK_FLIP: i32 = 32;
export const FAULT_LINK_DELAY: i32 = 33;
export const FAULT_LINK_BABBLE: i32 = 34;
const FAULT_COUNT: i32 = 35;
// End of faults.

/** Which faults are on, with what parameter, and what each has done so far. Plain state, indexed by FAULT_. */
export class FaultLedger {
  /** The present tick, set by the machine. */
  tick: f64 = 0;
  /** 1 while the fault is on. */
  on: Uint8Array = new Uint8Array(FAULT_COUNT);
  parameter: Float64Array = new Float64Array(FAULT_COUNT);
  /** Times acted since it was last switched on, and the tick of the first of these, -1 before it. */
  acts: Int32Array = new Int32Array(FAULT_COUNT);
  first: Float64Array = new Float64Array(FAULT_COUNT).fill(-1);

  /** Switches on and starts the count anew. */
  start(fault: i32, parameter: f64): void {
    this.on[fault] = 1;
    this.parameter[fault] = parameter;
    this.acts[fault] = 0;
    this.first[fault] = -1;
  }

  /** Switches the fault off; its record stays. */
  end(fault: i32): void {
    this.on[fault] = 0;
  }

  isOn(fault: i32): bool {
    return this.on[fault] !== 0;
  }

  /** Notes that a fault has just changed what happened. */
  acted(fault: i32): void {
    if (this.acts[fault] === 0) this.first[fault] = this.tick;
    this.acts[fault]++;
  }
}
