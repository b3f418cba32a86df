"""Neither process grows, however long sliders are moved and volumes opened in the window."""

import itertools
from functools import partial

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from tests.app.driver import children, write_nifti
from tests.resident import Resident, on_linux

pytestmark = [on_linux, pytest.mark.alone]

SLIDERS = ("softness", "grow", "shift_x", "shift_y", "confidence")
# Of all that is done, before memory is looked at: what is compiled or made only once has been.
WARM_UP = 0.6
KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
slow, long = pytest.mark.slow, pytest.mark.long


def both(driver):
    """The window's process and its engine's."""
    (engine,) = children()
    return Resident(), Resident(engine)


def forget(driver):
    """Drop what the test's own driver keeps of every answer."""
    driver.answers.clear()


def visit_every_recipe(driver):
    """Have compiled what is compiled where a control acts, and where it does not."""

    def use(**values):
        for name, value in values.items():
            driver.session.set_control(name, value)

    for softness, confidence, shift in itertools.product((1.0, 0.0), (0.9, 1.0), (1.0, 0.0)):
        driver.answer(partial(use, softness=softness, confidence=confidence, shift_x=shift))


@pytest.mark.parametrize(
    "events", [pytest.param(360, marks=slow), pytest.param(10_000, marks=long)]
)
@pytest.mark.timeout(3600)
def test_slider_events(driver, events):
    random = np.random.default_rng(4)
    sliders = [driver.row("", name).slider for name in SLIDERS]
    sliders.append(driver.expand("tversky").rows["alpha"].slider)
    watched = both(driver)

    def burst(length):
        before = driver.session.state
        while driver.session.state == before:  # a key at a slider's end moves nothing
            for _ in range(length):
                QTest.keyClick(
                    sliders[random.integers(len(sliders))], KEYS[random.integers(len(KEYS))]
                )

    visit_every_recipe(driver)
    driver.settle(lambda: driver.session.set_control("softness", 1.0))  # and what comes at rest
    length = max(12, events // 200)
    for number in range(events // length):
        driver.answer(lambda: burst(length))
        forget(driver)
        if number * length >= WARM_UP * events:
            for process in watched:
                process.sample()
    for process in watched:
        process.assert_flat()


@pytest.mark.parametrize("changes", [pytest.param(24, marks=slow), pytest.param(200, marks=long)])
@pytest.mark.timeout(3600)
def test_volume_changes(driver, tmp_path, changes):
    """Six volumes of different shapes and classes, opened again and again."""
    random = np.random.default_rng(5)
    files = []
    for number in range(6):
        shape = random.integers(8, 24, 3)
        labels = random.integers(0, 2 + number % 3, shape).astype(np.uint8)
        files.append(write_nifti(tmp_path / f"{number}.nii.gz", labels))
    driver.answer(lambda: driver.session.set_control("softness", 1.0))
    watched = both(driver)
    for number, path in zip(range(changes), itertools.cycle(files), strict=False):
        driver.open(path)
        forget(driver)
        if number >= WARM_UP * changes:
            for process in watched:
                process.sample()
    for process in watched:
        process.assert_flat()
