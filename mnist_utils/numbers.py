"""Several digits in one picture: find them, split those that touch, read them in order (question 3 of the readers)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from scipy import ndimage as ndi

from mnist_utils.images import collect_ink, locate_ink, normalize_ink
from mnist_utils.ink import Component, Ink, belongs_to_writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from mnist_utils.predict import Prediction

__all__ = ["Number", "ReadDigit", "read_number"]

MOST_DIGITS_TOUCHING = 4
WIDE = 1.25  # width by height of a piece that is more likely two digits than one: a 5 with a long bar is not


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
        """Draw the picture with a box, the digit and its probability for each.

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
            label = f"{digit.digit} ({digit.probability:.2f})"
            ax.text(left, top, label, va="bottom", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
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


def _cut_out(mask: np.ndarray, top: int = 0, left: int = 0) -> _Group:
    """Crop a mask to its ink, and remember where it was."""
    rows, columns = ndi.find_objects(mask.astype(np.int8))[0]
    return _Group(top + rows.start, left + columns.start, mask[rows, columns])


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
    image: str | Path | Image.Image | ArrayLike, classifier: Callable[[np.ndarray], Prediction | Any]
) -> Number:
    """Read several digits, in reading order, over lines.

    Pieces that lie over each other are one digit. A piece too wide for one digit, or that the classifier is unsure
    of, is cut where it has least ink, if the classifier is surer of both halves.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`mnist_utils.images.to_mnist`.
    classifier : Classifier or callable
        A :class:`mnist_utils.predict.Classifier`, or what takes a uint8 image (28, 28) in MNIST's format and answers
        something with ``digit`` and ``probability``.

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

    def read(group: _Group) -> ReadDigit:
        image = _to_image(ink, group)
        answer = classifier(image)
        box = (left + group.left * scale, top + group.top * scale)
        size = (group.mask.shape[1] * scale, group.mask.shape[0] * scale)
        return ReadDigit(answer.digit, float(answer.probability), box + size, image)

    groups = _group_strokes([part for part in ink.parts if belongs_to_writing(part, ink, several=True)])
    number.lines = [
        # A blot is no digit to the classifier.
        [digit for group in line for digit in _split(group, read, MOST_DIGITS_TOUCHING) if digit.digit is not None]
        for line in _sort_lines(groups)
    ]
    number.findings.append(f"digits found: {len(number.digits)}, lines: {len(number.lines)}")
    return number


def _to_image(ink: Ink, group: _Group) -> np.ndarray:
    """Return one group in MNIST's format."""
    margin = 4 + max(group.mask.shape) // 20  # for soft edges, and for hairlines that are thickened
    rows = slice(max(0, group.top - margin), group.bottom + margin)
    columns = slice(max(0, group.left - margin), group.right + margin)
    mask = np.zeros(ink.contrast.shape, bool)
    mask[group.top : group.bottom, group.left : group.right] = group.mask
    return normalize_ink(collect_ink(replace(ink, contrast=ink.contrast[rows, columns]), mask[rows, columns])[0])


def _split(group: _Group, read: Callable[[_Group], ReadDigit], most: int) -> list[ReadDigit]:
    """Read a group as one digit, or as several if it holds several that touch."""
    whole = read(group)
    height, width = group.mask.shape
    if most < 2 or width < 0.75 * height or (width < WIDE * height and whole.probability > 0.9):
        return [whole]
    profile = ndi.uniform_filter1d(group.mask.sum(axis=0).astype(float), max(1, width // 40))
    least = 0.15 if width > 1.3 * height else 0.3  # a cut near the side of a wide 0 would make a 1 of its bow
    inner = np.arange(math.ceil(least * width), math.floor((1 - least) * width))
    lowest = [x for x in inner if profile[x] == profile[max(0, x - width // 20) : x + width // 20 + 1].min()]
    best: tuple[float, _Group, _Group, ReadDigit, ReadDigit] | None = None
    for x in sorted(lowest, key=lambda x: profile[x])[:6]:
        halves = []
        for part, offset in ((group.mask[:, :x], 0), (group.mask[:, x:], x)):
            labels, count = ndi.label(part, np.ones((3, 3)))
            if count:
                areas = np.bincount(labels.ravel())[1:]
                kept = np.isin(labels, np.flatnonzero(areas >= 0.1 * areas.max()) + 1)
                halves.append(_cut_out(kept, group.top, group.left + offset))
        if len(halves) < 2 or min(half.mask.shape[0] for half in halves) < 0.45 * height:
            continue
        first, second = (read(half) for half in halves)
        surer = min(first.probability, second.probability)
        if best is None or surer > best[0]:
            best = (surer, *halves, first, second)
    if best is None:
        return [whole]
    surer, left, right, *_ = best
    # A single digit is seldom wider than high: the wider the piece, the less the halves have to convince.
    needed = 0.5 if width > 1.3 * height else 0.8
    if surer > whole.probability or (width > WIDE * height and surer > needed) or width > 1.8 * height:
        return [*_split(left, read, most - 1), *_split(right, read, most - 1)]
    return [whole]
