"""Pictures of numbers, to measure on: two to four digits a line, clean or photographed.

They are made of MNIST's test digits and of the drawn digits (the chapter *Your own handwriting*).
"""

from dataclasses import dataclass, replace

import numpy as np

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.practice.inking import ink_from_mnist, write_line
from mnist_utils.practice.photographs import photograph, sample_scene
from mnist_utils.practice.picture_sets import load_drawn_digits

__all__ = ["NumberPicture", "make_number_pictures"]

GAPS = (-14, 4, 12, 25)  # pixels between two digits: below 0 they touch or overlap
PHOTO_SIDE = 900  # pixels
MAX_SMOKE_PICTURES = 6


@dataclass(frozen=True, eq=False)
class NumberPicture:
    """A picture of several digits.

    Attributes
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        As :func:`~mnist_utils.reading.several_digits.read_number` takes it.
    text : str
        The digits in reading order, lines separated by ``_``.
    photographed : bool
        Whether it is a simulated photograph; else it is a clean drawing.
    touching : bool
        Whether neighbours were drawn so near that they touch.
    """

    picture: np.ndarray
    text: str
    photographed: bool
    touching: bool


def make_number_pictures(count: int = 60, seed: int = 0) -> list[NumberPicture]:
    """Make pictures of two to four digits a line, on one line or two.

    Every second picture has MNIST's test digits, every other one drawn digits; every third is clean, the others are
    photographed.

    Parameters
    ----------
    count : int
        How many; in a smoke run at most 6.
    seed : int
        The same seed makes the same pictures.

    Returns
    -------
    list of NumberPicture
    """
    rng = np.random.default_rng(seed)
    _, (X_test, y_test) = load_mnist()
    drawings, drawn_labels = load_drawn_digits()
    pictures = []
    for number in range(paths.at_scale(count, MAX_SMOKE_PICTURES)):
        from_mnist, photographed = number % 2 > 0, number % 3 > 0
        images, labels = (X_test, y_test) if from_mnist else (drawings, drawn_labels)
        texts, lines = [], []
        gap = int(rng.choice(GAPS))
        for _ in range(rng.integers(1, 3)):
            rows = [int(rng.integers(len(images))) for _ in range(rng.integers(2, 5))]
            inks = [ink_from_mnist(images[row]) if from_mnist else images[row] / 255 for row in rows]
            texts.append("".join(str(labels[row]) for row in rows))
            lines.append(write_line(inks, gap, rng)[0])
        page = np.vstack(lines)
        picture = _photograph_page(page, len(lines), seed + 30_000 + number) if photographed else _clean(page)
        pictures.append(NumberPicture(picture, "_".join(texts), photographed, gap < 0))
    return pictures


def _photograph_page(page: np.ndarray, n_lines: int, seed: int) -> np.ndarray:
    """Photograph lines of ink, 0 to 1, so that digits come out equally large for one line and two."""
    scene = sample_scene(seed, lines=False)
    # As part of the photo's height. One line is about four times as wide as high.
    size = 0.16 * n_lines
    scene = replace(scene, size=size, place=(0.5, 0.5), turn=scene.turn / 2, pen="black felt pen")
    return photograph(page, scene, PHOTO_SIDE)


def _clean(page: np.ndarray) -> np.ndarray:
    """Return ink, 0 to 1, as a clean drawing, dark on white."""
    return (255 - 255 * page).astype(np.uint8)
