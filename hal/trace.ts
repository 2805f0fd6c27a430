// The instrumentation port, a one-way debug output like the trace macrocell of a microcontroller. Through it the controller
// reports what it does (events) and values that only it knows (channels). On a real implant nothing is connected to it, and it
// never blocks. All other values are measured from outside, so a controller that traces nothing still runs, with fewer signals.
// Codes are append-only.

// Made from emulator/contract/codes.ts by npm run contract: trace codes.
// The events that a controller traces; emulator/machine/events.ts has the fields of each.
export const EVENT_BOOT: i32 = 1;
export const EVENT_BOLUS_STARTED: i32 = 2;
export const EVENT_BOLUS_FINISHED: i32 = 3;
export const EVENT_BOLUS_DENIED: i32 = 4;
export const EVENT_BOLUS_CANCELLED: i32 = 5;
export const EVENT_BASAL_RATE: i32 = 6;
export const EVENT_PROGRAM_ACCEPTED: i32 = 7;
export const EVENT_PROGRAM_REFUSED: i32 = 8;
export const EVENT_STOPPED: i32 = 9;
export const EVENT_STARTED: i32 = 10;
export const EVENT_REFILLED: i32 = 11;
export const EVENT_CLOCK_SET: i32 = 12;
export const EVENT_ALARM_RAISED: i32 = 13;
export const EVENT_ALARM_CLEARED: i32 = 14;
export const EVENT_STALL_DETECTED: i32 = 15;
export const EVENT_STALL_RECOVERED: i32 = 16;
export const EVENT_LIMIT_REACHED: i32 = 17;
export const EVENT_LINK_REFUSED: i32 = 18;
export const EVENT_SELF_TEST: i32 = 19;
export const EVENT_ALARM_ACKNOWLEDGED: i32 = 20;
export const EVENT_BRIDGE_STARTED: i32 = 21;
export const EVENT_BRIDGE_FINISHED: i32 = 22;
export const EVENT_LIFE_CHANGED: i32 = 23;
export const EVENT_REFILL_DISCREPANCY: i32 = 24;
export const EVENT_COMMAND_REFUSED: i32 = 25;
export const EVENT_STORE_REPAIRED: i32 = 26;
export const EVENT_SESSION_OPENED: i32 = 27;
export const EVENT_SESSION_CLOSED: i32 = 28;
export const EVENT_PAIRED: i32 = 29;
export const EVENT_SESSIONS_LEFT: i32 = 30;
export const EVENTS: i32 = 31;

// The reasons why a session ended.
export const CLOSED_TIME_OUT: i32 = 1;
export const CLOSED_REPLACED: i32 = 2;

// The ways in which a stopped pump is started.
export const STARTED_BY_COMMAND: i32 = 0;
/** A program was committed to it. */
export const STARTED_BY_PROGRAM: i32 = 1;

// The values that a controller publishes.
/** The cause of the next pulse, one of the CAUSE_ codes; published before `motor.pulse()`. */
export const CHANNEL_CAUSE: i32 = 0;
/** Basal rate in force, 0.01 uL/day. */
export const CHANNEL_RATE: i32 = 1;
/** The controller's estimate of the reservoir, in pulses. */
export const CHANNEL_ESTIMATE: i32 = 2;
/** Content of the first dose window, in pulses. */
export const CHANNEL_WINDOW0: i32 = 3;
/** Content of the second dose window, in pulses. */
export const CHANNEL_WINDOW1: i32 = 4;
/** Bit n is set while alarm n is active. */
export const CHANNEL_ALARMS: i32 = 5;
/** One of the MODE_ codes. */
export const CHANNEL_MODE: i32 = 6;
/** The limit of the first dose window, in pulses; 0 when there is none. */
export const CHANNEL_LIMIT0: i32 = 7;
/** The limit of the second dose window, in pulses; 0 when there is none. */
export const CHANNEL_LIMIT1: i32 = 8;
/** One of the LIFE_ codes of telemetry.ts. */
export const CHANNEL_LIFE: i32 = 9;
/**
 * Basal rate that program, hour and bridge ask for, before limits and alarms, 0.01 uL/day; 0 while stopped or priming.
 */
export const CHANNEL_INTENDED: i32 = 10;
/** Content of the third dose window, in pulses. */
export const CHANNEL_WINDOW2: i32 = 11;
/** Content of the fourth dose window, in pulses. */
export const CHANNEL_WINDOW3: i32 = 12;
/** The limit of the third dose window, in pulses; 0 when there is none. */
export const CHANNEL_LIMIT2: i32 = 13;
/** The limit of the fourth dose window, in pulses; 0 when there is none. */
export const CHANNEL_LIMIT3: i32 = 14;
/** The length of the first dose window, in minutes; 0 when there is none. */
export const CHANNEL_LENGTH0: i32 = 15;
/** The length of the second dose window, in minutes; 0 when there is none. */
export const CHANNEL_LENGTH1: i32 = 16;
/** The length of the third dose window, in minutes; 0 when there is none. */
export const CHANNEL_LENGTH2: i32 = 17;
/** The length of the fourth dose window, in minutes; 0 when there is none. */
export const CHANNEL_LENGTH3: i32 = 18;
export const CHANNELS: i32 = 19;

// The causes of pulses.
export const CAUSE_NONE: i32 = 0;
export const CAUSE_BASAL: i32 = 1;
export const CAUSE_PATIENT_BOLUS: i32 = 2;
export const CAUSE_CLINICIAN_BOLUS: i32 = 3;
export const CAUSE_PRIME: i32 = 4;
export const CAUSE_BRIDGE: i32 = 5;
export const CAUSES: i32 = 6;

export const MODE_NOT_PROGRAMMED: i32 = 0;
export const MODE_STOPPED: i32 = 1;
export const MODE_MINIMUM: i32 = 2;
export const MODE_CONTINUOUS: i32 = 3;
export const MODE_FLEX: i32 = 4;
export const MODE_PERIODIC: i32 = 5;
export const MODE_PRIMING: i32 = 6;
export const MODE_BRIDGE: i32 = 7;
// End of trace codes.

/** The third argument of EVENT_REFILL_DISCREPANCY where too little was delivered for an error in permille. */
export const REFILL_ERROR_UNKNOWN: i32 = 0x20000000;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class TracePort {
  /**
   * Reports an event with its three arguments, 0 where it has fewer; emulator/machine/events.ts names them. `code`: one
   * of the EVENT_ codes.
   */
  abstract event(code: i32, a: i32, b: i32, c: i32): void;
  /** Publishes the present value of a channel. `channel`: one of the CHANNEL_ codes; ignored outside. */
  abstract publish(channel: i32, value: i32): void;
}
// End of port.
