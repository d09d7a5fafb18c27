"""Part a picture into ink and paper.

A photo is tried as dark ink on light paper and as light ink on dark, each against paper whose brightness is estimated
in three window sizes: a small window follows shadows, a large one does not mistake a thick stroke for paper. Of the
six results the one is taken whose most digit-like piece of ink stands out most clearly, see :func:`separate_ink`.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage as ndi
from skimage.filters import threshold_otsu

from mnist_utils.reading.components import (
    MAX_COMPONENTS,
    MAX_COMPONENTS_OF_PAGE,
    Component,
    find_components,
    gap,
    may_be_writing,
    score_digit,
)
from mnist_utils.reading.mnist_format import BOX_SIDE, mean_stroke_width
from mnist_utils.reading.paper import (
    TINY_SIDE,
    Contrast,
    contrast_of_bright_ink,
    contrast_of_drawing,
    contrast_of_tiny_picture,
    contrasts_of_photo,
    is_dark_on_light,
    is_drawing,
    shrink,
)
from mnist_utils.reading.printed_lines import remove_lines

__all__ = ["Ink", "extract_strokes", "group_digit", "separate_ink", "why_unreadable"]

WINDOWS = (0.1, 0.25, 0.5)  # that the paper is estimated in, as parts of the picture's larger side
DRAFT_SIDE = 280  # pixels: the six ways to part a photo are compared at this size
USUAL_POLARITY_FACTOR = 1.5  # of the score: ink is rather what stands out more, dark or light

MIN_CONTRAST_RATIO = 0.35  # of the strokes' contrast, for ink
MIN_CONTRAST_RATIO_OF_SEVERAL = 0.45  # of several digits': it keeps neighbours apart
MIN_LEVEL_RATIO = 1.8  # of a component's strong pixels to its weak ones, if only the strong ones are its stroke
MIN_LINED_SIDE = 64  # pixels: a smaller picture has no printed lines

MIN_NOISE, FULL_NOISE = 0.004, 0.01  # of white: below nothing is smoothed, from the other on fully
MIN_NOISY_SIDE = 150  # pixels: a smaller picture is not smoothed
SIDE_PER_BLUR, MAX_NOISE_BLUR = 500, 1.5  # pixels: larger side for a standard deviation of 1, and the largest
STROKE_BLUR, MIN_STROKE_BLUR = 0.12, 0.8  # standard deviation for faint strokes: part of their thickness, and pixels

GAP_IN_DIGIT = 0.2  # of the larger side of a digit's pieces, that another piece may be away from them
MIN_DIGIT_SIDE, MIN_DIGIT_PIXELS = 0.012, 3  # of the picture's larger side, and pixels
MIN_SIDE_BETWEEN_LINES = 0.05  # of the picture's larger side: less may be what is left of a printed line
MIN_EDGE_SHARE = 0.5  # of a digit; a shadow has less
SPECK_SIDE = 0.4  # of the main component's larger side: what is smaller is a speck
MAX_SPECKS, MAX_SPECK_AREA, MIN_SIDE_AMONG_SPECKS = 12, 0.4, 32  # number, part of the main component's area, pixels
MAX_ALIKE, MAX_ALIKE_ON_PAGE = 25, 600  # components about as large as the main one; more are a texture

HAIRLINE = 1 / 40  # of the digit's size: thinner strokes would not survive the scaling to MNIST's format
MIN_SOFT, SOFT_RANGE = 0.2, 0.6  # parts of a photo's stroke contrast: becomes no ink, and makes full ink beyond that
SOFT_EDGE = 2  # pixels around strokes that belong to them


@dataclass(frozen=True, eq=False)
class Ink:
    """A picture's ink.

    Attributes
    ----------
    contrast : Contrast
        How much each pixel stands out from the paper.
    mask : ndarray of bool, shape (height, width)
        The ink, printed lines taken out.
    level : float
        Contrast of the strokes; 1 in a clean picture.
    components : list of Component
        Its connected pieces, the largest first.
    main : Component or None
        The piece most like a digit; None if there is no ink.
    lines : int
        Printed lines taken out.
    """

    contrast: Contrast
    mask: np.ndarray
    level: float = 1.0
    components: list[Component] = field(default_factory=list)
    main: Component | None = None
    lines: int = 0

    def find_writing(self, several: bool = False) -> list[Component]:
        """Return the components that may be written together with the main one, see :func:`may_be_writing`."""
        return [each for each in self.components if may_be_writing(each, self.main, self.mask.shape, several)]


def separate_ink(grey: np.ndarray, *, polarity: bool = True, several: bool = False) -> Ink:
    """Part a picture into ink and paper, and find the piece of ink that is most like a digit.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        Not all of one value.
    polarity : bool
        If False, all that is bright is taken for ink, and black for paper.
    several : bool
        Whether there may be several digits: then all pieces of writing speak for ink of their kind, not just one.

    Returns
    -------
    Ink
        Of a picture below 24 pixels, it is that of one with a margin of one pixel, enlarged 5 times.
    """
    if not polarity:
        return _find_strokes(contrast_of_bright_ink(grey), several=several)
    if max(grey.shape) < TINY_SIDE:
        return _find_strokes(contrast_of_tiny_picture(grey), several=several)
    if is_drawing(grey):
        return _find_strokes(contrast_of_drawing(grey), several=several)
    photo = _denoise(grey / 255)
    small = shrink(photo, DRAFT_SIDE)
    drafts = [
        _find_strokes(contrast, lined=False, several=several)
        for dark in (True, False)
        for contrast in contrasts_of_photo(small, dark, WINDOWS)
    ]
    usual = is_dark_on_light(photo)
    scores = [
        _score(draft, several) * (USUAL_POLARITY_FACTOR if draft.contrast.dark == usual else 1) for draft in drafts
    ]
    best = drafts[int(np.argmax(scores))]
    [contrast] = contrasts_of_photo(_smooth(photo, best), best.contrast.dark, [best.contrast.window])
    return _find_strokes(contrast, several=several)


def _find_strokes(contrast: Contrast, *, lined: bool = True, several: bool = False) -> Ink:
    """Find a digit's main component, and all ink that is as strong, without printed lines if there may be any."""
    values, shape = contrast.values, contrast.values.shape
    mask = values >= contrast.min_ink
    max_count = MAX_COMPONENTS_OF_PAGE if several else MAX_COMPONENTS
    components = find_components(mask, contrast, max_count)
    if not components:
        return Ink(contrast, mask)
    level, lines = 1.0, 0
    if not contrast.clean:
        main = max(components, key=lambda each: score_digit(each, shape))
        level = _measure_level(values[main.box][main.mask])
        ratio = MIN_CONTRAST_RATIO_OF_SEVERAL if several else MIN_CONTRAST_RATIO
        mask = values >= max(contrast.min_ink, ratio * level)
    if lined and max(shape) >= MIN_LINED_SIDE:
        mask, lines = remove_lines(mask)
    if lines or not contrast.clean:
        components = find_components(mask, contrast, max_count)
    main = max(components, key=lambda each: score_digit(each, shape), default=None)
    return Ink(contrast, mask, level, components, main, lines)


def _measure_level(values: np.ndarray) -> float:
    """Return the contrast of strokes from that of a component's pixels, some of which may be a shadow around them."""
    split = threshold_otsu(values) if np.ptp(values) > 1e-3 else values.min()
    strong, weak = values[values >= split], values[values < split]
    high = strong.mean()
    low = weak.mean() if weak.size else high
    return float(high if high > MIN_LEVEL_RATIO * low else np.percentile(values, 75))


def _score(ink: Ink, several: bool) -> float:
    """Tell how much the ink is like a digit, or several, and how clearly it stands out from noise and other ink."""
    if ink.main is None:
        return 0.0
    writing = ink.find_writing(several) if several else [ink.main]
    score = sum(score_digit(each, ink.mask.shape) for each in writing)
    area = sum(each.area for each in writing)
    return score * ((ink.level / ink.contrast.min_ink) ** 0.5 * (area / ink.mask.sum()) ** 0.25)


def _denoise(grey: np.ndarray) -> np.ndarray:
    """Smooth a photo, 0 to 1, by as much as it is noisy, and never a clean or a small picture."""
    side = max(grey.shape)
    noise = float(np.median(np.abs(grey - ndi.gaussian_filter(grey, 1))))
    if noise > MIN_NOISE and side > MIN_NOISY_SIDE:
        return ndi.gaussian_filter(grey, min(MAX_NOISE_BLUR, side / SIDE_PER_BLUR) * min(1.0, noise / FULL_NOISE))
    return grey


def _smooth(grey: np.ndarray, draft: Ink) -> np.ndarray:
    """Smooth a photo the more, the nearer its noise comes to the contrast of the strokes in its draft."""
    if draft.main is None:
        return grey
    thickness = draft.main.thickness * max(grey.shape) / max(draft.mask.shape)
    sigma = STROKE_BLUR * thickness * min(1.0, 2 * draft.contrast.min_ink / draft.level)
    return ndi.gaussian_filter(grey, sigma) if sigma > MIN_STROKE_BLUR else grey


def why_unreadable(ink: Ink, several: bool = False) -> str:
    """Tell why there is no digit in a picture's ink.

    Parameters
    ----------
    ink : Ink
        From :func:`separate_ink`.
    several : bool
        Whether there may be several digits.

    Returns
    -------
    str
        Empty if there may be a digit.
    """
    larger_side, main = max(ink.mask.shape), ink.main
    if main is None:
        return "only printed lines" if ink.lines else "nothing stands out from the paper"
    if main.side < max(MIN_DIGIT_PIXELS, MIN_DIGIT_SIDE * larger_side):
        return "only specks"
    if ink.lines and main.side < MIN_SIDE_BETWEEN_LINES * larger_side:
        return "only printed lines"
    if main.edge_share < MIN_EDGE_SHARE:
        return "only shadows"
    specks = [each for each in ink.components if each.side < SPECK_SIDE * main.side]
    # In a small picture, pieces of pure noise join to one that is larger than the rest.
    joined = (
        main.side < MIN_SIDE_AMONG_SPECKS
        and len(specks) > MAX_SPECKS
        and sum(each.area for each in specks) > MAX_SPECK_AREA * main.area
    )
    if joined or len(ink.components) - len(specks) > (MAX_ALIKE_ON_PAGE if several else MAX_ALIKE):
        return "only noise, or a texture: many specks and no stroke among them"
    return ""


def group_digit(ink: Ink) -> list[Component]:
    """Return the components of one digit: the main one, and pieces of a broken or parted digit near it.

    Parameters
    ----------
    ink : Ink
        With a main component.

    Returns
    -------
    list of Component
    """
    shape = ink.mask.shape
    group = [ink.main]
    touches = ink.main.touches_border(shape)
    waiting = [
        each for each in ink.find_writing() if each is not ink.main and (touches or not each.touches_border(shape))
    ]
    while True:
        reach = GAP_IN_DIGIT * max(each.side for each in group)
        near = [each for each in waiting if gap(each, group) <= reach]
        if not near:
            return group
        group += near
        waiting = [each for each in waiting if each not in near]


def extract_strokes(ink: Ink, mask: np.ndarray, frame: tuple[slice, slice] = np.s_[:, :]) -> tuple[np.ndarray, bool]:
    """Return the ink of some strokes as :func:`~mnist_utils.reading.mnist_format.normalize_ink` takes it.

    In a clean picture (one paper colour and strokes on it, nothing else), that is the contrast to the paper divided by
    the largest one: for bright ink on black, the pixels themselves / 255. In a photo, contrasts from 20 to 80 % of the
    strokes' become 0 to 1. Two pixels around the strokes belong to them, as their soft edge; beyond is no ink.

    Parameters
    ----------
    ink : Ink
        From :func:`separate_ink`.
    mask : ndarray of bool, shape of the frame
        The strokes.
    frame : tuple of slice
        The rows and columns of the picture that they lie in.

    Returns
    -------
    strokes : ndarray of float
        From 0, no ink, to 1.
    hairline : bool
        Whether the strokes were hairlines, and thickened to 1/40 of the digit's size.
    """
    values = ink.contrast.values[frame]
    box = ndi.find_objects(mask.astype(np.int8))[0]
    side = max(each.stop - each.start for each in box)
    width = mean_stroke_width(mask[box])
    if width < side * HAIRLINE and side > 2 * BOX_SIDE:
        return np.clip((side * HAIRLINE - width) / 2 + 1 - ndi.distance_transform_edt(~mask), 0, 1), True
    if not ink.contrast.clean:
        values = np.clip((values / ink.level - MIN_SOFT) / SOFT_RANGE, 0, 1)
    return np.where(ndi.binary_dilation(mask, np.ones((3, 3)), iterations=SOFT_EDGE), values, 0), False
