"""The list of formats: complete, and nothing in it that hides another."""

import importlib
import pkgutil
from itertools import combinations

from lossexplorer.volumes import formats
from lossexplorer.volumes.formats.format import Format


def test_every_described_format_is_listed_once():
    modules = (
        importlib.import_module(f"{formats.__name__}.{module.name}")
        for module in pkgutil.iter_modules(formats.__path__)
    )
    described = [
        value for module in modules for value in vars(module).values() if isinstance(value, Format)
    ]
    assert sorted(each.name for each in described) == sorted(f.name for f in formats.FORMATS)


def test_no_ending_and_no_first_bytes_are_those_of_two_formats():
    for one, other in combinations(formats.FORMATS, 2):
        assert not set(one.suffixes) & set(other.suffixes)
        assert not any(a.startswith(other.magic) for a in one.magic)
        assert not any(b.startswith(one.magic) for b in other.magic)
