"""A box with the opacity of maps, their outlines, the image's contrast and interpolation."""

from __future__ import annotations

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from lossexplorer.app.theme import UNIT
from lossexplorer.session.appearance import FADED, Appearance

_TITLES = {"truth": "Truth", "prediction": "Prediction", "error": "Error", "gradient": "Gradient"}


class AppearanceBox(QFrame):
    """Sets an appearance; a click elsewhere or Esc closes it.

    Parameters
    ----------
    parent : QWidget
        The window.

    Attributes
    ----------
    changed : Signal(object)
        Attributes of `Appearance` by name, with what they are to be.
    sliders : dict of str to QSlider
        The opacities in %, by the kind of map.
    outlines : dict of str to QCheckBox
        Of truth and prediction.
    interpolation : QComboBox
        Nearest or linear.
    fit : QPushButton
        Has the contrast fit the image.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("appearanceBox")
        self.sliders = {kind: QSlider(Qt.Orientation.Horizontal) for kind in FADED}
        self._percents = {kind: QLabel() for kind in FADED}
        self.outlines = {
            "truth": QCheckBox("Outline the truth in every pane"),
            "prediction": QCheckBox("Outline the prediction in every pane"),
        }
        self.interpolation = QComboBox()
        self.interpolation.addItems(["nearest", "linear"])
        self.interpolation.setAccessibleName("interpolation of images and maps")
        self.fit = QPushButton("Fit the contrast to the image")
        self.fit.setObjectName("small")
        self._lay_out()
        for kind, slider in self.sliders.items():
            slider.setRange(0, 100)
            slider.setPageStep(10)
            slider.setAccessibleName(f"opacity of the {kind}")
            slider.valueChanged.connect(lambda at, kind=kind: self.changed.emit({kind: at / 100}))
        for of, box in self.outlines.items():
            box.toggled.connect(lambda on, of=of: self.changed.emit({f"outlines_{of}": on}))
        self.interpolation.currentTextChanged.connect(
            lambda text: self.changed.emit({"interpolation": text})
        )
        self.fit.clicked.connect(lambda _: self.changed.emit({"contrast": None}))

    def _lay_out(self) -> None:
        rows = QGridLayout(self)
        rows.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, 2 * UNIT)
        rows.setVerticalSpacing(UNIT)
        heading = QLabel("OPACITY ABOVE THE IMAGE")
        heading.setObjectName("section")
        rows.addWidget(heading, 0, 0, 1, 3)
        for row, (kind, slider) in enumerate(self.sliders.items(), start=1):
            slider.setMinimumWidth(20 * UNIT)
            percent = self._percents[kind]
            percent.setMinimumWidth(5 * UNIT)
            percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            rows.addWidget(QLabel(_TITLES[kind]), row, 0)
            rows.addWidget(slider, row, 1)
            rows.addWidget(percent, row, 2)
        for row, box in enumerate(self.outlines.values(), start=5):
            rows.addWidget(box, row, 0, 1, 3)
        rows.addWidget(QLabel("Voxels"), 7, 0)
        rows.addWidget(self.interpolation, 7, 1, 1, 2)
        rows.addWidget(self.fit, 8, 0, 1, 3)

    def show_appearance(self, appearance: Appearance, *, has_image: bool) -> None:
        """Show what is set; that sets nothing."""
        self.blockSignals(True)
        for kind, slider in self.sliders.items():
            percent = round(100 * appearance.opacity(kind))
            slider.setValue(percent)
            self._percents[kind].setText(f"{percent} %")
        self.outlines["truth"].setChecked(appearance.outlines_truth)
        self.outlines["prediction"].setChecked(appearance.outlines_prediction)
        self.interpolation.setCurrentText(appearance.interpolation)
        self.fit.setEnabled(has_image and appearance.contrast is not None)
        self.blockSignals(False)

    def pop_up(self, above: QPoint) -> None:
        """Appear above a place on the screen."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        x = min(max(above.x(), room.left()), room.right() - self.width())
        y = min(max(above.y() - self.height(), room.top()), room.bottom() - self.height())
        self.move(x, y)
        self.show()
        self.sliders["truth"].setFocus()
