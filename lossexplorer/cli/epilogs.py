"""What can be set, listed below a command's options.

A line with a backspace alone keeps the lines after it as they are, up to the next empty one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable


def controls() -> str:
    """Return every degradation with its controls."""
    from lossexplorer.predictions import IN_ORDER

    lines = [
        f"  {each.title}: {', '.join(control.name for control in each.controls)}"
        for each in IN_ORDER
    ]
    return "\n".join(["\b", "Controls (lossexplorer controls says what each does):", *lines])


def losses() -> str:
    """Return every loss with its parameters, and how numbers per class are written."""
    from lossexplorer.losses import LOSSES

    width = max(map(len, LOSSES)) + 2
    lines = [
        f"  {name:<{width}}{', '.join(p.name for p in loss.parameters)}"
        for name, loss in LOSSES.items()
    ]
    forms = "Numbers per class are written class_weights=1:2:5, tables distances=0:1/1:0."
    return "\n".join(["\b", "Losses and parameters:", *lines, "", "\b", forms])


def learning() -> str:
    """Return the targets, the losses of Keras and the methods of combining gradients."""
    from lossexplorer.learning.loss_choices import KERAS_LOSSES
    from lossexplorer.learning.methods import METHODS
    from lossexplorer.learning.targets import TARGETS

    lists = {"Targets": TARGETS, "Losses of Keras": KERAS_LOSSES, "Methods": METHODS}
    blocks = ["\n".join(["\b", f"{title}:", *_wrapped(names)]) for title, names in lists.items()]
    return "\n\n".join([*blocks, "The losses of this program: lossexplorer losses."])


def _wrapped(names: Iterable[str]) -> list[str]:
    text = textwrap.fill(", ".join(names), 78, break_on_hyphens=False)
    return [f"  {line}" for line in text.splitlines()]
