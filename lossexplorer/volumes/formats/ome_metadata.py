"""What the metadata of an OME-Zarr image say about its levels, axes, spacing and classes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import OwnPlace, Shape, describe, own_place
from lossexplorer.volumes.formats.statements import no_unit, unknown_units, unusable
from lossexplorer.volumes.spacing import millimetres, slice_spacing, usable_spacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossexplorer.volumes.spacing import Spacing

_NAME_KEYS = ("name", "label", "class", "structure")


@dataclass(frozen=True)
class Multiscale:
    """The levels of an image.

    Attributes
    ----------
    paths
        Of the levels' arrays within the image's group, the finest first.
    axes
        Names of the arrays' axes, in their order.
    kinds
        ``"time"``, ``"space"``, or else what a channel is, for each axis.
    units
        Millimetres of one unit of each axis, None where unknown.
    scales
        Of each level, units per voxel along each axis.
    origins
        Of each level, units along each axis to its first voxel; None where it is not said.
    notes
        What a person should know of units and lengths, in sentences.
    """

    paths: tuple[str, ...]
    axes: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[float | None, ...]
    scales: tuple[tuple[float, ...], ...]
    origins: tuple[tuple[float, ...] | None, ...] = ()
    notes: tuple[str, ...] = ()

    def check(self, name: str, shape: Sequence[int]) -> None:
        """Refuse an array that does not have these axes, or several points in time.

        Raises
        ------
        VolumeError
            Naming the file.
        """
        if len(shape) != len(self.axes):
            raise VolumeError(
                f"{name} is damaged: it declares the axes {', '.join(self.axes)} and holds "
                f"{describe(shape)} values. Copy or save it again."
            )
        for axis, kind, length in zip(self.axes, self.kinds, shape, strict=True):
            if kind == "time" and length != 1:
                raise VolumeError(
                    f"{name} has {length} points along {axis}; one is needed. Save one of them."
                )

    def ordered(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return an array of these axes as (z, y, x), or (channel, z, y, x) of several channels."""
        space, channels = self._space(), self._channels()
        times = [axis for axis, kind in enumerate(self.kinds) if kind == "time"]
        moved: np.ndarray[Any, Any] = array.transpose(*times, *channels, *space)
        moved = moved[(0,) * len(times)]
        moved = moved[0] if channels and len(moved) == 1 else moved
        if len(space) == 2 and moved.ndim > 2:  # channels of a slice; a slice alone is 2D
            return np.expand_dims(moved, -3)
        return moved

    def volume_shape(self, shape: Sequence[int]) -> Shape:
        """Return a shape of these axes along (z, y, x)."""
        lengths = [int(shape[axis]) for axis in self._space()]
        z, y, x = [1] * (3 - len(lengths)) + lengths
        return z, y, x

    def spacing(self, level: int) -> Spacing | None:
        """Return the spacing of a level in mm, (z, y, x), or None if it is not known."""
        in_mm = self.lengths(level)
        return slice_spacing(in_mm) if len(in_mm) == 2 else usable_spacing(in_mm)

    def lengths(self, level: int) -> list[float]:
        """Return the edges of a level's voxels in mm, (z, y, x) or (y, x); none if not known."""
        units = [self.units[axis] for axis in self._space()]
        known = [unit for unit in units if unit is not None]
        if len(known) != len(units):
            return []
        scales = [self.scales[level][axis] for axis in self._space()]
        return [s * u for s, u in zip(scales, known, strict=True)]

    def place(self, level: int) -> OwnPlace | None:
        """Return where a level lies, in the file's lengths if they have no known unit."""
        spacing, unit = self.spacing(level), "mm"
        edges: Sequence[float] | None = spacing
        factors = [self.units[axis] or 1.0 for axis in self._space()]
        if spacing is None:
            unit, factors = "", [1.0] * len(factors)
            edges = [self.scales[level][axis] for axis in self._space()]
            edges = [edges[-1], *edges] if len(edges) == 2 else edges
        origin = self.origins[level]
        if origin is None:
            return own_place("OME-Zarr", edges, [None] * 3, unit)
        first = [origin[axis] * f for axis, f in zip(self._space(), factors, strict=True)]
        return own_place("OME-Zarr", edges, [0.0, *first][-3:], unit)

    def _channels(self) -> list[int]:
        return [axis for axis, kind in enumerate(self.kinds) if kind not in ("time", "space")]

    def _space(self) -> list[int]:
        """Return the axes of space, as z, y, x where they are called so."""
        space = [axis for axis, kind in enumerate(self.kinds) if kind == "space"]
        names = [self.axes[axis].lower() for axis in space]
        if set(names) <= set("zyx"):
            space.sort(key=lambda axis: "zyx".index(self.axes[axis].lower()))
        return space


def multiscale_of(name: str, attributes: Mapping[str, Any]) -> Multiscale | None:
    """Return the levels of an image, or None if the attributes are not those of an image.

    Parameters
    ----------
    name
        The name of the file, for messages.
    attributes
        Of a Zarr group, as OME-Zarr 0.4 or 0.5 has them.

    Raises
    ------
    VolumeError
        If they are of another version, or not as the format asks.
    """
    import yaozarrs
    from pydantic import ValidationError

    ome = attributes.get("ome")
    newer = ome if isinstance(ome, dict) else None
    listed = _listed(attributes)
    if not listed:
        return None
    model = yaozarrs.v04.Multiscale if newer is None else yaozarrs.v05.Multiscale
    try:
        multiscale = model.model_validate(listed[0])
    except (ValidationError, LookupError, TypeError) as error:
        raise VolumeError(
            f"{name} has image metadata that are not those of OME-Zarr 0.4 or 0.5. "
            "Save it again in one of these versions."
        ) from error
    axes, spatial = multiscale.axes, [axis.type == "space" for axis in multiscale.axes]
    whole = multiscale.coordinateTransformations or []
    each = [dataset.coordinateTransformations for dataset in multiscale.datasets]
    names = [axis.unit or "" for axis, is_space in zip(axes, spatial, strict=True) if is_space]
    scales = tuple(_scale([*transformations, *whole], len(axes)) for transformations in each)
    notes = unknown_units(name, names)
    if not any(names):
        lengths = (number for number, is_space in zip(scales[0], spatial, strict=True) if is_space)
        notes = no_unit(name, "the scale", lengths)
    found = Multiscale(
        paths=tuple(dataset.path for dataset in multiscale.datasets),
        axes=tuple(axis.name for axis in axes),
        kinds=tuple(axis.type or "" for axis in axes),
        units=tuple(millimetres(axis.unit or "") for axis in axes),
        scales=scales,
        origins=tuple(_origin([*transformations, *whole], len(axes)) for transformations in each),
        notes=notes,
    )
    in_mm = found.lengths(0)
    useless = unusable(name, "the scale", in_mm) if len(in_mm) == 3 else ()
    return replace(found, notes=(*notes, *useless))


def multiscale_count(attributes: Mapping[str, Any]) -> int:
    """Return how many multiscale images the attributes describe; only the first is read.

    Examples
    --------
    >>> multiscale_count({"multiscales": [{}, {}]})
    2
    """
    listed = _listed(attributes)
    return len(listed) if isinstance(listed, list) else 0


def _listed(attributes: Mapping[str, Any]) -> Any:
    """Return the descriptions of the images, as either version has them."""
    ome = attributes.get("ome")
    return (ome if isinstance(ome, dict) else attributes).get("multiscales")


def _scale(transformations: Sequence[Any], axes: int) -> tuple[float, ...]:
    scales = [each.scale for each in transformations if each.type == "scale"]
    return tuple(float(math.prod(each[axis] for each in scales)) for axis in range(axes))


def _origin(transformations: Sequence[Any], axes: int) -> tuple[float, ...] | None:
    """Return where transformations, one after the other, put voxel 0; None if none moves it."""
    if not any(each.type == "translation" for each in transformations):
        return None
    origin = np.zeros(axes)
    for each in transformations:
        if each.type == "scale":
            origin *= each.scale
        elif each.type == "translation":
            origin += each.translation
    return tuple(origin.tolist())


def class_names(attributes: Mapping[str, Any]) -> dict[int, str]:
    """Return the names that the properties of a label image give to its ids.

    Parameters
    ----------
    attributes
        As for `multiscale_of`.

    Examples
    --------
    >>> class_names({"image-label": {"properties": [{"label-value": 3, "class": "nucleus"}]}})
    {3: 'nucleus'}
    """
    ome = attributes.get("ome", attributes)
    label = ome.get("image-label") if isinstance(ome, dict) else None
    properties = label.get("properties") if isinstance(label, dict) else None
    names: dict[int, str] = {}
    for each in properties if isinstance(properties, list) else ():
        value = each.get("label-value") if isinstance(each, dict) else None
        texts = [each.get(key) for key in _NAME_KEYS] if value is not None else []
        named = [text.strip() for text in texts if isinstance(text, str) and text.strip()]
        if isinstance(value, int) and named:
            names[value] = named[0]
    return names
