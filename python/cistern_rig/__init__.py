"""Rig tests of a pump that cistern emulates, or of a real one: telemetry, the control channel of `cistern serve`, and a pytest plug-in."""

from .codes import Alarm, Command, Confirm, Event, Flag, ImplantFlag, Life, LogEntry, Mode, Outcome, Reason, RefillFlag, Ring, Role
from .control import Control
from .errors import NoAnswer, Refused, RigError
from .line import Line
from .process import Board, Pump
from .telemetry import Answer, Pairing, Programmer, Status, Versions

__all__ = [
    "Alarm",
    "Answer",
    "Board",
    "Command",
    "Confirm",
    "Control",
    "Event",
    "Flag",
    "ImplantFlag",
    "Life",
    "Line",
    "LogEntry",
    "Mode",
    "NoAnswer",
    "Outcome",
    "Pairing",
    "Programmer",
    "Pump",
    "Reason",
    "RefillFlag",
    "Refused",
    "RigError",
    "Ring",
    "Role",
    "Status",
    "Versions",
]
