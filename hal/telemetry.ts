// What travels over the telemetry link, for both ends of it. A frame is COBS-coded and ends with a zero byte, so a
// receiver that lost its place finds it again at the next zero. Decoded:
//
//   version u8 | kind u8 | sequence u16 | payload 0..96 bytes | CRC-16/CCITT-FALSE u16
//
// All integers are little-endian. A reply has the kind of its command with REPLY set and the same sequence; its payload
// is an OUTCOME_ byte, then what the command answers. Every command but the queries is remembered with its outcome, so
// that one repeated under the same sequence is acknowledged again and not executed again (LNK-3). `docs/telemetry.md`
// is the page for people. Codes are append-only.

export const FRAME_VERSION: i32 = 1;
export const FRAME_HEADER_BYTES: i32 = 4;
export const FRAME_CRC_BYTES: i32 = 2;
export const FRAME_PAYLOAD_BYTES: i32 = 96;
/** Header, payload and CRC. */
export const FRAME_BYTES: i32 = 102;
/** Coded: one byte more for every 254 begun. Without the delimiter. */
export const FRAME_CODED_BYTES: i32 = 103;

export const REPLY: i32 = 128;

export const COMMAND_VERSION: i32 = 1;
export const COMMAND_INTERROGATE: i32 = 2;
export const COMMAND_STAGE: i32 = 3;
export const COMMAND_COMMIT: i32 = 4;
export const COMMAND_STOP: i32 = 5;
export const COMMAND_START: i32 = 6;
export const COMMAND_PATIENT_BOLUS: i32 = 7;
export const COMMAND_CLINICIAN_BOLUS: i32 = 8;
export const COMMAND_REFILL: i32 = 9;
export const COMMAND_SET_CLOCK: i32 = 10;
export const COMMAND_ACKNOWLEDGE: i32 = 11;
export const COMMAND_SELF_TEST: i32 = 12;
export const COMMANDS: i32 = 13;

export const OUTCOME_ACCEPTED: i32 = 0;
export const OUTCOME_LOCKOUT: i32 = 1;
export const OUTCOME_PER_24H: i32 = 2;
export const OUTCOME_DOSE_LIMIT: i32 = 3;
export const OUTCOME_BUSY: i32 = 4;
export const OUTCOME_STOPPED: i32 = 5;
export const OUTCOME_ALARM: i32 = 6;
export const OUTCOME_EMPTY: i32 = 7;
export const OUTCOME_NOT_PROGRAMMED: i32 = 8;
export const OUTCOME_OUT_OF_RANGE: i32 = 9;
/** The commit's digest is not that of what was staged. */
export const OUTCOME_DIGEST: i32 = 10;
/** No such command, or a payload of the wrong length. */
export const OUTCOME_MALFORMED: i32 = 11;
/** Another frame version: nothing else in the frame was looked at. */
export const OUTCOME_VERSION: i32 = 12;
export const OUTCOMES: i32 = 13;

// The program record, the payload of STAGE; its digest is the CRC-32 (ISO-HDLC) over exactly these bytes.
//
//   mode u8 (MODE_ of trace.ts) | limits u8 | bolus cap per 24 h u8 | reserved u8 | rate u32 (0.01 uL/day)
//   bolus u16 (pulses) | bolus duration u16 (s) | lockout u16 (min) | low reservoir u32 (pulses)
//   limit: volume u32 (pulses) | window u16 (min), four times, unused ones zero
//
// A record without patient bolus has cap 0; one without limits gets the limits of LIM-5.
export const PROGRAM_MODE: i32 = 0;
export const PROGRAM_LIMITS: i32 = 1;
export const PROGRAM_CAP: i32 = 2;
export const PROGRAM_RATE: i32 = 4;
export const PROGRAM_BOLUS: i32 = 8;
export const PROGRAM_BOLUS_SECONDS: i32 = 10;
export const PROGRAM_LOCKOUT: i32 = 12;
export const PROGRAM_LOW: i32 = 14;
export const PROGRAM_LIMIT: i32 = 18;
export const PROGRAM_LIMIT_BYTES: i32 = 6;
export const PROGRAM_LIMITS_MOST: i32 = 4;
export const PROGRAM_BYTES: i32 = 42;

/** Bounds of a program beyond those of units.ts. */
export const BOLUS_SECONDS_MOST: i32 = 43200;
export const CAP_PER_24H_MOST: i32 = 96;
export const LOCKOUT_MINUTES_LEAST: i32 = 15;
export const LOCKOUT_MINUTES_MOST: i32 = 1440;
export const WINDOW_MINUTES_LEAST: i32 = 15;
export const WINDOW_MINUTES_MOST: i32 = 10080;

// Other payloads.
//   COMMIT: digest u32                     CLINICIAN_BOLUS: pulses u32 | duration u32 (s)
//   REFILL: emptied u8 (1: everything was aspirated) | aspirated u32 | filled u32 (pulses)
//   SET_CLOCK: wall minute u32             ACKNOWLEDGE: alarm u8
// Replies beyond the outcome byte: VERSION: frame version u8 | controller version u16;
// STAGE: digest u32; INTERROGATE: the status below. The outcome of INTERROGATE is always accepted.
export const COMMIT_BYTES: i32 = 4;
export const CLINICIAN_BOLUS_BYTES: i32 = 8;
export const REFILL_BYTES: i32 = 9;
export const SET_CLOCK_BYTES: i32 = 4;
export const ACKNOWLEDGE_BYTES: i32 = 1;

// Status: offsets after the outcome byte.
export const STATUS_MODE: i32 = 0;
export const STATUS_FLAGS: i32 = 1;
/** Command last executed or denied, its sequence and outcome; 0 after a reset. */
export const STATUS_LAST_COMMAND: i32 = 2;
export const STATUS_LAST_OUTCOME: i32 = 3;
export const STATUS_LAST_SEQUENCE: i32 = 4;
export const STATUS_CELL_MV: i32 = 6;
export const STATUS_RATE: i32 = 8;
export const STATUS_ESTIMATE: i32 = 12;
export const STATUS_PULSES: i32 = 16;
export const STATUS_MISSED: i32 = 20;
export const STATUS_ALARMS: i32 = 24;
export const STATUS_MINUTE: i32 = 28;
export const STATUS_OFFSET: i32 = 32;
export const STATUS_DIGEST: i32 = 36;
export const STATUS_BOLUS_GIVEN: i32 = 40;
export const STATUS_BOLUS_TOTAL: i32 = 44;
/** Patient bolus requests, then those granted, then those denied by each OUTCOME_ 1..9, u16 each (PTB-5). */
export const STATUS_REQUESTS: i32 = 48;
export const STATUS_GRANTED: i32 = 50;
export const STATUS_DENIED: i32 = 52;
export const STATUS_REFUSED_FRAMES: i32 = 70;
export const STATUS_BYTES: i32 = 72;

export const FLAG_BOLUS: i32 = 1;
export const FLAG_STALLED: i32 = 2;
export const FLAG_LIMITED: i32 = 4;
export const FLAG_SELF_TEST: i32 = 8;
export const FLAG_HEAD: i32 = 16;

/** Host text; nothing in the firmware calls it, so no target carries it. */
export function outcomeName(outcome: i32): string {
  switch (outcome) {
    case OUTCOME_ACCEPTED:
      return "accepted";
    case OUTCOME_LOCKOUT:
      return "lockout";
    case OUTCOME_PER_24H:
      return "per_24h";
    case OUTCOME_DOSE_LIMIT:
      return "dose_limit";
    case OUTCOME_BUSY:
      return "busy";
    case OUTCOME_STOPPED:
      return "stopped";
    case OUTCOME_ALARM:
      return "alarm";
    case OUTCOME_EMPTY:
      return "empty";
    case OUTCOME_NOT_PROGRAMMED:
      return "not_programmed";
    case OUTCOME_OUT_OF_RANGE:
      return "out_of_range";
    case OUTCOME_DIGEST:
      return "digest";
    case OUTCOME_MALFORMED:
      return "malformed";
    case OUTCOME_VERSION:
      return "version";
    default:
      return "unknown";
  }
}
