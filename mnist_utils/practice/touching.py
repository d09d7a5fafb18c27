"""Pieces of touching digits, to train on (the chapter *Several digits, and whole pages*).

A network that has only seen digits is sure of everything: of two digits that touch, of half an 8. Where a piece of ink
is to be cut into digits, a second network has to detect what is one. It trains on pieces that are made here, from
digits whose place is known.
"""

from functools import partial

import numpy as np
from scipy import ndimage as ndi

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.practice.inking import DIGIT_HEIGHT, ink_from_mnist, write_line
from mnist_utils.reading import normalize_ink
from mnist_utils.reading.pieces import cut_out

__all__ = ["make_touching_pieces"]

CUT_SHARES = {"between": 0.4, "none": 0.25, "in the neighbour": 0.2, "in the digit": 0.15}
MIN_WIDTH_TO_CUT = 0.4 * DIGIT_HEIGHT  # a narrower digit is a 1, and a part of a 1 is a 1, or nothing
SOFT_EDGE = 2  # pixels around a mask that hold the ink's grey edge
MAX_SMOKE_PIECES = 400
EIGHT_NEIGHBOURS = np.ones((3, 3))  # diagonal ones, too


def make_touching_pieces(X: np.ndarray, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Cut pairs of touching digits into pieces, rightly and wrongly, with all cores.

    About 40 % of the pieces are one digit, with what a cut leaves of its neighbour. The others are no single digit:
    both together (25 %), a digit and a third to three quarters of the other (20 %), or a part of a digit (15 %).

    Parameters
    ----------
    X : ndarray of uint8, shape (n, 28, 28)
        Digits in MNIST's format.
    count : int
        How many pieces; in a smoke run at most 400.
    seed : int
        The same seed makes the same pieces.

    Returns
    -------
    pieces : ndarray of uint8, shape (count, 28, 28)
        Bright ink on black, in MNIST's format.
    whole : ndarray of bool, shape (count,)
        Whether the piece is one digit.
    """
    count = paths.at_scale(count, MAX_SMOKE_PIECES)
    made = parallel_map(partial(_make_piece, X), [(seed, number) for number in range(count)])
    pieces, whole = zip(*made, strict=True)
    return np.stack(pieces), np.array(whole)


def _make_piece(X: np.ndarray, seed: tuple[int, int]) -> tuple[np.ndarray, bool]:
    """Make one piece, (28, 28), and tell whether it is one digit; pairs that cannot be cut so are passed over."""
    rng = np.random.default_rng(seed)
    while True:
        inks = [ink_from_mnist(X[row], DIGIT_HEIGHT) for row in rng.integers(len(X), size=2)]
        overlap = int(rng.integers(2, 30))
        line, spans = write_line(inks, -overlap, rng)
        line = line[:, : max(end for _, end in spans)]
        mask = line > 0.5
        kept = int(rng.integers(2))  # the left digit or the right one
        cut = str(rng.choice(list(CUT_SHARES), p=list(CUT_SHARES.values())))
        touching = ndi.label(mask, EIGHT_NEIGHBOURS)[1] == 1
        cut_digit = {"in the digit": kept, "in the neighbour": 1 - kept}.get(cut)
        if not touching or (cut_digit is not None and np.ptp(spans[cut_digit]) < MIN_WIDTH_TO_CUT):
            continue
        ink = _cut_out_ink(line, *_cut_columns(mask, spans, kept, cut, rng))
        if ink is not None:
            return normalize_ink(ink), cut == "between"


def _cut_columns(
    mask: np.ndarray, spans: list[tuple[int, int]], kept: int, cut: str, rng: np.random.Generator
) -> tuple[int, int]:
    """Return the first column of a piece, and the one after its last."""
    (_, left_end), (right_start, _) = spans
    widths = [end - start for start, end in spans]
    middle = (right_start + left_end) / 2
    if cut == "none":
        return 0, mask.shape[1]
    outwards = 1 if kept == 0 else -1  # away from the digit that is kept
    if cut == "between":  # where there is least ink
        reach = max(3, 0.2 * min(widths))
        columns = np.arange(int(middle - reach), min(int(middle + reach) + 1, mask.shape[1]))
        column = int(columns[mask[:, columns].sum(axis=0).argmin()]) + int(rng.integers(-2, 3))
    elif cut == "in the neighbour":
        column = round(middle + outwards * rng.uniform(0.35, 0.75) * widths[1 - kept])
    else:
        column = round(middle - outwards * rng.uniform(0.35, 0.65) * widths[kept])
    return (0, column) if kept == 0 else (column, mask.shape[1])


def _cut_out_ink(line: np.ndarray, start: int, end: int) -> np.ndarray | None:
    """Return the ink between two columns, without loose remains of the neighbour, in a line with no other ink."""
    piece = cut_out(line[:, start:end] > 0.5)
    if piece is None:
        return None
    mask = np.zeros(line.shape, bool)
    mask[:, start:end][piece.box] = piece.mask
    return np.where(ndi.binary_dilation(mask, EIGHT_NEIGHBOURS, iterations=SOFT_EDGE), line, 0)
