"""How much of a volume the losses see: its fields in rows, with planes added or taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.step.plan import Margins
from lossexplorer.engine.step.rows import Field, RowLayout, Shape


@dataclass(frozen=True)
class Extent:
    """A volume with margins.

    Attributes
    ----------
    shape : tuple of int
        Of the volume as it is, (z, y, x).
    margins : tuple of int
        How many planes (z, y, x) are added at both ends, negative if they are taken away.
    classes : int
        Of the volume.
    """

    shape: Shape
    margins: Margins
    classes: int

    @property
    def is_whole(self) -> bool:
        """Whether it is the volume as it is."""
        return not any(self.margins)

    @property
    def layout(self) -> RowLayout:
        """Where its voxels lie."""
        z, y, x = (
            length + 2 * margin for length, margin in zip(self.shape, self.margins, strict=True)
        )
        return RowLayout((z, y, x), self.classes)

    def extended(self, part: NDArray[Any], beyond: Any) -> NDArray[Any]:
        """Return an array (z, y, x) of the volume, with `beyond` in the planes that are added."""
        kept = part[tuple(slice(-m, m) if m < 0 else slice(None) for m in self.margins)]
        wider = [(max(m, 0), max(m, 0)) for m in self.margins]
        return np.pad(kept, wider, constant_values=beyond) if any(map(any, wider)) else kept

    def field(
        self, parts: Iterable[NDArray[Any]], dtype: Any, representatives: NDArray[Any]
    ) -> Field:
        """Return a field in rows; beyond the volume it is what it is where background is certain.

        Parameters
        ----------
        parts : iterable of array, shape (z, y, x)
            The field's k parts, of the volume.
        dtype : dtype
            Of the field.
        representatives : array, shape (k, class)
            What it is at each class's representative.
        """
        extended = (
            self.extended(part, beyond)
            for part, beyond in zip(parts, representatives[:, 0], strict=True)
        )
        return Field(self.layout, extended, len(representatives), dtype, representatives)
