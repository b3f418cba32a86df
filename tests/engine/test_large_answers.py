"""Whole-volume fields travel through shared memory, and leave none of it behind."""

import pickle
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from lossexplorer.engine.messages import Answer, MapRequest, PaintedMaps, Request
from lossexplorer.engine.questions import Maps, Numbers
from lossexplorer.engine.transport.shared_array import (
    SharedArray,
    from_shared_memory,
    to_shared_memory,
)


@pytest.fixture
def answer():
    request = MapRequest("dice", 1, "logit", None)
    generator = np.random.default_rng(3)
    large = generator.random((64, 80, 96), dtype=np.float32)
    small = generator.integers(0, 3, (64, 80, 96), dtype=np.uint8)
    fields = PaintedMaps(request, large, small, -large)
    return Answer(Request(Maps("key", {}, (), request)), (), 0.5, fields, 0.01)


def test_a_large_field_arrives_unchanged_and_its_memory_is_freed(answer):
    sent = to_shared_memory(answer)
    assert isinstance(sent.maps.probability, SharedArray)
    assert len(pickle.dumps(sent)) < answer.maps.probability.nbytes / 2
    arrived = from_shared_memory(pickle.loads(pickle.dumps(sent)))
    np.testing.assert_array_equal(arrived.maps.probability, answer.maps.probability)
    np.testing.assert_array_equal(arrived.maps.decided, answer.maps.decided)
    np.testing.assert_array_equal(arrived.maps.gradient, answer.maps.gradient)
    for shared in (sent.maps.probability, sent.maps.gradient):
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=shared.block)


def test_an_answer_without_fields_travels_as_it_is():
    bare = Answer(Request(Numbers("key", {}, ())), (), 0.5, None, 0.01)
    assert from_shared_memory(to_shared_memory(bare)) == bare
