"""Digits of real writers, as the strokes of their pens (the chapter *Other people's hands*).

They are 7,113 isolated digits of UNIPEN, train_r01_v07, which six institutions recorded on tablets in the 1990s
(I. Guyon, L. Schomaker, R. Plamondon, M. Liberman and S. Janet, 1994, UNIPEN project of on-line data exchange and
recognizer benchmarks, ICPR; data: International Unipen Foundation, doi 10.5281/zenodo.1195803, Creative Commons
Attribution 4.0). Points that lie on a line between their neighbours are left out. A few percent are labelled wrongly
or cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.practice.pen_digits import CANVAS_SIDE, PenDigit, rasterize
from mnist_utils.reading import normalize_ink

__all__ = [
    "SOURCES",
    "WrittenDigit",
    "is_whole",
    "load_written_digits",
    "make_written_digits",
    "sample_written_digit",
]

SOURCES = ("aga", "apa", "apb", "app", "ced", "ibm")
"""The institutions that recorded the digits, each from its own people."""

PEN_STROKES = "notebooks/images/pen_strokes.npz"  # written by scripts/pack_strokes.py
GRID = 250  # of the file: the larger side of a digit; the thinnest pen is 14 units wide
MIN_SIZE, MAX_SIZE = 80, 230  # pixels of the canvas, of a drawn digit's larger side
MIN_PEN, MAX_PEN = 10, 26  # pixels
PEN_RANGE = 1 / 18, 1 / 6  # of the digit's size: a thinner pen leaves no strokes, a thicker one blots
MAX_SMOKE_DIGITS = 400
# Strokes that are no whole digit, see is_whole. No digit of the file lies near one of these limits.
MAX_STRAIGHT_WIDTH = 0.16  # of its length, of a straight stroke; the next wider one is a whole 8, with 0.19
MAX_LYING_ANGLE = 20  # degrees from the horizontal, of a lying stroke; no whole 1 is straight and flatter than 30
MIN_PATH_OF_FOUR = 1.15  # of its height and width together, that the pen goes; an L takes 1.10, the next 4 takes 1.19


@dataclass(frozen=True, eq=False)
class WrittenDigit:
    """A digit as somebody wrote it.

    Attributes
    ----------
    digit : int
        What it is, as its contributor labelled it.
    source : str
        The contributing institution. Each has its own writers, and its own way to write.
    session : int
        The writing session; a writer may have several.
    strokes : list of ndarray of float, shape (n, 2)
        The points (x, y) of each stroke, y downwards. The larger side of the digit is 1, its upper left corner (0, 0).
    """

    digit: int
    source: str
    session: int
    strokes: list[np.ndarray]


def load_written_digits(sources: Sequence[str] = SOURCES, *, whole_only: bool = False) -> list[WrittenDigit]:
    """Load digits of real writers.

    Parameters
    ----------
    sources : sequence of str
        Of :data:`SOURCES`; all of them without it.
    whole_only : bool
        Whether to leave out digits of which only a part was recorded, see :func:`is_whole`.

    Returns
    -------
    list of WrittenDigit
        7,113 digits if they are all sources. Those of a session lie together.

    Raises
    ------
    ValueError
        If there is no such source.
    """
    if unknown := set(sources) - set(SOURCES):
        raise ValueError(f"There is no source {', '.join(sorted(unknown))}: give some of {', '.join(SOURCES)}.")
    with np.load(paths.input_path(PEN_STROKES)) as file:
        strokes = np.split(file["points"] / GRID, np.cumsum(file["points_of_stroke"])[:-1])
        ends = np.cumsum(file["strokes_of_digit"])
        names = file["sources"][file["source_of_digit"]].tolist()
        columns = file["digits"], names, file["session_of_digit"], file["strokes_of_digit"], ends
        written = [
            WrittenDigit(int(digit), name, int(session), strokes[end - count : end])
            for digit, name, session, count, end in zip(*columns, strict=True)
            if name in sources
        ]
    return [digit for digit in written if not whole_only or is_whole(digit)]


def is_whole(written: WrittenDigit) -> bool:
    """Tell whether a digit is more than one stroke of a digit that was cut apart when it was recorded.

    The rule looks at the strokes and the label alone, at no network's answer, so that it may also choose digits to
    measure on. It is strict: what somebody might have meant as a whole digit is kept. Digits of one stroke are left out

    - that is straight, if the label is not 1: the second stroke of a 4, or the bar through a 0;
    - that is straight and lies, if the label is 1;
    - that is an L, if the label is 4: the pen goes down and to the right, and for a stem it would have to go on.

    Parameters
    ----------
    written : WrittenDigit
        From :func:`load_written_digits`.

    Returns
    -------
    bool
    """
    if len(written.strokes) > 1:
        return True
    [stroke] = written.strokes
    centred = stroke - stroke.mean(axis=0)
    axes = np.linalg.svd(centred)[2]
    length, width = np.ptp(centred @ axes.T, axis=0)
    if width <= MAX_STRAIGHT_WIDTH * length:
        angle = np.degrees(np.arctan2(abs(axes[0, 1]), abs(axes[0, 0])))
        return written.digit == 1 and bool(angle > MAX_LYING_ANGLE)
    path = np.hypot(*np.diff(stroke, axis=0).T).sum()
    return written.digit != 4 or bool(path > MIN_PATH_OF_FOUR * np.ptp(stroke, axis=0).sum())


def sample_written_digit(written: WrittenDigit, rng: np.random.Generator) -> PenDigit:
    """Return a written digit as a drawing on the canvas, of random size, at a random place, with a random pen.

    Parameters
    ----------
    written : WrittenDigit
        From :func:`load_written_digits`.
    rng : Generator
        Source of the random numbers.

    Returns
    -------
    PenDigit
        Its ``shape`` is the digit's source.
    """
    size = rng.uniform(MIN_SIZE, MAX_SIZE)
    pen = float(np.clip(rng.uniform(MIN_PEN, MAX_PEN), *(part * size for part in PEN_RANGE)))
    extent = size * np.max([stroke.max(axis=0) for stroke in written.strokes], axis=0)
    corner = pen / 2 + rng.uniform(0, CANVAS_SIDE - pen - extent)
    return PenDigit(written.digit, written.source, pen, [corner + size * stroke for stroke in written.strokes])


def make_written_digits(written: list[WrittenDigit], repeats: int = 1, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Draw digits of real writers and bring them into MNIST's format, with all cores.

    Parameters
    ----------
    written : list of WrittenDigit
        From :func:`load_written_digits`; in a smoke run at most 400 are taken.
    repeats : int
        How often each is drawn, each time in another size and with another pen.
    seed : int
        The same seed draws in the same way.

    Returns
    -------
    X : ndarray of uint8, shape (repeats * n, 28, 28)
        Bright ink on black: all digits, then all again.
    y : ndarray of uint8, shape (repeats * n,)
        The digits.
    """
    written = written[: paths.at_scale(len(written), MAX_SMOKE_DIGITS)]
    rng = np.random.default_rng(seed)
    drawings = [sample_written_digit(digit, rng) for digit in written * repeats]
    X = parallel_map(lambda drawing: normalize_ink(rasterize(drawing) / 255), drawings)
    return np.stack(X), np.array([drawing.digit for drawing in drawings], np.uint8)
