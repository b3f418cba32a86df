"""The colour maps of the maps, for napari."""

from __future__ import annotations

from napari.utils.colormaps import Colormap, DirectLabelColormap

from lossexplorer.viewer.colors import (
    CONFIDENCES,
    CONFUSED,
    CONFUSED_COLOR,
    DIVERGING,
    ERROR_COLORS,
    HATCHING,
    NEGATIVE,
    NUMBERS,
    OUTLINE,
    POSITIVE,
    PROBABILITY,
    RGBA,
    SURFACE,
    TRANSPARENT,
    Stops,
    class_color,
    decided_color,
    rim_color,
)


def diverging() -> Colormap:
    """Return the colour map of gradients, with 0 in the middle."""
    return _continuous("gradient", DIVERGING)


def negative() -> Colormap:
    """Return the colour map of the negative gradient in 3D, from its largest size to 0."""
    return _continuous("negative gradient", NEGATIVE)


def positive() -> Colormap:
    """Return the colour map of the positive gradient in 3D, from 0 to its largest size."""
    return _continuous("positive gradient", POSITIVE)


def probability() -> Colormap:
    """Return the colour map of probabilities."""
    return _continuous("probability", PROBABILITY)


def surface() -> Colormap:
    """Return the colour map of the surface of a probability in 3D, from shadow to light."""
    return _continuous("surface", SURFACE)


def numbers() -> Colormap:
    """Return the colour map of predicted numbers that are no probabilities."""
    return _continuous("numbers", NUMBERS)


def class_colors(classes: int) -> DirectLabelColormap:
    """Return a colour for each class, background transparent; the first is amber.

    The paler colours of the classes' rims follow in the same order.
    """
    colors = {index: class_color(index) for index in range(classes)}
    colors |= {classes + index: rim_color(index) for index in range(classes)}
    return _categories(colors)


def decided_colors(classes: int) -> DirectLabelColormap:
    """Return colours for each class and shade of confidence; background transparent."""
    places = [(index, shade) for index in range(classes) for shade in range(CONFIDENCES)]
    return _categories({i * CONFIDENCES + shade: decided_color(i, shade) for i, shade in places})


def outline(class_index: int) -> DirectLabelColormap:
    """Return a colour map with a light colour for one class; for class 0 all is transparent."""
    return _categories({class_index: OUTLINE} if class_index else {})


def every_outline(values: int) -> DirectLabelColormap:
    """Return a colour map with a light colour for all values but 0, of so many."""
    return _categories(dict.fromkeys(range(1, values), OUTLINE))


def hatching() -> DirectLabelColormap:
    """Return a colour map of the hatching of ignored voxels, transparent between its lines."""
    return _categories(HATCHING)


def error_colors() -> DirectLabelColormap:
    """Return a colour map: green true positives, red false positives, blue false negatives.

    One class in place of another is yellow.
    """
    return _categories({**ERROR_COLORS, CONFUSED: CONFUSED_COLOR})


def _continuous(name: str, stops: Stops) -> Colormap:
    places, colors = zip(*stops, strict=True)
    return Colormap(colors, name=name, controls=places, nan_color=TRANSPARENT)


class _Categories(DirectLabelColormap):  # type: ignore[misc]  # napari has no types
    """Is equal to itself alone.

    Layers that are linked compare colour maps, and of two of this kind napari would compare
    dictionaries of arrays, which NumPy refuses.
    """

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


def _categories(colors: dict[int, RGBA]) -> DirectLabelColormap:
    """Return a colour map of labels; labels without a colour are transparent."""
    every: dict[int | None, RGBA] = {None: TRANSPARENT, 0: TRANSPARENT}
    return _Categories(color_dict=every | colors)
