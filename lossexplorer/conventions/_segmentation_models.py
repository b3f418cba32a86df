"""segmentation_models, for Keras and for PyTorch."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

SM = Library("segmentation_models", "5d24bbf", "qubvel/segmentation_models")
SMP = Library("segmentation_models.pytorch", "5006616", "qubvel-org/segmentation_models.pytorch")

_CLIPS = "clips p to [1e-7, 1 − 1e-7]"
_MASKED = {"absent": "zero", "pooling": "batch"}
_NO_COST = "a class absent from the batch costs nothing, whatever is predicted"

CONVENTIONS = (
    Convention(
        library=SM,
        name="DiceLoss()",
        loss="dice",
        parameters={"smooth": 1e-5, "pooling": "batch"},
    ),
    Convention(
        library=SM, name="DiceLoss(per_image=True)", loss="dice", parameters={"smooth": 1e-5}
    ),
    Convention(
        library=SM,
        name="JaccardLoss()",
        loss="iou",
        parameters={"eps": 1e-5, "pooling": "batch"},
    ),
    Convention(
        library=SM,
        name="CategoricalCELoss()",
        loss="cross_entropy",
        parameters={"over_classes": "mean"},
        note=f"the mean over classes, too; {_CLIPS}",
    ),
    Convention(
        library=SM,
        name="CategoricalFocalLoss()",
        loss="focal",
        parameters={"alpha": 0.25, "over_classes": "mean"},
        note=f"the mean over classes, too; {_CLIPS}",
    ),
    Convention(library=SMP, name="DiceLoss()", loss="dice", parameters=_MASKED, note=_NO_COST),
    Convention(
        library=SMP,
        name="JaccardLoss()",
        loss="iou",
        parameters={"eps": 0.0, **_MASKED},
        note=_NO_COST,
    ),
    Convention(
        library=SMP,
        name="TverskyLoss()",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, **_MASKED},
        note=_NO_COST,
    ),
    Convention(
        library=SMP,
        name="FocalLoss()",
        loss="focal",
        parameters={"channels": "independent", "over_classes": "mean"},
        note="takes logits; the prediction counts as their sigmoid",
    ),
    Convention(library=SMP, name="LovaszLoss()", loss="lovasz_softmax"),
)
