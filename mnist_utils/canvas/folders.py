"""Labelled images in folders, one folder a class: how the canvas saves drawings, and how they are read back."""

from pathlib import Path

import numpy as np
from filelock import FileLock
from PIL import Image

from mnist_utils.paths import write_whole
from mnist_utils.reading import to_mnist
from mnist_utils.reading.files import FORMATS

__all__ = ["load_folder", "save_drawing"]

MAX_LABEL_BYTES = 200  # most systems allow names of 255
OF_PHONES = {".heic", ".heif", ".avif"}  # pictures that cannot be read: better an error than one image fewer


def save_drawing(image: np.ndarray, folder: str | Path, label: str) -> Path:
    """Save a drawing as a PNG file in the folder of its class.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        The drawing.
    folder : path
        The collection. It is made, and the class's folder in it, if it is not there.
    label : str
        The class, which becomes the name of a folder.

    Returns
    -------
    Path
        The new file: ``folder/label/0001.png``, or the first number that is free. No file is ever overwritten, even
        if several notebooks save into the same folder.

    Raises
    ------
    OSError
        If the folder or the file cannot be written.
    ValueError
        If the label cannot be a folder's name.
    """
    is_name = label.strip() and label.isprintable() and Path(label).name == label and not label.startswith(".")
    if not is_name or len(label.encode()) > MAX_LABEL_BYTES:
        raise ValueError(f"The label {label[:60]!r} cannot be the name of a folder: use a few letters and digits.")
    class_folder = Path(folder) / label
    class_folder.mkdir(parents=True, exist_ok=True)
    with FileLock(class_folder / ".lock"):
        number = 1 + sum(1 for _ in class_folder.glob("[!.]*.png"))
        while (path := class_folder / f"{number:04d}.png").exists():
            number += 1
        with write_whole(path) as scratch:
            Image.fromarray(image).save(scratch)
    return path


def load_folder(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Load images that lie in folders, one folder a class, in MNIST's format.

    Each image goes through :func:`~mnist_utils.reading.one_digit.to_mnist`, so that photos and scans may lie there as
    well as what the canvas saved.

    Parameters
    ----------
    folder : path
        Holds a folder for each class, named like the class, with images in it. Other files, and names that begin with
        a dot, are left alone.

    Returns
    -------
    X : ndarray of uint8, shape (n, 28, 28)
        The images, bright ink on black.
    y : ndarray, shape (n,)
        The class of each image: uint8 if all names of folders are numbers from 0 to 255, else str. (What
        ``np.unique(y, return_inverse=True)`` returns are the names, and numbers to train with.)

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no image in it.
    OSError
        If an image may not be opened.
    ValueError
        If an image cannot be read, or has nothing to read in it: the message names the file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder. Draw something first with DigitCanvas(collect={str(folder)!r})."
        )
    suffixes = OF_PHONES | {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
    paths = [path for path in sorted(folder.glob("[!.]*/[!.]*")) if path.suffix.lower() in suffixes and path.is_file()]
    if not paths:
        raise FileNotFoundError(
            f"{folder}: no images. They must lie in folders, one a class: {folder / '7' / 'mine.png'}."
        )
    X = np.stack([_load(path) for path in paths])
    names = np.array([path.parent.name for path in paths])
    are_numbers = all(name.isdecimal() and int(name) < 256 for name in names)
    return X, names.astype(np.uint8) if are_numbers else names


def _load(path: Path) -> np.ndarray:
    """Return one image in MNIST's format."""
    digit = to_mnist(path).image
    if digit is None:
        raise ValueError(f"{path}: nothing to read in this image. Move it out of the folder.")
    return digit
