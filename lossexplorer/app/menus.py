"""What the menu bar offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lossexplorer.app.actions import Command, Menu
from lossexplorer.app.theme import PALETTES

if TYPE_CHECKING:
    from lossexplorer.app.window import MainWindow
    from lossexplorer.viewer.canvas import SliceCanvas


def window_menus(window: MainWindow) -> list[Menu]:
    """Return the menus of the window."""
    return [_file(window), _prediction(window), _view(window), _help(window)]


def _file(window: MainWindow) -> Menu:
    files = window.files
    return Menu(
        "&File",
        [
            Command("&Open…", files.open_file, "Ctrl+O", "Open a label volume"),
            Command("Open OME-&Zarr Folder…", files.open_folder, tip="An OME-Zarr is a folder"),
            Command(
                "Open Several as a &Batch…",
                files.open_batch,
                tip="Label volumes of one shape, which a loss sees at once",
            ),
            Menu("Open &Recent", files.recent_entries),
            Menu("Open &Sample", files.sample_entries()),
            Menu("&Truth from a Layer", files.layer_entries),
            Command(
                "Open with a &napari Plugin…",
                files.open_with_plugin,
                tip="Any file that an installed napari plugin reads",
            ),
            None,
            Command("Open &Image Below the Labels…", files.open_image),
            Command(
                "Open &Prediction…",
                files.open_prediction,
                tip="A network's probabilities or labels, in place of the simulated prediction",
            ),
            Command(
                "Si&mulate the Prediction",
                window.explorer.opener.simulate,
                tip="Leave the prediction from a file",
                enabled=window.has_given_prediction,
            ),
            None,
            Command("Save Pi&cture…", window.ask_for_picture, "Ctrl+S"),
            None,
            Command("&Quit", window.close, "Ctrl+Q"),
        ],
    )


def _prediction(window: MainWindow) -> Menu:
    session = window.explorer.session
    return Menu(
        "&Prediction",
        [Command("&Reset: the prediction is the truth", session.reset_controls, "Ctrl+R")],
    )


def _view(window: MainWindow) -> Menu:
    session = window.explorer.session

    def with_canvas(action: Callable[[SliceCanvas], None]) -> Callable[[], None]:
        return lambda: window.stage.do(action)

    themes = [
        Command(
            f"&{palette.name.title()}",
            lambda palette=palette: window.use(palette),  # type: ignore[misc]
            checked=palette is window.palette_in_use,
            group="theme",
        )
        for palette in PALETTES.values()
    ]
    return Menu(
        "&View",
        [
            Command(
                "&Side by Side",
                lambda: session.show(layout="side by side"),
                "Ctrl+1",
                checked=True,
                group="layout",
            ),
            Command(
                "&Overlaid",
                lambda: session.show(layout="overlaid"),
                "Ctrl+2",
                checked=False,
                group="layout",
            ),
            None,
            Command("Look at the &Labels", with_canvas(lambda c: c.look_at_labels()), "Ctrl+L"),
            Command("Look at the &Whole Volume", with_canvas(lambda c: c.look_at_all()), "Ctrl+0"),
            Command("Slice or &3D", with_canvas(lambda c: c.toggle_3d()), "Ctrl+3"),
            None,
            *themes,
        ],
    )


def _help(window: MainWindow) -> Menu:
    return Menu("&Help", [Command("&About Loss Explorer", window.about)])
