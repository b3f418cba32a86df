"""Float64 references for the losses of the whole field, written from the papers.

Fields are in the Keras layout, (batch, z, y, x, class). Distances are measured to every voxel of
the other side, skeletons are made of the values of neighbours, and the Lovász extension is the
difference of the losses of two sets: slow, for small fields.
"""

import itertools
from typing import Any

import numpy as np

SPACE = (1, 2, 3)
EDGES = (1.0, 1.0, 1.0)


def _masks(field):
    """Yield every sample's class as a mask, with the place that it has."""
    for sample, c in itertools.product(range(len(field)), range(field.shape[-1])):
        yield (sample, ..., c), field[sample, ..., c] > 0.5


def distances(mask, edges, counted):
    """Distance of each voxel to the nearest voxel on the other side; 0 if there is none.

    Of the voxels that count alone: the others are on neither side.
    """
    found = np.zeros(mask.shape)
    sides = mask & counted, ~mask & counted
    places = [np.argwhere(side) * edges for side in sides]
    for side, here, there in zip(sides, places, places[::-1], strict=True):
        if len(here) and len(there):
            squares = ((here[:, None] - there[None]) ** 2).sum(axis=2)
            found[side] = np.sqrt(squares.min(axis=1))
    return found


def signed_distances(g, edges, counted):
    """φ: +d outside; −(d − 1 voxel) inside; 0 for a class without boundary."""
    phi = np.zeros(g.shape)
    for place, mask in _masks(g):
        d = distances(mask, edges, counted[place[0]])
        phi[place] = np.where(mask, min(edges) - d, d) if d.any() else 0
    return phi


def _edges(spacing):
    return np.array(EDGES if isinstance(spacing, str) else spacing)


def _factors(class_weights):
    return 1.0 if class_weights == "none" else np.array(class_weights)


def _mean(field, counted):
    """The mean over classes and samples of the mean over the voxels that count."""
    means = [sample[there].mean() for sample, there in zip(field, counted, strict=True)]
    return np.mean(means)


def _boundary(g, p, counted, *, spacing, class_weights):
    phi = signed_distances(g, _edges(spacing), counted)
    return _mean(_factors(class_weights) * p * phi, counted)


def distance_weights(g, p, alpha, edges, counted):
    """d_p^α + d_g^α."""
    weights = np.zeros(g.shape)
    for field in (g, p):
        for place, mask in _masks(field):
            weights[place] += distances(mask, edges, counted[place[0]]) ** alpha
    return weights


def _hausdorff(g, p, counted, *, alpha, form, spacing, class_weights):
    weights = distance_weights(g, p, alpha, _edges(spacing), counted)
    mean = _mean(_factors(class_weights) * (p - g) ** 2 * weights, counted)
    return mean if form == "L" else np.log(1 + mean)


def _rows(field, pooling):
    """Yield (class, voxel) tables: one per sample, or one of the batch."""
    tables = np.moveaxis(field, -1, 1).reshape(len(field), field.shape[-1], -1)
    if pooling == "batch":
        return [np.concatenate(list(tables), axis=1)]
    return list(tables)


def _topk_cross_entropy(g, p, *, k, class_weights, label_smoothing, pooling):
    g = (1 - label_smoothing) * g + label_smoothing / g.shape[-1]
    surprise = np.where(g > 0, -g * np.log(np.where(g > 0, p, 1)), 0) * _factors(class_weights)
    means = []
    for table in _rows(surprise, pooling):
        voxels = np.sort(table.sum(axis=0))[::-1]
        means.append(voxels[: max(1, int(len(voxels) * k / 100))].mean())
    return np.mean(means)


def _set_loss(g, wrong):
    """1 − IoU of a prediction that is the truth but for a set of voxels."""
    union = (g | wrong).sum()
    return (g & wrong | ~g & wrong).sum() / union if union else 0.0


def lovasz(g, errors):
    """The Lovász extension of `_set_loss` for one class: Σ m (F(first k) − F(first k − 1))."""
    g, wrong, total, before = g > 0.5, np.zeros(len(g), bool), 0.0, 0.0
    for voxel in np.argsort(-errors, kind="stable"):
        wrong[voxel] = True
        now = _set_loss(g, wrong)
        total += errors[voxel] * (now - before)
        before = now
    return total


def _lovasz_softmax(g, p, *, classes, class_weights, pooling):
    means = []
    for truth, errors in zip(_rows(g, pooling), _rows(abs(g - p), pooling), strict=True):
        kept = [c for c in range(len(truth)) if classes == "all" or truth[c].any()]
        factors = np.ones(len(truth)) * _factors(class_weights)
        terms = [factors[c] * lovasz(truth[c], errors[c]) for c in kept]
        means.append(np.mean(terms) if terms else 0.0)
    return np.mean(means)


def _neighbourhood(field, offsets, pick, outside):
    padded = np.pad(field, 1, constant_values=outside)
    z, y, x = field.shape
    moved = [padded[1 + i : 1 + i + z, 1 + j : 1 + j + y, 1 + k : 1 + k + x] for i, j, k in offsets]
    return pick(moved, axis=0)


CUBE = list(itertools.product((-1, 0, 1), repeat=3))
CROSS = [offset for offset in CUBE if sum(map(abs, offset)) <= 1]


def soft_skeleton(field, iterations, counted):
    """The soft skeleton of one volume, as the paper's algorithm 1 has it.

    Voxels that do not count are like those outside.
    """

    def eroded(f):
        return _neighbourhood(np.where(counted, f, np.inf), CROSS, np.min, np.inf)

    def opened(f):
        return _neighbourhood(np.where(counted, eroded(f), -np.inf), CUBE, np.max, -np.inf)

    def positive(f):
        return np.where(counted, np.maximum(f, 0), 0)

    skeleton = positive(field - opened(field))
    for _ in range(iterations):
        field = eroded(field)
        residue = positive(field - opened(field))
        skeleton = skeleton + (1 - skeleton) * residue
    return skeleton


def _cl_dice(g, p, counted, *, iterations, smooth, class_weights, pooling):
    skeletons = []
    for field in (p, g):
        skeleton = np.zeros(field.shape)
        for place, _ in _masks(field):
            skeleton[place] = soft_skeleton(field[place], round(iterations), counted[place[0]])
        skeletons.append(skeleton)
    axes = SPACE if pooling == "sample" else (0, *SPACE)

    def share(skeleton, field):
        return (np.sum(skeleton * field, axes) + smooth) / (np.sum(skeleton, axes) + smooth)

    precision, sensitivity = share(skeletons[0], g), share(skeletons[1], p)
    terms = 1 - 2 * precision * sensitivity / (precision + sensitivity)
    return np.mean(_factors(class_weights) * terms)


LOSSES = {
    "topk_cross_entropy": _topk_cross_entropy,
    "lovasz_softmax": _lovasz_softmax,
    "boundary": _boundary,
    "hausdorff": _hausdorff,
    "cl_dice": _cl_dice,
}


def loss(name: str, values: dict[str, Any], g: Any, p: Any, counted: Any = None) -> float:
    """Return a loss of fields whose voxels have edges of 1; `values` has every parameter.

    `counted` says which voxels count, of a loss in which it matters where they are.
    """
    own = dict(values)
    if not own.pop("include_background"):
        g, p = g[..., 1:], p[..., 1:]
    if name not in ("boundary", "hausdorff", "cl_dice"):
        return float(LOSSES[name](g, p, **own))
    everywhere = np.ones(g.shape[:-1], bool)
    return float(LOSSES[name](g, p, everywhere if counted is None else counted, **own))


NO_BACKGROUND = {"include_background": False}

WEIGHTS = {"class_weights": (0.5, 2.0, 0.25)}

LOSS_SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("topk_cross_entropy", {}),
    ("topk_cross_entropy", {"k": 37.0, "pooling": "sample"}),
    ("topk_cross_entropy", {"k": 40.0, "label_smoothing": 0.25, **WEIGHTS}),
    ("topk_cross_entropy", {"k": 0.0, **NO_BACKGROUND}),
    ("topk_cross_entropy", {"k": 100.0, "pooling": "sample", **NO_BACKGROUND}),
    ("lovasz_softmax", {}),
    ("lovasz_softmax", {"pooling": "sample"}),
    ("lovasz_softmax", {"classes": "all"}),
    ("lovasz_softmax", {"classes": "all", "pooling": "sample", **NO_BACKGROUND}),
    ("lovasz_softmax", {"pooling": "sample", **WEIGHTS}),
    ("boundary", {}),
    ("boundary", WEIGHTS),
    ("boundary", {"spacing": "voxels", **NO_BACKGROUND}),
    ("boundary", {"spacing": (2.5, 0.75, 1.0)}),
    ("hausdorff", {}),
    ("hausdorff", {"alpha": 1.0, "spacing": "voxels", **NO_BACKGROUND}),
    ("hausdorff", {"form": "log(1+L)", "spacing": (2.5, 0.75, 1.0)}),
    ("hausdorff", WEIGHTS),
    ("cl_dice", {}),
    ("cl_dice", {"pooling": "sample", **WEIGHTS}),
    ("cl_dice", {"iterations": 1.0, "pooling": "sample"}),
    ("cl_dice", {"iterations": 1.75, "smooth": 0.25, **NO_BACKGROUND}),
]
"""Every loss with its defaults and with every option that changes its arithmetic."""

SETTING_IDS = [
    "-".join([name, *(f"{k}={v}" for k, v in changed.items())]) for name, changed in LOSS_SETTINGS
]
