"""The adapter to napari, the only package that uses it: canvas, layers, colours, plugins."""
