"""Losses that need the whole field: their terms and partial derivatives."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.values import Evaluated, averaged, by_class
from lossexplorer.losses import Domain, Loss, Partials, Sums

Tensor = Any

# Values of several losses along a few response curves.
_MOST_KEPT = 1024


@dataclass(frozen=True)
class WholeField:
    """A loss of the whole field, with its partial derivatives in every voxel if requested.

    Attributes
    ----------
    evaluated : Evaluated
        The loss's numbers, without slopes.
    partials : Partials or None
        NumPy arrays of shape (sample, class, z, y, x).
    """

    evaluated: Evaluated
    partials: Partials | None


class KnownFields:
    """A cache of losses that need the whole field; the least recently used values are dropped.

    It keeps values for several values of the controls, so that computing a response curve does
    not drop the values at the current ones.
    """

    def __init__(self) -> None:
        self._evaluated: Cache[tuple[Any, ...], Evaluated] = Cache(_MOST_KEPT)
        # Only the last partials of each loss, because they take much memory.
        self._partials: dict[str, Cache[tuple[Any, ...], Partials]] = {}

    def find(
        self, setting: LossSetting, controls: Mapping[str, Any], *, gradient: bool
    ) -> WholeField | None:
        """Return the known numbers of a loss with these controls, and its partials if needed."""
        key = _key(setting, controls)
        known = self._evaluated.find(key)
        of_loss = self._partials.get(setting.name)
        partials = None if of_loss is None else of_loss.find(key)
        if known is None or (gradient and partials is None):
            return None
        return WholeField(known, partials)

    def add(self, setting: LossSetting, controls: Mapping[str, Any], known: WholeField) -> None:
        """Keep a computed loss."""
        key = _key(setting, controls)
        self._evaluated.put(key, known.evaluated)
        if known.partials is not None:
            self._partials.setdefault(setting.name, Cache(1)).put(key, known.partials)

    def drop_partials(self, loss: str) -> None:
        """Free a loss's partials, which take much memory, before new ones are computed."""
        self._partials.pop(loss, None)

    def keep_partials(self, losses: Container[str]) -> None:
        """Free the partials of all other losses: they are not shown any more."""
        self._partials = {name: of for name, of in self._partials.items() if name in losses}

    def clear(self) -> None:
        """Free everything."""
        self._evaluated.clear()
        self._partials.clear()


def _key(setting: LossSetting, controls: Mapping[str, Any]) -> tuple[Any, ...]:
    return (setting.loss, *setting.parameters.items(), *controls.items())


def _ignore_progress(_done: int, _classes: int) -> None:
    """Ignore the progress."""


def evaluate_field(
    setting: LossSetting,
    sums: Sums,
    fields: Callable[[slice], Sequence[Any]],
    shape: Sequence[int],
    domain: Domain,
    *,
    gradient: bool,
    report: Callable[[int, int], None] = _ignore_progress,
) -> WholeField:
    """Evaluate a loss on whole fields, class by class if its classes do not depend on each other.

    Parameters
    ----------
    setting : LossSetting
        The loss and its parameters.
    sums : Sums
        NumPy arrays of shape (sample, class).
    fields : callable
        Takes a slice of classes and returns truth, probabilities and their logarithms of these,
        arrays or tensors of shape (sample, those classes, z, y, x).
    shape : sequence of int
        (sample, class, z, y, x) of all classes.
    domain : Domain
        The edges of the voxels, and how many count.
    gradient : bool
        Whether to differentiate, which takes several times as much time and memory.
    report : callable
        Takes what `Progress` has: the number of classes done and of all classes.
    """
    loss, values = setting.described, setting.parameters
    classes = shape[1]
    first = 0 if values.get("include_background", True) else 1
    term_weights = backend.to_numpy(loss.term_weights(sums, values))
    weights = loss.class_factors(values)
    width = classes_together(setting, classes)
    terms: list[Any] = []
    # In the host's memory, where zeros that are never written, such as the slope of an unused
    # logarithm, take no memory; a device would hold the fields of all classes twice to join them.
    whole = Partials(*(np.zeros(shape, np.float32) for _ in range(2))) if gradient else None
    starts = range(first, classes, width)
    for done, start in enumerate(starts):
        report(done, len(starts))
        which = slice(start, start + width)
        chosen = [backend.to_device(field) for field in fields(which)]
        factor = term_weights[:, start - first : start - first + width]
        kept = weights and weights[start - first : start - first + width]
        those = {**values, "class_weights": kept} if kept else values
        # A class that does not count has no slope, also where that of its term is not finite.
        sloped = gradient and bool(factor.any()) and (not kept or any(kept))
        found, slopes = _terms(loss, those, chosen, domain, factor, gradient=sloped)
        terms.append(found)
        if whole is not None and sloped:
            for field, slope in zip((whole.p, whole.log_p), slopes, strict=True):
                _fill(field[:, which], slope)
    report(len(starts), len(starts))
    table = np.concatenate(terms, axis=1)
    value = float(np.sum(np.where(term_weights > 0, table * term_weights, 0)))
    row = averaged(*(backend.to_device(np.float64(each)) for each in (table, term_weights)))
    per_class = by_class(row, setting, classes)
    return WholeField(Evaluated(setting, value, per_class, None), whole)


def classes_together(setting: LossSetting, classes: int) -> int:
    """Return how many classes a loss needs at once: one, or all that it does not leave out.

    Parameters
    ----------
    setting : LossSetting
        A loss of the whole field.
    classes : int
        The number of classes of the sums.
    """
    loss, values = setting.described, setting.parameters
    kept = classes if values.get("include_background", True) else classes - 1
    return kept if loss.coupled or _joins_classes(loss, values, kept) else 1


def _joins_classes(loss: Loss, values: Any, classes: int) -> bool:
    """Whether a loss joins the classes in one term, with these parameters; tried on few voxels."""
    field = ops.reshape(ops.eye(classes), (1, classes, 1, 1, classes))
    terms = loss.field_terms(field, field, ops.zeros_like(field), Domain((1.0, 1.0, 1.0)), values)
    return int(terms.shape[1]) < classes


def _fill(field: NDArray[np.float32], slope: NDArray[np.float32]) -> None:
    """Write a slope into a field of zeros, unless it is all zeros."""
    if slope.any():
        field[:] = slope


def _terms(
    loss: Loss,
    values: Any,
    fields: list[Tensor],
    domain: Domain,
    factor: Any,
    *,
    gradient: bool,
) -> tuple[Any, list[NDArray[np.float32]]]:
    """Return the terms of some classes, and their slopes in p and log p, of the fields' shape."""
    g, p, log_p = fields

    def weighted(inputs: list[Tensor]) -> tuple[Tensor, Tensor]:
        terms = loss.field_terms(g, inputs[0], inputs[1], domain, values)
        return ops.sum(terms * ops.cast(factor, terms.dtype)), terms

    if not gradient:
        return backend.to_numpy(weighted([p, log_p])[1]).astype(np.float64), []
    terms, slopes = backend.eager_slopes(weighted, [p, log_p])
    return backend.to_numpy(terms).astype(np.float64), [backend.to_numpy(s) for s in slopes]
