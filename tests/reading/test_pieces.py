"""Strokes become digits, and digits lines."""

import numpy as np

from mnist_utils.reading.components import find_components
from mnist_utils.reading.paper import contrast_of_drawing
from mnist_utils.reading.pieces import Piece, group_strokes, sort_lines


def bar(top, left, height=80, width=14):
    return Piece(top, left, np.ones((height, width), bool))


def grouped(*bars):
    page = np.zeros((300, 400), np.uint8)
    for piece in bars:
        page[piece.box] = 255
    return group_strokes(find_components(page > 0, contrast_of_drawing(page)))


def test_the_strokes_of_a_broken_digit_are_one_piece():
    [piece] = grouped(bar(20, 50, height=60), bar(85, 52, height=20))
    assert (piece.top, piece.bottom, piece.left, piece.right) == (20, 105, 50, 66)


def test_whole_digits_stay_apart_and_specks_are_left_out():
    pieces = grouped(bar(20, 50), bar(20, 70), bar(110, 50), bar(150, 300, height=6, width=6))
    assert sorted((piece.top, piece.left) for piece in pieces) == [(20, 50), (20, 70), (110, 50)]


def test_a_line_may_slope():
    pieces = [bar(20 + 30 * place, 60 * place) for place in range(4)]
    below = [bar(140 + 30 * place, 60 * place) for place in range(4)]
    assert sort_lines([*below[::-1], *pieces[::-1]]) == [pieces, below]
