"""Explore and Learn: a switch, keys, and each its panels, menus, canvas and arrangement."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QApplication

from lossexplorer.app.settings import SettingsStore
from lossexplorer.core.numbers import tidy
from lossexplorer.viewer.panes.cells import TITLE_SIZE
from tests.app.test_panels import drag

EXPLORE, LEARN = ("controls", "losses", "plots"), ("training", "outputs", "network", "run_plots")


def settle():
    for _ in range(3):
        QApplication.processEvents()


def shown(learner):
    return {panel for panel in (*EXPLORE, *LEARN) if learner.panels.is_shown(panel)}


def segments(learner):
    from lossexplorer.app.widgets.workspace_switch import WorkspaceSwitch

    return learner.window.findChild(WorkspaceSwitch)


def test_the_switch_shows_the_panels_of_a_workspace(learner):
    switch = segments(learner).segments
    assert shown(learner) == set(LEARN)
    learner.click(switch["explore"])
    settle()
    assert shown(learner) == set(EXPLORE)
    assert learner.session.state.view.workspace == "explore"
    learner.click(switch["learn"])
    settle()
    assert shown(learner) == set(LEARN)
    assert switch["learn"].isChecked()
    assert not switch["explore"].isChecked()


def test_keys_do_the_same(learner):
    learner.shortcut("Alt+1")
    assert shown(learner) == set(EXPLORE)
    assert segments(learner).segments["explore"].isChecked()
    learner.shortcut("Alt+2")
    assert shown(learner) == set(LEARN)


def test_the_switch_is_in_the_middle_of_the_menu_bar(learner):
    for width in (1280, 1600):
        learner.resize(width, 800)
        settle()
        switch = segments(learner)
        middle = switch.mapTo(learner.window, switch.rect().center()).x()
        assert abs(middle - width / 2) <= 1


def test_menus_and_shortcuts_are_those_of_the_workspace(learner):
    def titles():
        actions = learner.window.menuBar().actions()
        return [a.text().replace("&", "") for a in actions if a.isVisible()]

    assert "Training" in titles()
    assert "Prediction" not in titles()
    learner.shortcut("Alt+1")
    settle()
    assert "Training" not in titles()
    assert "Prediction" in titles()
    learner.shortcut("N")
    settle()
    assert learner.run.step == 0
    assert not learner.stub.turns
    learner.shortcut("Alt+2")


def test_each_workspace_keeps_its_arrangement(learner):
    learner.shortcut("Alt+1")
    settle()
    learner.action("Reset Panels").trigger()
    settle()
    explored = learner.panels.widget("controls").width()  # texts may need more than at first
    learner.shortcut("Alt+2")
    settle()
    left = learner.panels.widget("training")
    width = left.width()
    start = left.mapTo(learner.window, QPoint(left.width() + 2, 300))
    drag(learner.window, start, start + QPoint(60, 0))
    assert left.width() == width + 60
    learner.shortcut("Alt+1")
    settle()
    assert learner.panels.widget("controls").width() == explored
    learner.action("Losses").trigger()
    settle()
    learner.shortcut("Alt+2")
    settle()
    assert left.width() == width + 60
    assert shown(learner) == set(LEARN)
    learner.action("Reset Panels").trigger()
    settle()
    assert left.width() == width
    learner.shortcut("Alt+1")
    settle()
    assert shown(learner) == {"controls", "plots"}
    learner.action("Reset Panels").trigger()
    settle()
    assert shown(learner) == set(EXPLORE)


def test_the_canvas_shows_three_maps_of_the_run_in_a_row(learner):
    grid = learner.viewer.canvas.grid
    assert grid.actual_shape(learner.viewer.layers) == (1, 3)
    learner.train_steps(2)
    titles = {name: cell.map.name for name, cell in learner.canvas.panes.cells.items()}
    assert titles["truth"] == "Image and truth y1"
    assert titles["prediction"] == "Prediction y1 · tumour, step 2"
    assert titles["gradient"] == "∂ (λ₁L₁ + λ₂L₂) / ∂ logit y1"
    # The stub's: the truth moved by four voxels, as sure of itself as there were steps.
    plane = learner.session.state.view.plane
    truth = np.take(np.asarray(learner.session.volume.labels), plane.index, axis=plane.axis) == 1
    expected = 0.1 + 0.8 * np.roll(truth, 4, axis=-1) * 2 / 100
    np.testing.assert_allclose(learner.painted("prediction"), expected, rtol=1e-6)
    learner.shortcut("Alt+1")
    settle()
    assert grid.actual_shape(learner.viewer.layers) == (2, 2)
    assert np.isnan(learner.painted("prediction")).all()  # of no answer yet
    titles = {name: cell.map.name for name, cell in learner.canvas.panes.cells.items()}
    assert (titles["truth"], titles["prediction"]) == ("Truth", "Prediction · tumour")
    learner.shortcut("Alt+2")
    learner.rest()
    np.testing.assert_allclose(learner.painted("prediction"), expected, rtol=1e-6)


def test_the_legend_explains_what_the_shown_output_predicts(learner):
    legend = learner.window.legend
    assert (legend.least.text(), legend.most.text()) == ("probability 0", "1")
    learner.session.show(output="y2")
    learner.rest()
    low, high = learner.canvas.panes.cells["prediction"].map.contrast_limits
    painted = learner.painted("prediction")
    assert low == pytest.approx(painted.min())
    assert high > low
    assert (legend.least.text(), legend.most.text()) == (f"prediction {tidy(low)}", tidy(high))
    learner.session.show(output="y1")
    learner.rest()
    assert (legend.least.text(), legend.most.text()) == ("probability 0", "1")


def test_the_legend_says_where_a_probability_is_too_small_to_be_seen(learner):
    """Of 27 classes an untrained network predicts 1/27 for each, which is nearly transparent."""
    run = learner.run
    painted = np.full(run.maps.probability.shape, 1 / 27, np.float32)
    learner.window.stage.show_run(replace(run, maps=replace(run.maps, probability=painted)))
    learner.window.stage.finish()
    assert learner.window.legend.most.text() == "1, here at most 0.037"
    learner.shortcut("Alt+1")
    settle()
    assert learner.window.legend.most.text() == "1"


def test_titles_stand_on_a_box_of_their_own_where_there_is_an_image(learner):
    assert learner.session.volume.image is not None
    overlays = [cell.map.name_overlay for cell in learner.canvas.panes.cells.values()]
    assert all(overlay.box for overlay in overlays)  # an image may be as white as the texts


def test_the_letter_of_a_direction_is_below_the_titles(learner):
    letter = learner.canvas.directions.panes[0]["top"]
    lines = QFontMetrics(learner.window.font()).height() * TITLE_SIZE / 9
    assert letter.isVisible()
    assert letter.geometry().top() >= lines


def test_another_slice_of_the_run_is_painted(learner):
    learner.train_steps(1)
    learner.viewer.dims.set_current_step(0, 12)
    learner.rest()
    assert learner.session.state.view.plane.index == 12
    assert learner.stub.turns[-1].painted.plane.index == 12
    assert not np.isnan(learner.painted("prediction")).any()


def test_in_learn_the_engine_is_asked_nothing_of_explore(learner):
    asked = []
    client = learner.controller.client
    ask, client.ask = client.ask, asked.append
    try:
        learner.viewer.dims.set_current_step(0, 11)
        learner.session.show(class_index=0)
        assert not asked
        learner.session.show(class_index=1)
        learner.shortcut("Alt+1")
        learner.bot.waitUntil(lambda: bool(asked))
    finally:
        client.ask = ask
    learner.shortcut("Alt+2")


@pytest.mark.slow  # a window of its own
def test_an_arrangement_of_learn_is_remembered_between_runs(make_driver, tmp_path):
    path = tmp_path / "settings.json"

    def make():
        driver = make_driver(prepare=False, settings=SettingsStore(path))
        driver.session.show(workspace="learn")
        settle()
        return driver

    first = make()
    first.action("Network").trigger()
    first.session.show(workspace="explore")
    settle()
    first.window.close()
    second = make()
    assert not second.panels.is_shown("network")
    assert second.panels.is_shown("training")
    second.session.show(workspace="explore")
    settle()
    assert {p for p in EXPLORE if second.panels.is_shown(p)} == set(EXPLORE)


@pytest.mark.slow  # a window of its own
def test_without_a_volume_learn_says_what_to_do(make_driver):
    driver = make_driver(prepare=False)
    assert driver.window.focusWidget() is driver.window.stage  # Space is no button's
    driver.session.show(workspace="learn")
    settle()
    panel = driver.panels.widget("training")
    assert "Open a volume to train on it: File › Open, or drop a file here." in driver.texts(panel)
    assert not panel.training.train.isEnabled()
    assert not driver.action("Train").isEnabled()
    assert panel.training.state.text() == "no network yet"
