"""What the worker makes of errors: a second try where memory is short, and plain text."""

import gc
import pickle
import weakref

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine import worker
from lossexplorer.engine.errors import EngineError, OutOfMemoryError
from lossexplorer.engine.messages import LossSetting, Request
from lossexplorer.losses import loss_named
from tests.engine.small import NAMES, SPACING, question_of, small_labels

DICE = LossSetting("dice", loss_named("dice").complete({}))
SHIFTED = Request(question_of("small", {"shift_x": SPACING[2]}, (DICE,)))


@pytest.fixture
def released(monkeypatch):
    """Pretend that the backend computes on a GPU; return a list that grows with each release."""
    from lossexplorer.engine.backends.active import backend

    calls = []
    monkeypatch.setattr(backend, "release", lambda: calls.append(True))
    monkeypatch.setattr(backend, "is_gpu", lambda: True)
    return calls


@pytest.fixture
def failing(monkeypatch):
    """Make a function of the pipeline's fail with an error, some times."""
    from lossexplorer.engine.pipeline import Pipeline

    def fail(name, error, times):
        original, left = getattr(Pipeline, name), [error] * times

        def method(self, *arguments):
            if left:
                raise left.pop()
            return original(self, *arguments)

        monkeypatch.setattr(Pipeline, name, method)

    return fail


def load():
    names = NAMES[:3]
    worker.load("small", (small_labels()[None],), names, SPACING)


def load_and_answer():
    load()
    return worker.answers((SHIFTED,))[0]


def exhausted():
    """What TensorFlow raises where a GPU is full."""
    import tensorflow as tf

    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


def expected():
    """The Dice loss of small labels moved by a voxel, in float64 NumPy."""
    truth = small_labels()
    moved = truth.copy()  # what enters continues the first plane
    moved[..., 1:] = truth[..., :-1]
    pairs = [(truth == c, moved == c) for c in range(3)]
    return 1 - np.mean([2.0 * (g & p).sum() / (g.sum() + p.sum()) for g, p in pairs])


@pytest.mark.parametrize("step", ["__init__", "answers"])
@pytest.mark.parametrize("error", [exhausted, MemoryError])
def test_memory_that_is_short_once_is_let_go_of_and_the_answer_is_right(
    released, failing, step, error
):
    failing(step, error(), times=1)
    answer = load_and_answer()
    assert answer.losses[0].value == pytest.approx(expected(), rel=1e-6)
    assert len(released) == 1


def test_what_was_kept_is_free_before_the_second_try(released, failing, monkeypatch):
    from lossexplorer.engine.backends.active import backend

    load()
    held = weakref.ref(worker._batches["small"].pipeline)
    alive = []

    def release():
        gc.collect()
        alive.append(held())

    monkeypatch.setattr(backend, "release", release)
    failing("answers", exhausted(), times=1)
    assert worker.answers((SHIFTED,))[0].losses[0].value == pytest.approx(expected(), rel=1e-6)
    assert alive == [None]


@pytest.mark.parametrize("step", ["__init__", "answers"])
@pytest.mark.parametrize(("error", "of_gpu"), [(exhausted, True), (MemoryError, False)])
def test_memory_that_stays_short_is_said_with_numbers(released, failing, step, error, of_gpu):
    failing(step, error(), times=2)
    with pytest.raises(OutOfMemoryError, match=r"3 classes of 693 voxels .*patch") as raised:
        load_and_answer()
    travelled = pickle.loads(pickle.dumps(raised.value))
    assert str(travelled) == str(raised.value)
    assert travelled.of_gpu == of_gpu
    # The next question is answered: nothing that was half done is kept.
    assert worker.answers((SHIFTED,))[0].losses[0].value == pytest.approx(expected(), rel=1e-6)


def test_an_error_of_the_backend_travels_as_plain_text(failing):
    """Unpickling one of TensorFlow's own would import TensorFlow into the window's process."""
    import tensorflow as tf

    load()
    failing("answers", tf.errors.InvalidArgumentError(None, None, "shapes differ"), times=1)
    with pytest.raises(EngineError, match="shapes differ") as raised:
        worker.answers((SHIFTED,))
    assert b"tensorflow" not in pickle.dumps(raised.value)


def test_an_error_that_is_in_words_stays_what_it_is(failing):
    load()
    failing("answers", ParameterError("softness must not be negative"), times=1)
    with pytest.raises(ParameterError, match="must not be negative"):
        worker.answers((SHIFTED,))
