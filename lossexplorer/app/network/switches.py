"""What a hand on the picture asks for."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal


class Switches(QObject):
    """Tells what was clicked in the picture; the items of a scene are no objects of Qt.

    Attributes
    ----------
    cut_toggled : Signal(str)
        The gradient of an output is to be cut, or not any more.
    frozen_toggled : Signal(str)
        A layer is to be frozen, or not any more.
    weight_toggled : Signal(str)
        λ of an output is to be 0, or what it was.
    chosen : Signal(str)
        A box is chosen.
    opened : Signal(str)
        The layers of a box are to be shown, or not any more.
    """

    cut_toggled = Signal(str)
    frozen_toggled = Signal(str)
    weight_toggled = Signal(str)
    chosen = Signal(str)
    opened = Signal(str)
