"""Colours of the same loss shown twice, for eyes that see all hues and for those that confuse some.

A difference in OKLab of 0.02 is just seen; a large patch and a thin line in a plot need several
times as much.
"""

import colorsys
from itertools import pairwise

import numpy as np
import pytest

from lossexplorer.losses import LOSSES
from lossexplorer.session.loss_colours import color_of

# Machado, Oliveira, Fernandes 2009, severity 1.0, in linear sRGB.
SEEN = {
    "all hues": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SURFACES = ("#22262d", "#ffffff")


def linear(color):
    coded = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def lightness(rgb):
    """CIE L* of 0 to 100 (CIE 15:2004)."""
    y = float(np.clip(rgb, 0, 1) @ (0.2126, 0.7152, 0.0722))
    return 116 * np.cbrt(y) - 16 if y > 216 / 24389 else y * 24389 / 27


def contrast(one, other):
    """The ratio of WCAG 2.2."""
    low, high = sorted(float(linear(each) @ (0.2126, 0.7152, 0.0722)) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def hue(color):
    return colorsys.rgb_to_hsv(*(int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)))[0]


def test_the_first_has_the_colour_of_the_catalogue():
    assert [color_of(name) for name in LOSSES] == [loss.color for loss in LOSSES.values()]


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("name", LOSSES)
def test_the_second_is_told_from_the_first_by_its_lightness(name, eyes):
    first, second, third = (
        lightness(np.array(SEEN[eyes]) @ linear(color_of(each)))
        for each in (name, f"{name}_2", f"{name}_3")
    )
    assert abs(second - first) > 12
    assert min(abs(third - first), abs(third - second)) > 6


@pytest.mark.parametrize("name", LOSSES)
def test_the_second_has_the_hue_of_the_first(name):
    for before, after in pairwise((name, f"{name}_2", f"{name}_3")):
        apart = abs(hue(color_of(before)) - hue(color_of(after)))
        assert min(apart, 1 - apart) < 0.06


@pytest.mark.parametrize("name", LOSSES)
def test_the_second_is_seen_as_well_as_what_the_catalogue_has(name):
    """On the surface of either theme, no worse than the faintest of the catalogue there."""
    for surface in SURFACES:
        faintest = min(contrast(loss.color, surface) for loss in LOSSES.values())
        assert contrast(color_of(f"{name}_2"), surface) > min(faintest, 2.8)


def test_a_loss_with_a_wrong_number_has_no_colour():
    with pytest.raises(ValueError, match="did you mean 'dice'"):
        color_of("dice_1")
