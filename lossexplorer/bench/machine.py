"""The description of the machine, and the number of threads."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import psutil

from lossexplorer import __version__
from lossexplorer.engine.backends.interface import usable_processors

_PACKAGES = (
    "numpy",
    "scipy",
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "monai",
    "napari",
    "PySide6-Essentials",
)


def set_threads() -> None:
    """Give both sides the same number of threads; to be called before they are imported.

    By default PyTorch's threads wait busily for their next work, which slows the other side of a
    comparison: by 12 % of a step of 8 ms. Here they wait passively, which costs PyTorch nothing.
    """
    number = str(usable_processors())
    os.environ |= {
        "OMP_NUM_THREADS": number,
        "OMP_WAIT_POLICY": "passive",
        "TF_NUM_INTRAOP_THREADS": number,
    }


def machine() -> dict[str, Any]:
    """Return processor, memory, system and versions."""
    return {
        "processor": _processor(),
        "cores": usable_processors(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {"lossexplorer": __version__} | _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()
