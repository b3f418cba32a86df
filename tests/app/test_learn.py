"""Learn: what is set by hand is trained, and what comes of a step is shown."""

import pytest
from pyqtgraph import PlotDataItem, TextItem
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.widgets.workspace_switch import WorkspaceSwitch
from lossexplorer.learning.setup import LossChoice, Setup
from lossexplorer.session.setup_editor import SetupEditor

# Of the stub's first step; the losses are its own, the rest is arithmetic on them.
LOSSES = (0.56, 0.51)
WEIGHTS = (0.5, 0.3)


def number(label):
    return float(label.text().replace("−", "-"))


# Training


def test_a_step_shows_the_losses_without_their_weights_and_the_total_with_them(learner):
    learner.train_steps(1)
    cards = learner.outputs.cards
    assert [number(cards[name].value) for name in ("y1", "y2")] == list(LOSSES)
    assert number(learner.outputs.total.value) == pytest.approx(0.5 * 0.56 + 0.3 * 0.51, abs=5e-5)
    shares = [share for _, share in learner.outputs.total.bar.shares]
    assert shares == pytest.approx([0.28 / 0.433, 0.153 / 0.433])


def test_an_l2_penalty_is_a_part_of_the_total_of_its_own(learner):
    learner.training.model.layers.open()
    learner.type(learner.training.model.rows["l2"].line, "0.01")
    learner.rest()
    learner.train_steps(1)
    total = 0.5 * 0.56 + 0.3 * 0.51 + 12.5 * 0.01  # the stub's kernels have squares of 12.5
    assert number(learner.outputs.total.value) == pytest.approx(total, abs=5e-5)
    shares = [share for _, share in learner.outputs.total.bar.shares]
    assert shares[2] == pytest.approx(0.125 / total)
    assert "0.1250 of it is the L2 penalty" in learner.outputs.total.note.text()


def test_space_trains_and_pauses(learner):
    learner.shortcut("Space")
    learner.bot.waitUntil(lambda: learner.run.step > 4)
    assert learner.run.status == "training"
    assert "Pause" in learner.training.training.train.text()
    learner.shortcut("Space")
    learner.rest()
    assert learner.training.training.train.text().endswith("Train")
    steps = learner.run.step
    assert learner.training.training.state.text() == f"step {steps} · same seed, same start"


def test_n_takes_one_step_and_home_begins_anew(learner):
    learner.shortcut("N")
    learner.bot.waitUntil(lambda: learner.run.step == 1)
    learner.shortcut("N")
    learner.bot.waitUntil(lambda: learner.run.step == 2)
    learner.shortcut("Home")
    learner.bot.waitUntil(lambda: learner.run.step == 0)
    learner.rest()
    assert learner.run.reports == ()
    assert learner.outputs.total.value.text() == "–"


def test_the_buttons_do_the_same(learner):
    buttons = learner.training.training
    learner.click(buttons.train)
    learner.bot.waitUntil(lambda: learner.run.step > 4)
    learner.click(buttons.train)
    learner.rest()
    learner.click(buttons.rewind)
    learner.bot.waitUntil(lambda: learner.run.step == 0)
    learner.click(buttons.seed)
    assert learner.setup.training.seed == Setup().training.seed + 1
    assert "seed 8" in " ".join(learner.texts(learner.training.model))


def test_space_belongs_to_the_control_that_has_the_focus(learner):
    learner.window.activateWindow()
    learner.bot.waitUntil(learner.window.isActiveWindow)
    cut = learner.training.switches.cuts["y2"]
    cut.setFocus()
    QTest.keyClick(cut, Qt.Key.Key_Space)
    assert learner.setup.output("y2").is_cut
    learner.rest()
    assert learner.run.step == 0


@pytest.fixture
def floating(learner):
    """The training panel as a window of its own, which is the active one."""
    learner.panels.float("training", True)
    dock = learner.panels.dock("training")
    dock.activateWindow()
    learner.bot.waitUntil(dock.isActiveWindow)
    yield learner.training
    learner.panels.float("training", False)


def test_keys_belong_to_the_controls_of_a_floating_panel(learner, floating):
    learner.train_steps(1)
    cut, slider = floating.switches.cuts["y2"], floating.training.rows["rate"].slider
    cut.setFocus()
    QTest.keyClick(cut, Qt.Key.Key_Space)
    assert learner.setup.output("y2").is_cut
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert slider.value() == slider.minimum()
    learner.rest()
    assert learner.run.step == 1


def test_keys_that_no_control_of_a_floating_panel_uses_are_shortcuts(learner, floating):
    floating.setFocus()
    QTest.keyClick(floating, Qt.Key.Key_N)
    learner.bot.waitUntil(lambda: learner.run.step == 1)


@pytest.mark.parametrize("clicked", ["workspace", "plot", "card"])
def test_space_trains_after_a_click_on_what_has_no_use_for_it(learner, clicked):
    learner.window.activateWindow()
    learner.bot.waitUntil(learner.window.isActiveWindow)
    learner.window.stage.setFocus()
    switch = learner.window.findChild(WorkspaceSwitch)
    places = {
        "workspace": switch.segments["learn"],
        "plot": learner.curves.widgets["run_losses"].viewport(),
        "card": learner.outputs.cards["y2"].value,
    }
    QTest.mouseClick(places[clicked], Qt.MouseButton.LeftButton)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert learner.run.status == "training"


def test_space_chooses_a_card_before_it_trains(learner):
    learner.window.activateWindow()
    learner.bot.waitUntil(learner.window.isActiveWindow)
    card = learner.outputs.cards["y2"]
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert learner.session.state.view.output == "y2"
    assert learner.run.status == "ready"
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert learner.run.status == "training"


def test_n_in_a_field_is_text(learner):
    field = learner.training.training.rows["rate"].line
    learner.window.activateWindow()
    learner.bot.waitUntil(learner.window.isActiveWindow)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_N)
    learner.rest()
    assert "n" in field.text()
    assert learner.run.step == 0
    learner.type(field, "0.01")


def test_a_limit_is_chosen_for_a_talk(learner):
    learner.choose(learner.training.training.speed, "2 steps a second")
    assert learner.trainer.limit == 2.0
    learner.choose(learner.training.training.speed, "as fast as it goes")
    assert learner.trainer.limit is None


# What is set


def test_a_drag_of_the_learning_rate_is_one_edit(learner):
    row = learner.training.training.rows["rate"]
    learner.drag_slider(row.slider, 0.9)
    assert learner.setup.training.rate > 0.5
    assert learner.session.store.undo_label.startswith("Learning rate 0.01 → ")
    learner.shortcut("Ctrl+Z")
    assert learner.setup.training.rate == 0.01
    assert row.line.text() == "0.01"
    assert learner.session.store.undo_label != "Learning rate 0.01 → 0.01"


def test_momentum_is_there_where_it_acts(learner):
    rows = learner.training.training.rows
    assert not rows["momentum"].isVisible()
    learner.choose(rows["optimizer"].options, "SGD, momentum")
    assert learner.setup.training.optimizer == "momentum"
    assert rows["momentum"].isVisible()
    learner.type(rows["momentum"].line, "0.5")
    assert learner.setup.training.momentum == 0.5


@pytest.mark.parametrize("name", ["clipnorm", "global_clipnorm"])
def test_a_clipping_norm_is_a_number_or_none(learner, name):
    row = learner.training.training.rows[name]
    learner.type(row.line, "1.5")
    assert getattr(learner.setup.training, name) == 1.5
    learner.type(row.line, "-1")
    assert getattr(learner.setup.training, name) == 1.5
    assert row.options.property("problem")
    learner.type(row.line, "none")
    assert getattr(learner.setup.training, name) is None


def test_the_size_of_patches_is_typed(learner):
    field = learner.training.data.patch.lineEdit()
    learner.type(field, "8 x 16 x 24")
    assert learner.setup.training.patch == (8, 16, 24)
    assert field.text() == "8 × 16 × 24"
    learner.type(field, "8 x 16")
    assert learner.setup.training.patch == (8, 16, 24)
    assert "64 or 8x64x64" in learner.training.data.patch.toolTip()
    learner.type(field, "16")
    assert learner.setup.training.patch == (16, 16, 16)


def test_a_chain_is_a_network_of_one_level(learner):
    learner.choose(learner.training.model.network, "chain, two outputs")
    assert learner.setup.network.depth == 1
    learner.choose(learner.training.model.network, "small U-Net, two outputs")
    assert learner.setup.network.depth == 2


def test_a_weight_goes_on_with_the_run(learner):
    learner.train_steps(3)
    row = learner.outputs.cards["y2"].weight
    learner.type(row.line, "3")
    assert learner.setup.output("y2").weight == 3.0
    learner.rest()
    assert learner.run.step == 3
    assert learner.session.store.undo_label == "y2 λ 0.3 → 3"
    learner.train_steps(4)  # one more
    losses = learner.run.reports[-1].losses
    expected = 0.5 * losses[0] + 3.0 * losses[1]
    assert number(learner.outputs.total.value) == pytest.approx(expected, abs=5e-5)


def test_another_network_is_another_run(learner):
    learner.train_steps(3)
    learner.training.model.layers.open()
    learner.type(learner.training.model.rows["filters"].line, "4")
    learner.rest()
    assert learner.setup.network.filters == 4
    assert learner.run.step == 0


# Outputs


def test_outputs_are_added_up_to_five_and_removed_down_to_two(learner):
    panel = learner.outputs
    for count in (3, 4, 5):
        learner.click(panel.add)
        learner.rest()
        assert list(panel.cards) == [f"y{n}" for n in range(1, count + 1)]
    assert not panel.add.isVisible()
    learner.click(panel.cards["y4"].remover)
    assert list(panel.cards) == ["y1", "y2", "y3", "y5"]
    learner.click(panel.add)
    assert list(panel.cards) == ["y1", "y2", "y3", "y5", "y4"]
    for name in ("y4", "y5", "y3"):
        learner.click(panel.cards[name].remover)
    assert list(panel.cards) == ["y1", "y2"]
    assert not panel.cards["y1"].remover.isVisible()
    learner.shortcut("Ctrl+Z")
    assert list(panel.cards) == ["y1", "y2", "y3"]


def test_another_target_brings_a_loss_that_fits_it(learner):
    card = learner.outputs.cards["y1"]
    learner.choose(card.target, "image")
    output = learner.setup.output("y1")
    assert (output.target, output.loss.name) == ("image", "mean_squared_error")
    offered = [card.loss.itemText(n) for n in range(card.loss.count())]
    assert "Dice" not in offered
    learner.choose(card.target, "foreground")
    assert learner.setup.output("y1").loss.name == "mean_squared_error"  # which fits it, too


def test_a_loss_is_chosen_with_its_parameters(learner):
    card = learner.outputs.cards["y1"]
    learner.choose(card.loss, "Tversky")
    assert learner.setup.output("y1").loss.name == "tversky"
    card.details.open()
    learner.type(card.rows["alpha"].line, "0.25")
    assert learner.setup.output("y1").loss.parameters["alpha"] == 0.25
    assert learner.session.store.undo_label == "y1 α 0.3 → 0.25"
    learner.type(card.rows["alpha"].line, "-1")
    assert learner.setup.output("y1").loss.parameters["alpha"] == 0.25
    assert card.rows["alpha"].line.property("problem")


def test_a_card_chooses_what_the_canvas_shows(learner):
    QTest.mouseClick(learner.outputs.cards["y2"]._title, Qt.MouseButton.LeftButton)
    assert learner.session.state.view.output == "y2"
    learner.rest()
    assert learner.outputs.cards["y2"].property("selected")
    assert "y2" in learner.canvas.panes.cells["prediction"].map.name


# Switches


def test_a_cut_makes_the_trunks_gradient_of_that_loss_exactly_0(learner):
    learner.click(learner.training.switches.cuts["y2"])
    learner.rest()
    assert learner.setup.output("y2").is_cut
    rows = {row[0]: row for row in learner.table("layers").texts()}
    assert rows["x1 conv1"][2] == "0"
    assert rows["x1 conv1"][3] == "–"
    assert rows["x3 conv"][2] == "0.1306"  # 0.3 × 0.4353
    learner.session.show(output="y2")
    assert learner.outputs.reach.text() == (
        "y2's loss reaches x3. It never reaches x1 and x2: their gradients are exactly 0 in every "
        "step. stop_gradient cuts it off where its branch leaves the trunk."
    )


def test_a_frozen_part_keeps_its_gradient_and_gets_no_update(learner):
    learner.click(learner.training.switches.frozen["x1"])
    learner.rest()
    assert set(learner.setup.frozen) == {"x1_conv1", "x1_conv2", "x1_conv3"}
    rows = {row[0]: row for row in learner.table("layers").texts()}
    assert rows["x1 conv2 · frozen"][1:] == ["0.0122", "0.0698", "0.17", "0"]
    assert "x1 is frozen" in learner.outputs.reach.text()
    learner.click(learner.training.switches.frozen["x1"])
    assert learner.setup.frozen == ()


def test_the_sentence_says_which_loss_reaches_what(learner):
    learner.session.show(output="y2")
    assert learner.outputs.reach.text() == (
        "y2's loss reaches x1 and x3. It never reaches x2: that block's gradient is exactly 0 in "
        "every step."
    )


def test_the_switches_of_the_picture_set_the_same(learner):
    learner.network.cut_toggled.emit("y1")
    learner.network.frozen_toggled.emit("x2_conv")
    learner.network.weight_toggled.emit("y2")
    learner.rest()
    assert learner.setup.output("y1").is_cut
    assert learner.setup.frozen == ("x2_conv",)
    assert learner.setup.output("y2").weight == 0.0
    assert learner.training.switches.cuts["y1"].isChecked()
    assert learner.training.switches.frozen["x2"].isChecked()
    learner.network.weight_toggled.emit("y2")
    assert learner.setup.output("y2").weight == 0.3


def test_keys_cut_and_freeze(learner):
    learner.shortcut("Ctrl+Shift+K")
    assert learner.setup.output("y1").is_cut
    learner.rest()
    learner.shortcut("Ctrl+F")
    assert set(learner.setup.frozen) == {"x1_conv1", "x1_conv2", "x1_conv3"}
    assert learner.action("Freeze the Trunk").isChecked()


# Tables and curves


def test_the_table_of_layers_has_norms_times_the_weights(learner):
    rows = learner.table("layers").texts()
    assert rows[0] == ["layer", "‖λ₁ g₁‖", "‖λ₂ g₂‖", "cos", "update"]
    # 0.5 and 0.3 times what the stub has without λ.
    assert rows[1][:4] == ["x1 conv1", "0.0087", "0.0833", "0.11"]
    assert rows[4][:4] == ["x2 conv", "0.0184", "0", "–"]
    cells = learner.table("layers").cells
    quiet = learner.window.context.themes.palette.quiet
    assert cells[3][2].color == quiet
    assert cells[0][1].color != cells[0][2].color


def test_what_would_rise_is_marked(learner):
    table = learner.table("methods").table
    used, other = table.cells
    assert used[0].is_bold
    assert not other[0].is_bold
    assert [cell.text for cell in used] == [
        "▸ Weighted sum Σ λ L",
        "0.50, 0.30",
        "0.0011",
        "0.0191",
    ]
    assert [cell.text for cell in other][2:] == ["−0.0041 ↑", "−0.0041 ↑"]
    assert other[2].color == learner.window.context.themes.palette.warning
    assert "arXiv 2201.04122" in learner.table("methods").source.text()


def test_a_loss_that_a_method_leaves_out_has_no_weight_and_a_reason(learner):
    note = learner.table("methods").left_out
    assert note.isHidden()
    learner.click(learner.training.switches.cuts["y2"])
    learner.rest()
    used, other = learner.table("methods").table.cells
    assert used[1].text == "0.50, 0.30"
    assert other[1].text == "0.99, –"
    assert note.text() == "–: y2 is left out: its gradient in the trunk is exactly 0."
    assert not note.isHidden()


def test_the_method_is_chosen(learner):
    learner.choose(learner.training.training.method, "MGDA")
    assert learner.setup.training.method == "mgda"
    learner.rest()
    assert learner.table("methods").table.cells[1][0].is_bold


def test_a_method_has_its_parameters(learner):
    section = learner.training.training
    assert not section.method_rows
    learner.choose(section.method, "GradNorm")
    row = section.method_rows["alpha"]
    learner.bot.waitUntil(row.isVisible)
    assert row.line.text() == "1.5"  # Chen et al. 2018 on NYUv2
    learner.type(row.line, "0.12")
    assert learner.setup.training.method_values == {"alpha": 0.12}
    assert learner.session.store.undo_label == "GradNorm α 1.5 → 0.12"
    learner.type(row.line, "-1")
    assert learner.setup.training.method_values == {"alpha": 0.12}
    assert row.line.property("problem")
    learner.choose(section.method, "PCGrad")
    assert learner.setup.training.method_values == {}


def test_the_curves_are_the_losses_of_every_step(learner):
    learner.train_steps(5)
    plot = learner.curves.widgets["run_losses"]
    assert plot.series("y1") == pytest.approx([0.56 * 0.985**n for n in range(5)])
    assert plot.series("y2") == pytest.approx([0.51 * 0.981**n for n in range(5)])
    expected = [0.5 * 0.56 * 0.985**n + 0.3 * 0.51 * 0.981**n for n in range(5)]
    assert plot.series("total") == pytest.approx(expected)
    learner.click(learner.training.training.rewind)
    learner.bot.waitUntil(lambda: learner.run.step == 0)
    learner.train_steps(2)
    assert plot.series("y1") == pytest.approx([0.56, 0.56 * 0.985])


def test_no_step_before_the_first_is_in_sight(learner):
    learner.train_steps(1)
    (left, right), _ = learner.curves.widgets["run_losses"].viewRange()
    assert left == 0
    assert right >= 1


def test_every_arrow_on_the_trunk_is_in_sight(learner):
    editor = SetupEditor(learner.session)
    for _ in range(3):
        editor.add_output()
    editor.set_weight("y2", -2.0)
    learner.rest()
    arrows = learner.table("trunk").arrows
    (left, right), (low, high) = arrows.viewRange()
    ends = [item.getData() for item in arrows._items if isinstance(item, PlotDataItem)]
    assert len(ends) >= 3
    for x, y in ends:
        assert left < min(x) <= max(x) < right
        assert low < min(y) <= max(y) < high


def test_the_label_of_the_sum_is_legible_where_one_gradient_is_nearly_all_of_it(learner):
    SetupEditor(learner.session).set_weight("y1", 1e-6)
    learner.rest()
    arrows = learner.table("trunk").arrows
    QApplication.processEvents()
    labels = [item for item in arrows._items if isinstance(item, TextItem)]
    boxes = [item.mapRectToScene(item.boundingRect()) for item in labels]
    assert [item.toPlainText() for item in labels] == ["λ₂ g₂", "Σ λ g"]
    assert not boxes[0].intersects(boxes[1])


def test_the_table_stands_beside_the_curves_where_there_is_room(learner):
    beside = learner.curves.beside["run_losses", "layers"]
    learner.resize(1600, 1000)
    QApplication.processEvents()
    assert beside.isVisible()
    learner.resize(1280, 800)
    QApplication.processEvents()
    assert not beside.isVisible()


def test_steps_have_a_table_only_while_it_can_be_seen(learner):
    assert learner.trainer.wants_table
    learner.action("Network").trigger()
    QApplication.processEvents()
    assert not learner.trainer.wants_table
    learner.curves.setCurrentIndex(1)
    assert learner.trainer.wants_table
    learner.action("Curves and Tables").trigger()
    QApplication.processEvents()
    assert not learner.trainer.wants_table


# What is wrong


def test_why_there_is_no_network_is_said_with_what_to_do(learner):
    learner.stub.refusal = "A step needs 90 GB and 8 GB are free: choose smaller patches."
    learner.type(learner.training.data.patch.lineEdit(), "512")
    learner.bot.waitUntil(lambda: learner.run.status == "failed")
    section = learner.training.training
    assert section.problem.isVisible()
    assert section.problem.text() == learner.stub.refusal
    assert not section.step.isEnabled()
    assert not learner.network.viewport().isVisible()
    assert learner.texts(learner.network) == []  # nothing to zoom or to explain
    learner.stub.refusal = ""
    learner.shortcut("Ctrl+Z")
    learner.rest()
    assert not section.problem.isVisible()
    assert section.step.isEnabled()


def test_a_loss_that_does_not_fit_is_refused_by_its_name(learner):
    choice = LossChoice("dice")
    learner.session.set_up(
        learner.setup.with_output(Setup().outputs[1].__class__("y2", "image", choice)), "Misfit"
    )
    card = learner.outputs.cards["y2"]
    assert card.loss.currentText() == "Dice"  # what is set is shown, whatever it is


# What does not fit the number of classes


def weights_row(learner, output="y1"):
    """Give an output's loss of classes, and return the row of its class weights."""
    card = learner.outputs.cards[output]
    card.details.open()
    return card.rows["class_weights"]


def test_weights_for_another_number_of_classes_are_refused_and_never_act(learner):
    """The tumour has two classes."""
    row = weights_row(learner)
    learner.type(row.line, "1:2:5")
    assert row.options.property("problem") is True
    assert "has 3 numbers and the loss 2 classes" in row.options.toolTip()
    assert learner.setup.output("y1").loss.parameters.get("class_weights", "none") == "none"
    QTest.keyClick(row.line, Qt.Key.Key_Tab)
    assert row.line.text() == "none"
    learner.type(row.line, "1:2")
    assert learner.setup.output("y1").loss.parameters["class_weights"] == (1.0, 2.0)
    learner.rest()


def test_weights_give_way_where_the_number_of_classes_becomes_another(learner):
    row = weights_row(learner)
    learner.type(row.line, "1:2")
    learner.click(learner.outputs.cards["y1"].rows["include_background"].switch)
    assert learner.setup.output("y1").loss.parameters["class_weights"] == "none"
    learner.shortcut("Ctrl+Z")
    assert learner.setup.output("y1").loss.parameters["class_weights"] == (1.0, 2.0)
    learner.rest()


def test_in_3d_it_is_said_that_the_volume_is_painted(learner):
    note = learner.window.stage.painting_note
    learner.stub.holds_maps = True
    learner.action("Slice or 3D").trigger()
    try:
        learner.bot.waitUntil(note.isVisible)
        assert note.words.text() == "Painting the volume…"
        learner.stub.holds_maps = False
        learner.rest()
        assert note.isHidden()
    finally:
        learner.stub.holds_maps = False
        learner.action("Slice or 3D").trigger()
    learner.rest()
    assert note.isHidden()


def test_outputs_share_a_scale_as_long_as_they_are_painted_at_one_step(learner):
    def widest(output):
        learner.session.show(output=output)
        learner.rest()
        return learner.window.stage.gradient_limit

    small, large = widest("y1"), widest("y2")
    assert large == pytest.approx(10 * small)  # as the stub has it
    learner.session.show(scale="shared")
    assert widest("y1") == pytest.approx(large)
    learner.train_steps(1)
    alone = learner.window.stage.gradient_limit
    assert alone < 0.5 * large  # y2 was painted before that step
    assert widest("y2") == pytest.approx(10 * alone, rel=1e-3)
    assert widest("y1") == pytest.approx(10 * alone, rel=1e-3)
