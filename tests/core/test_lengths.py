"""Lengths from nanometres to metres: typed, shown, and as they follow a volume."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.core.lengths import (
    ANY_SIZE,
    UNITS,
    VolumeSize,
    edges_in_words,
    length_factor,
    unit_of,
)
from lossexplorer.core.parameters import Number, ParameterError
from lossexplorer.core.scales import SliderScale
from lossexplorer.predictions import CONTROLS, DEGRADATIONS, controls_of

CONFOCAL = VolumeSize((0.002, 0.00025, 0.00025), (8, 20, 24))  # µm: 2 × 0.25 × 0.25
LENGTHS = {n: c for n, c in CONTROLS.items() if isinstance(c, Number) and c.power}
every_length = pytest.mark.parametrize("name", LENGTHS)

SHIFT = LENGTHS["shift_x"]
SMALLER = LENGTHS["missing_below"]


def cube(edge, count=100):
    return VolumeSize((edge,) * 3, (count,) * 3)


def test_the_lengths_among_the_controls_are_those_with_a_unit_of_length():
    assert set(LENGTHS) == {
        "shift_x", "shift_y", "shift_z", "grow", "roughness", "roughness_length", "softness",
        "blur", "noise_length", "missing_below", "blob_radius", "blob_distance", "hole_radius",
        "rim", "margin",
    }  # fmt: skip


# Typed


@pytest.mark.parametrize(
    ("text", "millimetres"),
    [
        ("3nm", 3e-6),
        ("2.5 nm", 2.5e-6),
        ("3um", 0.003),
        ("3µm", 0.003),  # micro sign
        ("3μm", 0.003),  # Greek mu
        ("-1e2um", -0.1),
        ("−4mm", -4.0),
        ("2cm", 20.0),
        ("0.5m", 500.0),
        ("1Å", 1e-7),
        ("7", 7.0),
        ("2vox", 0.5),
    ],
)
def test_a_length_is_typed_with_its_unit(text, millimetres):
    assert SHIFT.parse(text, (2.0, 0.5, 0.25)) == millimetres


@pytest.mark.parametrize(
    ("text", "cubic_millimetres"),
    [
        ("5um3", 5e-9),
        ("5µm³", 5e-9),
        ("2 mm^3", 2.0),
        ("1cm3", 1000.0),
        ("9nm3", 9e-18),
        ("3", 3.0),
        ("4vox", 4 * 2.0 * 0.5 * 0.25),
    ],
)
def test_a_volume_is_typed_with_its_unit(text, cubic_millimetres):
    assert SMALLER.parse(text, (2.0, 0.5, 0.25)) == pytest.approx(cubic_millimetres, rel=1e-15)


@pytest.mark.parametrize("text", ["2um3", "2km", "2 u m", "um", "2µ", "2nmvox", "2Mm"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ParameterError, match="shift_x must be a length such as 2mm, 1vox or 2"):
        SHIFT.parse(text)


@pytest.mark.parametrize("text", ["2mm", "2um", "mm3", "2vox3"])
def test_what_is_no_volume_is_refused(text):
    with pytest.raises(ParameterError, match="must be a volume such as 2mm³, 1vox or 2"):
        SMALLER.parse(text)


def test_a_bare_number_has_the_unit_that_is_said():
    assert SHIFT.parse("3", bare_unit="µm") == 0.003
    assert SMALLER.parse("3", bare_unit="µm") == pytest.approx(3e-9, rel=1e-15)


def test_lengths_of_classes_have_units_of_their_own():
    assert LENGTHS["grow"].parse("1um:2nm:0.5") == (0.001, 2e-6, 0.5)


# Shown


@given(st.floats(1e-6, 1e6), st.sampled_from(["nm", "µm", "mm", "m"]), st.sampled_from([1, 3]))
def test_a_unit_there_and_back(value, symbol, power):
    unit = UNITS[symbol]
    assert unit.of(unit.millimetres(value, power), power) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("edge", "symbol"),
    [
        (1.35e-7, "nm"),  # cryo-electron tomography, 1.35 Å
        (4e-6, "nm"),
        (6.5e-5, "µm"),  # a pixel of 65 nm of a light microscope
        (2.5e-4, "µm"),
        (0.005, "µm"),
        (0.05, "mm"),
        (0.78125, "mm"),
        (5.0, "mm"),
        (1000.0, "m"),
    ],
)
def test_a_volume_is_shown_in_the_unit_of_its_voxels(edge, symbol):
    assert unit_of(edge).symbol == symbol
    assert VolumeSize((20 * edge, edge, edge), (5, 9, 9)).unit.symbol == symbol
    assert VolumeSize((edge / 1000, edge, edge), (5, 9, 9)).unit.symbol == symbol


def test_what_is_out_of_range_is_said_in_the_unit_shown():
    words = r"shift_x = 300 µm is out of range: it must lie between -200 and 200 µm\."
    with pytest.raises(ParameterError, match=words):
        SHIFT.at(CONFOCAL).parse("0.3")


def test_edges_are_written_in_one_unit_without_a_power_of_ten():
    assert edges_in_words((0.002, 0.00025, 0.00025)) == "2 × 0.25 × 0.25 µm"
    assert edges_in_words((1.0, 0.001, 0.001), digits=3) == "1000 × 1 × 1 µm"
    assert edges_in_words((1000.0,) * 3) == "1 × 1 × 1 m"


# In a volume


@every_length
@pytest.mark.parametrize("edge", [0.25, 0.5, 0.78125, 1.0, 2.0, 4.07, 5.0])
def test_scans_of_patients_have_the_lengths_of_the_descriptions(name, edge):
    """So that two scans compare; they are wider than any slider here."""
    assert LENGTHS[name].at(cube(edge, round(500 / edge))) == replace(
        LENGTHS[name], slider=LENGTHS[name].span
    )


@every_length
@pytest.mark.parametrize("exponent", [-6, -5, -4, -3, -2, 2, 3])
@pytest.mark.parametrize("mantissa", [1, 2, 5])
def test_lengths_are_as_many_voxels_whatever_a_voxel_measures(name, exponent, mantissa):
    edge = float(f"{mantissa}e{exponent}")
    found, of_1_mm = LENGTHS[name].at(cube(edge)), LENGTHS[name].at(cube(1.0))
    factor = edge if found.power == 1 else 10.0 ** round(math.log10(edge**3))
    for attribute in ("default", "low", "high", "smallest"):
        if attribute != "smallest" or found.scale == "log":
            expected = factor * getattr(of_1_mm, attribute)
            assert getattr(found, attribute) == pytest.approx(expected, rel=1e-11)
    assert found.span == pytest.approx([factor * end for end in of_1_mm.span], rel=1e-11)


@every_length
@given(
    exponents=st.tuples(*[st.floats(-6, 3)] * 3),
    shape=st.tuples(*[st.integers(1, 2000)] * 3),
)
def test_a_slider_lies_in_its_range_and_in_the_volume(name, exponents, shape):
    size = VolumeSize(tuple(10.0**e for e in exponents), shape)
    number = LENGTHS[name].at(size)
    low, high = number.span
    assert low < high
    assert number.low <= low
    assert high <= number.high
    assert low <= number.default <= high or number.default == 0
    assert number.check(number.default) == number.default
    if number.power == 1:
        assert max(-low, high) <= size.width(number.axis) * (1 + 1e-9)


@pytest.mark.parametrize("name", ["blob_radius", "hole_radius"])
def test_a_ball_of_the_slider_is_no_larger_than_the_volume(name):
    assert 2 * LENGTHS[name].at(CONFOCAL).span[1] <= CONFOCAL.width() * (1 + 1e-9)
    assert LENGTHS[name].at(VolumeSize((1.0,) * 3, (4, 4, 4))).default == 2.0


@pytest.mark.parametrize(
    ("spacing", "along_z", "along_x"),
    [
        ((0.001, 1.0, 1.0), 0.008, 20.0),  # no further than the volume of 8 slices
        ((1.0, 0.001, 0.001), 3.0, 0.02),  # at least three slices
        ((6.5, 0.78125, 0.78125), 20.0, 18.75),
    ],
)
def test_a_shift_follows_its_axis(spacing, along_z, along_x):
    known = controls_of(VolumeSize(spacing, (8, 20, 24)))
    assert known["shift_z"].span == pytest.approx((-along_z, along_z))
    assert known["shift_x"].span == pytest.approx((-along_x, along_x))
    assert known["shift_z"].high >= 8 * spacing[0]  # right out of the volume can be typed


def test_without_a_volume_the_controls_are_those_of_the_descriptions():
    for name, control in controls_of(ANY_SIZE).items():
        described = CONTROLS[name]
        if isinstance(control, Number):
            assert replace(control, slider=control.span) == replace(
                described, slider=described.span
            )
        else:
            assert control is described


@every_length
def test_what_decides_whether_a_degradation_acts_has_one_default_in_all_volumes(name):
    """`Degradation.idle` knows no volume."""
    strengths = [strength for each in DEGRADATIONS.values() for strength in each.strength]
    if name in strengths:
        assert LENGTHS[name].at(CONFOCAL).default == LENGTHS[name].default == 0


def test_the_factor_is_continuous_but_for_its_steps_and_free_of_the_thick_slices():
    factors = [length_factor((e, e, e)) for e in (0.24, 0.1, 0.0142, 0.0141, 6.0, 8.0)]
    assert factors == [0.2, 0.1, 0.02, 0.01, 5.0, 10.0]
    assert length_factor((40e-6, 4e-6, 4e-6)) == 5e-6


# On the slider


def test_slider_positions_are_in_the_unit_shown():
    scale = SliderScale(SHIFT.at(CONFOCAL), CONFOCAL.spacing)
    assert scale.ends == (-4.0, 4.0)
    assert scale.notch == 0.25
    assert scale.position(0.001) == 1.0
    assert scale.value(0.25) == 0.00025
    assert scale.value(4e-15) == 0.0


@pytest.mark.parametrize("edge", [1e-6, 2.5e-4, 1000.0])
def test_two_neighbouring_positions_are_two_values_at_every_scale(edge):
    size = cube(edge)
    scale = SliderScale(LENGTHS["softness"].at(size), size.spacing)
    values = [scale.value(scale.ends[0] + k * scale.notch) for k in range(101)]
    assert len(set(values)) == 101
    assert values == pytest.approx([k * size.factor / 10 for k in range(101)], rel=1e-9)
