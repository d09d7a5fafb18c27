"""What chapter 7 says of the model for own images must hold for the committed model."""

import numpy as np
import pytest

from mnist_utils import picture_sets, paths
from mnist_utils.reading.several_digits import read_number
from mnist_utils.practice.picture_sets import bring_to_mnist, load_number_pictures, load_picture_sets
from mnist_utils.predict import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier("own_images")


def share_read(classifier: Classifier, pictures: list[np.ndarray], labels: np.ndarray) -> float:
    images = bring_to_mnist(pictures)
    digits = np.where(images.any(axis=(1, 2)), classifier.predict(images).argmax(axis=1), -1)
    return float(np.mean(digits == labels))


def test_the_default_is_the_model_for_own_images(classifier):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    np.testing.assert_array_equal(Classifier().predict(images), classifier.predict(images))
    assert not np.array_equal(Classifier("final_model").predict(images), classifier.predict(images))


@pytest.mark.slow
def test_it_reads_pictures_that_are_not_mnists(classifier, monkeypatch):
    """Twenty of each set: enough to notice a step that broke, at a fraction of the chapter's time."""
    monkeypatch.setattr(settings, "SMOKE", True)
    monkeypatch.setattr(picture_sets, "SMOKE_PICTURES", 20)
    shares = [share_read(classifier, each.pictures, each.labels) for each in load_picture_sets()]
    assert min(shares) >= 0.9
    assert shares[1] >= 0.98  # the drawn ones


@pytest.mark.slow
def test_it_reads_numbers(classifier):
    pages = [page for page in load_number_pictures(12) if not page.touching]
    right = sum(read_number(page.picture, classifier).text == page.text for page in pages)
    assert right >= 0.7 * len(pages)
