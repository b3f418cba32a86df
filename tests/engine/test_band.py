"""The rows that are left out of a step change nothing: the sums are those of all voxels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step.band import Band, rounded_up
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.rows import Field, RowLayout
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import SUM_NAMES
from lossexplorer.predictions import class_scores, complete_controls
from tests.engine.small import setting
from tests.engine.uncompiled import uncompiled

SPACING = (2.0, 1.0, 0.7)
NAMES = ("background", "ball", "box", "speck")


def scene():
    """Objects apart, in touch, tiny, and a thick one at the border, with room between them."""
    labels = np.zeros((23, 41, 97), np.uint8)
    z, y, x = np.ogrid[:23, :41, :97]
    labels[(z - 10) ** 2 * 4 + (y - 14) ** 2 + (x - 18) ** 2 * 0.5 < 60] = 1
    labels[8:14, 10:20, 24:30] = 2
    labels[:, :, 64:] = 2
    labels[20, 38, 3] = 3
    return labels


def pipeline(*, dense=False):
    return Pipeline(Volume(scene(), NAMES, SPACING), dense=dense)


@pytest.fixture(scope="module")
def banded():
    return pipeline()


@pytest.fixture(scope="module")
def dense():
    return pipeline(dense=True)


def lengths(most):
    return st.integers(-100, 100).map(lambda n: n / 100 * most)


CONFUSION = tuple(tuple(8.0 if a == b else 1.0 for b in range(4)) for a in range(4))
# What leaves a bound, and what does not.
BOUNDED = {
    "shift_x": lengths(6),
    "shift_y": lengths(3),
    "shift_z": lengths(5),
    "grow": st.one_of(lengths(2), st.tuples(*[lengths(1)] * 4)),
    "roughness": st.sampled_from([0.1, 0.3]),
    "confidence": st.sampled_from([0.99, 0.7]),
    "temperature": st.sampled_from([0.4, 1.5]),
    "harden": st.sampled_from(["argmax", "threshold"]),
    "confusion": st.just(CONFUSION),
    "missing": st.just(0.5),
    "blobs": st.just(2.0),
    "holes": st.just(1.0),
    "swap": st.just(0.3),
}
OTHERS = {
    "noise": st.just(0.5),
    "rotate_z": st.just(10.0),
    "blur": st.just(0.8),
    "rim": st.just(1.0),
    "margin": st.sampled_from([2.0, -2.0]),
}
SOFTNESS = {"softness": st.sampled_from([0.0, 0.02, 0.1, 0.2])}


def assert_same(banded, dense, controls):
    every = complete_controls(controls)
    chosen = [setting("cross_entropy"), setting("focal")]
    found, expected = banded.sums(every, chosen), dense.sums(every, chosen)
    for name in SUM_NAMES:
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-6, atol=1e-7, err_msg=name
        )
    for name, table in found.own.items():
        np.testing.assert_allclose(table, expected.own[name], rtol=1e-6, atol=1e-4, err_msg=name)


@given(controls=st.fixed_dictionaries(SOFTNESS, optional=BOUNDED))
@settings(max_examples=10)
def test_some_states_with_a_bound(banded, dense, controls):
    with uncompiled():
        assert_same(banded, dense, controls)


@pytest.mark.slow
@given(controls=st.fixed_dictionaries(SOFTNESS, optional=BOUNDED))
@settings(max_examples=25)
def test_states_with_a_bound(banded, dense, controls):
    with uncompiled():
        assert_same(banded, dense, controls)


@pytest.mark.slow
@given(controls=st.fixed_dictionaries(SOFTNESS, optional=BOUNDED | OTHERS))
@settings(max_examples=25)
def test_states_of_all_controls(banded, dense, controls):
    with uncompiled():
        assert_same(banded, dense, controls)


# Every control of those above, in as few recipes as there can be.
COMPILED = [
    {"softness": 0.1, "shift_x": 3.54, "shift_y": -1.2, "shift_z": 2.05, "confidence": 0.7},
    {"softness": 0.02, "grow": (0.1, 0.8, -0.4, 0.3), "roughness": 0.3, "temperature": 1.5},
    {"softness": 0.2, "confusion": CONFUSION, "missing": 0.5, "blobs": 2.0, "swap": 0.3},
    {"harden": "argmax", "softness": 0.1, "holes": 1.0, "grow": 1.3, "shift_y": 2.0},
    {"softness": 0.0, "roughness": 0.1, "shift_x": -4.2, "confidence": 0.99},
    {"harden": "threshold", "softness": 0.2, "temperature": 0.4, "rotate_z": 10.0},
    {"softness": 0.1, "noise": 0.5, "rim": 1.0, "margin": 2.0},
    {"softness": 0.2, "blur": 0.8, "margin": -2.0, "confidence": 0.7},
]


@pytest.mark.slow
@pytest.mark.parametrize("controls", COMPILED, ids="-".join)
def test_states_as_they_are_compiled(banded, dense, controls):
    assert_same(banded, dense, controls)


def test_the_states_that_are_compiled_have_every_control():
    moved = {name for controls in COMPILED for name in controls}
    assert moved == (SOFTNESS | BOUNDED | OTHERS).keys()


@pytest.mark.parametrize(
    "shift",
    [{"shift_x": 3.5}, {"shift_x": -3.2}, {"shift_z": 4.0}, {"shift_z": -4.0}],
)
@pytest.mark.parametrize("softness", [pytest.param(0.0, marks=pytest.mark.slow), 0.1])
def test_the_classes_at_the_border_move_in(banded, dense, shift, softness):
    assert_same(banded, dense, {**shift, "softness": softness})


@pytest.mark.parametrize("softness", [0.03, 0.1, 0.17])
def test_what_is_left_out_has_no_tail(banded, dense, softness):
    """The probability of a class far from it, over all the voxels where it is small."""
    assert_same(banded, dense, {"softness": softness})


@pytest.mark.parametrize(
    "controls",
    [
        {"softness": 0.05},
        {"softness": 0.05, "confidence": 0.9, "grow": 0.3},
        {"shift_z": 2.0},
        {"roughness": 0.1},
        {},
    ],
)
def test_part_of_the_volume_is_left_out(banded, controls):
    """Otherwise nothing above is tested."""
    every = complete_controls(controls)
    banded.sums(every)
    (plan,) = banded._totals.plans
    assert len(plan.counted.rows) < 0.6 * plan.row_layout.full


@pytest.mark.parametrize("controls", [{"softness": 0.05}, {"shift_z": 2.0}, {}])
def test_no_row_is_left_out_of_dense_sums(dense, controls):
    dense.sums(complete_controls(controls))
    (plan,) = dense._totals.plans
    assert not plan.counted.are_chosen
    np.testing.assert_array_equal(plan.counted.rows, np.arange(plan.row_layout.filled))
    assert ROW * plan.counted.host_row_weights.sum() == pytest.approx(scene().size)


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize("controls", [{"softness": 0.1, "confidence": 0.9}, {"shift_x": 2.1}])
def test_norms_are_those_of_all_voxels(banded, dense, controls):
    chosen = [setting("dice"), setting("tversky"), setting("focal")]
    every = complete_controls({**controls, "grow": 0.3})
    for mine, theirs in zip(
        banded.results(chosen, every), dense.results(chosen, every), strict=True
    ):
        assert mine.gradient_norm == pytest.approx(theirs.gradient_norm, rel=1e-5)


def test_a_lead_is_the_distance_to_the_next_class():
    """Half the signed distances of two touching classes differ by the distance between them."""
    labels = np.zeros((1, 1, 10 * ROW), np.uint8)
    labels[..., 5 * ROW :] = 1
    row_layout = RowLayout(labels.shape, 2)
    scores = Field(row_layout, class_scores(labels, 2, (1.0, 1.0, 1.0)), 2, "f4", np.zeros((2, 2)))
    truth = Field(row_layout, [labels], 1, "u1", np.zeros((1, 2)))
    band = Band(scores, truth, None)
    assert band.select(1.0).rows.tolist() == [4, 5]
    assert band.select(float(ROW)).rows.tolist() == [4, 5]
    assert band.select(ROW + 1.0).rows.tolist() == [3, 4, 5, 6]
    assert band.select(1.0).certain.tolist() == [4 * ROW, 4 * ROW]
    assert band.select(math.inf) is None


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 1, 1), (4, 8, 8), (3, 5, 7)])
def test_rows_hold_every_voxel(shape):
    rng = np.random.default_rng(0)
    values = rng.random((2, *shape), dtype="f4")
    row_layout = RowLayout(shape, 3)
    field = Field(row_layout, values, 2, "f4", np.array([[7, 8, 9], [1, 2, 3]]))
    np.testing.assert_array_equal(field.whole(), values)
    count = math.prod(shape)
    flat = np.asarray(field.rows).reshape(2, -1)
    np.testing.assert_array_equal(flat[:, :count], values.reshape(2, -1))
    rows = np.arange(row_layout.filled)
    total = (np.asarray(field.take(rows), "f8").sum(axis=2) * row_layout.ones(rows)).sum(axis=1)
    np.testing.assert_allclose(total, values.sum(axis=(1, 2, 3), dtype="f8"), rtol=1e-12)
    np.testing.assert_array_equal(
        np.asarray(field.take(np.arange(row_layout.rows)[row_layout.representatives]))[:, :, 0],
        [[7, 8, 9], [1, 2, 3]],
    )


@given(lead=st.floats(1e-6, 1e5))
def test_rounding_up(lead):
    assert lead * (1 - 1e-9) <= rounded_up(lead) <= lead * 1.2 * (1 + 1e-9)
