"""Opens a model of the user's; code is run only after the user has agreed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QMessageBox

from lossexplorer.app.context import Context
from lossexplorer.app.learn.elsewhere import run_elsewhere
from lossexplorer.learning.setup import LossChoice, Output, OwnNetwork
from lossexplorer.learning.targets import TARGETS
from lossexplorer.losses import LOSSES
from lossexplorer.session.setup_editor import SetupEditor
from lossexplorer.volumes import LabelVolume

if TYPE_CHECKING:
    from lossexplorer.learning.networks.head import Head

_FILTER = "Models (*.keras *.py);;Keras models (*.keras);;Python files with build_model() (*.py)"
Patch = tuple[int, int, int]


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
    """Train a model's file; Python is run only if the user agrees to that.

    The model is read in a process of its own first, which says what its outputs are, so that each
    gets a target that it can predict.
    """
    volume = context.session.volume
    if volume is None:
        context.messages.say("Open a volume first: a model is trained on one.")
        return
    is_code = Path(path).suffix.lower() == ".py"
    if is_code and not _is_trusted(context, path):
        return
    network = OwnNetwork(path, is_trusted=is_code)
    editor, messages = SetupEditor(context.session), context.messages
    messages.inform(
        f"Reading {Path(path).name}… Keras is started for it, which takes some seconds."
    )

    def use(heads: Mapping[str, Head]) -> None:
        messages.withdraw()
        editor.use_own(network, fitting_outputs(heads, volume))

    patch, seed = editor.setup.training.patch, editor.setup.training.seed
    run_elsewhere(heads_of_model, network, patch, seed, then=use, failed=messages.say)


def heads_of_model(network: OwnNetwork, patch: Patch, seed: int) -> dict[str, Head]:
    """Return what each output of a model is; called where Keras may be imported.

    Raises
    ------
    lossexplorer.learning.networks.errors.NetworkError
        If there is no model in the file that can be trained on such patches.
    """
    from lossexplorer.learning.networks.own import heads_of, load

    return heads_of(load(network, seed), patch)


def fitting_outputs(heads: Mapping[str, Head], volume: LabelVolume) -> tuple[Output, ...]:
    """Return an output for each head, with the first target that it can predict of a volume.

    Where there is none it is the segmentation, and the engine says what does not fit.

    Examples
    --------
    >>> from lossexplorer.learning.networks.head import Head
    >>> from lossexplorer.volumes import open_sample_volume
    >>> heads = {"mask": Head(2, "softmax", 1), "coarse": Head(2, "softmax", 4),
    ...          "image": Head(1, "linear", 1), "object": Head(1, "sigmoid", 1)}
    >>> [each.target for each in fitting_outputs(heads, open_sample_volume("tumour"))]
    ['segmentation', 'segmentation_4', 'boundary_distance', 'foreground_sigmoid']
    """
    return tuple(_fitting(name, head, volume) for name, head in heads.items())


def _fitting(name: str, head: Head, volume: LabelVolume) -> Output:
    fitting = (
        target
        for target in TARGETS.values()
        if (own := target.head(volume)).channels == head.channels
        and own.scale == head.scale
        and (own.activation == "linear") == (head.activation == "linear")
    )
    target = next(fitting, TARGETS["segmentation"])
    loss = target.losses[0]
    parameters = LOSSES[loss].complete({}) if loss in LOSSES else {}
    return Output(name, target.name, LossChoice(loss, parameters))


def _is_trusted(context: Context, path: str) -> bool:
    """Ask whether a Python file may be run; Return and Esc mean no."""
    name = Path(path).name
    box = QMessageBox(context.stage.window())
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(f"Run {name}")
    box.setText(f"Run the code of {name}?")
    box.setInformativeText(
        "Its model is made by running the file, and its code can do everything that you can do on "
        "this computer: read, change and delete your files. Run it only if you know who wrote it."
    )
    run = box.addButton(f"Run {name}", QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    box.exec()
    box.deleteLater()
    return box.clickedButton() is run
