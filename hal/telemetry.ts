// The frames of the telemetry link and the layouts in them, for both of its ends. A frame is COBS-coded and ends with a zero
// byte, so a receiver that lost its place finds it again at the next zero. A decoded frame is:
//
//   version u8 | type u8 | body | CRC-16/CCITT-FALSE u16
//
// All integers are little-endian. An answer has the type of its frame with REPLY set. Bodies:
//
//   QUERY: anything; understood in every version. Answer: outcome u8 | frame version u8 | controller version u16 | library u16
//   PAIR: role u8 | public key (32). Answer: outcome u8 | echo (2), and when accepted: pairing u8 | public key (32)
//   OPEN: pairing u8 | nonce (16). Answer: outcome u8 | echo (2), and when accepted: session u32 | nonce (16)
//   SEALED: session u32 | counter u32 | text, encrypted | tag (8)
//   REFUSED (only as an answer): outcome u8 | echo (2), to a frame that could not be authenticated, or not even read
//
// The echo is the last two bytes of the body of the frame that is answered, and zeros when the body is shorter. So an answer in
// the clear belongs to one frame, and not to another one that came at about the same time (SEC-5).
//
// The text of a sealed frame is command u8 | sequence u16 | payload 0..96 bytes; of its answer, command with REPLY set | the
// same sequence | an OUTCOME_ byte, then what the command answers. Every command but the queries is remembered with its
// outcome, so that one repeated under the same sequence is acknowledged again and not executed again (LNK-3).
// `docs/telemetry.md` is the page for people. Codes are append-only.

export const FRAME_VERSION: i32 = 3;
export const FRAME_HEADER_BYTES: i32 = 2;
export const FRAME_CRC_BYTES: i32 = 2;

export const FRAME_QUERY: i32 = 1;
export const FRAME_PAIR: i32 = 2;
export const FRAME_OPEN: i32 = 3;
export const FRAME_SEALED: i32 = 4;
export const FRAME_REFUSED: i32 = 5;
export const REPLY: i32 = 128;

/** Version, type, session and counter: what is authenticated beside the text. */
export const SEALED_HEADER_BYTES: i32 = 10;
export const SEALED_SESSION: i32 = 2;
export const SEALED_COUNTER: i32 = 6;
/** Command and sequence. */
export const TEXT_HEADER_BYTES: i32 = 3;
export const PAYLOAD_BYTES: i32 = 96;
export const TAG_BYTES: i32 = 8;
/** The longest frame before it is coded: sealed header, text, tag and CRC. */
export const FRAME_BYTES: i32 = SEALED_HEADER_BYTES + TEXT_HEADER_BYTES + PAYLOAD_BYTES + TAG_BYTES + FRAME_CRC_BYTES;
/** The longest coded frame without its delimiter. COBS adds one byte to fewer than 254. */
export const FRAME_CODED_BYTES: i32 = FRAME_BYTES + 1;

/** The first byte of a nonce. Behind it lie session u32, counter u32 and zeros. */
export const DIRECTION_TO_PUMP: i32 = 0;
export const DIRECTION_FROM_PUMP: i32 = 1;
/** Sessions and counters start at 1 and end here. */
export const COUNTER_MAX: i32 = 0x3fffffff;

// Made from emulator/contract/codes.ts by npm run contract: roles.
export const ROLE_CLINICIAN: i32 = 1;
/** Bolus and status only. */
export const ROLE_PATIENT: i32 = 2;
/** Reads, and changes nothing. */
export const ROLE_OBSERVER: i32 = 3;
export const ROLES: i32 = 4;
// End of roles.
/** A pump keeps two pairings of each role; pairing p has role 1 + (p >> 1). A third takes the place of the older one. */
export const PAIRINGS_OF_A_ROLE: i32 = 2;
export const PAIRINGS: i32 = 6;
export const PAIR_BYTES: i32 = 33;
export const OPEN_NONCE_BYTES: i32 = 16;
export const OPEN_BYTES: i32 = 17;
/** The echo in an answer in the clear. */
export const ECHO_BYTES: i32 = 2;
/** A session ends when no authentic frame came for this time (LNK-5). */
export const SESSION_MINUTES: i32 = 10;
/** With so many session numbers left the pump asks for its replacement. With none left it opens no session any more. */
export const SESSIONS_LEFT_LOW: i32 = 1000;
/**
 * The number of frames of a kind (version queries, pairings, openings, all others) in a row that may prove no key and cause no
 * pause. Each further one doubles a pause in which the pump hears no frame of that kind.
 */
export const BACK_OFF_FREE: i32 = 3;
export const BACK_OFF_TICKS_MAX: i32 = 1024;
/** More frames than these that prove no key, in a minute, are a flood, which raises the alarm `security`. */
export const FLOOD_FRAMES_PER_MINUTE: i32 = 240;
/** During a pause the pump still tries so many sealed frames for a session that was opened and not used yet. */
export const OFFER_TRIES: i32 = 64;

// The bits of a command's row. Bit r is set when role r may give the command, and bit 0 when a session of unknown role may as
// well.
export const ROW_ANYBODY: i32 = 15;
/** A clinician needs the programming head in place for it. */
export const ROW_NEEDS_HEAD: i32 = 16;
/** The pump remembers the command with its outcome. It acknowledges a repeat and does not carry it out again. */
export const ROW_IS_REMEMBERED: i32 = 32;
/** Its refusal is logged as an event of its own (a denied bolus, a refused program), not as `command_refused`. */
export const ROW_LOGS_REFUSAL: i32 = 64;
/** At least one byte follows its fields. */
export const ROW_HAS_REST: i32 = 128;
/** The row of a clinician's order. */
const ROW_ORDER: i32 = (1 << ROLE_CLINICIAN) | ROW_NEEDS_HEAD | ROW_IS_REMEMBERED;
/** The lowest bit of the types of a payload's fields: FIELD_BITS for each field, 0 without one. */
const ROW_FIELDS: i32 = 8;
const FIELD_BITS: i32 = 2;
export const FIELD_U8: i32 = 1;
export const FIELD_U16: i32 = 2;
export const FIELD_U32: i32 = 3;

/** The type of the field in place `index` of a row; 0 where it has no such field. */
export function fieldOf(row: i32, index: i32): i32 {
  return (row >> (ROW_FIELDS + ((index * FIELD_BITS) | 0))) & 3;
}

// Made from emulator/contract/commands.ts by npm run contract: commands.
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
export const COMMAND_PRIME: i32 = 13;
export const COMMAND_BRIDGE: i32 = 14;
export const COMMAND_IMPLANT: i32 = 15;
export const COMMAND_EXPLANT: i32 = 16;
export const COMMAND_READ_LOG: i32 = 17;
export const COMMAND_READ_PROGRAM: i32 = 18;
export const COMMANDS: i32 = 19;

// The fields of each payload by their place in it.

// STAGE: offset u16, 1 to 94 bytes of the record.
export const STAGE_OFFSET: i32 = 0;

// COMMIT: digest u32, confirm u8, reason u8, total u32.
export const COMMIT_DIGEST: i32 = 0;
export const COMMIT_CONFIRM: i32 = 1;
export const COMMIT_REASON: i32 = 2;
export const COMMIT_TOTAL: i32 = 3;

// CLINICIAN_BOLUS: pulses u32, duration_s u32.
export const CLINICIAN_BOLUS_PULSES: i32 = 0;
export const CLINICIAN_BOLUS_DURATION_S: i32 = 1;

// REFILL: flags u8, aspirated u32, filled u32.
export const REFILL_FLAGS: i32 = 0;
export const REFILL_ASPIRATED: i32 = 1;
export const REFILL_FILLED: i32 = 2;

// SET_CLOCK: wall_minute u32.
export const SET_CLOCK_WALL_MINUTE: i32 = 0;

// ACKNOWLEDGE: alarm u8.
export const ACKNOWLEDGE_ALARM: i32 = 0;

// PRIME: pulses u32, confirm u8.
export const PRIME_PULSES: i32 = 0;
export const PRIME_CONFIRM: i32 = 1;

// BRIDGE: old_concentration u32, pulses u32.
export const BRIDGE_OLD_CONCENTRATION: i32 = 0;
export const BRIDGE_PULSES: i32 = 1;

// IMPLANT: catheter_mm u16, catheter_nl u32, flags u8.
export const IMPLANT_CATHETER_MM: i32 = 0;
export const IMPLANT_CATHETER_NL: i32 = 1;
export const IMPLANT_FLAGS: i32 = 2;

// READ_LOG: ring u8, first u32.
export const READ_LOG_RING: i32 = 0;
export const READ_LOG_FIRST: i32 = 1;

// READ_PROGRAM: offset u16.
export const READ_PROGRAM_OFFSET: i32 = 0;

export const PAYLOAD_FIELDS_MAX: i32 = 4;

/** The row of a command: ROW_ bits, and FIELD_ codes of its payload from bit ROW_FIELDS on; 0 for what is no command. */
export function commandRow(kind: i32): i32 {
  switch (kind) {
    case COMMAND_INTERROGATE:
      return ROW_ANYBODY;
    case COMMAND_STAGE:
      return (1 << ROLE_CLINICIAN) | ROW_NEEDS_HEAD | ROW_HAS_REST | (FIELD_U16 << ROW_FIELDS);
    case COMMAND_COMMIT:
      return (
        ROW_ORDER |
        ROW_LOGS_REFUSAL |
        (FIELD_U32 << ROW_FIELDS) |
        (FIELD_U8 << (ROW_FIELDS + 1 * FIELD_BITS)) |
        (FIELD_U8 << (ROW_FIELDS + 2 * FIELD_BITS)) |
        (FIELD_U32 << (ROW_FIELDS + 3 * FIELD_BITS))
      );
    case COMMAND_STOP:
      return ROW_ORDER;
    case COMMAND_START:
      return ROW_ORDER;
    case COMMAND_PATIENT_BOLUS:
      return (1 << ROLE_CLINICIAN) | (1 << ROLE_PATIENT) | ROW_IS_REMEMBERED | ROW_LOGS_REFUSAL;
    case COMMAND_CLINICIAN_BOLUS:
      return ROW_ORDER | ROW_LOGS_REFUSAL | (FIELD_U32 << ROW_FIELDS) | (FIELD_U32 << (ROW_FIELDS + 1 * FIELD_BITS));
    case COMMAND_REFILL:
      return (
        ROW_ORDER |
        (FIELD_U8 << ROW_FIELDS) |
        (FIELD_U32 << (ROW_FIELDS + 1 * FIELD_BITS)) |
        (FIELD_U32 << (ROW_FIELDS + 2 * FIELD_BITS))
      );
    case COMMAND_SET_CLOCK:
      return ROW_ORDER | (FIELD_U32 << ROW_FIELDS);
    case COMMAND_ACKNOWLEDGE:
      return ROW_ORDER | (FIELD_U8 << ROW_FIELDS);
    case COMMAND_SELF_TEST:
      return ROW_ORDER;
    case COMMAND_PRIME:
      return ROW_ORDER | ROW_LOGS_REFUSAL | (FIELD_U32 << ROW_FIELDS) | (FIELD_U8 << (ROW_FIELDS + 1 * FIELD_BITS));
    case COMMAND_BRIDGE:
      return ROW_ORDER | (FIELD_U32 << ROW_FIELDS) | (FIELD_U32 << (ROW_FIELDS + 1 * FIELD_BITS));
    case COMMAND_IMPLANT:
      return (
        ROW_ORDER |
        (FIELD_U16 << ROW_FIELDS) |
        (FIELD_U32 << (ROW_FIELDS + 1 * FIELD_BITS)) |
        (FIELD_U8 << (ROW_FIELDS + 2 * FIELD_BITS))
      );
    case COMMAND_EXPLANT:
      return ROW_ORDER;
    case COMMAND_READ_LOG:
      return (
        (1 << ROLE_CLINICIAN) |
        (1 << ROLE_OBSERVER) |
        (FIELD_U8 << ROW_FIELDS) |
        (FIELD_U32 << (ROW_FIELDS + 1 * FIELD_BITS))
      );
    case COMMAND_READ_PROGRAM:
      return (1 << ROLE_CLINICIAN) | (1 << ROLE_OBSERVER) | (FIELD_U16 << ROW_FIELDS);
    default:
      return 0;
  }
}
// End of commands.

// Made from emulator/contract/codes.ts by npm run contract: outcomes.
export const OUTCOME_ACCEPTED: i32 = 0;
/** The lockout after the last patient bolus is not over. */
export const OUTCOME_LOCKOUT: i32 = 1;
/** The patient boluses of 24 h are used up. */
export const OUTCOME_PER_24H: i32 = 2;
/** A window would exceed its limit. */
export const OUTCOME_DOSE_LIMIT: i32 = 3;
/** Another delivery or request is under way, or for an explant, therapy. */
export const OUTCOME_BUSY: i32 = 4;
/** The pump is stopped. */
export const OUTCOME_STOPPED: i32 = 5;
/** A critical alarm is active, or the memory cannot store the change. */
export const OUTCOME_ALARM: i32 = 6;
/** The reservoir is empty. */
export const OUTCOME_EMPTY: i32 = 7;
/** There is no program in force. */
export const OUTCOME_NOT_PROGRAMMED: i32 = 8;
/** A number or a set of flags is outside the range of the command. */
export const OUTCOME_OUT_OF_RANGE: i32 = 9;
/** The commit's digest is not that of what was staged. */
export const OUTCOME_DIGEST: i32 = 10;
/** The frame or the command does not exist, or has another length. */
export const OUTCOME_MALFORMED: i32 = 11;
/** The frame has another version, and the pump did not read the rest of it. */
export const OUTCOME_VERSION: i32 = 12;
/** The role may not send this command, or the programming head is not in place. */
export const OUTCOME_NOT_AUTHORISED: i32 = 13;
/** A drug's soft limit is passed, and the commit neither confirms it nor gives a reason. */
export const OUTCOME_SOFT_LIMIT: i32 = 14;
/** A drug's hard limit is passed. */
export const OUTCOME_HARD_LIMIT: i32 = 15;
/** The 24-hour total is more than twice the last one, and the commit does not confirm it. */
export const OUTCOME_TOTAL_DOUBLED: i32 = 16;
/** Drug or concentration changes, and there is neither a bridge nor a waiver. */
export const OUTCOME_BRIDGE_NEEDED: i32 = 17;
/** The program was written for another version of the drug library. */
export const OUTCOME_LIBRARY: i32 = 18;
/** The command is not allowed in this state of the pump's life; reports say `life_cycle`. */
export const OUTCOME_LIFE: i32 = 19;
/** The aspirated volume is not the one that should have been left; nothing was recorded. */
export const OUTCOME_DISCREPANCY: i32 = 20;
/** The log has entries that nobody has read. */
export const OUTCOME_LOG_UNREAD: i32 = 21;
/** The frame is sealed for a session that is over or does not exist; open a new one. */
export const OUTCOME_NO_SESSION: i32 = 22;
/** This counter was used before, or it is 0 or too large. */
export const OUTCOME_REPLAY: i32 = 23;
/** The tag does not fit text and key; for PAIR, the public key gives no shared secret. */
export const OUTCOME_NOT_AUTHENTIC: i32 = 24;
/** This pairing does not exist. */
export const OUTCOME_NOT_PAIRED: i32 = 25;
/** The program cannot be given as written, and the commit does not confirm it; the answer names the field. */
export const OUTCOME_TIGHT_LIMITS: i32 = 26;
export const OUTCOMES: i32 = 27;
// End of outcomes.

// The program record. STAGE carries it in pieces, each with its offset. A piece at offset 0 clears what was staged before, and
// bytes that are never sent are zero. The record's digest is the CRC-32 (ISO-HDLC) over exactly PROGRAM_BYTES.
// Made from emulator/contract/record.ts by npm run contract: program record.
/** u8. */
export const PROGRAM_MODE: i32 = 0;
/** u8: with 0 the pump derives limits from the program (LIM-5). */
export const PROGRAM_LIMIT_COUNT: i32 = 1;
/** u8: patient boluses in 24 h; 0: none. */
export const PROGRAM_CAP: i32 = 2;
/** u8. */
export const PROGRAM_DRUG_COUNT: i32 = 3;
/** u32: of continuous mode, 0.01 uL/day; 0 in the other modes. */
export const PROGRAM_RATE: i32 = 4;
/** u16: a patient's bolus. */
export const PROGRAM_BOLUS: i32 = 8;
/** u16: its duration. */
export const PROGRAM_BOLUS_SECONDS: i32 = 10;
/** u16: minutes between two patient boluses. */
export const PROGRAM_LOCKOUT: i32 = 12;
/** u32: threshold of the alarm low_reservoir, in pulses. */
export const PROGRAM_LOW: i32 = 14;
/** 4 times (pulses u32, window_min u16). */
export const PROGRAM_LIMIT: i32 = 18;
/** u16: version of the drug library. */
export const PROGRAM_LIBRARY: i32 = 42;
/** u16: days from a refill to the next; 0: no date. */
export const PROGRAM_REFILL_DAYS: i32 = 44;
/** u16: a dose of periodic mode. */
export const PROGRAM_DOSE: i32 = 46;
/** u16: its duration. */
export const PROGRAM_DOSE_SECONDS: i32 = 48;
/** u16: minutes from one dose to the next. */
export const PROGRAM_DOSE_EVERY: i32 = 50;
/** 4 times (id u8, concentration u32): the primary one first. */
export const PROGRAM_DRUG: i32 = 52;
/** u8 x 7: the pattern of each weekday of flex mode, Monday first. */
export const PROGRAM_WEEKDAY: i32 = 72;
/** u8. */
export const PROGRAM_PATTERN_COUNT: i32 = 79;
/** 7 times (step_count u8, 13 times (minute u16, rate u32)). */
export const PROGRAM_PATTERN: i32 = 80;

export const PROGRAM_LIMIT_BYTES: i32 = 6;
export const PROGRAM_DRUG_BYTES: i32 = 5;
export const PROGRAM_PATTERN_BYTES: i32 = 79;
export const PROGRAM_STEP_BYTES: i32 = 6;
/** In one limit. u32. */
export const PROGRAM_LIMIT_PULSES_AT: i32 = 0;
/** In one limit. u16. */
export const PROGRAM_LIMIT_WINDOW_MIN_AT: i32 = 4;
/** In one drug. u8: of hal/drug-library.ts; 0: unlisted. */
export const PROGRAM_DRUG_ID_AT: i32 = 0;
/** In one drug. u32: 0.1 ug/mL. */
export const PROGRAM_DRUG_CONCENTRATION_AT: i32 = 1;
/** In one pattern. u8. */
export const PROGRAM_PATTERN_STEP_COUNT_AT: i32 = 0;
/** In one pattern. 13 times (minute u16, rate u32). */
export const PROGRAM_PATTERN_STEPS_AT: i32 = 1;
/** In one step. u16: of the day. */
export const PROGRAM_STEP_MINUTE_AT: i32 = 0;
/** In one step. u32: 0.01 uL/day. */
export const PROGRAM_STEP_RATE_AT: i32 = 2;
export const PROGRAM_LIMITS_MAX: i32 = 4;
export const PROGRAM_DRUGS_MAX: i32 = 4;
export const PATTERNS_MAX: i32 = 7;
export const STEPS_MAX: i32 = 13;
export const WEEKDAYS: i32 = 7;
export const PROGRAM_BYTES: i32 = 633;
// End of program record.
/** The most bytes of a program record that one STAGE, or one answer to READ_PROGRAM, carries. */
export const PROGRAM_PIECE_BYTES: i32 = 94;

/** Bounds of a program beyond those of units.ts. */
export const BOLUS_SECONDS_MAX: i32 = 43200;
export const CAP_PER_24H_MAX: i32 = 96;
export const LOCKOUT_MINUTES_MIN: i32 = 15;
export const LOCKOUT_MINUTES_MAX: i32 = 1440;
export const WINDOW_MINUTES_MIN: i32 = 15;
export const WINDOW_MINUTES_MAX: i32 = 10080;

export const DOSE_EVERY_MINUTES_MIN: i32 = 15;
export const DOSE_EVERY_MINUTES_MAX: i32 = 1440;
/** 1 mL: more than any catheter and the tubing of the pump hold. */
export const PRIME_PULSES_MAX: i32 = 4000;
/**
 * Catheters are 20 to 115 cm long and hold 2.2 to 2.6 uL a centimetre; a path beyond 0.75 mL would void the check of a
 * prime.
 */
export const CATHETER_MM_MIN: i32 = 50;
export const CATHETER_MM_MAX: i32 = 1500;
export const CATHETER_NL_MAX: i32 = 750000;
/** The last minute to which the wall clock can be set, in the year 4041. */
export const WALL_MINUTE_MAX: i32 = 0x3fffffff;

// Made from emulator/contract/commands.ts by npm run contract: bits.
/** A drug's soft limit is passed. */
export const CONFIRM_SOFT_LIMIT: i32 = 1;
/** The 24-hour total is more than doubled. */
export const CONFIRM_TOTAL: i32 = 2;
/** Drug or concentration changes without a bridge. */
export const CONFIRM_NO_BRIDGE: i32 = 4;
/** A prime is more than the recorded path holds. */
export const CONFIRM_GEOMETRY: i32 = 8;
/** The program cannot be given as written (LIM-9). */
export const CONFIRM_TIGHT_LIMITS: i32 = 16;

/** Everything was aspirated. */
export const REFILL_EMPTIED: i32 = 1;
/** A discrepancy is accepted; without it a refill with one is refused, and nothing is recorded. */
export const REFILL_ACCEPT: i32 = 2;

/** The purge was seen before; without it the pump proves with a purge of eight pulses that its motor turns. */
export const IMPLANT_PURGED: i32 = 1;

/** A bolus is under way. */
export const FLAG_BOLUS: i32 = 1;
/** The motor is stalled. */
export const FLAG_STALLED: i32 = 2;
/** A dose limit holds the rate back. */
export const FLAG_LIMITED: i32 = 4;
/** A self-test is under way. */
export const FLAG_SELF_TEST: i32 = 8;
/** The programming head is in place. */
export const FLAG_HEAD: i32 = 16;
// End of bits.

// Made from emulator/contract/codes.ts by npm run contract: reasons.
// The reasons for a dose beyond a drug's soft limit.
export const REASON_NONE: i32 = 0;
export const REASON_TITRATION: i32 = 1;
export const REASON_TOLERANCE: i32 = 2;
export const REASON_PALLIATIVE: i32 = 3;
export const REASON_OTHER: i32 = 4;
export const REASONS: i32 = 5;
// End of reasons.

// Made from emulator/contract/codes.ts by npm run contract: refused fields.
// The field for which a commit is refused, as a prescription names it.
/** The refusal is about no field. */
export const REFUSED_NONE: i32 = 0;
export const REFUSED_MODE: i32 = 1;
export const REFUSED_RATE: i32 = 2;
export const REFUSED_STEPS: i32 = 3;
/** A dose of periodic mode. */
export const REFUSED_DOSE: i32 = 4;
export const REFUSED_DOSE_DURATION: i32 = 5;
export const REFUSED_DOSE_EVERY: i32 = 6;
/** Its volume, or with its duration the rate of it. */
export const REFUSED_BOLUS: i32 = 7;
export const REFUSED_BOLUS_DURATION: i32 = 8;
export const REFUSED_LOCKOUT: i32 = 9;
export const REFUSED_PER_24H: i32 = 10;
export const REFUSED_LOW_RESERVOIR: i32 = 11;
/** The number of limits. */
export const REFUSED_LIMITS: i32 = 12;
export const REFUSED_LIMITS_0: i32 = 13;
export const REFUSED_LIMITS_1: i32 = 14;
export const REFUSED_LIMITS_2: i32 = 15;
export const REFUSED_LIMITS_3: i32 = 16;
/** The number of drugs. */
export const REFUSED_DRUGS: i32 = 17;
export const REFUSED_DRUGS_0: i32 = 18;
export const REFUSED_DRUGS_1: i32 = 19;
export const REFUSED_DRUGS_2: i32 = 20;
export const REFUSED_DRUGS_3: i32 = 21;
export const REFUSED_LIBRARY: i32 = 22;
export const REFUSED_CONFIRM: i32 = 23;
export const REFUSED_REASON: i32 = 24;
export const REFUSED_FIELDS: i32 = 25;
// End of refused fields.

// Made from emulator/contract/codes.ts by npm run contract: life.
// The states of a pump's life.
export const LIFE_SHELF: i32 = 0;
export const LIFE_IMPLANTED: i32 = 1;
export const LIFE_IN_SERVICE: i32 = 2;
export const LIFE_EXPLANTED: i32 = 3;
// End of life.

// Made from emulator/contract/codes.ts by npm run contract: log rings.
// The two rings of the log; an entry's code is an EVENT_ of trace.ts.
export const LOG_EVENTS: i32 = 0;
export const LOG_FAULTS: i32 = 1;
// End of log rings.
/** Entries that one reply carries. */
export const LOG_READ_MAX: i32 = 4;

// Made from emulator/contract/commands.ts by npm run contract: status.
// Offsets in the status, after the outcome byte.
/** u8. */
export const STATUS_MODE: i32 = 0;
/** u8. */
export const STATUS_FLAGS: i32 = 1;
/** u8: the last command of this pairing that was executed or denied; 0 when there is none. */
export const STATUS_LAST_COMMAND: i32 = 2;
/** u8: its outcome. */
export const STATUS_LAST_OUTCOME: i32 = 3;
/** u16: its sequence. */
export const STATUS_LAST_SEQUENCE: i32 = 4;
/** u16: voltage of the cell. */
export const STATUS_CELL_MV: i32 = 6;
/** u32: basal rate in force, 0.01 uL/day. */
export const STATUS_RATE: i32 = 8;
/** u32: the pump's estimate of the reservoir. */
export const STATUS_ESTIMATE: i32 = 12;
/** u32: pulses since the controller started. */
export const STATUS_PULSES: i32 = 16;
/** u32: the number of these without proof of motion. */
export const STATUS_MISSED: i32 = 20;
/** u32: bit n is set while alarm n is active. */
export const STATUS_ALARMS: i32 = 24;
/** u32: the pump's minute counter. */
export const STATUS_MINUTE: i32 = 28;
/** i32: minutes to the wall clock. */
export const STATUS_OFFSET: i32 = 32;
/** u32: digest of the program in force; 0 when there is none. */
export const STATUS_DIGEST: i32 = 36;
/** u32: given volume of the last bolus. */
export const STATUS_BOLUS_GIVEN: i32 = 40;
/** u32: ordered volume of the last bolus. */
export const STATUS_BOLUS_TOTAL: i32 = 44;
/** u16: patient bolus requests (PTB-5). */
export const STATUS_REQUESTS: i32 = 48;
/** u16: the number of these that were granted. */
export const STATUS_GRANTED: i32 = 50;
/** u16 x 9: the number of these that were denied, by outcome 1 to 9. */
export const STATUS_DENIED: i32 = 52;
/** u16: frames refused since the controller started. */
export const STATUS_REFUSED_FRAMES: i32 = 70;
/** u8. */
export const STATUS_LIFE: i32 = 72;
/** u16: the failures of the last self-test, as in the event `self_test`. */
export const STATUS_SELF_TEST: i32 = 73;
/** u32: sequence of the last entry of the ring of events. */
export const STATUS_LOG: i32 = 75;
/** u32: sequence of the last entry of the ring of faults. */
export const STATUS_FAULTS: i32 = 79;
/** u32: the rest of a prime or a bridge. */
export const STATUS_SUPERVISED: i32 = 83;
/** u32: the most that the program in force gives in 24 h. */
export const STATUS_TOTAL: i32 = 87;
export const STATUS_BYTES: i32 = 91;

// An entry of the log: sequence u32, minute u32, wall u32, a u32, b u32, code u8.
export const LOG_ENTRY_BYTES: i32 = 21;
// End of status.
