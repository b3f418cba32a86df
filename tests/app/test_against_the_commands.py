"""What the plots show, set by a hand, is what the commands print for the same files.

Each plot once, of two small files, of one with 84 classes, of one with 300 instances and of a batch
of 8. The commands are processes of their own, so that neither the window nor what it remembers has
a part in the numbers. What no command prints is summed here, in float64, over the volumes that one
writes.
"""

import csv

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolTip
from scipy.ndimage import distance_transform_edt

from tests.app.printed import LOSSES, SPACING
from tests.app.test_plots import hover, pixel_of

pytestmark = pytest.mark.slow

REGIONS = ("true positive", "false positive", "false negative", "true negative")


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


def preview(printed):
    """How far a step that the hand has left, or a point of a curve, may be from the exact value.

    Of 84 classes it may be of the sixteen alone that matter most in each place.
    """
    return 2e-6 if len(printed.classes) > 16 else 1e-9


def test_history(hand, printed):
    hand.plots.look_at("history")
    header, *rows = copied(hand)
    last = dict(zip(header, map(float, rows[-1]), strict=True))
    for loss in LOSSES:
        assert last[loss] == pytest.approx(printed.values[loss]["value"], rel=1e-9)
    assert last["total"] == pytest.approx(printed.total, rel=1e-9)
    unshifted = dict(zip(header, map(float, rows[-2]), strict=True))
    for loss, value in printed.unshifted.items():
        assert unshifted[loss] == pytest.approx(value, rel=preview(printed), abs=1e-12)


@pytest.mark.parametrize("against", ["shift_x", "tversky:alpha"])
def test_response(hand, printed, against):
    """Each point of every curve, and the classes' terms at one of them."""
    loss, _, name = against.rpartition(":")
    if loss:
        row = hand.expand(loss).rows[name]
        hand.settle(lambda: hand.press(row.slider, Qt.Key.Key_Right))
        hand.settle(lambda: hand.press(row.slider, Qt.Key.Key_Left))
    hand.plots.look_at("response")
    found, (header, expected) = copied(hand), printed.curves(against)
    assert found[0] == header
    assert header[0].startswith(against)
    near = preview(printed)
    np.testing.assert_allclose(np.array(found[1:], float), expected, rtol=near, atol=1e-12)

    plot, record = hand.plots.widgets["response"], hand.controller.records["curves"]
    value = found[1:][len(expected) // 3][0]
    moved = ("--loss", f"{loss}:{name}={value}") if loss else ("--set", f"{name}={value}")
    terms = {each: of["per_class"] for each, of in printed.evaluated(*moved).items()}
    place = record.response.scale.position(float(value))
    index = hand.session.state.view.class_index
    plot.draw_of_class(True)
    for each, of_class in terms.items():
        drawn = plot.curve(each)[place]
        assert drawn == pytest.approx(list(of_class.values())[index], rel=near, abs=1e-12)
    plot.draw_of_class(False)


def test_landscape_in_its_middle(hand, printed):
    """Which is known once the coarsest places are; the hand is elsewhere."""
    look(hand, "landscape", "landscape", lambda r: r.stride > 0)
    header, *rows = copied(hand)
    at = {(float(row[0]), float(row[1])): row for row in rows}
    # Of many classes voxels are counted: their probabilities are rounded to float32 in other steps.
    near = 5e-7 if len(printed.classes) > 16 else 1e-9
    for loss, value in printed.unshifted.items():
        found = float(at[0.0, 0.0][header.index(loss)])
        assert found == pytest.approx(value, rel=near, abs=1e-12)


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
    volumes = printed.volumes()
    probability = volumes["probabilities"][of_class].astype(float)
    gradient = volumes["gradient"][of_class].astype(float)
    for name, field in (("prediction", probability), ("dice", gradient**2)):
        np.testing.assert_allclose(record.sums[name], field.sum(axis=(1, 2)), rtol=1e-5)
    for name, kind in (("false positive", 2), ("false negative", 3)):
        wrong = volumes["error"][of_class] == kind
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
    plot, record = look(hand, "confusion", "confusion", lambda r: r.voxels is not None)
    _, *rows = copied(hand)
    table = np.array([[float(cell) for cell in row[1:]] for row in rows])
    voxels = [each["voxels"] for each in printed.classes]
    np.testing.assert_allclose(table.sum(axis=1), voxels, rtol=1e-6)
    size, mass, both = table.sum(axis=1), table.sum(axis=0), table.diagonal()
    weight = 1 / (size**2 + 1e-5)  # as in the article, for the whole batch
    expected = 1 - 2 * (weight * both).sum() / (weight * (size + mass)).sum()
    assert printed.values["generalized_dice"]["value"] == pytest.approx(expected, rel=1e-5)

    in_all = np.zeros_like(table)
    for sample in range(len(printed.files)):
        probabilities, truth = printed.volumes(sample=sample), printed.classes_of(sample)
        each = probabilities["probabilities"].astype(float)
        in_all += [each[:, truth == index].sum(axis=1) for index in range(len(table))]
    np.testing.assert_allclose(table, in_all, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        record.shares, in_all / in_all.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-9
    )
    last = len(table) - 1
    hover(plot, pixel_of(plot, last, last))
    assert QToolTip.text()


def regions_of(printed, index, sample=0):
    """Where a class is rightly and wrongly predicted and missed in a sample, and the rest."""
    inside = printed.classes_of(sample) == index
    decided = printed.volumes(sample=sample)["probabilities"].argmax(axis=0) == index
    return [inside & decided, ~inside & decided, inside & ~decided, ~inside & ~decided]


def test_gradient(hand, printed):
    """By sign and region, by distance from the boundary, and its squares by class and region."""
    _, record = look(hand, "gradient", "gradient_parts", lambda r: r.where is not None)
    rows, index = copied(hand), hand.session.state.view.class_index
    gradient = printed.volumes()["gradient"].astype(float)
    here, near = gradient[index], 1e-5  # both are rounded to float32
    for sign, name in ((-1, "negative"), (1, "positive")):
        for region, where in zip(REGIONS, regions_of(printed, index), strict=True):
            sizes = sign * here[where]
            of_both = (row for row in rows if row[:3] == ["voxels", name, region])
            for low, high, count in ([float(cell) for cell in row[3:]] for row in of_both):
                surely = (sizes > low * (1 + near)) & (sizes < high * (1 - near))
                perhaps = (sizes > low * (1 - near)) & (sizes < high * (1 + near))
                assert surely.sum() <= count <= perhaps.sum(), (name, region, low)
    counted = sum(float(row[-1]) for row in rows if row[0] == "voxels")
    assert counted == (np.abs(here) > 1e-6 * np.abs(here).max()).sum()

    inside = printed.classes_of(0) == index
    outside, within = (distance_transform_edt(m, sampling=SPACING) for m in (~inside, inside))
    signed = outside - within
    for low, high, mean in ([float(c) for c in row[3:]] for row in rows if row[0] == "mean |g|"):
        at = (signed >= low) & (signed < high)
        assert mean == pytest.approx(np.abs(here[at]).mean(), rel=1e-5), (low, high)

    squares = np.zeros((len(REGIONS), len(printed.classes)))
    for sample in range(len(printed.files)):
        every = printed.volumes(sample=sample)["gradient"].astype(float) ** 2
        for each in range(len(printed.classes)):
            regions = regions_of(printed, each, sample)
            squares[:, each] += [every[each][where].sum() for where in regions]
    np.testing.assert_allclose(record.squares["dice"], squares, rtol=2e-5, atol=1e-15)


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
    expected = {loss: printed.volumes(loss)["gradient"] for loss in LOSSES}
    expected["probability"] = printed.volumes()["probabilities"]
    for name, volume in expected.items():
        np.testing.assert_allclose(columns[name], volume[of_class][voxels], rtol=1e-5, atol=1e-12)
    np.testing.assert_array_equal(columns["truth"], printed.classes_of(0)[voxels] == of_class)
    along = (np.transpose(voxels) - np.array(voxels)[:, 0]) * SPACING
    assert columns["mm"] == pytest.approx(np.linalg.norm(along, axis=1))


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
