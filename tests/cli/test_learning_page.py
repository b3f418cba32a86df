"""The page "Which loss updates which layer?" has the program's own numbers."""

import re
from pathlib import Path

import pytest
import tensorflow as tf

PAGE = (Path(__file__).parents[2] / "resources/docs/learning.md").read_text("utf-8")


@pytest.fixture
def learn(answer):
    """The JSON of one step on the tumour, without the graph that takes seconds to make."""
    tf.config.run_functions_eagerly(True)
    yield lambda *options: answer("learn", "sample:tumour", "--steps", "1", *options)
    tf.config.run_functions_eagerly(False)


def number(text):
    return pytest.approx(float(text), rel=2e-3)


def test_the_table_and_the_total(learn):
    result = learn()
    table = PAGE.partition("<!-- table: plain -->")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M)
    assert [name for name, _ in rows] == [layer["name"] for layer in result["layers"]]
    for (_, cells), layer in zip(rows, result["layers"], strict=True):
        weights, y1, y2, cosine, update = cells.split(" | ")
        assert int(weights.replace(",", "")) == layer["weights"]
        for shown, measured in ((y1, layer["norms"]["y1"]), (y2, layer["norms"]["y2"])):
            assert (shown == "0") is (measured == 0)
            assert measured == number(shown)
        shown = layer["cosine"]["y1,y2"]
        assert (cosine == "–") is (shown is None)
        if shown is not None:
            assert shown == pytest.approx(float(cosine), abs=2e-3)
        assert layer["update"] == number(update)
    total, y1, y2 = re.search(
        r"step is ([\d.]+) = 0.5 · ([\d.]+) \+ 0.3 · ([\d.]+)\.", PAGE
    ).groups()
    step = result["steps"][0]
    assert (step["total"], *step["losses"].values()) == (number(total), number(y1), number(y2))


def test_ten_times_the_weight(learn):
    def updates(*options):
        return {layer["name"]: layer["update"] for layer in learn(*options)["layers"]}

    before, after = re.search(r"\(([\d.]+) →\s([\d.]+)\)", PAGE).groups()
    assert updates()["x3_conv"] == number(before)
    ten = updates("--weight", "y2=3")
    assert ten["x3_conv"] == number(after)
    assert ten["x2_conv"] == number(re.search(r"`x2_conv` stays ([\d.]+),", PAGE)[1])
    before, after = re.search(r"stays what it was, ([\d.]+) → ([\d.]+):", PAGE).groups()
    assert updates("--optimizer", "adam")["y2"] == number(before)
    assert updates("--optimizer", "adam", "--weight", "y2=3")["y2"] == number(after)


def test_cut_frozen_and_weight_0(learn):
    rows = re.findall(r"^\| (loss 2 in the trunk|step of `x3_conv`) \| (.*) \|$", PAGE, re.M)
    trunk, step = (cells.split(" | ") for _, cells in rows)
    runs = [
        learn("--cut", "y2"),
        learn("--freeze", "x3_conv", "--freeze", "y2"),
        learn("--weight", "y2=0"),
    ]
    for said, result in zip(trunk, runs, strict=True):
        assert_as_said(said, result["trunk"]["norms"]["y2"])
    for said, result in zip(step, runs, strict=True):
        layers = {layer["name"]: layer for layer in result["layers"]}
        assert_as_said(said, layers["x3_conv"]["update"])


def assert_as_said(said, measured):
    if said == "exactly 0":
        assert measured == 0
    else:
        assert measured == number(said.removesuffix(", as before"))
