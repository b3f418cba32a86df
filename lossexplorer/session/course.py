"""What is to be done next in a training run: pure functions of what is wanted and known.

A turn does one thing: it rewinds, trains, looks at the gradients of the step to come, or paints.
While it is done, more may be wanted; the next turn is made of what is wanted then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossexplorer.engine.messages import OutputMaps, TrainingOrder, Turn, TurnReport
from lossexplorer.learning.truths import why_not
from lossexplorer.session.state import State

_STEPS_AT_ONCE = 1000  # more than fit into the time of a turn
_PAINTED_EVERY = 0.2  # seconds, while training
_PAINTING_SHARE = 0.25  # of the time, at most


@dataclass(frozen=True)
class Course:
    """What is wanted of a run, and what is known of it.

    Attributes
    ----------
    order : TrainingOrder or None
        What is trained; None if nothing is.
    is_prepared : bool
        Whether there is a network for it.
    is_training : bool
        Whether steps follow one another until there is a pause.
    single_steps : int
        How many steps are still wanted one by one.
    rewinds : bool
        Whether the run is to begin anew.
    has_table : bool
        Whether the newest table is about the last step, or about the step to come, with the
        present setup.
    painted : OutputMaps or None
        What the newest maps show; None if they are of other variables.
    painted_at : float
        When they came, in seconds.
    painting : float
        How long they took, in seconds.
    """

    order: TrainingOrder | None = None
    is_prepared: bool = False
    is_training: bool = False
    single_steps: int = 0
    rewinds: bool = False
    has_table: bool = False
    painted: OutputMaps | None = None
    painted_at: float = float("-inf")
    painting: float = 0.0


def order_of(state: State) -> TrainingOrder | None:
    """Return what a state trains; None while nothing is open that a network can be trained on."""
    case = state.experiment.case
    if case is None or state.volume is None or why_not(state.experiment.setup, state.volume):
        return None
    return TrainingOrder(state.experiment.setup, case.key, state.view.sample)


def maps_of(state: State) -> OutputMaps:
    """Return the maps that a state shows in Learn."""
    view = state.view
    return OutputMaps(view.output, view.class_index, view.plane, view.sample)


def next_turn(
    course: Course, maps: OutputMaps, now: float, *, with_table: bool, one_by_one: bool
) -> Turn | None:
    """Return what to do next; None if there is nothing to do, or no network yet.

    Parameters
    ----------
    course : Course
        What is wanted and known.
    maps : OutputMaps
        What is to be shown.
    now : float
        The time in seconds, as in `Course.painted_at`.
    with_table : bool
        Whether a table is shown.
    one_by_one : bool
        Whether the steps are shown one by one.
    """
    if not course.is_prepared:
        return None
    if course.rewinds:
        return Turn(rewinds=True, looks=with_table)
    if course.is_training or course.single_steps:
        if course.is_training and _is_to_be_painted(course, maps, now):
            return Turn(painted=maps)
        steps = _STEPS_AT_ONCE if course.is_training and not one_by_one else 1
        return Turn(steps=steps, with_table=with_table)
    if with_table and not course.has_table:
        return Turn(looks=True)
    return Turn(painted=maps) if course.painted != maps else None


def after_order(course: Course, order: TrainingOrder | None, *, anew: bool) -> Course:
    """Return the course once something else is trained; anew, unless the same run goes on."""
    if anew or order is None:
        return Course(order)
    return replace(course, order=order, has_table=False, painted=None)


def after_turn(course: Course, report: TurnReport, now: float) -> Course:
    """Return the course after a turn; steps that a rewind has overtaken change nothing."""
    turn = report.turn
    if course.rewinds and not turn.rewinds:
        return course
    is_about_now = report.order == course.order
    if turn.rewinds:
        course = replace(course, rewinds=False, painted=None, has_table=False)
    if report.steps:
        left = course.single_steps - (0 if course.is_training else len(report.steps))
        course = replace(course, single_steps=max(left, 0), painted=None)
        course = replace(course, has_table=is_about_now and report.steps[-1].table is not None)
    if report.table is not None:
        course = replace(course, has_table=is_about_now)
    if turn.painted is not None:
        painted = turn.painted if is_about_now else None
        course = replace(course, painted=painted, painted_at=now, painting=report.seconds)
    if report.problem:
        course = replace(course, is_training=False, single_steps=0)
    return course


def after_refusal(course: Course, maps: OutputMaps, *, has_network: bool) -> Course:
    """Return the course after a turn that was not done: it waits for another wish of the user."""
    course = replace(course, is_training=False, single_steps=0, rewinds=False)
    has_network = has_network and course.is_prepared
    return replace(course, is_prepared=has_network, has_table=True, painted=maps)


def _is_to_be_painted(course: Course, maps: OutputMaps, now: float) -> bool:
    """Whether the maps are old enough, while training, to be painted again."""
    pause = max(_PAINTED_EVERY, course.painting * (1 / _PAINTING_SHARE - 1))
    return course.painted != maps and now - course.painted_at >= pause
