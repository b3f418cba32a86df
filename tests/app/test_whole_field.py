"""Losses that need the whole field: not while the hand moves, with progress, and with a cancel.

The engine's Hausdorff loss waits for a file after its first class: it would not end by itself.
"""

import itertools
import math
import os
import signal

import numpy as np
import pytest
from qtpy.QtCore import Qt

from lossexplorer.engine.messages import TOTAL, LossSetting
from lossexplorer.losses import LOSSES
from tests.app.driver import Driver, small_labels, write_nifti
from tests.patient_bot import PatientBot
from tests.stand_in import gate_hausdorff

EDGE = 0.5  # mm, of a voxel along x
_softness = itertools.count(1)  # each test has its own: the engine remembers values


@pytest.fixture(scope="module")
def opened(qapp, request, tmp_path_factory):
    """A window with the loss on its last card, and what the loss waits for."""
    folder = tmp_path_factory.mktemp("gated")
    path = write_nifti(folder / "small.nii.gz", small_labels())
    with pytest.MonkeyPatch.context() as patch:
        gate = gate_hausdorff(patch, folder)
        driver = Driver(PatientBot(request))
        driver.start(path)
        driver.session.add_loss("hausdorff")
        yield driver, gate
        driver.close()


@pytest.fixture
def gate(opened):
    return opened[1]


@pytest.fixture
def driver(opened, gate, qtbot):
    """The window with everything computed, and the gate closed."""
    driver, _ = opened
    driver.bot = qtbot
    gate.touch()
    driver.session.reset_controls()
    driver.session.show(loss="dice")
    for loss in ("dice", "hausdorff"):
        driver.session.set_weight(loss, 1.0)
    driver.viewer.dims.set_current_step(0, 3)
    softness = 1 + next(_softness) / 16
    driver.settle(lambda: driver.session.set_control("softness", softness))
    gate.unlink()
    driver.answers.clear()
    driver.statuses[:-1] = []
    return driver


@pytest.fixture(scope="module")
def value(opened):
    """What the pipeline in this process computes of what is set, moved by some voxels."""
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.volume import Volume

    driver, _ = opened
    volume = driver.session.volume
    names = tuple(c.name for c in volume.classes)
    here = Pipeline(Volume(volume.labels, names, volume.spacing))
    setting = LossSetting("hausdorff", LOSSES["hausdorff"].complete({}))

    def value(voxels):
        controls = {**driver.session.state.experiment.controls, "shift_x": voxels * EDGE}
        (result,) = here.results([setting], controls)
        return result.value

    return value


def shift(driver):
    """Press a key on a slider."""
    driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right)


def until_computing(driver, act):
    """Do something and wait until the loss is computed, as far as it gets."""
    return driver.wait(driver.controller.progressed, act, check=lambda progress: progress.done == 1)


def row(driver):
    return driver.losses.cards["hausdorff"].whole_field


def gradient(driver):
    return driver.painted("gradient")


@pytest.mark.slow
def test_a_move_is_answered_without_it_and_at_rest_it_arrives(driver, gate, value):
    former = driver.card_text("hausdorff")
    answer = driver.answer(lambda: shift(driver))
    total = driver.losses.total
    assert "without Hausdorff distance" in total.title.toolTip()
    assert total.title.text() == "Total Σ λ L · preview"
    assert answer.total == pytest.approx(sum(r.value for r in answer.losses if not r.pending))
    assert driver.card_text("hausdorff") == former
    history, classes = driver.plots.widgets["history"], driver.plots.widgets["classes"]
    steps = len(history.series("dice"))
    assert math.isnan(history.series("hausdorff")[-1])
    assert math.isnan(history.series(TOTAL)[-1])
    assert math.isfinite(history.series("dice")[-1])
    driver.plots.setCurrentWidget(classes)  # it is drawn when it can be seen
    assert not classes.items_of["hausdorff"].opts["height"].any()
    assert classes.items_of["dice"].opts["height"].any()

    until_computing(driver, lambda: None)
    assert row(driver).words.text() == "computing… 1 of 3 classes"
    assert row(driver).bar.isVisible()
    driver.settle(gate.touch)
    expected = value(1)
    assert driver.card_text("hausdorff") == f"{expected:.4f}"
    assert driver.card_text("hausdorff") != former
    assert not row(driver).bar.isVisible()
    assert total.title.text() == "Total Σ λ L"
    assert len(history.series("dice")) == steps
    assert history.series("hausdorff")[-1] == pytest.approx(expected, rel=1e-12)
    assert history.series(TOTAL)[-1] == driver.answers[-1].total
    assert classes.items_of["hausdorff"].opts["height"].any()
    driver.plots.setCurrentWidget(driver.plots.widgets["response"])
    curves = driver.plots.widgets["response"]
    assert len(curves.curve("hausdorff")) == len(curves.curve("dice")) > 10
    assert all(map(math.isfinite, curves.curve("hausdorff").values()))
    assert not driver.window.messages.isVisible()


@pytest.mark.slow
def test_what_it_waits_for_is_said_with_a_cancel(driver, gate):
    """At rest the points of the response curves come first."""
    seen, shown = [], row(driver)

    def look(done, points):
        visible = (shown.bar.isVisible(), shown.canceller.isVisible(), shown.bar.maximum())
        seen.append((done, points, shown.words.text(), visible))

    driver.controller.waited.connect(look)
    until_computing(driver, lambda: shift(driver))
    driver.controller.waited.disconnect(look)
    points = seen[0][1]
    assert points > 10
    *before, last = seen
    for done, of, words, visible in before:
        assert words == f"after the curves: {done} of {points}"
        assert (of, visible) == (points, (True, True, points))
    assert [done for done, *_ in seen] == sorted({done for done, *_ in seen})
    # Of points that take longer than two seconds together it waits for some.
    assert 0 < last[0] == last[1]
    assert last[2:] == ("computing…", (True, True, 0))

    grow = driver.row("", "grow").slider  # other curves, whose points are not known
    driver.wait(
        driver.controller.waited,
        lambda: driver.press(grow, Qt.Key.Key_Right),
        check=lambda done, points: done < points,
    )
    driver.settle(lambda: driver.click(shown.canceller))
    assert shown.words.text() == "not computed for these values"
    assert not gate.exists()  # it would have waited for that


@pytest.mark.slow
def test_a_move_does_not_wait_for_it(driver, gate, value):
    until_computing(driver, lambda: shift(driver))
    for _ in range(3):
        answer = driver.answer(lambda: shift(driver))
        assert answer.preview
        until_computing(driver, lambda: None)
    driver.settle(gate.touch)
    assert driver.card_text("hausdorff") == f"{value(4):.4f}"
    assert len(driver.statuses) == 1  # the same engine all the time


@pytest.mark.slow
def test_it_is_cancelled_until_something_changes_or_it_is_wanted(driver, gate, value):
    until_computing(driver, lambda: shift(driver))
    driver.settle(lambda: driver.click(row(driver).canceller))
    assert row(driver).words.text() == "not computed for these values"
    assert set(driver.plots.widgets["response"].curve("dice"))
    told = []
    driver.controller.progressed.connect(told.append)
    # Another slice changes nothing of what it depends on.
    driver.settle(lambda: driver.viewer.dims.set_current_step(0, 2))
    assert row(driver).computer.isVisible()
    assert not told
    until_computing(driver, lambda: driver.click(row(driver).computer))
    driver.settle(lambda: driver.click(row(driver).canceller))
    assert row(driver).computer.isVisible()
    until_computing(driver, lambda: shift(driver))
    driver.settle(gate.touch)
    assert driver.card_text("hausdorff") == f"{value(2):.4f}"


@pytest.mark.slow
def test_what_is_painted_has_its_gradient_at_rest(driver, gate):
    """Its colours are fitted to it, and not to what was painted before."""
    driver.session.set_weight("hausdorff", 0.0)
    driver.session.set_weight("dice", 100.0)
    driver.answer(lambda: driver.session.show(loss=TOTAL))
    before = driver.canvas.maps.gradient_limit
    until_computing(
        driver,
        lambda: [driver.session.set_control("grow", 0.2), driver.session.show(loss="hausdorff")],
    )
    assert np.isnan(gradient(driver)).all()
    status = driver.window.statusBar().currentMessage()
    assert status == "The gradient of Hausdorff distance is computed when nothing moves."
    probed = []
    driver.window.stage.probed.connect(probed.append)
    driver.canvas.pointer.probed.emit((driver.session.state.view.plane.index, 3, 4))
    assert probed[-1].endswith("NaN")
    assert driver.canvas.maps.gradient_limit == before
    driver.settle(gate.touch)
    assert np.isfinite(gradient(driver)).all()
    assert gradient(driver).any()
    assert driver.canvas.maps.gradient_limit < before / 10
    assert driver.canvas.maps.gradient_limit == pytest.approx(
        np.abs(gradient(driver)).max(), rel=0.1
    )
    assert driver.window.statusBar().currentMessage() == ""

    # What is known is there at once, in another slice, too.
    gate.unlink()
    driver.settle(lambda: driver.viewer.dims.set_current_step(0, 2))
    assert np.isfinite(gradient(driver)).all()


@pytest.mark.slow
def test_killed_while_it_computes_the_next_values_are_right(driver, gate, value):
    until_computing(driver, lambda: shift(driver))
    os.kill(driver.statuses[-1].info.pid, signal.SIGKILL)
    driver.wait(
        driver.controller.answered,
        gate.touch,
        check=lambda answer: not any(result.pending for result in answer.losses),
    )
    assert driver.card_text("hausdorff") == f"{value(1):.4f}"
