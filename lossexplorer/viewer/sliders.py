"""Where the slider of the slices has them, and room for the number of the slice."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QLineEdit, QScrollBar, QStyle, QStyleOptionSlider

_AROUND = 8  # pixels around a number in its field, with the cursor


def span_of(slider: QScrollBar, last: int) -> tuple[float, float]:
    """Return from where to where a slider has slices, in pixels, each as wide as its neighbour.

    The middle of the first and of the last is where the middle of the handle is then.

    Parameters
    ----------
    slider : QScrollBar
        It lies.
    last : int
        The index of the last slice, above 0.
    """
    option, bar = QStyleOptionSlider(), QStyle.ComplexControl.CC_ScrollBar
    slider.initStyleOption(option)
    groove, handle = (
        slider.style().subControlRect(bar, option, control, slider)
        for control in (QStyle.SubControl.SC_ScrollBarGroove, QStyle.SubControl.SC_ScrollBarSlider)
    )
    first = groove.left() + handle.width() / 2
    width = (groove.width() - handle.width()) / last
    return first - width / 2, first + (last + 0.5) * width


class WideEnough(QObject):
    """An event filter that keeps the field of a slice's number as wide as the largest number.

    napari gives it a width by the font of another widget, and the first digit was cut.
    """

    def eventFilter(self, number: QObject, event: QEvent) -> bool:  # noqa: N802
        """Widen the field once it has its font and its size."""
        kinds = QEvent.Type
        if event.type() in (kinds.Resize, kinds.FontChange, kinds.StyleChange, kinds.Show):
            assert isinstance(number, QLineEdit)
            row: Any = number.parent()
            digits = "8" * len(row.totslice_label.text())
            needed = number.fontMetrics().horizontalAdvance(digits) + _AROUND
            if number.width() < needed:
                number.setFixedWidth(needed)
        return False
