"""What the window shows, set by a hand, is what the commands print for the same files.

Each plot and each kind of pane once, of two small files, of one with 84 classes, of one with 300
instances and of a batch of 8. The commands are processes of their own, so that neither the window
nor what it remembers has a part in the numbers.
"""

import csv
import json
import subprocess
import sys
from functools import cached_property

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolTip

from lossexplorer.session.panes import DEFAULT_PANES, Pane
from tests.app.driver import small_labels, write_nifti
from tests.app.test_plots import hover, pixel_of
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

SET = ("--set", "shift_x=1.5", "--set", "confidence=0.9")
LOSSES = ("dice", "generalized_dice", "tversky", "iou", "cross_entropy")
VOLUMES = ("probabilities", "labels", "error", "gradient")


def run(*arguments):
    command = [sys.executable, "-m", "lossexplorer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)


def blocks(count, size, cells):
    """So many blocks (z, y, x), the first with the id 1, each in a cell that has a voxel more."""
    labels = np.zeros([1 + n * (edge + 1) for n, edge in zip(cells, size, strict=True)], np.uint16)
    for n in range(count):
        corner = [1 + k * (e + 1) for k, e in zip(np.unravel_index(n, cells), size, strict=True)]
        labels[tuple(slice(at, at + edge) for at, edge in zip(corner, size, strict=True))] = n + 1
    return labels


KINDS = {
    "two": lambda: [small_labels(0), small_labels(1)],
    "84 classes": lambda: [blocks(83, (3, 4, 5), (3, 4, 7))],
    "300 instances": lambda: [blocks(300, (2, 2, 4), (6, 5, 10))],
    "eight": lambda: [np.roll(small_labels(n % 4), n // 4, axis=0) for n in range(8)],
}


class Printed:
    """What the commands say of a batch of small volumes.

    Parameters
    ----------
    folder : Path
        Where the volumes are written.
    kind : str
        Of `KINDS`.

    Attributes
    ----------
    batch : tuple
        The files as arguments of a command.
    values : dict
        By loss, what ``evaluate`` prints of it.
    alone : dict
        By file and loss, the value of the file by itself.
    conventions : list
        What ``conventions`` prints.
    volumes : dict
        By name the first sample's arrays, (class, z, y, x) or, of labels, (z, y, x).
    """

    def __init__(self, folder, kind):
        self.kind, volumes = kind, KINDS[kind]()
        self.files = [folder / f"{n}.nii" for n in range(len(volumes))]
        for file, labels in zip(self.files, volumes, strict=True):
            write_nifti(file, labels)
        also = [word for file in self.files[1:] for word in ("--also", file)]
        self.batch = (self.files[0], *also)
        batch = (*self.batch, *SET)
        pairs, results, out = (folder / n for n in ("pairs.csv", "results.csv", "v.nii.gz"))
        rows = "".join(f"{file.name},\n" for file in self.files)
        pairs.write_text(f"truth,prediction\n{rows}", encoding="utf-8")
        what = ("--what", ",".join(VOLUMES), "--of", "dice")
        evaluated = run("evaluate", *batch, "--json")
        conventions = run("conventions", *batch, "--json")
        run("evaluate", "--manifest", pairs, *SET, "--out", results)
        run("export", "volumes", *batch, *what, "-o", out)
        printed = json.loads(evaluated.stdout)
        self.total, self.classes = printed["total"], printed["truth"]["classes"]
        self.values = {loss["name"]: loss for loss in printed["losses"]}
        self.conventions = json.loads(conventions.stdout)["conventions"]
        with results.open(encoding="utf-8", newline="") as file:
            wholes = [row for row in csv.DictReader(file) if not row["class_id"]]
        self.alone = {(row["case"], row["loss"]): float(row["value"]) for row in wholes}
        self.volumes = {
            name: np.asarray(nib.load(folder / f"v_{name}.nii.gz").dataobj).T for name in VOLUMES
        }

    @cached_property
    def unshifted(self):
        """By loss, its value where nothing is shifted."""
        evaluated = run("evaluate", *self.batch, *SET[2:], "--json")
        return {each["name"]: each["value"] for each in json.loads(evaluated.stdout)["losses"]}

    def terms(self, loss):
        """The terms of all classes, background first."""
        return list(self.values[loss]["per_class"].values())


@pytest.fixture(scope="module", params=KINDS)
def printed(tmp_path_factory, request):
    return Printed(tmp_path_factory.mktemp("printed"), request.param)


@pytest.fixture
def hand(driver, printed):
    """The window with the same files, in which the same is typed."""
    driver.opening(lambda: driver.files.open([str(file) for file in printed.files]))
    driver.answer(lambda: driver.type(driver.row("", "confidence").line, "0.1"))  # 1 − confidence
    driver.settle(lambda: driver.type(driver.row("", "shift_x").line, "1.5"))
    yield driver
    driver.settings.update(panes=DEFAULT_PANES)


def look(driver, plot, record, is_known):
    """Click a plot's tab, and wait for what it shows."""
    driver.plots.look_at(plot)
    driver.bot.waitUntil(lambda: is_known(driver.controller.records[record]))
    QApplication.processEvents()
    return driver.plots.widgets[plot], driver.controller.records[record]


def copied(driver):
    """The lines of the plot's values, as they are copied, without the comments."""
    driver.action("Copy the Plot's Values").trigger()
    lines = QApplication.clipboard().text().splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


def number(text):
    return float(text.replace("−", "-"))


def is_written(text, value):
    """Whether a text is a number to as many digits as it has."""
    digits = len(text.partition(".")[2])
    return number(text) == pytest.approx(value, abs=0.501 * 10.0**-digits)


def test_cards_have_values_terms_and_the_total(hand, printed):
    for loss in LOSSES:
        assert is_written(hand.card_text(loss), printed.values[loss]["value"])
        rows = hand.expand(loss).classes.rows  # of many classes, some
        assert len(rows) == min(4, len(printed.classes))
        for row in rows:
            term = printed.terms(loss)[row.index]
            assert is_written(row.number.text(), term), (loss, row.index)
    total = hand.losses.total
    assert is_written(total.value.text(), printed.total)
    shares = [share for _, share in total.gradients.shares]
    expected = [printed.values[loss]["share_of_gradient"] for loss in LOSSES]
    assert shares == pytest.approx(expected, rel=1e-5)


def test_classes(hand, printed):
    hand.plots.look_at("classes")
    header, *rows = copied(hand)
    for loss in LOSSES:
        found = [float(row[header.index(loss)]) for row in rows]
        assert found == pytest.approx(printed.terms(loss), rel=1e-9)
    plot = hand.plots.widgets["classes"]
    QApplication.processEvents()
    hover(plot, pixel_of(plot, 1, 0.1))
    title, *said = QToolTip.text().splitlines()
    assert title == f"{printed.classes[1]['name']} · {printed.classes[1]['voxels']:,} voxels"
    for line, loss in zip(said, LOSSES, strict=True):
        assert is_written(line.rsplit(" ", 1)[1], printed.terms(loss)[1])


def at_hand(points):
    """The value at the place of a slider where the hand is."""
    (place,) = [place for place in points if place == pytest.approx(1.5)]
    return points[place]


@pytest.mark.parametrize("printed", ["two", "eight"], indirect=True)  # 1.5 mm is a point of both
def test_history_and_response_where_the_hand_is(hand, printed):
    hand.plots.look_at("history")
    header, *rows = copied(hand)
    response = hand.plots.widgets["response"]
    for loss in LOSSES:
        expected = printed.values[loss]["value"]
        assert float(rows[-1][header.index(loss)]) == pytest.approx(expected, rel=1e-9)
        assert at_hand(response.curve(loss)) == pytest.approx(expected, rel=1e-9)


def test_landscape_in_its_middle(hand, printed):
    """Which is known once the coarsest places are; the hand is elsewhere."""
    look(hand, "landscape", "landscape", lambda r: r.stride > 0)
    header, *rows = copied(hand)
    at = {(float(row[0]), float(row[1])): row for row in rows}
    for loss, value in printed.unshifted.items():
        found = float(at[0.0, 0.0][header.index(loss)])
        assert found == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("printed", ["two"], indirect=True)
def test_landscape_at_the_hand(hand, printed):
    plot, record = look(hand, "landscape", "landscape", lambda r: r.stride == 1)
    place = pixel_of(plot, *record.path[-1])
    hover(plot, place)
    value, *axes = QToolTip.text().splitlines()
    assert axes[0].startswith("shift x +1.5")
    assert is_written(value.removeprefix("Dice "), printed.values["dice"]["value"])
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    header, *rows = copied(hand)
    at = {(float(row[0]), float(row[1])): row for row in rows}
    for loss in LOSSES:
        found = float(at[1.5, 0.0][header.index(loss)])
        assert found == pytest.approx(printed.values[loss]["value"], rel=1e-9)


def test_slices(hand, printed):
    _, record = look(hand, "slices", "slices", lambda r: "dice" in r.sums)
    of_class = hand.session.state.view.class_index
    probability = printed.volumes["probabilities"][of_class].astype(float)
    gradient = printed.volumes["gradient"][of_class].astype(float)
    for name, field in (("prediction", probability), ("dice", gradient**2)):
        np.testing.assert_allclose(record.sums[name], field.sum(axis=(1, 2)), rtol=1e-5)
    for name, kind in (("false positive", 2), ("false negative", 3)):
        wrong = printed.volumes["error"][of_class] == kind
        np.testing.assert_array_equal(record.sums[name], wrong.sum(axis=(1, 2)))


def test_samples(hand, printed):
    look(hand, "samples", "samples", lambda r: bool(r.values))
    header, *rows, pooled = copied(hand)
    for loss in LOSSES:
        found = [float(row[header.index(loss)]) for row in rows]
        alone = [printed.alone[file.name, loss] for file in printed.files]
        assert found == pytest.approx(alone, rel=1e-6)
        of_batch = float(pooled[header.index(loss)])
        assert of_batch == pytest.approx(printed.values[loss]["value"], rel=1e-9)


def test_confusion(hand, printed):
    """Its rows are the classes' voxels, and generalized Dice is a function of the table."""
    look(hand, "confusion", "confusion", lambda r: r.voxels is not None)
    _, *rows = copied(hand)
    table = np.array([[float(cell) for cell in row[1:]] for row in rows])
    voxels = [each["voxels"] for each in printed.classes]
    np.testing.assert_allclose(table.sum(axis=1), voxels, rtol=1e-6)
    size, mass, both = table.sum(axis=1), table.sum(axis=0), table.diagonal()
    weight = 1 / (size**2 + 1e-5)  # as in the article, for the whole batch
    expected = 1 - 2 * (weight * both).sum() / (weight * (size + mass)).sum()
    assert printed.values["generalized_dice"]["value"] == pytest.approx(expected, rel=1e-5)


def test_the_norm_of_each_gradient(hand, printed):
    look(hand, "gradient", "gradient_parts", lambda r: r.where is not None)
    rows = copied(hand)
    for loss in LOSSES:
        squares = sum(float(row[-1]) for row in rows if row[0] == f"squares of {loss}")
        norm = printed.values[loss]["gradient_norm"]
        assert np.sqrt(squares) == pytest.approx(norm, rel=1e-5)


def test_profile(hand, printed):
    look(hand, "profile", "profile", lambda r: "dice" in r.values)
    header, *rows = copied(hand)
    columns = {name: [float(row[n]) for row in rows] for n, name in enumerate(header)}
    voxels = tuple(np.array([columns[axis] for axis in "zyx"], dtype=int))
    of_class = hand.session.state.view.class_index
    for name, volume in (("probability", "probabilities"), ("dice", "gradient")):
        expected = printed.volumes[volume][of_class][voxels]
        np.testing.assert_allclose(columns[name], expected, rtol=1e-5, atol=1e-12)


def test_conventions(hand, printed):
    count = len(printed.conventions)
    plot, _ = look(hand, "conventions", "conventions", lambda r: len(r.values) == count)
    _, *rows = plot.table.texts()
    assert len(rows) == count
    for (title, text, *_), each in zip(rows, printed.conventions, strict=True):
        assert title.endswith(each["name"])
        if each["value"] is None:
            assert text == "–"
        else:
            assert is_written(text, each["value"]), title


def some(printed):
    """The first two classes and the last one."""
    return sorted({0, 1, len(printed.classes) - 1})


def panes(printed):
    """As many as nine."""
    return (
        Pane("truth"),
        *(Pane("prediction", classes=index) for index in some(printed)),
        *(Pane("gradient", "dice", index) for index in some(printed)),
        Pane("error"),
        Pane("prediction", classes="all"),
    )


def check_panes(driver, printed, seen):
    """Compare what panes show with volumes, of which `seen` returns the same part."""
    of_class = driver.session.state.view.class_index
    volumes = printed.volumes
    for index in some(printed):
        for pane, volume in (("prediction", "probabilities"), ("gradient dice", "gradient")):
            expected = seen(volumes[volume][index])
            found = seen(driver.canvas.array(f"{pane} {index}"))
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)
    np.testing.assert_array_equal(
        seen(driver.canvas.array("error")), seen(volumes["error"][of_class])
    )
    decided = volumes["probabilities"].argmax(axis=0)
    np.testing.assert_array_equal(seen(driver.canvas.array("prediction all")) // 8, seen(decided))


def test_nine_panes_in_a_slice_in_three_planes_and_in_3d(hand, printed):
    hand.answer(lambda: hand.session.show(panes=panes(printed)))
    plane = hand.session.state.view.plane
    check_panes(hand, printed, lambda volume: np.take(volume, plane.index, axis=plane.axis))
    assert set(np.unique(printed.volumes["error"])) == {0, 1, 2, 3}

    hand.answer(lambda: hand.shortcut("Ctrl+3"))
    assert hand.session.state.view.plane is None
    check_panes(hand, printed, lambda volume: volume)
    hand.answer(lambda: hand.shortcut("Ctrl+3"))
