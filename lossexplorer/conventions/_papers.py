"""The code that the authors of a paper published with it."""

from __future__ import annotations

from lossexplorer.conventions._convention import Convention, Library

LOVASZ = Library("LovaszSoftmax", "7d48792", "bermanmaxim/LovaszSoftmax")
BOUNDARY = Library("boundary-loss", "171c32d", "LIVIAETS/boundary-loss")
CLDICE = Library("clDice", "47d31a6", "jocpae/clDice")

CONVENTIONS = (
    Convention(library=LOVASZ, name="lovasz_softmax()", loss="lovasz_softmax"),
    Convention(
        library=LOVASZ,
        name="lovasz_softmax(per_image=True)",
        loss="lovasz_softmax",
        parameters={"pooling": "sample"},
    ),
    Convention(
        library=BOUNDARY,
        name="SurfaceLoss(idc=[1, …])",
        loss="boundary",
        parameters={"spacing": "voxels", "include_background": False},
        note="of the classes that it is told, here all but the background; its resolution is 1",
    ),
    Convention(
        library=CLDICE,
        name="soft_cldice(exclude_background=True)",
        loss="cl_dice",
        parameters={"iterations": 10.0, "include_background": False},
        classes=2,
        note="sums over the classes, too, so that it is this for two; its iter_ is ignored",
    ),
)
