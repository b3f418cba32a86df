"""Labels → scores → prediction → class sums → values → fields, each kept until it changes.

The step from scores to sums is one function fused by XLA over flat, class-first arrays, in which
the controls are tensors: moving a slider compiles nothing.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine import summing, values
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.diagnosis import CERTAIN_ENOUGH, field_problem, problems
from lossexplorer.engine.gradients import loss_partials, slab_norms, squared_norm
from lossexplorer.engine.limits import check_size
from lossexplorer.engine.messages import (
    TOTAL,
    Answer,
    Cure,
    FieldRequest,
    Fields,
    LossResult,
    LossSetting,
    Problem,
    Request,
)
from lossexplorer.engine.values import Evaluated
from lossexplorer.engine.whole_field import WholeField, evaluate_field
from lossexplorer.losses import Partials, Sums, gradient_field, loss_named
from lossexplorer.parameters import ParameterError, Spacing
from lossexplorer.predictions import class_scores, shifted_scores

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


class Pipeline:
    """One volume's way from labels to answers.

    Parameters
    ----------
    volume : Volume
        The truth.
    prediction : array, optional
        A prediction instead of a simulated one: class indices, shape (z, y, x), or float32
        probabilities, shape (class, z, y, x).

    Raises
    ------
    TooLargeError
        If its scores would not fit.
    """

    def __init__(self, volume: Volume, prediction: NDArray[Any] | None = None) -> None:
        classes = len(volume.names)
        check_size(volume.labels.size, classes)
        self.volume = volume
        self._labels = backend.to_device(volume.labels)
        per_slice = volume.labels[0].size * classes
        self._thickness = max(1, _SLAB // per_slice)
        self._simulated = prediction is None
        if prediction is None:
            source = class_scores(volume.labels, classes, volume.spacing)
            self._predict = summing.simulated(min(volume.spacing))
        else:
            source = _one_hot(prediction, classes) if prediction.ndim == 3 else prediction
            self._predict = summing.given
        self._source = backend.to_device(source)
        self._shift: Spacing = (0.0, 0.0, 0.0)
        self._shifted = self._source
        self._known: dict[str, float] = {}
        self._standard: Sums | None = None
        self._own: dict[summing.Mapped, dict[str, Any]] = {}
        self._fields: dict[str, WholeField] = {}

    def answer(self, request: Request) -> Answer:
        """Return the values that `request` asks for, and what is to be painted."""
        start = time.perf_counter()
        self._use(request.controls, request.losses)
        painted = request.painted
        differentiated = {painted.loss} if painted else set()
        found = [
            self._evaluate_or_say(s, gradient=request.norms or _concerned(s, differentiated))
            for s in request.losses
        ]
        evaluated = [each for each, _ in found if each is not None]
        norms = iter(self._norms(evaluated) if request.norms else [None] * len(evaluated))
        results = tuple(
            self._unknown(setting).result(problems=said)
            if each is None
            else each.result(problems=said, gradient_norm=next(norms))
            for setting, (each, said) in zip(request.losses, found, strict=True)
        )
        fields = None if painted is None else self._painted(painted, evaluated)
        return Answer(request, results, values.total(results), fields, time.perf_counter() - start)

    def results(self, settings: Sequence[LossSetting], controls: Controls) -> list[LossResult]:
        """Return losses' values and gradient norms.

        Raises
        ------
        ParameterError
            If a parameter does not fit the number of classes.
        """
        self._use(controls, settings)
        of_sums = [
            self._evaluate(setting, gradient=True)
            for setting in settings
            if loss_named(setting.name).kind != "field"
        ]
        known = iter(zip(of_sums, self._norms(of_sums), strict=True))
        results = []
        for setting in settings:
            if loss_named(setting.name).kind != "field":
                each, norm = next(known)
            else:
                each = self._evaluate(setting, gradient=True)
                (norm,) = self._norms([each])
                # The gradients of several such losses at once may not fit the memory.
                self._fields.clear()
            results.append(each.result(problems=self._problems(each), gradient_norm=norm))
        return results

    def sums(self, controls: Controls, settings: Sequence[LossSetting] = ()) -> Sums:
        """Return the class sums of the prediction; with one setting, those of its own maps, too."""
        self._use(controls, settings)
        return self._sums(settings[0] if settings else None)

    # Sums

    def _use(self, controls: Controls, settings: Sequence[LossSetting]) -> None:
        """Forget what belongs to other controls, and sum in one go what is missing."""
        if dict(controls) != self._known:
            self._known, self._standard = dict(controls), None
            self._own, self._fields = {}, {}
        parts = [part for part in map(summing.mapped, settings) if part is not None]
        missing = [part for part in parts if part not in self._own]
        if missing or self._standard is None:
            with contextlib.suppress(ParameterError):  # said when the loss is evaluated
                self._measure(missing)

    def _sums(self, setting: LossSetting | None) -> Sums:
        part = summing.mapped(setting) if setting else None
        if self._standard is None or (part is not None and part not in self._own):
            self._measure([part] if part else [])
        assert self._standard is not None
        return self._standard if part is None else self._standard.with_own(self._own[part])

    def _measure(self, parts: list[summing.Mapped]) -> None:
        """Sum the prediction's slabs."""
        controls = self._tensors()
        measured = []
        for slab in self._slabs():
            source, labels = self._flat(slab)
            row = self.volume.labels.shape[-1]
            measured.append(summing.slab_sums(self._predict, source, labels, row, controls, parts))
        standard = summing.added([slab for slab, _ in measured])
        self._standard = Sums(**standard)
        for index, part in enumerate(parts):
            self._own[part] = summing.added([own[index] for _, own in measured])

    def _slabs(self) -> list[slice]:
        depth = self.volume.labels.shape[0]
        firsts = range(0, depth, self._thickness)
        return [slice(first, min(first + self._thickness, depth)) for first in firsts]

    def _flat(self, slab: slice) -> tuple[Tensor, Tensor]:
        classes = len(self.volume.names)
        source = ops.reshape(self._moved()[:, slab], (classes, -1))
        return source, ops.reshape(self._labels[slab], (-1,))

    def _moved(self) -> Tensor:
        """Return the scores, shifted; a given prediction as it is."""
        if not self._simulated:
            return self._source
        known = self._known
        shift = (known["shift_z"], known["shift_y"], known["shift_x"])
        if shift != self._shift:
            self._shifted = shifted_scores(self._source, shift, self.volume.spacing)
            self._shift = shift
        return self._shifted

    def _tensors(self) -> tuple[dict[str, Tensor], bool]:
        return _tensors(self._known), self._known["softness"] == 0

    # Values

    def _evaluate(self, setting: LossSetting, *, gradient: bool) -> Evaluated:
        loss = loss_named(setting.name)
        if loss.kind != "field":
            return values.evaluate(setting, self._sums(setting), len(self.volume.names))
        known = self._fields.get(setting.name)
        same = known is not None and known.evaluated.setting.parameters == setting.parameters
        if known is None or not same or (gradient and known.partials is None):
            known = evaluate_field(
                setting, self._sums(None), self._whole(), self.volume.spacing, gradient=gradient
            )
            self._fields[setting.name] = known
        return replace(known.evaluated, setting=setting)

    def _again(self, setting: LossSetting) -> Evaluated:
        """Evaluate a loss with parameters that are only tried: nothing of it is kept."""
        if loss_named(setting.name).kind != "field":
            return self._evaluate(setting, gradient=False)
        fields, spacing = self._whole(), self.volume.spacing
        return evaluate_field(setting, self._sums(None), fields, spacing, gradient=False).evaluated

    def _whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return truth, probabilities and logarithms of the whole volume."""
        controls, hard = self._tensors()
        p, log_p = self._predict(self._moved(), **controls, hard=hard)
        return summing.truth_field(self._labels, p), p, log_p

    def _evaluate_or_say(
        self, setting: LossSetting, *, gradient: bool
    ) -> tuple[Evaluated | None, tuple[Problem, ...]]:
        """Return a loss and its problems; parameters that do not fit the volume are one."""
        try:
            evaluated = self._evaluate(setting, gradient=gradient)
        except ParameterError as error:
            return None, (Problem(str(error)),)
        return evaluated, self._problems(evaluated)

    def _unknown(self, setting: LossSetting) -> Evaluated:
        return Evaluated(setting, math.nan, (None,) * len(self.volume.names), None)

    def _problems(self, evaluated: Evaluated) -> tuple[Problem, ...]:
        if values.finite(evaluated):
            return ()
        return problems(
            evaluated,
            self._sums(evaluated.setting),
            self.volume.names,
            self._again,
            self._softer(evaluated),
        )

    def _softer(self, evaluated: Evaluated) -> Cure | None:
        """Return the confidence that makes a loss's logarithms finite, having tried it."""
        if not self._simulated or evaluated.loss.operation != "log 0":
            return None
        controls = _tensors({**self._known, "confidence": CERTAIN_ENOUGH})
        # One slice tells: every voxel gets the same share of every class.
        source = self._moved()[:, self.volume.labels.shape[0] // 2]
        _, log_p = self._predict(source, **controls, hard=self._known["softness"] == 0)
        if np.isfinite(backend.to_numpy(log_p)).all():
            return Cure("", "confidence", CERTAIN_ENOUGH)
        return None

    # Fields

    def _norms(self, evaluated: Sequence[Evaluated]) -> list[float]:
        """Return √Σ (∂L/∂logit)² over the volume, of each loss."""
        of_sums = [each for each in evaluated if each.slopes is not None]
        row, controls = self.volume.labels.shape[-1], self._tensors()
        squares = np.zeros(len(of_sums))
        for slab in self._slabs() if of_sums else ():
            source, labels = self._flat(slab)
            squares += slab_norms(self._predict, source, labels, row, controls, of_sums)
        found = iter(squares.tolist())
        return [
            math.sqrt(next(found) if each.slopes is not None else self._squared_norm(each))
            for each in evaluated
        ]

    def _squared_norm(self, evaluated: Evaluated) -> float:
        """Return Σ (∂L/∂logit)² of a loss of the whole field."""
        partials = self._fields[evaluated.setting.name].partials
        assert partials is not None
        _, p, _ = self._whole()

        def flat(field: Tensor) -> Tensor:
            return ops.reshape(field, (len(self.volume.names), -1))

        return float(squared_norm(partials.map(flat), flat(p), self.volume.labels.shape[-1]))

    def _partials(
        self, evaluated: Evaluated, labels: Any, p: Tensor, log_p: Tensor, part: tuple[Any, ...]
    ) -> Partials:
        """Return a loss's partial derivatives in a part of the volume, as `part` indexes it."""
        if evaluated.slopes is not None:
            g = summing.truth_field(labels, p)
            return loss_partials(evaluated, g, p, log_p)
        whole = self._fields[evaluated.setting.name].partials
        assert whole is not None
        return whole.map(lambda field: field[(slice(None), *part)])

    def _painted(self, painted: FieldRequest, evaluated: Sequence[Evaluated]) -> Fields:
        shape = self.volume.labels.shape
        if painted.plane is not None:
            axis, indices = painted.plane.axis, [painted.plane.index]
        else:
            # Plane by plane: the whole prediction of every class would be large.
            axis, indices = 0, list(range(shape[0]))
        planes = [self._plane(painted, evaluated, axis, index) for index in indices]
        probability, decided, gradient = (
            parts[0] if painted.plane is not None else np.stack(parts)
            for parts in zip(*planes, strict=True)
        )
        title = "the total" if painted.loss == TOTAL else loss_named(painted.loss).title
        return Fields(painted, probability, decided, gradient, field_problem(gradient, title))

    def _plane(
        self, painted: FieldRequest, evaluated: Sequence[Evaluated], axis: int, index: int
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return probability, decided class and gradient of one slice."""
        part = (*[slice(None)] * axis, index)
        controls, hard = self._tensors()
        p, log_p = self._predict(self._moved()[(slice(None), *part)], **controls, hard=hard)
        labels = np.take(self.volume.labels, index, axis=axis)
        sought = Partials(ops.zeros_like(p), ops.zeros_like(p))
        for each in evaluated:
            if _concerned(each.setting, {painted.loss}):
                factor = each.setting.weight if painted.loss == TOTAL else 1.0
                sought = sought + self._partials(each, labels, p, log_p, part) * factor
        gradient = gradient_field(sought, p, painted.class_index, painted.wrt)
        decided = backend.to_numpy(ops.argmax(p, axis=0)).astype(self.volume.labels.dtype)
        return backend.to_numpy(p[painted.class_index]), decided, backend.to_numpy(gradient)


def _concerned(setting: LossSetting, painted: set[str]) -> bool:
    """Whether a loss takes part in what is painted."""
    return setting.name in painted or (TOTAL in painted and bool(setting.weight))


def _one_hot(labels: NDArray[Any], classes: int) -> NDArray[np.float32]:
    return np.stack([labels == index for index in range(classes)]).astype(np.float32)


def _tensors(controls: Controls) -> dict[str, Tensor]:
    types = {"grow": np.float32, "softness": np.float32, "confidence": np.float64}
    return {name: backend.to_device(made(controls[name])) for name, made in types.items()}
