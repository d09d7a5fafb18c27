"""Processes that work side by side on this machine's cores."""

import atexit
import contextlib
import functools
import os
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import loky
import numpy as np
from filelock import FileLock

__all__ = ["n_cores", "parallel_map", "training_pool"]

Result = TypeVar("Result")

IDLE_SECONDS = 60  # after which a worker that waits for a next call ends
FOLDER = "mnist_utils_"  # what the names of our temporary folders begin with
CALLER_LIVES = "caller_lives.lock"


def n_cores() -> int:
    """Return how many processes can compute at a time: physical cores that this process may use."""
    return loky.cpu_count(only_physical_cores=True)


def parallel_map(function: Callable[..., Result], *iterables: Iterable[Any]) -> list[Result]:
    """Call a function for each row of arguments, in as many processes as there are cores: with one core, in this one.

    Parameters
    ----------
    function : callable
        May be defined in a notebook, or be a lambda.
    *iterables
        Its arguments, as for `map`, all of one length.

    Returns
    -------
    list
        One result for each call, in order.

    Raises
    ------
    ValueError
        If the iterables differ in length.
    Exception
        Whatever the function raises.
    """
    calls = list(zip(*iterables, strict=True))
    if not calls or n_cores() == 1:
        return [function(*call) for call in calls]
    chunksize = max(1, len(calls) // (8 * n_cores()))
    # Kept for the next call. One thread for each worker's matrix products: with more they would fight for the cores.
    pool = loky.get_reusable_executor(
        n_cores(),
        timeout=IDLE_SECONDS,
        env={"OMP_NUM_THREADS": "1"},
        initializer=_start_worker,
        initargs=(_caller_lives(),),
    )
    with _workers_replaced_in_silence():
        return list(pool.map(function, *zip(*calls, strict=True), chunksize=chunksize))


@contextlib.contextmanager
def training_pool(n_workers: int, X: np.ndarray, y: np.ndarray) -> Iterator[Callable[..., Future]]:
    """Lend worker processes for training. They stay for the next call, because each takes seconds to start.

    They end when they have had nothing to do for a minute. If the ``with`` block is stopped, or fails while one of them
    works, they end at once, whatever they do.

    Parameters
    ----------
    n_workers : int
        How many.
    X, y : ndarray
        The data, which all workers map into memory from one file each.

    Yields
    ------
    submit : callable
        Takes a function and arguments, and returns a `concurrent.futures.Future`. The function is called with the
        ``.npy`` files of X and y before these arguments. All tasks must be done at the end of the block.

    Raises
    ------
    OSError
        If the data cannot be written.
    """
    pool = loky.get_reusable_executor(
        n_workers, timeout=IDLE_SECONDS, initializer=_start_training_worker, initargs=(_caller_lives(),)
    )
    with (
        tempfile.TemporaryDirectory(dir=_caller_lives().parent, ignore_cleanup_errors=True) as folder,
        _workers_replaced_in_silence(),
    ):
        under_way: set[Future] = set()
        try:
            files = Path(folder, "X.npy"), Path(folder, "y.npy")
            for file, array in zip(files, (X, y), strict=True):
                _save(file, array)

            def submit(function: Callable[..., Any], *arguments: object) -> Future:
                task = pool.submit(function, *files, *arguments)
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                return task

            yield submit
        except BaseException as error:
            if not isinstance(error, Exception) or not all(task.done() for task in under_way.copy()):
                pool.shutdown(wait=True, kill_workers=True)
            raise


@contextlib.contextmanager
def _workers_replaced_in_silence() -> Iterator[None]:
    """Hide one warning of loky's.

    Between two tasks, it gives a new process to a worker whose memory has grown. It costs seconds, and nothing is lost:
    there is nothing to warn of.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"A worker (was restarted|stopped) while some jobs", UserWarning)
        yield


def _save(file: Path, array: np.ndarray) -> None:
    """Write an array for the workers, or raise an error that says what to do."""
    try:
        np.save(file, array)
    except OSError as error:
        raise OSError(
            f"The data cannot be written to {file.parent}, from where the worker processes read them "
            f"({error.strerror or error}): make room on the disk, or set the environment variable TMPDIR to a folder "
            "on a disk that has room, and start Python again."
        ) from error


def _caller_lives() -> Path:
    """Return a file that this process holds a lock on as long as it lives, however it ends.

    Its folder is for all that this process writes for its workers. If it is killed, they remove the folder. If they are
    killed with it, as those of a notebook's kernel are, the next process that starts workers does.
    """
    if not _lock_file().exists():  # some systems remove old temporary files, also of a program that still runs
        _lock_file.cache_clear()
    return _lock_file()


@functools.cache
def _lock_file() -> Path:
    """Make the folder, and the lock in it."""
    _remove_what_killed_processes_left()
    file = Path(tempfile.mkdtemp(prefix=FOLDER), CALLER_LIVES)
    lock = FileLock(file)
    lock.acquire()
    atexit.register(shutil.rmtree, file.parent, ignore_errors=True)
    atexit.register(lock.release)
    return file


def _remove_what_killed_processes_left() -> None:
    """Remove folders whose lock nobody holds. A new one is spared: its lock may be about to be taken."""
    for file in Path(tempfile.gettempdir()).glob(f"{FOLDER}*/{CALLER_LIVES}"):
        with contextlib.suppress(OSError):  # its process lives, or it is another user's
            if time.time() - file.stat().st_mtime > IDLE_SECONDS:
                with FileLock(file, timeout=0):
                    pass  # nobody else has it
                shutil.rmtree(file.parent, ignore_errors=True)


def _start_worker(caller_lives: Path) -> None:
    """Leave Ctrl-C to the process that started this worker, and end when that process has."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_caller() -> None:
        with contextlib.suppress(FileNotFoundError):  # another worker has removed the folder
            FileLock(caller_lives).acquire(poll_interval=1)
        shutil.rmtree(caller_lives.parent, ignore_errors=True)  # a caller that was killed could not
        os._exit(1)

    threading.Thread(target=end_with_caller, daemon=True).start()


def _start_training_worker(caller_lives: Path) -> None:
    """Start a worker, and import what training needs: TensorFlow takes seconds."""
    _start_worker(caller_lives)
    import mnist_utils._runtime.training  # noqa: F401
