"""The pages of Learn: what they show, and their numbers, which are those of the newest step."""

from __future__ import annotations

from dataclasses import replace

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.presenter.big_numbers import NumberTitle
from lossexplorer.app.presenter.numbers_panel import ShownNumber
from lossexplorer.app.presenter.page import MOST_NUMBERS, Page
from lossexplorer.engine.messages import TOTAL
from lossexplorer.learning.loss_choices import loss_titles
from lossexplorer.learning.setup import Setup


def run_page(page: Page, setup: Setup) -> Page:
    """Return a page with the network, every loss step by step, and their values.

    Parameters
    ----------
    page : Page
        Has the words.
    setup : Setup
        Has the outputs.

    Examples
    --------
    >>> shown = run_page(Page(title="Who reaches whom"), Setup())
    >>> shown.workspace, shown.numbers, shown.plot
    ('learn', ('y1', 'y2', 'total'), 'run_losses')
    """
    outputs = [output.name for output in setup.outputs[: MOST_NUMBERS - 1]]
    numbers = (*outputs, TOTAL)
    return replace(page, workspace="learn", maps=(), plot="run_losses", numbers=numbers)


def run_titles(numbers: tuple[str, ...], shown: Shown) -> dict[str, NumberTitle]:
    """Return what is beside each number: the output with its loss, or the total with the step."""
    titles, outputs = loss_titles(), {output.name: output for output in shown.setup.outputs}
    found = {}
    for name in numbers:
        if name in outputs:
            loss = outputs[name].loss.name
            words = f"{name} · {titles.get(loss, loss)}"
            found[name] = NumberTitle(words, color=shown.colors[name])
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
