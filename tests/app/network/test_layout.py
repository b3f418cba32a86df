"""Places of boxes and links, by the layout package and by the plain layout."""

import sys
from itertools import combinations, pairwise

import pytest

from lossexplorer.app.network.folding import fold
from lossexplorer.app.network.layout import place, place_plainly
from tests.app.network.networks import deep, u_net

SIZE = (100.0, 50.0)
ENGINES = pytest.mark.parametrize("engine", [place, place_plainly])
GRAPHS = pytest.mark.parametrize("make", [u_net, deep])


def parts(graph):
    """Sizes and ends of the boxes of a network."""
    folded = fold(graph)
    sizes = {box.name: SIZE for box in folded.boxes}
    return sizes, [(link.source, link.target) for link in folded.links]


def overlap(one, other):
    """Whether two boxes of the common size, by their centres, have a point in common."""
    return abs(one[0] - other[0]) < SIZE[0] and abs(one[1] - other[1]) < SIZE[1]


def points_along(route):
    """Many points of a polyline."""
    for (x0, y0), (x1, y1) in pairwise(route):
        for step in range(51):
            yield x0 + (x1 - x0) * step / 50, y0 + (y1 - y0) * step / 50


@ENGINES
@GRAPHS
def test_what_is_given_to_a_layer_lies_to_its_left(engine, make):
    sizes, links = parts(make())
    centers = engine(sizes, links).centers
    assert centers.keys() == sizes.keys()
    for source, target in links:
        assert centers[source][0] + SIZE[0] < centers[target][0]


@ENGINES
@GRAPHS
def test_no_box_overlaps_another(engine, make):
    sizes, links = parts(make())
    centers = engine(sizes, links).centers
    assert not [pair for pair in combinations(centers, 2) if overlap(*map(centers.get, pair))]


@ENGINES
@GRAPHS
def test_a_link_goes_from_border_to_border_and_through_no_other_box(engine, make):
    sizes, links = parts(make())
    placement = engine(sizes, links)
    assert placement.routes.keys() == set(links)
    for (source, target), route in placement.routes.items():
        assert route[0][0] == pytest.approx(placement.centers[source][0] + SIZE[0] / 2)
        assert route[-1][0] == pytest.approx(placement.centers[target][0] - SIZE[0] / 2)
        others = [
            center for name, center in placement.centers.items() if name not in (source, target)
        ]
        for x, y in points_along(route):
            inside = [
                c for c in others if abs(x - c[0]) < SIZE[0] / 2 and abs(y - c[1]) < SIZE[1] / 2
            ]
            assert not inside


@ENGINES
def test_the_same_network_is_always_laid_out_alike(engine):
    sizes, links = parts(deep())
    assert engine(sizes, links) == engine(dict(sizes), list(links))


@ENGINES
def test_heads_have_the_order_of_the_outputs(engine):
    sizes, links = parts(deep())
    heights = [engine(sizes, links).centers[output][1] for output in ("y1", "y2", "y3")]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


@ENGINES
def test_the_trunk_lies_in_the_middle_of_its_heads(engine):
    sizes, links = parts(u_net())
    centers = engine(sizes, links).centers
    middle = (centers["x2_conv"][1] + centers["x3_conv"][1]) / 2
    assert centers["x1_conv3"][1] == pytest.approx(middle, abs=1)


@ENGINES
def test_a_layer_that_is_called_again_behind_itself_is_placed(engine):
    sizes = dict.fromkeys("abc", SIZE)
    placement = engine(sizes, [("a", "a"), ("a", "b"), ("b", "c"), ("c", "b")])
    xs = [placement.centers[name][0] for name in "abc"]
    assert xs == sorted(xs)
    assert ("c", "b") in placement.routes
    assert ("a", "a") not in placement.routes


@ENGINES
def test_no_layers_have_no_places(engine):
    assert not engine({}, []).centers


def test_without_the_package_the_layout_is_plain(monkeypatch):
    sizes, links = parts(u_net())
    monkeypatch.setitem(sys.modules, "graphlay", None)
    assert place(sizes, links) == place_plainly(sizes, links)


def test_where_the_package_fails_the_layout_is_plain(monkeypatch, caplog):
    import graphlay

    def fail(*_, **__):
        raise graphlay.GraphlayError("a bad day")

    sizes, links = parts(u_net())
    monkeypatch.setattr(graphlay, "layout", fail)
    assert place(sizes, links) == place_plainly(sizes, links)
    assert "a bad day" in caplog.text
