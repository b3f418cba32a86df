"""Saves a training run: as a Keras script, its numbers as CSV, its network as SVG."""

from __future__ import annotations

from pathlib import Path

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path, write_or_say
from lossexplorer.app.learn.elsewhere import run_elsewhere
from lossexplorer.app.network import NetworkView
from lossexplorer.learning.export.tables import write_csv
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes import LabelVolume

_FEWEST_STEPS = 10


def export_script(context: Context) -> None:
    """Ask where to write the run as a Keras script, and write it in a process of its own.

    A script is made of the model itself, which takes Keras, and this process never imports that.
    """
    volume = context.session.volume
    path = ask_path(context, "Export as a Keras script", "training.py", "Python files (*.py)")
    if path is None or volume is None:
        return
    setup, steps = context.session.state.experiment.setup, context.trainer.run.step
    context.messages.inform(
        f"Writing {path.name}… Keras is started for it, which takes some seconds."
    )
    run_elsewhere(
        write_keras_script,
        path,
        setup,
        volume,
        max(steps, _FEWEST_STEPS),
        then=lambda _none: context.messages.inform(
            f"{path} and the patches beside it are written: run it with python {path.name}."
        ),
        failed=context.messages.say,
    )


def export_tables(context: Context) -> None:
    """Ask where to write curves and table, and write them."""
    run = context.trainer.run
    path = ask_path(context, "Save curves and table", "curves.csv", "CSV (*.csv)")
    if path is None or run.graph is None:
        return
    outputs = tuple(run.graph.outputs)
    write_or_say(context, path, lambda: write_csv(path, outputs, run.reports, run.table))


def export_picture(context: Context) -> None:
    """Ask where to write the network's picture, and write it."""
    picture = context.panels.widget("network")
    path = ask_path(context, "Save the network", "network.svg", "SVG (*.svg)")
    if path is not None and isinstance(picture, NetworkView):
        write_or_say(context, path, lambda: picture.save_svg(path))


def write_keras_script(path: Path, setup: Setup, volume: LabelVolume, steps: int) -> None:
    """Write a script, as `lossexplorer.learning.export.script.write_script` does.

    Called where Keras may be imported.

    Raises
    ------
    ValueError
        If there is no such script.
    OSError
        If a file cannot be written.
    """
    from lossexplorer.learning.export.script import write_script

    write_script(path, setup, volume, steps)
