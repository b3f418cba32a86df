"""A batch's way from labels to answers; every intermediate result is kept until it changes.

Labels → scores → prediction → class sums → values → fields. The step from scores to sums is one
function fused by XLA over flat, class-first arrays. The controls are tensors in it, so moving a
slider compiles nothing.
"""

from __future__ import annotations

import itertools
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core import compiling
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.class_fields import ClassFields
from lossexplorer.engine.classes import Sample, relation_of
from lossexplorer.engine.diagnosis import CERTAIN_ENOUGH, problems
from lossexplorer.engine.limits import TooLargeError, check_size, classes_at_once
from lossexplorer.engine.messages import (
    TOTAL,
    Answer,
    Cure,
    LossResult,
    LossSetting,
    MapRequest,
    MapSubject,
    PaintedMaps,
    Problem,
    Progress,
    Reference,
    Request,
)
from lossexplorer.engine.outcomes import LossOutcome, Outcomes
from lossexplorer.engine.painting import Contributions, MapPainter, painted_maps
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.step.plan import Plan, left_out_sentences
from lossexplorer.engine.step.voxels import predicted, taken
from lossexplorer.engine.totals import Totals
from lossexplorer.engine.values import Evaluated
from lossexplorer.engine.volume import Volume
from lossexplorer.engine.voxel_values import voxel_values
from lossexplorer.engine.whole_field import (
    KnownFields,
    WholeField,
    classes_together,
    evaluate_field,
)
from lossexplorer.losses import Partials, Sums, is_smoothed

_log = logging.getLogger(__name__)

_T = TypeVar("_T")
Tensor = Any
Controls = Mapping[str, Any]
Given = NDArray[Any]


class Pipeline:
    """One batch's way from labels to answers.

    Parameters
    ----------
    volume : Volume
        The truth.
    predictions : sequence of array, optional
        A given prediction of each sample instead of simulated ones: class indices, shape (z, y, x),
        or float32 probabilities, shape (class, z, y, x), which is needed if classes overlap.
    report : callable, optional
        Takes the `Progress` of losses of the whole field.
    dense : bool
        Whether all rows and classes are summed, also those whose sums are known in advance.
    samples : sequence of Sample, optional
        Make the plans instead of simulations.

    Attributes
    ----------
    relation : Relation
        How the classes of the volume relate.
    started : float
        When work on the next answer began, by `time.perf_counter`.

    Raises
    ------
    TooLargeError
        If the scores would not fit into the memory.
    """

    def __init__(
        self,
        volume: Volume,
        predictions: Sequence[Given] | None = None,
        report: Callable[[Progress], None] = lambda _: None,
        *,
        dense: bool = False,
        samples: Sequence[Sample] | None = None,
    ) -> None:
        classes = len(volume.names)
        self.volume = volume
        self.relation = relation_of(volume)
        self._report = report
        if samples is None:
            check_size(
                volume.labels.size,
                classes,
                len(volume.samples),
                overlapping=volume.members is not None,
            )
            samples = self.relation.samples(predictions, dense=dense)
        self._samples = samples
        self._controls: dict[str, Any] = {}
        self._totals: Totals | None = None
        # Losses that raised an exception, which are no longer computed together with other losses.
        self._alone: set[str] = set()
        self._fields = KnownFields()
        self.started = 0.0
        self._kept: tuple[Any, Any] | None = None

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        return self.answers([request])[0]

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Return the answers to several requests; neighbours with equal controls share a step.

        A response curve against a loss's parameter is therefore one call.
        """
        found = []
        for _, alike in itertools.groupby(requests, _step):
            group = list(alike)
            self.started, before = time.perf_counter(), compiling.traced()
            totals = self._use(group[0])
            losses = [setting for each in group for setting in each.question.losses]
            totals.evaluate_together([s for s in losses if s.name not in self._alone])
            for request in group:
                self._use(request)
                if not request.question.numbers_alone:
                    self._fields.keep_partials({each.name for each in request.question.losses})
                answer = request.question.answer(self, request)
                if self._current.is_by_steps and not answer.preview:
                    answer = replace(answer, preview=_BY_STEPS)
                now = compiling.traced()
                found.append(replace(answer, compiled=True) if now != before else answer)
                self.started, before = time.perf_counter(), now
        return found

    def evaluate(
        self, request: Request, differentiated: Callable[[LossSetting], bool] = lambda _: False
    ) -> Outcomes:
        """Evaluate the losses of a request.

        Parameters
        ----------
        request : Request
            A request whose controls are in use, as they are while `answers` handles it.
        differentiated : callable
            Takes a loss setting and returns whether its gradient is needed.
        """
        outcomes = []
        for setting in request.question.losses:
            gradient = differentiated(setting)
            if request.effort.whole_field or self._needs_no_pass(setting, gradient=gradient):
                evaluated, said = self._evaluate_or_explain(setting, gradient=gradient)
                outcomes.append(LossOutcome(setting, evaluated, said))
            else:
                outcomes.append(LossOutcome(setting, None, (), pending=True))
        pending = [outcome.setting for outcome in outcomes if outcome.pending]
        classes, left_out = len(self.volume.names), left_out_sentences(self._current.plans)
        preview = _preview(pending, left_out)
        started = self.started
        return Outcomes(request, tuple(outcomes), classes, preview, bool(left_out), started)

    def of_sample(self, sample: int, losses: Sequence[LossSetting]) -> list[Evaluated]:
        """Evaluate losses of class sums as if one sample were all of the batch.

        Parameters
        ----------
        sample : int
            Its index.
        losses : sequence of LossSetting
            The losses, whose controls are in use.
        """
        return self._current.of_sample(sample, losses)

    def norms(self, evaluated: Sequence[Evaluated]) -> list[float]:
        """Return √Σ (∂L/∂logit)² over the batch, for losses that were evaluated with gradients."""
        of_sums = [each for each in evaluated if each.slopes is not None]
        found = iter(self._current.squared_norms(of_sums).tolist())
        return [
            math.sqrt(next(found) if each.slopes is not None else self._squared_norm(each))
            for each in evaluated
        ]

    def painted_maps(self, painted: MapRequest, outcomes: Outcomes) -> PaintedMaps:
        """Return the painted maps; the losses that contribute were evaluated with gradients."""
        losses = {subject.loss for subject in painted.subjects if subject.what == "gradient"}
        found = painted_maps(
            painted,
            self.relation,
            self._painter,
            {loss: _contributions(loss, outcomes) for loss in losses},
        )
        if painted.voxel is None:
            return found
        every = (*(each.setting.name for each in outcomes.outcomes), TOTAL)
        values = voxel_values(
            painted,
            len(self.volume.names),
            self.relation,
            self._painter,
            {loss: _contributions(loss, outcomes) for loss in every},
        )
        return replace(found, at_voxel=values)

    def _painter(self, plan: int) -> MapPainter:
        """Return what paints the classes of a plan."""
        rim = self._samples[plan].rim(self._controls_of(plan))
        return MapPainter(self.relation, self._current.plans[plan], rim, self.partials)

    def partials(self, evaluated: Evaluated) -> Partials:
        """Return the partial derivatives of a loss of the whole field, evaluated with gradients.

        NumPy arrays of shape (sample, class, z, y, x).
        """
        known = self._fields.find(evaluated.setting, self._controls, gradient=True)
        assert known is not None
        assert known.partials is not None
        return known.partials

    def outcomes(self, request: Request, differentiated: Callable[[LossSetting], bool]) -> Outcomes:
        """Use a request's controls and evaluate its losses together, as `evaluate` does."""
        self.started = time.perf_counter()
        totals = self._use(request)
        totals.evaluate_together([s for s in request.question.losses if s.name not in self._alone])
        return self.evaluate(request, differentiated)

    def keep(self, key: object, make: Callable[[], _T]) -> _T:
        """Return what was made for this key, while the controls stay; only the last is kept."""
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # makes room
            self._kept = (key, make())
        found: _T = self._kept[1]
        return found

    @property
    def plans(self) -> list[Plan]:
        """The plan of each sample, with the controls in use."""
        return self._current.plans

    @property
    def samples(self) -> Sequence[Sample]:
        """What the plans of each sample are taken from."""
        return self._samples

    def compile_ahead(self, request: Request, ahead: Ahead) -> None:
        """Compile ahead what the next requests may need, after `request` was answered."""
        self._current.compile_other_form(request.question.losses, ahead)

    def results(self, losses: Sequence[LossSetting], controls: Controls) -> list[LossResult]:
        """Return losses' values and gradient norms.

        Raises
        ------
        ParameterError
            If a parameter does not fit the number of classes.
        """
        totals = self._with(controls, losses)
        totals.evaluate_together(losses)
        of_sums = [
            self._evaluate(setting, gradient=True)
            for setting in losses
            if setting.described.kind != "field"
        ]
        known = iter(zip(of_sums, self.norms(of_sums), strict=True))
        results = []
        for setting in losses:
            if setting.described.kind != "field":
                each, norm = next(known)
            else:
                each = self._evaluate(setting, gradient=True)
                (norm,) = self.norms([each])
                # The gradients of several losses of the whole field may not fit into the memory.
                self._fields.clear()
            results.append(each.result(problems=self._problems(each), gradient_norm=norm))
        return results

    def fields(self, controls: Controls) -> tuple[Tensor, Tensor, Tensor]:
        """Return truth, probabilities and their logarithms, shape (sample, class, z, y, x)."""
        return self._with(controls, ()).whole()

    def sums(self, controls: Controls, losses: Sequence[LossSetting] = ()) -> Sums:
        """Return the class sums of the prediction, and of the own maps of the first loss."""
        return self._with(controls, losses).sums(losses[0] if losses else None)

    def _use(self, request: Request) -> Totals:
        """Return the class sums for a request's controls, with the sums that its losses need."""
        question = request.question
        alone = question.sums_alone and not question.has_field_loss
        exact = request.effort.exact
        return self._with(question.controls, question.losses, exact=exact, sums_alone=alone)

    def _with(
        self,
        controls: Controls,
        losses: Sequence[LossSetting],
        *,
        exact: bool = True,
        sums_alone: bool = False,
    ) -> Totals:
        """Return the class sums for these controls, with the sums that the losses need.

        If `exact` is false, they may be those of a preview. With `sums_alone` there may be no plans
        of which more could be computed.

        Raises
        ------
        ParameterError
            If a control does not fit the volume's classes.
        """
        everywhere = any(is_smoothed(setting.parameters) for setting in losses)
        exact = exact or everywhere or any(map(_joins_classes, losses))
        totals = self._totals
        if (
            totals is None
            or dict(controls) != self._controls
            or (exact and totals.is_preview)
            or (everywhere and not totals.everywhere)
            or (totals.has_sums_alone and not sums_alone)
        ):
            self._totals = totals = None  # makes room
            self._kept = None
            each = [
                (sample, self.relation.controls(controls, number))
                for number, sample in enumerate(self._samples)
            ]
            decided = [sample.decided(values) for sample, values in each] if sums_alone else [None]
            plans: list[Any] = (
                [sample.plan(values, exact=exact, everywhere=everywhere) for sample, values in each]
                if None in decided
                else decided
            )
            classes = len(self.volume.names)
            self._totals = totals = Totals(plans, self.relation, classes, everywhere=everywhere)
            self._controls = dict(controls)
        totals.measure(losses)
        return totals

    @property
    def _current(self) -> Totals:
        """The class sums for the controls in use."""
        assert self._totals is not None
        return self._totals

    # Values

    def _evaluate(self, setting: LossSetting, *, gradient: bool) -> Evaluated:
        loss = setting.described
        if loss.kind != "field":
            return self._current.evaluate(setting)
        found = self._whole_field(setting, gradient=gradient).evaluated
        missing = [None] * self.relation.first
        return replace(found, setting=setting, per_class=(*missing, *found.per_class))

    def _whole_field(self, setting: LossSetting, *, gradient: bool) -> WholeField:
        """Evaluate a loss of the whole field, unless it is known for these controls."""
        known = self._fields.find(setting, self._controls, gradient=gradient)
        if known is None:
            if gradient:
                self._fields.drop_partials(setting.name)
            known = self._evaluate_field(setting, gradient=gradient)
            self._fields.add(setting, self._controls, known)
        return known

    def _evaluate_field(self, setting: LossSetting, *, gradient: bool) -> WholeField:
        setting = self.relation.of_terms(setting)
        loss, samples = setting.described, len(self.volume.samples)
        classes = len(self.volume.names) - self.relation.first
        at_once = classes_at_once(
            setting.heading,
            samples * math.prod(self.plans[0].shape),
            classes,
            classes_together(setting, classes),
            loss.working_fields(setting.parameters, gradient),
            gradient=gradient,
        )
        fields = ClassFields(self.plans, self.relation, samples, classes, at_once)
        return evaluate_field(
            setting,
            self._current.sums(),
            fields.of,
            fields.shape,
            self._current.domain(self.volume.spacing),
            gradient=gradient,
            report=lambda done, classes: self._report(Progress(setting.name, done, classes)),
            known=self._fields.terms(setting, self._controls, samples),
        )

    def _needs_no_pass(self, setting: LossSetting, *, gradient: bool) -> bool:
        """Whether a loss can be evaluated without a pass over the whole field, which takes long."""
        if setting.described.kind != "field":
            return True
        known = self._fields.find(setting, self._controls, gradient=gradient)
        # If it is not finite, cures are tried, and each takes a pass.
        return known is not None and known.evaluated.is_finite

    def _again(self, setting: LossSetting) -> Evaluated:
        """Evaluate a loss with parameters that are only tried; the whole field is not cached."""
        if setting.described.kind != "field":
            return self._evaluate(setting, gradient=False)
        found = self._evaluate_field(setting, gradient=False).evaluated
        return replace(found, setting=setting)

    def _evaluate_or_explain(
        self, setting: LossSetting, *, gradient: bool
    ) -> tuple[Evaluated | None, tuple[Problem, ...]]:
        """Evaluate a loss and return it with its problems, or None with what prevented it."""
        try:
            evaluated = self._evaluate(setting, gradient=gradient)
            return evaluated, self._problems(evaluated)
        except (ParameterError, TooLargeError) as error:
            self._alone.add(setting.name)
            return None, (Problem(str(error)),)
        except Exception as error:
            # An exception in one loss must not prevent the others from being evaluated.
            if backend.is_out_of_memory(error):
                raise
            self._alone.add(setting.name)
            title = setting.heading
            _log.exception("%s could not be computed", title)
            said = f"{title} could not be computed: {error} ({type(error).__name__})."
            return None, (Problem(said),)

    def _problems(self, evaluated: Evaluated) -> tuple[Problem, ...]:
        if evaluated.is_finite:
            return ()
        first = self.relation.first
        return problems(
            replace(evaluated, per_class=evaluated.per_class[first:]),
            self._current.sums(evaluated.setting),
            self._current.infinite(evaluated.setting),
            self.volume.names[first:],
            self._again,
            self._confidence_cure(evaluated),
        )

    def _confidence_cure(self, evaluated: Evaluated) -> Cure | None:
        """Return the confidence that makes a loss's logarithms finite, after trying it."""
        if evaluated.loss.operation != "log 0":
            return None
        softer = {**self._controls, "confidence": CERTAIN_ENOUGH}
        if softer["harden"] != "no":
            return None
        sample, values = self._samples[0], self.relation.controls(softer, 0)
        cure = Cure(Reference("confidence"), CERTAIN_ENOUGH)
        if self._current.has_sums_alone and (decided := sample.decided(values)) is not None:
            return cure if decided.has_finite_logarithms() else None
        # One slice is enough: the confidence gives every class the same share in every voxel.
        plan = sample.plan(values)
        _, rows, columns = plan.shape
        middle = plan.shape[0] // 2 * rows * columns + np.arange(rows * columns)
        _, _, log_p = predicted(plan.recipe, plan.values, taken(plan.at(middle)))
        if np.isfinite(backend.to_numpy(log_p)).all():
            return cure
        return None

    def _squared_norm(self, evaluated: Evaluated) -> float:
        """Return Σ (∂L/∂logit)² of a loss of the whole field."""
        partials = self.partials(evaluated)
        samples, classes = partials.p.shape[:2]
        fields = ClassFields(self.plans, self.relation, samples, classes, 1)
        found = []
        for sample, region in itertools.product(range(samples), self.plans[0].regions(None)):
            there = Partials(
                *(
                    backend.to_device(field[(sample, ..., *region)])
                    for field in (partials.p, partials.log_p)
                )
            )
            p = fields.probabilities(sample, region)
            rows = ops.sum(self.relation.squared_norm(there, p), axis=-1)
            found.append(float(np.sum(backend.to_numpy(rows), dtype=np.float64)))
        return math.fsum(found)

    def _controls_of(self, plan: int) -> Controls:
        return self.relation.controls(self._controls, plan)


def _contributions(loss: str, outcomes: Outcomes) -> Contributions:
    """Return what the gradient of a loss, or of the total, is made of."""
    concerns = MapSubject("gradient", 0, loss).concerns
    return Contributions(
        [
            (each, each.setting.weight if loss == TOTAL else 1.0)
            for each in outcomes.evaluated
            if concerns(each.setting)
        ],
        outcomes.request.question.title(loss),
        any(concerns(setting) for setting in outcomes.pending),
    )


_BY_STEPS = "Preview: what is computed is not compiled yet, and the last digits may change."


def _preview(pending: Sequence[LossSetting], left_out: Sequence[str]) -> str:
    """Return a sentence about the losses, rows and classes that are left out, if any are."""
    said = []
    if pending:
        titles = " and ".join(setting.heading for setting in pending)
        verb = "needs" if len(pending) == 1 else "need"
        said.append(f"without {titles}, which {verb} the whole field")
    said += left_out
    return f"Preview: {'; '.join(said)}." if said else ""


def _step(request: Request) -> tuple[Controls, bool]:
    """Return the key of a request's step: requests with the same key are answered together."""
    return request.question.controls, request.effort.exact


def _joins_classes(setting: LossSetting) -> bool:
    """Whether a loss's own maps need all classes of a voxel."""
    loss = setting.described
    return loss.kind == "voxels" and loss.coupled
