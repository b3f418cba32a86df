"""The published numbers of tests/cases, through the Keras classes.

How the vocabulary of `published_cases.json` maps to ours:

============================  =====================================================================
in the case                   here
============================  =====================================================================
reduce sample / batch / all   pooling, for Dice, Tversky and IoU; sample by default
batch = false / true          pooling = sample / batch, for generalized Dice; sample by default
reduction none                the terms per sample and class, or for a mean over voxels
                              reduction=None; compared in this order
smooth_nr = smooth_dr         smooth; for IoU eps (segmentation_models)
jaccard, smooth_nr            IoU with eps = smooth_nr / 2: MONAI has 1 − (2I + s) / (2U + s)
smooth_nr ≠ smooth_dr         smooth and smooth_dr
squared_pred                  denominator = squared
w_type                        weights. MONAI's weights have no ε, eps = 0, and an infinite one
                              becomes the sample's largest: absent = largest
renormalise                   the prediction is divided by its sum over classes before the loss sees
                              it, as Keras does inside
alpha, beta                   of Tversky, the same; ½ each by default
class_weights, alpha          the same; no α is none
gamma                         the same
normalise = sum of weights    normalization = weights
mean over … AND class         over_classes = mean
sigmoid_focal                 focal with independent channels
lambda_dice, lambda_ce        the factors of a weighted sum. MONAI's Dice term sees the raw logits
                              without an activation; in that case their foreground channel is the
                              truth, and here it is given the truth
============================  =====================================================================
"""

import json
from pathlib import Path

import numpy as np
import pytest

from lossexplorer.keras import CrossEntropy, Dice, Focal, GeneralizedDice, IoU, Tversky
from lossexplorer.losses import class_sums

CASES = Path(__file__).resolve().parent.parent / "cases"

CLASSES = {
    "dice": Dice,
    "generalized_dice": GeneralizedDice,
    "tversky": Tversky,
    "iou": IoU,
    "categorical_crossentropy": CrossEntropy,
    "weighted_crossentropy": CrossEntropy,
    "categorical_focal": Focal,
    "sigmoid_focal": Focal,
}
REGION = {"dice", "generalized_dice", "tversky", "iou"}


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
    changed = dict(case["params"])
    made = (of_ratios if case["loss"] in REGION else of_voxels)(case["loss"], changed)
    changed.pop("reduction", None)  # by `terms_or_value`
    changed.pop("renormalise", None)  # by `prepared`
    assert not changed, f"the case says {changed}, which is not mapped"
    return made


def of_ratios(loss, changed):
    made = {}
    if loss == "generalized_dice":
        made |= {"pooling": "batch" if changed.pop("batch", False) else "sample"}
        made |= {"weights": changed.pop("w_type"), "eps": 0.0, "absent": "largest"}
    else:
        made |= {"pooling": changed.pop("reduce", "sample")}
    if loss == "tversky":
        made |= {"alpha": 0.5, "beta": 0.5}
    for same in ("alpha", "beta", "include_background"):
        if same in changed:
            made[same] = changed.pop(same)
    if changed.pop("squared_pred", False):
        made["denominator"] = "squared"
    numerator, denominator = changed.pop("smooth_nr", 0), changed.pop("smooth_dr", 0)
    if loss != "iou" and numerator != denominator:
        made |= {"smooth": float(numerator), "smooth_dr": float(denominator)}
    elif loss == "iou":
        assert numerator == denominator
        made["eps"] = numerator / 2 if changed.pop("jaccard", False) else numerator
    else:
        made["smooth"] = numerator
    return made


def of_voxels(loss, changed):
    made = {}
    if loss == "sigmoid_focal":
        made["channels"] = "independent"
    if "mean" in changed:
        assert "AND class" in changed.pop("mean")
        made["over_classes"] = "mean"
    if "normalise" in changed:
        assert changed.pop("normalise").startswith("sum of weights")
        made["normalization"] = "weights"
    if "class_weights" in changed:
        made["class_weights"] = tuple(map(float, changed.pop("class_weights")))
    if changed.get("alpha") is None:
        changed.pop("alpha", None)
    for same in ("alpha", "gamma"):
        if same in changed:
            made[same] = changed.pop(same)
    changed.pop("lambda_dice", None)  # that Dice term is 0, so λ does not matter
    assert changed.pop("lambda_ce", 1) == 1
    return made


def terms_or_value(case, changed, truth, prediction):
    made = CLASSES[case["loss"]]
    if not case["params"].get("reduction", "mean").startswith("none"):
        return made(**changed)(truth, prediction)
    if case["loss"] not in REGION:
        return made(reduction=None, **changed)(truth, prediction)
    loss = made.description
    return loss.class_terms(class_sums(truth, prediction), loss.complete(changed))


def prepared(case):
    truth, prediction = fields(case)
    if case["params"].get("renormalise"):
        prediction = prediction / prediction.sum(axis=-1, keepdims=True)
    return truth, prediction


@pytest.mark.parametrize("case", by_id(c for c in PUBLISHED if c["loss"] in CLASSES))
def test_published_case(case):
    check(terms_or_value(case, arguments(case), *prepared(case)), case)


@pytest.mark.parametrize("case", by_id(c for c in PUBLISHED if c["loss"] == WEIGHTED_SUM))
def test_published_sum_of_dice_and_cross_entropy(case):
    truth, prediction = fields(case)
    weights = case["params"]
    dice = Dice(include_background=False)(truth, truth)
    cross_entropy = CrossEntropy()(truth, prediction)
    check(weights["lambda_dice"] * dice + weights["lambda_ce"] * cross_entropy, case)


def test_the_published_cases_are_all_there():
    assert {case["loss"] for case in PUBLISHED} == {*CLASSES, WEIGHTED_SUM}
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
