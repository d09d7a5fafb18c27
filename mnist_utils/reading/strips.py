"""Touching digits in one wide image, a *strip*, which a network reads without cutting them apart.

The network answers for each place of the strip, two pixels wide, whether the middle of a digit is there, and of which
one. The chapter *Several digits, and whole pages* trains it.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from skimage.transform import resize, resize_local_mean

from mnist_utils.reading.mnist_format import BOX_SIDE, IMAGE_SIDE, crop_ink

__all__ = [
    "NOTHING",
    "N_PLACES",
    "PLACE_WIDTH",
    "STRIP_MARGIN",
    "STRIP_WIDTH",
    "StripDigit",
    "find_digits",
    "normalize_strip",
]

STRIP_WIDTH = 4 * IMAGE_SIDE  # pixels, at least; the height is that of MNIST's images
STRIP_MARGIN = (IMAGE_SIDE - BOX_SIDE) // 2  # pixels above, below and before the ink
PLACE_WIDTH = 2  # pixels
N_PLACES = STRIP_WIDTH // PLACE_WIDTH
NOTHING = 10  # the answer for a place without a digit's middle


@dataclass(frozen=True)
class StripDigit:
    """A digit in a strip.

    Attributes
    ----------
    digit : int
        0 to 9.
    probability : float
        The highest one among the digit's places, 0 to 1.
    middle : float
        Where its middle is, in pixels from the strip's left side.
    """

    digit: int
    probability: float
    middle: float


def normalize_strip(ink: np.ndarray) -> np.ndarray:
    """Bring clean ink into a strip: 20 pixels high, aspect kept, 4 pixels from the left side.

    The network that reads it consists of convolutions, so it takes a strip of any width.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1. The background must be exactly 0.

    Returns
    -------
    ndarray of uint8, shape (28, 112)
        Bright ink on black. Wider, by a whole number of places, if the ink is wider than five times its height. All
        0 if there is no ink.
    """
    if not ink.any():
        return np.zeros((IMAGE_SIDE, STRIP_WIDTH), np.uint8)
    ink = crop_ink(ink)
    width = max(1, round(ink.shape[1] * BOX_SIDE / len(ink)))
    shape = BOX_SIDE, width
    ink = resize_local_mean(ink, shape) if len(ink) > BOX_SIDE else resize(ink, shape, anti_aliasing=False)
    n_places = max(N_PLACES, -(-(width + 2 * STRIP_MARGIN) // PLACE_WIDTH))
    strip = np.zeros((IMAGE_SIDE, n_places * PLACE_WIDTH))
    strip[STRIP_MARGIN : STRIP_MARGIN + BOX_SIDE, STRIP_MARGIN : STRIP_MARGIN + width] = ink / ink.max()
    return np.floor(strip * 255 + 0.5).astype(np.uint8)


def find_digits(probabilities: np.ndarray) -> list[StripDigit]:
    """Return the digits of a strip, from left to right.

    Neighbouring places with the same answer are one digit.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_places, 11)
        For each place that of each digit, and of no digit's middle.

    Returns
    -------
    list of StripDigit
    """
    answers = probabilities.argmax(axis=1).tolist()
    digits, place = [], 0
    for answer, same in itertools.groupby(answers):
        end = place + len(list(same))
        if answer != NOTHING:
            middle = PLACE_WIDTH * (place + end) / 2
            digits.append(StripDigit(answer, float(probabilities[place:end, answer].max()), middle))
        place = end
    return digits
