"""Digits as a pen draws them, made by rule: each drawing's digit is known, and the drawing can be repeated.

A digit is drawn in one of several shapes (a 7 with and without a bar, an open and a closed 4), varied at random in
size, place, proportions, slant, thickness and wobble. Its strokes are lists of points: what a hand does on the canvas,
before there are any pixels. :func:`rasterize` makes pixels of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.practice.pen_shapes import TEST_SHAPES, TRAINING_SHAPES, Shapes, key_points
from mnist_utils.reading import normalize_ink

__all__ = ["PenDigit", "make_pen_digits", "rasterize", "sample_pen_digit", "sample_pen_digits"]

CANVAS_SIDE = 280  # pixels
POINTS_PER_CURVE = 24
MAX_SMOKE_DIGITS = 400


@dataclass(frozen=True, eq=False)
class PenDigit:
    """A digit as it is drawn.

    Attributes
    ----------
    digit : int
        What is drawn.
    shape : str
        The name of its shape.
    pen : float
        The pen's width, in pixels of the canvas.
    strokes : list of ndarray of float, shape (n, 2)
        The points (x, y) of each stroke, in pixels of the 280 x 280 canvas.
    """

    digit: int
    shape: str
    pen: float
    strokes: list[np.ndarray]


def sample_pen_digit(
    digit: int,
    shape: str,
    rng: np.random.Generator,
    *,
    shapes: Shapes = TEST_SHAPES,
    size: float | None = None,
    centre: tuple[float, float] | None = None,
) -> PenDigit:
    """Return a digit in one of its shapes, varied at random.

    The key points move by 1.5 % of the size (standard deviation); the whole is 0.7 to 1.15 times as wide as its shape,
    slants by -10 to 20 degrees, turns by up to 6 degrees, and wobbles by up to 1 % of its size in a slow wave. The pen
    is 14 to 26 pixels wide, but between a sixteenth and a sixth of the size.

    Parameters
    ----------
    digit : int
        0 to 9.
    shape : str
        A key of ``shapes[digit]``.
    rng : Generator
        Source of the random numbers.
    shapes : dict
        :data:`TEST_SHAPES` or :data:`TRAINING_SHAPES`.
    size : float, optional
        Height in pixels of the canvas; 90 to 220 at random if not given.
    centre : (float, float), optional
        Where the middle is, in pixels; anywhere that leaves the digit on the canvas if not given.

    Returns
    -------
    PenDigit
    """
    size = rng.uniform(90, 220) if size is None else size
    width = rng.uniform(0.7, 1.15)
    slant, turn = np.tan(np.radians(rng.uniform(-10, 20))), np.radians(rng.uniform(-6, 6))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = size * rotation @ np.array([[width, -slant], [0, 1]])
    pen = float(np.clip(rng.uniform(14, 26), size / 16, size / 6))
    strokes = [_sample_curve(key_points(stroke), rng) @ matrix.T for stroke in shapes[digit][shape]]

    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if centre is None:
        room = np.maximum(0, CANVAS_SIDE - (high - low) - pen - 4) / 2
        centre = CANVAS_SIDE / 2 + rng.uniform(-room, room)
    offset = np.asarray(centre) - (low + high) / 2
    return PenDigit(digit, shape, pen, [stroke + offset for stroke in strokes])


def _sample_curve(parts: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return the points, (n, 2), of a wobbling stroke: a smooth curve through the key points of each part."""
    curves: list[np.ndarray] = []
    for part in parts:
        closed = len(part) > 1 and bool((part[0] == part[-1]).all())
        keys = part + rng.normal(0, 0.015, part.shape)
        if closed:
            keys[-1] = keys[0]
        if curves:  # it begins where the last one ended
            keys = np.vstack([curves[-1][-1], keys])
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(keys, axis=0).T))])
        curve = CubicSpline(length, keys, bc_type="periodic" if closed else "natural")
        curves.append(curve(np.linspace(0, length[-1], POINTS_PER_CURVE)))
    points = np.concatenate(curves)
    wave = np.linspace(0, rng.uniform(1, 3) * 2 * np.pi, len(points))[:, np.newaxis]
    return points + rng.uniform(0, 0.01) * np.sin(wave + rng.uniform(0, 2 * np.pi, 2))


def sample_pen_digits(count: int, seed: int = 0, shapes: Shapes = TEST_SHAPES) -> Iterator[PenDigit]:
    """Yield digits, 0 to 9 in turn, each in all its shapes in turn, varied at random.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        The same seed gives the same digits.
    shapes : dict
        :data:`TEST_SHAPES` or :data:`TRAINING_SHAPES`.

    Yields
    ------
    PenDigit
    """
    rng = np.random.default_rng(seed)
    for i in range(count):
        digit = i % 10
        names = list(shapes[digit])
        yield sample_pen_digit(digit, names[(i // 10) % len(names)], rng, shapes=shapes)


def rasterize(digit: PenDigit) -> np.ndarray:
    """Return the ink of a digit, drawn as the canvas would draw it, without a browser.

    Parameters
    ----------
    digit : PenDigit
        What to draw.

    Returns
    -------
    ndarray of uint8, shape (280, 280)
        The ink, 0 to 255: bright on black.
    """
    zoom = 2  # Pillow draws no grey edges: they come from averaging a drawing of twice the size
    picture = Image.new("L", (CANVAS_SIDE * zoom, CANVAS_SIDE * zoom))
    pencil = ImageDraw.Draw(picture)
    radius = digit.pen * zoom / 2
    for stroke in digit.strokes:
        points = [(float(x), float(y)) for x, y in stroke * zoom]
        pencil.line(points, fill=255, width=round(2 * radius), joint="curve")
        for x, y in (points[0], points[-1]):
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(picture.reduce(zoom))


def make_pen_digits(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Make digits to train on, in the :data:`TRAINING_SHAPES` and in MNIST's format, with all cores.

    Parameters
    ----------
    count : int
        How many; in a smoke run at most 400.
    seed : int
        The same seed gives the same digits.

    Returns
    -------
    X : ndarray of uint8, shape (count, 28, 28)
        Bright ink on black.
    y : ndarray of uint8, shape (count,)
        The digits.
    """
    digits = list(sample_pen_digits(paths.at_scale(count, MAX_SMOKE_DIGITS), seed, TRAINING_SHAPES))
    X = parallel_map(lambda digit: normalize_ink(rasterize(digit) / 255), digits)
    return np.stack(X), np.array([digit.digit for digit in digits], np.uint8)
