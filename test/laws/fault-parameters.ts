// Parameters with which a fault acts that is injected by hand.

/** Of the faults whose parameter 0 does nothing. */
export const PARAMETERS: Record<string, number> = {
  motor_slip: 1,
  motor_runaway: 90_000_000,
  "reservoir_sensor.offset": 3_000_000,
  "reservoir_sensor.noise": 3_000_000,
  temperature: 41_000,
  altitude: 2_500,
  pressure: 250_000,
  flow_past_rotor: 90_000_000,
  rtc_drift: -1_234.5,
  rtc_jump: 3_000,
  nvm_flip: 800,
  "link.babble": 0.1,
};
