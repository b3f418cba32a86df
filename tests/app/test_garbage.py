"""In which thread what only Python keeps ends."""

import threading
import weakref

from qtpy.QtCore import QObject


class Kept(QObject):
    """Refers to itself, so that it ends when garbage is looked for."""

    def __init__(self):
        super().__init__()
        self.itself = self


def make_garbage(count=100_000):
    """Far more than Python waits for before it looks for cycles by itself."""
    for _ in range(count):
        made = []
        made.append(made)


def test_what_only_python_keeps_ends_in_the_main_thread(qapp, qtbot):
    ended = []
    weakref.finalize(Kept(), lambda: ended.append(threading.current_thread()))
    thread = threading.Thread(target=make_garbage)
    thread.start()
    thread.join()
    assert not ended
    qtbot.waitUntil(lambda: bool(ended))
    assert ended == [threading.main_thread()]
