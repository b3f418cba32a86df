"""The step from logits to five losses as one writes it for ``torch.compile`` and for ``jax.jit``.

Softmax, class sums, then Dice, generalized Dice, Tversky, IoU and cross-entropy with this program's
defaults, on the processor. The truth is one-hot, in float32: comparing labels with class indices
within the step takes longer with either compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.interface import usable_processors

LOSSES = ("dice", "generalized_dice", "tversky", "iou", "cross_entropy")
"""The losses of a step, in the order of its values."""


@dataclass(frozen=True)
class GivenStep:
    """What a step starts from.

    Attributes
    ----------
    logits : array of float32, shape (class, voxel)
        The prediction.
    truth : array of float32, shape (class, voxel)
        The truth, one-hot.
    """

    logits: NDArray[np.float32]
    truth: NDArray[np.float32]


@dataclass(frozen=True)
class StepResult:
    """What a step gives.

    Attributes
    ----------
    values : list of float
        The values of `LOSSES`.
    gradient : array-like of float32, shape (class, voxel), or None
        The derivative of their sum by the logits, where the library keeps it.
    """

    values: list[float]
    gradient: Any = None


Compute = Callable[[object], StepResult]
"""Takes a step; its argument is ignored."""


def torch_step(given: GivenStep, *, gradient: bool, compiler: str = "inductor") -> Compute:
    """Return the step as ``torch.compile`` makes it, compiled at its first call.

    Parameters
    ----------
    given : GivenStep
        What it starts from.
    gradient : bool
        Whether it goes back to the logits.
    compiler : str
        The argument `backend` of ``torch.compile``.
    """
    import torch

    torch.set_num_threads(usable_processors())

    def values(logits: Any, truth: Any) -> Any:
        log_p = torch.log_softmax(logits, dim=0)
        return torch.stack(_losses(log_p.exp(), log_p, truth))

    compute = torch.compile(values, fullgraph=True, backend=compiler)
    truth = torch.from_numpy(given.truth)
    logits = torch.from_numpy(given.logits.copy()).requires_grad_(gradient)

    def run(_: object) -> StepResult:
        logits.grad = None
        found = compute(logits, truth)
        if gradient:
            found.sum().backward()
        return StepResult(found.detach().tolist(), logits.grad)

    return run


def jax_step(given: GivenStep, *, gradient: bool) -> Compute:
    """Return the step as ``jax.jit`` makes it, compiled at its first call.

    Parameters
    ----------
    given : GivenStep
        What it starts from.
    gradient : bool
        Whether it goes back to the logits.
    """
    import jax
    import jax.numpy as jnp

    def values(logits: Any, truth: Any) -> Any:
        log_p = jax.nn.log_softmax(logits, axis=0)
        return jnp.stack(_losses(jnp.exp(log_p), log_p, truth))

    def total(logits: Any, truth: Any) -> tuple[Any, Any]:
        found = values(logits, truth)
        return found.sum(), found

    forward, backward = jax.jit(values), jax.jit(jax.grad(total, has_aux=True))
    arrays = jax.device_put((given.logits, given.truth), jax.devices("cpu")[0])

    def run(_: object) -> StepResult:
        if not gradient:
            return StepResult(np.asarray(forward(*arrays)).tolist())
        slopes, found = backward(*arrays)
        return StepResult(np.asarray(found).tolist(), slopes.block_until_ready())

    return run


def _losses(p: Any, log_p: Any, g: Any) -> tuple[Any, ...]:
    """Return `LOSSES` of tensors of either library, shape (class, voxel)."""
    overlap, predicted, true = (p * g).sum(1), p.sum(1), g.sum(1)
    size = predicted + true
    weight = 1 / (true * true + 1e-5)
    return (
        (1 - 2 * overlap / size).mean(),
        1 - 2 * (weight * overlap).sum() / (weight * size).sum(),
        (1 - overlap / (overlap + 0.3 * (predicted - overlap) + 0.7 * (true - overlap))).mean(),
        (1 - (overlap + 1e-6) / (size - overlap + 1e-6)).mean(),
        -(g * log_p).sum() / p.shape[1],
    )
