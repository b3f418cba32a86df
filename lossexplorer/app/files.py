"""Opening: dialogs, drops, recent files, layers and plugins, all by the one reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from lossexplorer.app import recent
from lossexplorer.app.actions import Action, literal
from lossexplorer.app.menus import Entries, Heading
from lossexplorer.app.opener import Opener, UndecidedColours, UndecidedPart
from lossexplorer.app.opening_job import Refusal
from lossexplorer.app.plugin_files import PluginFiles
from lossexplorer.app.recent import RecentSources
from lossexplorer.app.settings import SettingsStore, Sources
from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.widgets.choosers import ClassesDialog, choose_row
from lossexplorer.app.widgets.colours_dialog import ColoursDialog
from lossexplorer.app.widgets.message_bar import MessageBar, MessageButton
from lossexplorer.documents import SESSION_SUFFIX
from lossexplorer.session import Session
from lossexplorer.session.class_numbers import gone_class_numbers, gone_of_outputs
from lossexplorer.session.overlapping import gave_way
from lossexplorer.volumes import (
    READABLE_SUFFIXES,
    Case,
    Colour,
    Ignored,
    own_table,
    parse_source,
    write_colours,
)
from lossexplorer.volumes.formats.raw import describe

if TYPE_CHECKING:
    from lossexplorer.app.context import Context
    from lossexplorer.viewer.offers import LabelsOffer


class Files(QObject):
    """What is opened, and the dialogs that ask for it.

    Parameters
    ----------
    window : QWidget
        The parent of its dialogs.
    session, stage, messages
        What is open, whose layers can be a truth, and what says why something was not opened.
    settings : SettingsStore
        Has the recent files and the folder that dialogs begin in.

    Attributes
    ----------
    opener : Opener
        Opens, in a thread of its own.
    recent : RecentSources
        What was opened last.
    opened : Signal(Case)
        Something was opened, or is seen with other classes, patches, image, prediction or ignored
        voxels.
    rejected : Signal(str)
        It was not, and why.
    session_wanted : Signal(str)
        A session's file is to be opened, which is no volume.
    """

    opened = Signal(object)
    rejected = Signal(str)
    session_wanted = Signal(str)

    def __init__(
        self,
        window: QWidget,
        session: Session,
        stage: Stage,
        messages: MessageBar,
        settings: SettingsStore,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self.opener: Opener = Opener(lambda: session.case)
        self._plugins = PluginFiles(window, stage, self.opener, messages)
        self._stage = stage
        self._messages = messages
        self._settings = settings
        self._gave_way = ""  # of what was opened last
        self.recent: RecentSources = RecentSources(settings)
        self.opener.started.connect(messages.withdraw)
        self.opener.opened.connect(self._on_opened)
        self.opener.changed.connect(self._on_changed)
        self.opener.refused.connect(self._on_refused)
        self.opener.noted.connect(self._say_note)
        self.opener.remembered.connect(self.recent.add)
        self.opener.remembered.connect(self._remember_sources)
        self.opener.part_needed.connect(self._choose_part)
        self.opener.colours_needed.connect(self._choose_colours)
        self.opener.grouped.connect(self._say_grouped)

    # Files

    def open(
        self,
        sources: Sequence[str],
        image: str | None = None,
        prediction: str | None = None,
        *,
        mask: str | None = None,
        ignore: Ignored = "declared",
        overlapping: bool | None = None,
    ) -> None:
        """Open files or ``sample:NAME`` in a thread; if it fails, what is open stays open.

        Parameters
        ----------
        sources : sequence of str
            Label volumes; several are a batch.
        image, prediction : str, optional
            Files with the anatomy of the first, and with the prediction of all.
        mask, ignore, overlapping
            As in `lossexplorer.volumes.open_case`.
        """
        if self._are_sessions(sources):
            return
        self.opener.open(
            sources, image, prediction, mask=mask, ignore=ignore, overlapping=overlapping
        )

    def open_file(self) -> None:
        """Ask for a label volume."""
        path = self._ask(
            "Open a label volume or a session", _filter("Label volumes, sessions", [SESSION_SUFFIX])
        )
        if path:
            self.open([path])

    def open_folder(self) -> None:
        """Ask for an OME-Zarr, which is a folder."""
        folder = self._settings.value.folder
        path = QFileDialog.getExistingDirectory(self._window, "Open an OME-Zarr folder", folder)
        if path:
            self._remember_folder(path)
            self.opener.open([path])

    def open_batch(self) -> None:
        """Ask for several label volumes."""
        title, folder = "Open label volumes as a batch", self._settings.value.folder
        paths, _ = QFileDialog.getOpenFileNames(
            self._window, title, folder, _filter("Label volumes")
        )
        if paths:
            self._remember_folder(paths[0])
            self.opener.open(paths)

    def open_image(self) -> None:
        """Ask for an image of what is open."""
        path = self._ask("Open an image below the labels", _filter("Images"))
        if path:
            self.opener.show_image(path)

    def open_prediction(self) -> None:
        """Ask for a prediction of what is open."""
        path = self._ask("Open a prediction of the labels", _filter("Predictions"))
        if path:
            self.opener.use_prediction(path)

    def open_mask(self) -> None:
        """Ask for a mask of what is open."""
        path = self._ask("Open a mask of the labels", _filter("Masks"))
        if path:
            self.opener.use_mask(path)

    def open_with_prediction(self, source: str) -> None:
        """Ask for a prediction, and open it with a truth."""
        path = self._ask("Open a prediction of the labels", _filter("Predictions"))
        if path:
            self.opener.open([source], prediction=path)

    def drop(self, sources: Sequence[str]) -> None:
        """Open files as `open` does; of one that may be a mask it is asked what it is."""
        if not self._are_sessions(sources):
            self.opener.open(sources, asks=True)

    def _are_sessions(self, sources: Sequence[str]) -> bool:
        """Return whether there is a session among files; it is opened if it is alone."""
        sessions = [each for each in sources if each.lower().endswith(SESSION_SUFFIX)]
        if sessions and len(sources) > 1:
            text = f"{Path(sessions[0]).name} is a session. Open it alone: it has its own volumes."
            self._messages.say(text)
            self.rejected.emit(text)
        elif sessions:
            self.session_wanted.emit(sessions[0])
        return bool(sessions)

    def _ask(self, title: str, filters: str = "") -> str:
        """Ask for a file, and return its path; nothing if none is chosen."""
        folder = self._settings.value.folder
        path, _ = QFileDialog.getOpenFileName(self._window, title, folder, filters)
        if path:
            self._remember_folder(path)
        return path

    def _remember_folder(self, path: str) -> None:
        """Have the next dialog begin beside a file or folder."""
        self._settings.update(folder=str(Path(path).parent))

    def _remember_sources(self, sources: Sources) -> None:
        """Have the next dialog begin beside what was opened, dropped or not."""
        if Path(sources[0]).exists():  # else a sample, or a part of a file
            self._remember_folder(str(Path(sources[0]).absolute()))

    # Menus that change

    def recent_entries(self) -> Entries:
        """Return the entries of the menu of recent files, without a look at the drives."""
        return self._recent_entries(lambda _: False)

    def checked_recent_entries(self) -> Entries:
        """Return the entries of the menu of recent files; those that are missing say so."""
        return self._recent_entries(recent.missing)

    def _recent_entries(self, is_missing: Callable[[Sources], bool]) -> Entries:
        opening = [
            _opening(f"file.recent.{number}", sources, is_missing(sources))
            for number, sources in enumerate(self.recent.entries(), start=1)
        ]
        if not opening:
            return [Heading("Nothing has been opened yet")]
        return [*opening, None, "file.clear_recent"]

    def layer_entries(self) -> Entries:
        """Return the entries of the menu of layers that can be the truth."""
        layers = [
            Action(
                id=f"file.layer.{number}",
                title=literal(f"{offer.name} – {offer.summary[0]}"),
                tip=f"From {offer.path}",
                run=partial(_open_layer, offer=offer),
            )
            for number, offer in enumerate(self._stage.offers(), start=1)
        ]
        return layers or [Heading("There is no other Labels layer")]

    # Plugins

    def open_with_plugin(self) -> None:
        """Ask for a file, and open it with one of the napari plugins that read such files."""
        path = self._ask("Open with a napari plugin")
        if path:
            self._plugins.open(path)

    # Parts and classes

    def choose_classes(self) -> None:
        """Ask which ids of what is open are classes."""
        case = self._session.case
        if case is None:
            return
        classes = case.counted.classes[1:]
        every = {c.id for c in classes}
        now = set(case.classes) if isinstance(case.classes, tuple) else every
        dialog = ClassesDialog(self._window, classes, now)
        dialog.accepted_ids.connect(
            lambda ids: self.opener.choose_classes("each" if set(ids) == every else ids)
        )
        dialog.open()

    def _choose_part(self, undecided: UndecidedPart) -> None:
        parts = undecided.error.parts
        choose_row(
            self._window,
            "Choose a volume",
            f"{Path(undecided.source).name} holds several volumes.",
            ("name", "shape", "type"),
            [(part.name, describe(part.shape), part.dtype) for part in parts],
            lambda row: undecided.take(parts[row].name),
        )

    def _choose_colours(self, undecided: UndecidedColours) -> None:
        dialog = ColoursDialog(self._window, undecided.error)
        dialog.accepted_colours.connect(lambda colours: self._save_colours(undecided, colours))
        dialog.open()

    def _save_colours(self, undecided: UndecidedColours, colours: Sequence[Colour]) -> None:
        table = own_table(undecided.error.path)
        try:
            write_colours(table, colours)
        except OSError as error:
            self._messages.say(
                f"{table} could not be written ({error.strerror}). Copy the mask into a folder "
                "that can be written to, and open it there."
            )
            return
        undecided.take()

    def _on_opened(self, case: Case) -> None:
        self._take(case, self._session.open)

    def _on_changed(self, case: Case) -> None:
        self._take(case, self._session.see)

    def _take(self, case: Case, take: Callable[[Case], object]) -> None:
        """Have the session take a case, and say what of it gave way."""
        before = self._session.state.experiment
        take(case)
        gone = (
            gave_way(before.losses, before.controls, case),
            gone_class_numbers(before.losses, case),
            gone_of_outputs(before.setup, case.batch[0]),
        )
        self._gave_way = " ".join(filter(None, gone))
        if self._gave_way:
            self._messages.say(self._gave_way)
        self.opened.emit(case)

    def _on_refused(self, refusal: Refusal) -> None:
        source, opener = refusal.source, self.opener

        def named(axes: str) -> None:
            opener.open([str(parse_source(source).with_axes(axes))], overlapping=True)

        offers = {
            "image": MessageButton("Show it below the labels", lambda: opener.show_image(source)),
            "prediction": MessageButton(
                "Open it as the prediction", lambda: opener.use_prediction(source)
            ),
            "truth": MessageButton("Open it as the truth", lambda: opener.open([source])),
            "mask": MessageButton("Open it as a mask", lambda: opener.use_mask(source)),
            "with_prediction": MessageButton(
                "Open it with a prediction…", lambda: self.open_with_prediction(source)
            ),
            "foreground": MessageButton(
                "Open all foreground as one class",
                lambda: opener.open([source], classes="foreground"),
            ),
            "batch": MessageButton(
                "Samples of a batch", lambda: opener.open(refusal.sources, overlapping=False)
            ),
            "overlapping": MessageButton(
                "Classes that may overlap", lambda: opener.open(refusal.sources, overlapping=True)
            ),
            "slices": MessageButton("One class in a volume", lambda: named("zyx")),
            "channels": MessageButton("Classes in one slice", lambda: named("cyx")),
        }
        self._messages.say(refusal.text, *(offers[name] for name in refusal.open_as))
        self.rejected.emit(refusal.text)

    def _say_note(self, text: str) -> None:
        """Say what is to be known of what was opened, behind what gave way to it."""
        self._messages.say(" ".join(filter(None, (self._gave_way, text))))

    def _say_grouped(self, text: str) -> None:
        self._messages.say(text, MessageButton("Choose classes…", self.choose_classes))


def _filter(what: str, others: Sequence[str] = ()) -> str:
    patterns = " ".join(f"*{suffix}" for suffix in (*READABLE_SUFFIXES, *others))
    return f"{what} ({patterns});;All files (*)"


def _opening(name: str, sources: Sources, lost: bool) -> Action:
    """Return the action that opens what was opened before."""
    return Action(
        id=name,
        title=literal(recent.title(sources)) + (" – missing" if lost else ""),
        tip="\n".join(sources),
        run=lambda context: context.files.open(sources),
        enabled=lambda _: not lost,
    )


def _open_layer(context: Context, offer: LabelsOffer) -> None:
    context.files.opener.open_made(offer.volume)
