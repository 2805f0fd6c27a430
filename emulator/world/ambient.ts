// The pressure around the patient, in mmHg. The air follows the International Standard Atmosphere (ISO 2533): 760 mmHg at sea
// level, 15 °C there and 6.5 K less per kilometre up to 11 km, and -56.5 °C above. The exponent of that law is 5.2559; 5.25
// needs square roots alone and differs by 0.2 % at 11 km. A chamber or water adds pressure without a bound of its own.

import { exponential } from "./exponential";

export const ATMOSPHERE_MMHG: f64 = 760;
const SEA_LEVEL_K = 288.15;
const LAPSE_K_PER_M = 0.0065;
const TROPOPAUSE_M: f64 = 11_000;
/** The height over which the pressure above 11 km falls to 1/e: R T / (M g) at 216.65 K. */
const SCALE_M = 6341.6;

/** The pressure of the air at an altitude, from below sea level up. */
export function airPressure_mmHg(altitude_m: f64): f64 {
  const ratio = 1 - (LAPSE_K_PER_M / SEA_LEVEL_K) * Math.min(altitude_m, TROPOPAUSE_M);
  const square = ratio * ratio;
  const below = ATMOSPHERE_MMHG * square * square * ratio * Math.sqrt(Math.sqrt(ratio));
  return below * exponential(-Math.max(0, altitude_m - TROPOPAUSE_M) / SCALE_M);
}
