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
from scipy.signal import find_peaks

from mnist_utils import paths
from mnist_utils.reading import rules
from mnist_utils.reading.ink import Ink, extract_strokes
from mnist_utils.reading.mnist_format import mean_stroke_width, normalize_ink
from mnist_utils.reading.pieces import Piece, cut_out

if TYPE_CHECKING:
    from mnist_utils.quiet import keras

__all__ = ["Candidate", "choose_cuts", "find_candidates"]

MAX_BATCH = 500  # images in one call of the network: more would take memory and no less time


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
        Probability that it is one digit, 0 to 1, once the detector has been asked.
    probabilities : ndarray of float, shape (10,), or None
        Probability of each digit, once a classifier has read it.
    """

    piece: Piece
    image: np.ndarray
    start: int
    end: int
    digit_probability: float = 1.0
    probabilities: np.ndarray | None = None

    @property
    def belief(self) -> float:
        """How probable it is that this is one digit, and the one that it is read as."""
        return self.digit_probability * float(self.probabilities.max())


def find_candidates(pieces: Sequence[Piece], ink: Ink, detector: keras.Model | None) -> list[list[Candidate]]:
    """Return each whole piece and, if it is probably no single digit, all that may be cut from it.

    Parameters
    ----------
    pieces : sequence of Piece
        Each is one digit, or several that touch.
    ink : Ink
        The picture's.
    detector : keras.Model or None
        As in :func:`~mnist_utils.reading.several_digits.read_number`.

    Returns
    -------
    list of list of Candidate
        For each piece, the whole one first.
    """
    wholes = [Candidate(piece, _to_mnist_format(piece, ink), 0, piece.width) for piece in pieces]
    _ask(detector, wholes)
    to_cut = [_may_be_several(whole) for whole in wholes]
    if len(wholes) > rules.MIN_PIECES_ON_PAGE and np.mean(to_cut) > rules.MAX_CUT_SHARE:
        to_cut = [False] * len(wholes)  # letters or a texture: nothing is gained by thousands of cuts
    found = [[whole, *(_cut(whole.piece, ink) if cut else [])] for whole, cut in zip(wholes, to_cut, strict=True)]
    _ask(detector, [cut for _, *cuts in found for cut in cuts])
    return found


def _may_be_several(whole: Candidate) -> bool:
    """Tell whether a whole piece is to be cut: by its proportions, and by what the detector says of it."""
    width = whole.piece.width / whole.piece.height
    dash = whole.piece.height < rules.MIN_HEIGHT_TO_CUT * mean_stroke_width(whole.piece.mask)
    if not rules.MIN_CUT_WIDTH <= width <= rules.MAX_WIDTH_TO_CUT or dash:
        return False
    return width >= rules.MAX_DIGIT_WIDTH or whole.digit_probability <= rules.MIN_WHOLE_PROBABILITY


def _cut(piece: Piece, ink: Ink) -> list[Candidate]:
    """Return what lies between any two places to cut a piece at, if it may be a digit by its size."""
    cuts = []
    for start, end in itertools.combinations([0, *_places_to_cut(piece.mask), piece.width], 2):
        if rules.MIN_SPAN * piece.height <= end - start < min(piece.width, rules.MAX_DIGIT_WIDTH * piece.height):
            part = cut_out(piece.mask[:, start:end])
            if (
                part
                and part.height >= rules.MIN_CUT_DIGIT_HEIGHT * piece.height
                and part.width >= rules.MIN_CUT_DIGIT_WIDTH * piece.height
            ):
                part = Piece(piece.top + part.top, piece.left + start + part.left, part.mask)
                cuts.append(Candidate(part, _to_mnist_format(part, ink), start, end))
    return cuts


def _places_to_cut(mask: np.ndarray) -> list[int]:
    """Return the columns to cut at: those with less ink than around, and some at equal distances."""
    height, width = mask.shape
    profile = ndi.uniform_filter1d(mask.sum(axis=0).astype(float), max(1, height // rules.HEIGHT_PER_SMOOTHING))
    thin, _ = find_peaks(-profile, distance=max(1, height // rules.HEIGHT_PER_REACH))
    inner = range(math.ceil(rules.MIN_SPAN * height), width - math.ceil(rules.MIN_SPAN * height))
    return sorted({*(x for x in thin.tolist() if x in inner), *inner[:: max(1, height // rules.CUTS_PER_HEIGHT)]})


def choose_cuts(candidates: Sequence[Candidate]) -> tuple[list[Candidate], float]:
    """Choose the cuts, side by side, that are most probably all digits, or leave the piece whole.

    Parameters
    ----------
    candidates : sequence of Candidate
        From :func:`find_candidates`, each with its ``probabilities``.

    Returns
    -------
    chosen : list of Candidate
        From left to right. The whole piece alone if no cuts lie side by side from its one end to the other, or if it
        may be a digit by its width, and the cuts are less than ``WHOLE_FACTOR`` times as probable.
    belief : float
        How probable it is that the piece is one digit or several, 0 to 1.
    """
    whole, *cuts = candidates
    # The best choice for what lies to the left of each column: its probability, and the cuts.
    best: dict[int, tuple[float, list[Candidate]]] = {0: (1.0, [])}
    for cut in sorted(cuts, key=lambda cut: cut.end):
        if cut.start in best:
            before, chosen = best[cut.start]
            probability = before * cut.belief
            if probability > best.get(cut.end, (0.0, []))[0]:
                best[cut.end] = probability, [*chosen, cut]
    if whole.end not in best:
        return [whole], whole.belief
    probability, chosen = best[whole.end]
    if whole.piece.width >= rules.MAX_DIGIT_WIDTH * whole.piece.height:
        return chosen, probability
    stays_whole = rules.WHOLE_FACTOR * whole.belief > probability
    return [whole] if stays_whole else chosen, max(whole.belief, probability)


def _to_mnist_format(piece: Piece, ink: Ink) -> np.ndarray:
    """Return the image of a piece, uint8 (28, 28)."""
    margin = rules.MIN_MARGIN + max(piece.mask.shape) // rules.SIDE_PER_MARGIN
    frame = tuple(slice(max(0, each.start - margin), each.stop + margin) for each in piece.box)
    height, width = (min(each.stop, n) - each.start for each, n in zip(frame, ink.mask.shape, strict=True))
    mask = np.zeros((height, width), bool)
    inner = tuple(slice(each.start - f.start, each.stop - f.start) for each, f in zip(piece.box, frame, strict=True))
    mask[inner] = piece.mask
    strokes, _ = extract_strokes(ink, mask, frame)
    return normalize_ink(strokes)


def _ask(detector: keras.Model | None, candidates: Sequence[Candidate]) -> None:
    """Set the probability of each candidate that it is one digit.

    The network is asked for many at once: that takes about as long for a hundred as for one.
    """
    network = _load_detector() if detector is None else detector
    for start in range(0, len(candidates), MAX_BATCH):
        batch = candidates[start : start + MAX_BATCH]
        X = np.stack([candidate.image for candidate in batch])[..., np.newaxis] / np.float32(255)
        answers = np.asarray(network(X, training=False))[:, 1]
        for candidate, probability in zip(batch, answers, strict=True):
            candidate.digit_probability = float(probability)


@functools.cache
def _load_detector() -> keras.Model:
    """Load the network that tells one digit from several, and from a part of one."""
    from mnist_utils.models import load_model  # TensorFlow takes long to import, and most pictures don't need it

    return load_model(paths.input_path("models/one_digit.keras"))
