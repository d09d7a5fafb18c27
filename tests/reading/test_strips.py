"""Strips: wide images of touching digits, and what a network's answers for their places mean."""

import numpy as np
import pytest

from mnist_utils.reading.strips import N_PLACES, NOTHING, find_digits, normalize_strip


@pytest.mark.parametrize("height", [15, 20, 83], ids=["grows", "keeps its size", "shrinks"])
def test_ink_becomes_20_pixels_high_and_keeps_its_aspect(height):
    strip = normalize_strip(np.pad(np.ones((height, 2 * height)), 7))
    assert (strip.shape, strip.dtype, strip.max()) == ((28, 112), np.uint8, 255)
    rows, columns = (np.flatnonzero(strip.any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (4, 23, 4, 43)


@pytest.mark.parametrize(("width", "wide"), [(104, 112), (105, 114), (300, 308)])
def test_ink_wider_than_five_times_its_height_makes_the_strip_wider(width, wide):
    assert normalize_strip(np.ones((20, width))).shape == (28, wide)


def test_without_ink_a_strip_is_black():
    assert not normalize_strip(np.zeros((30, 40))).any()


def answers(text: str) -> np.ndarray:
    """Return probabilities of 0.9 for the answers that a text has, one character a place: ``.`` is no digit."""
    answers = [NOTHING if each == "." else int(each) for each in text.ljust(N_PLACES, ".")]
    return np.where(np.eye(11, dtype=bool)[answers], 0.9, 0.01)


@pytest.mark.parametrize(
    ("places", "read"),
    [("...333..77", "37"), ("11.1", "11"), ("2233", "23"), ("", "")],
    ids=["two", "ones", "no gap", "none"],
)
def test_places_side_by_side_with_the_same_answer_are_one_digit(places, read):
    digits = find_digits(answers(places))
    assert "".join(str(digit.digit) for digit in digits) == read
    assert all(digit.probability == 0.9 for digit in digits)


def test_a_digit_has_the_highest_probability_of_its_places_and_their_middle():
    probabilities = answers("..555")
    probabilities[3, 5] = 0.97
    [digit] = find_digits(probabilities)
    assert (digit.probability, digit.middle) == (0.97, 7.0)
