"""Where exact values take long, a preview follows the hand, and they come when it rests."""

import re

import numpy as np
import pytest
from qtpy.QtCore import Qt

from tests.app.driver import write_nifti
from tests.patience import PATIENCE

TITLE = "Total Σ λ L"


@pytest.fixture
def atlas(tmp_path):
    """40 slabs of three slices."""
    path = tmp_path / "atlas.nii.gz"
    write_nifti(
        path,
        np.repeat(np.arange(40, dtype=np.uint8), 3)[:, None, None] * np.ones((1, 24, 25), np.uint8),
    )
    return path


def engine_text(driver):
    """What the engine's label says, the colour of its dot, and the last line of its tip."""
    label = driver.window.menuBar().cornerWidget()
    *_, dot = re.findall('color: (#[0-9a-f]+)">', label.text())
    return label.text(), dot, label.toolTip().splitlines()[-1]


@pytest.mark.slow  # every kind of step is compiled for 40 classes
def test_a_preview_says_so_until_the_exact_values_are_there(driver, atlas):
    driver.open(atlas)
    title, card = driver.losses.total.title, driver.losses.cards["dice"]
    titles, on_cards, engine = [], [], []

    def look(_):
        engine.append(engine_text(driver))
        titles.append(title.text())
        on_cards.append((card.preview.isVisible(), card.preview.toolTip()))

    connection = driver.controller.answered.connect(look)
    row = driver.row("", "softness")
    driver.answers.clear()
    # Every kind of step is compiled for the first time.
    driver.settle(lambda: driver.type(row.line, "2"))
    driver.controller.answered.disconnect(connection)
    preview, exact = driver.answers[0], driver.answers[-1]
    assert "of the 40 classes, at most 16" in preview.preview
    assert titles[0] == f"{TITLE} · preview"
    assert exact.preview == ""
    # The dot is green where all that is shown is exact.
    palette = driver.window.context.themes.palette
    assert "preview" in engine[0][0]
    assert engine[0][1:] == (palette.warning, preview.preview)
    assert "preview" not in engine[-1][0]
    assert engine[-1][1] == palette.good
    assert titles[-1] == title.text() == TITLE
    assert on_cards[0] == (True, preview.preview)
    assert on_cards[-1] == (False, "")
    assert title.toolTip() == ""
    assert exact.total == pytest.approx(preview.total, rel=0.01)
    assert driver.is_current(exact)


def test_where_the_answer_is_late_the_engine_does_not_look_idle(driver, monkeypatch, qtbot):
    palette = driver.window.context.themes.palette
    driver.settle(lambda: driver.session.set_control("shift_x", 2.0))
    text, dot, _ = engine_text(driver)
    assert dot == palette.good
    assert "computing" not in text
    with monkeypatch.context() as held:
        held.setattr(type(driver.controller.client), "ask", lambda *_: None)
        driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: "computing…" in engine_text(driver)[0], timeout=1000 * PATIENCE)
        assert engine_text(driver)[1] == palette.warning
    driver.answer(driver.controller.ask)
    text, dot, _ = engine_text(driver)
    assert "computing" not in text
    assert dot == palette.good
