"""Actions that take something out of the program: to a file or to the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.exports import copying, movies, pictures, plots, volumes
from lossexplorer.exports.code import LIBRARIES, OWN


def _action(
    name: str,
    title: str,
    run: Callable[[Context], object],
    *,
    tip: str,
    shortcut: str = "",
    enabled: Callable[[Context], bool] = copying.is_open,
) -> Action:
    """Return an action on what Explore shows."""
    return Action(
        id=name,
        title=title,
        tip=tip,
        shortcut=shortcut,
        workspaces=("explore",),
        run=run,
        enabled=enabled,
    )


def code_entries(context: Context) -> list[Action]:
    """Return an action for each library that has the same of a loss shown."""
    return [
        _action(
            f"edit.copy_code.{library}",
            "&Loss Explorer (Keras)" if library == OWN else LIBRARIES[library].title,
            partial(copying.copy_code, library=library),
            tip="Copy the losses and their weights as Python",
        )
        for library in copying.libraries(context)
    ]


ACTIONS = (
    Action(
        id="export.picture",
        title="&Picture…",
        tip="Of the window, the canvas or the plot, as PNG, SVG or PDF",
        shortcut="Ctrl+Shift+E",
        run=pictures.ask_for_picture,
    ),
    _action(
        "export.movie",
        "&Movie…",
        movies.ask_for_movie,
        tip="Of a slider that moves to and fro, as GIF, WebP or MP4",
        enabled=copying.has_values,
    ),
    _action(
        "export.volumes",
        "&Volumes…",
        volumes.ask_for_volumes,
        tip="Probabilities, labels, errors and gradients as NIfTI, NRRD or OME-Zarr",
        shortcut="Ctrl+Alt+E",
    ),
    _action(
        "export.values",
        "Values of the P&lot…",
        plots.save_values,
        tip="As CSV, with all that they depend on",
    ),
    _action(
        "export.code",
        "Losses as &Code…",
        copying.save_code,
        tip="As the arguments of Keras's compile",
    ),
    _action(
        "edit.copy_card",
        "Copy the C&hosen Card",
        copying.copy_chosen_card,
        tip="Value, classes and parameters as text; of a card that has the focus, Ctrl+C",
        enabled=copying.has_values,
    ),
    _action(
        "edit.copy_values",
        "Copy Every &Value",
        copying.copy_values,
        tip="Each loss with its value and its weight, and the total",
        enabled=copying.has_values,
    ),
    _action(
        "edit.copy_plot_values",
        "Copy the P&lot's Values",
        plots.copy_values,
        tip="As CSV, with all that they depend on",
    ),
    _action(
        "edit.copy_command",
        "Copy as Comman&d",
        copying.copy_command,
        tip="What is set as lossexplorer evaluate, for a terminal",
        shortcut="Ctrl+Alt+D",
    ),
    *(
        Action(
            id=f"edit.copy_{subject.lower()}_picture",
            title=f"Copy a Picture of the {title}",
            tip="As it is on the screen",
            shortcut=shortcut,
            run=partial(pictures.copy_picture, subject=subject),
        )
        for subject, title, shortcut in (
            ("Window", "&Window", "Ctrl+Shift+C"),
            ("Canvas", "Canv&as", ""),
            ("Plot", "Plo&t", ""),
        )
    ),
)
