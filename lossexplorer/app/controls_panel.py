"""The left panel: what is open, the simulated prediction, the gradient shown."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel
from superqt import QElidingLabel, QSearchableComboBox

from lossexplorer.app.rows import NoWheel, NumberRow
from lossexplorer.app.side_panel import SidePanel
from lossexplorer.app.theme import UNIT
from lossexplorer.predictions import CONTROLS
from lossexplorer.session import Session, State
from lossexplorer.volumes import LabelVolume

_WRT = ("logit", "probability")


def section(title: str) -> QLabel:
    """Return a section's heading."""
    label = QLabel(title.upper())
    label.setObjectName("section")
    return label


class ControlsPanel(SidePanel):
    """A view of the session's controls.

    Parameters
    ----------
    session : Session
        What it shows and sets.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(width=304, margin=2 * UNIT)
        self._session = session
        self.rows = {name: NumberRow(control) for name, control in CONTROLS.items()}
        self._name = QElidingLabel()
        self._size = QLabel()
        self._contents = QElidingLabel()
        for label in (self._size, self._contents):
            label.setObjectName("quiet")
        self.wrt = QComboBox()
        self.wrt.addItems(_WRT)
        self.classes = QSearchableComboBox()
        self._no_wheel = NoWheel(self)
        for box, title in ((self.wrt, "with respect to"), (self.classes, "class")):
            box.setAccessibleName(title)
            box.installEventFilter(self._no_wheel)
        self._build()

        for name, row in self.rows.items():
            # functools.partial would keep the panel alive no less than this does.
            row.changed.connect(lambda value, name=name: session.set_control(name, value))
        self.wrt.textActivated.connect(lambda text: session.show(wrt=text))
        self.classes.activated.connect(lambda index: session.show(class_index=index))
        session.volume_changed.connect(self._on_volume)
        session.state_changed.connect(self._on_state)
        self._apply(session.state)

    def _build(self) -> None:
        layout = self.column
        layout.addWidget(section("Truth"))
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._size)
        layout.addLayout(head)
        layout.addWidget(self._contents)
        layout.addSpacing(UNIT)
        layout.addWidget(section("Prediction · simulated"))
        for row in self.rows.values():
            layout.addWidget(row)
        layout.addSpacing(UNIT)
        layout.addWidget(section("Shown"))
        for title, box in (("class", self.classes), ("gradient with respect to", self.wrt)):
            line = QHBoxLayout()
            line.addWidget(QLabel(title), 1)
            line.addWidget(box, 1)
            layout.addLayout(line)
        layout.addStretch(1)

    def _on_volume(self, volume: LabelVolume) -> None:
        self._name.setText(volume.name)
        self._name.setToolTip(volume.path)
        self._size.setText(" × ".join(str(n) for n in reversed(volume.shape)))
        self._size.setToolTip("Voxels along x, y, z")
        labelled = sum(c.voxels for c in volume.classes[1:])
        count = len(volume.classes) - 1
        what = volume.classes[1].name if count == 1 else f"{count} classes"
        share = 100 * labelled / volume.voxel_count
        self._contents.setText(f"{what} · {labelled:,} voxels · {share:.2g} %")
        self.classes.clear()
        self.classes.addItems([c.name for c in volume.classes])  # type: ignore[no-untyped-call]
        for row in self.rows.values():
            row.set_spacing(volume.spacing)
        self._apply(self._session.state)

    def _on_state(self, old: State, new: State) -> None:
        del old
        self._apply(new)

    def _apply(self, state: State) -> None:
        for name, row in self.rows.items():
            row.set_value(state.controls[name])
        self.wrt.setCurrentText(state.wrt)
        self.classes.setCurrentIndex(state.class_index)
