"""Estimate the paper's brightness everywhere in a picture, and how much each pixel stands out from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage as ndi
from skimage.filters import rank, threshold_otsu
from skimage.transform import resize

from mnist_utils.reading import rules

__all__ = [
    "Contrast",
    "contrast_of_bright_ink",
    "contrast_of_drawing",
    "contrast_of_tiny_picture",
    "contrasts_of_photo",
    "is_dark_on_light",
    "is_drawing",
    "shrink",
]

MAD_TO_SIGMA = 1.4826  # standard deviation of normal noise, divided by its median absolute deviation


@dataclass(frozen=True, eq=False)
class Contrast:
    """How much each pixel of a picture stands out from the paper.

    Attributes
    ----------
    values : ndarray of float, shape (height, width)
        How much darker (or lighter) than the paper each pixel is: about 0 on paper.
    min_ink : float
        Below this there is only noise.
    dark : bool
        Whether ink is darker than the paper.
    paper : ndarray of float or float
        The paper's brightness, 0 to 1.
    light : ndarray of float, shape (height, width), or None
        The picture from 0 to 1, inverted if the ink is light; None for a clean picture.
    scale : ndarray of float or float
        What differences in ``light`` are divided by to be a contrast.
    window : float
        Size of the window that the paper was estimated in, as part of the picture's; 0 for a clean picture.
    """

    values: np.ndarray
    min_ink: float
    dark: bool
    paper: np.ndarray | float
    light: np.ndarray | None = None
    scale: np.ndarray | float = 1.0
    window: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether the picture has one paper colour, and nothing but strokes on it."""
        return self.light is None


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """Average a picture down.

    Parameters
    ----------
    image : ndarray of float, shape (height, width)
        The picture.
    side : int
        Pixels that its larger side has at most afterwards.

    Returns
    -------
    ndarray of float
        The same array if it is small enough.
    """
    larger = max(image.shape)
    if larger <= side:
        return image
    height, width = (max(1, round(n * side / larger)) for n in image.shape)
    small = Image.fromarray(image.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small).astype(float)


def is_drawing(grey: np.ndarray) -> bool:
    """Tell whether a drawing program made the picture: one paper colour, and all else is strokes and their edges.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture.

    Returns
    -------
    bool
        For the exact rule see :func:`~mnist_utils.reading.one_digit.to_mnist`.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    paper = int(counts.argmax())
    if counts[max(0, paper - 1) : paper + 2].sum() < rules.MIN_PAPER_SHARE * grey.size:
        return False
    difference = np.abs(grey.astype(int) - paper)
    strokes = difference > rules.MIN_STROKE_DIFFERENCE * difference.max()
    reach = max(rules.MIN_DRAWING_EDGE, int(max(grey.shape) * rules.DRAWING_EDGE))
    near_strokes = ndi.maximum_filter(strokes, size=2 * reach + 1)
    return bool(np.mean((difference > rules.MAX_PAPER_DIFFERENCE) & ~near_strokes) < rules.MAX_STRAY_SHARE)


def is_dark_on_light(grey: np.ndarray) -> bool:
    """Tell whether more stands out darkly from its surroundings than brightly.

    Parameters
    ----------
    grey : ndarray of float, shape (height, width)
        A photo, 0 to 1.

    Returns
    -------
    bool
    """
    small = shrink(grey, rules.POLARITY_SIDE)
    radius = max(2, max(small.shape) // 3)
    paper = rank.median(np.round(small * 255).astype(np.uint8), np.ones((2 * radius + 1,) * 2, bool)) / 255
    deviation = small - paper
    limit = rules.POLARITY_SIGMAS * MAD_TO_SIGMA * float(np.median(np.abs(deviation - np.median(deviation))))
    limit = min(max(rules.MIN_POLARITY_LIMIT, limit), rules.MAX_POLARITY_LIMIT)
    return bool(-deviation[deviation < -limit].sum() >= deviation[deviation > limit].sum())


def contrast_of_bright_ink(grey: np.ndarray) -> Contrast:
    """Take all that is bright for ink, and black for paper.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture.

    Returns
    -------
    Contrast
    """
    return Contrast(grey / 255, rules.MIN_CLEAN_CONTRAST, dark=False, paper=0.0)


def contrast_of_tiny_picture(grey: np.ndarray) -> Contrast:
    """Enlarge a picture of few pixels, such as scikit-learn's 8 x 8 digits: paper prevails, above all at the border.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture, below 24 pixels.

    Returns
    -------
    Contrast
        Of the picture with a margin of one pixel, enlarged five times.
    """
    grey = grey / 255
    bright = grey > threshold_otsu(grey)
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    dark = bool(bright.mean() + border.mean() > 1)
    paper = float(np.median(grey[bright == dark]))
    signed = (paper - grey) if dark else (grey - paper)
    values = np.pad(np.clip(signed, 0, None) / max(signed.max(), 1e-9), rules.TINY_MARGIN)
    # Bicubic: between so few pixels, straight lines would close what is open in a 5 or a 9.
    values = resize(values, [rules.TINY_ZOOM * n for n in values.shape], order=3, mode="constant", anti_aliasing=False)
    values = np.where(values < rules.MIN_TINY_CONTRAST, 0, np.minimum(values, 1))
    return Contrast(values, rules.MIN_CLEAN_CONTRAST, dark, paper)


def contrast_of_drawing(grey: np.ndarray) -> Contrast:
    """Take a drawing's most frequent grey value for the paper.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture, see :func:`is_drawing`.

    Returns
    -------
    Contrast
        As part of the largest, 0 to 1.
    """
    paper = int(np.bincount(grey.ravel(), minlength=256).argmax())
    signed = grey.astype(float) - paper
    dark = bool(-signed[signed < 0].sum() > signed[signed > 0].sum())
    values = np.clip(-signed if dark else signed, 0, None)
    return Contrast(values / max(values.max(), 1), rules.MIN_CLEAN_CONTRAST, dark, paper / 255)


def contrasts_of_photo(grey: np.ndarray, dark: bool, windows: Sequence[float]) -> list[Contrast]:
    """Estimate a photo's paper by a morphological closing, which wipes out strokes narrower than its window.

    Parameters
    ----------
    grey : ndarray of float, shape (height, width)
        The photo, 0 to 1.
    dark : bool
        Whether the ink is taken to be darker than the paper.
    windows : sequence of float
        As parts of the picture's larger side.

    Returns
    -------
    list of Contrast
        One for each window.
    """
    light = grey if dark else 1 - grey
    small = shrink(light, rules.PAPER_MAP_SIDE)
    smoothed = max(small.shape) > rules.MIN_SMOOTHED_SIDE
    if smoothed:
        small = ndi.median_filter(small, 3)
    contrasts = []
    for window in windows:
        size = max(3, round(window * max(small.shape)))
        paper = ndi.grey_closing(small, size=(size, size), mode="nearest")
        if smoothed:
            paper = ndi.gaussian_filter(paper, 1.0)
        paper = resize(paper, grey.shape, order=1, mode="edge", anti_aliasing=False)
        scale = np.maximum(paper, rules.MIN_PAPER_BRIGHTNESS) if dark else 1.0
        values = (paper - light) / scale
        plain = values[values < 0.5 * values.max()] if values.any() else values  # no strokes: most of it is paper
        rest = float(np.median(plain))
        sigma = MAD_TO_SIGMA * float(np.median(np.abs(plain - rest)))
        min_ink = max(rules.NOISE_SIGMAS * sigma, rules.MIN_PHOTO_CONTRAST)
        contrasts.append(Contrast(values - rest, min_ink, dark, paper if dark else 1 - paper, light, scale, window))
    return contrasts
