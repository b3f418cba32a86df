"""What was opened last."""

from __future__ import annotations

from pathlib import Path

from lossexplorer.app.settings import SettingsStore, Sources
from lossexplorer.volumes import parse_source
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX

_MOST = 10


class RecentSources:
    """The last files, the newest first, in the user's settings.

    Sample volumes are not among them: they have a menu of their own.

    Parameters
    ----------
    settings : SettingsStore
        Keeps them.
    """

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    def entries(self) -> list[Sources]:
        """Return what was opened, the newest first."""
        return [sources for sources in self._settings.value.recent if sources][:_MOST]

    def add(self, sources: Sources) -> None:
        """Put what was opened first, once; what other windows have opened stays."""
        files = tuple(
            source if source.startswith(SAMPLE_VOLUME_PREFIX) else _absolute(source)
            for source in sources
        )
        if all(source.startswith(SAMPLE_VOLUME_PREFIX) for source in files):
            return
        others = [entry for entry in self._settings.latest().recent if entry != files]
        self._settings.update(recent=[files, *others][:_MOST])

    def clear(self) -> None:
        """Forget everything."""
        self._settings.update(recent=[])


def _absolute(source: str) -> str:
    """Return a source that still holds when the program is started elsewhere."""
    path = parse_source(source).path
    return str(Path(path).absolute()) + source[len(path) :]


def title(sources: Sources) -> str:
    """Return what an entry is called in the menu: the first file, its folder, how many more.

    Examples
    --------
    >>> title(("/data/case 1/labels.h5::seg", "/data/case 2/labels.h5"))
    'labels.h5::seg – case 1, and 1 more'
    """
    path = Path(parse_source(sources[0]).path)
    part = sources[0][len(str(path)) :]
    more = f", and {len(sources) - 1} more" if len(sources) > 1 else ""
    return f"{path.name}{part} – {path.parent.name}{more}"


def missing(sources: Sources) -> bool:
    """Return whether one of the files is no longer there, or cannot be looked at.

    Examples
    --------
    >>> missing(("/" + 1000 * "a",)), missing(("sample:tumour",))
    (True, False)
    """
    files = [source for source in sources if not source.startswith(SAMPLE_VOLUME_PREFIX)]
    try:
        return not all(Path(parse_source(source).path).exists() for source in files)
    except (OSError, ValueError):
        return True
