"""The plug-in in a pytest of its own: a test that passes, one that fails and leaves its evidence, and what is said of bad markers."""

import json
import os
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parents[2] / "examples" / "rig-python" / "quiet-pump.yaml"
TESTS = """
import pytest

@pytest.mark.cistern("pump.yaml", speed=50)
def test_good(pump):
    assert pump.control.get("motor.pulses") >= 0

@pytest.mark.cistern("pump.yaml", speed=50)
def test_bad(pump):
    pump.control.inject("motor_stall")
    assert pump.control.get("motor.pulses") == -1
"""


@pytest.fixture
def inner(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.path.joinpath("pump.yaml").write_text(SCENARIO.read_text("utf-8"), "utf-8")
    return pytester


def run(inner, text, *more):
    inner.makepyfile(text)
    return inner.runpytest_subprocess("-p", "cistern_rig.pytest_plugin", "-p", "no:cacheprovider", *more)


def test_a_failed_test_leaves_its_evidence(inner):
    result = run(inner, TESTS)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*cistern: evidence in *test_bad*", "at 20*alarms: none*", "*program_accepted*"])
    (folder,) = inner.path.glob("cistern-evidence/*/pump-1")
    assert sorted(os.listdir(folder)) == ["events.json", "pump.run", "report.json", "status.json", "stderr.log"]
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert [fault["name"] for fault in report["faults"]] == ["motor_stall"]


# Fluid passes the rotor: more than the dose windows allow, which no alarm has named yet when the test ends.
BROKEN = """
import pytest

@pytest.mark.cistern("pump.yaml", speed=50, {how})
def test_it(pump):
    pump.control.inject("flow_past_rotor", "200 uL/h")
    with pump.control.at_speed("max"):
        pump.control.wait("3 h")
"""


def test_a_harm_that_no_alarm_has_named_fails_the_test(inner):
    result = run(inner, BROKEN.format(how="judge=True"))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the pump itself: invalid: overdose*"])


def test_unless_its_marker_leaves_the_judgement_out(inner):
    run(inner, BROKEN.format(how="judge=False")).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "marker, sentence",
    [
        ("", "expected a scenario"),
        ('@pytest.mark.cistern("pump.yaml", sped=5)', "the marker cistern has no sped; it has judge, options, serial, speed"),
        ('@pytest.mark.cistern("pump.yaml", options=["--nonsense"])', "unknown option '--nonsense'"),
        ('@pytest.mark.cistern("none.yaml")', "none.yaml"),
    ],
)
def test_a_bad_marker_is_said_in_one_line(inner, marker, sentence):
    result = run(inner, f"import pytest\n\n{marker}\ndef test_it(pump):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{sentence}*"])
