"""What a row's value is, and which bound it keeps."""

import pytest

from lossexplorer.bench.measuring import Timing
from lossexplorer.bench.rows import Aim, TableRow

OURS, AGAINST = Timing((1.0, 2.0, 4.0)), Timing((8.0, 6.0, 10.0))


@pytest.mark.parametrize(
    ("kind", "value", "spread"),
    [
        ("faster", 8 / 2, (2.75, 5.5)),  # pairs: 8, 3, 2.5
        ("times", 2 / 8, (0.2291667, 0.3666667)),  # 1/8, 1/3, 0.4
        ("share", 3 * 8 / 2, (8.25, 16.5)),
    ],
)
def test_comparisons(kind, value, spread):
    row = TableRow("g", "what", Aim(kind, 1, 1), OURS, AGAINST, "other", work=3.0)
    assert row.value == value
    assert row.spread == pytest.approx(spread, rel=1e-6)


def test_times():
    assert TableRow("g", "what", Aim("seconds", 3, 1), OURS).value == 2
    assert TableRow("g", "what", Aim("longest", 3, 1), OURS).value == 4


@pytest.mark.parametrize(
    ("goal", "verdicts"),
    [
        (Aim("faster", 2, 4), {1.9: "missed", 2.0: "at least", 4.0: "aim"}),
        (Aim("times", 12, 6), {12.1: "missed", 12.0: "at least", 6.0: "aim"}),
        (Aim("seconds", 0.02, 0.005), {0.021: "missed", 0.02: "at least", 0.004: "aim"}),
        (Aim("seconds", aim=3e-3), {3e-3: "aim", 4e-3: "aim missed"}),
        (Aim("share"), {0.5: "measured"}),
    ],
)
def test_verdicts(goal, verdicts):
    assert {value: goal.verdict(value) for value in verdicts} == verdicts


def test_what_was_not_measured_keeps_nothing():
    row = TableRow("g", "what", Aim("faster", 2, 4), note="why")
    assert (row.value, row.spread, row.verdict) == (None, None, "not measured")
    assert row.as_json()["ours_seconds"] is None


def test_json_has_every_repetition():
    told = TableRow("g", "what", Aim("faster", 2, 4), OURS, AGAINST, "other").as_json()
    assert told["ours_seconds"] == (1.0, 2.0, 4.0)
    assert told["against_seconds"] == (8.0, 6.0, 10.0)
    assert (told["at_least"], told["aim"], told["verdict"]) == (2, 4, "aim")
