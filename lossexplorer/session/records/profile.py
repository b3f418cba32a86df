"""A profile along a line: truth, probability and every loss's gradient, in mm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer, Effort, Plane, Request, Voxel
from lossexplorer.engine.questions import ProfileLine, distances_along, voxels_along
from lossexplorer.session.records._painted import painted_request
from lossexplorer.session.records._record import Record
from lossexplorer.session.slices import row_of_class
from lossexplorer.session.state import State


@dataclass(frozen=True)
class Profile:
    """What is known along a line.

    Attributes
    ----------
    line : tuple of tuple of int, or None
        Its first voxel and its last, (z, y, x); None before anything is open.
    voxels : array of int, shape (voxel, 3)
        The voxels on it.
    places : array of float, shape (voxel,)
        How many mm they are from the first.
    of : str
        The class, and the sample of a batch.
    wrt : str
        What gradients are with respect to.
    values : mapping of str to array of float, shape (voxel,)
        ``"truth"``, ``"probability"`` and the gradient of each loss by name; empty while they are
        not known.
    """

    line: tuple[Voxel, Voxel] | None = None
    voxels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    places: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    of: str = ""
    wrt: str = "logit"
    values: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def begun(self, state: State) -> Profile:
        """Return a profile without values, of another state."""
        volume, view = state.volume, state.view
        assert volume is not None
        line = line_of(state)
        voxels = voxels_along(*line)
        places = distances_along(voxels, volume.spacing)
        return Profile(line, voxels, places, state.class_in_words, view.wrt)

    def with_answers(self, answers: Sequence[Answer]) -> Profile:
        """Return the profile with the values of the newest answer."""
        return replace(self, values=answers[-1].found)


def line_of(state: State) -> tuple[Voxel, Voxel]:
    """Return the line of a state, in which something is open."""
    view, case = state.view, state.experiment.case
    if view.line is not None:
        return view.line
    assert case is not None
    along = usual_axis(view.plane)
    return row_of_class(case.batch[view.sample], view.class_index, view.plane, along)


def usual_axis(plane: Plane | None) -> int:
    """Return the axis along which a row is shown until a line is drawn or chosen."""
    return 1 if plane is not None and plane.axis == 2 else 2


def axis_of_row(line: tuple[Voxel, Voxel], shape: Sequence[int]) -> int | None:
    """Return along which axis a line is a whole row of a volume; None if it is none.

    Examples
    --------
    >>> axis_of_row(((4, 0, 7), (4, 19, 7)), (5, 20, 30))
    1
    >>> axis_of_row(((4, 3, 7), (4, 9, 7)), (5, 20, 30))  # a part of one, which was drawn
    """
    first, last = line
    moved = [axis for axis in range(3) if first[axis] != last[axis]]
    if len(moved) != 1 or (first[moved[0]], last[moved[0]]) != (0, shape[moved[0]] - 1):
        return None
    return moved[0]


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    if state.experiment.case is None:
        return ()
    return painted_request(state, effort, ProfileLine, *line_of(state))


RECORD = Record(
    name="profile",
    empty=Profile(),
    requests=_requests,
    begun=Profile.begun,
    answered=Profile.with_answers,
    of_plot=True,
)
