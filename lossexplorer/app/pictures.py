"""A picture of the window as a file, and what such files are called."""

from __future__ import annotations

import re
from pathlib import Path

from qtpy.QtCore import QBuffer, QIODevice
from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.stage.stage import Stage
from lossexplorer.core.files import replace_file


def file_stem(text: str) -> str:
    """Return a text as the name of a file, without what file systems refuse.

    Examples
    --------
    >>> file_stem("case 7: tumour/left · Dice"), file_stem("…")
    ('case-7-tumour-left-Dice', 'loss-explorer')
    """
    return "-".join(re.findall(r"[\w.]+", text)).strip(".-") or "loss-explorer"


def save_window(window: QWidget, stage: Stage, path: Path) -> bool:
    """Save the whole window as PNG, once its canvas shows everything.

    Returns
    -------
    bool
        Whether it was written.
    """
    stage.finish()
    QApplication.processEvents()
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(content, "PNG")
    try:
        replace_file(path, lambda file: file.write_bytes(bytes(content.data().data())))
    except OSError:
        return False
    return True
