//! The program record of docs/telemetry.md, as far as this pump uses it: continuous mode, a patient bolus, up to four windows. Flex
//! and periodic mode are refused, and drugs are not checked against a drug library. No value is clamped: one value out of range
//! refuses the whole record.

use crate::bytes::{crc32, get_u16, get_u32};
use crate::cistern_hal::{telemetry::*, trace::MODE_CONTINUOUS, units::*};

#[derive(Clone, Copy, Default)]
pub struct Limit {
    pub pulses: u32,
    pub minutes: u32,
}

#[derive(Clone, Copy)]
pub struct Program {
    /// 0.01 uL/day.
    pub rate: u32,
    pub bolus_pulses: u32,
    pub bolus_ticks: u32,
    pub lockout_ticks: u32,
    /// The permitted patient boluses in 24 h; 0 for none.
    pub cap: u32,
    /// The content of the reservoir at which low_reservoir is raised, in pulses.
    pub low: u32,
    pub limits: usize,
    pub limit: [Limit; PROGRAM_LIMITS_MAX as usize],
    pub digest: u32,
    /// The pulses of 24 h, with the basal and every permitted bolus.
    pub total: u32,
}

impl Program {
    pub const NONE: Program = Program {
        rate: 0,
        bolus_pulses: 0,
        bolus_ticks: 0,
        lockout_ticks: 0,
        cap: 0,
        low: 0,
        limits: 0,
        limit: [Limit { pulses: 0, minutes: 0 }; PROGRAM_LIMITS_MAX as usize],
        digest: 0,
        total: 0,
    };

    /// Nothing for a record with a value out of range.
    pub fn read(record: &[u8]) -> Option<Program> {
        let is_within = |value: u32, min: i32, max: i32| value >= min as u32 && value <= max as u32;
        let mut next = Program {
            rate: get_u32(&record[PROGRAM_RATE as usize..]),
            cap: u32::from(record[PROGRAM_CAP as usize]),
            limits: usize::from(record[PROGRAM_LIMIT_COUNT as usize]),
            low: get_u32(&record[PROGRAM_LOW as usize..]),
            digest: crc32(record),
            ..Program::NONE
        };
        if i32::from(record[PROGRAM_MODE as usize]) != MODE_CONTINUOUS
            || !is_within(next.rate, RATE_THERAPEUTIC_MIN, RATE_MAX)
            || next.cap > CAP_PER_24H_MAX as u32
            || next.limits > next.limit.len()
            || next.low > i32::MAX as u32
        {
            return None;
        }
        if next.cap > 0 {
            let seconds = get_u16(&record[PROGRAM_BOLUS_SECONDS as usize..]);
            let lockout = get_u16(&record[PROGRAM_LOCKOUT as usize..]);
            next.bolus_pulses = get_u16(&record[PROGRAM_BOLUS as usize..]);
            next.bolus_ticks = seconds * TICKS_PER_SECOND as u32;
            next.lockout_ticks = lockout * TICKS_PER_MINUTE as u32;
            if next.bolus_pulses == 0
                || !is_within(seconds, 1, BOLUS_SECONDS_MAX)
                || next.bolus_ticks < next.bolus_pulses * PULSE_SPACING_TICKS as u32
                || !is_within(lockout, LOCKOUT_MINUTES_MIN, LOCKOUT_MINUTES_MAX)
            {
                return None;
            }
        }
        for i in 0..next.limits {
            let at = &record[PROGRAM_LIMIT as usize + i * PROGRAM_LIMIT_BYTES as usize..];
            let pulses = get_u32(&at[PROGRAM_LIMIT_PULSES_AT as usize..]);
            let minutes = get_u16(&at[PROGRAM_LIMIT_WINDOW_MIN_AT as usize..]);
            if !is_within(pulses, 1, i32::MAX) || !is_within(minutes, WINDOW_MINUTES_MIN, WINDOW_MINUTES_MAX) {
                return None;
            }
            next.limit[i] = Limit { pulses, minutes };
        }
        // The rate in 0.01 uL/day that makes one pulse a day.
        next.total = next.rate / (PULSE_NL / RATE_UNIT_NL_PER_DAY) as u32 + next.cap * next.bolus_pulses;
        Some(next)
    }
}
