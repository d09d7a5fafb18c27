"""Pieces of touching digits, to practise on (the chapter *Your own handwriting*).

A network that has only seen digits is sure of everything: of two digits that touch, of half an 8. Where a piece of ink
is to be cut into digits, a second network has to tell what is one. It practises on pieces that are made here, from
digits whose place is known.
"""

import joblib
import numpy as np
from scipy import ndimage as ndi

from mnist_utils import paths
from mnist_utils.practice.photographs import ink_from_mnist
from mnist_utils.practice.picture_sets import DIGIT_HEIGHT, write_line
from mnist_utils.reading.images import normalize_ink
from mnist_utils.reading.several_digits import cut_out

__all__ = ["practice_pieces"]

CUTS = ("between", "none", "in the neighbour", "in the digit")
SHARES = (0.4, 0.25, 0.2, 0.15)


def practice_pieces(X: np.ndarray, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Cut pairs of touching digits into pieces, rightly and wrongly, with all cores.

    About 40 % of the pieces are one digit, with what a cut leaves of its neighbour. The others are no single digit:
    both together (25 %), a digit and a third to three quarters of the other (20 %), or a part of a digit (15 %).

    Parameters
    ----------
    X : ndarray of uint8, shape (n, 28, 28)
        Digits in MNIST's format.
    count : int
        How many pieces; in a smoke run, at most as many as it trains on.
    seed : int
        The same seed makes the same pieces.

    Returns
    -------
    pieces : ndarray of uint8, shape (count, 28, 28)
        Bright ink on black, in MNIST's format.
    whole : ndarray of bool, shape (count,)
        Whether the piece is one digit.
    """
    count = paths.at_scale(count, 400)
    make = joblib.delayed(_make_piece)
    # As an argument, the array reaches the workers as one shared file.
    made = joblib.Parallel(n_jobs=-1)(make(X, np.random.default_rng((seed, number))) for number in range(count))
    pieces, whole = zip(*made, strict=True)
    return np.stack(pieces), np.array(whole)


def _make_piece(X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Make one piece, and tell whether it is one digit."""
    while True:
        chosen = rng.integers(len(X), size=2)
        inks = [ink_from_mnist(X[row], DIGIT_HEIGHT) for row in chosen]
        line, spans = write_line(inks, -int(rng.integers(2, 30)), rng)
        line = line[:, : max(end for _, end in spans)]
        mask = line > 0.5
        kept = int(rng.integers(2))  # the left digit or the right one
        cut = str(rng.choice(CUTS, p=SHARES))
        touching = ndi.label(mask, np.ones((3, 3)))[1] == 1
        cut_digit = {"in the digit": kept, "in the neighbour": 1 - kept}.get(cut)
        # A part of a 1 is a 1, or nothing.
        if not touching or (cut_digit is not None and np.ptp(spans[cut_digit]) < 0.4 * DIGIT_HEIGHT):
            continue
        start, end = _place(mask, spans, kept, cut, rng)
        piece = cut_out(mask[:, start:end])
        if piece is None:
            continue
        own = np.zeros(mask.shape, bool)
        (height, width), left = piece.mask.shape, start + piece.left
        own[piece.top : piece.top + height, left : left + width] = piece.mask
        ink = np.where(ndi.binary_dilation(own, np.ones((3, 3)), iterations=2), line, 0)
        return normalize_ink(ink), cut == "between"


def _place(
    mask: np.ndarray, spans: list[tuple[int, int]], kept: int, cut: str, rng: np.random.Generator
) -> tuple[int, int]:
    """Return the first column of a piece, and the one after its last."""
    (_, end), (start, _) = spans
    widths = [span[1] - span[0] for span in spans]
    middle = (start + end) / 2
    if cut == "none":
        return 0, mask.shape[1]
    outwards = 1 if kept == 0 else -1  # away from the digit that is kept
    if cut == "between":
        reach = max(3, 0.2 * min(widths))
        columns = np.arange(int(middle - reach), min(int(middle + reach) + 1, mask.shape[1]))
        place = int(columns[mask[:, columns].sum(axis=0).argmin()]) + int(rng.integers(-2, 3))
    elif cut == "in the neighbour":
        place = round(middle + outwards * rng.uniform(0.35, 0.75) * widths[1 - kept])
    else:
        place = round(middle - outwards * rng.uniform(0.35, 0.65) * widths[kept])
    return (0, place) if kept == 0 else (place, mask.shape[1])
