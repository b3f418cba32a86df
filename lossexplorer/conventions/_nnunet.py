"""nnU-Net."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

NNUNET = Library("nnU-Net", "0e49508", "MIC-DKFZ/nnUNet")

_DICE = {"form": "-D", "smooth": 1e-5, "include_background": False}

CONVENTIONS = (
    Convention(
        library=NNUNET,
        name="−Dice, batch_dice=True",
        loss="dice",
        parameters={**_DICE, "pooling": "batch"},
        note="as its trainer sets it; added to the cross-entropy 1 : 1",
    ),
    Convention(
        library=NNUNET,
        name="−Dice, batch_dice=False",
        loss="dice",
        parameters=_DICE,
        note="as its trainer sets it; added to the cross-entropy 1 : 1",
    ),
    Convention(
        library=NNUNET,
        name="RobustCrossEntropyLoss",
        loss="cross_entropy",
        note="the background counts here, not in its Dice",
    ),
    Convention(
        library=NNUNET,
        name="TopKLoss(k=10)",
        loss="topk_cross_entropy",
        note="of the whole batch; its Dice and top-k loss is this plus −Dice",
    ),
)
