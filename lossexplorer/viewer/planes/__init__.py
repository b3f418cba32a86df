"""Three planes of a volume beside each other, and the crosshair in which they cross.

napari slices all layers along one axis and looks at all of them with one camera. Here, each plane
has layers that are sliced along its own axis, and a camera that looks at its own two.
"""
