"""What there is to show in Learn, as one value that panels and plots follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lossexplorer.app.context import Context
from lossexplorer.app.network import output_color
from lossexplorer.app.theme import Palette
from lossexplorer.learning.reports import StepReport
from lossexplorer.learning.setup import Setup
from lossexplorer.session import State
from lossexplorer.session.run import Run


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
        """The colour of each output, of the run or of the setup, by its place."""
        places = {name: place for place, name in enumerate(self.outputs)}
        places |= {output.name: place for place, output in enumerate(self.setup.outputs)}
        return {name: output_color(place, self.palette) for name, place in places.items()}

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
