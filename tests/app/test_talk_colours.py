"""The colours of a talk on a projector, and for eyes that confuse hues.

Contrast is that of WCAG 2.2, which counts light that a screen reflects: 4.5 for text, 3 for large
text and for what is no text. Differences are CIE 1976 ΔE*ab: 2.3 is just noticed (Mahy and others
1994), and patches beside each other in a picture need several times as much.
"""

import itertools

import numpy as np
import pytest

from lossexplorer.app.theme import PALETTES
from lossexplorer.app.theme.contrast import contrast, in_a_lit_room, readable_on
from lossexplorer.losses import LOSSES
from lossexplorer.viewer import colors
from tests.session.test_loss_colours import SEEN, linear

# Of sRGB's primaries and D65 (IEC 61966-2-1).
TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
NOTICED = 2.3


def seen(rgb, eyes):
    """Linear RGB as these eyes see it."""
    return np.clip(np.array(SEEN[eyes]) @ np.asarray(rgb), 0, 1)


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    ratio = TO_XYZ @ np.asarray(rgb) / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ratio(one, other):
    low, high = sorted(float(each @ (0.2126, 0.7152, 0.0722)) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def over(color, grey):
    """A translucent colour above grey, both in sRGB, as linear RGB."""
    *rgb, alpha = color
    coded = alpha * np.array(rgb) + (1 - alpha) * grey
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("theme", PALETTES)
def test_every_curve_is_seen_on_its_ground(theme, eyes):
    ground = PALETTES[theme].surface
    for loss in LOSSES.values():
        drawn = readable_on(ground, loss.color, 3.0)
        assert contrast(drawn, ground) >= 3
        # A simulated colour has another luminance: what is left of the contrast is still seen.
        assert ratio(seen(linear(drawn), eyes), seen(linear(ground), eyes)) > 2.4


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("theme", PALETTES)
def test_every_text_is_read_on_its_ground(theme, eyes):
    palette = in_a_lit_room(PALETTES[theme])
    ground = seen(linear(palette.surface), eyes)
    large = {"good": 3.0, "warning": 3.0}  # all text of a talk is; these are bold, too
    for name in ("text", "quiet", "good", "warning"):
        found = ratio(seen(linear(getattr(palette, name)), eyes), ground)
        assert found > large.get(name, 4.5)


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("name", ["text", "quiet", "good", "warning"])
def test_every_text_of_a_talk_is_read_where_the_room_is_not_dark(theme, name):
    """Large text needs a contrast of 3; the wall reflects a tenth of the projector's white."""
    palette = in_a_lit_room(PALETTES[theme])
    lit = [0.9 * linear(each) + 0.1 for each in (getattr(palette, name), palette.surface)]
    assert ratio(*lit) >= 3
    assert contrast(palette.quiet, palette.surface) >= 7


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("grey", [0.0, 0.25, 0.5, 0.75])
def test_the_errors_are_told_apart_above_any_anatomy(eyes, grey):
    found = {
        category: lab(seen(over(color, grey), eyes))
        for category, color in colors.ERROR_COLORS.items()
    }
    for one, other in itertools.combinations(found, 2):
        assert np.linalg.norm(found[one] - found[other]) > 8 * NOTICED


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_gradients_of_both_signs_are_told_apart(eyes, share):
    """The colours of a gradient and of its negative, above grey as of a brain."""
    places, stops = zip(*colors.DIVERGING, strict=True)
    both = [
        lab(seen(over([np.interp(0.5 + s * share / 2, places, c) for c in zip(*stops)], 0.4), eyes))  # noqa: B905
        for s in (-1, 1)
    ]
    assert np.linalg.norm(both[0] - both[1]) > 15 * NOTICED


def test_a_colour_that_is_seen_is_left_as_it_is():
    dark = PALETTES["dark"].surface
    for loss in LOSSES.values():
        if contrast(loss.color, dark) >= 3:
            assert readable_on(dark, loss.color, 3.0) == loss.color
