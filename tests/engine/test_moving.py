"""A shift read where it is needed is the shift of the whole volume, continued beyond its border."""

import math
import re
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossexplorer.engine
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import rows
from lossexplorer.engine.step.band import Selection
from lossexplorer.engine.step.chunks import counted, in_chunks
from lossexplorer.engine.step.moving import Moves
from lossexplorer.engine.step.rows import Field, RowLayout
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import DEGRADATIONS, NO_PLANES, Displacement, complete_controls
from tests.engine.small import NAMES, ask, setting, small_labels
from tests.engine.small import SPACING as VOXEL
from tests.engine.uncompiled import uncompiled

SPACING = (2.0, 1.0, 0.5)
CLASSES = 3
WIDE = 3 * np.eye(3, dtype=int)
# Rows are filled, are not, and are not even one.
SHAPES = [(8, 16, 8), (9, 7, 11), (2, 3, 4)]
CHUNKS = [8, 24, 2000]
# A volume in several chunks of rows, and one that is smaller than a chunk and leaves voxels over.
QUICK = [((8, 16, 8), 24), ((2, 3, 4), 2000)]
CASES = [
    pytest.param(case, marks=[] if case in QUICK else pytest.mark.slow)
    for case in product(SHAPES, CHUNKS)
]


def lengths(most):
    """Whole numbers of voxels, fractions of them, and more than the volume has."""
    return st.one_of(
        st.integers(-4, 4).map(float), st.floats(-most, most), st.sampled_from([1e4, -1e4])
    )


@pytest.fixture(scope="module", params=CASES, ids=str)
def scores(request):
    """Scores of a volume and of a whole volume beyond each side, in chunks of so many rows."""
    shape, chunk = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_CHUNK", chunk * CLASSES * rows.ROW)
        yield np.random.default_rng(1).normal(scale=3, size=(CLASSES, *WIDE @ shape)).astype("f4")


def shape_of(scores):
    return tuple(length // 3 for length in scores.shape[1:])


def block(scores, axis=0, step=0):
    """The volume, or the one beside it on an axis."""
    places = [slice(n, 2 * n) for n in shape_of(scores)]
    length = shape_of(scores)[axis]
    places[axis] = slice((1 + step) * length, (2 + step) * length)
    return scores[(slice(None), *places)]


def field_of(scores):
    certain = np.where(np.eye(CLASSES, dtype=bool), 0.0, -np.inf)
    return Field(RowLayout(scores.shape[1:], CLASSES), scores, CLASSES, "f4", certain)


def displacement_of(axis, length):
    return Displacement(tuple(length if a == axis else 0.0 for a in range(3)), SPACING)


def moves_of(scores, axis, length):
    displacement = displacement_of(axis, length)
    beyond = field_of(block(scores, axis, -1 if length > 0 else 1))
    shape, stays = shape_of(scores), np.zeros((1, CLASSES))
    outside = displacement.outside(shape, axis)
    field = Field(beyond.row_layout, [outside], 1, outside.dtype, stays)
    return Moves(beyond, field, displacement.axis_moves(shape, axis))


def whole_moved(scores, axis, length):
    """The volume in the middle of the displaced scores, which have more than it on each side."""
    given = tuple((n, n) for n in shape_of(scores))
    return displacement_of(axis, length).apply(scores, given, NO_PLANES)


def sums(voxels, tensors):
    """Σ weight · tanh(score): a score that is wrong or in another place shows, also one of −∞."""

    def fields(chunk):
        return [[chunk["labels"] * ops.tanh(chunk["basis"])]]

    return in_chunks(voxels, tensors, fields, (1, CLASSES))[0]


weighted = backend.compiled(sums)


displaced = st.sampled_from([(0, 20.0), (1, 12.0), (2, 6.0)]).flatmap(
    lambda found: st.tuples(st.just(found[0]), lengths(found[1]).filter(bool))
)


@settings(max_examples=12)
@given(displaced=displaced)
def test_every_voxel_is_that_of_the_volume_moved(scores, displaced):
    shape = shape_of(scores)
    voxels = np.arange(math.prod(shape)).reshape(shape)
    moved = moves_of(scores, *displaced).at(field_of(block(scores)), voxels)
    expected = whole_moved(scores, *displaced)
    np.testing.assert_allclose(backend.to_numpy(moved), expected, rtol=1e-5, atol=1e-5)


@settings(max_examples=12)
@given(displaced=displaced)
def test_sums_over_rows_are_those_of_the_volume_moved(scores, displaced):
    """Over all rows, which follow one another, and over chosen ones, which are gathered."""
    with uncompiled():
        assert_sums_are_those_of_the_volume_moved(scores, displaced, sums)


@pytest.mark.parametrize("displaced", [(2, 1.3), (1, -2.0), (0, 2.6)])
def test_compiled_sums_over_rows_are_those_of_the_volume_moved(scores, displaced):
    assert_sums_are_those_of_the_volume_moved(scores, displaced, weighted)


@pytest.mark.slow
@settings(max_examples=12)
@given(displaced=displaced)
def test_compiled_sums_of_any_shift_are_those_of_the_volume_moved(scores, displaced):
    assert_sums_are_those_of_the_volume_moved(scores, displaced, weighted)


def assert_sums_are_those_of_the_volume_moved(scores, displaced, weighted):
    source = field_of(block(scores))
    row_layout = source.row_layout
    weight = np.random.default_rng(2).normal(size=(1, *row_layout.shape)).astype("f4")
    moved = whole_moved(scores, *displaced)
    expected = (weight * np.tanh(moved.astype("f8"))).reshape(CLASSES, -1)
    ones = Field(row_layout, weight, 1, "f4", np.ones((1, CLASSES)))
    moves = moves_of(scores, *displaced).tensors
    voxels = {"basis": source.rows, "labels": ones.rows, "moves": moves}
    found = backend.to_numpy(weighted(voxels, counted(row_layout, None).tensors))
    np.testing.assert_allclose(found, expected.sum(axis=1), rtol=0, atol=1e-4)

    chosen = np.arange(row_layout.filled)[::2]
    certain = np.array([4.0, 0.0, 7.0])
    found = backend.to_numpy(
        weighted(voxels, counted(row_layout, Selection(chosen, certain)).tensors)
    )
    counts = np.zeros(row_layout.voxels)
    np.add.at(counts, row_layout.voxel(chosen), row_layout.ones(chosen)[:, None])
    # Representatives stay, whatever the shift: the score of their class is 0, all others are −∞.
    fixed = (np.eye(CLASSES) - 1) @ certain
    np.testing.assert_allclose(found, expected @ counts + fixed, rtol=0, atol=1e-4)


def test_two_shifts_that_lie_as_far_in_memory():
    """By one line, and by as many voxels as a line has: then nothing is left of the volume."""
    labels = np.zeros((3, 8, 16), np.uint8)
    labels[1, 2:6, 4:12] = 1
    made = Pipeline(Volume(labels, ("background", "object"), (1.0, 1.0, 1.0)))
    (gone,) = made.answer(ask([setting("dice")], shift_x=16.0)).losses
    (below,) = made.answer(ask([setting("dice")], shift_y=1.0)).losses
    assert gone.per_class[1] == 1.0
    assert below.per_class[1] == pytest.approx(1 / 4, abs=1e-6)


@pytest.mark.skipif(backend.__name__.split(".")[-1] != "tensorflow", reason="looks at its XLA")
def test_no_shift_and_no_volume_is_a_constant_of_what_is_compiled():
    """What TensorFlow takes for one is no parameter, and each new value is compiled again."""
    scores = np.zeros((CLASSES, *WIDE @ SHAPES[1]), "f4")
    source, moves = field_of(block(scores)), moves_of(scores, 2, 1.3).tensors
    voxels = {"basis": source.rows, "labels": source.rows[:1], "moves": moves}
    arguments = voxels, counted(source.row_layout, None).tensors
    text = weighted.experimental_get_compiler_ir(*arguments)(stage="hlo")
    entry = text[text.index("ENTRY") :]
    assert entry.count(" parameter(") == len(keras.tree.flatten(arguments))


@pytest.mark.parametrize("length", [1.0, -1.0])
def test_an_object_at_the_border_continues(length):
    """Moved away from its border; in other rows when the same shift is along another axis."""
    labels = np.zeros((4, 24, 32), np.uint8)
    labels[:, :12] = 1
    labels = labels if length > 0 else labels[:, ::-1].copy()
    made = Pipeline(Volume(labels, ("background", "object"), (1.0, 1.0, 1.0)))
    for axis, predicted in (("z", 4 * 12 * 32), ("y", 4 * 13 * 32), ("x", 4 * 12 * 32)):
        sums = made.sums(complete_controls({f"shift_{axis}": length}))
        assert sums.intersection[0, 1] == 4 * 12 * 32
        assert sums.prediction[0, 1] == predicted


@pytest.mark.parametrize("order", [("z", "y", "x"), ("x", "z", "y"), ("y", "x", "z")])
def test_the_axis_that_is_moved_last_does_not_change_the_numbers(order):
    """A step reads along one axis; along the others the scores are moved before."""
    labels = small_labels()
    shift = {"shift_x": 1.6, "shift_y": -1.1, "shift_z": 3.0}
    controls = {"softness": 1.3}
    fresh = Pipeline(Volume(labels, NAMES[:3], VOXEL)).sums(complete_controls(controls | shift))
    made = Pipeline(Volume(labels, NAMES[:3], VOXEL))
    for axis in order:
        controls[f"shift_{axis}"] = shift[f"shift_{axis}"]
        found = made.sums(complete_controls(controls))
    np.testing.assert_allclose(found.intersection, fresh.intersection, rtol=1e-6)
    np.testing.assert_allclose(found.squared_prediction, fresh.squared_prediction, rtol=1e-6)


def test_a_shift_that_ends_at_0_leaves_none():
    """Along the axis that is read; scores along the other stay where they are."""
    labels = small_labels()
    made, fresh = (Pipeline(Volume(labels, NAMES[:3], VOXEL)) for _ in range(2))
    for along_y in (2.0, -1.3, 0.0):
        controls = {"softness": 1.3, "shift_x": 1.6, "shift_y": along_y}
        found = made.sums(complete_controls(controls))
    expected = fresh.sums(complete_controls({"softness": 1.3, "shift_x": 1.6}))
    np.testing.assert_allclose(found.intersection, expected.intersection, rtol=1e-6)
    np.testing.assert_allclose(found.squared_prediction, expected.squared_prediction, rtol=1e-6)


def test_no_module_of_the_engine_names_a_degradation_that_displaces_scores():
    """It declares its displacement, and that is all that the engine knows of it."""
    names = [name for name, each in DEGRADATIONS.items() if each.displacement is not None]
    assert names == ["shift"]
    for source in Path(*lossexplorer.engine.__path__).rglob("*.py"):
        for name in names:
            assert not re.search(rf"(?i)\b{name}", source.read_text("utf-8")), source
