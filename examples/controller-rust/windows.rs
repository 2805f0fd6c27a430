//! The dose windows: the pulses of each of the last minutes, and of each limit's window. A pulse leaves a window up to a minute late, never early.

use crate::cistern_hal::telemetry::{PROGRAM_LIMITS_MAX, WINDOW_MINUTES_MAX};
use crate::cistern_hal::units::TICKS_PER_MINUTE;
use crate::program::Program;

/// The minutes of the longest window, and the minute under way.
const MINUTES: usize = WINDOW_MINUTES_MAX as usize + 1;

pub struct Windows {
    minutes: [u8; MINUTES],
    /// The index of the minute under way, and its ticks that have passed.
    minute: usize,
    ticks: i32,
    pub pulses: [u32; PROGRAM_LIMITS_MAX as usize],
}

impl Windows {
    pub const EMPTY: Windows =
        Windows { minutes: [0; MINUTES], minute: 0, ticks: 0, pulses: [0; PROGRAM_LIMITS_MAX as usize] };

    pub fn tick(&mut self, program: &Program) {
        self.ticks += 1;
        if self.ticks < TICKS_PER_MINUTE {
            return;
        }
        for i in 0..program.limits {
            self.pulses[i] -= u32::from(self.minutes[self.before(program.limit[i].minutes)]);
        }
        self.minute = (self.minute + 1) % MINUTES;
        self.minutes[self.minute] = 0;
        self.ticks = 0;
    }

    /// The ticks in which no minute ends.
    pub fn idle(&self) -> i64 {
        i64::from(TICKS_PER_MINUTE - 1 - self.ticks)
    }

    pub fn skip(&mut self, ticks: i32) {
        self.ticks += ticks;
    }

    pub fn count(&mut self, program: &Program, pulses: u32) {
        for i in 0..program.limits {
            self.pulses[i] += pulses;
        }
        self.minutes[self.minute] += pulses as u8;
    }

    pub fn count_anew(&mut self, program: &Program) {
        for i in 0..program.limits {
            let ages = 0..=program.limit[i].minutes;
            self.pulses[i] = ages.map(|age| u32::from(self.minutes[self.before(age)])).sum();
        }
    }

    /// The first window that `pulses` more would overfill.
    pub fn full(&self, program: &Program, pulses: u32) -> Option<usize> {
        (0..program.limits).find(|&i| self.pulses[i] + pulses > program.limit[i].pulses)
    }

    fn before(&self, minutes: u32) -> usize {
        (self.minute + MINUTES - minutes as usize) % MINUTES
    }
}
