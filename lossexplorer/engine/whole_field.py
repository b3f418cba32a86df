"""Losses that need the whole field: their terms and partial derivatives."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, MutableMapping, Sequence
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
KnownTerms = MutableMapping[tuple[int, int], NDArray[np.float64]]
"""Terms, shape (sample, some classes), by the first of these classes and their number."""

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
    not drop the values at the current ones. It keeps terms, too, which are a few numbers where
    distances, sorted errors or skeletons are as large as the volume: a loss that was interrupted
    goes on where it was, and one that differs in how the classes are put together has nothing to
    compute.
    """

    def __init__(self) -> None:
        self._evaluated: Cache[tuple[Any, ...], Evaluated] = Cache(_MOST_KEPT)
        self._terms: Cache[tuple[Any, ...], KnownTerms] = Cache(_MOST_KEPT)
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

    def terms(self, setting: LossSetting, controls: Mapping[str, Any], samples: int) -> KnownTerms:
        """Return the terms that are known of a loss with these controls, to be added to.

        Parameters
        ----------
        setting : LossSetting
            The loss and its parameters.
        controls : mapping
            The controls.
        samples : int
            How many samples there are: one by itself is pooled with no other.
        """
        taken = setting.described.field_values(setting.parameters)
        if samples == 1:
            taken.pop("pooling", None)
        key = (setting.loss, *taken.items(), *controls.items())
        return self._terms.get(key, dict)

    def drop_partials(self, loss: str) -> None:
        """Free a loss's partials, which take much memory, before new ones are computed."""
        self._partials.pop(loss, None)

    def keep_partials(self, losses: Container[str]) -> None:
        """Free the partials of all other losses: they are not shown any more."""
        self._partials = {name: of for name, of in self._partials.items() if name in losses}

    def clear(self) -> None:
        """Free everything."""
        self._evaluated.clear()
        self._terms.clear()
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
    known: KnownTerms | None = None,
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
    known : mutable mapping, optional
        The terms that need not be computed, as `KnownFields.terms` returns them; others are added.
    """
    known = {} if known is None else known
    loss, values = setting.described, setting.parameters
    classes = shape[1]
    first = 0 if values.get("include_background", True) else 1
    term_weights = backend.to_numpy(loss.term_weights(sums, values))
    counts = _slopes_of_value(loss, values, np.zeros_like(term_weights), term_weights) != 0
    width = classes_together(setting, classes)
    terms: list[NDArray[np.float64]] = []
    whole = _Slopes(shape, first) if gradient else None
    starts = range(first, classes, width)
    for done, start in enumerate(starts):
        report(done, len(starts))
        which = slice(start, start + width)
        # A class that does not count has no slope, also where that of its term is not finite.
        differentiated = gradient and bool(counts[:, start - first : which.stop - first].any())
        place = (start, width)
        if differentiated or place not in known:
            chosen = [backend.to_device(field) for field in fields(which)]
            known[place], slopes = _terms(loss, values, chosen, domain, gradient=differentiated)
            if whole is not None and slopes:
                whole.put(which, slopes)
        terms.append(known[place])
    report(len(starts), len(starts))
    separate = np.concatenate(terms, axis=1)
    if whole is not None:
        whole.weigh(_slopes_of_value(loss, values, separate, term_weights))
    table = backend.to_numpy(loss.joined_terms(backend.to_device(separate), values))
    value = float(np.sum(np.where(term_weights > 0, table * term_weights, 0)))
    row = averaged(*(backend.to_device(np.float64(each)) for each in (table, term_weights)))
    per_class = by_class(row, setting, classes)
    partials = None if whole is None else whole.partials
    return WholeField(Evaluated(setting, value, per_class, None), partials)


class _Slopes:
    """The slopes of a loss in every voxel: at first those of the terms, then those of the value.

    Parameters
    ----------
    shape : sequence of int
        (sample, class, z, y, x) of all classes.
    first : int
        The first class that the loss does not leave out.

    Attributes
    ----------
    partials : Partials
        Zeros where nothing was put.
    """

    def __init__(self, shape: Sequence[int], first: int) -> None:
        # In the host's memory, where zeros that are never written, such as the slope of an unused
        # logarithm, take no memory; a device would hold the fields of all classes twice to join
        # them.
        self.partials = Partials(*(np.zeros(shape, np.float32) for _ in range(2)))
        self._first = first
        self._written: list[tuple[NDArray[np.float32], slice]] = []

    def put(self, which: slice, slopes: Sequence[NDArray[np.float32]]) -> None:
        """Write the slopes of some classes in p and log p."""
        fields = (self.partials.p, self.partials.log_p)
        for field, slope in zip(fields, slopes, strict=True):
            if slope.any():
                field[:, which] = slope
                self._written.append((field, which))

    def weigh(self, factors: NDArray[np.float64]) -> None:
        """Multiply with the derivative of the value in each term, shape (sample, class)."""
        for field, which in self._written:
            there = slice(which.start - self._first, which.stop - self._first)
            field[:, which] *= factors[:, there, None, None, None].astype(np.float32)


def classes_together(setting: LossSetting, classes: int) -> int:
    """Return how many classes a loss needs at once: one, or all that it does not leave out.

    Parameters
    ----------
    setting : LossSetting
        A loss of the whole field.
    classes : int
        The number of classes of the sums.
    """
    kept = classes if setting.parameters.get("include_background", True) else classes - 1
    return kept if setting.described.coupled else 1


def _slopes_of_value(
    loss: Loss, values: Any, terms: NDArray[np.float64], term_weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the derivative of the value in the terms of each class, shape (sample, class)."""

    def value(inputs: list[Tensor]) -> tuple[Tensor, None]:
        return loss.value(loss.joined_terms(inputs[0], values), weights), None

    weights, separate = (backend.to_device(np.float64(each)) for each in (term_weights, terms))
    (slopes,) = backend.eager_slopes(value, [separate])[1]
    found: NDArray[np.float64] = backend.to_numpy(slopes)
    return found


def _terms(
    loss: Loss, values: Any, fields: list[Tensor], domain: Domain, *, gradient: bool
) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
    """Return the terms of some classes, and the slopes of their sum in p and log p."""
    g, p, log_p = fields

    def summed(inputs: list[Tensor]) -> tuple[Tensor, Tensor]:
        terms = loss.separate_terms(g, inputs[0], inputs[1], domain, values)
        return ops.sum(terms), terms

    if not gradient:
        return backend.to_numpy(summed([p, log_p])[1]).astype(np.float64), []
    terms, slopes = backend.eager_slopes(summed, [p, log_p])
    return backend.to_numpy(terms).astype(np.float64), [backend.to_numpy(s) for s in slopes]
