"""Frames, layouts and cryptography against the recorded conversation in test/vectors/telemetry.json."""

import json
from pathlib import Path

import pytest
from cistern_rig import Alarm, Programmer, RigError
from cistern_rig.codes import PAYLOADS, PROGRAM_RECORD, STATUS, Command
from cistern_rig.frames import crc16, from_line, to_line
from cistern_rig.layout import pack, size_of, unpack
from cistern_rig.process import command_of
from cistern_rig.telemetry import _ccm, _derive

VECTORS = json.loads((Path(__file__).parents[2] / "test" / "vectors" / "telemetry.json").read_text("utf-8"))


def test_the_crc_has_its_check_value():
    assert crc16(b"123456789") == 0x29B1


def test_a_frame_comes_back_from_the_line():
    frame = bytes([3, 4, 0, 0, 7, 0])
    line = to_line(frame)
    assert line[0] == line[-1] == 0 and 0 not in line[1:-1]
    assert from_line(line[1:-1]) == frame


@pytest.mark.parametrize("spoilt", [b"", b"\x01", b"\x09abc", b"\x05abcd\x03xy"])
def test_bytes_that_are_no_frame_are_none(spoilt):
    assert from_line(spoilt) is None


def test_the_keys_of_the_vectors_are_derived():
    for pairing in VECTORS["keys"]["pairings"]:
        key = _derive(bytes.fromhex(pairing["shared_secret"]), bytes.fromhex(pairing["salt"]), pairing["info"].encode())
        assert key.hex() == pairing["key"]


def test_a_record_has_a_place_for_each_part_and_zeros_elsewhere():
    values = {"mode": 1, "rate": 48000, "limits": [{"pulses": 4, "window_min": 60}]}
    record = pack(PROGRAM_RECORD, values)
    assert len(record) == size_of(PROGRAM_RECORD)
    read, rest = unpack(PROGRAM_RECORD, record)
    assert (read["mode"], read["rate"], read["limits"][0], read["limits"][1], rest) == (1, 48000, values["limits"][0], {"pulses": 0, "window_min": 0}, b"")


@pytest.mark.parametrize(
    "values, sentence",
    [
        ({"pulse": 1}, "unknown: pulse; there are pulses, duration_s"),
        ({"pulses": -1}, "pulses: found -1"),
        ({"pulses": [1, 2]}, "pulses: found 2, expected at most 1"),
    ],
)
def test_a_payload_that_has_no_room_is_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        pack(PAYLOADS[Command.CLINICIAN_BOLUS], values)


def test_an_answer_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="expected at least"):
        unpack(STATUS, bytes(10))


def test_the_cipher_has_the_tag_of_eight_bytes():
    assert len(_ccm(bytes(16)).encrypt(bytes(13), b"abc", b"")) == 3 + 8


def test_alarms_have_the_words_of_scenarios():
    assert Alarm.MOTOR_STALL.name.lower() == "motor_stall"


def test_a_port_that_is_none_is_said_in_one_line(tmp_path):
    with pytest.raises(RigError, match="No such file"):
        Programmer(str(tmp_path / "none"))
    plain = tmp_path / "plain"
    plain.write_text("")
    with pytest.raises(RigError, match="is no serial port"):
        Programmer(str(plain))


def test_a_machine_without_node_is_said_in_one_line(monkeypatch):
    monkeypatch.delenv("CISTERN", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RigError, match="no program `npx`; install Node 20 or newer"):
        command_of()
