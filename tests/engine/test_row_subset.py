"""Some rows instead of all while the hand moves: how near they come; exact values follow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import row_subset
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.volume import Volume
from tests.engine.small import ask, asking, setting

LOSSES = [setting(name) for name in ("dice", "iou", "tversky", "cross_entropy")]
NAMES = ("background", "ball", "shell", "speck")
SHAPE = (40, 63, 65)
SUMS = ("intersection", "prediction", "truth", "squared_prediction", "voxels")


@pytest.fixture(scope="module")
def labels():
    """A ball in a shell, and a speck of 3³ voxels; 163,800 voxels, which rows of 32 do not fill."""
    z, y, x = np.indices(SHAPE)
    distance = np.sqrt((2 * (z - 20)) ** 2 + (y - 31) ** 2 + (x - 30) ** 2)
    found = np.zeros(SHAPE, np.uint8)
    found[distance < 26] = 2
    found[distance < 17] = 1
    found[2:5, 2:5, 2:5] = 3
    return found


@pytest.fixture(params=[4, 2], ids=["a quarter", "a half"])
def made(labels, monkeypatch, request):
    monkeypatch.setattr(row_subset, "BUDGET", labels.size * len(NAMES) // request.param)
    return Pipeline(Volume(labels, NAMES, (2.0, 1.0, 1.0)))


CONTROLS = [
    {"softness": 4.0, "grow": 0.5},
    {"softness": 4.0, "shift_x": 2.5, "shift_z": -2.0},
    {"softness": 3.0, "confidence": 0.9, "noise": 0.5},
]


def quickly(**controls):
    return asking(ask(LOSSES, **controls), exact=False)


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("controls", CONTROLS, ids=lambda controls: list(controls)[-1])
def test_values_come_near_and_say_that_they_are_a_preview(made, controls):
    preview = made.answer(quickly(**controls))
    assert "% of the places where the prediction is not certain" in preview.preview
    exact = made.answer(ask(LOSSES, **controls))
    assert exact.preview == ""
    for rough, true in zip(preview.losses, exact.losses, strict=True):
        # Of 1,280 rows; where it is needed, there are fifteen thousand and more.
        assert rough.value == pytest.approx(true.value, rel=0.05)
        assert rough.value != true.value
    # What is known exactly is not given up for it.
    again = made.answer(quickly(**controls))
    assert again.preview == ""
    assert [r.value for r in again.losses] == [r.value for r in exact.losses]


def test_of_a_small_class_every_row_is_there(made, labels):
    """The speck's 27 voxels lie in nine rows: all are computed, so its Σ p g is no estimate.

    What it gets in other rows is one, of which some seeds miss half; large classes miss little.
    """
    made.answer(quickly(softness=1.5))
    rough = made._totals.sums()
    made.answer(ask(LOSSES, softness=1.5))
    exact = made._totals.sums()
    assert rough.intersection[0, 3] == pytest.approx(exact.intersection[0, 3], rel=1e-6)
    np.testing.assert_array_equal(rough.truth[0], np.bincount(labels.ravel()))
    for name in SUMS:
        large, of_exact = (getattr(sums, name)[0, :3] for sums in (rough, exact))
        np.testing.assert_allclose(large, of_exact, rtol=0.05)


def test_no_more_rows_than_the_budget_allows_stand_for_all_voxels(made):
    made.answer(quickly(softness=4.0))
    (plan,) = made._totals.plans
    counted = plan.counted
    assert len(counted.rows) * ROW * len(NAMES) <= row_subset.BUDGET * 1.01
    assert len(np.unique(counted.rows)) == len(counted.rows)
    voxels = ROW * counted.host_row_weights.sum()
    assert voxels == pytest.approx(plan.row_layout.voxels, rel=0.05)
    assert plan.subset.factors == pytest.approx(1.0, abs=0.1)


def test_dense_sums_have_every_row_while_the_hand_moves(made):
    dense = Pipeline(made.volume, dense=True)
    assert dense.answer(quickly(softness=4.0)).preview == ""


def test_what_is_within_the_budget_is_exact(labels):
    made = Pipeline(Volume(labels, NAMES, (2.0, 1.0, 1.0)))
    assert made.answer(quickly(softness=4.0)).preview == ""


def test_a_hand_that_moves_compiles_nothing_anew(made, monkeypatch):
    from lossexplorer.engine.step import summing

    traced = []
    original = summing.maps_of
    monkeypatch.setattr(summing, "maps_of", lambda *a: traced.append(1) or original(*a))
    summing._sums.cache.clear()
    for softness in (3.0, 3.6, 4.4, 5.5):
        made.answer(quickly(softness=softness, grow=softness / 10))
        first, traced = traced, []
        assert bool(first) == (softness == 3.0)
    summing._sums.cache.clear()


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=60),
    st.floats(0.02, 0.98),
)
def test_the_shares_of_rows_are_as_many_as_are_wanted(matter, fraction):
    """Σ min(1, f m) is what was asked for, whatever the rows matter."""
    wanted = max(1, int(fraction * len(matter)))
    factor = row_subset._factor(np.array(matter), wanted)
    assert np.minimum(1, factor * np.array(matter)).sum() == pytest.approx(wanted, rel=1e-6)
