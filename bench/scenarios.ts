// The scenarios that the bench measures, as text, so that their length is a parameter.

const PUMP = `pump: { model: implant-40, fill: 38 mL, catheter: { length: 89 cm, volume: 2.2 uL/cm } }
drugs:
  - { name: morphine, concentration: 10 mg/mL }
prescription:
  basal: { mode: continuous, rate: 500 uL/day }
`;
const REFILL_DAYS = 60;

/**
 * A steady basal rate of 500 uL/day, 2,000 pulses a day, with a refill every 60 days. The service life of 2,500 days has
 * 5 million pulses. `more` is what is added to the text.
 */
export function serviceLife(days: number, more = ""): string {
  const refills = Array.from({ length: Math.ceil(days / REFILL_DAYS) - 1 }, (_, i) => (i + 1) * REFILL_DAYS);
  const timeline = refills.map((day) => `  - { at: ${day} d, do: refill, aspirate: 8 mL, fill: 38 mL }\n`).join("");
  return `name: Service life
duration: ${days} d
${PUMP}${timeline === "" ? "" : `timeline:\n${timeline}`}${more}`;
}
