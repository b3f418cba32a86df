"""Small lines and labels that Learn's panels share."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

_NARROWEST = 90  # pixels


def quiet(text: str = "") -> QLabel:
    """Return a label in the quiet colour."""
    label = QLabel(text)
    label.setObjectName("quiet")
    return label


def line(title: str, *widgets: QWidget) -> QWidget:
    """Return a line of a title and, at its right end, widgets."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    label = QLabel(title)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    row.addWidget(label)
    row.addStretch(1)
    for widget in widgets:
        if isinstance(widget, QComboBox):
            widget.setMinimumWidth(_NARROWEST)  # a list may be cut off, its title may not
        row.addWidget(widget)
    return holder


def set_text(label: QLabel, text: str) -> None:
    """Write a text, if it is another one: a label is laid out anew for each."""
    if label.text() != text:
        label.setText(text)


def mark(widget: QWidget, name: str, on: bool) -> None:
    """Set a property that the style sheet looks at."""
    if widget.property(name) != on:
        widget.setProperty(name, on)
        widget.style().polish(widget)
