"""The network of a training run: model, graph, switches and need of memory."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.networks import built, own
from lossexplorer.learning.networks.calls import layers_in_order
from lossexplorer.learning.networks.checks import require_fit
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.networks.memory import bytes_of_step
from lossexplorer.learning.networks.reading import read_graph
from lossexplorer.learning.networks.switching import (
    Edge,
    cut_edges,
    layers_to_freeze,
    set_flags,
    trainable_flags,
    trainable_variables,
    with_cuts,
)
from lossexplorer.learning.setup import OwnNetwork, Setup


class Network:
    """A functional model with the switches of a setup.

    Parameters
    ----------
    base : keras.Model
        The model without switches: functional, with one input and a list of named outputs.
    setup : Setup
        Which outputs are cut, which layers are frozen, and the shape of what goes in.

    Attributes
    ----------
    model : keras.Model
        With cuts and frozen layers. It gives a list, in the order of ``model.output_names``.
    graph : NetworkGraph
        Its layers, without those that make the cuts.
    layers_with_weights : tuple of (str, tuple of keras.Variable)
        The layers that have something to train, frozen or not, with these variables, in the order
        of the graph. A variable that several layers share is the first's.

    Raises
    ------
    NetworkError
        If an output cannot be cut or a layer not be frozen.
    """

    def __init__(self, base: keras.Model, setup: Setup) -> None:
        self._base = base
        self._models = dict[frozenset[Edge], keras.Model]()
        self._flags = trainable_flags(base)
        self._trainable = trainable_variables(base)
        self.layers_with_weights = _owners(base, self._trainable)
        self._switch(setup)

    def with_switches(self, setup: Setup) -> Network:
        """Return the network with the cuts and frozen layers of another setup.

        Both have the same layers and variables. What is frozen is so in both. Networks with the
        same cuts have the same `model`.

        Raises
        ------
        NetworkError
            If an output cannot be cut or a layer not be frozen.
        """
        other = object.__new__(Network)
        other.__dict__.update(self.__dict__)
        other._switch(setup)
        return other

    @property
    def trunk(self) -> tuple[str, ...]:
        """The names of the layers with weights that lead to at least two outputs."""
        return self.graph.trunk

    def estimate_memory(self, setup: Setup) -> int:
        """Return how many bytes a training step needs, with the table of gradients.

        Parameters
        ----------
        setup : Setup
            Patch, batch and optimizer.
        """
        training = setup.training
        shape = (training.batch, *training.patch, 1)
        return bytes_of_step(self._base, shape, training.optimizer)

    def _switch(self, setup: Setup) -> None:
        cuts = {
            each.name: cut_edges(self._base, each.name) for each in setup.outputs if each.is_cut
        }
        frozen = layers_to_freeze(self._base, setup.frozen)
        set_flags(self._flags)
        set_flags([(layer, False) for layer in frozen])
        edges = frozenset[Edge]().union(*cuts.values())
        # Made once, so that what a trainer has compiled for it can be used again.
        if edges not in self._models:
            self._models[edges] = with_cuts(self._base, edges)
        self.model = self._models[edges]
        shape = (None, *setup.training.patch, 1)
        self.graph: NetworkGraph = read_graph(self._base, shape, cuts, self._trainable)


def make_network(
    setup: Setup, heads: Mapping[str, Head], own_model: keras.Model | None = None
) -> Network:
    """Return the network of a setup, with its initial variables.

    Parameters
    ----------
    setup : Setup
        The network, its outputs, patch, batch and seed.
    heads : mapping of str to Head
        What the target of each output needs, by the output's name.
    own_model : keras.Model, optional
        The user's model, as from `lossexplorer.learning.networks.own.load`, where it is loaded
        already: each loading of a Python file runs it.

    Raises
    ------
    NetworkError
        If the network cannot be made, or does not fit the outputs, their targets or the patch.

    Examples
    --------
    >>> heads = {"y1": Head(2, "softmax"), "y2": Head(1, "linear")}
    >>> network = make_network(Setup(), heads)
    >>> network.trunk
    ('x1_conv1', 'x1_level2_conv', 'x1_conv2', 'x1_conv3')
    """
    description, training = setup.network, setup.training
    if isinstance(description, OwnNetwork):
        model = own.load(description, training.seed) if own_model is None else own_model
    else:
        built.require_multiples(description, training.patch)
        ordered = {output.name: heads[output.name] for output in setup.outputs}
        model = built.build(description, ordered, training.seed)
    require_fit(model, setup, heads)
    return Network(model, setup)


def _owners(
    model: keras.Model, trainable: Mapping[int, tuple[keras.Variable, ...]]
) -> tuple[tuple[str, tuple[keras.Variable, ...]], ...]:
    seen = set[int]()
    owners = []
    for layer in layers_in_order(model):
        variables = tuple(each for each in trainable.get(id(layer), ()) if id(each) not in seen)
        seen.update(map(id, variables))
        if variables:
            owners.append((layer.name, variables))
    return tuple(owners)
