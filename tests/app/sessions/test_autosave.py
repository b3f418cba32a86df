"""The thread that writes: at once, the newest, and what failed again."""

import threading

from lossexplorer.app.sessions.autosave import Autosave
from tests.patience import PATIENCE


def autosave(failed=None, pause=0.0):
    return Autosave(failed or print, pause=pause, retry=0.0)


def test_what_comes_while_a_write_is_slow_is_replaced_by_the_newest():
    written, begun, go_on = [], threading.Event(), threading.Event()

    def slowly():
        begun.set()
        assert go_on.wait(PATIENCE)
        written.append("slow")

    saving = autosave()
    saving.put(slowly)  # returns, while the disk does not
    assert begun.wait(PATIENCE)
    for number in range(100):
        saving.put(lambda number=number: written.append(number))
    assert written == []
    assert not saving.flush(patience=0.0)
    go_on.set()
    assert saving.flush(PATIENCE)
    assert written == ["slow", 99]


def test_the_last_is_written_at_once_however_long_the_pause_is():
    written = []
    saving = autosave(pause=1e6)
    saving.put(lambda: written.append("first"))
    assert saving.flush(PATIENCE)
    saving.put(lambda: written.append("second"))
    assert saving.finish(lambda: written.append("last"), PATIENCE)
    assert written[0] == "first"
    assert written[-1] == "last"


def test_a_failure_is_said_once_and_tried_again_until_it_succeeds():
    errors, attempts, succeeded = [], [], threading.Event()

    def write():
        attempts.append(1)
        if len(attempts) < 5:
            raise OSError(28, "No space left on device")
        succeeded.set()

    saving = autosave(errors.append)
    saving.put(write)
    assert succeeded.wait(PATIENCE)
    assert saving.flush(PATIENCE)
    assert [error.errno for error in errors] == [28]
    assert len(attempts) == 5


def test_what_fails_at_the_end_is_no_success():
    def fail():
        raise OSError(28, "No space left on device")

    errors = []
    assert not autosave(errors.append).finish(fail, PATIENCE)
    assert len(errors) == 1
