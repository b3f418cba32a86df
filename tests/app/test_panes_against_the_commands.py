"""What the panes show, set by a hand, is what the commands write for the same files.

Each kind of pane once, of the files of `tests.app.printed`.
"""

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.session.panes import Pane

pytestmark = pytest.mark.slow


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


def other_panes(printed):
    """Those of one kind each that are not among `panes`."""
    last = len(printed.classes) - 1
    return (
        Pane("image"),
        Pane("error", classes="all"),
        Pane("error", classes=last),
        *(Pane("gradient", loss, last) for loss in ("cross_entropy", "total")),
    )


def check_other_panes(driver, printed, seen):
    """Compare what `other_panes` show with volumes, of which `seen` returns the same part."""
    show, last = driver.canvas.array, len(printed.classes) - 1
    image = np.asarray(nib.load(printed.image).dataobj).T
    np.testing.assert_array_equal(seen(driver.session.volume.image), seen(image))
    truth, volumes = printed.classes_of(0), printed.volumes()
    decided = volumes["probabilities"].argmax(axis=0)
    kinds = [truth == decided, truth == 0, decided == 0]
    errors = np.select(kinds, [np.where(truth > 0, 1, 0), 2, 3], 4)
    np.testing.assert_array_equal(seen(show("error all")), seen(errors))
    np.testing.assert_array_equal(seen(show(f"error {last}")), seen(volumes["error"][last]))
    for loss in ("cross_entropy", "total"):
        expected = seen(printed.volumes(loss)["gradient"][last])
        found = seen(show(f"gradient {loss} {last}"))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)


def check_panes(driver, printed, seen, sample=0):
    """Compare what `panes` show with volumes, of which `seen` returns the same part."""
    of_class = driver.session.state.view.class_index
    volumes = printed.volumes(sample=sample)
    truth = printed.labels[sample] if printed.of_instances else printed.classes_of(sample)
    if printed.of_instances:  # twelve colours, one after another
        truth = np.where(truth > 0, (truth.astype(int) - 1) % 12 + 1, 0)
    np.testing.assert_array_equal(seen(driver.canvas.array("truth")), seen(truth))
    for index in some(printed):
        for pane, volume in (("prediction", "probabilities"), ("gradient dice", "gradient")):
            expected = seen(volumes[volume][index])
            found = seen(driver.canvas.array(f"{pane} {index}"))
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)
    np.testing.assert_array_equal(
        seen(driver.canvas.array("error")), seen(volumes["error"][of_class])
    )
    decided = volumes["probabilities"].argmax(axis=0)
    codes = seen(driver.canvas.array("prediction all"))
    np.testing.assert_array_equal(codes // 8, seen(decided))
    # Eight shades, from what chance would give to 1.
    count, confidence = len(volumes["probabilities"]), volumes["probabilities"].max(axis=0)
    shade = 8 * (seen(confidence).astype(float) - 1 / count) / (1 - 1 / count)
    is_class = seen(decided) > 0
    assert (np.abs(np.clip(shade, 0.5, 7.5) - codes % 8 - 0.5)[is_class] <= 0.5 + 1e-4).all()


def in_slice(plane):
    """Return what takes a slice of a volume."""
    return lambda volume: np.take(volume, plane.index, axis=plane.axis)


@pytest.mark.parametrize(
    ("shown", "check"), [(panes, check_panes), (other_panes, check_other_panes)]
)
def test_in_a_slice_and_in_3d(hand, printed, shown, check):
    hand.answer(lambda: hand.session.show(panes=shown(printed)))
    check(hand, printed, in_slice(hand.session.state.view.plane))
    assert set(np.unique(printed.volumes()["error"])) == {0, 1, 2, 3}

    hand.answer(lambda: hand.shortcut("Ctrl+3"))
    assert hand.session.state.view.plane is None
    check(hand, printed, lambda volume: volume)
    hand.answer(lambda: hand.shortcut("Ctrl+3"))


def test_in_three_planes(hand, printed):
    hand.answer(lambda: hand.session.show(panes=other_panes(printed)))
    hand.answer(lambda: hand.shortcut("Ctrl+4"))
    view = hand.session.state.view
    assert {plane.axis for plane in (view.plane, *view.across)} == {0, 1, 2}
    for plane in (view.plane, *view.across):
        check_other_panes(hand, printed, in_slice(plane))


@pytest.mark.parametrize("printed", ["eight"], indirect=True)
def test_of_another_sample(hand, printed):
    hand.answer(lambda: hand.session.show(panes=panes(printed)))
    for sample in (7, 0):
        hand.answer(lambda sample=sample: hand.session.show(sample=sample))
        check_panes(hand, printed, in_slice(hand.session.state.view.plane), sample)
