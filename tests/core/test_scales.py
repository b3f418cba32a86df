"""Slider positions and values: there and back, in order, exact where it counts."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lossexplorer.core.parameters import Number
from lossexplorer.core.scales import SliderScale
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS

ANISOTROPIC = (6.5, 0.78125, 0.3)
NUMBERS = {
    **{name: control for name, control in CONTROLS.items() if isinstance(control, Number)},
    **{
        f"{loss.name}-{parameter.name}": parameter
        for loss in LOSSES.values()
        for parameter in loss.parameters
        if isinstance(parameter, Number)
    },
}
every_number = pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)


def number(**changes):
    described = {"name": "n", "title": "N", "meaning": "…", "default": 0.0, "low": 0.0, "high": 4.0}
    return Number(**{**described, **changes})


def log_number(smallest_exponent, decades, scale):
    """A number whose slider spans whole decades up to 1 or, for the complement, from 1 down."""
    smallest = 10.0**smallest_exponent
    largest = 10.0 ** (smallest_exponent + decades)
    if scale == "log":
        return number(high=largest, scale=scale, smallest=smallest)
    return number(low=1 - largest, high=1.0, default=1.0, scale=scale, smallest=smallest)


exponents = st.integers(-10, -1)


@given(data=st.data(), low=st.floats(-1e3, 0), high=st.floats(1e-3, 1e3))
def test_a_linear_value_comes_back_exactly(data, low, high):
    scale = SliderScale(number(low=low, high=high), ANISOTROPIC)
    value = data.draw(st.floats(low, high).filter(lambda v: v == 0 or abs(v) > 1e-8))
    assert scale.value(scale.position(value)) == value


@given(data=st.data(), exponent=exponents, decades=st.integers(1, 6))
def test_a_log_value_comes_back_to_rounding(data, exponent, decades):
    described = log_number(exponent, decades, "log")
    scale = SliderScale(described, ANISOTROPIC)
    value = data.draw(st.just(0.0) | st.floats(described.smallest, described.high))
    assert scale.value(scale.position(value)) == pytest.approx(value, rel=1e-12, abs=0)


@given(data=st.data(), exponent=st.integers(-6, -1))
def test_what_is_missing_to_1_comes_back_to_rounding(data, exponent):
    scale = SliderScale(log_number(exponent, -exponent, "log-complement"), ANISOTROPIC)
    missing = data.draw(st.just(0.0) | st.floats(10.0**exponent, 1.0))
    # 1 − missing itself is rounded to 1.1e-16.
    again = scale.value(scale.position(1 - missing))
    assert 1 - again == pytest.approx(missing, rel=1e-12, abs=3e-16)


@pytest.mark.parametrize("scale", ["log", "log-complement"])
@given(position=st.floats(-0.1, 5.0))
@example(position=-2.7e-17)  # 0.3 − 0.1 − 0.1 − 0.1
@example(position=-0.05)
def test_a_position_settles_where_its_value_stands(scale, position):
    described = SliderScale(log_number(-5, 5, scale), ANISOTROPIC)
    settled = described.position(described.value(position))
    assert described.position(described.value(settled)) == pytest.approx(settled, abs=1e-9)
    assert abs(settled - position) <= described.notch / 2 + 1e-9


def test_the_first_decade_survives_the_rounding_of_notches():
    scale = SliderScale(log_number(-7, 11, "log"), ANISOTROPIC)
    position = scale.position(0.0)
    for _ in range(4):
        position += scale.notch
    for _ in range(3):
        position -= scale.notch
    assert scale.value(position) == pytest.approx(1e-7, rel=1e-12)
    assert scale.value(position - scale.notch) == 0


@every_number
@given(data=st.data())
def test_values_follow_positions_in_order(number, data):
    scale = SliderScale(number, ANISOTROPIC)
    places = st.floats(*scale.ends)
    first, second = sorted([data.draw(places), data.draw(places)])
    low, high = scale.value(first), scale.value(second)
    assert low >= high if number.scale == "log-complement" else low <= high


@every_number
def test_the_default_is_exact(number):
    scale = SliderScale(number, ANISOTROPIC)
    assert scale.value(scale.position(number.default)) == number.default


@every_number
def test_the_ends_are_the_ends_of_the_range(number):
    scale = SliderScale(number, ANISOTROPIC)
    first, last = (scale.value(end) for end in scale.ends)
    low, high = number.slider or (number.low, number.high)
    expected = (high, low) if number.scale == "log-complement" else (low, high)
    assert (first, last) == pytest.approx(expected, rel=1e-12, abs=0)
    assert scale.position(expected[0]) == scale.ends[0]
    assert scale.position(expected[1]) == pytest.approx(scale.ends[1])


def test_a_value_beyond_the_slider_stands_at_its_end():
    scale = SliderScale(number(low=-1e3, high=1e3, slider=(-20, 20)), ANISOTROPIC)
    assert (scale.position(-700.0), scale.position(700.0)) == (-20, 20)
    decades = SliderScale(
        number(high=1e9, slider=(0, 1e4), scale="log", smallest=1e-7), ANISOTROPIC
    )
    assert decades.position(1e8) == pytest.approx(11)
    assert decades.position(1e-9) == decades.position(0.0)


@pytest.mark.parametrize(("axis", "edge"), [("z", 6.5), ("y", 0.78125), ("x", 0.3)])
def test_a_length_along_an_axis_steps_by_its_voxel(axis, edge):
    along = number(low=-100.0, high=100.0, unit="mm", axis=axis)
    assert SliderScale(along, ANISOTROPIC).notch == edge


def test_other_linear_numbers_step_by_a_hundredth_and_meet_the_default():
    described = number(low=-10.0, high=10.0, default=0.3)
    scale = SliderScale(described, ANISOTROPIC)
    assert scale.notch == pytest.approx(0.2)
    position = scale.ends[0]
    met = []
    while position <= 10:
        met.append(scale.value(position))
        position += 0.1
    assert described.default in met


@pytest.mark.parametrize("scale", ["log", "log-complement"])
def test_ten_notches_are_a_decade_and_one_below_the_first_is_nothing(scale):
    described = SliderScale(log_number(-4, 4, scale), ANISOTROPIC)

    def size(position):
        value = described.value(position)
        return value if scale == "log" else 1 - value

    assert size(described.ends[0]) == 0
    assert size(described.ends[0] + described.notch) == pytest.approx(1e-4)
    assert size(10 * described.notch) == pytest.approx(1e-3)
    assert size(described.ends[1]) == 1
    assert math.isclose(described.ends[1], 4)
