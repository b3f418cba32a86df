"""The voxels of a loss of the whole field: their edges, and how much each counts."""

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
    voxel_weights : tensor, shape (sample, 1, z, y, x), or None
        How much each voxel counts; one of weight 0 counts nowhere. None if all count alike.
    """

    edges: Spacing
    voxel_weights: Tensor | None = None

    def mean(self, field: Tensor) -> Tensor:
        """Return the mean over voxels, shape (sample, class); 0 where no voxel counts.

        Parameters
        ----------
        field : tensor, shape (sample, class, z, y, x)
            The field.

        Examples
        --------
        >>> import numpy as np
        >>> field = np.array([1.0, 2.0, 7.0, 7.0], "float32").reshape(1, 1, 1, 1, 4)
        >>> weights = np.array([1.0, 1.0, 0.0, 0.0], "float32").reshape(1, 1, 1, 1, 4)
        >>> np.asarray(Domain((1.0, 1.0, 1.0), weights).mean(field)).tolist()
        [[1.5]]
        """
        from keras import ops

        if self.voxel_weights is None:
            flat = _flat(field)
            return voxel_sum(flat) / ops.cast(ops.shape(flat)[2], field.dtype)
        counted = voxel_sum(_flat(self.voxel_weights))
        return voxel_sum(_flat(field * self.voxel_weights)) / ops.where(counted > 0, counted, 1)

    def counted(self, field: Tensor) -> list[Tensor]:
        """Return where voxels count, with the shape of a field; nothing if all count."""
        from keras import ops

        if self.voxel_weights is None:
            return []
        return [ops.broadcast_to(self.voxel_weights > 0, ops.shape(field))]


def _flat(field: Tensor) -> Tensor:
    from keras import ops

    return ops.reshape(field, (*ops.shape(field)[:2], -1))
