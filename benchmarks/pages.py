"""Measure how long reading takes, from one digit to a page of 300: ``python benchmarks/pages.py``.

The photos have 12 megapixels and lie on the disk as JPEG files. They are pages made by program at 2.6 megapixels, which
is what a page is read at, and enlarged. The models are loaded before. What counts is the time that the processor works,
on one thread, so that other work on the machine matters little; files are read in turns, five times, and the median is
printed. The results are written to ``results/pages_benchmark.json``. For a try: ``--rounds 1 --digits 1 10``.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.practice import ink_from_mnist, make_pages
from mnist_utils.practice.pages import KINDS
from mnist_utils.predict import Classifier
from mnist_utils.quiet import tf
from mnist_utils.reading import read_number

SIZES = 1, 10, 50, 100, 300  # digits on a page
PHOTO_SIDE = 3_464  # pixels: 12 megapixels
QUALITY = 90  # of the JPEG files
N_INKS = 500


def save_photos(folder: Path, sizes: list[int]) -> dict[Path, int]:
    """Save a photo of a page for each number of digits.

    Returns
    -------
    dict
        For each file how many digits are on it, which may be a few less than asked for.
    """
    (X, y), _ = load_mnist()
    inks = [(255 * ink_from_mnist(image, 112)).astype(np.uint8) for image in X[:N_INKS]]
    photos = {}
    for size in sizes:
        pages = make_pages(inks, y[:N_INKS], len(KINDS), min_digits=size, max_digits=size)
        page = next(page for page in pages if page.kind == "photo")
        file = folder / f"{size}.jpg"
        large = Image.fromarray(page.picture).resize((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.BICUBIC)
        large.save(file, quality=QUALITY)
        photos[file] = sum(map(len, page.lines))
    return photos


def measure(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median of the processor's seconds for each action, done in turns after a first time."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        for name, act in actions.items():
            started = time.process_time()
            act()
            if number:  # the first time, code and models are loaded
                seconds[name].append(time.process_time() - started)
    return {name: statistics.median(each) for name, each in seconds.items()}


def main() -> None:
    """Measure, print a table and, if all sizes were measured, write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each file is read (default: 5)")
    parser.add_argument("--digits", type=int, nargs="+", default=list(SIZES), help="digits on the pages")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    classifier = Classifier()
    _, (X_test, _) = load_mnist()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        photos = save_photos(Path(folder), arguments.digits)
        actions = {file.name: lambda file=file: read_number(file, classifier) for file in photos}
        actions["one image of MNIST's"] = lambda: classifier(X_test[0])
        seconds = measure(actions, arguments.rounds)
        found = [
            {
                "digits": count,
                "digits_read": len(read_number(file, classifier).digits),
                "seconds": seconds[file.name],
                "ratio": seconds[file.name] / seconds[next(iter(photos)).name],
            }
            for file, count in photos.items()
        ]
    about = machine.describe()
    print(f"{about['processor']}, one thread; seconds of the processor's work for a photo of 12 megapixels.")
    print(f"{'digits':>8}{'read':>7}{'seconds':>9}{'times the first':>17}")
    for each in found:
        print(f"{each['digits']:8}{each['digits_read']:7}{each['seconds']:9.2f}{each['ratio']:17.1f}")
    one = 1e3 * seconds["one image of MNIST's"]
    print(f"One image of MNIST's, by Classifier: {one:.1f} ms.")
    if tuple(arguments.digits) == SIZES:
        path = paths.output_path("results/pages_benchmark.json")
        result = {"machine": about, "pages": found, "one_image_ms": one}
        with paths.write_whole(path) as scratch:
            scratch.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"Written to {path}.")
    else:
        print("A try: nothing was written.")


if __name__ == "__main__":
    main()
