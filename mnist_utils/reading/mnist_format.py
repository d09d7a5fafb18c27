"""MNIST's recipe: clean ink, already separated from the paper, becomes an image as MNIST's makers would have left it.

They scaled each digit into a box of 20 x 20 pixels, kept its aspect, and placed it in 28 x 28 pixels so that its
centre of mass is at the centre.

Filters, distances and labels are those of scikit-image and scipy.ndimage, not OpenCV's: they take the same NumPy
arrays as the rest of the book, they install as one plain wheel each everywhere, where OpenCV comes in four packages
that overwrite each other, and the area average of :func:`skimage.transform.resize_local_mean` is exact, so that the
canvas can repeat it in JavaScript.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt
from skimage.transform import resize, resize_local_mean

__all__ = [
    "BOX_SIDE",
    "IMAGE_SIDE",
    "MAX_STROKE",
    "MIN_STROKE",
    "mean_stroke_width",
    "measure_depth",
    "measure_stroke",
    "normalize_ink",
]

IMAGE_SIDE, BOX_SIDE = 28, 20  # pixels: MNIST's images, and the box that a digit fills
CENTRE = 14.0  # pixel index: all of MNIST's centres of mass lie within 14 +- 0.52
ROUNDING_TOLERANCE = 1e-6  # pixels: the centre of a symmetric digit is at a half exactly, but for rounding errors
WORK_SIDE = 80  # pixels: four for each one of the box are enough to move an outline by a quarter of a pixel
MIN_INK = 0.499  # of the mask: just off a half, so that an average of exactly a half is no matter of rounding errors
MIN_STROKE, MAX_STROKE = 1.6, 4.2  # pixels of the box; 94 % of MNIST's training images lie between
THICKENED_STROKE, THINNED_STROKE = 2.3, 3.5  # pixels of the box that others are brought to; MNIST's median is 2.5


def _fit(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the shape whose larger side is ``side``, aspect kept, rounded half up in whole numbers."""
    larger = max(shape)
    height, width = (max(1, (2 * n * side + larger) // (2 * larger)) for n in shape)
    return height, width


def _rescale(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Scale an image: exact area averages if its larger side shrinks, bilinear if it grows."""
    if max(shape) < max(image.shape):
        return resize_local_mean(image, shape, grid_mode=True)
    if shape == image.shape:
        return image
    return resize(image, shape, order=1, mode="edge", anti_aliasing=False)


def crop_ink(ink: np.ndarray) -> np.ndarray:
    """Cut off the rows and columns without ink at the four sides."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def measure_depth(mask: np.ndarray) -> np.ndarray:
    """Return how far each pixel of some ink lies from its rim, in pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        The ink; what is outside of it is paper.

    Returns
    -------
    ndarray of float64, shape (height, width)
        0 on paper; in the middle of a stroke half of its width.
    """
    height, width = mask.shape
    framed = np.zeros((height + 2, width + 2), bool)  # `np.pad` takes longer than the distances of a small piece
    framed[1:-1, 1:-1] = mask
    return distance_transform_edt(framed)[1:-1, 1:-1]


def mean_stroke_width(mask: np.ndarray) -> float:
    """Measure how wide strokes are on average.

    Across a straight stroke of n pixels, the distances to the nearest pixel without ink are 1, 2, ..., 2, 1. Their
    mean is n/4 + 1/2, so the width is 4 times the mean, less 2.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        The strokes; beyond the array there is no ink.

    Returns
    -------
    float
        In pixels of the mask; 0 without ink.
    """
    depth = measure_depth(mask)
    return float(4 * depth[depth > 0].mean() - 2) if mask.any() else 0.0


def measure_stroke(ink: np.ndarray) -> float:
    """Measure how wide the strokes will be in the 20-pixel box.

    The digit is scaled to 80 pixels for it; see :func:`mean_stroke_width`.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1.

    Returns
    -------
    float
        In pixels of the 20-pixel box; 0 without ink. MNIST's middle 90 %: 1.7 to 3.9, its median: 2.5.
    """
    if not ink.any():
        return 0.0
    return _width_in_box(_work_mask(crop_ink(ink)))


def _work_mask(ink: np.ndarray) -> np.ndarray:
    """Return where there are strokes in the work image."""
    return _rescale(ink, _fit(ink.shape, WORK_SIDE)) >= MIN_INK


def _width_in_box(work_mask: np.ndarray) -> float:
    """Return the stroke width of a work image, in pixels of the box (0 without ink)."""
    return mean_stroke_width(work_mask) * BOX_SIDE / WORK_SIDE


def _correct_stroke(ink: np.ndarray, crop: bool) -> np.ndarray:
    """Move the strokes' outline in or out if they are far from MNIST's (steps 2.1 to 2.5 of ``normalize_ink``)."""
    mask = _work_mask(ink)
    width = _width_in_box(mask)
    if width == 0 or MIN_STROKE <= width <= MAX_STROKE:
        return ink
    target = THICKENED_STROKE if width < MIN_STROKE else THINNED_STROKE
    # The grown digit is scaled to the box again, so the outline moves further than (target - width) / 2.
    growth = WORK_SIDE * (target - width) / (2 * (BOX_SIDE - target))
    margin = 1 + max(0, int(np.ceil(growth)))
    mask = np.pad(mask, margin)
    inside, outside = distance_transform_edt(mask), distance_transform_edt(~mask)
    signed = np.where(mask, inside - 0.5, 0.5 - outside)
    moved = np.clip(signed + growth + 0.5, 0, 1)
    if not moved.any():
        return ink
    return crop_ink(moved) if crop else moved[margin:-margin, margin:-margin]


def normalize_ink(
    ink: np.ndarray, *, crop: bool = True, stroke: bool = True, box: bool = True, mass: bool = True
) -> np.ndarray:
    """Bring clean ink into MNIST's format.

    The canvas does the same in JavaScript. So that both can agree, this is the exact specification, in float64
    throughout; a test compares them.

    1. *Crop*: keep the smallest rectangle that holds all pixels above 0.
    2. *Stroke*, all of it in a work image:

       1. Scale the crop, ``_rescale``, to ``_fit(shape, 80)``: the larger side gets 80 pixels, the other one
          ``max(1, (2 * n * 80 + larger) // (2 * larger))``, in whole numbers. The mask is what is >= 0.499.
       2. Of every pixel of the mask take the Euclidean distance to the nearest pixel outside the mask, centre to
          centre; outside the work image there is no ink. The stroke width, in pixels of the later box, is
          ``(4 * mean - 2) / 4``. If the mask is empty or the width is within 1.6 ... 4.2, this step changes
          nothing: go on with the crop of step 1.
       3. The target is 2.3 for a thinner stroke, 3.5 for a thicker one, and the outline moves by
          ``growth = 80 * (target - width) / (2 * (20 - target))`` pixels of the work image.
       4. Pad the mask with ``1 + max(0, ceil(growth))`` empty pixels on each side. The signed distance of a pixel
          is ``d - 0.5`` in the mask, d as in 2.2, and ``0.5 - e`` outside it, e its distance to the nearest pixel
          of the mask. The ink is ``signed distance + growth + 0.5``, clipped to 0 ... 1.
       5. If no ink is left, go on with the crop of step 1; otherwise crop as in step 1.

    3. *Box*: scale, ``_rescale``, to ``_fit(shape, 20)``, and divide by the largest value.
    4. *Mass*: with v the values of the box and i its row indexes, the centre of mass is at row sum(i v) / sum(v).
       The box's first row is row ``floor(14 - centre + 0.5 + 1e-6)``, at least 0, at most 28 less the box's height,
       of an image of 28 x 28 zeros. Columns alike.
    5. Multiply by 255, add 0.5, round down.

    ``_rescale`` to a larger side below the old one takes area averages: new pixel k covers the interval from
    ``k * old / new`` to ``(k + 1) * old / new`` of an axis, and an old pixel weighs as much as it overlaps it. Else it
    is bilinear: new pixel k samples at ``(k + 0.5) * old / new - 0.5``, the edge pixels repeated beyond the edge.
    Equal shapes stay as they are. Either is a matrix product for each axis.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1. The background must be exactly 0, and strokes at least 1/80 of the digit's size wide.
    crop : bool
        If False, the whole frame is taken for the digit.
    stroke : bool
        If False, the strokes keep their width.
    box : bool
        If False, the crop is stretched over all 28 x 28 pixels, as careless shrinking does; ``mass`` is then unused.
    mass : bool
        If False, the box is placed in the middle.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        Bright ink on black. All 0 if there is no ink.
    """
    ink = np.asarray(ink, dtype=np.float64)
    if not ink.any():
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    if crop:
        ink = crop_ink(ink)
    if stroke:
        ink = _correct_stroke(ink, crop)
    ink = _rescale(ink, _fit(ink.shape, BOX_SIDE) if box else (IMAGE_SIDE, IMAGE_SIDE))
    ink = ink / ink.max()
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE))
    top, left = (_first_index(ink.sum(axis=1 - axis), mass) for axis in (0, 1))
    image[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return np.floor(image * 255 + 0.5).astype(np.uint8)


def _first_index(profile: np.ndarray, mass: bool) -> int:
    """Return where a box begins, from its ink in each row (or column)."""
    room = IMAGE_SIDE - len(profile)
    if not mass:
        return room // 2
    centre = np.arange(len(profile)) @ profile / profile.sum()
    return int(np.clip(np.floor(CENTRE - centre + 0.5 + ROUNDING_TOLERANCE), 0, room))
