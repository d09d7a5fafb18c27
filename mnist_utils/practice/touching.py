"""Touching digits, to train on (the chapter *Several digits, and whole pages*).

A network that has only seen digits is sure of everything: of two digits that touch, of half an 8. Two other networks
train on what is made here, from digits whose place is known: one learns from *pieces* what is a single digit, the other
from *strips* to read several at once.
"""

from functools import partial

import numpy as np
from scipy import ndimage as ndi
from skimage.transform import resize

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.practice.inking import DIGIT_HEIGHT, ink_from_mnist, write_line
from mnist_utils.reading import normalize_ink
from mnist_utils.reading.mnist_format import BOX_SIDE, crop_ink
from mnist_utils.reading.strips import N_PLACES, NOTHING, PLACE_WIDTH, STRIP_MARGIN, STRIP_WIDTH, normalize_strip

__all__ = ["make_strips", "make_touching_pieces"]

CUT_SHARES = {"between": 0.4, "none": 0.25, "in the neighbour": 0.2, "in the digit": 0.15}
MIN_WIDTH_TO_CUT = 0.4  # heights of a digit: a narrower one is a 1, and a part of a 1 is a 1, or nothing
MIN_LOOSE_AREA = 0.1  # of a piece's largest stroke: smaller ones are what a cut left of a neighbour
SOFT_EDGE = 2  # pixels around a mask that hold the ink's grey edge
MAX_SMOKE_PIECES = 400
EIGHT_NEIGHBOURS = np.ones((3, 3))  # diagonal ones, too

STRIP_DIGIT_HEIGHT = 44  # pixels, about: twice that of a strip, so that it is made smaller as those of pages are
LENGTHS, LENGTH_SHARES = (1, 2, 3, 4, 5), (0.25, 0.45, 0.18, 0.08, 0.04)  # digits in a strip
PART_SHARE = 0.2  # of the strips with one or two digits, in which one is only a part of a digit
OVERLAPS = 0.02, 0.25  # of two neighbours, in heights of a digit
HEIGHTS = 0.82, 1.15  # of a digit, in heights of the strip's digits
HEIGHT_NOISE = 0.05  # of a digit's height, standard deviation of its place up or down
MAX_DIGIT_WIDTH = 1.6  # heights of a strip's digits: a wider one lies on its side
MIDDLE = 0.25  # of a digit's width, to both sides of its middle, that count as its middle


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
        if not touching or (cut_digit is not None and np.ptp(spans[cut_digit]) < MIN_WIDTH_TO_CUT * DIGIT_HEIGHT):
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
    mask = np.zeros(line.shape, bool)
    mask[:, start:end] = line[:, start:end] > 0.5
    labels, count = ndi.label(mask, EIGHT_NEIGHBOURS)
    if not count:
        return None
    areas = np.bincount(labels.ravel())[1:]
    kept = np.concatenate([[False], areas >= MIN_LOOSE_AREA * areas.max()])[labels]
    return np.where(ndi.binary_dilation(kept, EIGHT_NEIGHBOURS, iterations=SOFT_EDGE), line, 0)


def make_strips(X: np.ndarray, y: np.ndarray, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Write digits so near to each other that they touch, and tell where the middle of each is, with all cores.

    A quarter of the strips have one digit, 45 % two, the others up to five. In some of those with one or two, one is
    only a part of a digit, and that part has no middle.

    Parameters
    ----------
    X : ndarray of uint8, shape (n, 28, 28)
        Digits in MNIST's format.
    y : ndarray of int, shape (n,)
        The digit in each.
    count : int
        How many strips; in a smoke run at most 400.
    seed : int
        The same seed makes the same strips.

    Returns
    -------
    strips : ndarray of uint8, shape (count, 28, 112)
        Bright ink on black, see :func:`~mnist_utils.reading.strips.normalize_strip`.
    places : ndarray of uint8, shape (count, 56)
        For each place, two pixels wide, the digit whose middle is there, or 10.
    """
    count = paths.at_scale(count, MAX_SMOKE_PIECES)
    made = parallel_map(partial(_make_strip, X, y), [(seed, number) for number in range(count)])
    strips, places = zip(*made, strict=True)
    return np.stack(strips), np.stack(places)


def _make_strip(X: np.ndarray, y: np.ndarray, seed: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Make one strip, (28, 112), and its places, (56,); rows of digits that do not all touch are passed over."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(len(X), size=rng.choice(LENGTHS, p=LENGTH_SHARES))
        inks = [_sample_ink(X[row], rng) for row in rows]
        if max(ink.shape[1] for ink in inks) > MAX_DIGIT_WIDTH * STRIP_DIGIT_HEIGHT:
            continue
        part = int(rng.integers(len(rows))) if len(rows) <= 2 and rng.random() < PART_SHARE else None
        if part is not None:
            if inks[part].shape[1] < MIN_WIDTH_TO_CUT * STRIP_DIGIT_HEIGHT:
                continue
            inks[part] = _cut_in_two(inks[part], rng)
        line, spans = _write_touching(inks, rng)
        strip = normalize_strip(line)
        if strip.shape[1] == STRIP_WIDTH and ndi.label(line > 0.5, EIGHT_NEIGHBOURS)[1] == 1:
            inked = np.argwhere(line > 0)
            top, left = inked.min(axis=0)
            zoom = BOX_SIDE / (inked[:, 0].max() + 1 - top)
            ends = STRIP_MARGIN + zoom * (np.array(spans) - left)
            whole = np.arange(len(rows)) != part
            return strip, _mark_middles(ends[whole] / PLACE_WIDTH, y[rows[whole]])


def _sample_ink(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the ink of a digit, cropped, about as high as those of a strip."""
    ink = crop_ink(ink_from_mnist(image, 56))
    zoom = STRIP_DIGIT_HEIGHT * rng.uniform(*HEIGHTS) / len(ink)
    return resize(ink, (round(len(ink) * zoom), max(3, round(ink.shape[1] * zoom))), anti_aliasing=True)


def _cut_in_two(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the left or the right part of a digit."""
    column = max(2, round(ink.shape[1] * rng.uniform(0.35, 0.65)))
    return ink[:, :column] if rng.random() < 0.5 else ink[:, -column:]


def _write_touching(inks: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Write digits side by side, each over the end of the one before; return the line, and each digit's columns."""
    line = np.zeros((2 * STRIP_DIGIT_HEIGHT, sum(ink.shape[1] for ink in inks)))
    spans, left = [], 0
    for ink in inks:
        room = len(line) - len(ink)
        top = int(np.clip(room / 2 + rng.normal(0, HEIGHT_NOISE) * STRIP_DIGIT_HEIGHT, 0, room))
        place = line[top : top + len(ink), left : left + ink.shape[1]]
        place[:] = np.maximum(place, ink)
        spans.append((left, left + ink.shape[1]))
        left = max(0, left + ink.shape[1] - max(1, round(rng.uniform(*OVERLAPS) * STRIP_DIGIT_HEIGHT)))
    return line, spans


def _mark_middles(spans: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Return the digit whose middle is at each place, from the places that each digit extends over, as fractions."""
    places = np.full(N_PLACES, NOTHING, np.uint8)
    if not len(digits):
        return places
    distances = np.abs(np.arange(N_PLACES)[:, np.newaxis] + 0.5 - spans.mean(axis=1))  # of each place to each middle
    nearest = distances.argmin(axis=1)
    closest, *others = np.sort(distances, axis=1).T
    marked = closest <= np.maximum(0.75, MIDDLE * np.ptp(spans, axis=1))[nearest]
    if others:  # between two middles a place stays free, so that two equal digits are not taken for one
        marked &= others[0] > closest + 0.5
    places[marked] = digits[nearest[marked]]
    return places
