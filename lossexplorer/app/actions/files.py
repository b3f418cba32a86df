"""Actions on files."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.volumes import SAMPLE_VOLUMES, SampleVolume


def _has_given_prediction(context: Context) -> bool:
    case = context.session.case
    return case is not None and case.given is not None


def _has_mask(context: Context) -> bool:
    case = context.session.case
    return case is not None and case.left_out is not None


def sample_volume_action(name: str) -> str:
    """Return the id of the action that opens a sample volume."""
    return f"file.sample.{name}"


def _open_sample_volume(name: str, volume: SampleVolume) -> Action:
    return Action(
        id=sample_volume_action(name),
        title=volume.title,
        tip=volume.description,
        run=lambda context: context.files.open([f"sample:{name}"]),
    )


ACTIONS = (
    Action(
        id="file.open",
        title="&Open…",
        tip="Open a label volume",
        shortcut="Ctrl+O",
        run=lambda context: context.files.open_file(),
    ),
    Action(
        id="file.open_folder",
        title="Open OME-&Zarr Folder…",
        tip="An OME-Zarr is a folder",
        run=lambda context: context.files.open_folder(),
    ),
    Action(
        id="file.open_batch",
        title="Open Several as a &Batch…",
        tip="Label volumes of one shape, which a loss sees at once",
        run=lambda context: context.files.open_batch(),
    ),
    Action(
        id="file.open_with_plugin",
        title="Open with a &napari Plugin…",
        tip="Any file that an installed napari plugin reads",
        run=lambda context: context.files.open_with_plugin(),
    ),
    Action(
        id="file.open_image",
        title="Open &Image Below the Labels…",
        run=lambda context: context.files.open_image(),
    ),
    Action(
        id="file.open_prediction",
        title="Open &Prediction…",
        tip="A network's probabilities or labels, in place of the simulated prediction",
        workspaces=("explore",),
        run=lambda context: context.files.open_prediction(),
    ),
    Action(
        id="file.simulate",
        title="Si&mulate the Prediction",
        tip="Leave the prediction from a file",
        workspaces=("explore",),
        run=lambda context: context.files.opener.simulate(),
        enabled=_has_given_prediction,
    ),
    Action(
        id="file.open_mask",
        title="Open Mas&k…",
        tip="Voxels where the mask is 0 count nowhere",
        workspaces=("explore",),
        run=lambda context: context.files.open_mask(),
    ),
    Action(
        id="file.remove_mask",
        title="Remove t&he Mask",
        tip="The voxels that the mask leaves out count again",
        workspaces=("explore",),
        run=lambda context: context.files.opener.remove_mask(),
        enabled=_has_mask,
    ),
    Action(
        id="file.clear_recent",
        title="&Clear",
        tip="Forget which files were opened",
        run=lambda context: context.files.recent.clear(),
        enabled=lambda context: bool(context.files.recent.entries()),
    ),
    Action(
        id="file.quit",
        title="&Quit",
        shortcut="Ctrl+Q",
        run=lambda context: context.close(),
    ),
    *(_open_sample_volume(name, volume) for name, volume in SAMPLE_VOLUMES.items()),
)
