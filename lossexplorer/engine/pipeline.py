"""Labels → scores → prediction → class sums → values → fields, each kept until it changes.

The step from scores to sums is one function fused by XLA over flat, class-first arrays, in which
the controls are tensors: moving a slider compiles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine import values
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.diagnosis import field_problem
from lossexplorer.engine.limits import check_size
from lossexplorer.engine.messages import TOTAL, Answer, FieldRequest, Fields, LossSetting, Request
from lossexplorer.losses import Sums, gradient_field, loss_named
from lossexplorer.parameters import Spacing
from lossexplorer.predictions import class_scores, prediction, shifted_scores

# A step takes slabs of at most this many scores, else its intermediate results fill the memory:
# 83 classes of 4 million voxels at once needed 19 GB.
_SLAB = 2**25

Tensor = Any
Controls = Mapping[str, float]


@dataclass(frozen=True)
class Volume:
    """What the pipeline needs of a label volume.

    Attributes
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices.
    names : tuple of str
        One per class, background first.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    """

    labels: NDArray[np.unsignedinteger]
    names: tuple[str, ...]
    spacing: Spacing


def sum_over_voxels(field: Tensor, row: int) -> Tensor:
    """Return the sums of a flat class-first float32 field, in float64.

    XLA on the CPU runs one float32 total over a whole volume, which loses percents of it; rows
    of a volume are short enough, and their sums are added in float64.

    Parameters
    ----------
    field : tensor, shape (class, voxels)
    row : int
        Length of a row; divides the number of voxels.

    Returns
    -------
    tensor of float64, shape (1, class)
    """
    rows = ops.sum(ops.reshape(field, (field.shape[0], -1, row)), axis=2)
    return ops.sum(ops.cast(rows, "float64"), axis=1)[None]


def field_sums(p: Tensor, log_p: Tensor, labels: Tensor, row: int) -> list[Tensor]:
    """Return Σpg, Σp, Σg, Σp² and −Σ g log p of flat fields, each of shape (1, class).

    Parameters
    ----------
    p, log_p : tensor, shape (class, voxels)
        Probabilities and their logarithms.
    labels : tensor of int, shape (voxels,)
        Class indices.
    row : int
        See `sum_over_voxels`.
    """
    g = ops.cast(labels, "int32")[None] == ops.arange(p.shape[0], dtype="int32")[:, None]
    zero = ops.zeros_like(p)
    fields = (
        ops.where(g, p, zero),
        p,
        ops.cast(g, p.dtype),
        p * p,
        ops.where(g, -log_p, zero),
    )
    return [sum_over_voxels(field, row) for field in fields]


def _sums(tensors: list[Tensor], voxels: int) -> Sums:
    arrays = [backend.to_numpy(tensor) for tensor in tensors]
    return Sums(*[*arrays, np.full_like(arrays[0], voxels)])


@cache
def _step(row: int, smallest_edge: float) -> Any:
    def step(scores: Tensor, labels: Tensor, controls: dict[str, Tensor], hard: bool) -> Any:
        p, log_p = prediction(scores, **controls, hard=hard, smallest_edge=smallest_edge)
        return field_sums(p, log_p, labels, row)

    return backend.compiled(step)


def given_sums(volume: Volume, given: NDArray[Any]) -> Sums:
    """Return the sums of a prediction that was read from a file.

    Parameters
    ----------
    volume : Volume
        The truth.
    given : array
        Class indices, shape (z, y, x), or float32 probabilities, shape (class, z, y, x).
    """
    classes = len(volume.names)
    row = volume.labels.shape[-1]
    labels = backend.to_device(volume.labels.reshape(-1))
    if given.ndim == 3:
        counts = _confusion(volume.labels, given, classes)
        truth, predicted, hits = counts.sum(1), counts.sum(0), np.diag(counts)
        wrong = np.where(truth > hits, np.inf, 0.0)
        tables = np.array([hits, predicted, truth, predicted, wrong], dtype=np.float64)
        return _sums(list(tables[:, None]), volume.labels.size)

    def step(p: Tensor, labels: Tensor) -> list[Tensor]:
        return field_sums(p, ops.log(p), labels, row)

    p = backend.to_device(given.reshape(classes, -1))
    return _sums(backend.compiled(step)(p, labels), volume.labels.size)


def _confusion(
    truth: NDArray[np.unsignedinteger], predicted: NDArray[np.unsignedinteger], classes: int
) -> NDArray[np.int64]:
    """Count voxels by true class (rows) and predicted class (columns)."""
    pairs = truth.reshape(-1).astype(np.int64) * classes + predicted.reshape(-1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


class Pipeline:
    """One volume's way from labels to answers.

    Parameters
    ----------
    volume : Volume
        The truth.

    Raises
    ------
    TooLargeError
        If its scores would not fit.
    """

    def __init__(self, volume: Volume) -> None:
        check_size(volume.labels.size, len(volume.names))
        self.volume = volume
        self._labels = backend.to_device(volume.labels)
        per_slice = volume.labels[0].size * len(volume.names)
        self._thickness = max(1, _SLAB // per_slice)
        self._scores = backend.to_device(
            class_scores(volume.labels, len(volume.names), volume.spacing)
        )
        self._shift: Spacing = (0.0, 0.0, 0.0)
        self._shifted = self._scores
        self._summed: tuple[dict[str, float], Sums] | None = None

    def answer(self, request: Request) -> Answer:
        """Return the values that `request` asks for, and what is to be painted."""
        start = time.perf_counter()
        sums = self.sums(request.controls)
        evaluated = evaluate_all(request.losses, sums, self.volume)
        results = tuple(e.result for e in evaluated)
        painted = None
        if request.painted is not None:
            slopes = values.painted_slopes(evaluated, request.painted.loss)
            painted = self._fields(request.controls, request.painted, slopes)
        return Answer(request, results, values.total(results), painted, time.perf_counter() - start)

    def sums(self, controls: Controls) -> Sums:
        """Return the class sums of the prediction, from the last time if nothing changed."""
        key = dict(controls)
        if self._summed is None or self._summed[0] != key:
            self._summed = key, self._sums_of_slabs(controls)
        return self._summed[1]

    def _sums_of_slabs(self, controls: Controls) -> Sums:
        scores, shape = self._shifted_to(controls), self.volume.labels.shape
        classes = len(self.volume.names)
        step = _step(shape[-1], min(self.volume.spacing))
        tensors, hard = _tensors(controls), controls["softness"] == 0
        parts = []
        for first in range(0, shape[0], self._thickness):
            slab = slice(first, first + self._thickness)
            flat = ops.reshape(scores[:, slab], (classes, -1))
            labels = ops.reshape(self._labels[slab], (-1,))
            parts.append([backend.to_numpy(t) for t in step(flat, labels, tensors, hard)])
        return _sums(
            [np.sum(tables, axis=0) for tables in zip(*parts, strict=True)], self.volume.labels.size
        )

    def _shifted_to(self, controls: Controls) -> Tensor:
        shift = (controls["shift_z"], controls["shift_y"], controls["shift_x"])
        if shift != self._shift:
            self._shifted = shifted_scores(self._scores, shift, self.volume.spacing)
            self._shift = shift
        return self._shifted

    def _fields(self, controls: Controls, painted: FieldRequest, slopes: Sums) -> Fields:
        shape = self.volume.labels.shape
        if painted.plane is not None:
            axis, indices = painted.plane.axis, [painted.plane.index]
        else:
            # Plane by plane: the whole prediction of every class would be large.
            axis, indices = 0, list(range(shape[0]))
        planes = [self._plane(controls, painted, slopes, axis, index) for index in indices]
        probability, decided, gradient = (
            parts[0] if painted.plane is not None else np.stack(parts)
            for parts in zip(*planes, strict=True)
        )
        title = "the total" if painted.loss == TOTAL else loss_named(painted.loss).title
        return Fields(painted, probability, decided, gradient, field_problem(gradient, title))

    def _plane(
        self, controls: Controls, painted: FieldRequest, slopes: Sums, axis: int, index: int
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return probability, decided class and gradient of one slice."""
        scores = ops.take(self._shifted_to(controls), index, axis=axis + 1)
        labels = np.take(self.volume.labels, index, axis=axis)
        p, _ = prediction(
            scores,
            **_tensors(controls),
            hard=controls["softness"] == 0,
            smallest_edge=min(self.volume.spacing),
        )
        classes = len(self.volume.names)
        truth = ops.one_hot(ops.cast(labels, "int32"), classes, axis=0, dtype=p.dtype)
        gradient = gradient_field(slopes, truth, p, painted.class_index, painted.wrt)
        decided = backend.to_numpy(ops.argmax(p, axis=0)).astype(self.volume.labels.dtype)
        probability = backend.to_numpy(p[painted.class_index])
        return probability, decided, backend.to_numpy(gradient)


def _tensors(controls: Controls) -> dict[str, Tensor]:
    types = {"grow": np.float32, "softness": np.float32, "confidence": np.float64}
    return {name: backend.to_device(made(controls[name])) for name, made in types.items()}


def evaluate_all(
    settings: tuple[LossSetting, ...], sums: Sums, volume: Volume
) -> list[values.Evaluated]:
    """Return every loss evaluated on the same sums."""
    return [values.evaluate(setting, sums, list(volume.names)) for setting in settings]
