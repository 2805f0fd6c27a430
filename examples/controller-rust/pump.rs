//! The therapy: basal by an exact accumulator, the patient's bolus beside it, dose windows, the motor with proof of motion, and the
//! alarms that follow from these. Volumes are in pulses of 250 nL, rates in 0.01 uL/day, times in ticks of 10 ms. It keeps nothing
//! over a reset: the pump then is not programmed, delivers nothing and raises an alarm.
//!
//! A pulse is counted when the encoder has shown it. A pulse that does not show within PROOF_TICKS is missed: it stays owed and is
//! tried again when the next one falls due, so a stall is found at the programmed pace. Pulses that fall due during a stall are not
//! made up.

use crate::cistern_hal::{alarms::*, guard, motor, reset, sounder, telemetry::*, trace, trace::*, units::*};
use crate::program::Program;
use crate::windows::Windows;

/// A healthy step shows after 20 ticks.
const PROOF_TICKS: u32 = 50;
const MISSES_TO_STALL: i32 = 8;
const PROOFS_TO_RECOVER: i32 = 4;
const EMPTY_PULSES: u32 = 5600;
const UNPUBLISHED: i32 = i32::MIN;
/// All but low_reservoir. These sound two tones for 3 s every 10 min, and others one tone for 1 s every 60 min.
const CRITICAL: u32 = !(1 << ALARM_LOW_RESERVOIR);

/// The channels of each limit: what its window holds, its pulses and its minutes.
const LIMIT_CHANNELS: [(i32, i32, i32); PROGRAM_LIMITS_MAX as usize] = [
    (CHANNEL_WINDOW0, CHANNEL_LIMIT0, CHANNEL_LENGTH0),
    (CHANNEL_WINDOW1, CHANNEL_LIMIT1, CHANNEL_LENGTH1),
    (CHANNEL_WINDOW2, CHANNEL_LIMIT2, CHANNEL_LENGTH2),
    (CHANNEL_WINDOW3, CHANNEL_LIMIT3, CHANNEL_LENGTH3),
];

struct Bolus {
    accumulator: i64,
    owed: u32,
    given: u32,
}

pub struct Pump {
    /// Counted since boot.
    tick: u32,
    program: Program,
    valid: bool,
    running: bool,
    life: i32,
    filled: bool,
    estimate: u32,
    alarms: u32,
    alarm_tick: u32,
    tone: i32,

    powered: bool,
    stalled: bool,
    /// The cause of the pulse in flight.
    flight: Option<i32>,
    pulse_tick: u32,
    motion: i32,
    misses: i32,
    proofs: i32,
    pulses_total: u32,
    missed_total: u32,

    /// The rate in force and the pulses owed. `held` is true after a miss, until the next pulse falls due.
    rate: u32,
    accumulator: i64,
    basal_owed: u32,
    held: bool,

    /// The patient's bolus under way, and the ticks at which the last ones began.
    bolus: Option<Bolus>,
    starts: [u32; CAP_PER_24H_MAX as usize],
    starts_count: usize,

    windows: Windows,
    published: [i32; CHANNELS as usize],
}

impl Pump {
    pub const NEW: Pump = Pump {
        tick: 0,
        program: Program::NONE,
        valid: false,
        running: false,
        life: LIFE_SHELF,
        filled: false,
        estimate: 0,
        alarms: 0,
        alarm_tick: 0,
        tone: sounder::TONE_OFF,
        powered: false,
        stalled: false,
        flight: None,
        pulse_tick: 0,
        motion: 0,
        misses: 0,
        proofs: 0,
        pulses_total: 0,
        missed_total: 0,
        rate: 0,
        accumulator: 0,
        basal_owed: 0,
        held: false,
        bolus: None,
        starts: [0; CAP_PER_24H_MAX as usize],
        starts_count: 0,
        windows: Windows::EMPTY,
        published: [UNPUBLISHED; CHANNELS as usize],
    };

    pub fn boot(&mut self) {
        *self = Pump::NEW;
        self.motion = motor::motion();
        self.published[CHANNEL_CAUSE as usize] = CAUSE_NONE;
        trace::event(EVENT_BOOT, reset::cause(), 0, 0);
        motor::set_power(false);
        self.set_alarm(ALARM_PROGRAM_INVALID, reset::cause() != reset::RESET_POWER_ON);
    }

    /// Counts the tick; the rest of it comes with `tick`, after the orders of people.
    pub fn begin_tick(&mut self) {
        self.tick += 1;
    }

    pub fn tick(&mut self) {
        self.windows.tick(&self.program);
        if self.is_on(ALARM_DOSE_LIMIT) && self.windows.full(&self.program, 1).is_none() {
            self.set_alarm(ALARM_DOSE_LIMIT, false);
        }
        self.sense_motion();
        self.accrue();
        self.deliver();
        if !self.running && self.flight.is_none() {
            self.set_power(false);
        }
        self.set_alarm(ALARM_EMPTY_RESERVOIR, self.filled && self.estimate <= EMPTY_PULSES);
        let is_low = self.filled && self.valid && self.estimate <= self.program.low;
        self.set_alarm(ALARM_LOW_RESERVOIR, is_low);
        self.sound();
        self.publish();
    }

    /// The number of coming ticks that would only kick the watchdog.
    pub fn idle(&self) -> i32 {
        let owes = self.owed() > 0 && !self.held;
        if self.flight.is_some() || owes || self.rate_in_force() != self.rate {
            return 0;
        }
        let mut idle = i64::from(LEAP_TICKS_MAX).min(self.windows.idle());
        if self.rate > 0 {
            idle = idle.min((i64::from(RATE_TICKS_PER_PULSE) - 1 - self.accumulator) / i64::from(self.rate));
        }
        if let Some(bolus) = &self.bolus {
            let left = i64::from(self.program.bolus_ticks) - 1 - bolus.accumulator;
            idle = idle.min(left / i64::from(self.program.bolus_pulses));
        }
        if self.alarms != 0 {
            let phase = (self.tick - self.alarm_tick) % self.tone_period();
            let is_sounding = phase < self.tone_length();
            let end = if is_sounding { self.tone_length() } else { self.tone_period() };
            idle = idle.min(i64::from(end - phase) - 1);
        }
        idle.max(0) as i32
    }

    pub fn skip(&mut self, ticks: i32) {
        self.tick += ticks as u32;
        self.windows.skip(ticks);
        self.accumulator += i64::from(self.rate) * i64::from(ticks);
        if let Some(bolus) = &mut self.bolus {
            bolus.accumulator += i64::from(self.program.bolus_pulses) * i64::from(ticks);
        }
    }

    // ---- orders of people, which give outcomes

    pub fn implant(&mut self) -> i32 {
        if self.life != LIFE_SHELF {
            return OUTCOME_LIFE;
        }
        self.enter(LIFE_IMPLANTED);
        OUTCOME_ACCEPTED
    }

    /// Gives the pulses that should have been left.
    pub fn refill(&mut self, aspirated: u32, filled: u32) -> u32 {
        let expected = self.estimate;
        self.estimate = filled;
        self.filled = true;
        trace::event(EVENT_REFILLED, filled as i32, aspirated as i32, 0);
        expected
    }

    pub fn adopt(&mut self, program: &Program) -> i32 {
        if self.life == LIFE_SHELF {
            return OUTCOME_LIFE;
        }
        if !guard::set_limit(hourly_limit(program)) {
            return OUTCOME_NOT_AUTHORISED;
        }
        self.end_bolus(EVENT_BOLUS_CANCELLED);
        self.program = *program;
        self.valid = true;
        self.windows.count_anew(program);
        self.set_alarm(ALARM_PROGRAM_INVALID, false);
        if self.life != LIFE_IN_SERVICE {
            self.enter(LIFE_IN_SERVICE);
        }
        self.begin();
        trace::event(EVENT_PROGRAM_ACCEPTED, program.rate as i32, program.digest as i32, program.total as i32);
        OUTCOME_ACCEPTED
    }

    pub fn patient_bolus(&mut self) -> i32 {
        self.expire_old_starts();
        let program = &self.program;
        let starts = &self.starts[..self.starts_count];
        if !self.valid || program.cap == 0 {
            return OUTCOME_NOT_PROGRAMMED;
        }
        if !self.running {
            return OUTCOME_STOPPED;
        }
        if self.is_on(ALARM_EMPTY_RESERVOIR) {
            return OUTCOME_EMPTY;
        }
        if self.alarms & CRITICAL != 0 {
            return OUTCOME_ALARM;
        }
        if self.bolus.is_some() {
            return OUTCOME_BUSY;
        }
        if starts.last().map_or(false, |last| self.tick - last < program.lockout_ticks) {
            return OUTCOME_LOCKOUT;
        }
        if starts.len() >= program.cap as usize {
            return OUTCOME_PER_24H;
        }
        if self.windows.full(program, program.bolus_pulses).is_some() {
            return OUTCOME_DOSE_LIMIT;
        }
        self.starts[self.starts_count] = self.tick;
        self.starts_count += 1;
        self.bolus = Some(Bolus { accumulator: 0, owed: 0, given: 0 });
        trace::event(EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, program.bolus_pulses as i32, program.bolus_ticks as i32);
        OUTCOME_ACCEPTED
    }

    pub fn start(&mut self) -> i32 {
        if !self.valid {
            return OUTCOME_NOT_PROGRAMMED;
        }
        if guard::tripped() {
            return OUTCOME_ALARM;
        }
        if !self.running {
            self.begin();
            trace::event(EVENT_STARTED, 0, 0, 0);
        }
        OUTCOME_ACCEPTED
    }

    pub fn stop(&mut self) {
        self.halt(false);
    }

    // ---- the values of the status

    pub fn mode(&self) -> i32 {
        if !self.valid {
            MODE_NOT_PROGRAMMED
        } else if !self.running {
            MODE_STOPPED
        } else if self.rate_in_force() == RATE_MINIMUM as u32 {
            MODE_MINIMUM
        } else {
            MODE_CONTINUOUS
        }
    }

    pub fn flags(&self) -> i32 {
        let flag = |is_so: bool, flag: i32| if is_so { flag } else { 0 };
        flag(self.bolus.is_some(), FLAG_BOLUS)
            | flag(self.stalled, FLAG_STALLED)
            | flag(self.is_on(ALARM_DOSE_LIMIT), FLAG_LIMITED)
    }

    pub fn life(&self) -> i32 {
        self.life
    }

    pub fn rate(&self) -> u32 {
        self.rate
    }

    pub fn estimate(&self) -> u32 {
        self.estimate
    }

    pub fn pulses(&self) -> u32 {
        self.pulses_total
    }

    pub fn missed(&self) -> u32 {
        self.missed_total
    }

    pub fn alarms(&self) -> u32 {
        self.alarms
    }

    /// The pulses that the bolus under way has given, and those that it gives in all.
    pub fn bolus(&self) -> (u32, u32) {
        self.bolus.as_ref().map_or((0, 0), |bolus| (bolus.given, self.program.bolus_pulses))
    }

    pub fn digest(&self) -> u32 {
        self.program.digest
    }

    /// The pulses of 24 h by the program in force.
    pub fn total(&self) -> u32 {
        self.program.total
    }

    // ---- alarms

    fn is_on(&self, alarm: i32) -> bool {
        self.alarms >> alarm & 1 != 0
    }

    fn set_alarm(&mut self, alarm: i32, on: bool) {
        if self.is_on(alarm) == on {
            return;
        }
        self.alarms ^= 1 << alarm;
        if on {
            self.alarm_tick = self.tick;
        }
        trace::event(if on { EVENT_ALARM_RAISED } else { EVENT_ALARM_CLEARED }, alarm, 0, 0);
    }

    fn tone_period(&self) -> u32 {
        if self.alarms & CRITICAL != 0 {
            60_000
        } else {
            360_000
        }
    }

    fn tone_length(&self) -> u32 {
        if self.alarms & CRITICAL != 0 {
            300
        } else {
            100
        }
    }

    fn sound(&mut self) {
        let is_sounding = self.alarms != 0 && (self.tick - self.alarm_tick) % self.tone_period() < self.tone_length();
        let tone = if !is_sounding {
            sounder::TONE_OFF
        } else if self.alarms & CRITICAL != 0 {
            sounder::TONE_DUAL
        } else {
            sounder::TONE_SINGLE
        };
        if tone != self.tone {
            sounder::set_tone(tone);
        }
        self.tone = tone;
    }

    // ---- start, stop and bolus

    fn enter(&mut self, life: i32) {
        self.life = life;
        trace::event(EVENT_LIFE_CHANGED, life, 0, 0);
    }

    /// Starts delivery by a clinician's order, which also clears misses and motor faults.
    fn begin(&mut self) {
        self.set_alarm(ALARM_MOTOR_REVERSE, false);
        self.set_alarm(ALARM_MOTOR_RUNAWAY, false);
        self.set_alarm(ALARM_MOTOR_STALL, false);
        self.stalled = false;
        self.misses = 0;
        self.proofs = 0;
        self.running = true;
    }

    fn halt(&mut self, by_alarm: bool) {
        if !self.running {
            return;
        }
        self.running = false;
        // What has gathered of the next pulse stays for the next start (THR-9).
        self.basal_owed = 0;
        self.end_bolus(EVENT_BOLUS_CANCELLED);
        trace::event(EVENT_STOPPED, i32::from(by_alarm), 0, 0);
    }

    fn end_bolus(&mut self, how: i32) {
        if let Some(bolus) = self.bolus.take() {
            trace::event(how, CAUSE_PATIENT_BOLUS, bolus.given as i32, 0);
        }
    }

    fn expire_old_starts(&mut self) {
        let is_recent = |start: &u32| self.tick - start < TICKS_PER_DAY as u32;
        let count = self.starts_count;
        let gone = self.starts[..count].iter().position(is_recent).unwrap_or(count);
        self.starts.copy_within(gone..count, 0);
        self.starts_count -= gone;
    }

    // ---- the motor

    fn set_power(&mut self, on: bool) {
        if self.powered == on {
            return;
        }
        self.powered = on;
        motor::set_power(on);
    }

    /// Stops the pump with an alarm, because the rotor moved in a way that was not ordered.
    fn motor_fault(&mut self, alarm: i32) {
        self.flight = None;
        self.set_power(false);
        self.set_alarm(alarm, true);
        self.halt(true);
    }

    fn sense_motion(&mut self) {
        let motion = motor::motion();
        let moved = motion - self.motion;
        self.motion = motion;
        if moved > 0 {
            // Forward steps count, whatever moved the rotor.
            self.estimate = self.estimate.saturating_sub(moved as u32);
            self.windows.count(&self.program, moved as u32);
        }
        if moved < 0 {
            self.motor_fault(ALARM_MOTOR_REVERSE);
        } else if moved > i32::from(self.flight.is_some()) {
            self.motor_fault(ALARM_MOTOR_RUNAWAY);
        } else if moved > 0 {
            self.prove();
        } else if self.flight.is_some() && self.tick - self.pulse_tick >= PROOF_TICKS {
            self.miss();
        }
        let is_tripped = guard::tripped();
        self.set_alarm(ALARM_DOSE_GUARD, is_tripped);
        if is_tripped {
            self.halt(true);
        }
    }

    fn prove(&mut self) {
        let cause = self.flight.take();
        self.misses = 0;
        if cause == Some(CAUSE_BASAL) {
            self.basal_owed = self.basal_owed.saturating_sub(1);
        }
        if cause == Some(CAUSE_PATIENT_BOLUS) {
            if let Some(bolus) = &mut self.bolus {
                bolus.owed -= 1;
                bolus.given += 1;
                if bolus.given == self.program.bolus_pulses {
                    self.end_bolus(EVENT_BOLUS_FINISHED);
                }
            }
        }
        if !self.stalled {
            return;
        }
        self.proofs += 1;
        if self.proofs >= PROOFS_TO_RECOVER {
            self.stalled = false;
            trace::event(EVENT_STALL_RECOVERED, 0, 0, 0);
            self.set_alarm(ALARM_MOTOR_STALL, false);
        }
    }

    fn miss(&mut self) {
        self.flight = None;
        self.held = true;
        self.proofs = 0;
        self.missed_total += 1;
        if self.stalled {
            return;
        }
        self.misses += 1;
        if self.misses < MISSES_TO_STALL {
            return;
        }
        self.stalled = true;
        trace::event(EVENT_STALL_DETECTED, self.misses, 0, 0);
        self.set_alarm(ALARM_MOTOR_STALL, true);
        self.end_bolus(EVENT_BOLUS_CANCELLED);
    }

    fn fire(&mut self, cause: i32) {
        self.set_power(true);
        self.publish_one(CHANNEL_CAUSE, cause);
        motor::pulse();
        self.flight = Some(cause);
        self.pulse_tick = self.tick;
        self.pulses_total += 1;
    }

    // ---- delivery

    fn rate_in_force(&self) -> u32 {
        if !self.running {
            0
        } else if self.is_on(ALARM_EMPTY_RESERVOIR) || self.is_on(ALARM_DOSE_LIMIT) {
            RATE_MINIMUM as u32
        } else {
            self.program.rate
        }
    }

    fn owed(&self) -> u32 {
        self.basal_owed + self.bolus.as_ref().map_or(0, |bolus| bolus.owed)
    }

    fn accrue(&mut self) {
        let rate = self.rate_in_force();
        if rate != self.rate {
            trace::event(EVENT_BASAL_RATE, rate as i32, 0, 0);
        }
        self.rate = rate;
        self.accumulator += i64::from(rate);
        if self.accumulator >= i64::from(RATE_TICKS_PER_PULSE) {
            self.accumulator -= i64::from(RATE_TICKS_PER_PULSE);
            self.basal_owed = if self.stalled { 1 } else { self.basal_owed + 1 };
            self.held = false;
        }
        let Program { bolus_pulses, bolus_ticks, .. } = self.program;
        if let Some(bolus) = &mut self.bolus {
            if bolus.given + bolus.owed == bolus_pulses {
                return;
            }
            bolus.accumulator += i64::from(bolus_pulses);
            if bolus.accumulator >= i64::from(bolus_ticks) {
                bolus.accumulator -= i64::from(bolus_ticks);
                bolus.owed += 1;
                self.held = false;
            }
        }
    }

    /// Starts the pulse that is owed, if the windows have room for it and the motor is ready.
    fn deliver(&mut self) {
        let is_early = self.tick - self.pulse_tick < PULSE_SPACING_TICKS as u32;
        if self.owed() == 0 || self.flight.is_some() || self.held || is_early {
            return;
        }
        if let Some(full) = self.windows.full(&self.program, 1) {
            let minutes = self.program.limit[full].minutes as i32;
            trace::event(EVENT_LIMIT_REACHED, minutes, 0, 0);
            self.set_alarm(ALARM_DOSE_LIMIT, true);
            self.end_bolus(EVENT_BOLUS_CANCELLED);
            self.basal_owed = 0;
            return;
        }
        self.fire(if self.basal_owed > 0 { CAUSE_BASAL } else { CAUSE_PATIENT_BOLUS });
    }

    fn publish(&mut self) {
        self.publish_one(CHANNEL_RATE, self.rate as i32);
        self.publish_one(CHANNEL_ESTIMATE, self.estimate as i32);
        self.publish_one(CHANNEL_ALARMS, self.alarms as i32);
        self.publish_one(CHANNEL_MODE, self.mode());
        self.publish_one(CHANNEL_LIFE, self.life);
        let intended = if self.running { self.program.rate } else { 0 };
        self.publish_one(CHANNEL_INTENDED, intended as i32);
        for (i, (window, pulses, minutes)) in LIMIT_CHANNELS.iter().enumerate() {
            let limit = self.program.limit[i];
            self.publish_one(*window, self.windows.pulses[i] as i32);
            self.publish_one(*pulses, limit.pulses as i32);
            self.publish_one(*minutes, limit.minutes as i32);
        }
    }

    fn publish_one(&mut self, channel: i32, value: i32) {
        let published = &mut self.published[channel as usize];
        if *published == value {
            return;
        }
        *published = value;
        trace::publish(channel, value);
    }
}

/// The guard's limit for an hour: the basal and every bolus that fits, plus a quarter.
fn hourly_limit(program: &Program) -> i32 {
    let mut pulses = program.rate / (25 * 24) + 1;
    if program.cap > 0 {
        let boluses = TICKS_PER_HOUR as u32 / program.lockout_ticks + 1;
        pulses += program.bolus_pulses * boluses.min(program.cap);
    }
    pulses += pulses / 4 + 1;
    pulses.min(guard::GUARD_PULSES_PER_HOUR_MAX as u32) as i32
}
