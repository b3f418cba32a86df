"""What comes from other threads runs in the window's, as long as there is one."""

import threading

import shiboken6

from lossexplorer.app.engine_bridge import MainThread, engine_client


def test_what_another_thread_delivers_runs_in_this_one(qapp, qtbot):
    bridge, ran = MainThread(), []
    deliver = threading.Thread(
        target=lambda: bridge.run(lambda: ran.append(threading.current_thread()))
    )
    deliver.start()
    qtbot.waitUntil(lambda: bool(ran))
    deliver.join()
    assert ran == [threading.main_thread()]


def test_after_the_program_s_end_nothing_is_delivered_and_nothing_raised(qapp):
    bridge, ran = MainThread(), []
    shiboken6.delete(bridge)
    bridge.run(lambda: ran.append(1))
    qapp.processEvents()
    assert ran == []


def test_a_client_says_that_its_engine_is_not_started(qapp):
    client = engine_client()
    assert client.status.state == "starting"
    assert client.status.info is None
    client.close()
