"""Find the ink in any picture, and say in words what was found and done: the input doctor.

The chapter *Your own handwriting* shows it at work.
"""

from dataclasses import dataclass, field

import numpy as np

from mnist_utils.reading import rules
from mnist_utils.reading.files import PAGE_SIDE, WORKING_SIDE, PictureLike, open_grey
from mnist_utils.reading.ink import Ink, separate_ink, why_unreadable
from mnist_utils.reading.paper import is_drawing
from mnist_utils.reading.sheet import find_sheet

__all__ = ["InkedPicture", "find_ink"]


@dataclass(eq=False)
class InkedPicture:
    """A picture, and the ink in it.

    Attributes
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture upright, in grey, averaged down if it was large.
    scale : float
        Pixels of the upright picture for one of ``grey``.
    findings : list of str
        What was found and done, in order.
    ink : Ink or None
        None if there is nothing to read.
    reason : str
        Why there is nothing to read; empty if there is something.
    steps : list of (str, ndarray)
        Title and picture of each step.
    ink_left, ink_top : float
        Where the ink's array begins in the upright picture, in pixels.
    ink_scale : float
        Pixels of the upright picture for one of the ink's array.
    """

    grey: np.ndarray
    scale: float
    findings: list[str]
    ink: Ink | None = None
    reason: str = ""
    steps: list[tuple[str, np.ndarray]] = field(default_factory=list)
    ink_left: float = 0.0
    ink_top: float = 0.0
    ink_scale: float = 1.0


def find_ink(image: PictureLike, *, polarity: bool = True, several: bool = False) -> InkedPicture:
    """Separate the ink of a picture from its paper.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`~mnist_utils.reading.one_digit.to_mnist`.
    polarity : bool
        If False, all that is bright is taken for ink, and black for paper.
    several : bool
        Whether the picture may hold several digits.

    Returns
    -------
    InkedPicture

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
    ValueError
        If the file or the array holds no picture, or the file too large a one.
    """
    inked = _find_ink(image, WORKING_SIDE, polarity, several)
    if several and inked.ink is not None and max(inked.grey.shape) * inked.scale > rules.MIN_SIDE_TO_CHANGE:
        side = float(np.median([each.side for each in inked.ink.find_writing(several=True)]))
        # Smaller writing has too few pixels to tell digits apart, larger writing more than it takes.
        if not rules.SMALL_SIDE <= side <= rules.LARGE_SIDE:
            better = round(max(inked.grey.shape) * np.sqrt(rules.SMALL_SIDE * rules.LARGE_SIDE) / side)
            side = int(np.clip(better, rules.MIN_SIDE_TO_CHANGE, PAGE_SIDE))
            inked = _find_ink(image, side, polarity, several, inked.ink)
    return inked


def _find_ink(image: PictureLike, side: int, polarity: bool, several: bool, before: Ink | None = None) -> InkedPicture:
    """Separate the ink of a picture, averaged down to that side, from its paper; `before` as in `separate_ink`."""
    grey, scale, findings = open_grey(image, side)
    inked = InkedPicture(grey, scale, findings, steps=[("picture", grey)], ink_scale=scale)
    sheet = None if is_drawing(grey) else find_sheet(grey)
    if sheet:
        rows, columns = sheet
        grey, inked.ink_top, inked.ink_left = grey[sheet], rows.start * scale, columns.start * scale
        findings.append("a sheet or a screen in a wider picture: its surroundings cut off")
    if grey.min() == grey.max():
        inked.reason = "the picture is of one colour"
    else:
        ink = separate_ink(grey, polarity=polarity, several=several, before=before)
        if ink.mask.shape != grey.shape:
            findings.append(f"only {grey.shape[1]} x {grey.shape[0]} pixels: enlarged")
            inked.ink_left -= rules.TINY_MARGIN * scale
            inked.ink_top -= rules.TINY_MARGIN * scale
            inked.ink_scale = scale / rules.TINY_ZOOM
        inked.steps.append(("ink", np.clip(ink.contrast.values / ink.level, 0, 1)))
        inked.reason = why_unreadable(ink, several)
    if inked.reason:
        findings.append(f"nothing to read: {inked.reason}")
    else:
        inked.ink = ink
        findings += _describe(ink, polarity)
    return inked


def _describe(ink: Ink, polarity: bool) -> list[str]:
    """Say in words what was found on the way to the ink."""
    findings = []
    if polarity:
        findings.append(
            "dark ink on light paper: inverted" if ink.contrast.dark else "light ink on a dark ground: kept"
        )
    if not ink.contrast.clean:
        uneven = float(np.ptp(np.percentile(ink.contrast.paper, [2, 98])))
        if uneven > rules.MAX_EVEN_LIGHT:
            findings.append(f"uneven light or shadow, {100 * uneven:.0f} % of white: evened out")
        if ink.level < rules.MAX_FAINT_LEVEL:
            findings.append(f"faint ink, contrast {100 * ink.level:.0f} %: strengthened")
    if ink.lines:
        findings.append(f"{ink.lines} printed {'line' if ink.lines == 1 else 'lines'}: removed")
    return findings
