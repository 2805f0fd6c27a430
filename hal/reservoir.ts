// The reservoir's two sensors: bellows position (level) and gas-side gauge pressure, each behind a 12-bit converter. A code
// outside 1..4094 is a rail: the sensor is open or shorted, or the quantity is out of its range. Capacity and model of the pump
// are straps, which are soldered at manufacture.

/** Volume of one step of the level code; 4095 codes span 51.2 mL. */
export const LEVEL_NL_PER_CODE: i32 = 12500;
/**
 * Gauge pressure of one step of the pressure code; code PRESSURE_CODE_ZERO is ambient pressure. The codes span -80 to
 * +124.8 kPa, from the suction of a propellant at 5 C to an overfilled pump in a patient with a fever on a mountain.
 */
export const PRESSURE_PA_PER_CODE: i32 = 50;
export const PRESSURE_CODE_ZERO: i32 = 1600;
export const ADC_CODE_MAX: i32 = 4095;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class ReservoirPort {
  /**
   * Bellows position as a code; nominal volume is code x LEVEL_NL_PER_CODE. Each call is a conversion. Gives 0..4095.
   */
  abstract level(): i32;
  /**
   * Gauge pressure as a code; (code - PRESSURE_CODE_ZERO) x PRESSURE_PA_PER_CODE pascal. Each call is a conversion.
   * Gives 0..4095.
   */
  abstract pressure(): i32;
  /** Nominal capacity. Gives 20 or 40 mL. */
  abstract capacity_mL(): i32;
  /** True on the external pump of a trial, false on an implant. */
  abstract external(): bool;
}
// End of port.
