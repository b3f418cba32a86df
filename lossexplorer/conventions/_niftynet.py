"""NiftyNet."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

NIFTYNET = Library("NiftyNet", "935bf43", "NifTK/NiftyNet")

CONVENTIONS = (
    Convention(
        library=NIFTYNET,
        name="dice",
        loss="dice",
        parameters={"smooth": 1e-5, "denominator": "squared"},
    ),
    Convention(library=NIFTYNET, name="dice_nosquare", loss="dice", parameters={"smooth": 1e-5}),
    Convention(
        library=NIFTYNET,
        name="generalised_dice_loss",
        loss="generalized_dice",
        parameters={"eps": 0.0, "absent": "largest", "floor": 1.0, "pooling": "sample"},
    ),
    Convention(
        library=NIFTYNET,
        name="tversky",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, "smooth_dr": 1e-5, "pooling": "all"},
        note="one ratio of all classes; its own is per sample, the same here but for ε",
    ),
    Convention(
        library=NIFTYNET,
        name="sensitivity_specificity_loss",
        loss="sensitivity_specificity",
        factor="classes",
        note="sums over the classes; calls sensitivity and specificity by each other's names",
    ),
    Convention(library=NIFTYNET, name="cross_entropy", loss="cross_entropy"),
)
