//! Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in Rust sees of a board
//! (docs/hal.md), and what it offers (docs/controllers.md). It needs no standard library. Compiled to WebAssembly
//! each call is an import of its port's module; elsewhere the linker finds a driver's function of the names in
//! targets/c/cistern_hal.h.

#![allow(dead_code)]

/// The functions that a controller offers to the board. `idle` and `skip` let the emulator leap over ticks in which nothing happens.
pub trait Controller {
    /// After each start of the board, before the first tick.
    fn boot(&mut self);
    /// Every 10 ms.
    fn tick(&mut self);
    /// The number of ticks from now on in which only counters change; 0 for a controller that does not leap.
    fn idle(&self) -> i32 {
        0
    }
    /// Does what `ticks` idle ticks would do. `ticks` is at most what `idle` gave.
    fn skip(&mut self, _ticks: i32) {}
}

/// Defines the static that holds a controller, and the functions that the board calls:
/// `controller!(static PUMP: Pump = Pump::new());`.
#[macro_export]
macro_rules! controller {
    (static $name:ident: $type:ty = $value:expr) => {
        static mut $name: $type = $value;

        // The board calls one function at a time, so no two references to the static live together.
        #[no_mangle]
        pub extern "C" fn boot() {
            unsafe { $crate::cistern_hal::Controller::boot(&mut *core::ptr::addr_of_mut!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn tick() {
            unsafe { $crate::cistern_hal::Controller::tick(&mut *core::ptr::addr_of_mut!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn idle() -> i32 {
            unsafe { $crate::cistern_hal::Controller::idle(&*core::ptr::addr_of!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn skip(ticks: i32) {
            unsafe { $crate::cistern_hal::Controller::skip(&mut *core::ptr::addr_of_mut!($name), ticks) }
        }
    };
}

pub mod units {
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
}

pub mod alarms {
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
}

pub mod telemetry {
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
}

pub mod drug_library {
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
}

pub mod motor {
    pub const PULSE_FLIGHT_TICKS: i32 = 20;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "motor"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "pulse")]
        fn motor_pulse();
        #[cfg_attr(target_arch = "wasm32", link_name = "motion")]
        fn motor_motion() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "setPower")]
        fn motor_set_power(on: i32);
    }

    /// Starts one pulse. Ignored by the driver without power or while a pulse is in flight.
    pub fn pulse() {
        unsafe { motor_pulse() }
    }

    /// Rotor steps seen since manufacture: forward counts up, backward down. Gives -2^30..2^30 steps.
    pub fn motion() -> i32 {
        unsafe { motor_motion() }
    }

    /// Closes (true) or opens the firmware's switch in the motor supply.
    pub fn set_power(on: bool) {
        unsafe { motor_set_power(on as i32) }
    }
}

pub mod reservoir {
    pub const LEVEL_NL_PER_CODE: i32 = 12500;
    pub const PRESSURE_PA_PER_CODE: i32 = 50;
    pub const PRESSURE_CODE_ZERO: i32 = 1600;
    pub const ADC_CODE_MAX: i32 = 4095;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "reservoir"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "level")]
        fn reservoir_level() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "pressure")]
        fn reservoir_pressure() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "capacity_mL")]
        fn reservoir_capacity_ml() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "external")]
        fn reservoir_external() -> i32;
    }

    /// Bellows position as a code; nominal volume is code x LEVEL_NL_PER_CODE. Each call is a conversion. Gives
    /// 0..4095.
    pub fn level() -> i32 {
        unsafe { reservoir_level() }
    }

    /// Gauge pressure as a code; (code - PRESSURE_CODE_ZERO) x PRESSURE_PA_PER_CODE pascal. Each call is a
    /// conversion. Gives 0..4095.
    pub fn pressure() -> i32 {
        unsafe { reservoir_pressure() }
    }

    /// Nominal capacity. Gives 20 or 40 mL.
    pub fn capacity_ml() -> i32 {
        unsafe { reservoir_capacity_ml() }
    }

    /// True on the external pump of a trial, false on an implant.
    pub fn external() -> bool {
        unsafe { reservoir_external() != 0 }
    }
}

pub mod link {
    pub const LINK_RX_BYTES: i32 = 512;
    pub const LINK_TX_BYTES: i32 = 512;
    pub const LINK_BYTES_PER_TICK: i32 = 115;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "link"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "receive")]
        fn link_receive() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "send")]
        fn link_send(byte: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "headPresent")]
        fn link_head_present() -> i32;
    }

    /// Takes the oldest received byte; -1 when there is none. Gives -1..255.
    pub fn receive() -> i32 {
        unsafe { link_receive() }
    }

    /// Queues one byte (the low 8 bits) to send. False when the FIFO is full; the byte is then not taken.
    pub fn send(byte: i32) -> bool {
        unsafe { link_send(byte) != 0 }
    }

    /// True while a programming head is in place.
    pub fn head_present() -> bool {
        unsafe { link_head_present() != 0 }
    }
}

pub mod clock {
    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "clock"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "minute")]
        fn clock_minute() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "offset")]
        fn clock_offset() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "setOffset")]
        fn clock_set_offset(minutes: i32);
    }

    /// Minutes since manufacture; never goes back. Gives 0..2^30 min.
    pub fn minute() -> i32 {
        unsafe { clock_minute() }
    }

    /// Minutes to add to `minute` for the wall clock. Gives -2^30..2^30 min.
    pub fn offset() -> i32 {
        unsafe { clock_offset() }
    }

    /// Writes the offset register. `minutes`: -2^30..2^30 min.
    pub fn set_offset(minutes: i32) {
        unsafe { clock_set_offset(minutes) }
    }
}

pub mod nvm {
    pub const NVM_BYTES: i32 = 131072;
    pub const NVM_ROW_BYTES: i32 = 8;
    pub const NVM_ROW_MEGACYCLES: i32 = 10000;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "nvm"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "read")]
        fn nvm_read(address: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "write")]
        fn nvm_write(address: i32, value: i32);
        #[cfg_attr(target_arch = "wasm32", link_name = "readWord")]
        fn nvm_read_word(address: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "writeWord")]
        fn nvm_write_word(address: i32, word: i32);
    }

    /// One byte. `address`: 0..131071. Gives 0..255.
    pub fn read(address: i32) -> i32 {
        unsafe { nvm_read(address) }
    }

    /// Writes the low 8 bits of `value`. `address`: 0..131071; ignored outside.
    pub fn write(address: i32, value: i32) {
        unsafe { nvm_write(address, value) }
    }

    /// Four bytes in one access, the first of them lowest. `address`: 0..131068.
    pub fn read_word(address: i32) -> i32 {
        unsafe { nvm_read_word(address) }
    }

    /// Writes four bytes in one access, from the lowest of `word` and `address` up. When power fails in it, the
    /// bytes before one are new, that one is a mixture, and those after it are old. `address`: 0..131068; ignored
    /// outside.
    pub fn write_word(address: i32, word: i32) {
        unsafe { nvm_write_word(address, word) }
    }
}

pub mod battery {
    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "battery"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "cell_mv")]
        fn battery_cell_mv() -> i32;
    }

    /// Cell voltage. Gives 0..4095 mV.
    pub fn cell_mv() -> i32 {
        unsafe { battery_cell_mv() }
    }
}

pub mod thermometer {
    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "thermometer"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "temperature_mC")]
        fn thermometer_temperature_mc() -> i32;
    }

    /// Thousandths of a degree Celsius; 37000 is body temperature. Gives -40000..125000 mC.
    pub fn temperature_mc() -> i32 {
        unsafe { thermometer_temperature_mc() }
    }
}

pub mod sounder {
    pub const TONE_OFF: i32 = 0;
    pub const TONE_SINGLE: i32 = 1;
    pub const TONE_DUAL: i32 = 2;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "sounder"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "setTone")]
        fn sounder_set_tone(tone: i32);
        #[cfg_attr(target_arch = "wasm32", link_name = "responds")]
        fn sounder_responds() -> i32;
    }

    /// Holds a pattern until the next call. `tone`: one of the TONE_ codes.
    pub fn set_tone(tone: i32) {
        unsafe { sounder_set_tone(tone) }
    }

    /// True when the transducer's impedance is in range.
    pub fn responds() -> bool {
        unsafe { sounder_responds() != 0 }
    }
}

pub mod watchdog {
    pub const WATCHDOG_TICKS_MIN: i32 = 1;
    pub const WATCHDOG_TICKS_MAX: i32 = 20;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "watchdog"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "kick")]
        fn watchdog_kick();
        #[cfg_attr(target_arch = "wasm32", link_name = "since")]
        fn watchdog_since() -> i32;
    }

    /// Serves the watchdog. A second kick in the same tick is too early.
    pub fn kick() {
        unsafe { watchdog_kick() }
    }

    /// Ticks since the last kick, by which a self-test checks that the watchdog counts. Gives 0..20 ticks.
    pub fn since() -> i32 {
        unsafe { watchdog_since() }
    }
}

pub mod reset {
    pub const RESET_POWER_ON: i32 = 0;
    pub const RESET_BROWNOUT: i32 = 1;
    pub const RESET_WATCHDOG: i32 = 2;
    pub const RESET_EXTERNAL: i32 = 3;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "reset"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "cause")]
        fn reset_cause() -> i32;
    }

    /// Why the controller started. Gives one of the RESET_ codes.
    pub fn cause() -> i32 {
        unsafe { reset_cause() }
    }
}

pub mod guard {
    pub const GUARD_SPACING_TICKS: i32 = 85;
    pub const GUARD_PULSES_PER_HOUR_MAX: i32 = 4000;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "guard"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "setLimit")]
        fn guard_set_limit(pulses_per_hour: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "limit")]
        fn guard_limit() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "tripped")]
        fn guard_tripped() -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "rearm")]
        fn guard_rearm() -> i32;
    }

    /// Writes the hourly register. False without a head in place or outside the range; nothing then changes.
    /// `pulsesPerHour`: 1..4000 steps.
    pub fn set_limit(pulses_per_hour: i32) -> bool {
        unsafe { guard_set_limit(pulses_per_hour) != 0 }
    }

    /// The hourly register. Gives 1..4000 steps.
    pub fn limit() -> i32 {
        unsafe { guard_limit() }
    }

    /// True while the guard holds the motor supply open.
    pub fn tripped() -> bool {
        unsafe { guard_tripped() != 0 }
    }

    /// Closes the guard's switch again. False without a head in place; nothing then changes.
    pub fn rearm() -> bool {
        unsafe { guard_rearm() != 0 }
    }
}

pub mod crypto {
    pub const CRYPTO_BUFFER_BYTES: i32 = 256;
    pub const CRYPTO_NONCE_BYTES: i32 = 13;
    pub const CRYPTO_TAG_BYTES: i32 = 8;
    pub const CRYPTO_KEY_BYTES: i32 = 16;
    pub const CRYPTO_KEY_SLOTS: i32 = 8;
    pub const CRYPTO_PUBLIC_KEY_BYTES: i32 = 32;

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "crypto"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "put")]
        fn crypto_put(index: i32, value: i32);
        #[cfg_attr(target_arch = "wasm32", link_name = "get")]
        fn crypto_get(index: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "storeKey")]
        fn crypto_store_key(slot: i32);
        #[cfg_attr(target_arch = "wasm32", link_name = "seal")]
        fn crypto_seal(slot: i32, associated: i32, text: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "open")]
        fn crypto_open(slot: i32, associated: i32, text: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "agree")]
        fn crypto_agree(slot: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "derive")]
        fn crypto_derive(from: i32, to: i32, salt: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "random")]
        fn crypto_random(count: i32);
    }

    /// Writes the low 8 bits of `value` into the buffer. `index`: 0..255; ignored outside.
    pub fn put(index: i32, value: i32) {
        unsafe { crypto_put(index, value) }
    }

    /// One byte of the buffer. `index`: 0..255. Gives 0..255.
    pub fn get(index: i32) -> i32 {
        unsafe { crypto_get(index) }
    }

    /// Copies the first 16 bytes of the buffer into a key slot and clears them. `slot`: 0..7; ignored outside.
    pub fn store_key(slot: i32) {
        unsafe { crypto_store_key(slot) }
    }

    /// Encrypts `text` bytes in place after `associated` bytes and appends the tag. False for an empty slot or too
    /// many bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`: 0..235.
    pub fn seal(slot: i32, associated: i32, text: i32) -> bool {
        unsafe { crypto_seal(slot, associated, text) != 0 }
    }

    /// Checks the tag and decrypts in place. False for a wrong tag, after which the text is zero, and for an empty
    /// slot or too many bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`:
    /// 0..235.
    pub fn open(slot: i32, associated: i32, text: i32) -> bool {
        unsafe { crypto_open(slot, associated, text) != 0 }
    }

    /// Agrees on a key with the other end, whose public key is the buffer's first 32 bytes. A fresh public key of
    /// this part replaces it there, and `slot` gets HKDF(shared secret, salt: their key, then this one, info:
    /// "cistern pairing"). False when the slot does not exist or their key gives no shared secret; these bytes are
    /// then zero and the slot is unchanged. `slot`: 0..7.
    pub fn agree(slot: i32) -> bool {
        unsafe { crypto_agree(slot) != 0 }
    }

    /// Slot `to` gets HKDF(key of `from`, salt: the buffer's first `salt` bytes, info: "cistern session"). False for
    /// an empty slot. `from`: 0..7; `to`: 0..7; `salt`: 0..255.
    pub fn derive(from: i32, to: i32, salt: i32) -> bool {
        unsafe { crypto_derive(from, to, salt) != 0 }
    }

    /// Puts `count` random bytes at the beginning of the buffer. `count`: 0..255.
    pub fn random(count: i32) {
        unsafe { crypto_random(count) }
    }
}

pub mod trace {
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

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "trace"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "event")]
        fn trace_event(code: i32, a: i32, b: i32, c: i32);
        #[cfg_attr(target_arch = "wasm32", link_name = "publish")]
        fn trace_publish(channel: i32, value: i32);
    }

    /// Reports an event with its three arguments, 0 where it has fewer; emulator/machine/events.ts names them.
    /// `code`: one of the EVENT_ codes.
    pub fn event(code: i32, a: i32, b: i32, c: i32) {
        unsafe { trace_event(code, a, b, c) }
    }

    /// Publishes the present value of a channel. `channel`: one of the CHANNEL_ codes; ignored outside.
    pub fn publish(channel: i32, value: i32) {
        unsafe { trace_publish(channel, value) }
    }
}

pub mod crc {
    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "crc"))]
    extern "C" {
        #[cfg_attr(target_arch = "wasm32", link_name = "addWord")]
        fn crc_add_word(crc: i32, word: i32) -> i32;
        #[cfg_attr(target_arch = "wasm32", link_name = "addByte")]
        fn crc_add_byte(crc: i32, byte: i32) -> i32;
    }

    /// The rest after four more bytes, of which the first is the lowest of `word`. `crc` is the rest so far.
    pub fn add_word(crc: i32, word: i32) -> i32 {
        unsafe { crc_add_word(crc, word) }
    }

    /// The rest after one more byte, the low 8 bits of `byte`. `crc` is the rest so far.
    pub fn add_byte(crc: i32, byte: i32) -> i32 {
        unsafe { crc_add_byte(crc, byte) }
    }
}
