"""A row of a table of results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

from lossexplorer.engine.messages import catalogued


@dataclass(frozen=True)
class ResultRow:
    """A number, and what it is the number of.

    Attributes
    ----------
    case
        The pair's name in the manifest.
    truth, prediction
        The files, relative to the folder of the results; no prediction if it was simulated.
    mask
        The file that is 0 in voxels that count nowhere, if there is one.
    settings, classes, patch
        What ``--set``, ``--classes`` and ``--patch`` said.
    ignore, overlapping
        What ``--ignore`` or the manifest said, and ``yes`` or ``no`` for ``--overlapping`` and
        ``--exclusive``; empty for what the files say.
    loss, parameters, weight
        The loss, which is ``tversky_2`` where it is Tversky for the second time; every parameter's
        value as JSON; and λ.
    class_id, class_name
        Of a class's row; None and empty in the row of the loss's value, which closes its rows.
    class_voxels
        How many voxels of the truth belong to the class, 0 if it is absent; None in closing rows.
    class_rows
        How many rows of classes come before a closing row, which has none of its own; None in them.
    ignored_voxels
        How many voxels of the truth count nowhere; None if the pair could not be evaluated.
    value
        May be NaN or infinite. None if the pair could not be evaluated.
    gradient_norm
        √Σ (∂L/∂logit)² over the volume, without λ; in closing rows alone, as `problem`.
    problem
        Why a number is not finite or why there is none.
    note
        What a person should know of how the files were read and placed; in closing rows alone.
    seconds
        What the pair took, all of its losses together.
    version
        Of the program.
    contents
        Size, time and hash of truths, prediction and mask when they were evaluated, as
        `lossexplorer.headless.contents.contents` returns them; empty if there was no evaluation.
    """

    case: str
    truth: str
    prediction: str
    mask: str
    settings: str
    classes: str
    patch: str
    ignore: str
    overlapping: str
    loss: str
    parameters: str
    weight: float
    class_id: int | None
    class_name: str
    class_voxels: int | None
    class_rows: int | None
    ignored_voxels: int | None
    value: float | None
    gradient_norm: float | None
    problem: str
    note: str
    seconds: float | None
    version: str
    contents: str

    @property
    def key(self) -> bytes:
        """What was asked: rows with the same one answer the same question, of the same pair.

        A hash, because there may be many, and what files are called is long.
        """
        text = repr([" ".join(x.splitlines()) if isinstance(x, str) else x for x in self.asked])
        return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()

    @property
    def asked(self) -> tuple[Any, ...]:
        """What the key is made of: of a loss shown twice, not which of the two it was."""
        files = (self.case, self.truth, self.prediction, self.mask)
        seen = (self.settings, self.classes, self.patch, self.ignore, self.overlapping)
        return (*files, *seen, catalogued(self.loss), self.parameters, self.weight)

    @property
    def closing(self) -> bool:
        """Whether it is the row of a loss's value."""
        return self.class_id is None

    @property
    def broken(self) -> bool:
        """Whether it says that a pair could not be evaluated."""
        return self.closing and self.value is None


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(ResultRow))
FLOATS = ("weight", "value", "gradient_norm", "seconds")
"""The columns of real numbers."""
WHOLE = ("class_id", "class_voxels", "class_rows", "ignored_voxels")
"""The columns of whole numbers."""
