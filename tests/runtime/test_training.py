"""A training is exact: the bits of a plain loop of `train_on_batch`, wherever and however often it is stopped."""

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from loky import ProcessPoolExecutor

from mnist_utils._runtime.fused import fuse_batch_normalization
from mnist_utils._runtime.training import Fold, Recipe, Trainer, TrainingState, train_epoch
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.quiet import keras, tf

pytestmark = pytest.mark.slow

layers = keras.layers

N_ROWS = 350
N_EPOCHS = 2
FOLD = Fold(np.arange(100, 350), np.arange(100), seed=7)  # 250 rows are 7 batches of 32 and one of 26
OTHER_FOLD = Fold(np.arange(200), np.arange(200, 350), seed=8)


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y, _, _ = load_dataset()
    X, _ = prep_pixels(X[:N_ROWS], X[:1])
    return X, y[:N_ROWS]


@pytest.fixture(scope="module")
def in_worker() -> Iterator[Callable]:
    """Call a function in a process in which TensorFlow has not run yet, and then in the same one."""
    with ProcessPoolExecutor(1) as pool:
        yield lambda function, *args: pool.submit(function, *args).result()


def build(*hidden: layers.Layer, optimizer: Any = None) -> keras.Model:
    """Return a small model with the given layers before its last."""
    model = keras.Sequential([keras.Input((28, 28, 1)), *hidden, layers.Flatten(), layers.Dense(10, "softmax")])
    optimizer = optimizer or keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def define_convolution() -> keras.Model:
    return build(layers.Conv2D(4, (3, 3), activation="relu"), layers.MaxPooling2D())


def define_batch_norm() -> keras.Model:
    return build(layers.Conv2D(4, (3, 3), activation="relu"), layers.BatchNormalization())


def define_dropout() -> keras.Model:
    return build(layers.MaxPooling2D(), layers.Dropout(0.3))


def define_augmentation() -> keras.Model:
    return build(layers.RandomTranslation(0.1, 0.1), layers.MaxPooling2D())


def define_schedule() -> keras.Model:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=5, decay_rate=0.5)
    return build(layers.MaxPooling2D(), optimizer=keras.optimizers.Adam(schedule))


class Classified(keras.Model):
    """A model written as a class, from which Keras can't make a configuration."""

    def __init__(self, last: layers.Layer) -> None:
        super().__init__()
        self.flatten, self.last = layers.Flatten(), last

    def call(self, x: Any) -> Any:
        return self.last(self.flatten(x))


def define_class() -> keras.Model:
    model = Classified(layers.Dense(10, "softmax"))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


DEFINITIONS = [
    define_convolution,
    define_batch_norm,
    define_dropout,
    define_augmentation,
    define_schedule,
    define_class,
]


def recipe_of(define_model: Callable[[], keras.Model]) -> Recipe:
    return Recipe(define_model, 32, "float32", "test")


def train(define_model: Callable, X: np.ndarray, y: np.ndarray, epochs: int, fold: Fold = FOLD) -> TrainingState:
    """Train some epochs with one trainer."""
    trainer, state = Trainer(recipe_of(define_model), X, y), TrainingState()
    for _ in range(epochs):
        state = trainer.train_epoch(fold, state)
    return state


def train_plainly(define_model: Callable, X: np.ndarray, y: np.ndarray, epochs: int) -> tuple[list, list]:
    """Train as the docstring of `evaluate_model` says: a plain loop, `train_on_batch`, one thread.

    Return the losses and accuracies on the held-out rows after each epoch, and the variables at the end.
    """
    keras.utils.set_random_seed(FOLD.seed)
    model = define_model()
    if isinstance(model, keras.Sequential):
        model = fuse_batch_normalization(model)
    scores = []
    for epoch in range(epochs):
        order = np.random.default_rng((FOLD.seed, epoch)).permutation(FOLD.train_rows)
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            model.train_on_batch(X[batch], y[batch])
        scores.append(model.evaluate(X[FOLD.test_rows], y[FOLD.test_rows], verbose=0))
    return scores, [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


@pytest.fixture(scope="module")
def undisturbed(data: tuple[np.ndarray, np.ndarray], in_worker: Callable) -> Callable[[Callable], TrainingState]:
    """Train a model without a stop, once for all tests."""
    return functools.cache(lambda define_model: in_worker(train, define_model, *data, N_EPOCHS))


@pytest.mark.parametrize("define_model", DEFINITIONS)
def test_it_gives_the_bits_of_a_plain_loop_of_train_on_batch(define_model, data, in_worker, undisturbed):
    found = undisturbed(define_model)
    scores, variables = in_worker(train_plainly, define_model, *data, N_EPOCHS)
    assert list(zip(found.history["val_loss"], found.history["val_accuracy"], strict=True)) == [
        (a, b) for a, b in scores
    ]
    for value, expected in zip(found.variables, variables, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("define_model", DEFINITIONS)
def test_a_training_taken_up_from_a_file_by_another_trainer_ends_with_the_same_bits(
    define_model, data, in_worker, undisturbed, tmp_path
):
    def train_with_stops(X: np.ndarray, y: np.ndarray) -> TrainingState:
        state = TrainingState()
        for _ in range(N_EPOCHS):
            state = Trainer(recipe_of(define_model), X, y).train_epoch(FOLD, state)
            state.save(tmp_path / "state.npz")
            state = TrainingState.load(tmp_path / "state.npz")
        return state

    stopped, whole = in_worker(train_with_stops, *data), undisturbed(define_model)
    assert stopped.history == whole.history
    for value, expected in zip(stopped.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_trainer_goes_from_fold_to_fold_without_a_trace(data, in_worker):
    def train_in_turns(X: np.ndarray, y: np.ndarray) -> list[dict[str, list[float]]]:
        trainer, states = Trainer(recipe_of(define_dropout), X, y), [TrainingState(), TrainingState()]
        for _ in range(2):
            states = [trainer.train_epoch(fold, state) for fold, state in zip((FOLD, OTHER_FOLD), states, strict=True)]
        return [state.history for state in states]

    expected = [in_worker(train, define_dropout, *data, 2, fold).history for fold in (FOLD, OTHER_FOLD)]
    assert in_worker(train_in_turns, *data) == expected
    assert expected[0]["loss"] != expected[1]["loss"]


def test_two_threads_of_a_process_as_a_dask_worker_may_have_them_train_one_after_the_other(data, in_worker):
    def define_slowly() -> keras.Model:
        time.sleep(0.2)  # between the seed and its use, so that the other thread could give its own
        return define_convolution()

    def train_side_by_side(X: np.ndarray, y: np.ndarray) -> list[dict[str, list[float]]]:
        recipe = recipe_of(define_slowly)
        with ThreadPoolExecutor(2) as threads:
            tasks = [threads.submit(train_epoch, X, y, recipe, fold, TrainingState()) for fold in (FOLD, OTHER_FOLD)]
        return [task.result().history for task in tasks]

    expected = [in_worker(train, define_convolution, *data, 1, fold).history for fold in (FOLD, OTHER_FOLD)]
    assert in_worker(train_side_by_side, *data) == expected


def test_every_row_is_trained_on_once_an_epoch_and_the_last_batch_is_smaller(data, in_worker):
    # With a learning rate of 0 the model stays as it is: the epoch's accuracy is that of all its rows together.
    def define_frozen() -> keras.Model:
        return build(layers.MaxPooling2D(), optimizer=keras.optimizers.SGD(0.0))

    rows = FOLD.train_rows
    history = in_worker(train, define_frozen, *data, 2, Fold(rows, rows, 7)).history
    assert history["accuracy"] == history["val_accuracy"]
    assert history["accuracy"][0] * len(rows) == pytest.approx(round(history["accuracy"][0] * len(rows)))
    assert history["loss"] == pytest.approx(history["val_loss"], rel=1e-5)


def test_without_rows_to_score_there_are_no_scores(data, in_worker):
    fold = Fold(FOLD.train_rows, np.arange(0), 7)
    assert in_worker(train, define_convolution, *data, 1, fold).history.keys() == {"loss", "accuracy"}


def test_a_model_that_is_another_each_time_is_refused(data, in_worker):
    def by_chance(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        return np.random.default_rng().random(shape, np.float32)

    def define_by_chance() -> keras.Model:
        return build(layers.Conv2D(2, 3, bias_initializer=by_chance))

    with pytest.raises(ValueError, match="another model each time"):
        in_worker(lambda X, y: Trainer(recipe_of(define_by_chance), X, y).fingerprint(), *data)


def test_a_process_with_several_threads_is_refused(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np\n"
        "from mnist_utils._runtime.training import Recipe, Trainer\n"
        "from mnist_utils.quiet import tf\n"
        "tf.config.threading.set_intra_op_parallelism_threads(2)\n"
        "tf.constant(1)\n"
        "Trainer(Recipe(lambda: None, 32, 'float32', ''), np.zeros((2, 28, 28, 1)), np.zeros((2, 10)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode
    assert "RuntimeError: A training needs a process" in done.stderr


# The fingerprint


def scaling_by(factor: float) -> layers.Layer:
    """Return a layer that differs in its code only: Keras's configuration doesn't show the factor."""

    class Scaling(layers.Layer):
        def call(self, x: tf.Tensor) -> tf.Tensor:
            return x * factor

    return Scaling()


def falling_at(step: int) -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.PiecewiseConstantDecay([step], [0.02, 0.002])


class Halved(keras.optimizers.schedules.LearningRateSchedule):
    """A reader's schedule, which does not tell its settings."""

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return 0.005 * tf.ones([])


VARIANTS = {
    "one": define_convolution,
    "activation": lambda: build(layers.Conv2D(4, (3, 3), activation="tanh"), layers.MaxPooling2D()),
    "width": lambda: build(layers.Conv2D(5, (3, 3), activation="relu"), layers.MaxPooling2D()),
    "initial weights": lambda: build(
        layers.Conv2D(4, (3, 3), activation="relu", kernel_initializer="he_uniform"), layers.MaxPooling2D()
    ),
    "learning rate": lambda: build(optimizer=keras.optimizers.SGD(0.02, momentum=0.9)),
    "momentum": lambda: build(optimizer=keras.optimizers.SGD(0.01)),
    "a schedule": lambda: build(optimizer=keras.optimizers.SGD(falling_at(1_010))),
    "a schedule that begins alike": lambda: build(optimizer=keras.optimizers.SGD(falling_at(1_090))),
    "a reader's schedule": lambda: build(optimizer=keras.optimizers.SGD(Halved())),
    "a step for 4 batches": lambda: build(optimizer=keras.optimizers.SGD(0.01, gradient_accumulation_steps=4)),
    "a step for 8 batches": lambda: build(optimizer=keras.optimizers.SGD(0.01, gradient_accumulation_steps=8)),
    "dropout": lambda: build(layers.Dropout(0.2)),
    "dropout rate": lambda: build(layers.Dropout(0.3)),
    "a layer's code": lambda: build(scaling_by(2.0)),
    "a layer's other code": lambda: build(scaling_by(3.0)),
    "a class": define_class,
}


def fingerprints(names: list[str], X: np.ndarray, y: np.ndarray) -> dict[str, str]:
    return {name: Trainer(recipe_of(VARIANTS[name]), X, y).fingerprint() for name in names}


def test_models_are_told_apart_and_known_again_in_another_process(data, in_worker):
    here = in_worker(fingerprints, list(VARIANTS), *data)
    assert len(set(here.values())) == len(VARIANTS)
    # In another order: it doesn't matter what was defined before, though Keras counts layers up in their names.
    some = ["a class", "a layer's code", "dropout", "one"]
    with ProcessPoolExecutor(1) as pool:
        there = pool.submit(fingerprints, some, *data).result()
    assert there == {name: here[name] for name in some}
