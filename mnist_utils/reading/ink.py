"""Separate the ink of a picture from its paper.

A photo is tried as dark ink on light paper and as light ink on dark, each against paper whose brightness is estimated
in three window sizes: a small window follows shadows, a large one does not mistake a thick stroke for paper. Each of
the six results has a piece of ink that is most like a digit. The result is taken in which this piece stands out most
clearly, see :func:`separate_ink`. When the picture is looked at once more in another size, its kind of ink stays.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage as ndi
from skimage.filters import threshold_otsu

from mnist_utils.reading import rules
from mnist_utils.reading.components import (
    Component,
    find_components,
    find_main,
    gap,
    may_be_writing,
    score_digit,
)
from mnist_utils.reading.mnist_format import BOX_SIDE, mean_stroke_width
from mnist_utils.reading.paper import (
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
        """Return the components that may be written together with the main one, see :func:`may_be_writing`.

        Parameters
        ----------
        several : bool
            Whether there may be several digits.

        Returns
        -------
        list of Component
            In the order of `components`. The main one is among them.
        """
        return [each for each in self.components if may_be_writing(each, self.main, self.mask.shape, several)]


def separate_ink(grey: np.ndarray, *, polarity: bool = True, several: bool = False, before: Ink | None = None) -> Ink:
    """Separate the ink of a picture from its paper, and find the piece of ink that is most like a digit.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        Not all of one value.
    polarity : bool
        If False, all that is bright is taken for ink, and black for paper.
    several : bool
        Whether there may be several digits: then all pieces of writing speak for ink of their kind, not just one.
    before : Ink, optional
        What was found in the same picture in another size. In a photo, its kind of ink (dark or bright, and the window
        in which the paper is estimated) is taken over, not chosen anew.

    Returns
    -------
    Ink
        Of a picture below 24 pixels, it is that of one with a margin of one pixel, enlarged 5 times.
    """
    if not polarity:
        return _find_strokes(contrast_of_bright_ink(grey), several=several)
    if max(grey.shape) < rules.TINY_SIDE:
        return _find_strokes(contrast_of_tiny_picture(grey), several=several)
    if is_drawing(grey):
        return _find_strokes(contrast_of_drawing(grey), several=several)
    photo = _denoise(grey / 255)
    draft = before if before and before.contrast.window else _choose_draft(photo, several)
    kind = draft.contrast
    [contrast] = contrasts_of_photo(_smooth(photo, draft), kind.dark, [kind.window])
    return _find_strokes(contrast, several=several)


def _choose_draft(photo: np.ndarray, several: bool) -> Ink:
    """Return the most convincing ink of a photo that is averaged down: dark or bright, in each size of window."""
    small = shrink(photo, rules.DRAFT_SIDE)
    drafts = [
        _find_strokes(contrast, lined=False, several=several)
        for dark in (True, False)
        for contrast in contrasts_of_photo(small, dark, rules.PAPER_WINDOWS)
    ]
    usual = is_dark_on_light(photo)
    scores = [
        _score(draft, several) * (rules.USUAL_POLARITY_FACTOR if draft.contrast.dark == usual else 1)
        for draft in drafts
    ]
    return drafts[int(np.argmax(scores))]


def _find_strokes(contrast: Contrast, *, lined: bool = True, several: bool = False) -> Ink:
    """Find a digit's main component, and all ink that is as strong, without printed lines if there may be any."""
    values, shape = contrast.values, contrast.values.shape
    mask = values >= contrast.min_ink
    components = find_components(mask, contrast, several)
    if not components:
        return Ink(contrast, mask)
    level, lines = 1.0, 0
    if not contrast.clean:
        main = find_main(components, shape)
        level = _measure_level(values[main.box][main.mask])
        ratio = rules.MIN_CONTRAST_RATIO_OF_SEVERAL if several else rules.MIN_CONTRAST_RATIO
        mask = values >= max(contrast.min_ink, ratio * level)
    if lined and max(shape) >= rules.MIN_LINED_SIDE:
        mask, lines = remove_lines(mask)
    if lines or not contrast.clean:
        components = find_components(mask, contrast, several)
    return Ink(contrast, mask, level, components, find_main(components, shape), lines)


def _measure_level(values: np.ndarray) -> float:
    """Return the contrast of strokes from that of a component's pixels, some of which may be a shadow around them."""
    split = threshold_otsu(values) if np.ptp(values) > 1e-3 else values.min()
    strong, weak = values[values >= split], values[values < split]
    high = strong.mean()
    low = weak.mean() if weak.size else high
    return float(high if high > rules.MIN_LEVEL_RATIO * low else np.percentile(values, 75))


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
    if noise > rules.MIN_NOISE and side > rules.MIN_NOISY_SIDE:
        return ndi.gaussian_filter(
            grey, min(rules.MAX_NOISE_BLUR, side / rules.SIDE_PER_BLUR) * min(1.0, noise / rules.FULL_NOISE)
        )
    return grey


def _smooth(grey: np.ndarray, draft: Ink) -> np.ndarray:
    """Smooth a photo the more, the nearer its noise comes to the contrast of the strokes in its draft."""
    if draft.main is None:
        return grey
    thickness = draft.main.thickness * max(grey.shape) / max(draft.mask.shape)
    sigma = rules.STROKE_BLUR * thickness * min(1.0, 2 * draft.contrast.min_ink / draft.level)
    return ndi.gaussian_filter(grey, sigma) if sigma > rules.MIN_STROKE_BLUR else grey


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
    if main.side < max(rules.MIN_DIGIT_PIXELS, rules.MIN_DIGIT_SIDE * larger_side):
        return "only specks"
    if main.touches_border(ink.mask.shape) and main.side < rules.MIN_SIDE_AT_BORDER * larger_side:
        return "only specks"
    if ink.lines and main.side < rules.MIN_SIDE_BETWEEN_LINES * larger_side:
        return "only printed lines"
    if main.edge_share < rules.MIN_EDGE_SHARE:
        return "only shadows"
    specks = [each for each in ink.components if each.side < rules.SPECK_SIDE * main.side]
    alike = [each for each in ink.components if each.side >= rules.SPECK_SIDE * main.side]
    digits_area = sum(each.area for each in (alike if several else [main]))
    # In a small picture, pieces of pure noise join to one that is larger than the rest.
    joined = (
        main.side < rules.MIN_SIDE_AMONG_SPECKS
        and len(specks) > rules.MAX_SPECKS
        and sum(each.area for each in specks) > rules.MAX_SPECK_AREA * digits_area
    )
    if joined or len(alike) > (rules.MAX_ALIKE_ON_PAGE if several else rules.MAX_ALIKE):
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
        reach = rules.GAP_IN_DIGIT * max(each.side for each in group)
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
    hairline = side * rules.HAIRLINE
    if side > 2 * BOX_SIDE and hairline > 2:  # no width that is measured is below 2
        width = mean_stroke_width(mask[box])
        if width < hairline:
            return np.clip((hairline - width) / 2 + 1 - ndi.distance_transform_edt(~mask), 0, 1), True
    if not ink.contrast.clean:
        values = np.clip((values / ink.level - rules.MIN_SOFT) / rules.SOFT_RANGE, 0, 1)
    return np.where(ndi.maximum_filter(mask, 2 * rules.STROKE_EDGE + 1), values, 0), False
