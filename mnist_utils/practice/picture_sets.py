"""Pictures of digits that do not come from MNIST's makers, to measure on (the chapter *Your own handwriting*).

There are four sets of single digits, and one of numbers:

- scikit-learn's 1,797 digits of 8 x 8 pixels, written by 43 people on other forms;
- digits drawn on the book's canvas, in a browser, by rule (:mod:`mnist_utils.practice.strokes`), recorded in the file
  ``notebooks/images/drawn_digits.npz``;
- digits of MNIST's test set, and those drawn digits, on simulated photographs (:mod:`mnist_utils.practice.photographs`);
- numbers of two to four such digits, on one or two lines, clean or photographed.

A smoke run takes a few pictures of each.
"""

from dataclasses import dataclass, replace

import joblib
import numpy as np
from skimage.transform import resize
from sklearn.datasets import load_digits

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.practice.photographs import draw_scene, ink_from_mnist, photograph
from mnist_utils.reading.images import to_mnist

__all__ = ["NumberPicture", "PictureSet", "bring_to_mnist", "load_number_pictures", "load_picture_sets", "write_line"]

DRAWN_DIGITS = (
    "notebooks/images/drawn_digits.npz"  # python -m mnist_utils.practice.strokes notebooks/images/drawn_digits.npz
)
SMOKE_PICTURES = 6
DIGIT_HEIGHT, LINE_HEIGHT, PAGE_WIDTH = 110, 150, 640  # of a page of digits, in pixels
GAPS = (-14, 4, 12, 25)  # between two digits, in pixels: in the first case they touch or overlap


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures of single digits that were made in one way.

    Attributes
    ----------
    name : str
        How they were made.
    pictures : list of ndarray
        As :func:`mnist_utils.reading.images.to_mnist` takes them.
    labels : ndarray of uint8, shape (n,)
        The digit in each.
    """

    name: str
    pictures: list[np.ndarray]
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class NumberPicture:
    """A picture of several digits.

    Attributes
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        As :func:`mnist_utils.reading.several_digits.read_number` takes it.
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


def _at_scale(count: int) -> int:
    """Return how many pictures to make: in a smoke run, few."""
    return paths.at_scale(count, SMOKE_PICTURES)


def _load_drawn() -> tuple[np.ndarray, np.ndarray]:
    """Return the recorded drawings: ink, uint8 (n, 280, 280), and the digits, (n,)."""
    with np.load(paths.input_path(DRAWN_DIGITS)) as file:
        return file["images"], file["labels"]


def _photograph_all(inks: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Photograph inks, each in another scene, with all cores."""
    make = joblib.delayed(lambda ink, number: photograph(ink, draw_scene(number)))
    return joblib.Parallel(n_jobs=-1)(make(ink, seed + number) for number, ink in enumerate(inks))


def load_picture_sets(n_photographs: int = 200) -> list[PictureSet]:
    """Make the four sets of single digits.

    Parameters
    ----------
    n_photographs : int
        How many of MNIST's test digits are photographed, and at most how many of the drawn digits.

    Returns
    -------
    list of PictureSet
        The same pictures in each call.
    """
    small = load_digits()
    drawings, drawn_labels = _load_drawn()
    count = _at_scale(len(drawings))
    drawings, drawn_labels = drawings[:count], drawn_labels[:count]
    _, (X_test, y_test) = load_mnist()
    rows = np.random.default_rng(0).permutation(len(X_test))[: _at_scale(n_photographs)]
    count = _at_scale(len(small.images))
    return [
        PictureSet("8x8 digits", list(small.images[:count] / 16), small.target[:count].astype(np.uint8)),
        PictureSet("drawn", list(drawings), drawn_labels),
        PictureSet(
            "photos of MNIST's", _photograph_all([ink_from_mnist(X_test[row]) for row in rows], 10_000), y_test[rows]
        ),
        PictureSet(
            "photos of drawn",
            _photograph_all([ink / 255 for ink in drawings[:n_photographs]], 20_000),
            drawn_labels[:n_photographs],
        ),
    ]


def bring_to_mnist(pictures: list[np.ndarray], **steps: bool) -> np.ndarray:
    """Bring many pictures into MNIST's format, with all cores.

    Parameters
    ----------
    pictures : list of ndarray
        As :func:`mnist_utils.reading.images.to_mnist` takes them.
    **steps : bool
        Its steps; ``crop=False`` leaves the cropping out.

    Returns
    -------
    ndarray of uint8, shape (n, 28, 28)
        Bright ink on black; all 0 where there was nothing to read.
    """

    def bring(picture: np.ndarray) -> np.ndarray:
        image = to_mnist(picture, **steps).image
        return np.zeros((28, 28), np.uint8) if image is None else image

    return np.stack(joblib.Parallel(n_jobs=-1)(joblib.delayed(bring)(picture) for picture in pictures))


def load_number_pictures(count: int = 60, seed: int = 0) -> list[NumberPicture]:
    """Make pictures of two to four digits, on one line or two.

    Every second picture has MNIST's test digits, every other one drawn digits; every third is clean, the others are
    photographed.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        The same seed makes the same pictures.

    Returns
    -------
    list of NumberPicture
    """
    rng = np.random.default_rng(seed)
    drawings, drawn_labels = _load_drawn()
    _, (X_test, y_test) = load_mnist()
    found = []
    for number in range(_at_scale(count)):
        texts, rows = [], []
        gap = int(rng.choice(GAPS))
        for _ in range(rng.integers(1, 3)):
            digits = []
            for _ in range(rng.integers(2, 5)):
                source, labels = (X_test, y_test) if number % 2 else (drawings, drawn_labels)
                row = int(rng.integers(len(source)))
                digits.append((labels[row], ink_from_mnist(source[row]) if number % 2 else source[row] / 255))
            texts.append("".join(str(label) for label, _ in digits))
            rows.append(write_line([ink for _, ink in digits], gap, rng)[0])
        page = np.vstack(rows)
        photographed = number % 3 > 0
        if photographed:
            scene = draw_scene(seed + 30_000 + number, lines=False)
            size = 0.16 * len(rows)  # of the photo's height; the page is about four times as wide as a line is high
            scene = replace(scene, size=size, place=(0.5, 0.5), turn=scene.turn / 2, pen="black felt pen")
            picture = photograph(page, scene, side=900)
        else:
            picture = (255 - 255 * page).astype(np.uint8)
        found.append(NumberPicture(picture, "_".join(texts), photographed, gap < 0))
    return found


def write_line(inks: list[np.ndarray], gap: int, rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Write digits side by side.

    Parameters
    ----------
    inks : list of ndarray of float, shape (height, width)
        The digits, from 0, no ink, to 1.
    gap : int
        Pixels between neighbours; below 0, they overlap.
    rng : numpy.random.Generator
        Draws their heights and places.

    Returns
    -------
    line : ndarray of float, shape (LINE_HEIGHT, PAGE_WIDTH)
        From 0, no ink, to 1.
    spans : list of (int, int)
        First column of each digit, and the one after its last.
    """
    line, spans = np.zeros((LINE_HEIGHT, PAGE_WIDTH)), []
    left = int(rng.integers(20, 50))
    for ink in inks:
        rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        zoom = DIGIT_HEIGHT * rng.uniform(0.85, 1.1) / len(ink)
        ink = resize(ink, (round(len(ink) * zoom), max(6, round(ink.shape[1] * zoom))), anti_aliasing=True)
        top = int(rng.integers(8, 20))
        place = line[top : top + len(ink), left : left + ink.shape[1]]
        place[:] = np.maximum(place, ink[:, : place.shape[1]])
        spans.append((left, left + ink.shape[1]))
        left += ink.shape[1] + gap
    return line, spans
