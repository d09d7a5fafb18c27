"""Small trainings, each in a process of its own: in a module that the fork server imports once, with TensorFlow.

A process may be copied as long as TensorFlow has computed nothing in it: until then TensorFlow has started no thread.
"""

import contextlib
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import loky
import numpy as np
from small_model import define_small_model

from mnist_utils import evaluation, paths
from mnist_utils.evaluation import evaluate_model, finalize_model


@contextlib.contextmanager
def copied_workers(n_workers: int, X: np.ndarray, y: np.ndarray) -> Iterator[Callable[..., Future]]:
    """Stand in for `training_pool`: the workers are copies of this process, so none of them imports TensorFlow anew.

    Unlike the true ones they do not end with this process.
    """
    with ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("fork")) as pool:

        def submit(function: Callable, *arguments: object) -> Future:
            return pool.submit(function, X, y, *arguments)

        yield submit


def train(
    what: str,
    folder: Path,
    epochs: int,
    answer: Connection,
    true_workers: bool = False,
    largest_file: int | None = None,
) -> None:
    """Train, and send what came of it: numbers, or the message of an error.

    Parameters
    ----------
    what : {"evaluate", "finalize"}
        The harness with two folds, or what the chapter *Finalize* does.
    folder : Path
        What stands for the project's folder.
    epochs : int
        Of each training.
    answer : Connection
        Where to send.
    true_workers : bool
        Whether worker processes start as they do for a reader. Each takes seconds, to import TensorFlow.
    largest_file : int, optional
        As if the disk were full: no file may become larger, in bytes.
    """
    paths.PROJECT, tempfile.tempdir = folder, str(folder)
    if not true_workers:
        evaluation.training_pool = copied_workers
    if largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    rng = np.random.default_rng(0)
    X, y = rng.random((600, 28, 28, 1), np.float32), np.eye(10, dtype="float32")[rng.integers(0, 10, 600)]
    options = {"epochs": epochs, "verbose": 0}
    try:
        if what == "evaluate":
            cv = evaluate_model(define_small_model, X, y, name="killed", n_folds=2, n_workers=1, **options)
            cv.save()
            result: object = [cv.scores, cv.histories]
        else:
            model, history = finalize_model(define_small_model, X, y, **options)
            with paths.write_whole(paths.output_path("models/killed.keras")) as scratch:
                model.save(scratch)
            result = [history, [weights.tolist() for weights in model.get_weights()]]
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    answer.send(result)
    if largest_file is not None:  # there is room again: what follows is no part of the try
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if true_workers:  # a copied process does not run loky's exit, and would wait until its workers' minute is over
        loky.get_reusable_executor(reuse=True).shutdown(kill_workers=True)
