"""MONAI's side of a comparison, not compiled, with the same truth and prediction."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.bench.same_step import Compute, GivenStep, StepResult
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


def step(given: GivenStep, *, gradient: bool) -> Compute:
    """Return the step of `lossexplorer.bench.same_step` made of MONAI's losses.

    Parameters
    ----------
    given : GivenStep
        What it starts from.
    gradient : bool
        Whether it goes back to the logits.
    """
    import torch
    from monai import losses

    torch.set_num_threads(usable_processors())
    exact = {"smooth_nr": 0.0, "smooth_dr": 0.0}
    of_probabilities = (
        losses.DiceLoss(**exact),
        losses.GeneralizedDiceLoss(**exact),
        losses.TverskyLoss(alpha=0.3, beta=0.7, **exact),
        losses.DiceLoss(jaccard=True, **exact),
    )
    truth = torch.from_numpy(given.truth)[None]
    logits = torch.from_numpy(given.logits.copy()).requires_grad_(gradient)

    def run(_: object) -> StepResult:
        logits.grad = None
        prediction = torch.softmax(logits[None], dim=1)
        values = [loss(prediction, truth) for loss in of_probabilities]
        values.append(torch.nn.functional.cross_entropy(logits[None], truth))
        found = torch.stack(values)
        if gradient:
            found.sum().backward()
        return StepResult(found.detach().tolist(), logits.grad)

    return run
