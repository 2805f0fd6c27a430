// The real-time clock: a minute counter that runs from manufacture and cannot be set, and a register that holds the offset to
// the wall clock. Wall minute = minute + offset, counted from 2000-01-01T00:00 local time. A real part has a 32 kHz crystal, a
// supply pin of its own, and a counter that no line can write.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class ClockPort {
  /** Minutes since manufacture; never goes back. Gives 0..2^30 min. */
  abstract minute(): i32;
  /** Minutes to add to `minute` for the wall clock. Gives -2^30..2^30 min. */
  abstract offset(): i32;
  /** Writes the offset register. `minutes`: -2^30..2^30 min. */
  abstract setOffset(minutes: i32): void;
}
// End of port.
