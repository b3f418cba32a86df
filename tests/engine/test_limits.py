"""A volume that will not fit is refused before anything is allocated."""

import subprocess
import sys
import types

import numpy as np
import psutil
import pytest

from lossexplorer.engine import limits
from lossexplorer.engine.limits import (
    TooLargeError,
    bytes_free,
    bytes_needed,
    check_descent,
    check_patches,
    check_size,
)
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import padding
from lossexplorer.engine.step.rows import RowLayout
from lossexplorer.engine.volume import Volume

GIB = 2**30


@pytest.fixture
def machine(monkeypatch):
    """Set how much memory is available, in GiB; there is no engine."""

    def has(available):
        memory = types.SimpleNamespace(available=available * GIB)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
        monkeypatch.setattr(psutil.Process, "children", lambda _: [])

    return has


def test_what_fits_depends_on_the_machine(machine):
    voxels, classes = 512 * 512 * 200, 4
    machine(64)
    check_size(voxels, classes)
    machine(2)
    with pytest.raises(TooLargeError):
        check_size(voxels, classes)


def test_the_message_has_both_numbers_and_the_remedies(machine):
    machine(4)
    needed = bytes_needed(512 * 512 * 200, 200) / GIB
    assert needed > 100
    with pytest.raises(TooLargeError) as refused:
        check_size(512 * 512 * 200, 200)
    said = str(refused.value)
    assert f"200 classes of 52,428,800 voxels need {needed:,.1f} GiB of memory" in said
    assert "3.6 GiB are free" in said  # nine tenths of four
    for remedy in ("label volume", "fewer classes", "smaller region", "coarser level"):
        assert remedy in said


def test_the_need_grows_with_voxels_and_classes():
    assert bytes_needed(1000, 2) < bytes_needed(2000, 2) < bytes_needed(2000, 3)


@pytest.mark.parametrize(("shape", "samples"), [((8, 8, 8), 400), ((2, 3, 5), 3), ((8,) * 3, 4096)])
def test_the_padding_of_all_samples_is_that_of_one_volume(shape, samples):
    """A field of one small volume is 8 MiB with its empty rows; its first chunk follows it."""
    layout = RowLayout(shape, 2, samples)
    held = samples * (layout.capacity + layout.chunk) * 2 * 32
    assert held == padding.elements_held(layout.voxels, 2, samples)
    # The rows of a sample: full ones, a broken one, one for each left-over voxel, and the classes.
    full, left = divmod(layout.voxels, 32)
    needed = full + (left > 0) + left + 2
    assert layout.capacity >= needed
    assert held <= 2 * (2**21 + samples * (needed + padding.TOGETHER) * 2 * 32)


def test_a_volume_alone_has_the_length_of_others_of_its_size():
    """Functions are compiled for a length: a batch of one must not bring lengths of its own."""
    lengths = {RowLayout((n, n, n), 2).capacity for n in range(8, 96, 8)}
    assert lengths == {2**21 // (2 * 32)}


def test_samples_of_a_batch_are_counted(machine):
    """400 volumes of 8³ need little, a million of 1 voxel do not fit, and both are said."""
    machine(1)
    check_size(400 * 8**3, 2, 400)
    with pytest.raises(TooLargeError) as refused:
        check_size(10**6, 2, 10**6)
    # With its empty rows one voxel takes 16 of 32 voxels and 2 classes, of 32 bytes each, and a
    # sample takes 32 KiB besides.
    assert bytes_needed(10**6, 2, 10**6) > 10**6 * (16 * 32 * 2 * 32 + 2**15)
    said = str(refused.value)
    assert "1,000,000 samples of 1 voxels with 2 classes need" in said
    assert "larger patches" in said


def test_patches_are_counted_before_they_are_cut(machine):
    """5 × 7 × 1 patches, of which each is as deep as the volume, and 2 of a second volume."""
    machine(0)
    with pytest.raises(TooLargeError, match=r"37 samples of 192 voxels with 3 classes need"):
        check_patches([(3, 40, 50), (3, 8, 9)], (9, 8, 8), 3, overlapping=False)


def test_each_overlapping_class_is_a_prediction(machine):
    """Each class is predicted against all else: twice as many fields as classes."""
    assert bytes_needed(10**7, 11, overlapping=True) > 1.5 * bytes_needed(10**7, 11)


def test_two_descents_side_by_side_need_the_logits_of_both(machine):
    """Adam keeps two fields beside the logits, each of 4 bytes, and three points are kept: 36."""
    voxels, classes = 512 * 512 * 100, 4
    machine(7)
    check_descent(voxels, classes, memories=2)
    with pytest.raises(TooLargeError, match="one loss instead of two") as refused:
        check_descent(voxels, classes, memories=2, descents=2)
    needed = float(str(refused.value).partition("needs ")[2].partition(" GiB")[0])
    machine(0)
    with pytest.raises(TooLargeError) as alone:
        check_descent(voxels, classes, memories=2)
    assert "instead of two" not in str(alone.value)
    one = float(str(alone.value).partition("needs ")[2].partition(" GiB")[0])
    assert needed - one == pytest.approx(36 * voxels * classes / GIB, abs=0.1)


HOLDER = """
import sys
held = b"1" * int(sys.argv[1])
print("it holds them", flush=True)
sys.stdin.read()
"""


def test_what_an_engine_holds_counts_as_free(monkeypatch):
    """A second large volume is not refused because of the first, which makes room for it."""
    memory = types.SimpleNamespace(available=8 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(limits, "_AT_REST", 0)
    children, of_this_test = psutil.Process.children, []

    def only_these(process):
        return [child for child in children(process) if child.pid in of_this_test]

    monkeypatch.setattr(psutil.Process, "children", only_these)
    before = bytes_free()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(GIB // 2)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        of_this_test.append(holder.pid)
        assert holder.stdout.readline() == "it holds them\n"
        assert bytes_free() - before > 0.9 * GIB / 2
    assert bytes_free() == before


def test_it_is_refused_before_anything_is_allocated():
    huge = np.broadcast_to(np.uint8(0), (4000, 4000, 4000))
    with pytest.raises(TooLargeError, match="If this is an intensity image"):
        Pipeline(Volume(huge, ("a", "b"), (1.0, 1.0, 1.0)))
