//! Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in Zig sees of a board
//! (docs/hal.md). It exports `boot` and `tick`, and `idle` and `skip` if it can leap (docs/controllers.md). Each
//! call is an import of its port's module of WebAssembly.

pub const units = struct {
    pub const TICK_MS: i32 = 10;
    pub const TICKS_PER_SECOND: i32 = 100;
    pub const TICKS_PER_MINUTE: i32 = 6000;
    pub const TICKS_PER_HOUR: i32 = 360000;
    pub const TICKS_PER_DAY: i32 = 8640000;
    pub const MINUTES_PER_HOUR: i32 = 60;
    pub const MINUTES_PER_DAY: i32 = 1440;
    pub const PULSE_NL: i32 = 250;
    pub const RATE_UNIT_NL_PER_DAY: i32 = 10;
    pub const RATE_TICKS_PER_PULSE: i32 = 216000000;
    pub const RATE_THERAPEUTIC_MIN: i32 = 4800;
    pub const RATE_MAX: i32 = 2400000;
    pub const RATE_MINIMUM: i32 = 600;
    pub const PULSE_SPACING_TICKS: i32 = 90;
    pub const LEAP_TICKS_MAX: i32 = 360000;
};

pub const alarms = struct {
    pub const ALARM_IS_CRITICAL: i32 = 1;
    pub const ALARM_SLOWS: i32 = 2;
    pub const ALARM_STOPS: i32 = 4;
    pub const ALARM_LATCHES: i32 = 8;
    pub const ALARM_RESTS_A_DAY: i32 = 16;
    pub const ALARM_LOW_RESERVOIR: i32 = 0;
    pub const ALARM_EMPTY_RESERVOIR: i32 = 1;
    pub const ALARM_VOLUME_MISMATCH: i32 = 2;
    pub const ALARM_MOTOR_STALL: i32 = 3;
    pub const ALARM_MOTOR_REVERSE: i32 = 4;
    pub const ALARM_MOTOR_RUNAWAY: i32 = 5;
    pub const ALARM_TUBE_SET: i32 = 6;
    pub const ALARM_DOSE_LIMIT: i32 = 7;
    pub const ALARM_DOSE_GUARD: i32 = 8;
    pub const ALARM_LOW_BATTERY_RESET: i32 = 9;
    pub const ALARM_PROGRAM_INVALID: i32 = 10;
    pub const ALARM_SELF_TEST_FAILED: i32 = 11;
    pub const ALARM_CLOCK_FAULT: i32 = 12;
    pub const ALARM_SENSOR_FAULT: i32 = 13;
    pub const ALARM_MEMORY_FAULT: i32 = 14;
    pub const ALARM_ERI: i32 = 15;
    pub const ALARM_EOS: i32 = 16;
    pub const ALARM_SECURITY: i32 = 17;
    pub const ALARM_REFILL_OVERDUE: i32 = 18;
    pub const ALARM_TRIAL_EXPIRED: i32 = 19;
    pub const ALARM_PUMP_STOPPED: i32 = 20;
    pub const ALARM_RESET_LOOP: i32 = 21;
    pub const ALARMS: i32 = 22;
};

pub const telemetry = struct {
    pub const FRAME_VERSION: i32 = 3;
    pub const FRAME_HEADER_BYTES: i32 = 2;
    pub const FRAME_CRC_BYTES: i32 = 2;
    pub const FRAME_QUERY: i32 = 1;
    pub const FRAME_PAIR: i32 = 2;
    pub const FRAME_OPEN: i32 = 3;
    pub const FRAME_SEALED: i32 = 4;
    pub const FRAME_REFUSED: i32 = 5;
    pub const REPLY: i32 = 128;
    pub const SEALED_HEADER_BYTES: i32 = 10;
    pub const SEALED_SESSION: i32 = 2;
    pub const SEALED_COUNTER: i32 = 6;
    pub const TEXT_HEADER_BYTES: i32 = 3;
    pub const PAYLOAD_BYTES: i32 = 96;
    pub const TAG_BYTES: i32 = 8;
    pub const FRAME_BYTES: i32 = 119;
    pub const FRAME_CODED_BYTES: i32 = 120;
    pub const DIRECTION_TO_PUMP: i32 = 0;
    pub const DIRECTION_FROM_PUMP: i32 = 1;
    pub const COUNTER_MAX: i32 = 1073741823;
    pub const ROLE_CLINICIAN: i32 = 1;
    pub const ROLE_PATIENT: i32 = 2;
    pub const ROLE_OBSERVER: i32 = 3;
    pub const ROLES: i32 = 4;
    pub const PAIRINGS_OF_A_ROLE: i32 = 2;
    pub const PAIRINGS: i32 = 6;
    pub const PAIR_BYTES: i32 = 33;
    pub const OPEN_NONCE_BYTES: i32 = 16;
    pub const OPEN_BYTES: i32 = 17;
    pub const ECHO_BYTES: i32 = 2;
    pub const SESSION_MINUTES: i32 = 10;
    pub const SESSIONS_LEFT_LOW: i32 = 1000;
    pub const BACK_OFF_FREE: i32 = 3;
    pub const BACK_OFF_TICKS_MAX: i32 = 1024;
    pub const FLOOD_FRAMES_PER_MINUTE: i32 = 240;
    pub const OFFER_TRIES: i32 = 64;
    pub const ROW_ANYBODY: i32 = 15;
    pub const ROW_NEEDS_HEAD: i32 = 16;
    pub const ROW_IS_REMEMBERED: i32 = 32;
    pub const ROW_LOGS_REFUSAL: i32 = 64;
    pub const ROW_HAS_REST: i32 = 128;
    pub const FIELD_U8: i32 = 1;
    pub const FIELD_U16: i32 = 2;
    pub const FIELD_U32: i32 = 3;
    pub const COMMAND_INTERROGATE: i32 = 2;
    pub const COMMAND_STAGE: i32 = 3;
    pub const COMMAND_COMMIT: i32 = 4;
    pub const COMMAND_STOP: i32 = 5;
    pub const COMMAND_START: i32 = 6;
    pub const COMMAND_PATIENT_BOLUS: i32 = 7;
    pub const COMMAND_CLINICIAN_BOLUS: i32 = 8;
    pub const COMMAND_REFILL: i32 = 9;
    pub const COMMAND_SET_CLOCK: i32 = 10;
    pub const COMMAND_ACKNOWLEDGE: i32 = 11;
    pub const COMMAND_SELF_TEST: i32 = 12;
    pub const COMMAND_PRIME: i32 = 13;
    pub const COMMAND_BRIDGE: i32 = 14;
    pub const COMMAND_IMPLANT: i32 = 15;
    pub const COMMAND_EXPLANT: i32 = 16;
    pub const COMMAND_READ_LOG: i32 = 17;
    pub const COMMAND_READ_PROGRAM: i32 = 18;
    pub const COMMANDS: i32 = 19;
    pub const STAGE_OFFSET: i32 = 0;
    pub const COMMIT_DIGEST: i32 = 0;
    pub const COMMIT_CONFIRM: i32 = 1;
    pub const COMMIT_REASON: i32 = 2;
    pub const COMMIT_TOTAL: i32 = 3;
    pub const CLINICIAN_BOLUS_PULSES: i32 = 0;
    pub const CLINICIAN_BOLUS_DURATION_S: i32 = 1;
    pub const REFILL_FLAGS: i32 = 0;
    pub const REFILL_ASPIRATED: i32 = 1;
    pub const REFILL_FILLED: i32 = 2;
    pub const SET_CLOCK_WALL_MINUTE: i32 = 0;
    pub const ACKNOWLEDGE_ALARM: i32 = 0;
    pub const PRIME_PULSES: i32 = 0;
    pub const PRIME_CONFIRM: i32 = 1;
    pub const BRIDGE_OLD_CONCENTRATION: i32 = 0;
    pub const BRIDGE_PULSES: i32 = 1;
    pub const IMPLANT_CATHETER_MM: i32 = 0;
    pub const IMPLANT_CATHETER_NL: i32 = 1;
    pub const IMPLANT_FLAGS: i32 = 2;
    pub const READ_LOG_RING: i32 = 0;
    pub const READ_LOG_FIRST: i32 = 1;
    pub const READ_PROGRAM_OFFSET: i32 = 0;
    pub const PAYLOAD_FIELDS_MAX: i32 = 4;
    pub const OUTCOME_ACCEPTED: i32 = 0;
    pub const OUTCOME_LOCKOUT: i32 = 1;
    pub const OUTCOME_PER_24H: i32 = 2;
    pub const OUTCOME_DOSE_LIMIT: i32 = 3;
    pub const OUTCOME_BUSY: i32 = 4;
    pub const OUTCOME_STOPPED: i32 = 5;
    pub const OUTCOME_ALARM: i32 = 6;
    pub const OUTCOME_EMPTY: i32 = 7;
    pub const OUTCOME_NOT_PROGRAMMED: i32 = 8;
    pub const OUTCOME_OUT_OF_RANGE: i32 = 9;
    pub const OUTCOME_DIGEST: i32 = 10;
    pub const OUTCOME_MALFORMED: i32 = 11;
    pub const OUTCOME_VERSION: i32 = 12;
    pub const OUTCOME_NOT_AUTHORISED: i32 = 13;
    pub const OUTCOME_SOFT_LIMIT: i32 = 14;
    pub const OUTCOME_HARD_LIMIT: i32 = 15;
    pub const OUTCOME_TOTAL_DOUBLED: i32 = 16;
    pub const OUTCOME_BRIDGE_NEEDED: i32 = 17;
    pub const OUTCOME_LIBRARY: i32 = 18;
    pub const OUTCOME_LIFE: i32 = 19;
    pub const OUTCOME_DISCREPANCY: i32 = 20;
    pub const OUTCOME_LOG_UNREAD: i32 = 21;
    pub const OUTCOME_NO_SESSION: i32 = 22;
    pub const OUTCOME_REPLAY: i32 = 23;
    pub const OUTCOME_NOT_AUTHENTIC: i32 = 24;
    pub const OUTCOME_NOT_PAIRED: i32 = 25;
    pub const OUTCOME_TIGHT_LIMITS: i32 = 26;
    pub const OUTCOMES: i32 = 27;
    pub const PROGRAM_MODE: i32 = 0;
    pub const PROGRAM_LIMIT_COUNT: i32 = 1;
    pub const PROGRAM_CAP: i32 = 2;
    pub const PROGRAM_DRUG_COUNT: i32 = 3;
    pub const PROGRAM_RATE: i32 = 4;
    pub const PROGRAM_BOLUS: i32 = 8;
    pub const PROGRAM_BOLUS_SECONDS: i32 = 10;
    pub const PROGRAM_LOCKOUT: i32 = 12;
    pub const PROGRAM_LOW: i32 = 14;
    pub const PROGRAM_LIMIT: i32 = 18;
    pub const PROGRAM_LIBRARY: i32 = 42;
    pub const PROGRAM_REFILL_DAYS: i32 = 44;
    pub const PROGRAM_DOSE: i32 = 46;
    pub const PROGRAM_DOSE_SECONDS: i32 = 48;
    pub const PROGRAM_DOSE_EVERY: i32 = 50;
    pub const PROGRAM_DRUG: i32 = 52;
    pub const PROGRAM_WEEKDAY: i32 = 72;
    pub const PROGRAM_PATTERN_COUNT: i32 = 79;
    pub const PROGRAM_PATTERN: i32 = 80;
    pub const PROGRAM_LIMIT_BYTES: i32 = 6;
    pub const PROGRAM_DRUG_BYTES: i32 = 5;
    pub const PROGRAM_PATTERN_BYTES: i32 = 79;
    pub const PROGRAM_STEP_BYTES: i32 = 6;
    pub const PROGRAM_LIMIT_PULSES_AT: i32 = 0;
    pub const PROGRAM_LIMIT_WINDOW_MIN_AT: i32 = 4;
    pub const PROGRAM_DRUG_ID_AT: i32 = 0;
    pub const PROGRAM_DRUG_CONCENTRATION_AT: i32 = 1;
    pub const PROGRAM_PATTERN_STEP_COUNT_AT: i32 = 0;
    pub const PROGRAM_PATTERN_STEPS_AT: i32 = 1;
    pub const PROGRAM_STEP_MINUTE_AT: i32 = 0;
    pub const PROGRAM_STEP_RATE_AT: i32 = 2;
    pub const PROGRAM_LIMITS_MAX: i32 = 4;
    pub const PROGRAM_DRUGS_MAX: i32 = 4;
    pub const PATTERNS_MAX: i32 = 7;
    pub const STEPS_MAX: i32 = 13;
    pub const WEEKDAYS: i32 = 7;
    pub const PROGRAM_BYTES: i32 = 633;
    pub const PROGRAM_PIECE_BYTES: i32 = 94;
    pub const BOLUS_SECONDS_MAX: i32 = 43200;
    pub const CAP_PER_24H_MAX: i32 = 96;
    pub const LOCKOUT_MINUTES_MIN: i32 = 15;
    pub const LOCKOUT_MINUTES_MAX: i32 = 1440;
    pub const WINDOW_MINUTES_MIN: i32 = 15;
    pub const WINDOW_MINUTES_MAX: i32 = 10080;
    pub const DOSE_EVERY_MINUTES_MIN: i32 = 15;
    pub const DOSE_EVERY_MINUTES_MAX: i32 = 1440;
    pub const PRIME_PULSES_MAX: i32 = 4000;
    pub const CATHETER_MM_MIN: i32 = 50;
    pub const CATHETER_MM_MAX: i32 = 1500;
    pub const CATHETER_NL_MAX: i32 = 750000;
    pub const WALL_MINUTE_MAX: i32 = 1073741823;
    pub const CONFIRM_SOFT_LIMIT: i32 = 1;
    pub const CONFIRM_TOTAL: i32 = 2;
    pub const CONFIRM_NO_BRIDGE: i32 = 4;
    pub const CONFIRM_GEOMETRY: i32 = 8;
    pub const CONFIRM_TIGHT_LIMITS: i32 = 16;
    pub const REFILL_EMPTIED: i32 = 1;
    pub const REFILL_ACCEPT: i32 = 2;
    pub const IMPLANT_PURGED: i32 = 1;
    pub const FLAG_BOLUS: i32 = 1;
    pub const FLAG_STALLED: i32 = 2;
    pub const FLAG_LIMITED: i32 = 4;
    pub const FLAG_SELF_TEST: i32 = 8;
    pub const FLAG_HEAD: i32 = 16;
    pub const REASON_NONE: i32 = 0;
    pub const REASON_TITRATION: i32 = 1;
    pub const REASON_TOLERANCE: i32 = 2;
    pub const REASON_PALLIATIVE: i32 = 3;
    pub const REASON_OTHER: i32 = 4;
    pub const REASONS: i32 = 5;
    pub const REFUSED_NONE: i32 = 0;
    pub const REFUSED_MODE: i32 = 1;
    pub const REFUSED_RATE: i32 = 2;
    pub const REFUSED_STEPS: i32 = 3;
    pub const REFUSED_DOSE: i32 = 4;
    pub const REFUSED_DOSE_DURATION: i32 = 5;
    pub const REFUSED_DOSE_EVERY: i32 = 6;
    pub const REFUSED_BOLUS: i32 = 7;
    pub const REFUSED_BOLUS_DURATION: i32 = 8;
    pub const REFUSED_LOCKOUT: i32 = 9;
    pub const REFUSED_PER_24H: i32 = 10;
    pub const REFUSED_LOW_RESERVOIR: i32 = 11;
    pub const REFUSED_LIMITS: i32 = 12;
    pub const REFUSED_LIMITS_0: i32 = 13;
    pub const REFUSED_LIMITS_1: i32 = 14;
    pub const REFUSED_LIMITS_2: i32 = 15;
    pub const REFUSED_LIMITS_3: i32 = 16;
    pub const REFUSED_DRUGS: i32 = 17;
    pub const REFUSED_DRUGS_0: i32 = 18;
    pub const REFUSED_DRUGS_1: i32 = 19;
    pub const REFUSED_DRUGS_2: i32 = 20;
    pub const REFUSED_DRUGS_3: i32 = 21;
    pub const REFUSED_LIBRARY: i32 = 22;
    pub const REFUSED_CONFIRM: i32 = 23;
    pub const REFUSED_REASON: i32 = 24;
    pub const REFUSED_FIELDS: i32 = 25;
    pub const LIFE_SHELF: i32 = 0;
    pub const LIFE_IMPLANTED: i32 = 1;
    pub const LIFE_IN_SERVICE: i32 = 2;
    pub const LIFE_EXPLANTED: i32 = 3;
    pub const LOG_EVENTS: i32 = 0;
    pub const LOG_FAULTS: i32 = 1;
    pub const LOG_READ_MAX: i32 = 4;
    pub const STATUS_MODE: i32 = 0;
    pub const STATUS_FLAGS: i32 = 1;
    pub const STATUS_LAST_COMMAND: i32 = 2;
    pub const STATUS_LAST_OUTCOME: i32 = 3;
    pub const STATUS_LAST_SEQUENCE: i32 = 4;
    pub const STATUS_CELL_MV: i32 = 6;
    pub const STATUS_RATE: i32 = 8;
    pub const STATUS_ESTIMATE: i32 = 12;
    pub const STATUS_PULSES: i32 = 16;
    pub const STATUS_MISSED: i32 = 20;
    pub const STATUS_ALARMS: i32 = 24;
    pub const STATUS_MINUTE: i32 = 28;
    pub const STATUS_OFFSET: i32 = 32;
    pub const STATUS_DIGEST: i32 = 36;
    pub const STATUS_BOLUS_GIVEN: i32 = 40;
    pub const STATUS_BOLUS_TOTAL: i32 = 44;
    pub const STATUS_REQUESTS: i32 = 48;
    pub const STATUS_GRANTED: i32 = 50;
    pub const STATUS_DENIED: i32 = 52;
    pub const STATUS_REFUSED_FRAMES: i32 = 70;
    pub const STATUS_LIFE: i32 = 72;
    pub const STATUS_SELF_TEST: i32 = 73;
    pub const STATUS_LOG: i32 = 75;
    pub const STATUS_FAULTS: i32 = 79;
    pub const STATUS_SUPERVISED: i32 = 83;
    pub const STATUS_TOTAL: i32 = 87;
    pub const STATUS_BYTES: i32 = 91;
    pub const LOG_ENTRY_BYTES: i32 = 21;
};

pub const drug_library = struct {
    pub const LIBRARY_VERSION: i32 = 1;
    pub const PULSES_PER_DOSE_UNIT: i32 = 400;
    pub const CONCENTRATION_MAX: i32 = 1000000;
    pub const HARD_HOURS: i32 = 8;
    pub const DRUG_UNLISTED: i32 = 0;
    pub const DRUG_MORPHINE: i32 = 1;
    pub const DRUG_HYDROMORPHONE: i32 = 2;
    pub const DRUG_FENTANYL: i32 = 3;
    pub const DRUG_SUFENTANIL: i32 = 4;
    pub const DRUG_BUPIVACAINE: i32 = 5;
    pub const DRUG_CLONIDINE: i32 = 6;
    pub const DRUG_ZICONOTIDE: i32 = 7;
    pub const DRUG_BACLOFEN: i32 = 8;
    pub const DRUGS: i32 = 9;
};

pub const motor = struct {
    pub const PULSE_FLIGHT_TICKS: i32 = 20;

    const imports = struct {
        extern "motor" fn @"pulse"() void;
        extern "motor" fn @"motion"() i32;
        extern "motor" fn @"setPower"(on: i32) void;
    };

    /// Starts one pulse. Ignored by the driver without power or while a pulse is in flight.
    pub fn pulse() void {
        imports.@"pulse"();
    }

    /// Rotor steps seen since manufacture: forward counts up, backward down. Gives -2^30..2^30 steps.
    pub fn motion() i32 {
        return imports.@"motion"();
    }

    /// Closes (true) or opens the firmware's switch in the motor supply.
    pub fn setPower(on: bool) void {
        imports.@"setPower"(@intFromBool(on));
    }
};

pub const reservoir = struct {
    pub const LEVEL_NL_PER_CODE: i32 = 12500;
    pub const PRESSURE_PA_PER_CODE: i32 = 50;
    pub const PRESSURE_CODE_ZERO: i32 = 1600;
    pub const ADC_CODE_MAX: i32 = 4095;

    const imports = struct {
        extern "reservoir" fn @"level"() i32;
        extern "reservoir" fn @"pressure"() i32;
        extern "reservoir" fn @"capacity_mL"() i32;
        extern "reservoir" fn @"external"() i32;
    };

    /// Bellows position as a code; nominal volume is code x LEVEL_NL_PER_CODE. Each call is a conversion. Gives
    /// 0..4095.
    pub fn level() i32 {
        return imports.@"level"();
    }

    /// Gauge pressure as a code; (code - PRESSURE_CODE_ZERO) x PRESSURE_PA_PER_CODE pascal. Each call is a
    /// conversion. Gives 0..4095.
    pub fn pressure() i32 {
        return imports.@"pressure"();
    }

    /// Nominal capacity. Gives 20 or 40 mL.
    pub fn capacityMl() i32 {
        return imports.@"capacity_mL"();
    }

    /// True on the external pump of a trial, false on an implant.
    pub fn external() bool {
        return imports.@"external"() != 0;
    }
};

pub const link = struct {
    pub const LINK_RX_BYTES: i32 = 512;
    pub const LINK_TX_BYTES: i32 = 512;
    pub const LINK_BYTES_PER_TICK: i32 = 115;

    const imports = struct {
        extern "link" fn @"receive"() i32;
        extern "link" fn @"send"(byte: i32) i32;
        extern "link" fn @"headPresent"() i32;
    };

    /// Takes the oldest received byte; -1 when there is none. Gives -1..255.
    pub fn receive() i32 {
        return imports.@"receive"();
    }

    /// Queues one byte (the low 8 bits) to send. False when the FIFO is full; the byte is then not taken.
    pub fn send(byte: i32) bool {
        return imports.@"send"(byte) != 0;
    }

    /// True while a programming head is in place.
    pub fn headPresent() bool {
        return imports.@"headPresent"() != 0;
    }
};

pub const clock = struct {
    const imports = struct {
        extern "clock" fn @"minute"() i32;
        extern "clock" fn @"offset"() i32;
        extern "clock" fn @"setOffset"(minutes: i32) void;
    };

    /// Minutes since manufacture; never goes back. Gives 0..2^30 min.
    pub fn minute() i32 {
        return imports.@"minute"();
    }

    /// Minutes to add to `minute` for the wall clock. Gives -2^30..2^30 min.
    pub fn offset() i32 {
        return imports.@"offset"();
    }

    /// Writes the offset register. `minutes`: -2^30..2^30 min.
    pub fn setOffset(minutes: i32) void {
        imports.@"setOffset"(minutes);
    }
};

pub const nvm = struct {
    pub const NVM_BYTES: i32 = 131072;
    pub const NVM_ROW_BYTES: i32 = 8;
    pub const NVM_ROW_MEGACYCLES: i32 = 10000;

    const imports = struct {
        extern "nvm" fn @"read"(address: i32) i32;
        extern "nvm" fn @"write"(address: i32, value: i32) void;
        extern "nvm" fn @"readWord"(address: i32) i32;
        extern "nvm" fn @"writeWord"(address: i32, word: i32) void;
    };

    /// One byte. `address`: 0..131071. Gives 0..255.
    pub fn read(address: i32) i32 {
        return imports.@"read"(address);
    }

    /// Writes the low 8 bits of `value`. `address`: 0..131071; ignored outside.
    pub fn write(address: i32, value: i32) void {
        imports.@"write"(address, value);
    }

    /// Four bytes in one access, the first of them lowest. `address`: 0..131068.
    pub fn readWord(address: i32) i32 {
        return imports.@"readWord"(address);
    }

    /// Writes four bytes in one access, from the lowest of `word` and `address` up. When power fails in it, the
    /// bytes before one are new, that one is a mixture, and those after it are old. `address`: 0..131068; ignored
    /// outside.
    pub fn writeWord(address: i32, word: i32) void {
        imports.@"writeWord"(address, word);
    }
};

pub const battery = struct {
    const imports = struct {
        extern "battery" fn @"cell_mv"() i32;
    };

    /// Cell voltage. Gives 0..4095 mV.
    pub fn cellMv() i32 {
        return imports.@"cell_mv"();
    }
};

pub const thermometer = struct {
    const imports = struct {
        extern "thermometer" fn @"temperature_mC"() i32;
    };

    /// Thousandths of a degree Celsius; 37000 is body temperature. Gives -40000..125000 mC.
    pub fn temperatureMc() i32 {
        return imports.@"temperature_mC"();
    }
};

pub const sounder = struct {
    pub const TONE_OFF: i32 = 0;
    pub const TONE_SINGLE: i32 = 1;
    pub const TONE_DUAL: i32 = 2;

    const imports = struct {
        extern "sounder" fn @"setTone"(tone: i32) void;
        extern "sounder" fn @"responds"() i32;
    };

    /// Holds a pattern until the next call. `tone`: one of the TONE_ codes.
    pub fn setTone(tone: i32) void {
        imports.@"setTone"(tone);
    }

    /// True when the transducer's impedance is in range.
    pub fn responds() bool {
        return imports.@"responds"() != 0;
    }
};

pub const watchdog = struct {
    pub const WATCHDOG_TICKS_MIN: i32 = 1;
    pub const WATCHDOG_TICKS_MAX: i32 = 20;

    const imports = struct {
        extern "watchdog" fn @"kick"() void;
        extern "watchdog" fn @"since"() i32;
    };

    /// Serves the watchdog. A second kick in the same tick is too early.
    pub fn kick() void {
        imports.@"kick"();
    }

    /// Ticks since the last kick, by which a self-test checks that the watchdog counts. Gives 0..20 ticks.
    pub fn since() i32 {
        return imports.@"since"();
    }
};

pub const reset = struct {
    pub const RESET_POWER_ON: i32 = 0;
    pub const RESET_BROWNOUT: i32 = 1;
    pub const RESET_WATCHDOG: i32 = 2;
    pub const RESET_EXTERNAL: i32 = 3;

    const imports = struct {
        extern "reset" fn @"cause"() i32;
    };

    /// Why the controller started. Gives one of the RESET_ codes.
    pub fn cause() i32 {
        return imports.@"cause"();
    }
};

pub const guard = struct {
    pub const GUARD_SPACING_TICKS: i32 = 85;
    pub const GUARD_PULSES_PER_HOUR_MAX: i32 = 4000;

    const imports = struct {
        extern "guard" fn @"setLimit"(pulses_per_hour: i32) i32;
        extern "guard" fn @"limit"() i32;
        extern "guard" fn @"tripped"() i32;
        extern "guard" fn @"rearm"() i32;
    };

    /// Writes the hourly register. False without a head in place or outside the range; nothing then changes.
    /// `pulsesPerHour`: 1..4000 steps.
    pub fn setLimit(pulses_per_hour: i32) bool {
        return imports.@"setLimit"(pulses_per_hour) != 0;
    }

    /// The hourly register. Gives 1..4000 steps.
    pub fn limit() i32 {
        return imports.@"limit"();
    }

    /// True while the guard holds the motor supply open.
    pub fn tripped() bool {
        return imports.@"tripped"() != 0;
    }

    /// Closes the guard's switch again. False without a head in place; nothing then changes.
    pub fn rearm() bool {
        return imports.@"rearm"() != 0;
    }
};

pub const crypto = struct {
    pub const CRYPTO_BUFFER_BYTES: i32 = 256;
    pub const CRYPTO_NONCE_BYTES: i32 = 13;
    pub const CRYPTO_TAG_BYTES: i32 = 8;
    pub const CRYPTO_KEY_BYTES: i32 = 16;
    pub const CRYPTO_KEY_SLOTS: i32 = 8;
    pub const CRYPTO_PUBLIC_KEY_BYTES: i32 = 32;

    const imports = struct {
        extern "crypto" fn @"put"(index: i32, value: i32) void;
        extern "crypto" fn @"get"(index: i32) i32;
        extern "crypto" fn @"storeKey"(slot: i32) void;
        extern "crypto" fn @"seal"(slot: i32, associated: i32, text: i32) i32;
        extern "crypto" fn @"open"(slot: i32, associated: i32, text: i32) i32;
        extern "crypto" fn @"agree"(slot: i32) i32;
        extern "crypto" fn @"derive"(from: i32, to: i32, salt: i32) i32;
        extern "crypto" fn @"random"(count: i32) void;
    };

    /// Writes the low 8 bits of `value` into the buffer. `index`: 0..255; ignored outside.
    pub fn put(index: i32, value: i32) void {
        imports.@"put"(index, value);
    }

    /// One byte of the buffer. `index`: 0..255. Gives 0..255.
    pub fn get(index: i32) i32 {
        return imports.@"get"(index);
    }

    /// Copies the first 16 bytes of the buffer into a key slot and clears them. `slot`: 0..7; ignored outside.
    pub fn storeKey(slot: i32) void {
        imports.@"storeKey"(slot);
    }

    /// Encrypts `text` bytes in place after `associated` bytes and appends the tag. False for an empty slot or too
    /// many bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`: 0..235.
    pub fn seal(slot: i32, associated: i32, text: i32) bool {
        return imports.@"seal"(slot, associated, text) != 0;
    }

    /// Checks the tag and decrypts in place. False for a wrong tag, after which the text is zero, and for an empty
    /// slot or too many bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`:
    /// 0..235.
    pub fn open(slot: i32, associated: i32, text: i32) bool {
        return imports.@"open"(slot, associated, text) != 0;
    }

    /// Agrees on a key with the other end, whose public key is the buffer's first 32 bytes. A fresh public key of
    /// this part replaces it there, and `slot` gets HKDF(shared secret, salt: their key, then this one, info:
    /// "cistern pairing"). False when the slot does not exist or their key gives no shared secret; these bytes are
    /// then zero and the slot is unchanged. `slot`: 0..7.
    pub fn agree(slot: i32) bool {
        return imports.@"agree"(slot) != 0;
    }

    /// Slot `to` gets HKDF(key of `from`, salt: the buffer's first `salt` bytes, info: "cistern session"). False for
    /// an empty slot. `from`: 0..7; `to`: 0..7; `salt`: 0..255.
    pub fn derive(from: i32, to: i32, salt: i32) bool {
        return imports.@"derive"(from, to, salt) != 0;
    }

    /// Puts `count` random bytes at the beginning of the buffer. `count`: 0..255.
    pub fn random(count: i32) void {
        imports.@"random"(count);
    }
};

pub const trace = struct {
    pub const EVENT_BOOT: i32 = 1;
    pub const EVENT_BOLUS_STARTED: i32 = 2;
    pub const EVENT_BOLUS_FINISHED: i32 = 3;
    pub const EVENT_BOLUS_DENIED: i32 = 4;
    pub const EVENT_BOLUS_CANCELLED: i32 = 5;
    pub const EVENT_BASAL_RATE: i32 = 6;
    pub const EVENT_PROGRAM_ACCEPTED: i32 = 7;
    pub const EVENT_PROGRAM_REFUSED: i32 = 8;
    pub const EVENT_STOPPED: i32 = 9;
    pub const EVENT_STARTED: i32 = 10;
    pub const EVENT_REFILLED: i32 = 11;
    pub const EVENT_CLOCK_SET: i32 = 12;
    pub const EVENT_ALARM_RAISED: i32 = 13;
    pub const EVENT_ALARM_CLEARED: i32 = 14;
    pub const EVENT_STALL_DETECTED: i32 = 15;
    pub const EVENT_STALL_RECOVERED: i32 = 16;
    pub const EVENT_LIMIT_REACHED: i32 = 17;
    pub const EVENT_LINK_REFUSED: i32 = 18;
    pub const EVENT_SELF_TEST: i32 = 19;
    pub const EVENT_ALARM_ACKNOWLEDGED: i32 = 20;
    pub const EVENT_BRIDGE_STARTED: i32 = 21;
    pub const EVENT_BRIDGE_FINISHED: i32 = 22;
    pub const EVENT_LIFE_CHANGED: i32 = 23;
    pub const EVENT_REFILL_DISCREPANCY: i32 = 24;
    pub const EVENT_COMMAND_REFUSED: i32 = 25;
    pub const EVENT_STORE_REPAIRED: i32 = 26;
    pub const EVENT_SESSION_OPENED: i32 = 27;
    pub const EVENT_SESSION_CLOSED: i32 = 28;
    pub const EVENT_PAIRED: i32 = 29;
    pub const EVENT_SESSIONS_LEFT: i32 = 30;
    pub const EVENTS: i32 = 31;
    pub const CLOSED_TIME_OUT: i32 = 1;
    pub const CLOSED_REPLACED: i32 = 2;
    pub const STARTED_BY_COMMAND: i32 = 0;
    pub const STARTED_BY_PROGRAM: i32 = 1;
    pub const CHANNEL_CAUSE: i32 = 0;
    pub const CHANNEL_RATE: i32 = 1;
    pub const CHANNEL_ESTIMATE: i32 = 2;
    pub const CHANNEL_WINDOW0: i32 = 3;
    pub const CHANNEL_WINDOW1: i32 = 4;
    pub const CHANNEL_ALARMS: i32 = 5;
    pub const CHANNEL_MODE: i32 = 6;
    pub const CHANNEL_LIMIT0: i32 = 7;
    pub const CHANNEL_LIMIT1: i32 = 8;
    pub const CHANNEL_LIFE: i32 = 9;
    pub const CHANNEL_INTENDED: i32 = 10;
    pub const CHANNEL_WINDOW2: i32 = 11;
    pub const CHANNEL_WINDOW3: i32 = 12;
    pub const CHANNEL_LIMIT2: i32 = 13;
    pub const CHANNEL_LIMIT3: i32 = 14;
    pub const CHANNEL_LENGTH0: i32 = 15;
    pub const CHANNEL_LENGTH1: i32 = 16;
    pub const CHANNEL_LENGTH2: i32 = 17;
    pub const CHANNEL_LENGTH3: i32 = 18;
    pub const CHANNELS: i32 = 19;
    pub const CAUSE_NONE: i32 = 0;
    pub const CAUSE_BASAL: i32 = 1;
    pub const CAUSE_PATIENT_BOLUS: i32 = 2;
    pub const CAUSE_CLINICIAN_BOLUS: i32 = 3;
    pub const CAUSE_PRIME: i32 = 4;
    pub const CAUSE_BRIDGE: i32 = 5;
    pub const CAUSES: i32 = 6;
    pub const MODE_NOT_PROGRAMMED: i32 = 0;
    pub const MODE_STOPPED: i32 = 1;
    pub const MODE_MINIMUM: i32 = 2;
    pub const MODE_CONTINUOUS: i32 = 3;
    pub const MODE_FLEX: i32 = 4;
    pub const MODE_PERIODIC: i32 = 5;
    pub const MODE_PRIMING: i32 = 6;
    pub const MODE_BRIDGE: i32 = 7;
    pub const REFILL_ERROR_UNKNOWN: i32 = 536870912;

    const imports = struct {
        extern "trace" fn @"event"(code: i32, a: i32, b: i32, c: i32) void;
        extern "trace" fn @"publish"(channel: i32, value: i32) void;
    };

    /// Reports an event with its three arguments, 0 where it has fewer; emulator/machine/events.ts names them.
    /// `code`: one of the EVENT_ codes.
    pub fn event(code: i32, a: i32, b: i32, c: i32) void {
        imports.@"event"(code, a, b, c);
    }

    /// Publishes the present value of a channel. `channel`: one of the CHANNEL_ codes; ignored outside.
    pub fn publish(channel: i32, value: i32) void {
        imports.@"publish"(channel, value);
    }
};

pub const crc = struct {
    const imports = struct {
        extern "crc" fn @"addWord"(crc: i32, word: i32) i32;
        extern "crc" fn @"addByte"(crc: i32, byte: i32) i32;
    };

    /// The rest after four more bytes, of which the first is the lowest of `word`. `crc` is the rest so far.
    pub fn addWord(crc: i32, word: i32) i32 {
        return imports.@"addWord"(crc, word);
    }

    /// The rest after one more byte, the low 8 bits of `byte`. `crc` is the rest so far.
    pub fn addByte(crc: i32, byte: i32) i32 {
        return imports.@"addByte"(crc, byte);
    }
};
