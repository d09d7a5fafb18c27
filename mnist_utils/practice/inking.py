"""MNIST's digits as crisp ink, one at a time or side by side on a line."""

import numpy as np
from scipy import ndimage as ndi
from skimage.transform import resize

__all__ = ["DIGIT_HEIGHT", "ink_from_mnist", "write_line"]

INK_SIDE = 280  # pixels
DIGIT_HEIGHT, LINE_HEIGHT, LINE_WIDTH = 110, 150, 640  # pixels
MIN_DIGIT_WIDTH = 6  # pixels


def ink_from_mnist(image: np.ndarray, side: int = INK_SIDE) -> np.ndarray:
    """Redraw an MNIST digit, larger, with the crisp edge of a pen.

    Parameters
    ----------
    image : ndarray of uint8, shape (28, 28)
        Bright ink on black.
    side : int
        Height and width of the drawing, in pixels.

    Returns
    -------
    ndarray of float, shape (side, side)
        From 0, no ink, to 1.
    """
    smooth = resize(image / 255, (side, side), order=3, mode="constant", anti_aliasing=False)
    smooth = ndi.gaussian_filter(smooth, 2 * side / INK_SIDE)
    return np.clip((smooth - 0.5) * 8 + 0.5, 0, 1)


def write_line(inks: list[np.ndarray], gap: int, rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Write digits side by side, at heights and places that vary at random.

    Parameters
    ----------
    inks : list of ndarray of float, shape (height, width)
        The digits, from 0, no ink, to 1.
    gap : int
        Pixels between neighbours; below 0, they overlap.
    rng : Generator
        Source of the random numbers.

    Returns
    -------
    line : ndarray of float, shape (150, 640)
        From 0, no ink, to 1. A digit is about 110 pixels high.
    spans : list of (int, int)
        First column of each digit, and the one after its last.
    """
    line, spans = np.zeros((LINE_HEIGHT, LINE_WIDTH)), []
    left = int(rng.integers(20, 50))
    for ink in inks:
        rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        zoom = DIGIT_HEIGHT * rng.uniform(0.85, 1.1) / len(ink)
        shape = round(len(ink) * zoom), max(MIN_DIGIT_WIDTH, round(ink.shape[1] * zoom))
        ink = resize(ink, shape, anti_aliasing=True)
        top = int(rng.integers(8, 20))
        place = line[top : top + len(ink), left : left + ink.shape[1]]
        place[:] = np.maximum(place, ink[:, : place.shape[1]])
        spans.append((left, left + ink.shape[1]))
        left += ink.shape[1] + gap
    return line, spans
