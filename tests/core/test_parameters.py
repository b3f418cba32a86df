"""NumberArray, choices, flags and the words about what is not one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.core.parameters import (
    Choice,
    Flag,
    Number,
    NumberArray,
    ParameterError,
    closest,
    complete,
)

SPACING = (6.5, 0.5, 0.25)
LENGTH = {"meaning": "", "default": 0.0, "low": -100.0, "high": 100.0, "unit": "mm"}
ALONG_Z, ALONG_Y, ALONG_X = (
    Number(name=f"shift_{axis}", title="", axis=axis, **LENGTH) for axis in "zyx"
)
ANY_WAY = Number(name="grow", title="", **LENGTH)
BARE = Number(name="alpha", title="", meaning="", default=0.3, low=0.0, high=2.0)
CHOICE = Choice(name="form", title="", meaning="", default="1-D", options=("1-D", "-D"))
FLAG = Flag(name="background", title="", meaning="", default=True)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (ALONG_Z, "1vox", 6.5),
        (ALONG_Y, "1vox", 0.5),
        (ALONG_X, "1vox", 0.25),
        (ANY_WAY, "2vox", 0.5),  # of the smallest edge
        (ALONG_Z, "-2 vox", -13.0),
        (ALONG_Z, "−2vox", -13.0),  # a minus sign as people copy it
        (ALONG_X, "0.5vox", 0.125),
        (ALONG_Z, "2mm", 2.0),
        (ALONG_Z, " 2 mm ", 2.0),
        (ALONG_Z, "2", 2.0),
        (ALONG_Z, "+1e1", 10.0),
        (BARE, "0.5", 0.5),
        (CHOICE, " -D", "-D"),
        (FLAG, "False", False),
        (FLAG, "yes", True),
        (FLAG, "0", False),
    ],
)
def test_parse(parameter, text, value):
    found = parameter.parse(text, SPACING)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["", "mm", "vox", "two", "2ft", "2mm2", "2 m m", "2voxmm", "2vox mm", "2mmvox", "1vox vox"],
)
def test_a_malformed_length_is_refused(text):
    with pytest.raises(ParameterError, match="shift_z must be a length such as 2mm, 1vox or 2"):
        ALONG_Z.parse(text, SPACING)


@pytest.mark.parametrize("text", ["", "1mm", "1vox", "a", "1,000", "1,5,5", "--1"])
def test_a_malformed_number_is_refused(text):
    with pytest.raises(ParameterError, match="alpha must be a number"):
        BARE.parse(text, SPACING)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "101", "-100.5mm", "16vox"])
def test_out_of_range_is_refused_with_the_range(text):
    with pytest.raises(ParameterError, match=r"shift_z = .* between -100 and 100 mm"):
        ALONG_Z.parse(text, SPACING)


@pytest.mark.parametrize("value", [0.0, 2.0, 1, 0.3])
def test_the_ends_of_the_range_are_allowed(value):
    found = BARE.check(value)
    assert found == value
    assert isinstance(found, float)


@pytest.mark.parametrize("value", [-1e-9, 2.000001, float("nan"), float("inf")])
def test_a_number_out_of_range_is_refused(value):
    with pytest.raises(ParameterError, match=r"alpha = .* is out of range"):
        BARE.check(value)


@pytest.mark.parametrize("value", [True, "0.3", None, [0.3], 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ParameterError, match="alpha must be a number"):
        BARE.check(value)


@pytest.mark.parametrize("value", ["D", "", None, 1, ["-D"]])
def test_what_is_no_option_is_refused(value):
    with pytest.raises(ParameterError, match="form must be one of 1-D, -D"):
        CHOICE.check(value)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_what_is_no_flag_is_refused(value):
    with pytest.raises(ParameterError, match="background must be true or false"):
        FLAG.check(value)


@pytest.mark.parametrize("text", ["maybe", "", "2"])
def test_what_does_not_say_true_or_false_is_refused(text):
    with pytest.raises(ParameterError, match="background must be true or false"):
        FLAG.parse(text)


@given(st.floats(-100, 100))
def test_a_number_survives_being_written(value):
    assert ALONG_Z.parse(repr(value)) == value
    assert ALONG_Z.parse(f"{value!r} mm") == value


def test_the_slider_spans_the_range_or_less():
    assert BARE.span == (0.0, 2.0)
    narrow = Number(name="n", title="", slider=(-1.0, 1.0), **LENGTH)
    assert narrow.span == (-1.0, 1.0)


def test_an_unknown_name_is_said_with_what_was_meant():
    words = str(closest("tverski", ["dice", "tversky"], "loss"))
    assert words == "There is no loss 'tverski'; did you mean 'tversky'? There are: dice, tversky."
    words = str(closest("zzz", ["dice", "tversky"], "loss"))
    assert words == "There is no loss 'zzz'. There are: dice, tversky."


def test_complete_fills_in_defaults_and_checks():
    parameters = (BARE, CHOICE, FLAG)
    assert complete(parameters, {}, "it") == {"alpha": 0.3, "form": "1-D", "background": True}
    assert complete(parameters, {"alpha": 1}, "it")["alpha"] == 1.0
    with pytest.raises(ParameterError, match="no parameter of it 'alhpa'; did you mean 'alpha'"):
        complete(parameters, {"alhpa": 1}, "it")
    with pytest.raises(ParameterError, match="alpha = 3 is out of range"):
        complete(parameters, {"alpha": 3}, "it")


# Numbers

WEIGHTS = NumberArray(
    name="class_weights",
    title="Class weights",
    meaning="…",
    default="none",
    rules=("none", "inverse"),
    dimensions=(0, 1, 2),
    high=10.0,
)
SOME = st.floats(0, 10).map(lambda number: float(f"{number:.6g}"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("none", "none"),
        (" inverse ", "inverse"),
        ("2", 2.0),
        ("1:2.5:0", (1.0, 2.5, 0.0)),
        ("0:1/1:0", ((0.0, 1.0), (1.0, 0.0))),
    ],
)
def test_numbers_as_typed(text, value):
    assert WEIGHTS.parse(text) == value
    assert WEIGHTS.parse(WEIGHTS.text(value)) == value


@given(st.lists(SOME, min_size=2, max_size=9).map(tuple))
def test_numbers_come_back_from_their_text(value):
    assert WEIGHTS.parse(WEIGHTS.text(value)) == value


def test_numbers_of_one_class_or_one_row():
    only_rows = replace(WEIGHTS, dimensions=(1,))
    assert only_rows.parse("3") == (3.0,)
    only_tables = replace(WEIGHTS, dimensions=(2,))
    assert only_tables.parse("3") == ((3.0,),)


def test_numbers_from_json_and_from_numpy_are_tuples():
    assert WEIGHTS.check([1, 2]) == (1.0, 2.0)
    assert WEIGHTS.check(np.array([1.0, 2.0])) == (1.0, 2.0)
    assert WEIGHTS.check(np.eye(2)) == ((1.0, 0.0), (0.0, 1.0))
    assert WEIGHTS.check(np.float32(0.5)) == 0.5


@pytest.mark.parametrize("wrong", ["nun", "1:x", "", [], [[1.0], 2.0], ["1", "2"], None, True])
def test_what_is_neither_a_rule_nor_numbers(wrong):
    check = WEIGHTS.parse if isinstance(wrong, str) else WEIGHTS.check
    with pytest.raises(ParameterError, match=r"^class_weights must be"):
        check(wrong)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1:2/3:4/5:6", r"must be a square table: 1:2/3:4/5:6\."),
        ("1:11", "class_weights = 11 is out of range: it must lie between 0 and 10"),
        ("1:nan", "out of range"),
    ],
)
def test_numbers_that_are_not_allowed(text, said):
    with pytest.raises(ParameterError, match=said):
        WEIGHTS.parse(text)


def test_a_form_that_is_not_allowed():
    with pytest.raises(ParameterError, match="must be none or inverse or a number, not"):
        replace(WEIGHTS, dimensions=(0,)).check((1.0, 2.0))


@pytest.mark.parametrize(
    ("value", "whole", "message"),
    [
        (1.0000001, False, "x = 1.0000001 is out of range: it must lie between 0 and 1."),
        (-1e-9, False, "x = -1e-09 is out of range"),
        (0.9999999, True, "x = 0.9999999 must be a whole number."),
    ],
)
def test_a_refused_number_has_all_its_digits(value, whole, message):
    number = Number(name="x", title="X", meaning="…", default=0.0, low=0.0, high=1.0, whole=whole)
    with pytest.raises(ParameterError) as caught:
        number.check(value)
    assert message in str(caught.value)
