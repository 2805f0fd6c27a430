// The peristaltic motor's driver and its encoder. One pulse turns the rotor by one step, which displaces PULSE_NL. A real part
// is a stepper driver with an enable line, and a Hall encoder on the rotor's shaft. It does not sit on the motor's, so that a
// gear that slips shows. The rotor needs PULSE_FLIGHT_TICKS for a step, and the encoder's count changes at its end. The pulse
// is in flight until then.

/** The time from the pulse to the change of the encoder's count, in a healthy motor. */
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
