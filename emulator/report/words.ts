// How the report writes numbers and amounts for people; emulator/time.ts has the words for times. Volumes come in as
// nanolitres and drug masses as micrograms, and take the unit that keeps them readable.

/** `104.25 µL`, from 10 mL on `12.5 mL`. */
export function volumeWords(volume_nl: number): string {
  return Math.abs(volume_nl) >= 1e7 ? `${numberWords(volume_nl / 1e6, 3)} mL` : `${numberWords(volume_nl / 1e3, 2)} µL`;
}

/** `52.1 µg`, from 1 mg on `1.043 mg`. */
export function massWords(mass_ug: number): string {
  return Math.abs(mass_ug) >= 1000 ? `${numberWords(mass_ug / 1000, 3)} mg` : `${numberWords(mass_ug, 1)} µg`;
}

/** With thousands separated and at most `digits` decimals. */
export function numberWords(value: number, digits = 0): string {
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** Text in an HTML element or a quoted attribute. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
