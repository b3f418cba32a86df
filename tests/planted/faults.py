"""Faults of one line, such as slip in when somebody is tired, that the gate must notice.

`python -m tests.planted` plants them one at a time and says which test notices each. None of them
was chosen by what the tests look at, and one that is not noticed is no reason to take another: it
needs a test.

Where code moves, `test_faults.py` says which entry no longer fits. Then write the same mistake down
for the new code; where that cannot make it any more, another mistake of the same kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Area = Literal["losses", "predictions", "engine", "session", "window", "readers", "command line"]

Kind = Literal[
    "sign",
    "index",
    "off by one",
    "cache",  # what is kept is not made anew when it should be, or what is old is taken for new
    "unchecked argument",
    "swallowed error",
    "left out",  # a term, a factor or a step
    "mix-up",  # a name for one like it
]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A line that is wrong.

    Attributes
    ----------
    id : str
        To name it by.
    area, kind : str
        Where in the program it is, and which mistake it is.
    file : str
        Below the root of the tree.
    old, new : str
        What stands there, exactly once, and what the fault makes of it. One line differs.
    harm : str
        What a user would see.
    nearest : tuple of str
        Files and folders of tests that are run first, in this order; none lies in another, for
        pytest would then take them in its own.
    """

    id: str
    area: Area
    kind: Kind
    file: str
    old: str
    new: str
    harm: str
    nearest: tuple[str, ...]

    def planted(self, source: str) -> str:
        """Return the file's text with the fault in it.

        Raises
        ------
        ValueError
            If what should be replaced is not there exactly once.
        """
        count = source.count(self.old)
        if count != 1:
            raise ValueError(f"{self.id}: {self.file} has {self.old!r} {count} times, not once.")
        return source.replace(self.old, self.new)


_LOSSES = ("tests/losses", "tests/keras_classes")
_PREDICTIONS = (
    "tests/predictions",
    "tests/engine/test_pipeline.py",
    "tests/engine/test_simulation.py",
    "tests/engine/test_moving.py",
)
_CLIENT = (
    "tests/engine/test_asked.py",
    "tests/engine/test_client.py",
    "tests/engine/test_faults.py",
    "tests/engine/test_process.py",
)
_LANE = ("tests/engine/test_learning_lane.py", "tests/engine/test_training_faults.py")
_COMMANDS = ("tests/cli", "tests/headless")
_SESSION = ("tests/session", "tests/app/test_response.py")

FAULTS: tuple[Fault, ...] = (
    Fault(
        id="squared-slope",
        area="losses",
        kind="left out",
        file="lossexplorer/losses/_gradient.py",
        old="+ 2 * per_class(slopes.squared_prediction) * prediction",
        new="+ per_class(slopes.squared_prediction) * prediction",
        harm="The gradient of Dice with squared denominators is painted with half of one term.",
        nearest=_LOSSES,
    ),
    Fault(
        id="pooled-over-samples",
        area="losses",
        kind="index",
        file="lossexplorer/losses/_sums.py",
        old='axes = (0,) if pooling == "batch" else (0, 1)',
        new='axes = (0,) if pooling == "batch" else (1,)',
        harm="pooling=all joins the classes of each sample, and not the samples of the batch.",
        nearest=_LOSSES,
    ),
    Fault(
        id="no-class-left",
        area="losses",
        kind="off by one",
        file="lossexplorer/losses/_sums.py",
        old="if classes <= left_out:",
        new="if classes < left_out:",
        harm="Without the background a prediction of one channel is NaN instead of refused.",
        nearest=_LOSSES,
    ),
    Fault(
        id="median-of-even",
        area="losses",
        kind="off by one",
        file="lossexplorer/losses/cross_entropy.py",
        old="for index in ((count - 1) // 2, count // 2)",
        new="for index in (count // 2, count // 2)",
        harm="Median-frequency weights of an even number of classes take the upper of the two "
        "middle frequencies.",
        nearest=_LOSSES,
    ),
    Fault(
        id="boundary-edge",
        area="losses",
        kind="index",
        file="lossexplorer/losses/boundary.py",
        old="np.float32(min(edges)) - distance",
        new="np.float32(edges[0]) - distance",
        harm="With thick slices the boundary loss of the inside of objects is too large.",
        nearest=_LOSSES,
    ),
    Fault(
        id="focused-class",
        area="losses",
        kind="sign",
        file="lossexplorer/losses/unified_focal.py",
        old="focus = gamma * is_object if form",
        new="focus = gamma * (1 - is_object) if form",
        harm="The asymmetric unified focal loss focuses the background's Tversky instead of the "
        "objects'.",
        nearest=_LOSSES,
    ),
    Fault(
        id="negative-shift",
        area="predictions",
        kind="sign",
        file="lossexplorer/predictions/_displacement.py",
        old="return last, first, 1 - share",
        new="return last, first, share",
        harm="A shift by −0.3 voxels moves the prediction by −0.7.",
        nearest=("tests/engine/test_moving.py", "tests/engine/test_pipeline.py"),
    ),
    Fault(
        id="growth-tie",
        area="predictions",
        kind="sign",
        file="lossexplorer/predictions/growth.py",
        old="(np.sign(each) * _TIE * min(grid.spacing) if hard else 0.0)",
        new="(_TIE * min(grid.spacing) if hard else 0.0)",
        harm="Grown by whole voxels, a hard prediction lacks the voxels at just that distance.",
        nearest=_PREDICTIONS,
    ),
    Fault(
        id="seed-of-holes",
        area="predictions",
        kind="mix-up",
        file="lossexplorer/predictions/holes.py",
        old='chance = grid.chance(values["hole_seed"], _STREAM)',
        new='chance = grid.chance(values["blob_seed"], _STREAM)',
        harm="The seed of the holes does nothing; that of the false positives moves them.",
        nearest=_PREDICTIONS,
    ),
    Fault(
        id="noise-length",
        area="predictions",
        kind="cache",
        file="lossexplorer/predictions/logit_noise.py",
        old='noise_controls=("noise_length", "noise_seed"),',
        new='noise_controls=("noise_seed",),',
        harm="Another correlation length of the noise changes nothing until the seed is changed.",
        nearest=_PREDICTIONS,
    ),
    Fault(
        id="selected-rows",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/simulation/summing.py",
        old="(band, lead), lambda: band.select",
        new="(band, 0.0), lambda: band.select",
        harm="Once a prediction is softer, rows that it makes uncertain are left out as certain.",
        nearest=(
            "tests/engine/test_simulation.py",
            "tests/engine/test_band.py",
            "tests/engine/test_moving.py",
            "tests/engine/test_pipeline.py",
        ),
    ),
    Fault(
        id="far-border",
        area="predictions",
        kind="off by one",
        file="lossexplorer/predictions/_continuation.py",
        old="far = np.arange(1, len(squares) + 1)",
        new="far = np.arange(len(squares))",
        harm="What enters a shifted prediction is a voxel nearer to its objects than it should be.",
        nearest=_PREDICTIONS,
    ),
    Fault(
        id="preview-for-exact",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/pipeline.py",
        old="or (exact and totals.is_preview)",
        new="or (False and totals.is_preview)",
        harm="The values of the preview stay when nothing moves any more, and are called exact.",
        nearest=(
            "tests/engine/test_row_subset.py",
            "tests/engine/test_best_classes.py",
            "tests/engine/test_pipeline.py",
        ),
    ),
    Fault(
        id="weight-of-whole-field",
        area="engine",
        kind="left out",
        file="lossexplorer/engine/painting.py",
        old="partials(whole, painted.sample, subject.class_index) * factor",
        new="partials(whole, painted.sample, subject.class_index)",
        harm="In the painted gradient of the total λ of the boundary or Hausdorff loss is ignored.",
        nearest=(
            "tests/engine/test_fields.py",
            "tests/engine/test_pipeline.py",
        ),
    ),
    Fault(
        id="unsaid-problem",
        area="engine",
        kind="swallowed error",
        file="lossexplorer/engine/pipeline.py",
        old="return None, (Problem(str(error)),)",
        new="return None, ()",
        harm="Class weights for another number of classes make a loss NaN without saying why.",
        nearest=(
            "tests/engine/test_diagnosis.py",
            "tests/engine/test_pipeline.py",
        ),
    ),
    Fault(
        id="answer-about-former",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/client.py",
        old="self._oldest_wanted = next(self._generations)",
        new="next(self._generations)",
        harm="An answer about the former volume is shown as if it were about the one just opened.",
        nearest=_CLIENT,
    ),
    Fault(
        id="newest-wins",
        area="engine",
        kind="left out",
        file="lossexplorer/engine/asked.py",
        old="if self._waiting is None:",
        new="if request is not None:",
        harm="After a crash of the engine the settings before the last are answered, and the last "
        "are not.",
        nearest=_CLIENT,
    ),
    Fault(
        id="forgotten-question",
        area="engine",
        kind="swallowed error",
        file="lossexplorer/engine/client.py",
        old="if task is not None:\n            task.repeat()",
        new="if task is not None:\n            pass",
        harm="What was asked when the engine crashed is not asked again: the window shows the "
        "former values.",
        nearest=_CLIENT,
    ),
    Fault(
        id="starved-lane",
        area="engine",
        kind="left out",
        file="lossexplorer/engine/client.py",
        old="self._lane_was_last = True",
        new="self._lane_was_last = False",
        harm="While a network is trained, response curves and norms never come.",
        nearest=_LANE,
    ),
    Fault(
        id="repeated-without-table",
        area="engine",
        kind="mix-up",
        file="lossexplorer/engine/training.py",
        old="trainer.train(repeat.with_table)",
        new="trainer.train(False)",
        harm="After a crash of the engine a run goes on with other numbers than without it.",
        nearest=_LANE,
    ),
    Fault(
        id="step-counted-twice",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/messages/training.py",
        old="return Past(report.order, report.checkpoint)",
        new="return replace(self, checkpoint=report.checkpoint)",
        harm="After a crash of the engine steps that the checkpoint holds are taken once more.",
        nearest=_LANE,
    ),
    Fault(
        id="overtaken-steps",
        area="session",
        kind="left out",
        file="lossexplorer/session/run_controller.py",
        old="if not is_overtaken:",
        new="if True:",
        harm="A run that was rewound begins with steps of the run before.",
        nearest=("tests/session",),
    ),
    Fault(
        id="sample-of-former",
        area="session",
        kind="left out",
        file="lossexplorer/session/opening.py",
        old="replace(view, sample=0, class_index=chosen",
        new="replace(view, class_index=chosen",
        harm="Opened while the third sample of a batch is shown, a single volume ends in an "
        "IndexError.",
        nearest=_SESSION,
    ),
    Fault(
        id="redo-of-former",
        area="session",
        kind="left out",
        file="lossexplorer/session/store.py",
        old="        self._undone.clear()",
        new="        self._undone.copy()",
        harm="Redo, after an undo and another change, sets what belongs to neither.",
        nearest=_SESSION,
    ),
    Fault(
        id="drag-in-pieces",
        area="session",
        kind="left out",
        file="lossexplorer/session/store.py",
        old="edit = replace(edit, before=last.before)",
        new="edit = replace(edit, before=edit.before)",
        harm="An undo takes back the last moment of a drag instead of all of it.",
        nearest=_SESSION,
    ),
    Fault(
        id="stale-curves",
        area="session",
        kind="cache",
        file="lossexplorer/session/agenda.py",
        old="if asked[name] == knowledge.asked.get(name):",
        new="if knowledge.asked.get(name):",
        harm="Response curves stay as they are when another control moves.",
        nearest=_SESSION,
    ),
    Fault(
        id="preview-for-ever",
        area="session",
        kind="sign",
        file="lossexplorer/session/agenda.py",
        old="return () if answered.effort == every.effort else (every,)",
        new="return () if answered.effort != every.effort else (every,)",
        harm="What was a preview while the hand moved is not computed exactly at rest.",
        nearest=_SESSION,
    ),
    Fault(
        id="norms-by-weight",
        area="session",
        kind="left out",
        file="lossexplorer/session/state.py",
        old="replace(setting, weight=1.0) for setting in experiment.losses",
        new="setting for setting in experiment.losses",
        harm="Moving λ has the gradients' norms, which do not depend on it, measured again.",
        nearest=_SESSION,
    ),
    Fault(
        id="last-place",
        area="session",
        kind="off by one",
        file="lossexplorer/session/response.py",
        old="distance = (high - low) / (count - 1)",
        new="distance = (high - low) / count",
        harm="The points of a response curve are not evenly spaced: before the last is a gap.",
        nearest=_SESSION,
    ),
    Fault(
        id="negative-sample",
        area="session",
        kind="unchecked argument",
        file="lossexplorer/session/session.py",
        old="if not 0 <= view.sample < len(case.batch):",
        new="if not view.sample < len(case.batch):",
        harm="Sample −1 is the last one instead of refused.",
        nearest=_SESSION,
    ),
    Fault(
        id="stale-row",
        area="window",
        kind="cache",
        file="lossexplorer/app/panels/losses.py",
        old="if setting not in shown or",
        new="if setting.name not in [each.name for each in shown] or",
        harm="A cure that sets a parameter leaves the former number on the card.",
        nearest=(
            "tests/app/test_losses.py",
            "tests/app/test_losses_panel.py",
        ),
    ),
    Fault(
        id="class-of-slider",
        area="window",
        kind="index",
        file="lossexplorer/app/widgets/number_row.py",
        old="place = self.classes.currentIndex() - 1",
        new="place = self.classes.currentIndex()",
        harm="A slider that was set to one class moves the next one.",
        nearest=(
            "tests/app/test_prediction_section.py",
            "tests/app/test_rows.py",
        ),
    ),
    Fault(
        id="offered-button",
        area="window",
        kind="mix-up",
        file="lossexplorer/app/files.py",
        old="lambda: opener.use_prediction(source)",
        new="lambda: opener.show_image(source)",
        harm="“Open it as the prediction” tries to show the file below the labels.",
        nearest=(
            "tests/app/test_opening.py",
            "tests/app/test_files.py",
        ),
    ),
    Fault(
        id="last-loss",
        area="window",
        kind="off by one",
        file="lossexplorer/app/panels/losses.py",
        old="card.remover.setEnabled(len(new.experiment.losses) > 1)",
        new="card.remover.setEnabled(len(new.experiment.losses) > 0)",
        harm="The only loss can be removed, which raises an error.",
        nearest=(
            "tests/app/test_shown_losses.py",
            "tests/app/test_losses_panel.py",
        ),
    ),
    Fault(
        id="axes-of-mrc",
        area="readers",
        kind="index",
        file="lossexplorer/volumes/formats/mrc.py",
        old="return tuple(axes.index(axis) for axis in (3, 2, 1))",
        new="return tuple(3 - axis for axis in axes)",
        harm="Where columns, rows and sections are y, z and x, the axes are turned the wrong way.",
        nearest=("tests/volumes/formats/test_mrc.py",),
    ),
    Fault(
        id="unit-of-time",
        area="readers",
        kind="left out",
        file="lossexplorer/volumes/formats/nifti.py",
        old='code = int(header["xyzt_units"]) & 7  #',
        new='code = int(header["xyzt_units"])  #',
        harm="In µm and seconds, a NIfTI volume is a thousand times too large.",
        nearest=("tests/volumes/test_reading_labels.py",),
    ),
    Fault(
        id="smaller-spacing",
        area="readers",
        kind="sign",
        file="lossexplorer/volumes/model/grid.py",
        old="if abs(a - b) > SPACING_TOLERANCE * b]",
        new="if a - b > SPACING_TOLERANCE * b]",
        harm="A prediction with finer voxels than the truth's is taken as if it fitted.",
        nearest=("tests/volumes/test_prediction_files.py",),
    ),
    Fault(
        id="other-end",
        area="readers",
        kind="index",
        file="lossexplorer/volumes/model/placing.py",
        old="np.where(backwards, lengths - 1 - corner, corner)",
        new="np.where(backwards, corner, corner)",
        harm="A prediction whose axis runs the other way is placed as far away as it is long.",
        nearest=("tests/volumes/test_place.py",),
    ),
    Fault(
        id="nothing-for-background",
        area="readers",
        kind="left out",
        file="lossexplorer/volumes/model/grid.py",
        old="channels[0] = 1.0",
        new="channels[0] = 0.0",
        harm="What a network has not predicted has no class, and a gradient for each.",
        nearest=("tests/volumes/test_place.py",),
    ),
    Fault(
        id="unit-of-depth",
        area="readers",
        kind="mix-up",
        file="lossexplorer/volumes/formats/tiff_lengths.py",
        old='str(described.get("zunit", unit))',
        new='str(described.get("unit", unit))',
        harm="Slices whose distance ImageJ gives in nm are a thousand times as far apart.",
        nearest=("tests/volumes/formats/test_tiff_lengths.py",),
    ),
    Fault(
        id="axis-of-itk",
        area="readers",
        kind="sign",
        file="lossexplorer/volumes/formats/metaimage.py",
        old=".T * _signs(header, 3) * spacing[::-1]",
        new=".T * spacing[::-1]",
        harm="An axis of negative spacing is not turned, as ITK turns it.",
        nearest=("tests/volumes/formats/test_header_statements.py",),
    ),
    Fault(
        id="checksum",
        area="readers",
        kind="swallowed error",
        file="lossexplorer/volumes/formats/metaimage.py",
        old="if len(values) != expected or not stream.eof:",
        new="if len(values) != expected:",
        harm="A compressed MetaImage that is cut off, or too long, opens as if it were whole.",
        nearest=("tests/volumes/formats/test_metaimage.py", "tests/volumes/test_fuzzed_files.py"),
    ),
    Fault(
        id="exit-code",
        area="command line",
        kind="swallowed error",
        file="lossexplorer/cli/commands/evaluate.py",
        old="raise typer.Exit(1 if summary.broken else 0)",
        new="raise typer.Exit(0)",
        harm="A script does not see that pairs of a manifest were broken.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="voxels-of-set",
        area="command line",
        kind="index",
        file="lossexplorer/headless/evaluation.py",
        old="parse_controls(controls, batch.size, [",
        new="parse_controls(controls, type(batch.size)(batch.spacing[::-1], batch[0].shape), [",
        harm="--set shift_x=1vox shifts by the thickness of a slice.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="infinite-weight",
        area="command line",
        kind="unchecked argument",
        file="lossexplorer/headless/evaluation.py",
        old="if not math.isfinite(weight):",
        new="if math.isnan(weight):",
        harm="--weight dice=inf is taken, and the total is infinite.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="json-of-infinity",
        area="command line",
        kind="unchecked argument",
        file="lossexplorer/headless/evaluation.py",
        old='"gradient_norm": _finite(result.gradient_norm),',
        new='"gradient_norm": result.gradient_norm,',
        harm="Where a gradient is not finite, --json ends in a traceback.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="ignored-option",
        area="command line",
        kind="unchecked argument",
        file="lossexplorer/cli/commands/evaluate.py",
        old="if truth or also or mask or as_json:",
        new="if truth or also or mask:",
        harm="--json beside --manifest is ignored without a word.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="blobs-overlap",
        area="predictions",
        kind="left out",
        file="lossexplorer/predictions/false_blobs.py",
        old="apart(candidates, count, 2 * radius, grid.spacing, chance)",
        new="apart(candidates, count, radius, grid.spacing, chance)",
        harm="False positives run into each other where there is room for all of them.",
        nearest=_PREDICTIONS,
    ),
    Fault(
        id="certain-focal",
        area="losses",
        kind="left out",
        file="lossexplorer/losses/_logarithm.py",
        old="-(p if smoothed else ops.where(g < 1, p, ops.zeros_like(p)))",
        new="-p",
        harm="The focal loss of sigmoids has a gradient of NaN where a prediction is certain.",
        nearest=_LOSSES,
    ),
    Fault(
        id="weight-of-former",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/totals.py",
        old="return known if known.setting == setting else replace(known, setting=setting)",
        new="return known",
        harm="Another λ changes nothing until something else moves.",
        nearest=("tests/engine/test_pipeline.py", "tests/app/test_losses.py"),
    ),
    Fault(
        id="order-of-settings",
        area="command line",
        kind="left out",
        file="lossexplorer/headless/manifest/run.py",
        old="for name, value in sorted(last.items()))",
        new="for name, value in last.items())",
        harm="All pairs are evaluated once more when --set options stand in another order.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="listed-twice",
        area="command line",
        kind="left out",
        file="lossexplorer/headless/manifest/run.py",
        old="if key not in asked and not is_done(key))",
        new="if not is_done(key))",
        harm="A pair that the table has twice is evaluated twice and has two rows.",
        nearest=_COMMANDS,
    ),
    Fault(
        id="recent-twice",
        area="window",
        kind="left out",
        file="lossexplorer/app/recent.py",
        old="[entry for entry in self._settings.latest().recent if entry != files]",
        new="self._settings.latest().recent",
        harm="A file that is opened again stands twice in the menu of recent files.",
        nearest=("tests/app/test_opening.py", "tests/app/test_files.py"),
    ),
    Fault(
        id="steps-of-history",
        area="session",
        kind="off by one",
        file="lossexplorer/session/records/history.py",
        old="self.first + dropped, (*steps[dropped:], step)",
        new="self.first, (*steps[dropped:], step)",
        harm="After 300 steps the history's axis no longer counts on.",
        nearest=("tests/session", "tests/app/test_history.py"),
    ),
    Fault(
        id="slower-file",
        area="window",
        kind="sign",
        file="lossexplorer/app/opener.py",
        old="if result.number != self._number:",
        new="if result.number > self._number:",
        harm="Of two files the one that was read faster is replaced by the one asked for first.",
        nearest=("tests/app/test_opener.py", "tests/app/test_opening.py"),
    ),
    Fault(
        id="tip-at-rest",
        area="window",
        kind="left out",
        file="lossexplorer/app/widgets/quiet_plot.py",
        old="            self._say_under(event.pos(), event.globalPos())",
        new="            event.ignore()",
        harm="What a plot says of the curve below the pointer goes as soon as the pointer rests.",
        nearest=("tests/app/test_plots.py",),
    ),
    Fault(
        id="classes-by-size",
        area="window",
        kind="mix-up",
        file="lossexplorer/app/plots/classes.py",
        old="ORDERS[2]: lambda index: (-shown.sizes[index],),",
        new="ORDERS[2]: lambda index: (index,),",
        harm="Ordered by size, the classes of a plot are in the order of their ids.",
        nearest=("tests/app/test_plots.py",),
    ),
    Fault(
        id="values-of-before",
        area="window",
        kind="cache",
        file="lossexplorer/app/stage/pointer_line.py",
        old="if self._painter.is_current and not math.isnan(probability):",
        new="if not math.isnan(probability):",
        harm="The line below the canvas has the prediction and gradient of what was set before.",
        nearest=("tests/app/test_no_longer_shown.py",),
    ),
    Fault(
        id="weights-that-do-not-fit",
        area="session",
        kind="unchecked argument",
        file="lossexplorer/session/class_numbers.py",
        old="for name, why in _misfits(setting, case).items():\n        raise",
        new="for name, why in ():\n        raise",
        harm="Three class weights of a loss with two classes are taken, and the loss is NaN.",
        nearest=("tests/app/test_typed.py",),
    ),
    Fault(
        id="uncounted-padding",
        area="engine",
        kind="left out",
        file="lossexplorer/engine/limits.py",
        old="    if samples == 1:\n        return voxels * classes",
        new="    if samples >= 1:\n        return voxels * classes",
        harm="Millions of tiny samples pass the check of the memory, and take twice as much.",
        nearest=("tests/engine/test_limits.py",),
    ),
    Fault(
        id="gpu-of-any-version",
        area="engine",
        kind="cache",
        file="lossexplorer/engine/backends/gpus.py",
        old="tried = [Tried(backend, version, title) for title in titles]",
        new='tried = [Tried(backend, "", title) for title in titles]',
        harm="A GPU on which this version aborts is tried again at each start.",
        nearest=("tests/engine/test_gpus.py",),
    ),
    Fault(
        id="ignored-mask",
        area="losses",
        kind="left out",
        file="lossexplorer/keras_classes/base.py",
        old="mask = get_keras_mask(y_pred)",
        new="mask = None",
        harm="What a Masking layer leaves out counts in every Keras class.",
        nearest=_LOSSES,
    ),
    Fault(
        id="unlocked-results",
        area="command line",
        kind="left out",
        file="lossexplorer/core/files.py",
        old="fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        new="fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        harm="Two runs write to one file of results, and the rows of one are lost.",
        nearest=("tests/core/test_files.py", "tests/headless"),
    ),
)
