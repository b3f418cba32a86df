"""Actions that take something out of the program: to a file or to the clipboard."""

from __future__ import annotations

from functools import partial

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.exports import copying, movies, pictures, plots, volumes
from lossexplorer.exports.code import LIBRARIES, OWN


def code_entries(context: Context) -> list[Action]:
    """Return an action for each library that has the same of a loss shown."""
    return [
        Action(
            id=f"edit.copy_code.{library}",
            title="&Loss Explorer (Keras)" if library == OWN else LIBRARIES[library].title,
            tip="Copy the losses and their weights as Python",
            run=partial(copying.copy_code, library=library),
            workspaces=("explore",),
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
    Action(
        id="export.movie",
        title="&Movie…",
        tip="Of a slider that moves to and fro, as GIF, WebP or MP4",
        workspaces=("explore",),
        run=movies.ask_for_movie,
        enabled=copying.has_values,
    ),
    Action(
        id="export.volumes",
        title="&Volumes…",
        tip="Probabilities, labels, errors and gradients as NIfTI, NRRD or OME-Zarr",
        shortcut="Ctrl+Alt+E",
        workspaces=("explore",),
        run=volumes.ask_for_volumes,
        enabled=copying.is_open,
    ),
    Action(
        id="export.values",
        title="Values of the P&lot…",
        tip="As CSV, with all that they depend on",
        workspaces=("explore",),
        run=plots.save_values,
        enabled=copying.is_open,
    ),
    Action(
        id="export.code",
        title="&Losses as Code…",
        tip="As the arguments of Keras's compile",
        workspaces=("explore",),
        run=copying.save_code,
        enabled=copying.is_open,
    ),
    Action(
        id="edit.copy_card",
        title="&Copy the Chosen Card",
        tip="Value, classes and parameters as text; of a card that has the focus, Ctrl+C",
        workspaces=("explore",),
        run=copying.copy_chosen_card,
        enabled=copying.has_values,
    ),
    Action(
        id="edit.copy_values",
        title="Copy Every &Value",
        tip="Each loss with its value and its weight, and the total",
        workspaces=("explore",),
        run=copying.copy_values,
        enabled=copying.has_values,
    ),
    Action(
        id="edit.copy_plot_values",
        title="Copy the P&lot's Values",
        tip="As CSV, with all that they depend on",
        workspaces=("explore",),
        run=plots.copy_values,
        enabled=copying.is_open,
    ),
    Action(
        id="edit.copy_command",
        title="Copy as Comman&d",
        tip="What is set as lossexplorer evaluate, for a terminal",
        shortcut="Ctrl+Alt+D",
        workspaces=("explore",),
        run=copying.copy_command,
        enabled=copying.is_open,
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
            ("Plot", "Pl&ot", ""),
        )
    ),
)
