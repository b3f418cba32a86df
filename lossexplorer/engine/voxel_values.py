"""Every class's probability and every loss's gradient in one voxel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lossexplorer.engine.classes import Relation
from lossexplorer.engine.messages import MapRequest, VoxelValues
from lossexplorer.engine.painting import Contributions, MapPainter


def voxel_values(
    painted: MapRequest,
    classes: int,
    relation: Relation,
    painter: Callable[[int], MapPainter],
    contributions: Mapping[str, Contributions],
) -> VoxelValues:
    """Return every class's probability and the losses' gradients in the voxel of a request.

    Parameters
    ----------
    painted : MapRequest
        A request that names a voxel.
    classes : int
        How many classes the volume has.
    relation, painter, contributions
        As for `lossexplorer.engine.painting.painted_maps`.
    """
    assert painted.voxel is not None
    own = relation.place(painted.sample, painted.class_index).plan
    places = {index: relation.place(painted.sample, index) for index in range(classes)}
    probabilities = [np.nan] * classes
    gradients: dict[str, float] = {}
    for plan in dict.fromkeys(place.plan for place in places.values()):
        those = [index for index in range(relation.first, classes) if places[index].plan == plan]
        wanted = contributions if plan == own else {}
        found, slopes = painter(plan).at_voxel(painted, those, wanted)
        for index, probability in zip(those, found, strict=True):
            probabilities[index] = probability
        gradients |= slopes
    pending = frozenset(loss for loss, what in contributions.items() if what.pending)
    return VoxelValues(painted.voxel, tuple(probabilities), gradients, pending)
