"""The numbers of a page of Learn: the losses of the outputs and the total, of the newest step."""

from __future__ import annotations

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.presenter.big_numbers import NumberTitle
from lossexplorer.app.presenter.numbers_panel import ShownNumber
from lossexplorer.engine.messages import TOTAL
from lossexplorer.learning.loss_choices import loss_titles


def run_titles(numbers: tuple[str, ...], shown: Shown) -> dict[str, NumberTitle]:
    """Return what is beside each number: the output with its loss, or the total with the step."""
    titles, outputs = loss_titles(), {output.name: output for output in shown.setup.outputs}
    found = {}
    for name in numbers:
        if name in outputs:
            loss = outputs[name].loss.name
            words = f"{name} · {titles.get(loss, loss)}"
            found[name] = NumberTitle(words, shown.colors[name])
        elif name == TOTAL:
            found[name] = NumberTitle("Total Σ λ L")
    return found


def run_numbers(shown: Shown) -> dict[str, ShownNumber]:
    """Return the losses of the last step, and the total; not known before the first."""
    values: dict[str, float | None] = dict.fromkeys((*shown.outputs, TOTAL))
    report = shown.report
    if report is not None and len(report.losses) == len(shown.outputs):
        values.update(zip(shown.outputs, report.losses, strict=True))
        values[TOTAL] = report.total
    return {name: ShownNumber(value) for name, value in values.items()}
