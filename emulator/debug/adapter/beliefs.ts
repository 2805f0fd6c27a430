// Beliefs of the reference controller beside the truth on the board and in the world: the scope *Beliefs against truth*. Each row is
// one quantity in one unit. A row is left out for a controller that has no such symbol.

import { PULSE_NL, TICKS_PER_MINUTE } from "../../../hal/units";
import { CONCENTRATIONS_PER_UG_PER_ML, UG_PER_MG } from "../../amounts";
import { FAULT_MOTOR_STALL } from "../../fault-ledger";
import type { Machine } from "../../machine/machine";

interface Belief {
  name: string;
  unit: string;
  believed(read: (symbol: string) => number, machine: Machine): number;
  truth(machine: Machine): number;
}

const BELIEFS: readonly Belief[] = [
  {
    name: "drug in the reservoir",
    unit: "nL",
    believed: (_, machine) => machine.signal("reservoir.estimate_nl"),
    truth: ({ world }) => world.reservoir.volume_nl,
  },
  {
    name: "concentration of the first drug",
    unit: "ug/mL",
    believed: (read) => read("program.concentrations[0]") / CONCENTRATIONS_PER_UG_PER_ML,
    truth: ({ world }) =>
      world.reservoir.volume_nl > 0 ? (world.reservoir.drug_ng[0] / world.reservoir.volume_nl) * UG_PER_MG : 0,
  },
  {
    name: "delivered volume",
    unit: "nL",
    believed: (read) => read("motor.pulsesTotal") * PULSE_NL,
    truth: ({ world }) => world.delivered_nl,
  },
  {
    name: "pulses of the motor",
    unit: "",
    believed: (read) => read("motor.pulsesTotal"),
    truth: ({ board }) => board.motor.pulses,
  },
  {
    name: "a pulse is under way",
    unit: "",
    believed: (read) => read("motor.inFlight"),
    truth: ({ board }) => Number(board.motor.inFlight),
  },
  {
    name: "the motor stalls",
    unit: "",
    believed: (read) => read("motor.stalled"),
    truth: ({ faults }) => faults.on[FAULT_MOTOR_STALL],
  },
  {
    name: "the dose guard has cut the power",
    unit: "",
    believed: (read) => read("causes.guardTripped"),
    truth: ({ board }) => Number(board.guard.open),
  },
  {
    name: "minutes since the start",
    unit: "min",
    believed: (read) => read("clock.minute"),
    truth: ({ tick }) => Math.floor(tick / TICKS_PER_MINUTE),
  },
];

export interface Held {
  name: string;
  unit: string;
  believed: number;
  truth: number;
}

/** Every row that the machine's controller has. */
export function beliefsOf(machine: Machine): Held[] {
  const read = (symbol: string) => machine.firmware.read(symbol) ?? NaN;
  if (!hasProgram(machine)) return [];
  return BELIEFS.flatMap(({ name, unit, believed, truth }) => {
    const value = believed(read, machine);
    return Number.isNaN(value) ? [] : [{ name, unit, believed: value, truth: truth(machine) }];
  });
}

/** True for the reference controller and those that keep its names; the channels of others are 0. */
function hasProgram(machine: Machine): boolean {
  return machine.firmware.read("motor.pulsesTotal") !== undefined;
}
