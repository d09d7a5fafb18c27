"""Several digits in one picture: find them, split those that touch, read them in order (question 3 of the readers)."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from scipy import ndimage as ndi

from mnist_utils import paths
from mnist_utils.reading.images import collect_ink, locate_ink, normalize_ink
from mnist_utils.reading.ink import Component, Ink, belongs_to_writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from mnist_utils.predict import Prediction
    from mnist_utils.quiet import keras

__all__ = ["Number", "ReadDigit", "read_number"]

# As parts of the height of a piece of ink:
NARROW, WIDEST = 0.5, 1.6  # below this width it is one digit, from this on it never is
NARROWEST, LOWEST, SLIMMEST = 0.12, 0.45, 0.08  # a cut-out digit's room, height and width are at least these
CUTS_A_HEIGHT = 8
SURE = 0.2  # probability of being one digit above which a piece is not cut


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
    lines : list of list of ReadDigit
        The digits from left to right, line by line.
    findings : list of str
        What was found and done.
    reason : str
        Why there is nothing to read; empty if there is something.
    picture : ndarray of uint8, shape (height, width)
        The picture in grey, averaged down if it was large.
    scale : float
        Pixels of the upright picture for one of ``picture``.
    """

    lines: list[list[ReadDigit]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    reason: str = ""
    picture: np.ndarray | None = None
    scale: float = 1.0

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

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture with a box for each digit, what it was read as above, and its probability below.

        Parameters
        ----------
        ax : Axes, optional
            A new figure without it.

        Returns
        -------
        Axes
            The axes drawn on.
        """
        # Matplotlib takes long to import, and the command line draws nothing.
        import matplotlib.pyplot as plt

        if ax is None:
            figure, ax = plt.subplots(layout="constrained")
            figure.set_facecolor("white")
        ax.imshow(self.picture, cmap="gray", vmin=0, vmax=255)
        for digit in self.digits:
            left, top, width, height = (value / self.scale for value in digit.box)
            ax.add_patch(plt.Rectangle((left, top), width, height, fill=False, edgecolor="#E69F00", linewidth=2))
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


@dataclass
class _Group:
    """Strokes of one digit, or of several that touch: their mask, cut out of the picture."""

    top: int
    left: int
    mask: np.ndarray

    @property
    def bottom(self) -> int:
        return self.top + self.mask.shape[0]

    @property
    def right(self) -> int:
        return self.left + self.mask.shape[1]


def cut_out(mask: np.ndarray) -> _Group | None:
    """Crop a part of a mask to its ink, small loose pieces left out; None if there is none.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        Strokes cut off at its left or right side.

    Returns
    -------
    _Group or None
        Its ``mask``, and where that lies: ``top`` and ``left``.
    """
    labels, count = ndi.label(mask, np.ones((3, 3)))
    if not count:
        return None
    areas = np.bincount(labels.ravel())[1:]
    kept = np.isin(labels, np.flatnonzero(areas >= 0.1 * areas.max()) + 1)
    rows, columns = ndi.find_objects(kept.astype(np.int8))[0]
    return _Group(rows.start, columns.start, kept[rows, columns])


def _join(a: _Group, b: _Group) -> _Group:
    """Return two groups as one."""
    top, left = min(a.top, b.top), min(a.left, b.left)
    mask = np.zeros((max(a.bottom, b.bottom) - top, max(a.right, b.right) - left), bool)
    for group in (a, b):
        rows = slice(group.top - top, group.bottom - top)
        columns = slice(group.left - left, group.right - left)
        mask[rows, columns] |= group.mask
    return _Group(top, left, mask)


def _same_digit(a: _Group, b: _Group, height: float) -> bool:
    """Whether two groups are pieces of one digit: one over the other, or a small piece close by."""
    overlap = min(a.right, b.right) - max(a.left, b.left)
    down = max(a.top, b.top) - min(a.bottom, b.bottom)
    narrower = min(a.mask.shape[1], b.mask.shape[1])
    smaller = min(a.mask.shape[0], b.mask.shape[0])
    # Two whole digits, one over the other, are two lines, however close these are.
    if smaller > 0.7 * height:
        return overlap > 0.7 * narrower and down < -0.3 * height
    if overlap >= 0.3 * narrower and down <= 0.15 * height:
        return True
    return smaller < 0.5 * height and max(-overlap, 0) <= 0.12 * height and down <= 0


def _group_strokes(parts: list[Component]) -> list[_Group]:
    """Put the pieces of broken digits together; drop what is too small to be one."""
    groups = [_Group(part.box[0].start, part.box[1].start, part.own) for part in parts]
    tall = max(group.mask.shape[0] for group in groups)
    height = float(np.median([n for n in (group.mask.shape[0] for group in groups) if n >= 0.5 * tall]))
    groups.sort(key=lambda group: -group.mask.sum())
    joined = True
    while joined:
        joined = False
        for i, a in enumerate(groups):
            partners = (j for j in range(i + 1, len(groups)) if _same_digit(a, groups[j], height))
            j = next(partners, None)
            if j is not None:
                groups[i] = _join(a, groups.pop(j))
                joined = True
                break
    return [group for group in groups if max(group.mask.shape) >= 0.4 * height]


def _sort_lines(groups: list[_Group]) -> list[list[_Group]]:
    """Return the groups line by line, each from left to right."""
    lines: list[list[_Group]] = []
    for group in sorted(groups, key=lambda group: group.top + group.bottom):
        middle = (group.top + group.bottom) / 2
        # A line runs on from its nearest digit, so that it may slope.
        for line in lines:
            near = min(line, key=lambda other: abs(other.left - group.left))
            if near.top <= middle <= near.bottom or group.top <= (near.top + near.bottom) / 2 <= group.bottom:
                line.append(group)
                break
        else:
            lines.append([group])
    return [sorted(line, key=lambda group: group.left) for line in lines]


def read_number(
    image: str | Path | Image.Image | ArrayLike,
    classifier: Callable[[np.ndarray], Prediction | Any],
    judge: keras.Model | None = None,
) -> Number:
    """Read several digits, in reading order, over lines.

    Pieces that lie over each other are one digit. A piece that is no single digit, in the judge's opinion, is cut at
    many columns; of all choices of cuts that one is taken whose pieces are most probably digits, all of them.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`mnist_utils.reading.images.to_mnist`.
    classifier : Classifier or callable
        A :class:`mnist_utils.predict.Classifier`, or what takes a uint8 image (28, 28) in MNIST's format and answers
        something with ``digit`` and ``probability``.
    judge : keras.Model, optional
        Takes images (n, 28, 28, 1), 0 to 1, and answers two probabilities for each: that it is no single digit, and
        that it is one. Without it, the book's, which chapter 7 trains.

    Returns
    -------
    Number
        Its ``text`` is "17" for a one and a seven; lines are separated by ``_``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file or the array is no picture.
    """
    ink, reading, (left, top, scale) = locate_ink(image, several=True)
    # Each piece is in MNIST's format already: a Classifier must not prepare it once more.
    classifier = getattr(classifier, "read", classifier)
    number = Number([], reading.findings, reading.reason, reading.steps[0][1], scale)
    if ink is None:
        return number

    def prepare(group: _Group) -> np.ndarray:
        return _to_image(ink, group)

    def read(group: _Group, image: np.ndarray) -> ReadDigit:
        answer = classifier(image)
        box = (left + group.left * scale, top + group.top * scale)
        size = (group.mask.shape[1] * scale, group.mask.shape[0] * scale)
        return ReadDigit(answer.digit, float(answer.probability), box + size, image)

    def are_digits(images: list[np.ndarray]) -> np.ndarray:
        X = np.stack(images)[..., np.newaxis] / np.float32(255)
        return np.asarray((judge or _load_judge())(X, training=False))[:, 1]

    groups = _group_strokes([part for part in ink.parts if belongs_to_writing(part, ink, several=True)])
    number.lines = [
        # A blot is no digit to the classifier.
        [digit for group in line for digit in _split(group, prepare, read, are_digits) if digit.digit is not None]
        for line in _sort_lines(groups)
    ]
    number.findings.append(f"digits found: {len(number.digits)}, lines: {len(number.lines)}")
    return number


@functools.cache
def _load_judge() -> keras.Model:
    """Load the network that tells one digit from several, and from a part of one."""
    from mnist_utils.quiet import keras  # takes long to import, and most pictures don't need it

    return keras.models.load_model(paths.input_path("models/one_digit.keras"), compile=False)


def _to_image(ink: Ink, group: _Group) -> np.ndarray:
    """Return one group in MNIST's format."""
    margin = 4 + max(group.mask.shape) // 20  # for soft edges, and for hairlines that are thickened
    rows = slice(max(0, group.top - margin), group.bottom + margin)
    columns = slice(max(0, group.left - margin), group.right + margin)
    mask = np.zeros(ink.contrast.shape, bool)
    mask[group.top : group.bottom, group.left : group.right] = group.mask
    return normalize_ink(collect_ink(replace(ink, contrast=ink.contrast[rows, columns]), mask[rows, columns])[0])


def _split(
    group: _Group,
    prepare: Callable[[_Group], np.ndarray],
    read: Callable[[_Group, np.ndarray], ReadDigit],
    judge: Callable[[list[np.ndarray]], np.ndarray],
) -> list[ReadDigit]:
    """Read a group as one digit, or as the several into which it is most probably to be cut."""
    image = prepare(group)
    height, width = group.mask.shape
    if width < NARROW * height or (width < WIDEST * height and judge([image])[0] > SURE):
        return [read(group, image)]
    columns = [0, *_places_to_cut(group.mask), width]
    spans = [
        (start, end)
        for start, end in itertools.combinations(columns, 2)
        if NARROWEST * height <= end - start < min(width, WIDEST * height)
    ]
    pieces = {span: piece for span in spans if (piece := _piece(group, *span))}
    if not pieces:
        return [read(group, image)]
    images = [prepare(piece) for piece in pieces.values()]
    # The best reading of what lies before each column: its probability, and its digits.
    best: dict[int, tuple[float, list[ReadDigit]]] = {0: (1.0, [])}
    candidates = zip(pieces.items(), images, judge(images), strict=True)
    for ((start, end), piece), image_of_piece, is_digit in sorted(candidates, key=lambda each: each[0][0][1]):
        if start not in best:
            continue
        so_far, digits = best[start]
        highest = best.get(end, (0.0, []))[0]
        if so_far * is_digit > highest:
            digit = read(piece, image_of_piece)
            if so_far * is_digit * digit.probability > highest:
                best[end] = (so_far * is_digit * digit.probability, [*digits, digit])
    return best[width][1] if width in best else [read(group, image)]


def _piece(group: _Group, start: int, end: int) -> _Group | None:
    """Return what lies between two columns of a group, if it may be a digit."""
    piece = cut_out(group.mask[:, start:end])
    if (
        piece is None
        or piece.mask.shape[0] < LOWEST * len(group.mask)
        or piece.mask.shape[1] < SLIMMEST * len(group.mask)
    ):
        return None
    return _Group(group.top + piece.top, group.left + start + piece.left, piece.mask)


def _places_to_cut(mask: np.ndarray) -> list[int]:
    """Return the columns to cut at: those with less ink than around, and some at equal distances."""
    height, width = mask.shape
    profile = ndi.uniform_filter1d(mask.sum(axis=0).astype(float), max(1, height // 40))
    near, step = max(1, height // 20), max(1, height // CUTS_A_HEIGHT)
    inner = range(math.ceil(NARROWEST * height), width - math.ceil(NARROWEST * height))
    thin = [x for x in inner if profile[x] == profile[max(0, x - near) : x + near + 1].min()]
    return sorted({*thin, *inner[::step]})
