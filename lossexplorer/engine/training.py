"""The child's side of training: the functions that the client submits while a network is trained.

One network is held at a time. Like those of `lossexplorer.engine.worker`, the functions import
Keras only when they are called.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import psutil

from lossexplorer.engine import worker
from lossexplorer.engine.errors import EngineError, OutOfMemoryError
from lossexplorer.engine.limits import check_training
from lossexplorer.engine.messages import (
    OutputMaps,
    PaintedMaps,
    Past,
    Prepared,
    TrainingOrder,
    Turn,
    TurnReport,
)
from lossexplorer.engine.transport import task
from lossexplorer.engine.transport.shared_array import (
    Parcel,
    from_shared_memory,
    receive,
    to_shared_memory,
)
from lossexplorer.learning.not_finite import not_finite
from lossexplorer.learning.reports import Checkpoint, StepReport
from lossexplorer.learning.setup import Setup

if TYPE_CHECKING:
    from lossexplorer.learning.training import Trainer
    from lossexplorer.volumes import LabelVolume

_SMALL = 2**20  # bytes of a checkpoint that every turn brings along
_COPIED_EVERY = 1.0  # seconds between larger ones


@dataclass
class _Learner:
    """What is trained here.

    Attributes
    ----------
    volume : LabelVolume
        What patches are cut from.
    past : Past or None
        What the network goes on from once it is made.
    order : TrainingOrder or None
        What the trainer is set to.
    trainer : Trainer or None
        The network with its optimizer; None before it is made, and after it has failed.
    is_newer : bool
        Whether the network has changed since its newest checkpoint.
    copied_at : float
        When that was made, in seconds.
    copied : int
        Its size in bytes.
    """

    volume: LabelVolume
    past: Past | None
    order: TrainingOrder | None = None
    trainer: Trainer | None = None
    is_newer: bool = False
    copied_at: float = -math.inf
    copied: int = 0


# The one that was loaded last.
_learners: list[_Learner] = []


@worker.with_plain_errors
def load(order: TrainingOrder, image: Parcel | None, past: Past | None) -> None:
    """Take what a network is trained with; the previous network is freed.

    Parameters
    ----------
    order : TrainingOrder
        Names a sample of the loaded batch.
    image : SharedArray or array or None
        The sample's anatomy, shape (z, y, x).
    past : Past or None
        What the network goes on from; its arrays may be in shared memory.
    """
    _learners.clear()
    array = None if image is None else receive(image)
    past = None if past is None else from_shared_memory(past)
    volume = worker.sample_of(order.volume, order.sample, array)
    _learners.append(_Learner(volume, past))


@worker.with_plain_errors
def release() -> None:
    """Free the network and its image."""
    _learners.clear()


@worker.with_plain_errors
def prepare(order: TrainingOrder) -> Prepared:
    """Make the network of an order, or set the present one to it if the run goes on.

    Raises
    ------
    Interrupted
        If the call was submitted as interruptible and interrupted while a network is made.
    EngineError
        If there is no such network.
    OutOfMemoryError
        If there is too little memory.
    """
    (learner,) = _learners
    with _errors_said(learner, order):
        present = learner.trainer
        if present is None or learner.order is None or not order.continues(learner.order):
            learner.trainer = present = None
            made = task.interruptibly(lambda: _made(learner, order))
            learner.trainer, learner.past = made, None
        else:
            present.adjust(order.setup)
            made = present
        learner.order, learner.is_newer = order, True
        check_training(made.memory, order.setup.training)
        return Prepared(order, made.graph, made.memory, made.step)


def _made(learner: _Learner, order: TrainingOrder) -> Trainer:
    """Return a network that has come as far as the one that it replaces."""
    from lossexplorer.learning.training import Trainer

    past = learner.past
    if past is None or not order.continues(past.order):
        return Trainer(order.setup, learner.volume)
    setup = past.order.setup
    trainer = Trainer(setup, learner.volume)
    if past.checkpoint is not None:
        trainer.restore(past.checkpoint)
    for repeat in past.repeats:
        setup = _adjusted(trainer, setup, repeat.setup)
        if repeat.with_table is not None:
            trainer.train(repeat.with_table)
    _adjusted(trainer, setup, order.setup)
    return trainer


def _adjusted(trainer: Trainer, present: Setup, wanted: Setup) -> Setup:
    if wanted != present:
        trainer.adjust(wanted)
    return wanted


@worker.with_plain_errors
def take(order: TrainingOrder, turn: Turn) -> TurnReport:
    """Do what a turn says; large arrays are returned in shared memory.

    Raises
    ------
    Interrupted
        If the call was submitted as interruptible and interrupted while it paints.
    EngineError
        If something failed; the network is then made anew from what was reported.
    OutOfMemoryError
        If there is too little memory.
    """
    (learner,) = _learners
    trainer = learner.trainer
    assert trainer is not None
    assert learner.order == order
    start = time.perf_counter()
    with _errors_said(learner, order):
        if turn.rewinds:
            trainer.rewind()
            learner.is_newer, learner.copied_at = False, start
        steps, problem = _trained(trainer, order.setup, turn, start)
        learner.is_newer |= bool(steps)
        table, methods = trainer.look() if turn.looks else (None, ())
        maps = None
        if turn.painted is not None:
            maps = _painted(trainer, learner.volume.shape, order.setup, turn.painted)
        checkpoint = _newest_checkpoint(learner, trainer)
        report = TurnReport(order, turn, trainer.step, steps, table, methods, maps, problem)
    seconds = time.perf_counter() - start
    return to_shared_memory(replace(report, checkpoint=checkpoint, seconds=seconds))


def _trained(
    trainer: Trainer, setup: Setup, turn: Turn, start: float
) -> tuple[tuple[StepReport, ...], str]:
    """Return the steps of a turn, and what is not finite in the last one."""
    steps: list[StepReport] = []
    problem = ""
    while len(steps) < turn.steps and not problem:
        if steps and time.perf_counter() - start >= turn.seconds:
            break
        steps.append(trainer.train(turn.with_table))
        problem = not_finite(setup, steps[-1])
    return tuple(steps), problem


def _newest_checkpoint(learner: _Learner, trainer: Trainer) -> Checkpoint | None:
    """Return a checkpoint if there is a newer one that is worth its copy now."""
    now = time.perf_counter()
    is_small = learner.copied <= _SMALL
    if not learner.is_newer or not (is_small or now - learner.copied_at >= _COPIED_EVERY):
        return None
    checkpoint = trainer.checkpoint()
    arrays = (*checkpoint.variables, *checkpoint.optimizer)
    learner.copied = sum(np.asarray(array).nbytes for array in arrays)
    learner.copied_at, learner.is_newer = now, False
    return checkpoint


def _painted(
    trainer: Trainer, shape: tuple[int, int, int], setup: Setup, maps: OutputMaps
) -> PaintedMaps:
    from lossexplorer.engine.output_maps import painted

    return task.interruptibly(lambda: painted(trainer, shape, setup, maps))


@contextmanager
def _errors_said(learner: _Learner, order: TrainingOrder) -> Iterator[None]:
    """Free a network that failed, and say the user's mistakes and a lack of memory in sentences."""
    try:
        yield
    except Exception as error:
        memory = learner.trainer.memory if learner.trainer is not None else 0
        learner.trainer = learner.order = None
        if isinstance(error, MemoryError):
            raise _out_of_memory(order, memory, of_gpu=False) from None
        from lossexplorer.engine.backends.active import backend
        from lossexplorer.learning.networks.errors import NetworkError

        if isinstance(error, NetworkError):
            raise EngineError(str(error)) from None
        if backend.is_out_of_memory(error):
            raise _out_of_memory(order, memory, of_gpu=backend.is_gpu()) from None
        raise


def _out_of_memory(order: TrainingOrder, memory: int, *, of_gpu: bool) -> OutOfMemoryError:
    training = order.setup.training
    lengths = " × ".join(map(str, training.patch))
    numbers = ""
    if memory:
        numbers += f"; it needs about {memory / 2**30:,.2f} GiB"
    if not of_gpu:
        numbers += f"; {psutil.virtual_memory().available / 2**30:,.2f} GiB are free"
    return OutOfMemoryError(
        f"The {'GPU' if of_gpu else 'computer'}'s memory does not suffice for a step of "
        f"{training.batch:,} patches of {lengths} voxels{numbers}. "
        "Choose a smaller patch, fewer patches a step or a smaller network.",
        of_gpu,
    )
