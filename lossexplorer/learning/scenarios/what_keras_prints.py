"""What Keras prints: parts without λ, and a total that holds the regularisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossexplorer.learning.scenarios._runs import one_patch, small, trainer
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import BuiltNetwork, Setup

_L2 = 1e-2
_SETUP = Setup(network=BuiltNetwork(l2=_L2))


def _measure() -> Mapping[str, float]:
    setup = small(_SETUP)
    report = trainer(setup).train()
    printed, squares = _of_keras(setup)
    weighted = sum(w * loss for w, loss in zip(report.weights, report.losses, strict=True))
    return {
        "loss": report.total / printed["loss"],
        "y1_loss": report.losses[0] / printed["y1_loss"],
        "y2_loss": report.losses[1] / printed["y2_loss"],
        "gap": (printed["loss"] - weighted) / (_L2 * squares),
        "regularisation": report.regularisation / (_L2 * squares),
    }


def _of_keras(setup: Setup) -> tuple[dict[str, float], float]:
    """Return what Keras itself prints for the same step, and Σ ‖kernel‖²."""
    import keras

    from lossexplorer.learning.losses_of_outputs import keras_loss
    from lossexplorer.learning.networks.network import make_network
    from lossexplorer.learning.patches import PatchSource

    volume = one_patch()
    source = PatchSource(volume, setup)
    batch = source.batch(1)
    model: Any = make_network(setup, source.heads).model
    kernels = [
        np.asarray(v).astype(np.float64) for v in model.trainable_variables if v.name == "kernel"
    ]
    model.compile(
        optimizer=keras.optimizers.SGD(setup.training.rate),
        loss={each.name: keras_loss(each.loss, volume.spacing) for each in setup.outputs},
        loss_weights={each.name: each.weight for each in setup.outputs},
        jit_compile=False,
    )
    targets = [batch.targets[name] for name in model.output_names]
    printed = model.train_on_batch(batch.x, targets, return_dict=True)
    squares = sum(float(np.sum(kernel**2)) for kernel in kernels)
    return {name: float(value) for name, value in printed.items()}, squares


SCENARIO = Scenario(
    id="L2",
    title="What Keras prints",
    text="Every kernel has an L2 penalty of 0.01. The curve of the total lies above the weighted "
    "sum of the losses, and the gap has a bar of its own.",
    claim="Keras prints each loss without its λ, and under the name loss the weighted sum "
    "and what the layers add.",
    source="keras#7464, #13905 and others ask why the total is not the sum; CompileLoss of Keras 3 "
    "records the losses unweighted",
    start=Start("learn", "tumour", _SETUP),
    expected=(
        Expectation("loss", "total here : loss of Keras", 1.0),
        Expectation("y1_loss", "L1 here : y1_loss of Keras", 1.0),
        Expectation("y2_loss", "L2 here : y2_loss of Keras", 1.0),
        Expectation("gap", "(loss − Σ λ L) : 0.01 Σ ‖kernel‖²", 1.0, 1e-5),
        Expectation("regularisation", "the bar : 0.01 Σ ‖kernel‖²", 1.0, 1e-5),
    ),
    measure=_measure,
)
