// The example of the published scenario format, to the letter, and what it must become.

export const EXAMPLE = `name: A day with breakthrough pain
start: 2026-03-02T08:00          # wall clock at t = 0; default 2026-01-01T00:00
duration: 24 h
seed: 7                          # default 1
pump:
  model: implant-20              # implant-20, implant-40, external-trial
  fill: 18 mL
  catheter: { length: 89 cm, volume: 2.2 uL/cm }
  state: primed                  # new (catheter empty of drug) or primed; default primed
  unit: { bias: 0 %, ripple: 0 % }   # this pump's own head: error of its pulse volume, and within a revolution; default 0
drugs:                           # the first is the primary drug: doses refer to it
  - { name: morphine, concentration: 10 mg/mL }
prescription:
  basal: { mode: continuous, dose: 1 mg/day }          # or rate: 100 uL/day
  patient_bolus: { dose: 0.05 mg, duration: 5 min, lockout: 60 min, per_24h: 8 }
  limits:                                              # rolling windows over everything delivered
    - { volume: 25 uL, window: 1 h }
    - { dose: 1.6 mg, window: 24 h }
  low_reservoir: 2 mL
timeline:
  - { at: 9 h, do: patient_bolus }
  - { at: 9 h 20 min, do: patient_bolus }
  - { at: 12 h, fault: motor_stall, for: 30 min }
expect:
  - { delivered: { from: 0 s, to: 9 h, volume: 37.5 uL, within: 0.25 uL } }
  - { event: { name: bolus_denied, reason: lockout, between: [9 h 20 min, 9 h 21 min], count: 1 } }
  - { alarm: { name: motor_stall, raised: { after: 12 h, within: 30 min } } }
  - { never: { alarm: dose_guard } }
  - { signal: { name: motor.pulses, at: 9 h, min: 149, max: 151 } }
`;

/** The least that a scenario must have; `more` is further top-level YAML. */
export function minimal(more = "", prescription = "basal: { mode: continuous, rate: 100 uL/day }"): string {
  return `duration: 24 h
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { ${prescription} }
${more}`;
}
