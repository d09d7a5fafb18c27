"""Connected pieces of ink, measured: which of them are like a digit, and which belong together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi
from skimage.measure import label

from mnist_utils.reading.paper import Contrast

__all__ = [
    "MAX_COMPONENTS",
    "MAX_COMPONENTS_OF_PAGE",
    "Component",
    "find_components",
    "gap",
    "may_be_writing",
    "score_digit",
]

MAX_COMPONENTS, MAX_COMPONENTS_OF_PAGE = 40, 1_000  # the largest ones are measured
MIN_COMPONENT_SIDE = 0.008  # of the picture's larger side
MIN_EDGE_STEP = 0.6  # of a component's contrast, that the picture must change by at its rim
MAX_EDGE_REACH = 1 / 40  # of the picture's larger side, that a rim may be blurred over

BLOT_THICKNESS = 0.4  # of a component's larger side, or of a digit's height: what is thicker is rather a blot
MIDDLE_SCORE = 1.2  # factor of the score in the picture's middle; at its border it is smaller by 0.5
PATCH_THICKNESS, PATCH_SIDE = 0.25, 0.7  # of the picture's larger side: thicker and smaller, at an edge, is no stroke
PATCH_PENALTY, FRAME_PENALTY = 0.1, 0.05  # factors of the score, for such a patch and for what lies along the edges
EDGE_ZONE = 0.12  # of the picture's height and width
MAX_FRAME_SHARE = 0.2  # of the pixels of what lies along the edges, that are beyond the zone

MIN_AREA = 0.02  # of the main component's, for writing
MIN_LEVEL = 0.5  # of the main component's, for writing
MIN_EDGE_SHARE = 0.6  # for writing
MIN_THICKNESS, MAX_THICKNESS = 0.35, 2.5  # times the main component's, for writing by the same pen
MIN_HEIGHT = 0.6  # of the main component's, for a digit by another pen


@dataclass(frozen=True, eq=False)
class Component:
    """A connected piece of ink.

    Attributes
    ----------
    box : tuple of slice
        Its rows and columns.
    mask : ndarray of bool
        Its pixels in that box.
    area : int
        Its number of pixels.
    level : float
        Upper quartile of its contrast to the paper.
    thickness : float
        Twice the largest distance of one of its pixels to its rim, in pixels.
    edge_share : float
        Part of its rim where the picture itself changes, 0 to 1. All of a stroke's rim does; that of a shadow or of a
        dark corner does not.
    """

    box: tuple[slice, slice]
    mask: np.ndarray
    area: int
    level: float
    thickness: float
    edge_share: float

    @property
    def side(self) -> int:
        """The larger of height and width, in pixels."""
        return max(self.mask.shape)

    def touches_border(self, shape: tuple[int, ...]) -> bool:
        """Tell whether it touches the border of a picture of that shape."""
        return any(each.start == 0 or each.stop == length for each, length in zip(self.box, shape, strict=True))


def find_components(mask: np.ndarray, contrast: Contrast, max_count: int = MAX_COMPONENTS) -> list[Component]:
    """Return the connected pieces of a mask, diagonal neighbours included.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        The ink.
    contrast : Contrast
        Of the same shape.
    max_count : int
        How many at most.

    Returns
    -------
    list of Component
        The largest first, without specks.
    """
    labels = label(mask, connectivity=2)
    areas = np.bincount(labels.ravel(), minlength=1)[1:]
    boxes = ndi.find_objects(labels)
    found = []
    for index in np.argsort(-areas, kind="stable")[:max_count]:
        box = boxes[index]
        if max(each.stop - each.start for each in box) < MIN_COMPONENT_SIDE * max(mask.shape):
            continue
        piece = labels[box] == index + 1
        level = float(np.percentile(contrast.values[box][piece], 75))
        depth = ndi.distance_transform_edt(np.pad(piece, 1))[1:-1, 1:-1]
        thickness = 2 * float(depth.max())
        edge_share = _edge_share(contrast, box, piece & (depth < 1.5), level, thickness)
        found.append(Component(box, piece, int(areas[index]), level, thickness, edge_share))
    return found


def _edge_share(contrast: Contrast, box: tuple[slice, slice], rim: np.ndarray, level: float, thickness: float) -> float:
    """Return the part of a component's rim where the picture itself gets darker or brighter."""
    if contrast.light is None:
        return 1.0
    max_reach = max(2, max(contrast.light.shape) * MAX_EDGE_REACH)
    reach = round(min(max(2, thickness / 2), max_reach))
    outer = tuple(slice(max(0, each.start - reach), each.stop + reach) for each in box)
    inner = tuple(slice(b.start - o.start, b.stop - o.start) for b, o in zip(box, outer, strict=True))
    light = contrast.light[outer]
    steps = (ndi.maximum_filter(light, 2 * reach + 1) - ndi.minimum_filter(light, 2 * reach + 1))[inner]
    scale = contrast.scale[box] if isinstance(contrast.scale, np.ndarray) else contrast.scale
    return float(np.mean((steps / scale)[rim] >= MIN_EDGE_STEP * level))


def score_digit(component: Component, shape: tuple[int, ...]) -> float:
    """Tell how likely a component is the digit: large and strong, but no blot, and no patch cut off by the frame.

    Parameters
    ----------
    component : Component
        The piece of ink.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    float
        At least 0; to be compared with others of the same picture.
    """
    side, larger_side = component.side, max(shape)
    score = component.level * side * component.edge_share**4
    score *= min(1.0, BLOT_THICKNESS * side / component.thickness) ** 2
    middle = [(each.start + each.stop) / 2 / n - 0.5 for each, n in zip(component.box, shape, strict=True)]
    score *= MIDDLE_SCORE - max(abs(m) for m in middle)
    if (
        component.touches_border(shape)
        and component.thickness > PATCH_THICKNESS * larger_side
        and side < PATCH_SIDE * larger_side
    ):
        score *= PATCH_PENALTY
    if _lies_along_edges(component, shape):
        score *= FRAME_PENALTY
    return score


def may_be_writing(component: Component, main: Component, shape: tuple[int, ...], several: bool = False) -> bool:
    """Tell whether a component may be a piece of a digit that was written together with the main component.

    Parameters
    ----------
    component, main : Component
        The piece of ink, and the one most like a digit.
    shape : tuple of int
        Height and width of the picture.
    several : bool
        Whether there may be several digits: then one about as tall as the main one may be by another pen.

    Returns
    -------
    bool
    """
    if component is main:
        return True
    if (
        component.area < MIN_AREA * main.area
        or component.level < MIN_LEVEL * main.level
        or component.edge_share < MIN_EDGE_SHARE
    ):
        return False
    same_pen = MIN_THICKNESS * main.thickness <= component.thickness <= MAX_THICKNESS * main.thickness
    height = component.mask.shape[0]
    as_tall = several and height > MIN_HEIGHT * main.mask.shape[0] and component.thickness < BLOT_THICKNESS * height
    return (same_pen or as_tall) and not _lies_along_edges(component, shape)


def gap(component: Component, others: Sequence[Component]) -> float:
    """Return the distance in pixels between a component's box and the nearest of others'."""
    return min(
        math.hypot(*(max(0, p.start - q.stop, q.start - p.stop) for p, q in zip(component.box, other.box, strict=True)))
        for other in others
    )


def _lies_along_edges(component: Component, shape: tuple[int, ...]) -> bool:
    """Tell whether a component lies along the picture's edges, as a table around a sheet of paper does."""
    if not component.touches_border(shape):
        return False
    inner = []
    for each, length in zip(component.box, shape, strict=True):
        places = np.arange(each.start, each.stop)
        inner.append(np.minimum(places, length - 1 - places) >= EDGE_ZONE * length)
    return component.mask[np.ix_(*inner)].sum() < MAX_FRAME_SHARE * component.area
