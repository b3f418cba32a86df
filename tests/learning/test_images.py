"""The network's input, by its moments."""

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.images import input_image
from lossexplorer.learning.setup import InputImage
from lossexplorer.volumes.sample_volumes import open_sample_volume
from tests.learning.volumes import blocks


def test_an_image_has_mean_0_and_standard_deviation_1():
    tumour = open_sample_volume("tumour")
    image = input_image(tumour, InputImage(), seed=7)
    assert image.dtype == np.float32
    assert np.mean(image, dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert np.std(image, dtype=np.float64) == pytest.approx(1, abs=1e-5)
    # Nothing but shifted and scaled.
    assert np.corrcoef(image.reshape(-1), tumour.image.reshape(-1))[0, 1] == pytest.approx(1)


def test_a_constant_image_is_0():
    constant = blocks(image=np.full((8, 12, 12), 3, np.int16))
    assert not input_image(constant, InputImage(), seed=0).any()


def test_integers_do_not_overflow():
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 12)).astype(np.uint8)
    made = input_image(blocks(image=image), InputImage(), seed=0)
    expected = (image - image.mean()) / image.std()
    assert made == pytest.approx(expected, abs=1e-5)


def test_a_simulated_image_has_the_intensities_and_the_noise_that_are_asked_for():
    nuclei = open_sample_volume("tumour")
    choice = InputImage(is_simulated=True, intensities=(0.25, 0.75), noise=0.1)
    image = input_image(nuclei, choice, seed=3)
    for index, intensity in enumerate((0.25, 0.75)):
        values = image[nuclei.labels == index].astype(np.float64)
        # Five standard errors of mean and of standard deviation.
        assert values.mean() == pytest.approx(intensity, abs=5 * 0.1 / np.sqrt(values.size))
        assert values.std() == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(2 * values.size))


def test_intensities_are_even_if_none_are_named():
    image = input_image(blocks(), InputImage(noise=0.0), seed=0)
    assert [np.unique(image[blocks().labels == c]).tolist() for c in range(3)] == [[0], [0.5], [1]]


def test_noise_depends_on_seed_and_sample_alone():
    def noise(seed, sample=0):
        return input_image(blocks(), InputImage(), seed, sample)

    assert np.array_equal(noise(1), noise(1))
    assert np.corrcoef(noise(1).reshape(-1), noise(1, 1).reshape(-1))[0, 1] < 0.99
    assert not np.array_equal(noise(1), noise(2))


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (InputImage(intensities=(0.0, 1.0)), r"2 intensities for the 3 classes"),
        (InputImage(noise=-0.1), r"noise at least 0, not \(.*\) and -0.1"),
        (InputImage(intensities=(0.0, float("nan"), 1.0)), "must be finite"),
    ],
)
def test_what_cannot_be_simulated_is_refused(choice, said):
    with pytest.raises(ParameterError, match=said):
        input_image(blocks(), choice, seed=0)


def test_an_image_with_nan_is_refused():
    image = np.zeros((8, 12, 12), np.float32)
    image[0, 0, 0] = np.nan
    with pytest.raises(ParameterError, match="not finite"):
        input_image(blocks(image=image), InputImage(), seed=0)
