"""Colours on the canvas. Every map fades to transparent where there is nothing to say."""

from __future__ import annotations

import colorsys

import numpy as np
from napari.utils.colormaps import Colormap, DirectLabelColormap

# Categories of the error layer.
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1, 2, 3

TRANSPARENT = (0.0, 0.0, 0.0, 0.0)
ERROR_COLORS = {
    TRUE_POSITIVE: (0.50, 0.72, 0.52, 0.70),
    FALSE_POSITIVE: (0.88, 0.33, 0.28, 0.85),
    FALSE_NEGATIVE: (0.27, 0.54, 0.92, 0.85),
}
OUTLINE = (0.70, 0.72, 0.76, 0.70)
FIRST_CLASS = (0.93, 0.65, 0.22, 0.72)


def diverging() -> Colormap:
    """Return blue – transparent – red: neutral at exactly 0, which is the middle of the limits.

    Blue is where raising the probability (or logit) lowers the loss, red where it raises it.
    """
    ends = np.array([[0.03, 0.19, 0.42], [0.13, 0.40, 0.72], [0.45, 0.70, 0.90]])
    warm = np.array([[0.96, 0.62, 0.47], [0.80, 0.22, 0.20], [0.45, 0.02, 0.10]])
    middle = np.array([[0.90, 0.90, 0.90]])
    colors = np.concatenate([ends, middle, warm])
    alpha = np.array([1.0, 0.97, 0.85, 0.0, 0.85, 0.97, 1.0])
    return Colormap(
        np.column_stack([colors, alpha]),
        name="gradient",
        controls=[0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0],
        nan_color=TRANSPARENT,
    )


def probability() -> Colormap:
    """Return transparent at 0 to opaque yellow at 1, through violet, blue and green."""
    colors = np.array(
        [
            [0.27, 0.00, 0.33, 0.00],
            [0.28, 0.13, 0.50, 0.45],
            [0.19, 0.41, 0.56, 0.80],
            [0.12, 0.63, 0.53, 0.85],
            [0.63, 0.85, 0.22, 0.85],
            [0.95, 0.86, 0.16, 0.85],
        ]
    )
    return Colormap(colors, name="probability", nan_color=TRANSPARENT)


def class_colors(classes: int) -> DirectLabelColormap:
    """Return a colour for each class, background transparent; the first is amber.

    Behind them come the paler colours of the classes' rims, in the same order.
    """
    colors: dict[int | None, tuple[float, ...]] = {None: TRANSPARENT, 0: TRANSPARENT}
    for index in range(1, classes):
        # Steps of the golden angle keep neighbouring indices far apart in hue.
        hue = (0.10 + 0.381966 * (index - 1)) % 1.0
        rgb = colorsys.hsv_to_rgb(hue, 0.65 if index % 2 else 0.5, 0.92)
        colors[index] = (*rgb, 0.72)
    if classes > 1:
        colors[1] = FIRST_CLASS
    for index in range(classes):
        red, green, blue, alpha = colors[index]
        colors[classes + index] = (red, green, blue, 0.4 * alpha)
    return DirectLabelColormap(color_dict=colors)


def outline(class_index: int) -> DirectLabelColormap:
    """Return a light colour for one class, all others transparent; no class if it is 0."""
    colors: dict[int | None, tuple[float, ...]] = {None: TRANSPARENT, 0: TRANSPARENT}
    if class_index:
        colors[class_index] = OUTLINE
    return DirectLabelColormap(color_dict=colors)


def error_colors() -> DirectLabelColormap:
    """Return green true positives, red false positives, blue false negatives."""
    colors: dict[int | None, tuple[float, ...]] = {None: TRANSPARENT, 0: TRANSPARENT}
    return DirectLabelColormap(color_dict=colors | ERROR_COLORS)


def stops(colormap: Colormap) -> list[tuple[float, tuple[float, ...]]]:
    """Return a map's places between 0 and 1 and its RGBA colours there, for a colour bar."""
    return [
        (float(place), tuple(float(part) for part in color))
        for place, color in zip(colormap.controls, colormap.colors, strict=True)
    ]
