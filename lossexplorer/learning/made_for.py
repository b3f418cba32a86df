"""What of a setup its network, its optimizer and its compiled functions are made for.

Where two setups have the same, what was made for one does for the other.
"""

from __future__ import annotations

from lossexplorer.learning.setup import Setup


def switches(setup: Setup) -> object:
    """Return what the network is made for: the layers that are frozen, the outputs that are cut.

    Examples
    --------
    >>> from dataclasses import replace
    >>> switches(Setup()) == switches(replace(Setup(), frozen=("y2",)))
    False
    """
    return setup.frozen, [output.is_cut for output in setup.outputs]


def optimizer(setup: Setup) -> object:
    """Return what the optimizer is made for; its rate and its clipping can be changed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> quicker = replace(Setup(), training=replace(Setup().training, rate=0.5))
    >>> optimizer(Setup()) == optimizer(quicker)
    True
    """
    training = setup.training
    return training.optimizer, training.momentum if training.optimizer == "momentum" else None


def compiled_functions(setup: Setup) -> object:
    """Return what the compiled functions are made for; λ and the rate are arguments of them.

    Examples
    --------
    >>> from dataclasses import replace
    >>> clipped = replace(Setup(), training=replace(Setup().training, clipnorm=1.0))
    >>> compiled_functions(Setup()) == compiled_functions(clipped)
    False
    """
    clipping = setup.training.clipnorm, setup.training.global_clipnorm
    losses = [output.loss for output in setup.outputs]
    return switches(setup), losses, clipping, optimizer(setup)
