"""Files that reader plugins of napari open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import npe2
from napari.layers import Image, Labels, Layer

from lossexplorer.viewer.offers import LabelsOffer
from lossexplorer.volumes import VolumeError


@dataclass(frozen=True)
class ReaderPlugin:
    """A plugin that may open a file: its name for npe2 and its title for display."""

    name: str
    title: str


@dataclass(frozen=True)
class PluginFile:
    """The layers that a plugin read from a file.

    Attributes
    ----------
    offers : tuple of LabelsOffer
        The Labels layers, or the Image layers of whole numbers if there are no Labels layers.
    found : str
        All layers by kind, in words, such as ``"2 image layers and 1 points layer"``.
    """

    offers: tuple[LabelsOffer, ...]
    found: str


def reader_plugins(path: str) -> list[ReaderPlugin]:
    """Return the installed plugins that accept a file, sorted by title."""
    manager = npe2.PluginManager.instance()
    manager.discover()
    names = {reader.plugin_name for reader in manager.iter_compatible_readers(path)}
    plugins = [ReaderPlugin(name, manager.get_manifest(name).display_name) for name in names]
    return sorted(plugins, key=lambda plugin: plugin.title.lower())


def read_with_plugin(path: str, plugin: ReaderPlugin) -> PluginFile:
    """Read a file with a plugin.

    This runs in the main thread, as in napari, because plugins may open dialogs.

    Raises
    ------
    lossexplorer.volumes.VolumeError
        If the plugin raises any exception.
    """
    try:
        found = npe2.read([path], stack=False, plugin_name=plugin.name)
        layers = [Layer.create(*data) for data in found if data[0] is not None]
    except Exception as error:  # a plugin may raise anything
        raise VolumeError(
            f"{plugin.title} cannot read {Path(path).name}: {error or type(error).__name__}"
        ) from error
    labels = [layer for layer in layers if isinstance(layer, Labels)]
    whole = [layer for layer in layers if _holds_integers(layer)]
    offers = tuple(LabelsOffer(layer, path) for layer in labels or whole)
    return PluginFile(offers, _in_words(layers))


def _holds_integers(layer: Any) -> bool:
    if not isinstance(layer, Image) or layer.rgb:
        return False
    data = layer.data[0] if layer.multiscale else layer.data
    return bool(data.dtype.kind in "bui")


def _in_words(layers: Sequence[Any]) -> str:
    """Return the number of layers of each kind, in words."""
    kinds = Counter(type(layer).__name__.lower() for layer in layers)
    texts = [f"{n} {kind} layer{'s' if n > 1 else ''}" for kind, n in kinds.items()]
    return " and ".join(texts) or "no layer"
