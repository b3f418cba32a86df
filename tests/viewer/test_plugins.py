"""Files that napari reader plugins open, with plugins that the tests register."""

import numpy as np
import pytest
from npe2 import DynamicPlugin

from lossexplorer.viewer.plugins import ReaderPlugin, read_with_plugin, reader_plugins
from lossexplorer.volumes import VolumeError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some.cells"
    path.write_text("cells")
    return str(path)


def reads(plugin, layers):
    """Make a plugin read files *.cells as these layers."""

    @plugin.contribute.reader(filename_patterns=["*.cells"])
    def get_reader(path):
        return lambda _paths: layers() if callable(layers) else layers


LABELS = (np.ones((2, 3, 4), int), {"name": "cells", "scale": (2, 1, 1)}, "labels")
OTHER = (np.ones((2, 3, 4), int), {"name": "nuclei"}, "labels")
WHOLE = (np.ones((2, 3, 4), np.uint16), {"name": "mask"}, "image")
GREY = (np.ones((2, 3, 4), np.float32), {"name": "grey"}, "image")
COLOUR = (np.ones((5, 6, 3), np.uint8), {"name": "photo", "rgb": True}, "image")
POINTS = (np.ones((2, 3)), {"name": "seeds"}, "points")


def test_plugins_that_open_a_file_are_listed_by_title(npe2pm, path):
    assert reader_plugins(path) == []
    with (
        DynamicPlugin("b-plugin", plugin_manager=npe2pm) as b,
        DynamicPlugin("a-plugin", plugin_manager=npe2pm) as a,
    ):
        a.manifest.display_name, b.manifest.display_name = "Zebra", "Ant"
        reads(a, [LABELS])
        reads(b, [LABELS])
        expected = [ReaderPlugin("b-plugin", "Ant"), ReaderPlugin("a-plugin", "Zebra")]
        assert reader_plugins(path) == expected
        assert reader_plugins(path.replace("cells", "other")) == []


@pytest.mark.parametrize(
    ("layers", "names", "found"),
    [
        ([LABELS], ["cells"], "1 labels layer"),
        ([LABELS, GREY, OTHER], ["cells", "nuclei"], "2 labels layers and 1 image layer"),
        ([LABELS, WHOLE], ["cells"], "1 labels layer and 1 image layer"),
        ([WHOLE, GREY], ["mask"], "2 image layers"),
        ([GREY, POINTS, COLOUR], [], "2 image layers and 1 points layer"),
        ([(None,)], [], "no layer"),
    ],
)
def test_labels_are_offered_or_else_images_of_whole_numbers(npe2pm, path, layers, names, found):
    with DynamicPlugin("cells-plugin", plugin_manager=npe2pm) as plugin:
        reads(plugin, layers)
        file = read_with_plugin(path, *reader_plugins(path))
    assert [offer.name for offer in file.offers] == names
    assert file.found == found
    assert all(offer.path == path for offer in file.offers)


def test_what_is_offered_becomes_a_volume(npe2pm, path):
    with DynamicPlugin("cells-plugin", plugin_manager=npe2pm) as plugin:
        reads(plugin, [LABELS])
        (offer,) = read_with_plugin(path, *reader_plugins(path)).offers
    volume = offer.volume()
    assert (volume.name, volume.path) == ("cells", path)
    assert (volume.shape, volume.spacing) == ((2, 3, 4), (2, 1, 1))


def fail():
    raise KeyError("header")


@pytest.mark.parametrize("layers", [fail, []], ids=["raises", "nothing"])
def test_a_plugin_that_fails_is_named(npe2pm, path, layers):
    with DynamicPlugin("cells-plugin", plugin_manager=npe2pm) as plugin:
        plugin.manifest.display_name = "Cells"
        reads(plugin, layers)
        with pytest.raises(VolumeError) as caught:
            read_with_plugin(path, *reader_plugins(path))
    assert str(caught.value).startswith("Cells cannot read some.cells: ")
