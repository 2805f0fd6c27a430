"""Frames of telemetry on the line: a zero, COBS of the frame and its CRC-16/CCITT-FALSE, a zero (docs/telemetry.md)."""

from __future__ import annotations

import binascii
import struct
from typing import Optional


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: b"123456789" gives 29b1 (hexadecimal)."""
    return binascii.crc_hqx(data, 0xFFFF)


def to_line(frame: bytes) -> bytes:
    """The bytes on the line. No frame of telemetry is long enough for the rule of COBS about 254 bytes."""
    pieces = (frame + struct.pack("<H", crc16(frame))).split(b"\0")
    return b"\0" + b"".join(bytes([len(piece) + 1]) + piece for piece in pieces) + b"\0"


def from_line(coded: bytes) -> Optional[bytes]:
    """The frame of the bytes between two zeros, without its CRC; None when they are no frame."""
    pieces, at = [], 0
    while at < len(coded):
        pieces.append(coded[at + 1 : at + coded[at]])
        at += coded[at]
    frame = b"\0".join(pieces)
    if at != len(coded) or len(frame) < 4:
        return None
    return frame[:-2] if struct.pack("<H", crc16(frame[:-2])) == frame[-2:] else None
