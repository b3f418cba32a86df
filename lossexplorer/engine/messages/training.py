"""What travels between the processes while a network is trained: orders, turns and reports.

An order says what is trained, and is an identity as a question is. A turn says what is to be done
next: it is short, so that questions are answered in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lossexplorer.engine.messages.answer import PaintedMaps
from lossexplorer.engine.messages.asked import Plane
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import Checkpoint, GradientTable, MethodResult, StepReport
from lossexplorer.learning.setup import Setup


@dataclass(frozen=True)
class TrainingOrder:
    """What is trained.

    Attributes
    ----------
    setup : Setup
        All that a run depends on, beside the volume.
    volume : str
        The key of a loaded case.
    sample : int
        The index of the sample that patches are cut from.
    """

    setup: Setup
    volume: str
    sample: int = 0

    def continues(self, other: TrainingOrder) -> bool:
        """Return whether a run goes on when this order takes the place of the other one."""
        same_volume = (self.volume, self.sample) == (other.volume, other.sample)
        return same_volume and self.setup.begins_as(other.setup)


@dataclass(frozen=True)
class OutputMaps:
    """Which maps of the network's prediction are to be painted.

    Attributes
    ----------
    output : str
        The output that predicts.
    class_index : int
        The class or channel; the last one if the output has fewer.
    plane : Plane or None
        The slice; None for the whole volume.
    sample : int
        The index of the sample in the batch.
    """

    output: str
    class_index: int
    plane: Plane | None
    sample: int = 0


@dataclass(frozen=True)
class Turn:
    """What is to be done with the network at a stretch, in the order of the attributes.

    Attributes
    ----------
    rewinds : bool
        Whether the run begins anew: the same variables, the same patches.
    steps : int
        How many steps are trained at most.
    seconds : float
        After this time no further step is begun; the first one always is.
    with_table : bool
        Whether the steps have a table.
    looks : bool
        Whether the table of the step to come is made, without an update.
    painted : OutputMaps or None
        The maps to paint.
    """

    rewinds: bool = False
    steps: int = 0
    seconds: float = 0.05
    with_table: bool = False
    looks: bool = False
    painted: OutputMaps | None = None

    @property
    def only_paints(self) -> bool:
        """Whether nothing of the run changes, so that the turn may be interrupted."""
        return self.painted is not None and not (self.rewinds or self.steps or self.looks)


@dataclass(frozen=True)
class Prepared:
    """A network that is ready for turns.

    Attributes
    ----------
    order : TrainingOrder
        What it is made for.
    graph : NetworkGraph
        Its layers, with cuts and frozen layers.
    memory : int
        Estimated need of a step in bytes.
    step : int
        Steps done.
    """

    order: TrainingOrder
    graph: NetworkGraph
    memory: int
    step: int


@dataclass(frozen=True)
class TurnReport:
    """What came of a turn.

    Attributes
    ----------
    order : TrainingOrder
        What is trained.
    turn : Turn
        What was to be done.
    step : int
        Steps done since the run began.
    steps : tuple of StepReport
        The steps of this turn.
    table : GradientTable or None
        Of the step to come, if it was asked for.
    methods : tuple of MethodResult
        What each method would do with the gradients of that table.
    maps : PaintedMaps or None
        The painted maps, if they were asked for.
    problem : str
        A sentence if a loss is not finite, after which no step was begun; else empty.
    checkpoint : Checkpoint or None
        What the run is continued from; None if there is none newer that is worth its copy.
    seconds : float
        How long the turn took.
    """

    order: TrainingOrder
    turn: Turn
    step: int
    steps: tuple[StepReport, ...] = ()
    table: GradientTable | None = None
    methods: tuple[MethodResult, ...] = ()
    maps: PaintedMaps | None = None
    problem: str = ""
    checkpoint: Checkpoint | None = field(default=None, compare=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class Repeat:
    """What was done with a network after its checkpoint.

    Attributes
    ----------
    setup : Setup
        What was trained from then on.
    with_table : bool or None
        Whether the step had a table, which rounds otherwise; None if no step was trained.
    """

    setup: Setup
    with_table: bool | None = None


@dataclass(frozen=True)
class Past:
    """What a run goes on from in another engine.

    Attributes
    ----------
    order : TrainingOrder
        What was trained when the checkpoint was made, or from the first step without one.
    checkpoint : Checkpoint or None
        The newest; None if there is none yet.
    repeats : tuple of Repeat
        What was done since. The engine repeats it and reports nothing of it.
    """

    order: TrainingOrder
    checkpoint: Checkpoint | None = None
    repeats: tuple[Repeat, ...] = ()

    def adjusted(self, setup: Setup) -> Past:
        """Return the past once another setup is trained."""
        return replace(self, repeats=(*self.repeats, Repeat(setup)))

    def after(self, report: TurnReport) -> Past:
        """Return the past after a turn.

        Examples
        --------
        >>> order = TrainingOrder(Setup(), "volume")
        >>> steps = tuple(StepReport(n, (), (), 0.0, 0.0) for n in (1, 2))
        >>> past = Past(order).after(TurnReport(order, Turn(steps=2), 2, steps))
        >>> [repeat.with_table for repeat in past.repeats]
        [False, False]
        """
        if report.checkpoint is not None:
            return Past(report.order, report.checkpoint)
        before = Past(report.order) if report.turn.rewinds else self
        done = (Repeat(report.order.setup, report.turn.with_table),) * len(report.steps)
        return replace(before, repeats=before.repeats + done)


@dataclass(frozen=True)
class TurnRefusal:
    """Why there is no network, or why a turn was not done.

    Attributes
    ----------
    order : TrainingOrder
        What was to be trained.
    text : str
        A sentence for the user.
    has_network : bool
        Whether the run can go on: there is a network, and all reported steps hold.
    """

    order: TrainingOrder
    text: str
    has_network: bool
