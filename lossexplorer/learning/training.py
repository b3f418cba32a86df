"""Training of a network with several outputs, step by step, with what reaches which layer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.compiling import traced
from lossexplorer.learning import made_for
from lossexplorer.learning.activations import activation_of, in_logits
from lossexplorer.learning.counted import OfCounted
from lossexplorer.learning.losses_of_outputs import keras_loss
from lossexplorer.learning.methods import Combination, method_named, what_each_would_do
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.networks.network import Network, make_network
from lossexplorer.learning.networks.own import mistakes_said
from lossexplorer.learning.optimizers import adjust_optimizer, check, forget, make_optimizer
from lossexplorer.learning.patches import PatchBatch, PatchSource
from lossexplorer.learning.regions import predict_region
from lossexplorer.learning.reports import Checkpoint, GradientTable, MethodResult, StepReport
from lossexplorer.learning.setup import BuiltNetwork, Setup
from lossexplorer.learning.steps.active import make_steps
from lossexplorer.learning.steps.interface import LossValues, Steps, TrainedNetwork
from lossexplorer.learning.table import LayerPlace, gradient_table, gram_of
from lossexplorer.learning.truths import has_independent_classes, require_fit
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.model.labels import LabelVolume

Array = NDArray[Any]


class Trainer:
    """Trains the network of a setup on patches of a volume.

    On the CPU a run is a function of setup and volume: it has the same numbers, bit by bit, in
    every process, after a rewind and when it goes on from a checkpoint. A step with the table adds
    the gradients of the losses up, a step without it has one gradient of their sum; the two differ
    by rounding, so the same run is one in which the same steps had a table.

    A step must not be interrupted in the middle by an exception from outside.

    Parameters
    ----------
    setup : Setup
        Network, outputs, data and optimizer.
    volume : LabelVolume or Batch
        What it is trained on.
    own_model : keras.Model, optional
        As in `lossexplorer.learning.networks.network.make_network`.

    Raises
    ------
    ParameterError
        If a setting is not allowed or does not fit the network or the volume.
    """

    def __init__(
        self, setup: Setup, volume: LabelVolume | Batch, own_model: Any | None = None
    ) -> None:
        self._setup = setup
        self._sample = volume if isinstance(volume, LabelVolume) else volume[0]
        self._source = PatchSource(volume, setup)
        self._network = make_network(setup, self._source.heads, own_model)
        self._variables = tuple(
            variable for _, variables in self._network.layers_with_weights for variable in variables
        )
        self._layers = _places(self._network)
        self._optimizer = make_optimizer(setup.training, self._variables)
        self._memory = method_named(setup.training.method).begin()
        self._step = 0
        self._initial = self._values()
        self._steps = self._make_steps()

    @property
    def setup(self) -> Setup:
        """What is trained, as adjusted last."""
        return self._setup

    @property
    def network(self) -> Network:
        """The network, with the switches as adjusted last."""
        return self._network

    @property
    def graph(self) -> NetworkGraph:
        """The network's layers."""
        return self._network.graph

    @property
    def step(self) -> int:
        """Steps done."""
        return self._step

    @property
    def memory(self) -> int:
        """How many bytes a step needs, as estimated."""
        return self._network.estimate_memory(self._setup)

    def train(self, with_table: bool = True) -> StepReport:
        """Take one step.

        Parameters
        ----------
        with_table : bool
            Whether the gradients of each loss are computed, and not only that of the total. A
            method that looks at the Gram matrix needs them anyway.

        Raises
        ------
        lossexplorer.learning.networks.errors.NetworkError
            If a layer of a user's Python file raises.
        """
        start, before = time.perf_counter(), traced()
        x, targets = self._arrays(self._source.batch(self._step + 1))
        by_loss = with_table or "gram" in method_named(self._setup.training.method).looks_at
        with mistakes_said(self._setup.network):
            if by_loss:
                report = self._train_by_loss(x, targets, with_table)
            else:
                report = self._train_at_once(x, targets)
        self._step = report.step
        seconds, compiled = time.perf_counter() - start, traced() != before
        return replace(report, seconds=seconds, compiled=compiled)

    def look(self) -> tuple[GradientTable, tuple[MethodResult, ...]]:
        """Return the table of the step to come, and what each method would do; nothing changes."""
        before = self.checkpoint()
        try:
            report = self.train(with_table=True)
        finally:
            self.restore(before)
        assert report.table is not None
        return report.table, report.methods

    def adjust(self, setup: Setup) -> None:
        """Go on with other losses, weights, switches, optimizer or method.

        Weights λ and the learning rate change without anything being compiled again.

        Parameters
        ----------
        setup : Setup
            One that begins as the present one (`Setup.begins_as`).

        Raises
        ------
        ValueError
            If it does not begin as the present one.
        ParameterError
            If a setting is not allowed.
        """
        if not setup.begins_as(self._setup):
            raise ValueError("This setup trains another network or other patches.")
        old, self._setup = self._setup, setup
        try:
            self._follow(old)
        except Exception:
            self._setup = old
            raise

    def rewind(self) -> None:
        """Go back to before the first step: same variables, same patches."""
        self._assign(self._initial)
        forget(self._optimizer)
        self._memory = method_named(self._setup.training.method).begin()
        self._step = 0

    def checkpoint(self) -> Checkpoint:
        """Return what a trainer of the same setup goes on from."""
        optimizer = tuple(np.asarray(variable).copy() for variable in self._optimizer.variables)
        return Checkpoint(self._step, self._values(), optimizer, dict(self._memory))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Parameters
        ----------
        checkpoint : Checkpoint
            From a trainer of the same setup, in this process or another.

        Raises
        ------
        ValueError
            If it is that of another network or optimizer.
        """
        mine = (self._network.model.variables, self._optimizer.variables)
        theirs = (checkpoint.variables, checkpoint.optimizer)
        if any(_shapes(one) != _shapes(other) for one, other in zip(mine, theirs, strict=True)):
            raise ValueError("The checkpoint is that of another network or optimizer.")
        self._assign(checkpoint.variables)
        for variable, value in zip(self._optimizer.variables, checkpoint.optimizer, strict=True):
            variable.assign(value)
        self._optimizer.learning_rate.assign(self._setup.training.rate)
        self._memory = dict(checkpoint.method)
        self._step = checkpoint.step

    def predict(self, output: str, image: Array) -> Array:
        """Return an output for a region of any size, as the network is now.

        Parameters
        ----------
        output : str
            Its name.
        image : array, shape (z, y, x), float32
            The network's input; its outermost voxels are repeated where the network needs more.

        Returns
        -------
        array, shape (z, y, x, channel), float32
            On the output's own grid.
        """
        return self._outputs(image)[self._place(output)]

    def gradient_of_total(self, output: str, image: Array, target: Array) -> Array:
        """Return the gradient of the total in the logits of an output, over a region.

        Of an output that ends in no softmax and no sigmoid it is the gradient in the output itself.

        Parameters
        ----------
        output : str
            Its name.
        image : array, shape (z, y, x), float32
            The network's input.
        target : array, shape (z, y, x, channel)
            What the output is to predict, on its own grid.

        Returns
        -------
        array, shape (z, y, x, channel), float32
            ∂(λ L)/∂z: no other part of the total depends on these logits.
        """
        return self.gradient_at(output, self.predict(output, image), target)

    def gradient_at(self, output: str, prediction: Array, target: Array) -> Array:
        """Return the same for a prediction of the output that is known.

        Parameters
        ----------
        output : str
            Its name.
        prediction, target : array, shape (z, y, x, channel)
            What the output predicts and is to predict, on its own grid, the latter as
            `region` returns it.
        """
        place = self._place(output)
        slope = self._steps.slope(place, prediction[None], target[None])[0]
        activation = activation_of(self._network.model.outputs[place])
        return self._setup.outputs[place].weight * in_logits(slope, prediction, activation)

    def region(
        self, output: str, corner: tuple[int, int, int], size: tuple[int, int, int]
    ) -> tuple[Array, Array]:
        """Return the network's input in a region of the volume, and what an output is to predict.

        See `lossexplorer.learning.patches.PatchSource.region`.
        """
        return self._source.region(output, corner, size)

    def has_independent_classes(self, output: str) -> bool:
        """Return whether the channels of an output are classes that may overlap."""
        return has_independent_classes(self._setup.output(output), self._sample)

    # Parts of a step

    @property
    def _lambdas(self) -> tuple[float, ...]:
        return tuple(float(output.weight) for output in self._setup.outputs)

    def _arrays(self, patches: PatchBatch) -> tuple[Array, list[Array]]:
        return patches.x, [patches.targets[output.name] for output in self._setup.outputs]

    def _train_by_loss(self, x: Array, targets: list[Array], with_table: bool) -> StepReport:
        trunk = [layer for layer in self._layers if layer.in_trunk]
        found = list[Combination]()

        def combine(losses: Array, products: Array) -> Array:
            found.append(self._combined(gram_of(trunk, products), losses.tolist()))
            return self._factors(found[-1].weights)

        gradients = self._steps.train_by_loss(x, targets, combine)
        report = self._report(gradients.values, found[-1])
        if not with_table:
            return report
        names = [output.name for output in self._setup.outputs]
        table = gradient_table(
            names, self._layers, self._lambdas, gradients.products, gradients.changes
        )
        return replace(report, table=table, methods=self._would_do(table, report))

    def _train_at_once(self, x: Array, targets: list[Array]) -> StepReport:
        unknown = np.full((len(targets), len(targets)), np.nan)
        found = list[Combination]()

        def weigh(losses: Array) -> Array:
            found.append(self._combined(unknown, losses.tolist()))
            return np.array(found[-1].weights)

        values = self._steps.train_at_once(x, targets, weigh)
        return self._report(values, found[-1])

    def _combined(self, gram: Array, losses: Sequence[float]) -> Combination:
        training = self._setup.training
        return method_named(training.method).combine(
            gram,
            losses,
            self._lambdas,
            self._memory,
            self._step + 1,
            training.seed,
            training.method_values,
        )

    def _report(self, values: LossValues, combination: Combination) -> StepReport:
        self._memory = combination.memory
        terms = zip(self._lambdas, values.losses, strict=True)
        return StepReport(
            step=self._step + 1,
            losses=values.losses,
            weights=combination.weights,
            regularisation=values.regularisation,
            total=sum(factor * loss for factor, loss in terms) + values.regularisation,
        )

    def _factors(self, weights: Sequence[float]) -> Array:
        """Return the factor of each loss in each variable."""
        factors: Array = np.tile(weights, (len(self._variables), 1))
        if method_named(self._setup.training.method).kind == "direction":
            private = [
                place for layer in self._layers if not layer.in_trunk for place in layer.places
            ]
            factors[private] = self._lambdas
        return factors

    def _would_do(self, table: GradientTable, report: StepReport) -> tuple[MethodResult, ...]:
        """Return what each method would do; of the training's own method, what it did."""
        training = self._setup.training
        found = what_each_would_do(
            table.gram,
            report.losses,
            self._lambdas,
            step=report.step,
            seed=training.seed,
            values={training.method: training.method_values},
        )
        with np.errstate(all="ignore"):  # what is not finite is shown as such
            projections = tuple((np.array(table.gram) @ report.weights).tolist())
        return tuple(
            replace(each, weights=report.weights, projections=projections)
            if each.name == training.method
            else each
            for each in found
        )

    # The network and its variables

    def _make_steps(self) -> Steps:
        losses = self._losses(self._setup)
        trained = TrainedNetwork(self._network.model, self._variables, losses, self._optimizer)
        return make_steps(trained)

    def _follow(self, old: Setup) -> None:
        """Change what the present setup has otherwise than an old one, or nothing and raise."""
        setup, training = self._setup, self._setup.training
        check(training)
        memory = method_named(training.method).begin()
        self._losses(setup)
        if made_for.switches(setup) != made_for.switches(old):
            self._network = self._network.with_switches(setup)
        if training.method != old.training.method:
            self._memory = memory
        if made_for.optimizer(setup) != made_for.optimizer(old):
            self._optimizer = make_optimizer(training, self._variables)
        else:
            adjust_optimizer(self._optimizer, training)
        if made_for.compiled_functions(setup) != made_for.compiled_functions(old):
            self._steps = self._make_steps()

    def _losses(self, setup: Setup) -> tuple[Any, ...]:
        """Return the loss of each output, of what counts and as classes that overlap need it."""
        require_fit(setup, self._sample)
        losses = [
            keras_loss(
                output.loss,
                self._sample.spacing,
                overlapping=has_independent_classes(output, self._sample),
            )
            for output in setup.outputs
        ]
        return tuple(map(OfCounted, losses) if self._source.leaves_out else losses)

    def _place(self, output: str) -> int:
        return [each.name for each in self._setup.outputs].index(output)

    def _outputs(self, image: Array) -> list[Array]:
        network, multiple = self._setup.network, self._setup.training.patch
        if isinstance(network, BuiltNetwork):
            multiple = (2 ** (network.depth - 1),) * 3
        lengths = self._network.model.inputs[0].shape[1:4]
        is_fixed = any(length is not None for length in lengths)
        return predict_region(self._steps.predict, image, multiple, is_fixed=is_fixed)

    def _values(self) -> tuple[Array, ...]:
        return tuple(np.asarray(variable).copy() for variable in self._network.model.variables)

    def _assign(self, values: Sequence[Array]) -> None:
        for variable, value in zip(self._network.model.variables, values, strict=True):
            variable.assign(value)


def _places(network: Any) -> tuple[LayerPlace, ...]:
    layers, first = [], 0
    for name, variables in network.layers_with_weights:
        places = tuple(range(first, first + len(variables)))
        weights = sum(int(np.prod(variable.shape)) for variable in variables)
        layers.append(LayerPlace(name, weights, places, name in network.trunk))
        first += len(variables)
    return tuple(layers)


def _shapes(arrays: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(array.shape) for array in arrays]
