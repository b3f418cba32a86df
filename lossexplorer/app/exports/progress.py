"""The dialog that says how far an export is, and cancels it."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QProgressDialog, QWidget

CANCELLED = "it was cancelled."
"""How the sentence ends that is said of an export which was cancelled."""


def progress_dialog(
    parent: QWidget,
    title: str,
    text: str,
    length: int,
    cancel: Callable[[], object],
    *,
    blocks: bool = False,
) -> QProgressDialog:
    """Show how far an export is, at first that nothing is done.

    Parameters
    ----------
    parent : QWidget
        What is exported from.
    title, text : str
        Of the dialog.
    length : int
        How much there is to do.
    cancel : callable
        What its button does.
    blocks : bool
        Whether nothing else can be set meanwhile.
    """
    dialog = QProgressDialog(text, "Cancel", 0, length, parent)
    dialog.setWindowTitle(title)
    modalities = Qt.WindowModality
    dialog.setWindowModality(modalities.ApplicationModal if blocks else modalities.NonModal)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    dialog.setMinimumDuration(0)
    dialog.setValue(0)
    dialog.show()
    dialog.canceled.connect(cancel)
    return dialog
