"""Cut a piece of ink apart where digits touch: find what may be a digit, and choose the best cuts."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage as ndi

from mnist_utils import paths
from mnist_utils.reading.ink import Ink, extract_strokes
from mnist_utils.reading.mnist_format import normalize_ink
from mnist_utils.reading.pieces import Piece, cut_out

if TYPE_CHECKING:
    from mnist_utils.quiet import keras

__all__ = ["Candidate", "choose_cuts", "find_candidates"]

# As parts of a piece's height:
MIN_CUT_WIDTH, MAX_DIGIT_WIDTH = 0.5, 1.6  # a narrower piece is one digit, a wider one never is
MIN_SPAN, MIN_HEIGHT, MIN_WIDTH = 0.12, 0.45, 0.08  # between the cuts around a digit, and of the digit itself
CUTS_PER_HEIGHT = 8  # at equal distances, beside those where ink is thin
HEIGHT_PER_SMOOTHING, HEIGHT_PER_REACH = 40, 20  # a place is thin if, smoothed, it has least ink within this reach
MIN_WHOLE_PROBABILITY = 0.2  # of being one digit: a piece with more is not cut
# Around a piece there is room for soft edges, and for hairlines that are thickened:
MIN_MARGIN, SIDE_PER_MARGIN = 4, 20  # pixels, and the larger side's pixels for one more


@dataclass(eq=False)
class Candidate:
    """What may be a digit: a whole piece of ink, or what lies between two of its columns.

    Attributes
    ----------
    piece : Piece
        Its strokes.
    image : ndarray of uint8, shape (28, 28)
        The same in MNIST's format.
    start, end : int
        The columns of the whole piece between which it lies.
    digit_probability : float
        Probability that it is one digit, 0 to 1; 1 for a whole piece.
    probabilities : ndarray of float, shape (10,), or None
        Probability of each digit, once a classifier has read it.
    """

    piece: Piece
    image: np.ndarray
    start: int
    end: int
    digit_probability: float = 1.0
    probabilities: np.ndarray | None = None


def find_candidates(piece: Piece, ink: Ink, detector: keras.Model | None) -> list[Candidate]:
    """Return a whole piece and, if it is probably no single digit, all that may be cut from it.

    Parameters
    ----------
    piece : Piece
        One digit, or several that touch.
    ink : Ink
        The picture's.
    detector : keras.Model or None
        As in :func:`~mnist_utils.reading.several_digits.read_number`.

    Returns
    -------
    list of Candidate
        The whole piece first.
    """
    whole = Candidate(piece, _to_mnist_format(piece, ink), 0, piece.width)
    if piece.width < MIN_CUT_WIDTH * piece.height or (
        piece.width < MAX_DIGIT_WIDTH * piece.height and _detect([whole], detector)[0] > MIN_WHOLE_PROBABILITY
    ):
        return [whole]
    cuts = []
    for start, end in itertools.combinations([0, *_places_to_cut(piece.mask), piece.width], 2):
        if MIN_SPAN * piece.height <= end - start < min(piece.width, MAX_DIGIT_WIDTH * piece.height):
            part = cut_out(piece.mask[:, start:end])
            if part and part.height >= MIN_HEIGHT * piece.height and part.width >= MIN_WIDTH * piece.height:
                part = Piece(piece.top + part.top, piece.left + start + part.left, part.mask)
                cuts.append(Candidate(part, _to_mnist_format(part, ink), start, end))
    if cuts:
        for cut, probability in zip(cuts, _detect(cuts, detector), strict=True):
            cut.digit_probability = float(probability)
    return [whole, *cuts]


def _places_to_cut(mask: np.ndarray) -> list[int]:
    """Return the columns to cut at: those with less ink than around, and some at equal distances."""
    height, width = mask.shape
    profile = ndi.uniform_filter1d(mask.sum(axis=0).astype(float), max(1, height // HEIGHT_PER_SMOOTHING))
    near, step = max(1, height // HEIGHT_PER_REACH), max(1, height // CUTS_PER_HEIGHT)
    inner = range(math.ceil(MIN_SPAN * height), width - math.ceil(MIN_SPAN * height))
    thin = [x for x in inner if profile[x] == profile[max(0, x - near) : x + near + 1].min()]
    return sorted({*thin, *inner[::step]})


def choose_cuts(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Choose the cuts, side by side, that are most probably all digits.

    Parameters
    ----------
    candidates : sequence of Candidate
        From :func:`find_candidates`, each with its ``probabilities``.

    Returns
    -------
    list of Candidate
        From left to right; the whole piece if no cuts lie side by side from its one end to the other.
    """
    whole, *cuts = candidates
    # The best choice for what lies to the left of each column: its probability, and the cuts.
    best: dict[int, tuple[float, list[Candidate]]] = {0: (1.0, [])}
    for cut in sorted(cuts, key=lambda cut: cut.end):
        if cut.start in best:
            before, chosen = best[cut.start]
            probability = before * cut.digit_probability * float(cut.probabilities.max())
            if probability > best.get(cut.end, (0.0, []))[0]:
                best[cut.end] = probability, [*chosen, cut]
    return best[whole.end][1] if whole.end in best else [whole]


def _to_mnist_format(piece: Piece, ink: Ink) -> np.ndarray:
    """Return the image of a piece, uint8 (28, 28)."""
    margin = MIN_MARGIN + max(piece.mask.shape) // SIDE_PER_MARGIN
    frame = tuple(slice(max(0, each.start - margin), each.stop + margin) for each in piece.box)
    mask = np.zeros(ink.mask.shape, bool)
    mask[piece.box] = piece.mask
    strokes, _ = extract_strokes(ink, mask, frame)
    return normalize_ink(strokes)


def _detect(candidates: Sequence[Candidate], detector: keras.Model | None) -> np.ndarray:
    """Return the probability of each candidate that it is one digit."""
    X = np.stack([candidate.image for candidate in candidates])[..., np.newaxis] / np.float32(255)
    return np.asarray((_load_detector() if detector is None else detector)(X, training=False))[:, 1]


@functools.cache
def _load_detector() -> keras.Model:
    """Load the network that tells one digit from several, and from a part of one."""
    from mnist_utils.quiet import keras  # takes long to import, and most pictures don't need it

    return keras.models.load_model(paths.input_path("models/one_digit.keras"), compile=False)
