"""Tell the ink from the paper: the part of reading an own image that comes before MNIST's recipe.

A picture is tried as dark ink on light paper and as light ink on dark, each against paper whose brightness is
estimated in three window sizes: a small window follows shadows, a large one does not mistake a thick stroke for paper.
Of the six results that one wins whose most digit-like piece of ink stands out most clearly, see :func:`find_ink`.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image
from scipy import ndimage as ndi
from skimage.filters import rank, threshold_otsu
from skimage.measure import label
from skimage.morphology import convex_hull_image
from skimage.transform import hough_line, hough_line_peaks, resize

__all__ = [
    "TINY",
    "TINY_MARGIN",
    "TINY_ZOOM",
    "Component",
    "Ink",
    "belongs_to_writing",
    "find_ink",
    "find_sheet",
    "group_digit",
    "is_flat",
    "why_unreadable",
]

MAP_SIDE = 256  # the paper's brightness is estimated in a map of this size
POLARITY_SIDE = 96  # and the usual polarity in one of this size
WINDOWS = (0.1, 0.25, 0.5)  # windows to estimate the paper in, as parts of the picture's larger side
TINY = 24  # a picture with fewer pixels than this has no room for paper around the digit
TINY_MARGIN, TINY_ZOOM = 1, 5  # it gets a margin, and is enlarged
DRAFT_SIDE = 280  # the six ways to part a photo are compared at this size
WEAKEST, WEAKEST_OF_SEVERAL = 0.35, 0.45  # ink has this part of the strokes' contrast; more keeps neighbours apart
SMOOTHING = 0.12  # faint strokes in noise are smoothed by up to this part of their thickness
MOST_ALIKE = 25  # more pieces of about the largest one's size are no writing
SMALL, MOST_SPECKS = 32, 12  # nor is a piece of few pixels among many specks that hold 40 % of its ink


@dataclass(eq=False)
class Component:
    """A connected piece of ink.

    Attributes
    ----------
    box : tuple of slice
        Its rows and columns.
    own : ndarray of bool
        Its pixels in that box.
    area : int
        Its number of pixels.
    level : float
        Upper quartile of its contrast to the paper.
    thickness : float
        Twice the largest distance of one of its pixels to its rim.
    support : float
        Part of its rim where the picture itself changes, 0 to 1: see ``_support``.
    """

    box: tuple[slice, slice]
    own: np.ndarray
    area: int
    level: float
    thickness: float
    support: float

    def edges(self, shape: tuple[int, int]) -> set[str]:
        """Return the edges of the picture that it touches."""
        (rows, columns), (height, width) = self.box, shape
        sides = {"top": rows.start == 0, "bottom": rows.stop == height}
        sides |= {"left": columns.start == 0, "right": columns.stop == width}
        return {name for name, touches in sides.items() if touches}


@dataclass(eq=False)
class Ink:
    """A picture parted into ink and paper.

    Attributes
    ----------
    contrast : ndarray of float, shape (height, width)
        How much darker (or lighter) than the paper each pixel is: about 0 on paper.
    light : ndarray of float, shape (height, width), or None
        The picture from 0 to 1, inverted if the ink is light; None for a clean drawing.
    scale : ndarray of float or float
        What differences in ``light`` are divided by to be a contrast.
    paper : ndarray of float or float
        The paper's brightness, 0 to 1.
    dark : bool
        Whether the ink is darker than the paper.
    flat : bool
        Whether the picture is a clean drawing: one paper colour, nothing but strokes on it.
    floor : float
        Contrast below which there is only noise.
    window : float
        Size of the window that the paper was estimated in, as part of the picture's; 0 for a clean drawing.
    level : float
        Contrast of the strokes.
    mask : ndarray of bool, shape (height, width)
        The ink, printed lines taken out.
    parts : list of Component
        Its connected pieces, the largest first.
    main : Component or None
        The piece most like a digit.
    score : float
        How much it is like one.
    lines : int
        Printed lines taken out.
    """

    contrast: np.ndarray
    light: np.ndarray | None
    scale: np.ndarray | float
    paper: np.ndarray | float
    dark: bool
    flat: bool
    floor: float
    window: float = 0.0
    level: float = 1.0
    mask: np.ndarray | None = None
    parts: list[Component] = field(default_factory=list)
    main: Component | None = None
    score: float = 0.0
    lines: int = 0


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """Average an image of floats down until its larger side is ``side`` at most."""
    larger = max(image.shape)
    if larger <= side:
        return image
    height, width = (max(1, round(n * side / larger)) for n in image.shape)
    return np.asarray(Image.fromarray(image.astype(np.float32)).resize((width, height), Image.Resampling.BOX)).astype(
        float
    )


def is_flat(grey: np.ndarray) -> bool:
    """Tell whether a drawing program made the picture: one paper colour, and all else is strokes and their edges.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture.

    Returns
    -------
    bool
        For the exact rule see :func:`mnist_utils.reading.images.to_mnist`.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    paper = int(counts.argmax())
    if counts[max(0, paper - 1) : paper + 2].sum() < 0.5 * grey.size:
        return False
    difference = np.abs(grey.astype(int) - paper)
    strokes = difference > 0.4 * difference.max()
    reach = max(2, max(grey.shape) // 60)
    around = ndi.maximum_filter(strokes, size=2 * reach + 1)
    return bool(np.mean((difference > 3) & ~around) < 0.002)


def _components(mask: np.ndarray, ink: Ink, most: int = 40) -> list[Component]:
    """Return the connected strokes of a mask, the largest first."""
    labels, count = label(mask, connectivity=2, return_num=True)
    if count == 0:
        return []
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    boxes = ndi.find_objects(labels)
    found = []
    for number in np.argsort(-areas)[: min(count, most)]:
        box = boxes[number - 1]
        if max(b.stop - b.start for b in box) < 0.008 * max(mask.shape):
            continue
        own = labels[box] == number
        level = float(np.percentile(ink.contrast[box][own], 75))
        depth = ndi.distance_transform_edt(np.pad(own, 1))[1:-1, 1:-1]
        support = 1.0 if ink.light is None else _support(ink, box, own & (depth < 1.5), level, 2 * float(depth.max()))
        found.append(Component(box, own, int(areas[number]), level, 2 * float(depth.max()), support))
    return found


def _support(ink: Ink, box: tuple[slice, slice], rim: np.ndarray, level: float, thickness: float) -> float:
    """Return the part of a component's rim where the picture itself gets darker or brighter.

    All of a stroke's rim does; that of a shadow or of a dark corner does not.
    """
    reach = round(min(max(2, thickness / 2), max(2, max(ink.contrast.shape) / 40)))
    outer = tuple(slice(max(0, b.start - reach), b.stop + reach) for b in box)
    inner = tuple(slice(b.start - o.start, b.stop - o.start) for b, o in zip(box, outer, strict=True))
    light = ink.light[outer]
    steps = (ndi.maximum_filter(light, 2 * reach + 1) - ndi.minimum_filter(light, 2 * reach + 1))[inner]
    scale = ink.scale[box] if isinstance(ink.scale, np.ndarray) else ink.scale
    return float(np.mean((steps / scale)[rim] >= 0.6 * level))


def _score(part: Component, shape: tuple[int, int]) -> float:
    """How likely a component is the digit: large and strong, but no blot, and no patch cut off by the frame."""
    side = max(part.own.shape)
    score = part.level * side * part.support**4
    score *= min(1.0, 0.4 * side / part.thickness) ** 2
    middle = [(b.start + b.stop) / 2 / n - 0.5 for b, n in zip(part.box, shape, strict=True)]
    score *= 1.2 - max(abs(m) for m in middle)
    if part.edges(shape) and part.thickness > 0.25 * max(shape) and side < 0.7 * max(shape):
        score *= 0.1
    if _hugs_edges(part, shape):
        score *= 0.05
    return score


def _clarity(ink: Ink, writing: list[Component]) -> float:
    """How clearly writing stands out in an ink map: from the noise, and from all else that was taken for ink."""
    area = sum(part.area for part in writing)
    return (ink.level / ink.floor) ** 0.5 * (area / ink.mask.sum()) ** 0.25


def _hugs_edges(part: Component, shape: tuple[int, int]) -> bool:
    """Whether a component lies along the picture's edges, as a table around a sheet of paper does."""
    if not part.edges(shape):
        return False
    rows, columns = (np.arange(b.start, b.stop) for b in part.box)
    far = np.minimum(rows, shape[0] - 1 - rows) >= 0.12 * shape[0]
    away = np.minimum(columns, shape[1] - 1 - columns) >= 0.12 * shape[1]
    return part.own[np.ix_(far, away)].sum() < 0.2 * part.area


def _remove_lines(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Erase straight lines that run through the whole picture, but not where a stroke crosses them."""
    height, width = mask.shape
    side = max(height, width)
    if (
        np.ptp(np.flatnonzero(mask.any(axis=1))) < 0.7 * height
        and np.ptp(np.flatnonzero(mask.any(axis=0))) < 0.7 * width
    ):
        return mask, 0
    step = max(1, math.ceil(side / 400))
    padded = np.pad(mask, ((0, -height % step), (0, -width % step)))
    small = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step).any(axis=(1, 3))
    # Only thin things can be lines: what survives an opening by 1/25 of the picture is left out of the search.
    thick = max(3, round(max(small.shape) / 25))
    core = ndi.maximum_filter(ndi.minimum_filter(small, thick, mode="constant"), thick + 2, mode="constant")
    thin = small & ~core
    if thin.sum() < 0.5 * min(small.shape):
        return mask, 0
    near = np.deg2rad(np.arange(-12, 12.1, 0.5))
    angles = np.concatenate([near, near + np.pi / 2])
    votes, theta, distance = hough_line(thin, theta=angles)
    if votes.max() < 0.3 * min(small.shape):
        return mask, 0
    found = hough_line_peaks(
        votes, theta, distance, min_distance=4, min_angle=8, threshold=0.3 * min(small.shape), num_peaks=60
    )
    depth = ndi.distance_transform_edt(np.pad(mask, 1))
    width_of_strokes = 4 * depth[depth > 0].mean() - 2
    rows, columns = np.mgrid[0:height, 0:width]
    cleaned, count = mask.copy(), 0
    directions = [abs(math.cos(angle)) < 0.5 for angle in found[1]]
    for _, angle, rho in zip(*found, strict=True):
        offset = columns * math.cos(angle) + rows * math.sin(angle) - (rho * step + (step - 1) / 2)
        across = abs(math.cos(angle)) < 0.5  # a horizontal line
        axis = 0 if across else 1
        band = np.abs(offset) <= 1.5 * step + 0.7
        length = width if across else height
        inked = (band & mask).any(axis=axis)
        present = band.any(axis=axis)
        if present.sum() < 0.7 * length or inked[present].mean() < 0.85:
            continue
        reach = max(3, round(side / 30))
        runs = ((np.abs(offset) <= reach) & mask).sum(axis=axis)[inked]
        thickness = float(np.percentile(runs, 30))
        if thickness > side / 30 + 1:
            continue
        # A line as wide as the strokes, and the only one in its direction, is the stem of a 1 or a 7.
        if thickness >= 0.6 * width_of_strokes and directions.count(across) == 1:
            continue
        half = thickness / 2 + 1.5 + step / 2
        line = np.abs(offset) <= half
        above = mask & (offset > half) & (offset <= half + 2.5)
        below = mask & (offset < -half) & (offset >= -half - 2.5)
        reach = int(half + 3)
        shape = (2 * reach + 1, 3) if across else (3, 2 * reach + 1)
        crossed = ndi.binary_dilation(above, np.ones(shape)) & ndi.binary_dilation(below, np.ones(shape))
        cleaned &= ~line | crossed
        count += 1
    return cleaned, count


def _find_polarity(grey: np.ndarray) -> bool:
    """Return whether the ink is darker than the paper around it."""
    small = shrink(grey, POLARITY_SIDE)
    radius = max(2, max(small.shape) // 3)
    paper = rank.median(np.round(small * 255).astype(np.uint8), np.ones((2 * radius + 1,) * 2, bool)) / 255
    deviation = small - paper
    limit = 3 * 1.4826 * float(np.median(np.abs(deviation - np.median(deviation))))
    limit = min(max(0.02, limit), 0.25)
    return bool(-deviation[deviation < -limit].sum() >= deviation[deviation > limit].sum())


def _tiny(grey: np.ndarray) -> Ink:
    """Part an image of few pixels, such as scikit-learn's 8 x 8 digits: paper prevails, above all at the border."""
    split = threshold_otsu(grey)
    bright = grey > split
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    dark = bool(bright.mean() + border.mean() > 1)
    paper = float(np.median(grey[bright == dark]))
    signed = (paper - grey) if dark else (grey - paper)
    contrast = np.pad(np.clip(signed, 0, None) / max(signed.max(), 1e-9), TINY_MARGIN)
    # Bicubic: between so few pixels, straight lines would close what is open in a 5 or a 9.
    contrast = resize(contrast, [TINY_ZOOM * n for n in contrast.shape], order=3, mode="constant", anti_aliasing=False)
    contrast = np.where(contrast < 0.08, 0, np.minimum(contrast, 1))  # the cubic curve swings a little below and above
    return Ink(contrast, None, 1.0, paper, dark, True, 0.3)


def _flat(grey: np.ndarray) -> Ink:
    """Part a clean drawing: its most frequent grey value is the paper."""
    paper = int(np.bincount(grey.ravel(), minlength=256).argmax())
    signed = grey.astype(float) - paper
    dark = bool(-signed[signed < 0].sum() > signed[signed > 0].sum())
    contrast = np.clip(-signed if dark else signed, 0, None)
    return Ink(contrast / max(contrast.max(), 1), None, 1.0, paper / 255, dark, True, 0.3)


def _photo(grey: np.ndarray, dark: bool, windows: tuple[float, ...]) -> list[Ink]:
    """Part a photo, once for each window: a morphological closing wipes out strokes narrower than the window."""
    light = grey if dark else 1 - grey
    small = shrink(light, MAP_SIDE)
    if max(small.shape) > 64:
        small = ndi.median_filter(small, 3)
    found = []
    for window in windows:
        size = max(3, round(window * max(small.shape)))
        paper = ndi.grey_closing(small, size=(size, size), mode="nearest")
        if max(small.shape) > 64:
            paper = ndi.gaussian_filter(paper, 1.0)
        paper = resize(paper, grey.shape, order=1, mode="edge", anti_aliasing=False)
        scale = np.maximum(paper, 0.15) if dark else 1.0
        contrast = (paper - light) / scale
        plain = contrast[contrast < 0.5 * contrast.max()]
        rest = float(np.median(plain))
        sigma = 1.4826 * float(np.median(np.abs(plain - rest)))
        contrast -= rest
        brightness = paper if dark else 1 - paper
        found.append(Ink(contrast, light, scale, brightness, dark, False, max(5 * sigma, 0.05), window))
    return found


def _denoise(grey: np.ndarray) -> np.ndarray:
    """Smooth a photo by as much as it is noisy, and never a clean or a small picture."""
    side = max(grey.shape)
    noise = float(np.median(np.abs(grey - ndi.gaussian_filter(grey, 1))))
    if noise > 0.004 and side > 150:
        return ndi.gaussian_filter(grey, min(1.5, side / 500) * min(1.0, noise / 0.01))
    return grey


def _smooth(grey: np.ndarray, draft: Ink) -> np.ndarray:
    """Smooth a photo the more, the nearer its noise comes to the contrast of the strokes in its draft."""
    if draft.main is None:
        return grey
    thickness = draft.main.thickness * max(grey.shape) / max(draft.contrast.shape)
    sigma = SMOOTHING * thickness * min(1.0, 2 * draft.floor / draft.level)
    return ndi.gaussian_filter(grey, sigma) if sigma > 0.8 else grey


def _assess(ink: Ink, *, lines: bool = True, several: bool = False) -> Ink:
    """Find the digit's main component in an ink map, and clean the mask around it."""
    shape = ink.contrast.shape
    ink.mask = ink.contrast >= ink.floor
    parts = _components(ink.mask, ink)
    if not parts:
        return ink
    main = max(parts, key=lambda part: _score(part, shape))
    if not ink.flat:
        values = ink.contrast[main.box][main.own]
        split = threshold_otsu(values) if np.ptp(values) > 1e-3 else values.min()
        high = values[values >= split].mean()
        low = values[values < split].mean() if (values < split).any() else high
        ink.level = float(high if high > 1.8 * low else np.percentile(values, 75))
        ink.mask = ink.contrast >= max(ink.floor, (WEAKEST_OF_SEVERAL if several else WEAKEST) * ink.level)
    if lines and max(shape) >= 64 and ink.mask.any():
        ink.mask, ink.lines = _remove_lines(ink.mask)
    ink.parts = parts if ink.flat and not ink.lines else _components(ink.mask, ink)
    if ink.parts:
        ink.main = max(ink.parts, key=lambda part: _score(part, shape))
        ink.score = _score(ink.main, shape) * _clarity(ink, [ink.main])
    return ink


def find_ink(grey: np.ndarray, polarity: bool = True, several: bool = False) -> Ink:
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
        Its ``main`` is None if nothing stands out from the paper. A picture below 24 pixels gets a margin of one pixel
        and is enlarged 5 times.
    """
    if not polarity:
        return _assess(Ink(grey / 255, None, 1.0, 0.0, dark=False, flat=True, floor=0.3))
    if max(grey.shape) < TINY:
        return _assess(_tiny(grey / 255))
    if is_flat(grey):
        return _assess(_flat(grey))
    grey = _denoise(grey / 255)
    draft = shrink(grey, DRAFT_SIDE)
    usual = _find_polarity(grey)
    candidates = []
    for dark in (True, False):
        for ink in _photo(draft, dark, WINDOWS):
            _assess(ink, lines=False, several=several)
            if several and ink.main is not None:
                writing = [part for part in ink.parts if belongs_to_writing(part, ink, several)]
                ink.score = sum(_score(part, draft.shape) for part in writing) * _clarity(ink, writing)
            ink.score *= 1.5 if dark == usual else 1.0
            candidates.append(ink)
    best = max(candidates, key=lambda ink: ink.score)
    return _assess(_photo(_smooth(grey, best), best.dark, (best.window,))[0], several=several)


def find_sheet(grey: np.ndarray) -> tuple[slice, slice] | None:
    """Find a bright sheet of paper, or a screen, in a wider picture.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture.

    Returns
    -------
    tuple of slice or None
        Rows and columns a little inside the sheet; None if the picture is no such one.
    """
    if max(grey.shape) < 100:
        return None
    small = shrink(grey / 255.0, 128)
    split = threshold_otsu(small)
    labels, count = label(ndi.binary_opening(small > split, np.ones((3, 3))), return_num=True)
    if not count:
        return None
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    sheet = labels == areas.argmax()
    if not 0.06 < sheet.mean() < 0.85:
        return None
    filled = ndi.binary_fill_holes(sheet)
    if filled.all():
        return None
    if sheet.sum() < 0.7 * filled.sum() or small[sheet].mean() - small[~filled].mean() < 0.15:
        return None
    (rows, columns) = ndi.find_objects(filled.astype(int))[0]
    sides = [rows.stop - rows.start, columns.stop - columns.start]
    touched = sum([rows.start == 0, columns.start == 0, rows.stop == small.shape[0], columns.stop == small.shape[1]])
    if min(sides) < 0.25 * max(small.shape) or touched > 1:
        return None
    around = ndi.distance_transform_edt(~filled).max()
    if touched and around < 0.15 * max(small.shape):
        return None
    hull = convex_hull_image(filled)
    points = np.argwhere(hull & ~ndi.binary_erosion(hull)).astype(float)
    best = math.inf
    for angle in np.deg2rad(np.arange(0, 90, 3)):
        turned = points @ np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        best = min(best, float(np.prod(np.ptp(turned, axis=0) + 1)))
    if hull.sum() < 0.86 * best or filled.sum() < 0.9 * hull.sum():
        return None
    scale = max(grey.shape) / max(small.shape)
    inset = 0.04 * min(sides)
    box = []
    for s, n in zip((rows, columns), small.shape, strict=True):
        low = 0 if s.start == 0 else s.start + inset
        high = n if s.stop == n else s.stop - inset
        box.append(slice(round(low * scale), round(high * scale)))
    return box[0], box[1]


def _gap(a: Component, b: Component) -> float:
    """Distance between two components' boxes."""
    gaps = [max(0, p.start - q.stop, q.start - p.stop) for p, q in zip(a.box, b.box, strict=True)]
    return math.hypot(*gaps)


def group_digit(ink: Ink) -> list[Component]:
    """Return the components that make up one digit: the main one, and pieces of a broken or parted digit near it."""
    group = [ink.main]
    touches = bool(ink.main.edges(ink.contrast.shape))
    waiting = [
        part
        for part in ink.parts
        if part is not ink.main and belongs_to_writing(part, ink) and (touches or not part.edges(ink.contrast.shape))
    ]
    while True:
        reach = 0.2 * max(max(part.own.shape) for part in group)
        near = [part for part in waiting if min(_gap(part, other) for other in group) <= reach]
        if not near:
            return group
        group += near
        waiting = [part for part in waiting if not any(part is other for other in near)]


def why_unreadable(ink: Ink) -> str:
    """Return why there is no digit in an ink map, or an empty text if there may be one."""
    shape = ink.contrast.shape
    main = ink.main
    if main is None:
        return "only printed lines" if ink.lines else "nothing stands out from the paper"
    size = max(main.own.shape)
    if size < max(3, 0.012 * max(shape)):
        return "only specks"
    if ink.lines and size < 0.05 * max(shape):
        return "only printed lines"
    if ink.light is not None and main.support < 0.5:
        return "only shadows"
    sizes = np.array([max(part.own.shape) for part in ink.parts])
    areas = np.array([part.area for part in ink.parts])
    specks = sizes < 0.4 * size
    # In a small picture, pieces of pure noise join to one that is larger than the rest.
    joined = size < SMALL and specks.sum() > MOST_SPECKS and areas[specks].sum() > 0.4 * main.area
    if joined or (~specks).sum() > MOST_ALIKE:
        return "only noise, or a texture: many specks and no stroke among them"
    return ""


def belongs_to_writing(part: Component, ink: Ink, several: bool = False) -> bool:
    """Whether a component may be a piece of a digit written with the main component's pen.

    Of several digits, one that is about as tall as the main one may have been written with another pen.
    """
    main, shape = ink.main, ink.contrast.shape
    if part is main:
        return True
    if part.area < 0.02 * main.area or part.level < 0.5 * main.level or part.support < 0.6:
        return False
    as_tall = several and part.own.shape[0] > 0.6 * main.own.shape[0] and part.thickness < 0.4 * part.own.shape[0]
    if not as_tall and not 0.35 * main.thickness <= part.thickness <= 2.5 * main.thickness:
        return False
    return not (part.edges(shape) and _hugs_edges(part, shape))
