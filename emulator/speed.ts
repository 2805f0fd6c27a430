// How fast a pump's time passes: its seconds in a second of the host, as an option or a command gives it.

/** Infinity: as fast as it can, with nothing due and nothing late. */
export type Speed = number;

export const SPEED_MIN = 0.01;
export const SPEED_MAX = 1_000_000;

/** A number or `max`; null when the text is neither, or out of bounds. */
export function speedOf(text: string): Speed | null {
  if (text === "max") return Infinity;
  const value = Number(text);
  return /^\d+(?:\.\d+)?$/.test(text) && value >= SPEED_MIN && value <= SPEED_MAX ? value : null;
}

export function textOfSpeed(speed: Speed): string {
  return speed === Infinity ? "max" : String(speed);
}
