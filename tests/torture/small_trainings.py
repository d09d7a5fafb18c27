"""Small trainings, each in a process of its own: in a module that the fork server imports once, with TensorFlow."""

import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from small_model import define_small_model

from mnist_utils import paths
from mnist_utils.evaluation import evaluate_model, finalize_model


def train(what: str, folder: Path, epochs: int, answer: Connection, largest_file: int | None = None) -> None:
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
    largest_file : int, optional
        As if the disk were full: no file may become larger, in bytes.
    """
    paths.PROJECT, tempfile.tempdir = folder, str(folder)
    if largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    rng = np.random.default_rng(0)
    X, y = rng.random((600, 28, 28, 1), np.float32), np.eye(10, dtype="float32")[rng.integers(0, 10, 600)]
    options = {"epochs": epochs, "verbose": 0}
    try:
        if what == "evaluate":
            cv = evaluate_model(define_small_model, X, y, name="killed", n_folds=2, n_workers=2, **options)
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
