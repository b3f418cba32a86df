"""Voxels that count nowhere, against the same volume without them, in float64."""

import numpy as np
import pytest

from lossexplorer.engine.messages import MapRequest, Plane
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from tests import field_references, references
from tests.engine.small import NAMES, SPACING, ask, setting, small_labels

CLASSES = 3
CONTROLS = {"grow": 0.7, "softness": 2.5}
# Their terms depend on where a voxel lies, so that leaving it out is more than not counting it.
OF_PLACES = ("boundary", "hausdorff", "cl_dice")


def ignored():
    """A third of all voxels, and one plane."""
    found = np.random.default_rng(0).random(small_labels().shape) < 1 / 3
    found[2] = True
    return found


def volume(left_out=None):
    return Volume(small_labels(), NAMES[:CLASSES], SPACING, left_out)


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(volume(ignored()))


def kept():
    """Truth and probabilities of the voxels that count, (sample, 1, 1, voxel, class) in float64."""
    fields = Pipeline(volume()).fields(complete_controls(CONTROLS))
    g, p, _ = (np.asarray(field, "f8")[0][:, ~ignored()] for field in fields)
    return g.T[None, None, None], p.T[None, None, None]


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in OF_PLACES])
def test_a_value_is_that_of_the_other_voxels_alone(pipeline, name):
    (found,) = pipeline.results([setting(name)], complete_controls(CONTROLS))
    of = references if name in references.LOSSES else field_references
    expected = of.loss(name, LOSSES[name].complete({}), *kept())
    assert found.value == pytest.approx(float(expected), rel=2e-6)


@pytest.mark.parametrize("name", OF_PLACES)
def test_a_loss_of_places_measures_among_the_other_voxels(pipeline, name):
    """No distance is measured to an ignored voxel, and none erodes or dilates its neighbours."""
    (found,) = pipeline.results([setting(name)], complete_controls(CONTROLS))
    fields = Pipeline(volume()).fields(complete_controls(CONTROLS))
    g, p, _ = (np.moveaxis(np.asarray(field, "f8"), 1, -1) for field in fields)
    in_mm = {} if name == "cl_dice" else {"spacing": SPACING}
    values = LOSSES[name].complete(in_mm)
    expected = field_references.loss(name, values, g, p, ~ignored()[None])
    assert found.value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["dice", "cross_entropy", "lovasz_softmax", "boundary"])
@pytest.mark.parametrize("wrt", ["probability", "logit"])
def test_a_gradient_is_0_there_and_its_norm_is_that_of_the_rest(pipeline, name, wrt):
    painted = MapRequest(name, 1, wrt, Plane(0, 3))
    answer = pipeline.answer(ask([setting(name)], painted, **CONTROLS))
    gradient = answer.maps.gradient
    assert (gradient[ignored()[3]] == 0).all()
    assert np.count_nonzero(gradient) > 0
    (norm,) = pipeline.norms([pipeline._evaluate(setting(name), gradient=True)])
    squares = 0.0
    for index in range(CLASSES):
        question = MapRequest(name, index, "logit", None)
        whole = pipeline.answer(ask([setting(name)], question, **CONTROLS)).maps.gradient
        squares += float((whole.astype("f8") ** 2).sum())
    assert norm == pytest.approx(np.sqrt(squares), rel=1e-5)


def test_a_fast_step_is_a_dense_one():
    """Also where a row holds ignored voxels beside a boundary."""
    labels = np.zeros((8, 24, 64), np.uint8)
    labels[2:6, 6:18, 10:50] = 1
    left_out = np.zeros(labels.shape, bool)
    left_out[:, :12, :40] = True
    controls = complete_controls({"shift_z": 0.6, "softness": 0.1})
    losses = [setting(name) for name in ("dice", "cross_entropy", "noise_robust_dice")]
    of = Volume(labels, NAMES[:2], SPACING, left_out)
    fast, dense = (Pipeline(of, dense=each).results(losses, controls) for each in (False, True))
    for one, other in zip(fast, dense, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-6)


def test_many_classes_in_a_preview_count_no_ignored_voxel():
    """The best classes of a row are summed with the same weights."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 80, (4, 6, 6))
    labels = coarse.repeat(4, 0).repeat(4, 1).repeat(8, 2).astype(np.uint8)
    left_out = np.zeros(labels.shape, bool)
    left_out[:8] = True
    names = tuple(map(str, range(80)))
    of = Pipeline(Volume(labels, names, (1.0, 1.0, 1.0), left_out))
    controls = {"softness": 0.05}
    plan = of.samples[0].plan(complete_controls(controls), exact=False)
    assert plan.few is not None
    from lossexplorer.engine.step import summing

    few, _ = summing.sample_sums(plan, [])
    every, _ = summing.sample_sums(of.samples[0].plan(complete_controls(controls)), [])
    assert plan.voxels == (~left_out).sum()
    for name in few:
        np.testing.assert_allclose(few[name], every[name], rtol=1e-5, atol=1e-3)


def test_added_planes_count():
    """Only voxels of the volume are ignored: the margins are background that counts."""
    assert (small_labels().shape, SPACING) == ((7, 9, 11), (2.0, 0.75, 1.25))
    sums = Pipeline(volume(ignored())).sums(complete_controls({"margin": 2.0}))
    assert sums.voxels[0].tolist() == [9 * 15 * 15 - ignored().sum()] * CLASSES
    assert sums.truth.sum() == sums.voxels[0, 0]


MEANS = {
    "cross_entropy": lambda right: -np.log(right),
    "focal": lambda right: -((1 - right) ** 2) * np.log(right),
    "generalized_cross_entropy": lambda right: (1 - right**0.7) / 0.7,
}


@pytest.mark.parametrize("name", MEANS)
def test_a_mean_over_voxels_is_one_over_the_voxels_of_all_samples(name):
    """Samples of which different numbers of voxels count, as nnU-Net and Keras average them."""
    shape = (2, 2, 3, 4)
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, shape).astype(np.uint8)
    foreground = rng.uniform(0.1, 0.9, shape).astype(np.float32)
    left_out = np.zeros(shape, bool)
    left_out[0, :, 1:] = True
    given = tuple(np.stack([1 - p, p]) for p in foreground)
    made = Pipeline(Volume(truth, NAMES[:2], SPACING, left_out), given)
    (result,) = made.results([setting(name)], complete_controls({}))
    right = np.where(truth == 1, foreground, 1 - foreground)[~left_out].astype("f8")
    assert result.value == pytest.approx(MEANS[name](right).mean(), rel=1e-5)
