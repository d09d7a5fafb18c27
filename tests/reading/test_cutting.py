"""Cuts through touching digits: the most probable ones that lie side by side."""

import numpy as np
import pytest
from reading.pictures import write

from mnist_utils.reading.cutting import Candidate, choose_cuts, find_candidates
from mnist_utils.reading.ink import separate_ink
from mnist_utils.reading.pieces import group_strokes


def candidate(start, end, digit_probability, highest):
    probabilities = np.full(10, (1 - highest) / 9)
    probabilities[3] = highest
    return Candidate(None, None, start, end, digit_probability, probabilities)


def test_the_most_probable_cuts_side_by_side_are_chosen():
    whole = candidate(0, 30, 1, 1)
    left, right, middle, end = (
        candidate(0, 15, 0.9, 0.9),
        candidate(15, 30, 0.9, 0.8),
        candidate(10, 20, 1, 1),  # nothing lies side by side with it
        candidate(15, 30, 0.9, 0.7),
    )
    assert choose_cuts([whole, left, end, right, middle]) == [left, right]
    assert choose_cuts([whole, left, middle]) == [whole]


@pytest.mark.parametrize("is_one", [False, True])
def test_the_detector_decides_what_is_cut(is_one):
    page = write(np.zeros((140, 300), np.uint8), "00", 20, 20, step=40)
    ink = separate_ink(page)
    [piece] = group_strokes(ink.find_writing(several=True))

    def detector(X, training):
        assert (X.shape[1:], X.dtype, X.max(), training) == ((28, 28, 1), np.float32, 1, False)
        return np.tile(np.float32([1 - is_one, is_one]), (len(X), 1))

    [[whole, *cuts]] = find_candidates([piece], ink, detector)
    assert (whole.start, whole.end, whole.image.shape) == (0, piece.width, (28, 28))
    assert (len(cuts) > 10) == (not is_one)
