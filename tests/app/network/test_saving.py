"""The picture as SVG and PNG."""

import re
from xml.etree import ElementTree

import pytest
from qtpy.QtGui import QImage

from lossexplorer.app.network import output_color
from lossexplorer.app.theme import DARK, LIGHT
from tests.app.network.networks import NORMS, deep, frozen, random_norms, table, u_net

SVG = "{http://www.w3.org/2000/svg}"


def written(path):
    """The texts of an SVG document, those that Qt writes in pieces joined."""
    root = ElementTree.fromstring(path.read_bytes())
    return root, "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_an_svg_has_the_texts_and_colours_of_the_picture(show, tmp_path, palette):
    view = show(frozen(u_net(), "x1_conv2"), table(u_net(), updates={"x1_conv2": 0.0}))
    view.use(palette)
    view.name_losses({"y1": "Dice", "y2": "Squared error"})
    path = tmp_path / "network.svg"
    view.save_svg(path)
    root, text = written(path)
    for part in (
        "width: ‖λ ∂L/∂weights‖ of the layer, linear; widest line 0.1",
        "image", "x1 · conv1", "x2 · conv", "3³, 8", "cos(g1, g2) = 0.11", "update 0",
        "only L1 · L2 exactly 0", "only L2 · L1 exactly 0", "L1", "Dice", "Squared error",
    ):  # fmt: skip
        assert part in text
    source = path.read_text("utf-8").lower()
    assert output_color(0, palette) in source
    assert output_color(1, palette) in source
    assert root.get("viewBox").split()[:2] == ["0", "0"]


def test_an_svg_needs_no_font_with_lowered_figures(show, tmp_path):
    """CairoSVG drew boxes for that of "L₁" where Inter was not installed."""
    show().save_svg(tmp_path / "network.svg")
    root, text = written(tmp_path / "network.svg")
    assert not re.search("[₀-₉ᵢⱼ]", text)
    texts = list(root.iter(f"{SVG}text"))
    (example,) = (each for each in texts if "".join(each.itertext()) == "only L1 · L2 exactly 0")
    size, below = float(example.get("font-size")), 0.0
    assert example.text == "only L"
    placed = []
    for part in example:
        below += float(part.get("dy"))
        placed.append((part.text, below > 0, float(part.get("font-size", size)) < size))
    lowered, on_the_line = (True, True), (False, False)
    assert placed == [
        ("1", *lowered), (" · L", *on_the_line), ("2", *lowered), (" exactly 0", *on_the_line)
    ]  # fmt: skip


def test_an_svg_fits_a_wider_font_of_the_viewer(show, tmp_path):
    """Where Inter was not installed, ‖ and λ overlapped: Qt writes them as two texts."""
    show().save_svg(tmp_path / "network.svg")
    texts = list(written(tmp_path / "network.svg")[0].iter(f"{SVG}text"))
    assert texts[0].text.startswith("width: ‖λ ∂L/∂weights‖ of the layer")
    assert all(each.get("font-family").endswith(",sans-serif") for each in texts)


def test_every_text_of_an_svg_can_be_read_on_its_ground(show, tmp_path):
    """No dark text on dark: the texts have the colours of the theme's texts or of an output."""
    view = show()
    for palette in (DARK, LIGHT):
        view.use(palette)
        view.save_svg(tmp_path / "network.svg")
        root, _ = written(tmp_path / "network.svg")
        fills = {element.get("fill").lower() for element in root.iter(f"{SVG}text")}
        outputs = {output_color(place, palette) for place in (0, 1)}
        assert fills == {palette.text, palette.quiet} | outputs


def test_an_svg_has_nothing_in_the_colour_of_a_loss_that_is_exactly_0(show, tmp_path):
    norms = {name: (a, 0.0) for name, (a, b) in NORMS.items()}
    view = show(numbers=table(u_net(), norms), weights={"y1": 1.0, "y2": 0.0})
    view.save_svg(tmp_path / "network.svg")
    source = (tmp_path / "network.svg").read_text("utf-8").lower()
    assert output_color(1, DARK) not in source
    assert output_color(0, DARK) in source
    assert "λ = 0" in written(tmp_path / "network.svg")[1]


def test_a_saved_picture_is_whole_and_at_zoom_1_however_it_is_shown(show, tmp_path):
    view = show()
    view.save_svg(tmp_path / "before.svg")
    view.zoom_by(3.0)
    view.save_svg(tmp_path / "after.svg")
    assert (tmp_path / "after.svg").read_bytes() == (tmp_path / "before.svg").read_bytes()


def test_a_png_has_the_size_of_the_svg_times_its_scale(show, tmp_path):
    view = show()
    view.save_svg(tmp_path / "network.svg")
    view.save_png(tmp_path / "network.png", scale=3)
    root, _ = written(tmp_path / "network.svg")
    width, height = (int(float(part)) for part in root.get("viewBox").split()[2:])
    image = QImage(str(tmp_path / "network.png"))
    assert (image.width(), image.height()) == (3 * width, 3 * height)


def test_a_large_network_is_saved(show, tmp_path):
    graph = deep()
    numbers = table(graph, random_norms(graph), cosines={("y1", "y2"): 0.5})
    show(graph, numbers, weights={}).save_svg(tmp_path / "network.svg")
    root, _ = written(tmp_path / "network.svg")
    titles = [re.fullmatch(r"(\d+) layers", e.text.strip()) for e in root.iter(f"{SVG}text")]
    assert sum(int(title[1]) for title in titles if title) + 4 == len(graph.nodes)


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(show, tmp_path):
    view = show()
    (tmp_path / "network.svg").mkdir()
    with pytest.raises(OSError, match=r"network\.svg"):
        view.save_svg(tmp_path / "network.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["network.svg"]
    with pytest.raises(OSError, match="missing"):
        view.save_png(tmp_path / "missing" / "network.png")
