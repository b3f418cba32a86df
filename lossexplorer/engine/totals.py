"""What the losses of sums need of a batch's prediction: its class sums, and values made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine import values
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.gradients import sample_norms
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.step.plan import Presented, predicted
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Sums, loss_named

# Parameters whose sums and values are kept: more than a response curve has.
_MOST_KEPT = 256

Tensor = Any


class Totals:
    """The class sums of a batch's prediction with one set of controls, each computed once.

    Parameters
    ----------
    presented : list of Presented
        The samples.
    classes : int
        Of the batch.

    Attributes
    ----------
    presented : list of Presented
        The samples.
    """

    def __init__(self, presented: list[Presented], classes: int) -> None:
        self.presented = presented
        self._classes = classes
        self._standard: Sums | None = None
        self._own: dict[summing.Mapped, dict[str, Any]] = {}
        self._evaluated: dict[Any, Evaluated] = {}

    @property
    def is_preview(self) -> bool:
        """Whether its sums are not those of every voxel and class."""
        return any(each.is_preview for each in self.presented)

    def measure(self, settings: Sequence[LossSetting]) -> None:
        """Sum in one go over the voxels what these losses need and is missing."""
        parts = [part for part in map(summing.mapped, settings) if part is not None]
        missing = [part for part in parts if part not in self._own]
        if missing or self._standard is None:
            try:
                self._sum(missing)
            except Exception as error:
                # What one loss raises is said when it is evaluated, alone.
                if backend.is_out_of_memory(error) or not missing:
                    raise

    def compile_other_form(self, settings: Sequence[LossSetting], ahead: Ahead) -> None:
        """Compile ahead what these losses need once other rows are summed."""
        parts = [part for part in map(summing.mapped, settings) if part is not None]
        for presented in self.presented:
            summing.compile_other_form(presented, parts, ahead)

    def sums(self, setting: LossSetting | None = None) -> Sums:
        """Return the standard sums, with those of a loss's own maps if it has some."""
        part = summing.mapped(setting) if setting else None
        if self._standard is None or (part is not None and part not in self._own):
            self._sum([part] if part else [])
        assert self._standard is not None
        return self._standard if part is None else self._standard.with_own(self._own[part])

    def _sum(self, parts: list[summing.Mapped]) -> None:
        found = [summing.sample_sums(presented, parts) for presented in self.presented]
        self._standard = Sums(**summing.stacked([standard for standard, _ in found]))
        for index, part in enumerate(parts):
            _keep(self._own, part, summing.stacked([own[index] for _, own in found]))

    def evaluate(self, setting: LossSetting) -> Evaluated:
        """Return the value and slopes of a loss of sums."""
        key = _key(setting)
        if key not in self._evaluated:
            self._evaluate([setting])
        known = self._evaluated[key]
        return known if known.setting == setting else replace(known, setting=setting)

    def evaluate_together(self, settings: Sequence[LossSetting]) -> None:
        """Evaluate in one go those losses of sums that were not evaluated yet.

        What raises an exception, or has voxels to be summed first, is left to be evaluated alone.
        """
        missing = {}
        for setting in settings:
            part = summing.mapped(setting)
            ready = part is None or part in self._own
            if loss_named(setting.name).kind != "field" and ready:
                missing[_key(setting)] = setting
        missing = {key: each for key, each in missing.items() if key not in self._evaluated}
        if len(missing) < 2:
            return
        try:
            self._evaluate(list(missing.values()))
        except Exception as error:
            # Whose it is will be seen when each is evaluated alone.
            if backend.is_out_of_memory(error):
                raise

    def _evaluate(self, settings: Sequence[LossSetting]) -> None:
        sums = [self.sums(setting) for setting in settings]
        found = values.evaluate(settings, sums, self._classes)
        for setting, each in zip(settings, found, strict=True):
            _keep(self._evaluated, _key(setting), each)

    def infinite(self, setting: LossSetting) -> NDArray[np.float64]:
        """Return in how many voxels, per class, a loss's own maps are infinite."""
        part = summing.mapped(setting)
        none = np.zeros(self._classes)
        if part is None:
            return none
        return sum((summing.infinite_voxels(each, part) for each in self.presented), none)

    def squared_norms(self, of_sums: Sequence[Evaluated]) -> NDArray[np.float64]:
        """Return Σ (∂L/∂logit)² of each loss, which has slopes in the sums."""
        squares = np.zeros(len(of_sums))
        for number, presented in enumerate(self.presented if of_sums else ()):
            squares += sample_norms(presented, number, of_sums)
        return squares

    def whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return truth, probabilities and their logarithms, (sample, class, z, y, x)."""
        fields = [
            predicted(presented.recipe, presented.values, presented.whole())
            for presented in self.presented
        ]
        if len(fields) == 1:
            g, p, log_p = (ops.expand_dims(field, 0) for field in fields[0])
        else:
            g, p, log_p = (ops.stack(parts) for parts in zip(*fields, strict=True))
        return g, p, log_p


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep something for later, in place of the oldest if there is much."""
    if len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value


def _key(setting: LossSetting) -> tuple[Any, ...]:
    return (setting.name, *setting.parameters.items())
