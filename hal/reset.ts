// The board's reset-cause register, which says why the controller started. It is valid from boot to the next reset. Its codes
// are append-only.

// Made from emulator/contract/codes.ts by npm run contract: reset causes.
export const RESET_POWER_ON: i32 = 0;
export const RESET_BROWNOUT: i32 = 1;
export const RESET_WATCHDOG: i32 = 2;
/** The reset line was pulled from outside the controller. */
export const RESET_EXTERNAL: i32 = 3;
// End of reset causes.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class ResetPort {
  /** Why the controller started. Gives one of the RESET_ codes. */
  abstract cause(): i32;
}
// End of port.
