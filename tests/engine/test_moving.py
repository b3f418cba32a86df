"""A shift read where it is needed is the shift of the whole volume."""

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
from lossexplorer.predictions import DEGRADATIONS, FAR, Displacement, Grid, complete_controls
from lossexplorer.predictions.shift import shift
from tests.engine.small import ask, setting
from tests.engine.uncompiled import uncompiled

SPACING = (2.0, 1.0, 0.5)
CLASSES = 3
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
    """Nothing, whole numbers of voxels, fractions of them, and more than the volume has."""
    return st.one_of(
        st.just(0.0), st.integers(-4, 4).map(float), st.floats(-most, most), st.just(1e4)
    )


@pytest.fixture(scope="module", params=CASES, ids=str)
def scores(request):
    """Scores of a volume, computed in chunks of so many rows."""
    shape, chunk = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_CHUNK", chunk * CLASSES * rows.ROW)
        yield np.random.default_rng(1).normal(scale=3, size=(CLASSES, *shape)).astype("f4")


def source_of(scores):
    certain = np.where(np.eye(CLASSES, dtype=bool), FAR, -FAR)
    return Field(RowLayout(scores.shape[1:], CLASSES), scores, CLASSES, "f4", certain)


def moves_of(source, values):
    shape = source.row_layout.shape
    displacement = Displacement(tuple(values[f"shift_{axis}"] for axis in "zyx"), SPACING)
    outside, axis_moves = displacement.outside(shape), displacement.axis_moves(shape)
    stays = np.zeros((1, CLASSES))
    return Moves(source, Field(source.row_layout, [outside], 1, outside.dtype, stays), axis_moves)


def sums(voxels, tensors):
    """Σ weight · tanh(score): a score that is wrong or in another place shows, however far it is.

    Beyond the volume scores are so large that in their own sum nothing else would count.
    """

    def fields(chunk):
        return [[chunk["labels"] * ops.tanh(chunk["basis"])]]

    return in_chunks(voxels, tensors, fields, (1, CLASSES))[0]


weighted = backend.compiled(sums)


values = st.fixed_dictionaries(
    {f"shift_{axis}": lengths(most) for axis, most in (("x", 6.0), ("y", 12.0), ("z", 20.0))}
).filter(lambda found: any(found.values()))


@settings(max_examples=12)
@given(values=values)
def test_every_voxel_is_that_of_the_volume_moved(scores, values):
    source = source_of(scores)
    moved = moves_of(source, values).at(np.arange(scores[0].size).reshape(scores.shape[1:]))
    expected = shift(backend.to_device(scores), Grid(SPACING, CLASSES), values)
    np.testing.assert_allclose(np.asarray(moved), np.asarray(expected), rtol=1e-5, atol=1e-5)


@settings(max_examples=12)
@given(values=values)
def test_sums_over_rows_are_those_of_the_volume_moved(scores, values):
    """Over all rows, which follow one another, and over chosen ones, which are gathered."""
    with uncompiled():
        assert_sums_are_those_of_the_volume_moved(scores, values, sums)


def test_compiled_sums_over_rows_are_those_of_the_volume_moved(scores):
    values = {"shift_x": 1.3, "shift_y": -2.0, "shift_z": 2.6}
    assert_sums_are_those_of_the_volume_moved(scores, values, weighted)


@pytest.mark.slow
@settings(max_examples=12)
@given(values=values)
def test_compiled_sums_of_any_shift_are_those_of_the_volume_moved(scores, values):
    assert_sums_are_those_of_the_volume_moved(scores, values, weighted)


def assert_sums_are_those_of_the_volume_moved(scores, values, weighted):
    source = source_of(scores)
    row_layout = source.row_layout
    weight = np.random.default_rng(2).normal(size=(1, *row_layout.shape)).astype("f4")
    moved = shift(backend.to_device(scores), Grid(SPACING, CLASSES), values)
    expected = (weight * np.tanh(np.asarray(moved, "f8"))).reshape(CLASSES, -1)
    ones = Field(row_layout, weight, 1, "f4", np.ones((1, CLASSES)))
    moves = moves_of(source, values).tensors
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
    # Representatives stay, whatever the shift.
    fixed = (2 * np.eye(CLASSES) - 1) @ certain
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
    source = source_of(np.zeros((CLASSES, *SHAPES[1]), "f4"))
    moves = moves_of(source, {"shift_x": 1.3, "shift_y": 0.2, "shift_z": -2.0}).tensors
    voxels = {"basis": source.rows, "labels": source.rows[:1], "moves": moves}
    arguments = voxels, counted(source.row_layout, None).tensors
    text = weighted.experimental_get_compiler_ir(*arguments)(stage="hlo")
    entry = text[text.index("ENTRY") :]
    assert entry.count(" parameter(") == len(keras.tree.flatten(arguments))


@pytest.mark.parametrize("length", [1.0, -1.0])
def test_what_enters_an_object_at_the_border_is_summed(length):
    """Far from the object's boundary; in other rows when the same shift is along another axis."""
    labels = np.zeros((4, 24, 32), np.uint8)
    labels[:, :12] = 1
    labels = labels if length > 0 else labels[:, ::-1].copy()
    made = Pipeline(Volume(labels, ("background", "object"), (1.0, 1.0, 1.0)))
    for axis, overlap in (("z", 3 * 12 * 32), ("y", 4 * 11 * 32), ("x", 4 * 12 * 31)):
        sums = made.sums(complete_controls({f"shift_{axis}": length}))
        assert sums.intersection[0, 1] == overlap


def test_no_module_of_the_engine_names_a_degradation_that_displaces_scores():
    """It declares its displacement, and that is all that the engine knows of it."""
    names = [name for name, each in DEGRADATIONS.items() if each.displacement is not None]
    assert names == ["shift"]
    for source in Path(*lossexplorer.engine.__path__).rglob("*.py"):
        for name in names:
            assert not re.search(rf"(?i)\b{name}", source.read_text("utf-8")), source
