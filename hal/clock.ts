// The real-time clock: a minute counter that runs from manufacture and cannot be set, and a register that holds the
// offset to the wall clock. Wall minute = minute + offset, counted from 2000-01-01T00:00 local time.
// A real part: a 32 kHz crystal, its own supply pin, a counter without a write line.

export abstract class ClockPort {
  /** Minutes since manufacture; never goes back. Range 0..2^30. */
  abstract minute(): i32;
  /** Minutes to add to `minute` for the wall clock. */
  abstract offset(): i32;
  /** Writes the offset register. Range +-2^30. */
  abstract setOffset(minutes: i32): void;
}
