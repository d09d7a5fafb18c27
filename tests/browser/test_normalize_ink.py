"""The 28 x 28 pixels that the browser makes of a drawing are those that Python makes."""

import base64
import json

import numpy as np
import pytest
from playwright.sync_api import Page

from mnist_utils.export import encode_model
from mnist_utils.images import normalize_ink
from mnist_utils.strokes import draw_digits

# Draws with the canvas's own pen; what it returns is too large for JSON unless in one string.
DRAW = """digits => {
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


@pytest.fixture
def drawing_page(page: Page, code: str, model) -> Page:
    page.add_script_tag(content=code)
    page.add_script_tag(content=f"const model = {json.dumps(encode_model(model))};")
    return page


def test_drawings_and_what_is_read_in_them_equal_pythons(drawing_page, model):
    rng = np.random.default_rng(0)
    digits = list(draw_digits(1000, seed=1))
    # Every other one with a pen from a hair to a broad brush, so that strokes are made thicker and thinner.
    pens = [rng.uniform(3, 60) if i % 2 else digit.pen for i, digit in enumerate(digits)]
    made = []
    for begin in range(0, 1000, 100):
        batch = zip(digits[begin : begin + 100], pens[begin : begin + 100], strict=True)
        drawn = [{"pen": pen, "strokes": [stroke.tolist() for stroke in digit.strokes]} for digit, pen in batch]
        made += drawing_page.evaluate(DRAW, drawn)

    expected = np.array([normalize_ink(from_text(one["ink"], 280) / 255) for one in made])
    actual = np.array([from_text(one["digit"], 28) for one in made])
    assert np.abs(actual.astype(int) - expected).max() <= 2

    probabilities = model.predict(expected[..., np.newaxis] / np.float32(255), verbose=0)
    read = np.array([one["probabilities"] for one in made])
    np.testing.assert_array_equal(read.argmax(axis=1), probabilities.argmax(axis=1))
    # Most are read right, too: this many with pens like those of MNIST, whatever the model.
    labels = np.array([digit.digit for digit in digits])
    assert (read.argmax(axis=1) == labels)[::2].mean() > 0.95


def test_any_rectangle_of_ink(drawing_page):
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
    actual = drawing_page.evaluate(
        """rectangles => rectangles.map(([top, bottom, left, right, level]) => {
            const ink = new Uint8Array(280 * 280);
            for (let y = top; y < bottom; y++) ink.fill(level, y * 280 + left, y * 280 + right);
            return Array.from(digitCanvas.normalizeInk(ink, 280, 280));
        })""",
        rectangles,
    )
    expected = np.array([normalize_ink(ink / 255) for ink in inks])
    assert np.abs(np.array(actual).reshape(60, 28, 28) - expected).max() <= 2


def test_no_ink_is_no_digit(drawing_page):
    assert drawing_page.evaluate("() => digitCanvas.normalizeInk(new Uint8Array(280 * 280), 280, 280)") is None
