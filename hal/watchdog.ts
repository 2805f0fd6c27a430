// A windowed watchdog, running from reset and impossible to stop. A kick must come at least WATCHDOG_TICKS_MIN and at
// most WATCHDOG_TICKS_MAX ticks after the last one (or after reset); else the board resets the controller.
// So both a hung tick and a tick that runs away are caught, within 250 ms (SLF-2).

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
