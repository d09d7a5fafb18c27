"""Cuts through touching digits: the most probable ones that lie side by side."""

import numpy as np
import pytest
from reading.pictures import write

from mnist_utils.reading.cutting import Candidate, choose_cuts, find_candidates
from mnist_utils.reading.ink import separate_ink
from mnist_utils.reading.pieces import Piece, group_strokes


def candidate(start, end, digit_probability, highest, width=30):
    probabilities = np.full(10, (1 - highest) / 9)
    probabilities[3] = highest
    piece = Piece(0, start, np.ones((20, width), bool))
    return Candidate(piece, None, start, end, digit_probability, probabilities)


LEFT, RIGHT = candidate(0, 15, 0.9, 0.9), candidate(15, 30, 0.9, 0.8)


def test_the_most_probable_cuts_side_by_side_are_chosen():
    whole = candidate(0, 30, 0.1, 0.9)
    middle, end = candidate(10, 20, 1, 1), candidate(15, 30, 0.9, 0.7)  # nothing lies side by side with the first
    assert choose_cuts([whole, LEFT, end, RIGHT, middle]) == ([LEFT, RIGHT], pytest.approx(0.9**3 * 0.8))
    assert choose_cuts([whole, LEFT, middle]) == ([whole], pytest.approx(0.1 * 0.9))


def test_a_piece_no_wider_than_a_digit_stays_whole_unless_cuts_are_far_more_probable():
    whole, wide = candidate(0, 30, 0.2, 0.9), candidate(0, 30, 0.2, 0.9, width=40)
    of_cuts = pytest.approx(0.9**3 * 0.8)  # it is writing in any case
    assert choose_cuts([whole, LEFT, RIGHT]) == ([whole], of_cuts)
    assert choose_cuts([wide, LEFT, RIGHT]) == ([LEFT, RIGHT], of_cuts)


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
