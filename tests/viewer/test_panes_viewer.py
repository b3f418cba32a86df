"""napari's viewer as the canvas has it: its grid as napari's, and the slice back from 3D."""

import itertools

import numpy as np
import pytest
from napari.components.grid import GridCanvas
from napari.layers import Image

from lossexplorer.viewer.panes_viewer import PanesViewer


@pytest.fixture
def viewer():
    made = PanesViewer()
    made.layers.extend([Image(np.zeros((2, 2))) for _ in range(12)])
    made.canvas.grid.enabled = True
    return made


STRIDES = (1, 3, -2)
SHAPES = ((-1, -1), (3, 4), (2, 2), (2, -1))
HIDDEN = ((), (0,), (3, 4, 5), (1, 4, 7, 10, 11), range(12))


@pytest.mark.parametrize(
    ("stride", "shape", "hidden"), [*itertools.product(STRIDES, SHAPES, HIDDEN)]
)
def test_every_layer_is_in_the_view_in_which_napari_has_it(viewer, stride, shape, hidden):
    grid, layers = viewer.canvas.grid, viewer.layers
    grid.stride, grid.shape = stride, shape
    for index in hidden:
        layers[index].visible = False
    assert list(grid.iter_viewboxes(layers)) == list(GridCanvas.iter_viewboxes(grid, layers))


def test_without_a_grid_all_layers_are_in_one_view(viewer):
    grid, layers = viewer.canvas.grid, viewer.layers
    grid.enabled = False
    assert list(grid.iter_viewboxes(layers)) == [((0, 0), tuple(range(12)))]


def test_the_canvas_looks_through_the_layers_as_often_whatever_their_number(viewer, monkeypatch):
    looks = []
    look = GridCanvas._effective_indices
    monkeypatch.setattr(
        GridCanvas, "_effective_indices", lambda *given: looks.append(1) or look(*given)
    )
    of = []
    for count in (4, 12):
        looks.clear()
        list(viewer.canvas.grid.iter_viewboxes(viewer.layers[:count]))
        of.append(len(looks))
    assert of[0] == of[1]


def test_the_canvas_has_such_a_grid(canvas):
    assert isinstance(canvas.widget.viewer, PanesViewer)
