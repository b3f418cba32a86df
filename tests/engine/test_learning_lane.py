"""Training beside questions, over an executor whose futures the test completes."""

from dataclasses import replace
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from lossexplorer.engine import training, worker
from lossexplorer.engine.errors import EngineError, Interrupted, OutOfMemoryError
from lossexplorer.engine.messages import (
    Answer,
    OutputMaps,
    Plane,
    Prepared,
    TrainingOrder,
    Turn,
    TurnReport,
)
from lossexplorer.engine.transport.shared_array import SharedArray, receive, to_shared_memory
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import Checkpoint, StepReport
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes import case_of
from tests.engine.client_bench import A, B, Bench, InterruptibleExecutor, request

IMAGE = A.with_image(np.arange(60.0).reshape(3, 4, 5))
GRAPH = NetworkGraph((), (), {}, ())
PAINTING = Turn(painted=OutputMaps("y1", 1, Plane(0, 1)))


def trained(**how):
    return replace(Setup(), training=replace(Setup().training, **how))


def order(setup=None, of=A):
    return TrainingOrder(setup or Setup(), of.key)


class LaneBench(Bench):
    """A client with a lane, and all that the lane said."""

    def __init__(self):
        super().__init__(executor=InterruptibleExecutor)
        self.lane = self.client.lane
        self.reports, self.prepared, self.refusals = [], [], []
        self.lane.turned.connect(self.reports.append)
        self.lane.prepared.connect(self.prepared.append)
        self.lane.refused.connect(self.refusals.append)

    @property
    def kind(self):
        """The function in flight."""
        return self.in_flight[0]

    def do(self, function=None, **what):
        """Have the engine do what is in flight, which is to be that function."""
        kind, arguments = self.in_flight
        assert function in (None, kind)
        future = self.executor.calls[-1][2]
        if kind is training.prepare:
            future.set_result(Prepared(*arguments, GRAPH, 100, 0))
        elif kind is training.take:
            report = TurnReport(*arguments, step=what.pop("step", 0))
            future.set_result(to_shared_memory(replace(report, **what)))
        elif kind in (training.load, training.release):
            future.set_result(None)
        else:
            self.succeed()

    def answer_after(self, seconds):
        """Have the request in flight answered, which has taken a time."""
        ((asked,),) = self.in_flight[1]
        answer = Answer(asked, (), asked.question.controls["grow"], None, seconds)
        self.executor.calls[-1][2].set_result((answer,))

    def step(self, number, **what):
        """Have a turn with one step done."""
        step = StepReport(number, (1.0,), (1.0,), 0.0, 1.0)
        self.do(training.take, step=number, steps=(step,), **what)

    def interrupt(self):
        assert self.executor.interrupted[-1] is self.executor.calls[-1][2]
        self.fail(Interrupted())

    def restart(self):
        self.do(worker.start)
        self.do(worker.load)


@pytest.fixture
def bench():
    made = LaneBench()
    yield made
    made.client.close()


@pytest.fixture
def ready(bench):
    """With a network for A."""
    bench.client.load(case_of(A))
    bench.client.start()
    bench.restart()
    bench.lane.learn(order(), A)
    bench.do(training.load)
    bench.do(training.prepare)
    assert bench.idle
    return bench


def assert_freed(parcel):
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=parcel.block)


def test_a_network_is_prepared_once_its_case_is_loaded(bench):
    bench.lane.learn(order(), IMAGE)
    bench.client.start()
    bench.do(worker.start)
    assert bench.idle
    bench.client.load(case_of(B))
    bench.do(worker.load)
    assert bench.idle  # it is about another case
    bench.client.load(case_of(A))
    bench.do(worker.load)
    function, (loaded, image, past) = bench.in_flight
    assert (function, loaded, past) == (training.load, order(), None)
    np.testing.assert_array_equal(receive(image), IMAGE.image)
    bench.do()
    assert bench.in_flight == (training.prepare, (order(),))
    bench.do()
    assert [prepared.order for prepared in bench.prepared] == [order()]
    assert bench.idle


def test_a_question_comes_between_two_turns(ready):
    ready.lane.turn(Turn(steps=1))
    ready.client.ask(request(grow=1))
    ready.lane.turned.connect(lambda _: ready.lane.turn(Turn(steps=1)))
    assert not ready.executor.interrupted  # a step is short
    ready.step(1)
    assert ready.asked == (A.key, 1)
    ready.succeed()
    assert ready.kind is training.take
    ready.client.ask(request(grow=2))
    ready.step(2)
    assert ready.asked == (A.key, 2)


def test_turns_and_what_is_explored_take_turns(ready):
    ready.client.explore([request(grow=grow) for grow in (1, 2, 3)])
    ready.lane.turned.connect(lambda _: ready.lane.turn(Turn(steps=1)))
    ready.lane.turn(Turn(steps=1))
    kinds = []
    for _ in range(8):
        kinds.append(ready.kind)
        ready.do()
    explore, train = worker.answers, training.take
    assert kinds == [explore, train, explore, train, explore, train, train, train]


def test_turns_and_what_is_explored_get_as_much_time(ready):
    """A turn takes 1 s here and what is explored 3 s: three turns follow each of these."""
    ready.client.explore([request(grow=grow) for grow in (1, 2, 3)])
    ready.lane.turned.connect(lambda _: ready.lane.turn(Turn(steps=1)))
    ready.lane.turn(Turn(steps=1))
    kinds = []
    for _ in range(12):
        kinds.append(ready.kind)
        if ready.kind is worker.answers:
            ready.answer_after(3.0)
        else:
            ready.do(seconds=1.0)
    explore, train = worker.answers, training.take
    assert kinds == [explore, train, train, train] * 3


def test_what_was_explored_alone_is_no_debt(ready):
    ready.client.explore([request(grow=grow) for grow in range(5)])
    for _ in range(5):
        ready.answer_after(100.0)
    test_turns_and_what_is_explored_get_as_much_time(ready)


def test_a_network_is_made_before_more_is_explored(ready):
    ready.client.explore([request(grow=grow) for grow in (1, 2)])
    ready.lane.learn(order(trained(seed=8)), A)
    ready.interrupt()
    ready.do(training.load)
    ready.do(training.prepare)
    assert ready.asked == (A.key, 1)


def test_what_the_user_does_comes_before_what_is_explored(ready):
    ready.client.explore([request(grow=grow) for grow in (1, 2)])
    ready.lane.turn(Turn(steps=1))
    assert not ready.executor.interrupted
    ready.lane.turn(Turn(steps=1), at_once=True)
    ready.interrupt()
    ready.step(1)
    assert ready.asked == (A.key, 1)


def test_only_painting_and_the_making_of_a_network_are_interrupted(ready):
    def interrupted():
        ready.client.ask(request())
        return bool(ready.executor.interrupted)

    ready.lane.turn(replace(PAINTING, looks=True))
    assert not interrupted()
    ready.do(training.take)
    ready.succeed()
    ready.lane.learn(order(trained(rate=1.0)), A)
    assert ready.kind is training.prepare
    assert not interrupted()
    ready.do()
    ready.succeed()
    ready.lane.turn(PAINTING)
    assert interrupted()
    ready.interrupt()
    ready.succeed()
    ready.do(training.take)  # once more
    assert ready.reports[-1].turn == PAINTING
    ready.executor.interrupted.clear()
    ready.lane.learn(order(trained(seed=8)), A)
    ready.do(training.load)
    assert ready.kind is training.prepare
    assert interrupted()
    ready.interrupt()
    ready.succeed()
    ready.do(training.prepare)


def test_another_setup_of_the_same_beginning_is_one_call(ready):
    for rate in (0.2, 0.3, 0.4):
        ready.lane.learn(order(trained(rate=rate)), A)
    assert ready.in_flight == (training.prepare, (order(trained(rate=0.2)),))
    ready.do()
    assert ready.in_flight == (training.prepare, (order(trained(rate=0.4)),))
    ready.do()
    assert ready.idle


def test_a_newer_order_takes_the_place_of_a_network_that_is_being_made(ready):
    ready.lane.learn(order(trained(seed=8)), A)
    ready.do(training.load)
    ready.lane.learn(order(trained(seed=9)), A)
    before = len(ready.prepared)
    ready.interrupt()
    ready.do(training.load)
    assert ready.in_flight == (training.prepare, (order(trained(seed=9)),))
    ready.lane.learn(order(trained(seed=10)), A)
    ready.do(training.prepare)  # the interrupt came too late
    assert len(ready.prepared) == before
    ready.do(training.load)
    ready.do(training.prepare)
    assert [p.order.setup.training.seed for p in ready.prepared[before:]] == [10]


def test_another_image_begins_anew(ready):
    ready.lane.learn(order(), IMAGE)
    ready.do(training.load)
    ready.do(training.prepare)


def test_a_turn_of_a_run_that_is_over_is_not_reported(ready):
    ready.lane.turn(Turn(steps=1))
    ready.lane.learn(order(trained(seed=8)), A)
    ready.step(1)
    assert not ready.reports
    ready.do(training.load)
    ready.do(training.prepare)


def test_a_turn_of_a_run_that_is_over_is_ended_if_it_takes_long_and_only_then(ready):
    number = ready.lane.turn(Turn(steps=1))
    ready.lane.learn(order(trained(seed=8)), A)
    assert ready.lane.end(number)
    assert not ready.lane.end(number)
    ready.restart()
    ready.do(training.load)
    ready.do(training.prepare)
    number = ready.lane.turn(Turn(steps=1))
    ready.lane.learn(order(trained(seed=9)), A)
    ready.step(1)
    assert not ready.lane.end(number)
    assert len(ready.executors) == 2


def checkpoint(step, size):
    return Checkpoint(step, (np.full(size, float(step)),), (), {})


def test_a_large_checkpoint_goes_through_shared_memory_and_to_the_next_engine(ready):
    ready.lane.turn(Turn(steps=1))
    ready.step(1, checkpoint=checkpoint(1, 2**18))
    (report,) = ready.reports
    np.testing.assert_array_equal(report.checkpoint.variables[0], np.ones(2**18))
    ready.lane.turn(Turn(steps=1, with_table=True))
    ready.step(2)
    ready.lane.learn(order(trained(rate=0.2)), A)
    ready.do(training.prepare)
    ready.executor.ended.set_result(None)
    ready.restart()
    _, (_, _, past) = ready.in_flight
    (parcel,) = past.checkpoint.variables
    assert isinstance(parcel, SharedArray)
    assert (past.order, past.checkpoint.step) == (order(), 1)
    assert [(r.setup, r.with_table) for r in past.repeats] == [
        (Setup(), True),
        (trained(rate=0.2), None),
    ]
    ready.crash()
    assert_freed(parcel)
    ready.restart()
    ready.do(training.load)
    ready.do(training.prepare)
    assert ready.idle


def test_a_large_checkpoint_of_a_run_that_is_over_is_freed(ready):
    ready.lane.turn(Turn(steps=1))
    ready.lane.learn(order(trained(seed=8)), A)
    sent = []
    future = ready.executor.calls[-1][2]
    future.add_done_callback(lambda done: sent.append(done.result().checkpoint.variables[0]))
    ready.step(1, checkpoint=checkpoint(1, 2**18))
    assert_freed(sent[0])


def test_a_crash_repeats_the_turn_before_anything_else_of_the_run(ready):
    ready.lane.turn(Turn(steps=1))
    ready.step(1, checkpoint=checkpoint(1, 1))
    number = ready.lane.turn(Turn(steps=2))
    ready.crash()
    ready.restart()
    ready.do(training.load)
    ready.do(training.prepare)
    assert ready.in_flight[1][1] == Turn(steps=2)
    assert ready.lane.end(number)  # it kept its number
    assert ready.statuses[-1].state == "restarting"


def test_too_little_memory_of_the_gpu_goes_on_on_the_cpu(ready):
    ready.lane.turn(Turn(steps=1))
    ready.fail(OutOfMemoryError("The GPU is full.", of_gpu=True))
    assert ready.in_flight == (worker.start, ("cpu",))
    ready.restart()
    ready.do(training.load)
    ready.do(training.prepare)
    ready.step(1)
    assert not ready.refusals


def test_what_a_turn_failed_of_is_said_and_the_network_made_again(ready):
    ready.lane.turn(Turn(steps=1))
    ready.fail(EngineError("Something is wrong."))
    assert [(r.text, r.has_network) for r in ready.refusals] == [("Something is wrong.", True)]
    assert not ready.failures
    ready.do(training.load)
    ready.do(training.prepare)
    assert ready.idle


def test_a_network_that_cannot_be_made_is_said_once(ready):
    ready.lane.learn(order(trained(seed=8)), A)
    ready.do(training.load)
    ready.fail(EngineError("No such layer."))
    assert [(r.text, r.has_network) for r in ready.refusals] == [("No such layer.", False)]
    assert ready.idle
    ready.client.ask(request(grow=1))
    ready.succeed()
    assert ready.totals == [1]
    ready.lane.learn(order(trained(seed=9)), A)
    ready.do(training.load)
    ready.do(training.prepare)


def test_a_setup_that_fails_while_a_newer_one_waits_is_not_said(ready):
    ready.lane.learn(order(trained(rate=-1.0)), A)
    ready.lane.learn(order(trained(rate=1.0)), A)
    ready.fail(EngineError("Not allowed."))
    ready.do(training.load)
    assert ready.in_flight == (training.prepare, (order(trained(rate=1.0)),))
    ready.do()
    assert not ready.refusals


def test_a_turn_that_still_waits_is_ended_without_the_engine(ready):
    ready.client.ask(request())
    number = ready.lane.turn(Turn(steps=1))
    assert ready.lane.end(number)
    assert not ready.lane.end(number)
    ready.succeed()
    assert ready.idle
    assert len(ready.executors) == 1


def test_painting_is_ended_without_the_engine(ready):
    number = ready.lane.turn(PAINTING)
    assert ready.lane.end(number)
    ready.lane.turn(Turn(steps=1))
    ready.interrupt()
    ready.step(1)
    assert [report.turn for report in ready.reports] == [Turn(steps=1)]
    assert len(ready.executors) == 1


def test_without_an_order_the_network_is_freed(ready):
    ready.lane.learn(None, None)
    ready.do(training.release)
    assert ready.idle
    ready.lane.learn(None, None)
    assert ready.idle


def test_closing_ends_all(ready):
    number = ready.lane.turn(Turn(steps=1))
    ready.client.close()
    assert not ready.lane.end(number)
    assert len(ready.executors) == 1
