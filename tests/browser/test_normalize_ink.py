"""The 28 x 28 pixels that the browser makes of a drawing are those that Python makes, and nearly all are read right."""

import base64
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from drawing import PLACES, pen_digit
from playwright.sync_api import Page

from mnist_utils.canvas import encode_model
from mnist_utils.practice import PenDigit, sample_pen_digits
from mnist_utils.reading import normalize_ink, to_mnist

pytestmark = pytest.mark.slow

# Draws with the canvas's pen; what it returns is too large for JSON unless in one string.
DRAW = """([model, digits]) => {
    const network = digitCanvas.loadNetwork(model);
    const canvas = Object.assign(document.createElement("canvas"), { width: 280, height: 280 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const text = (bytes) => {
        let letters = "";
        for (const byte of bytes) letters += String.fromCharCode(byte);
        return btoa(letters);
    };
    return digits.map(({ pen, strokes }) => {
        const drawing = new digitCanvas.Drawing(context, pen);
        for (const [first, ...others] of strokes) {
            drawing.begin(first);
            drawing.extend(others);
        }
        const ink = drawing.ink();
        const digit = digitCanvas.normalizeInk(ink, 280, 280);
        return { ink: text(ink), digit: text(digit), probabilities: network(digit) };
    });
}"""


def from_text(text: str, side: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(side, side)


def draw(page: Page, model, digits: Sequence[PenDigit]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ink (n, 280, 280), the pixels (n, 28, 28) and the probabilities (n, 10) that the browser makes."""
    drawn = [{"pen": digit.pen, "strokes": [stroke.tolist() for stroke in digit.strokes]} for digit in digits]
    made = page.evaluate(DRAW, [encode_model(model), drawn])
    return (
        np.array([from_text(one["ink"], 280) for one in made]),
        np.array([from_text(one["digit"], 28) for one in made]),
        np.array([one["probabilities"] for one in made]),
    )


def test_drawings_and_what_is_read_in_them_equal_pythons(code_page, models):
    model = models["own_images"]
    digits = list(sample_pen_digits(100, seed=1))
    inks, actual, probabilities = draw(code_page, model, digits)
    expected = np.array([to_mnist(ink).image for ink in inks])
    assert np.abs(actual.astype(int) - expected).max() <= 2

    in_python = model.predict(expected[..., np.newaxis] / np.float32(255), verbose=0)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), in_python.argmax(axis=1))
    # Two sides that agree could both be wrong: nearly all are read right.
    assert (probabilities.argmax(axis=1) == [digit.digit for digit in digits]).mean() > 0.95


def test_a_digit_is_read_wherever_it_is_drawn(code_page, models):
    digits = [pen_digit(digit, place) for digit in range(10) for place in PLACES]
    _, _, probabilities = draw(code_page, models["own_images"], digits)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), [digit.digit for digit in digits])


def test_strokes_from_a_hair_to_a_broad_brush_are_corrected_alike(code_page, models):
    rng = np.random.default_rng(0)
    digits = [replace(digit, pen=rng.uniform(3, 60)) for digit in sample_pen_digits(50, seed=2)]
    inks, actual, _ = draw(code_page, models["own_images"], digits)
    expected = np.array([normalize_ink(ink / 255) for ink in inks])
    uncorrected = np.array([normalize_ink(ink / 255, stroke=False) for ink in inks])
    assert (expected != uncorrected).any(axis=(1, 2)).sum() > 15  # there was much to correct
    assert np.abs(actual.astype(int) - expected).max() <= 2


def test_any_rectangle_of_ink(code_page):
    """Shapes that no hand draws: single pixels, lines, frames, from 1 to 280 pixels, faint and full."""
    rng = np.random.default_rng(5)
    inks = np.zeros((60, 280, 280), np.uint8)
    rectangles = []
    for ink in inks:
        top, left = map(int, rng.integers(0, 280, 2))
        height, width = map(int, rng.choice([1, 2, 7, 19, 21, 80, 81, 150], 2))
        level = int(rng.integers(1, 256))
        ink[top : top + height, left : left + width] = level
        rectangles.append([top, min(280, top + height), left, min(280, left + width), level])
    actual = code_page.evaluate(
        """rectangles => rectangles.map(([top, bottom, left, right, level]) => {
            const ink = new Uint8Array(280 * 280);
            for (let y = top; y < bottom; y++) ink.fill(level, y * 280 + left, y * 280 + right);
            return Array.from(digitCanvas.normalizeInk(ink, 280, 280));
        })""",
        rectangles,
    )
    expected = np.array([normalize_ink(ink / 255) for ink in inks])
    assert np.abs(np.array(actual).reshape(60, 28, 28) - expected).max() <= 2
