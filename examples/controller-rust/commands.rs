//! The orders of the people at the other end of the telemetry link: SET_CLOCK, IMPLANT, REFILL, STAGE, COMMIT, INTERROGATE,
//! PATIENT_BOLUS, STOP and START. Every other command is answered with `malformed`. The last order of each role is kept with its answer,
//! so that a repeat under the same sequence is acknowledged and not carried out again. There is no confirmation of doses, no
//! comparison at a refill, no purge and no log.

use crate::bytes::{crc32, get_u16, get_u32, put_u16, put_u32};
use crate::cistern_hal::{battery, clock, link, telemetry::*, trace, trace::*};
use crate::program::Program;
use crate::pump::Pump;

/// A command from a sealed frame. `sum` is the CRC-16 of its whole text, by which a repeat is found.
pub struct Command<'a> {
    pub role: i32,
    pub kind: i32,
    pub sequence: u16,
    pub sum: u16,
    pub payload: &'a [u8],
}

/// The content of an answer: its outcome, and what follows it.
pub struct Answer {
    pub bytes: [u8; PAYLOAD_BYTES as usize],
    pub length: usize,
}

impl Answer {
    pub fn of(outcome: i32) -> Answer {
        let mut bytes = [0; PAYLOAD_BYTES as usize];
        bytes[0] = outcome as u8;
        Answer { bytes, length: 1 }
    }

    fn outcome(&self) -> i32 {
        i32::from(self.bytes[0])
    }

    fn put_u32(&mut self, value: u32) {
        put_u32(&mut self.bytes[self.length..], value);
        self.length += 4;
    }
}

/// The longest answer that is kept.
const KEPT_BYTES: usize = 16;
const DENIALS: usize = 9;

#[derive(Clone, Copy)]
struct Last {
    kind: i32,
    sequence: u16,
    sum: u16,
    answer: [u8; KEPT_BYTES],
    length: usize,
}

pub struct Commands {
    staged: [u8; PROGRAM_BYTES as usize],
    last: [Last; ROLES as usize],
    requests: u16,
    granted: u16,
    denied: [u16; DENIALS],
}

impl Commands {
    pub const NEW: Commands = Commands {
        staged: [0; PROGRAM_BYTES as usize],
        last: [Last { kind: 0, sequence: 0, sum: 0, answer: [0; KEPT_BYTES], length: 0 }; ROLES as usize],
        requests: 0,
        granted: 0,
        denied: [0; DENIALS],
    };

    /// Carries out a command, unless it is a repeat. `refused` is the number of frames that were refused since boot.
    pub fn execute(&mut self, pump: &mut Pump, command: &Command, refused: u16) -> Answer {
        if !has_length(command) {
            return noted(command, Answer::of(OUTCOME_MALFORMED));
        }
        if !is_allowed(command) {
            return noted(command, Answer::of(OUTCOME_NOT_AUTHORISED));
        }
        if command.kind == COMMAND_INTERROGATE {
            return self.status(pump, command, refused);
        }
        if command.kind == COMMAND_STAGE {
            return self.stage(command);
        }
        let last = &self.last[command.role as usize];
        if (last.kind, last.sequence, last.sum) == (command.kind, command.sequence, command.sum) {
            let mut answer = Answer::of(OUTCOME_ACCEPTED);
            answer.bytes[..KEPT_BYTES].copy_from_slice(&last.answer);
            answer.length = last.length;
            return answer;
        }
        let answer = self.carry_out(pump, command);
        let last = &mut self.last[command.role as usize];
        last.kind = command.kind;
        last.sequence = command.sequence;
        last.sum = command.sum;
        last.answer.copy_from_slice(&answer.bytes[..KEPT_BYTES]);
        last.length = answer.length;
        noted(command, answer)
    }

    fn carry_out(&mut self, pump: &mut Pump, command: &Command) -> Answer {
        match command.kind {
            COMMAND_COMMIT => self.commit(pump, command),
            COMMAND_STOP => {
                pump.stop();
                Answer::of(OUTCOME_ACCEPTED)
            }
            COMMAND_START => Answer::of(pump.start()),
            COMMAND_PATIENT_BOLUS => Answer::of(self.patient_bolus(pump)),
            COMMAND_REFILL => {
                let aspirated = get_u32(&command.payload[1..]);
                let filled = get_u32(&command.payload[5..]);
                let mut answer = Answer::of(OUTCOME_ACCEPTED);
                answer.put_u32(pump.refill(aspirated, filled));
                answer
            }
            COMMAND_SET_CLOCK => Answer::of(set_clock(get_u32(command.payload))),
            // COMMAND_IMPLANT: only of a pump whose purge was seen before.
            _ if i32::from(command.payload[6]) & IMPLANT_PURGED == 0 => Answer::of(OUTCOME_OUT_OF_RANGE),
            _ => Answer::of(pump.implant()),
        }
    }

    /// Takes a piece of the record. A piece at offset 0 first sets the whole record to zero. Answers the digest of the record.
    fn stage(&mut self, command: &Command) -> Answer {
        let offset = get_u16(command.payload) as usize;
        let piece = &command.payload[2..];
        if offset + piece.len() > self.staged.len() {
            return Answer::of(OUTCOME_OUT_OF_RANGE);
        }
        if offset == 0 {
            self.staged.fill(0);
        }
        self.staged[offset..offset + piece.len()].copy_from_slice(piece);
        let mut answer = Answer::of(OUTCOME_ACCEPTED);
        answer.put_u32(crc32(&self.staged));
        answer
    }

    /// Makes the staged program the one in force. Answers the new and the old 24-hour total.
    fn commit(&mut self, pump: &mut Pump, command: &Command) -> Answer {
        let before = pump.total();
        let next = Program::read(&self.staged);
        let outcome = if crc32(&self.staged) != get_u32(command.payload) {
            OUTCOME_DIGEST
        } else {
            next.map_or(OUTCOME_OUT_OF_RANGE, |program| pump.adopt(&program))
        };
        let mut answer = Answer::of(outcome);
        if outcome == OUTCOME_ACCEPTED {
            answer.put_u32(next.map_or(0, |program| program.total));
            answer.put_u32(before);
        } else {
            trace::event(EVENT_PROGRAM_REFUSED, outcome, 0, 0);
        }
        answer
    }

    fn patient_bolus(&mut self, pump: &mut Pump) -> i32 {
        let outcome = pump.patient_bolus();
        self.requests += 1;
        if outcome == OUTCOME_ACCEPTED {
            self.granted += 1;
        } else {
            self.denied[outcome as usize - 1] += 1;
            trace::event(EVENT_BOLUS_DENIED, CAUSE_PATIENT_BOLUS, outcome, 0);
        }
        outcome
    }

    fn status(&self, pump: &Pump, command: &Command, refused: u16) -> Answer {
        let mut answer = Answer::of(OUTCOME_ACCEPTED);
        answer.length = 1 + STATUS_BYTES as usize;
        let last = &self.last[command.role as usize];
        let (given, total) = pump.bolus();
        let head = if link::head_present() { FLAG_HEAD } else { 0 };
        let status = &mut answer.bytes[1..];
        status[STATUS_MODE as usize] = pump.mode() as u8;
        status[STATUS_FLAGS as usize] = (pump.flags() | head) as u8;
        status[STATUS_LAST_COMMAND as usize] = last.kind as u8;
        status[STATUS_LAST_OUTCOME as usize] = last.answer[0];
        status[STATUS_LIFE as usize] = pump.life() as u8;
        let mut two = |at: i32, value: u32| put_u16(&mut status[at as usize..], value);
        two(STATUS_LAST_SEQUENCE, u32::from(last.sequence));
        two(STATUS_CELL_MV, battery::cell_mv() as u32);
        two(STATUS_REQUESTS, u32::from(self.requests));
        two(STATUS_GRANTED, u32::from(self.granted));
        for (i, count) in self.denied.iter().enumerate() {
            two(STATUS_DENIED + 2 * i as i32, u32::from(*count));
        }
        two(STATUS_REFUSED_FRAMES, u32::from(refused));
        let mut four = |at: i32, value: u32| put_u32(&mut status[at as usize..], value);
        four(STATUS_RATE, pump.rate());
        four(STATUS_ESTIMATE, pump.estimate());
        four(STATUS_PULSES, pump.pulses());
        four(STATUS_MISSED, pump.missed());
        four(STATUS_ALARMS, pump.alarms());
        four(STATUS_MINUTE, clock::minute() as u32);
        four(STATUS_OFFSET, clock::offset() as u32);
        four(STATUS_DIGEST, pump.digest());
        four(STATUS_BOLUS_GIVEN, given);
        four(STATUS_BOLUS_TOTAL, total);
        four(STATUS_TOTAL, pump.total());
        answer
    }
}

/// Traces a refusal that has no event of its own.
fn noted(command: &Command, answer: Answer) -> Answer {
    let has_event = command.kind == COMMAND_COMMIT || command.kind == COMMAND_PATIENT_BOLUS;
    if answer.outcome() != OUTCOME_ACCEPTED && !has_event {
        trace::event(EVENT_COMMAND_REFUSED, command.kind, answer.outcome(), 0);
    }
    answer
}

/// False also for a command that this pump does not know.
fn has_length(command: &Command) -> bool {
    let length = command.payload.len();
    match command.kind {
        COMMAND_STAGE => length > 2,
        COMMAND_COMMIT => length == 10,
        COMMAND_REFILL => length == 9,
        COMMAND_SET_CLOCK => length == 4,
        COMMAND_IMPLANT => length == 7,
        COMMAND_INTERROGATE | COMMAND_STOP | COMMAND_START | COMMAND_PATIENT_BOLUS => length == 0,
        _ => false,
    }
}

fn is_allowed(command: &Command) -> bool {
    match command.kind {
        COMMAND_INTERROGATE => true,
        COMMAND_PATIENT_BOLUS => command.role != ROLE_OBSERVER,
        _ => command.role == ROLE_CLINICIAN && link::head_present(),
    }
}

fn set_clock(wall_minute: u32) -> i32 {
    if wall_minute > WALL_MINUTE_MAX as u32 {
        return OUTCOME_OUT_OF_RANGE;
    }
    clock::set_offset(wall_minute as i32 - clock::minute());
    trace::event(EVENT_CLOCK_SET, wall_minute as i32, 0, 0);
    OUTCOME_ACCEPTED
}
