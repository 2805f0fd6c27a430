// The world around the pump: head, reservoir, catheter, and where the patient is (temperature, altitude). A run reports what the
// world measured as delivered: what left the head for the catheter, in nL and ng, by the cause that the controller had
// announced for the step. The machine turns the rotor; people act through `refill`.

import { CAUSES, CAUSE_NONE } from "../../hal/trace";
import { FAULT_ALTITUDE, FAULT_TEMPERATURE, type FaultLedger } from "../faults";
import { Catheter } from "./catheter";
import { PumpHead } from "./head";
import { DRUGS_MAX, PA_PER_MMHG, WorldReservoir } from "./reservoir";

const BODY_MC = 37000;

export interface WorldSetup {
  pump: {
    capacity_nl: number;
    fill_nl: number;
    catheter: { length_cm: number; volume_nlPerCm: number };
    /** `new`: no drug in the catheter yet. */
    state: "new" | "primed";
    /** This unit's own error, as fractions. */
    unit: { bias: number; ripple: number };
  };
  /** At most four. */
  drugs: readonly { concentration_mgPerMl: number }[];
}

export class World {
  faults: FaultLedger;
  head: PumpHead;
  reservoir: WorldReservoir;
  catheter: Catheter;
  /** Net volume and drug that left the head for the catheter. */
  delivered_nl = 0;
  delivered_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** The same volume by CAUSE_ of the step; CAUSE_NONE holds the volume whose cause nobody announced. */
  byCause_nl: Float64Array = new Float64Array(CAUSES);
  drawn_ng: Float64Array = new Float64Array(DRUGS_MAX);

  constructor(setup: WorldSetup, faults: FaultLedger) {
    const concentrations = new Float64Array(DRUGS_MAX);
    concentrations.set(setup.drugs.map((drug) => drug.concentration_mgPerMl));
    const { pump } = setup;
    this.faults = faults;
    this.head = new PumpHead(faults, pump.unit.bias, pump.unit.ripple);
    this.reservoir = new WorldReservoir(faults, pump.capacity_nl);
    this.reservoir.refill(null, pump.fill_nl, concentrations);
    const inPath = pump.state === "primed" ? concentrations : new Float64Array(DRUGS_MAX);
    this.catheter = new Catheter(faults, pump.catheter.length_cm, pump.catheter.volume_nlPerCm, inPath);
  }

  temperature_mC(): number {
    return this.faults.on[FAULT_TEMPERATURE] ? this.faults.parameter[FAULT_TEMPERATURE] : BODY_MC;
  }

  altitude_m(): number {
    return this.faults.on[FAULT_ALTITUDE] ? this.faults.parameter[FAULT_ALTITUDE] : 0;
  }

  gauge_pa(): number {
    return this.reservoir.gauge_mmHg(this.temperature_mC(), this.altitude_m()) * PA_PER_MMHG;
  }

  /** The rotor turned by one step, +1 or -1, for `cause`, in tick `tick`. */
  turn(step: number, cause: number, tick: number): void {
    const push = this.reservoir.excess_mmHg(this.temperature_mC(), this.altitude_m());
    const wanted = this.head.turn(step, this.catheter.pressure_mmHg(), push, this.reservoir.volume_nl);
    if (wanted >= 0) this.forward(wanted, cause, tick);
    else this.backward(-wanted, cause);
  }

  step(): void {
    this.catheter.step();
  }

  quiet(): number {
    return this.catheter.quiet();
  }

  private forward(wanted_nl: number, cause: number, tick: number): void {
    const volume = this.reservoir.drawInto(wanted_nl, this.drawn_ng);
    if (volume === 0) return;
    this.account(volume, 1, cause);
    this.catheter.push(volume, this.drawn_ng, tick);
  }

  private backward(volume_nl: number, cause: number): void {
    this.catheter.pull(volume_nl, this.drawn_ng);
    this.account(volume_nl, -1, cause);
    this.reservoir.give(volume_nl, this.drawn_ng);
  }

  private account(volume_nl: number, sign: number, cause: number): void {
    this.delivered_nl += sign * volume_nl;
    this.byCause_nl[cause >= 0 && cause < CAUSES ? cause : CAUSE_NONE] += sign * volume_nl;
    for (let d = 0; d < DRUGS_MAX; d++) this.delivered_ng[d] += sign * this.drawn_ng[d];
  }
}
