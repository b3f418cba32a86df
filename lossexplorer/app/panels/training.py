"""Learn's left panel: data, model, training, and the switches on the network."""

from __future__ import annotations

from collections.abc import Mapping

from lossexplorer.app.context import Context
from lossexplorer.app.learn.data_section import DataSection
from lossexplorer.app.learn.model_section import ModelSection
from lossexplorer.app.learn.offers import method_titles
from lossexplorer.app.learn.own_model import choose_own_model
from lossexplorer.app.learn.shown import Shown, follow
from lossexplorer.app.learn.switches_section import SwitchesSection
from lossexplorer.app.learn.train_or_pause import train_or_pause
from lossexplorer.app.learn.training_section import TrainingSection
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.side_panel import SidePanel
from lossexplorer.learning.setup import BuiltNetwork, OwnNetwork
from lossexplorer.session import Session
from lossexplorer.session.setup_editor import SetupEditor


class TrainingPanel(SidePanel):
    """Shows what a training run depends on, and sets it.

    Parameters
    ----------
    session : Session
        What is set.
    methods : mapping of str to str
        The titles of the methods that combine gradients, by name.

    Attributes
    ----------
    data, model, training, switches : QWidget
        The sections, from top to bottom.
    """

    def __init__(self, session: Session, methods: Mapping[str, str]) -> None:
        super().__init__(width=300, left=2 * UNIT, right=UNIT + 4)
        editor = SetupEditor(session)
        self.data = DataSection(editor)
        self.model = ModelSection(editor)
        self.training = TrainingSection(editor, methods)
        self.switches = SwitchesSection(editor)
        self._sections = (self.data, self.model, self.training, self.switches)
        self._network: BuiltNetwork | OwnNetwork | None = None
        for section in self._sections:
            self.column.addWidget(section)
            self.column.addSpacing(UNIT)
        self.column.addStretch(1)
        self.data.class_chosen.connect(lambda index: session.show(class_index=index))

    def show_run(self, shown: Shown) -> None:
        """Show what is set and how far the run is."""
        for section in self._sections:
            section.show_run(shown)
        self._lead_to_train(shown.setup.network)

    def _lead_to_train(self, network: BuiltNetwork | OwnNetwork) -> None:
        """Give Train the focus once a model is opened: Space would ask for another one."""
        is_opened = isinstance(network, OwnNetwork) and network != self._network
        self._network = network
        if is_opened and self.window().focusWidget() is self.model.own:
            self.training.train.setFocus()


def _make(context: Context) -> TrainingPanel:
    panel, trainer = TrainingPanel(context.session, method_titles()), context.trainer
    buttons = panel.training

    def limit(steps: float | None) -> None:
        trainer.limit = steps

    buttons.limited.connect(limit)
    buttons.train.clicked.connect(lambda: train_or_pause(trainer))
    buttons.step.clicked.connect(trainer.step)
    buttons.rewind.clicked.connect(trainer.rewind)
    buttons.seed.clicked.connect(trainer.new_seed)
    panel.model.own_wanted.connect(lambda: choose_own_model(context))
    follow(context, panel.show_run)
    return panel


PANEL = Panel(
    id="training",
    title="Training",
    area="left",
    order=10,
    make=_make,
    workspaces=("learn",),
    shortcut="F7",
)
