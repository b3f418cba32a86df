"""What the canvas assumes about the insides of napari."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtOpenGLWidgets import QOpenGLWidget


@pytest.fixture
def layers():
    """The layers of a viewer, with what they say of batches."""
    found = ViewerModel().layers
    found.append(Image(np.zeros((2, 2))))
    said = []
    found.events.begin_batch.connect(lambda: said.append("begin"))
    found.events.end_batch.connect(lambda: said.append("end"))
    return found, said


def test_clearing_the_layers_ends_a_batch_and_deleting_them_does_not(layers):
    found, said = layers
    with found.batched_update():
        del found[:]
        assert said == ["begin"], "viewer/canvas.py: `del layers[:]` belongs to the batch around it"
        found.clear()
        assert said[-1] == "end", (
            "viewer/canvas.py deletes layers instead of clearing them because of this; where a "
            "batch can hold another, that can go"
        )


def test_the_canvas_of_napari_is_one_opengl_widget(canvas):
    assert isinstance(canvas.widget.canvas.native, QOpenGLWidget), (
        "viewer/time_slices.py: an event filter on `QtViewer.canvas.native` holds its drawing "
        "back, and until then it shows what it showed"
    )
