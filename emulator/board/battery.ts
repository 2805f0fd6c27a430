// The primary cell of the pump: a lithium thionyl chloride cell, whose voltage stays near 3.6 V for most of its life and then
// falls (published for the chemistry, for instance in the Saft LS and Tadiran handbooks). Sleep, pulses, telemetry and tones
// draw charge from it. The charges are choices of this project: with them a pump at 0.9 mL/day lasts about 6.5 years, and the
// published range for that rate is 5 to 7 years. The voltage is computed once a minute, as the supervisor measures it. The
// current of a pulse times the cell's resistance lowers the voltage for that moment; below BROWNOUT_MV the controller restarts.

import { BatteryPort } from "../../hal/battery";
import { FAULT_BATTERY_SAG, FaultLedger } from "../fault-ledger";
import { Shown } from "./shown";

const CAPACITY_UC: f64 = 7_200_000_000;
const SLEEP_UC_PER_MINUTE: f64 = 720;
const PULSE_UC: f64 = 550;
const BYTE_UC: f64 = 20;
const TONE_UC_PER_TICK: f64 = 10;
const FULL_MV = 3600;
/** The part of the capacity after which the voltage begins to fall, to DEAD_MV when all of it is used. */
const PLATEAU_END = 0.85;
const DEAD_MV = 2000;
const PULSE_CURRENT_MA = 20;
const RESISTANCE_OHM = 10;
/** The factor by which the fault `battery_sag` raises the resistance. */
const SAG_FACTOR = 10;
export const BROWNOUT_MV = 2000;

export class VirtualBattery extends BatteryPort {
  faults: FaultLedger;
  drawn_uC: f64 = 0;
  voltage_mv: i32 = FULL_MV;
  /** The totals at the last call of `drawCharge`. */
  settledPulses: f64 = 0;
  settledBytes: f64 = 0;
  settledToneTicks: f64 = 0;
  shown: Shown = new Shown();

  constructor(faults: FaultLedger) {
    super();
    this.faults = faults;
  }

  cell_mv(): i32 {
    return this.voltage_mv;
  }

  /** Takes the charge that was used in the last minute from the cell, from running totals, and computes the new voltage. */
  drawCharge(pulses: f64, bytes: f64, toneTicks: f64): void {
    this.drawn_uC += SLEEP_UC_PER_MINUTE + (pulses - this.settledPulses) * PULSE_UC;
    this.drawn_uC += (bytes - this.settledBytes) * BYTE_UC + (toneTicks - this.settledToneTicks) * TONE_UC_PER_TICK;
    this.settledPulses = pulses;
    this.settledBytes = bytes;
    this.settledToneTicks = toneTicks;
    const used = this.drawn_uC / CAPACITY_UC;
    const fall: f64 = used <= PLATEAU_END ? 0 : Math.min(1, (used - PLATEAU_END) / (1 - PLATEAU_END));
    const voltage_mv = (Math.round(FULL_MV - (FULL_MV - DEAD_MV) * fall) as i32) | 0;
    if (this.voltage_mv !== voltage_mv) this.shown.any = true;
    this.voltage_mv = voltage_mv;
  }

  /** True when the current of a pulse that began lowers the voltage so far that the controller restarts. */
  dips(): bool {
    if (this.fails(RESISTANCE_OHM)) return true;
    if (!this.faults.isOn(FAULT_BATTERY_SAG) || !this.fails(RESISTANCE_OHM * SAG_FACTOR)) return false;
    this.faults.acted(FAULT_BATTERY_SAG);
    return true;
  }

  private fails(resistance_ohm: i32): bool {
    return this.voltage_mv - PULSE_CURRENT_MA * resistance_ohm < BROWNOUT_MV;
  }
}
