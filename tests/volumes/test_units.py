"""Units of length by every name."""

import pytest

from lossexplorer.volumes.spacing import millimetres


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        # The 21 SI units of OME-XML and OME-Zarr, and the others, in metres as BIPM and NIST give
        # them.
        ("ym", 1e-24),
        ("am", 1e-18),
        ("fm", 1e-15),
        ("pm", 1e-12),
        ("Å", 1e-10),
        ("angstrom", 1e-10),
        ("nm", 1e-9),
        ("nanometer", 1e-9),
        ("micrometer", 1e-6),
        ("µm", 1e-6),
        ("\u03bcm", 1e-6),
        ("microns", 1e-6),
        ("mm", 1e-3),
        ("MM", 1e-3),
        ("Millimetres", 1e-3),
        ("cm", 1e-2),
        ("dm", 1e-1),
        ("m", 1),
        ("meters", 1),
        ("dam", 10),
        ("km", 1e3),
        ("Mm", 1e6),
        ("megameter", 1e6),
        ("Gm", 1e9),
        ("yottameter", 1e24),
        ("inch", 0.0254),
        ("thou", 0.0254e-3),
        ("foot", 0.3048),
        ("feet", 0.3048),
        ("yard", 0.9144),
        ("mile", 1609.344),
        ("parsec", 3.0856775814913673e16),
    ],
)
def test_units(unit, length):
    assert millimetres(unit) == pytest.approx(1e3 * length, rel=1e-12)


@pytest.mark.parametrize("unit", ["pixel", "furlong", "", "s", "mum"])
def test_what_is_no_unit_of_length(unit):
    assert millimetres(unit) is None
