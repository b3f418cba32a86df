"""The state and its changes."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import TOTAL, Cure, MapRequest, Plane, Reference
from lossexplorer.engine.questions import Norms
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS
from lossexplorer.session import Session, State
from lossexplorer.session.panes import Pane
from lossexplorer.session.response import response_of
from lossexplorer.volumes import Case, LabelClass, LabelVolume, batch_of, case_of, open_volume


class Heard:
    """A session, and what its signals said."""

    def __init__(self):
        self.session = Session()
        self.changes, self.volumes = [], []
        self.session.changed.connect(self._on_change)

    def _on_change(self, change):
        self.changes.append((change.old, change.new))
        if change.shows_another_volume:
            self.volumes.append(change.new.volume)


@pytest.fixture
def heard():
    return Heard()


SHOWN = [name for name, loss in LOSSES.items() if loss.shown]
HIDDEN = [name for name in LOSSES if name not in SHOWN]


def names(session):
    return [setting.name for setting in session.state.experiment.losses]


def volume(labels, classes=2, name="v"):
    described = tuple(LabelClass(i, f"class {i}", int((labels == i).sum())) for i in range(classes))
    return LabelVolume(labels.astype(np.uint8), described, (1.0, 1.0, 1.0), True, name, name)


def test_at_first_the_prediction_is_the_truth_and_every_loss_has_its_defaults(heard):
    state = heard.session.state
    assert state.experiment.controls == {
        name: control.default for name, control in CONTROLS.items()
    }
    assert [setting.name for setting in state.experiment.losses] == SHOWN
    assert all(setting.weight == 1 for setting in state.experiment.losses)
    assert state.experiment.setting("tversky").parameters["alpha"] == 0.3
    assert heard.session.state.maps() is None
    assert heard.session.volume is None


CHANGES = [
    pytest.param(lambda s: s.set_control("grow", 2), id="control"),
    pytest.param(lambda s: s.set_parameter("tversky", "alpha", 0.5), id="number"),
    pytest.param(lambda s: s.set_parameter("dice", "form", "-D"), id="choice"),
    pytest.param(lambda s: s.set_parameter("iou", "include_background", False), id="flag"),
    pytest.param(lambda s: s.set_weight("dice", 0.5), id="weight"),
    pytest.param(lambda s: s.apply(Cure(Reference("smooth", "dice"), 1e-7)), id="cure of a loss"),
    pytest.param(lambda s: s.apply(Cure(Reference("softness"), 0.5)), id="cure of the prediction"),
    pytest.param(lambda s: s.show(loss="iou"), id="loss"),
    pytest.param(lambda s: s.show(loss=TOTAL, wrt="probability"), id="total"),
    pytest.param(lambda s: s.show(plane=Plane(1, 3)), id="plane"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_said_once_and_only_if_it_is_one(heard, change):
    before = heard.session.state
    change(heard.session)
    assert heard.changes == [(before, heard.session.state)]
    assert heard.session.state != before
    change(heard.session)
    assert len(heard.changes) == 1


@pytest.mark.parametrize("change", CHANGES)
def test_the_state_before_is_not_touched(heard, change):
    before = heard.session.state
    change(heard.session)
    assert before == State()


def test_what_is_set_is_in_the_state(heard):
    session = heard.session
    session.set_control("grow", 2)
    session.set_parameter("tversky", "alpha", 0.5)
    session.set_weight("dice", 0.25)
    session.show(loss="iou", class_index=3, wrt="probability", plane=Plane(2, 7))
    state = session.state
    assert state.experiment.controls["grow"] == 2.0
    assert state.experiment.setting("tversky").parameters == LOSSES["tversky"].complete(
        {"alpha": 0.5}
    )
    assert state.experiment.setting("dice").weight == 0.25
    assert state.experiment.setting("iou").weight == 1.0
    assert (state.view.loss, state.view.class_index, state.view.wrt) == ("iou", 3, "probability")
    assert state.view.plane == Plane(2, 7)


@pytest.mark.parametrize("name", HIDDEN)
def test_a_loss_is_added_at_its_place_with_its_defaults(heard, name):
    before = heard.session.state
    heard.session.add_loss(name)
    state = heard.session.state
    assert names(heard.session) == [n for n in LOSSES if n in (*SHOWN, name)]
    setting = state.experiment.setting(name)
    assert (setting.parameters, setting.weight) == (LOSSES[name].complete({}), 1.0)
    assert [s for s in state.experiment.losses if s.name != name] == list(before.experiment.losses)
    assert (state.view.loss, state.view.against) == (before.view.loss, before.view.against)
    assert heard.changes == [(before, state)]


def test_what_was_set_of_a_loss_is_forgotten_with_it(heard):
    heard.session.set_parameter("iou", "eps", 0.5)
    heard.session.set_weight("iou", 3)
    heard.session.remove_loss("iou")
    assert names(heard.session) == [name for name in SHOWN if name != "iou"]
    heard.session.add_loss("iou")
    assert heard.session.state.experiment.losses == State().experiment.losses


@pytest.mark.parametrize(
    ("removed", "painted", "then"),
    [
        ("dice", "dice", "generalized_dice"),
        ("tversky", "tversky", "iou"),
        ("cross_entropy", "cross_entropy", "iou"),
        ("iou", "dice", "dice"),
        ("dice", TOTAL, TOTAL),
    ],
)
def test_the_neighbour_of_a_removed_loss_is_painted_in_its_stead(heard, removed, painted, then):
    heard.session.show(loss=painted)
    heard.session.remove_loss(removed)
    assert heard.session.state.view.loss == then


def test_curves_against_a_removed_loss_s_parameter_are_drawn_against_a_control(heard):
    heard.session.set_parameter("tversky", "alpha", 0.5)
    heard.session.remove_loss("iou")
    assert heard.session.state.view.against == Reference("alpha", "tversky")
    heard.session.remove_loss("tversky")
    assert heard.session.state.view.against == State().view.against


def test_the_last_loss_stays(heard):
    for name in SHOWN[1:]:
        heard.session.remove_loss(name)
    before = heard.session.state
    with pytest.raises(ParameterError, match="Dice is the only loss shown"):
        heard.session.remove_loss("dice")
    assert heard.session.state is before


def test_norms_are_asked_for_apart_and_whatever_the_weights(heard):
    opened = volume(np.ones((2, 3, 4)))
    heard.session.open(case_of(opened))
    heard.session.set_control("grow", 2)
    heard.session.set_parameter("dice", "smooth", 1)
    before = heard.session.state.norms()
    assert (before.volume, before.controls) == (
        opened.key,
        heard.session.state.experiment.controls,
    )
    assert isinstance(before, Norms)
    assert [setting.name for setting in before.losses] == SHOWN
    assert before.losses[0].parameters["smooth"] == 1.0
    heard.session.set_weight("dice", 0.5)
    assert heard.session.state.norms() == before


def test_reset_makes_the_prediction_the_truth_again(heard):
    heard.session.set_control("grow", 2)
    heard.session.set_control("shift_x", 1)
    heard.session.set_weight("dice", 0.5)
    heard.session.reset_controls()
    assert heard.session.state.experiment.controls == State().experiment.controls
    assert heard.session.state.experiment.setting("dice").weight == 0.5
    count = len(heard.changes)
    heard.session.reset_controls()
    assert len(heard.changes) == count


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.set_control("growth", 1), "no control 'growth'; did you mean 'grow'"),
        (lambda s: s.set_control("grow", 1e9), r"grow = 1e\+09 mm is out of range"),
        (lambda s: s.set_control("grow", "1"), "grow must be a number"),
        (lambda s: s.set_parameter("dise", "smooth", 1), "no loss 'dise'; did you mean 'dice'"),
        (lambda s: s.set_parameter("dice", "smoth", 1), "of dice 'smoth'; did you mean 'smooth'"),
        (lambda s: s.set_parameter("dice", "smooth", -1), "smooth = -1 is out of range"),
        (lambda s: s.set_parameter("dice", "form", "D"), "form must be one of"),
        (lambda s: s.set_weight("dise", 1), "no loss 'dise'; did you mean 'dice'"),
        (lambda s: s.set_weight("dice", float("nan")), "weight"),
        (lambda s: s.set_weight("dice", float("inf")), "weight"),
        (lambda s: s.show(loss="totl"), "no loss 'totl'; did you mean 'total'"),
        (lambda s: s.show(loss="focal"), "no loss 'focal'"),
        (lambda s: s.set_parameter("focal", "gamma", 1), "Focal is not shown; add it first"),
        (lambda s: s.set_weight("focal", 1), "Focal is not shown; add it first"),
        (lambda s: s.add_loss("focl"), "no loss 'focl'; did you mean 'focal'"),
        (lambda s: s.remove_loss("focal"), "Focal is not shown"),
        (lambda s: s.remove_loss("dise"), "no loss 'dise'; did you mean 'dice'"),
        (lambda s: s.apply(Cure(Reference("smooth", "dice"), -1)), "smooth = -1 is out of range"),
    ],
)
def test_what_is_not_allowed_raises_and_changes_nothing(heard, change, words):
    with pytest.raises(ParameterError, match=words):
        change(heard.session)
    assert heard.session.state == State()
    assert not heard.changes


def test_a_state_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        State().view.loss = "iou"


def test_opening_shows_the_slice_with_most_labelled_voxels(heard):
    labels = np.zeros((6, 5, 4))
    labels[1, 0, 0] = 1
    labels[4, :3, :3] = 1
    labels[5, :2, :2] = 1
    opened = volume(labels)
    heard.session.set_control("grow", 1)
    heard.changes.clear()
    heard.session.open(case_of(opened))
    assert heard.volumes == [opened]
    assert heard.session.volume is opened
    assert heard.session.state.view.plane == Plane(0, 4)
    assert heard.session.state.view.class_index == 1
    assert heard.session.state.experiment.controls["grow"] == 1
    assert len(heard.changes) == 1


def sized(spacing, shape=(8, 20, 24)):
    labels = np.zeros(shape, np.uint8)
    labels[2:5, 4:14, 4:14] = 1
    described = tuple(LabelClass(i, f"class {i}", 1) for i in range(2))
    return case_of(LabelVolume(labels, described, spacing, True, "v", "v"))


CONFOCAL = (0.002, 0.00025, 0.00025)


def test_what_the_window_starts_with_follows_the_first_volume(heard):
    """In a stack of micrometres it was a shift of 12,500 voxels and a softness of 6,400."""
    heard.session.start_with({"softness": 1.6, "shift_x": 3.125})
    heard.session.open(sized(CONFOCAL))
    controls = heard.session.state.experiment.controls
    assert controls["shift_x"] / 0.00025 == pytest.approx(2.5)
    assert controls["softness"] / 0.00025 == pytest.approx(1.28)
    response = response_of(heard.session.state, 3)
    assert response.positions == (-4.0, 0.0, 4.0)
    assert [response.scale.value(place) for place in response.positions] == [-0.004, 0.0, 0.004]


def test_a_change_is_named_in_the_unit_of_the_volume(heard):
    heard.session.open(sized(CONFOCAL))
    heard.session.set_control("shift_x", 0.00025)
    assert heard.session.store.undo_label == "Shift x 0 → +0.25 µm"
    heard.session.open(sized((1e-6,) * 3))
    heard.session.set_control("missing_below", 5e-18)
    assert heard.session.store.undo_label == "Missing objects, smaller than 0 → 5 nm³"


def test_controls_are_put_back_to_the_defaults_of_the_volume(heard):
    heard.session.open(sized(CONFOCAL))
    assert heard.session.state.experiment.controls["hole_radius"] == 0.0004
    heard.session.set_control("hole_radius", 0.001)
    heard.session.reset(["hole_radius"])
    assert heard.session.state.experiment.controls["hole_radius"] == 0.0004
    heard.session.set_control("hole_radius", 0.001)
    heard.session.reset_controls()
    assert heard.session.state.experiment.controls["hole_radius"] == 0.0004
    heard.session.set_scene({"holes": 2}, (), "Scene")
    assert heard.session.state.experiment.controls["hole_radius"] == 0.0004


def test_a_length_of_another_scale_is_refused(heard):
    heard.session.open(sized(CONFOCAL))
    with pytest.raises(ParameterError, match="between -200 and 200 µm"):
        heard.session.set_control("shift_x", 1.0)
    heard.session.open(sized((1000.0,) * 3))
    heard.session.set_control("shift_x", 5000.0)
    assert heard.session.store.undo_label == "Shift x 0 → +5 m"


def test_opening_is_one_change_with_a_label(heard):
    labels = []
    heard.session.changed.connect(lambda change: labels.append(change.label))
    heard.session.open(case_of(volume(np.ones((2, 3, 4)), name="liver.nii")))
    assert labels == ["Open liver.nii"]


def test_another_volume_resets_what_belongs_to_the_one_before(heard):
    heard.session.open(case_of(volume(np.ones((6, 5, 4)) * np.arange(6)[:, None, None], 6)))
    heard.session.show(class_index=5, plane=Plane(2, 3))
    heard.session.open(case_of(volume(np.ones((2, 3, 4)), name="w")))
    assert (heard.session.state.view.class_index, heard.session.state.view.plane) == (
        1,
        Plane(0, 0),
    )


def test_a_volume_of_nothing_but_background_shows_a_class_that_it_has(heard):
    heard.session.open(case_of(volume(np.zeros((2, 3, 4)), classes=1)))
    assert heard.session.state.view.class_index == 0


def test_the_tumour_opens_on_its_largest_slice(heard):
    tumour = open_volume("sample:tumour")
    heard.session.open(case_of(tumour))
    index = heard.session.state.view.plane.index
    areas = (tumour.labels != 0).sum(axis=(1, 2))
    assert areas[index] == areas.max() > 0


def test_the_request_is_the_state(heard):
    opened = volume(np.ones((2, 3, 4)))
    session = heard.session
    session.open(case_of(opened))
    session.set_control("softness", 0.5)
    session.set_parameter("dice", "smooth", 1)
    session.set_weight("iou", 0)
    session.show(loss=TOTAL, wrt="probability", plane=Plane(2, 1))
    request = session.state.maps()
    assert request.volume == opened.key
    assert request.controls == session.state.experiment.controls
    assert request.controls["softness"] == 0.5
    assert request.losses == session.state.experiment.losses
    by_name = {setting.name: setting for setting in request.losses}
    assert by_name["dice"].parameters["smooth"] == 1.0
    assert by_name["iou"].weight == 0.0
    assert request.painted == MapRequest(TOTAL, 1, "probability", Plane(2, 1))


def test_in_3d_the_whole_volume_is_asked_for(heard):
    heard.session.open(case_of(volume(np.ones((2, 3, 4)))))
    heard.session.show(plane=None)
    assert heard.session.state.maps().painted.plane is None


def test_a_prediction_from_a_file_is_first_shown_as_it_is(heard):
    labels = np.ones((2, 3, 4))
    simulated = case_of(volume(labels))
    given = replace(simulated, given=(labels.astype(np.uint8),), given_name="p.npy")
    heard.session.open(simulated)
    heard.session.set_control("confidence", 0.9)
    heard.session.set_control("shift_x", 2.0)
    heard.session.open(given)
    controls = heard.session.state.experiment.controls
    assert (controls["confidence"], controls["shift_x"]) == (1.0, 2.0)
    assert heard.session.state.view.against == Reference("confidence")
    heard.session.set_control("confidence", 0.8)
    heard.session.open(given.with_patch((2, 3, 2)))  # the same prediction, seen otherwise
    assert heard.session.state.experiment.controls["confidence"] == 0.8


def test_another_sample_is_shown(heard):
    first, second = np.zeros((2, 2, 4, 4))
    first[1, 1, 1], second[0, 2, 2] = 1, 1
    case = Case(batch_of([volume(first), volume(second)]))
    heard.session.open(case)
    assert heard.session.volume is case.batch[0]
    heard.session.show(sample=1)
    assert heard.session.volume is case.batch[1]
    assert heard.volumes == [case.batch[0], case.batch[1]]
    assert heard.session.state.view.plane == Plane(0, 0)
    assert heard.session.state.maps().painted.sample == 1
    for missing in (2, -1):
        with pytest.raises(ParameterError, match=f"no sample {missing}: there are 2, from 0"):
            heard.session.show(sample=missing)
    heard.session.open(case)
    assert heard.session.state.view.sample == 0


def test_controls_that_do_not_fit_other_classes_go_back(heard):
    heard.session.open(case_of(volume(np.arange(24).reshape(2, 3, 4) % 3, 3)))
    heard.session.set_control("grow", (0.0, 1.0, 2.0))
    heard.session.set_control("blob_class", 2)
    with pytest.raises(ParameterError, match="grow has 2 numbers and the volume 3 classes"):
        heard.session.set_control("grow", (0.0, 1.0))
    heard.session.open(case_of(volume(np.ones((2, 3, 4)))))
    assert heard.session.state.experiment.controls["grow"] == 0.0
    assert heard.session.state.experiment.controls["blob_class"] == 1


def test_no_curves_against_what_is_not_one_number(heard):
    heard.session.open(case_of(volume(np.ones((2, 3, 4)))))
    heard.session.set_control("grow", 1.0)
    assert heard.session.state.view.against == Reference("grow")
    heard.session.set_control("noise_seed", 3)
    assert heard.session.state.view.against == Reference("grow")
    heard.session.set_control("grow", (0.0, 1.0))
    assert heard.session.state.view.against == Reference("shift_x")


def test_some_controls_are_put_back(heard):
    heard.session.set_control("grow", 1.0)
    heard.session.set_control("blur", 1.0)
    heard.session.reset(["grow"])
    controls = heard.session.state.experiment.controls
    assert (controls["grow"], controls["blur"]) == (0.0, 1.0)


def test_what_leaves_a_single_slice_is_put_back_and_refused():
    session = Session()
    stack = np.zeros((4, 5, 6))
    stack[1:3, 2:4, 2:4] = 1
    session.open(case_of(volume(stack)))
    for name in ("shift_x", "rotate_x", "shift_z"):
        session.set_control(name, 2.0)
    assert session.state.view.against == Reference("shift_z")
    session.open(case_of(volume(stack[1:2])))
    controls = session.state.experiment.controls
    assert (controls["shift_x"], controls["rotate_x"], controls["shift_z"]) == (2.0, 0.0, 0.0)
    assert session.state.view.against == State().view.against
    for name in ("shift_z", "rotate_x", "rotate_y"):
        with pytest.raises(ParameterError, match=f"{name} moves the prediction out of the volume"):
            session.set_control(name, 1.0)
    session.set_control("rotate_z", 1.0)


# Which class and which slice


def many(shape=(6, 5, 4), names=("liver", "spleen", "kidney"), image=None):
    """Ids 1 to 3; the third is in one voxel of slice 4 along z and in two of column 3 along x."""
    labels = np.zeros(shape, np.uint8)
    labels[1], labels[2] = 1, 2
    labels[3, 0, 3] = labels[4, :2, 3] = labels[4, 2, 1] = 3
    counts = np.bincount(labels.ravel(), minlength=4)
    described = tuple(
        LabelClass(i, name, int(counts[i])) for i, name in enumerate(("background", *names))
    )
    return LabelVolume(labels, described, (1.0, 1.0, 1.0), True, "v", "v", image=image)


def test_volumes_seen_otherwise_keep_class_and_slice(heard):
    opened = case_of(many())
    heard.session.open(opened)
    heard.session.show(class_index=3, plane=Plane(2, 3))
    heard.session.see(opened.with_ignored(1))
    view = heard.session.state.view
    names = heard.session.case.batch.names
    assert (names[view.class_index], view.plane) == ("kidney", Plane(2, 3))
    heard.session.see(opened.with_classes((1, 3)))
    view = heard.session.state.view
    assert (heard.session.case.batch.names[view.class_index], view.plane) == ("kidney", Plane(2, 3))


def test_a_class_that_is_left_out_gives_way_to_the_first(heard):
    opened = case_of(many())
    heard.session.open(opened)
    heard.session.show(class_index=3)
    heard.session.see(opened.with_classes((1, 2)))
    assert heard.session.state.view.class_index == 1


def test_patches_keep_the_class_and_get_a_slice_of_their_own(heard):
    opened = case_of(many(shape=(8, 5, 4)))
    heard.session.open(opened)
    heard.session.show(class_index=2, plane=Plane(0, 7))
    heard.session.see(opened.with_patch((4, 5, 4)))
    assert heard.session.state.view.class_index == 2
    assert heard.session.state.view.plane == Plane(0, 1)


def test_another_volume_of_the_same_classes_keeps_the_class(heard):
    heard.session.open(case_of(many()))
    heard.session.show(class_index=3)
    heard.session.open(case_of(many(shape=(7, 5, 4))))
    assert heard.session.state.view.class_index == 3
    heard.session.open(case_of(many(names=("liver", "kidney", "spleen"))))
    assert heard.session.state.view.class_index == 1


def test_the_slice_with_most_of_a_class_lies_along_the_axis_shown(heard):
    assert heard.session.fullest_plane() is None  # nothing is open
    heard.session.open(case_of(many()))
    heard.session.show(class_index=3, plane=Plane(0, 0))
    assert heard.session.fullest_plane() == Plane(0, 4)  # 3 voxels against 1
    heard.session.show(plane=Plane(2, 0))
    assert heard.session.fullest_plane() == Plane(2, 3)  # 3 against 1
    heard.session.show(plane=None)
    assert heard.session.fullest_plane() == Plane(0, 4)


def test_a_class_that_is_nowhere_has_no_such_slice(heard):
    described = tuple(LabelClass(i, f"class {i}", 0) for i in range(3))
    labels = np.ones((2, 3, 4), np.uint8)
    heard.session.open(case_of(LabelVolume(labels, described, (1, 1, 1), True, "v", "v")))
    heard.session.show(class_index=2)
    assert heard.session.fullest_plane() is None


def off_centre():
    """Class 1 in a box whose middle voxel is (1, 4, 6) in slice 1."""
    labels = np.zeros((4, 8, 10), np.uint8)
    labels[1:3, 3:6, 5:8] = 1
    return volume(labels)


def test_three_planes_cross_in_what_the_slice_shows_of_the_class(heard):
    session = heard.session
    session.open(case_of(off_centre()))
    session.show(plane=Plane(0, 1))
    assert session.state.view.crosshair is None
    assert session.state.maps().painted.across == ()
    session.show(planes="three")
    z, y, x = session.state.view.crosshair
    assert (z, x) == (1, 6)
    assert y in (3, 4, 5)
    assert session.state.maps().painted.across == (Plane(1, y), Plane(2, 6))
    # Of a class that the slice has not, they cross in its middle.
    session.show(planes="one", crosshair=None, plane=Plane(0, 3))
    session.show(planes="three")
    assert session.state.view.crosshair == (3, 4, 4)


def test_the_crosshair_goes_to_a_voxel_and_along_with_the_slice(heard):
    session = heard.session
    session.open(case_of(off_centre()))
    session.show(planes="three")
    before = session.store.undo_label
    session.go_to((2, 5, 7))
    assert session.state.view.plane == Plane(0, 2)
    assert session.state.view.across == (Plane(1, 5), Plane(2, 7))
    session.show(plane=Plane(0, 0))
    assert session.state.view.crosshair == (0, 5, 7)
    session.show(plane=Plane(2, 9))
    assert session.state.view.across == (Plane(0, 0), Plane(1, 5))
    assert session.store.undo_label == before  # what is looked at is no edit
    # In one plane the point is kept for later.
    session.show(planes="one")
    assert session.state.view.across == ()
    session.show(plane=Plane(2, 3))
    session.show(planes="three")
    assert session.state.view.crosshair == (0, 5, 3)


@pytest.mark.parametrize(
    "other", [{"layout": "overlaid"}, {"workspace": "learn"}, {"plane": None}], ids=str
)
def test_three_planes_are_shown_side_by_side_in_explore(heard, other):
    session = heard.session
    session.open(case_of(off_centre()))
    session.show(planes="three")
    session.show(**other)
    assert session.state.view.across == ()


def test_another_volume_has_a_crosshair_of_its_own(heard):
    session = heard.session
    session.open(case_of(off_centre()))
    session.show(planes="three")
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[1, 2, 3] = 1
    session.open(case_of(volume(labels, name="w")))
    assert session.state.view.crosshair == (1, 2, 3)


def test_three_planes_have_room_for_six_panes(heard):
    session = heard.session
    session.open(case_of(off_centre()))
    gradients = tuple(Pane("gradient", loss) for loss in SHOWN[:4])
    three = (Pane("truth"), Pane("prediction"), Pane("error"))
    session.show(panes=(*three, *gradients))
    session.show(planes="three")
    assert session.state.view.seen_panes == (*three, *gradients[:3])
    asked = {subject.loss for subject in session.state.maps().painted.subjects}
    assert SHOWN[2] in asked
    assert SHOWN[3] not in asked
