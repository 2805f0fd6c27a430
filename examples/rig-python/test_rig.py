"""A rig test of the emulated pump, with the package of python/: a bolus over telemetry, a stall on demand, and its recovery."""

import pytest
from cistern_rig import Alarm, Flag, Outcome

pytestmark = pytest.mark.cistern("quiet-pump.yaml", speed=5)
BOLUS_PULSES = 20  # 5 uL


def test_a_stall_raises_its_alarm_and_ends_with_it(pump, clinician):
    with pump.control.fault("motor_stall"), pump.control.at_speed(500):
        pump.control.wait_event("alarm_raised", within="2 h", alarm="motor_stall")
    status = clinician.status()
    assert status.has(Flag.STALLED)
    assert status.active() == {"motor_stall"}
    assert clinician.command("acknowledge", alarm=Alarm.MOTOR_STALL).accepted
    with pump.control.at_speed(500):
        pump.control.wait_event("stall_recovered", within="2 h")


def test_a_bolus_is_given_once_in_its_lockout(pump, patient):
    before = pump.control.get("motor.pulses")
    assert patient.command("patient_bolus").accepted
    assert patient.status().bolus_total == BOLUS_PULSES
    with pump.control.at_speed(500):
        pump.control.wait("6 min")
    assert patient.status().bolus_given == BOLUS_PULSES
    # 480 uL a day are a pulse each 45 s: eight in six minutes, and some more during telemetry.
    assert 27 <= pump.control.get("motor.pulses") - before <= 50
    assert patient.command("patient_bolus").outcome is Outcome.LOCKOUT
