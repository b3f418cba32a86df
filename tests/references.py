"""Float64 references for the losses, written from the papers and not from the program's code.

Fields are in the Keras layout, (batch, z, y, x, class). A reference computes with the array module
that it is given: NumPy, or TensorFlow's NumPy interface, through which a gradient tape can look.
"""

from typing import Any

import numpy as np

AXES = {"sample": (1, 2, 3), "batch": (0, 1, 2, 3), "all": (0, 1, 2, 3, 4)}


def _dice(g, p, total, *, smooth, form, denominator):
    mass = p * p if denominator == "squared" else p
    ratio = (2 * total(g * p) + smooth) / (total(mass + g) + smooth)
    return 1 - ratio if form == "1-D" else -ratio


def _tversky(g, p, total, *, alpha, beta, smooth):
    hit = total(g * p) + smooth
    return 1 - hit / (hit + alpha * total((1 - g) * p) + beta * total(g * (1 - p)))


def _iou(g, p, total, *, eps):
    return 1 - (total(g * p) + eps) / (total(g + p - g * p) + eps)


def _generalized_dice(g, p, total, *, eps, weights, absent, smooth):
    size = np.asarray(total(g))  # a constant: no gradient flows through the weights
    exponent = {"square": 2, "simple": 1, "uniform": 0}[weights]
    with np.errstate(divide="ignore"):
        w = np.ones_like(size) if exponent == 0 else 1 / (size**exponent + eps)
    if absent != "as-written":
        w = np.where(size > 0, w, 0)
    if absent == "largest":
        w = np.where(size > 0, w, w.max(axis=1, keepdims=True))
    classes = range(size.shape[1])
    overlap, mass = w * total(g * p), w * total(g + p)
    numerator = 2 * sum(overlap[:, c] for c in classes) + smooth
    return 1 - numerator / (sum(mass[:, c] for c in classes) + smooth)


_RATIOS = {
    "dice": _dice,
    "tversky": _tversky,
    "iou": _iou,
    "generalized_dice": _generalized_dice,
}


def loss(name: str, values: dict[str, Any], g: Any, p: Any, xp: Any = np) -> Any:
    """Return a loss of whole fields; `values` has every parameter."""
    own = dict(values)
    if not own.pop("include_background"):
        g, p = g[..., 1:], p[..., 1:]
    if name == "cross_entropy":
        # 0 log 0 = 0; the inner `where` keeps the tape from multiplying 0 by the slope of log 0.
        surprise = xp.where(g > 0, -g * xp.log(xp.where(g > 0, p, 1.0)), 0.0)
        return xp.mean(xp.sum(surprise, 4))
    axes = AXES[own.pop("pooling")]
    groups = (-1, 1 if 4 in axes else g.shape[4])
    return xp.mean(_RATIOS[name](g, p, lambda f: xp.reshape(xp.sum(f, axes), groups), **own))


SETTINGS = [
    ("dice", {}),
    ("dice", {"smooth": 3.0, "form": "-D", "include_background": False}),
    ("dice", {"denominator": "squared", "smooth": 0.1}),
    ("dice", {"pooling": "batch"}),
    ("dice", {"pooling": "all", "denominator": "squared", "include_background": False}),
    ("generalized_dice", {}),
    ("generalized_dice", {"pooling": "sample", "weights": "simple", "absent": "largest"}),
    ("generalized_dice", {"absent": "ignore", "eps": 0.0, "smooth": 0.2}),
    ("generalized_dice", {"weights": "uniform", "include_background": False}),
    ("generalized_dice", {"absent": "largest", "eps": 7.0, "pooling": "all"}),
    ("tversky", {}),
    ("tversky", {"alpha": 1.5, "beta": 0.2, "smooth": 2.0, "include_background": False}),
    ("tversky", {"alpha": 0.7, "beta": 0.3, "pooling": "batch"}),
    ("tversky", {"pooling": "all"}),
    ("iou", {}),
    ("iou", {"eps": 4.0, "include_background": False}),
    ("iou", {"eps": 0.0, "pooling": "batch"}),
    ("iou", {"pooling": "all"}),
    ("cross_entropy", {}),
    ("cross_entropy", {"include_background": False}),
]
"""Every loss with its defaults and with every option that changes its arithmetic."""

SETTING_IDS = [
    "-".join([name, *(f"{k}={v}" for k, v in given.items())]) for name, given in SETTINGS
]


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
