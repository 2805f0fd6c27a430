// Why the controller started: the board's reset-cause register, valid from boot to the next reset. Append-only codes.

export const RESET_POWER_ON: i32 = 0;
export const RESET_BROWNOUT: i32 = 1;
export const RESET_WATCHDOG: i32 = 2;
/** The reset line was pulled from outside the controller. */
export const RESET_EXTERNAL: i32 = 3;

export abstract class ResetPort {
  /** One of the RESET_ codes. */
  abstract cause(): i32;
}

/** Host text; nothing in the firmware calls it, so no target carries it. */
export function resetName(cause: i32): string {
  switch (cause) {
    case RESET_POWER_ON:
      return "power_on";
    case RESET_BROWNOUT:
      return "brownout";
    case RESET_WATCHDOG:
      return "watchdog";
    case RESET_EXTERNAL:
      return "external";
    default:
      return "unknown";
  }
}
