"""Find the sheet of paper, or the screen, in a wider picture: what lies around it must not be read."""

import math

import numpy as np
from scipy import ndimage as ndi
from skimage.filters import threshold_multiotsu, threshold_otsu
from skimage.measure import label
from skimage.morphology import convex_hull_image

from mnist_utils.reading import rules
from mnist_utils.reading.paper import shrink

__all__ = ["find_sheet"]


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
    if max(grey.shape) < rules.MIN_SIDE_WITH_SHEET:
        return None
    small = shrink(grey / 255, rules.SHEET_MAP_SIDE)
    outline = _outline_sheet(small, threshold_otsu(small))
    # With a sheet that lies partly in shadow there are three kinds of brightness.
    if outline is None and np.count_nonzero(np.histogram(small, 256)[0]) >= 3:
        outline = _outline_sheet(small, threshold_multiotsu(small, classes=3)[0])
    if outline is None:
        return None
    box = ndi.find_objects(outline.astype(int))[0]
    scale = max(grey.shape) / max(small.shape)
    inset = rules.SHEET_INSET * min(each.stop - each.start for each in box)
    rows, columns = (
        slice(
            0 if each.start == 0 else round((each.start + inset) * scale),
            round((length if each.stop == length else each.stop - inset) * scale),
        )
        for each, length in zip(box, small.shape, strict=True)
    )
    return rows, columns


def _outline_sheet(picture: np.ndarray, threshold: float) -> np.ndarray | None:
    """Return the largest bright area with its holes filled, or None if it is not like a sheet on something darker."""
    bright = ndi.binary_opening(picture > threshold, np.ones((3, 3)))
    labels, count = label(bright, return_num=True)
    if not count:
        return None
    sheet = labels == np.bincount(labels[labels > 0]).argmax()
    outline = ndi.binary_fill_holes(sheet)
    if (
        not rules.MIN_SHEET_AREA < sheet.mean() < rules.MAX_SHEET_AREA
        or outline.all()
        or sheet.sum() < rules.MIN_BRIGHT_SHARE * outline.sum()
    ):
        return None
    alike = picture[sheet].mean() - picture[~outline].mean() < rules.MIN_SHEET_STEP
    return outline if not alike and _is_surrounded(outline) and _is_rectangular(outline) else None


def _is_surrounded(outline: np.ndarray) -> bool:
    """Tell whether something lies around a sheet, and the sheet is not a narrow stripe."""
    box = ndi.find_objects(outline.astype(int))[0]
    larger_side = max(outline.shape)
    touched = sum((each.start == 0) + (each.stop == length) for each, length in zip(box, outline.shape, strict=True))
    if (
        min(each.stop - each.start for each in box) < rules.MIN_SHEET_SIDE * larger_side
        or touched > rules.MAX_EDGES_TOUCHED
    ):
        return False
    return not touched or ndi.distance_transform_edt(~outline).max() >= rules.MIN_SURROUNDINGS * larger_side


def _is_rectangular(outline: np.ndarray) -> bool:
    """Tell whether an area nearly fills its convex hull, and the hull some rectangle around it."""
    hull = convex_hull_image(outline)
    points = np.argwhere(hull & ~ndi.binary_erosion(hull)).astype(float)
    smallest = math.inf
    for angle in np.deg2rad(np.arange(0, 90, rules.SHEET_ANGLE_STEP)):
        turned = points @ np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        smallest = min(smallest, float(np.prod(np.ptp(turned, axis=0) + 1)))
    return hull.sum() >= rules.MIN_RECTANGULARITY * smallest and outline.sum() >= rules.MIN_CONVEXITY * hull.sum()
