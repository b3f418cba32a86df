"""The cache: what it keeps, what it lets go of, and when."""

import threading
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.core.cache import Cache, cached
from tests.patience import PATIENCE


def refuse():
    pytest.fail("made again what is kept")


def test_what_is_kept_is_not_made_again():
    cache = Cache(2)
    assert cache.get("a", lambda: 1) == 1
    assert cache.get("a", refuse) == 1
    assert cache.find("a") == 1
    assert cache.find("b") is None
    assert len(cache) == 1


def test_the_least_recently_used_goes_first():
    cache = Cache(2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    cache.find("a")
    cache.get("c", lambda: 3)
    assert cache.find("b") is None
    assert cache.get("a", refuse) == 1
    assert cache.get("c", refuse) == 3


def test_none_is_a_value():
    cache = Cache(1)
    assert cache.get("a", lambda: None) is None
    assert cache.get("a", refuse) is None


def test_a_value_is_put_in_place_of_the_former_one():
    cache = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("a", 3)
    assert (cache.find("a"), cache.find("b"), len(cache)) == (3, 2, 2)


def test_the_old_makes_room_before_the_new_is_made():
    cache = Cache(1)
    cache.get("old", lambda: 1)
    assert cache.get("new", lambda: len(cache)) == 0


def test_what_could_not_be_made_is_made_the_next_time():
    cache = Cache(1)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: 1) == 1


def test_what_is_made_may_ask_the_same_cache():
    cache = Cache(1)
    assert cache.get("a", lambda: cache.get("b", lambda: 1) + 1) == 2
    assert len(cache) == 1


def test_clear_lets_go_of_everything():
    cache = Cache(3)
    cache.put("a", 1)
    cache.clear()
    assert cache.find("a") is None
    assert len(cache) == 0


def test_a_cache_of_nothing_is_refused():
    with pytest.raises(ValueError, match="keeps nothing"):
        Cache(0)


@given(most=st.integers(1, 4), keys=st.lists(st.integers(0, 6), max_size=40))
def test_it_keeps_what_an_ordered_dictionary_does(most, keys):
    cache, expected, made = Cache(most), OrderedDict(), []
    for key in keys:
        before = len(made)
        assert cache.get(key, lambda key=key: made.append(key) or -key) == -key
        assert (len(made) > before) == (key not in expected)
        expected[key] = None
        expected.move_to_end(key)
        if len(expected) > most:
            expected.popitem(last=False)
        assert len(cache) == len(expected)


def test_two_threads_do_not_wait_for_each_other():
    cache, begun, go_on = Cache(2), threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go_on.wait(PATIENCE)
        return "slow"

    thread = threading.Thread(target=cache.get, args=("a", slow))
    thread.start()
    assert begun.wait(PATIENCE)
    assert cache.get("b", lambda: "quick") == "quick"
    go_on.set()
    thread.join(PATIENCE)
    assert cache.get("a", refuse) == "slow"
    assert cache.get("b", refuse) == "quick"


def test_results_are_kept_by_the_arguments():
    calls = []

    @cached(most=2)
    def total(first, second=0):
        """Return a sum."""
        calls.append((first, second))
        return first + second

    assert [total(1), total(1), total(1, second=2), total(1)] == [1, 1, 3, 1]
    assert calls == [(1, 0), (1, 2)]
    total.cache.clear()
    assert total(1) == 1
    assert len(calls) == 3
    assert (total.__name__, total.__doc__) == ("total", "Return a sum.")
    assert total.__wrapped__(5) == 5
