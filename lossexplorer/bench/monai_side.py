"""MONAI's side of a comparison, with the same truth and prediction."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.interface import usable_processors

MISSING = "MONAI is not installed; pip install 'lossexplorer[bench]'"


@lru_cache(maxsize=1)  # it has no argument
def is_installed() -> bool:
    """Whether MONAI and PyTorch can be imported."""
    try:
        import monai.losses  # noqa: F401
        import torch
    except ImportError:
        return False
    torch.set_num_threads(usable_processors())
    return True


def forward_and_backward(
    labels: NDArray[Any], probabilities: NDArray[np.float32], names: tuple[str, ...]
) -> Callable[[object], list[Any]]:
    """Return a function that computes MONAI's losses, each with its gradient.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        The truth; MONAI gets it one-hot, which is computed beforehand.
    probabilities : array, shape (class, z, y, x)
        The prediction, which is given.
    names : tuple of str
        Names of this program's losses: ``dice``, ``generalized_dice``, ``tversky``, ``iou``.
    """
    import torch
    from monai import losses

    known: dict[str, Callable[[], Any]] = {
        "dice": losses.DiceLoss,
        "generalized_dice": losses.GeneralizedDiceLoss,
        "tversky": losses.TverskyLoss,
        "iou": lambda: losses.DiceLoss(jaccard=True),
    }
    made = [known[name]() for name in names]
    one_hot = np.stack([labels == index for index in range(len(probabilities))])
    truth = torch.from_numpy(one_hot.astype(np.float32))[None]
    prediction = torch.from_numpy(probabilities.copy())[None].requires_grad_()

    def run(_: object) -> list[Any]:
        values = []
        for loss in made:
            prediction.grad = None
            value = loss(prediction, truth)
            value.backward()
            values.append(value.detach())
        return values

    return run
