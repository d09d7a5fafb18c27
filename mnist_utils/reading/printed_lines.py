"""Take printed lines out of the ink: ruled and squared paper."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi
from skimage.transform import hough_line, hough_line_peaks

from mnist_utils.reading.mnist_format import mean_stroke_width

__all__ = ["remove_lines"]

SEARCH_SIDE = 400  # pixels, about: lines are looked for in a mask reduced to this
MIN_SPAN = 0.7  # of the picture, that a line runs through, and that all ink together extends over
MIN_INKED = 0.85  # of a line's pixels; the rest are gaps
MIN_VOTES = 0.3  # pixels on a possible line, as part of the picture's shorter side
MIN_THIN_INK = 0.5  # pixels of thin ink, as part of the picture's shorter side: with fewer there is no line
MAX_SLOPE = 12  # degrees, from the horizontal or the vertical
SLOPE_STEP = 0.5  # degrees
MIN_DISTANCE, MIN_ANGLE = 4, 8  # pixels and steps of the slope, between two lines
MAX_LINES = 60
SIDE_PER_THICKNESS = 30  # the picture's larger side over this, and one pixel, is a line's largest thickness
SIDE_PER_CORE = 25  # the picture's larger side over this is the smallest square of ink that holds no line
STEM_THICKNESS = 0.6  # of the strokes: as thick as this, the only line in its direction is a digit's stem
SOFT_EDGE = 1.5  # pixels, on each side of a line, that are taken out with it
CROSSING_REACH = 2.5  # pixels beside a line where a stroke that crosses it must go on


@dataclass(frozen=True)
class _Line:
    """A straight line, by the angle of its normal (radians) and its distance from the first pixel (pixels)."""

    angle: float
    distance: float

    @property
    def axis(self) -> int:
        """The axis of the picture that crosses the line: 0 if it is rather horizontal, 1 if rather vertical."""
        return 0 if abs(math.cos(self.angle)) < 0.5 else 1

    def measure_offset(self, shape: tuple[int, int]) -> np.ndarray:
        """Return how far each pixel of a picture lies on the one side (+) or the other (-) of the line."""
        rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
        return columns * math.cos(self.angle) + rows * math.sin(self.angle) - self.distance


def remove_lines(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Erase straight lines that run through the whole picture, but not where a stroke crosses them.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        The ink.

    Returns
    -------
    cleaned : ndarray of bool, shape (height, width)
        The ink without the lines.
    count : int
        How many there were.
    """
    extents = (np.ptp(np.flatnonzero(mask.any(axis=1 - axis))) for axis in (0, 1))
    if all(extent < MIN_SPAN * length for extent, length in zip(extents, mask.shape, strict=True)):
        return mask, 0
    step = max(1, math.ceil(max(mask.shape) / SEARCH_SIDE))
    candidates = _find_lines(mask, step)
    if not candidates:
        return mask, 0
    stroke_width = mean_stroke_width(mask)
    axes = [line.axis for line in candidates]
    cleaned, count = mask.copy(), 0
    for line in candidates:
        offset = line.measure_offset(mask.shape)
        thickness = _measure_thickness(mask, offset, line.axis, step)
        is_stem = thickness >= STEM_THICKNESS * stroke_width and axes.count(line.axis) == 1
        if thickness <= max(mask.shape) / SIDE_PER_THICKNESS + 1 and not is_stem:
            cleaned &= ~_cover(mask, offset, line.axis, thickness / 2 + SOFT_EDGE + step / 2)
            count += 1
    return cleaned, count


def _find_lines(mask: np.ndarray, step: int) -> list[_Line]:
    """Return the straight lines that thin ink may lie on, by a Hough transform of the mask, ``step`` times reduced."""
    padded = np.pad(mask, [(0, -length % step) for length in mask.shape])
    small = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step).any(axis=(1, 3))
    size = max(3, round(max(small.shape) / SIDE_PER_CORE))
    core = ndi.maximum_filter(ndi.minimum_filter(small, size, mode="constant"), size + 2, mode="constant")
    thin = small & ~core
    if thin.sum() < MIN_THIN_INK * min(small.shape):
        return []
    slopes = np.deg2rad(np.arange(-MAX_SLOPE, MAX_SLOPE + SLOPE_STEP / 2, SLOPE_STEP))
    votes, angles, distances = hough_line(thin, theta=np.concatenate([slopes, slopes + np.pi / 2]))
    min_votes = MIN_VOTES * min(small.shape)
    if votes.max() < min_votes:
        return []
    limits = {"min_distance": MIN_DISTANCE, "min_angle": MIN_ANGLE, "threshold": min_votes, "num_peaks": MAX_LINES}
    _, angles, distances = hough_line_peaks(votes, angles, distances, **limits)
    return [_Line(angle, distance * step + (step - 1) / 2) for angle, distance in zip(angles, distances, strict=True)]


def _measure_thickness(mask: np.ndarray, offset: np.ndarray, axis: int, step: int) -> float:
    """Return the thickness of a line's ink in pixels; infinite if the ink does not run through the picture."""
    band = np.abs(offset) <= 1.5 * step + 0.7  # the reduced mask gives the line's place no more exactly
    inked, present = (band & mask).any(axis=axis), band.any(axis=axis)
    if present.sum() < MIN_SPAN * mask.shape[1 - axis] or inked[present].mean() < MIN_INKED:
        return math.inf
    near = np.abs(offset) <= max(3, round(max(mask.shape) / SIDE_PER_THICKNESS))
    # Where strokes cross the line it looks thicker: a low percentile tells its thickness elsewhere.
    return float(np.percentile((near & mask).sum(axis=axis)[inked], 30))


def _cover(mask: np.ndarray, offset: np.ndarray, axis: int, half: float) -> np.ndarray:
    """Return the pixels within ``half`` of a line, but not where ink goes on at both of its sides."""
    above = mask & (offset > half) & (offset <= half + CROSSING_REACH)
    below = mask & (offset < -half) & (offset >= -half - CROSSING_REACH)
    reach = 2 * int(half + 3) + 1
    shape = (reach, 3) if axis == 0 else (3, reach)
    crossed = ndi.binary_dilation(above, np.ones(shape)) & ndi.binary_dilation(below, np.ones(shape))
    return (np.abs(offset) <= half) & ~crossed
