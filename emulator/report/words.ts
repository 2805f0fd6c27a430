// How the report writes numbers, times and amounts for people. Times are s from the start and read `1 d 6 h 20 min`;
// volumes come in as nanolitres and drug masses as micrograms, and take the unit that keeps them readable.

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86400;

/** `9 h 20 min`, `24 h`, `1 d 6 h`, `12.35 s`: days beyond the first, seconds to a hundredth. */
export function timeWords(time_s: number): string {
  const whole_s = Math.floor(time_s / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE;
  const days = time_s > SECONDS_PER_DAY ? Math.floor(whole_s / SECONDS_PER_DAY) : 0;
  const hours = Math.floor((whole_s - days * SECONDS_PER_DAY) / SECONDS_PER_HOUR);
  const minutes = Math.floor((whole_s % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
  const seconds = Math.round((time_s - whole_s) * 100) / 100;
  const parts = [
    days > 0 ? `${days} d` : "",
    hours > 0 ? `${hours} h` : "",
    minutes > 0 ? `${minutes} min` : "",
    seconds > 0 ? `${seconds} s` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

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
