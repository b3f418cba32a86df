"""Which gradient the ends of the colours stand for, on each scale."""

import numpy as np
import pytest

from lossexplorer.session.panes import Pane
from lossexplorer.viewer.color_limits import ColorLimits

# Of 0 … 1000 in steps of 1, without 0, the 99.5th percentile is 995 + 0.005.
RAMP = np.arange(1001, dtype=np.float64)
LIMIT = 995.005


def paint(limits, loss, size, *, wrt="logit", class_index=1, same_state=False, subject=None):
    of = (wrt, loss, class_index)
    limits.follow_gradient(RAMP * size, same_state=same_state, of=of, subject=subject)
    return limits.gradient() / LIMIT


@pytest.fixture
def limits():
    return ColorLimits()


def test_a_pane_that_the_answer_to_another_state_left_blank_does_not_count(limits):
    """Of some losses the gradient comes after that of the others."""
    limits.scale, limits.sharing = "shared", {"dice": 1, "hausdorff": 1}
    for pane, size in (("dice", 1e-6), ("hausdorff", 1e-4)):
        limits.follow_gradient(
            RAMP * size, same_state=False, of=("logit", pane, 1), subject=1, pane=pane
        )
    limits.sharing = {"dice": 2, "hausdorff": 2}
    limits.follow_gradient(
        RAMP * 2e-6, same_state=False, of=("logit", "dice", 1), subject=2, pane="dice"
    )
    limits.blank_pane("hausdorff")
    assert limits.gradient("dice") == pytest.approx(2e-6 * LIMIT)
    assert limits.gradient("hausdorff") == pytest.approx(2e-6 * LIMIT)


def test_of_each_map_alone_the_colours_span_that_map(limits):
    assert paint(limits, "dice", 1e-5) == pytest.approx(1e-5)
    assert paint(limits, "focal", 8e-11) == pytest.approx(8e-11)


def test_shared_a_small_gradient_is_pale_beside_a_large_one(limits):
    limits.scale, limits.sharing = "shared", dict.fromkeys(["dice", "focal", "total"])
    assert paint(limits, "dice", 1e-5) == pytest.approx(1e-5)
    assert paint(limits, "focal", 8e-11) == pytest.approx(1e-5)
    assert paint(limits, "dice", 3e-6) == pytest.approx(3e-6)  # another state of the same map
    assert paint(limits, "focal", 8e-11, same_state=True) == pytest.approx(3e-6)


def test_classes_share_a_scale_and_units_do_not(limits):
    limits.scale, limits.sharing = "shared", {"dice": None}
    paint(limits, "dice", 1e-5, class_index=1)
    assert paint(limits, "dice", 1e-7, class_index=2) == pytest.approx(1e-5)
    assert paint(limits, "dice", 1e-3, wrt="probability") == pytest.approx(1e-3)
    assert paint(limits, "dice", 1e-7, class_index=2) == pytest.approx(1e-5)


def test_a_loss_that_is_shown_no_longer_leaves_the_scale(limits):
    limits.scale, limits.sharing = "shared", {"dice": None, "focal": None}
    paint(limits, "dice", 1e-5)
    paint(limits, "focal", 1e-7)
    limits.sharing = {"focal": None}
    assert limits.gradient() == pytest.approx(1e-7 * LIMIT)


def test_a_gradient_of_what_was_set_before_leaves_the_scale_unless_it_is_shown(limits):
    limits.scale, limits.sharing = "shared", {"dice": 1, "focal": 1}
    paint(limits, "dice", 1e-5, subject=1)
    assert paint(limits, "focal", 1e-7, subject=1) == pytest.approx(1e-5)
    limits.sharing = {"dice": 2, "focal": 2}  # and no answer yet
    assert limits.gradient() == pytest.approx(1e-7 * LIMIT)
    assert paint(limits, "focal", 2e-7, subject=2) == pytest.approx(2e-7)
    assert paint(limits, "dice", 1e-8, subject=2) == pytest.approx(2e-7)


def test_a_fixed_scale_stays(limits):
    limits.scale, limits.fixed = "fixed", 2e-4
    for size in (1e-9, 1.0, 0.0):
        paint(limits, "dice", size)
        assert limits.gradient() == 2e-4
        assert limits.of_pane(Pane("gradient")) == (-2e-4, 2e-4)


def test_another_volume_keeps_the_scale_and_no_limit(limits):
    limits.scale, limits.fixed, limits.sharing = "shared", 0.5, {"dice": None}
    paint(limits, "dice", 1.0)
    other = ColorLimits()
    other.keep_scale_of(limits)
    assert (other.scale, other.fixed, other.sharing) == ("shared", 0.5, {"dice": None})
    assert other.gradient() == 0
