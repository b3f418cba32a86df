"""The window's side of training: what the engine is given to do, and what survives its end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from psygnal import Signal

from lossexplorer.engine import training
from lossexplorer.engine.in_flight import Task
from lossexplorer.engine.messages import (
    Past,
    Prepared,
    TrainingOrder,
    Turn,
    TurnRefusal,
    TurnReport,
)
from lossexplorer.engine.transport.shared_array import (
    Parcel,
    discard,
    from_shared_memory,
    parcels_of,
    sent,
    to_shared_memory,
)
from lossexplorer.volumes import LabelVolume

_MAX_CRASHES = 3

_Material = tuple[Parcel | None, Past | None]


@dataclass(eq=False)
class _Share:
    """What the engine has of a run.

    Attributes
    ----------
    material : tuple or None
        Image and past in shared memory, which are to be loaded.
    is_loaded : bool
        Whether they are.
    order : TrainingOrder or None
        What the network is set to; None before there is one.
    """

    material: _Material | None = None
    is_loaded: bool = False
    order: TrainingOrder | None = None

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """The shared memory of what is to be loaded."""
        if self.material is None:
            return ()
        image, past = self.material
        return tuple(
            parcel
            for parcels in ((image,), () if past is None else parcels_of(past))
            for parcel in parcels
            if parcel is not None
        )


@dataclass(frozen=True)
class _Numbered:
    """A turn that was asked for."""

    number: int
    turn: Turn


class LearningLane:
    """Has a network trained, and goes on from its newest checkpoint when the engine was replaced.

    The client takes the next task when the engine is free. All methods and signals belong to the
    client's thread.

    Parameters
    ----------
    wake : callable
        Has the next task done as soon as the engine is free.
    interrupt : callable
        Interrupts what is explored, and a task of the lane if its argument is true.
    replace_engine : callable
        Kills the engine and starts another.

    Attributes
    ----------
    prepared : Signal(Prepared)
        There is a network for the newest order, or for one that it continues.
    turned : Signal(TurnReport)
        A turn is done. Every step is reported once.
    refused : Signal(TurnRefusal)
        There is no network, or a turn was not done.
    """

    prepared = Signal(Prepared)
    turned = Signal(TurnReport)
    refused = Signal(TurnRefusal)

    def __init__(
        self,
        wake: Callable[[], None],
        interrupt: Callable[[bool], None],
        replace_engine: Callable[[], None],
    ) -> None:
        self._wake = wake
        self._interrupt = interrupt
        self._replace_engine = replace_engine
        self._order: TrainingOrder | None = None
        self._volume: LabelVolume | None = None
        self._past: Past | None = None
        self._is_refused = False
        self._share = _Share()
        self._holds_network = False  # the engine, whether it is of use or not
        self._numbers = itertools.count(1)
        self._waiting: _Numbered | None = None
        self._in_flight: _Numbered | None = None
        self._overtaken: int | None = None  # a turn that is still being done for a run that is over
        self._arrived: TurnReport | None = None  # of the turn in flight, in shared memory
        self._crashes = 0

    def learn(self, order: TrainingOrder | None, volume: LabelVolume | None) -> None:
        """Have a network prepared for an order, which takes the place of the previous one.

        Parameters
        ----------
        order : TrainingOrder or None
            What is trained. The run goes on if the order continues the previous one and the
            volume is the same object; else it begins at step 0. None frees the network.
        volume : LabelVolume or None
            The sample that the order names.
        """
        before, self._order = self._order, order
        is_same = order is not None and volume is self._volume
        goes_on = is_same and before is not None and order is not None and order.continues(before)
        self._volume, self._is_refused, self._crashes = volume, False, 0
        if not goes_on:
            self._past = None
            if self._in_flight is not None and self._arrived is None:
                self._overtaken = self._in_flight.number
            self._waiting = self._in_flight = None
            self._lose_share()
            self._interrupt(True)
        self._wake()

    def turn(self, turn: Turn, *, at_once: bool = False) -> int:
        """Have something done with the network, in place of a turn that still waits.

        Parameters
        ----------
        turn : Turn
            What to do.
        at_once : bool
            Whether it comes before what is explored, which is interrupted.

        Returns
        -------
        int
            The turn's number.
        """
        self._waiting = _Numbered(next(self._numbers), turn)
        number = self._waiting.number
        if at_once:
            self._interrupt(False)
        self._wake()
        return number

    def end(self, number: int) -> bool:
        """End a turn that is not done yet, which is then as if it had not been asked for.

        One that only paints is interrupted. At another one the engine is killed, and the run goes
        on in the next engine.

        Returns
        -------
        bool
            Whether there was something to end.
        """
        if self._waiting is not None and self._waiting.number == number:
            self._waiting = None
            return True
        if number == self._overtaken:
            self._replace_engine()
            return True
        if self._in_flight is None or self._in_flight.number != number:
            return False
        if self._arrived is not None:
            return False  # it is done
        only_paints = self._in_flight.turn.only_paints
        self._in_flight = None
        if only_paints:
            self._interrupt(True)
        else:
            self._replace_engine()
        return True

    def close(self) -> None:
        """Have nothing more done."""
        self._order = self._waiting = self._in_flight = self._overtaken = None
        self._lose_share()

    # For the client

    def has_work(self, loaded: str | None) -> bool:
        """Return whether there is a task while the case of that key is loaded."""
        return self._task(loaded) is not None

    def take(self, loaded: str | None) -> Task:
        """Return the next task, which is done now. There must be one."""
        task = self._task(loaded)
        assert task is not None
        if task.function is training.take:
            self._in_flight, self._waiting = self._waiting, None
        return task

    def _repeat(self) -> None:
        """Have the task that was taken done again: it was interrupted, or the engine ended."""
        self._overtaken = None
        if self._in_flight is not None and self._arrived is None:
            self._waiting = self._waiting or self._in_flight
            self._in_flight = None

    def _crashed(self) -> None:
        """Note that the engine ended at the task that was taken."""
        self._crashes += 1
        if self._crashes >= _MAX_CRASHES and self._order is not None:
            self._stop(
                f"The engine stopped {self._crashes} times in a row while it trained, and is not "
                "given this training again. Train again, or choose a smaller patch or network.",
                has_network=False,
            )

    def engine_begins(self) -> None:
        """Note that the engine is another one, which has nothing yet."""
        if self._arrived is not None:
            discard(parcels_of(self._arrived))
            self._arrived = None
        self._repeat()
        self._lose_share()
        self._holds_network = False

    # What is next

    def _task(self, loaded: str | None) -> Task | None:
        """Return the next task, without a change of anything."""
        order = self._order
        if self._arrived is not None:
            return self._made(from_shared_memory, (self._arrived,), self._take, copies=True)
        if order is None and self._holds_network:
            return self._made(training.release, (), self._released)
        if order is None or self._is_refused or order.volume != loaded:
            return None
        return self._task_for(order)

    def _task_for(self, order: TrainingOrder) -> Task | None:
        """Return what is to be done next for an order whose volume is loaded."""
        share, waiting = self._share, self._waiting
        if share.order is None and not share.is_loaded:
            return self._loading(order)
        if share.order != order:
            done = partial(self._prepared, share)
            is_new = share.order is None
            return self._made(training.prepare, (order,), done, is_interruptible=is_new)
        if waiting is None:
            return None
        done = partial(self._turned, waiting.number)
        paints = waiting.turn.only_paints
        return self._made(training.take, (order, waiting.turn), done, is_interruptible=paints)

    def _loading(self, order: TrainingOrder) -> Task:
        """Return the task that brings the engine what it trains with."""
        share = self._share
        if share.material is None:
            assert self._volume is not None
            done = partial(self._copied, share)
            material = (self._volume, self._past)
            return self._made(_in_shared_memory, material, done, copies=True)
        done = partial(self._loaded, share)
        return self._made(training.load, (order, *share.material), done, parcels=share.parcels)

    def _made(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        done: Callable[[Any], None],
        **how: Any,
    ) -> Task:
        refuse = partial(self._refused, self._share, self._order)
        repeat, crashed = self._repeat, self._crashed
        return Task(function, arguments, done, refuse, repeat, crashed, **how)

    # What came of it

    def _copied(self, share: _Share, material: _Material) -> None:
        if share is self._share:
            share.material = material
        else:
            discard(_Share(material).parcels)

    def _loaded(self, share: _Share, _: None) -> None:
        share.material, share.is_loaded = None, True
        self._holds_network = True

    def _released(self, _: None) -> None:
        self._holds_network = False

    def _prepared(self, share: _Share, prepared: Prepared) -> None:
        if share is not self._share:
            return  # another run has begun
        if self._past is None:
            self._past = Past(prepared.order)
        elif share.order is not None:
            self._past = self._past.adjusted(prepared.order.setup)
        share.order = prepared.order
        self.prepared.emit(prepared)

    def _turned(self, number: int, report: TurnReport) -> None:
        self._overtaken = None
        if self._in_flight is None or self._in_flight.number != number:
            discard(parcels_of(report))  # another run has begun
        elif parcels_of(report):
            self._arrived = report
        else:
            self._take(report)

    def _take(self, report: TurnReport) -> None:
        self._arrived = None
        if self._in_flight is None:
            return  # another run has begun while arrays were copied
        assert self._past is not None
        self._in_flight = None
        self._crashes = 0
        self._past = self._past.after(report)
        self.turned.emit(report)

    def _refused(self, share: _Share, order: TrainingOrder | None, error: Exception) -> None:
        """Say why a task failed, after which the engine has no network any more."""
        self._overtaken = None
        if share is not self._share or order is None:
            return  # another run has begun
        if self._in_flight is not None:
            self._stop(str(error), has_network=True)
        elif order == self._order:
            self._stop(str(error), has_network=False)
        else:
            self._lose_share()  # the newest order may do

    def _stop(self, why: str, *, has_network: bool) -> None:
        assert self._order is not None
        self._waiting = self._in_flight = None
        self._is_refused = not has_network
        self._lose_share()
        self.refused.emit(TurnRefusal(self._order, why, has_network))

    def _lose_share(self) -> None:
        """Have the engine given everything again."""
        if self._arrived is not None:
            discard(parcels_of(self._arrived))
            self._arrived = None
        discard(self._share.parcels)
        self._share = _Share()


def _in_shared_memory(volume: LabelVolume, past: Past | None) -> _Material:
    """Copy what a network is trained with into shared memory."""
    image = None if volume.image is None else sent([volume.image])[0]
    return image, None if past is None else to_shared_memory(past)
