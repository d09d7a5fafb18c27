"""Draw digits on the book's canvas, in Chromium, with a mouse: how ``notebooks/images/drawn_digits.npz`` was made.

It saves the arrays ``images`` (n, 280, 280), ``labels`` (n,), ``shapes`` (n,) and ``pens`` (n,) in one file. It needs
Playwright and Chromium, as the tests do.
"""

import argparse
import base64
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from chromium import CHROMIUM_MISSING, find_chromium
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tqdm import tqdm

from mnist_utils.paths import PROJECT
from mnist_utils.practice import PenDigit, sample_pen_digits

CANVAS = PROJECT / "book" / "_static" / "digit_canvas" / "digit_canvas.js"


def draw(page: Page, digit: PenDigit) -> np.ndarray:
    """Draw a digit on a new canvas in the page, and return its ink, uint8, shape (280, 280)."""
    page.evaluate("pen => { place.replaceChildren(); digitCanvas.showOnPage(place, () => [], { pen }); }", digit.pen)
    for stroke in digit.strokes:
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    png = page.evaluate("() => place.querySelector('.dc-surface').toDataURL().split(',')[1]")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"))


def record(digits: Sequence[PenDigit]) -> np.ndarray:
    """Draw digits in Chromium, and return their ink, uint8, shape (len(digits), 280, 280), bright on black."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit(CHROMIUM_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<div id='place' style='width: 700px'></div>")
        page.add_script_tag(path=CANVAS)
        # 280 pixels wide, so that a pixel on the screen is a pixel of the canvas.
        page.add_style_tag(content=".dc-surface { position: fixed; top: 0; left: 0; width: 280px; height: 280px; }")
        images = [draw(page, digit) for digit in tqdm(digits, desc="Drawing")]
        browser.close()
    return np.stack(images)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, with these arguments or those of the command line."""
    parser = argparse.ArgumentParser(description="Draw digits on the book's canvas, in Chromium, and save the ink.")
    parser.add_argument("file", type=Path, metavar="FILE", help="the .npz file to write")
    parser.add_argument("--count", type=int, default=240, help="how many digits, 0 to 9 in turn (default: 240)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same digits (default: 0)")
    options = parser.parse_args(arguments)
    digits = list(sample_pen_digits(options.count, options.seed))
    np.savez_compressed(
        options.file,
        images=record(digits),
        labels=np.array([digit.digit for digit in digits], np.uint8),
        shapes=np.array([digit.shape for digit in digits]),
        pens=np.array([digit.pen for digit in digits]),
    )


if __name__ == "__main__":
    main()
