"""
The pytest plug-in. The fixture `pump` is `cistern serve` with the scenario of the marker `cistern`:

    @pytest.mark.cistern("quiet-pump.yaml", speed=5)
    def test_a_stall_raises_its_alarm(pump):
        pump.control.inject("motor_stall")
        pump.control.wait_event("alarm_raised", within="2 h", alarm="motor_stall")

A path in the marker is relative to the file of the test. At the end of the test the pump's own verdict is read: an invariant that broke, or
a harm that no alarm named, fails the test (`judge=False` in the marker leaves it out). After a failed test its evidence lies in
a folder: what cistern printed, its report, the last events, a snapshot and the status.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, Generator, Iterator, List, Tuple

import pytest

from .errors import RigError
from .process import Board, Process, Pump
from .telemetry import Programmer

EVENTS_SHOWN = 15
_MARKER = "cistern"
_STARTED: pytest.StashKey[List[Process]] = pytest.StashKey()
_OPTIONS = {"speed", "options", "serial", "judge"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cistern")
    group.addoption("--cistern", metavar="COMMAND", help="the command that starts cistern (default: the variable CISTERN, else npx cistern)")
    group.addoption(
        "--cistern-evidence",
        metavar="FOLDER",
        default="cistern-evidence",
        help="where the evidence of failed tests goes (default: cistern-evidence)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "cistern(scenario, *, speed=1, options=(), serial=None, judge=True): the scenario of the fixtures pump and board, and how cistern runs it",
    )


def _marked(request: pytest.FixtureRequest) -> Tuple[Path, Dict[str, Any]]:
    marker = request.node.get_closest_marker(_MARKER)
    if marker is None or len(marker.args) != 1:
        raise pytest.UsageError(f'{request.node.nodeid}: expected a scenario: @pytest.mark.cistern("pump.yaml")')
    unknown = sorted(set(marker.kwargs) - _OPTIONS)
    if unknown:
        raise pytest.UsageError(f"{request.node.nodeid}: the marker cistern has no {', '.join(unknown)}; it has {', '.join(sorted(_OPTIONS))}")
    return request.path.parent / marker.args[0], dict(marker.kwargs)


def _folder(config: pytest.Config, item: pytest.Item) -> Path:
    return Path(config.getoption("--cistern-evidence")) / re.sub(r"[^\w.-]+", "_", item.nodeid)


@pytest.fixture
def start_pump(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Pump]]:
    """
    Starts pumps: `start_pump(scenario, speed=5)`, with the arguments of `cistern_rig.Pump` and `judge`. All of them end with the test.
    """
    started: List[Tuple[Pump, bool]] = []

    def start(scenario: Any, *, judge: bool = True, **how: Any) -> Pump:
        folder = tmp_path / f"pump-{len(started) + 1}"
        pump = Pump(scenario, cistern=request.config.getoption("--cistern"), folder=folder, **how)
        started.append((pump, judge))
        _remember(request.node, pump)
        return pump

    yield start
    verdicts = [(_end(pump), judge) for pump, judge in started]
    broken = [text for text, judge in verdicts if text and judge]
    if broken:
        pytest.fail("the pump itself: " + "; ".join(broken), pytrace=False)


def _remember(item: pytest.Item, process: Process) -> None:
    none: List[Process] = []
    item.stash.setdefault(_STARTED, none).append(process)


def _end(pump: Pump) -> str:
    """Ends the pump. Returns what its own verdict blames it for, which may be nothing."""
    report = pump.report if pump.exit_code is not None else pump.quit()
    pump.end()
    return f"{report['verdict']}: {report['reason']}" if report and report["verdict"] in ("fail", "invalid") else ""


@pytest.fixture
def pump(request: pytest.FixtureRequest, start_pump: Callable[..., Pump]) -> Pump:
    """The pump of the marker `cistern`."""
    scenario, how = _marked(request)
    return start_pump(scenario, **how)


@pytest.fixture
def clinician(pump: Pump) -> Programmer:
    """The clinician's programmer at the fixture `pump`."""
    return pump.programmer("clinician")


@pytest.fixture
def patient(pump: Pump) -> Programmer:
    """The patient's programmer at the fixture `pump`."""
    return pump.programmer("patient")


@pytest.fixture
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    """The virtual board of the marker `cistern`, for a controller under test at `board.port`."""
    scenario, how = _marked(request)
    unknown = sorted({"speed", "judge"} & set(how))
    if unknown:
        raise pytest.UsageError(f"{request.node.nodeid}: a board has no {', '.join(unknown)}; give it in options")
    made = Board(scenario, cistern=request.config.getoption("--cistern"), folder=tmp_path / "board", **how)
    _remember(request.node, made)
    yield made
    made.end()


@pytest.hookimpl(hookwrapper=True)  # type: ignore[misc]
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    none: List[Process] = []
    processes = item.stash.get(_STARTED, none)
    for i, process in enumerate(processes, 1):
        folder = _folder(item.config, item) / f"{type(process).__name__.lower()}-{i}"
        try:
            text = _collect(process, folder)
        except (OSError, RigError) as error:
            text = f"no evidence: {error}"
        report.sections.append((f"cistern: evidence in {folder}", text))


def _collect(process: Process, folder: Path) -> str:
    """Writes what there is of a process to the folder, and returns what a reader wants first."""
    folder.mkdir(parents=True, exist_ok=True)
    said = process.said()
    (folder / "stderr.log").write_text(said + "\n", "utf-8")
    if not isinstance(process, Pump) or process.exit_code is not None:
        if process.report is not None:
            _write(folder / "report.json", process.report)
        return said
    control = process.control
    events = control.events()
    _write(folder / "events.json", events)
    status = control.status()
    _write(folder / "status.json", status)
    _write(folder / "report.json", control.report())
    control.save(str((folder / "pump.run").resolve()))
    shown = "\n".join(f"{event['wall']} {_words(event)}" for event in events[-EVENTS_SHOWN:])
    alarms = ", ".join(status["alarms"]) or "none"
    return f"at {status['wall']}; alarms: {alarms}\n{shown}" + (f"\n{said}" if said else "")


def _words(event: Dict[str, Any]) -> str:
    more = [f"{key}={value}" for key, value in event.items() if key not in ("tick", "time_s", "wall", "name")]
    return " ".join([event["name"], *more])


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
