"""The losses as code: of this program's Keras classes, or of a library that computes the same."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lossexplorer.conventions import Convention, conventions_of
from lossexplorer.core.parameters import ParameterError, Spacing, closest
from lossexplorer.engine.messages import LossSetting
from lossexplorer.exports.settings import arguments

OWN = "lossexplorer"
"""The library whose losses are the Keras classes of this program."""

_COMPILED = """\
# {model}
model.compile(
    optimizer="adam",
    loss={{
{losses}
    }},
    loss_weights={{
{weights}
    }},
)
"""

_CALLED = """\
losses = {{
{losses}
}}
loss_weights = {{
{weights}
}}


def total(prediction, truth):
    \"\"\"Return Σ λ L of {shapes}.\"\"\"
    return sum(loss_weights[name] * loss({called}) for name, loss in losses.items())
"""

_OF_LOGARITHMS = '''\
def of_logits(loss):
    """Return a loss that takes logits as one of probabilities p: log p has p as its softmax."""
    return lambda prediction, truth: loss(prediction.log(), truth)


'''

_OF_VOLUMES = '''\
def of_volumes(loss):
    """Return a loss of volumes: segmentation_models sums over two axes of space, not three."""

    def flat(field):
        return keras.ops.reshape(field, (keras.ops.shape(field)[0], -1, 1, field.shape[-1]))

    return lambda truth, prediction: loss(flat(truth), flat(prediction))


'''
_HELPERS = {"of_logits": _OF_LOGARITHMS, "of_volumes": _OF_VOLUMES}


@dataclass(frozen=True)
class CodeLibrary:
    """How losses of a library are written.

    Attributes
    ----------
    title : str
        The name for display, which is also that of its conventions.
    imports : str
        The lines that the code begins with.
    module : str
        What stands before the name of a loss.
    template : str
        The code around the losses.
    named : mapping of str to str
        By the name of a convention, its expression where it is another one, with ``{}`` for the
        module; empty where the loss takes something else than probabilities and a one-hot truth.
    called : str
        What a loss is called with.
    around : str
        What is written around a loss, in place of ``{}``.
    """

    title: str
    imports: str
    module: str
    template: str
    named: Mapping[str, str]
    called: str = "prediction, truth"
    around: str = "{}"

    def expression(self, convention: Convention) -> str:
        """Return the code that makes a convention's loss; empty where there is none."""
        plain = self.around.replace("{}", f"{{}}.{convention.name}")
        return self.named.get(convention.name, plain).format(self.module)


LIBRARIES: Mapping[str, CodeLibrary] = {
    "keras": CodeLibrary(
        "Keras",
        "import keras",
        "keras.losses",
        _COMPILED,
        # Takes class indices.
        {"CategoricalGeneralizedCrossEntropy()": ""},
    ),
    "monai": CodeLibrary(
        "MONAI",
        "from monai import losses as monai_losses",
        "monai_losses",
        _CALLED,
        {
            "DiceCELoss(lambda_dice=0)": "of_logits({}.DiceCELoss(lambda_dice=0, softmax=True))",
            "FocalLoss(use_softmax=True)": "of_logits({}.FocalLoss(use_softmax=True))",
            "FocalLoss()": "",  # of sigmoids
            "GeneralizedWassersteinDiceLoss(1 − identity)": "",  # of a table for so many classes
            "AsymmetricUnifiedFocalLoss()": "",
        },
    ),
    "segmentation_models": CodeLibrary(
        "segmentation_models",
        # Without that it looks for what Keras 3 has no longer.
        'import os\n\nos.environ.setdefault("SM_FRAMEWORK", "tf.keras")\n'
        "import keras\nimport segmentation_models as sm",
        "sm.losses",
        _COMPILED,
        {},
        around="of_volumes({})",
    ),
    "segmentation_models.pytorch": CodeLibrary(
        "segmentation_models.pytorch",
        "import segmentation_models_pytorch as smp",
        "smp.losses",
        _CALLED,
        {
            "DiceLoss()": '{}.DiceLoss("multiclass", from_logits=False)',
            "JaccardLoss()": '{}.JaccardLoss("multiclass", from_logits=False)',
            "TverskyLoss()": '{}.TverskyLoss("multiclass", from_logits=False)',
            "FocalLoss()": "",  # of sigmoids
            "LovaszLoss()": "",  # of slices
        },
        "prediction, truth.argmax(1)",
    ),
}
"""The other libraries that losses are written for, by the name that the command line has."""

LIBRARY_NAMES = (OWN, *LIBRARIES)
"""Every library that losses can be written for."""


def equal_convention(setting: LossSetting, library: CodeLibrary, classes: int) -> Convention | None:
    """Return the convention of a library that computes what a setting does, if there is one.

    Parameters
    ----------
    setting : LossSetting
        The loss with all its parameters.
    library : CodeLibrary
        The library.
    classes : int
        The number of classes, the background included.
    """
    for each in conventions_of(setting.loss):
        if (
            each.library.name == library.title
            and each.values == dict(setting.parameters)
            and each.times(classes) == 1
            and each.classes in (None, classes)
            and library.expression(each)
        ):
            return each
    return None


def fitting_libraries(shown: Sequence[LossSetting], classes: int) -> tuple[str, ...]:
    """Return the libraries that have the same of at least one of the losses, this one first.

    Examples
    --------
    >>> from lossexplorer.losses import LOSSES
    >>> parameters = LOSSES["tversky"].complete({"alpha": 0.5, "beta": 0.5, "smooth": 1e-5})
    >>> fitting_libraries([LossSetting("tversky", parameters)], 2)
    ('lossexplorer', 'monai')
    """
    found = [
        name
        for name, library in LIBRARIES.items()
        if any(equal_convention(each, library, classes) for each in shown)
    ]
    return (OWN, *found)


def losses_code(
    shown: Sequence[LossSetting],
    names: Sequence[str],
    spacing: Spacing,
    library: str = OWN,
    *,
    overlap: bool = False,
) -> str:
    r"""Return losses and weights as code.

    Parameters
    ----------
    shown : sequence of LossSetting
        The losses, each of an output of its own.
    names : sequence of str
        The classes' names, background first, in the order of the channels.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x), for losses of distances.
    library : str
        One of `LIBRARY_NAMES`. Of another library than this one there are the losses that it
        computes in the same way; a comment names the others.
    overlap : bool
        Whether classes may overlap: there is a channel for each, and none for the background.

    Returns
    -------
    str
        Python, which needs a Keras model in ``model`` where losses are compiled.

    Raises
    ------
    ParameterError
        If there is no such library, or it has none of the losses.

    Examples
    --------
    >>> from lossexplorer.losses import LOSSES
    >>> dice = LossSetting("dice", LOSSES["dice"].complete({"smooth": 1.0}), 0.5)
    >>> print(losses_code([dice], ["background", "tumour"], (1.0, 1.0, 1.0)).rstrip())
    from lossexplorer.keras import Dice
    <BLANKLINE>
    # Channels: background, tumour.
    # The model has an output for each loss. Of one output, Total([…], [λ…]) is the loss.
    model.compile(
        optimizer="adam",
        loss={
            "dice": Dice(smooth=1.0),
        },
        loss_weights={
            "dice": 0.5,
        },
    )
    """
    if library not in LIBRARY_NAMES:
        raise closest(library, LIBRARY_NAMES, "library to write losses for")
    if overlap:
        shown, names = [each.of_overlapping() for each in shown], names[1:]
    written, missing = _expressions(shown, len(names), spacing, library)
    if not written:
        titles = " and ".join(each.heading for each in shown)
        raise ParameterError(
            f"{LIBRARIES[library].title} computes nothing that equals {titles} with these "
            f"parameters. lossexplorer conventions lists what it computes; {OWN} has every loss."
        )
    weights = {each.name: float(each.weight) for each in shown if each.name in written}
    template, imports, shapes, called = _frame(shown, library)
    indent = "        " if template is _COMPILED else "    "
    body = template.format(
        model="The model has an output for each loss."
        + (" Of one output, Total([…], [λ…]) is the loss." if library == OWN else ""),
        losses=_entries(written, indent),
        weights=_entries({name: repr(weight) for name, weight in weights.items()}, indent),
        shapes=shapes,
        called=called,
    )
    expressions = " ".join(written.values())
    helper = "".join(text for name, text in _HELPERS.items() if name in expressions)
    comments = textwrap.wrap(
        f"Channels: {', '.join(names)}.", 97, initial_indent="# ", subsequent_indent="# "
    )
    comments += [f"# {LIBRARIES[library].title} has no equal of {each}." for each in missing]
    gap = "\n\n" if helper else "\n"
    return f"{imports}\n{gap}{helper}" + "\n".join([*comments, body])


def _expressions(
    shown: Sequence[LossSetting], classes: int, spacing: Spacing, library: str
) -> tuple[dict[str, str], list[str]]:
    """Return the code of each loss by its name, and the titles of those that have none."""
    if library == OWN:
        return {each.name: _own(each, spacing) for each in shown}, []
    written, missing = dict[str, str](), list[str]()
    for each in shown:
        found = equal_convention(each, LIBRARIES[library], classes)
        if found is None:
            missing.append(each.heading)
        else:
            written[each.name] = LIBRARIES[library].expression(found)
    return written, missing


def _own(setting: LossSetting, spacing: Spacing) -> str:
    listed = ", ".join(
        f"{name}={_literal(value)}" for name, value in arguments(setting, spacing).items()
    )
    return f"{setting.described.class_name}({listed})"


def _frame(shown: Sequence[LossSetting], library: str) -> tuple[str, str, str, str]:
    """Return the template, the imports, which shapes a loss takes and what it is called with."""
    if library == OWN:
        classes = sorted({each.described.class_name for each in shown})
        return _COMPILED, f"from lossexplorer.keras import {', '.join(classes)}", "", ""
    found = LIBRARIES[library]
    shapes = "probabilities and a one-hot truth, (batch, class, z, y, x)"
    return found.template, found.imports, shapes, found.called


def _entries(written: Mapping[str, str], indent: str) -> str:
    return "\n".join(f"{indent}{_literal(name)}: {text}," for name, text in written.items())


def _literal(value: object) -> str:
    """Return a value as code, text in double quotes."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
