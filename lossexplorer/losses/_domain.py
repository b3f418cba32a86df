"""Where a loss of the whole field is computed: the edges of the voxels, and how many count."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.core.parameters import Spacing
from lossexplorer.losses._sums import Tensor, voxel_sum


@dataclass(frozen=True, eq=False)
class Domain:
    """The voxels of a loss of the whole field.

    Attributes
    ----------
    edges : tuple of float
        Voxel edges in mm, (z, y, x).
    voxels : tensor, shape (sample,), or None
        How many voxels of each sample count; truth, probabilities and logarithms are 0 in the
        others. None if all count.
    """

    edges: Spacing
    voxels: Tensor | None = None

    def mean(self, field: Tensor) -> Tensor:
        """Return the mean over the voxels that count, shape (sample, class).

        Parameters
        ----------
        field : tensor, shape (sample, class, z, y, x)
            A field that is 0 in the voxels that do not count.

        Examples
        --------
        >>> import numpy as np
        >>> field = np.array([1.0, 2.0, 0.0, 0.0], "float32").reshape(1, 1, 1, 1, 4)
        >>> np.asarray(Domain((1.0, 1.0, 1.0), np.array([2.0])).mean(field)).tolist()
        [[1.5]]
        """
        from keras import ops

        flat = ops.reshape(field, (*ops.shape(field)[:2], -1))
        if self.voxels is None:
            return voxel_sum(flat) / ops.cast(ops.shape(flat)[2], flat.dtype)
        return voxel_sum(flat) / ops.reshape(ops.cast(self.voxels, flat.dtype), (-1, 1))
