"""Where the slider of the slices has them."""

from __future__ import annotations

from qtpy.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider


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
