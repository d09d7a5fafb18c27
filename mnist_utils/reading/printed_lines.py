"""Take printed lines out of the ink: ruled and squared paper."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi
from skimage.transform import hough_line, hough_line_peaks

from mnist_utils.reading import rules
from mnist_utils.reading.mnist_format import mean_stroke_width

__all__ = ["remove_lines"]


@dataclass(frozen=True)
class _Line:
    """A straight line, by the angle of its normal (radians) and its distance from the first pixel (pixels)."""

    angle: float
    distance: float

    @property
    def axis(self) -> int:
        """The axis of the picture that crosses the line: 0 if it is rather horizontal, 1 if rather vertical."""
        return 0 if abs(math.cos(self.angle)) < 0.5 else 1

    def find_strip(self, shape: tuple[int, int], reach: float) -> tuple[slice, slice]:
        """Return the rows and columns of a picture that hold all pixels within ``reach`` of the line."""
        across, along = math.sin(self.angle), math.cos(self.angle)
        if self.axis == 1:
            across, along = along, across
        ends = [(self.distance - along * place) / across for place in (0, shape[1 - self.axis] - 1)]
        reach = reach / abs(across) + 1
        strip = slice(max(0, math.floor(min(ends) - reach)), max(0, math.ceil(max(ends) + reach) + 1))
        return (strip, slice(None)) if self.axis == 0 else (slice(None), strip)

    def measure_offset(self, shape: tuple[int, int], strip: tuple[slice, slice]) -> np.ndarray:
        """Return how far each pixel of a strip lies on the one side (+) or the other (-) of the line."""
        rows, columns = (np.arange(length)[each] for each, length in zip(strip, shape, strict=True))
        return columns * math.cos(self.angle) + rows[:, np.newaxis] * math.sin(self.angle) - self.distance


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
    if all(extent < rules.MIN_LINE_SPAN * length for extent, length in zip(extents, mask.shape, strict=True)):
        return mask, 0
    step = max(1, math.ceil(max(mask.shape) / rules.LINE_SEARCH_SIDE))
    candidates = _find_lines(mask, step)
    if not candidates:
        return mask, 0
    axes = [line.axis for line in candidates]
    cleaned, count = mask.copy(), 0
    most = max(mask.shape) / rules.SIDE_PER_LINE_THICKNESS
    near = max(3, round(most))
    # All that is looked at around a line, which is far less than the whole picture.
    reach = max(near, _half_band(step), _half_cover(most + 1, step) + rules.CROSSING_REACH)
    for line in candidates:
        strip = line.find_strip(mask.shape, reach)
        offset, part = line.measure_offset(mask.shape, strip), mask[strip]
        thickness = _measure_thickness(part, offset, line.axis, _half_band(step), near)
        is_stem = axes.count(line.axis) == 1 and thickness >= rules.STEM_THICKNESS * mean_stroke_width(mask)
        if thickness <= most + 1 and not is_stem:
            cleaned[strip] &= ~_cover(part, offset, line.axis, _half_cover(thickness, step))
            count += 1
    return cleaned, count


def _find_lines(mask: np.ndarray, step: int) -> list[_Line]:
    """Return the straight lines that thin ink may lie on, by a Hough transform of the mask, shrunk by ``step``."""
    padded = np.pad(mask, [(0, -length % step) for length in mask.shape])
    small = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step).any(axis=(1, 3))
    size = max(3, round(max(small.shape) / rules.SIDE_PER_CORE))
    core = ndi.maximum_filter(ndi.minimum_filter(small, size, mode="constant"), size + 2, mode="constant")
    thin = small & ~core
    if thin.sum() < rules.MIN_THIN_INK * min(small.shape):
        return []
    slopes = np.deg2rad(
        np.arange(-rules.MAX_LINE_SLOPE, rules.MAX_LINE_SLOPE + rules.LINE_SLOPE_STEP / 2, rules.LINE_SLOPE_STEP)
    )
    votes, angles, distances = hough_line(thin, theta=np.concatenate([slopes, slopes + np.pi / 2]))
    min_votes = rules.MIN_LINE_VOTES * min(small.shape)
    if votes.max() < min_votes:
        return []
    limits = {
        "min_distance": rules.MIN_LINE_DISTANCE,
        "min_angle": rules.MIN_LINE_ANGLE,
        "threshold": min_votes,
        "num_peaks": rules.MAX_LINES,
    }
    _, angles, distances = hough_line_peaks(votes, angles, distances, **limits)
    return [_Line(angle, distance * step + (step - 1) / 2) for angle, distance in zip(angles, distances, strict=True)]


def _half_band(step: int) -> float:
    """Return how far from a line its ink may lie: the smaller mask does not give the line's place more exactly."""
    return 1.5 * step + 0.7


def _half_cover(thickness: float, step: int) -> float:
    """Return how far from a line of that thickness ink is taken out."""
    return thickness / 2 + rules.LINE_EDGE + step / 2


def _measure_thickness(mask: np.ndarray, offset: np.ndarray, axis: int, half_band: float, near: int) -> float:
    """Return the thickness of a line's ink in pixels; infinite if the ink does not run through the picture."""
    band = np.abs(offset) <= half_band
    inked, present = (band & mask).any(axis=axis), band.any(axis=axis)
    if present.sum() < rules.MIN_LINE_SPAN * mask.shape[1 - axis] or inked[present].mean() < rules.MIN_LINE_INKED:
        return math.inf
    # Where strokes cross the line it looks thicker: a low percentile tells its thickness elsewhere.
    return float(np.percentile(((np.abs(offset) <= near) & mask).sum(axis=axis)[inked], 30))


def _cover(mask: np.ndarray, offset: np.ndarray, axis: int, half: float) -> np.ndarray:
    """Return the pixels within ``half`` of a line, but not where ink goes on at both of its sides."""
    above = mask & (offset > half) & (offset <= half + rules.CROSSING_REACH)
    below = mask & (offset < -half) & (offset >= -half - rules.CROSSING_REACH)
    reach = 2 * int(half + 3) + 1
    shape = (reach, 3) if axis == 0 else (3, reach)
    crossed = ndi.binary_dilation(above, np.ones(shape)) & ndi.binary_dilation(below, np.ones(shape))
    return (np.abs(offset) <= half) & ~crossed
