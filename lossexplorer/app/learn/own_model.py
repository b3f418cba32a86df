"""Opens a model of the user's; code is run only after the user has agreed."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMessageBox

from lossexplorer.app.context import Context
from lossexplorer.session.setup_editor import SetupEditor

_FILTER = "Models (*.keras *.py);;Keras models (*.keras);;Python files with build_model() (*.py)"


def choose_own_model(context: Context) -> None:
    """Ask for a model's file, and train it."""
    window = context.stage.window()
    folder = context.settings.value.folder
    path, _ = QFileDialog.getOpenFileName(window, "Open a model", folder, _FILTER)
    if not path:
        return
    context.settings.update(folder=str(Path(path).parent))
    open_own_model(context, path)


def open_own_model(context: Context, path: str) -> None:
    """Train a model's file; Python is run only if the user agrees to that."""
    is_code = Path(path).suffix.lower() == ".py"
    if is_code and not _is_trusted(context, path):
        return
    SetupEditor(context.session).use_own(path, is_trusted=is_code)


def _is_trusted(context: Context, path: str) -> bool:
    """Ask whether a Python file may be run."""
    buttons = QMessageBox.StandardButton
    answer = QMessageBox.warning(
        context.stage.window(),
        "Run this file?",
        f"{Path(path).name} is a Python file. To get its model, the program runs its code, which "
        "can do everything that you can do on this computer: read, change and delete your "
        "files.\n\nRun it only if you know who wrote it.",
        buttons.Yes | buttons.Cancel,
        buttons.Cancel,
    )
    return bool(answer == buttons.Yes)
