"""Connected pieces of ink, measured: which of them are like a digit, and which belong together."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi
from skimage.measure import label

from mnist_utils.reading import rules
from mnist_utils.reading.mnist_format import measure_depth
from mnist_utils.reading.paper import Contrast

__all__ = [
    "Component",
    "find_components",
    "find_main",
    "gap",
    "may_be_writing",
    "score_digit",
]


@dataclass(frozen=True, eq=False)
class Component:
    """A connected piece of ink. It is measured when it is first asked for a measure.

    Attributes
    ----------
    box : tuple of slice
        Its rows and columns.
    mask : ndarray of bool
        Its pixels in that box.
    area : int
        Its number of pixels.
    contrast : Contrast
        Of the picture that it lies in.
    """

    box: tuple[slice, slice]
    mask: np.ndarray
    area: int
    contrast: Contrast

    @property
    def side(self) -> int:
        """The larger of height and width, in pixels."""
        return max(self.mask.shape)

    @functools.cached_property
    def level(self) -> float:
        """Upper quartile of its contrast to the paper."""
        values = np.sort(self.contrast.values[self.box][self.mask])
        # As `np.percentile(values, 75)`, in a tenth of its time: a page has thousands of small pieces.
        return float(np.interp(0.75 * (len(values) - 1), np.arange(len(values)), values))

    @property
    def thickness(self) -> float:
        """Twice the largest distance of one of its pixels to its rim, in pixels."""
        thickness, _ = self._thickness_and_rim
        return thickness

    @functools.cached_property
    def _thickness_and_rim(self) -> tuple[float, np.ndarray]:
        """The thickness, and where in the box its outermost pixels are."""
        depth = measure_depth(self.mask)
        return 2 * float(depth.max()), self.mask & (depth < 1.5)

    @functools.cached_property
    def edge_share(self) -> float:
        """Part of its rim where the picture itself changes, 0 to 1.

        All of a stroke's rim does; that of a shadow or of a dark corner does not.
        """
        light, scale = self.contrast.light, self.contrast.scale
        if light is None:
            return 1.0
        thickness, rim = self._thickness_and_rim
        max_reach = max(2, max(light.shape) * rules.MAX_EDGE_REACH)
        reach = round(min(max(2, thickness / 2), max_reach))
        outer = tuple(slice(max(0, each.start - reach), each.stop + reach) for each in self.box)
        inner = tuple(slice(b.start - o.start, b.stop - o.start) for b, o in zip(self.box, outer, strict=True))
        near = light[outer]
        steps = (ndi.maximum_filter(near, 2 * reach + 1) - ndi.minimum_filter(near, 2 * reach + 1))[inner]
        scale = scale[self.box] if isinstance(scale, np.ndarray) else scale
        return float(np.mean((steps / scale)[rim] >= rules.MIN_EDGE_STEP * self.level))

    def touches_border(self, shape: tuple[int, ...]) -> bool:
        """Tell whether it touches the border of its picture.

        Parameters
        ----------
        shape : (height, width)
            Of the picture, in pixels.

        Returns
        -------
        bool
        """
        return any(each.start == 0 or each.stop == length for each, length in zip(self.box, shape, strict=True))


def find_components(mask: np.ndarray, contrast: Contrast, several: bool = False) -> list[Component]:
    """Return the connected pieces of a mask, diagonal neighbours included.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        The ink.
    contrast : Contrast
        Of the same shape.
    several : bool
        Whether there may be several digits: then more pieces are returned at most.

    Returns
    -------
    list of Component
        The largest first, without specks.
    """
    labels = label(mask, connectivity=2)
    areas = np.bincount(labels.ravel(), minlength=1)[1:]
    boxes = ndi.find_objects(labels)
    found = []
    max_count = rules.MAX_COMPONENTS_ON_PAGE if several else rules.MAX_COMPONENTS
    for index in np.argsort(-areas, kind="stable")[:max_count]:
        box = boxes[index]
        if max(each.stop - each.start for each in box) < rules.MIN_COMPONENT_SIDE * max(mask.shape):
            continue
        found.append(Component(box, labels[box] == index + 1, int(areas[index]), contrast))
    return found


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
    score *= min(1.0, rules.BLOT_THICKNESS * side / component.thickness) ** 2
    score *= _score_place(component, shape)
    if (
        component.touches_border(shape)
        and component.thickness > rules.PATCH_THICKNESS * larger_side
        and side < rules.PATCH_SIDE * larger_side
    ):
        score *= rules.PATCH_PENALTY
    if _lies_along_edges(component, shape):
        score *= rules.FRAME_PENALTY
    return score


def _score_place(component: Component, shape: tuple[int, ...]) -> float:
    """Return the factor of a component's score for how near it is to the picture's middle."""
    middle = [(each.start + each.stop) / 2 / n - 0.5 for each, n in zip(component.box, shape, strict=True)]
    return rules.MIDDLE_SCORE - max(abs(m) for m in middle)


def find_main(components: Sequence[Component], shape: tuple[int, ...]) -> Component | None:
    """Return the component most like a digit, by :func:`score_digit`.

    Most components need not be scored for it: size, contrast and place alone tell the most that a score can be, and
    its other factors take longer to compute.

    Parameters
    ----------
    components : sequence of Component
        Of one picture.
    shape : tuple of int
        Its height and width.

    Returns
    -------
    Component or None
        The first of several with the same score; None if there are none.
    """
    most = [each.level * each.side * _score_place(each, shape) for each in components]
    best: tuple[float, int] | None = None
    for index in sorted(range(len(components)), key=lambda index: -most[index]):
        if best and most[index] * (1 + 1e-9) < best[0]:  # the factors are multiplied in another order there
            break
        scored = score_digit(components[index], shape), -index
        best = max(best, scored) if best else scored
    return components[-best[1]] if best else None


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
        component.area < rules.MIN_WRITING_AREA * main.area
        or component.level < rules.MIN_WRITING_LEVEL * main.level
        or component.edge_share < rules.MIN_WRITING_EDGE_SHARE
    ):
        return False
    same_pen = (
        rules.MIN_WRITING_THICKNESS * main.thickness
        <= component.thickness
        <= rules.MAX_WRITING_THICKNESS * main.thickness
    )
    height, width = component.mask.shape
    main_height = main.mask.shape[0]
    as_tall = (
        several
        and height > rules.MIN_OTHER_PENS_HEIGHT * main_height
        and component.thickness < rules.BLOT_THICKNESS * height
    )
    if not (same_pen or as_tall):
        return False
    if not _lies_along_edges(component, shape):
        return True
    # A digit that the edge cuts, or one beside it, where other digits lie further inside.
    return (
        several
        and not _lies_along_edges(main, shape)
        and rules.MIN_HEIGHT_AT_EDGE * main_height <= height <= rules.MAX_HEIGHT_AT_EDGE * main_height
        and width <= rules.MAX_DIGIT_WIDTH * main_height
    )


def gap(component: Component, others: Sequence[Component]) -> float:
    """Return the distance between a component's box and the nearest of others'.

    Parameters
    ----------
    component : Component
        Of a picture.
    others : sequence of Component
        Of the same picture; at least one.

    Returns
    -------
    float
        In pixels; 0 where boxes overlap.
    """
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
        inner.append(np.minimum(places, length - 1 - places) >= rules.EDGE_ZONE * length)
    return component.mask[np.ix_(*inner)].sum() < rules.MAX_FRAME_SHARE * component.area
