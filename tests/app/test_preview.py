"""Where exact values take long, a preview follows the hand, and they come when it rests."""

import numpy as np
import pytest

from tests.app.driver import write_nifti

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


@pytest.mark.slow  # every kind of step is compiled for 40 classes
def test_a_preview_says_so_until_the_exact_values_are_there(driver, atlas):
    driver.open(atlas)
    title, card = driver.losses.total.title, driver.losses.cards["dice"]
    titles, on_cards = [], []

    def look(_):
        titles.append(title.text())
        on_cards.append((card.preview.isVisible(), card.preview.toolTip()))

    connection = driver.controller.answered.connect(look)
    row = driver.row("", "softness")
    driver.answers.clear()
    # Every kind of step is compiled for the first time, and the curves come before exact values.
    driver.settle(lambda: driver.type(row.line, "2"))
    driver.controller.answered.disconnect(connection)
    preview, exact = driver.answers[0], driver.answers[-1]
    assert "of the 40 classes, at most 16" in preview.preview
    assert titles[0] == f"{TITLE} · preview"
    assert exact.preview == ""
    assert titles[-1] == title.text() == TITLE
    assert on_cards[0] == (True, preview.preview)
    assert on_cards[-1] == (False, "")
    assert title.toolTip() == ""
    assert exact.total == pytest.approx(preview.total, rel=0.01)
    assert driver.is_current(exact)
