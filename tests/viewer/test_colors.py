"""Neutral is transparent, undefined is transparent, and categories have their colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.viewer import colormaps, colors
from lossexplorer.viewer.maps import error_categories, robust_limit


def rgba(colormap, values):
    return np.asarray(colormap.map(np.asarray(values, float)))


def test_the_gradient_s_map_is_transparent_at_exactly_0_and_where_undefined():
    middle, undefined = rgba(colormaps.diverging(), [0.5, np.nan])
    assert middle[3] == 0
    assert undefined[3] == 0


def test_the_gradient_s_map_is_blue_below_0_and_red_above():
    places = np.linspace(0, 1, 101)
    red, _, blue, alpha = rgba(colormaps.diverging(), places).T
    assert (blue[places < 0.45] > red[places < 0.45]).all()
    assert (red[places > 0.55] > blue[places > 0.55]).all()
    np.testing.assert_allclose(alpha, alpha[::-1], atol=1e-6)  # symmetric around 0
    assert (np.diff(alpha[places >= 0.5]) >= 0).all()
    assert alpha[0] == alpha[-1] == 1


def test_probability_0_is_transparent_and_opacity_grows_with_it():
    alpha = rgba(colormaps.probability(), np.linspace(0, 1, 51))[:, 3]
    assert alpha[0] == 0
    assert (np.diff(alpha) >= 0).all()
    assert alpha[-1] > 0.8
    assert rgba(colormaps.probability(), [np.nan])[0, 3] == 0


@pytest.mark.parametrize(
    ("stops", "make"),
    [
        (colors.DIVERGING, colormaps.diverging),
        (colors.PROBABILITY, colormaps.probability),
    ],
)
def test_the_stops_of_a_colour_bar_are_the_map(stops, make):
    for place, color in stops:
        np.testing.assert_allclose(rgba(make(), [place])[0], color, atol=1e-6)


@pytest.mark.parametrize("classes", [1, 2, 5, 84])
def test_classes_have_colours_of_their_own_and_the_background_none(classes):
    table = colormaps.class_colors(classes).color_dict
    assert table[0][3] == 0
    assert table[None][3] == 0
    seen = {tuple(np.round(table[index], 4)) for index in range(1, classes)}
    assert len(seen) == classes - 1


@pytest.mark.parametrize("classes", [3, 10, 52])
def test_neighbouring_classes_can_be_told_apart(classes):
    table = colormaps.class_colors(classes).color_dict
    for index in range(1, classes - 1):
        assert np.abs(table[index][:3] - table[index + 1][:3]).max() > 0.2


def test_errors_are_green_red_and_blue():
    table = colormaps.error_colors().color_dict
    strongest = {
        category: "rgb"[int(np.argmax(table[category][:3]))]
        for category in (colors.TRUE_POSITIVE, colors.FALSE_POSITIVE, colors.FALSE_NEGATIVE)
    }
    assert list(strongest.values()) == ["g", "r", "b"]
    assert table[0][3] == 0


def test_each_pair_of_truth_and_decision_has_its_category():
    truth = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2], np.uint8)
    decided = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2], np.uint8)
    tp, fp, fn = colors.TRUE_POSITIVE, colors.FALSE_POSITIVE, colors.FALSE_NEGATIVE
    assert error_categories(truth, decided, 1).tolist() == [0, fp, 0, fn, tp, fn, 0, fp, 0]
    assert error_categories(truth, decided, 0).tolist() == [tp, fn, fn, fp, 0, 0, fp, 0, 0]


@given(st.integers(0, 2**32 - 1))
def test_categories_count_the_confusion_matrix(seed):
    rng = np.random.default_rng(seed)
    truth, decided = rng.integers(0, 3, (2, 4, 5, 6)).astype(np.uint8)
    counts = np.bincount(error_categories(truth, decided, 2).ravel(), minlength=4)
    g, p = truth == 2, decided == 2
    assert counts.tolist() == [
        np.sum(~g & ~p), np.sum(g & p), np.sum(~g & p), np.sum(g & ~p)
    ]  # fmt: skip


def test_the_limit_leaves_out_outliers_zeros_and_what_is_not_finite():
    gradient = np.zeros((100, 100), np.float32)
    gradient[:50] = np.linspace(-2, 2, 5000).reshape(50, 100)
    gradient[0, 0] = 1e6  # one voxel of 5000, beyond the 99.5th percentile
    assert robust_limit(gradient) == pytest.approx(2, rel=0.01)
    gradient[60] = np.nan
    gradient[61] = -np.inf
    assert robust_limit(gradient) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("nothing", [0.0, np.nan, np.inf])
def test_where_there_is_no_gradient_there_is_no_limit(nothing):
    assert robust_limit(np.full((3, 3), nothing, np.float32)) == 0


def test_a_tiny_gradient_keeps_its_scale():
    gradient = np.full((4, 4), -3e-30, np.float32)
    assert robust_limit(gradient) == pytest.approx(3e-30)
