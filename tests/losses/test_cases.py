"""The published numbers of tests/cases, through the Keras classes.

How the vocabulary of `published_cases.json` maps to ours:

============================  =====================================================================
in the case                   here
============================  =====================================================================
reduce sample / batch / all   pooling, for Dice, Tversky and IoU; sample if not given
batch = false / true          pooling = sample / batch, for generalized Dice; sample if not given
reduction none                reduction=None, and the values are compared in the given order
smooth_nr = smooth_dr         smooth; for IoU eps (segmentation_models)
jaccard, smooth_nr            IoU with eps = smooth_nr / 2: MONAI has 1 − (2I + s) / (2U + s)
smooth_nr = 0, smooth_dr      Keras's, in the denominator alone, of 1e-7. It cannot be said here and
                              is left out: over denominators of at least 1.9 it changes the value
                              by less than 1e-7, and the cases allow 1e-6
squared_pred                  denominator = squared
w_type                        weights. MONAI's weights have no ε, eps = 0, and an infinite one
                              becomes the sample's largest: absent = largest
renormalise                   the prediction is divided by its sum over classes before the loss sees
                              it, as Keras does inside
alpha, beta                   the same; ½ each if not given
lambda_dice, lambda_ce        the factors of a weighted sum. MONAI's Dice term sees the raw logits
                              without an activation; in that case their foreground channel is the
                              truth, and here it is given the truth
============================  =====================================================================
"""

import json
from pathlib import Path

import numpy as np
import pytest

from lossexplorer.keras import CrossEntropy, Dice, GeneralizedDice, IoU, Tversky

CASES = Path(__file__).resolve().parent.parent / "cases"

CLASSES = {
    "dice": Dice,
    "generalized_dice": GeneralizedDice,
    "tversky": Tversky,
    "iou": IoU,
    "categorical_crossentropy": CrossEntropy,
}

NOT_YET = {
    "monai_wce_01": "there is no weighted cross-entropy",
    "monai_focal_01_sigmoid": "there is no focal loss",
    "monai_focal_04_softmax": "there is no focal loss",
    "keras_focal_01": "there is no focal loss",
}


def read(name):
    return json.loads((CASES / name).read_text("utf-8"))


def by_id(cases):
    return [pytest.param(case, id=case["id"]) for case in cases]


def fields(case):
    return (np.array(case[key], dtype="float32") for key in ("y_true", "y_pred"))


def check(found, case):
    expected = np.array(case["expected"], dtype=float)  # "nan" becomes NaN
    np.testing.assert_allclose(
        np.asarray(found).reshape(expected.shape), expected, rtol=case["rtol"], atol=case["atol"]
    )


SEED = read("seed_cases.json")["cases"]


@pytest.mark.parametrize("case", by_id(SEED))
def test_seed_case(case):
    made = CLASSES[case["loss"]](**case["params"])
    check(made(*fields(case)), case)


PUBLISHED = read("published_cases.json")["cases"]
WEIGHTED_SUM = "weighted_sum: 1*dice + 2*ce"


def arguments(case):
    """Return a case's parameters in our vocabulary; an unknown word is an error."""
    given = dict(case["params"])
    loss = case["loss"]
    made = {}
    if loss == "generalized_dice":
        made |= {"pooling": "batch" if given.pop("batch", False) else "sample"}
        made |= {"weights": given.pop("w_type"), "eps": 0.0, "absent": "largest"}
    elif loss != "categorical_crossentropy":
        made |= {"pooling": given.pop("reduce", "sample")}
    if loss == "tversky":
        made |= {"alpha": 0.5, "beta": 0.5}
    for same in ("alpha", "beta", "include_background"):
        if same in given:
            made[same] = given.pop(same)
    if given.pop("squared_pred", False):
        made["denominator"] = "squared"
    numerator, denominator = given.pop("smooth_nr", 0), given.pop("smooth_dr", 0)
    if numerator == 0:
        assert denominator <= 1e-7
    else:
        assert numerator == denominator
        if loss == "iou":
            made["eps"] = numerator / 2 if given.pop("jaccard", False) else numerator
        else:
            made["smooth"] = numerator
    if given.pop("reduction", "mean").startswith("none"):
        made["reduction"] = None
    given.pop("renormalise", None)  # by `prepared`
    if loss == "categorical_crossentropy":
        given.pop("lambda_dice", None)  # that Dice term is 0, so λ does not matter
        assert given.pop("lambda_ce", 1) == 1
    assert not given, f"the case says {given}, which is not mapped"
    return made


def prepared(case):
    truth, prediction = fields(case)
    if case["params"].get("renormalise"):
        prediction = prediction / prediction.sum(axis=-1, keepdims=True)
    return truth, prediction


@pytest.mark.parametrize("case", by_id(c for c in PUBLISHED if c["loss"] in CLASSES))
def test_published_case(case):
    made = CLASSES[case["loss"]](**arguments(case))
    check(made(*prepared(case)), case)


@pytest.mark.parametrize("case", by_id(c for c in PUBLISHED if c["loss"] == WEIGHTED_SUM))
def test_published_sum_of_dice_and_cross_entropy(case):
    truth, prediction = fields(case)
    weights = case["params"]
    dice = Dice(include_background=False)(truth, truth)
    cross_entropy = CrossEntropy()(truth, prediction)
    check(weights["lambda_dice"] * dice + weights["lambda_ce"] * cross_entropy, case)


def test_the_published_cases_left_out_are_those_listed():
    left_out = {c["id"] for c in PUBLISHED if c["loss"] not in {*CLASSES, WEIGHTED_SUM}}
    assert left_out == set(NOT_YET)
    assert len(PUBLISHED) == 30


PITFALLS = read("pitfall_cases.json")
FOREGROUND = {
    "dice": Dice(include_background=False),
    "iou": IoU(include_background=False, eps=0.0),
    "tversky_.3fp_.7fn": Tversky(include_background=False, alpha=0.3, beta=0.7),
    "tversky_.7fp_.3fn": Tversky(include_background=False, alpha=0.7, beta=0.3),
}
HALF_A_DIGIT = 0.5e-6 + 1e-7  # the values have six decimals; the rest is float32


@pytest.fixture(scope="module")
def masks():
    with np.load(CASES / "pitfall_masks.npz") as stored:
        return dict(stored)


def pair(masks, name):
    """Truth and prediction of two classes in the Keras layout."""

    def two_classes(mask):
        volume = mask.reshape((1,) * (3 - mask.ndim) + mask.shape)
        return np.eye(2, dtype="float32")[volume][None]

    return (two_classes(masks[f"{name}/{which}"]) for which in ("truth", "prediction"))


@pytest.mark.parametrize("name", PITFALLS)
def test_pitfall_case(masks, name):
    truth, prediction = pair(masks, name)
    expected = PITFALLS[name]
    found = {key: 1 - float(made(truth, prediction)) for key, made in FOREGROUND.items()}
    found["mean_dice_2class"] = 1 - float(Dice()(truth, prediction))
    # These numbers have no ε: w = 1/G².
    found["gdl_loss"] = float(GeneralizedDice(eps=0.0)(truth, prediction))
    assert found == {key: pytest.approx(expected[key], rel=0, abs=HALF_A_DIGIT) for key in found}


def test_the_pitfall_masks_are_all_used(masks):
    assert {key.rpartition("/")[0] for key in masks} == set(PITFALLS)
