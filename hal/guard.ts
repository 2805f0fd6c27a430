// The dose guard, a part that limits doses without the firmware. It has a rotor sensor, a clock and a switch in the motor
// supply of its own. It opens the switch, and keeps it open, when it has seen more steps in a rolling hour than its register
// allows, or two steps closer together than GUARD_SPACING_TICKS. Register and re-arm line work only while a programming head is
// in place, which firmware cannot simulate (LIM-7).

/** 850 ms, which is closer together than any controller may start two pulses. */
export const GUARD_SPACING_TICKS: i32 = 85;
/** 1,000 uL/h in pulses of 250 nL: the register's value at manufacture, and its highest. */
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
