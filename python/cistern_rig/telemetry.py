"""A programmer's end of the telemetry link (docs/telemetry.md): pairing, sessions and sealed commands, at any pump that speaks the
protocol. A lost exchange is repeated under the same sequence, so that no command is carried out twice, and a new session is opened
when the pump no longer knows the old one. It needs the package `cryptography`. It is for the bench: keys stay in ordinary memory."""

from __future__ import annotations

import os
import struct
import time
import zlib
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Union

from .codes import (
    ANSWERS,
    LOG_ENTRY,
    PAYLOADS,
    PROGRAM_PIECE_BYTES,
    PROGRAM_RECORD,
    STATUS,
    Alarm,
    Command,
    Confirm,
    Flag,
    LogEntry,
    Outcome,
    Reason,
    Ring,
    Role,
    StatusFields,
)
from .errors import NoAnswer, RigError
from .layout import pack, size_of, unpack
from .line import TELEMETRY_BAUD, Line

FRAME_VERSION = 3
QUERY, PAIR, OPEN, SEALED, REFUSED = 1, 2, 3, 4, 5
REPLY = 0x80
TO_PUMP, FROM_PUMP = 0, 1
TAG_BYTES = 8
SEALED_BYTES_MIN = 22
ANSWER_S = 1.0
# A pump that was attacked may be silent for 10.24 s of its own time.
TRIES = 15
PROGRAM_BYTES = size_of(PROGRAM_RECORD)


def _ccm(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM
    except ImportError:
        raise RigError("telemetry needs the package cryptography, which is not installed: pip install cryptography") from None
    return AESCCM(key, tag_length=TAG_BYTES)


def _derive(material: bytes, salt: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=16, salt=salt, info=info).derive(material)


class Versions(NamedTuple):
    """The versions of frame, controller and drug library."""

    frame: int
    controller: int
    library: int


class Status(StatusFields):
    """The answer to INTERROGATE. Volumes are in pulses of 250 nL, the rate in 0.01 uL/day."""

    def active(self) -> FrozenSet[str]:
        """The names of the active alarms."""
        return frozenset(alarm.name.lower() for alarm in Alarm if self.alarms >> alarm & 1)

    def has(self, flag: Flag) -> bool:
        return bool(self.flags & flag)


@dataclass(frozen=True)
class Answer:
    """The answer to a sealed command. `fields` is empty where a refusal has no content."""

    outcome: Outcome
    fields: Mapping[str, Any] = field(default_factory=dict)
    rest: bytes = b""

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED


@dataclass(frozen=True)
class Pairing:
    """What both ends keep of a pairing. The key is a secret: nothing prints it."""

    number: int
    role: Role
    key: bytes = field(repr=False)


class Programmer:
    """A programmer in one role at one pump. It pairs at its first command if it was given no pairing; the programming head must then be in place."""

    def __init__(
        self,
        port: Union[str, Line],
        role: Union[str, Role] = Role.CLINICIAN,
        pairing: Optional[Pairing] = None,
        baud: int = TELEMETRY_BAUD,
    ) -> None:
        self.line = Line(port, baud) if isinstance(port, str) else port
        self.role = Role[role.upper()] if isinstance(role, str) else role
        self.pairing = pairing
        self._session = 0
        self._session_key = b""
        self._counter = 0
        self._sequence = 0
        # The end of the last sealed frame, which a refusal in the clear repeats.
        self._echo = b""

    def __enter__(self) -> "Programmer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.line.close()

    # ---- exchanges in the clear

    def version(self) -> Versions:
        for _ in range(TRIES):
            body = self._try(QUERY, b"")
            if body is not None and len(body) == 6:
                return Versions(*struct.unpack("<BHH", body[1:6]))
        raise NoAnswer(f"{self.line.port}: the pump does not tell its versions")

    def pair(self) -> Pairing:
        """Makes a new pairing. Raises NoAnswer when the pump refuses, for instance because the head is away."""
        _ccm(bytes(16))
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        for _ in range(TRIES):
            own = X25519PrivateKey.generate()
            public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            body = self._granted(PAIR, bytes([self.role]) + public, 36)
            if body is not None:
                theirs = body[4:36]
                shared = own.exchange(X25519PublicKey.from_public_bytes(theirs))
                self.pairing = Pairing(body[3], self.role, _derive(shared, public + theirs, b"cistern pairing"))
                self._session = 0
                return self.pairing
        raise NoAnswer(f"{self.line.port}: the pump does not pair")

    def _open(self) -> None:
        pairing = self.pairing or self.pair()
        for _ in range(TRIES):
            nonce = os.urandom(16)
            body = self._granted(OPEN, bytes([pairing.number]) + nonce, 23)
            if body is not None:
                self._session = struct.unpack("<I", body[3:7])[0]
                self._session_key = _derive(pairing.key, nonce + body[7:23] + body[3:7], b"cistern session")
                self._counter = 0
                return
        raise NoAnswer(f"{self.line.port}: the pump opens no session")

    def _granted(self, kind: int, request: bytes, length: int) -> Optional[bytes]:
        body = self._try(kind, request)
        if body is not None and body[0] != Outcome.ACCEPTED:
            raise NoAnswer(f"the pump refuses to {'pair' if kind == PAIR else 'open a session'}: {_word(body[0])}")
        return body if body is not None and len(body) == length else None

    def _try(self, kind: int, request: bytes) -> Optional[bytes]:
        """
        The body of the answer to one request, or None. An answer to PAIR or OPEN repeats the last two bytes of its request, and each try has
        a new key or nonce, so that an answer that comes late is not taken for that of the next try.
        """
        self.line.send(bytes([FRAME_VERSION, kind]) + request)
        end = time.monotonic() + ANSWER_S
        while (frame := self.line.receive(end - time.monotonic())) is not None:
            if frame[1] == kind | REPLY and (kind == QUERY or frame[3:5] == request[-2:]):
                return frame[2:]
        return None

    # ---- sealed commands

    def command(self, command: Union[str, Command], /, rest: bytes = b"", **payload: Any) -> Answer:
        """
        Gives a command, with its payload by the names of docs/telemetry.md: `command("clinician_bolus", pulses=20, duration_s=300)`.
        `rest` is what STAGE has after its fields. Raises ValueError on a field that the command does not have.
        """
        row = Command[command.upper()] if isinstance(command, str) else command
        text = pack(PAYLOADS[row], payload) + rest
        self._sequence = self._sequence % 0xFFFF + 1
        for _ in range(TRIES):
            if self._session == 0:
                self._open()
            self._seal(row, text)
            answer = self._unseal(row)
            if answer is not None:
                return answer
        raise NoAnswer(f"{self.line.port}: no answer to {row.name.lower()}")

    def status(self) -> Status:
        return Status(**self._must("interrogate").fields)

    def read_program(self) -> Dict[str, Any]:
        """The record of the program in force, by the names of its fields."""
        record = b""
        while len(record) < PROGRAM_BYTES:
            piece = self._must("read_program", offset=len(record)).rest
            if not piece:
                raise NoAnswer("the pump reads back an empty piece of its program")
            record += piece
        return unpack(PROGRAM_RECORD, record)[0]

    def program(
        self,
        record: Mapping[str, Any],
        confirm: Confirm = Confirm(0),
        reason: Reason = Reason.NONE,
        total: int = 0,
    ) -> Answer:
        """Stages a program record, given by the names of its fields, and commits it. The answer is that to STAGE if it is a refusal, else that to COMMIT."""
        packed = pack(PROGRAM_RECORD, record)
        used = packed.rstrip(b"\0") or b"\0"
        for offset in range(0, len(used), PROGRAM_PIECE_BYTES):
            staged = self.command(Command.STAGE, used[offset : offset + PROGRAM_PIECE_BYTES], offset=offset)
            if not staged.accepted:
                return staged
        digest = zlib.crc32(packed)
        if staged.fields["digest"] != digest:
            raise NoAnswer(f"the pump staged another program: digest {staged.fields['digest']:08x}, expected {digest:08x}")
        return self.command(Command.COMMIT, digest=digest, confirm=int(confirm), reason=int(reason), total=total)

    def read_log(self, ring: Ring = Ring.EVENTS, first: int = 1) -> List[LogEntry]:
        """The entries of a ring from the sequence `first` to its end, oldest first."""
        entries: List[LogEntry] = []
        while True:
            answer = self._must("read_log", ring=int(ring), first=entries[-1].sequence + 1 if entries else first)
            if answer.fields["count"] == 0:
                return entries
            rest = answer.rest
            for _ in range(answer.fields["count"]):
                values, rest = unpack(LOG_ENTRY, rest)
                entries.append(LogEntry(**values))

    def _must(self, command: str, **payload: Any) -> Answer:
        answer = self.command(command, **payload)
        if not answer.accepted:
            raise NoAnswer(f"the pump refuses {command}: {_word(answer.outcome)}")
        return answer

    def _nonce(self, direction: int) -> bytes:
        return struct.pack("<BIIxxxx", direction, self._session, self._counter)

    def _seal(self, command: Command, payload: bytes) -> None:
        self._counter += 1
        head = struct.pack("<BBII", FRAME_VERSION, SEALED, self._session, self._counter)
        text = struct.pack("<BH", command, self._sequence) + payload
        frame: bytes = head + _ccm(self._session_key).encrypt(self._nonce(TO_PUMP), text, head)
        self._echo = frame[-2:]
        self.line.send(frame)

    def _unseal(self, command: Command) -> Optional[Answer]:
        """None when the command must be sent again."""
        from cryptography.exceptions import InvalidTag

        end = time.monotonic() + ANSWER_S
        while (frame := self.line.receive(end - time.monotonic())) is not None:
            if frame[1] == REFUSED | REPLY and frame[3:5] == self._echo:
                if frame[2] == Outcome.NO_SESSION:
                    self._session = 0
                return None
            if frame[1] != SEALED | REPLY or len(frame) < SEALED_BYTES_MIN:
                continue
            if struct.unpack("<II", frame[2:10]) != (self._session, self._counter):
                continue
            try:
                text = _ccm(self._session_key).decrypt(self._nonce(FROM_PUMP), frame[10:], frame[:10])
            except InvalidTag:
                continue
            if struct.unpack("<BH", text[:3]) == (command | REPLY, self._sequence):
                return _answer(command, text[3], text[4:])
        return None


def _answer(command: Command, outcome: int, content: bytes) -> Answer:
    layout = STATUS if command is Command.INTERROGATE else ANSWERS[command]
    if outcome != Outcome.ACCEPTED and not content:
        return Answer(Outcome(outcome))
    fields, rest = unpack(layout, content)
    return Answer(Outcome(outcome), fields, rest)


def _word(outcome: int) -> str:
    return Outcome(outcome).name.lower() if outcome in set(Outcome) else f"outcome {outcome}"
