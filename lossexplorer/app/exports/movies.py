"""Asks for a movie of a slider that moves to and fro, and has it made."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
)

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path
from lossexplorer.app.exports.movie_job import CANCELLED, MovieJob, MovieWanted
from lossexplorer.app.exports.progress import progress_dialog
from lossexplorer.app.exports.subjects import TITLES
from lossexplorer.app.pictures import file_stem
from lossexplorer.app.theme import UNIT
from lossexplorer.core.parameters import Number, ParameterError
from lossexplorer.core.scales import SliderScale
from lossexplorer.engine.messages import Reference
from lossexplorer.exports.movies import MOVIE_SUFFIXES, MovieError, check_movie
from lossexplorer.session.state import Experiment
from lossexplorer.session.sweep import MOST_FRAMES, Sweep, references, sweep_of
from lossexplorer.session.words import control_in_words, titled, within_sentence

_FRAMES, _SECONDS = 21, 4.0
_KINDS = ";;".join(f"{suffix[1:].upper()} (*{suffix})" for suffix in MOVIE_SUFFIXES)


def ask_for_movie(context: Context) -> None:
    """Ask which slider is to move, and what of."""
    MovieDialog(context).open()


class MovieDialog(QDialog):
    """Asks for a movie: which slider, from where to where, of what, how long.

    Attributes
    ----------
    moved, what : QComboBox
        The slider, at first the one that was moved last, and what is seen.
    start, stop : QLineEdit
        The ends of its way.
    frames : QSpinBox
        At how many values a picture is taken.
    seconds : QDoubleSpinBox
        How long to and fro takes.
    problem : QLabel
        Why there can be no such movie.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.stage.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export a movie")
        self._context = context
        self.moved, self.what = QComboBox(), QComboBox()
        self.start, self.stop = QLineEdit(), QLineEdit()
        self.frames, self.seconds = QSpinBox(), QDoubleSpinBox()
        self.problem = QLabel()
        self._fill()
        self._lay_out()

    def _fill(self) -> None:
        experiment = self._context.session.state.experiment
        for each in references(experiment):
            self.moved.addItem(_title(each, experiment), each)
        against = self._context.session.state.view.against
        self.moved.setCurrentIndex(max(0, self.moved.findText(_title(against, experiment))))
        self.moved.currentIndexChanged.connect(self._propose_ends)
        self._propose_ends()
        for what, title in TITLES.items():
            self.what.addItem(title, what)
        self.frames.setRange(2, MOST_FRAMES)
        self.frames.setValue(_FRAMES)
        self.seconds.setRange(0.1, 600.0)
        self.seconds.setValue(_SECONDS)
        self.seconds.setSuffix(" s")

    def _propose_ends(self) -> None:
        """Fill in the ends of the slider."""
        size = self._context.session.state.experiment.size
        number = self.moved.currentData().parameter_of(size)
        assert isinstance(number, Number)
        scale = SliderScale(number, size.spacing)
        for field, end in zip((self.start, self.stop), scale.ends, strict=True):
            field.setText(number.text(scale.value(end)))

    def _lay_out(self) -> None:
        note = QLabel(
            "The slider goes from the first value to the second and back, and is then where it "
            "was. Each picture waits until everything is computed."
        )
        note.setObjectName("quiet")
        self.problem.setObjectName("problem")
        self.problem.hide()
        form = QFormLayout()
        form.setSpacing(UNIT)
        for text, field in (
            ("Slider", self.moved),
            ("From", self.start),
            ("To", self.stop),
            ("Frames each way", self.frames),
            ("There and back in", self.seconds),
            ("Of", self.what),
        ):
            form.addRow(text, field)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        box.addButton("Save…", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        box.accepted.connect(self._on_save)
        box.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(form)
        for label in (note, self.problem):
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(box)

    def _on_save(self) -> None:
        """Ask where, and begin; what is wrong with the values is said here."""
        reference: Reference = self.moved.currentData()
        ends = self.start.text(), self.stop.text()
        try:
            experiment = self._context.session.state.experiment
            sweep = sweep_of(experiment, reference, *ends, self.frames.value())
        except ParameterError as error:
            self.problem.setText(titled(str(error), [reference.parameter]))
            self.problem.show()
            return
        self.hide()
        _ask_where(self._context, sweep, self.what.currentData(), self.seconds.value())
        self.accept()


def _title(reference: Reference, experiment: Experiment) -> str:
    if reference.loss is None:
        words = control_in_words(reference.name)
        return words[:1].upper() + words[1:]
    return f"{experiment.title(reference.loss)}: {within_sentence(reference.parameter.title)}"


def _ask_where(context: Context, sweep: Sweep, what: str, seconds: float) -> None:
    """Ask where the movie is to be written, and have it made, or say why it cannot be."""
    path = ask_path(context, "Export a movie", f"{file_stem(sweep.reference.name)}.gif", _KINDS)
    if path is None:
        return
    try:
        check_movie(path)
    except MovieError as error:
        context.messages.say(str(error))
        return
    wanted = MovieWanted(sweep, what, seconds, path)
    if what == "talk":
        _with_talk(context, wanted)
    else:
        _make(context, wanted)


def _with_talk(context: Context, wanted: MovieWanted) -> None:
    """Have the movie made in a talk of what is set now, which then ends."""
    presenter = context.presenter
    presenter.start(presenter.page_now(), on_screen=False)
    _make(context, wanted).ended.connect(presenter.end)


def _make(context: Context, wanted: MovieWanted) -> MovieJob:
    """Begin a movie; how far it is is shown, and nothing else can be set."""
    job = MovieJob(context, wanted)
    dialog = progress_dialog(
        context.presenter.talk or context.stage.window(),
        "Export a movie",
        "Taking the pictures…",
        job.length,
        job.cancel,
        blocks=True,
    )
    job.progressed.connect(dialog.setValue)

    def on_end(problem: str) -> None:
        dialog.canceled.disconnect()
        dialog.close()
        if problem in ("", CANCELLED):
            context.messages.inform(problem or f"{wanted.path} is written.")
        else:
            context.messages.say(problem)

    job.ended.connect(on_end)
    job.begin()
    return job
