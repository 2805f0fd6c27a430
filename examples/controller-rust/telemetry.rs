//! The pump's end of the telemetry link (docs/telemetry.md): finds frames among the bytes, answers the version query, pairs while the
//! programming head is in place, opens sessions, and passes on each command that is sealed for the session in force, once and in
//! order. The board's crypto part does the cryptography. There is one pairing for each role and no back-off after forged frames.

use crate::bytes::{crc16, frame_in, frame_out, get_u16, get_u32, put_u16, put_u32};
use crate::cistern_hal::{clock, crypto, drug_library::LIBRARY_VERSION, link, nvm, telemetry::*, trace, trace::*};
use crate::commands::{Answer, Command, Commands};
use crate::pump::Pump;

const CONTROLLER_VERSION: u32 = 1;
const FRAME_MAX: usize = FRAME_BYTES as usize;
const BODY: usize = FRAME_HEADER_BYTES as usize;
const NONCE: usize = crypto::CRYPTO_NONCE_BYTES as usize;
const PUBLIC_KEY: usize = crypto::CRYPTO_PUBLIC_KEY_BYTES as usize;
const OPEN_NONCE: usize = OPEN_NONCE_BYTES as usize;
const ECHO: usize = ECHO_BYTES as usize;
/// Where the content of an answer in the clear begins, behind its outcome and echo.
const CLEAR: usize = BODY + 1 + ECHO;
const SEALED_HEAD: usize = SEALED_HEADER_BYTES as usize;
const TEXT_HEAD: usize = TEXT_HEADER_BYTES as usize;
const TAG: usize = TAG_BYTES as usize;
/// Key slots 0 to 5 are for pairings. Of these two, one is for the session in force and the other for a session being opened.
const SLOT_A: i32 = 6;
const SLOTS_A_AND_B: i32 = 13;
/// The address of the number of the last session in the memory.
const ISSUED_AT: i32 = 0;

pub struct Telemetry {
    /// The session in force. Its number is 0 when there is none.
    number: u32,
    counter: u32,
    pairing: i32,
    slot: i32,
    heard_minute: i32,
    /// The session being opened.
    offered: u32,
    offered_pairing: i32,
    refused: u16,
    gathered: [u8; FRAME_MAX + 3],
    length: usize,
    is_too_long: bool,
    /// The last two bytes of the body that is answered, zeros when it is shorter; an answer in the clear repeats them.
    echo: [u8; ECHO],
}

impl Telemetry {
    pub const NEW: Telemetry = Telemetry {
        number: 0,
        counter: 0,
        pairing: 0,
        slot: SLOT_A,
        heard_minute: 0,
        offered: 0,
        offered_pairing: 0,
        refused: 0,
        gathered: [0; FRAME_MAX + 3],
        length: 0,
        is_too_long: false,
        echo: [0; ECHO],
    };

    /// Takes at most one frame.
    pub fn tick(&mut self, commands: &mut Commands, pump: &mut Pump) {
        if self.number != 0 && clock::minute() - self.heard_minute >= SESSION_MINUTES {
            trace::event(EVENT_SESSION_CLOSED, CLOSED_TIME_OUT, self.number as i32, 0);
            self.number = 0;
        }
        loop {
            let byte = link::receive();
            if byte < 0 {
                return;
            }
            if byte != 0 {
                self.gather(byte as u8);
                continue;
            }
            let mut frame = self.gathered;
            let length = if self.is_too_long { None } else { frame_in(&mut frame[..self.length]) };
            self.length = 0;
            self.is_too_long = false;
            if let Some(length) = length.filter(|&length| length >= BODY) {
                self.take(&frame[..length], commands, pump);
                return;
            }
        }
    }

    fn gather(&mut self, byte: u8) {
        if self.length < self.gathered.len() {
            self.gathered[self.length] = byte;
            self.length += 1;
        } else {
            self.is_too_long = true;
        }
    }

    fn take(&mut self, frame: &[u8], commands: &mut Commands, pump: &mut Pump) {
        self.echo = [0; ECHO];
        if frame.len() >= BODY + ECHO {
            self.echo.copy_from_slice(&frame[frame.len() - ECHO..]);
        }
        let kind = i32::from(frame[1]);
        if kind == FRAME_QUERY {
            answer_query();
        } else if i32::from(frame[0]) != FRAME_VERSION {
            self.refuse(FRAME_REFUSED, OUTCOME_VERSION);
        } else if kind == FRAME_PAIR {
            self.pair(&frame[BODY..]);
        } else if kind == FRAME_OPEN {
            self.open(&frame[BODY..]);
        } else if kind == FRAME_SEALED {
            self.unseal(frame, commands, pump);
        } else {
            self.refuse(FRAME_REFUSED, OUTCOME_MALFORMED);
        }
    }

    /// Sends an answer that has only an outcome.
    fn refuse(&mut self, kind: i32, outcome: i32) {
        self.refused += 1;
        trace::event(EVENT_LINK_REFUSED, outcome, 0, 0);
        send(&self.clear::<CLEAR>(kind, outcome));
    }

    /// An answer in the clear of so many bytes, whose content is still to be written.
    fn clear<const BYTES: usize>(&self, kind: i32, outcome: i32) -> [u8; BYTES] {
        let mut frame = [0; BYTES];
        frame[..3].copy_from_slice(&[FRAME_VERSION as u8, (kind | REPLY) as u8, outcome as u8]);
        frame[3..CLEAR].copy_from_slice(&self.echo);
        frame
    }

    fn pair(&mut self, body: &[u8]) {
        if body.len() != PAIR_BYTES as usize {
            return self.refuse(FRAME_REFUSED, OUTCOME_MALFORMED);
        }
        let role = i32::from(body[0]);
        if !(ROLE_CLINICIAN..ROLES).contains(&role) {
            return self.refuse(FRAME_PAIR, OUTCOME_OUT_OF_RANGE);
        }
        if !link::head_present() {
            return self.refuse(FRAME_PAIR, OUTCOME_NOT_AUTHORISED);
        }
        let pairing = (role - ROLE_CLINICIAN) * 2;
        put(0, &body[1..]);
        if !crypto::agree(pairing) {
            return self.refuse(FRAME_PAIR, OUTCOME_NOT_AUTHENTIC);
        }
        // The former owner of this pairing has the wrong key now.
        if self.number != 0 && self.pairing == pairing {
            self.number = 0;
        }
        if self.offered_pairing == pairing {
            self.offered = 0;
        }
        let mut frame = self.clear::<{ CLEAR + 1 + PUBLIC_KEY }>(FRAME_PAIR, OUTCOME_ACCEPTED);
        frame[CLEAR] = pairing as u8;
        get(0, &mut frame[CLEAR + 1..]);
        trace::event(EVENT_PAIRED, role, pairing, 0);
        send(&frame);
    }

    fn open(&mut self, body: &[u8]) {
        if body.len() != OPEN_BYTES as usize {
            return self.refuse(FRAME_REFUSED, OUTCOME_MALFORMED);
        }
        let pairing = i32::from(body[0]);
        let mut number = [0; 4];
        for (address, byte) in (ISSUED_AT..).zip(&mut number) {
            *byte = nvm::read(address) as u8;
        }
        let number = u32::from_le_bytes(number) + 1;
        let mut salt = [0; OPEN_NONCE + OPEN_NONCE + 4];
        salt[..OPEN_NONCE].copy_from_slice(&body[1..]);
        crypto::random(OPEN_NONCE as i32);
        get(0, &mut salt[OPEN_NONCE..OPEN_NONCE + OPEN_NONCE]);
        put_u32(&mut salt[OPEN_NONCE + OPEN_NONCE..], number);
        put(0, &salt);
        let free_slot = SLOTS_A_AND_B - self.slot;
        if pairing >= SLOT_A || number > COUNTER_MAX as u32 || !crypto::derive(pairing, free_slot, salt.len() as i32) {
            return self.refuse(FRAME_OPEN, OUTCOME_NOT_PAIRED);
        }
        self.offered = number;
        self.offered_pairing = pairing;
        let mut frame = self.clear::<{ CLEAR + 4 + OPEN_NONCE }>(FRAME_OPEN, OUTCOME_ACCEPTED);
        put_u32(&mut frame[CLEAR..], number);
        frame[CLEAR + 4..].copy_from_slice(&salt[OPEN_NONCE..OPEN_NONCE + OPEN_NONCE]);
        // Numbers never fall, not even over a reset.
        for (address, byte) in (ISSUED_AT..).zip(number.to_le_bytes()) {
            nvm::write(address, i32::from(byte));
        }
        send(&frame);
    }

    fn unseal(&mut self, frame: &[u8], commands: &mut Commands, pump: &mut Pump) {
        if frame.len() < SEALED_HEAD + TEXT_HEAD + TAG {
            return self.refuse(FRAME_REFUSED, OUTCOME_MALFORMED);
        }
        let count = frame.len() - SEALED_HEAD - TAG;
        let number = get_u32(&frame[SEALED_SESSION as usize..]);
        let counter = get_u32(&frame[SEALED_COUNTER as usize..]);
        let is_current = number == self.number;
        if number == 0 || (!is_current && number != self.offered) {
            return self.refuse(FRAME_REFUSED, OUTCOME_NO_SESSION);
        }
        if counter < 1 || counter > COUNTER_MAX as u32 || (is_current && counter <= self.counter) {
            return self.refuse(FRAME_REFUSED, OUTCOME_REPLAY);
        }
        let slot = if is_current { self.slot } else { SLOTS_A_AND_B - self.slot };
        load(frame, DIRECTION_TO_PUMP);
        if !crypto::open(slot, SEALED_HEAD as i32, count as i32) {
            return self.refuse(FRAME_REFUSED, OUTCOME_NOT_AUTHENTIC);
        }
        let mut text = [0; FRAME_MAX];
        let text = &mut text[..count];
        get(NONCE + SEALED_HEAD, text);
        if !is_current {
            self.begin_session(slot);
        }
        self.counter = counter;
        self.heard_minute = clock::minute();
        let command = Command {
            role: role_of(self.pairing),
            kind: i32::from(text[0]),
            sequence: get_u16(&text[1..]) as u16,
            sum: crc16(text),
            payload: &text[TEXT_HEAD..],
        };
        let answer = commands.execute(pump, &command, self.refused);
        self.answer_sealed(&command, &answer);
    }

    /// Makes the session that was being opened the one in force, after a frame has proved its key.
    fn begin_session(&mut self, slot: i32) {
        if self.number != 0 {
            trace::event(EVENT_SESSION_CLOSED, CLOSED_REPLACED, self.number as i32, 0);
        }
        self.number = self.offered;
        self.pairing = self.offered_pairing;
        self.slot = slot;
        self.offered = 0;
        trace::event(EVENT_SESSION_OPENED, role_of(self.pairing), self.number as i32, 0);
    }

    fn answer_sealed(&self, command: &Command, answer: &Answer) {
        let text = TEXT_HEAD + answer.length;
        let mut frame = [0; FRAME_MAX];
        frame[0] = FRAME_VERSION as u8;
        frame[1] = (FRAME_SEALED | REPLY) as u8;
        put_u32(&mut frame[SEALED_SESSION as usize..], self.number);
        put_u32(&mut frame[SEALED_COUNTER as usize..], self.counter);
        frame[SEALED_HEAD] = (command.kind | REPLY) as u8;
        put_u16(&mut frame[SEALED_HEAD + 1..], u32::from(command.sequence));
        frame[SEALED_HEAD + TEXT_HEAD..SEALED_HEAD + text].copy_from_slice(&answer.bytes[..answer.length]);
        load(&frame[..SEALED_HEAD + text], DIRECTION_FROM_PUMP);
        if !crypto::seal(self.slot, SEALED_HEAD as i32, text as i32) {
            return;
        }
        let end = SEALED_HEAD + text + TAG;
        get(NONCE + SEALED_HEAD, &mut frame[SEALED_HEAD..end]);
        send(&frame[..end]);
    }
}

fn answer_query() {
    let mut frame =
        [FRAME_VERSION as u8, (FRAME_QUERY | REPLY) as u8, OUTCOME_ACCEPTED as u8, FRAME_VERSION as u8, 0, 0, 0, 0];
    put_u16(&mut frame[4..], CONTROLLER_VERSION);
    put_u16(&mut frame[6..], LIBRARY_VERSION as u32);
    send(&frame);
}

fn role_of(pairing: i32) -> i32 {
    ROLE_CLINICIAN + (pairing >> 1)
}

/// What a full FIFO does not take is lost, and the other end asks again.
fn send(frame: &[u8]) {
    frame_out(frame, |byte| {
        link::send(i32::from(byte));
    });
}

/// Writes the nonce and a frame behind it into the buffer of the crypto part.
fn load(frame: &[u8], direction: i32) {
    crypto::put(0, direction);
    put(1, &frame[BODY..SEALED_HEAD]);
    for i in 1 + SEALED_HEAD - BODY..NONCE {
        crypto::put(i as i32, 0);
    }
    put(NONCE, frame);
}

fn put(at: usize, bytes: &[u8]) {
    for (i, byte) in bytes.iter().enumerate() {
        crypto::put((at + i) as i32, i32::from(*byte));
    }
}

fn get(at: usize, bytes: &mut [u8]) {
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = crypto::get((at + i) as i32) as u8;
    }
}
