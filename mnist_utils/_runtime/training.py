"""One training, from its seed to its last epoch: exact, and able to go on where it was stopped.

A training is given by a function that defines the model, by the rows to train on and to score on, and by a seed. It
runs in a process of its own with a single thread. That makes it exact (sums are formed in one order, whatever else the
machine does) and, with one training a core, faster than one training on all cores. After each epoch its whole state is
written to a checkpoint. Each epoch is one call into TensorFlow: the loop over the batches runs in the graph.
"""

import contextlib
import hashlib
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnist_utils._runtime.kernels import fast_kernels
from mnist_utils.quiet import keras, tf

__all__ = ["Training", "TrainingState", "fingerprint", "load_state", "restore", "save_state", "train"]

# TensorFlow's seeds and thread counts belong to a whole process: one training at a time in each.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Training:
    """What a training is, without its data.

    Parameters
    ----------
    define_model : callable
        Returns a new, compiled Keras model.
    train_rows : ndarray of int, shape (n_train,)
        Rows of the data to train on.
    test_rows : ndarray of int, shape (n_test,)
        Rows to score on after each epoch; may be empty.
    batch_size : int
        Rows a training step.
    seed : int
        Seed of the initial weights, of the order of rows and of dropout.
    precision : {"float32", "mixed_bfloat16"}
        Keras's dtype policy for the model.
    """

    define_model: Callable[[], keras.Model]
    train_rows: np.ndarray
    test_rows: np.ndarray
    batch_size: int
    seed: int
    precision: str = "float32"


@dataclass
class TrainingState:
    """A training after some of its epochs.

    Attributes
    ----------
    history : dict of str to list of float
        One value an epoch for each of ``loss``, ``accuracy``, and, where there are rows to score,
        ``val_loss`` and ``val_accuracy``. Accuracy in 0 to 1, loss as the model defines it.
    seconds : float
        Time spent in the epochs, in seconds.
    variables : list of ndarray
        The model's and its optimizer's variables.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    variables: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.history.get("loss", []))


def train(
    training: Training, X: np.ndarray, y: np.ndarray, epochs: int, checkpoint: Path | None = None
) -> TrainingState:
    """Bring a training to an epoch, from its checkpoint if there is one, else from its beginning.

    Meant for a worker process: it sets the process's number of threads and its random seeds.

    Parameters
    ----------
    training : Training
        What to train.
    X : ndarray, shape (n, ...)
        Images of all rows; `training` names those to use.
    y : ndarray, shape (n, n_classes)
        Labels, one-hot.
    epochs : int
        The epoch to stop after, counted from the beginning.
    checkpoint : Path, optional
        File that holds the state after each epoch.

    Returns
    -------
    TrainingState
        The state after `epochs` epochs, the same to the bit however often it was stopped on the way.

    Raises
    ------
    RuntimeError
        If this process already runs TensorFlow with several threads.
    """
    with _session(training):
        state = load_state(checkpoint) if checkpoint and checkpoint.exists() else TrainingState()
        if state.epochs >= epochs:
            return state
        model = _new_model(training, X, y)
        if state.epochs:
            restore(model, state)
        run_epoch, score = _compile_loops(model, X, y, training)
        for epoch in range(state.epochs, epochs):
            started = time.perf_counter()
            # A seed of its own for each epoch: the order of rows doesn't depend on where the training was resumed.
            order = np.random.default_rng((training.seed, epoch)).permutation(training.train_rows)
            logs = run_epoch(order)
            if len(training.test_rows):
                logs |= {f"val_{name}": value for name, value in score().items()}
            for name, value in logs.items():
                state.history.setdefault(name, []).append(value)
            state.seconds += time.perf_counter() - started
            if checkpoint or epoch + 1 == epochs:
                state.variables = [variable.numpy() for variable in _all_variables(model)]
            if checkpoint:
                save_state(state, checkpoint)
        return state


def fingerprint(training: Training, X: np.ndarray, y: np.ndarray) -> str:
    """Return a text that changes when the model does, and only then.

    The model is known by its configuration and by what two training steps make of its variables: the steps run the
    model's own code, and so notice a change that the configuration doesn't show. Like `train`, this needs a process
    with a single thread, where the steps give the same bits each time.

    Parameters
    ----------
    training : Training
        What to train; its rows don't matter.
    X : ndarray, shape (n, ...)
        The rows to step on.
    y : ndarray, shape (n, n_classes)
        Their labels, one-hot.

    Returns
    -------
    str
        Hexadecimal digits.

    Raises
    ------
    ValueError
        If the model is not compiled, or not with an accuracy, or is another one at each definition.
    """
    one, two = (_digest(training, X, y) for _ in range(2))
    if one != two:
        raise ValueError(
            "define_model gives another model each time, so its scores could not be reproduced: let Keras draw its "
            "random numbers, or give your own generator a seed."
        )
    return one


def restore(model: keras.Model, state: TrainingState) -> None:
    """Give a newly defined model the weights, and its optimizer the memory, of a state.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, of the same definition as the one trained.
    state : TrainingState
        The state to take over.
    """
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_all_variables(model), state.variables, strict=True):
        variable.assign(value)


def load_state(checkpoint: Path) -> TrainingState:
    """Read a state from its checkpoint.

    Parameters
    ----------
    checkpoint : Path
        A file that `train` wrote.

    Returns
    -------
    TrainingState
        The state after the last whole epoch.
    """
    with np.load(checkpoint) as file:
        summary = json.loads(str(file["summary"]))
        variables = [file[f"variable_{i}"] for i in range(len(file.files) - 1)]
    return TrainingState(summary["history"], summary["seconds"], variables)


def save_state(state: TrainingState, checkpoint: Path) -> None:
    """Write a state so that a crash leaves either the old file or the new one.

    Parameters
    ----------
    state : TrainingState
        The state to keep.
    checkpoint : Path
        The file.
    """
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    scratch = checkpoint.with_name(f"{checkpoint.stem}.{os.getpid()}.tmp.npz")
    summary = json.dumps({"history": state.history, "seconds": state.seconds})
    np.savez(scratch, summary=summary, **{f"variable_{i}": value for i, value in enumerate(state.variables)})
    scratch.replace(checkpoint)
    # Its own small file, so that the progress display needn't read the weights.
    checkpoint.with_suffix(".epochs").write_text(str(state.epochs))


@contextlib.contextmanager
def _session(training: Training) -> Iterator[None]:
    """Give a training this process as if it were new: one thread, no model before, random numbers from its seed.

    Keras takes the seeds of initial weights and of dropout from ``random.randint``. Its generator belongs to the whole
    process, and threads of a Dask worker draw from it whenever they like. Here, the training has one of its own.
    """
    with _one_at_a_time:
        _prepare_process()
        keras.utils.clear_session()  # frees the models before; numbers in layers' names start again
        keras.config.set_dtype_policy(training.precision)
        keras.utils.set_random_seed(training.seed)
        own, this_thread, shared = random.Random(training.seed), threading.get_ident(), random.randint

        def randint(low: int, high: int) -> int:
            return (own.randint if threading.get_ident() == this_thread else shared)(low, high)

        random.randint = randint
        try:
            yield
        finally:
            random.randint = shared


def _new_model(training: Training, X: np.ndarray, y: np.ndarray) -> keras.Model:
    """Define the model of a training, with all its variables."""
    model = training.define_model()
    if not isinstance(model, keras.Model):
        raise TypeError(f"define_model returned {model!r}, not a Keras model: end it with `return model`.")
    if not model.compiled:
        raise ValueError("define_model returned a model that is not compiled: end it with model.compile(...).")
    # Keras makes some variables (of the metrics, of the optimizer) only when they are first needed.
    model.test_step((X[:1], y[:1]))
    model.optimizer.build(model.trainable_variables)
    return model


def _digest(training: Training, X: np.ndarray, y: np.ndarray) -> str:
    """Return the hash of a new model and of what two training steps make of it."""
    with _session(training):
        model = _new_model(training, X, y)
        with fast_kernels():
            # The momentum acts from the second step on.
            for _ in range(2):
                logs = model.train_step((X, y))
        if "accuracy" not in logs:
            raise ValueError('The model is not compiled with metrics=["accuracy"], which the evaluation reports.')
        digest = hashlib.sha256()
        with contextlib.suppress(NotImplementedError):  # a model written as a class may have no configuration
            digest.update(model.to_json().encode())
            digest.update(json.dumps(model.get_compile_config(), sort_keys=True, default=str).encode())
        for variable in _all_variables(model):
            digest.update(variable.numpy().tobytes())
        return digest.hexdigest()


def _all_variables(model: keras.Model) -> list[keras.Variable]:
    """Return everything that changes while a model trains: weights, statistics, random states, momentum."""
    return [*model.variables, *model.optimizer.variables]


def _compile_loops(
    model: keras.Model, X: np.ndarray, y: np.ndarray, training: Training
) -> tuple[Callable[[np.ndarray], dict[str, float]], Callable[[], dict[str, float]]]:
    """Return two functions: one trains an epoch in a given order of rows, the other scores the test rows.

    They repeat Keras's own training and test step, batch after batch, inside one TensorFlow graph. Keras's `fit`
    does the same from a pipeline outside the graph; handing over a batch costs it as much as a small model's step.
    Training steps use the fast kernels; the scores come from Keras's own.
    """
    X, y = tf.convert_to_tensor(X), tf.convert_to_tensor(y)
    batch_size = training.batch_size

    # X and y are arguments, because a compiled function keeps for good the tensors that it finds outside.
    @tf.function
    def train_steps(X: tf.Tensor, y: tf.Tensor, rows: tf.Tensor) -> None:
        for start in tf.range(0, tf.size(rows), batch_size):
            batch = rows[start : start + batch_size]
            model.train_step((tf.gather(X, batch), tf.gather(y, batch)))

    @tf.function
    def test_steps(X: tf.Tensor, y: tf.Tensor, rows: tf.Tensor) -> None:
        for start in tf.range(0, tf.size(rows), batch_size):
            batch = rows[start : start + batch_size]
            model.test_step((tf.gather(X, batch), tf.gather(y, batch)))

    # A function keeps the kernels that it was traced with.
    with fast_kernels():
        train_steps = train_steps.get_concrete_function(X, y, tf.TensorSpec([None], tf.int32))

    def run(steps: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], None], rows: np.ndarray) -> dict[str, float]:
        model.reset_metrics()
        steps(X, y, tf.constant(rows, tf.int32))
        return {name: float(value) for name, value in model.get_metrics_result().items()}

    return (lambda order: run(train_steps, order)), (lambda: run(test_steps, training.test_rows))


def _prepare_process() -> None:
    """Give this process one thread; if it has a GPU, make that deterministic."""
    # Each training compiles loops of its own. TensorFlow takes that for one loop compiled again and again, and warns.
    tf.get_logger().addFilter(_is_no_retracing_warning)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        if tf.config.threading.get_intra_op_parallelism_threads() != 1:
            raise RuntimeError(
                "A training needs a process in which TensorFlow has not run yet, or runs with one thread: its sums "
                "would depend on the number of threads. Start new worker processes."
            ) from None


def _is_no_retracing_warning(record: logging.LogRecord) -> bool:
    """Tell whether a line of TensorFlow's log is to be shown."""
    return "triggered tf.function retracing" not in record.getMessage()
