// The peristaltic motor's driver and its encoder. One pulse turns the rotor by one step, which displaces PULSE_NL.
// A real part: a stepper driver with an enable line, and a Hall encoder on the rotor shaft, not on the motor, so that a
// slipped gear shows. The rotor needs PULSE_FLIGHT_TICKS to complete a step; the count changes when it has.

/** From the pulse to the encoder's count, on a healthy motor. */
export const PULSE_FLIGHT_TICKS: i32 = 20;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class MotorPort {
  /** Starts one pulse. Ignored by the driver without power or while a pulse is in flight. */
  abstract pulse(): void;
  /** Rotor steps seen since manufacture: forward counts up, backward down. Gives -2^30..2^30 steps. */
  abstract motion(): i32;
  /** Closes (true) or opens the firmware's switch in the motor supply. */
  abstract setPower(on: bool): void;
}
// End of port.
