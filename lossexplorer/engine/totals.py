"""The class sums of a batch's prediction, and the values of the losses of sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine import values
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.gradients import sample_norms
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Sums, loss_named

# Parameter sets whose sums and values are kept: more than a response curve has points.
_MOST_KEPT = 256

Tensor = Any


class Totals:
    """The class sums of a batch's prediction with one set of controls, computed when needed.

    Parameters
    ----------
    plans : list of Plan
        The plan of each sample.
    classes : int
        The number of classes.
    everywhere : bool
        Whether no row stands for others, as smoothed labels need it.

    Attributes
    ----------
    plans : list of Plan
        The plan of each sample.
    everywhere : bool
        As above.
    """

    def __init__(self, plans: list[Plan], classes: int, *, everywhere: bool = False) -> None:
        self.plans, self.everywhere = plans, everywhere
        self._classes = classes
        self._standard: Sums | None = None
        self._own: Cache[summing.Mapped, dict[str, Any]] = Cache(_MOST_KEPT)
        self._evaluated: Cache[Any, Evaluated] = Cache(_MOST_KEPT)

    @property
    def is_preview(self) -> bool:
        """Whether the sums leave out voxels or classes."""
        return any(each.is_preview for each in self.plans)

    def measure(self, losses: Sequence[LossSetting]) -> None:
        """Compute in one pass over the voxels the sums that these losses need and are not known."""
        mapped = [each for each in map(summing.mapped_of, losses) if each is not None]
        missing = [each for each in mapped if self._own.find(each) is None]
        if missing or self._standard is None:
            try:
                self._sum(missing)
            except Exception as error:
                # The exception of one loss is reported when that loss is evaluated alone.
                if backend.is_out_of_memory(error) or not missing:
                    raise

    def compile_other_form(self, losses: Sequence[LossSetting], ahead: Ahead) -> None:
        """Compile ahead the step's other form, with the sums that these losses need."""
        mapped = [each for each in map(summing.mapped_of, losses) if each is not None]
        for plan in self.plans:
            summing.compile_other_form(plan, mapped, ahead)

    def sums(self, setting: LossSetting | None = None) -> Sums:
        """Return the standard sums, with the sums of a loss's own maps if it has such maps."""
        mapped = summing.mapped_of(setting) if setting else None
        own = None if mapped is None else self._own.find(mapped)
        if self._standard is None or (mapped is not None and own is None):
            own = next(iter(self._sum([mapped] if mapped else [])), None)
        assert self._standard is not None
        return self._standard if own is None else self._standard.with_own(own)

    def _sum(self, mapped: list[summing.Mapped]) -> list[dict[str, Any]]:
        """Sum the standard maps and these own maps; return the sums of the latter."""
        found = [summing.sample_sums(plan, mapped) for plan in self.plans]
        self._standard = Sums(**summing.stacked([standard for standard, _ in found]))
        owns = [summing.stacked([own[index] for _, own in found]) for index in range(len(mapped))]
        for each, own in zip(mapped, owns, strict=True):
            self._own.put(each, own)
        return owns

    def evaluate(self, setting: LossSetting) -> Evaluated:
        """Return the value and slopes of a loss of sums."""
        key = _key(setting)
        known = self._evaluated.find(key)
        if known is None:
            (known,) = self._compute([setting])
            self._evaluated.put(key, known)
        return known if known.setting == setting else replace(known, setting=setting)

    def evaluate_together(self, losses: Sequence[LossSetting]) -> None:
        """Evaluate in one call the losses of sums that were not evaluated yet.

        A loss that raises an exception, or whose own maps are not summed yet, is left out; it is
        evaluated alone later.
        """
        missing = {}
        for setting in losses:
            mapped = summing.mapped_of(setting)
            ready = mapped is None or self._own.find(mapped) is not None
            if loss_named(setting.name).kind != "field" and ready:
                missing[_key(setting)] = setting
        missing = {k: each for k, each in missing.items() if self._evaluated.find(k) is None}
        if len(missing) < 2:
            return
        try:
            found = self._compute(list(missing.values()))
        except Exception as error:
            # Evaluating the losses one by one later shows which one raised it.
            if backend.is_out_of_memory(error):
                raise
            return
        for key, each in zip(missing, found, strict=True):
            self._evaluated.put(key, each)

    def _compute(self, losses: Sequence[LossSetting]) -> list[Evaluated]:
        sums = [self.sums(setting) for setting in losses]
        return values.evaluate(losses, sums, self._classes)

    def infinite(self, setting: LossSetting) -> NDArray[np.float64]:
        """Return the number of voxels per class in which a loss's own maps are infinite."""
        mapped = summing.mapped_of(setting)
        none = np.zeros(self._classes)
        if mapped is None:
            return none
        return sum((summing.infinite_voxels(each, mapped) for each in self.plans), none)

    def squared_norms(self, of_sums: Sequence[Evaluated]) -> NDArray[np.float64]:
        """Return Σ (∂L/∂logit)² over the batch, for losses with slopes: shape (loss,)."""
        squares = np.zeros(len(of_sums))
        for number, plan in enumerate(self.plans if of_sums else ()):
            squares += sample_norms(plan, number, of_sums)
        return squares

    def whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return truth, probabilities and their logarithms, (sample, class, z, y, x)."""
        fields = [predicted(plan.recipe, plan.values, plan.whole()) for plan in self.plans]
        if len(fields) == 1:
            g, p, log_p = (ops.expand_dims(field, 0) for field in fields[0])
        else:
            g, p, log_p = (ops.stack(samples) for samples in zip(*fields, strict=True))
        return g, p, log_p


def _key(setting: LossSetting) -> tuple[Any, ...]:
    return (setting.name, *setting.parameters.items())
