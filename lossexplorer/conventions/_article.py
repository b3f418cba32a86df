"""The Keras article whose four losses this program starts from."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

ARTICLE = Library("Article", "", "the Keras article with the four 3D losses, as printed")

CONVENTIONS = (
    Convention(
        library=ARTICLE,
        name="1-1-dice",
        loss="dice",
        parameters={"form": "-D"},
        note="as printed: −Dice, from −1 to 0, with the gradient of 1 − Dice",
    ),
    Convention(library=ARTICLE, name="1-dice", loss="dice", note="as meant"),
    Convention(library=ARTICLE, name="generalized Dice", loss="generalized_dice"),
    Convention(
        library=ARTICLE,
        name="Tversky",
        loss="tversky",
        note="α and β are left to the reader; these are the ones that Salehi et al. found best",
    ),
    Convention(library=ARTICLE, name="IoU", loss="iou"),
)
