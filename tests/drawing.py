"""Hands that draw digits on a canvas, for the tests in `browser/`."""

import base64
import io
import itertools

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from mnist_utils.practice import TEST_SHAPES, PenDigit, sample_pen_digit

# Size (height in pixels of the canvas) and place (centre): as large as MNIST's, small in a corner, low and wide.
PLACES = {"large": (200, (140, 140)), "small": (90, (70, 75)), "low": (130, (190, 195))}
# What is enough to show that a hand's drawing is read wherever it is: another digit in each place.
SAMPLES = [(2, "large"), (5, "small"), (7, "low")]
EVERY_DIGIT = list(zip(range(10), itertools.cycle(PLACES), strict=False))


def pen_digit(digit: int, place: str = "large") -> PenDigit:
    """Return a digit in its first shape, at one of the places."""
    size, centre = PLACES[place]
    shape = next(iter(TEST_SHAPES[digit]))
    return sample_pen_digit(digit, shape, np.random.default_rng(digit), size=size, centre=centre)


def _points(surface: Locator, digit: PenDigit) -> list[list[tuple[float, float]]]:
    """Return the digit's strokes in the window's coordinates; every fourth point, as a fast hand leaves them."""
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    assert box is not None
    scale = box["width"] / 280
    return [
        [(box["x"] + x * scale, box["y"] + y * scale) for x, y in [*stroke[:-1:4], stroke[-1]]]
        for stroke in digit.strokes
    ]


def draw_with_mouse(surface: Locator, digit: PenDigit) -> None:
    mouse = surface.page.mouse
    for first, *others in _points(surface, digit):
        mouse.move(*first)
        mouse.down()
        for point in others:
            mouse.move(*point)
        mouse.up()


def move_finger(page: Page, points: list[tuple[float, float]]) -> None:
    """Put a finger on the page, move it along the points of the window, and lift it."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    touch("touchStart", points[0])
    for point in points[1:]:
        touch("touchMove", point)
    touch("touchEnd")
    session.detach()


def draw_with_finger(surface: Locator, digit: PenDigit) -> None:
    for points in _points(surface, digit):
        move_finger(surface.page, points)


def ink(canvas: Locator) -> np.ndarray:
    """Return the grey levels that a canvas holds, uint8, shape (280, 280)."""
    png = canvas.locator(".dc-surface").evaluate("surface => surface.toDataURL().split(',')[1]")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"))
