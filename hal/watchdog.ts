// A windowed watchdog, which runs from reset on and cannot be stopped. A kick must come at least WATCHDOG_TICKS_MIN and at most
// WATCHDOG_TICKS_MAX ticks after the last one (or after reset); otherwise the board resets the controller. So a tick that hangs
// and ticks that come too often are both found within 250 ms (SLF-2).

export const WATCHDOG_TICKS_MIN: i32 = 1;
export const WATCHDOG_TICKS_MAX: i32 = 20;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class WatchdogPort {
  /** Serves the watchdog. A second kick in the same tick is too early. */
  abstract kick(): void;
  /** Ticks since the last kick, by which a self-test checks that the watchdog counts. Gives 0..20 ticks. */
  abstract since(): i32;
}
// End of port.
