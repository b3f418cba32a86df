"""The controls, as read from the command line."""

import pytest

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import ParameterError
from lossexplorer.predictions import CONTROLS, complete_controls, parse_controls

SIZE = VolumeSize((6.5, 0.5, 0.25), (25, 256, 256))


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("shift_x=1vox", "shift_x", 0.25),
        ("shift_y=1vox", "shift_y", 0.5),
        ("shift_z=1vox", "shift_z", 6.5),
        ("shift_z=-2vox", "shift_z", -13.0),
        ("shift_z=2mm", "shift_z", 2.0),
        ("shift_z=2", "shift_z", 2.0),
        ("grow=1vox", "grow", 0.25),
        ("grow=-1.5 mm", "grow", -1.5),
        ("softness=2vox", "softness", 0.5),
        ("confidence=0.99", "confidence", 0.99),
    ],
)
def test_a_setting(setting, name, value):
    expected = {**{n: control.default for n, control in CONTROLS.items()}, name: value}
    assert parse_controls([setting], SIZE) == expected


def test_several_settings_of_which_the_last_of_a_name_counts():
    found = parse_controls(["grow=1", "shift_x=2vox", "grow=3"], SIZE)
    assert (found["grow"], found["shift_x"]) == (3.0, 0.5)


def test_nothing_set_is_the_truth():
    assert parse_controls([], SIZE) == complete_controls({})
    starting = {
        "shift_x": 0, "shift_y": 0, "shift_z": 0, "grow": 0, "softness": 0, "confidence": 1
    }  # fmt: skip
    assert starting.items() <= complete_controls({}).items()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("shift_x", r"'shift_x' must have the form CONTROL=VALUE"),
        ("shift_x:1", r"must have the form CONTROL=VALUE"),
        ("shitf_x=1", r"no control 'shitf_x'; did you mean 'shift_x'\? There are: "),
        ("=1", r"no control ''"),
        ("shift_x=", r"shift_x must be a length such as 2mm, 1vox or 2, not ''"),
        ("shift_x=1=2", r"shift_x must be a length .* not '1=2'"),
        ("shift_x=1voxel", r"shift_x must be a length"),
        ("confidence=1vox", r"confidence must be a number, not '1vox'"),
        ("confidence=1.01", r"confidence = 1.01 is out of range: .* between 0.5 and 1\."),
        ("confidence=0.49", r"confidence = 0.49 is out of range"),
        ("softness=-0.1", r"softness = -0.1 mm is out of range: .* between 0 and 1000 mm"),
        ("grow=nan", r"grow = nan mm is out of range"),
        ("shift_z=200vox", r"shift_z = 1300 mm is out of range"),
    ],
)
def test_what_is_not_allowed_is_said(setting, words):
    with pytest.raises(ParameterError, match=words):
        parse_controls([setting], SIZE)


def test_unknown_controls_are_refused_from_a_mapping_too():
    with pytest.raises(ParameterError, match="no control 'growth'; did you mean 'grow'"):
        complete_controls({"growth": 1.0})
    with pytest.raises(ParameterError, match="grow must be a number, not '1'"):
        complete_controls({"grow": "1"})
