"""The values of many conventions on one batch, whose voxels are summed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.conventions._convention import Convention
from lossexplorer.core.cache import Cache
from lossexplorer.core.parameters import Spacing
from lossexplorer.losses import Domain, Loss, Sums, infinite, standard_maps, voxel_sum

# Fields of at most this many values are summed at a time, which limits the memory needed.
_SLAB = 2**25

# The largest number of sets of own sums that are kept; the conventions need 7.
_MOST_OWN = 32

# The largest number of places that a reason names.
_NAMED = 3

Tensor = Any
MapFunction = Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]
Table = NDArray[np.float64]


@dataclass(frozen=True)
class ConventionValue:
    """The value of a convention.

    Attributes
    ----------
    value : float or None
        The value; None if the library does not support this number of classes.
    reason : str
        Why there is no finite value; empty if the value is finite.
    """

    value: float | None
    reason: str = ""


class Measured:
    """A batch whose class sums are computed once for all conventions.

    Parameters
    ----------
    truth, probabilities, logarithms : array, shape (sample, class, z, y, x)
        One-hot or soft truth, the prediction and its logarithms.
    names : tuple of str
        The classes' names.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    ignored : array of bool, shape (sample, z, y, x), or None
        The voxels that count nowhere; None if all voxels count.
    exclusive : bool
        Whether the classes exclude each other; else each has a probability of its own.
    """

    def __init__(
        self,
        truth: NDArray[np.floating],
        probabilities: NDArray[np.floating],
        logarithms: NDArray[np.floating],
        names: tuple[str, ...],
        spacing: Spacing,
        ignored: NDArray[np.bool_] | None = None,
        *,
        exclusive: bool = True,
    ) -> None:
        self._spacing, self._names = spacing, names
        self._ignored, self._exclusive = ignored, exclusive
        self._weights = None if ignored is None else (~ignored).astype(np.float32)[:, None]
        self._fields = truth, probabilities, logarithms
        self._standard = Sums(**self._summed(_standard_maps))
        self._own: Cache[tuple[Any, ...], dict[str, Table]] = Cache(_MOST_OWN)

    def outcome(self, convention: Convention) -> ConventionValue:
        """Return a convention's value, or why there is none.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If the convention's parameters do not fit the number of classes.
        """
        classes = len(self._names)
        if convention.classes not in (None, classes):
            reason = f"computes {convention.classes} classes alone, here are {classes}"
            return ConventionValue(None, reason)
        loss, values = convention.description, convention.values
        if not (self._exclusive or convention.takes_overlapping):
            return ConventionValue(None, "needs classes that exclude each other")
        sums = self._standard.with_own(self._own_sums(loss, values))
        terms = self._terms(loss, sums, values)
        term_weights = np.asarray(loss.term_weights(sums, values))
        terms = np.where(term_weights > 0, terms, 0)
        value = float(np.sum(terms * term_weights))
        reason = "" if np.isfinite(value) else self._reason(loss, terms, values)
        return ConventionValue(convention.times(terms.shape[1]) * value, reason)

    def _terms(self, loss: Loss, sums: Sums, values: dict[str, Any]) -> Table:
        from keras import ops

        if loss.kind != "field":
            return _array(loss.class_terms(sums.map(ops.convert_to_tensor), values))
        first = 0 if values.get("include_background", True) else 1
        g, p, log_p = (ops.convert_to_tensor(field[:, first:]) for field in self._fields)
        return _array(loss.field_terms(g, p, log_p, Domain(self._spacing, self._weights), values))

    def _own_sums(self, loss: Loss, values: dict[str, Any]) -> dict[str, Table]:
        """Return the sums of the loss's own maps, which are cached."""
        if loss.kind != "voxels":
            return {}
        key = (loss.name, *loss.voxel_values(values).values())
        return self._own.get(
            key, lambda: self._summed(lambda g, p, log_p: loss.voxel_maps(g, p, log_p, values))
        )

    def _summed(self, maps: MapFunction) -> dict[str, Any]:
        """Return the sums of maps over the voxels of each sample, shape (sample, class)."""
        rows = []
        for sample in range(len(self._fields[0])):
            pieces = [
                {name: _array(voxel_sum(field)) for name, field in maps(*slab).items()}
                for slab in self._slabs(sample)
            ]
            rows.append({name: sum(each[name] for each in pieces) for name in pieces[0]})
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    def _slabs(self, sample: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield truth, probabilities and logarithms in slabs, shape (1, class, voxel)."""
        from keras import ops

        depth, classes = self._fields[0].shape[2], len(self._names)
        thickness = max(1, _SLAB // self._fields[0][sample, :, 0].size)
        for start in range(0, depth, thickness):
            planes = slice(start, start + thickness)
            slabs = [field[sample, :, planes].reshape(classes, -1) for field in self._fields]
            if self._ignored is not None:
                counts = ~self._ignored[sample, planes].reshape(-1)
                slabs = [slab[:, counts] for slab in slabs]
            g, p, log_p = (ops.convert_to_tensor(slab[None]) for slab in slabs)
            yield g, p, log_p

    def _reason(self, loss: Loss, terms: Table, values: dict[str, Any]) -> str:
        """Return which operation is not finite, and where."""
        if loss.kind == "voxels":
            found = self._summed(
                lambda g, p, log_p: {"": infinite(loss.voxel_maps(g, p, log_p, values))}
            )
            if np.any(found[""]):
                return f"log 0 in {int(np.sum(found[''])):,} voxels"
        broken = ~np.isfinite(terms)
        if loss.reduction == "sum":  # its classes share a denominator
            places = [f"sample {sample}" for sample in np.flatnonzero(broken.any(axis=1))]
        else:
            places = [self._place(terms, *each) for each in np.argwhere(broken)]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        return f"{loss.operation}: {', '.join(places[:_NAMED])}{more}"

    def _place(self, terms: Table, sample: int, term: int) -> str:
        """Return the names of the class and the sample of a term, if it belongs to one."""
        names = self._names[len(self._names) - terms.shape[1] :]
        said = [names[term] if terms.shape[1] > 1 else "all classes"]
        if terms.shape[0] > 1:
            said.append(f"sample {sample}")
        return " of ".join(said)


def _standard_maps(g: Tensor, p: Tensor, log_p: Tensor) -> dict[str, Tensor]:
    del log_p
    return standard_maps(g, p)


def _array(tensor: Tensor) -> Table:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor), np.float64)
