"""Colours of the maps, as numbers. Background, probability 0 and gradient 0 are transparent."""

from __future__ import annotations

import colorsys

RGBA = tuple[float, float, float, float]

# Categories of the error map.
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1, 2, 3
CONFUSED = 4
"""One class in place of another one, neither of them the background."""

TRANSPARENT: RGBA = (0.0, 0.0, 0.0, 0.0)
# Told apart by eyes that confuse hues, too: tests/app/test_talk_colours.py.
ERROR_COLORS: dict[int, RGBA] = {
    TRUE_POSITIVE: (0.58, 0.80, 0.54, 0.72),
    FALSE_POSITIVE: (0.85, 0.27, 0.24, 0.88),
    FALSE_NEGATIVE: (0.22, 0.46, 0.90, 0.88),
}
CONFUSED_COLOR: RGBA = (0.95, 0.78, 0.20, 0.88)
INSTANCE_COLORS = 12
"""How many colours instances have, one after another by their ids."""
CONFIDENCES = 8
"""The shades in which the confidence in a class is shown."""
OUTLINE: RGBA = (0.70, 0.72, 0.76, 0.70)
# A line of the hatching is half light and half dark, and so is seen on black, white and grey.
HATCHING: dict[int, RGBA] = {2: (0.78, 0.79, 0.83, 0.80), 3: (0.22, 0.23, 0.26, 0.80)}
FIRST_CLASS: RGBA = (0.93, 0.65, 0.22, 0.72)


def class_color(class_index: int) -> RGBA:
    """Return the colour of a class of the truth: transparent for the background, amber for 1.

    Examples
    --------
    >>> class_color(0)[3], class_color(1) == FIRST_CLASS
    (0.0, True)
    """
    if class_index < 2:
        return (TRANSPARENT, FIRST_CLASS)[class_index]
    # Steps of the golden angle keep neighbouring indices far apart in hue.
    hue = (0.10 + 0.381966 * (class_index - 1)) % 1.0
    return (*colorsys.hsv_to_rgb(hue, 0.65 if class_index % 2 else 0.5, 0.92), 0.72)


def rim_color(class_index: int) -> RGBA:
    """Return the paler colour of a class's uncertain rim."""
    red, green, blue, alpha = class_color(class_index)
    return (red, green, blue, 0.4 * alpha)


def decided_color(class_index: int, shade: int) -> RGBA:
    """Return the colour of a predicted class, the paler the less confidence there is in it.

    Examples
    --------
    >>> decided_color(1, CONFIDENCES - 1) == class_color(1)
    True
    """
    red, green, blue, alpha = class_color(class_index)
    return (red, green, blue, alpha * (shade + 1) / CONFIDENCES)


Stops = tuple[tuple[float, RGBA], ...]
"""The places of a colour map, from 0 at the low end to 1, with the colours at these places."""

# Transparent around 0: in 3D an entry beside the middle of a table of 1024 colours stands for it,
# and the many voxels along a line of sight would make a grey block of its opacity of 0.004.
_AROUND_0 = 0.001

DIVERGING: Stops = (
    (0.0, (0.03, 0.19, 0.42, 1.0)),
    (0.2, (0.13, 0.40, 0.72, 0.97)),
    (0.4, (0.45, 0.70, 0.90, 0.85)),
    (0.5 - _AROUND_0, (0.90, 0.90, 0.90, 0.0)),
    (0.5 + _AROUND_0, (0.90, 0.90, 0.90, 0.0)),
    (0.6, (0.96, 0.62, 0.47, 0.85)),
    (0.8, (0.80, 0.22, 0.20, 0.97)),
    (1.0, (0.45, 0.02, 0.10, 1.0)),
)
"""Blue – transparent – red, with 0 in the middle of the limits.

Where it is blue, raising the probability (or logit) lowers the loss; where it is red, it raises it.
"""

# Lighter than the ends of DIVERGING, which in 3D would be dark on black; both signs are magenta.
NEGATIVE: Stops = ((0.0, (0.08, 0.42, 0.95, 1.0)), (1.0, (0.08, 0.42, 0.95, 0.0)))
POSITIVE: Stops = ((0.0, (0.92, 0.20, 0.08, 0.0)), (1.0, (0.92, 0.20, 0.08, 1.0)))
"""Blue and red by size, to be added: of each sign of a gradient in 3D."""

PROBABILITY: Stops = (
    (0.0, (0.27, 0.00, 0.33, 0.00)),
    (0.2, (0.28, 0.13, 0.50, 0.45)),
    (0.4, (0.19, 0.41, 0.56, 0.80)),
    (0.6, (0.12, 0.63, 0.53, 0.85)),
    (0.8, (0.63, 0.85, 0.22, 0.85)),
    (1.0, (0.95, 0.86, 0.16, 0.85)),
)
"""From transparent at 0 through violet, blue and green to opaque yellow at 1."""

SURFACE: Stops = ((0.0, (0.02, 0.12, 0.12, 1.0)), (1.0, (0.45, 0.92, 0.80, 1.0)))
"""From shadow to light: of the surface where a probability is ½."""

NUMBERS: Stops = ((0.0, (0.0, 0.0, 0.0, 1.0)), (1.0, (1.0, 1.0, 1.0, 1.0)))
"""From black to white, as an image: of what is predicted where that is no probability."""
