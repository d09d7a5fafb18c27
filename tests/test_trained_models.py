"""What the chapters on your own digits say of the models that they train must hold for the committed ones."""

import json
import zipfile
from difflib import SequenceMatcher

import numpy as np
import pytest
from open_models import without_newer_settings

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.practice import (
    bring_to_mnist,
    ink_from_mnist,
    load_picture_sets,
    make_pages,
    make_pages_without_digits,
    make_strips,
    make_touching_pieces,
)
from mnist_utils.predict import Classifier
from mnist_utils.quiet import keras
from mnist_utils.reading import find_digits, read_number


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier("own_images")


def test_the_default_is_the_model_for_own_images(classifier):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    np.testing.assert_array_equal(Classifier().predict_proba(images), classifier.predict_proba(images))
    assert not np.array_equal(Classifier("final_model").predict_proba(images), classifier.predict_proba(images))


def test_older_versions_of_keras_find_no_setting_that_they_do_not_know():
    models = sorted((paths.PROJECT / "models").glob("*.keras"))
    assert len(models) >= 3
    for path in models:
        with zipfile.ZipFile(path) as file:
            config = json.loads(file.read("config.json"))
        assert config == without_newer_settings(config), f"run scripts/open_models.py: {path.name}"


@pytest.mark.slow
def test_it_reads_pictures_that_are_not_mnists(classifier):
    """Twenty of each set: enough to notice a step that broke, at a fraction of the chapter's time."""
    shares = {}
    for pictures in load_picture_sets(20):
        images = bring_to_mnist(pictures.pictures)
        digits = np.where(images.any(axis=(1, 2)), classifier.predict_proba(images).argmax(axis=1), -1)
        shares[pictures.name] = np.mean(digits == pictures.labels)
    assert min(shares.values()) >= 0.9
    assert shares["drawn"] >= 0.98


@pytest.mark.slow
def test_it_reads_numbers(classifier):
    """On digits of the test set; one page of each kind but the one where digits touch."""
    _, (X_test, y_test) = load_mnist()
    inks = [np.uint8(255 * ink_from_mnist(image, 112)) for image in X_test[:500]]
    written = read = 0
    for page in make_pages(inks, y_test[:500], count=8, seed=4, max_digits=60):
        number = read_number(page.picture, classifier)
        assert len(number.lines) == len(page.lines)
        blocks = SequenceMatcher(None, "".join(page.lines), number.text.replace("_", "")).get_matching_blocks()
        read += sum(block.size for block in blocks)
        written += sum(map(len, page.lines))
    assert read >= 0.95 * written


@pytest.mark.slow
def test_it_makes_up_no_digits_on_a_page_of_letters_of_texture_or_of_paper(classifier):
    for page in make_pages_without_digits(3, seed=3):
        assert not read_number(page.picture, classifier).digits


@pytest.mark.slow
def test_the_detector_tells_one_digit_from_other_pieces():
    """On digits of the test set, which it was not trained on."""
    _, (X_test, _) = load_mnist()
    X, whole = make_touching_pieces(X_test, 300, seed=9)
    detector = keras.models.load_model(paths.input_path("models/one_digit.keras"), compile=False)

    def share_of_digits(X: np.ndarray) -> float:
        probabilities = np.asarray(detector(X[..., np.newaxis] / np.float32(255), training=False))
        return float(np.mean(probabilities[:, 1] > 0.5))

    assert share_of_digits(X_test[:1000]) > 0.97
    assert share_of_digits(X[whole]) > 0.7
    assert share_of_digits(X[~whole]) < 0.25


@pytest.mark.slow
def test_the_strip_reader_reads_digits_that_touch():
    """On digits of the test set, which it was not trained on."""
    _, (X_test, y_test) = load_mnist()
    X, places = make_strips(X_test, y_test, 300, seed=9)
    reader = keras.models.load_model(paths.input_path("models/strip_reader.keras"), compile=False)
    answers = np.asarray(reader(X[..., np.newaxis] / np.float32(255), training=False))

    def read(probabilities: np.ndarray) -> list[int]:
        return [digit.digit for digit in find_digits(probabilities)]

    written = [read(np.eye(11)[each]) for each in places]
    right = np.array([read(each) == digits for each, digits in zip(answers, written, strict=True)])
    two = np.array([len(digits) == 2 for digits in written])
    assert right[two].mean() > 0.85


@pytest.mark.slow
def test_a_strip_may_be_wider_than_those_that_the_strip_reader_learned_from():
    """Two strips side by side, 224 pixels wide, have the digits of both."""
    _, (X_test, y_test) = load_mnist()
    X, _ = make_strips(X_test, y_test, 2, seed=9)
    reader = keras.models.load_model(paths.input_path("models/strip_reader.keras"), compile=False)

    def read(X: np.ndarray) -> list[int]:
        [answers] = np.asarray(reader(X[np.newaxis, ..., np.newaxis] / np.float32(255), training=False))
        return [digit.digit for digit in find_digits(answers)]

    assert read(np.hstack([*X])) == [*read(X[0]), *read(X[1])]
