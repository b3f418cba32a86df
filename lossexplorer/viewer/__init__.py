"""The one adapter that touches napari: layers, colours, dims."""

from __future__ import annotations

from lossexplorer.viewer.canvas import SliceCanvas

__all__ = ["SliceCanvas"]
