/* Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in C sees of a board
 * (docs/hal.md), and what it offers (docs/controllers.md). As WebAssembly each call is an import of its port's
 * module; elsewhere the linker finds a driver's function of this name. */

#ifndef CISTERN_HAL_H
#define CISTERN_HAL_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__wasm__)
#define CISTERN_IMPORT(port, call) __attribute__((import_module(port), import_name(call)))
#define CISTERN_EXPORT(name) __attribute__((export_name(name)))
#else
#define CISTERN_IMPORT(port, call)
#define CISTERN_EXPORT(name)
#endif

/* hal/units.ts */
enum {
    TICK_MS = 10,
    TICKS_PER_SECOND = 100,
    TICKS_PER_MINUTE = 6000,
    TICKS_PER_HOUR = 360000,
    TICKS_PER_DAY = 8640000,
    MINUTES_PER_HOUR = 60,
    MINUTES_PER_DAY = 1440,
    PULSE_NL = 250,
    RATE_UNIT_NL_PER_DAY = 10,
    RATE_TICKS_PER_PULSE = 216000000,
    RATE_THERAPEUTIC_MIN = 4800,
    RATE_MAX = 2400000,
    RATE_MINIMUM = 600,
    PULSE_SPACING_TICKS = 90,
    LEAP_TICKS_MAX = 360000
};

/* hal/alarms.ts */
enum {
    ALARM_IS_CRITICAL = 1,
    ALARM_SLOWS = 2,
    ALARM_STOPS = 4,
    ALARM_LATCHES = 8,
    ALARM_RESTS_A_DAY = 16,
    ALARM_LOW_RESERVOIR = 0,
    ALARM_EMPTY_RESERVOIR = 1,
    ALARM_VOLUME_MISMATCH = 2,
    ALARM_MOTOR_STALL = 3,
    ALARM_MOTOR_REVERSE = 4,
    ALARM_MOTOR_RUNAWAY = 5,
    ALARM_TUBE_SET = 6,
    ALARM_DOSE_LIMIT = 7,
    ALARM_DOSE_GUARD = 8,
    ALARM_LOW_BATTERY_RESET = 9,
    ALARM_PROGRAM_INVALID = 10,
    ALARM_SELF_TEST_FAILED = 11,
    ALARM_CLOCK_FAULT = 12,
    ALARM_SENSOR_FAULT = 13,
    ALARM_MEMORY_FAULT = 14,
    ALARM_ERI = 15,
    ALARM_EOS = 16,
    ALARM_SECURITY = 17,
    ALARM_REFILL_OVERDUE = 18,
    ALARM_TRIAL_EXPIRED = 19,
    ALARM_PUMP_STOPPED = 20,
    ALARM_RESET_LOOP = 21,
    ALARMS = 22
};

/* hal/telemetry.ts */
enum {
    FRAME_VERSION = 3,
    FRAME_HEADER_BYTES = 2,
    FRAME_CRC_BYTES = 2,
    FRAME_QUERY = 1,
    FRAME_PAIR = 2,
    FRAME_OPEN = 3,
    FRAME_SEALED = 4,
    FRAME_REFUSED = 5,
    REPLY = 128,
    SEALED_HEADER_BYTES = 10,
    SEALED_SESSION = 2,
    SEALED_COUNTER = 6,
    TEXT_HEADER_BYTES = 3,
    PAYLOAD_BYTES = 96,
    TAG_BYTES = 8,
    FRAME_BYTES = 119,
    FRAME_CODED_BYTES = 120,
    DIRECTION_TO_PUMP = 0,
    DIRECTION_FROM_PUMP = 1,
    COUNTER_MAX = 1073741823,
    ROLE_CLINICIAN = 1,
    ROLE_PATIENT = 2,
    ROLE_OBSERVER = 3,
    ROLES = 4,
    PAIRINGS_OF_A_ROLE = 2,
    PAIRINGS = 6,
    PAIR_BYTES = 33,
    OPEN_NONCE_BYTES = 16,
    OPEN_BYTES = 17,
    ECHO_BYTES = 2,
    SESSION_MINUTES = 10,
    SESSIONS_LEFT_LOW = 1000,
    BACK_OFF_FREE = 3,
    BACK_OFF_TICKS_MAX = 1024,
    FLOOD_FRAMES_PER_MINUTE = 240,
    OFFER_TRIES = 64,
    ROW_ANYBODY = 15,
    ROW_NEEDS_HEAD = 16,
    ROW_IS_REMEMBERED = 32,
    ROW_LOGS_REFUSAL = 64,
    ROW_HAS_REST = 128,
    FIELD_U8 = 1,
    FIELD_U16 = 2,
    FIELD_U32 = 3,
    COMMAND_INTERROGATE = 2,
    COMMAND_STAGE = 3,
    COMMAND_COMMIT = 4,
    COMMAND_STOP = 5,
    COMMAND_START = 6,
    COMMAND_PATIENT_BOLUS = 7,
    COMMAND_CLINICIAN_BOLUS = 8,
    COMMAND_REFILL = 9,
    COMMAND_SET_CLOCK = 10,
    COMMAND_ACKNOWLEDGE = 11,
    COMMAND_SELF_TEST = 12,
    COMMAND_PRIME = 13,
    COMMAND_BRIDGE = 14,
    COMMAND_IMPLANT = 15,
    COMMAND_EXPLANT = 16,
    COMMAND_READ_LOG = 17,
    COMMAND_READ_PROGRAM = 18,
    COMMANDS = 19,
    STAGE_OFFSET = 0,
    COMMIT_DIGEST = 0,
    COMMIT_CONFIRM = 1,
    COMMIT_REASON = 2,
    COMMIT_TOTAL = 3,
    CLINICIAN_BOLUS_PULSES = 0,
    CLINICIAN_BOLUS_DURATION_S = 1,
    REFILL_FLAGS = 0,
    REFILL_ASPIRATED = 1,
    REFILL_FILLED = 2,
    SET_CLOCK_WALL_MINUTE = 0,
    ACKNOWLEDGE_ALARM = 0,
    PRIME_PULSES = 0,
    PRIME_CONFIRM = 1,
    BRIDGE_OLD_CONCENTRATION = 0,
    BRIDGE_PULSES = 1,
    IMPLANT_CATHETER_MM = 0,
    IMPLANT_CATHETER_NL = 1,
    IMPLANT_FLAGS = 2,
    READ_LOG_RING = 0,
    READ_LOG_FIRST = 1,
    READ_PROGRAM_OFFSET = 0,
    PAYLOAD_FIELDS_MAX = 4,
    OUTCOME_ACCEPTED = 0,
    OUTCOME_LOCKOUT = 1,
    OUTCOME_PER_24H = 2,
    OUTCOME_DOSE_LIMIT = 3,
    OUTCOME_BUSY = 4,
    OUTCOME_STOPPED = 5,
    OUTCOME_ALARM = 6,
    OUTCOME_EMPTY = 7,
    OUTCOME_NOT_PROGRAMMED = 8,
    OUTCOME_OUT_OF_RANGE = 9,
    OUTCOME_DIGEST = 10,
    OUTCOME_MALFORMED = 11,
    OUTCOME_VERSION = 12,
    OUTCOME_NOT_AUTHORISED = 13,
    OUTCOME_SOFT_LIMIT = 14,
    OUTCOME_HARD_LIMIT = 15,
    OUTCOME_TOTAL_DOUBLED = 16,
    OUTCOME_BRIDGE_NEEDED = 17,
    OUTCOME_LIBRARY = 18,
    OUTCOME_LIFE = 19,
    OUTCOME_DISCREPANCY = 20,
    OUTCOME_LOG_UNREAD = 21,
    OUTCOME_NO_SESSION = 22,
    OUTCOME_REPLAY = 23,
    OUTCOME_NOT_AUTHENTIC = 24,
    OUTCOME_NOT_PAIRED = 25,
    OUTCOME_TIGHT_LIMITS = 26,
    OUTCOMES = 27,
    PROGRAM_MODE = 0,
    PROGRAM_LIMIT_COUNT = 1,
    PROGRAM_CAP = 2,
    PROGRAM_DRUG_COUNT = 3,
    PROGRAM_RATE = 4,
    PROGRAM_BOLUS = 8,
    PROGRAM_BOLUS_SECONDS = 10,
    PROGRAM_LOCKOUT = 12,
    PROGRAM_LOW = 14,
    PROGRAM_LIMIT = 18,
    PROGRAM_LIBRARY = 42,
    PROGRAM_REFILL_DAYS = 44,
    PROGRAM_DOSE = 46,
    PROGRAM_DOSE_SECONDS = 48,
    PROGRAM_DOSE_EVERY = 50,
    PROGRAM_DRUG = 52,
    PROGRAM_WEEKDAY = 72,
    PROGRAM_PATTERN_COUNT = 79,
    PROGRAM_PATTERN = 80,
    PROGRAM_LIMIT_BYTES = 6,
    PROGRAM_DRUG_BYTES = 5,
    PROGRAM_PATTERN_BYTES = 79,
    PROGRAM_STEP_BYTES = 6,
    PROGRAM_LIMIT_PULSES_AT = 0,
    PROGRAM_LIMIT_WINDOW_MIN_AT = 4,
    PROGRAM_DRUG_ID_AT = 0,
    PROGRAM_DRUG_CONCENTRATION_AT = 1,
    PROGRAM_PATTERN_STEP_COUNT_AT = 0,
    PROGRAM_PATTERN_STEPS_AT = 1,
    PROGRAM_STEP_MINUTE_AT = 0,
    PROGRAM_STEP_RATE_AT = 2,
    PROGRAM_LIMITS_MAX = 4,
    PROGRAM_DRUGS_MAX = 4,
    PATTERNS_MAX = 7,
    STEPS_MAX = 13,
    WEEKDAYS = 7,
    PROGRAM_BYTES = 633,
    PROGRAM_PIECE_BYTES = 94,
    BOLUS_SECONDS_MAX = 43200,
    CAP_PER_24H_MAX = 96,
    LOCKOUT_MINUTES_MIN = 15,
    LOCKOUT_MINUTES_MAX = 1440,
    WINDOW_MINUTES_MIN = 15,
    WINDOW_MINUTES_MAX = 10080,
    DOSE_EVERY_MINUTES_MIN = 15,
    DOSE_EVERY_MINUTES_MAX = 1440,
    PRIME_PULSES_MAX = 4000,
    CATHETER_MM_MIN = 50,
    CATHETER_MM_MAX = 1500,
    CATHETER_NL_MAX = 750000,
    WALL_MINUTE_MAX = 1073741823,
    CONFIRM_SOFT_LIMIT = 1,
    CONFIRM_TOTAL = 2,
    CONFIRM_NO_BRIDGE = 4,
    CONFIRM_GEOMETRY = 8,
    CONFIRM_TIGHT_LIMITS = 16,
    REFILL_EMPTIED = 1,
    REFILL_ACCEPT = 2,
    IMPLANT_PURGED = 1,
    FLAG_BOLUS = 1,
    FLAG_STALLED = 2,
    FLAG_LIMITED = 4,
    FLAG_SELF_TEST = 8,
    FLAG_HEAD = 16,
    REASON_NONE = 0,
    REASON_TITRATION = 1,
    REASON_TOLERANCE = 2,
    REASON_PALLIATIVE = 3,
    REASON_OTHER = 4,
    REASONS = 5,
    REFUSED_NONE = 0,
    REFUSED_MODE = 1,
    REFUSED_RATE = 2,
    REFUSED_STEPS = 3,
    REFUSED_DOSE = 4,
    REFUSED_DOSE_DURATION = 5,
    REFUSED_DOSE_EVERY = 6,
    REFUSED_BOLUS = 7,
    REFUSED_BOLUS_DURATION = 8,
    REFUSED_LOCKOUT = 9,
    REFUSED_PER_24H = 10,
    REFUSED_LOW_RESERVOIR = 11,
    REFUSED_LIMITS = 12,
    REFUSED_LIMITS_0 = 13,
    REFUSED_LIMITS_1 = 14,
    REFUSED_LIMITS_2 = 15,
    REFUSED_LIMITS_3 = 16,
    REFUSED_DRUGS = 17,
    REFUSED_DRUGS_0 = 18,
    REFUSED_DRUGS_1 = 19,
    REFUSED_DRUGS_2 = 20,
    REFUSED_DRUGS_3 = 21,
    REFUSED_LIBRARY = 22,
    REFUSED_CONFIRM = 23,
    REFUSED_REASON = 24,
    REFUSED_FIELDS = 25,
    LIFE_SHELF = 0,
    LIFE_IMPLANTED = 1,
    LIFE_IN_SERVICE = 2,
    LIFE_EXPLANTED = 3,
    LOG_EVENTS = 0,
    LOG_FAULTS = 1,
    LOG_READ_MAX = 4,
    STATUS_MODE = 0,
    STATUS_FLAGS = 1,
    STATUS_LAST_COMMAND = 2,
    STATUS_LAST_OUTCOME = 3,
    STATUS_LAST_SEQUENCE = 4,
    STATUS_CELL_MV = 6,
    STATUS_RATE = 8,
    STATUS_ESTIMATE = 12,
    STATUS_PULSES = 16,
    STATUS_MISSED = 20,
    STATUS_ALARMS = 24,
    STATUS_MINUTE = 28,
    STATUS_OFFSET = 32,
    STATUS_DIGEST = 36,
    STATUS_BOLUS_GIVEN = 40,
    STATUS_BOLUS_TOTAL = 44,
    STATUS_REQUESTS = 48,
    STATUS_GRANTED = 50,
    STATUS_DENIED = 52,
    STATUS_REFUSED_FRAMES = 70,
    STATUS_LIFE = 72,
    STATUS_SELF_TEST = 73,
    STATUS_LOG = 75,
    STATUS_FAULTS = 79,
    STATUS_SUPERVISED = 83,
    STATUS_TOTAL = 87,
    STATUS_BYTES = 91,
    LOG_ENTRY_BYTES = 21
};

/* hal/drug-library.ts */
enum {
    LIBRARY_VERSION = 1,
    PULSES_PER_DOSE_UNIT = 400,
    CONCENTRATION_MAX = 1000000,
    HARD_HOURS = 8,
    DRUG_UNLISTED = 0,
    DRUG_MORPHINE = 1,
    DRUG_HYDROMORPHONE = 2,
    DRUG_FENTANYL = 3,
    DRUG_SUFENTANIL = 4,
    DRUG_BUPIVACAINE = 5,
    DRUG_CLONIDINE = 6,
    DRUG_ZICONOTIDE = 7,
    DRUG_BACLOFEN = 8,
    DRUGS = 9
};

/* hal/motor.ts */
enum {
    PULSE_FLIGHT_TICKS = 20
};

/* hal/reservoir.ts */
enum {
    LEVEL_NL_PER_CODE = 12500,
    PRESSURE_PA_PER_CODE = 50,
    PRESSURE_CODE_ZERO = 1600,
    ADC_CODE_MAX = 4095
};

/* hal/link.ts */
enum {
    LINK_RX_BYTES = 512,
    LINK_TX_BYTES = 512,
    LINK_BYTES_PER_TICK = 115
};

/* hal/nvm.ts */
enum {
    NVM_BYTES = 131072,
    NVM_ROW_BYTES = 8,
    NVM_ROW_MEGACYCLES = 10000
};

/* hal/sounder.ts */
enum {
    TONE_OFF = 0,
    TONE_SINGLE = 1,
    TONE_DUAL = 2
};

/* hal/watchdog.ts */
enum {
    WATCHDOG_TICKS_MIN = 1,
    WATCHDOG_TICKS_MAX = 20
};

/* hal/reset.ts */
enum {
    RESET_POWER_ON = 0,
    RESET_BROWNOUT = 1,
    RESET_WATCHDOG = 2,
    RESET_EXTERNAL = 3
};

/* hal/guard.ts */
enum {
    GUARD_SPACING_TICKS = 85,
    GUARD_PULSES_PER_HOUR_MAX = 4000
};

/* hal/crypto.ts */
enum {
    CRYPTO_BUFFER_BYTES = 256,
    CRYPTO_NONCE_BYTES = 13,
    CRYPTO_TAG_BYTES = 8,
    CRYPTO_KEY_BYTES = 16,
    CRYPTO_KEY_SLOTS = 8,
    CRYPTO_PUBLIC_KEY_BYTES = 32
};

/* hal/trace.ts */
enum {
    EVENT_BOOT = 1,
    EVENT_BOLUS_STARTED = 2,
    EVENT_BOLUS_FINISHED = 3,
    EVENT_BOLUS_DENIED = 4,
    EVENT_BOLUS_CANCELLED = 5,
    EVENT_BASAL_RATE = 6,
    EVENT_PROGRAM_ACCEPTED = 7,
    EVENT_PROGRAM_REFUSED = 8,
    EVENT_STOPPED = 9,
    EVENT_STARTED = 10,
    EVENT_REFILLED = 11,
    EVENT_CLOCK_SET = 12,
    EVENT_ALARM_RAISED = 13,
    EVENT_ALARM_CLEARED = 14,
    EVENT_STALL_DETECTED = 15,
    EVENT_STALL_RECOVERED = 16,
    EVENT_LIMIT_REACHED = 17,
    EVENT_LINK_REFUSED = 18,
    EVENT_SELF_TEST = 19,
    EVENT_ALARM_ACKNOWLEDGED = 20,
    EVENT_BRIDGE_STARTED = 21,
    EVENT_BRIDGE_FINISHED = 22,
    EVENT_LIFE_CHANGED = 23,
    EVENT_REFILL_DISCREPANCY = 24,
    EVENT_COMMAND_REFUSED = 25,
    EVENT_STORE_REPAIRED = 26,
    EVENT_SESSION_OPENED = 27,
    EVENT_SESSION_CLOSED = 28,
    EVENT_PAIRED = 29,
    EVENT_SESSIONS_LEFT = 30,
    EVENTS = 31,
    CLOSED_TIME_OUT = 1,
    CLOSED_REPLACED = 2,
    STARTED_BY_COMMAND = 0,
    STARTED_BY_PROGRAM = 1,
    CHANNEL_CAUSE = 0,
    CHANNEL_RATE = 1,
    CHANNEL_ESTIMATE = 2,
    CHANNEL_WINDOW0 = 3,
    CHANNEL_WINDOW1 = 4,
    CHANNEL_ALARMS = 5,
    CHANNEL_MODE = 6,
    CHANNEL_LIMIT0 = 7,
    CHANNEL_LIMIT1 = 8,
    CHANNEL_LIFE = 9,
    CHANNEL_INTENDED = 10,
    CHANNEL_WINDOW2 = 11,
    CHANNEL_WINDOW3 = 12,
    CHANNEL_LIMIT2 = 13,
    CHANNEL_LIMIT3 = 14,
    CHANNEL_LENGTH0 = 15,
    CHANNEL_LENGTH1 = 16,
    CHANNEL_LENGTH2 = 17,
    CHANNEL_LENGTH3 = 18,
    CHANNELS = 19,
    CAUSE_NONE = 0,
    CAUSE_BASAL = 1,
    CAUSE_PATIENT_BOLUS = 2,
    CAUSE_CLINICIAN_BOLUS = 3,
    CAUSE_PRIME = 4,
    CAUSE_BRIDGE = 5,
    CAUSES = 6,
    MODE_NOT_PROGRAMMED = 0,
    MODE_STOPPED = 1,
    MODE_MINIMUM = 2,
    MODE_CONTINUOUS = 3,
    MODE_FLEX = 4,
    MODE_PERIODIC = 5,
    MODE_PRIMING = 6,
    MODE_BRIDGE = 7,
    REFILL_ERROR_UNKNOWN = 536870912
};

/* Starts one pulse. Ignored by the driver without power or while a pulse is in flight. */
CISTERN_IMPORT("motor", "pulse")
void motor_pulse(void);

/* Rotor steps seen since manufacture: forward counts up, backward down. Gives -2^30..2^30 steps. */
CISTERN_IMPORT("motor", "motion")
int32_t motor_motion(void);

/* Closes (true) or opens the firmware's switch in the motor supply. */
CISTERN_IMPORT("motor", "setPower")
void motor_set_power(bool on);

/* Bellows position as a code; nominal volume is code x LEVEL_NL_PER_CODE. Each call is a conversion. Gives 0..4095. */
CISTERN_IMPORT("reservoir", "level")
int32_t reservoir_level(void);

/* Gauge pressure as a code; (code - PRESSURE_CODE_ZERO) x PRESSURE_PA_PER_CODE pascal. Each call is a conversion.
 * Gives 0..4095. */
CISTERN_IMPORT("reservoir", "pressure")
int32_t reservoir_pressure(void);

/* Nominal capacity. Gives 20 or 40 mL. */
CISTERN_IMPORT("reservoir", "capacity_mL")
int32_t reservoir_capacity_ml(void);

/* True on the external pump of a trial, false on an implant. */
CISTERN_IMPORT("reservoir", "external")
bool reservoir_external(void);

/* Takes the oldest received byte; -1 when there is none. Gives -1..255. */
CISTERN_IMPORT("link", "receive")
int32_t link_receive(void);

/* Queues one byte (the low 8 bits) to send. False when the FIFO is full; the byte is then not taken. */
CISTERN_IMPORT("link", "send")
bool link_send(int32_t byte);

/* True while a programming head is in place. */
CISTERN_IMPORT("link", "headPresent")
bool link_head_present(void);

/* Minutes since manufacture; never goes back. Gives 0..2^30 min. */
CISTERN_IMPORT("clock", "minute")
int32_t clock_minute(void);

/* Minutes to add to 'minute' for the wall clock. Gives -2^30..2^30 min. */
CISTERN_IMPORT("clock", "offset")
int32_t clock_offset(void);

/* Writes the offset register. 'minutes': -2^30..2^30 min. */
CISTERN_IMPORT("clock", "setOffset")
void clock_set_offset(int32_t minutes);

/* One byte. 'address': 0..131071. Gives 0..255. */
CISTERN_IMPORT("nvm", "read")
int32_t nvm_read(int32_t address);

/* Writes the low 8 bits of 'value'. 'address': 0..131071; ignored outside. */
CISTERN_IMPORT("nvm", "write")
void nvm_write(int32_t address, int32_t value);

/* Four bytes in one access, the first of them lowest. 'address': 0..131068. */
CISTERN_IMPORT("nvm", "readWord")
int32_t nvm_read_word(int32_t address);

/* Writes four bytes in one access, from the lowest of 'word' and 'address' up. When power fails in it, the bytes
 * before one are new, that one is a mixture, and those after it are old. 'address': 0..131068; ignored outside. */
CISTERN_IMPORT("nvm", "writeWord")
void nvm_write_word(int32_t address, int32_t word);

/* Cell voltage. Gives 0..4095 mV. */
CISTERN_IMPORT("battery", "cell_mv")
int32_t battery_cell_mv(void);

/* Thousandths of a degree Celsius; 37000 is body temperature. Gives -40000..125000 mC. */
CISTERN_IMPORT("thermometer", "temperature_mC")
int32_t thermometer_temperature_mc(void);

/* Holds a pattern until the next call. 'tone': one of the TONE_ codes. */
CISTERN_IMPORT("sounder", "setTone")
void sounder_set_tone(int32_t tone);

/* True when the transducer's impedance is in range. */
CISTERN_IMPORT("sounder", "responds")
bool sounder_responds(void);

/* Serves the watchdog. A second kick in the same tick is too early. */
CISTERN_IMPORT("watchdog", "kick")
void watchdog_kick(void);

/* Ticks since the last kick, by which a self-test checks that the watchdog counts. Gives 0..20 ticks. */
CISTERN_IMPORT("watchdog", "since")
int32_t watchdog_since(void);

/* Why the controller started. Gives one of the RESET_ codes. */
CISTERN_IMPORT("reset", "cause")
int32_t reset_cause(void);

/* Writes the hourly register. False without a head in place or outside the range; nothing then changes.
 * 'pulsesPerHour': 1..4000 steps. */
CISTERN_IMPORT("guard", "setLimit")
bool guard_set_limit(int32_t pulses_per_hour);

/* The hourly register. Gives 1..4000 steps. */
CISTERN_IMPORT("guard", "limit")
int32_t guard_limit(void);

/* True while the guard holds the motor supply open. */
CISTERN_IMPORT("guard", "tripped")
bool guard_tripped(void);

/* Closes the guard's switch again. False without a head in place; nothing then changes. */
CISTERN_IMPORT("guard", "rearm")
bool guard_rearm(void);

/* Writes the low 8 bits of 'value' into the buffer. 'index': 0..255; ignored outside. */
CISTERN_IMPORT("crypto", "put")
void crypto_put(int32_t index, int32_t value);

/* One byte of the buffer. 'index': 0..255. Gives 0..255. */
CISTERN_IMPORT("crypto", "get")
int32_t crypto_get(int32_t index);

/* Copies the first 16 bytes of the buffer into a key slot and clears them. 'slot': 0..7; ignored outside. */
CISTERN_IMPORT("crypto", "storeKey")
void crypto_store_key(int32_t slot);

/* Encrypts 'text' bytes in place after 'associated' bytes and appends the tag. False for an empty slot or too many
 * bytes, after which the buffer is as it was. 'slot': 0..7; 'associated': 0..235; 'text': 0..235. */
CISTERN_IMPORT("crypto", "seal")
bool crypto_seal(int32_t slot, int32_t associated, int32_t text);

/* Checks the tag and decrypts in place. False for a wrong tag, after which the text is zero, and for an empty slot
 * or too many bytes, after which the buffer is as it was. 'slot': 0..7; 'associated': 0..235; 'text': 0..235. */
CISTERN_IMPORT("crypto", "open")
bool crypto_open(int32_t slot, int32_t associated, int32_t text);

/* Agrees on a key with the other end, whose public key is the buffer's first 32 bytes. A fresh public key of this
 * part replaces it there, and 'slot' gets HKDF(shared secret, salt: their key, then this one, info: "cistern
 * pairing"). False when the slot does not exist or their key gives no shared secret; these bytes are then zero and
 * the slot is unchanged. 'slot': 0..7. */
CISTERN_IMPORT("crypto", "agree")
bool crypto_agree(int32_t slot);

/* Slot 'to' gets HKDF(key of 'from', salt: the buffer's first 'salt' bytes, info: "cistern session"). False for an
 * empty slot. 'from': 0..7; 'to': 0..7; 'salt': 0..255. */
CISTERN_IMPORT("crypto", "derive")
bool crypto_derive(int32_t from, int32_t to, int32_t salt);

/* Puts 'count' random bytes at the beginning of the buffer. 'count': 0..255. */
CISTERN_IMPORT("crypto", "random")
void crypto_random(int32_t count);

/* Reports an event with its three arguments, 0 where it has fewer; emulator/machine/events.ts names them. 'code':
 * one of the EVENT_ codes. */
CISTERN_IMPORT("trace", "event")
void trace_event(int32_t code, int32_t a, int32_t b, int32_t c);

/* Publishes the present value of a channel. 'channel': one of the CHANNEL_ codes; ignored outside. */
CISTERN_IMPORT("trace", "publish")
void trace_publish(int32_t channel, int32_t value);

/* The rest after four more bytes, of which the first is the lowest of 'word'. 'crc' is the rest so far. */
CISTERN_IMPORT("crc", "addWord")
int32_t crc_add_word(int32_t crc, int32_t word);

/* The rest after one more byte, the low 8 bits of 'byte'. 'crc' is the rest so far. */
CISTERN_IMPORT("crc", "addByte")
int32_t crc_add_byte(int32_t crc, int32_t byte);

/* What a controller defines; the last two only if it can leap. */
CISTERN_EXPORT("boot")
void boot(void);
CISTERN_EXPORT("tick")
void tick(void);
CISTERN_EXPORT("idle")
int32_t idle(void);
CISTERN_EXPORT("skip")
void skip(int32_t ticks);

#endif
