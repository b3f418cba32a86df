"""The one adapter that touches napari: layers, colours, dims."""
