"""Which GPU a backend computes on: never one on which this version of it ended before.

A backend that lacks code for a GPU may take its process down at the first compiled function, as
TensorFlow 2.21 does on an RTX 50 (tensorflow issue 111958). Such GPUs are kept in a file by
backend, version and title, so that another version, or another GPU, is tried.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_state_path

from lossexplorer.core.files import replace_file
from lossexplorer.engine.backends.environment import TITLES, chosen_device, installed


@dataclass(frozen=True)
class Tried:
    """A version of a backend on a GPU.

    Attributes
    ----------
    backend, version : str
        The backend, by Keras's name, and its version.
    gpu : str
        The title of the GPU.
    """

    backend: str
    version: str
    gpu: str


class Picked(NamedTuple):
    """The GPU that was picked.

    Attributes
    ----------
    gpu : int or None
        Its index; None for the CPU.
    note : str
        A sentence about the GPUs that were passed over; empty if none was.
    """

    gpu: int | None
    note: str


def pick_gpu(backend: str, version: str, titles: Sequence[str]) -> Picked:
    """Return the GPU to compute on.

    A GPU that is asked for by name is tried again, whatever is known of it.

    Parameters
    ----------
    backend, version : str
        The backend, by Keras's name, and its version.
    titles : sequence of str
        The titles of the GPUs that it sees.

    Raises
    ------
    lossexplorer.engine.backends.environment.BackendError
        If the requested GPU does not exist.
    """
    device = chosen_device()
    if device.name != "auto":
        return Picked(device.pick(titles, TITLES[backend]), "")
    tried = [Tried(backend, version, title) for title in titles]
    unusable = set(unusable_gpus()) if tried else set()
    passed_over = [each for each in tried if each in unusable]
    index = next((k for k, each in enumerate(tried) if each not in unusable), None)
    return Picked(index, advice(passed_over[0]) if passed_over else "")


def advice(tried: Tried) -> str:
    """Return a sentence that says why a GPU is not used, and what to do.

    Examples
    --------
    >>> advice(Tried("jax", "0.10.2", "GPU 0 X")).startswith("JAX 0.10.2 does not work on GPU 0 X")
    True
    """
    title = TITLES[tried.backend]
    others = [f"--backend {name}" for name in TITLES if name != tried.backend and installed(name)]
    other = f", {' or '.join(others)} may compute on it" if others else ""
    return (
        f"{title} {tried.version} does not work on {tried.gpu}, which is not used: another version "
        f"of {title} may support this GPU{other}, and --device gpu tries it again."
    )


def remember_unusable(tried: Tried) -> None:
    """Keep that a version of a backend ended on a GPU; if it cannot be written, it is not kept."""
    known = unusable_gpus()
    if tried in known:
        return
    text = json.dumps([asdict(each) for each in (*known, tried)], indent=1)
    path = gpus_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, lambda unfinished: unfinished.write_text(text, "utf-8"))
    except OSError:
        return  # the next start finds it out again


def unusable_gpus() -> tuple[Tried, ...]:
    """Return what is known of GPUs that do not work; nothing where the file is damaged."""
    try:
        entries = json.loads(gpus_path().read_text("utf-8"))
        return tuple(Tried(**{k: str(v) for k, v in entry.items()}) for entry in entries)
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


def gpus_path() -> Path:
    """Return where the GPUs that do not work are kept."""
    return user_state_path("lossexplorer") / "unusable_gpus.json"
