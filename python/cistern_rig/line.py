"""The serial line to a pump: a port or a pseudo-terminal of this machine by the standard library, and by pyserial whatever has a URL
(`socket://HOST:PORT`, `rfc2217://HOST:PORT`) and every port on Windows."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import Any, Protocol

from .errors import RigError
from .frames import from_line, to_line

TELEMETRY_BAUD = 115200


class Bytes(Protocol):
    """Bytes in both directions."""

    def write(self, data: bytes) -> None: ...

    def read(self, seconds: float) -> bytes:
        """At least one byte, or none when the time has passed."""

    def close(self) -> None: ...


class _Terminal:
    def __init__(self, path: str, baud: int) -> None:
        import termios
        import tty

        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            raise RigError(f"{path}: {error.strerror}") from None
        try:
            tty.setraw(self._file)
            settings = termios.tcgetattr(self._file)
            settings[4] = settings[5] = getattr(termios, f"B{baud}")
            termios.tcsetattr(self._file, termios.TCSANOW, settings)
            # A pseudo-terminal keeps what its last client did not read.
            termios.tcflush(self._file, termios.TCIOFLUSH)
        except (termios.error, AttributeError):
            os.close(self._file)
            raise RigError(f"{path} is no serial port with {baud} baud") from None

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def read(self, seconds: float) -> bytes:
        return os.read(self._file, 4096) if select.select([self._file], [], [], max(0.0, seconds))[0] else b""

    def close(self) -> None:
        os.close(self._file)


class _Serial:
    def __init__(self, url: str, baud: int) -> None:
        try:
            import serial
        except ImportError:
            raise RigError(f"{url} needs pyserial, which is not installed: pip install pyserial") from None
        try:
            self._port: Any = serial.serial_for_url(url, baudrate=baud)
        except (serial.SerialException, ValueError) as error:
            raise RigError(f"{url}: {error}") from None

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def read(self, seconds: float) -> bytes:
        self._port.timeout = max(0.0, seconds)
        first: bytes = self._port.read(1)
        more: bytes = self._port.read(self._port.in_waiting) if first else b""
        return first + more

    def close(self) -> None:
        self._port.close()


def _open(port: str, baud: int) -> Bytes:
    if "://" in port or sys.platform == "win32":
        return _Serial(port, baud)
    return _Terminal(port, baud)


class Line:
    """Sends and receives frames of telemetry."""

    def __init__(self, port: str, baud: int = TELEMETRY_BAUD) -> None:
        self.port = port
        self._bytes = _open(port, baud)
        self._read = b""
        self._is_open = True

    def close(self) -> None:
        """May be called again."""
        if self._is_open:
            self._bytes.close()
        self._is_open = False

    def send(self, frame: bytes) -> None:
        """Raises RigError when the port is gone."""
        try:
            self._bytes.write(to_line(frame))
        except OSError as error:
            raise RigError(f"{self.port}: {error}") from None

    def receive(self, seconds: float) -> bytes | None:
        """The next frame, or None when none came in that time. Raises RigError when the port is gone."""
        end = time.monotonic() + seconds
        while True:
            while b"\0" in self._read:
                coded, self._read = self._read.split(b"\0", 1)
                frame = from_line(coded)
                if frame is not None:
                    return frame
            left = end - time.monotonic()
            if left <= 0:
                return None
            try:
                self._read += self._bytes.read(left)
            except OSError as error:
                raise RigError(f"{self.port}: {error}") from None
