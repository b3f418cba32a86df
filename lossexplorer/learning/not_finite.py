"""Why a training run stops: the first loss that is not finite, in a sentence."""

from __future__ import annotations

import math

from lossexplorer.learning.reports import StepReport
from lossexplorer.learning.setup import Setup


def not_finite(setup: Setup, report: StepReport) -> str:
    """Return what is not finite in a step, or an empty text.

    Parameters
    ----------
    setup : Setup
        What was trained.
    report : StepReport
        The step.

    Examples
    --------
    >>> step = StepReport(12, (0.5, float("nan")), (0.5, 0.3), 0.0, float("nan"))
    >>> not_finite(Setup(), step).partition(".")[0]
    'Step 12: the loss of y2 (mean_squared_error) is NaN'
    """
    losses = zip(setup.outputs, report.losses, strict=True)
    wrong = [(output, value) for output, value in losses if not math.isfinite(value)]
    if wrong:
        named = " and ".join(
            f"the loss of {output.name} ({output.loss.name}) is {_word(value)}"
            for output, value in wrong
        )
        unweighted = [output.name for output, _ in wrong if not output.weight]
        zero = f" λ = 0 for {', '.join(unweighted)} does not help, 0 · NaN is NaN." * bool(
            unweighted
        )
        return (
            f"Step {report.step}: {named}. Its gradient makes every weight it reaches useless: "
            f"rewind, and train with a smaller learning rate or clipped gradients.{zero}"
        )
    if not math.isfinite(report.regularisation):
        return (
            f"Step {report.step}: the penalty on the weights is {_word(report.regularisation)}, "
            "because the weights grew without end: rewind, and train with a smaller learning rate."
        )
    if not math.isfinite(report.total):
        return (
            f"Step {report.step}: the total is {_word(report.total)} although every loss is "
            "finite: its weights λ are too large."
        )
    return ""


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinite"
