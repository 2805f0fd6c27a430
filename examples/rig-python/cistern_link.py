"""A programmer's end of the telemetry link, as docs/telemetry.md describes it: frames on a serial port or pseudo-terminal, pairing,
a session, and sealed commands. `Programmer.command` returns the pump's answer or raises `NoAnswer`. It repeats a lost exchange
under the same sequence, and opens a new session when the pump no longer knows the old one. Only the listed commands are here."""

import os
import select
import struct
import termios
import time
import tty

import libcrypto

VERSION = 3
QUERY, PAIR, OPEN, SEALED, REFUSED = 1, 2, 3, 4, 5
REPLY = 0x80
CLINICIAN, PATIENT, OBSERVER = 1, 2, 3
INTERROGATE, PATIENT_BOLUS, ACKNOWLEDGE = 2, 7, 11
ACCEPTED, BUSY, NO_SESSION = 0, 4, 22
ANSWER_S = 1.0
TRIES = 15  # the pump may be silent for 10.24 s of its own time


class NoAnswer(Exception):
    """The pump did not answer, or it refused."""


def crc16(data):
    """The CRC-16/CCITT-FALSE of the data: b"123456789" gives 29B1."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def to_line(frame):
    """The bytes on the line: 00, COBS of the frame and its CRC, 00. No run of a telemetry frame is as long as 254 bytes."""
    pieces = (frame + struct.pack("<H", crc16(frame))).split(b"\0")
    return b"\0" + b"".join(bytes([len(piece) + 1]) + piece for piece in pieces) + b"\0"


def from_line(coded):
    """The frame without its CRC, or None when the bytes are no frame."""
    pieces, at = [], 0
    while at < len(coded):
        pieces.append(coded[at + 1 : at + coded[at]])
        at += coded[at]
    frame = b"\0".join(pieces)
    whole = at == len(coded) and len(frame) >= 4
    return frame[:-2] if whole and crc16(frame[:-2]) == struct.unpack("<H", frame[-2:])[0] else None


class Port:
    """Sends and receives frames at a serial port or a pseudo-terminal."""

    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file)
        termios.tcflush(self.file, termios.TCIOFLUSH)
        self.bytes = b""

    def close(self):
        os.close(self.file)

    def send(self, frame):
        line = to_line(frame)
        while line:
            line = line[os.write(self.file, line) :]

    def receive(self, seconds):
        """The next frame, or None when none came in time."""
        end = time.monotonic() + seconds
        while True:
            while b"\0" in self.bytes:
                coded, self.bytes = self.bytes.split(b"\0", 1)
                frame = from_line(coded) if coded else None
                if frame:
                    return frame
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                return None
            self.bytes += os.read(self.file, 4096)


class Programmer:
    """A programmer in one role at one pump. It must be paired first, with the programming head in place."""

    def __init__(self, port, role):
        self.port, self.role = port, role
        self.pairing = self.key = None
        self.session, self.session_key, self.counter = 0, None, 0
        self.echo = b""  # the end of the last sealed frame, which a refusal in the clear repeats
        self.sequence = 0

    def version(self):
        """The versions of frame, controller and drug library."""
        body = self._exchange(bytes([VERSION, QUERY]), QUERY)
        return struct.unpack("<BHH", body[1:6])

    def pair(self):
        own = libcrypto.KeyPair()
        body = self._exchange(bytes([VERSION, PAIR, self.role]) + own.public, PAIR)
        if body[0] != ACCEPTED:
            raise NoAnswer(f"the pump does not pair: outcome {body[0]}")
        theirs = body[4:36]
        self.pairing = body[3]
        self.key = libcrypto.hkdf(own.agree(theirs), own.public + theirs, b"cistern pairing")
        self.session = 0

    def open(self):
        nonce = os.urandom(16)
        body = self._exchange(bytes([VERSION, OPEN, self.pairing]) + nonce, OPEN)
        if body[0] != ACCEPTED:
            raise NoAnswer(f"the pump opens no session: outcome {body[0]}")
        self.session = struct.unpack("<I", body[3:7])[0]
        self.session_key = libcrypto.hkdf(self.key, nonce + body[7:23] + body[3:7], b"cistern session")
        self.counter = 0

    def command(self, kind, payload=b""):
        """Sends a new command and returns the outcome and the content of the pump's answer."""
        self.sequence = self.sequence % 0xFFFF + 1
        for _ in range(TRIES):
            if self.session == 0:
                self.open()
            self._seal(kind, payload)
            answer = self._unseal(kind)
            if answer is not None:
                return answer
        raise NoAnswer(f"no answer to command {kind}")

    def status(self):
        outcome, content = self.command(INTERROGATE)
        if outcome != ACCEPTED:
            raise NoAnswer(f"the pump tells no status: outcome {outcome}")
        return Status(content)

    def _exchange(self, request, kind):
        """Sends a frame in the clear and returns the body of its answer, which repeats the last two bytes of the frame."""
        for _ in range(TRIES):
            self.port.send(request)
            frame = self.port.receive(ANSWER_S)
            while frame and not (frame[1] == kind | REPLY and (kind == QUERY or frame[3:5] == request[-2:])):
                frame = self.port.receive(ANSWER_S)
            if frame:
                return frame[2:]
        raise NoAnswer("the pump does not answer")

    def _nonce(self, direction, counter):
        return struct.pack("<BIIxxxx", direction, self.session, counter)

    def _seal(self, kind, payload):
        self.counter += 1
        head = struct.pack("<BBII", VERSION, SEALED, self.session, self.counter)
        text = struct.pack("<BH", kind, self.sequence) + payload
        frame = head + libcrypto.seal(self.session_key, self._nonce(0, self.counter), head, text)
        self.echo = frame[-2:]
        self.port.send(frame)

    def _unseal(self, kind):
        """The outcome and the content of the answer; None when the command must be sent again."""
        end = time.monotonic() + ANSWER_S
        while (left := end - time.monotonic()) > 0:
            frame = self.port.receive(left)
            if frame is None:
                return None
            if frame[1] == REFUSED | REPLY:
                if frame[3:5] != self.echo:
                    continue
                if frame[2] == NO_SESSION:
                    self.session = 0
                return None
            if frame[1] != SEALED | REPLY or len(frame) < 22:
                continue
            session, counter = struct.unpack("<II", frame[2:10])
            if session != self.session or counter != self.counter:
                continue
            text = libcrypto.unseal(self.session_key, self._nonce(1, counter), frame[:10], frame[10:])
            if text and text[0] == kind | REPLY and struct.unpack("<H", text[1:3])[0] == self.sequence:
                return text[3], text[4:]
        return None


class Status:
    """The fields of the status that the rig uses. Volumes are in pulses of 250 nL."""

    def __init__(self, content):
        if len(content) < 91:
            raise NoAnswer(f"a status of {len(content)} bytes")
        self.mode, self.flags, self.last_command, self.last_outcome = content[:4]
        self.rate, self.estimate, self.pulses, self.missed, self.alarms = struct.unpack("<5I", content[8:28])
        self.bolus_given, self.bolus_total = struct.unpack("<II", content[40:48])
        self.requests, self.granted = struct.unpack("<HH", content[48:52])

    def alarm(self, number):
        return bool(self.alarms >> number & 1)
