"""MONAI."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

MONAI = Library("MONAI", "1.6.1", "Project-MONAI/MONAI")

_SMOOTH = {"smooth": 1e-5}
_VOXELS = {"spacing": "voxels"}
_GENERALIZED = {"eps": 0.0, "absent": "largest", "smooth": 1e-5}

CONVENTIONS = (
    Convention(library=MONAI, name="DiceLoss()", loss="dice", parameters=_SMOOTH),
    Convention(
        library=MONAI,
        name="DiceLoss(smooth_nr=1, smooth_dr=1)",
        loss="dice",
        parameters={"smooth": 1.0},
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(smooth_nr=0)",
        loss="dice",
        parameters={"smooth_dr": 1e-5},
        note="an absent class costs 1 even if nothing is predicted for it",
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(batch=True)",
        loss="dice",
        parameters={**_SMOOTH, "pooling": "batch"},
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(include_background=False)",
        loss="dice",
        parameters={**_SMOOTH, "include_background": False},
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(batch=True, include_background=False)",
        loss="dice",
        parameters={**_SMOOTH, "pooling": "batch", "include_background": False},
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(squared_pred=True)",
        loss="dice",
        parameters={**_SMOOTH, "denominator": "squared"},
    ),
    Convention(
        library=MONAI,
        name="DiceLoss(jaccard=True)",
        loss="iou",
        parameters={"eps": 5e-6},
        note="its smoothing counts half, because numerator and denominator are doubled",
    ),
    Convention(
        library=MONAI,
        name="GeneralizedDiceLoss()",
        loss="generalized_dice",
        parameters={**_GENERALIZED, "pooling": "sample"},
    ),
    Convention(
        library=MONAI,
        name="GeneralizedDiceLoss(batch=True)",
        loss="generalized_dice",
        parameters=_GENERALIZED,
    ),
    Convention(
        library=MONAI,
        name='GeneralizedDiceLoss(w_type="simple")',
        loss="generalized_dice",
        parameters={**_GENERALIZED, "weights": "simple", "pooling": "sample"},
    ),
    Convention(
        library=MONAI,
        name='GeneralizedDiceLoss(w_type="uniform")',
        loss="generalized_dice",
        parameters={"weights": "uniform", "smooth": 1e-5, "pooling": "sample"},
    ),
    Convention(
        library=MONAI,
        name="TverskyLoss()",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, **_SMOOTH},
    ),
    Convention(
        library=MONAI,
        name="TverskyLoss(alpha=0.3, beta=0.7)",
        loss="tversky",
        parameters={"alpha": 0.3, "beta": 0.7, **_SMOOTH},
    ),
    Convention(
        library=MONAI,
        name="GeneralizedWassersteinDiceLoss(1 − identity)",
        loss="wasserstein_dice",
        parameters=_SMOOTH,
    ),
    Convention(
        library=MONAI,
        name="DiceCELoss(lambda_dice=0)",
        loss="cross_entropy",
    ),
    Convention(
        library=MONAI,
        name="FocalLoss(use_softmax=True)",
        loss="focal",
        parameters={"over_classes": "mean"},
    ),
    Convention(
        library=MONAI,
        name="FocalLoss()",
        loss="focal",
        parameters={"channels": "independent", "over_classes": "mean"},
        note="takes logits; the prediction counts as their sigmoid",
    ),
    Convention(
        library=MONAI,
        name="AsymmetricUnifiedFocalLoss()",
        loss="unified_focal",
        parameters={"delta": 0.7, "weight": 1 / 3, "smooth": 1e-7},
        factor=0.75,
        classes=2,
        note="two classes alone; halves the cross-entropy and clips p to [1e-7, 1 − 1e-7]",
    ),
    Convention(
        library=MONAI,
        name="BoundaryLoss()",
        loss="boundary",
        parameters=_VOXELS,
    ),
    Convention(
        library=MONAI,
        name="HausdorffDTLoss()",
        loss="hausdorff",
        parameters={**_VOXELS, "include_background": False},
    ),
    Convention(
        library=MONAI,
        name="LogHausdorffDTLoss()",
        loss="hausdorff",
        parameters={"form": "log(1+L)", **_VOXELS, "include_background": False},
    ),
    Convention(
        library=MONAI,
        name="SoftclDiceLoss(include_background=False)",
        loss="cl_dice",
        parameters={"pooling": "sample", "include_background": False},
        classes=2,
        note="sums over the classes, too, so that it is this for two; adds 1e-4 to Tp + Ts",
    ),
)
