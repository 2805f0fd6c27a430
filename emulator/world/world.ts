// The world around the pump: head, reservoir, catheter, and where the patient is (temperature, ambient pressure). A run reports
// what the world measured as delivered: what left the head for the catheter, in nL and ng, by the cause that the controller had
// announced for the step. The machine turns the rotor; people act through `refill` and the needles. Fluid that passes the rotor
// without a step seeps in drops of a pulse's volume, so that a leap can compute when the next one comes: `seep_nlPerDay`
// changes only when the machine copies the world's values to the sensors, which it does after each change.

import { CAUSES, CAUSE_NONE } from "../../hal/trace";
import { PULSE_NL, TICKS_PER_DAY } from "../../hal/units";
import { FAULT_ALTITUDE, FAULT_FLOW_PAST_ROTOR, FAULT_PRESSURE, FAULT_TEMPERATURE, FaultLedger } from "../fault-ledger";
import { airPressure_mmHg, ATMOSPHERE_MMHG } from "./ambient";
import { Catheter } from "./catheter";
import { leak_nlPerDay, PumpHead } from "./head";
import { DRUGS_MAX, PA_PER_MMHG, WorldReservoir } from "./reservoir";

const BODY_MC: f64 = 37000;
/** A drop has passed when the rate, summed over ticks, reaches this. */
const DROP: f64 = (PULSE_NL as f64) * TICKS_PER_DAY;

export class World {
  faults: FaultLedger;
  head: PumpHead;
  reservoir: WorldReservoir;
  catheter: Catheter;
  /** Net volume and drug that left the head for the catheter. */
  delivered_nl: f64 = 0;
  delivered_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** The same volume by CAUSE_ of the step; CAUSE_NONE holds the volume whose cause nobody announced. */
  byCause_nl: Float64Array = new Float64Array(CAUSES);
  drawn_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /**
   * The flow past the rotor without a step, toward the catheter, a whole number; and the part of the next drop that has
   * passed.
   */
  seep_nlPerDay: f64 = 0;
  seeped: f64 = 0;

  constructor(head: PumpHead, reservoir: WorldReservoir, catheter: Catheter, faults: FaultLedger) {
    this.faults = faults;
    this.head = head;
    this.reservoir = reservoir;
    this.catheter = catheter;
  }

  temperature_mC(): f64 {
    return this.faults.isOn(FAULT_TEMPERATURE) ? this.faults.parameter[FAULT_TEMPERATURE] : BODY_MC;
  }

  /** Absolute pressure around the patient. Where both faults are on, that of `pressure` holds. */
  ambient_mmHg(): f64 {
    const faults = this.faults;
    if (faults.isOn(FAULT_PRESSURE)) return faults.parameter[FAULT_PRESSURE] / PA_PER_MMHG;
    return faults.isOn(FAULT_ALTITUDE) ? airPressure_mmHg(faults.parameter[FAULT_ALTITUDE]) : ATMOSPHERE_MMHG;
  }

  gauge_mmHg(): f64 {
    return this.reservoir.gauge_mmHg(this.temperature_mC(), this.ambient_mmHg());
  }

  /** The rotor turned by one step, +1 or -1, for `cause`, in tick `tick`. */
  turn(step: i32, cause: i32, tick: f64): void {
    const ambient = this.ambient_mmHg();
    const push = this.reservoir.excess_mmHg(this.temperature_mC(), ambient);
    const back = this.catheter.pressure_mmHg();
    const wanted = this.head.turn(step, back, push, this.reservoir.volume_nl, ambient - ATMOSPHERE_MMHG);
    if (wanted >= 0) this.forward(wanted, cause, tick);
    else this.backward(-wanted, cause);
  }

  /** Writes the concentrations in the reservoir, ng/nL; 0 where it is empty. */
  concentrationsInto(out: Float64Array): void {
    const reservoir = this.reservoir;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) {
      out[d] = reservoir.volume_nl > 0 ? reservoir.drug_ng[d] / reservoir.volume_nl : 0;
    }
  }

  /**
   * Another pump with a reservoir of that capacity and a catheter of the same size, both filled with these concentrations. Totals
   * go on; what the old pump held is gone.
   */
  replacePump(capacity_nl: f64, fill_nl: f64, concentrations: Float64Array): void {
    const reservoir = this.reservoir;
    reservoir.capacity_nl = capacity_nl;
    reservoir.strained = false;
    reservoir.volume_nl = fill_nl;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) reservoir.drug_ng[d] = concentrations[d] * fill_nl;
    this.catheter.fillWith(concentrations);
    this.head.angle = 0;
    this.seeped = 0;
  }

  /** Lets a tick pass. True when a drop passed the rotor in it. */
  step(tick: f64): bool {
    this.catheter.step();
    if (this.seep_nlPerDay === 0) return false;
    this.seeped += this.seep_nlPerDay;
    if (Math.abs(this.seeped) < DROP) return false;
    this.drip(tick);
    return true;
  }

  quiet(): f64 {
    return Math.min(this.catheter.quiet(), this.quietSeep());
  }

  skip(ticks: i32): void {
    this.seeped += ticks * this.seep_nlPerDay;
  }

  /** Computes `seep_nlPerDay` anew. Call it after each change of the world. */
  updateSeep(): void {
    const fall = this.catheter.pressure_mmHg() - this.gauge_mmHg();
    const lift = this.catheter.pressure_mmHg() + this.ambient_mmHg() - ATMOSPHERE_MMHG;
    const seep: f64 = this.faults.isOn(FAULT_FLOW_PAST_ROTOR) ? this.faults.parameter[FAULT_FLOW_PAST_ROTOR] : 0;
    const onward: f64 = fall < 0 && this.reservoir.volume_nl > 0 ? seep : 0;
    const back: f64 = fall > 0 && this.reservoir.room_nl() > 0 ? seep + leak_nlPerDay(lift, fall) : 0;
    this.seep_nlPerDay = Math.round(onward - back);
    if (this.seep_nlPerDay === 0) this.seeped = 0;
  }

  private quietSeep(): f64 {
    if (this.seep_nlPerDay === 0) return Infinity;
    const left = this.seep_nlPerDay > 0 ? DROP - this.seeped : DROP + this.seeped;
    return Math.max(0, Math.ceil(left / Math.abs(this.seep_nlPerDay)) - 1);
  }

  private drip(tick: f64): void {
    const onward = this.seeped > 0;
    this.seeped -= onward ? DROP : -DROP;
    if (this.faults.isOn(FAULT_FLOW_PAST_ROTOR)) this.faults.acted(FAULT_FLOW_PAST_ROTOR);
    if (onward) this.forward(PULSE_NL, CAUSE_NONE, tick);
    else this.backward(PULSE_NL, CAUSE_NONE);
  }

  private forward(wanted_nl: f64, cause: i32, tick: f64): void {
    const volume = this.reservoir.drawInto(wanted_nl, this.drawn_ng);
    if (volume === 0) return;
    this.account(volume, 1, cause);
    this.catheter.push(volume, this.drawn_ng, tick);
  }

  /** The volume that a full bellows has no room for stays in the catheter. */
  private backward(wanted_nl: f64, cause: i32): void {
    const volume_nl = Math.min(wanted_nl, this.reservoir.room_nl());
    if (volume_nl === 0) return;
    this.catheter.pull(volume_nl, this.drawn_ng);
    this.account(volume_nl, -1, cause);
    this.reservoir.give(volume_nl, this.drawn_ng);
  }

  private account(volume_nl: f64, sign: i32, cause: i32): void {
    this.delivered_nl += sign * volume_nl;
    this.byCause_nl[cause >= 0 && cause < CAUSES ? cause : CAUSE_NONE] += sign * volume_nl;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.delivered_ng[d] += sign * this.drawn_ng[d];
  }
}
