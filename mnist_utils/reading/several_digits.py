"""Read several digits in one picture, in order, also such as touch."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mnist_utils import paths
from mnist_utils.reading import rules
from mnist_utils.reading.files import PictureLike
from mnist_utils.reading.ink import Ink, extract_strokes
from mnist_utils.reading.inked_picture import InkedPicture, find_ink
from mnist_utils.reading.mnist_format import BOX_SIDE, IMAGE_SIDE, mean_stroke_width, measure_depth, normalize_ink
from mnist_utils.reading.pieces import Piece, group_strokes, sort_lines
from mnist_utils.reading.strips import STRIP_MARGIN, StripDigit, find_digits, normalize_strip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mnist_utils.quiet import keras

__all__ = ["DigitClassifier", "Number", "ReadDigit", "read_number"]

MAX_BATCH = 500  # images in one call of a network: more would take memory and no less time

# Orange and blue look different to everybody, and broken lines even without colours.
BOX_STYLE = {"edgecolor": "#E69F00", "linestyle": "-"}
DOUBTFUL_STYLE = {"edgecolor": "#0072B2", "linestyle": "--"}


class DigitClassifier(Protocol):
    """What :func:`read_number` reads with, such as a :class:`mnist_utils.predict.Classifier`."""

    def predict_proba(self, X: np.ndarray, /) -> np.ndarray:
        """Return the probabilities of many images.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, 28, 28)
            In MNIST's format.

        Returns
        -------
        ndarray of float, shape (n, 10)
            Probability of each digit, 0 to 1.
        """
        ...


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """One digit of a number.

    Attributes
    ----------
    digit : int
        0 to 9.
    probability : float
        The classifier's, 0 to 1.
    box : tuple of float
        Left, top, width and height in the upright picture, in pixels.
    image : ndarray of uint8, shape (28, 28)
        What the network saw that read it; of a digit that touches another, the part of the strip around its middle.
    """

    digit: int
    probability: float
    box: tuple[float, float, float, float]
    image: np.ndarray


@dataclass(eq=False)
class Number:
    """What :func:`read_number` read.

    Attributes
    ----------
    picture : ndarray of uint8, shape (height, width)
        The picture in grey, averaged down if it was large.
    scale : float
        Pixels of the upright picture for one of ``picture``.
    findings : list of str
        What was found and done.
    reason : str
        Why there is nothing to read; empty if there is something.
    lines : list of list of ReadDigit
        The digits from left to right, line by line.
    """

    picture: np.ndarray
    scale: float
    findings: list[str]
    reason: str
    lines: list[list[ReadDigit]] = field(default_factory=list)

    @property
    def digits(self) -> list[ReadDigit]:
        """All digits in reading order."""
        return [digit for line in self.lines for digit in line]

    @property
    def text(self) -> str:
        """The digits as text, lines separated by ``_``; empty if there is nothing to read."""
        return "_".join("".join(str(digit.digit) for digit in line) for line in self.lines)

    def __str__(self) -> str:
        """Return the text, or ``-`` if there is nothing to read."""
        return self.text or "-"

    def plot(self, ax: Axes | None = None, *, doubtful: float = 0.0) -> Axes:
        """Draw the picture with a box for each digit, what it was read as above, and its probability below.

        Parameters
        ----------
        ax : Axes, optional
            A new figure without it.
        doubtful : float
            Digits with a probability below this, 0 to 1, get a blue box of broken lines: look at them yourself.

        Returns
        -------
        Axes
            The axes drawn on.

        Raises
        ------
        ValueError
            If `doubtful` is no probability.
        """
        if not 0 <= doubtful <= 1:
            raise ValueError(f"doubtful={doubtful}: give a probability from 0 to 1.")
        # Matplotlib takes long to import, and the command line draws nothing.
        import matplotlib.pyplot as plt

        if ax is None:
            figure, ax = plt.subplots(layout="constrained")
            figure.set_facecolor("white")
        ax.imshow(self.picture, cmap="gray", vmin=0, vmax=255)
        for digit in self.digits:
            left, top, width, height = (value / self.scale for value in digit.box)
            box_style = DOUBTFUL_STYLE if digit.probability < doubtful else BOX_STYLE
            ax.add_patch(plt.Rectangle((left, top), width, height, fill=False, linewidth=2, **box_style))
            # Narrow neighbours have no room for both side by side.
            for y, text, place, size in [
                (top, str(digit.digit), "bottom", "large"),
                (top + height, f"{digit.probability:.2f}", "top", "xx-small"),
            ]:
                style = {"ha": "center", "va": place, "fontsize": size}
                ax.text(left + width / 2, y, text, **style, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        ax.set_title(str(self))
        ax.set_axis_off()
        return ax


def read_number(
    image: PictureLike,
    classifier: DigitClassifier,
    detector: keras.Model | None = None,
    strip_reader: keras.Model | None = None,
) -> Number:
    """Read several digits, in reading order, over lines.

    Pieces that lie over each other are one digit. A piece that is no single digit, in the detector's opinion, may be
    several that touch: the strip reader reads it as a whole, without cutting it.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`~mnist_utils.reading.one_digit.to_mnist`.
    classifier : Classifier or another DigitClassifier
        It is asked once for all pieces of the picture.
    detector : keras.Model, optional
        Takes images (n, 28, 28, 1), 0 to 1, and answers two probabilities for each: that it is no single digit, and
        that it is one. Without it, the book's.
    strip_reader : keras.Model, optional
        Takes strips (n, 28, width, 1), 0 to 1, see :mod:`~mnist_utils.reading.strips`, and answers (n, width / 2, 11):
        for each place the probability of each digit's middle, and of none. Without it, the book's. The chapter
        *Several digits, and whole pages* trains both.

    Returns
    -------
    Number
        Its ``text`` is "17" for a one and a seven; lines are separated by ``_``.

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
    ValueError
        If the file or the array holds no picture, or the file too large a one.
    """
    inked = find_ink(image, several=True)
    number = Number(inked.grey, inked.scale, inked.findings, inked.reason)
    if inked.ink is None:
        return number
    lines = sort_lines(group_strokes(inked.ink.find_writing(several=True)))
    pieces = [piece for line in lines for piece in line]
    strokes = [_extract_strokes(piece, inked.ink) for piece in pieces]
    images = np.stack([normalize_ink(each) for each in strokes])
    answers = classifier.predict_proba(images)
    single = _ask("one_digit" if detector is None else detector, images)[:, 1]
    beliefs = single * answers.max(axis=1)
    digits = [[_read_single(*each)] for each in zip(pieces, images, answers, strict=True)]
    if several := _find_several(pieces, single):
        strips = _stack([normalize_strip(strokes[row]) for row in several])
        places = _ask("strip_reader" if strip_reader is None else strip_reader, strips)
        for row, strip, probabilities in zip(several, strips, places, strict=True):
            found = find_digits(probabilities)
            belief = math.prod(digit.probability for digit in found)
            if len(found) > 1 and belief > beliefs[row]:
                digits[row], beliefs[row] = _read_several(pieces[row], strip, found), belief
    if len(pieces) < rules.FEW_PIECES:
        beliefs[[_is_blot(piece) for piece in pieces]] = 0
    if beliefs.mean() < (rules.MIN_BELIEF if len(pieces) < rules.FEW_PIECES else rules.MIN_BELIEF_ON_PAGE):
        number.reason = "the pieces of ink are not like digits"
        number.findings.append(f"nothing to read: {number.reason}")
        return number
    in_picture = [[replace(digit, box=_scale_box(digit.box, inked)) for digit in piece] for piece in digits]
    of_pieces = iter(in_picture)
    number.lines = [[digit for _ in line for digit in next(of_pieces)] for line in lines]
    number.findings.append(f"digits found: {len(number.digits)}, lines: {len(number.lines)}")
    return number


def _extract_strokes(piece: Piece, ink: Ink) -> np.ndarray:
    """Return the ink of a piece as the formats of the networks take it."""
    margin = rules.MIN_MARGIN + max(piece.mask.shape) // rules.SIDE_PER_MARGIN
    frame = tuple(slice(max(0, each.start - margin), each.stop + margin) for each in piece.box)
    height, width = (min(each.stop, n) - each.start for each, n in zip(frame, ink.mask.shape, strict=True))
    mask = np.zeros((height, width), bool)
    inner = tuple(slice(each.start - f.start, each.stop - f.start) for each, f in zip(piece.box, frame, strict=True))
    mask[inner] = piece.mask
    strokes, _ = extract_strokes(ink, mask, frame)
    return strokes


def _find_several(pieces: Sequence[Piece], single: np.ndarray) -> list[int]:
    """Return which pieces may be several digits that touch: by their size, and by what the detector says of them."""
    several = [
        row
        for row, piece in enumerate(pieces)
        if rules.MIN_SEVERAL_WIDTH * piece.height <= piece.width <= rules.MAX_SEVERAL_WIDTH * piece.height
        and piece.height >= rules.MIN_SEVERAL_HEIGHT * mean_stroke_width(piece.mask)
        and (piece.width >= rules.MAX_DIGIT_WIDTH * piece.height or single[row] <= rules.MIN_SINGLE_PROBABILITY)
    ]
    if len(pieces) > rules.MIN_PIECES_ON_PAGE and len(several) > rules.MAX_SEVERAL_SHARE * len(pieces):
        return []  # letters or a texture
    return several


def _stack(strips: Sequence[np.ndarray]) -> np.ndarray:
    """Return strips as one array, all as wide as the widest."""
    width = max(strip.shape[1] for strip in strips)
    return np.stack([np.pad(strip, [(0, 0), (0, width - strip.shape[1])]) for strip in strips])


def _ask(network: str | keras.Model, images: np.ndarray) -> np.ndarray:
    """Return what a network, or the book's of that name, answers for images of uint8."""
    model = _load(network) if isinstance(network, str) else network
    X = images[..., np.newaxis] / np.float32(255)
    batches = [X[start : start + MAX_BATCH] for start in range(0, len(X), MAX_BATCH)]
    return np.concatenate([np.asarray(model(batch, training=False)) for batch in batches])


@functools.cache
def _load(name: str) -> keras.Model:
    """Load one of the book's networks."""
    from mnist_utils.models import load_model  # TensorFlow takes long to import, and many pictures don't need it

    return load_model(paths.input_path(f"models/{name}.keras"))


def _read_single(piece: Piece, image: np.ndarray, probabilities: np.ndarray) -> ReadDigit:
    """Return the digit that a piece is, with a box in pixels of the ink."""
    digit = int(probabilities.argmax())
    box = float(piece.left), float(piece.top), float(piece.width), float(piece.height)
    return ReadDigit(digit, float(probabilities[digit]), box, image)


def _read_several(piece: Piece, strip: np.ndarray, found: Sequence[StripDigit]) -> list[ReadDigit]:
    """Return the digits of a strip, with boxes in pixels of the ink that end half-way to the neighbours."""
    middles = [digit.middle for digit in found]
    ends = (np.array(middles[1:]) + middles[:-1]) / 2
    ends = piece.left + (ends - STRIP_MARGIN) * piece.height / BOX_SIDE
    ends = [piece.left, *np.clip(ends, piece.left, piece.right).tolist(), piece.right]
    padded = np.pad(strip, [(0, 0), (IMAGE_SIDE // 2, IMAGE_SIDE // 2)])
    return [
        ReadDigit(
            digit.digit,
            digit.probability,
            (left, float(piece.top), right - left, float(piece.height)),
            padded[:, round(digit.middle) : round(digit.middle) + IMAGE_SIDE],
        )
        for digit, (left, right) in zip(found, itertools.pairwise(ends), strict=True)
    ]


def _scale_box(box: tuple[float, float, float, float], inked: InkedPicture) -> tuple[float, float, float, float]:
    """Return a box in pixels of the upright picture."""
    left, top, width, height = (value * inked.ink_scale for value in box)
    return inked.ink_left + left, inked.ink_top + top, width, height


def _is_blot(piece: Piece) -> bool:
    """Tell whether a piece of ink is a filled area, not a stroke: no network has met such a thing."""
    thickness = 2 * measure_depth(piece.mask).max()
    return bool(thickness > rules.MAX_DIGIT_THICKNESS * max(piece.mask.shape))
