"""Training by epochs, exact to the bit: what a worker process does for `mnist_utils.evaluation`.

A process trains with a single thread. That makes it exact (sums are formed in one order, whatever else the machine
does) and, with one training a core, faster than one training on all cores. An epoch is one call into TensorFlow: the
loop over the batches runs in the graph.

What changes while a model trains is a `TrainingState`. An epoch takes one and gives the next, so that any process can
go on with any fold, and a stopped run is taken up from the states that were saved.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnist_utils._runtime.fused import fuse_batch_normalization
from mnist_utils.paths import write_whole
from mnist_utils.quiet import keras, tf

__all__ = [
    "Fold",
    "Recipe",
    "Trainer",
    "TrainingState",
    "fingerprint",
    "initial_state",
    "new_model",
    "restore",
    "train_epoch",
]


@dataclass(frozen=True)
class Recipe:
    """What the trainings of a run have in common.

    Attributes
    ----------
    define_model : callable
        Returns a new, compiled Keras model.
    batch_size : int
        Rows a training step.
    precision : {"float32", "mixed_bfloat16"}
        Keras's dtype policy for the model.
    run_id : str
        Tells runs apart: a worker keeps the compiled model of one.
    """

    define_model: Callable[[], keras.Model]
    batch_size: int
    precision: str
    run_id: str


@dataclass(frozen=True)
class Fold:
    """The rows of one training, and its seed.

    Attributes
    ----------
    train_rows : ndarray of int, shape (n_train,)
        Rows of the data to train on.
    test_rows : ndarray of int, shape (n_test,)
        Rows to score on after each epoch; may be empty.
    seed : int
        Seed of the initial weights, of the order of rows and of dropout.
    """

    train_rows: np.ndarray
    test_rows: np.ndarray
    seed: int


@dataclass(frozen=True)
class TrainingState:
    """A training after some of its epochs.

    Attributes
    ----------
    history : dict of str to list of float
        One value an epoch for each of ``loss``, ``accuracy``, and, where there are rows to score,
        ``val_loss`` and ``val_accuracy``. Accuracy in 0 to 1, loss as the model defines it.
    variables : list of ndarray
        The model's and its optimizer's variables; empty before the first epoch.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    variables: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.history.get("loss", []))

    def save(self, file: Path) -> None:
        """Write the state as ``.npz``, so that a crash leaves either the old file or the new one."""
        arrays = {f"variable_{i}": value for i, value in enumerate(self.variables)}
        with write_whole(file) as scratch:
            np.savez(scratch, history=json.dumps(self.history), **arrays)

    @classmethod
    def load(cls, file: Path) -> "TrainingState":
        """Read a state that `save` wrote. A damaged file raises one of many errors."""
        with np.load(file) as arrays:
            variables = [arrays[f"variable_{i}"] for i in range(len(arrays.files) - 1)]
            state = cls(json.loads(str(arrays["history"])), variables)
        if not (state.epochs and variables):
            raise ValueError("it holds no epoch")
        return state


def new_model(recipe: Recipe, seed: int, X: np.ndarray, y: np.ndarray) -> keras.Model:
    """Define the model of a training, with all its variables, from a seed.

    Parameters
    ----------
    recipe : Recipe
        How to define it.
    seed : int
        The same seed gives the same model, if no other thread draws from Python's generator, which belongs to the whole
        process and from which Keras takes the seeds of weights and dropout.
    X : ndarray, shape (n, ...)
        Images, of which the first is shown to the model: some variables are made only then.
    y : ndarray, shape (n, n_classes)
        Their labels, one-hot.

    Returns
    -------
    keras.Model
        New, compiled and built.

    Raises
    ------
    TypeError, ValueError
        If `define_model` returns no compiled model, or none with an accuracy.
    """
    model = _define(recipe, seed, X)
    if "accuracy" not in model.test_step((X[:1], y[:1])):
        raise ValueError('The model is not compiled with metrics=["accuracy"], which the evaluation reports.')
    model.reset_metrics()
    return model


def _define(recipe: Recipe, seed: int, X: np.ndarray) -> keras.Model:
    """As `new_model`, but without its metrics, whose making takes most of the time."""
    keras.config.set_dtype_policy(recipe.precision)
    keras.utils.set_random_seed(seed)
    model = recipe.define_model()
    _check(model)
    model(X[:1], training=False)  # some models make their variables only now
    model.optimizer.build(model.trainable_variables)
    return model


def _check(model: keras.Model) -> None:
    """Refuse what is no compiled model."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"define_model returned {model!r}, not a Keras model: end it with `return model`.")
    if not model.compiled:
        raise ValueError("define_model returned a model that is not compiled: end it with model.compile(...).")


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Return everything that changes while a model trains: weights, statistics, random states, momentum."""
    return [*model.variables, *model.optimizer.variables]


def restore(model: keras.Model, state: TrainingState) -> None:
    """Give a model the weights, and its optimizer the memory, of a state.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, of the same definition as the one trained.
    state : TrainingState
        The state to take over.
    """
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_variables(model), state.variables, strict=True):
        variable.assign(value)


class Trainer:
    """A model in this process, compiled once, that takes any fold of a run an epoch further.

    Parameters
    ----------
    recipe : Recipe
        How to define and train the model.
    X : ndarray, shape (n, ...)
        Images of all rows; a fold names those to use.
    y : ndarray, shape (n, n_classes)
        Labels, one-hot.

    Raises
    ------
    RuntimeError
        If this process already runs TensorFlow with several threads.
    """

    def __init__(self, recipe: Recipe, X: np.ndarray, y: np.ndarray) -> None:
        _use_one_thread()
        keras.utils.clear_session()  # frees the models before
        self.recipe = recipe
        self.X, self.y = tf.convert_to_tensor(X), tf.convert_to_tensor(y)
        self.model = fuse_batch_normalization(new_model(recipe, 0, self.X, self.y))
        self._train_steps = self._compile(self.model.train_step)
        self._test_steps = self._compile(self.model.test_step)

    def initial_state(self, seed: int) -> TrainingState:
        """Return the state of a new model, before its first epoch."""
        model = fuse_batch_normalization(_define(self.recipe, seed, self.X))
        model.optimizer.build(model.trainable_variables)
        return TrainingState({}, [variable.numpy() for variable in _variables(model)])

    def train_epoch(self, fold: Fold, state: TrainingState) -> TrainingState:
        """Train on a fold's rows once, in an order that its seed and the epoch's number give, and score."""
        restore(self.model, state if state.variables else self.initial_state(fold.seed))
        order = np.random.default_rng((fold.seed, state.epochs)).permutation(fold.train_rows)
        logs = self._run(self._train_steps, order)
        if len(fold.test_rows):
            logs |= {f"val_{name}": value for name, value in self._run(self._test_steps, fold.test_rows).items()}
        history = {name: [*state.history.get(name, []), value] for name, value in logs.items()}
        return TrainingState(history, [variable.numpy() for variable in _variables(self.model)])

    def fingerprint(self) -> str:
        """Return a hash that changes when the model's code does.

        It is computed from what two training steps make of a new model, and from the settings of its optimizer.

        Raises
        ------
        ValueError
            If `define_model` gives another model each time.
        """
        state = self.initial_state(0)
        if not all(map(np.array_equal, state.variables, self.initial_state(0).variables)):
            raise ValueError(
                "define_model gives another model each time, so its scores could not be reproduced: let Keras draw its "
                "random numbers, or give your own generator a seed."
            )
        restore(self.model, state)
        rows = np.arange(min(len(self.X), 2 * self.recipe.batch_size))
        self._run(self._train_steps, rows)  # two steps: momentum acts from the second on
        digest = hashlib.sha256()
        for variable in _variables(self.model):
            digest.update(variable.numpy().tobytes())
        digest.update(self._optimizer_settings().encode())
        return digest.hexdigest()

    def _optimizer_settings(self) -> str:
        """Return the optimizer's settings as text: some act late, such as a schedule's, so that two steps are alike."""
        try:
            settings = self.model.optimizer.get_config()
        except Exception:  # a schedule or a function of one's own need not tell its settings, and may fail in any way
            return ""
        return json.dumps(settings, default=lambda value: type(value).__name__)

    def _compile(self, step: Callable) -> Callable:
        """Return a loop of training or test steps over rows, as one TensorFlow graph.

        Keras's `fit` does the same from a pipeline outside the graph. Handing over a batch costs it as much as a small
        model's step.
        """
        batch_size = self.recipe.batch_size

        # X and y are arguments, because a compiled function keeps for good the tensors that it finds outside.
        # It is compiled when it is called first: a final model never takes test steps.
        signature = [
            tf.TensorSpec.from_tensor(self.X),
            tf.TensorSpec.from_tensor(self.y),
            tf.TensorSpec([None], tf.int32),
        ]

        @tf.function(input_signature=signature)
        def steps(X: tf.Tensor, y: tf.Tensor, rows: tf.Tensor) -> None:
            for start in tf.range(0, tf.size(rows), batch_size):
                batch = rows[start : start + batch_size]
                step((tf.gather(X, batch), tf.gather(y, batch)))

        return steps

    def _run(self, steps: Callable, rows: np.ndarray) -> dict[str, float]:
        """Take the steps over rows; return the means of the metrics."""
        self.model.reset_metrics()
        steps(self.X, self.y, tf.constant(rows, tf.int32))
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}


# TensorFlow's seeds and thread counts belong to a whole process: one training at a time in each. A worker of Dask may
# have several threads, which would otherwise train side by side. A process keeps one compiled model, that of the run it
# works for.
_lock = threading.Lock()
_trainer: Trainer | None = None


def _trainer_of(X: np.ndarray | Path, y: np.ndarray | Path, recipe: Recipe) -> Trainer:
    """Return this process's trainer of a run, made when the run's first task arrives."""
    global _trainer
    if _trainer is None or _trainer.recipe.run_id != recipe.run_id:
        _trainer = None  # frees its memory first
        X, y = (np.load(data, mmap_mode="r") if isinstance(data, Path) else data for data in (X, y))
        _trainer = Trainer(recipe, X, y)
    return _trainer


def fingerprint(X: np.ndarray | Path, y: np.ndarray | Path, recipe: Recipe) -> str:
    """Return `Trainer.fingerprint`, in a worker process; X and y are arrays or ``.npy`` files."""
    with _lock:
        return _trainer_of(X, y, recipe).fingerprint()


def initial_state(X: np.ndarray | Path, y: np.ndarray | Path, recipe: Recipe, seed: int) -> TrainingState:
    """Return `Trainer.initial_state`, in a worker process; X and y are arrays or ``.npy`` files."""
    with _lock:
        return _trainer_of(X, y, recipe).initial_state(seed)


def train_epoch(
    X: np.ndarray | Path, y: np.ndarray | Path, recipe: Recipe, fold: Fold, state: TrainingState
) -> TrainingState:
    """Return `Trainer.train_epoch`, in a worker process; X and y are arrays or ``.npy`` files."""
    with _lock:
        return _trainer_of(X, y, recipe).train_epoch(fold, state)


def _use_one_thread() -> None:
    """Give this process one thread; if it has a GPU, make that deterministic."""
    # Each run compiles loops of its own. TensorFlow takes that for one loop compiled again and again, and warns.
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
