#!/usr/bin/env python3
"""A rig test of the emulated pump. It gives a bolus over telemetry, stalls the motor through the control channel, waits for the
alarm, and checks that the pump recovers. It prints a line for each check, `ok` or `FAILED`, and exits with 0 when all held and 1
when one did not. It needs Linux, Python 3.9 and the system's libcrypto. CISTERN in the environment is the command that starts
cistern; the default is `npx cistern`. The argument may name another scenario, whose bolus must also be 5 uL in 5 min."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

from cistern_link import ACCEPTED, ACKNOWLEDGE, CLINICIAN, PATIENT, PATIENT_BOLUS, NoAnswer, Port, Programmer

HERE = os.path.dirname(os.path.abspath(__file__))
# The speed of the pump's time, during telemetry and during a wait.
TALK, WAIT = 5, 500
LOCKOUT = 1
MOTOR_STALL = 3
BOLUS_PULSES = 20  # 5 uL
FLAG_BOLUS, FLAG_STALLED = 1, 2
DEADLINE_S = 60


class Pump:
    """`cistern serve` in its own process, with its control channel."""

    def __init__(self, folder, scenario):
        self.port = os.path.join(folder, "pump")
        door = os.path.join(folder, "control")
        command = shlex.split(os.environ.get("CISTERN", "npx cistern"))
        command += ["serve", scenario, "--pty", self.port, "--control", door, "--speed", str(TALK)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.settimeout(DEADLINE_S)
        end = time.monotonic() + DEADLINE_S
        while self.control.connect_ex(door) != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise NoAnswer("cistern serve did not start")
            time.sleep(0.05)
        self.lines = self.control.makefile("rw", encoding="utf-8", newline="\n")

    def ask(self, line):
        """Sends a line to the control channel and returns its answer."""
        self.lines.write(line + "\n")
        self.lines.flush()
        text = self.lines.readline()
        if not text:
            raise NoAnswer(f"cistern serve went away at: {line}")
        answer = json.loads(text)
        if not answer["ok"]:
            raise NoAnswer(f"{line}: {answer['error']}")
        return answer

    def wait(self, what):
        """Waits for a time or an event of the pump, while its time passes fast."""
        self.ask(f"speed {WAIT}")
        answer = self.ask(f"wait {what}")
        self.ask(f"speed {TALK}")
        return answer

    def signal(self, name):
        return self.ask(f"get {name}")["values"][name]

    def quit(self):
        """Ends `cistern serve` in order and returns its exit code."""
        self.ask("quit")
        return self.process.wait(DEADLINE_S)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Checks:
    def __init__(self):
        self.failed = 0

    def expect(self, what, seen, wanted):
        good = wanted(seen) if callable(wanted) else seen == wanted
        self.failed += not good
        print(f"ok      {what}" if good else f"FAILED  {what}: seen {seen}", flush=True)


def give_bolus(pump, patient, expect):
    before = pump.signal("motor.pulses")
    expect("the patient's bolus is accepted", patient.command(PATIENT_BOLUS)[0], ACCEPTED)
    status = patient.status()
    expect("the status says that a bolus is under way", status.flags & FLAG_BOLUS, FLAG_BOLUS)
    expect("of the size that was prescribed", status.bolus_total, BOLUS_PULSES)
    pump.wait("6 min")
    status = patient.status()
    expect("six minutes later it is over", status.flags & FLAG_BOLUS, 0)
    expect("it was given in full", status.bolus_given, BOLUS_PULSES)
    # 480 uL a day are a pulse each 45 s, which makes eight in six minutes, and some more during telemetry.
    turned = pump.signal("motor.pulses") - before
    expect("the rotor turned for bolus and basal", turned, lambda pulses: 27 <= pulses <= 50)
    expect("the next one is refused: lockout", patient.command(PATIENT_BOLUS)[0], LOCKOUT)
    status = patient.status()
    expect("two were asked for, one was granted", (status.requests, status.granted), (2, 1))


def stall_motor(pump, clinician, expect):
    expect("no alarm before the stall", clinician.status().alarms, 0)
    pump.ask("inject motor_stall")
    turned = pump.signal("motor.motion")
    seen = pump.wait("event alarm_raised within 15 min")["seen"]
    expect("the stall raises its alarm", seen["alarm"], "motor_stall")
    status = clinician.status()
    expect("the status says so: alarm", status.alarm(MOTOR_STALL), True)
    expect("and flag", status.flags & FLAG_STALLED, FLAG_STALLED)
    expect("eight pulses were missed, or more by now", status.missed, lambda missed: missed >= 8)
    # A pulse that was in flight when the fault began may still have turned the rotor.
    expect("the rotor stood still", pump.signal("motor.motion") - turned, lambda steps: steps <= 1)


def recover(pump, clinician, expect):
    expect("the clinician acknowledges it", clinician.command(ACKNOWLEDGE, bytes([MOTOR_STALL]))[0], ACCEPTED)
    expect("which does not end it", clinician.status().alarm(MOTOR_STALL), True)
    pump.ask("release motor_stall")
    seen = pump.wait("event alarm_cleared within 30 min")["seen"]
    expect("it ends when the rotor turns again", seen["alarm"], "motor_stall")
    status = clinician.status()
    expect("the status has no alarm", status.alarms, 0)
    expect("and no stall", status.flags & FLAG_STALLED, 0)
    before = status.pulses
    pump.wait("3 min")
    expect("the pump delivers", clinician.status().pulses, lambda pulses: pulses >= before + 3)


def run(pump, expect):
    pump.wait("2 s")  # the scenario's people commission it in its first second
    port = Port(pump.port)
    clinician, patient = Programmer(port, CLINICIAN), Programmer(port, PATIENT)
    expect("the pump speaks frame version 3", clinician.version()[0], 3)
    clinician.pair()
    expect("it pairs with a clinician", clinician.pairing, lambda number: number in (0, 1))
    patient.pair()
    expect("it pairs with the patient's handset", patient.pairing, lambda number: number in (2, 3))
    give_bolus(pump, patient, expect)
    stall_motor(pump, clinician, expect)
    recover(pump, clinician, expect)
    port.close()
    expect("cistern ends in order: no invariant broke", pump.quit(), 0)


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="rig-") as folder:
        pump = None
        try:
            pump = Pump(folder, sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "quiet-pump.yaml"))
            run(pump, checks.expect)
        except (NoAnswer, OSError, subprocess.TimeoutExpired) as error:
            checks.failed += 1
            print(f"FAILED  {error}", flush=True)
        finally:
            if pump:
                pump.stop()
    print(f"{checks.failed} failed" if checks.failed else "all held")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
