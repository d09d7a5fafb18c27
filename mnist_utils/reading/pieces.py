"""Put the ink of several digits in order: pieces that are one digit each, or several that touch, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_utils.reading import rules
from mnist_utils.reading.components import Component

__all__ = ["Piece", "group_strokes", "sort_lines"]


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of ink: the strokes of one digit, of several that touch, or of a part of one.

    Attributes
    ----------
    top, left : int
        Where its mask begins in the picture.
    mask : ndarray of bool, shape (height, width)
        Its pixels.
    """

    top: int
    left: int
    mask: np.ndarray

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.mask.shape[0]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.mask.shape[1]

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.left + self.width

    @property
    def box(self) -> tuple[slice, slice]:
        """Its rows and columns in the picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def group_strokes(components: Sequence[Component]) -> list[Piece]:
    """Put the strokes of broken digits together, and leave out what is too small to be a digit.

    Parameters
    ----------
    components : sequence of Component
        One or more.

    Returns
    -------
    list of Piece
    """
    pieces = [Piece(each.box[0].start, each.box[1].start, each.mask) for each in components]
    tallest = max(piece.height for piece in pieces)
    height = float(np.median([piece.height for piece in pieces if piece.height >= rules.MIN_MEASURED_HEIGHT * tallest]))
    pieces.sort(key=lambda piece: -piece.mask.sum())
    boxes = np.array([_corners(piece) for piece in pieces])
    pairs = np.triu(_are_one_digit(boxes[:, np.newaxis], boxes, height), 1)
    waiting = np.ones(len(pieces), bool)
    while pairs.any():
        i, j = (int(index) for index in np.unravel_index(pairs.argmax(), pairs.shape))  # the first pair
        pieces[i] = _join(pieces[i], pieces[j])
        boxes[i] = _corners(pieces[i])
        waiting[j] = pairs[j] = pairs[:, j] = False
        alike = _are_one_digit(boxes[i], boxes, height) & waiting
        pairs[:i, i], pairs[i, i + 1 :] = alike[:i], alike[i + 1 :]
    kept = [piece for piece, waits in zip(pieces, waiting, strict=True) if waits]
    return [piece for piece in kept if max(piece.mask.shape) >= rules.MIN_PIECE_SIDE * height]


def sort_lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Put pieces in reading order.

    Parameters
    ----------
    pieces : sequence of Piece
        In any order.

    Returns
    -------
    list of list of Piece
        Line by line, each from left to right.
    """
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.top + piece.bottom):
        middle = (piece.top + piece.bottom) / 2
        for line in lines:
            # A line runs on from its nearest digit, so that it may slope.
            near = min(line, key=lambda other: abs(other.left - piece.left))
            if near.top <= middle <= near.bottom or piece.top <= (near.top + near.bottom) / 2 <= piece.bottom:
                line.append(piece)
                break
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece.left) for line in lines]


def _corners(piece: Piece) -> tuple[int, int, int, int]:
    """Return where a piece begins and ends."""
    return piece.top, piece.bottom, piece.left, piece.right


def _are_one_digit(a: np.ndarray, b: np.ndarray, height: float) -> np.ndarray:
    """Tell whether two pieces belong to one digit: one lies over the other, or is small and close by.

    Pieces come as their corners, along the last axis, so that each can be compared with all others at once.
    """
    (top, bottom, left, right), (other_top, other_bottom, other_left, other_right) = np.moveaxis(a, -1, 0), b.T
    overlap = np.minimum(right, other_right) - np.maximum(left, other_left)
    gap_down = np.maximum(top, other_top) - np.minimum(bottom, other_bottom)
    narrower = np.minimum(right - left, other_right - other_left)
    smaller = np.minimum(bottom - top, other_bottom - other_top)
    over = (overlap >= rules.MIN_OVERLAP * narrower) & (gap_down <= rules.MAX_GAP_DOWN * height)
    beside = (np.maximum(-overlap, 0) <= rules.MAX_GAP_ACROSS * height) & (gap_down <= 0)
    # Two whole digits, one over the other, are two lines, however close these are.
    whole = (overlap > rules.MIN_WHOLE_OVERLAP * narrower) & (gap_down < -rules.MIN_WHOLE_OVERLAP_DOWN * height)
    parts = over | (smaller < rules.MAX_BROKEN_HEIGHT * height) & beside
    return np.where(smaller > rules.MIN_WHOLE_HEIGHT * height, whole, parts)


def _join(a: Piece, b: Piece) -> Piece:
    """Return two pieces as one."""
    top, left = min(a.top, b.top), min(a.left, b.left)
    mask = np.zeros((max(a.bottom, b.bottom) - top, max(a.right, b.right) - left), bool)
    for piece in (a, b):
        rows, columns = slice(piece.top - top, piece.bottom - top), slice(piece.left - left, piece.right - left)
        mask[rows, columns] |= piece.mask
    return Piece(top, left, mask)
