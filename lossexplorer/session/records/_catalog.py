"""The catalogue of records, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import lossexplorer.session.records as package
from lossexplorer.session.records._record import Record

_NAMES = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")
_FOUND: list[Record[Any]] = [
    importlib.import_module(f"{package.__name__}.{name}").RECORD for name in _NAMES
]

RECORDS: Mapping[str, Record[Any]] = MappingProxyType({each.name: each for each in _FOUND})
"""Every record by name."""
