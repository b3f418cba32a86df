"""A descent in the session: what is asked frame by frame, and what ends, pauses and rewinds it."""

import math
from dataclasses import replace

import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import EXACT, TOTAL, Descent, DescentReport, DescentStep
from lossexplorer.engine.questions import Descended, Maps
from lossexplorer.session.descent_controller import DescentController, DescentStatus
from tests.session.test_controller import Bench
from tests.session.volumes import answer, case


def steps_until(number, first=0):
    """Each loss is 1/(1 + its step), and so is the total."""
    return tuple(
        DescentStep(n, (1 / (1 + n),) * 5, 1 / (1 + n), 0.5) for n in range(first, number + 1)
    )


class Descender(Bench):
    """A controller with a descent, whose engine takes every step it is asked for."""

    def __init__(self):
        super().__init__()
        self.descent = DescentController(self.controller)
        self.heard_of = []
        self.descent.changed.connect(self.heard_of.append)
        self.session.open(case())
        self.settle()

    @property
    def asked_for(self):
        """How many steps are being explored; None if that is something else."""
        first = self.engine.exploring[0].question if self.engine.exploring else None
        return first.number if isinstance(first, Descended) else None

    def frame(self, *, ends_at=math.inf, ended="", beside=False):
        """Have the next frame asked for and answered; return its number."""
        self.controller.ask()
        request = self.engine.exploring.pop(0)
        question = request.question
        number = min(question.number, ends_at)
        first = max(0, number - question.descent.steps)
        report = DescentReport(steps_until(number, first), ended if number == ends_at else "")
        found = replace(answer(request, value=1 / (1 + number)), descent=report)
        if beside:
            found = replace(found, beside=DescentReport(steps_until(question.number, first)))
        self.engine.explored.emit((found,))
        return question.number


@pytest.fixture
def bench():
    return Descender()


def test_playing_asks_for_one_frame_after_the_other(bench):
    bench.session.set_descent("steps", 3)
    bench.descent.play()
    assert [bench.frame() for _ in range(4)] == [3, 6, 9, 12]
    assert bench.descent.status == DescentStatus(12, is_playing=True)
    assert bench.session.state.view.descended == 15


def test_a_frame_is_exact_and_may_be_interrupted(bench):
    before = len(bench.engine.asked)
    bench.descent.step()
    bench.controller.ask()
    request = bench.engine.exploring[0]
    assert len(bench.engine.asked) == before
    assert request.effort == EXACT
    state = bench.session.state
    assert request.question == Descended(
        state.experiment.case.key,
        state.experiment.controls,
        state.experiment.losses,
        request.question.painted,
        Descent(),
        1,
    )


def test_what_is_explored_at_rest_leaves_a_frame_in_front(bench):
    """Else a step that takes longer than the hand rests would be interrupted for ever."""
    bench.session.set_control("grow", 1.0)
    bench.ask()
    bench.descent.play()
    bench.controller.ask()
    bench.controller.explore()
    assert bench.asked_for == 1
    assert len(bench.engine.exploring) > 1


def test_a_pause_goes_back_to_what_was_reached(bench):
    bench.descent.play()
    bench.frame()
    bench.frame()
    bench.controller.ask()
    assert bench.asked_for == 3
    bench.descent.pause()
    # It is asked about once more: what waits for the step that was left hears of this one.
    assert (bench.asked_for, bench.session.state.view.descended) == (2, 2)
    assert bench.frame() == 2
    bench.controller.explore()
    assert bench.asked_for is None
    bench.descent.play()
    assert bench.frame() == 3


def test_one_step_at_a_time(bench):
    bench.session.set_descent("steps", 10)
    bench.descent.step()
    bench.frame()
    assert bench.descent.status == DescentStatus(1)
    bench.descent.play()
    bench.frame()
    bench.descent.step()
    assert bench.frame() == 12
    assert bench.descent.status == DescentStatus(12)


def test_rewinding_shows_the_start_again(bench):
    bench.descent.play()
    bench.frame()
    bench.descent.rewind()
    assert bench.descent.status == DescentStatus()
    assert type(bench.session.state.maps()) is Maps
    bench.ask()
    assert bench.engine.exploring == []


@pytest.mark.parametrize(
    "move",
    [
        lambda session: session.set_control("grow", 1.0),
        lambda session: session.set_weight("dice", 2.0),
        lambda session: session.set_parameter("tversky", "alpha", 0.9),
        lambda session: session.set_descent("rate", 2.0),
        lambda session: session.remove_loss("iou"),
        lambda session: session.open(case(seed=2)),
    ],
)
def test_what_it_depends_on_begins_it_anew_and_it_pauses(bench, move):
    bench.descent.play()
    bench.frame()
    move(bench.session)
    assert bench.descent.status == DescentStatus()
    assert bench.session.state.view.descended == 0
    assert not isinstance(bench.session.state.maps(), Descended)


def test_what_is_looked_at_leaves_it_where_it_is(bench):
    bench.descent.play()
    bench.frame()
    bench.session.show(loss=TOTAL)
    bench.session.set_descent("steps", 7)
    assert bench.descent.status.is_playing
    assert bench.frame() == 2
    assert bench.frame() == 9


def test_another_slice_of_a_descent_is_another_slice_of_the_same(bench):
    bench.descent.step()
    bench.frame()
    before = bench.session.state.maps()
    plane = before.painted.plane
    bench.session.show(plane=replace(plane, index=1 - plane.index))
    after = bench.session.state.maps()
    assert after.is_another_slice_of(before)
    assert not replace(after, number=2).is_another_slice_of(before)
    assert not Maps(after.volume, after.controls, after.losses, after.painted).is_another_slice_of(
        before
    )


def test_undoing_a_setting_of_the_descent_rewinds_it(bench):
    bench.session.set_descent("rate", 2.0)
    assert bench.session.store.undo_label == "Descent, rate 0.01 → 2"
    bench.descent.step()
    bench.frame()
    bench.session.store.undo()
    assert bench.session.state.experiment.descent == Descent()
    assert bench.session.state.view.descended == 0


def test_it_ends_where_the_engine_says_so(bench):
    bench.session.set_descent("steps", 5)
    bench.descent.play()
    bench.frame(ends_at=7, ended="stopped: Dice is NaN")
    bench.frame(ends_at=7, ended="stopped: Dice is NaN")
    assert bench.descent.status == DescentStatus(7, ended="stopped: Dice is NaN")
    assert bench.session.state.view.descended == 7
    bench.descent.play()
    assert not bench.descent.status.is_playing
    bench.descent.rewind()
    bench.descent.play()
    assert bench.descent.status.is_playing


def test_of_two_the_longer_goes_on(bench):
    bench.session.set_descent("follows", "dice")
    bench.session.set_descent("beside", "iou")
    bench.descent.play()
    for _ in range(3):
        bench.frame(ends_at=2, ended="converged: 0", beside=True)
    assert bench.descent.status == DescentStatus(3, is_playing=True)


def test_learning_pauses_it(bench):
    bench.descent.play()
    bench.frame()
    bench.session.show(workspace="learn")
    assert bench.descent.status == DescentStatus(1)


def test_it_pauses_where_the_engine_could_not_take_a_step(bench):
    bench.descent.play()
    bench.frame()
    bench.controller.ask()
    bench.engine.abandoned.emit((bench.engine.exploring[0],))
    assert bench.descent.status == DescentStatus(1)
    assert bench.session.state.view.descended == 1


def test_nothing_is_played_before_anything_is_open():
    bench = Bench()
    descent = DescentController(bench.controller)
    descent.play()
    descent.step()
    assert descent.status == DescentStatus()


@pytest.mark.parametrize(
    ("name", "value"), [("rate", 0.0), ("optimizer", "lbfgs"), ("steps", 1.5), ("beside", "focal")]
)
def test_values_that_are_not_allowed_are_refused(bench, name, value):
    before = bench.session.state
    with pytest.raises(ParameterError):
        bench.session.set_descent(name, value)
    assert bench.session.state == before


def test_a_loss_that_is_removed_is_followed_no_longer(bench):
    bench.session.set_descent("follows", "iou")
    bench.session.set_descent("beside", "dice")
    bench.session.remove_loss("iou")
    bench.session.remove_loss("dice")
    assert bench.session.state.experiment.descent == Descent()


# What the plots show


def test_the_history_has_every_step_of_a_frame_once(bench):
    bench.session.set_descent("steps", 3)
    before = len(bench.controller.records["history"].steps)
    bench.descent.play()
    bench.frame()
    bench.frame()
    history = bench.controller.records["history"]
    assert history.series("dice")[before:] == [1 / (1 + n) for n in range(1, 7)]
    assert history.series(TOTAL)[before:] == [1 / (1 + n) for n in range(1, 7)]


def test_the_curves_of_a_descent_have_the_start_and_every_step(bench):
    bench.session.set_descent("steps", 2)
    bench.session.set_descent("beside", "iou")
    bench.descent.play()
    bench.frame(beside=True)
    bench.frame(beside=True)
    curves = bench.controller.records["descent"]
    assert (curves.follows, curves.beside) == (TOTAL, "iou")
    assert curves.first == curves.second == steps_until(4)
    assert curves.series("iou", curves.second) == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    bench.descent.rewind()
    bench.ask()
    assert bench.controller.records["descent"].first == ()
