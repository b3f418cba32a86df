"""The stub of `lossexplorer.keras`, from the descriptions of the losses.

To be written again after a change of a loss's parameters::

    python -m lossexplorer.keras_classes.stub > lossexplorer/keras.pyi
"""

from __future__ import annotations

from collections.abc import Iterator

from lossexplorer.core.parameters import Choice, ClassIndex, Flag, Number, Parameter
from lossexplorer.losses import LOSSES, Loss

_TOP = """\
# Made by `python -m lossexplorer.keras_classes.stub` from the descriptions of the losses.
from collections.abc import Sequence
from typing import Any, Literal

from lossexplorer.keras_classes.base import SegmentationLoss as SegmentationLoss
from lossexplorer.keras_classes.total import Total as Total"""

_INHERITED = (
    "from_logits: bool = False",
    "ignore_class: int | None = None",
    "name: str | None = None",
    'reduction: str | None = "sum_over_batch_size"',
    "dtype: Any = None",
)

_FORMS = {0: "float", 1: "Sequence[float]", 2: "Sequence[Sequence[float]]"}


def stub() -> str:
    """Return the text of ``lossexplorer/keras.pyi``."""
    classes = ("\n".join(_class(loss)) for loss in LOSSES.values())
    return "\n\n".join([_TOP, *classes]) + "\n"


def _class(loss: Loss) -> Iterator[str]:
    """Yield the lines of a class: its constructor, as the class itself shows it."""
    yield f"class {loss.class_name}(SegmentationLoss):"
    yield "    def __init__("
    yield "        self,"
    yield "        *,"
    for parameter in loss.parameters:
        yield f"        {parameter.name}: {_type(parameter)} = {_default(parameter)},"
    for argument in _INHERITED:
        yield f"        {argument},"
    yield "    ) -> None: ..."


def _type(parameter: Parameter) -> str:
    if isinstance(parameter, Flag):
        return "bool"
    if isinstance(parameter, ClassIndex):
        return "int"
    if isinstance(parameter, Choice):
        return _literal(parameter.options)
    if isinstance(parameter, Number):
        return "float | Sequence[float]" if parameter.per_class else "float"
    rules = [_literal(parameter.rules)] if parameter.rules else []
    return " | ".join([*rules, *(_FORMS[rank] for rank in parameter.dimensions)])


def _literal(names: tuple[str, ...]) -> str:
    return f"Literal[{', '.join(map(_quoted, names))}]"


def _default(parameter: Parameter) -> str:
    default = parameter.default
    return _quoted(default) if isinstance(default, str) else repr(default)


def _quoted(text: str) -> str:
    return f'"{text}"'


if __name__ == "__main__":
    print(stub(), end="")
