"""Starts `cistern serve` and `cistern board` in processes of their own and ends them."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, TypeVar, Union

from .codes import Role
from .control import Control
from .errors import RigError
from .telemetry import Programmer

Self = TypeVar("Self", bound="Process")
START_S = 120.0
END_S = 30.0


def command_of(cistern: Optional[str] = None) -> List[str]:
    """
    The words that start cistern: the argument, else the variable CISTERN, else `npx cistern`. Raises RigError when its program is
    not on this machine.
    """
    words = shlex.split(cistern or os.environ.get("CISTERN") or "npx cistern")
    if not words or shutil.which(words[0]) is None:
        raise RigError(
            f"cannot start cistern: there is no program `{words[0] if words else ''}`; "
            "install Node 20 or newer, or give the command in the variable CISTERN"
        )
    return words


class Process:
    """
    A command of cistern with `--json`, in a process of its own: what it prints at its end is `report`. It is a context manager whose
    end is that of the process. Files that people want to keep are made in `folder`; without one they go with the process.
    """

    def __init__(
        self,
        words: Sequence[str],
        links: Sequence[Union[str, Path]],
        cistern: Optional[str],
        folder: Optional[Union[str, Path]],
    ) -> None:
        """`links`: the files whose appearance says that the command is ready."""
        command = [*command_of(cistern), *words, "--json"]
        self.folder = Path(folder) if folder else self._doors_folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.command = shlex.join(command)
        self.log = self.folder / "stderr.log"
        self.report: Optional[Dict[str, Any]] = None
        self.exit_code: Optional[int] = None
        self._out = self.folder / "report.json"
        with self._out.open("wb") as out, self.log.open("wb") as err:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        end = time.monotonic() + START_S
        while not all(Path(link).exists() for link in links):
            self._must_live(end, "")
            time.sleep(0.02)

    def _must_live(self, end: float, why: str) -> None:
        """Raises RigError when the process is no more, or the time for its start is over."""
        if self._process.poll() is None and time.monotonic() < end:
            return
        said = self.said()
        self.end()
        raise RigError(f"{self.command} did not start: {said or why or 'it said nothing'}")

    def _place(self, name: str, serial: Optional[str]) -> List[str]:
        """
        Sets `port`: the one that is given, or a pseudo-terminal's link of that name in a folder of its own, because the path of a
        Unix socket beside it has at most 107 characters and a test's own folder may be longer. Returns the words that tell cistern.
        """
        self._doors = tempfile.TemporaryDirectory(prefix="cistern-")
        self._doors_folder = Path(self._doors.name)
        self.port = serial or str(self._doors_folder / name)
        return ["--serial", serial] if serial else ["--pty", self.port]

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def said(self) -> str:
        """What the process printed on stderr."""
        return self.log.read_text("utf-8", "replace").strip()

    def wait(self, seconds: float = END_S) -> int:
        """The exit code, after the process has ended by itself. Raises RigError when it has not in that time of this machine."""
        try:
            self.exit_code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise RigError(f"{self.command} has not ended in {seconds:g} s") from None
        text = self._out.read_text("utf-8")
        self.report = json.loads(text) if text.strip() else None
        return self.exit_code

    def end(self) -> Optional[Dict[str, Any]]:
        """Interrupts the process, which then writes what it has, and returns its report; None when it had none. A second call does nothing."""
        if self.exit_code is None:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                self._signal(sign)
                try:
                    self.wait(END_S)
                    break
                except RigError:
                    continue
        self._doors.cleanup()
        return self.report

    def _signal(self, sign: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, sign)
        except ProcessLookupError:
            pass


class Pump(Process):
    """
    The emulated pump: `cistern serve`, its port for telemetry and its control channel. `port` is the path of its pseudo-terminal,
    or the port that was given with `serial`.
    """

    def __init__(
        self,
        scenario: Union[str, Path],
        *,
        speed: Union[int, float, str] = 1,
        options: Sequence[str] = (),
        serial: Optional[str] = None,
        cistern: Optional[str] = None,
        folder: Optional[Union[str, Path]] = None,
    ) -> None:
        where = self._place("pump", serial)
        door = self._doors_folder / "control"
        self._programmers: Dict[Role, Programmer] = {}
        words = ["serve", str(scenario), *where, "--control", str(door), "--speed", str(speed), *options]
        super().__init__(words, [door], cistern, folder)
        end = time.monotonic() + START_S
        self.control: Control
        while not hasattr(self, "control"):
            try:
                self.control = Control(str(door))
            except RigError as error:
                self._must_live(end, str(error))
                time.sleep(0.02)
        # The people of a scenario commission the pump in its first second, on the same link.
        self.control.wait("1 s")

    def programmer(self, role: Union[str, Role] = Role.CLINICIAN) -> Programmer:
        """The programmer in this role, which pairs at its first command. All programmers of a pump use one line, one after the other."""
        key = Role[role.upper()] if isinstance(role, str) else role
        if key not in self._programmers:
            line = next((each.line for each in self._programmers.values()), self.port)
            self._programmers[key] = Programmer(line, key)
        return self._programmers[key]

    def quit(self) -> Dict[str, Any]:
        """Ends the pump in order and returns its report, whose `verdict` says whether the invariants held."""
        self.control.ask("quit")
        self.wait()
        self.end()
        if self.report is None:
            raise RigError(f"{self.command} printed no report: {self.said()}")
        return self.report

    def end(self) -> Optional[Dict[str, Any]]:
        for programmer in self._programmers.values():
            programmer.close()
        self._programmers = {}
        if hasattr(self, "control"):
            self.control.close()
        return super().end()


class Board(Process):
    """The virtual board for a controller under test: `cistern board`, with its port for the hal wire."""

    def __init__(
        self,
        scenario: Union[str, Path],
        *,
        options: Sequence[str] = (),
        serial: Optional[str] = None,
        cistern: Optional[str] = None,
        folder: Optional[Union[str, Path]] = None,
    ) -> None:
        where = self._place("board", serial)
        super().__init__(["board", str(scenario), *where, *options], [] if serial else [self.port], cistern, folder)
