"""The adapter to napari: what it takes for granted of version 0.9, and what it paints."""

from dataclasses import replace

import numpy as np
import pytest
from napari._vispy.visuals.text import Text
from qtpy.QtCore import QRect
from qtpy.QtGui import QFont, QFontMetricsF, QImage

from lossexplorer.engine.messages import MapRequest, PaintedMaps, Plane
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.viewer.maps import labelled_box, truth_codes
from lossexplorer.volumes import LabelClass, LabelVolume

SHAPE = (4, 6, 8)


def volume(image=False):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:3, 2:5, 3:7] = 1
    labels[2, 3, 4] = 2
    classes = tuple(LabelClass(i, name, 1) for i, name in enumerate(("background", "a", "b")))
    picture = np.random.default_rng(0).normal(size=SHAPE) if image else None
    return LabelVolume(labels, classes, (2.0, 1.0, 0.5), True, "v", "v", image=picture)


def panes(*kinds):
    return tuple(Pane(kind) for kind in kinds)


def fields(plane, value=0.25, class_index=1):
    shape = SHAPE if plane is None else tuple(np.delete(SHAPE, plane.axis))
    decided = np.zeros(shape, np.uint8)
    decided[..., :4] = 1
    return PaintedMaps(
        MapRequest("dice", class_index, "logit", plane),
        np.full(shape, value, np.float32),
        decided,
        np.linspace(-value, value, np.prod(shape), dtype=np.float32).reshape(shape),
    )


@pytest.fixture(
    params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["labels alone", "with image"]
)
def opened(canvas, request):
    canvas.open(volume(request.param), Plane(0, 2))
    return canvas


def layer(canvas, name):
    return next(item for item in canvas.widget.viewer.layers if item.name.startswith(name))


def test_the_names_of_napari_that_the_canvas_uses_are_there():
    from napari.components import ViewerModel
    from napari.layers import Image, Labels
    from napari.qt import QtViewer, get_stylesheet
    from napari.utils.colormaps import Colormap, DirectLabelColormap

    viewer = ViewerModel(axis_labels=("z", "y", "x"))
    grid = viewer.canvas.grid
    assert {"stride", "shape", "spacing", "enabled"} <= set(type(grid).model_fields)
    assert {"center", "zoom"} <= set(type(viewer.scene.camera).model_fields)
    assert hasattr(viewer.canvas, "background_color_override")
    assert callable(viewer.reset_view)
    assert callable(viewer.dims.set_current_step)
    assert isinstance(viewer.mouse_move_callbacks, list)
    for event in ("current_step", "order", "ndisplay"):
        assert hasattr(viewer.dims.events, event)
    image = Image(np.zeros((2, 3, 4)), contrast_limits=(0, 1), interpolation2d="nearest")
    for name in ("visible", "box", "font_size", "color"):
        assert hasattr(image.name_overlay, name)
    assert Labels(np.zeros((2, 3, 4), np.uint8)).contour == 0
    assert "background" in get_stylesheet("light")
    assert QtViewer.__init__ is not None
    assert Colormap([[0, 0, 0, 0], [1, 1, 1, 1]], nan_color=(0, 0, 0, 0)).nan_color[3] == 0
    assert DirectLabelColormap(color_dict={None: "red", 0: "blue"}).color_dict[None][0] == 1


def test_layers_share_the_arrays_that_are_painted(opened):
    """Writing a slice must reach the screen without replacing the data."""
    for name, shown in (("prediction", "Prediction"), ("error", "Error"), ("gradient", "Gradient")):
        assert np.shares_memory(opened.array(name), layer(opened, shown).data)


def test_the_volume_is_shown_in_millimetres(opened):
    for item in opened.widget.viewer.layers:
        np.testing.assert_array_equal(item.scale, (2.0, 1.0, 0.5))


def test_the_slice_asked_for_is_on_screen_and_said(new_canvas):
    planes = []
    new_canvas.plane_changed.connect(planes.append)
    new_canvas.open(volume(), Plane(0, 2))
    assert new_canvas.navigation.plane == Plane(0, 2)
    new_canvas.widget.viewer.dims.set_current_step(0, 1)
    assert planes[-1] == Plane(0, 1) == new_canvas.navigation.plane
    new_canvas.widget.viewer.dims.order = (1, 0, 2)
    assert planes[-1].axis == new_canvas.navigation.plane.axis == 1
    new_canvas.navigation.toggle_3d()
    assert planes[-1] is new_canvas.navigation.plane is None
    new_canvas.navigation.toggle_3d()
    assert planes[-1] == new_canvas.navigation.plane
    assert planes[-1].axis == 1


def test_a_slice_is_painted_and_blanked_by_the_next_state(opened):
    opened.maps.show(fields(Plane(0, 2)), same_state=False)
    opened.maps.show(fields(Plane(0, 1), 0.5), same_state=True)
    assert (opened.array("prediction")[2] == 0.25).all()
    assert (opened.array("prediction")[1] == 0.5).all()
    opened.maps.show(fields(Plane(0, 0)), same_state=False)
    assert np.isnan(opened.array("prediction")[1:]).all()
    assert not opened.array("error")[1:].any()


def test_the_scale_grows_within_a_state_and_jitters_in_none(opened):
    def limit(value, *, same_state):
        opened.maps.show(fields(Plane(0, 2), value), same_state=same_state)
        opened.maps.finish()
        low, high = layer(opened, "Gradient").contrast_limits
        assert low == -high
        assert high == opened.maps.gradient_limit
        return high

    first = limit(1.0, same_state=False)
    assert first == pytest.approx(1, rel=0.06)
    assert limit(0.2, same_state=True) == first
    assert limit(0.8, same_state=False) == first
    assert limit(2.0, same_state=True) == pytest.approx(2 * first)
    assert limit(0.5, same_state=False) == pytest.approx(first / 2)


def test_the_scale_of_a_gradient_that_is_0_or_is_not_there_is_0(opened):
    def limit(value, *, same_state):
        opened.maps.show(fields(Plane(0, 2), value), same_state=same_state)
        return opened.maps.gradient_limit

    first = limit(1.0, same_state=False)
    assert limit(0.0, same_state=True) == first > 0  # one slice of many
    assert limit(0.0, same_state=False) == 0
    assert limit(1e-6, same_state=False) == pytest.approx(first * 1e-6)
    opened.maps.clear()
    assert opened.maps.gradient_limit == 0


def test_predicted_numbers_are_grey_between_their_own_limits(opened):
    """Intensities of −1 … 3 would be cut off by the colours of probabilities from 0 to 1."""
    painted = fields(Plane(0, 2))
    values = np.linspace(-1, 3, painted.probability.size).reshape(painted.probability.shape)

    def shown(numbers, **how):
        answer = replace(painted, probability=numbers.astype(np.float32))
        opened.maps.show(answer, same_state=False, **how)
        opened.maps.finish()
        prediction = layer(opened, "Prediction")
        return prediction.contrast_limits, prediction.colormap.map(np.array([0.0, 0.5, 1.0]))

    limits, colors = shown(values, are_numbers=True)
    assert limits == pytest.approx([-1 + 4 * 0.01, -1 + 4 * 0.995])  # percentiles 1 and 99.5
    assert tuple(limits) == opened.maps.number_limits
    np.testing.assert_allclose(colors, [[0, 0, 0, 1], [0.5, 0.5, 0.5, 1], [1, 1, 1, 1]], atol=0.01)
    limits, colors = shown(np.full(values.shape, 2.0), are_numbers=True)
    assert limits[0] == 2.0 < limits[1]
    limits, colors = shown(np.full(values.shape, 0.25))
    assert tuple(limits) == (0, 1)
    assert opened.maps.number_limits is None
    assert opened.maps.most_probable == 0.25
    assert colors[0, 3] == 0  # probability 0 is transparent


def test_a_title_that_is_too_long_for_its_cell_is_cut_in_its_middle(opened):
    title = "Prediction y1 · a structure with a long name L, step 76"
    opened.arrange("side by side", panes("truth", "prediction", "gradient"))
    opened.show_titles({"truth": "Truth y1", "prediction": title}, 1)
    truth, cut = (opened.panes.cells[name].map.name for name in ("truth", "prediction"))
    assert truth == "Truth y1"
    assert cut.startswith("Prediction y1")
    assert cut.endswith(", step 76")
    # A letter at 8 points is 11 pixels high and about 6.5 wide.
    assert len(cut) * 6 < 800 / 3 < len(title) * 6
    opened.widget.resize(1600, 600)
    opened.fit_titles()
    assert opened.panes.cells["prediction"].map.name == title


def test_a_title_that_another_pane_gives_up_has_no_number_of_napari_s(opened):
    """As where the gradients of all losses are shown, and that of the chosen loss no longer."""
    opened.arrange("side by side", panes("truth", "gradient"))
    opened.show_titles({"truth": "Truth", "gradient": "∂ Dice / ∂ logit"}, 1)
    opened.arrange(
        "side by side", (Pane("truth"), Pane("gradient", "dice"), Pane("gradient", "iou"))
    )
    names = [Pane("gradient", loss).name for loss in ("dice", "iou")]
    titles = ["∂ Dice / ∂ logit", "∂ IoU / ∂ logit"]
    for changed in (titles, titles[::-1]):
        opened.show_titles(dict(zip(names, changed, strict=True)), 1)
        assert [opened.panes.cells[name].map.name for name in names] == changed


def test_titles_leave_room_for_the_map_where_panes_are_low(opened):
    opened.arrange("side by side", panes("truth", "prediction", "error", "gradient"))
    sizes = []
    for height in (600, 220):
        opened.widget.resize(800, height)
        opened.show_titles({"truth": "Truth", "prediction": "Prediction"}, 1)
        sizes.append(opened.panes.cells["truth"].map.name_overlay.font_size)
    assert sizes == [11, 8]


def test_titles_are_as_wide_as_the_boxes_behind_them(opened):
    """The text is drawn at any size, and the box is measured for a whole number of points."""
    opened.arrange("side by side", panes("truth", "prediction", "gradient"))
    overlay, sizes = opened.panes.cells["truth"].map.name_overlay, set()
    for width in range(450, 750, 20):
        opened.widget.resize(width, 300)
        opened.show_titles({"truth": "Truth", "prediction": "Prediction y1, step 12"}, 1)
        text = Text("Image and truth y1", font_size=overlay.font_size)
        drawn = QFontMetricsF(scaled(QFont(text.face), overlay.font_size))
        box = text.get_width_height()[0] / text._vispy_dpi_ratio
        assert box == pytest.approx(drawn.horizontalAdvance(text.text), rel=0.02)
        sizes.add(overlay.font_size)
    assert len(sizes) > 2


@pytest.mark.parametrize("width", [264, 400, 650, 1000])
def test_titles_fit_their_cells_as_napari_draws_them(opened, width):
    """As in a window of 884 pixels, where a cell has 132 of them."""
    opened.arrange("side by side", panes("truth", "prediction", "error", "gradient"))
    opened.widget.resize(width, 300)
    texts = {"truth": "Truth", "prediction": "Prediction · class 1", "gradient": "∂ Dice / ∂ logit"}
    opened.show_titles(texts, 1)
    for name in texts:
        shown = opened.panes.cells[name].map
        drawn = Text(shown.name, font_size=shown.name_overlay.font_size)
        assert drawn.get_width_height()[0] <= width / 2 - 18  # 11 pixels from the left
    if width > 264:
        assert opened.panes.cells["prediction"].map.name == "Prediction · class 1"


def scaled(font, points):
    font.setPointSizeF(points)
    return font


def test_values_in_a_voxel(opened):
    probability, gradient = opened.values_at((2, 3, 4))
    assert np.isnan([probability, gradient]).all()
    painted = fields(Plane(0, 2))
    opened.maps.show(painted, same_state=False)
    assert opened.values_at((2, 3, 4)) == (0.25, painted.gradient[3, 4])


def test_without_an_image_every_cell_has_its_map(new_canvas):
    new_canvas.open(volume(), Plane(0, 2))
    names = [item.name for item in new_canvas.widget.viewer.layers if item.visible]
    assert [name for name in names if not name.startswith("Outline")] == [
        "Truth", "Prediction", "Error", "Gradient"
    ]  # fmt: skip


def test_opening_another_volume_replaces_all_layers(canvas):
    canvas.open(volume(image=True), Plane(0, 2))
    canvas.maps.show(fields(Plane(0, 2)), same_state=False)
    before = list(canvas.widget.viewer.layers)
    canvas.open(volume(), Plane(0, 1))
    assert not set(before) & set(canvas.widget.viewer.layers)
    assert np.isnan(canvas.array("gradient")).all()
    assert canvas.maps.gradient_limit == 0


@pytest.mark.parametrize("in_3d", [False, True])
def test_a_volume_of_metres_is_shown_after_one_of_nanometres(canvas, in_3d):
    """Layers of both together would have more steps than a slider of Qt counts."""
    for edge in (1e-6, 1e3, 1e-6):
        scaled = replace(volume(), spacing=(4 * edge, edge, edge))
        if in_3d and edge == 1e3:
            canvas.navigation.toggle_3d()
        canvas.open(scaled, Plane(0, 1))
        if canvas.widget.viewer.dims.ndisplay == 3:
            canvas.navigation.toggle_3d()
        for item in canvas.widget.viewer.layers:
            np.testing.assert_array_equal(item.scale, scaled.spacing)
        assert canvas.widget.viewer.dims.nsteps == SHAPE
        assert canvas.navigation.plane == Plane(0, 1)


def test_another_volume_of_the_same_kind_fills_the_same_layers_anew(opened):
    """Making layers takes ten times as long; nothing of the volume before may stay."""
    opened.maps.show(fields(Plane(0, 2), 8.0), same_state=False)
    opened.show_titles({"gradient": "∂ Dice / ∂ logit"}, 1)
    before = list(opened.widget.viewer.layers)
    has_image = "Image truth" in [item.name for item in before]
    labels = np.zeros((3, 9, 5), np.uint16)
    labels[1, 2:4, 1:3] = 300
    classes = tuple(LabelClass(i, f"class {i}", 1) for i in range(301))
    picture = np.arange(135.0).reshape(labels.shape) if has_image else None
    other = LabelVolume(labels, classes, (1.0, 2.0, 3.0), True, "w", "w", image=picture)
    opened.open(other, Plane(0, 1))
    assert list(opened.widget.viewer.layers) == before
    for item in before:
        assert item.data.shape == (3, 9, 5)
        np.testing.assert_array_equal(item.scale, (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(opened.array("truth"), labels)
    assert np.isnan(opened.array("gradient")).all()
    assert np.isnan(opened.array("prediction")).all()
    assert not opened.array("error").any()
    assert [layer(opened, name).name for name in ("Prediction", "Error", "Gradient")] == [
        "Prediction", "Error", "Gradient"
    ]  # fmt: skip
    assert tuple(layer(opened, "Gradient").contrast_limits) == (-1, 1)
    assert layer(opened, "Truth").colormap.color_dict[300][3] > 0
    assert layer(opened, "Outline truth").colormap.color_dict.get(1, [0] * 4)[3] == 0
    if has_image:
        low, high = layer(opened, "Image truth").contrast_limits
        assert (low, high) == pytest.approx(np.percentile(picture, (1, 99.5)))
    assert opened.navigation.plane == Plane(0, 1)
    assert opened.widget.viewer.dims.nsteps == (3, 9, 5)


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_the_theme_is_napari_s(opened, theme):
    opened.set_theme(theme)
    assert opened.widget.viewer.theme == theme


def test_files_that_are_dropped_are_left_to_the_window(canvas):
    assert not canvas.widget.acceptDrops()


def test_looking_at_the_labels_centres_them(opened):
    opened.navigation.look_at_all()
    far = opened.widget.viewer.scene.camera.zoom
    opened.navigation.look_at_labels()
    camera = opened.widget.viewer.scene.camera
    assert camera.zoom == far  # they fill half of y as they are
    # The labels lie at y 2…4 of 1 mm and x 3…6 of 0.5 mm.
    np.testing.assert_allclose(camera.center[-2:], (3.0, 2.25))


def test_an_axis_that_is_not_shown_does_not_zoom(canvas):
    """Slices 1 mm apart of pixels of 1 µm: all pixels of the labels are in the picture."""
    labels = np.zeros((8, 20, 24), np.uint8)
    labels[2:5, 4:14, 4:14] = 1
    classes = tuple(LabelClass(i, str(i), 1) for i in range(2))
    canvas.open(LabelVolume(labels, classes, (1.0, 0.001, 0.001), True, "t", "t"), Plane(0, 3))
    canvas.navigation.look_at_all()
    far = canvas.widget.viewer.scene.camera.zoom
    canvas.navigation.look_at_labels()
    # 0.45 of 24 pixels over 10.
    assert canvas.widget.viewer.scene.camera.zoom == pytest.approx(1.08 * far)


def test_a_rim_has_codes_of_its_own():
    truth = np.array([[0, 1, 2]], np.uint8)
    np.testing.assert_array_equal(truth_codes(truth, None, 3), truth)
    rim = np.array([[2, 1, 2]], np.uint8)
    np.testing.assert_array_equal(truth_codes(truth, rim, 3), [[5, 1, 2]])
    many = truth_codes(np.array([0], np.uint8), np.array([200], np.uint8), 201)
    assert many.tolist() == [401]


def test_a_volume_without_a_label_is_shown_whole(canvas):
    """As a patch beside every object is."""
    whole = volume()
    empty = replace(whole, labels=np.zeros(SHAPE, np.uint8))
    canvas.open(empty, Plane(0, 1))
    assert canvas.navigation.plane == Plane(0, 1)
    assert not canvas.array("truth").any()
    low, high = labelled_box(empty)
    assert (low.tolist(), high.tolist()) == ([0, 0, 0], [n - 1 for n in SHAPE])
    low, high = labelled_box(whole)
    assert (low.tolist(), high.tolist()) == ([1, 2, 3], [2, 4, 6])


def colors_on_the_display(canvas):
    """How many colours the display shows where the canvas is; a grab of it would draw it anew."""
    shown = canvas.widget.screen().grabWindow(canvas.widget.window().winId()).toImage()
    native = canvas.widget.canvas.native
    corner = native.mapTo(canvas.widget.window(), native.rect().topLeft())
    cut = shown.copy(QRect(corner, native.size()))
    return len({cut.pixel(x, y) for x in range(cut.width()) for y in range(cut.height())})


def test_what_is_drawn_around_the_canvas_while_maps_wait_does_not_hide_it(opened, qtbot):
    """A window does that when it comes to the top, or when something beside the canvas changes."""
    qtbot.waitUntil(lambda: colors_on_the_display(opened) > 50)
    opened.maps.show(fields(Plane(0, 2)), same_state=False)
    opened.widget.repaint()  # within a turn, so that what waits still does
    opened.maps.finish()
    qtbot.waitUntil(lambda: colors_on_the_display(opened) > 50)


def test_other_panes_are_drawn_with_their_letters_while_maps_wait(opened):
    """Letters of the new panes lay on the picture of the former ones for as long as maps waited."""
    drawn = []
    note = lambda _: drawn.append(opened.panes.shape())  # noqa: E731
    opened.widget.canvas._scene_canvas.events.draw.connect(note)
    opened.maps.show(fields(Plane(0, 2)), same_state=False)  # which waits
    opened.native.repaint()
    assert drawn == []
    opened.arrange("side by side", (Pane("truth"), Pane("error")))
    opened.maps.show(fields(Plane(0, 2)), same_state=False)
    opened.native.repaint()
    assert drawn == [(1, 2)]
    opened.native.repaint()
    assert drawn == [(1, 2)]
    opened.widget.canvas._scene_canvas.events.draw.disconnect(note)
    opened.arrange("side by side", DEFAULT_PANES)


def test_a_pane_that_is_removed_while_it_is_refreshed_is_let_be(opened):
    pane = Pane("gradient", "dice")
    opened.arrange("side by side", (*DEFAULT_PANES, pane))
    opened.maps.show(fields(Plane(0, 2), value=1e3), same_state=False)
    work = opened.maps._refresh(pane.name)
    next(work)  # its colours have other ends
    opened.arrange("side by side", DEFAULT_PANES)
    assert list(work) == []


def test_another_prediction_is_shown_beside_the_first(opened):
    """Its cell comes behind the prediction's, in two rows, and goes with the volume."""
    plane = Plane(0, 2)
    count = len(opened.widget.viewer.layers)
    opened.arrange("side by side", panes("truth", "prediction", "beside", "gradient"))
    opened.maps.show(fields(plane, 0.25), same_state=False)
    opened.maps.show_beside(fields(plane, 0.75), same_state=False)
    opened.maps.finish()
    for name, value in (("prediction", 0.25), ("beside", 0.75)):
        np.testing.assert_array_equal(opened.array(name)[2], np.full(SHAPE[1:], value, "f4"))
        assert np.isnan(opened.array(name)[1]).all()
    viewer = opened.widget.viewer
    assert tuple(viewer.canvas.grid.shape) == (2, 2)
    maps = ("Truth", "Prediction", "Error", "Gradient")
    shown = [each.name for each in viewer.layers if each.visible and each.name.startswith(maps)]
    assert shown == ["Truth", "Prediction", "Prediction beside", "Gradient"]
    opened.arrange("side by side", panes("truth", "prediction", "error", "gradient"))
    opened.open(volume(opened.panes.cells["truth"].image is not None), plane)
    assert len(viewer.layers) == count


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("gradient", [-1.0, 1.0])
def test_a_title_can_be_read_on_the_strongest_gradient(canvas, theme, gradient):
    """WCAG 2.1, 1.4.3: text has a contrast of 4.5 to what is behind it."""
    canvas.set_theme(theme)
    canvas.open(volume(image=False), Plane(0, 2))
    canvas.show_titles({"gradient": "M" * 9}, 1)
    strong = np.full(SHAPE[1:], gradient, np.float32)
    canvas.maps.show(replace(fields(Plane(0, 2)), gradient=strong), same_state=False)
    canvas.maps.finish()
    light = luminance(canvas.widget.canvas.native.grabFramebuffer())
    # The cell of the gradient is below on the right; its title's middle is in front of the map.
    left, top = light.shape[1] // 2, light.shape[0] // 2
    dark, bright = np.quantile(light[top + 8 : top + 28, left + 70 : left + 150], (0.02, 0.98))
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_in_3d_no_gradient_is_seen_before_the_volume_is_painted(canvas):
    """A volume's other slices are blank, and blank is no colour of the gradient."""

    def pixels():
        canvas.maps.finish()
        light = luminance(canvas.widget.canvas.native.grabFramebuffer())
        # The cell of the gradient is below on the right, and its title at the top of the cell.
        seen = light[3 * light.shape[0] // 5 :, light.shape[1] // 2 :]
        return np.ptp(seen)

    canvas.open(volume(image=False), Plane(0, 2))
    canvas.maps.show(fields(Plane(0, 2)), same_state=False)
    pixels()  # the first picture of a canvas gives the cells their places
    flat = pixels()
    canvas.navigation.toggle_3d()
    assert pixels() == 0 < flat
    canvas.maps.show(fields(None), same_state=True)
    assert pixels() > 0
    canvas.open(volume(image=False), Plane(0, 2))  # another one, in 3D
    assert pixels() == 0
    canvas.navigation.toggle_3d()
    canvas.maps.show(fields(Plane(0, 2)), same_state=False)
    assert pixels() == flat


def test_wherever_the_camera_looks_in_3d_the_slice_is_the_one_of_before(canvas):
    canvas.open(volume(), Plane(0, 2))
    canvas.navigation.toggle_3d()
    for depth in (0.0, 1.0, 40.0):
        canvas.widget.viewer.scene.camera.center = (depth, 2.0, 1.5)
        canvas.navigation.toggle_3d()
        assert canvas.navigation.plane == Plane(0, 2)
        canvas.navigation.toggle_3d()
    canvas.navigation.toggle_3d()


def test_in_3d_a_gradient_of_exactly_0_is_not_seen(canvas):
    """All voxels in the line of sight together are transparent, and not a grey block."""
    canvas.open(volume(image=False), Plane(0, 2))
    canvas.navigation.toggle_3d()
    maps, gradient = fields(None), np.zeros(SHAPE, np.float32)
    gradient[..., 0] = -0.25  # an eighth of the width
    canvas.maps.show(replace(maps, gradient=gradient), same_state=False)
    canvas.maps.finish()
    for _ in range(2):  # the first picture of a canvas gives the cells their places
        light = luminance(canvas.widget.canvas.native.grabFramebuffer())
    seen = light[3 * light.shape[0] // 5 :, light.shape[1] // 2 :]
    difference = abs(seen - seen[-1, -1]).max(axis=0)
    assert difference.max() > 0.02
    # The volume is 4 mm wide and 0.5 mm of it are blue.
    assert np.mean(difference > 0) < 0.1


def luminance(image):
    """Relative luminance of each pixel, as WCAG defines it."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.width(), 4)
    rgb = np.array(image.constBits()).reshape(shape)[..., 2::-1] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)
