"""DeepFinder."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

DEEPFINDER = Library("DeepFinder", "100d8b4", "deep-finder/cryoet-deepfinder")

CONVENTIONS = (
    Convention(
        library=DEEPFINDER,
        name="tversky_loss",
        loss="tversky",
        parameters={"alpha": 0.5, "beta": 0.5, "pooling": "batch"},
        factor="classes",
        note="the number of classes minus the sum of T: from 0 to the number of classes",
    ),
)
