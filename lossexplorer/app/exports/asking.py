"""Asks where a file is to be written, and says where it is or why it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QFileDialog

from lossexplorer.app.context import Context
from lossexplorer.core.files import replace_file


def ask_path(context: Context, title: str, name: str, kinds: str) -> Path | None:
    """Return the path that the user chooses; None for none.

    Parameters
    ----------
    context : Context
        Remembers the folder.
    title : str
        Of the dialog.
    name : str
        The name that is proposed; its ending is added to one without.
    kinds : str
        Qt's filters, such as ``"CSV (*.csv)"``.
    """
    folder = Path(context.settings.value.folder)
    chosen, _ = QFileDialog.getSaveFileName(
        context.stage.window(), title, str(folder / name), kinds
    )
    if not chosen:
        return None
    path = Path(chosen)
    if not path.suffix:
        path = path.with_name(path.name + name[name.index(".") :])
    context.settings.update(folder=str(path.parent))
    return path


def write_or_say(context: Context, path: Path, write: Callable[[], object]) -> None:
    """Write a file, and say where it is or why it is not."""
    try:
        write()
    except OSError as error:
        context.messages.say(why_not(path, error))
    else:
        context.messages.inform(f"{path} is written.")


def write_text(context: Context, path: Path, text: str) -> None:
    """Write a text as a whole, and say where it is or why it is not."""

    def write() -> None:
        replace_file(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))

    write_or_say(context, path, write)


def why_not(path: Path, error: OSError) -> str:
    """Return a sentence that says that a file could not be written, and what to do."""
    return f"{path} could not be written ({error.strerror or error}); choose another folder."
