"""k-fold cross-validation of a model, and its final training on all rows.

The chapter *Baseline* writes the loop over the folds out; `evaluate_model` computes the same, faster: the folds train
side by side, one thread each, in worker processes. Where the run is stopped, the next call with the same model, data
and settings goes on from the last whole epoch of each fold.

All that the calling process does for a run stands in this one file, though it is several things: the checks of the
data, the order of the tasks, the states in files, the cluster. A run goes through all of them, with the same states.
What a worker process does is in `mnist_utils._runtime.training`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import shutil
import textwrap
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from sklearn.model_selection import KFold
from tqdm.auto import tqdm

from mnist_utils import paths
from mnist_utils._runtime.training import (
    Fold,
    Recipe,
    TrainingState,
    fingerprint,
    initial_state,
    new_model,
    restore,
    train_epoch,
)
from mnist_utils._runtime.workers import n_cores, training_pool
from mnist_utils.quiet import keras, tf

if TYPE_CHECKING:
    import distributed
    from distributed import Client

__all__ = ["CrossValidation", "FoldError", "evaluate_model", "finalize_model", "finalize_models", "next_fold"]

SPLIT_SEED = 1  # the tutorial's `random_state`: every model meets the same folds
# Whole batches, so that TensorFlow makes ready for one size of batch only.
MAX_SMOKE_ROWS, MAX_SMOKE_EPOCHS = 128, 1
MAX_LOST = 3  # times that each worker of a cluster may end before an epoch is done


class FoldError(RuntimeError):
    """A fold failed. The message names it; ``__cause__`` is the model's own error."""


@dataclass(frozen=True)
class CrossValidation:
    """What a cross-validation found. Unpacks into ``scores, histories``.

    Attributes
    ----------
    name : str
        The model's name, and that of the file under ``results/``.
    scores : list of float
        Accuracy on each fold's held-out rows after the last epoch, 0 to 1.
    histories : list of dict of str to list of float
        For each fold the values after each epoch: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``.
        Losses in nats, accuracies in 0 to 1.
    settings : dict
        ``n_rows``, ``n_folds``, ``split_seed``, ``epochs``, ``batch_size``, ``seed``, ``precision``.
    versions : dict of str to str
        Of Python, TensorFlow, Keras, NumPy.
    seconds : float
        Time from the call to the result, in seconds.
    """

    name: str
    scores: list[float]
    histories: list[dict[str, list[float]]]
    settings: dict[str, int | str]
    versions: dict[str, str]
    seconds: float

    def __iter__(self) -> Iterator[list]:
        """Yield the scores, then the histories."""
        return iter((self.scores, self.histories))

    def save(self) -> Path:
        """Write ``results/<name>.json`` (in a smoke run: into its folder).

        Returns
        -------
        Path
            The file.
        """
        path = paths.output_path(f"results/{self.name}.json")
        with paths.write_whole(path) as scratch:
            scratch.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, name: str) -> CrossValidation:
        """Read a recorded result.

        Parameters
        ----------
        name : str
            The name it was saved under.

        Returns
        -------
        CrossValidation
            The result.

        Raises
        ------
        FileNotFoundError
            If no result of this name was recorded.
        ValueError
            If the file is damaged, or was written by another version of this package. It stays as it is.
        """
        path = paths.input_path(f"results/{name}.json")
        try:
            return _to_result(json.loads(path.read_text(encoding="utf-8")))
        except Exception as error:  # a damaged file can fail in any way
            reason = textwrap.shorten(str(error), 200)
            raise ValueError(
                f"{path}: not a result that this version can read ({reason}). The file is left as it is. Take it anew "
                "from the repository, or run the notebook that records it."
            ) from error


def _to_result(content: dict[str, Any]) -> CrossValidation:
    """Return the result that a file holds, or raise an error if it is none that `CrossValidation.save` writes."""
    expected = {field.name for field in fields(CrossValidation)}
    if not isinstance(content, dict) or content.keys() != expected:
        raise ValueError(f"it must hold {', '.join(sorted(expected))}, and nothing else")
    result = CrossValidation(**content)
    n_folds, epochs = result.settings["n_folds"], result.settings["epochs"]
    if not len(result.scores) == len(result.histories) == n_folds:
        raise ValueError(
            f"it holds {len(result.scores)} scores and {len(result.histories)} histories of {n_folds} folds"
        )
    if not all(0 <= score <= 1 for score in result.scores):
        raise ValueError("a score is no accuracy, which is between 0 and 1")
    for history in result.histories:
        lengths = {len(history[name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        if lengths != {epochs}:
            raise ValueError(f"a history does not hold a value for each of {epochs} epochs")
    return result


def evaluate_model(
    define_model: Callable[[], keras.Model],
    X: np.ndarray,
    y: np.ndarray,
    *,
    name: str = "model",
    n_folds: int = 5,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 1,
    precision: str = "float32",
    n_workers: int | None = None,
    client: Client | None = None,
    verbose: int = 1,
) -> CrossValidation:
    """Cross-validate a model: a new one in each fold, scored on the rows it has not seen.

    The folds are the tutorial's, ``KFold(n_folds, shuffle=True, random_state=1)``, the same for every model.
    The same seed gives the same scores and histories to the bit, whatever the number of workers. A run that was
    stopped is taken up where it was when the same call is made again.

    The numbers are those of a plain loop in one thread. Fold i has the i-th seed s of
    ``np.random.SeedSequence(seed).generate_state(n_folds)``. Its model is defined after
    ``keras.utils.set_random_seed(s)``, and in epoch e, counted from 0, ``train_on_batch`` is given its training rows
    in the order of ``np.random.default_rng((s, e)).permutation(train_rows)``, a minibatch at a time. There is one
    exception. Batch normalization of images is computed by one operation of TensorFlow, which differs from Keras's by
    rounding. Over hundreds of steps such a difference grows, as a change of a single weight's last bit does, so that
    the scores of the two ways differ.

    In a smoke run (see :mod:`mnist_utils.paths`) it takes the first 128 rows and one epoch, and prints that it
    does, unless it is to be silent. The result's settings tell it in any case.

    Parameters
    ----------
    define_model : callable
        Returns a new Keras model, compiled with ``metrics=["accuracy"]``.
    X : ndarray, shape (n, ...)
        Images, scaled as the model expects them.
    y : ndarray of float, shape (n, n_classes)
        Labels, one-hot.
    name : str
        Name of the result.
    n_folds, epochs, batch_size : int
        The tutorial's by default.
    seed : int
        Decides all that is random but the folds.
    precision : {"float32", "mixed_bfloat16"}
        The second computes in 16 bits and is faster only on processors with bfloat16 instructions.
    n_workers : int, optional
        Folds at a time. By default as many as there are cores; on a GPU, and in a smoke run, one.
    client : distributed.Client, optional
        Trains on the workers of a Dask cluster instead of this machine's cores.
    verbose : {0, 1}
        0 is silent; 1 shows progress and prints each fold's score in percent.

    Returns
    -------
    CrossValidation
        Scores, histories, settings, versions, seconds.

    Raises
    ------
    ValueError
        If the model is not compiled with an accuracy, the data don't fit together, or there is no worker.
    TypeError
        If `define_model` returns something else than a model.
    FoldError
        If the training of a fold fails. What other folds have done is kept for the next call.
    RuntimeError
        If the same evaluation is already running, or a worker process was killed.
    OSError
        If the data cannot be written for the worker processes.
    """
    started = time.perf_counter()
    X, y, epochs = _at_scale(X, y, epochs, batch_size, verbose)
    n_folds, batch_size, seed = map(int, (n_folds, batch_size, seed))  # also of NumPy's types, which JSON does not know
    rows = KFold(n_folds, shuffle=True, random_state=SPLIT_SEED).split(X)
    seeds = np.random.SeedSequence(seed).generate_state(n_folds)
    folds = [Fold(train, test, int(s)) for (train, test), s in zip(rows, seeds, strict=True)]
    settings = {
        "n_rows": len(X),
        "n_folds": n_folds,
        "split_seed": SPLIT_SEED,
        "epochs": epochs,
        "batch_size": batch_size,
        "seed": seed,
        "precision": precision,
    }
    recipe = Recipe(define_model, batch_size, precision, uuid.uuid4().hex)
    states = _train(recipe, folds, X, y, settings, name, n_workers, client, verbose)
    return CrossValidation(
        name=name,
        scores=[state.history["val_accuracy"][-1] for state in states],
        histories=[state.history for state in states],
        settings=settings,
        versions=_versions(),
        seconds=round(time.perf_counter() - started, 1),
    )


def finalize_model(
    define_model: Callable[[], keras.Model],
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 1,
    verbose: int = 1,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train a model on all rows, with nothing held out.

    In a smoke run it takes the first 128 rows and one epoch, as `evaluate_model` does. If it is to be silent, only the
    history tells: it has one value.

    The model is made in this process. So Keras's dtype policy is float32 afterwards, and the global generators of
    random numbers have been set anew, from the seed.

    Parameters
    ----------
    define_model, X, y, epochs, batch_size, seed, verbose
        As for `evaluate_model`. A network may answer for several places of an image: then `y` is one-hot in its last
        axis, such as (n, n_places, n_classes).

    Returns
    -------
    model : keras.Model
        The trained model.
    history : dict of str to list of float
        ``loss`` (in nats) and ``accuracy`` (0 to 1) on the training rows, one value an epoch.

    Raises
    ------
    ValueError, TypeError, FoldError, RuntimeError, OSError
        As `evaluate_model`.
    """
    options = {"seeds": [seed], "epochs": epochs, "batch_size": batch_size, "verbose": verbose}
    return finalize_models(define_model, X, y, **options)[0]


def finalize_models(
    define_model: Callable[[], keras.Model],
    X: np.ndarray,
    y: np.ndarray,
    *,
    seeds: Iterable[int],
    epochs: int = 10,
    batch_size: int = 32,
    n_workers: int | None = None,
    verbose: int = 1,
) -> list[tuple[keras.Model, dict[str, list[float]]]]:
    """Train a model several times on all rows, side by side, each time from another seed.

    It has the effects on this process that `finalize_model` has.

    Parameters
    ----------
    define_model, X, y, epochs, batch_size, verbose
        As for `evaluate_model`.
    seeds : iterable of int
        One for each training. The same seed gives the same model, whatever the others are.
    n_workers : int, optional
        Trainings at a time. By default as for `evaluate_model`.

    Returns
    -------
    list of tuple
        For each seed what `finalize_model` returns.

    Raises
    ------
    ValueError, TypeError, FoldError, RuntimeError, OSError
        As `evaluate_model`; ValueError also if there is no seed.
    """
    X, y, epochs = _at_scale(X, y, epochs, batch_size, verbose)
    seeds = [int(seed) for seed in seeds]  # also of a range, an array or an iterator
    folds = [Fold(np.arange(len(X)), np.arange(0), seed) for seed in seeds]
    batch_size = int(batch_size)
    settings = {"n_rows": len(X), "epochs": epochs, "batch_size": batch_size, "seeds": seeds}
    recipe = Recipe(define_model, batch_size, "float32", uuid.uuid4().hex)
    states = _train(recipe, folds, X, y, settings, "final model", n_workers, client=None, verbose=verbose)
    trained = []
    for fold, state in zip(folds, states, strict=True):
        model = new_model(recipe, fold.seed, X[:1], y[:1])
        restore(model, state)
        trained.append((model, state.history))
    return trained


def _at_scale(
    X: np.ndarray, y: np.ndarray, epochs: int, batch_size: int, verbose: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Check the data; in a smoke run take a few rows and one epoch, and say so."""
    X, y = np.asarray(X), np.asarray(y)
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows and y has {len(y)}: each image needs one label.")
    if len(X) == 0:
        raise ValueError("X has no rows: nothing can be learned from them.")
    if np.ndim(y) < 2 or np.shape(y)[-1] < 2:
        raise ValueError(f"y has shape {np.shape(y)}: labels must be one-hot, shape (n, n_classes); see load_dataset.")
    for name, array in {"X": X, "y": y}.items():
        if array.dtype.kind not in "buif":
            raise ValueError(f"{name} is of type {array.dtype}: give numbers.")
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name} holds values that are not finite (NaN or infinity): a model learns nothing from them."
            )
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs={epochs} and batch_size={batch_size} train nothing: give at least 1.")
    full = len(X), int(epochs)
    n_rows, n_epochs = taken = tuple(map(paths.at_scale, full, (MAX_SMOKE_ROWS, MAX_SMOKE_EPOCHS)))
    if verbose and taken != full:
        print(f"smoke run: {n_rows} of {len(X):,} rows, {n_epochs} of {epochs} epochs")
    return X[:n_rows], y[:n_rows], n_epochs


def _versions() -> dict[str, str]:
    """Return the versions of what computes the result."""
    packages = {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}
    return {"python": platform.python_version(), **packages}


def _train(
    recipe: Recipe,
    folds: list[Fold],
    X: np.ndarray,
    y: np.ndarray,
    settings: dict[str, int | str | list[int]],
    name: str,
    n_workers: int | None,
    client: Client | None,
    verbose: int,
) -> list[TrainingState]:
    """Train all folds in worker processes and return their last states, in the folds' order."""
    epochs = settings["epochs"]
    n_workers = min(_n_workers(client) if n_workers is None else n_workers, len(folds))
    if n_workers < 1:
        raise ValueError(
            "Nothing to train, or nobody to train it: give at least one seed and one worker, and wait for a cluster's "
            "workers (client.wait_for_workers)."
        )
    with (
        _naming_a_killed_worker(),
        _progress_bar(f"{name}, workers start", len(folds) * epochs, verbose) as bar,
        training_pool(n_workers if client is None else 1, X, y) as submit_here,
        contextlib.nullcontext(submit_here) if client is None else _cluster(client, X, y) as submit,
    ):
        # All workers make their model ready at the same time; one answer will do.
        models = [submit_here(fingerprint, recipe) for _ in range(n_workers if client is None else 1)]
        with _checkpoints(_run_key(models[0], X, y, settings), len(folds)) as files:
            states = [_load_state(file) for file in files]
            if client is not None:
                # Threads of a Dask worker draw from the generator that Keras takes its seeds from, some times a second.
                # So what is random begins in a process of this machine, and the cluster takes it further.
                for i, fold in enumerate(folds):
                    if not states[i].epochs:
                        states[i] = submit_here(initial_state, recipe, fold.seed).result()
            # The time left is that of the training: the start of the workers and what an earlier call did don't count.
            bar.set_description(name, refresh=False)
            bar.reset()
            bar.initial = bar.n = sum(state.epochs for state in states)

            def train_further(fold: int) -> Future:
                return submit(train_epoch, recipe, folds[fold], states[fold])

            saved = True
            for fold in _finish(train_further, states, epochs, n_workers, bar, verbose):
                saved = _save_state(states[fold], files[fold], complain=saved) and saved  # said once
        wait(models)  # one that is late must not meet the next call
    return states


def _progress_bar(description: str, n_epochs: int, verbose: int) -> tqdm:
    """Return a bar that counts epochs."""
    return tqdm(
        total=n_epochs,
        desc=description,
        unit="epoch",
        smoothing=0,
        miniters=0,  # the clock goes on between two epochs
        leave=False,
        disable=None if verbose else True,
    )


def _save_state(state: TrainingState, file: Path, complain: bool) -> bool:
    """Save a state; tell whether it could be written, and say so if it could not."""
    try:
        state.save(file)
        return True
    except OSError as error:
        if complain:
            tqdm.write(
                f"{file} cannot be written ({error.strerror or error}). The training goes on. But if it is stopped, "
                "what it does from now on is lost: make room on the disk."
            )
        return False


@contextlib.contextmanager
def _naming_a_killed_worker() -> Iterator[None]:
    """Say what to do where a worker was killed, whatever it was doing."""
    try:
        yield
    except (BrokenProcessPool, CancelledError) as error:
        raise RuntimeError(
            "A worker process was killed, perhaps because the memory was full: close other programs, or give a smaller "
            "n_workers. The epochs that the folds have finished are kept: the same call goes on from there."
        ) from error


def _finish(
    train_further: Callable[[int], Future],
    states: list[TrainingState],
    epochs: int,
    n_workers: int,
    bar: tqdm,
    verbose: int,
) -> Iterator[int]:
    """Train all folds to their last epoch; yield a fold whenever its state, in the list, is a new one.

    Print each fold's score, in the folds' order, as soon as it is there.
    """
    running: dict[Future, int] = {}
    printed = lost = 0
    while True:
        while len(running) < n_workers and (fold := next_fold(states, running, epochs, n_workers)) is not None:
            running[train_further(fold)] = fold
        while printed < len(states) and states[printed].epochs == epochs:
            if verbose and (scores := states[printed].history.get("val_accuracy")):
                tqdm.write(f"> {scores[-1] * 100:.3f}")
            printed += 1
        if not running:
            return
        done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            fold = running.pop(future)
            if future.cancelled() and lost < MAX_LOST * n_workers:  # a cluster has lost the data: it is given them anew
                lost += 1
                continue
            states[fold] = _result(future, fold, len(states))
            lost = 0
            bar.update()
            yield fold
        bar.refresh()


def _n_workers(client: Client | None) -> int:
    """Return how many folds to train at a time if the caller doesn't say."""
    if client is not None:
        return len(client.nthreads())  # one entry a worker
    if paths.SMOKE:
        return 1  # a worker takes longer to start than a few hundred images to train on
    return 1 if tf.config.list_physical_devices("GPU") else n_cores()


def next_fold(states: list[TrainingState], running: dict[Future, int], epochs: int, n_workers: int) -> int | None:
    """Return the fold to train an epoch further, or None if none waits.

    It is the first that waits, so that folds end one after another. But a fold that needs all the time which the
    workers need together comes before it. Without that, one of two workers would be idle while the last of five folds
    trains (R. McNaughton, 1959, Scheduling with deadlines and loss functions, Management Science 6, 1-12). The
    appendix *How the harness is fast and exact* compares the two orders.

    Parameters
    ----------
    states : list of TrainingState
        What each fold has done so far: ``epochs`` of each counts.
    running : dict of Future to int
        The tasks under way, each with its fold, counted from 0.
    epochs : int
        How many each fold needs.
    n_workers : int
        Folds that train at a time.

    Returns
    -------
    int or None
        The fold, counted from 0.
    """
    left = [epochs - state.epochs for state in states]
    waiting = [fold for fold, n in enumerate(left) if n and fold not in running.values()]
    urgent = [fold for fold in waiting if left[fold] * n_workers >= sum(left)]
    return next(iter(urgent + waiting), None)


def _result(future: Future, fold: int, n_folds: int) -> TrainingState:
    """Return a task's result, or raise an error that names the fold, if it was not a worker that failed."""
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError):
        raise
    except Exception as error:
        raise FoldError(
            f"Fold {fold + 1} of {n_folds} failed: {type(error).__name__}: {error}. The epochs that the "
            "folds have finished are kept: the same call goes on from there."
        ) from error


def _run_key(model: Future, X: np.ndarray, y: np.ndarray, settings: dict[str, int | str | list[int]]) -> str:
    """Return a text that changes when the model, the data, a setting or a version does."""
    digest = hashlib.sha256(json.dumps([settings, _versions()], sort_keys=True).encode())
    for array in (X, y):
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array))
    digest.update(model.result().encode())  # meanwhile the workers have started
    return digest.hexdigest()[:32]


@contextlib.contextmanager
def _checkpoints(key: str, n_folds: int) -> Iterator[list[Path]]:
    """Hold a file for each fold's state: kept when the run is stopped, removed when it is done."""
    folder = paths.output_path(f".cache/trainings/{key}")
    lock = folder.with_suffix(".lock")
    try:
        with FileLock(lock, timeout=0):
            folder.mkdir(exist_ok=True)
            yield [folder / f"fold_{fold + 1}.npz" for fold in range(n_folds)]
            shutil.rmtree(folder)
            with contextlib.suppress(OSError):  # Windows keeps an open file; there the lock itself removes it
                lock.unlink()
    except Timeout:
        raise RuntimeError("The same evaluation is already running. Wait for it, or stop it.") from None


def _load_state(file: Path) -> TrainingState:
    """Return the state that an earlier call saved, or a new one."""
    if not file.exists():
        return TrainingState()
    try:
        return TrainingState.load(file)
    except Exception as error:  # a damaged file can fail in any way
        aside = file.replace(file.with_suffix(".damaged"))
        tqdm.write(f"{aside.name} cannot be read ({error}): it is set aside, and its fold begins anew.")
        return TrainingState()


@contextlib.contextmanager
def _cluster(client: Client, X: np.ndarray, y: np.ndarray) -> Iterator[Callable[..., Future]]:
    """Give each worker of a Dask cluster a copy of the data; yield what `training_pool` yields.

    Dask drops copies that no task waits for. If the worker with the last one ends, the tasks under way are cancelled,
    and the next task brings the data anew.
    """
    executor = client.get_executor(pure=False)
    there: list[distributed.Future] = []

    def submit(function: Callable, *arguments: object) -> Future:
        if not there or any(data.cancelled() for data in there):
            # Without hash=False equal data have one name, and the end of one evaluation may take them from the next.
            there[:] = client.scatter([X, y], broadcast=True, hash=False)
        return executor.submit(function, *there, *arguments)

    try:
        yield submit
    finally:
        executor.shutdown(wait=False)
