"""A training is exact: what Keras's own loop computes, the same to the bit wherever and however often it is stopped.

A training needs a process in which TensorFlow has one thread, so these tests send theirs to joblib's workers.
"""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib.externals.loky import get_reusable_executor
from keras import layers

from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils._runtime.training import Training, fingerprint, load_state, restore, train

pytestmark = pytest.mark.slow

N_ROWS = 350
TRAIN_ROWS, TEST_ROWS = np.arange(100, 350), np.arange(100)  # 250 rows are 7 batches of 32 and one of 26


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y, _, _ = load_dataset()
    X, _ = prep_pixels(X[:N_ROWS], X[:1])
    return X, y[:N_ROWS]


def in_worker(function: Callable, *args: Any) -> Any:
    """Call a function in a worker process."""
    return joblib.Parallel(n_jobs=2)([joblib.delayed(function)(*args)])[0]


def build(*hidden: layers.Layer, optimizer: keras.Optimizer | None = None) -> keras.Model:
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
    return build(layers.RandomRotation(0.05), layers.RandomTranslation(0.1, 0.1), layers.MaxPooling2D())


def define_schedule() -> keras.Model:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=5, decay_rate=0.8)
    return build(layers.MaxPooling2D(), optimizer=keras.optimizers.Adam(schedule))


def training_of(define_model: Callable[[], keras.Model], seed: int = 7) -> Training:
    return Training(define_model, TRAIN_ROWS, TEST_ROWS, batch_size=32, seed=seed)


def fit_with_keras(training: Training, X: np.ndarray, y: np.ndarray, epochs: int) -> dict[str, list[float]]:
    """Train with `fit`, in the documented order of rows, and score with `evaluate`."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(training.seed)
    model = training.define_model()
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(epochs):
        rows = np.random.default_rng((training.seed, epoch)).permutation(training.train_rows)
        fitted = model.fit(X[rows], y[rows], batch_size=training.batch_size, shuffle=False, verbose=0).history
        scored = model.evaluate(
            X[training.test_rows], y[training.test_rows], batch_size=training.batch_size, verbose=0, return_dict=True
        )
        for name in ("loss", "accuracy"):
            history[name] += fitted[name]
            history[f"val_{name}"].append(scored[name])
    return history


@pytest.mark.parametrize("define_model", [define_convolution, define_batch_norm, define_schedule])
def test_a_training_is_what_keras_fit_and_evaluate_compute(define_model, data):
    training = training_of(define_model)
    ours = in_worker(train, training, *data, 2).history
    theirs = in_worker(fit_with_keras, training, *data, 2)
    assert ours.keys() == theirs.keys()
    for name in theirs:
        # The same steps on the same rows; but TensorFlow may fuse the operations of another graph in another way.
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4)
    assert ours["val_accuracy"] == theirs["val_accuracy"]


def evaluate_restored(state, X, y):
    model = define_batch_norm()
    restore(model, state)
    return model.evaluate(X[TEST_ROWS], y[TEST_ROWS], verbose=0, return_dict=True)


def test_the_last_score_is_that_of_a_fresh_evaluation(data):
    state = in_worker(train, training_of(define_batch_norm), *data, 2)
    # Here, in this process with as many threads as there are cores, sums may be rounded differently.
    fresh = evaluate_restored(state, *data)
    assert fresh["accuracy"] == state.history["val_accuracy"][-1]
    assert fresh["loss"] == pytest.approx(state.history["val_loss"][-1], rel=1e-5)


@pytest.mark.parametrize(
    "define_model", [define_convolution, define_batch_norm, define_dropout, define_augmentation, define_schedule]
)
def test_a_stopped_training_ends_with_the_bits_of_an_undisturbed_one(define_model, data, tmp_path):
    training, checkpoint = training_of(define_model), tmp_path / "training.npz"
    undisturbed = in_worker(train, training, *data, 3)
    for epochs in (1, 2, 3):
        resumed = in_worker(train, training, *data, epochs, checkpoint)
        assert resumed.epochs == epochs
    assert resumed.history == undisturbed.history
    for value, expected in zip(resumed.variables, undisturbed.variables, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert load_state(checkpoint).history == undisturbed.history


def test_what_is_done_is_not_trained_again(data, tmp_path):
    training, checkpoint = training_of(define_convolution), tmp_path / "training.npz"
    first = in_worker(train, training, *data, 2, checkpoint)
    written = checkpoint.stat().st_mtime_ns
    second = in_worker(train, training, *data, 2, checkpoint)
    assert checkpoint.stat().st_mtime_ns == written
    assert (second.history, second.seconds) == (first.history, first.seconds)


def test_every_row_is_trained_on_once_an_epoch_and_the_last_batch_is_smaller(data):
    # With a learning rate of 0 the model stays as it is: the epoch's accuracy is that of all its rows together.
    def define_frozen():
        return build(layers.MaxPooling2D(), optimizer=keras.optimizers.SGD(0.0))

    X, y = data
    history = in_worker(train, Training(define_frozen, TRAIN_ROWS, TRAIN_ROWS, 32, 7), X, y, 2).history
    assert history["accuracy"] == history["val_accuracy"]
    assert history["accuracy"][0] * len(TRAIN_ROWS) == pytest.approx(round(history["accuracy"][0] * len(TRAIN_ROWS)))
    assert history["loss"] == pytest.approx(history["val_loss"], rel=1e-5)


def test_without_rows_to_score_there_are_no_scores(data):
    training = Training(define_convolution, TRAIN_ROWS, np.arange(0), 32, 7)
    assert in_worker(train, training, *data, 1).history.keys() == {"loss", "accuracy"}


def test_the_seed_decides(data):
    losses = [in_worker(train, training_of(define_dropout, seed), *data, 1).history["loss"] for seed in (7, 7, 8)]
    assert losses[0] == losses[1] != losses[2]


def test_another_thread_that_draws_random_numbers_all_the_time_changes_nothing(data):
    undisturbed = in_worker(train, training_of(define_convolution), *data, 1)

    def train_disturbed(*arguments):
        over = threading.Event()

        def draw() -> None:
            while not over.wait(0.001):
                random.random()  # as threads of a cluster's worker do, from the generator that Keras takes seeds from
                random.randint(1, 6)

        thread = threading.Thread(target=draw)
        thread.start()
        try:
            return train(*arguments)
        finally:
            over.set()
            thread.join()

    disturbed = in_worker(train_disturbed, training_of(define_convolution), *data, 1)
    assert disturbed.history == undisturbed.history


def test_a_model_that_is_another_each_time_is_refused(data):
    def define_by_chance():
        return build(layers.Rescaling(1.0), layers.Conv2D(2, 3, bias_initializer=by_chance))

    def by_chance(shape, dtype=None):
        return np.random.default_rng().random(shape, np.float32)

    X, y = data
    with pytest.raises(ValueError, match="another model each time"):
        in_worker(fingerprint, training_of(define_by_chance), X[:32], y[:32])


def test_a_process_with_several_threads_is_refused(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np\n"
        "import mnist_utils\n"
        "import tensorflow as tf\n"
        "from mnist_utils._runtime.training import Training, train\n"
        "tf.config.threading.set_intra_op_parallelism_threads(2)\n"
        "tf.constant(1)\n"
        "rows = np.arange(2)\n"
        "train(Training(lambda: None, rows, rows, 32, 1), np.zeros((2, 28, 28, 1)), np.zeros((2, 10)), 1)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode
    assert "RuntimeError: A training needs a process" in done.stderr


def scaling_by(factor: float) -> layers.Layer:
    """Return a layer that differs in its code only: Keras's configuration doesn't show the factor."""

    class Scaling(layers.Layer):
        def call(self, x):
            return x * factor

    return Scaling()


class Classified(keras.Model):
    """A model written as a class, from which Keras can't make a configuration."""

    def __init__(self, last: layers.Layer) -> None:
        super().__init__()
        self.flatten, self.last = layers.Flatten(), last

    def call(self, x):
        return self.last(self.flatten(x))


def define_class() -> keras.Model:
    model = Classified(layers.Dense(10, "softmax"))
    model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


VARIANTS = {
    "one": define_convolution,
    "activation": lambda: build(layers.Conv2D(4, (3, 3), activation="tanh"), layers.MaxPooling2D()),
    "width": lambda: build(layers.Conv2D(5, (3, 3), activation="relu"), layers.MaxPooling2D()),
    "initial weights": lambda: build(
        layers.Conv2D(4, (3, 3), activation="relu", kernel_initializer="he_uniform"), layers.MaxPooling2D()
    ),
    "dense": lambda: build(),
    "learning rate": lambda: build(optimizer=keras.optimizers.SGD(0.02, momentum=0.9)),
    "momentum": lambda: build(optimizer=keras.optimizers.SGD(0.01)),
    "dropout": lambda: build(layers.Dropout(0.2)),
    "dropout rate": lambda: build(layers.Dropout(0.3)),
    "a layer's code": lambda: build(scaling_by(2.0)),
    "a layer's other code": lambda: build(scaling_by(3.0)),
    "a class": define_class,
}


def fingerprints(names: list[str], X: np.ndarray, y: np.ndarray) -> dict[str, str]:
    return {name: fingerprint(training_of(VARIANTS[name]), X[:32], y[:32]) for name in names}


def test_models_are_told_apart_and_known_again_in_another_process(data):
    names = list(VARIANTS)
    here = in_worker(fingerprints, names, *data)
    get_reusable_executor().shutdown(wait=True)
    # In reverse: it doesn't matter what was defined before, though Keras counts layers up in their names.
    there = in_worker(fingerprints, names[::-1], *data)
    assert here == there
    assert len(set(here.values())) == len(names)
