"""What can be done to the setup: checked, labelled, and one edit a gesture."""

import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import BuiltNetwork, LossChoice, Output, OwnNetwork, Setup
from lossexplorer.session import Session
from lossexplorer.session.setup_editor import SetupEditor
from tests.session.volumes import case


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def editor(session):
    return SetupEditor(session)


def test_a_gesture_is_one_edit_named_by_its_ends(session, editor):
    for rate in (0.02, 0.05, 0.1):
        editor.set_field("training", "rate", rate, merge=7)
    assert session.store.undo_label == "Learning rate 0.01 → 0.1"
    session.store.undo()
    assert editor.setup == Setup()
    assert not session.store.undo_label


@pytest.mark.parametrize(
    ("part", "name", "value", "label"),
    [
        ("training", "optimizer", "adam", "Optimizer SGD → Adam"),
        ("training", "clipnorm", 1.0, "Clip norm none → 1"),
        ("training", "batch", 4.0, "Patches a step 2 → 4"),
        ("network", "filters", 16.0, "Filters 8 → 16"),
        ("network", "normalization", "batch", "Normalization none → batch"),
        ("image", "is_simulated", True, "Simulated image off → on"),
        ("image", "intensities", (0.0, 1.0), "Intensities even → 0:1"),
    ],
)
def test_an_edit_says_what_was_set(session, editor, part, name, value, label):
    editor.set_field(part, name, value)
    assert session.store.undo_label == label
    assert getattr(getattr(editor.setup, part), name) == value


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("training", "rate", -1.0),
        ("training", "rate", float("nan")),
        ("training", "batch", 1.5),
        ("training", "optimizer", "lion"),
        ("network", "depth", 0),
        ("network", "colour", 1),
        ("image", "noise", -0.1),
    ],
)
def test_what_is_not_allowed_is_refused_and_changes_nothing(session, editor, part, name, value):
    with pytest.raises(ParameterError, match=name):
        editor.set_field(part, name, value)
    assert editor.setup == Setup()
    assert not session.store.undo_label


def test_numbers_that_count_are_ints(editor):
    editor.set_field("training", "seed", 11.0)
    editor.set_field("network", "trunk", 2.0)
    assert isinstance(editor.setup.training.seed, int)
    assert isinstance(editor.setup.network.trunk, int)


def test_a_weight_has_the_first_value_of_the_gesture_in_its_label(session, editor):
    editor.set_weight("y2", 1.0, merge=3)
    editor.set_weight("y2", 3.0, merge=3)
    assert session.store.undo_label == "y2 λ 0.3 → 3"
    with pytest.raises(ParameterError, match="weight"):
        editor.set_weight("y2", float("inf"))


def test_a_weight_of_0_goes_back_to_what_it_was(editor):
    editor.toggle_weight("y2")
    assert editor.setup.output("y2").weight == 0.0
    editor.toggle_weight("y2")
    assert editor.setup.output("y2").weight == 0.3
    editor.set_weight("y1", 0.0)
    editor.toggle_weight("y1")  # what it was is not known
    assert editor.setup.output("y1").weight == 1.0


def test_a_run_goes_on_after_cuts_weights_losses_and_frozen_layers(editor):
    before = editor.setup
    editor.toggle_cut("y1")
    editor.set_frozen(["x1_conv1", "x1_conv2"], True, "x1")
    editor.set_weight("y2", 2.0)
    editor.set_loss("y1", "tversky")
    editor.set_field("training", "rate", 0.5)
    assert editor.setup.begins_as(before)
    assert editor.setup.frozen == ("x1_conv1", "x1_conv2")
    editor.toggle_frozen("x1_conv1")
    assert editor.setup.frozen == ("x1_conv2",)
    editor.set_target("y2", "foreground")
    assert not editor.setup.begins_as(before)


def test_names_of_outputs_are_filled_from_the_first_that_is_free(editor):
    editor.add_output()
    editor.add_output()
    editor.remove_output("y3")
    assert [output.name for output in editor.setup.outputs] == ["y1", "y2", "y4"]
    editor.add_output()
    assert [output.name for output in editor.setup.outputs] == ["y1", "y2", "y4", "y3"]


def test_there_are_two_to_five_outputs(editor):
    with pytest.raises(ParameterError, match="at least 2"):
        editor.remove_output("y1")
    for _ in range(3):
        editor.add_output()
    with pytest.raises(ParameterError, match="at most 5"):
        editor.add_output()


def test_the_outputs_of_an_own_model_are_those_of_its_file(session, editor):
    outputs = (Output("a", "image", LossChoice("huber")), Output("b", "image", LossChoice("huber")))
    editor.toggle_frozen("x1_conv1")
    editor.use_own(OwnNetwork("/models/net.keras"), outputs)
    assert session.store.undo_label == "Use net.keras"
    assert editor.setup.outputs == outputs
    assert editor.setup.frozen == ()
    for change in (editor.add_output, lambda: editor.remove_output("a")):
        with pytest.raises(ParameterError, match="file"):
            change()
    editor.use_built(depth=1)
    assert editor.setup.network == BuiltNetwork(depth=1)
    assert editor.setup.outputs == Setup().outputs


def test_a_patch_has_at_least_a_voxel_along_each_axis(editor):
    with pytest.raises(ParameterError, match="at least one voxel"):
        editor.set_patch((0, 32, 32))
    editor.set_patch((1, 64, 64))
    assert editor.setup.training.patch == (1, 64, 64)


def test_class_weights_give_way_to_a_volume_or_a_target_of_other_classes():
    session = Session()
    editor = SetupEditor(session)
    session.open(case(classes=3))
    editor.set_loss_parameter("y1", "class_weights", (1.0, 2.0, 3.0))
    assert editor.setup.output("y1").loss.parameters["class_weights"] == (1.0, 2.0, 3.0)
    editor.set_target("y1", "foreground")  # of two channels
    assert editor.setup.output("y1").loss.parameters["class_weights"] == "none"
    session.store.undo()
    session.open(case(classes=2))
    assert editor.setup.output("y1").loss.parameters["class_weights"] == "none"
    with pytest.raises(ParameterError, match="has 3 numbers and the loss 2 classes"):
        editor.set_loss_parameter("y1", "class_weights", (1.0, 2.0, 3.0))
