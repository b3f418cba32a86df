"""optax."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

OPTAX = Library("optax", "0.2.8", "google-deepmind/optax")
OPTAX_BEFORE = Library("optax", "0.2.6", "google-deepmind/optax")

_GENERALIZED = {"eps": 1e-7, "ratio": "per-class", "pooling": "sample"}
_NOT_SUDRE = "not Sudre's: the weighted mean of a ratio per class"

CONVENTIONS = (
    Convention(
        library=OPTAX,
        name="dice_loss()",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, "smooth": 1.0},
        note="smooth = 1 beside I, twice as much as beside 2I",
    ),
    Convention(
        library=OPTAX,
        name="multiclass_generalized_dice_loss()",
        loss="generalized_dice",
        parameters={**_GENERALIZED, "smooth": 2.0},
        note=f"{_NOT_SUDRE}, with smooth = 1 beside I",
    ),
    Convention(
        library=OPTAX_BEFORE,
        name="dice_loss()",
        loss="dice",
        parameters={"smooth": 1.0},
        note="until this version smooth = 1 is beside 2I",
    ),
    Convention(
        library=OPTAX_BEFORE,
        name="multiclass_generalized_dice_loss()",
        loss="generalized_dice",
        parameters={**_GENERALIZED, "smooth": 1.0},
        note=f"{_NOT_SUDRE}, with smooth = 1 beside 2I",
    ),
)
