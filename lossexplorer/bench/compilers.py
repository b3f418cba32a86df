"""Benchmark of a step against the same step written for ``torch.compile``, ``jax.jit`` and MONAI.

Every voxel is uncertain, so that no row is left out on our side. The other side begins with the
logits, which ours makes of scores within the time. Nothing is timed before the numbers agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossexplorer.bench import monai_side, same_step, workloads
from lossexplorer.bench.measuring import Side, Timing, in_turn
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.bench.same_step import LOSSES, Compute, GivenStep, StepResult
from lossexplorer.engine.backends.environment import installed
from lossexplorer.engine.messages import TOTAL, MapRequest, Plane, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

GROUP = "compilers"
MISSING = "it is not installed; pip install 'lossexplorer[bench]'"
_N, _CLASSES = 128, 4
_WHAT = f"five losses with values and slopes, {_N}³×{_CLASSES}, every voxel uncertain"
_SLOPES = (
    "Ours returns the slopes, of which the gradient of any voxel is made; theirs is written out "
    "for every voxel. The rows below it paint it, too."
)
# Libraries add millions of float32 numbers in different orders.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class _Anchor:
    """Another side: its name, the function that makes it, and the package that it needs."""

    name: str
    make: Callable[..., Compute]
    package: str


_COMPILERS = (
    _Anchor("torch.compile", same_step.torch_step, "torch"),
    _Anchor("jax.jit", same_step.jax_step, "jax"),
)
_EAGER = _Anchor("MONAI", monai_side.step, "monai")


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    shape = (_N, _N, _N)
    made = workloads.pipeline_of(workloads.every_voxel_uncertain(shape, _CLASSES), _CLASSES)
    given, ours = given_step(made), our_step(made)
    yield from _compared(made, given, ours, Aim("faster", 2, 4), repetitions, gradient=False)
    yield from _compared(made, given, ours, Aim("faster", 5, 8), repetitions, gradient=True)


def given_step(pipeline: Pipeline) -> GivenStep:
    """Return the logits and the truth of a pipeline at `workloads.moved(0)`."""
    controls = workloads.request(workloads.moved(0)).question.controls
    truth, _, log_p = (np.asarray(field)[0] for field in pipeline.fields(controls))
    return GivenStep(*(field.reshape(len(field), -1).copy() for field in (log_p, truth)))


def our_step(pipeline: Pipeline) -> StepResult:
    """Return what this program makes of `workloads.moved(0)`, with the total's gradient."""
    answers = pipeline.answers(_asked(0, _volumes(pipeline)))
    values = {result.name: result.value for result in answers[0].losses}
    gradient = np.stack([answer.maps.gradient.ravel() for answer in answers if answer.maps])
    return StepResult([values[name] for name in LOSSES], gradient)


def difference(found: StepResult, ours: StepResult) -> str:
    """Return a sentence if a step's numbers are not ours, else an empty one.

    Examples
    --------
    >>> difference(StepResult([0.5] * 5), StepResult([0.5, 0.6, 0.5, 0.5, 0.5]))
    'generalized_dice is 0.5 and ours 0.6: not timed.'
    """
    for name, its, our in zip(LOSSES, found.values, ours.values, strict=True):
        if not abs(its - our) <= _TOLERANCE * abs(our):
            return f"{name} is {its:.6g} and ours {our:.6g}: not timed."
    if found.gradient is not None:
        gradient = np.asarray(found.gradient)
        most = np.abs(gradient - ours.gradient).max() / np.abs(ours.gradient).max()
        if not most <= _TOLERANCE:
            return f"The gradient differs from ours by {most:.2g} of its largest: not timed."
    return ""


def _compared(
    pipeline: Pipeline,
    given: GivenStep,
    ours: StepResult,
    goal: Aim,
    repetitions: int,
    *,
    gradient: bool,
) -> Iterator[TableRow]:
    """Time our step and every other side that can be made here in turn, in one run."""
    how = "forward and backward to the logits" if gradient else "forward"
    compute: dict[str, Compute] = {}
    why: dict[str, str] = {}
    for anchor in (*_COMPILERS, _EAGER):
        found = _checked(anchor, given, ours, gradient=gradient)
        if isinstance(found, str):
            why[anchor.name] = found
        else:
            compute[anchor.name] = found
    painted = {}
    if gradient:
        painted = {
            "the total's gradient in the slice on screen": [_map(1, Plane(0, _N // 2))],
            "the total's gradient of every class in every voxel": _volumes(pipeline),
        }
    sides = [_side(pipeline, maps, place) for place, maps in enumerate([[], *painted.values()])]
    others = [*map(Side, compute.values())]
    times = in_turn(*sides, *others, repetitions=repetitions) if others else []
    theirs = dict(zip(compute, times[len(sides) :], strict=True))
    note = _SLOPES if gradient else ""
    for anchor in (*_COMPILERS, _EAGER):
        name = anchor.name
        row = (GROUP, _WHAT, goal if anchor in _COMPILERS else Aim("faster"))
        if name in why:
            yield TableRow(*row, against_what=name, note=f"{name}, {how}: {why[name]}")
        else:
            yield TableRow.of(row, (times[0], theirs[name]), f"{name}, {how}", note=note)
    for what, timing in zip(painted, times[1:], strict=False):
        yield from _against_the_better(what, timing, theirs, how)


def _against_the_better(
    what: str, timing: Timing, theirs: dict[str, Timing], how: str
) -> Iterator[TableRow]:
    known = {each.name: theirs[each.name] for each in _COMPILERS if each.name in theirs}
    if known:
        name = min(known, key=lambda each: known[each].median)
        row = (GROUP, f"the same and {what}", Aim("faster"))
        yield TableRow.of(row, (timing, known[name]), f"{name}, {how}")


def _checked(
    anchor: _Anchor, given: GivenStep, ours: StepResult, *, gradient: bool
) -> Compute | str:
    """Return another side, or why it is not timed."""
    if not installed(anchor.package):
        return MISSING
    try:
        made = anchor.make(given, gradient=gradient)
        found = made(0)
    except RuntimeError as error:  # torch.compile without a C++ compiler raises one
        return f"it could not be compiled: {' '.join(str(error).split())}"
    return difference(found, ours) or made


def _side(pipeline: Pipeline, maps: list[MapRequest], place: int) -> Side:
    """Return our step with maps; its controls are no other side's, whose sums would be known."""
    return Side(pipeline.answers, lambda number: _asked(3 * number + place, maps))


def _asked(number: int, maps: list[MapRequest]) -> list[Request]:
    controls = workloads.moved(number)
    painted = [workloads.request(controls, painted=each) for each in maps]
    return painted or [workloads.request(controls)]


def _volumes(pipeline: Pipeline) -> list[MapRequest]:
    return [_map(index, None) for index in range(len(pipeline.volume.names))]


def _map(class_index: int, plane: Plane | None) -> MapRequest:
    return MapRequest(TOTAL, class_index, "logit", plane, gradient_only=True)
