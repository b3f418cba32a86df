"""``lossexplorer descend``: the prediction's logits follow a gradient, without a window."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossexplorer.core.numbers import column_value
from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.messages import (
    TOTAL,
    Descent,
    DescentReport,
    DescentStep,
    EngineInfo,
    LossSetting,
    Request,
    check_exclusive,
)
from lossexplorer.engine.questions import Numbers
from lossexplorer.headless.evaluation import opened, prepared
from lossexplorer.headless.truths import (
    AS_DECLARED,
    TruthOptions,
    notes_of,
    truth_content,
    truth_line,
)
from lossexplorer.volumes import Case, ClassSelection


@dataclass(frozen=True)
class DescentResult:
    """A descent.

    Attributes
    ----------
    case : Case
        What was opened.
    losses : tuple of LossSetting
        What was evaluated after each step.
    descent : Descent
        How it descended.
    report : DescentReport
        Every step, from the start.
    voxels : int
        The number of voxels, by which gradients are multiplied.
    engine : EngineInfo
        What it was computed with.
    """

    case: Case
    losses: tuple[LossSetting, ...]
    descent: Descent
    report: DescentReport
    voxels: int
    engine: EngineInfo

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was read."""
        return notes_of(self.case)


def _nothing(step: DescentStep) -> None:
    del step


def descend(
    truth: str,
    prediction: str | None,
    controls: Sequence[str],
    losses: tuple[LossSetting, ...],
    descent: Descent,
    steps: int,
    *,
    classes: ClassSelection | None = None,
    patch: tuple[int, int, int] | None = None,
    options: TruthOptions = AS_DECLARED,
    done: Callable[[DescentStep], None] = _nothing,
) -> DescentResult:
    """Let the logits of a given or simulated prediction descend.

    Parameters
    ----------
    truth, prediction, controls, losses, classes, patch, options
        As in `lossexplorer.headless.evaluation.evaluate`.
    descent : Descent
        What is descended, and how.
    steps : int
        How many steps at most; 0 for the start alone.
    done : callable, optional
        Called with the start and after each step.

    Raises
    ------
    ParameterError
        If a name or a value is not what it should be, or the prediction is no softmax.
    lossexplorer.volumes.VolumeError, lossexplorer.engine.limits.TooLargeError
        As `lossexplorer.headless.evaluation.evaluate`.
    """
    if steps < 0:
        raise ParameterError(f"--steps must be 0 or more, not {steps}.")
    names = [setting.name for setting in losses]
    if descent.follows not in (TOTAL, *names):
        raise closest(descent.follows, [TOTAL, *names], "evaluated loss")
    descent.check(losses)
    case, values = opened(
        [truth], prediction, controls, losses, classes=classes, patch=patch, options=options
    )
    check_exclusive(overlapping=case.batch[0].overlap is not None)
    pipeline, info = prepared(case)
    from lossexplorer.engine.descent.descending import Descending

    request = Request(Numbers("", values, losses))
    descending = Descending(pipeline, request, descent, descent.follows)
    report = descending.reach(0)
    done(report.steps[0])
    while report.number < steps and not report.ended:
        report = descending.reach(report.number + 1)
        if not report.ended or report.number == len(report.steps) - 1:
            done(report.steps[-1])
    return DescentResult(case, losses, descent, report, descending.voxels, info)


def closing(result: DescentResult) -> list[str]:
    """Return what is said below the steps: how it ended, of the truth, and notes."""
    report = result.report
    ended = [f"step {report.number}: {report.why_ended()}"] if report.ended else []
    largest = f"largest g: the largest ∂total/∂logit in a voxel, times {result.voxels:,} voxels."
    if result.descent.follows != TOTAL:
        largest = largest.replace("∂total", f"∂{result.descent.follows}")
    return [*ended, largest, truth_line(result.case.batch), *result.notes]


def as_json(result: DescentResult) -> str:
    """Return the descent as JSON; a value that is not finite is null."""
    descent, report = result.descent, result.report
    names = [setting.name for setting in result.losses]
    content = {
        "truth": truth_content(result.case, with_voxels=False),
        "losses": [
            {
                "name": setting.name,
                "loss": setting.loss,
                "parameters": dict(setting.parameters),
                "weight": setting.weight,
            }
            for setting in result.losses
        ],
        "descent": {
            "follows": descent.follows,
            "optimizer": descent.optimizer,
            "rate": descent.rate,
            "momentum": descent.momentum,
            "gradient_factor": result.voxels,
            "gradient_wrt": "logit",
        },
        "steps": [
            {
                "step": step.number,
                "losses": dict(zip(names, map(_finite, step.values), strict=True)),
                "total": _finite(step.total),
                "largest_gradient": _finite(step.largest),
            }
            for step in report.steps
        ],
        "converged": report.is_converged,
        "ended": report.why_ended() or None,
        "notes": list(result.notes),
        "engine": {"backend": result.engine.backend, "device": result.engine.device},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


_WIDTH = 12


def heading(losses: Sequence[LossSetting]) -> str:
    """Return the head of the list of steps."""
    columns = [*(setting.name for setting in losses), "total", "largest g"]
    return "step" + "".join(f"  {name:>{_WIDTH}}" for name in columns)


def line(step: DescentStep, losses: Sequence[LossSetting]) -> str:
    """Return a line for a step: every loss without λ, the total and the gradient's largest entry.

    Examples
    --------
    >>> from lossexplorer.headless.evaluation import chosen_losses
    >>> print(line(DescentStep(3, (0.25,), 0.25, 0.5), chosen_losses(["dice"], [])))
       3      0.250000      0.250000          0.5
    """
    widths = [max(_WIDTH, len(setting.name)) for setting in losses]
    values = "".join(
        f"  {column_value(value):>{width}}"
        for value, width in zip(step.values, widths, strict=True)
    )
    total = f"{column_value(step.total):>{_WIDTH}}"
    return f"{step.number:4}{values}  {total}  {step.largest:>{_WIDTH - 1}.4g}"
