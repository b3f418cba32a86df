"""What there is to show in Learn, as one value that panels and plots follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lossexplorer.app.context import Context
from lossexplorer.app.theme import Palette
from lossexplorer.learning.reports import StepReport
from lossexplorer.learning.setup import Setup
from lossexplorer.session import State
from lossexplorer.session.run import Run


def output_colors(names: Sequence[str], palette: Palette) -> dict[str, str]:
    """Return the colour of each output, the same for ``y3`` whichever others there are.

    Parameters
    ----------
    names : sequence of str
        The outputs.
    palette : Palette
        The theme's.

    Examples
    --------
    >>> from lossexplorer.app.theme import DARK
    >>> colors = output_colors(["y1", "y3"], DARK)
    >>> [DARK.outputs.index(colors[name]) for name in ("y1", "y3")]
    [0, 2]
    """
    places: dict[str, int] = {}
    for name in names:
        number = re.fullmatch(r"y([1-9])", name)
        if number and int(number[1]) <= len(palette.outputs):
            places[name] = int(number[1]) - 1
    free = [place for place in range(len(palette.outputs)) if place not in places.values()]
    for name in names:
        if name not in places:
            places[name] = free.pop(0) if free else len(places) % len(palette.outputs)
    return {name: palette.outputs[places[name]] for name in names}


@dataclass(frozen=True)
class Shown:
    """A training run, what it depends on, and the colours that it is drawn in.

    Attributes
    ----------
    run : Run
        As far as it has come.
    state : State
        What is set and looked at.
    palette : Palette
        The theme's.
    """

    run: Run
    state: State
    palette: Palette

    @property
    def setup(self) -> Setup:
        """What the run depends on."""
        return self.state.experiment.setup

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs that the run's numbers belong to, in their order."""
        if self.run.graph is not None:
            return tuple(self.run.graph.outputs)
        return tuple(output.name for output in self.setup.outputs)

    @property
    def colors(self) -> Mapping[str, str]:
        """The colour of each output, of the run or of the setup."""
        names = dict.fromkeys((*(output.name for output in self.setup.outputs), *self.outputs))
        return output_colors(list(names), self.palette)

    @property
    def report(self) -> StepReport | None:
        """The last step."""
        return self.run.reports[-1] if self.run.reports else None


def follow(context: Context, show: Callable[[Shown], object]) -> None:
    """Have a function called with what there is to show, now and whenever it is something else.

    While another workspace is on screen nothing is shown; what came then is shown on return.
    """

    def refresh() -> None:
        state = context.session.state
        if state.view.workspace == "learn":
            show(Shown(context.trainer.run, state, context.themes.palette))

    context.session.changed.connect(refresh, max_args=0)
    context.trainer.changed.connect(refresh, max_args=0)
    context.themes.changed.connect(lambda _palette: refresh())
    refresh()
