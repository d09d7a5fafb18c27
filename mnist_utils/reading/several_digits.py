"""Read several digits in one picture, in order, after those that touch are cut apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mnist_utils.reading import rules
from mnist_utils.reading.cutting import Candidate, choose_cuts, find_candidates
from mnist_utils.reading.files import PictureLike
from mnist_utils.reading.inked_picture import find_ink
from mnist_utils.reading.mnist_format import measure_depth
from mnist_utils.reading.pieces import Piece, group_strokes, sort_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mnist_utils.quiet import keras

__all__ = ["DigitClassifier", "Number", "ReadDigit", "read_number"]

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
        What the classifier saw.
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


def read_number(image: PictureLike, classifier: DigitClassifier, detector: keras.Model | None = None) -> Number:
    """Read several digits, in reading order, over lines.

    Pieces that lie over each other are one digit. A piece that is no single digit, in the detector's opinion, is cut at
    many columns. The choice of cuts is taken whose pieces are, all together, most probably digits. The piece stays
    whole unless that choice is several times as probable.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`~mnist_utils.reading.one_digit.to_mnist`.
    classifier : Classifier or another DigitClassifier
        It is asked once for all that may be a digit in the picture.
    detector : keras.Model, optional
        Takes images (n, 28, 28, 1), 0 to 1, and answers two probabilities for each: that it is no single digit, and
        that it is one. Without it, the book's, which the chapter *Several digits, and whole pages* trains.

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
    left, top, scale = inked.ink_left, inked.ink_top, inked.ink_scale

    def to_digit(candidate: Candidate) -> ReadDigit:
        piece, digit = candidate.piece, int(candidate.probabilities.argmax())
        box = (left + piece.left * scale, top + piece.top * scale, piece.width * scale, piece.height * scale)
        return ReadDigit(digit, float(candidate.probabilities[digit]), box, candidate.image)

    lines = sort_lines(group_strokes(inked.ink.find_writing(several=True)))
    pieces = [piece for line in lines for piece in line]
    found = find_candidates(pieces, inked.ink, detector)
    everything = [candidate for candidates in found for candidate in candidates]
    answers = classifier.predict_proba(np.stack([candidate.image for candidate in everything]))
    for candidate, probabilities in zip(everything, answers, strict=True):
        candidate.probabilities = probabilities
    chosen, beliefs = zip(*(choose_cuts(candidates) for candidates in found), strict=True)
    if len(beliefs) < rules.FEW_PIECES:
        beliefs = [0.0 if _is_blot(piece) else belief for piece, belief in zip(pieces, beliefs, strict=True)]
    if np.mean(beliefs) < (rules.MIN_BELIEF if len(beliefs) < rules.FEW_PIECES else rules.MIN_BELIEF_ON_PAGE):
        number.reason = "the pieces of ink are not like digits"
        number.findings.append(f"nothing to read: {number.reason}")
        return number
    digits = iter([[to_digit(cut) for cut in cuts] for cuts in chosen])
    number.lines = [[digit for _ in line for digit in next(digits)] for line in lines]
    number.findings.append(f"digits found: {len(number.digits)}, lines: {len(number.lines)}")
    return number


def _is_blot(piece: Piece) -> bool:
    """Tell whether a piece of ink is a filled area, not a stroke: neither network has met such a thing."""
    thickness = 2 * measure_depth(piece.mask).max()
    return bool(thickness > rules.MAX_DIGIT_THICKNESS * max(piece.mask.shape))
