"""Pieces to practise on: what was cut apart rightly is one digit, whatever else came of a cut is none."""

import keras
import numpy as np
import pytest

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.reading.several_digits import cut_out
from mnist_utils.practice.touching import practice_pieces


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    (X_train, _), _ = load_mnist()
    return X_train[:200]


@pytest.fixture(scope="module")
def pieces(digits) -> tuple[np.ndarray, np.ndarray]:
    return practice_pieces(digits, 60)


def test_pieces_are_in_mnists_format(pieces):
    X, _ = pieces
    assert (X.shape, X.dtype) == ((60, 28, 28), np.uint8)
    assert (X.max(axis=(1, 2)) == 255).all()
    ink = X / X.sum(axis=(1, 2), keepdims=True)
    for axis in (1, 2):
        centres = (ink.sum(axis=3 - axis) * np.arange(28)).sum(axis=1)
        assert np.abs(centres - 14).max() <= 0.55


def test_some_are_one_digit_and_some_are_not(pieces):
    _, whole = pieces
    assert whole.dtype == bool
    assert 0.2 < whole.mean() < 0.6


def test_the_same_seed_makes_the_same_pieces(digits, pieces):
    X, whole = practice_pieces(digits, 20)
    np.testing.assert_array_equal(X, pieces[0][:20])
    np.testing.assert_array_equal(whole, pieces[1][:20])
    assert not np.array_equal(practice_pieces(digits, 20, seed=2)[0], X)


def test_one_zero_is_about_as_high_as_wide_and_two_are_flatter():
    rows, columns = np.mgrid[:28, :28]
    distance = np.hypot(rows - 14, columns - 14)
    zero = np.where((distance > 6) & (distance < 9), 255, 0).astype(np.uint8)
    X, whole = practice_pieces(zero[np.newaxis], 60)
    height, width = (np.array([np.flatnonzero(image.any(axis=axis)).size for image in X]) for axis in (1, 0))
    assert (width / height)[whole].max() < 1.4
    assert (width / height)[~whole].max() > 1.6


def test_loose_rests_of_a_neighbour_are_left_out():
    mask = np.zeros((20, 20), bool)
    mask[2:18, 3:8] = True
    mask[5:8, 18:] = True
    piece = cut_out(mask)
    assert (piece.top, piece.left, piece.mask.shape) == (2, 3, (16, 5))
    assert cut_out(np.zeros((4, 4), bool)) is None


def test_the_books_judge_tells_digits_from_other_pieces():
    """On digits of the test set, which it has not practised on."""
    _, (X_test, _) = load_mnist()
    X, whole = practice_pieces(X_test, 300, seed=9)
    judge = keras.models.load_model(paths.input_path("models/one_digit.keras"), compile=False)

    def share_of_digits(X: np.ndarray) -> float:
        probabilities = np.asarray(judge(X[..., np.newaxis] / np.float32(255), training=False))
        return float(np.mean(probabilities[:, 1] > 0.5))

    assert share_of_digits(X_test[:1000]) > 0.97
    assert share_of_digits(X[whole]) > 0.7
    assert share_of_digits(X[~whole]) < 0.25
