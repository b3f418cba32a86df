"""What a session's document holds, as frozen models that know every key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lossexplorer.engine.messages import Descent
from lossexplorer.learning.setup import Setup
from lossexplorer.session.state import View

SESSION_SUFFIX = ".lossx"
SCENARIO_SUFFIX = ".scenario.lossx"
VERSION = 2
"""The version that is written; what older ones lack is added by `migrations`."""

Shape = tuple[int, int, int]
_Hash = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
_Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/=]*$")]


class Stored(BaseModel):
    """A part of a document: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRecord(Stored):
    """A file that a session needs, and how it is recognised.

    Attributes
    ----------
    path : str
        The file or folder, absolute, or ``sample:NAME``.
    part : str
        What of it, as behind ``::`` in a source; empty for the only one.
    level : int, optional
        The level of a multiscale image.
    beside : str
        The path from the session's file to it; empty if there is none. It is tried first, so that a
        folder can be moved.
    size_bytes : int, optional
        The size of the file; None for a folder or a sample volume.
    sha256 : str
        Of the voxels that were read (`lossexplorer.volumes.Case.contents`), in hexadecimal digits;
        empty for a sample volume, and for all but the first of several volumes, which have one
        hash.
    """

    path: str
    part: str = ""
    level: int | None = None
    beside: str = ""
    size_bytes: int | None = None
    sha256: _Hash = ""


class TruthRecord(Stored):
    """What volumes held, so that it can be said what is different now.

    Attributes
    ----------
    shape : tuple of int
        Voxels (z, y, x).
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    samples : int
        How many volumes there are.
    ids : tuple of int
        The ids of their classes as they were read, background first.
    names : tuple of str
        The classes' names, in the same order.
    """

    shape: Shape
    spacing: tuple[float, float, float]
    samples: int
    ids: tuple[int, ...]
    names: tuple[str, ...]


class LossRecord(Stored):
    """A loss that is shown.

    Attributes
    ----------
    loss : str
        Its name in the catalogue.
    name : str
        The name of its row, which is its own among the losses shown.
    title : str
        What the user calls it; empty for the title that is made.
    parameters : mapping
        Every parameter's value.
    weight : float
        λ.
    """

    loss: str
    name: str
    title: str = ""
    parameters: Mapping[str, Any]
    weight: float = 1.0


class StateRecord(Stored):
    """What is open and what is set.

    Attributes
    ----------
    volumes : tuple of SourceRecord
        The label volumes; several are a batch, or masks of overlapping classes. Empty if nothing is
        open, or what is open is no file's.
    truth : TruthRecord, optional
        What they held.
    prediction, image, mask : SourceRecord, optional
        Files that belong to them.
    classes : {"each", "foreground"} or tuple of int
        How ids become classes.
    ignore : int, optional
        The id whose voxels count nowhere.
    overlapping : bool, optional
        Whether somebody has said that classes may overlap.
    patch : tuple of int, optional
        The size (z, y, x) of the patches that volumes are cut into.
    controls : mapping
        Every control's value, seeds among them: lengths in mm, classes as indices.
    losses : tuple of LossRecord
        The losses shown.
    setup : Setup
        Learn's experiment.
    descent : Descent
        How the logits descend.
    view : View
        What is looked at.
    """

    volumes: tuple[SourceRecord, ...] = ()
    truth: TruthRecord | None = None
    prediction: SourceRecord | None = None
    image: SourceRecord | None = None
    mask: SourceRecord | None = None
    classes: Literal["each", "foreground"] | tuple[int, ...] = "each"
    ignore: int | None = None
    overlapping: bool | None = None
    patch: Shape | None = None
    controls: Mapping[str, Any]
    losses: Annotated[tuple[LossRecord, ...], Field(min_length=1)]
    setup: Setup = Setup()
    descent: Descent = Descent()
    view: View = View()

    @property
    def files(self) -> tuple[SourceRecord, ...]:
        """Every file that is needed."""
        others = (self.prediction, self.image, self.mask)
        return (*self.volumes, *(each for each in others if each is not None))


class SnapshotRecord(StateRecord):
    """A state that was kept.

    Attributes
    ----------
    name : str
        What it is called.
    taken_at : datetime
        When it was kept.
    picture : str
        A small PNG in Base64; empty for none.
    """

    name: str
    taken_at: datetime
    picture: _Base64 = ""


class SessionDocument(StateRecord):
    """A session as it is saved.

    Attributes
    ----------
    kind : str
        Says what the file is.
    version : int
        Of the format, `VERSION`.
    program : str
        The version of the program that wrote it.
    libraries : mapping of str to str
        Versions of the libraries that numbers may depend on.
    saved_at : datetime
        When.
    snapshots : tuple of SnapshotRecord
        What was kept, the oldest first.
    """

    kind: Literal["lossexplorer session"] = "lossexplorer session"
    version: Literal[2] = 2
    program: str
    libraries: Mapping[str, str] = Field(default_factory=dict)
    saved_at: datetime
    snapshots: tuple[SnapshotRecord, ...] = ()
