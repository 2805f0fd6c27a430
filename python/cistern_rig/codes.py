"""The codes and layouts of telemetry (docs/telemetry.md). Made from emulator/contract/ by npm run contract. Volumes are in
pulses of 250 nL, rates in 0.01 uL/day."""


from __future__ import annotations


from enum import IntEnum, IntFlag
from typing import Dict, NamedTuple, Tuple


from .layout import Group, Layout, Number


class Role(IntEnum):
    """Who a pairing is for."""

    CLINICIAN = 1
    PATIENT = 2
    """Bolus and status only."""
    OBSERVER = 3
    """Reads, and changes nothing."""


class Command(IntEnum):
    """The commands of a sealed frame."""

    INTERROGATE = 2
    STAGE = 3
    COMMIT = 4
    STOP = 5
    START = 6
    PATIENT_BOLUS = 7
    CLINICIAN_BOLUS = 8
    REFILL = 9
    SET_CLOCK = 10
    ACKNOWLEDGE = 11
    SELF_TEST = 12
    PRIME = 13
    BRIDGE = 14
    IMPLANT = 15
    EXPLANT = 16
    READ_LOG = 17
    READ_PROGRAM = 18


class Outcome(IntEnum):
    """How the pump answered."""

    ACCEPTED = 0
    LOCKOUT = 1
    """The lockout after the last patient bolus is not over."""
    PER_24H = 2
    """The patient boluses of 24 h are used up."""
    DOSE_LIMIT = 3
    """A window would exceed its limit."""
    BUSY = 4
    """Another delivery or request is under way, or for an explant, therapy."""
    STOPPED = 5
    """The pump is stopped."""
    ALARM = 6
    """A critical alarm is active, or the memory cannot store the change."""
    EMPTY = 7
    """The reservoir is empty."""
    NOT_PROGRAMMED = 8
    """There is no program in force."""
    OUT_OF_RANGE = 9
    """A number or a set of flags is outside the range of the command."""
    DIGEST = 10
    """The commit's digest is not that of what was staged."""
    MALFORMED = 11
    """The frame or the command does not exist, or has another length."""
    VERSION = 12
    """The frame has another version, and the pump did not read the rest of it."""
    NOT_AUTHORISED = 13
    """The role may not send this command, or the programming head is not in place."""
    SOFT_LIMIT = 14
    """A drug's soft limit is passed, and the commit neither confirms it nor gives a reason."""
    HARD_LIMIT = 15
    """A drug's hard limit is passed."""
    TOTAL_DOUBLED = 16
    """The 24-hour total is more than twice the last one, and the commit does not confirm it."""
    BRIDGE_NEEDED = 17
    """Drug or concentration changes, and there is neither a bridge nor a waiver."""
    LIBRARY = 18
    """The program was written for another version of the drug library."""
    LIFE_CYCLE = 19
    """The command is not allowed in this state of the pump's life; reports say `life_cycle`."""
    DISCREPANCY = 20
    """The aspirated volume is not the one that should have been left; nothing was recorded."""
    LOG_UNREAD = 21
    """The log has entries that nobody has read."""
    NO_SESSION = 22
    """The frame is sealed for a session that is over or does not exist; open a new one."""
    REPLAY = 23
    """This counter was used before, or it is 0 or too large."""
    NOT_AUTHENTIC = 24
    """The tag does not fit text and key; for PAIR, the public key gives no shared secret."""
    NOT_PAIRED = 25
    """This pairing does not exist."""
    TIGHT_LIMITS = 26
    """The program cannot be given as written, and the commit does not confirm it; the answer names the field."""


class Mode(IntEnum):
    """How the pump delivers now."""

    NOT_PROGRAMMED = 0
    STOPPED = 1
    MINIMUM = 2
    CONTINUOUS = 3
    FLEX = 4
    PERIODIC = 5
    PRIMING = 6
    BRIDGE = 7


class Life(IntEnum):
    """The stages of a pump's life."""

    SHELF = 0
    IMPLANTED = 1
    IN_SERVICE = 2
    EXPLANTED = 3


class Ring(IntEnum):
    """The rings of the log."""

    EVENTS = 0
    FAULTS = 1


class Reason(IntEnum):
    """Why a soft limit of the drug library is passed."""

    NONE = 0
    TITRATION = 1
    TOLERANCE = 2
    PALLIATIVE = 3
    OTHER = 4


class RefusedField(IntEnum):
    """The field of a program for which a commit was refused."""

    NONE = 0
    """The refusal is about no field."""
    MODE = 1
    RATE = 2
    STEPS = 3
    DOSE = 4
    """A dose of periodic mode."""
    DOSE_DURATION = 5
    DOSE_EVERY = 6
    PATIENT_BOLUS = 7
    """Its volume, or with its duration the rate of it."""
    BOLUS_DURATION = 8
    LOCKOUT = 9
    PER_24H = 10
    LOW_RESERVOIR = 11
    LIMITS = 12
    """The number of limits."""
    LIMITS_0 = 13
    LIMITS_1 = 14
    LIMITS_2 = 15
    LIMITS_3 = 16
    DRUGS = 17
    """The number of drugs."""
    DRUGS_0 = 18
    DRUGS_1 = 19
    DRUGS_2 = 20
    DRUGS_3 = 21
    LIBRARY = 22
    CONFIRM = 23
    REASON = 24


class Event(IntEnum):
    """The codes of log entries."""

    BOOT = 1
    BOLUS_STARTED = 2
    BOLUS_FINISHED = 3
    BOLUS_DENIED = 4
    BOLUS_CANCELLED = 5
    BASAL_RATE = 6
    PROGRAM_ACCEPTED = 7
    PROGRAM_REFUSED = 8
    STOPPED = 9
    STARTED = 10
    REFILLED = 11
    CLOCK_SET = 12
    ALARM_RAISED = 13
    ALARM_CLEARED = 14
    STALL_DETECTED = 15
    STALL_RECOVERED = 16
    LIMIT_REACHED = 17
    LINK_REFUSED = 18
    SELF_TEST = 19
    ALARM_ACKNOWLEDGED = 20
    BRIDGE_STARTED = 21
    BRIDGE_FINISHED = 22
    LIFE_CHANGED = 23
    REFILL_DISCREPANCY = 24
    COMMAND_REFUSED = 25
    STORE_REPAIRED = 26
    SESSION_OPENED = 27
    SESSION_CLOSED = 28
    PAIRED = 29
    SESSIONS_LEFT = 30


class Alarm(IntEnum):
    """The alarms, each with its cause."""

    LOW_RESERVOIR = 0
    """The lower of estimate and level sensor is at or below the programmed threshold."""
    EMPTY_RESERVOIR = 1
    """The lower of estimate and level sensor is at or below 1.4 mL."""
    VOLUME_MISMATCH = 2
    """Level sensor and estimate differ by more than 1 mL (20 mL pump) or 2 mL (40 mL) for an hour."""
    MOTOR_STALL = 3
    """Eight pulses in a row without proof of motion; gone after four proofs in a row."""
    MOTOR_REVERSE = 4
    """The rotor turned backward."""
    MOTOR_RUNAWAY = 5
    """The rotor turned without a pulse."""
    TUBE_SET = 6
    """Stopped or stalled for more than 48 h in total since the pump last ran."""
    DOSE_LIMIT = 7
    """A dose window is full; gone when it has room again."""
    DOSE_GUARD = 8
    """The dose guard has cut the motor supply."""
    LOW_BATTERY_RESET = 9
    """The supply dipped and the controller restarted."""
    PROGRAM_INVALID = 10
    """A pump in service has no intact program after a restart."""
    SELF_TEST_FAILED = 11
    """A self-test found a part that does not answer as it must."""
    CLOCK_FAULT = 12
    """The real-time clock did not advance by one minute in one minute, or was off by more than a minute in a day."""
    SENSOR_FAULT = 13
    """A reservoir sensor reads a rail three times in a row; a level of zero is none while estimate, readings before it or pressure say empty."""
    MEMORY_FAULT = 14
    """A value and its complement in memory do not agree."""
    ERI = 15
    """The cell measured below 3,200 mV three minutes in a row, 90 days are left of 84 months of service, or a thousand sessions are left."""
    EOS = 16
    """90 days since eri, 84 months of service, or a cell below 2,500 mV three minutes in a row."""
    SECURITY = 17
    """Ten frames within an hour were forged, replayed, out of role, or came without the programming head that they need."""
    REFILL_OVERDUE = 18
    """The programmed number of days since the last refill has passed."""
    TRIAL_EXPIRED = 19
    """Seven days since an external trial pump first ran."""
    PUMP_STOPPED = 20
    """A pump in service has been stopped for an hour, by a command or by an alarm that is over, and nobody started it."""
    RESET_LOOP = 21
    """The controller restarted more than three times within an hour."""


class Flag(IntFlag):
    """The flags of the status."""

    BOLUS = 1
    """A bolus is under way."""
    STALLED = 2
    """The motor is stalled."""
    LIMITED = 4
    """A dose limit holds the rate back."""
    SELF_TEST = 8
    """A self-test is under way."""
    HEAD = 16
    """The programming head is in place."""


class Confirm(IntFlag):
    """What a commit or a prime confirms."""

    SOFT_LIMIT = 1
    """A drug's soft limit is passed."""
    TOTAL = 2
    """The 24-hour total is more than doubled."""
    NO_BRIDGE = 4
    """Drug or concentration changes without a bridge."""
    GEOMETRY = 8
    """A prime is more than the recorded path holds."""
    TIGHT_LIMITS = 16
    """The program cannot be given as written (LIM-9)."""


class RefillFlag(IntFlag):
    """The flags of a refill."""

    EMPTIED = 1
    """Everything was aspirated."""
    ACCEPT = 2
    """A discrepancy is accepted; without it a refill with one is refused, and nothing is recorded."""


class ImplantFlag(IntFlag):
    """The flags of an implantation."""

    PURGED = 1
    """The purge was seen before; without it the pump proves with a purge of eight pulses that its motor turns."""


class StatusFields(NamedTuple):
    """The fields of the answer to INTERROGATE."""

    mode: int
    flags: int
    last_command: int
    """The last command of this pairing that was executed or denied; 0 when there is none."""
    last_outcome: int
    """Its outcome."""
    last_sequence: int
    """Its sequence."""
    cell_mv: int
    """Voltage of the cell."""
    rate: int
    """Basal rate in force, 0.01 uL/day."""
    estimate: int
    """The pump's estimate of the reservoir."""
    pulses: int
    """Pulses since the controller started."""
    missed: int
    """The number of these without proof of motion."""
    alarms: int
    """Bit n is set while alarm n is active."""
    minute: int
    """The pump's minute counter."""
    offset: int
    """Minutes to the wall clock."""
    digest: int
    """Digest of the program in force; 0 when there is none."""
    bolus_given: int
    """Given volume of the last bolus."""
    bolus_total: int
    """Ordered volume of the last bolus."""
    requests: int
    """Patient bolus requests (PTB-5)."""
    granted: int
    """The number of these that were granted."""
    denied: Tuple[int, ...]
    """The number of these that were denied, by outcome 1 to 9."""
    refused_frames: int
    """Frames refused since the controller started."""
    life: int
    self_test: int
    """The failures of the last self-test, as in the event `self_test`."""
    log: int
    """Sequence of the last entry of the ring of events."""
    faults: int
    """Sequence of the last entry of the ring of faults."""
    supervised: int
    """The rest of a prime or a bridge."""
    total: int
    """The most that the program in force gives in 24 h."""


class LogEntry(NamedTuple):
    """An entry of the log."""

    sequence: int
    """The first entry of a ring has 1."""
    minute: int
    """Of the pump's own counter."""
    wall: int
    """Minutes of the wall clock since 2000-01-01T00:00."""
    a: int
    b: int
    code: int
    """An EVENT_ of hal/trace.ts."""


STATUS: Layout = (Number("mode", "B"), Number("flags", "B"), Number("last_command", "B"), Number("last_outcome", "B"), Number("last_sequence", "H"), Number("cell_mv", "H"), Number("rate", "I"), Number("estimate", "I"), Number("pulses", "I"), Number("missed", "I"), Number("alarms", "I"), Number("minute", "I"), Number("offset", "i"), Number("digest", "I"), Number("bolus_given", "I"), Number("bolus_total", "I"), Number("requests", "H"), Number("granted", "H"), Number("denied", "H", 9), Number("refused_frames", "H"), Number("life", "B"), Number("self_test", "H"), Number("log", "I"), Number("faults", "I"), Number("supervised", "I"), Number("total", "I"))


LOG_ENTRY: Layout = (Number("sequence", "I"), Number("minute", "I"), Number("wall", "I"), Number("a", "I"), Number("b", "I"), Number("code", "B"))


PROGRAM_RECORD: Layout = (Number("mode", "B"), Number("limit_count", "B"), Number("cap_per_day", "B"), Number("drug_count", "B"), Number("rate", "I"), Number("bolus_pulses", "H"), Number("bolus_s", "H"), Number("lockout_min", "H"), Number("low_pulses", "I"), Group("limits", 4, (Number("pulses", "I"), Number("window_min", "H"))), Number("library", "H"), Number("refill_days", "H"), Number("dose_pulses", "H"), Number("dose_s", "H"), Number("dose_every_min", "H"), Group("drugs", 4, (Number("id", "B"), Number("concentration", "I"))), Number("weekdays", "B", 7), Number("pattern_count", "B"), Group("patterns", 7, (Number("step_count", "B"), Group("steps", 13, (Number("minute", "H"), Number("rate", "I"))))))


PROGRAM_PIECE_BYTES = 94
"""The most bytes of a program record in one command."""


PAYLOADS: Dict[Command, Layout] = {
    Command.INTERROGATE: (),
    Command.STAGE: (Number("offset", "H"),),
    Command.COMMIT: (Number("digest", "I"), Number("confirm", "B"), Number("reason", "B"), Number("total", "I")),
    Command.STOP: (),
    Command.START: (),
    Command.PATIENT_BOLUS: (),
    Command.CLINICIAN_BOLUS: (Number("pulses", "I"), Number("duration_s", "I")),
    Command.REFILL: (Number("flags", "B"), Number("aspirated", "I"), Number("filled", "I")),
    Command.SET_CLOCK: (Number("wall_minute", "I"),),
    Command.ACKNOWLEDGE: (Number("alarm", "B"),),
    Command.SELF_TEST: (),
    Command.PRIME: (Number("pulses", "I"), Number("confirm", "B")),
    Command.BRIDGE: (Number("old_concentration", "I"), Number("pulses", "I")),
    Command.IMPLANT: (Number("catheter_mm", "H"), Number("catheter_nl", "I"), Number("flags", "B")),
    Command.EXPLANT: (),
    Command.READ_LOG: (Number("ring", "B"), Number("first", "I")),
    Command.READ_PROGRAM: (Number("offset", "H"),),
}
"""The payload of each command; STAGE has bytes of the record after it."""


ANSWERS: Dict[Command, Layout] = {
    Command.INTERROGATE: (Number("mode", "B"), Number("flags", "B"), Number("last_command", "B"), Number("last_outcome", "B"), Number("last_sequence", "H"), Number("cell_mv", "H"), Number("rate", "I"), Number("estimate", "I"), Number("pulses", "I"), Number("missed", "I"), Number("alarms", "I"), Number("minute", "I"), Number("offset", "i"), Number("digest", "I"), Number("bolus_given", "I"), Number("bolus_total", "I"), Number("requests", "H"), Number("granted", "H"), Number("denied", "H", 9), Number("refused_frames", "H"), Number("life", "B"), Number("self_test", "H"), Number("log", "I"), Number("faults", "I"), Number("supervised", "I"), Number("total", "I")),
    Command.STAGE: (Number("digest", "I"), Number("starts", "B", 1, True)),
    Command.COMMIT: (Number("total", "I"), Number("before", "I"), Number("field", "B", 1, True)),
    Command.STOP: (),
    Command.START: (),
    Command.PATIENT_BOLUS: (),
    Command.CLINICIAN_BOLUS: (),
    Command.REFILL: (Number("expected", "I"),),
    Command.SET_CLOCK: (),
    Command.ACKNOWLEDGE: (),
    Command.SELF_TEST: (),
    Command.PRIME: (),
    Command.BRIDGE: (),
    Command.IMPLANT: (),
    Command.EXPLANT: (),
    Command.READ_LOG: (Number("count", "B"),),
    Command.READ_PROGRAM: (),
}
"""The content of each answer; READ_LOG has entries after it, READ_PROGRAM bytes of the record."""
