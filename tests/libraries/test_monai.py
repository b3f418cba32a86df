"""Conventions of MONAI against MONAI, value and gradient."""

import numpy as np
import pytest

from lossexplorer.conventions import CONVENTIONS
from tests.libraries.common import FIELDS, convention, every_field, needs, ours

needs("monai", "MONAI", "torch")

import torch  # noqa: E402 - where the module is not skipped
from monai import losses  # noqa: E402 - where the module is not skipped

PLAIN = {
    "DiceLoss()": losses.DiceLoss,
    "DiceLoss(smooth_nr=1, smooth_dr=1)": lambda: losses.DiceLoss(smooth_nr=1, smooth_dr=1),
    "DiceLoss(smooth_nr=0)": lambda: losses.DiceLoss(smooth_nr=0),
    "DiceLoss(batch=True)": lambda: losses.DiceLoss(batch=True),
    "DiceLoss(include_background=False)": lambda: losses.DiceLoss(include_background=False),
    "DiceLoss(batch=True, include_background=False)": lambda: losses.DiceLoss(
        batch=True, include_background=False
    ),
    "DiceLoss(squared_pred=True)": lambda: losses.DiceLoss(squared_pred=True),
    "DiceLoss(jaccard=True)": lambda: losses.DiceLoss(jaccard=True),
    "GeneralizedDiceLoss()": losses.GeneralizedDiceLoss,
    "GeneralizedDiceLoss(batch=True)": lambda: losses.GeneralizedDiceLoss(batch=True),
    'GeneralizedDiceLoss(w_type="simple")': lambda: losses.GeneralizedDiceLoss(w_type="simple"),
    'GeneralizedDiceLoss(w_type="uniform")': lambda: losses.GeneralizedDiceLoss(w_type="uniform"),
    "TverskyLoss()": losses.TverskyLoss,
    "TverskyLoss(alpha=0.3, beta=0.7)": lambda: losses.TverskyLoss(alpha=0.3, beta=0.7),
    "BoundaryLoss()": losses.BoundaryLoss,
    "HausdorffDTLoss()": losses.HausdorffDTLoss,
    "LogHausdorffDTLoss()": losses.LogHausdorffDTLoss,
}
"""Of probabilities."""


def channels_first(field):
    return torch.movedim(field, -1, 1)


def of_probabilities(theirs):
    """One of MONAI's losses as a function of what ours take."""
    return lambda g, p: theirs(channels_first(p), channels_first(g))


def measured(loss, g, x):
    """A loss's value and its gradient in its second argument."""
    moved = torch.tensor(x, requires_grad=True)
    value = loss(torch.tensor(g), moved)
    value.backward()
    return float(value.detach()), moved.grad.numpy()


def agree(one, other, g, x, rel=1e-6):
    value, slopes = measured(one, g, x)
    expected, expected_slopes = measured(other, g, x)
    assert value == pytest.approx(expected, rel=rel)
    largest = np.abs(expected_slopes).max()
    assert slopes == pytest.approx(expected_slopes, rel=rel, abs=rel * largest)


def softmax(z):
    return torch.softmax(torch.tensor(z), -1).numpy()


def after_softmax(loss):
    return lambda g, z: loss(g, torch.softmax(z, -1))


@every_field
@pytest.mark.parametrize("name", PLAIN)
def test_of_probabilities(name, fields):
    g, z = fields
    agree(ours(convention("MONAI", name)), of_probabilities(PLAIN[name]()), g, softmax(z))


@every_field
@pytest.mark.parametrize("name", [name for name in PLAIN if "squared" not in name])
def test_of_one_hot_predictions(name, fields):
    """MONAI takes squares through a norm, which has no slope at 0; a hard prediction has zeros."""
    g, z = fields
    hard = np.eye(g.shape[-1])[z.argmax(-1)]
    agree(ours(convention("MONAI", name)), of_probabilities(PLAIN[name]()), g, hard)


def test_class_weights():
    g, z = FIELDS["soft"]
    theirs = losses.DiceLoss(weight=[1.0, 2.0, 0.5, 3.0])
    changed = convention("MONAI", "DiceLoss()", class_weights=(1.0, 2.0, 0.5, 3.0))
    agree(ours(changed), of_probabilities(theirs), g, softmax(z))


@every_field
def test_dice_and_cross_entropy(fields):
    """A sum of two conventions; the softmax is MONAI's own."""
    theirs = losses.DiceCELoss(softmax=True)
    both = (convention("MONAI", name) for name in ("DiceLoss()", "DiceCELoss(lambda_dice=0)"))
    agree(after_softmax(ours(*both)), of_probabilities(theirs), *fields)


@pytest.mark.parametrize("normalization", ["weights", "voxels"])
def test_weighted_cross_entropy(normalization):
    """PyTorch divides by the weights of the voxels' classes, but by the voxels if g is one-hot."""
    weights = (1.0, 2.0, 0.5, 3.0)
    tensor = torch.tensor(weights, dtype=torch.float64)
    indices = normalization == "weights"
    theirs = losses.DiceCELoss(lambda_dice=0, softmax=True, weight=tensor, to_onehot_y=indices)
    name = "DiceCELoss(lambda_dice=0)"
    changed = convention("MONAI", name, class_weights=weights, normalization=normalization)

    def reference(g, z):
        truth = g.argmax(-1)[:, None] if indices else channels_first(g)
        return theirs(channels_first(z), truth)

    agree(after_softmax(ours(changed)), reference, *FIELDS["soft"])


@every_field
def test_focal_of_a_softmax(fields):
    """MONAI computes it in float32."""
    theirs = of_probabilities(losses.FocalLoss(use_softmax=True))
    one = after_softmax(ours(convention("MONAI", "FocalLoss(use_softmax=True)")))
    agree(one, theirs, *fields, rel=5e-6)


def test_focal_with_alpha():
    """Of a softmax, 1 − α weighs class 0 and α each of the others."""
    theirs = of_probabilities(losses.FocalLoss(use_softmax=True, alpha=0.75))
    changed = convention("MONAI", "FocalLoss(use_softmax=True)", alpha=(0.25, 0.75, 0.75, 0.75))
    agree(after_softmax(ours(changed)), theirs, *FIELDS["soft"], rel=5e-6)


@every_field
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_focal_of_sigmoids(fields, alpha):
    theirs = of_probabilities(losses.FocalLoss(alpha=alpha))
    changed = convention("MONAI", "FocalLoss()", alpha="none" if alpha is None else alpha)
    agree(lambda g, z: ours(changed)(g, torch.sigmoid(z)), theirs, *fields, rel=5e-6)


@pytest.mark.parametrize("distances", ["uniform", ((0, 1, 1), (1, 0, 0.5), (1, 0.5, 0))])
def test_wasserstein_dice(distances):
    g, z = FIELDS["absent from a sample"]
    matrix = 1 - np.eye(3) if distances == "uniform" else np.array(distances)
    theirs = losses.GeneralizedWassersteinDiceLoss(matrix)
    name = "GeneralizedWassersteinDiceLoss(1 − identity)"
    changed = convention("MONAI", name, distances=distances)
    one = after_softmax(ours(changed))
    agree(one, lambda g, z: theirs(channels_first(z), g.argmax(-1)), g, z)


def test_unified_focal():
    """MONAI clips probabilities to [1e-7, 1 − 1e-7], which these are inside of."""
    g, z = FIELDS["two classes"]
    theirs = of_probabilities(losses.AsymmetricUnifiedFocalLoss())
    agree(ours(convention("MONAI", "AsymmetricUnifiedFocalLoss()")), theirs, g, softmax(z))


def test_cl_dice():
    """Of two classes without the background MONAI's sum over classes is that of one."""
    g, z = FIELDS["two classes"]
    theirs = of_probabilities(losses.SoftclDiceLoss(include_background=False, smooth=1e-12))
    agree(
        ours(convention("MONAI", "SoftclDiceLoss(include_background=False)")), theirs, g, softmax(z)
    )


def test_every_convention_is_compared():
    named = {each.name for each in CONVENTIONS if each.library.name == "MONAI"}
    elsewhere = {
        "DiceCELoss(lambda_dice=0)",
        "FocalLoss(use_softmax=True)",
        "FocalLoss()",
        "GeneralizedWassersteinDiceLoss(1 − identity)",
        "AsymmetricUnifiedFocalLoss()",
        "SoftclDiceLoss(include_background=False)",
    }
    assert named == PLAIN.keys() | elsewhere
