"""The class sums of a batch's prediction, and the values of the losses of sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.core.parameters import Spacing
from lossexplorer.engine import values
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.classes import Relation
from lossexplorer.engine.gradients import sample_norms
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.step.decided import DecidedPlan
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import times_by_steps
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Domain, Sums

# Parameter sets whose sums and values are kept: more than a response curve has points.
_MOST_KEPT = 256

Tensor = Any


class Totals:
    """The class sums of a batch's prediction with one set of controls, computed when needed.

    Parameters
    ----------
    plans : list of Plan, or list of DecidedPlan
        The plans of the samples; the latter have sums alone.
    relation : Relation
        How the volume's classes relate.
    classes : int
        The number of classes of the volume.
    everywhere : bool
        Whether no row stands for others, as smoothed labels need it.

    Attributes
    ----------
    plans : list of Plan
        The plans of the samples; none if they have sums alone.
    everywhere : bool
        As above.
    """

    def __init__(
        self,
        plans: list[Plan] | list[DecidedPlan],
        relation: Relation,
        classes: int,
        *,
        everywhere: bool = False,
    ) -> None:
        self.plans = [each for each in plans if isinstance(each, Plan)]
        self._decided = [each for each in plans if isinstance(each, DecidedPlan)]
        self.everywhere = everywhere
        self._relation, self._classes = relation, classes
        self._steps = times_by_steps()
        self._standard: Sums | None = None
        self._own: Cache[summing.Mapped, dict[str, Any]] = Cache(_MOST_KEPT)
        self._evaluated: Cache[Any, Evaluated] = Cache(_MOST_KEPT)

    @property
    def is_preview(self) -> bool:
        """Whether the sums leave out voxels or classes, or have other last digits than compiled."""
        return self.is_by_steps or any(each.is_preview for each in self.plans)

    @property
    def has_sums_alone(self) -> bool:
        """Whether there are no plans, of which more than sums could be computed."""
        return not self.plans

    @property
    def is_by_steps(self) -> bool:
        """Whether functions were not compiled yet when something of them was computed."""
        return times_by_steps() != self._steps

    def measure(self, losses: Sequence[LossSetting]) -> None:
        """Compute in one pass over the voxels the sums that these losses need and are not known."""
        mapped = self._mapped(losses)
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
        mapped = self._mapped(losses)
        for plan in self.plans:
            summing.compile_other_form(plan, mapped, ahead)

    def sums(self, setting: LossSetting | None = None) -> Sums:
        """Return the standard sums, with the sums of a loss's own maps if it has such maps."""
        mapped = self._mapped_of(setting) if setting else None
        own = None if mapped is None else self._own.find(mapped)
        if self._standard is None or (mapped is not None and own is None):
            own = next(iter(self._sum([mapped] if mapped else [])), None)
        assert self._standard is not None
        return self._standard if own is None else self._standard.with_own(own)

    def _sum(self, mapped: list[summing.Mapped]) -> list[dict[str, Any]]:
        """Sum the standard maps and these own maps; return the sums of the latter."""
        found = [
            *(summing.sample_sums(plan, mapped) for plan in self.plans),
            *(plan.sums(mapped) for plan in self._decided),
        ]
        joined = self._relation.joined
        self._standard = Sums(**joined(summing.stacked([standard for standard, _ in found])))
        owns = [
            joined(summing.stacked([own[index] for _, own in found]))
            for index in range(len(mapped))
        ]
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
            mapped = self._mapped_of(setting)
            ready = mapped is None or self._own.find(mapped) is not None
            if setting.described.kind != "field" and ready:
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

    def of_sample(self, sample: int, losses: Sequence[LossSetting]) -> list[Evaluated]:
        """Return losses of sums as if one sample were all of the batch."""
        return self._compute(losses, slice(sample, sample + 1))

    def _compute(
        self, losses: Sequence[LossSetting], samples: slice = slice(None)
    ) -> list[Evaluated]:
        sums = [self.sums(setting) for setting in losses]
        if samples != slice(None):
            sums = [each.map(lambda table: table[samples]) for each in sums]
        first = self._relation.first
        found = values.evaluate(
            [self._relation.of_terms(setting) for setting in losses], sums, self._classes - first
        )
        return [
            replace(each, setting=setting, per_class=(*[None] * first, *each.per_class))
            for setting, each in zip(losses, found, strict=True)
        ]

    def _mapped_of(self, setting: LossSetting) -> summing.Mapped | None:
        return summing.mapped_of(self._relation.of_maps(setting))

    def _mapped(self, losses: Sequence[LossSetting]) -> list[summing.Mapped]:
        """Return the own maps of losses, each once: two losses may have the same."""
        return list(dict.fromkeys(filter(None, map(self._mapped_of, losses))))

    def infinite(self, setting: LossSetting) -> NDArray[np.float64]:
        """Return the number of voxels in which a loss's own maps are infinite.

        It is counted by class of the sums, shape (class,).
        """
        mapped = self._mapped_of(setting)
        if mapped is None:
            return np.zeros(self._classes - self._relation.first)
        found = np.stack(
            [
                *(summing.infinite_voxels(each, mapped) for each in self.plans),
                *(each.infinite(mapped) for each in self._decided),
            ]
        )
        joined = self._relation.joined({"positive": found})
        infinite: NDArray[np.float64] = sum(table.sum(axis=0) for table in joined.values())
        return infinite

    def squared_norms(self, of_sums: Sequence[Evaluated]) -> NDArray[np.float64]:
        """Return Σ (∂L/∂logit)² over the batch, for losses with slopes: shape (loss,)."""
        squares = np.zeros(len(of_sums))
        spread = [self._relation.spread(each) for each in of_sums]
        for number, plan in enumerate(self.plans if spread else ()):
            squares += sample_norms(plan, number, spread)
        return self._relation.norm_share * squares

    def domain(self, edges: Spacing) -> Domain:
        """Return the domain of `whole`, with the edges of its voxels in mm."""
        if all(plan.ignored is None for plan in self.plans):
            return Domain(edges)
        samples = self._relation.stacked([_voxel_weights(plan) for plan in self.plans])
        return Domain(edges, ops.stack([sample[:1] for sample in samples]))

    def whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return truth, probabilities and their logarithms, (sample, class, z, y, x).

        All three are 0 in the voxels that count nowhere.
        """
        fields = [[*map(self._relation.fields, _whole(plan))] for plan in self.plans]
        g, p, log_p = (self._relation.stacked(plans) for plans in zip(*fields, strict=True))
        if len(g) == 1:
            return ops.expand_dims(g[0], 0), ops.expand_dims(p[0], 0), ops.expand_dims(log_p[0], 0)
        return ops.stack(g), ops.stack(p), ops.stack(log_p)


def _voxel_weights(plan: Plan) -> Tensor:
    """Return 1 in voxels that count, else 0, shape (1, z, y, x)."""
    if plan.ignored is None:
        return backend.to_device(np.ones((1, *plan.shape), np.float32))
    return ops.cast(plan.ignored.whole() == 0, "float32")


def _whole(plan: Plan) -> tuple[Tensor, Tensor, Tensor]:
    voxels = plan.whole()
    g, p, log_p = predicted(plan.recipe, plan.values, voxels)
    return where_counted(voxels, g), where_counted(voxels, p), where_counted(voxels, log_p)


def _key(setting: LossSetting) -> tuple[Any, ...]:
    return (setting.loss, *setting.parameters.items())
