"""Float64 references for the losses, written from the papers and not from the program's code.

Fields are in the Keras layout, (batch, z, y, x, class). A reference computes with the array module
that it is given: NumPy, or TensorFlow's NumPy interface, through which a gradient tape can look.
"""

import itertools
from typing import Any

import numpy as np
import pytest

SPACE = (1, 2, 3)
GROUPS = {"sample": SPACE, "batch": (0, *SPACE), "all": (0, *SPACE, 4)}


class Fields:
    """Truth and prediction, with sums over the groups of voxels that one ratio is made of.

    A total has the shape (group, class): of samples or of the batch, and of classes or of all.
    """

    def __init__(self, g, p, xp, pooling="sample"):
        self.g, self.p, self.xp, self._axes = g, p, xp, GROUPS[pooling]
        self.size = self.total(g)

    def total(self, field):
        classes = 1 if 4 in self._axes else field.shape[4]
        return self.xp.reshape(self.xp.sum(field, self._axes), (-1, classes))

    def hits(self):
        return self.total(self.g * self.p)

    def false_positives(self):
        return self.total((1 - self.g) * self.p)

    def false_negatives(self):
        return self.total(self.g * (1 - self.p))

    def correct_rejections(self):
        return self.total((1 - self.g) * (1 - self.p))

    def quotient(self, above, below, absent):
        """above / below; of an absent class a constant, if `absent` is not as written."""
        if absent == "as-written":
            return above / below
        present = np.asarray(self.size) > 0
        return self.xp.where(present, above, 1.0) / self.xp.where(present, below, 1.0)

    def kept(self, terms, absent):
        return terms if absent == "as-written" else terms * (np.asarray(self.size) > 0)


def _mean(f, terms, class_weights):
    """The mean over samples and classes of the terms times the weights of the classes."""
    return f.xp.mean(terms if class_weights == "none" else terms * np.array(class_weights))


def _denominator(smooth, smooth_dr):
    return smooth if smooth_dr == "smooth" else smooth_dr


def _dice_coefficient(f, smooth, smooth_dr, absent="as-written", denominator="linear"):
    mass = f.p * f.p if denominator == "squared" else f.p
    below = f.total(mass + f.g) + _denominator(smooth, smooth_dr)
    return f.quotient(2 * f.hits() + smooth, below, absent)


def _dice(f, *, smooth, smooth_dr, form, denominator, absent, class_weights):
    ratio = _dice_coefficient(f, smooth, smooth_dr, absent, denominator)
    terms = f.kept(1 - ratio if form == "1-D" else -ratio, absent)
    return _mean(f, terms, class_weights)


def _log_dice(f, *, smooth, smooth_dr, class_weights):
    return _mean(f, -f.xp.log(_dice_coefficient(f, smooth, smooth_dr)), class_weights)


def _log_cosh_dice(f, *, smooth, smooth_dr, class_weights):
    terms = f.xp.log(f.xp.cosh(1 - _dice_coefficient(f, smooth, smooth_dr)))
    return _mean(f, terms, class_weights)


def _tversky_index(f, alpha, beta, smooth, smooth_dr="smooth", absent="as-written"):
    below = f.hits() + alpha * f.false_positives() + beta * f.false_negatives()
    return f.quotient(f.hits() + smooth, below + _denominator(smooth, smooth_dr), absent)


def _tversky(f, *, alpha, beta, smooth, smooth_dr, absent, class_weights):
    terms = f.kept(1 - _tversky_index(f, alpha, beta, smooth, smooth_dr, absent), absent)
    return _mean(f, terms, class_weights)


def _focal_tversky(f, *, alpha, beta, exponent, smooth, smooth_dr, absent, class_weights):
    index = _tversky_index(f, alpha, beta, smooth, smooth_dr, absent)
    # A constant index of 1 has no slope, whatever that of the power is.
    present = (np.asarray(f.size) > 0) | (absent == "as-written")
    terms = f.xp.where(present, f.xp.where(present, 1 - index, 1.0) ** exponent, 0.0)
    return _mean(f, terms, class_weights)


def _f_beta(f, *, beta, smooth, absent, class_weights):
    # Of smooth: it is added to I / (I + α FP + β FN), whose (1 + β²)-fold the F-score's sums are.
    hits, square = f.hits(), beta**2
    above = (1 + square) * (hits + smooth)
    below = hits + f.false_positives() + square * (hits + f.false_negatives())
    terms = f.kept(1 - f.quotient(above, below + (1 + square) * smooth, absent), absent)
    return _mean(f, terms, class_weights)


def _iou(f, *, eps, absent, class_weights):
    union = f.total(f.g + f.p - f.g * f.p)
    terms = f.kept(1 - f.quotient(f.hits() + eps, union + eps, absent), absent)
    return _mean(f, terms, class_weights)


def _mcc(f, *, eps, class_weights):
    cells = (f.hits(), f.correct_rejections(), f.false_positives(), f.false_negatives())
    tp, tn, fp, fn = (cell + eps for cell in cells)
    # The form of predicted and true sizes: (N TP − P G) / √(P (N − P) G (N − G)).
    count, mass, size = tp + tn + fp + fn, tp + fp, tp + fn
    root = f.xp.sqrt(mass * (count - mass) * size * (count - size))
    return _mean(f, 1 - (count * tp - mass * size) / root, class_weights)


def _sensitivity_specificity(f, *, sensitivity, smooth, class_weights):
    square = (f.g - f.p) ** 2
    count = f.total(f.xp.ones_like(f.g))
    misses = f.total(f.g * square) / (f.size + smooth)
    false_alarms = f.total((1 - f.g) * square) / (count - f.size + smooth)
    return _mean(f, sensitivity * misses + (1 - sensitivity) * false_alarms, class_weights)


def _generalized_dice(f, *, eps, weights, class_weights, absent, ratio, floor, smooth):
    size = np.asarray(f.size)  # a constant: no gradient flows through the weights
    if ratio == "per-class":
        size = size.sum(axis=0, keepdims=True)
    exponent = {"square": 2, "simple": 1, "uniform": 0}[weights]
    with np.errstate(divide="ignore"):
        w = np.ones_like(size) if exponent == 0 else 1 / (size**exponent + eps)
    if absent != "as-written":
        w = np.where(size > 0, w, 0)
    if absent == "largest":
        w = np.where(size > 0, w, w.max(axis=1, keepdims=True))
    if class_weights != "none":
        w = w * np.array(class_weights)
    overlap, mass = f.hits(), f.total(f.g + f.p)
    if floor:
        mass = f.xp.maximum(mass, floor)
    if ratio == "per-class":
        # 1 − D of each class, where a floor lifts D's denominator, and with it what 1 − D lacks.
        lost = (mass - 2 * overlap) / (mass + smooth)
        return f.xp.mean(f.xp.sum(w * lost, 1) / w.sum(axis=1))
    numerator = 2 * f.xp.sum(w * overlap, 1) + smooth
    return f.xp.mean(1 - numerator / (f.xp.sum(w * mass, 1) + smooth))


def _noise_robust_dice(f, *, exponent, eps, class_weights):
    error = f.total(f.xp.abs(f.p - f.g) ** exponent)
    terms = error / (f.total(f.p * f.p) + f.total(f.g * f.g) + eps)
    return _mean(f, terms, class_weights)


def distance_table(distances, classes):
    """M[l, c], the distance of the predicted class l from the true class c."""
    if distances == "uniform":
        return 1 - np.eye(classes)
    if distances == "ordinal":
        return abs(np.subtract.outer(np.arange(classes), np.arange(classes))) / (classes - 1)
    return np.array(distances)


def _wasserstein_dice(f, *, distances, smooth, class_weights):
    table = distance_table(distances, f.g.shape[4])
    # The transport from a voxel's probabilities to its true class: W = Σ_l M[l, g] p_l.
    transport = sum(
        f.g[..., true] * f.p[..., said] * table[said, true]
        for true, said in itertools.product(range(len(table)), repeat=2)
    )
    on_objects = 1 - f.g[..., 0]
    error = f.total(transport[..., None])[:, 0]
    overlap = f.total((on_objects * (1 - transport))[..., None])[:, 0]
    if class_weights == "none":
        return f.xp.mean(1 - (2 * overlap + smooth) / (2 * overlap + error + smooth))
    # What the mass of each predicted class has to travel, over the same denominator.
    moved = [
        f.total(sum(f.g[..., c] * f.p[..., said] * row[c] for c in range(len(row)))[..., None])
        for said, row in enumerate(table)
    ]
    paid = sum(w * each[:, 0] for w, each in zip(class_weights, moved, strict=True))
    return f.xp.mean(paid / (2 * overlap + error + smooth))


def weights_of_classes(rule, g):
    """Weights of the classes from the truth of a batch, by the rules of the literature."""
    if isinstance(rule, tuple):
        return np.array(rule)
    g = np.asarray(g)
    sizes = g.sum(axis=SPACE)
    classes, voxels = g.shape[4], np.prod(g.shape[1:4])
    if rule == "none":
        return np.ones(classes)
    with np.errstate(divide="ignore", invalid="ignore"):
        if rule == "inverse-frequency":
            found = len(g) * voxels / sizes.sum(axis=0)
        else:  # Eigen & Fergus: of the images in which the class is present
            frequency = sizes.sum(axis=0) / (voxels * (sizes > 0).sum(axis=0))
            found = np.median(frequency[sizes.sum(axis=0) > 0]) / frequency
    return np.where(sizes.sum(axis=0) > 0, found, 0)


def surprise(g, p, xp):
    """−g log p with 0 log 0 = 0, for the tape, too: 0 must not meet the slope of log 0."""
    return xp.where(g > 0, -g * xp.log(xp.where(g > 0, p, 1.0)), 0.0)


def _over_voxels(xp, field, over_classes):
    mean = xp.mean(xp.sum(field, 4))
    return mean / field.shape[4] if over_classes == "mean" else mean


def smoothed(g, label_smoothing, classes=None):
    """The truth of smoothed labels; without smoothing the truth itself."""
    return g if not label_smoothing else g + label_smoothing * (1 / (classes or g.shape[-1]) - g)


def _cross_entropy(f, *, class_weights, label_smoothing, normalization, channels, over_classes):
    w = weights_of_classes(class_weights, f.g)
    truth = smoothed(f.g, label_smoothing, 2 if channels == "independent" else None)
    field = w * surprise(truth, f.p, f.xp)
    if channels == "independent":
        field = field + w * surprise(1 - truth, 1 - f.p, f.xp)
    mean = _over_voxels(f.xp, field, over_classes)
    if normalization == "voxels":
        return mean
    if channels == "independent":
        return mean / np.sum(w * np.ones(f.g.shape[4]))
    return mean / np.mean(np.sum(w * np.asarray(f.g), axis=4))


def _focused(g, p, gamma, xp):
    """−g (1 − p)^γ log p; its slope at p = 1, where γ > 0, is the limit: 0."""
    if gamma == 0:
        return surprise(g, p, xp)
    unsure = (np.asarray(g) > 0) & (np.asarray(p) < 1)
    q = xp.where(unsure, p, 0.5)
    return xp.where(unsure, -g * (1 - q) ** gamma * xp.log(q), 0.0)


def _focal(f, *, gamma, alpha, channels, class_weights, label_smoothing, over_classes):
    a = 1.0 if alpha == "none" else np.array(alpha)
    g = smoothed(f.g, label_smoothing, 2 if channels == "independent" else None)
    field = a * _focused(g, f.p, gamma, f.xp)
    if channels == "independent":
        rest = 1.0 if alpha == "none" else 1 - a
        field = field + rest * _focused(1 - g, 1 - f.p, gamma, f.xp)
    if class_weights != "none":
        field = field * np.array(class_weights)
    return _over_voxels(f.xp, field, over_classes)


def _generalized_cross_entropy(f, *, q, class_weights):
    p = f.xp.where(f.g > 0, f.p, 1.0)
    w = 1.0 if class_weights == "none" else np.array(class_weights)
    return f.xp.mean(f.xp.sum(w * f.g * (1 - p**q) / q, 4))


def _unified_focal(f, *, form, weight, delta, gamma, smooth, class_weights):
    index = _tversky_index(f, 1 - delta, delta, smooth)
    classes = f.g.shape[4]
    entropies, overlaps = [], []
    for c in range(classes):
        g, p = f.g[..., c : c + 1], f.p[..., c : c + 1]
        # Asymmetric: the background's cross-entropy is focused, the objects' Tversky loss is.
        focused_entropy = form == "symmetric" or c == 0
        focused_overlap = form == "symmetric" or c > 0
        entropy = _focused(g, p, gamma if focused_entropy else 0, f.xp)
        count = f.total(f.xp.ones_like(g))[:, 0]
        entropies.append((1 - delta if c == 0 else delta) * f.total(entropy)[:, 0] / count)
        overlaps.append((1 - index[:, c]) ** (1 - gamma if focused_overlap else 1))
    factors = np.ones(classes) if class_weights == "none" else class_weights
    entropies, overlaps = (
        [w * each for w, each in zip(factors, terms, strict=True) if w]
        for terms in (entropies, overlaps)
    )
    both = ((weight, sum(entropies)), (1 - weight, sum(overlaps) / classes))
    return f.xp.mean(sum(factor * mean for factor, mean in both if factor))


LOSSES = {
    "dice": _dice,
    "log_dice": _log_dice,
    "log_cosh_dice": _log_cosh_dice,
    "noise_robust_dice": _noise_robust_dice,
    "generalized_dice": _generalized_dice,
    "wasserstein_dice": _wasserstein_dice,
    "tversky": _tversky,
    "focal_tversky": _focal_tversky,
    "f_beta": _f_beta,
    "iou": _iou,
    "mcc": _mcc,
    "sensitivity_specificity": _sensitivity_specificity,
    "cross_entropy": _cross_entropy,
    "focal": _focal,
    "generalized_cross_entropy": _generalized_cross_entropy,
    "unified_focal": _unified_focal,
}
"""The references of the losses of sums and voxels, by name."""


def loss(name: str, values: dict[str, Any], g: Any, p: Any, xp: Any = np) -> Any:
    """Return a loss of whole fields; `values` has every parameter."""
    own = dict(values)
    if not own.pop("include_background", True):
        g, p = g[..., 1:], p[..., 1:]
    return LOSSES[name](Fields(g, p, xp, own.pop("pooling", "sample")), **own)


WEIGHTS = (0.5, 2.0, 0.25)
NO_BACKGROUND = {"include_background": False}
TABLE = (
    (0.0, 1.0, 0.5),
    (0.75, 0.0, 0.25),
    (1.0, 0.125, 0.0),
)  # not symmetric: M[l, g], not M[g, l]

LOSS_SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("dice", {}),
    ("dice", {"smooth": 3.0, "form": "-D", **NO_BACKGROUND}),
    ("dice", {"denominator": "squared", "smooth": 0.125, "smooth_dr": 2.0}),
    ("dice", {"pooling": "batch", "class_weights": (0.5, 2.0, 0.0)}),
    ("dice", {"pooling": "all", "denominator": "squared", **NO_BACKGROUND}),
    ("dice", {"absent": "zero", "form": "-D", "smooth": 0.0, "smooth_dr": 0.5}),
    ("log_dice", {}),
    ("log_dice", {"smooth": 2.0, "smooth_dr": 1.0, "pooling": "batch", **NO_BACKGROUND}),
    ("log_cosh_dice", {}),
    ("log_cosh_dice", {"smooth": 2.0, "smooth_dr": 1.0, "pooling": "all", **NO_BACKGROUND}),
    ("noise_robust_dice", {}),
    ("noise_robust_dice", {"exponent": 1.0, "eps": 2.0, "pooling": "batch"}),
    ("noise_robust_dice", {"exponent": 2.0, "pooling": "all", **NO_BACKGROUND}),
    ("generalized_dice", {}),
    ("generalized_dice", {"pooling": "sample", "weights": "simple", "absent": "largest"}),
    ("generalized_dice", {"absent": "ignore", "eps": 0.0, "smooth": 0.25}),
    ("generalized_dice", {"weights": "uniform", **NO_BACKGROUND}),
    ("generalized_dice", {"absent": "largest", "eps": 7.0, "pooling": "all"}),
    ("generalized_dice", {"ratio": "per-class", "smooth": 1.0, "pooling": "sample"}),
    ("generalized_dice", {"floor": 50.0, "weights": "simple"}),
    ("wasserstein_dice", {}),
    ("wasserstein_dice", {"distances": "ordinal", "smooth": 1.0}),
    ("wasserstein_dice", {"distances": TABLE, "pooling": "batch"}),
    ("tversky", {}),
    ("tversky", {"alpha": 1.5, "beta": 0.25, "smooth": 2.0, **NO_BACKGROUND}),
    ("tversky", {"alpha": 0.75, "beta": 0.25, "pooling": "batch", "smooth_dr": 1.0}),
    ("tversky", {"pooling": "all"}),
    ("tversky", {"absent": "zero", "smooth": 1.0, "smooth_dr": 0.5}),
    ("focal_tversky", {}),
    ("focal_tversky", {"exponent": 2.0, "smooth": 1.0, "smooth_dr": 1.5, **NO_BACKGROUND}),
    ("focal_tversky", {"alpha": 0.5, "beta": 1.0, "absent": "zero", "pooling": "batch"}),
    ("f_beta", {}),
    ("f_beta", {"beta": 0.5, "smooth": 1.0, "pooling": "batch", **NO_BACKGROUND}),
    ("f_beta", {"beta": 2.0, "absent": "zero", "smooth": 0.0}),
    ("iou", {}),
    ("iou", {"eps": 4.0, **NO_BACKGROUND}),
    ("iou", {"eps": 0.0, "pooling": "batch", "absent": "zero"}),
    ("iou", {"pooling": "all"}),
    ("mcc", {}),
    ("mcc", {"eps": 2.0, "pooling": "batch", **NO_BACKGROUND}),
    ("mcc", {"pooling": "all"}),
    ("sensitivity_specificity", {}),
    ("sensitivity_specificity", {"sensitivity": 0.5, "smooth": 3.0, **NO_BACKGROUND}),
    ("sensitivity_specificity", {"pooling": "batch"}),
    ("cross_entropy", {}),
    ("cross_entropy", NO_BACKGROUND),
    ("cross_entropy", {"class_weights": (0.5, 2.0, 1.0), "over_classes": "mean"}),
    ("cross_entropy", {"class_weights": (0.25, 4.0, 1.0), "normalization": "weights"}),
    ("cross_entropy", {"class_weights": "inverse-frequency"}),
    ("cross_entropy", {"class_weights": "median-frequency", "normalization": "weights"}),
    ("cross_entropy", {"class_weights": "median-frequency", **NO_BACKGROUND}),
    ("cross_entropy", {"channels": "independent", "over_classes": "mean"}),
    (
        "cross_entropy",
        {
            "channels": "independent",
            "class_weights": (0.25, 4.0, 1.0),
            "normalization": "weights",
        },
    ),
    ("focal", {}),
    ("focal", {"gamma": 0.5, "alpha": (0.25, 1.0, 0.5), "over_classes": "mean"}),
    ("focal", {"gamma": 0.0, "alpha": 0.25, **NO_BACKGROUND}),
    ("focal", {"channels": "independent", "gamma": 1.0}),
    ("focal", {"channels": "independent", "alpha": 0.25, "over_classes": "mean"}),
    ("focal", {"channels": "independent", "alpha": (0.25, 0.75, 0.5)}),
    ("generalized_cross_entropy", {}),
    ("generalized_cross_entropy", {"q": 1.0}),
    ("generalized_cross_entropy", {"q": 0.25, **NO_BACKGROUND}),
    ("unified_focal", {}),
    ("unified_focal", {"form": "symmetric", "delta": 0.75, "gamma": 0.25, "smooth": 1.0}),
    ("unified_focal", {"weight": 0.25, "gamma": 0.75, "pooling": "batch"}),
    ("unified_focal", {"weight": 0.0, "gamma": 0.0}),
    ("unified_focal", {"weight": 1.0}),
]
"""Every loss with its defaults and with every option that changes its arithmetic.

What is one number per class, or a table of them, fits three classes.
"""

LOSS_SETTINGS += [
    (name, {"class_weights": WEIGHTS, **more})
    for name, more in (
        ("log_dice", {}),
        ("log_cosh_dice", {"pooling": "batch"}),
        ("noise_robust_dice", {}),
        ("generalized_dice", {"eps": 3.0}),
        ("generalized_dice", {"ratio": "per-class", "smooth": 1.0}),
        ("wasserstein_dice", {"smooth": 1.0}),
        ("tversky", {}),
        ("focal_tversky", {"exponent": 2.0}),
        ("f_beta", {}),
        ("iou", {}),
        ("mcc", {}),
        ("sensitivity_specificity", {}),
        ("focal", {"label_smoothing": 0.25}),
        ("generalized_cross_entropy", {}),
        ("unified_focal", {}),
        ("cross_entropy", {"label_smoothing": 0.125, "normalization": "weights"}),
    )
]
LOSS_SETTINGS += [
    ("cross_entropy", {"label_smoothing": 0.1}),
    ("cross_entropy", {"label_smoothing": 0.25, "over_classes": "mean", **NO_BACKGROUND}),
    ("focal", {"channels": "independent", "label_smoothing": 0.5, "alpha": 0.25}),
]

SETTING_IDS = [
    "-".join([name, *(f"{k}={v}" for k, v in changed.items())]) for name, changed in LOSS_SETTINGS
]


def farthest(loss_settings: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return one setting of each loss: the one of most parameters."""
    found: dict[str, dict[str, Any]] = {}
    for name, changed in loss_settings:
        if name not in found or len(changed) > len(found[name]):
            found[name] = changed
    return list(found.items())


def others_slow(loss_settings: list[tuple[str, dict[str, Any]]], ids: list[str]) -> list[Any]:
    """Return the loss settings as a test's parameters, all but one of each loss marked slow."""
    quick = farthest(loss_settings)
    return [
        pytest.param(*each, id=name, marks=() if each in quick else pytest.mark.slow)
        for each, name in zip(loss_settings, ids, strict=True)
    ]


def fitted(changed: dict[str, Any], classes: int) -> dict[str, Any]:
    """Return parameters with their rows and tables fitted to a number of classes."""
    kept = classes - (not changed.get("include_background", True))

    def fit(value):
        if not isinstance(value, tuple):
            return value
        return tuple(fit(value[index % len(value)]) for index in range(kept))

    return {k: value if k == "spacing" else fit(value) for k, value in changed.items()}


def one_hot(labels: Any, classes: int) -> np.ndarray:
    return np.eye(classes)[np.asarray(labels)]


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def random_labels(rng, shape, classes, absent=False):
    """Labels in which every class occurs, or every class but the last."""
    present = classes - absent
    labels = rng.integers(0, present, shape)
    labels.reshape(shape[0], -1)[:, :present] = np.arange(present)
    return labels


def random_fields(seed, classes, batch=1, shape=(3, 4, 5), absent=False):
    """One-hot truth and the logits of a soft prediction."""
    rng = np.random.default_rng(seed)
    labels = random_labels(rng, (batch, *shape), classes, absent)
    return one_hot(labels, classes), rng.normal(0, 2, (batch, *shape, classes))


def confused_fields(seed, classes, batch=1, shape=(3, 4, 5), absent=False):
    """One-hot truth and a one-hot prediction in which every present class has hits."""
    rng = np.random.default_rng(seed)
    labels = random_labels(rng, (batch, *shape), classes, absent)
    wrong = rng.random(labels.shape) < 0.4
    wrong.reshape(batch, -1)[:, :classes] = False
    other = np.where(wrong, rng.integers(0, classes, labels.shape), labels)
    return one_hot(labels, classes), one_hot(other, classes)
