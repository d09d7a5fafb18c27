"""Measure how fast the canvas reads in a browser: `python benchmarks/browser.py`, in headless Chromium.

Times a prediction as the book's pages make it; the same without each of the two things that make it fast; and the way
from a drawing to 28 x 28 pixels. Run it on an idle machine. The results are printed and written to
``results/browser.json``, which the chapter *In the browser* shows.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import machine
import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from mnist_utils import paths
from mnist_utils.canvas import encode_model
from mnist_utils.canvas.page import BOOK_FOLDER
from mnist_utils.data import load_mnist
from mnist_utils.practice import sample_pen_digits
from mnist_utils.quiet import keras

sys.path.append(str(paths.PROJECT / "scripts"))

from chromium import CHROMIUM_MISSING, FLAGS, find_chromium

COUNT = 300  # of images, and of drawings
BATCH = 30  # the ways take turns, so many at a time: what disturbs the machine for a while disturbs them all
CODE = paths.PROJECT / BOOK_FOLDER / "digit_canvas.js"

# Each call is timed on its own, by a clock that moves in steps of 0.1 ms or finer.
DECODE = """() => {
    const begin = performance.now();
    globalThis.network = digitCanvas.loadNetwork(model);
    return performance.now() - begin;
}"""
DECODE_WITHOUT_BLOCKS = """() => {
    const plainProduct = (a, b, bias, out, rows, columns, length) => {
        for (let row = 0; row < rows; row++) {
            for (let column = 0; column < columns; column++) {
                let sum = bias[column];
                for (let i = 0; i < length; i++) sum += a[row * length + i] * b[column * length + i];
                out[row * columns + column] = sum;
            }
        }
    };
    globalThis.network = digitCanvas.loadNetwork(model, plainProduct);
}"""
PREDICT = """images => images.map((image) => {
    const begin = performance.now();
    network(image);
    return performance.now() - begin;
})"""
NORMALIZE = """digits => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 280, height: 280 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return digits.map(({ pen, strokes }) => {
        const drawing = new digitCanvas.Drawing(context, pen);
        for (const [first, ...others] of strokes) {
            drawing.begin(first);
            drawing.extend(others);
        }
        const ink = drawing.ink();
        const begin = performance.now();
        digitCanvas.normalizeInk(ink, 280, 280);
        return performance.now() - begin;
    });
}"""


def summarize(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the quartiles of times."""
    low, median, high = np.percentile(milliseconds, [25, 50, 75])
    return {"median": float(median), "lower_quartile": float(low), "upper_quartile": float(high)}


def without_trimming(model: keras.Model, description: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a model whose layers compute rows and columns that no layer uses, too."""
    whole = [list(layer.output.shape[1:]) for layer in model.layers]
    layers = zip(description["layers"], whole, strict=True)
    return description | {"layers": [layer | {"output": output} for layer, output in layers]}


def open_page(browser: Browser, description: dict[str, Any]) -> Page:
    """Open a page with the code and a model, apart from other pages: the browser compiles the code of each anew."""
    page = browser.new_context().new_page()
    page.add_script_tag(path=CODE)
    page.add_script_tag(content=f"const model = {json.dumps(description)};")
    return page


def measure(browser: Browser) -> dict[str, Any]:
    """Return the times to decode, of the first prediction, and of each way, in milliseconds."""
    model = keras.models.load_model(paths.input_path("models/own_images.keras"), compile=False)
    description = encode_model(model)
    _, (X_test, _) = load_mnist()
    images = X_test[:COUNT].reshape(COUNT, -1).tolist()
    drawings = [
        {"pen": digit.pen, "strokes": [stroke.tolist() for stroke in digit.strokes]}
        for digit in sample_pen_digits(COUNT)
    ]
    ways = {
        "a prediction": (open_page(browser, description), DECODE, PREDICT, images),
        "without trimming": (open_page(browser, without_trimming(model, description)), DECODE, PREDICT, images),
        "without blocks of four": (open_page(browser, description), DECODE_WITHOUT_BLOCKS, PREDICT, images),
        "from a drawing to 28 x 28": (open_page(browser, description), DECODE, NORMALIZE, drawings),
    }
    decode_ms, *_ = [page.evaluate(decode) for page, decode, _, _ in ways.values()]
    times: dict[str, list[float]] = {name: [] for name in ways}
    for begin in range(0, COUNT, BATCH):
        for name, (page, _, function, inputs) in ways.items():
            page.bring_to_front()
            times[name] += page.evaluate(function, inputs[begin : begin + BATCH])
    return {
        "decode_ms": decode_ms,
        "first_ms": times["a prediction"][0],
        "milliseconds": {name: summarize(values) for name, values in times.items()},
    }


def main() -> None:
    """Run all measurements, print them and write them down."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(CHROMIUM_MISSING)
    found: dict[str, Any] = {"machine": machine.describe(), "count": COUNT}
    found["busy_before"] = psutil.cpu_percent(interval=3) / 100
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found |= {"chromium": browser.version} | measure(browser)
        browser.close()

    print(f"Chromium {found['chromium']}, {found['machine']['processor']}, busy to {found['busy_before']:.0%} before")
    print(f"decoding the weights: {found['decode_ms']:.1f} ms, the first prediction: {found['first_ms']:.1f} ms")
    for name, time in found["milliseconds"].items():
        print(f"{name:26} {time['median']:6.2f} ms ({time['lower_quartile']:.2f} to {time['upper_quartile']:.2f})")
    path = paths.output_path("results/browser.json")
    with paths.write_whole(path) as scratch:
        scratch.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {path.relative_to(paths.PROJECT) if not paths.SMOKE else path}.")


if __name__ == "__main__":
    main()
