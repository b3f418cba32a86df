"""The panes of the canvas: what each shows, its layers, and the grid in which they lie.

A kind of pane is one module with one class, a `PaneMap`: which voxels it shows and in which
colours. `cells` has what all have in common: the image below, outline and hatching above.
"""
