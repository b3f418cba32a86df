"""Descriptions of what a training run depends on, for rows, checks and the command line.

Each belongs to the field of the same name of `lossexplorer.learning.setup`: those of `TRAINING`
to `Training`, of `NETWORK` to `BuiltNetwork`, of `IMAGE` to `InputImage`, of `OUTPUT` to `Output`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from lossexplorer.core.parameters import Choice, Flag, Number, NumberArray, Parameter, closest
from lossexplorer.learning.setup import BuiltNetwork, InputImage, Setup, Training

FEWEST_OUTPUTS: Final = 2
MOST_OUTPUTS: Final = 5

_NO_CLIPPING = "none"


def _clipping(name: str, title: str, meaning: str) -> NumberArray:
    return NumberArray(
        name=name,
        title=title,
        meaning=meaning,
        default=_NO_CLIPPING,
        rules=(_NO_CLIPPING,),
        dimensions=(0,),
        low=1e-12,
    )


RATE = Number(
    name="rate",
    title="Learning rate",
    meaning="The learning rate of the optimizer.",
    default=Training.rate,
    low=0.0,
    high=1e3,
    slider=(0.0, 10.0),
    scale="log",
    smallest=1e-5,
)
MOMENTUM = Number(
    name="momentum",
    title="Momentum",
    meaning="What remains of the last step's velocity, of SGD with momentum alone.",
    default=Training.momentum,
    low=0.0,
    high=0.9999,
    slider=(0.0, 0.99),
)
OPTIMIZER = Choice(
    name="optimizer",
    title="optimizer",
    meaning="The optimizer of Keras that makes the update of the gradients.",
    default=Training.optimizer,
    options=("sgd", "momentum", "adam", "rmsprop"),
    titles=("SGD", "SGD, momentum", "Adam", "RMSprop"),
)
CLIPNORM = _clipping(
    "clipnorm",
    "Clip norm",
    "The largest norm of the gradient of one variable (clipnorm of Keras), each by itself.",
)
GLOBAL_CLIPNORM = _clipping(
    "global_clipnorm",
    "Global clip norm",
    "The largest norm of the gradient of all variables together (global_clipnorm of Keras): one "
    "output's large gradient then shrinks the update of the other's branch, too.",
)
PATCHES_A_STEP = Number(
    name="batch",
    title="Patches a step",
    meaning="How many patches a step sees at once.",
    default=Training.batch,
    low=1,
    high=1024,
    slider=(1, 16),
    whole=True,
)
SEED = Number(
    name="seed",
    title="Seed",
    meaning="Decides the initial variables, the patches and a simulated image.",
    default=Training.seed,
    low=0,
    high=2**31 - 1,
    slider=(0, 100),
    whole=True,
)

TRAINING: Mapping[str, Parameter] = MappingProxyType(
    {
        p.name: p
        for p in (OPTIMIZER, RATE, MOMENTUM, CLIPNORM, GLOBAL_CLIPNORM, PATCHES_A_STEP, SEED)
    }
)
"""Of the fields of `Training` but the patch and the method, by name."""

NETWORK: Mapping[str, Parameter] = MappingProxyType(
    {
        p.name: p
        for p in (
            Number(
                name="filters",
                title="Filters",
                meaning="Channels of each convolution on the finest level.",
                default=BuiltNetwork.filters,
                low=1,
                high=256,
                slider=(1, 32),
                whole=True,
            ),
            Number(
                name="depth",
                title="Depth",
                meaning="Levels of the trunk: 1 is a chain of convolutions, each further level "
                "halves the resolution and comes back (a U-Net).",
                default=BuiltNetwork.depth,
                low=1,
                high=5,
                whole=True,
            ),
            Number(
                name="trunk",
                title="Trunk",
                meaning="Convolutions of the trunk on its finest level, before it branches.",
                default=BuiltNetwork.trunk,
                low=1,
                high=16,
                slider=(1, 8),
                whole=True,
            ),
            Number(
                name="branch",
                title="Branch",
                meaning="Convolutions of each branch before its output layer.",
                default=BuiltNetwork.branch,
                low=0,
                high=16,
                slider=(0, 4),
                whole=True,
            ),
            Choice(
                name="normalization",
                title="Normalization",
                meaning="What follows each convolution; batch normalization moves its mean and "
                "variance also for an output whose λ is 0.",
                default=BuiltNetwork.normalization,
                options=("none", "batch"),
                titles=("none", "batch"),
            ),
            Number(
                name="l2",
                title="L2 penalty",
                meaning="Factor of the penalty on every kernel, which Keras adds to the total "
                "that it prints as loss.",
                default=BuiltNetwork.l2,
                low=0.0,
                high=1e3,
                slider=(0.0, 1.0),
                scale="log",
                smallest=1e-5,
            ),
        )
    }
)
"""Of the fields of `BuiltNetwork`, by name."""

IMAGE: Mapping[str, Parameter] = MappingProxyType(
    {
        p.name: p
        for p in (
            Flag(
                name="is_simulated",
                title="Simulated image",
                meaning="Whether the network sees an image that is simulated from the labels, "
                "although the volume has one; without one it always does.",
                default=InputImage.is_simulated,
            ),
            NumberArray(
                name="intensities",
                title="Intensities",
                meaning="Mean intensity of each class of a simulated image, background first, "
                "such as 0:0.5:1; even: from 0 to 1.",
                default="even",
                rules=("even",),
                dimensions=(1,),
                low=-1e6,
                high=1e6,
            ),
            Number(
                name="noise",
                title="Noise",
                meaning="Standard deviation of the Gaussian noise of a simulated image.",
                default=InputImage.noise,
                low=0.0,
                high=1e6,
                slider=(0.0, 1.0),
            ),
        )
    }
)
"""Of the fields of `InputImage`, by name."""

WEIGHT = Number(
    name="weight",
    title="λ",
    meaning="The factor of this loss in the total; with 0 its gradient is 0, but batch "
    "normalization still moves and a loss that is NaN still makes the total NaN.",
    default=1.0,
    low=-1e6,
    high=1e6,
    slider=(0.0, 3.0),
)
CUT = Flag(
    name="is_cut",
    title="Cut before the output",
    meaning="Whether the gradient is stopped (stop_gradient) where the branch leaves the trunk.",
    default=False,
)

OUTPUT: Mapping[str, Parameter] = MappingProxyType({p.name: p for p in (WEIGHT, CUT)})
"""Of the numbers and flags of `Output`, by name."""

_SECTIONS: Mapping[str, Mapping[str, Parameter]] = {
    "training": TRAINING,
    "network": NETWORK,
    "image": IMAGE,
}
# What a field holds where its parameter says a word.
_WORDS: Mapping[str, tuple[str, Any]] = {
    "clipnorm": (_NO_CLIPPING, None),
    "global_clipnorm": (_NO_CLIPPING, None),
    "intensities": ("even", ()),
}
_WHOLE = ("batch", "seed", "filters", "depth", "trunk", "branch")


def description(section: str, name: str) -> Parameter:
    """Return the description of a field.

    Parameters
    ----------
    section : {"training", "network", "image"}
        Which section of the setup has it.
    name : str
        The field's name.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If the section has no such field, or none that is described.
    """
    if name not in _SECTIONS[section]:
        raise closest(name, _SECTIONS[section], f"field of the {section}")
    return _SECTIONS[section][name]


def value(setup: Setup, section: str, name: str) -> Any:
    """Return a field as its parameter has it: a rule's name where the field is None or empty.

    Examples
    --------
    >>> value(Setup(), "training", "clipnorm"), value(Setup(), "network", "filters")
    ('none', 8)
    """
    held = getattr(getattr(setup, section), name)
    word, empty = _WORDS.get(name, ("", object()))
    return word if held == empty else held


def check(setup: Setup) -> None:
    """Refuse a setup with a number, flag or choice that its description does not allow.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        At the first one.

    Examples
    --------
    >>> check(Setup())
    >>> check(Setup(training=Training(batch=0)))
    Traceback (most recent call last):
        ...
    lossexplorer.core.quantity.ParameterError: batch = 0 is out of range: it must lie between 1 and 1024.
    """  # noqa: E501 - the example's sentence
    for section, described in _SECTIONS.items():
        # A model of the user's is a file, of which nothing is described.
        if section != "network" or isinstance(setup.network, BuiltNetwork):
            for name, parameter in described.items():
                parameter.check(value(setup, section, name))
    for output in setup.outputs:
        for name, parameter in OUTPUT.items():
            parameter.check(getattr(output, name))


def with_value(setup: Setup, section: str, name: str, chosen: Any) -> Setup:
    """Return the setup with another value of a field, which its description has checked.

    Parameters
    ----------
    section, name : str
        As of `description`.
    chosen : object
        The value as its parameter has it.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such field or the value is not allowed.

    Examples
    --------
    >>> with_value(Setup(), "training", "clipnorm", 1.0).training.clipnorm
    1.0
    >>> with_value(Setup(), "training", "clipnorm", "none").training.clipnorm is None
    True
    """
    checked = description(section, name).check(chosen)
    word, empty = _WORDS.get(name, ("", None))
    held = empty if word and checked == word else checked
    if name in _WHOLE:
        held = int(held)
    return replace(setup, **{section: replace(getattr(setup, section), **{name: held})})
