"""The plots of slices and of samples in the window: closed forms, and where a click leads."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QToolTip

from tests.app.driver import EDGES, Closed, shifted, small_labels, tumour, write_nifti
from tests.app.test_plots import hover, pixel_of


def test_each_slice_has_its_voxels_and_a_click_goes_there(driver):
    driver.session.set_control("shift_x", 3 * EDGES[2])
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    closed = Closed(shifted(tumour(), x=3), 0.9)
    driver.plots.look_at("slices")
    record = driver.controller.records
    driver.bot.waitUntil(lambda: "dice" in record["slices"].sums)
    sums = record["slices"].sums
    truth, decided = tumour() == 1, closed.p[1] > 0.5
    for name, field in (
        ("truth", truth), ("prediction", closed.p[1]),
        ("false positive", decided & ~truth), ("false negative", truth & ~decided),
        ("dice", closed.gradient("dice", "logit") ** 2),
    ):  # fmt: skip
        np.testing.assert_allclose(sums[name], field.sum(axis=(1, 2)), rtol=1e-4)
    plot = driver.plots.widgets["slices"]
    fullest = int(truth.sum(axis=(1, 2)).argmax())
    hover(plot, pixel_of(plot, fullest + 1, 0.5))
    said = QToolTip.text().splitlines()
    assert said[0] == f"z {fullest + 1}"
    QTest.mouseClick(
        plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(plot, fullest + 1, 0.5)
    )  # fmt: skip
    driver.bot.waitUntil(lambda: driver.session.state.view.plane.index == fullest + 1)
    assert plot.here.value() == fullest + 1


def test_a_class_beside_terms_of_a_batch_has_the_voxels_of_all_samples(driver, tmp_path):
    """Also one that the sample on screen has no voxel of."""
    both = small_labels()
    one = np.where(both == 7, 0, both)
    files = [write_nifti(tmp_path / f"{n}.nii", each) for n, each in enumerate((one, both))]
    driver.opening(lambda: driver.files.open([str(file) for file in files]))
    sizes = np.bincount(one.ravel(), minlength=8) + np.bincount(both.ravel())
    driver.plots.look_at("classes")
    plot = driver.plots.widgets["classes"]
    for sample in (1, 0):
        driver.answer(lambda sample=sample: driver.session.show(sample=sample))
        for place, number in enumerate((0, 3, 7)):
            hover(plot, pixel_of(plot, place, 0.1))
            assert QToolTip.text().splitlines()[0].endswith(f" · {sizes[number]:,} voxels")
        ticks = plot.getPlotItem().getAxis("bottom")._tickLevels[0]
        assert [name for _, name in sorted(ticks)] == ["background", "class 3", "class 7"]
        assert "absent" not in driver.texts(driver.losses.cards["dice"])
    driver.action("Copy the Plot's Values").trigger()
    lines = [x.split(",") for x in QApplication.clipboard().text().splitlines() if x[0] != "#"]
    assert [int(line[2]) for line in lines[1:]] == sizes[[0, 3, 7]].tolist()


def test_another_sample_has_the_same_shares_of_the_gradient(driver, tmp_path):
    """They are the batch's: the bar was empty until a slider moved, for nothing is asked again."""
    files = [write_nifti(tmp_path / f"{n}.nii", small_labels(n)) for n in range(2)]
    driver.opening(lambda: driver.files.open([str(file) for file in files]))
    driver.settle(lambda: driver.session.set_control("shift_x", 0.5))
    bar = driver.losses.total.gradients
    shares = bar.shares
    assert sum(share for _, share in shares) == pytest.approx(1)
    driver.settle(lambda: driver.session.show(sample=1))
    assert bar.shares == shares
    assert bar.isEnabled()


def test_each_sample_has_its_dice_and_a_click_shows_it(driver, tmp_path):
    labels = small_labels()
    driver.open(write_nifti(tmp_path / "boxes.nii", labels))
    halves = driver.session.case.with_patch((6, 8, 6))
    driver.answer(lambda: driver.session.see(halves))
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    driver.plots.look_at("samples")
    record = driver.controller.records
    driver.bot.waitUntil(lambda: bool(record["samples"].values))
    expected = []
    for half in (labels[..., :6], labels[..., 6:]):
        g = np.array([(half == c).sum() for c in (0, 3, 7)], float)
        i, mass = 0.9 * g, 0.9 * g + 0.05 * (half.size - g)
        expected.append((1 - 2 * i / (mass + g)).mean())
    assert record["samples"].values["dice"] == pytest.approx(expected, rel=1e-6)
    assert record["samples"].pooled["dice"] == pytest.approx(np.mean(expected), rel=1e-6)
    plot = driver.plots.widgets["samples"]
    QTest.mouseClick(
        plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(plot, 1, 0.1)
    )  # fmt: skip
    driver.bot.waitUntil(lambda: driver.session.state.view.sample == 1)
    assert plot.here.getRegion() == (0.5, 1.5)
    said = [each.text() for each in driver.window.statusBar().findChildren(QLabel)]
    assert any(each.startswith("sample 2 of 2  ·  voxel 0.5") for each in said)
    for name, known in (
        ("slices", lambda each: each.of == "class 3 of sample 2" and each.sums),
        ("profile", lambda each: each.of == "class 3 of sample 2" and each.values),
        ("gradient_parts", lambda each: each.of == "class 3 of sample 2" and each.where),
        ("confusion", lambda each: each.samples == 2 and each.voxels is not None),
    ):
        driver.plots.look_at(name.partition("_")[0])
        driver.bot.waitUntil(lambda name=name, known=known: bool(known(record[name])))
    axis = driver.plots.widgets["confusion"].getPlotItem().getAxis("bottom")
    assert "in all 2 samples" in axis.labelText
    sizes = np.bincount(labels.ravel())[[0, 3, 7]]
    assert record["confusion"].voxels.sum(axis=1) == pytest.approx(sizes)
    driver.plots.look_at("samples")
    driver.action("Copy the Plot's Values").trigger()
    rows = [x.split(",") for x in QApplication.clipboard().text().splitlines() if x[0] != "#"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "pooled"]
