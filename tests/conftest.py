"""What several tests share: one worker process each, a small MNIST, the built book, npm's packages."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from made_up_mnist import close_all_sources, hashes_of, nine_images

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_mnist

PROJECT = Path(__file__).resolve().parents[1]

# `make test` runs as many tests at a time as it has cores. So each of them, and each program that it starts, trains in
# one worker process unless it asks for more: each imports TensorFlow, which takes longer than what the tests train.
# Pictures are made in the test's own process, and matrices are multiplied by one thread: two would fight for the core.
os.environ |= {"LOKY_MAX_CPU_COUNT": "1", "OMP_NUM_THREADS": "1"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first, so that the short ones fill what is left when one of two processes ends earlier.

    The very first one builds the book, and the others that read it come last of the long ones: no process waits for it.
    """

    def reads_book(item: pytest.Item) -> bool:
        return "book_html" in getattr(item, "fixturenames", ())

    # 0: long, 1: reads the book, 2: short
    items.sort(key=lambda item: 1 if reads_book(item) else 2 * ("slow" not in item.keywords))
    first = next(filter(reads_book, items), None)
    items.sort(key=lambda item: item is not first)


@pytest.fixture(scope="session")
def true_mnist() -> download.Mnist:
    """MNIST. Where it is neither in the cache nor to be had from the network, the fast tests that need it are skipped.

    Slow tests load it themselves: without it they fail, so that no whole run passes without MNIST.
    """
    try:
        return load_mnist()
    except MnistUnavailableError as error:
        pytest.skip(f"it needs MNIST, which is not in Keras's cache. {error}")


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> download.Mnist:
    """Six training and three test images, which pass for the original ones during the test."""
    mnist = nine_images()
    monkeypatch.setattr(download, "IDX_SHA256", hashes_of(mnist))
    return mnist


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of datasets, and no source that could fill it."""
    return close_all_sources(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def book_html() -> Path:
    """The folder of the built book, built anew if a source has changed: `make book` fails on any warning."""
    (PROJECT / "_build").mkdir(exist_ok=True)
    with FileLock(PROJECT / "_build" / "tests.lock"):  # of several processes that test, one builds
        build = subprocess.run(["make", "book"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if build.returncode:
        pytest.fail(f"make book failed:\n{build.stdout}\n{build.stderr}", pytrace=False)
    return PROJECT / "_build" / "html"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of npm's packages, installed as `package-lock.json` says."""
    if shutil.which("npm") is None:
        pytest.fail("npm is missing: install Node.js 20 or later, with npm.", pytrace=False)
    (PROJECT / "_build").mkdir(exist_ok=True)
    with FileLock(PROJECT / "_build" / "npm.lock"):  # of several processes that test, one installs at a time
        done = subprocess.run(["npm", "install", "--no-save"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"npm install failed:\n{done.stdout}\n{done.stderr}", pytrace=False)
    return PROJECT / "node_modules"
