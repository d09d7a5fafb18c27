"""Bring a picture of one digit into MNIST's format (the chapter *Your own handwriting*)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage as ndi

from mnist_utils.reading import rules
from mnist_utils.reading.files import PictureLike
from mnist_utils.reading.ink import Ink, extract_strokes, group_digit
from mnist_utils.reading.inked_picture import find_ink
from mnist_utils.reading.mnist_format import IMAGE_SIDE, MAX_STROKE, MIN_STROKE, measure_stroke, normalize_ink

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Reading", "to_mnist"]


@dataclass(eq=False)
class Reading:
    """What :func:`to_mnist` made of a picture.

    Attributes
    ----------
    image : ndarray of uint8, shape (28, 28), or None
        Bright ink on black; None if there is nothing to read.
    findings : list of str
        What the input doctor found and did, in order.
    steps : list of (str, ndarray)
        Title and picture of each step.
    reason : str
        Why there is nothing to read; empty if there is something.
    """

    image: np.ndarray | None
    findings: list[str] = field(default_factory=list)
    steps: list[tuple[str, np.ndarray]] = field(default_factory=list)
    reason: str = ""

    def __str__(self) -> str:
        """Return the findings in one line."""
        return "; ".join(self.findings)

    def plot(self, axes: ArrayLike | None = None) -> np.ndarray:
        """Draw the steps side by side.

        Parameters
        ----------
        axes : array_like of Axes, optional
            At least as many axes as there are steps; a new figure without it.

        Returns
        -------
        ndarray of Axes
            The axes drawn on.

        Raises
        ------
        ValueError
            If there are fewer axes than steps.
        """
        # Matplotlib takes long to import, and the command line draws nothing.
        import matplotlib.pyplot as plt

        count = len(self.steps)
        if axes is None:
            size = 2.2 * count, 2.6
            _, axes = plt.subplots(1, count, figsize=size, squeeze=False, layout="constrained", facecolor="white")
        axes = np.ravel(axes)
        if len(axes) < count:
            raise ValueError(f"{len(axes)} axes for {count} steps: give one for each.")
        for ax, (title, picture) in zip(axes, self.steps, strict=False):
            ax.imshow(picture, cmap="gray", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1)
            ax.set_title(title, fontsize="medium")
            ax.set_xticks([])
            ax.set_yticks([])
        return axes


def to_mnist(
    image: PictureLike,
    *,
    polarity: bool = True,
    crop: bool = True,
    stroke: bool = True,
    box: bool = True,
    mass: bool = True,
) -> Reading:
    """Bring a photo, a scan or a drawing of one digit into MNIST's format.

    A clean drawing of bright ink on pure black, as from the canvas, becomes exactly ``normalize_ink(pixels / 255)``.
    Clean is a picture in which one grey value, give or take one, holds at least half of the pixels, and at most 0.2 %
    of the others differ from it by more than 3 and are farther than max(2, side / 60) pixels from any that differs by
    more than 40 % of the largest difference. Specks below 2 % of the digit's ink are left out there as well.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        A file (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM, of at most 60 megapixels), a picture, or an array (height,
        width), (height, width, 3) for red, green, blue, or (height, width, 4) with transparency. What numbers mean
        depends on their kind, not on how many bytes they have: integers go from 0 to 255, floats and booleans from 0
        to 1. Floats that go beyond 1 and are all whole numbers are taken for integers. If any number is beyond its
        range, as with 16 bits, they are stretched from the smallest to the largest.
    polarity, crop, stroke, box, mass : bool
        The steps; False leaves one out, to see what it is good for. Without ``polarity``, all that is
        bright is taken for ink; the others are those of :func:`normalize_ink`.

    Returns
    -------
    Reading
        Its ``image`` is None if there is nothing to read.

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
    ValueError
        If the file or the array holds no picture, or the file too large a one.

    Examples
    --------
    >>> drawing = np.full((100, 100), 255, dtype=np.uint8)
    >>> drawing[20:80, 45:55] = 0
    >>> print(to_mnist(drawing))
    dark ink on light paper: inverted; the digit covers 6 % of the picture: cropped
    """
    inked = find_ink(image, polarity=polarity)
    reading = Reading(None, inked.findings, inked.steps, inked.reason)
    if inked.ink is None:
        return reading
    strokes, digit = _extract_digit(inked.ink, reading.findings)
    if _is_mnists(strokes):
        unchanged = ": unchanged" if crop and box and mass else ""
        reading.findings.append(f"already in MNIST's format{unchanged}")
        stroke = False
    elif crop:
        covered = digit.size / strokes.size
        reading.findings.append(f"the digit covers {100 * covered:.0f} % of the picture: cropped")
    if max(inked.grey.shape) < rules.TINY_SIDE:
        stroke = False  # between so few pixels, nobody knows where a stroke's outline is
    width = measure_stroke(strokes) if crop and stroke else 0.0
    if width and not MIN_STROKE <= width <= MAX_STROKE:
        change = "thickened" if width < MIN_STROKE else "thinned"
        reading.findings.append(f"strokes {width:.1f} pixels wide in the box, MNIST's are about 2.5: {change}")
    reading.image = normalize_ink(strokes, crop=crop, stroke=stroke, box=box, mass=mass)
    reading.steps += [("digit", digit), ("28 x 28", reading.image)]
    return reading


def _extract_digit(ink: Ink, findings: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the digit's strokes, 0 to 1, in the whole picture and cropped, and add to the findings."""
    group = group_digit(ink)
    mask = np.zeros(ink.mask.shape, bool)
    for component in group:
        mask[component.box] |= component.mask
    specks = len(ink.components) - len(group)
    if specks:
        findings.append(f"{specks} {'speck' if specks == 1 else 'specks'} beside the digit: left out")
    strokes, hairline = extract_strokes(ink, mask)
    if hairline:
        findings.append("hairline strokes: thickened")
    box = ndi.find_objects(mask.astype(np.int8))[0]
    if any(each.start == 0 or each.stop == length for each, length in zip(box, mask.shape, strict=True)):
        findings.append("the digit touches the picture's border: a part may be missing")
    return strokes, strokes[box]


def _is_mnists(strokes: np.ndarray) -> bool:
    """Tell whether an image is in MNIST's format already."""
    if strokes.shape != (IMAGE_SIDE, IMAGE_SIDE):
        return False
    return np.abs(normalize_ink(strokes, stroke=False) / 255.0 - strokes).max() < rules.MAX_MNIST_DIFFERENCE
