"""Logits that descend, against closed forms, float64 references and Keras's optimizers."""

import itertools
import math

import keras
import numpy as np
import pytest
from scipy import special

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.descent.descending import CONVERGED, Descending
from lossexplorer.engine.descent.logits import FLOOR
from lossexplorer.engine.descent.optimizers import OPTIMIZERS
from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import TOTAL, Descent, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Numbers
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests import field_references, references
from tests.engine.small import DEFAULTS, NAMES, SOFT, SPACING, setting

RANKS_AND_KINKS = ("cl_dice", "topk_cross_entropy", "lovasz_softmax")


def descending(pipeline, losses, follows=TOTAL, controls=None, **how):
    request = Request(Numbers("v", complete_controls(controls or {}), tuple(losses)))
    return Descending(pipeline, request, Descent(follows=follows, **how), follows)


def given(labels, probabilities, spacing=(1.0, 1.0, 1.0)):
    """A pipeline of a truth and a prediction from a file."""
    names = tuple(NAMES[: len(probabilities)])
    return Pipeline(Volume(labels, names, spacing), [probabilities.astype("f4")])


def two_classes(difference):
    """Probabilities with a logit for the foreground and 0 for the background."""
    return np.stack([special.expit(-difference), special.expit(difference)])


def difference(descent):
    background, foreground = descent.logits()[0]
    return foreground - background


# The start


def test_the_start_has_the_numbers_of_an_evaluation(present):
    controls = complete_controls(SOFT)
    losses = [*DEFAULTS, setting("lovasz_softmax"), setting("focal", 0.0)]
    expected = [result.value for result in present.results(losses, controls)]
    start = descending(present, losses, controls=SOFT).reach(0).steps[0]
    assert start.values == tuple(expected)
    assert start.total == pytest.approx(sum(expected[:-1]), rel=1e-12)


def test_the_logits_are_the_logarithms_of_the_prediction():
    """Also of probabilities that float32 cannot hold: scores in mm over a small softness."""
    labels = np.zeros((1, 4, 400), np.uint8)
    labels[..., 200:] = 1
    pipeline = Pipeline(Volume(labels, NAMES[:2], (1.0, 1.0, 1.0)))
    descent = descending(pipeline, [setting("dice")], controls={"softness": 0.5})
    descent.reach(0)
    # Half the distance to the boundary, ½ … 200 mm in, twice for both classes, over 0.5 mm.
    away = np.abs(np.arange(400) - 199.5)
    z = descent.logits()[0][:, 0, 0]
    of_the_other = np.where(np.arange(400) < 200, z[1], z[0])
    expected = special.log_expit(-(away + 0.5) * 2)
    assert expected.min() < 2 * FLOOR
    np.testing.assert_allclose(of_the_other, np.maximum(expected, FLOOR), rtol=1e-5)


def test_a_probability_of_0_has_a_finite_logit_that_changes_no_sum(present):
    descent = descending(present, [setting("dice"), setting("iou")], controls={"shift_y": 1.5})
    descent.reach(0)
    (z,) = descent.logits()
    assert z.min() == np.float32(FLOOR) == pytest.approx(math.log(2.0**-126))
    p = references.softmax(np.moveaxis(z, 0, -1).astype("f8"))
    assert set(np.unique(p > 0.5)) == {False, True}
    np.testing.assert_allclose(p[p > 0.5], 1, rtol=0, atol=1e-37)
    np.testing.assert_allclose(p[p < 0.5], 2.0**-126, rtol=1e-5)


def test_probabilities_that_are_no_softmax_are_refused():
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0] = 1
    p = np.full((2, *labels.shape), 0.5)
    p[1, 1, 2, 3] = 0.75
    with pytest.raises(ParameterError, match=r"In 1 voxels .* do not add up to 1"):
        descending(given(labels, p), [setting("dice")]).reach(0)


# A step


def slopes_of(name, complete, labels, z, spacing):
    """∂L/∂logit by central differences of a float64 reference, (class, z, y, x)."""
    g = references.one_hot(labels, len(z))[None]
    source = references if name in references.LOSSES else field_references

    def value(logits):
        p = references.softmax(np.moveaxis(logits, 0, -1))[None]
        return float(source.loss(name, complete, g, p))

    found, step = np.empty(z.shape), 1e-5
    for place in np.ndindex(z.shape):
        ahead, behind = z.copy(), z.copy()
        ahead[place] += step
        behind[place] -= step
        found[place] = (value(ahead) - value(behind)) / (2 * step)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "dice",
        "cross_entropy",
        "focal",
        "hausdorff",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in [*references.LOSSES, "boundary"]
            if name not in ("dice", "cross_entropy", "focal")
        ),
    ],
)
def test_a_step_is_the_gradient_of_float64(name):
    labels = references.random_labels(np.random.default_rng(7), (1, 2, 3, 4), 3)[0].astype(np.uint8)
    z = np.random.default_rng(8).normal(0, 1.5, (3, *labels.shape))
    pipeline = given(labels, special.softmax(z, axis=0))
    loss = setting(name)
    expected = slopes_of(name, loss.parameters, labels, z, (1.0, 1.0, 1.0))
    largest = abs(expected).max() * labels.size
    # As long as the logits themselves, so that their difference keeps its digits.
    descent = descending(pipeline, [loss], name, rate=1 / largest)
    start = descent.reach(0).steps[0]
    (before,) = descent.logits()
    descent.reach(1)
    (after,) = descent.logits()
    assert start.largest == pytest.approx(largest, rel=1e-5)
    found = (before.astype("f8") - after) * largest / labels.size
    np.testing.assert_allclose(found, expected, atol=1e-5 * abs(expected).max(), rtol=0)


def test_the_weighted_total_is_followed_in_every_sample():
    """Two samples: the step along Σ λ L is the sum of the steps along each, times λ."""
    rng = np.random.default_rng(3)
    labels = references.random_labels(rng, (2, 2, 3, 4), 3).astype(np.uint8)
    p = special.softmax(rng.normal(0, 1, (2, 3, 2, 3, 4)), axis=1).astype("f4")
    pipeline = Pipeline(Volume(labels, NAMES[:3], SPACING), list(p))
    losses = [setting("dice", 0.5), setting("cross_entropy", -2.0), setting("boundary", 0.25)]
    moves = {}
    for follows in (TOTAL, *(loss.name for loss in losses)):
        descent = descending(pipeline, losses, follows, rate=0.1)
        descent.reach(0)
        before = descent.logits()
        descent.reach(1)
        moves[follows] = np.stack(descent.logits()) - before
    expected = sum(loss.weight * moves[loss.name] for loss in losses)
    np.testing.assert_allclose(moves[TOTAL], expected, atol=2e-6)
    assert (abs(moves[TOTAL]).max(axis=(1, 2, 3, 4)) > 1e-2).all()


def test_adams_first_step_is_the_rate_along_the_sign(present):
    descent = descending(present, DEFAULTS, controls=SOFT, optimizer="adam", rate=0.25)
    descent.reach(0)
    (before,) = descent.logits()
    descent.reach(1)
    moves = descent.logits()[0] - before
    gradient = descending(present, DEFAULTS, controls=SOFT, rate=1e-3)
    gradient.reach(1)
    signs = np.sign(before - gradient.logits()[0])
    assert set(np.unique(signs)) == {-1, 1}
    np.testing.assert_allclose(moves, -0.25 * signs, rtol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_that_of_keras(name):
    theirs = {
        "sgd": lambda: keras.optimizers.SGD(0.1),
        "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.7),
        "adam": lambda: keras.optimizers.Adam(0.1),
    }[name]()
    gradients = np.random.default_rng(5).normal(size=(6, 4, 3)) * 10.0 ** np.arange(-2, 2)[:, None]
    gradients = gradients.astype("f4")
    variable = keras.Variable(np.ones((4, 3), "f4"))
    z = backend.to_device(np.ones((4, 3), "f4"))
    memory = [backend.to_device(np.zeros((4, 3), "f4"))] * OPTIMIZERS[name].memories
    for number, gradient in enumerate(gradients, 1):
        theirs.apply([backend.to_device(gradient)], [variable])
        numbers = [backend.to_device(np.float64(each)) for each in (0.1, 0.7, number)]
        z, memory = OPTIMIZERS[name].update(z, backend.to_device(gradient), memory, numbers)
        np.testing.assert_allclose(
            backend.to_numpy(z), backend.to_numpy(variable.value), rtol=2e-5, atol=1e-6
        )


def test_a_short_step_along_the_gradient_lowers_the_total(present):
    losses = [setting("dice", 2.0), setting("cross_entropy"), setting("boundary", 0.5)]
    report = descending(present, losses, controls=SOFT, rate=1e-3).reach(20)
    totals = [step.total for step in report.steps]
    assert len(totals) == 21
    assert all(later < earlier for earlier, later in itertools.pairwise(totals))


# What the issue is about


def mistake(size=20):
    """A cube of 1,000 voxels, of which one is predicted to be background, at −10; rest at ±20."""
    labels = np.zeros((size,) * 3, np.uint8)
    labels[5:15, 5:15, 5:15] = 1
    z = np.where(labels == 1, 20.0, -20.0)
    z[10, 10, 10] = -10
    return labels, z


def time_to_repair(follows, k, pace):
    """The time in units of 1/k until the mistaken voxel's logit is 0, in steps of `pace`."""
    labels, z = mistake()
    pipeline = given(labels, two_classes(z))
    loss = setting(follows, **({"include_background": False} if follows == "dice" else {}))
    descent = descending(pipeline, [loss], follows, rate=pace / k)
    places = []
    while not places or places[-1] < 0:
        descent.reach(len(places))
        places.append(float(difference(descent)[10, 10, 10]))
        assert len(places) < 500
    before, after = places[-2:]
    return pace * (len(places) - 2 + before / (before - after))


def test_dice_stalls_on_a_confident_mistake_that_cross_entropy_repairs():
    """From −10 to 0: 2 · 10 + 2 sinh 10 = 22046.47 under k q (1 − q), 10.99995 under k (1 − q).

    Holds while the class sums barely move: here by one voxel of 1,000. The difference of two logits
    moves by twice the gradient in one. Steps of h are late by h/2 ln f(0)/f(−10), f being the speed
    (Euler and Maclaurin), here 2 % for Dice; that taken off, the times are right to 0.5 %.
    """
    voxels, mass, hits = 20**3, 1999, 999
    k = 2 * voxels * (2 * mass - 2 * hits) / mass**2  # of 1 − 2I/(P + G), by ∂L/∂p
    wrong = special.expit(-10)
    late = 100 / 2 * math.log(0.25 / (wrong * (1 - wrong)))
    of_dice = time_to_repair("dice", k, 100.0) - late
    of_cross_entropy = time_to_repair("cross_entropy", 2.0, 0.1) - 0.1 / 2 * math.log(0.5)
    assert of_dice == pytest.approx(2 * 10 + 2 * math.sinh(10), rel=5e-3)
    assert of_cross_entropy == pytest.approx(10.99995, rel=5e-3)
    assert of_dice / of_cross_entropy == pytest.approx(2004, rel=1e-2)


class Rim:
    """A core with a rim of which the truth says that it is there with a probability."""

    def __init__(self, share):
        self.labels = np.zeros((12, 20, 20), np.uint8)
        self.labels[4:8, 6:14, 6:14] = 1
        self.share = share
        self.controls = {"rim": 1.0, "rim_share": share}
        volume = Volume(self.labels, NAMES[:2], (1.0, 1.0, 1.0))
        rim = Pipeline(volume)._samples[0].rim(complete_controls(self.controls))
        self.where = (rim == 1) & (self.labels == 0)
        self.core, self.size = int((self.labels == 1).sum()), int(self.where.sum())
        truth = np.where(self.labels == 1, 1 - 1e-6, np.where(self.where, share, 1e-6))
        self.start = given(self.labels, np.stack([1 - truth, truth]))

    def after(self, loss, **how):
        """The rim's probability where a descent from the truth itself leads."""
        descent = descending(self.start, [loss], loss.name, self.controls, **how)
        descent.reach(80)
        found = special.expit(difference(descent)[self.where])
        assert np.ptp(found) < 1e-3
        return found.mean()


@pytest.mark.parametrize("above", [True, False])
def test_linear_dice_turns_an_uncertain_rim_hard_where_cross_entropy_keeps_it(above):
    """All of it above p* = 1/(1 + √(1 + b/a)) (Bertels et al. 2019), nothing of it below."""
    one = Rim(0.5)
    threshold = 1 / (1 + math.sqrt(1 + one.size / one.core))
    rim = Rim(round(threshold + (0.03 if above else -0.03), 4))
    dice = setting("dice", include_background=False)
    hard = rim.after(dice, optimizer="momentum", rate=0.5)
    assert hard > 0.99 if above else hard < 0.01
    kept = rim.after(setting("cross_entropy"), rate=1.0)
    assert kept == pytest.approx(rim.share, abs=1e-4)


def tversky_threshold(alpha, beta, core, rim):
    """Above which share of an uncertain rim all of it is the optimum (facts on the field)."""
    both = (alpha + beta) * core
    return (-both + math.sqrt(both**2 + 4 * alpha * beta * core * rim)) / (2 * beta * rim)


def test_with_alpha_above_beta_the_object_shrinks():
    """A rim between the two thresholds is emptied by α > β and filled by α < β."""
    one = Rim(0.5)
    low, high = (tversky_threshold(*w, one.core, one.size) for w in ((0.3, 0.7), (0.7, 0.3)))
    rim = Rim(round((low + high) / 2, 4))
    weights = {"include_background": False}
    shrunk, grown = (
        rim.after(
            setting("tversky", alpha=alpha, beta=beta, **weights), optimizer="momentum", rate=0.5
        )
        for alpha, beta in ((0.7, 0.3), (0.3, 0.7))
    )
    assert shrunk < 0.01
    assert grown > 0.99


# How it ends, and how it goes on


def test_a_loss_that_is_not_finite_ends_it_with_the_reason(small):
    """The fourth class is absent, so that its Dice is 0/0 once nothing of it is predicted."""
    losses = [setting("dice", smooth=0.0), setting("cross_entropy")]
    report = descending(small, losses).reach(10)
    assert report.number == 0
    assert report.steps[0].total != report.steps[0].total
    assert report.why_ended().startswith("stopped: Dice is NaN: gone: 0/0")
    assert not report.is_converged
    alone = descending(small, losses, "cross_entropy", SOFT).reach(3)
    assert (alone.number, alone.ended) == (3, "")


def test_a_weight_of_0_ends_nothing(small):
    losses = [setting("dice", 0.0, smooth=0.0), setting("cross_entropy")]
    report = descending(small, losses, controls=SOFT).reach(2)
    assert (report.number, report.ended) == (2, "")
    assert report.steps[2].total == report.steps[2].values[1]


def test_it_ends_where_the_gradient_vanishes(present):
    report = descending(present, [setting("dice")], controls={"shift_y": 1.5}).reach(5)
    assert report.number == 0
    assert report.is_converged
    assert "every voxel is certain" in report.ended
    sharp = {"softness": 0.5, "confidence": 0.9}
    far = descending(present, [setting("cross_entropy")], controls=sharp, rate=1e7).reach(500)
    assert 0 < far.number < 500
    assert far.is_converged
    assert far.steps[-1].largest < CONVERGED <= far.steps[-2].largest


def test_points_are_reached_again_with_the_same_numbers(present):
    losses = [setting("dice"), setting("lovasz_softmax", 0.5)]
    forwards = descending(present, losses, controls=SOFT, optimizer="adam", rate=0.1)
    far = forwards.reach(6)
    assert forwards.reach(2).steps == far.steps[:3]
    assert forwards.reach(6) == far
    anew = descending(present, losses, controls=SOFT, optimizer="adam", rate=0.1)
    assert anew.reach(6) == far


def test_an_interrupted_descent_goes_on_and_counts_no_step_twice(present, monkeypatch):
    how = {"controls": SOFT, "optimizer": "momentum", "rate": 0.05}
    expected = descending(present, DEFAULTS, **how).reach(5)
    descent = descending(present, DEFAULTS, **how)
    descent.reach(1)
    go_on = Descending._after

    def stopping(self, point):
        if point.number == 3:
            raise Interrupted
        return go_on(self, point)

    monkeypatch.setattr(Descending, "_after", stopping)
    with pytest.raises(Interrupted):
        descent.reach(5)
    monkeypatch.undo()
    assert descent.reach(1).steps == expected.steps[:2]
    assert descent.reach(5) == expected


def test_too_large_a_descent_is_refused(present, monkeypatch):
    from lossexplorer.engine import limits

    monkeypatch.setattr(limits, "_SHARE", 1e-9)
    with pytest.raises(TooLargeError, match="The descent of 3 logits in 693 voxels needs"):
        descending(present, DEFAULTS, optimizer="adam")


def test_a_loss_that_is_not_evaluated_cannot_be_followed(present):
    with pytest.raises(ParameterError, match="Focal is not shown"):
        descending(present, DEFAULTS, "focal")
