"""Writes the gallery, or pictures of all scenarios: ``python -m lossexplorer.app.gallery``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lossexplorer.app.gallery.page import PAGE, as_markdown, picture_name
from lossexplorer.core.display import virtual_display
from lossexplorer.core.files import replace_file
from lossexplorer.core.parameters import ParameterError
from lossexplorer.documents.scenario_list import (
    ListedScenario,
    built_in_scenarios,
    scenario_named,
)

if TYPE_CHECKING:
    from lossexplorer.app.gallery.pictures import Taken, Where
    from lossexplorer.app.window import MainWindow

_WIDTH, _QUALITY = 960, 80  # of the pictures of the page
_SMALL, _LARGE = (1280, 720), (1600, 900)  # the desk in all pictures, and on the page
_SCREEN = (1920, 1200)


def main() -> int:
    """Write the page and its pictures, or all pictures into a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lossexplorer.app.gallery", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="these scenarios; all that ship if absent"
    )
    parser.add_argument(
        "--all-pictures",
        type=Path,
        metavar="FOLDER",
        help="write desk (1280x720) and talk (1920x1080) in both themes there, and no page",
    )
    chosen = parser.parse_args()
    try:
        scenarios = [scenario_named(name) for name in chosen.names] or built_in_scenarios()
    except ParameterError as error:
        parser.error(str(error))
    with virtual_display(*_SCREEN):
        if chosen.all_pictures is not None:
            return _write_all(scenarios, chosen.all_pictures)
        return _write_page(scenarios)


def _write_all(scenarios: Sequence[ListedScenario], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)

    def keep(taken: Taken) -> None:
        _write(taken, folder / f"{taken.scenario.name}-{taken.place}-{taken.theme}.png")

    return _photograph(scenarios, ("dark", "light"), ("desk", "talk"), _SMALL, keep)


def _write_page(scenarios: Sequence[ListedScenario]) -> int:
    folder = (PAGE.parent / picture_name("")).parent
    folder.mkdir(exist_ok=True)
    known = {(PAGE.parent / picture_name(each.name)).name for each in built_in_scenarios()}
    for path in folder.iterdir():
        if path.name not in known:  # of a scenario that there was
            path.unlink()

    def keep(taken: Taken) -> None:
        _write(taken, PAGE.parent / picture_name(taken.scenario.name), _WIDTH)

    code = _photograph(scenarios, ("dark",), ("talk",), _LARGE, keep)
    if code == 0:
        replace_file(PAGE, lambda file: file.write_text(as_markdown(), encoding="utf-8"))
        print(PAGE)
    return code


def _write(taken: Taken, path: Path, width: int | None = None) -> None:
    from qtpy.QtCore import Qt

    image = taken.image
    if width is not None:
        image = image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)

    def write(file: Path) -> None:
        kind = path.suffix[1:].upper()
        if not image.save(str(file), kind, _QUALITY if width else -1):  # type: ignore[call-overload]
            raise OSError(f"{path} could not be written.")

    replace_file(path, write)
    print(path, flush=True)


def _photograph(
    scenarios: Sequence[ListedScenario],
    themes: Sequence[str],
    places: Sequence[Where],
    size: tuple[int, int],
    keep: Callable[[Taken], object],
) -> int:
    from lossexplorer.app.main import run_unattended

    def act(window: MainWindow) -> None:
        from lossexplorer.app.gallery.pictures import Photographer

        Photographer(window, scenarios, themes, places, size, keep).begin()

    return run_unattended(act, themes[0])


if __name__ == "__main__":
    sys.exit(main())
