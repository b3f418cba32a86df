"""The engine is killed and fails, and the window goes on."""

import os
import signal

import pytest
from qtpy.QtCore import QTimer

from tests.app.driver import Closed, children, is_running, shifted, tumour


def engine_pid(driver):
    return next(s.info.pid for s in reversed(driver.statuses) if s.info is not None)


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def assert_shifted_by_one(driver):
    assert driver.card_text("dice") == f"{Closed(shifted(tumour(), x=1)).value('dice'):.4f}"


def shift_by_one(driver):
    driver.session.set_control("shift_x", 0.78125)


@pytest.mark.slow
def test_an_engine_killed_while_idle_is_replaced_at_once(driver):
    driver.answer(lambda: driver.session.set_parameter("tversky", "alpha", 0.5))
    driver.settle(lambda: driver.session.set_control("shift_y", 0.78125))
    former, state = engine_pid(driver), driver.session.state
    loading = []

    def loaded_again(status):
        loading.append(status.state)
        return loading[-2:] == ["loading", "ready"]

    # Nothing is asked: the next drag finds an engine that holds the volume.
    driver.wait(driver.controller.engine_changed, lambda: kill(former), check=loaded_again)
    assert loading == ["restarting", "ready", "loading", "ready"]
    assert engine_pid(driver) != former
    assert not is_running(former)
    assert driver.session.state == state
    driver.answer(lambda: driver.session.set_control("shift_y", 0.0))
    driver.answer(lambda: shift_by_one(driver))
    assert_shifted_by_one(driver)


@pytest.mark.slow
def test_an_engine_killed_during_an_answer_is_asked_again(driver):
    # Nothing is in flight any more, so the next question is.
    driver.settle(lambda: driver.session.set_control("shift_y", 0.78125))
    former, seen = engine_pid(driver), len(driver.answers)

    def ask_and_kill():
        shift_by_one(driver)
        kill(former)

    driver.answer(ask_and_kill)
    assert engine_pid(driver) != former
    closed = Closed(shifted(tumour(), x=1, y=1))
    assert driver.card_text("dice") == f"{closed.value('dice'):.4f}"
    assert driver.value("", "shift_x") == driver.value("", "shift_y") == 0.78125
    assert len(driver.answers) == seen + 1
    assert not driver.window.messages.isVisible()


@pytest.mark.slow
def test_an_engine_that_dies_again_and_again_is_given_up_until_the_user_says_so(driver):
    killing = True

    def kill_the_next(status):
        # The process is made after it is announced.
        if killing and status.state in ("starting", "restarting"):
            QTimer.singleShot(0, lambda: [kill(pid) for pid in children()])

    driver.controller.engine_changed.connect(kill_the_next)
    try:
        kill(engine_pid(driver))
        failed = driver.wait(
            driver.controller.engine_changed,
            lambda: shift_by_one(driver),
            check=lambda status: status.state == "failed",
        )
        assert "4 times" in failed.message
        messages = driver.window.messages
        assert messages.isVisible()
        assert messages.text.text() == failed.message
        assert children() == set()
        assert driver.value("", "shift_x") == 0.78125

        # Opening another volume does not take the remedy away.
        driver.wait(
            driver.files.opened,
            lambda: driver.files.open(["sample:tumour"]),
        )
        assert messages.isVisible()
        killing = False
        button = driver.button(messages, "Start it again")
        driver.answer(lambda: driver.click(button))
        assert not messages.isVisible()
        assert_shifted_by_one(driver)
    finally:
        driver.controller.engine_changed.disconnect(kill_the_next)
