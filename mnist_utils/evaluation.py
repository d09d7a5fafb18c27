"""k-fold cross-validation of a model, and its final training on all rows.

The chapter *Baseline* writes the loop over the folds out; `evaluate_model` computes the same, faster: the folds train
side by side, one thread each, in worker processes that joblib starts. Where the run is stopped, the next call with
the same model, data and settings goes on from the last whole epoch of each fold.
"""

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import psutil
from filelock import FileLock, Timeout
from joblib.externals.loky.backend.process import LokyProcess
from sklearn.model_selection import KFold
from tqdm.auto import tqdm

from mnist_utils import paths
from mnist_utils._runtime.training import Training, TrainingState, fingerprint, restore, save_state, train
from mnist_utils.quiet import keras, tf

__all__ = ["CrossValidation", "FoldError", "evaluate_model", "finalize_model"]

ModelFunction = Callable[[], keras.Model]


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
        """Write ``results/<name>.json`` (in a smoke run: into a temporary folder).

        Returns
        -------
        Path
            The file.
        """
        path = paths.output_path(f"results/{self.name}.json")
        scratch = path.with_suffix(".tmp")
        scratch.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        scratch.replace(path)
        return path

    @classmethod
    def load(cls, name: str) -> "CrossValidation":
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
        """
        return cls(**json.loads(paths.input_path(f"results/{name}.json").read_text(encoding="utf-8")))


def evaluate_model(
    define_model: ModelFunction,
    X: np.ndarray,
    y: np.ndarray,
    *,
    name: str = "model",
    n_folds: int = 5,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 1,
    precision: str = "float32",
    n_jobs: int | None = None,
    verbose: int = 1,
) -> CrossValidation:
    """Cross-validate a model: a new one in each fold, scored on the rows it has not seen.

    The folds are the tutorial's, ``KFold(n_folds, shuffle=True, random_state=1)``, the same for every model.
    The same seed gives the same scores and histories to the bit, whatever the number of workers. A run that was
    stopped is taken up where it was when the same call is made again.

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
        Fold i trains with the i-th of the seeds that NumPy's ``SeedSequence(seed)`` makes.
    precision : {"float32", "mixed_bfloat16"}
        The second computes in 16 bits and is faster only on processors with bfloat16 instructions.
    n_jobs : int, optional
        Folds at a time. By default as many as there are cores; on a GPU one. Under
        ``joblib.parallel_config``, what that says.
    verbose : {0, 1}
        0 is silent; 1 shows progress and prints each fold's score in percent.

    Returns
    -------
    CrossValidation
        Scores, histories, settings, versions, seconds.

    Raises
    ------
    ValueError
        If the model is not compiled with an accuracy, or the data don't fit together.
    TypeError
        If `define_model` returns something else than a model.
    FoldError
        If the training of a fold fails. What other folds have done is kept for the next call.
    RuntimeError
        If the same evaluation is already running, or joblib's backend has a single worker.
    """
    started = time.perf_counter()
    X, y, epochs = _at_scale(X, y, epochs)
    split_seed = 1
    folds = KFold(n_folds, shuffle=True, random_state=split_seed).split(X)
    trainings = [
        Training(define_model, train_rows, test_rows, batch_size, fold_seed, precision)
        for (train_rows, test_rows), fold_seed in zip(folds, _fold_seeds(seed, n_folds), strict=True)
    ]
    run_settings = {
        "n_rows": len(X),
        "n_folds": n_folds,
        "split_seed": split_seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "seed": seed,
        "precision": precision,
    }
    states = _train_all(trainings, X, y, epochs, run_settings, name, n_jobs, verbose)
    return CrossValidation(
        name=name,
        scores=[state.history["val_accuracy"][-1] for state in states],
        histories=[state.history for state in states],
        settings=run_settings,
        versions=_versions(),
        seconds=round(time.perf_counter() - started, 1),
    )


def finalize_model(
    define_model: ModelFunction,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 1,
    verbose: int = 1,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train a model on all rows, with nothing held out.

    Parameters
    ----------
    define_model, X, y, epochs, batch_size, seed, verbose
        As for `evaluate_model`.

    Returns
    -------
    model : keras.Model
        The trained model.
    history : dict of str to list of float
        ``loss`` (in nats) and ``accuracy`` (0 to 1) on the training rows, one value an epoch.

    Raises
    ------
    ValueError, FoldError, RuntimeError
        As `evaluate_model`.
    """
    X, y, epochs = _at_scale(X, y, epochs)
    training = Training(define_model, np.arange(len(X)), np.arange(0), batch_size, seed)
    run_settings = {"n_rows": len(X), "epochs": epochs, "batch_size": batch_size, "seed": seed}
    (state,) = _train_all([training], X, y, epochs, run_settings, "final model", n_jobs=1, verbose=verbose)
    model = define_model()
    restore(model, state)
    return model, state.history


def _at_scale(X: np.ndarray, y: np.ndarray, epochs: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Check the data, and cut them and the epochs down in a smoke run."""
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows and y has {len(y)}: each image needs one label.")
    if np.ndim(y) != 2 or np.shape(y)[1] < 2:
        raise ValueError(f"y has shape {np.shape(y)}: labels must be one-hot, shape (n, n_classes); see load_dataset.")
    rows = paths.at_scale(len(X), 400)
    return X[:rows], y[:rows], paths.at_scale(epochs, 1)


def _fold_seeds(seed: int, n_folds: int) -> list[int]:
    """Return seeds that differ between folds, and between runs of different seeds."""
    return [int(state) for state in np.random.SeedSequence(seed).generate_state(n_folds)]


def _versions() -> dict[str, str]:
    """Return the versions of what computes the result."""
    packages = {name: version(name) for name in ("tensorflow", "keras", "numpy")}
    return {"python": platform.python_version(), **packages}


@contextlib.contextmanager
def _checkpoint_folder(key: str) -> Iterator[Path]:
    """Hold a folder for one evaluation's checkpoints: kept when it is stopped, removed when it is done."""
    folder = paths.output_path(f".cache/trainings/{key}")
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            folder.mkdir(exist_ok=True)
            yield folder
            shutil.rmtree(folder, ignore_errors=True)  # a straggler on a cluster may still write into it
    except Timeout:
        raise RuntimeError("The same evaluation is already running. Wait for it, or stop it.") from None


def _fingerprint(
    training: Training, X: np.ndarray, y: np.ndarray, run_settings: dict, parallel: joblib.Parallel, n_workers: int
) -> str:
    """Return a text that changes when the model, the data, a setting or a version does.

    A worker looks at the model: there, unlike here, a training step gives the same bits each time. That also finds,
    before any training, a model that doesn't fit the data.
    """
    rows = slice(0, training.batch_size)
    # All workers do, at the same time: each has to start and to import TensorFlow.
    model, *_ = list(parallel([joblib.delayed(fingerprint)(training, X[rows], y[rows])] * n_workers))
    digest = hashlib.sha256(json.dumps([run_settings, _versions(), model], sort_keys=True).encode())
    for array in (X, y):
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:32]


def _schedule(n_folds: int, epochs: int, n_workers: int) -> list[tuple[int, int]]:
    """Return tasks (fold, epoch to train it up to), in the order to start them, that keep all workers busy.

    Five folds on two workers would leave one idle while the fifth trains. By the wrap-around rule of McNaughton
    (1959) the folds are laid end to end and cut into equal shares, one a worker; a fold that is cut has its first part
    at the start of one worker's share and its second at the end of another's, so the two never overlap in time.
    """
    share = max(epochs, -(-n_folds * epochs // n_workers))
    starts, wholes, ends = [], [], []
    for fold in range(n_folds):
        begin, end = fold * epochs, (fold + 1) * epochs
        cut = (end - 1) // share * share
        if begin < cut:
            starts.append((fold, end - cut))
            ends.append((fold, epochs))
        else:
            wholes.append((fold, epochs))
    # The worker that is free first takes the end that is longest.
    ends.sort(key=lambda task: dict(starts)[task[0]])
    return starts + wholes + ends


def _train_all(
    trainings: list[Training],
    X: np.ndarray,
    y: np.ndarray,
    epochs: int,
    run_settings: dict,
    name: str,
    n_jobs: int | None,
    verbose: int,
) -> list[TrainingState]:
    """Train all folds in worker processes and return their states, in the folds' order."""
    parallel, n_workers = _workers(n_jobs, len(trainings))
    tasks = _schedule(len(trainings), epochs, n_workers)
    states: dict[int, TrainingState] = {}
    printed = 0
    with (
        _no_warning_of_replaced_workers(),
        tqdm(
            total=len(trainings) * epochs,
            desc=f"{name}, workers start",
            unit="epoch",
            smoothing=0,
            miniters=0,  # the clock goes on between two epochs
            leave=False,
            disable=None if verbose else True,
        ) as bar,
        _checkpoint_folder(_fingerprint(trainings[0], X, y, run_settings, parallel, n_workers)) as folder,
    ):
        checkpoints = [folder / f"fold_{fold}.npz" for fold in range(len(trainings))]
        X, y = _shared(X, y)
        jobs = (
            joblib.delayed(_work)(fold, trainings[fold], X, y, stop, checkpoints[fold], os.getpid())
            for fold, stop in tasks
        )

        def epochs_done() -> int:
            files = [checkpoint.with_suffix(".epochs") for checkpoint in checkpoints]
            return sum(int(file.read_text() or 0) for file in files if file.exists())

        # The time left is that of the training: the start of the workers and what an earlier call did don't count.
        bar.set_description(name, refresh=False)
        bar.reset()
        bar.initial = bar.n = epochs_done()
        bar.refresh()
        with follow(bar, epochs_done), contextlib.closing(parallel(jobs)) as results:
            try:
                for fold, state in results:
                    if not checkpoints[fold].exists():  # it comes from a machine that shares no disk with this one
                        save_state(state, checkpoints[fold])
                    if state.epochs == epochs:
                        states[fold] = state
                    while verbose and printed in states and "val_accuracy" in states[printed].history:
                        tqdm.write(f"> {states[printed].history['val_accuracy'][-1] * 100:.3f}")
                        printed += 1
            except _FailureInWorker as failure:
                fold, error = failure.args
                error.__cause__ = failure.__cause__  # the worker's traceback
                raise FoldError(
                    f"Fold {fold + 1} of {len(trainings)} failed: {type(error).__name__}: {error}. The epochs that the "
                    "folds have finished are kept: the same call goes on from there."
                ) from error
    return [states[fold] for fold in range(len(trainings))]


@contextlib.contextmanager
def _no_warning_of_replaced_workers() -> Iterator[None]:
    """Keep joblib from telling the reader that it replaced a worker between two folds, which changes nothing.

    It does so when a worker's memory has grown by 300 MB. MNIST's images, mapped and copied, are more.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
        yield


def _workers(n_jobs: int | None, n_trainings: int) -> tuple[joblib.Parallel, int]:
    """Return joblib's runner and how many trainings it has at work at a time."""
    if joblib.effective_n_jobs(2) < 2:
        raise RuntimeError(
            "joblib would train in this process, where TensorFlow has several threads: its backend has one worker "
            "only. Give the Dask cluster a second worker, or leave out joblib.parallel_config."
        )
    if n_jobs is None:
        configured = joblib.effective_n_jobs(None)  # 1 unless the reader chose a backend, a cluster for example
        if configured > 1:
            n_jobs = configured
        else:
            n_jobs = 1 if tf.config.list_physical_devices("GPU") else joblib.cpu_count(only_physical_cores=True)
    n_workers = max(1, min(joblib.effective_n_jobs(n_jobs), n_trainings))
    # One worker is asked for as two of which one gets work: joblib would run a single job in this process, where
    # TensorFlow has as many threads as there are cores, and other sums.
    parallel = joblib.Parallel(
        n_jobs=max(2, n_workers),
        pre_dispatch=n_workers if n_workers == 1 else "2*n_jobs",
        batch_size=1,
        return_as="generator_unordered",
    )
    return parallel, n_workers


def _shared(X: np.ndarray, y: np.ndarray) -> list:
    """Return the data as the workers take them; on a Dask cluster, give each worker a copy first.

    joblib would give it to one worker, from which the others fetch theirs; it would be lost with that worker.
    """
    backend, _ = joblib.parallel.get_active_backend()
    client = getattr(backend, "client", None)
    # Without hash=False equal data have one name, and the end of one evaluation may take them from the next.
    return [X, y] if client is None else client.scatter([X, y], broadcast=True, hash=False)


class _FailureInWorker(Exception):
    """Brings the number of a fold, and its error, from a worker."""


def _work(
    fold: int, training: Training, X: np.ndarray, y: np.ndarray, epochs: int, checkpoint: Path, caller: int
) -> tuple[int, TrainingState]:
    """Train one fold up to an epoch, in a worker process."""
    if isinstance(multiprocessing.current_process(), LokyProcess):
        _settle_worker(caller)
    try:
        # On another machine the caller's folder may not exist.
        return fold, train(training, X, y, epochs, checkpoint if checkpoint.parent.is_dir() else None)
    except Exception as error:
        raise _FailureInWorker(fold, error) from error


@functools.cache
def _settle_worker(caller: int) -> None:
    """Let this worker leave Ctrl-C to the process that started it, and end when that process is gone."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        # An orphan has another parent on Linux and macOS, and one that no longer runs on Windows.
        while os.getppid() == caller and psutil.pid_exists(caller):
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
