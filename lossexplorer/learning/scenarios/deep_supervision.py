"""Deep supervision: what is left of a lesion on coarser levels, and what the weights do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.scenarios._runs import (
    changes,
    first_step,
    norm,
    small,
    trainer,
    with_training,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import BuiltNetwork, LossChoice, Output, Setup
from lossexplorer.learning.targets._classes import coarser
from lossexplorer.volumes.sample_volumes import open_sample_volume

_LEVELS = (1, 2, 4, 8)
_NNUNET = tuple(0.5**level / 1.875 for level in range(4))
"""1, ½, ¼, ⅛, made to add up to 1; nnU-Net gives a fifth level, the coarsest, 0."""

_MONAI = (1.0, 0.5, 0.25, 0.125)

_SETUP = Setup(
    network=BuiltNetwork(depth=4),
    outputs=tuple(
        Output(
            f"y{place}",
            "segmentation" if scale == 1 else f"segmentation_{scale}",
            LossChoice("dice"),
            weight,
        )
        for place, (scale, weight) in enumerate(zip(_LEVELS, _NNUNET, strict=True), 1)
    ),
)


def _measure() -> Mapping[str, float]:
    found = {f"nnunet_{place}": weight for place, weight in enumerate(_weights(), 1)}
    found["nnunet_sum"] = sum(_weights())
    for sample in ("nodule", "tumour"):
        labels = open_sample_volume(sample).labels
        for scale in (1, 2, 4, 8, 16):
            found[f"{sample}_{scale}"] = float(np.count_nonzero(coarser(labels, scale)))
    run = trainer(small(_SETUP, depth=4))
    trunk = run.graph.trunk
    for name, setup in (
        ("sgd", small(_SETUP, rate=1e-5, depth=4)),
        ("adam", with_training(small(_SETUP, depth=4), optimizer="adam", rate=0.001)),
    ):
        # With λ × 10⁶ nothing of the gradients is as small as Adam's ε.
        by_nnunet, by_monai = (
            with_weights(setup, *(1e6 * weight for weight in weights))
            for weights in (_NNUNET, _MONAI)
        )
        _, change = first_step(run, by_nnunet)
        _, other = first_step(run, by_monai)
        found[name] = norm(changes(other, trunk)) / norm(changes(change, trunk))
    return found


def _weights() -> tuple[float, ...]:
    return tuple(output.weight for output in _SETUP.outputs)


SCENARIO = Scenario(
    id="L13",
    title="Deep supervision loses the lesion",
    text="Four outputs predict the segmentation on four levels, with nnU-Net's weights. Of the "
    "nodule's 837 voxels the coarser levels have 85, 22 and 0, so their truth is background.",
    claim="Small lesions vanish from coarser levels; weights that do not add up to 1, as MONAI's, "
    "are a larger learning rate under SGD and nothing under Adam.",
    source="nnU-Net (1/2ⁱ, the coarsest 0, sum 1), issues #1417 and #1170; MONAI "
    "DeepSupervisionLoss (mode exp, not normalised); nearest-exact of PyTorch's interpolate",
    start=Start("learn", "nodule", _SETUP),
    expected=(
        Expectation("nnunet_1", "λ of the finest level", 0.533333),
        Expectation("nnunet_2", "λ of level 1 : 2", 0.266667),
        Expectation("nnunet_3", "λ of level 1 : 4", 0.133333),
        Expectation("nnunet_4", "λ of level 1 : 8", 0.066667),
        Expectation("nnunet_sum", "sum of all λ", 1.0),
        Expectation("nodule_1", "nodule", 837, 0, "voxels"),
        Expectation("nodule_2", "nodule, level 1 : 2", 85, 0, "voxels"),
        Expectation("nodule_4", "nodule, level 1 : 4", 22, 0, "voxels"),
        Expectation("nodule_8", "nodule, level 1 : 8", 0, 0, "voxels"),
        Expectation("nodule_16", "nodule, level 1 : 16", 0, 0, "voxels"),
        Expectation("tumour_1", "tumour", 4137, 0, "voxels"),
        Expectation("tumour_2", "tumour, level 1 : 2", 595, 0, "voxels"),
        Expectation("tumour_4", "tumour, level 1 : 4", 16, 0, "voxels"),
        Expectation("tumour_8", "tumour, level 1 : 8", 9, 0, "voxels"),
        Expectation("tumour_16", "tumour, level 1 : 16", 1, 0, "voxels"),
        Expectation("sgd", "SGD step with MONAI's weights : with nnU-Net's", 1.875, 1e-5, "×"),
        Expectation("adam", "first Adam step with MONAI's : with nnU-Net's", 1.0, 1e-3, "×"),
    ),
    measure=_measure,
)
