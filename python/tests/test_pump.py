"""The package at a real `cistern serve`, over a pseudo-terminal, a Unix socket and TCP."""

import shutil
import subprocess

import pytest
from cistern_rig import NoAnswer, Outcome, Programmer, Refused, RigError, Ring

pytestmark = pytest.mark.cistern("../../examples/rig-python/quiet-pump.yaml", speed=20)


def test_telemetry_and_control_answer(pump, clinician, patient):
    assert clinician.version().frame == 3
    before = clinician.status()
    assert before.active() == frozenset()
    # A bolus of a clinician: its fields by name, and the log tells it.
    assert clinician.command("clinician_bolus", pulses=4, duration_s=60).accepted
    assert patient.command("patient_bolus").outcome is Outcome.BUSY
    with pump.control.at_speed(500):
        pump.control.wait_event("bolus_finished", within="10 min")
    assert clinician.status().bolus_given == 4
    log = clinician.read_log(Ring.EVENTS)
    assert [entry.sequence for entry in log] == list(range(1, len(log) + 1))
    # The program in force, read and committed again with another rate.
    program = clinician.read_program()
    assert program["rate"] == 48000
    answer = clinician.program({**program, "rate": 24000})
    assert (answer.outcome, clinician.read_program()["rate"]) == (Outcome.ACCEPTED, 24000)
    # The clinician needs the head, and the patient does not.
    pump.control.head(in_place=False)
    assert clinician.command("stop").outcome is Outcome.NOT_AUTHORISED
    with pytest.raises(ValueError, match="there are no fields|no fields"):
        clinician.command("stop", pulses=1)
    with pytest.raises(KeyError):
        clinician.command("explode")
    with pytest.raises(NoAnswer, match="refuses to pair: not_authorised"):
        clinician.pair()


def test_what_the_channel_refuses_is_its_own_sentence(pump):
    with pytest.raises(Refused, match="inject motor_stal: .*motor_stall"):
        pump.control.inject("motor_stal")
    with pytest.raises(Refused, match="get motor.pulsez"):
        pump.control.get("motor.pulsez")
    with pytest.raises(Refused, match="no event reset"):
        pump.control.wait_event("reset", within="1 s")
    pump.control.ask("watch events")
    with pump.control.at_speed(500), pump.control.fault("motor_stall"):
        pump.control.wait_event("stall_detected", within="2 h")
    assert "stall_detected" in [line["event"]["name"] for line in pump.control.pushed]
    report = pump.quit()
    assert report["verdict"] == "pass"
    with pytest.raises(RigError):
        pump.control.status()


@pytest.mark.skipif(shutil.which("socat") is None, reason="needs socat")
def test_a_pump_is_reached_over_tcp(pump):
    pytest.importorskip("serial", reason="needs pyserial")
    bridge = subprocess.Popen(
        ["socat", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", f"{pump.port},raw,echo=0"], stderr=subprocess.PIPE, text=True
    )
    try:
        line = next(text for text in bridge.stderr if "listening on" in text)
        with Programmer(f"socket://127.0.0.1:{line.rsplit(':', 1)[1].strip()}", "patient") as patient:
            assert patient.status().pulses >= 0
    finally:
        bridge.kill()
        bridge.wait()


def test_a_scenario_that_is_none_is_told_in_cisterns_words(start_pump, tmp_path):
    with pytest.raises(RigError, match="none.yaml"):
        start_pump(tmp_path / "none.yaml")
