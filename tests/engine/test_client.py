"""The client over an executor whose futures the test completes."""

from concurrent.futures import BrokenExecutor, Executor, Future
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from lossexplorer.engine import worker
from lossexplorer.engine.errors import Interrupted, OutOfMemoryError
from lossexplorer.engine.messages import (
    PREVIEW,
    Answer,
    Compiling,
    LossSetting,
    MapRequest,
    PaintedMaps,
    Progress,
    Request,
)
from lossexplorer.engine.questions import Maps, Norms
from lossexplorer.engine.transport import shared_array
from lossexplorer.engine.transport.shared_array import SharedArray, receive, to_shared_memory
from lossexplorer.volumes import case_of
from tests.engine.client_bench import (
    INFO,
    A,
    B,
    Bench,
    FakeExecutor,
    InterruptibleExecutor,
    request,
)
from tests.engine.small import asking, of_kind


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.client.close()


@pytest.fixture
def ready(bench):
    """Started, with volume A loaded."""
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    bench.succeed()
    return bench


def block_of(bench):
    """The shared block that travels with the load in flight."""
    function, (_, (shared,), *_) = bench.in_flight
    assert function is worker.load
    assert isinstance(shared, SharedArray)
    SharedMemory(name=shared.block).close()  # it exists
    return shared.block


@pytest.fixture
def blocks(monkeypatch):
    """The blocks of shared memory that are made from now on."""
    original, made = shared_array.share, []

    def share(array):
        made.append(original(array))
        return made[-1]

    monkeypatch.setattr(shared_array, "share", share)
    return made


def assert_freed(name):
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_starting_is_said(bench):
    bench.client.start()
    assert bench.in_flight == (worker.start, (None,))
    assert [(s.state, s.info) for s in bench.statuses] == [("starting", None)]
    bench.succeed()
    assert (bench.statuses[-1].state, bench.statuses[-1].info) == ("ready", INFO)
    assert bench.statuses[-1].message == "CPU"
    assert bench.idle


def test_a_volume_given_early_is_loaded_once_the_engine_has_started(bench):
    bench.client.load(case_of(A))
    bench.client.ask(request())
    assert not bench.executors
    bench.client.start()
    bench.succeed()
    function, (key, (shared,), names, spacing, *_) = bench.in_flight
    assert function is worker.load
    assert (key, names, spacing) == (A.key, ("background", "seven"), (3.0, 2.0, 1.0))
    np.testing.assert_array_equal(receive(shared), A.labels[None])
    assert bench.statuses[-1].state == "loading"
    bench.succeed()
    assert bench.statuses[-1].state == "ready"
    assert bench.asked == (A.key, 0.0)


def test_the_same_volume_is_not_loaded_twice(ready):
    ready.client.load(case_of(A))
    assert ready.idle


def test_newest_wins(ready):
    for grow in range(5):
        ready.client.ask(request(grow=grow))
    assert ready.asked == (A.key, 0)
    ready.succeed()
    assert ready.asked == (A.key, 4)
    ready.succeed()
    assert ready.totals == [0, 4]
    assert ready.idle


def test_generations_grow(ready):
    for grow in range(3):
        ready.client.ask(request(grow=grow))
        ready.succeed()
    generations = [answer.request.effort.generation for answer in ready.answers]
    assert generations == sorted(set(generations))


def test_a_question_from_within_an_answer(ready):
    again = iter([1.0])
    ready.client.answered.connect(
        lambda _: [ready.client.ask(request(grow=grow)) for grow in again]
    )
    ready.client.ask(request())
    ready.succeed()
    assert ready.asked == (A.key, 1.0)
    ready.succeed()
    assert ready.totals == [0, 1]
    assert ready.idle


def test_answers_and_questions_of_a_previous_volume_are_dropped(ready):
    ready.client.ask(request(A, 1))
    ready.client.ask(request(A, 2))
    ready.client.load(case_of(B))
    ready.succeed()
    assert not ready.answers
    assert ready.in_flight[1][0] == B.key
    ready.client.ask(request(B, 3))
    ready.succeed()
    assert ready.asked == (B.key, 3)
    ready.succeed()
    assert ready.totals == [3]


def test_a_volume_given_while_another_loads_is_loaded_after_it(bench):
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    bench.client.load(case_of(B))
    bench.client.ask(request(B))
    assert bench.in_flight[1][0] == A.key
    bench.succeed()
    assert bench.in_flight[1][0] == B.key
    bench.succeed()
    assert bench.asked == (B.key, 0.0)


def recover(bench, of=A):
    """What must follow a crash: another engine that starts and loads the volume."""
    assert bench.statuses[-1].state == "restarting"
    assert bench.executors[-2].shut_down
    assert bench.in_flight == (worker.start, (None,))
    bench.succeed()
    assert bench.in_flight[1][0] == of.key
    bench.succeed()


def test_a_crash_repeats_the_last_request(ready):
    ready.client.ask(request(grow=5))
    ready.crash()
    recover(ready)
    assert ready.asked == (A.key, 5)
    ready.succeed()
    assert ready.totals == [5]
    assert not ready.failures


def test_a_crash_repeats_the_request_that_waited_if_there_was_one(ready):
    ready.client.ask(request(grow=5))
    ready.client.ask(request(grow=6))
    ready.crash()
    recover(ready)
    assert ready.asked == (A.key, 6)
    ready.succeed()
    assert ready.totals == [6]
    assert ready.idle


def test_an_end_while_idle_is_noticed_at_once_and_the_volume_loaded_again(ready):
    ready.client.ask(request(grow=6))
    ready.succeed()
    ready.executor.ended.set_result(None)
    recover(ready)
    assert ready.idle
    assert len(ready.executors) == 2
    ready.client.ask(request(grow=7))
    ready.succeed()
    assert ready.totals == [6, 7]
    assert ready.statuses[-1].state == "ready"


def test_an_end_that_is_noticed_in_both_ways_is_one_crash(ready):
    ready.client.ask(request(grow=5))
    first = ready.executor
    first.ended.set_result(None)
    first.calls[-1][2].set_exception(BrokenExecutor("died"))
    recover(ready)
    assert ready.asked == (A.key, 5)
    assert len(ready.executors) == 2


def test_an_end_while_idle_again_and_again_is_given_up(ready):
    for _ in range(3):
        ready.executor.ended.set_result(None)
        recover(ready)
    ready.executor.ended.set_result(None)
    assert ready.statuses[-1].state == "failed"
    assert len(ready.executors) == 4


def test_the_end_of_an_engine_that_was_closed_is_no_crash(ready):
    ready.client.close()
    ready.executor.ended.set_result(None)
    assert len(ready.executors) == 1


def test_a_crash_while_idle_is_met_by_the_next_request(ready):
    ready.executor.broken = True
    ready.client.ask(request(grow=7))
    recover(ready)
    assert ready.asked == (A.key, 7)


def test_a_crash_while_idle_is_met_by_the_next_volume(ready):
    ready.executor.broken = True
    ready.client.load(case_of(B))
    recover(ready, B)
    assert ready.idle


def test_a_crash_while_loading_loads_again(bench):
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    bench.client.ask(request(grow=2))
    block = block_of(bench)
    bench.crash()
    assert_freed(block)
    recover(bench)
    assert bench.asked == (A.key, 2)


def test_a_crash_while_starting_starts_again(bench):
    bench.client.start()
    bench.client.load(case_of(A))
    bench.crash()
    recover(bench)


def test_a_crash_does_not_repeat_a_request_of_a_previous_volume(ready):
    ready.client.ask(request(A, 1))
    ready.client.load(case_of(B))
    ready.crash()
    recover(ready, B)
    assert ready.idle


def test_after_three_restarts_in_a_row_it_gives_up_until_it_is_started(ready):
    ready.client.ask(request(grow=8))
    for _ in range(3):
        ready.crash()
        recover(ready)
    ready.crash()
    assert ready.statuses[-1].state == "failed"
    assert "lossexplorer doctor" in ready.statuses[-1].message
    assert ready.executor.shut_down
    count = len(ready.executors)
    ready.client.ask(request(grow=9))
    assert len(ready.executors) == count

    ready.client.start()
    assert ready.statuses[-1].state == "starting"
    ready.succeed()
    ready.succeed()
    assert ready.asked == (A.key, 9)
    ready.crash()
    recover(ready)


def test_an_answer_forgets_the_crashes_before_it(ready):
    for grow in range(6):
        ready.client.ask(request(grow=grow))
        ready.crash()
        recover(ready)
        ready.succeed()
    assert ready.totals == [0, 1, 2, 3, 4, 5]


def test_a_request_that_cannot_be_answered_is_said_and_the_next_one_is_answered(ready):
    ready.client.ask(request(grow=1))
    ready.client.ask(request(grow=2))
    ready.fail(MemoryError("out of memory"))
    assert ready.failures == ["out of memory"]
    assert ready.asked == (A.key, 2)
    ready.succeed()
    assert ready.totals == [2]
    assert len(ready.executors) == 1


def test_an_engine_that_cannot_start_says_why_and_can_be_started_again(bench):
    bench.client.start()
    bench.client.load(case_of(A))
    bench.fail(ImportError("no TensorFlow"))
    assert bench.statuses[-1].state == "failed"
    assert "no TensorFlow" in bench.statuses[-1].message
    assert bench.idle
    bench.client.start()
    bench.succeed()
    assert bench.in_flight[1][0] == A.key


@pytest.mark.parametrize("moment", ["loading", "answering"])
def test_where_the_gpu_is_too_small_the_engine_goes_on_on_the_cpu(ready, moment):
    if moment == "loading":
        ready.client.load(case_of(B))
    of = B if moment == "loading" else A
    ready.client.ask(request(of, grow=5))
    ready.fail(OutOfMemoryError("The GPU is full.", True))
    assert ready.statuses[-1].state == "restarting"
    assert "The GPU is full." in ready.notes[-1]
    assert "CPU" in ready.notes[-1]
    assert ready.executors[-2].shut_down
    assert ready.in_flight == (worker.start, ("cpu",))
    ready.succeed()
    ready.succeed()
    assert ready.asked == (of.key, 5)
    ready.succeed()
    assert ready.totals == [5]
    assert not ready.failures
    ready.executor.ended.set_result(None)  # it stays there when it is replaced
    assert ready.in_flight == (worker.start, ("cpu",))


def test_where_the_computer_is_too_small_the_request_is_given_up(ready):
    ready.client.ask(request(grow=5))
    ready.fail(OutOfMemoryError("Choose fewer classes.", False))
    assert ready.failures == ["Choose fewer classes."]
    assert ready.idle
    assert len(ready.executors) == 1
    ready.client.ask(request(grow=6))
    ready.succeed()
    assert ready.totals == [6]


def test_where_no_process_can_be_made_it_is_said_and_can_be_started_again(bench, monkeypatch):
    def fails(*_):
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(FakeExecutor, "submit", fails)
        bench.client.load(case_of(A))
        bench.client.start()
    assert bench.statuses[-1].state == "failed"
    assert "temporarily unavailable" in bench.statuses[-1].message
    assert bench.executor.shut_down
    bench.client.start()
    bench.succeed()
    assert bench.in_flight[1][0] == A.key


class Late(Executor):
    """Does what it is given when it is told."""

    def __init__(self):
        self.jobs = []

    def submit(self, function, /, *arguments):
        future = Future()
        self.jobs.append(lambda: future.set_result(function(*arguments)))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        assert not wait
        assert not cancel_futures, "what is in shared memory would stay there"

    def go_on(self):
        self.jobs.pop(0)()


@pytest.fixture
def late():
    """A client whose large arrays are copied when the test says so."""
    made = Bench(Late())
    made.client.start()
    made.succeed()
    made.client.load(case_of(A))
    yield made
    made.client.close()


def test_a_volume_is_copied_elsewhere_and_then_loaded(late):
    """The window's thread would be blocked by it."""
    assert len(late.executor.calls) == 1  # started
    late.client.ask(request(grow=3))
    late.copier.go_on()
    assert late.in_flight[1][0] == A.key
    late.succeed()
    assert late.asked == (A.key, 3)


def test_a_volume_that_is_not_wanted_any_more_is_not_loaded(late, blocks):
    late.client.load(case_of(B))
    late.copier.go_on()
    assert len(late.executor.calls) == 1
    (made,) = blocks
    assert_freed(made.block)
    late.copier.go_on()
    assert late.in_flight[1][0] == B.key


@pytest.mark.parametrize("end", ["close", "crash"])
def test_a_volume_that_is_being_copied_at_the_end_is_freed(late, blocks, end):
    if end == "close":
        late.client.close()
    else:
        late.executor.ended.set_result(None)
    late.copier.go_on()
    (made,) = blocks
    assert_freed(made.block)


def test_a_large_answer_is_copied_elsewhere(late):
    late.copier.go_on()
    late.succeed()
    late.client.ask(request(grow=4))
    sent, sent_blocks = large_answer(late)
    late.executor.calls[-1][2].set_result(sent)
    assert not late.answers
    late.client.ask(request(grow=5))
    late.copier.go_on()
    assert len(late.answers) == 1
    for block in sent_blocks:
        assert_freed(block)
    assert late.asked == (A.key, 5)


def test_a_large_answer_of_an_engine_that_ends_meanwhile_is_asked_for_again(late):
    late.copier.go_on()
    late.succeed()
    late.client.ask(request(grow=4))
    sent, sent_blocks = large_answer(late)
    late.executor.calls[-1][2].set_result(sent)
    late.executor.ended.set_result(None)
    late.copier.go_on()
    assert not late.answers
    for block in sent_blocks:
        assert_freed(block)
    late.succeed()
    late.copier.go_on()
    late.succeed()
    assert late.asked == (A.key, 4)


def test_a_volume_that_cannot_be_loaded_is_said_once(ready):
    ready.client.load(case_of(B))
    ready.client.ask(request(B, 1))
    block = block_of(ready)
    ready.fail(ValueError("too large"))
    assert_freed(block)
    ready.client.ask(request(B, 2))
    assert ready.failures == ["too large"]
    assert ready.idle, "the engine was asked about a volume that it does not hold"
    assert ready.statuses[-1].state == "ready"


def test_after_a_volume_that_could_not_be_loaded_the_one_before_is_loaded_again(ready):
    ready.client.load(case_of(B))
    ready.fail(ValueError("too large"))
    ready.client.load(case_of(A))
    assert ready.in_flight[1][0] == A.key  # the worker let it go for B
    ready.succeed()
    ready.client.ask(request(A, 3))
    assert ready.asked == (A.key, 3)


def test_a_volume_that_cannot_be_loaded_does_not_take_the_next_one_with_it(bench):
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    bench.client.load(case_of(B))
    bench.client.ask(request(B))
    bench.fail(ValueError("too large"))
    assert bench.failures == ["too large"]
    assert bench.in_flight[1][0] == B.key
    bench.succeed()
    assert bench.asked == (B.key, 0.0)


def test_with_too_little_shared_memory_a_volume_travels_as_it_is(bench, monkeypatch):
    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr("lossexplorer.engine.transport.shared_array.share", full)
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    bench.client.ask(request())
    _, (_, (labels,), *_) = bench.in_flight
    np.testing.assert_array_equal(labels, A.labels[None])
    bench.succeed()
    assert bench.asked == (A.key, 0.0)
    assert not bench.failures


@pytest.mark.parametrize("end", ["succeed", "fail", "crash", "close", "close and crash"])
def test_the_shared_block_is_freed(bench, end):
    bench.client.start()
    bench.succeed()
    bench.client.load(case_of(A))
    block = block_of(bench)
    executor = bench.executor
    if end == "succeed":
        bench.succeed()
    elif end == "fail":
        bench.fail(ValueError("too large"))
    elif end == "crash":
        bench.crash()
    else:
        bench.client.close()
    if end == "close and crash":
        executor.calls[-1][2].set_exception(BrokenExecutor("killed"))
        assert len(bench.executors) == 1
    assert_freed(block)


def test_the_shared_block_is_freed_where_the_engine_was_dead(ready, blocks):
    ready.executor.broken = True
    ready.client.load(case_of(B))
    assert len(blocks) == 1
    assert_freed(blocks[0].block)


def large_answer(bench):
    """An answer as the worker sends it, its arrays in shared memory, and their blocks."""
    _, ((asked,),) = bench.in_flight
    field = np.arange(2**19, dtype="f4").reshape(2, 2**9, 2**9)
    painted = MapRequest("dice", 1, "logit", None)
    fields = PaintedMaps(painted, field, field.astype("u2"), -field)
    sent = to_shared_memory(Answer(asked, (), 0.0, fields, 0.0))
    blocks = [value.block for value in vars(sent.maps).values() if isinstance(value, SharedArray)]
    assert len(blocks) >= 2
    return (sent,), blocks


@pytest.mark.parametrize("end", ["answered", "stale", "closed"])
def test_the_blocks_of_a_large_answer_are_freed(ready, end):
    ready.client.ask(request(grow=4))
    sent, blocks = large_answer(ready)
    if end == "stale":
        ready.client.load(case_of(B))
    elif end == "closed":
        ready.client.close()
    executor = ready.executor
    executor.calls[2][2].set_result(sent)
    for block in blocks:
        assert_freed(block)
    assert len(ready.answers) == (end == "answered")
    if end == "answered":
        fields = ready.answers[0].maps
        np.testing.assert_array_equal(fields.gradient, -fields.probability)
        np.testing.assert_array_equal(fields.decided, fields.probability.astype("u2"))
        assert fields.gradient[-1, -1, -1] == 1 - 2**19


def test_closing_ends_the_executor_and_ignores_what_still_comes(ready):
    ready.client.ask(request())
    ready.client.close()
    assert ready.executor.shut_down
    ready.succeed()
    assert not ready.answers
    ready.client.ask(request())
    assert len(ready.executor.calls) == 3  # start, load, the first request


def test_exploring_waits_for_everything_else(ready):
    ready.client.ask(request(grow=1))
    ready.client.explore([request(grow=grow) for grow in (10, 11, 12)])
    assert ready.asked == (A.key, 1)
    ready.succeed()
    assert ready.asked == (A.key, 10)
    ready.client.ask(request(grow=2))
    ready.succeed()
    assert ready.asked == (A.key, 2)
    ready.succeed()
    ready.succeed()
    ready.succeed()
    assert [answer.total for answer in ready.explored] == [10, 11, 12]
    assert ready.totals == [1, 2]
    assert ready.idle


def test_points_against_a_parameter_are_one_question(ready):
    """They have the controls of one step; norms, a picture and other controls ask for more."""
    losses = [(LossSetting("tversky", {"alpha": alpha, "beta": 0.5}),) for alpha in (0.1, 0.2)]
    points = [asking(request(grow=1), losses=each) for each in losses]
    norms = of_kind(Norms, request(grow=1))
    ready.client.explore([*points, norms, request(grow=2)])
    function, (asked,) = ready.in_flight
    assert function is worker.answers
    assert asked == tuple(points)
    ready.client.explore([*points, norms])
    ready.crash()
    recover(ready)
    assert ready.in_flight[1] == (tuple(points),)
    ready.succeed()
    assert ready.in_flight[1] == ((norms,),)
    ready.succeed()
    assert [answer.request for answer in ready.explored] == [*points, norms]
    assert ready.idle


def test_exploring_anew_replaces_what_was_left(ready):
    ready.client.explore([request(grow=grow) for grow in (10, 11, 12)])
    ready.client.explore([request(grow=20)])
    ready.succeed()
    assert ready.asked == (A.key, 20)
    ready.succeed()
    assert ready.idle


def test_exploring_goes_on_after_a_crash(ready):
    ready.client.explore([request(grow=grow) for grow in (10, 11)])
    ready.crash()
    recover(ready)
    assert ready.asked == (A.key, 10)


def test_what_is_explored_and_cannot_be_answered_is_given_up(ready):
    abandoned = []
    ready.client.abandoned.connect(abandoned.append)
    wanted = [request(grow=grow) for grow in (10, 11)]
    ready.client.explore(wanted)
    ready.fail(MemoryError("out of memory"))
    assert abandoned == [(wanted[0],)]
    assert ready.failures == ["out of memory"]
    assert ready.asked == (A.key, 11)


@pytest.mark.parametrize("end", ["succeed", "crash"])
def test_exploring_ends_with_the_volume(ready, end):
    ready.client.explore([request(grow=grow) for grow in (10, 11)])
    ready.client.load(case_of(B))
    if end == "succeed":
        ready.succeed()
        ready.succeed()
    else:
        ready.crash()
        recover(ready, B)
    assert not ready.explored
    assert ready.idle


@pytest.fixture
def exploring():
    """An engine that can be interrupted and explores 10, the first of three."""
    made = Bench(executor=InterruptibleExecutor)
    made.client.start()
    made.succeed()
    made.client.load(case_of(A))
    made.succeed()
    made.client.explore([request(grow=grow) for grow in (10, 11, 12)])
    assert made.asked == (A.key, 10)
    yield made
    made.client.close()


def interrupted(bench):
    """Whether the last of what was submitted is to be interrupted."""
    return bench.executor.interrupted[-1:] == [bench.executor.calls[-1][2]]


def test_a_question_interrupts_what_is_explored_which_begins_anew_later(exploring):
    exploring.client.ask(request(grow=1))
    assert interrupted(exploring)
    exploring.fail(Interrupted())
    assert exploring.asked == (A.key, 1)
    exploring.succeed()
    for grow in (10, 11, 12):
        assert exploring.asked == (A.key, grow)
        exploring.succeed()
    assert [answer.total for answer in exploring.explored] == [10, 11, 12]
    assert exploring.idle
    assert not exploring.failures
    assert len(exploring.executors) == 1


def test_an_interrupt_that_comes_too_late_does_nothing(exploring):
    exploring.client.ask(request(grow=1))
    exploring.succeed()
    assert [answer.total for answer in exploring.explored] == [10]
    assert exploring.asked == (A.key, 1)
    exploring.succeed()
    assert exploring.asked == (A.key, 11)


def test_a_question_is_not_interrupted(exploring):
    exploring.client.ask(request(grow=1))
    exploring.fail(Interrupted())
    exploring.client.ask(request(grow=2))
    exploring.client.explore([])
    exploring.client.load(case_of(B))
    assert not interrupted(exploring)


def test_what_is_not_to_be_explored_any_more_is_interrupted_and_not_repeated(exploring):
    exploring.client.explore([request(grow=20)])
    assert interrupted(exploring)
    exploring.fail(Interrupted())
    assert exploring.asked == (A.key, 20)
    exploring.succeed()
    assert exploring.idle


def test_what_comes_later_now_is_interrupted_and_repeated_once(exploring):
    exploring.client.explore([request(grow=20), request(grow=10)])
    exploring.fail(Interrupted())
    assert exploring.asked == (A.key, 20)
    exploring.succeed()
    assert exploring.asked == (A.key, 10)
    exploring.succeed()
    assert exploring.idle


def test_what_was_answered_before_the_interrupt_came_is_not_repeated(exploring):
    exploring.client.explore([request(grow=20), request(grow=10)])
    exploring.succeed()
    assert exploring.asked == (A.key, 20)
    exploring.succeed()
    assert exploring.idle
    assert [answer.total for answer in exploring.explored] == [10, 20]


def test_what_still_comes_first_goes_on(exploring):
    exploring.client.explore([request(grow=10), request(grow=20)])
    assert not exploring.executor.interrupted
    exploring.succeed()
    assert exploring.asked == (A.key, 20)
    exploring.succeed()
    assert exploring.idle


def test_another_volume_interrupts_what_is_explored(exploring):
    exploring.client.load(case_of(B))
    assert interrupted(exploring)
    exploring.fail(Interrupted())
    assert exploring.in_flight[1][0] == B.key
    exploring.succeed()
    assert exploring.idle


def test_progress_is_passed_on_while_the_request_is_in_flight(exploring):
    seen = []
    exploring.client.progressed.connect(seen.append)
    report = exploring.executor.reports[-1]
    report(Progress("hausdorff", 1, 3))
    exploring.succeed()
    report(Progress("hausdorff", 2, 3))
    assert seen == [Progress("hausdorff", 1, 3)]


def of_a_hand(grow):
    """What a hand asks that moves a slider."""
    painted = MapRequest("dice", 1, "logit", None)
    return Request(Maps(A.key, {"grow": grow}, (), painted), PREVIEW)


def measured_by(bench):
    numbers = []
    bench.client.measured.connect(lambda answer: numbers.append(answer.total))
    return numbers


def test_numbers_are_asked_for_and_passed_on_before_the_maps(ready):
    numbers = measured_by(ready)
    ready.client.ask(of_a_hand(7))
    assert ready.client.is_asked
    ready.succeed()
    assert (numbers, ready.totals) == ([7], [])
    assert ready.asked == (A.key, 7)
    assert not ready.client.is_asked  # what is in flight is its maps
    ready.succeed()
    assert (numbers, ready.totals) == ([7], [7])
    assert ready.idle


def test_the_engine_goes_on_while_numbers_are_shown(ready):
    meanwhile = []
    ready.client.measured.connect(lambda _: meanwhile.append(ready.asked))
    ready.client.ask(of_a_hand(7))
    ready.client.ask(of_a_hand(8))
    ready.succeed()
    assert meanwhile == [(A.key, 7)]  # the maps, of which there are none yet
    ready.succeed()
    assert ready.asked == (A.key, 8)


def test_numbers_of_a_volume_that_is_left_are_dropped(ready):
    numbers = measured_by(ready)
    ready.client.ask(of_a_hand(7))
    ready.client.load(case_of(B))
    ready.succeed()
    assert ready.in_flight[1][0] == B.key
    ready.succeed()
    assert (numbers, ready.totals) == ([], [])
    assert ready.idle


def test_a_crash_while_maps_are_painted_repeats_that(ready):
    numbers = measured_by(ready)
    ready.client.ask(of_a_hand(7))
    ready.succeed()
    ready.crash()
    recover(ready)
    assert ready.asked == (A.key, 7)
    ready.succeed()
    assert (numbers, ready.totals) == ([7], [7])
    assert ready.idle


@pytest.mark.parametrize("end", ["answer", "error", "crash"])
def test_what_is_compiled_for_is_said_until_the_task_ends(exploring, end):
    said = []
    exploring.client.compiling.connect(said.append)
    exploring.succeed()
    exploring.client.ask(request(grow=1))
    if exploring.asked != (A.key, 1):
        exploring.succeed()
    exploring.executor.reports[-1](Compiling())
    assert [[r.question.controls for r in each.requests] for each in said] == [[{"grow": 1}]]
    {"answer": exploring.succeed, "error": lambda: exploring.fail(RuntimeError("no")),
     "crash": exploring.crash}[end]()  # fmt: skip
    assert said[1:] == [None]


def test_while_a_volume_is_prepared_that_is_said_and_not_what_is_compiled(exploring):
    said = []
    exploring.client.compiling.connect(said.append)
    exploring.client.load(case_of(B))
    exploring.fail(Interrupted())
    assert exploring.in_flight[0] is worker.load
    exploring.executor.reports[-1](Compiling())
    assert exploring.statuses[-1].state == "loading"
    assert not said


def test_what_was_interrupted_for_good_and_is_wanted_again_is_asked_again(exploring):
    exploring.client.explore([])
    assert interrupted(exploring)
    exploring.client.explore([request(grow=10)])  # before the interrupt has come
    exploring.fail(Interrupted())
    assert exploring.asked == (A.key, 10)
    exploring.succeed()
    assert [answer.total for answer in exploring.explored] == [10]
    assert exploring.idle


def fetching(bench):
    """What was fetched, and why something was not."""
    fetched, why = [], []
    bench.client.fetched.connect(lambda answer: fetched.append(answer.total))
    bench.client.unfetched.connect(why.append)
    return fetched, why


def test_what_is_fetched_comes_behind_questions_and_before_what_is_explored(exploring):
    fetched, why = fetching(exploring)
    exploring.client.fetch(request(grow=5))
    exploring.client.ask(request(grow=1))
    exploring.fail(Interrupted())
    for grow in (1, 5, 10):
        assert exploring.asked == (A.key, grow)
        exploring.succeed()
    assert (fetched, why, exploring.totals) == ([5], [], [1])


def test_a_question_interrupts_what_is_fetched_which_begins_anew(exploring):
    fetched, _ = fetching(exploring)
    exploring.client.explore([])
    exploring.fail(Interrupted())
    exploring.client.fetch(request(grow=5))
    assert exploring.asked == (A.key, 5)
    exploring.client.ask(request(grow=1))
    assert interrupted(exploring)
    exploring.fail(Interrupted())
    exploring.succeed()
    assert exploring.asked == (A.key, 5)
    exploring.client.explore([request(grow=20)])  # which leaves what is fetched alone
    exploring.succeed()
    assert fetched == [5]
    assert exploring.asked == (A.key, 20)


def test_what_is_fetched_is_repeated_after_a_crash(ready):
    fetched, _ = fetching(ready)
    ready.client.fetch(request(grow=5))
    ready.crash()
    recover(ready)
    ready.succeed()
    assert fetched == [5]
    assert ready.idle


def test_what_cannot_be_fetched_is_said_once(ready):
    fetched, why = fetching(ready)
    ready.client.fetch(request(grow=5))
    ready.fail(MemoryError("out of memory"))
    assert (fetched, why, ready.failures) == ([], ["out of memory"], [])
    assert ready.idle


def test_what_is_fetched_ends_with_the_volume_or_the_wish(ready):
    fetched, _ = fetching(ready)
    ready.client.ask(request(grow=1))
    ready.client.fetch(request(grow=5))
    ready.client.fetch(None)
    ready.succeed()
    assert ready.idle
    ready.client.ask(request(grow=2))
    ready.client.fetch(request(grow=5))
    ready.client.load(case_of(B))
    ready.succeed()
    ready.succeed()
    assert ready.idle
    assert not fetched
