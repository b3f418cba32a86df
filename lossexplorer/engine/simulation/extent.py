"""The extent of a volume that the losses see, with planes added or removed at its ends."""

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
        The shape of the volume without margins, (z, y, x).
    margins : tuple of int
        How many planes (z, y, x) are added at both ends, negative if they are removed.
    classes : int
        The number of classes.
    samples : int
        How many samples the batch has, as in `lossexplorer.engine.step.rows.RowLayout`.
    """

    shape: Shape
    margins: Margins
    classes: int
    samples: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether there are no margins."""
        return not any(self.margins)

    @property
    def row_layout(self) -> RowLayout:
        """The row layout of the volume with margins."""
        z, y, x = (
            length + 2 * margin for length, margin in zip(self.shape, self.margins, strict=True)
        )
        return RowLayout((z, y, x), self.classes, self.samples)

    def extended(self, array: NDArray[Any], beyond: Any) -> NDArray[Any]:
        """Return an array (z, y, x) with margins, `beyond` in the planes that are added."""
        kept = array[tuple(slice(-m, m) if m < 0 else slice(None) for m in self.margins)]
        wider = [(max(m, 0), max(m, 0)) for m in self.margins]
        return np.pad(kept, wider, constant_values=beyond) if any(map(any, wider)) else kept

    def field(
        self, components: Iterable[NDArray[Any]], dtype: Any, representatives: NDArray[Any]
    ) -> Field:
        """Return a field in rows; added planes have the values of the background's representative.

        Parameters
        ----------
        components : iterable of array, shape (z, y, x)
            The field's k components, without margins.
        dtype : dtype
            The field's type.
        representatives : array, shape (k, class)
            The field's values at each class's representative.
        """
        extended = (
            self.extended(array, beyond)
            for array, beyond in zip(components, representatives[:, 0], strict=True)
        )
        return Field(self.row_layout, extended, len(representatives), dtype, representatives)
