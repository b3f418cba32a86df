"""The left panel: what is open, the prediction, and which class and gradient are shown."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel
from superqt import QSearchableComboBox

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.descent_section import DescentSection
from lossexplorer.app.widgets.prediction_section import PredictionSection
from lossexplorer.app.widgets.row import NoWheel, open_on_click
from lossexplorer.app.widgets.sections import heading
from lossexplorer.app.widgets.side_panel import SidePanel
from lossexplorer.app.widgets.truth_section import TruthSection
from lossexplorer.core.parameters import ParameterError
from lossexplorer.predictions import without_room
from lossexplorer.session import Change, Session, State
from lossexplorer.volumes import Case, LabelVolume

_WRT = ("logit", "probability")


class ControlsPanel(SidePanel):
    """Shows the session's volume and controls, and sets them.

    Parameters
    ----------
    session : Session
        What it shows and sets.

    Attributes
    ----------
    truth : TruthSection
        What is open; what it emits is for whoever opens volumes.
    prediction : PredictionSection
        The controls.
    classes, wrt : QComboBox
        Which class and which gradient are painted.
    descent : DescentSection
        How the prediction's logits descend.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(width=300, left=2 * UNIT, right=UNIT + 4)
        self._session = session
        self.truth = TruthSection()
        self.prediction = PredictionSection()
        self.descent = DescentSection()
        self.wrt = QComboBox()
        self.wrt.addItems(_WRT)
        self.classes = QSearchableComboBox()
        self._no_wheel = NoWheel(self)
        for chooser, title in ((self.wrt, "with respect to"), (self.classes, "class")):
            chooser.setAccessibleName(title)
            chooser.installEventFilter(self._no_wheel)
            open_on_click(chooser)
        self._build()

        self.prediction.changed.connect(self._set_control)
        self.prediction.reset.connect(session.reset)
        self.descent.changed.connect(self._set_descent)
        self.truth.sample_chosen.connect(lambda sample: session.show(sample=sample))
        self.wrt.textActivated.connect(lambda text: session.show(wrt=text))
        self.classes.activated.connect(self._show_class)
        session.changed.connect(self._on_change)
        self._apply(session.state)

    def _build(self) -> None:
        self.column.addWidget(self.truth)
        self.column.addSpacing(UNIT)
        self.column.addWidget(self.prediction)
        self.column.addSpacing(UNIT)
        self.column.addWidget(heading("Shown"))
        for title, chooser in (("class", self.classes), ("gradient with respect to", self.wrt)):
            line = QHBoxLayout()
            line.addWidget(QLabel(title), 1)
            line.addWidget(chooser, 1)
            self.column.addLayout(line)
        self.column.addSpacing(UNIT)
        self.column.addWidget(self.descent)
        self.column.addStretch(1)

    def _show_class(self, place: int) -> None:
        """Show the class at a place of the list, which may begin behind the background."""
        first = self._session.state.experiment.first_class
        self._session.show(class_index=first + place)

    def _set_descent(self, name: str, value: Any) -> None:
        row = self.descent.rows.get(name)
        self._session.set_descent(name, value, merge=None if row is None else row.gesture)

    def _set_control(self, name: str, value: Any) -> None:
        row = self.prediction.rows[name]
        try:
            self._session.set_control(name, value, merge=row.gesture)
        except ParameterError as error:  # such as a table for another number of classes
            row.refuse(str(error))

    def _on_change(self, change: Change) -> None:
        case, volume = change.new.experiment.case, change.new.volume
        if change.shows_another_volume and case is not None and volume is not None:
            self._show_volume(case, volume, change.new)
        if change.is_of_controls_alone:  # a slider waits for this
            old, new = change.old.experiment.controls, change.new.experiment.controls
            self.prediction.show_values(new, old)
        else:
            self._apply(change.new, change.old)

    def _show_volume(self, case: Case, volume: LabelVolume, state: State) -> None:
        self.truth.show_volume(case, volume, state.view.sample)
        names = tuple(c.name for c in volume.classes)
        self.classes.clear()
        first = state.experiment.first_class
        self.classes.addItems(list(names)[first:])  # type: ignore[no-untyped-call]
        self.prediction.set_volume(
            case.batch.size,
            names,
            overlap=state.experiment.overlaps,
            hidden=without_room(volume.shape),
        )
        self.prediction.show_prediction(case.given_name if case.given is not None else "")
        self._apply(state)

    def _apply(self, state: State, before: State | None = None) -> None:
        known = before.experiment.controls if before else {}
        self.prediction.show_values(state.experiment.controls, known)
        self.descent.show_descent(state.experiment.descent, state.experiment.losses)
        self.wrt.setCurrentText(state.view.wrt)
        self.classes.setCurrentIndex(state.view.class_index - state.experiment.first_class)


def _make(context: Context) -> ControlsPanel:
    panel, opener = ControlsPanel(context.session), context.files.opener
    panel.prediction.expected.connect(context.controller.expect)
    panel.truth.classes_chosen.connect(opener.choose_classes)
    panel.truth.subset_wanted.connect(context.files.choose_classes)
    panel.truth.ignored_chosen.connect(opener.choose_ignored)
    panel.truth.unmask_wanted.connect(opener.remove_mask)
    panel.truth.level_chosen.connect(opener.open_level)
    panel.truth.patch_chosen.connect(opener.choose_patch)
    return panel


PANEL = Panel(id="controls", title="Controls", area="left", order=10, make=_make, shortcut="F7")
