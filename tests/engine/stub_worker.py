"""The worker's functions by NumPy: an engine of these starts at once and dies where it is told.

For tests of what is around the worker, which is the same: its process, its pulse and the client.
"""

import os
import signal

import numpy as np

from lossexplorer.engine.errors import EngineError
from lossexplorer.engine.messages import Answer, EngineInfo, LossResult
from lossexplorer.engine.transport.shared_array import receive

held = {}
# Those that are still to be passed before it is killed; none of these if it is not to be.
_places = []


def start(device=None):
    come_on()
    assert device is None
    return EngineInfo("numpy", np.__version__, "CPU", os.getpid())


def load(key, arrays, names, spacing, members=None, has_ignored=False):
    held.clear()
    come_on()
    (labels,) = map(receive, arrays)
    come_on()
    assert len(labels) == 1
    held[key] = labels[0], len(names), spacing


def answers(requests):
    return tuple(map(_answer, requests))


def _answer(request):
    """The Dice loss of the truth moved along x by whole voxels, plane by plane."""
    try:
        labels, classes, spacing = held[request.question.volume]
    except KeyError:
        raise EngineError(f"there is no volume {request.question.volume}") from None
    voxels = round(request.question.controls["shift_x"] / spacing[2])
    common, sizes = np.zeros(classes), np.zeros(classes)
    for plane in labels:
        come_on()
        moved = np.zeros_like(plane)
        moved[:, voxels:] = plane[:, : plane.shape[1] - voxels]
        for index in range(classes):
            g, p = plane == index, moved == index
            common[index] += np.count_nonzero(g & p)
            sizes[index] += np.count_nonzero(g) + np.count_nonzero(p)
    terms = 1 - 2 * common / sizes
    (setting,) = request.question.losses
    value = float(terms.mean())
    result = LossResult(
        setting.name, setting.parameters, setting.weight, value, tuple(terms.tolist())
    )
    return Answer(request, (result,), value, None, 0.0)


def dying(places, function, *arguments):
    """Do what a function does, and be killed at one of its places, or before it returns.

    Parameters
    ----------
    places : int
        How many it comes past.
    """
    _places.append(iter(range(places)))
    function(*arguments)
    _be_killed()


def come_on():
    """Come past a place at which the process may be killed."""
    if _places and next(_places[0], None) is None:
        _be_killed()


def _be_killed():
    os.kill(os.getpid(), signal.SIGKILL)
