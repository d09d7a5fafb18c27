"""Put the ink of several digits in order: pieces that are one digit each, or several that touch, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from mnist_utils.reading.components import Component

__all__ = ["Piece", "cut_out", "group_strokes", "sort_lines"]

MIN_LOOSE_AREA = 0.1  # of a piece's largest stroke: smaller ones are what a cut left of a neighbour
# As parts of the digits' height:
MIN_MEASURED_HEIGHT = 0.5  # of the tallest stroke: the digits' height is the median of these
MIN_WHOLE_HEIGHT = 0.7  # two taller pieces are whole digits
MAX_BROKEN_HEIGHT = 0.5  # a smaller piece may be a part of the digit beside it
MAX_GAP_DOWN, MAX_GAP_ACROSS = 0.15, 0.12  # between the pieces of one digit, one over or beside the other
MIN_WHOLE_OVERLAP_DOWN = 0.3  # of two whole pieces that are one digit all the same
MIN_DIGIT_SIDE = 0.4
# As parts of the narrower piece's width:
MIN_OVERLAP, MIN_WHOLE_OVERLAP = 0.3, 0.7  # of the pieces of one digit; of two whole ones


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


def cut_out(mask: np.ndarray) -> Piece | None:
    """Crop a part of a mask to its ink, small loose strokes left out.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        Strokes cut off at its left or right side.

    Returns
    -------
    Piece or None
        None if there is no ink.
    """
    labels, count = ndi.label(mask, np.ones((3, 3)))
    if not count:
        return None
    areas = np.bincount(labels.ravel())[1:]
    kept = np.isin(labels, np.flatnonzero(areas >= MIN_LOOSE_AREA * areas.max()) + 1)
    box = ndi.find_objects(kept.astype(np.int8))[0]
    return Piece(box[0].start, box[1].start, kept[box])


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
    height = float(np.median([piece.height for piece in pieces if piece.height >= MIN_MEASURED_HEIGHT * tallest]))
    pieces.sort(key=lambda piece: -piece.mask.sum())
    while pair := _find_pair(pieces, height):
        i, j = pair
        pieces[i] = _join(pieces[i], pieces.pop(j))
    return [piece for piece in pieces if max(piece.mask.shape) >= MIN_DIGIT_SIDE * height]


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


def _find_pair(pieces: list[Piece], height: float) -> tuple[int, int] | None:
    """Return the indexes of the first two pieces of one digit."""
    for i, a in enumerate(pieces):
        for j in range(i + 1, len(pieces)):
            if _are_one_digit(a, pieces[j], height):
                return i, j
    return None


def _are_one_digit(a: Piece, b: Piece, height: float) -> bool:
    """Tell whether two pieces belong to one digit: one lies over the other, or is small and close by."""
    overlap = min(a.right, b.right) - max(a.left, b.left)
    gap_down = max(a.top, b.top) - min(a.bottom, b.bottom)
    narrower, smaller = min(a.width, b.width), min(a.height, b.height)
    # Two whole digits, one over the other, are two lines, however close these are.
    if smaller > MIN_WHOLE_HEIGHT * height:
        return overlap > MIN_WHOLE_OVERLAP * narrower and gap_down < -MIN_WHOLE_OVERLAP_DOWN * height
    if overlap >= MIN_OVERLAP * narrower and gap_down <= MAX_GAP_DOWN * height:
        return True
    return smaller < MAX_BROKEN_HEIGHT * height and max(-overlap, 0) <= MAX_GAP_ACROSS * height and gap_down <= 0


def _join(a: Piece, b: Piece) -> Piece:
    """Return two pieces as one."""
    top, left = min(a.top, b.top), min(a.left, b.left)
    mask = np.zeros((max(a.bottom, b.bottom) - top, max(a.right, b.right) - left), bool)
    for piece in (a, b):
        rows, columns = slice(piece.top - top, piece.bottom - top), slice(piece.left - left, piece.right - left)
        mask[rows, columns] |= piece.mask
    return Piece(top, left, mask)
