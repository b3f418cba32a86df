"""The controls, as read from the command line."""

import pytest

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import ParameterError
from lossexplorer.predictions import (
    CONTROLS,
    check_controls,
    complete_controls,
    fitting,
    parse_controls,
)

CONFOCAL = VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24))
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
        ("shift_x=1box", r"shift_x must be a length"),
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


# Scales


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("shift_x=3um", "shift_x", 0.003),
        ("shift_x=0.003", "shift_x", 0.003),
        ("shift_z=1vox", "shift_z", 0.002),
        ("softness=2nm", "softness", 2e-6),
        ("missing_below=5um3", "missing_below", 5e-9),
    ],
)
def test_a_setting_in_a_volume_of_micrometres(setting, name, value):
    found = parse_controls([setting], CONFOCAL)
    assert found[name] == pytest.approx(value, rel=1e-15)
    assert found == {**complete_controls({}, CONFOCAL), name: found[name]}
    assert found["blob_radius"] == 0.0006


def test_a_length_of_another_scale_is_refused_in_the_unit_of_the_volume():
    with pytest.raises(ParameterError, match=r"1e\+06 µm is out of .* between -200 and 200 µm"):
        parse_controls(["shift_x=1m"], CONFOCAL)


def test_before_the_volumes_are_known_no_length_is_out_of_range():
    check_controls(["shift_x=5m", "grow=-3m", "softness=2nm", "blob_radius=1vox"])
    for wrong in ("softness=-1nm", "shift_x=5km", "sofness=1", "confidence=2", "shift_x=nan"):
        with pytest.raises(ParameterError):
            check_controls([wrong])


def fitted(values, before, size):
    return fitting(values, ("background", "cell"), before, size)


def test_lengths_keep_their_share_of_the_slider_in_a_volume_of_another_scale():
    start = {"shift_x": 3.125, "grow": (0.0, 1.2), "softness": 1.6, "confidence": 0.9996}
    found = fitted(start, SIZE, CONFOCAL)
    assert found == {
        "shift_x": 0.000625, "grow": (0.0, 0.00024), "softness": 0.00032, "confidence": 0.9996
    }  # fmt: skip
    assert fitted(found, CONFOCAL, SIZE) == start


def test_lengths_stay_in_a_volume_of_about_the_same_scale():
    fine, coarse = (VolumeSize((edge,) * 3, (400,) * 3) for edge in (0.0005, 0.002))
    values = {"shift_x": 0.004, "softness": 0.0005}
    assert fitted(values, fine, coarse) == values
    assert fitted(fitted(values, fine, coarse), coarse, fine) == values
    # A shift that was typed beyond the slider, too.
    assert fitted({"shift_x": 700.0}, SIZE, VolumeSize((1.0,) * 3, (99,) * 3)) == {"shift_x": 700.0}


def test_what_is_at_its_default_is_at_that_of_the_other_volume():
    found = fitted(complete_controls({}), SIZE, CONFOCAL)
    assert found == complete_controls({}, CONFOCAL)
    assert (found["blob_radius"], found["roughness_length"]) == (0.0006, 0.001)


def test_a_prediction_that_was_moved_does_not_leave_a_thin_volume():
    thin = VolumeSize((0.78125, 0.78125, 0.78125), (25, 256, 3))
    assert abs(fitted({"shift_x": 3.125}, SIZE, thin)["shift_x"]) < thin.width("x")
