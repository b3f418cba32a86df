"""What scenarios must show, computed in float64 from the labels, without the program's engine.

The controls that scenarios use are applied to the labels with NumPy and SciPy. What is left of a
volume are kinds of voxels, a truth and a prediction each, with the number of voxels of each kind:
losses of sums and their gradients follow from these exactly, of 12.6 million voxels, too. The
formulas are those of the papers, in `tests.references` and here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes import open_batch
from tests import references

EVERY_NEIGHBOUR = np.ones((3, 3, 3), bool)
TIE = 1e-4
"""A voxel at the distance of a growth belongs to it; as a share of the smallest voxel edge."""

APPLIED = {
    *("missing", "missing_below"),
    *("blobs", "blob_radius", "blob_distance", "blob_class", "blob_seed"),
    *("swap", "swap_from", "swap_to", "swap_where", "shift_x", "shift_y", "shift_z", "grow"),
    *("confidence", "harden", "rim", "rim_share", "margin"),
}
"""The controls that this reference knows."""


@dataclass(frozen=True)
class Sample:
    """A volume's labels: of the truth, of what its rim widens them to, and of the prediction."""

    truth: np.ndarray
    rim: np.ndarray
    predicted: np.ndarray
    spacing: tuple[float, float, float]


@dataclass(frozen=True)
class Kinds:
    """Kinds of voxels: how many, and their truth and prediction, (sample, kind, class)."""

    count: np.ndarray
    g: np.ndarray
    p: np.ndarray


class Weighted(references.Fields):
    """Fields in which each voxel stands for many."""

    def __init__(self, kinds, pooling="sample"):
        self.count = kinds.count[:, :, None, None, None]
        super().__init__(kinds.g[:, :, None, None], kinds.p[:, :, None, None], np, pooling)

    def total(self, field):
        return super().total(field * self.count)


def samples(source, controls):
    """Return the samples of a source with the labels that controls make of them."""
    unknown = set(controls) - APPLIED
    assert not unknown, unknown
    values = complete_controls(controls)
    return [
        _sample(volume.labels.astype(int), volume.spacing, values) for volume in open_batch(source)
    ]


def _sample(truth, spacing, values):
    predicted = truth.copy()
    _miss(predicted, math.prod(spacing), values)
    if values["blobs"]:  # single voxels, wherever: no loss of sums sees where
        assert values["blob_radius"] == 0
        free = np.argwhere(predicted == 0)[: int(values["blobs"])]
        predicted[tuple(free.T)] = values["blob_class"]
    _swap(predicted, values)
    for axis, name in enumerate(("shift_z", "shift_y", "shift_x")):
        by = values[name] / spacing[axis]
        assert abs(by - round(by)) < 1e-9
        places = np.clip(np.arange(truth.shape[axis]) - round(by), 0, truth.shape[axis] - 1)
        predicted = predicted.take(places, axis)
    predicted = _grown(predicted, values["grow"], spacing)
    rim = _grown(truth, values["rim"], spacing)
    if values["margin"]:
        planes = [round(values["margin"] / edge) for edge in spacing]
        truth, rim, predicted = (_extended(each, planes) for each in (truth, rim, predicted))
    return Sample(truth, rim, predicted, spacing)


def _miss(labels, voxel, values):
    found = []
    for c in range(1, labels.max() + 1):
        pieces, number = ndimage.label(labels == c, EVERY_NEIGHBOUR)
        found += [pieces == piece for piece in range(1, number + 1)]
    found.sort(key=np.count_nonzero)
    small = [each for each in found if each.sum() * voxel < values["missing_below"]]
    rest = found[len(small) :]
    for each in small + rest[: math.floor(values["missing"] * len(rest) + 0.5)]:
        labels[each] = 0


def _swap(labels, values):
    places = np.argwhere(labels == values["swap_from"])
    order = np.argsort(places[:, "zyx".index(values["swap_where"])], kind="stable")
    taken = places[order[: round(values["swap"] * len(places))]]
    labels[tuple(taken.T)] = values["swap_to"]


def _grown(labels, by, spacing):
    if by == 0:
        return labels
    reach = abs(by) + TIE * min(spacing)
    if by < 0:
        return np.where(ndimage.distance_transform_edt(labels > 0, spacing) <= reach, 0, labels)
    away, nearest = ndimage.distance_transform_edt(labels == 0, spacing, return_indices=True)
    return np.where(away <= reach, labels[tuple(nearest)], labels)


def _extended(labels, planes):
    cut = tuple(slice(-n, n) if n < 0 else slice(None) for n in planes)
    return np.pad(labels[cut], [(max(0, n), max(0, n)) for n in planes])


def kinds_of(made, controls, classes):
    """Return the kinds of voxels of samples."""
    values = complete_controls(controls)
    each = [_counted(sample, values, classes) for sample in made]
    most = max(len(count) for count, *_ in each)
    count, g, p = (np.stack([_filled(part[place], most) for part in each]) for place in range(3))
    return Kinds(count, g, p)


def _filled(rows, most):
    """Kinds of no voxels, with a truth and a prediction like that of the first one."""
    extra = np.zeros_like(rows[:1]) if rows.ndim == 1 else rows[:1]
    return np.concatenate([rows, *[extra] * (most - len(rows))])


def _counted(sample, values, classes):
    code = (sample.truth * classes + sample.rim) * classes + sample.predicted
    voxels = np.bincount(code.ravel(), minlength=1)
    found = np.flatnonzero(voxels)
    count = voxels[found]
    hot = np.eye(classes)
    truth, rim, predicted = found // classes**2, found // classes % classes, found % classes
    share = values["rim_share"]
    g = (1 - share) * hot[truth] + share * hot[rim]
    sure = values["confidence"]
    p = sure * hot[predicted] + (1 - sure) / (classes - 1) * (1 - hot[predicted])
    if values["harden"] == "argmax":
        p = hot[p.argmax(axis=1)]
    return count.astype(float), g, p


# Values


def value(name, parameters, kinds):
    """Return a loss of kinds of voxels."""
    own = LOSSES[name].complete(parameters)
    if not own.pop("include_background", True):
        kinds = Kinds(kinds.count, kinds.g[..., 1:], kinds.p[..., 1:])
    if name in ("cross_entropy", "focal", "generalized_cross_entropy"):
        return _of_voxels(name, own, kinds)
    fields = Weighted(kinds, own.pop("pooling", "sample"))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(references.LOSSES[name](fields, **own))


def _of_voxels(name, own, kinds):
    """Return the mean over voxels of what the probability of the true class costs."""
    p = np.where(kinds.g > 0, kinds.p, 1.0)
    with np.errstate(divide="ignore"):
        cost = {
            "cross_entropy": lambda: -np.log(p),
            "focal": lambda: -((1 - p) ** own["gamma"]) * np.log(p),
            "generalized_cross_entropy": lambda: (1 - p ** own["q"]) / own["q"],
        }[name]()
    weighted = kinds.count[..., None] * np.where(kinds.g > 0, kinds.g * cost, 0)
    return float(weighted.sum() / kinds.count.sum())


def term(name, parameters, kinds, c):
    """Return the term of class c of a ratio's loss: the loss of that class alone."""
    alone = Kinds(kinds.count, kinds.g[..., c : c + 1], kinds.p[..., c : c + 1])
    return value(name, {**parameters, "include_background": True}, alone)


# Gradients


def norm(name, parameters, kinds):
    """Return the norm of a loss's gradient in the logits of a softmax, over all voxels."""
    total = sum(_squares(kinds, _slopes(name, LOSSES[name].complete(parameters), kinds)))
    return math.sqrt(total)


def _squares(kinds, slopes):
    """dz = p (∂L/∂p − Σ p ∂L/∂p) of each kind, squared and times its voxels."""
    p = kinds.p
    in_logits = p * (slopes - (p * slopes).sum(axis=-1, keepdims=True))
    return (kinds.count[..., None] * in_logits**2).ravel()


def _slopes(name, own, kinds):
    """Return ∂L/∂p of each kind of voxels, (sample, kind, class), pooled over each sample."""
    count, g, p = kinds.count[..., None], kinds.g, kinds.p
    if name == "cross_entropy":
        return -g / p / count.sum()
    mass, size, hits = ((count * f).sum(axis=1, keepdims=True) for f in (p, g, g * p))
    first = 0 if own["include_background"] else 1
    among = len(g) * (g.shape[-1] - first)
    if name == "dice":
        smooth_dr = own["smooth"] if own["smooth_dr"] == "smooth" else own["smooth_dr"]
        below = mass + size + smooth_dr
        slopes = -(2 * g * below - (2 * hits + own["smooth"])) / below**2 / among
    else:
        assert name == "iou"
        union = mass + size - hits + own["eps"]
        slopes = -(g * union - (hits + own["eps"]) * (1 - g)) / union**2 / among
    slopes[..., :first] = 0
    return slopes


# Losses of the whole field


def field_value(name, parameters, made, controls, classes):
    """Return the boundary or the Hausdorff loss of samples, with SciPy's distances."""
    own = LOSSES[name].complete(parameters)
    sure, hot = complete_controls(controls)["confidence"], np.eye(classes)
    first = 0 if own["include_background"] else 1
    means = []
    for sample in made:
        for c in range(first, classes):
            g = hot[sample.truth][..., c]
            p = sure * hot[sample.predicted][..., c]
            p = p + (1 - sure) / (classes - 1) * (1 - hot[sample.predicted][..., c])
            if name == "boundary":
                means.append((p * _signed(g, sample.spacing)).mean())
            else:
                away = sum(_unsigned(f > 0.5, sample.spacing) ** own["alpha"] for f in (g, p))
                means.append(((p - g) ** 2 * away).mean())
    return float(np.mean(means))


def _unsigned(mask, spacing):
    inside, outside = (ndimage.distance_transform_edt(m, spacing) for m in (mask, ~mask))
    return inside + outside


def _signed(g, spacing):
    return np.where(g > 0, min(spacing) - _unsigned(g > 0, spacing), _unsigned(g > 0, spacing))
