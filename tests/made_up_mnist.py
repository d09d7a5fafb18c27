"""A small made-up MNIST, a file in place of Keras's download, and a package in place of pip: for tests of downloads."""

import gzip
import hashlib
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_utils._runtime import download


def write_npz(path, mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    with path.open("wb") as file:
        np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def wheel_with(content: bytes) -> bytes:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mnist/data/mnist.pkl.gz", gzip.compress(content))
    return wheel.getvalue()


def pickle_as_in_the_wheel(mnist) -> bytes:
    (X_train, y_train), test = mnist
    parts = [
        (X / np.float32(256), y.astype(int)) for X, y in ((X_train[:4], y_train[:4]), (X_train[4:], y_train[4:]), test)
    ]
    # numpy 2 renamed the module; the true wheel has the older name.
    return pickle.dumps(parts, protocol=3).replace(b"numpy._core", b"numpy.core")


def assert_same(left, right):
    for (X, y), (X_expected, y_expected) in zip(left, right, strict=True):
        assert np.array_equal(X, X_expected)
        assert np.array_equal(y, y_expected)


def nine_images() -> download.Mnist:
    """Return six training and three test images of noise."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (9, 28, 28), np.uint8), rng.integers(0, 10, 9, np.uint8)
    return (X[:6], y[:6]), (X[6:], y[6:])


def hashes_of(mnist: download.Mnist) -> dict[str, str]:
    """Return the SHA-256 of the four files in the IDX format that would hold the arrays."""
    idx_files = [
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
        for part in mnist
        for array in part
    ]
    return {name: hashlib.sha256(file).hexdigest() for name, file in zip(download.IDX_SHA256, idx_files, strict=True)}


def close_all_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of datasets, and leave no source that could fill it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "nowhere").as_uri())
    replace_pip(tmp_path, monkeypatch, "sys.exit('ERROR: the network is down')")
    path = tmp_path / "datasets"
    path.mkdir()
    return path


def replace_pip(tmp_path, monkeypatch, code: str) -> None:
    """Let ``python -m pip`` run this code, in which `destination` is the folder to download into."""
    package = tmp_path / "fake" / "pip"
    package.mkdir(parents=True, exist_ok=True)
    package.joinpath("__init__.py").touch()
    package.joinpath("__main__.py").write_text(
        "import os, sys, time\nfrom pathlib import Path\n"
        f"destination = Path(sys.argv[sys.argv.index('--dest') + 1])\n{code}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))


def let_pip_download(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip download a wheel with this content; return a file with a character for each time that it does."""
    wheel, log = tmp_path / "wheel", tmp_path / "log"
    wheel.write_bytes(wheel_with(content))
    log.touch()
    code = f"(destination / 'mnist.whl').write_bytes(Path({str(wheel)!r}).read_bytes())"
    replace_pip(tmp_path, monkeypatch, f"{code}\nopen({str(log)!r}, 'a').write('1')")
    return log
