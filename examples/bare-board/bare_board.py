"""A bare bench for `cistern run --board`: a motor, a level sensor and a link, by docs/hal-wire.md. It needs pyserial."""

import struct
import sys
from binascii import crc_hqx

import serial

HELLO, REFUSE, IMAGE, ACK, SENSE, ACT, CALL, RESULT = range(1, 9)
SET_POWER, PULSE, SEND, PRESSURE = 3, 2, 9, 33
ARGUMENTS = {PULSE: "", SET_POWER: "<B", 8: "<H", 32: "", PRESSURE: ""}  # 8: bytes received, of which this link has none; 32: level


def frame(kind, sequence, body):
    data = struct.pack("<BBB", 0xC1, kind, sequence) + body
    runs = (data + struct.pack("<H", crc_hqx(data, 0xFFFF))).split(b"\0")  # none of this board's frames has 254 bytes
    return b"\0" + b"".join(bytes([len(run) + 1]) + run for run in runs) + b"\0"


def frames(port):
    """Type, sequence and body of each frame that comes; type 0 when none came for a quarter of a second."""
    waiting = b""
    while True:
        got = port.read(port.in_waiting or 1)
        if not got:
            yield 0, 0, b""
        *pieces, waiting = (waiting + got).split(b"\0")
        for piece in pieces:
            data, at, code = b"", 0, 255
            while at < len(piece):
                data += b"" if code == 255 else b"\0"
                code = piece[at]
                data, at = data + piece[at + 1 : at + code], at + code
            if len(data) > 4 and data[0] == 0xC1 and crc_hqx(data[:-2], 0xFFFF) == int.from_bytes(data[-2:], "little"):
                yield data[1], data[2], data[3:-2]


port = serial.serial_for_url(sys.argv[1], 115200, timeout=0.25)
steps = tick = heard = 0
power, flight, last = False, None, b""  # flight: the tick in which the rotor completes its step
for kind, number, body in frames(port):
    if kind == REFUSE:
        break
    if kind == HELLO:  # version 1 of hal/, a board with ports 0 to 2, in lockstep, with 20 mL
        last = frame(HELLO, 0, body[:4] + struct.pack("<BBHBBB", 1, 1, 0b111, 1, 20, 0) + b"\x0abare board\0")
        last += frame(IMAGE, 0, b"\1\0")
    elif (kind == ACK and tick == 0) or (kind in (ACT, CALL) and number == (heard + 1) & 255):
        at, result = 5, b""
        while kind != ACK and at < len(body):
            code, at = body[at], at + 1
            if code == SEND:  # nobody is in the air above this bench
                at += 1 + body[at]
                continue
            values = struct.unpack_from(ARGUMENTS[code], body, at)
            at += struct.calcsize(ARGUMENTS[code])
            if code == SET_POWER:
                power = values[0] == 1
            elif code == PULSE and power and flight is None:
                flight = tick + 20
            elif code >= 32:
                result = struct.pack("<H", 2400 if code == PRESSURE else (18_000_000 - 250 * steps) // 12_500)
        heard = heard if kind == ACK else number
        if kind == CALL:
            last = frame(RESULT, number, result)
        else:
            tick += kind == ACT
            if flight is not None and tick >= flight:
                steps, flight = steps + power, None
            last = frame(SENSE, tick & 255, struct.pack("<IBBHiBH", tick, 1, heard, 0x103, steps, 0, 500))
    elif kind != 0:
        continue
    port.write(last)
