"""Conventions against published tables: absent classes, tiny examples, what a loss has."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from lossexplorer import keras as our_keras
from lossexplorer.conventions import CONVENTIONS, Convention, Library, Measured, conventions_of
from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import LOSSES, Sums, voxel_sum
from tests import references

BY_NAME = {(each.library.name, each.library.version, each.name): each for each in CONVENTIONS}


def named(library, name):
    """The newest convention of a library that has this name."""
    return next(c for c in CONVENTIONS if (c.library.name, c.name) == (library, name))


# One absent class: loss and slope per voxel, by the mass that is predicted for it

MASSES = (0.0, 1e-3, 1.0, 100.0)
ABSENT = {
    ("Article", "1-dice"): ("nan", "1", "1", "1"),
    ("Article", "Tversky"): ("nan", "1", "1", "1"),
    ("DeepFinder", "tversky_loss"): ("nan", "1", "1", "1"),
    ("MONAI", "DiceLoss()"): ("0", ".990", "1", "1"),
    ("nnU-Net", "−Dice, batch_dice=True"): ("-1", "-.010", "0", "0"),
    ("NiftyNet", "dice_nosquare"): ("0", ".990", "1", "1"),
    ("segmentation_models", "DiceLoss()"): ("0", ".990", "1", "1"),
    ("Article", "IoU"): ("0", ".999", "1", "1"),
    ("MONAI", "DiceLoss(smooth_nr=1, smooth_dr=1)"): ("0", ".001", ".5", ".990"),
    ("Keras", "Dice(axis=(1, 2, 3))"): ("1", "1", "1", "1"),
    ("Keras main", "Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3))"): ("1", "1", "1", "1"),
    ("segmentation_models.pytorch", "DiceLoss()"): ("0", "0", "0", "0"),
    ("segmentation_models.pytorch", "JaccardLoss()"): ("0", "0", "0", "0"),
    ("segmentation_models.pytorch", "TverskyLoss()"): ("0", "0", "0", "0"),
}
SLOPES = {
    ("Article", "1-dice"): (None, 0, 0, 0),
    ("MONAI", "DiceLoss()"): (1e5, 9.8, 1e-5, 1e-9),
    ("Article", "IoU"): (1e6, 1.0, 1e-6, 1e-10),
    ("MONAI", "DiceLoss(smooth_nr=1, smooth_dr=1)"): (1, 1, 0.25, 9.8e-5),
    ("Keras", "Dice(axis=(1, 2, 3))"): (0, 0, 0, 0),
    ("segmentation_models.pytorch", "DiceLoss()"): (0, 0, 0, 0),
}


def absent_term(convention, mass):
    """The term of a class without a true voxel, and its slope in the mass predicted for it."""
    overlap, truth = (tf.constant([[n, 0.0]], tf.float64) for n in (900.0, 1000.0))
    predicted = tf.constant([[900.0, mass]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        sums = Sums(overlap, predicted, truth, predicted, truth)
        values = {**convention.values, "include_background": True}
        term = convention.description.class_terms(sums, values)[0, 1]
    return float(term), float(tape.gradient(term, predicted)[0, 1])


@pytest.mark.parametrize(("library", "name"), ABSENT)
def test_what_an_absent_class_costs(library, name):
    for mass, printed in zip(MASSES, ABSENT[library, name], strict=True):
        term, _ = absent_term(named(library, name), mass)
        if printed == "nan":
            assert np.isnan(term)
        else:
            assert term == pytest.approx(float(printed), abs=5.1e-4 if "." in printed else 1e-4)


@pytest.mark.parametrize(("library", "name"), SLOPES)
def test_how_hard_an_absent_class_pulls(library, name):
    for mass, printed in zip(MASSES, SLOPES[library, name], strict=True):
        if printed is not None:
            _, slope = absent_term(named(library, name), mass)
            assert slope == pytest.approx(printed, rel=0.01, abs=1e-30)


# Eight voxels: six of the background, two of class 1, none of class 2

TRUTH = np.array([0, 0, 0, 0, 0, 0, 1, 1])
TINY = {
    "perfect": np.eye(3)[TRUTH],
    "nearly": np.where(np.eye(3)[TRUTH] > 0, 0.98, 0.01),
    "one voxel called class 2": np.eye(3)[[2, 0, 0, 0, 0, 0, 1, 1]],
    "all background": np.eye(3)[[0] * 8],
}
QUIRKS = {
    ("Article", "1-1-dice"): ("nan", "-.6545", "-.6364", "nan"),
    ("Article", "1-dice"): ("nan", ".3455", ".3636", "nan"),
    ("MONAI", "DiceLoss()"): ("0", ".3455", ".3636", ".3810"),
    ("MONAI", "DiceLoss(smooth_nr=1, smooth_dr=1)"): ("0", ".0349", ".1944", ".2667"),
    ("Article", "generalized Dice"): ("0", ".99984", ".99999", ".6250"),
    ("DeepFinder", "tversky_loss"): ("nan", "1.0366", "1.0909", "nan"),
    ("Article", "IoU"): ("0", ".3573", ".3889", ".4167"),
    ("Keras", "Dice(axis=(1, 2, 3))"): (".3333", ".3455", ".3636", ".7143"),
    ("Keras", "Dice()"): ("0", ".0200", ".1250", ".2500"),
    ("MONAI", "GeneralizedDiceLoss()"): ("0", ".0361", "", ""),
    ("Keras", "CategoricalCrossentropy()"): ("0", ".0202", "inf", "inf"),
}
"""As published; cross-entropy as it is without the clipping that the convention's note names."""


def measured(prediction):
    p = np.moveaxis(prediction.reshape(1, 2, 2, 2, 3), -1, 1)
    with np.errstate(divide="ignore"):
        logarithms = np.log(p)
    g = np.moveaxis(references.one_hot(TRUTH.reshape(1, 2, 2, 2), 3), -1, 1)
    return Measured(g, p, logarithms, ("background", "one", "two"), (1.0, 1.0, 1.0))


@pytest.mark.parametrize("case", TINY)
def test_eight_voxels(case):
    batch, column = measured(TINY[case]), list(TINY).index(case)
    for (library, name), row in QUIRKS.items():
        printed = row[column]
        if printed:
            value = batch.outcome(named(library, name)).value
            decimals = len(printed.partition(".")[2])
            tolerance = 0.5 * 10.0**-decimals if decimals else 1e-8
            assert value == pytest.approx(float(printed), abs=tolerance * 1.001, nan_ok=True), name


def test_the_reasons():
    perfect = measured(TINY["perfect"])
    assert perfect.outcome(named("Article", "1-dice")).reason == "0/0: two"
    assert perfect.outcome(named("MONAI", "DiceLoss()")).reason == ""
    missed = measured(TINY["all background"])
    assert missed.outcome(named("nnU-Net", "RobustCrossEntropyLoss")).reason == "log 0 in 2 voxels"
    several = missed.outcome(named("MONAI", "AsymmetricUnifiedFocalLoss()"))
    assert (several.value, several.reason) == (None, "computes 2 classes alone, here are 3")


def test_no_parts_of_the_volume_are_forgotten(monkeypatch):
    """Summed plane by plane, a batch has the same values as in one go."""
    p = TINY["nearly"]
    whole = measured(p)
    monkeypatch.setattr("lossexplorer.conventions._measured._SLAB", 1)
    found = measured(p)
    for each in CONVENTIONS:
        if each.classes is None:
            expected = pytest.approx(whole.outcome(each).value, rel=1e-12)
            assert found.outcome(each).value == expected, each.name


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_a_batch_has_the_value_of_the_keras_class(classes):
    """Which tests/libraries compares with the libraries themselves."""
    g, z = references.random_fields(8, classes, batch=2, absent=classes == 3)
    p = references.softmax(z)
    first = np.moveaxis(p, -1, 1)
    names = tuple(f"class {number}" for number in range(classes))
    batch = Measured(np.moveaxis(g, -1, 1), first, np.log(first), names, (1.0, 1.0, 1.0))
    for each in CONVENTIONS:
        if each.classes in (None, classes):
            made = getattr(our_keras, each.description.class_name)
            value = each.times(classes) * float(made(dtype="float64", **each.parameters)(g, p))
            assert batch.outcome(each).value == pytest.approx(value, rel=1e-9), each.name


@pytest.fixture
def sums(monkeypatch):
    """How often the voxels have been summed."""
    calls = []

    def counted(field):
        calls.append(field)
        return voxel_sum(field)

    monkeypatch.setattr("lossexplorer.conventions._measured.voxel_sum", counted)
    return calls


def focal(gamma):
    convention = named("MONAI", "FocalLoss(use_softmax=True)")
    return replace(convention, parameters={**convention.parameters, "gamma": gamma})


def test_sums_are_made_once_per_value_and_the_least_recently_used_are_dropped(sums):
    batch = measured(TINY["nearly"])
    del sums[:]
    first = batch.outcome(focal(1.0))
    once = len(sums)
    assert once > 0
    assert batch.outcome(focal(1.0)) == first
    assert len(sums) == once
    for number in range(1, 101):  # as many as no memory need hold
        batch.outcome(focal(number / 100 + 1))
    assert batch.outcome(focal(1.0)) == first
    assert len(sums) == 102 * once


# What a convention is


def test_names_are_unique():
    assert len(BY_NAME) == len(CONVENTIONS)


def test_no_parameter_only_repeats_a_default():
    """Except where the point is that a library's own default is the same."""
    for each in CONVENTIONS:
        defaults = each.description.complete({})
        same = [name for name, value in each.parameters.items() if defaults[name] == value]
        assert set(same) <= {"alpha", "beta"}, each.name


def test_conventions_of_a_loss():
    found = [each for name in LOSSES for each in conventions_of(name)]
    assert sorted(map(id, found)) == sorted(map(id, CONVENTIONS))


@pytest.mark.parametrize(
    ("loss", "parameters", "words"),
    [
        ("dise", {}, "did you mean 'dice'"),
        ("dice", {"smoth": 1.0}, "did you mean 'smooth'"),
        ("dice", {"smooth": -1.0}, "between 0 and"),
    ],
)
def test_a_convention_of_nothing_is_refused(loss, parameters, words):
    with pytest.raises(ParameterError, match=words):
        Convention(library=Library("L", "1", "l"), name="n", loss=loss, parameters=parameters)
