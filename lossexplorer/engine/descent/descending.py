"""Logits that descend: from a simulated or given prediction, step by step.

A step takes the gradient of the losses followed, in the logits of all voxels and classes, and the
optimizer's update of it. Values are those of the losses' exact sums after each step; the start has
the values of the prediction itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.numbers import tidy
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.descent.logits import Moved, plan_of_logits
from lossexplorer.engine.descent.moving import moved, slopes
from lossexplorer.engine.descent.optimizers import OPTIMIZERS
from lossexplorer.engine.limits import check_descent
from lossexplorer.engine.messages import (
    TOTAL,
    Descent,
    DescentReport,
    DescentStep,
    LossSetting,
    MapRequest,
    PaintedMaps,
    Problem,
    Request,
    check_exclusive,
)
from lossexplorer.engine.outcomes import LossOutcome, Outcomes
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.values import Evaluated, total
from lossexplorer.losses import Partials

Tensor = Any

CONVERGED = 1e-6
"""Below this largest entry of the gradient, times the number of voxels, a descent ends."""

# What only voxels without a doubt are below, whose p (1 − p) is the floor's.
_CERTAIN = 1e-30
_EVERYWHERE_CERTAIN = (
    ": every voxel is certain, and p (1 − p) lets no gradient pass; with a softness, or with a "
    "confidence below 1, the logits move"
)


@dataclass(frozen=True)
class _Next:
    """Where a step leads: the plan of each sample, and what the optimizer keeps of it."""

    plans: tuple[Plan, ...]
    memories: tuple[list[Tensor], ...]


@dataclass(frozen=True, eq=False)
class _Point:
    """A point of a descent.

    Attributes
    ----------
    number : int
        How many steps were taken.
    pipeline : Pipeline
        Of the prediction there.
    outcomes : Outcomes
        The losses there.
    largest : float
        As in `DescentStep`.
    next : _Next or None
        Where the next step leads; None if there is none.
    ended, is_converged, problems
        As in `DescentReport`.
    """

    number: int
    pipeline: Pipeline
    outcomes: Outcomes
    largest: float
    next: _Next | None
    ended: str
    is_converged: bool
    problems: tuple[Problem, ...]

    @property
    def step(self) -> DescentStep:
        """What is reported of it."""
        results = [each.result(0, None) for each in self.outcomes.outcomes]
        values = tuple(result.value for result in results)
        return DescentStep(self.number, values, total(results), self.largest)


class Descending:
    """Logits that descend one loss, or the weighted total.

    Parameters
    ----------
    start : Pipeline
        Makes the prediction that is the start.
    request : Request
        Controls and losses; all of them are evaluated after each step.
    descent : Descent
        Optimizer, rate and momentum.
    follows : str
        What is descended: `TOTAL`, or the name of a loss, then with the factor 1.

    Raises
    ------
    lossexplorer.engine.limits.TooLargeError
        If the logits would not fit into the memory.
    lossexplorer.core.parameters.ParameterError
        If a loss is not among those of the request, or the prediction is no softmax.
    """

    def __init__(self, start: Pipeline, request: Request, descent: Descent, follows: str) -> None:
        descent.check(request.question.losses)
        check_exclusive(overlapping=start.volume.members is not None)
        self._start, self._request = start, request
        self._descent, self._follows = descent, follows
        memories = OPTIMIZERS[descent.optimizer].memories
        descents = 2 if descent.beside else 1
        volume = start.volume
        check_descent(
            volume.labels.size, len(volume.names), memories, descents, len(volume.samples)
        )
        self._steps: list[DescentStep] = []
        # The newest point, and the one that was reached last: a step that is interrupted on the way
        # to the next one leads no further.
        self._points: dict[int, _Point] = {}

    def reach(self, number: int) -> DescentReport:
        """Take steps up to a number, unless the descent ends before.

        Points that have been reached before are reached again with the same numbers. If the call is
        interrupted, the steps taken are kept.

        Returns
        -------
        DescentReport
            Of all steps from the start.
        """
        point = self._nearest(number)
        before = {point.number: point}
        while point.number < number and point.next is not None:
            point = self._after(point)
            self._points = {**before, point.number: point}
        self._points = {point.number: point}
        return DescentReport(
            tuple(self._steps[: point.number + 1]),
            point.ended,
            point.is_converged,
            point.problems,
        )

    @property
    def voxels(self) -> int:
        """The number of voxels of the batch, by which gradients are multiplied."""
        return sum(plan.voxels for plan in self._start.plans)

    def outcomes(self) -> Outcomes:
        """Return the losses at the point reached."""
        return self._reached.outcomes

    def maps(self, painted: MapRequest) -> PaintedMaps:
        """Return the painted maps at the point reached."""
        pipeline = self._reached.pipeline
        return pipeline.painted_maps(painted, pipeline.outcomes(self._request, painted.concerns))

    def logits(self) -> list[NDArray[np.float32]]:
        """Return the logits at the point reached, shape (class, z, y, x) for each sample."""
        point = self._reached
        plans = [sample.plan(self._request.question.controls) for sample in point.pipeline.samples]
        return [backend.to_numpy(plan.basis.whole()) for plan in plans]

    @property
    def _reached(self) -> _Point:
        (point,) = self._points.values()
        return point

    def _nearest(self, number: int) -> _Point:
        known = [each for each in self._points if each <= number]
        return self._points[max(known)] if known else self._first()

    def _first(self) -> _Point:
        outcomes = self._start.outcomes(self._request, self._is_followed)
        plans = [plan_of_logits(plan) for plan in self._start.plans]
        return self._point(0, plans, ([],) * len(plans), outcomes)

    def _after(self, point: _Point) -> _Point:
        assert point.next is not None
        return self._point(point.number + 1, point.next.plans, point.next.memories, None)

    def _point(
        self,
        number: int,
        plans: Sequence[Plan],
        memories: Sequence[list[Tensor]],
        outcomes: Outcomes | None,
    ) -> _Point:
        """Return a point with its values and where the next step leads.

        Parameters
        ----------
        number : int
            How many steps were taken.
        plans, memories
            As in `_Next`.
        outcomes : Outcomes or None
            The losses there; None if they are not evaluated yet.
        """
        controls = self._request.question.controls
        rims = [sample.rim(controls) for sample in self._start.samples]
        samples = [Moved(plan, rim) for plan, rim in zip(plans, rims, strict=True)]
        pipeline = Pipeline(self._start.volume, samples=samples)
        evaluating = pipeline if outcomes is None else self._start
        found = outcomes or pipeline.outcomes(self._request, self._is_followed)
        ended, problems = self._not_finite(found)
        largest, following, is_converged = math.nan, None, False
        if not ended:
            following, largest = self._step(number + 1, plans, memories, found, evaluating)
            is_converged = largest < CONVERGED
            ended = self._end(largest, found)
        following = None if ended else following
        point = _Point(number, pipeline, found, largest, following, ended, is_converged, problems)
        if number == len(self._steps):
            self._steps.append(point.step)
        return point

    def _step(
        self,
        number: int,
        plans: Sequence[Plan],
        memories: Sequence[list[Tensor]],
        outcomes: Outcomes,
        pipeline: Pipeline,
    ) -> tuple[_Next, float]:
        """Return where a step leads, and the largest entry of the gradient that it follows."""
        followed = [
            (each, 1.0 if self._follows != TOTAL else each.setting.weight)
            for each in outcomes.evaluated
            if self._is_followed(each.setting)
        ]
        of_sums = [(each, factor) for each, factor in followed if each.slopes is not None]
        of_fields = [(each, factor) for each, factor in followed if each.slopes is None]
        found = []
        for sample, (plan, memory) in enumerate(zip(plans, memories, strict=True)):
            others = _weighted(pipeline, of_fields, sample)
            of = slopes(plan, sample, of_sums, others)
            found.append(moved(plan, of, memory, self._descent, number, self.voxels))
        next_plans, kept, sizes = zip(*found, strict=True)
        largest = math.nan if any(map(math.isnan, sizes)) else max(sizes)
        return _Next(next_plans, kept), largest

    def _is_followed(self, setting: LossSetting) -> bool:
        return setting.name == self._follows or (self._follows == TOTAL and bool(setting.weight))

    @property
    def _title(self) -> str:
        return self._request.question.title(self._follows)

    def _not_finite(self, outcomes: Outcomes) -> tuple[str, tuple[Problem, ...]]:
        """Return words and why, if value or slope of a loss that is followed is not finite."""
        for each in outcomes.outcomes:
            evaluated = each.evaluated
            if self._is_followed(each.setting) and (evaluated is None or not evaluated.is_finite):
                return _stopped(each), tuple(each.problems)
        return "", ()

    def _end(self, largest: float, outcomes: Outcomes) -> str:
        if largest < CONVERGED:
            if not any(self._is_followed(each.setting) for each in outcomes.evaluated):
                return "there is nothing to descend: the weight λ of every loss is 0"
            certain = "" if largest > _CERTAIN else _EVERYWHERE_CERTAIN
            return (
                f"converged: the gradient's largest entry is {tidy(largest)}, below "
                f"{tidy(CONVERGED)}{certain}"
            )
        if not math.isfinite(largest):
            return f"stopped: the gradient of {self._title} is not finite in some voxels"
        return ""


def _weighted(
    pipeline: Pipeline, followed: Sequence[tuple[Evaluated, float]], sample: int
) -> Partials | None:
    """Return the weighted partial derivatives of losses of the whole field in a sample."""
    found = [
        pipeline.partials(each).map(lambda field: field[sample]) * factor
        for each, factor in followed
    ]
    return reduce(add, found) if found else None


def _stopped(outcome: LossOutcome) -> str:
    evaluated, title = outcome.evaluated, outcome.setting.heading
    if evaluated is None or math.isfinite(evaluated.value):
        return "stopped"
    return f"stopped: {title} is {'NaN' if math.isnan(evaluated.value) else 'infinite'}"
