"""Pictures of single digits, made otherwise than MNIST's images, to measure on (the chapter *Your own handwriting*).

There are four sets:

- scikit-learn's 1,797 digits of 8 x 8 pixels, written by 13 people on other forms (the test part of the UCI data set
  *Optical Recognition of Handwritten Digits*);
- digits of :mod:`mnist_utils.practice.pen_digits`, drawn on the book's canvas, in a browser;
- digits of MNIST's test set, on simulated photographs (:mod:`mnist_utils.practice.photographs`);
- the drawn digits, on simulated photographs.
"""

from dataclasses import dataclass

import numpy as np

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.data import load_mnist
from mnist_utils.practice.inking import ink_from_mnist
from mnist_utils.practice.photographs import photograph, sample_scene
from mnist_utils.reading import to_mnist

__all__ = ["PictureSet", "bring_to_mnist", "load_drawn_digits", "load_picture_sets"]

DRAWN_DIGITS = "notebooks/images/drawn_digits.npz"  # written by scripts/record_drawings.py
N_PHOTOGRAPHS = 200  # in each set of photographs
MAX_SMOKE_PICTURES = 6  # in each set


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures of single digits that were made in one way.

    Attributes
    ----------
    name : str
        How they were made.
    pictures : list of ndarray
        As :func:`~mnist_utils.reading.one_digit.to_mnist` takes them.
    labels : ndarray of uint8, shape (n,)
        The digit in each.
    """

    name: str
    pictures: list[np.ndarray]
    labels: np.ndarray


def load_drawn_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load the 240 digits that were drawn on the canvas, in the shapes to measure on.

    Returns
    -------
    images : ndarray of uint8, shape (240, 280, 280)
        Bright ink on black.
    labels : ndarray of uint8, shape (240,)
        The digits.
    """
    with np.load(paths.input_path(DRAWN_DIGITS)) as file:
        return file["images"], file["labels"]


def load_picture_sets(max_pictures: int = 2_000) -> list[PictureSet]:
    """Make the four sets of single digits, with all cores.

    Parameters
    ----------
    max_pictures : int
        How many pictures of each set at most; no set has more than 2,000. In a smoke run it is at most 6.

    Returns
    -------
    list of PictureSet
        The same pictures in each call.
    """
    # At the top it would double the time in which each process of `parallel_map` imports this package.
    from sklearn.datasets import load_digits

    count = paths.at_scale(max_pictures, MAX_SMOKE_PICTURES)
    small = load_digits()
    drawings, drawn_labels = (array[:count] for array in load_drawn_digits())
    _, (X_test, y_test) = load_mnist()
    n = min(count, N_PHOTOGRAPHS)
    rows = np.random.default_rng(0).permutation(len(X_test))[:n]
    inks = [ink_from_mnist(X_test[row]) for row in rows] + list(drawings[:n] / 255)
    seeds = [*range(10_000, 10_000 + n), *range(20_000, 20_000 + n)]
    photographs = parallel_map(lambda ink, seed: photograph(ink, sample_scene(seed)), inks, seeds)
    return [
        PictureSet("8x8 digits", list(small.images[:count] / 16), small.target[:count].astype(np.uint8)),
        PictureSet("drawn", list(drawings), drawn_labels),
        PictureSet("photos of MNIST's", photographs[:n], y_test[rows]),
        PictureSet("photos of drawn", photographs[n:], drawn_labels[:n]),
    ]


def bring_to_mnist(pictures: list[np.ndarray], **steps: bool) -> np.ndarray:
    """Bring many pictures into MNIST's format, with all cores.

    Parameters
    ----------
    pictures : list of ndarray
        As :func:`~mnist_utils.reading.one_digit.to_mnist` takes them.
    **steps : bool
        Its steps; ``crop=False`` leaves the cropping out.

    Returns
    -------
    ndarray of uint8, shape (n, 28, 28)
        Bright ink on black; all 0 where there was nothing to read.
    """
    images = parallel_map(lambda picture: to_mnist(picture, **steps).image, pictures)
    return np.stack([np.zeros((28, 28), np.uint8) if image is None else image for image in images])
