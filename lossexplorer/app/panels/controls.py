"""The left panel: what is open, the prediction, and which class and gradient are shown."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel
from superqt import QSearchableComboBox

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.prediction_section import PredictionSection
from lossexplorer.app.widgets.row import NoWheel
from lossexplorer.app.widgets.sections import heading
from lossexplorer.app.widgets.side_panel import SidePanel
from lossexplorer.app.widgets.truth_section import TruthSection
from lossexplorer.core.parameters import ParameterError
from lossexplorer.session import Session, State
from lossexplorer.volumes import LabelVolume

_WRT = ("logit", "probability")


class ControlsPanel(SidePanel):
    """A view of the session's volume and controls.

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
    """

    def __init__(self, session: Session) -> None:
        super().__init__(width=300, left=2 * UNIT, right=UNIT + 4)
        self._session = session
        self.truth = TruthSection()
        self.prediction = PredictionSection()
        self.wrt = QComboBox()
        self.wrt.addItems(_WRT)
        self.classes = QSearchableComboBox()
        self._no_wheel = NoWheel(self)
        for box, title in ((self.wrt, "with respect to"), (self.classes, "class")):
            box.setAccessibleName(title)
            box.installEventFilter(self._no_wheel)
        self._build()

        self.prediction.changed.connect(self._set_control)
        self.prediction.reset.connect(session.reset)
        self.truth.sample_chosen.connect(lambda sample: session.show(sample=sample))
        self.wrt.textActivated.connect(lambda text: session.show(wrt=text))
        self.classes.activated.connect(lambda index: session.show(class_index=index))
        session.volume_changed.connect(self._on_volume)
        session.state_changed.connect(self._on_state)
        self._apply(session.state)

    def _build(self) -> None:
        layout = self.column
        layout.addWidget(self.truth)
        layout.addSpacing(UNIT)
        layout.addWidget(self.prediction)
        layout.addSpacing(UNIT)
        layout.addWidget(heading("Shown"))
        for title, box in (("class", self.classes), ("gradient with respect to", self.wrt)):
            line = QHBoxLayout()
            line.addWidget(QLabel(title), 1)
            line.addWidget(box, 1)
            layout.addLayout(line)
        layout.addStretch(1)

    def _set_control(self, name: str, value: Any) -> None:
        try:
            self._session.set_control(name, value)
        except ParameterError as error:  # such as a table for another number of classes
            self.prediction.rows[name].refuse(str(error))

    def _on_volume(self, volume: LabelVolume) -> None:
        case, state = self._session.case, self._session.state
        if case is None:
            return
        self.truth.show_volume(case, volume, state.sample)
        names = tuple(c.name for c in volume.classes)
        self.classes.clear()
        self.classes.addItems(list(names))  # type: ignore[no-untyped-call]
        self.prediction.set_volume(volume.spacing, names)
        self.prediction.show_prediction(case.given_name if case.given is not None else "")
        self._apply(state)

    def _on_state(self, old: State, new: State) -> None:
        self._apply(new, old)

    def _apply(self, state: State, before: State | None = None) -> None:
        self.prediction.show_values(state.controls, before.controls if before else {})
        self.wrt.setCurrentText(state.wrt)
        self.classes.setCurrentIndex(state.class_index)


def _make(context: Context) -> ControlsPanel:
    panel, opener = ControlsPanel(context.session), context.controller.opener
    panel.truth.classes_chosen.connect(opener.choose_classes)
    panel.truth.subset_wanted.connect(context.files.choose_classes)
    panel.truth.level_chosen.connect(opener.open_level)
    panel.truth.patch_chosen.connect(opener.choose_patch)
    return panel


PANEL = Panel(id="controls", title="Controls", area="left", order=10, make=_make)
