// The dose guard: a separate part with a rotor sensor, a clock and a switch in the motor supply of its own. It opens the
// switch when it has seen more steps than its register allows in a rolling hour, or two steps closer together than
// GUARD_SPACING_TICKS, and keeps it open. It knows nothing of the firmware. Register and re-arm line work only while a
// programming head is in place, which firmware cannot feign (LIM-7).

/** 850 ms: closer together than any controller may pulse. */
export const GUARD_SPACING_TICKS: i32 = 85;
/** 1,000 uL/h in pulses of 250 nL: the register at manufacture, and the most it takes. */
export const GUARD_PULSES_PER_HOUR_MAX: i32 = 4000;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class GuardPort {
  /**
   * Writes the hourly register. False without a head in place or outside the range; nothing then changes.
   * `pulsesPerHour`: 1..4000 steps.
   */
  abstract setLimit(pulsesPerHour: i32): bool;
  /** The hourly register. Gives 1..4000 steps. */
  abstract limit(): i32;
  /** True while the guard holds the motor supply open. */
  abstract tripped(): bool;
  /** Closes the guard's switch again. False without a head in place; nothing then changes. */
  abstract rearm(): bool;
}
// End of port.
