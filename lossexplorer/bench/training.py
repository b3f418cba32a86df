"""Benchmark of a training step with several losses, against the same model trained by Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lossexplorer.bench.measuring import Side, in_turn
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.volumes.sample_volumes import open_sample_volume

GROUP = "training"
_AGAINST = "train_on_batch of the same model"
_NOTE = "The same two patches of 16 × 32 × 32 are cut within the time of either side."


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    for with_table, what, aim in (
        (True, "training step with the table of layers and losses", Aim("times", 1.3, 1.25)),
        (False, "training step without the table", Aim("times", 1.1, 1.0)),
    ):
        ours, theirs = sides(with_table)
        times = in_turn(ours, theirs, repetitions=repetitions)
        yield TableRow.of((GROUP, what, aim), times, _AGAINST, note=_NOTE)
    for own, other, at_least in (
        ("Dice", "Dice", 1.25),
        ("CrossEntropy", "CategoricalCrossentropy", 1.35),
    ):
        what = f"training step of one convolution with {own}, 64³×4"
        times = in_turn(*sides_of_losses(own, other), repetitions=repetitions)
        against = f"the same with keras.losses.{other}"
        yield TableRow.of((GROUP, what, Aim("times", at_least, 1.05)), times, against)


def sides_of_losses(ours: str, theirs: str) -> tuple[Side, Side]:
    """Return a training step of the smallest network with a Keras class, and with Keras's own.

    Parameters
    ----------
    ours, theirs : str
        The names of the classes in `lossexplorer.keras` and `keras.losses`.
    """
    import keras
    import numpy as np

    import lossexplorer.keras

    shape, classes = (64, 64, 64), 4
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, *shape, 1)).astype("float32")
    truth = np.eye(classes, dtype="float32")[rng.integers(0, classes, (1, *shape))]

    def step(loss: Any) -> Side:
        inputs = keras.Input((*shape, 1))
        outputs = keras.layers.Conv3D(classes, 1, activation="softmax")(inputs)
        model = keras.Model(inputs, outputs)
        model.compile("sgd", loss=loss, jit_compile=False)
        return Side(lambda _: model.train_on_batch(x, truth))

    return step(getattr(lossexplorer.keras, ours)()), step(getattr(keras.losses, theirs)())


def sides(with_table: bool) -> tuple[Side, Side]:
    """Return a training step of a network with two outputs, and that of Keras alone.

    Parameters
    ----------
    with_table : bool
        Whether ours gives the gradients of both losses in each layer, and what each method of
        combining them would do.
    """
    import keras

    from lossexplorer.learning.losses_of_outputs import compile_arguments
    from lossexplorer.learning.networks.network import make_network
    from lossexplorer.learning.patches import PatchSource
    from lossexplorer.learning.setup import Setup
    from lossexplorer.learning.training import Trainer

    setup, volume = Setup(), open_sample_volume("tumour")
    trainer, source = Trainer(setup, volume), PatchSource(volume, setup)
    model = make_network(setup, source.heads).model
    # Compiled by XLA, Keras's own choice, a step on the CPU takes many times as long.
    model.compile(
        optimizer=keras.optimizers.SGD(setup.training.rate),
        jit_compile=False,
        **compile_arguments(setup, volume.spacing),
    )

    def train_on_batch(step: int) -> Any:
        patches = source.batch(step)
        return model.train_on_batch(patches.x, dict(patches.targets))

    return (
        Side(lambda _: trainer.train(with_table)),
        Side(train_on_batch, lambda number: number + 1),
    )
