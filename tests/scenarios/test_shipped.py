"""The shipped scenarios: their numbers are those of float64 and of articles, and the engine's."""

import json
import re

import pytest

from lossexplorer.documents import DocumentError
from lossexplorer.documents.numbers import parts
from lossexplorer.documents.scenario_list import (
    GROUPS,
    built_in_scenarios,
    read_scenario,
    scenario_named,
)
from lossexplorer.headless.checking import check
from lossexplorer.learning.scenarios import SCENARIOS as LEARNING
from lossexplorer.volumes import open_batch
from tests.scenarios import reference

LISTED = built_in_scenarios()
SHIPPED = {each.name: each.document for each in LISTED if each.origin == "shipped"}
EVERY = pytest.mark.parametrize("document", SHIPPED.values(), ids=SHIPPED)

NODULE = "evaluates 12.6 million voxels at several settings"
SLOW = dict.fromkeys(("background-haze", "all-background", "background-in-the-mean"), NODULE)
"""The scenarios that take more than about five seconds, with the reason."""

CHECKED = [
    pytest.param(document, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name, document in SHIPPED.items()
]

STATED = [
    # 837 of 12,582,912 voxels at 0.9, 0.99 and 0.999: D = 2pV/(V + pV + (1 − p)(N − V))
    ("background-haze", "dice", {}, 1 - 0.0129995),
    ("background-haze", "dice", {"confidence": 0.9}, 1 - 0.0011959),
    ("background-haze", "dice", {"confidence": 0.999}, 1 - 0.117313),
    ("background-haze", "cross_entropy", {}, 0.010050),
    ("all-background", "cross_entropy", {}, 0.010356),
    ("background-in-the-mean", "dice", {}, 0.500017),
    # Lin et al. 2017: 4, 100 and about 1000 times
    ("focal-is-quiet", "cross_entropy / focal", {"confidence": 0.5}, 4.0),
    ("focal-is-quiet", "cross_entropy / focal", {}, 100.0),
    ("focal-is-quiet", "cross_entropy / focal", {"confidence": 0.968}, 976.5625),
    # overlap of shifted boxes
    ("thin-plate", "dice", {}, 0.4),
    ("thin-plate", "iou", {"shift_z": 0.0, "shift_y": 1.0}, 2 / 49),
    # 1 − s/(P + s) and 1 − s/(G + s)
    ("smooth-is-a-switch", "dice_3.class.2", {"blobs": 100.0}, 0.5),
    ("smooth-is-a-size", "dice.class.2", {}, 0.5),
    # lattice points in balls of radius 20 and 3, sequence A000605
    ("batch-or-sample", "dice_2", {}, 1 - 66802 / (33401 + 33524)),
    ("choice-of-average", "generalized_dice", {}, 1 - 1 / (1 + 33401 / 246)),
    ("choice-of-average", "dice_2", {"swap_from": 1}, 1 - 246 / (246 + 33401)),
    # counts of the tumour's labels
    ("anisotropic-voxels", "dice", {}, 1 - 0.949480),
    ("anisotropic-voxels", "dice", {"shift_x": 0.0, "shift_z": 6.5}, 1 - 0.502780),
    # ‖∂CE/∂z‖ = √(2/N)/2 over N = 1,638,400 voxels, and its ratio to Dice's
    ("dice-and-cross-entropy", "norm.cross_entropy", {}, 5.52427e-4),
    ("dice-and-cross-entropy", "norm.cross_entropy / norm.dice", {}, 10.013),
]

FOURTEEN = {
    "dice": 0.5167,
    "dice_2": 0.5137,
    "dice_3": 0.4480,
    "dice_4": 0.7523,
    "dice_5": 0.6494,
    "dice_6": 0.3556,
    "iou": 0.5730,
    "dice_7": 0.0836,
    "dice_8": -0.3506,
    "dice_9": -0.4833,
    "generalized_dice": 0.9725,
    "generalized_dice_2": 0.9206,
    "generalized_dice_3": 0.9677,
    "cross_entropy": 0.1316,
}
"""What the libraries compute of the blocks: MONAI, Keras, nnU-Net, the article, optax."""


def stated(name, what, controls):
    """The number that a scenario states at a setting."""
    (found,) = (
        each.value
        for each in SHIPPED[name].expected
        if (each.what, dict(each.controls), each.parameters) == (what, controls, {})
    )
    return found


class Setting:
    """A scenario's volumes and losses as they are where a number is stated."""

    def __init__(self, document, controls, parameters):
        (source,) = (each.path for each in document.volumes)
        self.controls = {**document.controls, **controls}
        self.classes = len(open_batch(source).names)
        self.samples = reference.samples(source, self.controls)
        self.kinds = reference.kinds_of(self.samples, self.controls, self.classes)
        self.losses = {
            each.name: (each.loss, {**each.parameters, **parameters.get(each.name, {})})
            for each in document.losses
        }
        self.weights = {each.name: each.weight for each in document.losses}

    def value(self, what):
        found = [self.part(part) for part in parts(what)]
        return found[0] if len(found) == 1 else found[0] / found[1]

    def part(self, part):
        if part.loss == "total":
            each = {name: self.loss(name) for name in self.losses}
            return sum(self.weights[name] * value for name, value in each.items())
        if part.is_norm:
            return reference.norm(*self.losses[part.loss], self.kinds)
        if part.class_index is not None:
            return reference.term(*self.losses[part.loss], self.kinds, part.class_index)
        return self.loss(part.loss)

    def loss(self, name):
        loss, parameters = self.losses[name]
        if loss in ("boundary", "hausdorff"):
            return reference.field_value(
                loss, parameters, self.samples, self.controls, self.classes
            )
        return reference.value(loss, parameters, self.kinds)


@EVERY
def test_its_numbers_are_those_of_float64(document):
    settings = {}
    for each in document.expected:
        key = json.dumps([each.controls, each.parameters])
        if key not in settings:
            settings = {key: Setting(document, each.controls, each.parameters)}
        value = settings[key].value(each.what)
        assert each.value == pytest.approx(value, rel=1e-8, abs=1e-12, nan_ok=True), each.what


@pytest.mark.parametrize(("name", "what", "controls", "value"), STATED)
def test_its_numbers_are_those_that_are_published(name, what, controls, value):
    assert stated(name, what, controls) == pytest.approx(value, rel=6e-5, abs=6e-7)


@pytest.mark.parametrize("name", FOURTEEN)
def test_fourteen_numbers_are_those_of_the_libraries(name):
    assert stated("fourteen-numbers", name, {}) == pytest.approx(FOURTEEN[name], abs=5.1e-5)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("document", CHECKED)
def test_the_engine_shows_them(document):
    expect_all_right(document)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("name", SLOW)
def test_the_engine_shows_those_of_a_large_volume_as_it_opens(name):
    """What the test above leaves out of the gate, at one setting."""
    document = SHIPPED[name]
    opening = tuple(each for each in document.expected if not each.setting)
    assert opening
    expect_all_right(document.model_copy(update={"expected": opening}))


def expect_all_right(document):
    checked = check(document)
    wrong = {each.expected.what: each for each in checked.numbers if not each.is_right}
    assert not wrong
    assert [each.expected for each in checked.numbers] == list(document.expected)


@EVERY
def test_what_it_says_can_be_shown(document):
    assert document.group in GROUPS
    assert document.title
    assert document.source
    assert document.notes
    assert 1 <= len(re.findall(r"[.!?](?= [A-Z]|$)", document.text)) <= 2, document.text
    assert 1 <= len(document.shows.maps) <= 2
    assert document.shows.numbers
    names = {each.name for each in document.losses}
    assert {part.loss for each in document.shows.numbers for part in parts(each)} <= names
    for each in document.expected:
        assert each.source
        # A tolerance is for rounding: a wrong third digit is never within it.
        assert each.tolerance <= 6e-5 * max(abs(each.value), 2e-5) or each.value != each.value


def test_there_are_more_than_twenty_and_those_of_learning_follow():
    assert len(SHIPPED) >= 20
    names = [each.name for each in LISTED]
    assert names[len(SHIPPED) :] == list(LEARNING)
    assert len(set(names)) == len(names)
    assert [each.document.group for each in LISTED[: len(SHIPPED)]] == sorted(
        (each.group for each in SHIPPED.values()), key=GROUPS.index
    )


def test_a_learning_scenario_has_the_numbers_that_it_measures():
    checked = check(scenario_named("L6").document)
    assert checked.is_right
    assert [each.found for each in checked.numbers][:2] == pytest.approx([20 / 9, 30 / 19])


def test_what_is_no_scenario_is_refused(tmp_path):
    (listed,) = (each for each in LISTED if each.name == "thin-plate")
    content = json.loads(listed.path.read_text("utf-8"))
    file = tmp_path / "mine.scenario.lossx"
    content["expected"][0]["what"] = "tversky.class.1"
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DocumentError, match=r"mine.*'tversky' is not shown"):
        read_scenario(file)
    content["expected"][0]["what"] = "dice.class.one"
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DocumentError, match="names no number"):
        read_scenario(file)
