"""Sizes of patches as people write them, and the patches of a volume."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.volumes import VolumeError, parse_patch, patch_boxes

SIZES = st.tuples(*[st.integers(1, 9)] * 3)


@given(shape=SIZES, size=SIZES)
def test_patches_cover_the_volume_and_are_of_one_size(shape, size):
    hits = np.zeros(shape, int)
    for box in patch_boxes(shape, size):
        hits[box] += 1
        lengths = tuple(each.stop - each.start for each in box)
        assert lengths == tuple(np.minimum(shape, size))
    assert hits.min() >= 1
    if all(whole % n == 0 for whole, n in zip(shape, size, strict=True) if n <= whole):
        assert hits.max() == 1


@pytest.mark.parametrize("text", ["32x64x48", "32×64×48", "32*64*48", "32X64X48", "32,64,48"])
@pytest.mark.parametrize("between", ["", " "])
def test_three_lengths_are_z_y_x_whatever_is_between_them(text, between):
    assert parse_patch("".join(c if c.isdigit() else f"{between}{c}{between}" for c in text)) == (
        *(32, 64, 48),
    )


def test_spaces_alone_separate_lengths_and_surround_them():
    assert parse_patch("  32 64\t48 ") == (32, 64, 48)


@pytest.mark.parametrize("text", ["64", " 64 ", "064"])
def test_one_length_is_of_all_axes(text):
    assert parse_patch(text) == (64, 64, 64)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_text_leaves_volumes_whole(text):
    assert parse_patch(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-8",
        "8.0",
        "8x",
        "x8",
        "8x8",
        "8xx8x8",
        "8x0x8",
        "8x8x8x8",
        "8y8y8",
        "eight",
        "9" * 5000,
    ],
)
def test_what_is_no_size_is_refused_with_the_order(text):
    with pytest.raises(VolumeError, match=r"8x64x64 \(z, y, x\) voxels") as caught:
        parse_patch(text)
    assert text in str(caught.value)


@given(st.one_of(st.text(alphabet="0123456789x×*, \t", max_size=12), st.text(max_size=8)))
def test_any_text_is_a_size_or_refused(text):
    try:
        size = parse_patch(text)
    except VolumeError:
        return
    assert size is None or (len(size) == 3 and min(size) >= 1)
