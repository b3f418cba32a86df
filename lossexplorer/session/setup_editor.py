"""What can be done to the setup of a training run, each with its checks and its label."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import ParameterError, complete
from lossexplorer.learning.descriptions import (
    CUT,
    FEWEST_OUTPUTS,
    MOST_OUTPUTS,
    WEIGHT,
    description,
    value,
    with_value,
)
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.setup import (
    BuiltNetwork,
    LossChoice,
    Output,
    OwnNetwork,
    Setup,
)
from lossexplorer.losses import LOSSES
from lossexplorer.session.class_numbers import check_output, fitting_output
from lossexplorer.session.session import Session
from lossexplorer.session.words import symbol, value_in_words

Patch = tuple[int, int, int]


class SetupEditor:
    """Changes the session's setup; each change is an edit that can be undone.

    Parameters
    ----------
    session : Session
        Has the setup.

    Examples
    --------
    >>> session = Session()
    >>> SetupEditor(session).set_weight("y2", 3.0)
    >>> session.store.undo_label, session.state.experiment.setup.output("y2").weight
    ('y2 λ 0.3 → 3', 3.0)
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._weights_before: dict[str, float] = {}

    @property
    def setup(self) -> Setup:
        """What is set."""
        return self._session.state.experiment.setup

    def set_field(
        self, section: str, name: str, chosen: Any, merge: Hashable | None = None
    ) -> None:
        """Set a field that `lossexplorer.learning.descriptions` describes.

        Parameters
        ----------
        section : {"training", "network", "image"}
            Which section of the setup has it.
        name : str
            The field's name.
        chosen : object
            The value as its parameter has it.
        merge : hashable, optional
            Changes with the same key that follow each other are one edit.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such field or the value is not allowed.
        """
        parameter, new = description(section, name), with_value(self.setup, section, name, chosen)
        before = value(self._before(merge), section, name)
        words = [value_in_words(parameter, each) for each in (before, value(new, section, name))]
        title = parameter.title[0].upper() + parameter.title[1:]
        self._set(new, f"{title} {' → '.join(words)}", merge)

    def set_patch(self, patch: Patch) -> None:
        """Set the size (z, y, x) of the patches, in voxels.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If one of them is below 1.
        """
        if min(patch) < 1:
            raise ParameterError("A patch has at least one voxel along each axis.")
        training = replace(self.setup.training, patch=patch)
        words = " × ".join(map(str, patch))
        self._set(replace(self.setup, training=training), f"Patches of {words}")

    def set_method(self, method: str, title: str = "") -> None:
        """Set what combines the gradients, with default parameters, named as the menu names it."""
        training = replace(self.setup.training, method=method, method_values={})
        self._set(replace(self.setup, training=training), f"Combine by {title or method}")

    def set_method_value(self, name: str, chosen: Any, merge: Hashable | None = None) -> None:
        """Set a parameter of the method that combines the gradients.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If the method has no such parameter or the value is not allowed.
        """
        old = self.setup.training
        method = METHODS[old.method]
        values = complete(method.parameters, {**old.method_values, name: chosen}, method.title)
        before = self._before(merge).training
        known = before.method_values if before.method == old.method else {}
        parameter = next(p for p in method.parameters if p.name == name)
        both = (known.get(name, parameter.default), values[name])
        words = " → ".join(value_in_words(parameter, each) for each in both)
        training = replace(old, method_values=values)
        label = f"{method.title} {symbol(parameter.title)} {words}"
        self._set(replace(self.setup, training=training), label, merge)

    def set_seed(self, seed: int) -> None:
        """Set the seed, as `set_field` does."""
        self.set_field("training", "seed", seed)

    # Outputs

    def set_weight(self, output: str, weight: float, merge: Hashable | None = None) -> None:
        """Set an output's λ.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If the weight is not finite.
        """
        old, weight = self._output(output), WEIGHT.check(weight)
        before = self._output_of(self._before(merge), output, old).weight
        label = f"{output} λ {tidy(before)} → {tidy(weight)}"
        self._set(self.setup.with_output(replace(old, weight=weight)), label, merge)

    def toggle_weight(self, output: str) -> None:
        """Set an output's λ to 0, or back to what it was before, or to 1 if that is not known."""
        weight = self._output(output).weight
        if weight != 0:
            self._weights_before[output] = weight
        self.set_weight(output, self._weights_before.get(output, 1.0) if weight == 0 else 0.0)

    def set_target(self, output: str, target: str, loss: str = "") -> None:
        """Set what an output is to predict, and with it another loss if one is named."""
        new = replace(self._output(output), target=target)
        if loss:
            new = replace(new, loss=_default_loss(loss))
        new = fitting_output(new, self._session.volume)
        self._set(self.setup.with_output(new), f"{output} target {target}")

    def set_loss(self, output: str, loss: str) -> None:
        """Set an output's loss, with the default parameters of one of the library."""
        title = LOSSES[loss].title if loss in LOSSES else loss
        new = replace(self._output(output), loss=_default_loss(loss))
        self._set(self.setup.with_output(new), f"{output} loss {title}")

    def set_loss_parameter(
        self, output: str, name: str, chosen: Any, merge: Hashable | None = None
    ) -> None:
        """Set a parameter of an output's loss, which is one of the library.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If the loss has no such parameter, the value is not allowed, or it has not a number
            for each class of the output.
        """
        old = self._output(output)
        loss = LOSSES[old.loss.name]
        parameters = loss.complete({**old.loss.parameters, name: chosen})
        before = self._output_of(self._before(merge), output, old).loss
        known = before.parameters if before.name == loss.name else {}
        parameter = next(p for p in loss.parameters if p.name == name)
        words = [
            value_in_words(parameter, each[name]) for each in (loss.complete(known), parameters)
        ]
        new = replace(old, loss=LossChoice(loss.name, parameters))
        if isinstance(parameters[name], tuple):
            check_output(new, self._session.volume)
        else:  # such as leaving out the background, which leaves weights one class less
            new = fitting_output(new, self._session.volume)
        label = f"{output} {symbol(parameter.title)} {' → '.join(words)}"
        self._set(self.setup.with_output(new), label, merge)

    def set_cut(self, output: str, is_cut: bool) -> None:
        """Stop the gradient where the output's branch leaves the trunk, or let it pass."""
        new = replace(self._output(output), is_cut=CUT.check(is_cut))
        words = "Cut before" if is_cut else "Connect"
        self._set(self.setup.with_output(new), f"{words} {output}")

    def toggle_cut(self, output: str) -> None:
        """Cut before an output, or connect it again."""
        self.set_cut(output, not self._output(output).is_cut)

    def set_frozen(self, layers: Iterable[str], is_frozen: bool, title: str = "") -> None:
        """Freeze layers, or let their variables be updated again.

        Parameters
        ----------
        layers : iterable of str
            Their names in the model.
        is_frozen : bool
            Whether they are frozen.
        title : str
            What they are called together; their names if it is empty.
        """
        names = tuple(layers)
        others = tuple(name for name in self.setup.frozen if name not in names)
        frozen = (*others, *names) if is_frozen else others
        words = "Freeze" if is_frozen else "Train"
        self._set(replace(self.setup, frozen=frozen), f"{words} {title or ', '.join(names)}")

    def toggle_frozen(self, layer: str) -> None:
        """Freeze a layer, or let its variables be updated again."""
        self.set_frozen([layer], layer not in self.setup.frozen)

    def add_output(self) -> None:
        """Give the built network one more output: the foreground, by cross-entropy.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If it has as many as there can be, or the network is the user's own.
        """
        self._require_built()
        outputs = self.setup.outputs
        if len(outputs) >= MOST_OUTPUTS:
            raise ParameterError(f"A network here has at most {MOST_OUTPUTS} outputs.")
        taken = {output.name for output in outputs}
        name = next(f"y{n}" for n in range(1, MOST_OUTPUTS + 2) if f"y{n}" not in taken)
        new = Output(name, "foreground", _default_loss("cross_entropy"))
        self._set(replace(self.setup, outputs=(*outputs, new)), f"Add {name}")

    def remove_output(self, name: str) -> None:
        """Take an output from the built network.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If it has as few as there can be, or the network is the user's own.
        """
        self._require_built()
        outputs = tuple(output for output in self.setup.outputs if output.name != name)
        if len(outputs) < FEWEST_OUTPUTS:
            raise ParameterError(f"A network here has at least {FEWEST_OUTPUTS} outputs.")
        self._set(replace(self.setup, outputs=outputs), f"Remove {name}")

    # Networks

    def use_built(self, depth: int = BuiltNetwork.depth) -> None:
        """Train the small network that is made here, with the outputs that there are at first."""
        fresh = Setup()
        network = BuiltNetwork(depth=depth)
        setup = replace(self.setup, network=network, outputs=fresh.outputs, frozen=fresh.frozen)
        self._set(setup, "Use the small network")

    def use_own(self, network: OwnNetwork, outputs: tuple[Output, ...]) -> None:
        """Train a model of the user's, with these outputs in the model's order."""
        setup = replace(self.setup, network=network, outputs=outputs, frozen=())
        self._set(setup, f"Use {Path(network.path).name}")

    def _require_built(self) -> None:
        if isinstance(self.setup.network, OwnNetwork):
            raise ParameterError("The outputs of a model from a file are those of the file.")

    def _output(self, name: str) -> Output:
        return self.setup.output(name)

    def _output_of(self, setup: Setup, name: str, default: Output) -> Output:
        return next((output for output in setup.outputs if output.name == name), default)

    def _before(self, merge: Hashable | None) -> Setup:
        return self._session.store.before(merge).setup

    def _set(self, setup: Setup, label: str, merge: Hashable | None = None) -> None:
        self._session.set_up(setup, label, merge)


def _default_loss(loss: str) -> LossChoice:
    """Return a loss with its default parameters."""
    return LossChoice(loss, LOSSES[loss].complete({}) if loss in LOSSES else {})
