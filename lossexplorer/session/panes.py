"""What the canvas shows beside each other: panes, each of one map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from lossexplorer.engine.messages import TOTAL, MapSubject

PaneKind = Literal["truth", "prediction", "error", "gradient", "image", "beside"]
"""What a pane shows; of two descents, ``beside`` is the other prediction."""
Classes = Literal["shown", "all"] | int
"""The class that is shown, whichever it is; all of them; or one of them, by its index."""

MOST_PANES = 9
MOST_OF_THREE_PLANES = 6
"""Of how many panes three planes are shown: there is no room for those of more."""


@dataclass(frozen=True)
class Pane:
    """One of the pictures on the canvas.

    Attributes
    ----------
    kind : str
        What it shows. Every kind but ``beside`` can be chosen.
    loss : str
        Of a gradient, the name of the loss among those shown, or ``"total"``; empty for the loss
        that is chosen, whichever it is.
    classes : {"shown", "all"} or int
        Of a prediction, an error or a gradient, the class that it is about. All classes together
        are shown by prediction and error alone.
    """

    kind: PaneKind
    loss: str = ""
    classes: Classes = "shown"

    @property
    def name(self) -> str:
        """What the pane is known as, which no other pane is.

        Examples
        --------
        >>> Pane("truth").name, Pane("gradient", "dice", 2).name
        ('truth', 'gradient dice 2')
        """
        classes = "" if self.classes == "shown" else str(self.classes)
        return " ".join(word for word in (self.kind, self.loss, classes) if word)

    def class_of(self, shown: int) -> int:
        """Return the class that the pane is about where this one is shown."""
        return self.classes if isinstance(self.classes, int) else shown

    def subjects(self, loss: str, class_index: int, *, overlaps: bool) -> tuple[MapSubject, ...]:
        """Return the maps that the pane needs.

        Parameters
        ----------
        loss : str
            The loss that is chosen.
        class_index : int
            The class that is shown.
        overlaps : bool
            Whether classes may overlap, so that each is decided about by itself.
        """
        index = self.class_of(class_index)
        if self.kind == "gradient":
            return (MapSubject("gradient", index, self.loss or loss),)
        if self.kind == "prediction" and self.classes == "all":
            return (MapSubject("decided", class_index), MapSubject("confidence", class_index))
        if self.kind == "prediction":
            return (MapSubject("probability", index),)
        if self.kind == "error":
            return (MapSubject("decided", index if overlaps else class_index),)
        return ()


DEFAULT_PANES: tuple[Pane, ...] = (
    Pane("truth"),
    Pane("prediction"),
    Pane("error"),
    Pane("gradient"),
)


def chosen(
    panes: Iterable[Pane], losses: Iterable[str], last_class: int | None
) -> tuple[Pane, ...]:
    """Return the panes that can be shown, each once, the default ones if there is none.

    Parameters
    ----------
    panes : iterable of Pane
        From the upper left to the lower right.
    losses : iterable of str
        The names of the losses shown.
    last_class : int or None
        The index of the last class; None if that is not known.

    Examples
    --------
    >>> chosen([Pane("gradient", "dice"), Pane("gradient", "iou")], ["iou"], None)
    (Pane(kind='gradient', loss='iou', classes='shown'),)
    """
    names = {"", TOTAL, *losses}

    def fits(pane: Pane) -> bool:
        has_class = last_class is None or pane.class_of(0) <= last_class
        return pane.kind in OFFERED_KINDS and pane.loss in names and has_class

    found = tuple(pane for pane in dict.fromkeys(panes) if fits(pane))[:MOST_PANES]
    return found or DEFAULT_PANES


OFFERED_KINDS = tuple(kind for kind in get_args(PaneKind) if kind != "beside")
"""The kinds of panes that can be chosen."""


def offered(losses: Iterable[str], *, has_image: bool, overlaps: bool) -> Iterator[Pane]:
    """Yield every pane that can be added of the class shown and of all classes.

    Parameters
    ----------
    losses : iterable of str
        The names of the losses shown.
    has_image : bool
        Whether the volume has an image.
    overlaps : bool
        Whether classes may overlap, so that no voxel has one class.
    """
    if has_image:
        yield Pane("image")
    yield Pane("truth")
    for kind in ("prediction", "error"):
        yield Pane(kind)
        if not overlaps:
            yield Pane(kind, classes="all")
    yield Pane("gradient")
    for loss in (*losses, TOTAL):
        yield Pane("gradient", loss)


def with_pane(panes: tuple[Pane, ...], pane: Pane) -> tuple[Pane, ...]:
    """Return panes with one more at the end, if it is not among them and there is room."""
    if pane in panes or len(panes) >= MOST_PANES:
        return panes
    return (*panes, pane)


def without(panes: tuple[Pane, ...], pane: Pane) -> tuple[Pane, ...]:
    """Return panes without one of them; the last one stays."""
    return tuple(each for each in panes if each != pane) or panes


def pinned(pane: Pane, class_index: int) -> Pane:
    """Return a pane that is about one class, whichever is shown; of the truth, the same pane."""
    takes = pane.kind in ("prediction", "error", "gradient")
    return replace(pane, classes=class_index) if takes else pane
