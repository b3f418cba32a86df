"""One sample's way from labels to what is fused: each stage is kept until its controls change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.predictions import (
    DEGRADATIONS,
    FAR,
    Degradation,
    Grid,
    Recipe,
    Values,
    at_stage,
    class_scores,
    follow,
    recipe,
    tensors,
)

Tensor = Any
Labels = NDArray[np.unsignedinteger]
Margins = tuple[int, int, int]
Box = tuple[Any, ...]
"""An index of a part of the volume, (z, y, x)."""

# The prediction of a whole volume is made in slabs of at most this many scores: what is needed in
# between is several times as large.
_SLAB = 2**25


@dataclass(frozen=True)
class Presented:
    """A sample as the losses see it: arrays to take parts of, and what to do in each voxel.

    Attributes
    ----------
    recipe : Recipe
        What to do.
    values : mapping
        The controls as tensors, by degradation.
    source : tensor, shape (class, z, y, x)
        Scores in mm, or probabilities.
    labels : tensor of unsigned int, shape (z, y, x)
        Class indices of the truth.
    noise : mapping of str to tensor, shape (k, z, y, x)
        Random fields, by degradation.
    rim : tensor of unsigned int, shape (z, y, x), or None
        What a share of the truth is instead.
    rim_share : float
        That share.
    margins : tuple of int
        How many planes (z, y, x) were added at both ends, negative if they were taken away.
    """

    recipe: Recipe
    values: Mapping[str, Mapping[str, Tensor]]
    source: Tensor
    labels: Tensor
    noise: Mapping[str, Tensor]
    rim: Tensor | None
    rim_share: float
    margins: Margins

    @property
    def shape(self) -> tuple[int, int, int]:
        """The lengths of the axes (z, y, x)."""
        z, y, x = (int(length) for length in self.labels.shape)
        return z, y, x

    def voxels(self, box: Box, *, flat: bool = False) -> dict[str, Any]:
        """Return what the fused functions take of a part of the volume.

        Parameters
        ----------
        box : tuple
            Indices or slices of (z, y, x).
        flat : bool
            Whether to make one axis of the part's.
        """

        def part(array: Tensor) -> Tensor:
            piece = array[(slice(None), *box)]
            return ops.reshape(piece, (int(piece.shape[0]), -1)) if flat else piece

        def indices(labels: Tensor) -> Tensor:
            return ops.reshape(labels[box], (-1,)) if flat else labels[box]

        found: dict[str, Any] = {
            "source": part(self.source),
            "labels": indices(self.labels),
            "noise": {name: part(field) for name, field in self.noise.items()},
        }
        if self.rim is not None:
            found["rim"] = indices(self.rim)
            found["rim_share"] = backend.to_device(np.float32(self.rim_share))
        return found

    def slabs(self) -> list[Box]:
        """Return parts of whole z planes, together the volume, of a bounded size each."""
        depth, rows, columns = self.shape
        step = max(1, _SLAB // (rows * columns * int(self.source.shape[0])))
        return [(slice(z, min(z + step, depth)),) for z in range(0, depth, step)]


def predicted(
    chosen: Recipe, values: Any, voxels: Mapping[str, Any]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return truth, probabilities and their logarithms of a part of a volume.

    Parameters
    ----------
    chosen, values
        As in `Presented`.
    voxels : mapping
        What `Presented.voxels` returned.
    """
    p, log_p = follow(chosen, voxels["source"], values, voxels["noise"])
    g = one_hot(voxels["labels"], p)
    if "rim" in voxels:
        share = voxels["rim_share"]
        g = (1 - share) * g + share * one_hot(voxels["rim"], p)
    return g, p, log_p


def one_hot(labels: Tensor, p: Tensor) -> Tensor:
    """Return the one-hot truth of class indices, shaped and typed like the probabilities `p`."""
    classes = ops.reshape(ops.arange(p.shape[0], dtype="int32"), [-1] + [1] * (len(p.shape) - 1))
    return ops.cast(ops.cast(labels, "int32")[None] == classes, p.dtype)


class Simulation:
    """One sample and its prediction, simulated or given.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        Of the volume.
    given : array, optional
        A prediction instead of a simulated one: class indices, shape (z, y, x), or float32
        probabilities, shape (class, z, y, x).
    """

    def __init__(self, labels: Labels, grid: Grid, given: NDArray[Any] | None = None) -> None:
        self._labels, self._grid = labels, grid
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._given = None if given is None else backend.to_device(_probabilities(given, grid))
        if given is None:
            self._scores(labels, ())  # what takes longest is done when the volume is loaded

    def present(self, values: Values) -> Presented:
        """Return the sample with the controls' values.

        Raises
        ------
        lossexplorer.parameters.ParameterError
            If a value does not fit the classes.
        """
        source, simulated, key = self._source(values)
        chosen = recipe(values, simulated=simulated)
        made = tensors(chosen, values, self._grid)
        margins = self._margins(values)
        beyond = (FAR, -FAR) if simulated else (1.0, 0.0)
        return Presented(
            recipe=chosen,
            values={
                name: {key: backend.to_device(array) for key, array in arrays.items()}
                for name, arrays in made.items()
            },
            source=self._keep("extent", (key, margins), lambda: _extended(source, margins, beyond)),
            labels=self._keep(
                "extended labels", margins, lambda: _extended_labels(self._labels, margins)
            ),
            noise={
                name: _extended(field, margins, (0.0, 0.0))
                for name, field in self._noise(chosen, values).items()
            },
            rim=self._rim(values, margins),
            rim_share=values["rim_share"],
            margins=margins,
        )

    def _keep(self, stage: str, key: Any, make: Callable[[], Any]) -> Any:
        """Return what a stage made, made anew if what it depends on has changed."""
        known = self._kept.get(stage)
        if known is None or known[0] != key:
            self._kept.pop(stage, None)  # the old one makes room before the new one is there
            self._kept[stage] = known = (key, make())
        return known[1]

    def _source(self, values: Values) -> tuple[Tensor, bool, Any]:
        """Return scores or probabilities, whether they are scores, and what they depend on."""
        smoothing = _values_of(_active("field", values), values)
        if self._given is not None:
            given = self._given
            return self._smoothed(lambda: given, smoothing, values), False, smoothing
        placed, key = self._placed(values)
        if not smoothing:
            return placed, True, key
        before = [e for stage in ("fused scores", "decision") for e in _active(stage, values)]
        key = (key, _values_of(before, values), smoothing)
        return self._smoothed(lambda: self._decided(placed, values), key, values), False, key

    def _placed(self, values: Values) -> tuple[Tensor, Any]:
        key: Any = _values_of(_active("labels", values), values)
        labels = self._keep("labels", key, lambda: self._degraded(values))
        scores = self._scores(labels, key)
        for each in _active("scores", values):
            key = (key, each.name, _values_of([each], values))
            scores = self._keep(each.name, key, partial(each.apply, scores, self._grid, values))
        return scores, key

    def _degraded(self, values: Values) -> Labels:
        labels = self._labels
        for each in _active("labels", values):
            labels = each.apply(labels, self._grid, values)
        return labels

    def _scores(self, labels: Labels, key: Any) -> Tensor:
        grid = self._grid
        return self._keep(
            "distances",
            key,
            lambda: backend.to_device(class_scores(labels, grid.classes, grid.spacing)),
        )

    def _decided(self, scores: Tensor, values: Values) -> Tensor:
        """Return the probabilities of the whole volume before anything acts on them."""
        chosen = recipe(values, simulated=True)
        chosen = Recipe(chosen.before, chosen.hard, ())
        arrays = tensors(chosen, values, self._grid)
        noise = self._noise(chosen, values)
        parts = []
        for z in range(int(scores.shape[1])):
            plane = {name: field[:, z] for name, field in noise.items()}
            parts.append(backend.to_numpy(follow(chosen, scores[:, z], arrays, plane)[0]))
        return np.stack(parts, axis=1)

    def _smoothed(self, make: Callable[[], Any], key: Any, values: Values) -> Tensor:
        """Return the probabilities that `make` returns, after what acts on whole fields."""
        active = _active("field", values)
        if not active:
            return make()

        def smoothed() -> Tensor:
            p = np.asarray(backend.to_numpy(make()))
            for each in active:
                p = each.apply(p, self._grid, values)
            return backend.to_device(p)

        return self._keep("smoothed", key, smoothed)

    def _noise(self, chosen: Recipe, values: Values) -> dict[str, Tensor]:
        found = {}
        for name, _ in chosen.steps:
            each = DEGRADATIONS[name]
            make = each.noise
            if make is not None:
                key = tuple(values[control] for control in each.noise_controls)
                found[name] = self._keep(
                    f"noise {name}",
                    key,
                    partial(self._random_field, make, values),
                )
        return found

    def _random_field(self, make: Callable[..., Any], values: Values) -> Tensor:
        return backend.to_device(make(self._labels.shape, self._grid, values))

    def rim(self, values: Values) -> Labels | None:
        """Return what a share of the truth is instead, shape (z, y, x); None if nothing is."""
        active = _active("truth", values)
        if not active:
            return None

        def made() -> Labels:
            labels = self._labels
            for each in active:
                labels = each.apply(labels, self._grid, values)
            return labels

        labels: Labels = self._keep("rim", values["rim"], made)
        return labels

    def _rim(self, values: Values, margins: Margins) -> Tensor | None:
        rim = self.rim(values)
        if rim is None:
            return None

        return self._keep(
            "extended rim",
            (values["rim"], margins),
            lambda: _extended_labels(rim, margins),
        )

    def _margins(self, values: Values) -> Margins:
        margins: Margins = (0, 0, 0)
        for each in _active("extent", values):
            margins = each.apply(self._labels.shape, self._grid, values)
        return margins


def _active(stage: Any, values: Values) -> list[Degradation]:
    return [each for each in at_stage(stage) if not each.idle(values)]


def _values_of(degradations: list[Degradation], values: Values) -> tuple[Any, ...]:
    return tuple(values[control.name] for each in degradations for control in each.controls)


def _probabilities(given: NDArray[Any], grid: Grid) -> NDArray[np.float32]:
    if given.ndim == 4:
        return given
    return np.stack([given == index for index in range(grid.classes)]).astype(np.float32)


def _extended_labels(labels: Labels, margins: Margins) -> Tensor:
    """Return labels with background planes added, or planes taken away, at both ends."""
    if not any(margins):
        return backend.to_device(labels)
    return backend.to_device(np.pad(labels[_kept(margins)], _added(margins)))


def _extended(field: Tensor, margins: Margins, beyond: tuple[float, float]) -> Tensor:
    """Return the same of a field (k, z, y, x); what is added to the first of k differs."""
    if not any(margins):
        return field
    kept, wider = field[(slice(None), *_kept(margins))], [(0, 0), *_added(margins)]
    first = ops.pad(kept[:1], wider, constant_values=beyond[0])
    return ops.concatenate([first, ops.pad(kept[1:], wider, constant_values=beyond[1])])


def _kept(margins: Margins) -> Box:
    return tuple(slice(-m, m) if m < 0 else slice(None) for m in margins)


def _added(margins: Margins) -> list[tuple[int, int]]:
    return [(max(m, 0), max(m, 0)) for m in margins]
