"""optax."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

OPTAX = Library("optax", "2edbcbe", "google-deepmind/optax")

CONVENTIONS = (
    Convention(
        library=OPTAX,
        name="dice_loss()",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, "smooth": 1.0},
        note="a Tversky ratio, so that its smooth = 1 is Dice's smooth = 2",
    ),
    Convention(
        library=OPTAX,
        name="multiclass_generalized_dice_loss()",
        loss="generalized_dice",
        parameters={"eps": 1e-7, "ratio": "per-class", "smooth": 2.0, "pooling": "sample"},
        note="not Sudre's: the weighted mean of a ratio per class; its smooth = 1 is 2 here",
    ),
)
