"""Pieces to train on: what was cut apart rightly is one digit, whatever else came of a cut is none."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from mnist_utils.practice import make_strips, make_touching_pieces
from mnist_utils.reading.strips import NOTHING, find_digits


@pytest.fixture(scope="module")
def digits(true_mnist) -> np.ndarray:
    (X_train, _), _ = true_mnist
    return X_train[:200]


@pytest.fixture(scope="module")
def pieces(digits) -> tuple[np.ndarray, np.ndarray]:
    return make_touching_pieces(digits, 60)


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


def test_small_loose_remains_of_a_neighbour_are_left_out_of_a_piece(pieces):
    for image in pieces[0]:
        areas = np.bincount(ndi.label(image > 60, np.ones((3, 3)))[0].ravel())[1:]
        assert areas.min() > 0.05 * areas.max()


def test_the_same_seed_makes_the_same_pieces(digits, pieces):
    X, whole = make_touching_pieces(digits, 20)
    np.testing.assert_array_equal(X, pieces[0][:20])
    np.testing.assert_array_equal(whole, pieces[1][:20])
    assert not np.array_equal(make_touching_pieces(digits, 20, seed=2)[0], X)


def test_one_zero_is_about_as_high_as_wide_and_two_are_flatter():
    rows, columns = np.mgrid[:28, :28]
    distance = np.hypot(rows - 14, columns - 14)
    zero = np.where((distance > 6) & (distance < 9), 255, 0).astype(np.uint8)
    X, whole = make_touching_pieces(zero[np.newaxis], 60)
    height, width = (np.array([np.flatnonzero(image.any(axis=axis)).size for image in X]) for axis in (1, 0))
    assert (width / height)[whole].max() < 1.4
    assert (width / height)[~whole].max() > 1.6


@pytest.fixture(scope="module")
def strips(true_mnist) -> tuple[np.ndarray, np.ndarray]:
    (X_train, y_train), _ = true_mnist
    return make_strips(X_train[:200], y_train[:200], 80)


def test_strips_are_wide_images_with_an_answer_for_each_place(strips):
    X, places = strips
    assert (X.shape, X.dtype, places.shape, places.dtype) == ((80, 28, 112), np.uint8, (80, 56), np.uint8)
    assert (X.max(axis=(1, 2)) == 255).all()
    assert places.max() == NOTHING


def test_strips_have_up_to_five_digits_and_some_none(strips):
    counts = [len(find_digits(np.eye(11)[places])) for places in strips[1]]
    assert set(counts) >= {0, 1, 2, 3}
    assert max(counts) <= 5


def test_middles_lie_in_the_ink(strips):
    for image, places in zip(*strips, strict=True):
        columns = np.flatnonzero(image.any(axis=0))
        marked = 2 * np.flatnonzero(places != NOTHING)
        assert ((columns[0] <= marked + 1) & (marked <= columns[-1])).all()


def test_a_strip_of_one_digit_has_its_label_in_its_middle():
    rows, columns = np.mgrid[:28, :28]
    distance = np.hypot(rows - 14, columns - 14)
    zero = np.where((distance > 6) & (distance < 9), 255, 0).astype(np.uint8)
    X, places = make_strips(zero[np.newaxis], np.array([7]), 60)
    single = [(image, where) for image, where in zip(X, places, strict=True) if (where != NOTHING).sum() in (4, 5, 6)]
    assert single
    for image, where in single:
        [digit] = find_digits(np.eye(11)[where])
        columns = np.flatnonzero(image.any(axis=0))
        if np.ptp(columns) < 24:  # not one beside a part
            assert (digit.digit, digit.middle) == (7, pytest.approx(columns.mean(), abs=2))


def test_the_same_seed_makes_the_same_strips(true_mnist, strips):
    (X_train, y_train), _ = true_mnist
    X, places = make_strips(X_train[:200], y_train[:200], 20)
    np.testing.assert_array_equal(X, strips[0][:20])
    np.testing.assert_array_equal(places, strips[1][:20])
    assert not np.array_equal(make_strips(X_train[:200], y_train[:200], 20, seed=2)[0], X)
