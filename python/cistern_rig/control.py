"""The control channel of `cistern serve` (docs/serve.md): faults, the programming head, time, symbols and waits, beside telemetry."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any, Dict, Iterator, List, Union

from .errors import Refused, RigError

Answer = Dict[str, Any]
# A wait lasts as long as its event needs. Everything else is answered at once.
ANSWER_S = 60.0


class Control:
    """A client of the channel. Each method raises Refused with the channel's own sentence when it cannot be done."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise RigError(f"{path}: {error.strerror or error}") from None
        self._file = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        self.pushed: List[Answer] = []
        """The lines that the channel sent by itself (`watch events`), oldest first."""

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, line: str, seconds: float = ANSWER_S) -> Answer:
        """Sends a line and returns its answer. Raises RigError when none comes in that time of this machine, or the channel is gone."""
        if "\n" in line or not line.strip():
            raise ValueError(f"expected one line, found {line!r}")
        try:
            self._socket.settimeout(seconds)
            self._file.write(line + "\n")
            self._file.flush()
            while True:
                text = self._file.readline()
                if not text:
                    raise RigError(f"cistern ended at: {line}")
                answer: Answer = json.loads(text)
                if "ok" in answer:
                    break
                self.pushed.append(answer)
        except socket.timeout:
            raise RigError(f"no answer in {seconds:g} s to: {line}") from None
        except (OSError, ValueError):
            # The file of a closed socket raises ValueError.
            raise RigError(f"cistern ended at: {line}") from None
        if not answer["ok"]:
            raise Refused(f"{line}: {answer['error']}")
        return answer

    def get(self, name: str) -> Union[int, float]:
        """The value of a signal or symbol: `get("motor.pulses")`."""
        value: Union[int, float] = self.ask(f"get {name}")["values"][name]
        return value

    def set(self, symbol: str, value: Union[int, float]) -> None:
        self.ask(f"set {symbol} {value}")

    def inject(self, fault: str, parameter: str = "") -> None:
        """Switches a fault on, with the units of a scenario: `inject("motor_slip", "20 %")`."""
        self.ask(f"inject {fault} {parameter}".rstrip())

    def release(self, fault: str) -> None:
        self.ask(f"release {fault}")

    @contextlib.contextmanager
    def fault(self, fault: str, parameter: str = "") -> Iterator[None]:
        """The fault is on inside the block."""
        self.inject(fault, parameter)
        try:
            yield
        finally:
            self.release(fault)

    def head(self, in_place: bool) -> None:
        self.ask(f"head {'in-place' if in_place else 'away'}")

    def wait(self, what: str, seconds: float = 600.0) -> Answer:
        """Returns when a time of the pump has passed or an event came: `wait("6 min")`, `wait("event alarm_raised alarm=motor_stall within 2 h")`."""
        return self.ask(f"wait {what}", seconds)

    def wait_event(self, name: str, within: str, **fields: Union[str, int]) -> Answer:
        """The event, which must happen within this time of the pump: `wait_event("alarm_raised", within="2 h", alarm="motor_stall")`."""
        words = "".join(f" {key}={value}" for key, value in fields.items())
        seen: Answer = self.wait(f"event {name}{words} within {within}")["seen"]
        return seen

    def events(self, count: int = 1000) -> List[Answer]:
        """The last events of the run, oldest first."""
        found: List[Answer] = self.ask(f"events {count}")["events"]
        return found

    @contextlib.contextmanager
    def at_speed(self, speed: Union[int, float, str]) -> Iterator[None]:
        """The pump's time passes at this speed inside the block (`"max"`: as fast as possible), and afterwards at the speed of before."""
        before = self.status()["speed"]
        self.ask(f"speed {speed}")
        try:
            yield
        finally:
            self.ask(f"speed {before}")

    def status(self) -> Answer:
        return self.ask("status")

    def report(self) -> Answer:
        report: Answer = self.ask("report")["report"]
        return report

    def save(self, path: str) -> None:
        """Writes a snapshot, for `--from`. It holds the keys of telemetry."""
        self.ask(f"save {path}")
